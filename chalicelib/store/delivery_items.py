"""Delivery records as items: what each partner knows of an object, and what it does not know yet.

One record per partner, object and part. Its `known` holds a short hash per
top-level field of what the partner was last sent successfully; with a `state`
it is an undelivered one.

Contract: design section 8; AMB-12, ARC-14, ARC-15
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chalicelib.logs import Subject
from chalicelib.ocpi import jsontext
from chalicelib.store.dynamodb import Item
from chalicelib.store.object_items import Key, place_name

WAITING, REFUSED, GIVEN_UP = "WAITING", "REFUSED", "GIVEN_UP"
UNDELIVERED = (WAITING, REFUSED, GIVEN_UP)
DUE = "deliveries"
UNSURE = "?"


@dataclass(frozen=True)
class Target:
    """Who should know of what: a partner, an object, and an EVSE of it or all ("")."""

    partner: str
    key: Key
    part: str = ""

    @property
    def sort_key(self) -> str:
        """Readable, and unambiguous whatever an id contains."""
        key = self.key
        return f"{key.module}#{key.owner}/{_escaped(key.name)}#{_escaped(place_name(self.part)) or '-'}"

    @property
    def subject(self) -> Subject:
        """How log lines and messages name it."""
        key = self.key
        return Subject(
            key.module, key.owner, key.id.rpartition(" ")[2] if key.module == "tokens" else key.id, self.part
        )


@dataclass(frozen=True)
class Delivery:
    """A record as it is.

    `known` may say UNSURE of a field whose last sending may or may not have arrived.
    `agreement` is the version and the registration under which the partner came to know it,
    `revision` the object's revision that it was sent. With `whole` the partner lacks something
    of the object that `known` does not tell, so the next attempt sends all of it. `since` is when
    the partner first lacked what waits for it, or was refused. `untold`: it failed for good, and the
    back end has not been told yet. `gone`: the object was removed, which is more than that it is not
    there, and the partner has not been told yet. `is_new`: there was none before its lease was taken.
    `is_packed`: of an EVSE that has none, read from what was sent with its Location (`packs`).
    """

    target: Target
    agreement: str = ""
    known: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0
    whole: bool = False
    remote_url: str = ""
    state: str = ""
    attempts: int = 0
    next_attempt_at: str = ""
    due_at: str = ""
    since: str = ""
    reason: str = ""
    refused: str = ""
    untold: bool = False
    gone: bool = False
    lease: str = ""
    lease_id: str = ""
    is_new: bool = False
    is_packed: bool = False

    @property
    def id(self) -> str:
        """What operators name it by."""
        return f"{self.target.partner}#{self.target.sort_key}"


def delivery_of(item: Item) -> Delivery:
    """The delivery in an item as it was read."""
    country, _, party = item["owner"]["S"].partition("/")
    key = Key(item["module"]["S"], country, party, item["object_id"]["S"])
    return delivery(Target(item["partner"]["S"], key, item.get("part_id", {}).get("S", "")), item)


def delivery(target: Target, item: Item, is_new: bool = False) -> Delivery:
    """The delivery to a target in an item as it was read, which may be empty."""

    def value(name: str) -> str:
        return str(item.get(name, {}).get("S", ""))

    return Delivery(
        target=target,
        agreement=value("agreement"),
        revision=int(item.get("revision", {}).get("N", 0)),
        whole=bool(value("whole")),
        known=jsontext.loads(value("known") or "{}"),
        remote_url=value("remote_url"),
        state=value("state").partition(" ")[0],
        attempts=int(item.get("attempts", {}).get("N", 0)),
        next_attempt_at=value("next_attempt_at"),
        due_at=value("due_at"),
        since=value("since"),
        reason=value("reason"),
        refused=value("refused"),
        untold=bool(value("untold")),
        gone=bool(value("gone")),
        lease=value("lease"),
        lease_id=value("lease_id"),
        is_new=is_new,
    )


def writing(found: Delivery) -> tuple[str, dict[str, str], Item, list[str]]:
    """SET clause, names, values and names to remove for a record as it should be."""
    texts = {
        "known": jsontext.dumps(found.known) if found.known else "",
        "agreement": found.agreement,
        "remote_url": found.remote_url,
        "state": f"{found.state} {found.target.partner}" if found.state else "",
        "next_attempt_at": found.next_attempt_at,
        "due_at": (found.due_at or found.next_attempt_at) if found.state else "",
        "due": DUE if found.untold or (found.state == WAITING and found.next_attempt_at) else "",
        "untold": "yes" if found.untold else "",
        "since": found.since if found.state else "",
        "whole": "yes" if found.whole else "",
        "reason": found.reason,
        "refused": found.refused,
    }
    sets = ["attempts = :attempts", "object_id = :object_id", "revision = :revision"]
    values: Item = {
        ":attempts": {"N": str(found.attempts)},
        ":object_id": {"S": found.target.key.id},
        ":revision": {"N": str(found.revision)},
    }
    names: dict[str, str] = {}
    removes = []
    for name, value in texts.items():
        names[f"#{name}"] = name
        if value:
            sets.append(f"#{name} = :{name}")
            values[f":{name}"] = {"S": value}
        else:
            removes.append(f"#{name}")
    return "SET " + ", ".join(sets), names, values, removes


def key_of(target: Target) -> Item:
    """The key of a target's record."""
    return {"partner": {"S": target.partner}, "object": {"S": target.sort_key}}


def _escaped(identifier: str) -> str:
    return identifier.replace("%", "%25").replace("#", "%23").replace("-", "%2D", identifier == "-")
