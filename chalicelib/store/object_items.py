"""The items objects are stored in: whose they are, their parts, the conditions on them.

Nothing here calls DynamoDB.

Contract: design section 7; AMB-04, AMB-36
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from chalicelib.ocpi import modules, routing
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.surrogates import shortest
from chalicelib.store import feeds, marks
from chalicelib.store.dynamodb import Item, number, text
from chalicelib.store.marks import Marks

HEAD = "-"
# Begins the name of a piece: charging periods that have left the head of their Session or CDR.
PIECE = "~"
LONGEST_ID = 255
# What a StoredObject or a comparison needs of an item, and what is enough to show it on a page.
NEEDED = ",".join(
    ("#o,#p,#f,#l,#c,#v,#b,#r,#cc,#pp,#i,#u,#h,#w,#s,#e,#k,#n,#a", *(f"#{each}" for each in marks.NAMES))
)
SHOWN = "#l,#c,#v,#b,#cc,#pp,#i,#u,#h,#w,#e,#n"
NAMES = {
    "#o": "object",
    "#p": "part",
    "#f": "feed",
    "#l": "place",
    "#c": "last_updated",
    "#v": "version",
    "#b": "body",
    "#r": "revision",
    "#cc": "country_code",
    "#pp": "party_id",
    "#i": "id",
    "#u": "uid",
    "#h": "hidden",
    "#w": "own",
    "#s": "unsaid",
    "#e": "evses",
    "#k": "taken",
    "#n": "noted",
    "#a": "stored_at",
    **{f"#{name}": name for name in marks.NAMES},
}


def folded(identifier: str) -> str:
    """An identifier as it is compared: without case, in ASCII (AMB-36)."""
    return identifier.upper() if identifier.isascii() else identifier


def party_of(data: Any) -> Party | None:
    """The party that an object names itself, as parties are compared; None where it names none."""
    named = data if isinstance(data, Mapping) else {}
    country, party = named.get("country_code"), named.get("party_id")
    if isinstance(country, str) and isinstance(party, str) and country and party:
        return folded(country), folded(party)
    return None


def place_name(identifier: str) -> str:
    """A Location or EVSE as it is compared: 2.1.1 may say its name longer than others do (CNV-10)."""
    return folded(shortest(identifier))


@dataclass(frozen=True)
class Key:
    """Whose object it is and which: as its owner writes it, compared without case."""

    module: str
    country_code: str
    party_id: str
    id: str

    @cached_property
    def owner(self) -> str:
        return f"{folded(self.country_code)}/{folded(self.party_id)}"

    @property
    def party(self) -> Party:
        return folded(self.country_code), folded(self.party_id)

    @cached_property
    def name(self) -> str:
        """The id as it is compared."""
        return place_name(self.id) if self.module == "locations" else folded(self.id)

    @cached_property
    def partition(self) -> str:
        return f"{self.owner}/{self.name}"

    @property
    def kind(self) -> str:
        return modules.BY_ID[self.module].kind


class Part(NamedTuple):
    """One item: the head of an object (`uid` empty), an EVSE of a Location, or a piece of charging periods.

    `body` is JSON text in `version`; a Location's head has neither its EVSEs nor
    `last_updated` in it. `revision` 0: not stored yet. `spelled` is the owner and
    id as they were first written, `unsaid` the versions that cannot say the object.
    `evses` is JSON text of the head of a Location: its list of EVSEs as it was sent, each
    that has an item by the name of that, each that cannot have one as `[itself]`; "" where
    there was no list. `undated`: it did not say when it was updated.
    `taken`: how many charging periods stand in pieces. `marks`: what it is looked for by.
    `noted`: what was odd about it as it came and is not to be seen in `body`, as `findings.text`.
    `stored_at`: when this item was written, by our clock.
    """

    uid: str
    version: str
    last_updated: str
    body: str
    revision: int = 0
    feed: str = ""
    place: str = ""
    own: bool = False
    hidden: bool = False
    spelled: tuple[str, str, str] | None = None
    unsaid: feeds.Unsaid = ()
    evses: str = ""
    undated: bool = False
    taken: int = 0
    marks: Marks = ()
    noted: str = ""
    stored_at: str = ""

    @property
    def name(self) -> str:
        return part_name(self.uid)


def part_name(uid: str) -> str:
    """The sort key of an EVSE; "" is the head."""
    return _part_name(uid) if len(uid) <= LONGEST_ID else _named(uid)


def _named(uid: str) -> str:
    if not uid:
        return HEAD
    name = place_name(uid)
    return HEAD + name if name.startswith(HEAD) else name


# The same names are asked for many times in a request; nothing long is remembered.
_part_name = lru_cache(4096)(_named)


def check_id(value: Any, pointer: str) -> str:
    """An identifier that can be a key. Raises InvalidParameters (AMB-04)."""
    if not isinstance(value, str) or not value:
        raise InvalidParameters("an identifier is required", pointer)
    if len(value.encode(errors="replace")) > LONGEST_ID:
        raise InvalidParameters(f"an identifier of more than {LONGEST_ID} bytes cannot be kept", pointer)
    if routing.climbs(value):
        raise InvalidParameters("an identifier that is a step of a path cannot be part of a URL", pointer)
    return value


def key_of(module: str, item: Item) -> Key:
    """Whose item this is."""
    return Key(module, item["country_code"]["S"], item["party_id"]["S"], item["id"]["S"])


def key_in(module: str, partition: str) -> Key:
    """Whose object a partition holds, by the name that is compared."""
    country, party, name = partition.split("/", 2)
    return Key(module, country, party, name)


def part_of(item: Item) -> Part:
    """The part in an item as it was read."""
    return Part(
        uid=item["uid"]["S"] if "uid" in item else "",
        version=item["version"]["S"],
        last_updated=item["last_updated"]["S"],
        body=item["body"]["S"],
        revision=int(item["revision"]["N"]),
        feed=item["feed"]["S"],
        place=item["place"]["S"],
        own=item["own"]["BOOL"],
        hidden="hidden" in item,
        spelled=(item["country_code"]["S"], item["party_id"]["S"], item["id"]["S"]),
        unsaid=_unsaid(item["unsaid"]["S"]) if "unsaid" in item else (),
        evses=item["evses"]["S"] if "evses" in item else "",
        taken=int(item["taken"]["N"]) if "taken" in item else 0,
        marks=_marks(item),
        noted=item["noted"]["S"] if "noted" in item else "",
        stored_at=item["stored_at"]["S"] if "stored_at" in item else "",
    )


def _marks(item: Item) -> Marks:
    """A state is kept behind its owner, so that one party's are one range."""
    return tuple(
        (name, item[name]["S"].rpartition("/")[2] if name == marks.STATE else item[name]["S"])
        for name in marks.NAMES
        if name in item
    )


def shown_part(item: Item, feed: str) -> Part:
    """The part in an item of a page, which is there to be shown: nothing can be written with it."""
    return Part(
        item["uid"]["S"] if "uid" in item else "",
        item["version"]["S"],
        item["last_updated"]["S"],
        item["body"]["S"],
        0,
        feed,
        item["place"]["S"],
        item["own"]["BOOL"],
        "hidden" in item,
        (item["country_code"]["S"], item["party_id"]["S"], item["id"]["S"]),
        (),
        item["evses"]["S"] if "evses" in item else "",
        noted=item["noted"]["S"] if "noted" in item else "",
    )


def unsaid_text(unsaid: feeds.Unsaid) -> str:
    """How an item says which versions cannot say it: "2.1.1 2.2.1", or "2.1.1=<start>|<end>"."""
    return " ".join(f"{version}={window}" if window else version for version, window in unsaid)


def _unsaid(text: str) -> feeds.Unsaid:
    return tuple((version, window) for version, _, window in (each.partition("=") for each in text.split()))


def same(old: Part, new: Part) -> bool:
    """Whether replacing the old by the new part changes nothing."""
    return (old.body, old.version, old.last_updated, old.uid, old.unsaid, old.evses, old.noted) == (
        new.body,
        new.version,
        new.last_updated,
        new.uid,
        new.unsaid,
        new.evses,
        new.noted,
    ) and not old.hidden


def dated(old: Part | None, new: Part) -> Part:
    """The new part with the time of the old one where it says none of its own and nothing else differs."""
    if old is None or not new.undated or (old.body, old.version, old.uid) != (new.body, new.version, new.uid):
        return new
    return new._replace(last_updated=old.last_updated)


def stands(part: Part, feed: str, place: int) -> bool:
    """Whether a part is at this number of this feed."""
    return part.feed == feed and feeds.number_of(part.place) == place


def item_key(key: Key, part: str) -> Item:
    """The primary key of a part of an object."""
    return {"object": text(key.partition), "part": text(part)}


def unchanged(part: Part) -> dict[str, Any]:
    """The condition that nobody wrote this part since it was read; the place tells it from one made anew."""
    return {
        "ConditionExpression": "#r = :r AND #l = :l",
        "ExpressionAttributeNames": {"#r": "revision", "#l": "place"},
        "ExpressionAttributeValues": {":r": number(part.revision), ":l": text(part.place)},
    }


def absent() -> dict[str, Any]:
    """The condition that there is no such item."""
    return {
        "ConditionExpression": "attribute_not_exists(#o)",
        "ExpressionAttributeNames": {"#o": "object"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
