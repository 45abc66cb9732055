"""Lists: offsets, links, filters and totals, also while objects come, change and go."""

from __future__ import annotations

from typing import Any

import pytest

from tests.known import Known
from tests.samples import for_emsp, own

pytest_plugins = ["tests.known"]

TARIFFS = "/ocpi/2.3.0/sender/tariffs"


def day(number: int) -> str:
    return f"2026-01-{number:02}T00:00:00Z"


def fill(operate: Any, many: int, first: int = 1) -> None:
    objects = [
        own("tariff", id=f"T{at:03}", last_updated=day(at % 28 + 1)) for at in range(first, first + many)
    ]
    answer = operate("put", module="tariffs", objects=objects)
    assert (answer["stored"], answer["unchanged"], answer["errors"]) == (many, 0, [])


def ids(answer: Any) -> list[str]:
    assert answer.code == 1000, answer.text
    return [each.get("id") or each["uid"] for each in answer.data]


def next_url(answer: Any) -> str | None:
    link = answer.headers.get("link")
    if link is None:
        return None
    assert link.endswith('>; rel="next"')
    return str(link[1:].partition(">")[0])


def crawl(ask: Any, url: str, token: str = "emsp2") -> tuple[list[str], list[str]]:
    """All ids by following links, and the totals on the way."""
    found: list[str] = []
    totals = []
    while url:
        answer = ask("GET", url, token=token)
        found += ids(answer)
        totals.append(answer.headers["x-total-count"])
        url = next_url(answer) or ""
    return found, totals


def test_pages_follow_each_other_to_the_end(ask: Any, known: Known, operate: Any) -> None:
    """TRA-26, TRA-28, TRA-30, TRA-34, TRA-37: oldest first, no link on the last page."""
    fill(operate, 7)
    found, totals = crawl(ask, f"{TARIFFS}?limit=3")
    assert found == [f"T{at:03}" for at in range(1, 8)]
    assert totals == ["7"] * 3
    whole = ask("GET", TARIFFS, token="emsp2")
    assert (len(whole.data), whole.headers["x-limit"], next_url(whole)) == (7, "100", None)


@pytest.mark.parametrize(("offset", "limit"), [(0, 1), (3, 2), (6, 1), (6, 5), (7, 5), (10**9, 1), (2, 999)])
def test_any_offset_works(ask: Any, known: Known, operate: Any, offset: int, limit: int) -> None:
    """TRA-26, TRA-27, TRA-32, AMB-07."""
    fill(operate, 7)
    answer = ask("GET", f"{TARIFFS}?offset={offset}&limit={limit}", token="emsp2")
    expected = [f"T{at:03}" for at in range(1, 8)][offset : offset + limit]
    assert ids(answer) == expected
    assert answer.headers["x-total-count"] == "7"
    assert answer.headers["x-limit"] == str(min(limit, 100))
    assert (next_url(answer) is not None) == (offset + limit < 7)


def test_an_empty_list_has_its_headers(ask: Any, known: Known) -> None:
    """TRA-30, TRA-37, TRA-67."""
    for module, token in (
        ("locations", "emsp"),
        ("tariffs", "emsp"),
        ("sessions", "emsp"),
        ("tokens", "cpo"),
    ):
        answer = ask("GET", f"/ocpi/2.2.1/sender/{module}", token=token)
        assert (answer.code, answer.data) == (1000, [])
        assert answer.headers["x-total-count"] == "0"
        assert "link" not in answer.headers


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=-1", "limit=x", "offset=-1", "offset=1.5", "date_from=x"]
)
def test_a_wrong_parameter_is_named(ask: Any, known: Known, query: str) -> None:
    """STA-14."""
    answer = ask("GET", f"{TARIFFS}?{query}", token="emsp2")
    assert (answer.status, answer.code) == (200, 2001)
    assert query.partition("=")[0] in answer.json["status_message"]


def test_the_window_includes_its_beginning_and_not_its_end(ask: Any, known: Known, operate: Any) -> None:
    """TRA-23, TRA-24, TRA-31, TRA-34."""
    fill(operate, 20)
    url = f"{TARIFFS}?date_from={day(5)}&date_to={day(10)}&limit=2"
    found, totals = crawl(ask, url)
    assert found == ["T004", "T005", "T006", "T007", "T008"]
    assert totals == ["5"] * 3
    first = next_url(ask("GET", url, token="emsp2")) or ""
    assert "date_from=" in first and "date_to=" in first
    assert "limit=2" in first and "offset=2" in first
    by_offset = ask("GET", f"{url}&offset=3", token="emsp2")
    assert ids(by_offset) == ["T007", "T008"]
    assert by_offset.headers["x-total-count"] == "5"


def test_a_day_alone_in_a_window_is_its_midnight(ask: Any, known: Known, operate: Any) -> None:
    """As in a body: design section 6, rule 1."""
    fill(operate, 20)
    found = ids(ask("GET", f"{TARIFFS}?date_from={day(5)[:10]}&date_to={day(10)[:10]}", token="emsp2"))
    midnights = f"date_from={day(5)[:10]}T00:00:00Z&date_to={day(10)[:10]}T00:00:00Z"
    assert found == ids(ask("GET", f"{TARIFFS}?{midnights}", token="emsp2"))
    assert found != []


@pytest.mark.parametrize("window", [f"date_from={day(2)}", f"date_to={day(28)}", f"date_from={day(20)}"])
def test_a_filtered_crawl_finds_what_a_filtered_list_has(
    ask: Any, known: Known, operate: Any, window: str
) -> None:
    """Narrow and wide windows are read in different ways and say the same."""
    fill(operate, 40)
    whole = ask("GET", f"{TARIFFS}?{window}", token="emsp2")
    found, totals = crawl(ask, f"{TARIFFS}?{window}&limit=3")
    assert found == ids(whole)
    assert set(totals) == {whole.headers["x-total-count"]} == {str(len(found))}


def test_a_location_is_in_the_window_of_its_latest_part(ask: Any, known: Known, operate: Any) -> None:
    """LOC-25, LOC-26, LOC-28: whole, once, and out of the windows before."""
    for at in (1, 2, 3):
        whole = own("location", id=f"L{at}", last_updated=day(1))
        for evse in whole["evses"]:
            evse["last_updated"] = day(1)
            for connector in evse["connectors"]:
                connector["last_updated"] = day(1)
        operate("put", module="locations", object=whole)
    uid = own("location")["evses"][0]["uid"]
    operate(
        "patch",
        module="locations",
        id="L2",
        evse_uid=uid,
        changes={"status": "BLOCKED", "last_updated": day(9)},
    )
    url = "/ocpi/2.3.0/sender/locations"
    late = ask("GET", f"{url}?date_from={day(5)}", token="emsp2")
    assert (ids(late), late.headers["x-total-count"]) == (["L2"], "1")
    assert len(late.data[0]["evses"]) == len(own("location")["evses"])
    early = ask("GET", f"{url}?date_to={day(5)}", token="emsp2")
    assert (ids(early), early.headers["x-total-count"]) == (["L1", "L3"], "2")
    assert ids(ask("GET", f"{url}?date_from={day(1)}&date_to={day(10)}", token="emsp2")) == ["L1", "L2", "L3"]


def test_deleted_tariffs_leave_no_gap(ask: Any, known: Known, operate: Any) -> None:
    """TAR-02: totals, offsets and crawls count what is there."""
    fill(operate, 12)
    for at in (1, 2, 5, 6, 7, 12):
        operate("remove", module="tariffs", id=f"T{at:03}")
    left = ["T003", "T004", "T008", "T009", "T010", "T011"]
    assert crawl(ask, f"{TARIFFS}?limit=2") == (left, ["6"] * 3)
    for offset in range(7):
        assert (
            ids(ask("GET", f"{TARIFFS}?offset={offset}&limit=2", token="emsp2")) == left[offset : offset + 2]
        )
    fill(operate, 1, first=5)
    assert crawl(ask, f"{TARIFFS}?limit=4")[0] == [*left, "T005"]


def test_a_crawl_misses_nothing_while_objects_come_change_and_go(
    ask: Any, known: Known, operate: Any
) -> None:
    """TRA-28, TRA-38, AMB-08."""
    fill(operate, 30)
    url, found, step = f"{TARIFFS}?limit=4", [], 0
    while url:
        answer = ask("GET", url, token="emsp2")
        found += ids(answer)
        url = next_url(answer) or ""
        step += 1
        if step <= 3:
            fill(operate, 1, first=30 + step)
            operate("patch", module="tariffs", id=f"T{20 + step:03}", changes={"currency": "CHF"})
            operate("remove", module="tariffs", id=f"T{step:03}")
    assert found == [f"T{at:03}" for at in range(1, 34)]
    assert ask("GET", TARIFFS, token="emsp2").headers["x-total-count"] == "30"


@pytest.mark.parametrize("cursor", ["", "x", "AAAA", "Mi41", "é", "9" * 600, "MS41Lk5ML0VYQT5GUi9BQkM"])
def test_a_made_up_cursor_is_no_way_anywhere(ask: Any, known: Known, operate: Any, cursor: str) -> None:
    """The last one names a feed of somebody else."""
    from urllib.parse import quote

    fill(operate, 3)
    answer = ask("GET", f"{TARIFFS}?offset=1&limit=1&cursor={quote(cursor)}", token="emsp2")
    assert ids(answer) == ["T002"]


def test_the_feed_of_another_emsp_is_not_reached_by_its_cursor(ask: Any, known: Known, operate: Any) -> None:
    for at, party in enumerate(["DE/MSP", "DE/MSP", "FR/ABC", "FR/ABC"]):
        operate("put", module="sessions", object=own("session", id=f"S{at}", cdr_token=for_emsp(party)))
    url = "/ocpi/2.3.0/sender/sessions"
    theirs = next_url(ask("GET", f"{url}?limit=1", token="emsp2")) or ""
    assert ids(ask("GET", theirs, token="emsp2")) == ["S3"]
    assert ids(ask("GET", theirs, token="emsp")) == ["S1"]


def test_several_hosted_parties_are_listed_one_behind_the_other(make_platform: Any) -> None:
    """AMB-21: OCPI-to chooses one."""
    import json

    from tests.harness import CPO

    hand = make_platform({"OCPI_PARTIES": json.dumps([CPO, {**CPO, "party_id": "TWO"}])})
    hand.platform.__dict__["partners"] = Known()
    for at in range(3):
        hand.operate("put", module="tariffs", object=own("tariff", id=f"A{at}"))
        hand.operate("put", module="tariffs", object=own("tariff", id=f"B{at}", party_id="TWO"))
    found, totals = crawl(hand.ask, f"{TARIFFS}?limit=2")
    assert found == ["A0", "A1", "A2", "B0", "B1", "B2"]
    assert totals == ["6"] * 3
    to = {"OCPI-to-country-code": "NL", "OCPI-to-party-id": "TWO"}
    assert ids(hand.ask("GET", TARIFFS, token="emsp2", headers=to)) == ["B0", "B1", "B2"]
    del hand.platform.__dict__["partners"]


def test_a_page_stops_before_an_answer_gets_too_large(
    ask: Any, known: Known, operate: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TRA-27: Lambda answers hold 6 MB; the crawl goes on behind the last object that fitted."""
    from chalicelib.store import pages

    fill(operate, 9)
    monkeypatch.setattr(pages, "MOST_BYTES", 2500)
    found, totals = crawl(ask, TARIFFS)
    assert found == [f"T{at:03}" for at in range(1, 10)]
    assert len(totals) > 2
    assert set(totals) == {"9"}


@pytest.mark.parametrize("window", ["", f"date_from={day(1)}&"])
def test_the_offset_of_a_next_link_is_that_of_the_next_object(
    ask: Any, known: Known, operate: Any, monkeypatch: pytest.MonkeyPatch, window: str
) -> None:
    """TRA-26, TRA-31: also behind a page that was cut, and for a client that takes the offset alone."""
    from urllib.parse import parse_qs, urlsplit

    from chalicelib.store import pages

    fill(operate, 9)
    monkeypatch.setattr(pages, "MOST_BYTES", 2500)
    found: list[str] = []
    url: str | None = f"{TARIFFS}?{window}limit=100"
    while url:
        answer = ask("GET", url, token="emsp2")
        found += ids(answer)
        following = next_url(answer)
        offset = parse_qs(urlsplit(following).query)["offset"][0] if following else ""
        assert offset in ("", str(len(found)))
        url = f"{TARIFFS}?{window}limit=100&offset={offset}" if following else None
    assert found == [f"T{at:03}" for at in range(1, 10)]
