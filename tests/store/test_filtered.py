"""Crawls of a window: the index is read once for all of a crawl, whatever others do meanwhile."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests import samples
from tests.known import Known
from tests.objects.test_lists import TARIFFS, crawl, day, fill, ids, next_url
from tests.samples import own

pytest_plugins = ["tests.known"]

# The days of `fill` repeat every 28, so that a window of some days matches here and there.
WINDOW = f"date_from={day(5)}&date_to={day(9)}"
MATCHING = [f"T{at:03}" for at in range(1, 113) if 5 <= at % 28 + 1 < 9]


@pytest.fixture
def counted(hand: Any, known: Known, operate: Any) -> Iterator[Counter[str]]:
    """112 Tariffs, of which 16 match, and how often each index is asked from now on."""
    fill(operate, 112)
    asked: Counter[str] = Counter()

    def count(params: dict[str, Any], model: Any, **_: Any) -> None:
        asked[f"{model.name} {params.get('IndexName', '')}".strip()] += 1

    events = hand.platform.clients.dynamodb.meta.events
    events.register("provide-client-params.dynamodb.*", count)
    yield asked
    events.unregister("provide-client-params.dynamodb.*", count)


def test_a_crawl_of_a_window_reads_its_index_once(ask: Any, counted: Counter[str]) -> None:
    """Design section 7: linear, wherever the matches are; TRA-28, TRA-34."""
    found, totals = crawl(ask, f"{TARIFFS}?{WINDOW}&limit=3")
    assert found == MATCHING
    assert totals == [str(len(MATCHING))] * 6
    assert counted["Query changes"] == 1
    assert counted["PutItem"] == 1
    assert counted["Query"] == len(totals) - 1, "each later page reads what is kept of the crawl"


def test_a_crawl_goes_on_where_what_was_kept_of_it_is_gone(
    ask: Any, counted: Counter[str], hand: Any
) -> None:
    url = f"{TARIFFS}?{WINDOW}&limit=7"
    first = ask("GET", url, token="emsp2")
    client, table = hand.platform.clients.dynamodb, hand.platform.objects.table("tariffs")
    for item in client.scan(TableName=table)["Items"]:
        if item["object"]["S"].startswith("crawl#"):
            client.delete_item(TableName=table, Key={name: item[name] for name in ("object", "part")})
    found, totals = crawl(ask, next_url(first) or "")
    assert ids(first) + found == MATCHING
    assert set(totals) == {str(len(MATCHING))}
    assert counted["Query changes"] == 2, "counted once more and kept again"


def test_an_object_that_leaves_the_window_during_a_crawl_is_not_shown(
    ask: Any, counted: Counter[str], operate: Any
) -> None:
    """TRA-39: it was updated past `date_to`."""
    first = ask("GET", f"{TARIFFS}?{WINDOW}&limit=3", token="emsp2")
    operate("patch", module="tariffs", id=MATCHING[5], changes={"last_updated": day(20)})
    operate("remove", module="tariffs", id=MATCHING[9])
    found, _ = crawl(ask, next_url(first) or "")
    assert found == [each for each in MATCHING[3:] if each not in (MATCHING[5], MATCHING[9])]


def test_a_window_of_everything_is_not_counted_to_the_end(
    ask: Any, counted: Counter[str], hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first pull by date: once the index goes on over more than 1 MB, its ends tell."""
    client = hand.platform.clients.dynamodb
    query = client.query

    def small(**request: Any) -> Any:
        return query(**({"Limit": 10} if request.get("IndexName") == "changes" else {}), **request)

    monkeypatch.setattr(
        client, "query", lambda **request: small(**request) if "Limit" not in request else query(**request)
    )
    found, totals = crawl(ask, f"{TARIFFS}?date_from={day(1)}&limit=40")
    assert (found, totals) == ([f"T{at:03}" for at in range(1, 113)], ["112"] * 3)
    assert counted["Query changes"] == 3, "two answers, and the oldest"
    assert len(crawl(ask, f"{TARIFFS}?date_from={day(2)}&limit=40")[0]) == 108


# Four Tariffs of these days, 28 numbers apart.
SCATTERED, APART = f"date_from={day(5)}&date_to={day(6)}", ["T004", "T032", "T060", "T088"]


def test_what_stands_alone_in_its_feed_is_read_in_one_call(ask: Any, counted: Counter[str]) -> None:
    """Who asks each minute for what changed finds a few, far from each other: TRA-28, TRA-34."""
    assert ids(ask("GET", f"{TARIFFS}?{SCATTERED}", token="emsp2")) == APART
    assert counted["Query feed"] == 0
    assert counted["BatchGetItem"] <= 2, "of heads and of Tariffs"
    counted.clear()
    assert ids(ask("GET", f"{TARIFFS}?{SCATTERED}&limit=3", token="emsp2")) == APART[:3]
    assert counted["Query feed"] == 0


@pytest.mark.parametrize("what", ["changed", "removed", "made anew"])
def test_what_left_its_number_while_a_window_was_read_is_not_shown(
    what: str, ask: Any, counted: Counter[str], operate: Any, hand: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRA-39: between the index and the objects; what was made anew comes at the end of a later list."""
    client = hand.platform.clients.dynamodb
    query = client.query

    def changed(**request: Any) -> Any:
        answer = query(**request)
        if request.get("IndexName") == "changes":
            monkeypatch.setattr(client, "query", query)
            if what == "changed":
                operate("patch", module="tariffs", id=APART[1], changes={"last_updated": day(20)})
            else:
                operate("remove", module="tariffs", id=APART[1])
            if what == "made anew":
                operate("put", module="tariffs", object=own("tariff", id=APART[1], last_updated=day(5)))
        return answer

    monkeypatch.setattr(client, "query", changed)
    left = [APART[0], *APART[2:]]
    found = ask("GET", f"{TARIFFS}?{SCATTERED}", token="emsp2")
    assert (ids(found), found.headers["x-total-count"]) == (left, "3")
    later = left + APART[1:2] if what == "made anew" else left
    assert ids(ask("GET", f"{TARIFFS}?{SCATTERED}", token="emsp2")) == later


def test_a_long_session_that_stands_alone_has_its_periods(ask: Any, known: Known, operate: Any) -> None:
    """SES-17: it is several items, and read as a range of its feed."""
    card = samples.for_emsp("FR/ABC")
    sessions = [
        samples.session(f"S{at:02}", last_updated=day(9 if at % 5 == 0 else 2), cdr_token=card)
        | {"charging_periods": [samples.period(each) for each in range(30 if at == 10 else 1)]}
        for at in range(20)
    ]
    assert operate("put", module="sessions", objects=sessions)["errors"] == []
    found = ask("GET", f"/ocpi/2.2.1/sender/sessions?date_from={day(5)}", token="emsp2")
    periods = {each["id"]: len(each["charging_periods"]) for each in found.data}
    assert periods == {"S00": 1, "S05": 1, "S10": 30, "S15": 1}
