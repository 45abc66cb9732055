"""What a delivered change costs, how many a machine delivers, and what a slow partner does to the others.

Units and queue calls are counted on moto in this process; rates and times are taken on ministack,
where this machine's emulator and both partners share the processors with us, so they are a floor.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import statistics
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

from bench.meter import Meter
from bench.samples import location
from chalicelib.store import partners
from tests import samples
from tests.stub import Canned, PartnerStub, Received

Row = tuple[str, str, str]
STATUSES = 20
CHANGES = 60
# Objects that change while a partner is down: 10,000 take moto an hour and 15 GB. ministack looks through
# a whole table for every query, so the rate is taken with few.
WAITING = int(os.environ.get("OCPI_BENCH_CATCH_UP", "200"))
FEW = min(WAITING, 200)
PARTIES = [
    {"role": "CPO", "country_code": "NL", "party_id": "EXA", "business_details": {"name": "Example"}},
]
SETTINGS = {
    "OCPI_PARTIES": json.dumps(PARTIES),
    "OCPI_ALLOW_PRIVATE_URLS": "1",
    "OCPI_RETRY_SCHEDULE": "1,2,5",
    "OCPI_PULL_INTERVAL": "0",
    "OCPI_STAGE": "bench",
    "OCPI_MESSAGES": "none",
}


def measure() -> list[Row]:
    """Every row about deliveries; those of time where ministack is or can be installed."""
    with contextlib.redirect_stdout(io.StringIO()):
        rows = [*_counted(), newcomer(), *_caught_up()]
        rows += list(_timed())
    return rows


@contextmanager
def _counting(names: Sequence[str]) -> Iterator[tuple[Any, list[PartnerStub], Meter, Counter[str]]]:
    """A platform worked by hand with partners of these names, the units it uses and its queue calls."""
    from moto import mock_aws

    from localrun import large
    from localrun.emulator import mocked_clients
    from localrun.lighter_moto import lighten
    from tests.harness import Hand

    lighten()
    with mock_aws(), large.tables():
        hand = Hand(SETTINGS)
        stubs = [
            hand.register_partner([{"role": "EMSP", "country_code": "DE", "party_id": name}], name=name)
            for name in names
        ]
        calls: Counter[str] = Counter()
        clients = hand.platform.clients
        clients.sqs.meta.events.register("before-call.sqs.*", lambda model, **_: calls.update([model.name]))
        meter = Meter(clients.dynamodb, mocked_clients({"AWS_REGION": "eu-central-1", **SETTINGS}).dynamodb)
        meter.off = True
        yield hand, stubs, meter, calls
        hand.close()


def _counted() -> Iterator[Row]:
    """Units, requests and queue calls of EVSE status changes that two partners hear."""
    with _counting(("AAA", "BBB")) as (hand, stubs, meter, calls):
        hand.operate("put", module="locations", objects=[_location(at) for at in range(STATUSES)])
        hand.drain()
        _forget(stubs)
        for at in range(STATUSES):
            _status(hand.operate, at, 1)
        calls.clear()
        meter.off = False
        began = time.process_time()
        hand.drain(sweep=False)
        cpu = time.process_time() - began
        usage = meter.usage
        sent = sum(len(stub.received) for stub in stubs)
        many = STATUSES * len(stubs)
    yield "requests to a partner per delivered status change", f"{sent / many:.2f}", "1"
    yield "write units per delivered change", f"{usage.write / many:.2f}", "<= 8"
    yield "read units per delivered change", f"{usage.read / many:.2f}", "-"
    yield "DynamoDB round trips per delivered change", f"{usage.trips / many:.2f}", "-"
    yield "queue calls per delivered change", f"{sum(calls.values()) / many:.2f}", "<= 0.4"
    yield "CPU per delivered change, emulator included", f"{cpu / many * 1000:.1f} ms", "-"


def newcomer() -> Row:
    """What each Location of 10 EVSEs takes until a partner that registers knows it."""
    with _counting(()) as (hand, _, meter, _):
        few, more = (_newcomer(hand, meter, many) for many in (3, 13))
    write, read, trips = ((each - before) / 10 for each, before in zip(more, few, strict=True))
    measured = f"{write:.2f} WU, {read:.2f} RU, {trips:.2f} round trips"
    return "catch-up of a new partner, each Location of 10 EVSEs", measured, "<= 4 WU, <= 2 RU"


def _newcomer(hand: Any, meter: Meter, many: int) -> tuple[float, float, int]:
    objects = [{**location(10), "id": f"LOC{at}"} for at in range(many)]
    hand.operate("put", module="locations", objects=objects)
    hand.drain()
    roles = [{"role": "EMSP", "country_code": "DE", "party_id": f"N{many:02}"}]
    stub = hand.register_partner(roles, name=f"N{many}")
    usage, meter.off = meter.watch(), False
    with mock.patch.multiple(partners, CACHE_SECONDS=3600, SEEN_WITHIN=3600):  # however slow this machine
        hand.drain(sweep=False)
    meter.off = True
    assert len(heard(stub)) == many, len(heard(stub))
    return usage.write, usage.read, usage.trips


def _caught_up() -> Iterator[Row]:
    """A partner that was down while many objects changed."""
    with _counting(("AAA",)) as (hand, (stub,), meter, calls):
        for named in ("Before", "After"):
            for _ in _put(hand.operate, "LOC", WAITING, named):
                hand.drain(most=5000)
            if named == "Before":
                stub.down()
        waiting = hand.operate("partner", partner=stub.id)["backlog"]
        _forget([stub])
        stub.up()
        calls.clear()
        meter.off = False
        hand.clock.advance(3600)
        began = time.process_time()
        hand.drain(most=10 * WAITING)
        cpu = time.process_time() - began
        usage, meter.off = meter.usage, True
        left = hand.operate("partner", partner=stub.id)["backlog"]
        told = {each.path: each.json["name"] for each in heard(stub)}
        assert waiting == WAITING == len(told), (waiting, len(told))
        assert set(told.values()) == {"After"} and not left
        sent = len(heard(stub))
    yield (
        f"catch-up of {waiting} changed objects after an outage, each",
        f"{sent / waiting:.2f} requests, {usage.write / waiting:.2f} write units, "
        f"{sum(calls.values()) / waiting:.2f} queue calls, {cpu / waiting * 1000:.0f} ms CPU",
        "1 request each",
    )


def _timed() -> Iterator[Row]:
    from localrun.emulator import Ministack

    emulator = Ministack()
    try:
        emulator.start()
    except subprocess.CalledProcessError as problem:
        yield "rates", f"ministack could not be installed: {problem}", "-"
        return
    try:
        with _platform(emulator) as (platform, stubs):
            yield from _rates(platform, stubs)
            yield _caught_up_in_time(platform, stubs)
    finally:
        emulator.stop()


@contextmanager
def _platform(emulator: Any) -> Iterator[tuple[Any, list[PartnerStub]]]:
    from localrun.platform import LocalPlatform

    names = ("AAA", "BBB", "SLO")
    stubs = [
        PartnerStub([{"role": "EMSP", "country_code": "DE", "party_id": name}], name=name, own_token=name)
        for name in names
    ]
    with LocalPlatform(SETTINGS, emulator=emulator) as platform:
        for stub in stubs[:2]:
            join(platform, stub)
        yield platform, stubs
    for stub in stubs:
        stub.down()


def _rates(platform: Any, stubs: list[PartnerStub]) -> Iterator[Row]:
    first, second, slow = stubs
    platform.do("put", module="locations", objects=[_location(at) for at in range(CHANGES)])
    _until(lambda: all(len(heard(stub)) >= CHANGES for stub in (first, second)), 600)

    _forget(stubs)
    began = time.monotonic()
    for at in range(CHANGES):
        _status(platform.do, at, 1)
    _until(lambda: all(len(heard(stub)) >= CHANGES for stub in (first, second)))
    took = time.monotonic() - began
    yield "status changes per second, put, announced, pushed to two", f"{CHANGES / took:.0f}", "-"
    yield "requests sent per change and partner", f"{len(heard(first)) / CHANGES:.2f}", "1"

    alone = _delays(platform, first, 2)
    slow.script(lambda request: _slowly(request, slow))
    join(platform, slow)
    _until(lambda: heard(slow), 60)
    time.sleep(3)
    beside = _delays(platform, first, 3)
    yield (
        "a partner's delivery time beside one that takes 3 s for an answer",
        f"{beside * 1000:.0f} ms; alone {alone * 1000:.0f} ms",
        "no measurable effect",
    )
    platform.do("suspend", partner=slow.id)


def _caught_up_in_time(platform: Any, stubs: list[PartnerStub]) -> Row:
    """How long it takes a partner that was down while all objects changed twice to know them all."""
    stub, second, _ = stubs
    platform.do("suspend", partner=second.id)
    _until(lambda: not platform.do("partner", partner=stub.id)["backlog"])
    _forget(stubs)
    stub.down()
    for named in ("Before", "After"):
        for _ in _put(platform.do, "UP", FEW, named):
            """In parts, as a back end would."""
    _until(lambda: platform.do("partner", partner=stub.id)["backlog"] == FEW, 3600)
    stub.up()
    began = time.monotonic()
    _until(lambda: len({each.path for each in heard(stub)}) == FEW, 3600)
    took = time.monotonic() - heard(stub)[0].at
    noticed = heard(stub)[0].at - began
    _until(lambda: not platform.do("partner", partner=stub.id)["backlog"], 600)
    names = [each.json["name"] for each in heard(stub)]
    assert set(names) == {"After"}, Counter(names)
    return (
        f"catch-up of {FEW} objects, each changed twice during the outage",
        f"{len(names) / FEW:.2f} requests each, {FEW / took:.0f} per second, {took:.0f} s in all "
        f"after the {noticed:.0f} s in which its return was noticed",
        "1 request each",
    )


def _delays(platform: Any, stub: PartnerStub, minute: int) -> float:
    """The median seconds from a change to its arrival."""
    found = []
    for at in range(12):
        _forget([stub])
        began = time.monotonic()
        _status(platform.do, at, minute)
        _until(lambda: heard(stub))
        found.append(heard(stub)[0].at - began)
    return statistics.median(found)


def _slowly(request: Received, stub: PartnerStub) -> Canned | None:
    return Canned(delay=3.0) if "/receiver/" in request.path else None


def heard(stub: PartnerStub) -> list[Received]:
    return [each for each in list(stub.received) if "/receiver/locations" in each.path]


def _forget(stubs: list[PartnerStub]) -> None:
    for stub in stubs:
        stub.received.clear()


def _put(do: Any, prefix: str, many: int, named: str) -> Iterator[None]:
    """Put so many Locations of this name, the "After" ones a minute later, with a pause after each part."""
    for at in range(0, many, 500):
        objects = [
            samples.location(f"{prefix}{each}", 2)
            | {"name": named, "last_updated": samples.later(named == "After")}
            for each in range(at, min(at + 500, many))
        ]
        do("put", module="locations", objects=objects)
        yield


def _location(at: int) -> dict[str, Any]:
    return samples.location(f"LOC{at}", 2)


def _status(do: Any, at: int, minute: int) -> None:
    status = ("AVAILABLE", "CHARGING")[minute % 2] if minute < 4 else "BLOCKED"
    changes = {"status": status, "last_updated": samples.later(minute)}
    do("patch", module="locations", id=f"LOC{at}", evse_uid="E1", changes=changes)


def join(platform: Any, stub: PartnerStub) -> None:
    import urllib.request

    invited = platform.do("invite", name=stub.name)
    request = urllib.request.Request(
        f"{platform.base_url}/ocpi/{stub.version}/credentials",
        json.dumps(stub.credentials).encode(),
        {"Authorization": f"Token {invited['token']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        found = json.load(answer)
    assert found["status_code"] == 1000, found
    stub.id, stub.token = invited["partner"], found["data"]["token"]


def _until(check: Any, seconds: float = 120) -> None:
    from localrun.platform import eventually

    eventually(check, seconds, 0.01)
