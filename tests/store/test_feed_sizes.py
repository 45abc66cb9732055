"""Row I9: what is kept of a feed does not grow with its changes; the row's own sizes with OCPI_TRIALS=1."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from bench.meter import Meter, Usage
from chalicelib.store.dynamodb import size
from tests.known import Known
from tests.samples import example, for_emsp, own

pytest_plugins = ["tests.known"]

TRIALS = bool(os.environ.get("OCPI_TRIALS"))
CYCLES, BY_HAND, NEVER, DATED = (2_000, 50_000, 30_000, 10_000) if TRIALS else (40, 1_000, 300, 100)
LARGEST = 4096


@pytest.fixture
def meter(platform: Any, hand: Any) -> Iterator[Meter]:
    found = Meter(platform.clients.dynamodb, hand.beside().dynamodb)
    found.off = True
    yield found
    found.off = True


def cost(meter: Meter, work: Any) -> Usage:
    """What this work uses."""
    usage, meter.off = meter.watch(), False
    work()
    meter.off = True
    return usage


def largest(platform: Any, module: str) -> int:
    """The size of the largest item that says something of a feed."""
    found, asked = [0], {"TableName": platform.objects.table(module)}
    while True:
        answer = platform.clients.dynamodb.scan(**asked)
        found += [size(each) for each in answer["Items"] if each["object"]["S"].startswith("feed#")]
        if not answer.get("LastEvaluatedKey"):
            return max(found)
        asked["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def numbers_by_hand(platform: Any, module: str, feed: str, count: int, holes: Any = ()) -> None:
    """As if so many objects had come to a feed, and these had gone."""
    platform.clients.dynamodb.update_item(
        TableName=platform.objects.table(module),
        Key={"object": {"S": f"feed#{feed}"}, "part": {"S": "-"}},
        UpdateExpression="SET #c = :count, holes = :holes",
        ExpressionAttributeNames={"#c": "count"},
        ExpressionAttributeValues={
            ":count": {"N": str(count)},
            ":holes": {"L": [{"N": str(at)} for at in holes]},
        },
    )


class Theirs:
    """Tariffs of a partner."""

    def __init__(self, ask: Any) -> None:
        self._ask = ask
        self._tariff = example("tariff", "2.2.1", country_code="BE", party_id="BEC")

    def put(self, id: str) -> None:
        url = f"/ocpi/2.2.1/receiver/tariffs/BE/BEC/{id}"
        assert self._ask("PUT", url, "cpo", self._tariff | {"id": id}).status == 201

    def delete(self, id: str) -> None:
        assert self._ask("DELETE", f"/ocpi/2.2.1/receiver/tariffs/BE/BEC/{id}", "cpo").code == 1000


def test_i9_tariffs_that_come_and_go_leave_nothing_that_grows(
    ask: Any, known: Known, platform: Any, operate: Any, meter: Meter
) -> None:
    theirs = Theirs(ask)
    theirs.put("KEPT")
    first = cost(meter, lambda: theirs.put("FIRST"))
    for at in range(CYCLES):
        theirs.put(f"T{at}")
        theirs.delete(f"T{at}")
    (head,) = platform.objects.feeds.heads("tariffs", ["BE/BEC>*"])
    assert (head.total, head.gaps) == (2, ((3, CYCLES + 2),))
    numbers_by_hand(platform, "tariffs", "BE/BEC>*", CYCLES + BY_HAND + 2, range(3, CYCLES + BY_HAND + 3))
    theirs.put("T")
    theirs.delete("T")
    assert cost(meter, lambda: theirs.put("LAST")).write == first.write
    assert largest(platform, "tariffs") < LARGEST
    found = operate("list", module="tariffs", party="BE/BEC")
    assert ([each["id"] for each in found["objects"]], found["total"]) == (["KEPT", "FIRST", "LAST"], 3)


def test_i9_holes_between_what_stays_leave_nothing_that_grows(
    ask: Any, known: Known, platform: Any, operate: Any, meter: Meter
) -> None:
    """Every second Tariff goes, so that no two holes are neighbours."""
    theirs = Theirs(ask)
    theirs.put("T0")
    first = cost(meter, lambda: theirs.put("T1"))
    for at in range(2, CYCLES + 1):
        theirs.put(f"T{at}")
        if at % 2:
            theirs.delete(f"T{at}")
    assert cost(meter, lambda: theirs.put("LAST")).write == first.write
    assert largest(platform, "tariffs") < LARGEST
    found = operate("list", module="tariffs", party="BE/BEC", limit=100)
    assert found["total"] == CYCLES // 2 + 3
    evens = [f"T{at}" for at in range(2, 40, 2)]
    assert [each["id"] for each in found["objects"]][:21] == ["T0", "T1", *evens]


def test_i9_many_holes_that_are_no_neighbours_are_kept_in_bounded_items(
    ask: Any, known: Known, platform: Any, meter: Meter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every second number by hand; whoever reads while they are written again reads what was or what is."""
    theirs, feed = Theirs(ask), "BE/BEC>*"
    theirs.put("KEPT")
    first = cost(meter, lambda: theirs.put("FIRST"))
    numbers_by_hand(platform, "tariffs", feed, BY_HAND, range(3, BY_HAND, 2))
    expected = platform.objects.feeds.heads("tariffs", [feed])[0]
    platform.objects.feeds.compact("tariffs", feed)
    (head,) = platform.objects.feeds.heads("tariffs", [feed])
    assert (head, head.total) == (expected, BY_HAND // 2 + 1)
    assert largest(platform, "tariffs") < LARGEST
    assert cost(meter, lambda: theirs.put("LAST")).write == first.write
    client, real, read = platform.clients.dynamodb, platform.clients.dynamodb.batch_get_item, []

    def batch_get_item(**asked: Any) -> Any:
        answer = real(**asked)
        if not read:
            read.append(asked)
            platform.objects.feeds.forget("tariffs", feed, {4: ()})
        return answer

    monkeypatch.setattr(client, "batch_get_item", batch_get_item)
    (head,) = platform.objects.feeds.heads("tariffs", [feed])
    assert (head.total, head.is_empty(4), head.is_empty(6)) == (BY_HAND // 2 + 1, True, False)


def test_i9_locations_that_turn_private_and_public_leave_nothing_that_grows(
    ask: Any, operate: Any, known: Known, platform: Any, meter: Meter
) -> None:
    def put(id: str, **more: Any) -> None:
        assert operate("put", module="locations", object=own("location", id=id, **more))["errors"] == []

    put("KEPT")
    first = cost(meter, lambda: put("FIRST"))
    for at in range(CYCLES):
        put("L1", publish=bool(at % 2))
    assert cost(meter, lambda: put("LAST")).write == first.write
    assert largest(platform, "locations") < LARGEST
    answer = ask("GET", "/ocpi/2.2.1/sender/locations", "emsp")
    assert [each["id"] for each in answer.data] == ["KEPT", "FIRST", "L1", "LAST"]
    assert answer.headers["x-total-count"] == "4"


def test_i9_credit_cdrs_of_an_older_version_leave_nothing_that_grows(
    ask: Any, operate: Any, known: Known, platform: Any, meter: Meter
) -> None:
    """2.1.1 never says them."""

    def put(id: str) -> None:
        token = for_emsp("FR/OLD")
        body = own("cdr", id=id, cdr_token=token, credit=True, credit_reference_id="EARLIER")
        assert operate("put", module="cdrs", object=body)["errors"] == []

    put("FIRST")
    first = cost(meter, lambda: put("SECOND"))
    store, feed = platform.objects, "NL/EXA>FR/OLD"
    numbers_by_hand(platform, "cdrs", feed, NEVER)
    for begin in range(3, NEVER + 1, 90):
        never = dict.fromkeys(range(begin, min(begin + 90, NEVER + 1)), ((), (("2.1.1", ""),)))
        store.write(store.feeds.unsaid("cdrs", feed, never))
    assert store.feeds.heads("cdrs", [feed], "2.1.1")[0].total == 0
    assert cost(meter, lambda: put("LAST")).write == first.write
    assert largest(platform, "cdrs") < LARGEST
    assert store.feeds.heads("cdrs", [feed], "2.1.1")[0].total == 0
    assert store.feeds.heads("cdrs", [feed], "2.2.1")[0].total == NEVER + 1
    answer = ask("GET", "/ocpi/2.1.1/sender/cdrs", "old_emsp")
    assert (answer.data, answer.headers["x-total-count"]) == ([], "0")


def test_i9_tariffs_with_validity_dates_leave_nothing_that_grows(
    ask: Any, operate: Any, known: Known, meter: Meter, platform: Any
) -> None:
    """2.1.1 says them while they are valid, which is noted of each."""

    def put(*ids: str, year: int = 2020) -> None:
        dates = {"start_date_time": f"{year}-01-01T00:00:00Z", "end_date_time": f"{year + 9}-01-01T00:00:00Z"}
        objects = [own("tariff", id=id, **dates) for id in ids]
        assert operate("put", module="tariffs", objects=objects)["errors"] == []

    put("FIRST", year=2090)
    first = cost(meter, lambda: put("SECOND", year=2090))
    for begin in range(0, DATED, 50):
        put(*(f"T{at}" for at in range(begin, begin + 50)), year=2090)
    assert cost(meter, lambda: put("LAST")).write == first.write
    assert largest(platform, "tariffs") < LARGEST
    answer = ask("GET", "/ocpi/2.1.1/sender/tariffs", "old_emsp")
    assert ([each["id"] for each in answer.data], answer.headers["x-total-count"]) == (["LAST"], "1")
    newest = ask("GET", "/ocpi/2.3.0/sender/tariffs?limit=1", "emsp2")
    assert newest.headers["x-total-count"] == str(DATED + 3)
