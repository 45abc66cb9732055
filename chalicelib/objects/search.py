"""Search: objects of all parties, or of some, by what an operator knows of them.

Each question is answered from an index, never by looking through a table: by
Session, token or state, by place, or by the status of an EVSE. Several
questions at once: the first of them that has an index finds, the others choose.

Contract: design section 5
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from chalicelib.objects.stored_object import Finder, StoredObject, load
from chalicelib.ocpi import jsontext, models, modules
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.models.base import V230, Enum
from chalicelib.partners import parties
from chalicelib.store import feeds, marks
from chalicelib.store.marks import Circle, Entry
from chalicelib.store.object_items import Key, folded, place_name

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

MOST_CANDIDATES = 5_000


@dataclass(frozen=True)
class Query:
    """What is known of the objects that are looked for; "" is nothing. Times are sortable."""

    session_id: str = ""
    token: str = ""
    status: str = ""
    near: str = ""
    date_from: str = ""
    date_to: str = ""

    @property
    def asks(self) -> bool:
        return bool(self.session_id or self.token or self.status or self.near)


@dataclass(frozen=True)
class Page:
    """The objects of a page, and the place of the next ("": there is none)."""

    objects: list[StoredObject]
    cursor: str


def owners(platform: Platform, module: str) -> list[str]:
    """Every owner of objects of a module: parties hosted here, and those of partners there are or were."""
    roles = parties.owners(module)
    hosted = platform.settings.hosted(*modules.serving_roles(module, modules.SENDER))
    found = {*hosted, *parties.known(platform, *roles), *parties.members(platform, *roles)}
    found |= {each.party for partner in platform.partners.all() for each in partner.roles}
    return sorted("/".join(party) for party in found)


def everywhere(platform: Platform, module: str, id: str) -> list[StoredObject]:
    """The objects of this id, whoever owns them."""
    keys = [_key(module, f"{owner}/{_name(module, id)}") for owner in owners(platform, module)]
    found = platform.objects.parts([(key, "") for key in keys])
    loaded = (load(platform, key) for key, part in zip(keys, found, strict=True) if part)
    return [each for each in loaded if each is not None]


def find(
    platform: Platform, module: str, query: Query, of: Iterable[str], everybody: bool, limit: int, cursor: str
) -> Page:
    """A page of what is looked for, of these owners; `everybody`: they are all there are."""
    query = _checked(module, query)
    chosen = sorted(of)
    found: list[StoredObject] = []
    finder = Finder(platform)
    candidates = _candidates(platform, module, query, chosen, everybody, cursor)
    for asked, (place, known) in enumerate(candidates, 1):
        present = load(platform, _key(module, known)) if isinstance(known, str) else known
        if present is not None:
            present = StoredObject(present.key, present.parts, finder=finder)
            if _fits(module, query, present, finder):
                found.append(present)
        if len(found) == limit or asked == MOST_CANDIDATES:
            return Page(found, place)
    return Page(found, "")


def _checked(module: str, query: Query) -> Query:
    """The question in the words of the specification.

    Raises InvalidParameters for one that this module has no answer to.
    """
    allowed = {
        "sessions": ("session_id", "token", "status"),
        "cdrs": ("session_id", "token", "status"),
        "locations": ("near", "status"),
    }.get(module, ())
    for name in ("session_id", "token", "status", "near"):
        if getattr(query, name) and name not in allowed:
            raise InvalidParameters(f"{module} are not looked for by this", f"/{name}")
    return replace(query, status=_status(module, query.status)) if query.status else query


def _status(module: str, said: str) -> str:
    """The status that is meant, as partners' own are read. Nothing is stored with a word of no status."""
    thing = "evse" if module == "locations" else "session"
    kind = models.model(thing).fields(V230)["status"].type
    assert isinstance(kind, Enum)
    meant = kind.meant(said)
    if meant is not None:
        return meant
    alike = get_close_matches(kind.fold(said), kind.newest, 1)
    near = f"{alike[0]} is meant? " if alike else ""
    raise InvalidParameters(f"no {kind.name}; {near}one of {', '.join(kind.newest)}", "/status")


def _candidates(
    platform: Platform, module: str, query: Query, of: list[str], everybody: bool, cursor: str
) -> Iterator[tuple[str, str | StoredObject | None]]:
    """Places and partitions of what the best index knows, behind the cursor; or what was read of it."""
    objects = platform.objects
    table = objects.table(module)
    if query.near:
        wanted = [
            each
            for _, each in marks.near(objects.client, table, Circle.parse(query.near))
            if _owner(each) in of
        ]
        yield from _behind(wanted, cursor)
    elif module == "locations":
        yield from _with_status(platform, query.status, of, cursor)
    elif module == "cdrs" and not (query.session_id or query.token):
        yield from _of_sessions(platform, query.status, of, cursor)
    elif query.session_id and module == "sessions":
        yield from _behind([f"{owner}/{folded(query.session_id)}" for owner in of], cursor)
    else:
        yield from _marked(platform, module, query, of, everybody, cursor)


def _with_status(
    platform: Platform, status: str, of: list[str], cursor: str
) -> Iterator[tuple[str, StoredObject | None]]:
    """Locations with an EVSE of a status: each where the first of those EVSEs stands in the index, None at
    the others; a place is the entry of an EVSE.
    """
    objects = platform.objects
    audiences = objects.feeds.audiences("locations", of)
    names = sorted(feeds.name(owner, audience) for owner, found in audiences.items() for audience in found)
    after = Entry(*_place(cursor, (str, str, str, str))) if cursor else None
    firsts: dict[str, tuple[str, str] | None] = {}
    for entry in marks.with_status(objects.client, objects.table("locations"), names, status, after):
        known = None
        if entry.partition not in firsts:
            known = load(platform, _key("locations", entry.partition))
            having = [
                (part.last_updated, part.name)
                for part in (known.parts if known is not None else ())
                if (marks.STATUS, status) in part.marks
            ]
            firsts[entry.partition] = min(having, default=None)
        is_first = firsts[entry.partition] == (entry.last_updated, entry.part)
        if is_first and known is None:
            known = load(platform, _key("locations", entry.partition))
        yield jsontext.dumps(list(entry)), known if is_first else None


def _marked(
    platform: Platform, module: str, query: Query, of: list[str], everybody: bool, cursor: str
) -> Iterator[tuple[str, str]]:
    """Those with a mark, range by range; a place is the number of the range and the partition."""
    if query.session_id:
        ranges = [(marks.SESSION, folded(query.session_id), each) for each in ([""] if everybody else of)]
    elif query.token:
        ranges = [(marks.TOKEN, folded(query.token), each) for each in ([""] if everybody else of)]
    else:
        ranges = [(marks.STATE, f"{each}/{query.status}", "") for each in of]
    objects = platform.objects
    first, after = _place(cursor, (int, str)) if cursor else (0, "")
    for number, (index, value, owner) in enumerate(ranges[first:], first):
        behind = after if number == first else ""
        for partition in marks.marked(objects.client, objects.table(module), index, value, owner, behind):
            yield jsontext.dumps([number, partition]), partition


def _of_sessions(platform: Platform, status: str, of: list[str], cursor: str) -> Iterator[tuple[str, str]]:
    """CDRs whose Sessions have a status; a place is an owner, the Session before, and the CDR."""
    first, session, cdr = _place(cursor, (int, str, str)) if cursor else (0, "", "")
    objects = platform.objects
    for number, owner in enumerate(of[first:], first):
        here = number == first
        before, done = (session, cdr) if here else ("", "")
        state = f"{owner}/{status}"
        for each in marks.marked(objects.client, objects.table("sessions"), marks.STATE, state, "", before):
            id = each.split("/", 2)[2]
            for found in marks.marked(objects.client, objects.table("cdrs"), marks.SESSION, id, owner, done):
                yield jsontext.dumps([number, before, found]), found
            before, done = each, ""


def _behind(wanted: list[str], cursor: str) -> Iterator[tuple[str, str]]:
    """What stands in a list that is made anew for every page, behind so many."""
    first: int = _place(cursor, (int,))[0] if cursor else 0
    for number, partition in enumerate(wanted[first:], first + 1):
        yield jsontext.dumps([number]), partition


def _place(cursor: str, kinds: tuple[type, ...]) -> Any:
    """What a cursor says, of these kinds; numbers are places and never negative. Raises InvalidParameters."""
    try:
        said = jsontext.loads(cursor)
        fits = [type(each) for each in said] == list(kinds)
    except (ValueError, TypeError):
        fits = False
    if not fits or any(isinstance(each, int) and each < 0 for each in said):
        raise InvalidParameters("not a cursor of this list", "/cursor")
    return said


def _fits(module: str, query: Query, present: StoredObject, finder: Finder) -> bool:
    if present.last_updated < query.date_from or (query.date_to and present.last_updated >= query.date_to):
        return False
    said = present.canonical
    card: Any = said.get("cdr_token")
    uid = str(card.get("uid", "")) if isinstance(card, Mapping) else ""
    if query.token and folded(uid) != folded(query.token):
        return False
    own = said.get("id") if module == "sessions" else said.get("session_id")
    if query.session_id and folded(str(own or "")) != folded(query.session_id):
        return False
    if not query.status:
        return True
    if module == "locations":
        return any(each.get("status") == query.status for each in said.get("evses") or ())
    if module == "cdrs":  # it has none of its own: that of its Session
        said = finder("session", *present.key.party, str(said.get("session_id") or "")) or {}
    return bool(said.get("status") == query.status)


def _name(module: str, id: str) -> str:
    return place_name(id) if module == "locations" else folded(id)


def _key(module: str, partition: str) -> Key:
    country, party, name = partition.split("/", 2)
    return Key(module, country, party, name)


def _owner(partition: str) -> str:
    return "/".join(partition.split("/", 2)[:2])


def named(present: StoredObject, shown: dict[str, Any]) -> dict[str, Any]:
    """An object as it is shown, with its owner, which 2.1.1 does not say."""
    owner: Party = present.key.country_code, present.key.party_id
    if "country_code" in shown and "party_id" in shown:
        return shown
    return {"country_code": owner[0], "party_id": owner[1], **shown}
