"""Packs: what a partner knows of several EVSEs that it was sent with their Location, in one item.

A new partner gets every Location whole; a record for each EVSE would be a write unit each. An EVSE has a
record of its own from when it is first sent by itself, which then tells; what it does not, the pack does.

Example: `{"names": ["id", "status"], "evses": {"E1": [3, "a1b2c3d4e5f6g7h8"]}}`: revision 3, and eight
characters for each name.

Contract: design section 8; ARC-14
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from chalicelib.ocpi import jsontext
from chalicelib.store import delivery_items
from chalicelib.store.delivery_items import Delivery, Target
from chalicelib.store.dynamodb import Item

# More EVSEs than these get a record each: whoever sends one would read all of them.
MOST = 25
# No EVSE is called so: `%` is escaped.
_NAME = "%evses"
# A hash has so many characters, as `delivery.diff` makes them; blanks are a field that is not there.
_WIDTH = 8


def key_of(target: Target) -> Item:
    """The key of the pack of a Location, or of the Location of an EVSE."""
    return {"partner": {"S": target.partner}, "object": {"S": _sort_key(target)}}


def packed(
    target: Target, agreement: str, evses: Mapping[str, tuple[int, Mapping[str, str]]], now: str
) -> Item:
    """The item that says what is known of these EVSEs, by uid: their revision and the hash of each field."""
    names = list(dict.fromkeys(name for _, known in evses.values() for name in known))
    rows = {
        uid: [revision, "".join(known.get(name, "").ljust(_WIDTH) for name in names)]
        for uid, (revision, known) in evses.items()
    }
    return {
        **key_of(target),
        "module": {"S": target.key.module},
        "agreement": {"S": agreement},
        "sent_at": {"S": now},
        "pack": {"S": jsontext.dumps({"names": names, "evses": rows})},
    }


def apart(part: Target, agreement: str, known: Mapping[str, str], revision: int, now: str) -> Item:
    """The record of its own of an EVSE that was sent with its Location."""
    return {
        **delivery_items.key_of(part),
        "module": {"S": part.key.module},
        "owner": {"S": f"{part.key.country_code}/{part.key.party_id}"},
        "object_id": {"S": part.key.id},
        "part_id": {"S": part.part},
        "known": {"S": jsontext.dumps(known)},
        "agreement": {"S": agreement},
        "revision": {"N": str(revision)},
        "sent_at": {"S": now},
    }


def unpacked(target: Target, item: Item) -> Iterator[Delivery]:
    """The records that a pack stands for; none where the item is another."""
    if "pack" not in item:
        return
    pack = jsontext.loads(item["pack"]["S"])
    names = pack["names"]
    for uid, (revision, row) in pack["evses"].items():
        hashes = (row[at * _WIDTH : (at + 1) * _WIDTH].strip() for at in range(len(names)))
        yield Delivery(
            Target(target.partner, target.key, uid),
            agreement=item["agreement"]["S"],
            known={name: value for name, value in zip(names, hashes, strict=True) if value},
            revision=revision,
            is_packed=True,
        )


def known_from(pack: Delivery | None, own: Delivery) -> Delivery:
    """The record of an EVSE; where it knows nothing by itself, with what the pack knows."""
    if pack is None or own.known:
        return own
    return replace(own, known=pack.known, agreement=pack.agreement, revision=pack.revision)


def _sort_key(target: Target) -> str:
    return f"{target.sort_key.rpartition('#')[0]}#{_NAME}"
