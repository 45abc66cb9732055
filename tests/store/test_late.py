"""Row I16: indexes that are two seconds behind their tables."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.ocpi.timestamps import later
from tests.known import Known
from tests.lagging import behind
from tests.objects.test_lists import crawl, ids, next_url
from tests.samples import own

pytest_plugins = ["tests.known"]

TARIFFS = "/ocpi/2.3.0/sender/tariffs"
LOCATIONS = "/ocpi/2.3.0/sender/locations"


@pytest.fixture
def late(hand: Any, known: Known) -> Iterator[None]:
    with behind(hand, 2):
        yield


def put(operate: Any, *names: str, at: str) -> None:
    objects = [own("tariff", id=name, last_updated=at) for name in names]
    assert operate("put", module="tariffs", objects=objects)["errors"] == []


def test_i16_total_page_and_link_agree(ask: Any, operate: Any, clock: Any, late: None) -> None:
    """TRA-30, TRA-34: what the index does not have yet is in none of them."""
    put(operate, "T1", "T2", "T3", at=clock())
    clock.advance(10)
    put(operate, "T4", "T5", at=clock())
    for query, expected, has_link in (
        ("", ["T1", "T2", "T3"], False),
        ("?limit=2", ["T1", "T2"], True),
        ("?offset=2&limit=2", ["T3"], False),
        ("?offset=3", [], False),
        ("?date_from=2026-01-01T00:00:00Z", ["T1", "T2", "T3"], False),
    ):
        answer = ask("GET", TARIFFS + query, token="emsp2")
        assert (ids(answer), next_url(answer) is not None) == (expected, has_link), query
        if expected and not has_link:
            assert answer.headers["x-total-count"] == "3", query
    clock.advance(3)
    found, totals = crawl(ask, f"{TARIFFS}?limit=2")
    assert (found, set(totals)) == (["T1", "T2", "T3", "T4", "T5"], {"5"})


def test_i16_what_one_index_has_and_the_other_has_not_is_on_no_page(
    ask: Any, operate: Any, clock: Any, late: None, platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They follow each by itself: here the numbers later than the times."""
    put(operate, "T1", "T2", at=clock())
    clock.advance(10)
    put(operate, "T3", at=clock())
    client, real = platform.clients.dynamodb, platform.clients.dynamodb.query

    def query(**asked: Any) -> Any:
        if asked.get("IndexName") == "changes":
            clock.advance(3)
            try:
                return real(**asked)
            finally:
                clock.advance(-3)
        return real(**asked)

    monkeypatch.setattr(client, "query", query)
    answer = ask("GET", f"{TARIFFS}?date_from=2026-01-01T00:00:00Z", token="emsp2")
    assert (ids(answer), answer.headers["x-total-count"], next_url(answer)) == (["T1", "T2"], "2", None)


@pytest.mark.parametrize("seed", range(4))
def test_i16_who_pulls_each_minute_since_its_last_pull_loses_nothing(
    ask: Any, operate: Any, clock: Any, late: None, seed: int
) -> None:
    """New Tariffs and changed ones, EVSEs alone, at any moment around the pulls."""
    chance, held, truth = random.Random(seed), {}, {}
    place = own("location", id="L1", last_updated=clock())
    operate("put", module="locations", object=place)
    uid = place["evses"][0]["uid"]
    clock.advance(30)
    asked_from = {TARIFFS: "", LOCATIONS: ""}
    for turn in range(8):
        for _ in range(6):
            clock.advance(chance.choice([0, 0.3, 1, 9]))
            name = f"T{chance.randrange(3 * turn + 3)}"
            put(operate, name, at=(now := clock()))
            truth[name] = now
            status = chance.choice(["CHARGING", "AVAILABLE", "BLOCKED"])
            changes = {"status": status, "last_updated": clock()}
            operate("patch", module="locations", id="L1", evse_uid=uid, changes=changes)
            truth["L1"] = status
        for url, since in asked_from.items():
            asked_from[url] = clock()
            window = f"date_from={since}&" if since else ""
            at: str | None = f"{url}?{window}limit=2"
            while at:
                answer = ask("GET", at, token="emsp2")
                assert answer.code == 1000
                at = next_url(answer)
                for each in answer.data:
                    evses = {evse["uid"]: evse["status"] for evse in each.get("evses", ())}
                    held[each["id"]] = evses[uid] if evses else each["last_updated"]
        clock.advance(60)
    for url, since in asked_from.items():
        for each in ask("GET", f"{url}?date_from={since}", token="emsp2").data:
            evses = {evse["uid"]: evse["status"] for evse in each.get("evses", ())}
            held[each["id"]] = evses[uid] if evses else each["last_updated"]
    assert held == truth


def test_a_window_stays_exact_for_what_no_earlier_list_can_have_lacked(
    ask: Any, operate: Any, clock: Any, known: Known
) -> None:
    """TRA-23: what is asked for at once, and what was written long after the time it tells."""
    begun = clock()
    put(operate, "LIVE", at=begun)
    put(operate, "OLD", at=later(begun, -3600))
    since = later(begun, 1)
    assert ids(ask("GET", f"{TARIFFS}?date_from={since}", token="emsp2")) == []
    clock.advance(3600)
    assert ids(ask("GET", f"{TARIFFS}?date_from={since}", token="emsp2")) == ["LIVE"]
    assert ids(ask("GET", f"{TARIFFS}?date_from={later(begun, -3599)}", token="emsp2")) == ["LIVE"]
    assert ids(ask("GET", f"{TARIFFS}?date_from={later(begun, 6)}", token="emsp2")) == []
    put(operate, "NEXT", at=(then := clock()))
    put(operate, "BEFORE", at=later(then, -2))
    clock.advance(60)
    assert ids(ask("GET", f"{TARIFFS}?date_from={then}", token="emsp2")) == ["NEXT"]
    window = f"date_from={since}&date_to={later(begun, -1)}"
    assert ids(ask("GET", f"{TARIFFS}?{window}", token="emsp2")) == []
