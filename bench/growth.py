"""What an operation costs among few objects and among very many: units and round trips, counted on moto.

Each row is measured on a platform of its own with so many objects; what is looked for is that rows are the
same. `OCPI_BENCH_GROWTH=100000` adds one of so many, which takes moto 23 minutes and 5.5 GB.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from bench import samples
from bench.meter import Usage
from bench.partners import party_name
from bench.platform import Bench, measured_platform, register, seed
from bench.storage import NEWER, a_location, a_status, a_token, as_json, as_older
from bench.trust import HUB
from chalicelib.delivery import absent
from chalicelib.objects import private_locations
from chalicelib.store import feeds
from chalicelib.store.dynamodb import text
from chalicelib.store.object_items import HEAD, key_in

Row = tuple[str, str, str]
SIZES = (10, 1_000)
MORE = os.environ.get("OCPI_BENCH_GROWTH", "")
FLAT = "flat"
NEWS = ("NEW1", "NEW2")
OURS, THEIRS = "NL/EXA", ("BE", "BEC")
# A hub with more parties behind it is not known: its item in DynamoDB would not take all of 100,000.
PARTIES, MOST_PARTIES = "parties behind it", 10_000


@dataclass(frozen=True)
class Cost:
    """What one operation used, and what is wanted of it."""

    usage: Usage
    target: str = FLAT
    per: int = 0

    def __str__(self) -> str:
        if not self.per:
            return str(self.usage)
        return f"{self.usage}; {self.usage.read / self.per:.3f} RU an object"


def measure() -> list[Row]:
    """Rows of (what, measured, target): per operation one for each number of objects."""
    sizes = [*SIZES, *([int(MORE)] if MORE else [])]
    found = [costs(many) for many in sizes]
    return [
        (f"{what}, {_number(many, among):,} {among}", str(each[what, among]), each[what, among].target)
        for what, among in found[0]
        for many, each in zip(sizes, found, strict=True)
    ]


def costs(many: int) -> dict[tuple[str, str], Cost]:
    """What each operation costs, by what it is and among what."""
    with measured_platform() as bench:
        for owner in (OURS, "/".join(THEIRS)):
            seed(bench.platform, owner, [_one_of_many(at) for at in range(many)], "2.2.1")
        places = {
            **_changes(bench),
            **_pages(bench, many),
            "end of a full pull that lists all but one": _end_of_pull(bench, many),
        }
        found = {(what, "Locations"): cost for what, cost in places.items()}
        found["PUT of a new Token that opens one", "private Locations"] = _opened(bench, many)
        through = _behind(bench, _number(many, PARTIES))
        found["PUT of a known Location of 1 EVSE through a hub", PARTIES] = through
        return found


def _number(many: int, among: str) -> int:
    return min(many, MOST_PARTIES) if among == PARTIES else many


def _one_of_many(at: int) -> dict[str, Any]:
    """One in five changed lately."""
    return a_location(f"G{at:06}", 1) if at % 5 == 3 else as_older(a_location(f"G{at:06}", 1))


def _changes(bench: Bench) -> dict[str, Cost]:
    """Our own Location put and patched, a partner's PUT and PATCH."""
    for id in NEWS:
        _, put = bench.operate("put", module="locations", object=_ours(id))
    for at in (1, 2):
        changes = {"status": ("CHARGING", "BLOCKED")[at - 1], "last_updated": f"2026-03-02T12:0{at}:00Z"}
        _, patch = bench.operate("patch", module="locations", id="G000003", evse_uid="3256", changes=changes)
    one = ("locations", (*THEIRS, "G000003", "3256"))
    for id in NEWS:
        theirs = bench.units("PUT", "locations", (*THEIRS, id), "cpo-2.2.1", as_json(a_location(id, 10)))
    bench.ask("PATCH", *one, "cpo-2.2.1", a_status("CHARGING", 1))
    changed = bench.units("PATCH", *one, "cpo-2.2.1", a_status("BLOCKED", 2))
    return {
        "put of a new Location of 10 EVSEs": Cost(put),
        "patch of an EVSE status": Cost(patch),
        "PUT of a new Location of 10 EVSEs": Cost(theirs),
        "PATCH of an EVSE status": Cost(changed),
    }


def _ours(id: str) -> dict[str, Any]:
    return {**samples.location(10), "id": id}


def _pages(bench: Bench, many: int) -> dict[str, Cost]:
    """The last page by its offset; the first page of a window and the one its link leads to."""
    last = bench.units(*_LIST, offset=str(many - 10), limit="10")
    first = bench.units(*_LIST, date_from=NEWER, limit="1")
    link = bench.headers["Link"][1:].partition(">")[0]
    following = bench.units(*_LIST, **dict(parse_qsl(urlsplit(link).query)))
    return {
        "page of 10 at the last offset": Cost(last),
        "first page of 1 with date_from, a fifth matches": Cost(first, "counts those that match, once"),
        "the page that its link leads to": Cost(following),
    }


_LIST = ("GET", "locations", (), "emsp-2.2.1")


def _end_of_pull(bench: Bench, many: int) -> Cost:
    """A crawl has seen all that it was promised: what it did not see is hidden, step by step."""
    platform, party = bench.platform, "/".join(THEIRS)
    seen = {key_in("locations", f"{party}/{_one_of_many(at)['id']}").partition for at in range(1, many)}
    seen |= {f"{party}/{id}" for id in NEWS}
    usage, hidden, at = bench.meter.watch(), 0, "[0, null]"
    while at:
        more, at = absent.hide(platform, "locations", [feeds.name(party)], seen, platform.clock(), at)
        hidden += more
    assert hidden == 1, hidden
    return Cost(usage, "<= 0.1 RU an object" if many >= 1_000 else "", many)


def _opened(bench: Bench, many: int) -> Cost:
    """A Token whose eMSP sees one of the private Locations by it, another having been opened before."""
    named = {"type": "RFID"}
    private = [
        {**a_location(f"N{at:06}", 1), "publish": False, "publish_allowed_to": [{**named, "uid": f"N{at}"}]}
        for at in range(many)
    ]
    seed(bench.platform, OURS, private, "2.2.1", feeds.NOBODY)
    # No table of before has to be entered.
    note = {"object": text(private_locations.ALLOWED), "part": text(HEAD)}
    bench.platform.clients.dynamodb.put_item(TableName=bench.platform.objects.table("locations"), Item=note)
    for uid in ("N0", "N1"):
        put = bench.units("PUT", "tokens", ("BE", "EMS", uid), "emsp-2.2.1", as_json(a_token(uid)))
    return Cost(put)


def _behind(bench: Bench, many: int) -> Cost:
    """A party among many of whom a hub told."""
    register(bench.platform, HUB, HUB.id)
    names = [party_name(at) for at in range(many)]
    bench.platform.partners.directories.tell(HUB.id, {f"CPO/BE/{name}": True for name in names})
    bench.platform.partners.directories.complete(HUB.id)
    place = {**a_location("HID", 1), "party_id": names[-1]}
    for name in ("One", "Two", "Three"):
        body = as_json({**place, "name": name})
        put = bench.units("PUT", "locations", ("BE", names[-1], "HID"), HUB.id, body)
    return Cost(put)
