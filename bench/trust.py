"""What isolation and order cost: reads more per request, and per object of a list.

A direct partner is looked at again a few times a second; whoever asks through a hub is looked up by
the head of the directory, which one request reads once. What a page brings is held against what is
known by its time in the read that the write needs anyway.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bench import samples
from bench.meter import Usage
from bench.platform import Bench, measured_platform, register, seed
from chalicelib.objects import ingest
from chalicelib.partner import Partner, Role
from chalicelib.store import partners

Row = tuple[str, str, str]
MANY = 50
HUB = Partner(
    id="hub-2.2.1",
    name="hub",
    state="REGISTERED",
    version="2.2.1",
    hub=True,
    roles=(Role("HUB", "AT", "HUB"),),
)


def measure() -> list[Row]:
    """Rows of (what, measured, target)."""
    with measured_platform() as bench:
        locations = [{**samples.location(1), "id": f"L{at}"} for at in range(MANY)]
        seed(bench.platform, "NL/EXA", locations, "2.3.0")
        register(bench.platform, HUB, HUB.id)
        bench.platform.partners.directories.tell(HUB.id, {"EMSP/SE/ONE": True})
        bench.platform.partners.directories.complete(HUB.id)
        return [*_requests(bench), *_order(bench)]


def _requests(bench: Bench) -> list[Row]:
    """An object and a list, asked for by a direct partner and through a hub."""
    rows = []
    asked: dict[str, tuple[str, ...]] = {"one Location": ("L1",), f"a page of {MANY} Locations": ()}
    for what, segments in asked.items():
        request = ("GET", "locations", segments)
        warm = _warm(bench, *request, "emsp-2.2.1")
        partners.SEEN_WITHIN = -1.0
        again = _warm(bench, *request, "emsp-2.2.1")
        partners.SEEN_WITHIN = 3600.0
        through = _warm(bench, *request, HUB.id)
        rows.append((f"GET of {what}, its partner looked at lately", f"{warm.read:g} RU", "-"))
        for how, found in (("looked at again", again), ("through a hub", through)):
            rows.append((f"the same, {how}", f"+{found.read - warm.read:g} RU", "<= +1 RU"))
    return rows


def _warm(bench: Bench, *request: Any) -> Usage:
    """The least of a few: all partners are read again every ten seconds, which is no request's."""
    return min((bench.units(*request) for _ in range(4)), key=lambda each: each.read)


def _order(bench: Bench) -> list[Row]:
    """A pulled Location that is known, with and without a look at which is newer."""
    found = []
    for only_newer in (False, True):
        told = {**samples.location(10), "country_code": "BE", "party_id": "BEC", "id": f"P{only_newer}"}
        how: dict[str, Any] = {"only_newer": only_newer, "asked_at": bench.platform.clock()}
        ingest.receive(bench.platform, "locations", told, "2.3.0", [("BE", "BEC")], **how)
        usage = bench.meter.watch()
        named = {**told, "name": "Another", "last_updated": "2027-01-01T00:00:00Z"}
        ingest.receive(bench.platform, "locations", named, "2.3.0", [("BE", "BEC")], **how)
        found.append(replace(usage))
    read, written = found[1].read - found[0].read, found[1].write - found[0].write
    return [
        ("a pulled Location held against what is known", f"+{read:g} RU, +{written:g} WU", "+0 RU, +0 WU")
    ]
