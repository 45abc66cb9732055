"""Statements: rows in pages without a scan, sums that equal the rows, credits and disputes in them."""

from __future__ import annotations

import csv
import io
import json
import os
from decimal import Decimal
from typing import Any

import pytest

from tests.billing.made import cdr, credit, send, send_session, session
from tests.harness import OperatorRefused

SIDES = ("before_taxes", "after_taxes")


def total(rows: list[dict[str, Any]], name: str) -> dict[str, Decimal]:
    return {side: sum((Decimal(each[name][side] or 0) for each in rows), Decimal(0)) for side in SIDES}


def amounts(found: dict[str, str]) -> dict[str, Decimal]:
    return {side: Decimal(found[side]) for side in SIDES}


@pytest.fixture
def month(partner: Any, ask: Any, drain: Any, operate: Any) -> Any:
    """October: two that agree, one that does not and is disputed, one that is credited; one of November."""
    send(ask, partner, cdr("C1"))
    send(ask, partner, cdr("C2"))
    send(ask, partner, cdr("C3", total_cost={"excl_vat": 9, "incl_vat": Decimal("10.89")}))
    send(ask, partner, cdr("C4"))
    send(ask, partner, credit(cdr("C4")))
    send(ask, partner, cdr("C5", end_date_time="2026-11-01T00:00:00Z"))
    drain()
    operate("dispute", party="BE/BEC", id="C3", reason="too much")
    return partner


@pytest.mark.parametrize("by", [{"partner": "Stub Charging"}, {"party": "BE/BEC"}, {"party": "NL/EXM"}])
def test_the_sums_equal_the_rows(month: Any, operate: Any, by: dict[str, str]) -> None:
    found = operate("statement", month="2026-10", **by)
    assert sorted(each["id"] for each in found["rows"]) == ["C1", "C2", "C3", "C4", "CREDIT1"]
    (sums,) = found["currencies"]
    assert (sums["currency"], sums["cdrs"], sums["credits"], sums["kwh"]) == ("EUR", 4, 1, "30")
    assert sums["claimed"] == {"before_taxes": "19", "after_taxes": "22.99"}
    assert sums["difference"] == {"before_taxes": "4", "after_taxes": "4.84"}
    assert sums["disputed"] == {"before_taxes": "9", "after_taxes": "10.89"}
    for name in ("claimed", "computed", "difference"):
        assert amounts(sums[name]) == total(found["rows"], name)
    assert Decimal(sums["kwh"]) == sum(Decimal(each["kwh"]) for each in found["rows"])
    assert found["cursor"] is None
    (disputed,) = [each for each in found["rows"] if each["dispute"]]
    assert (disputed["id"], disputed["verdict"], disputed["dispute"]) == ("C3", "DISAGREE", "OPEN")


def test_what_is_compensated_for_charging_at_home_is_claimed_and_not_judged(
    partner: Any, ask: Any, drain: Any, operate: Any
) -> None:
    send(ask, partner, cdr("C1", home_charging_compensation=True, total_cost={"excl_vat": 9}))
    drain()
    (row,) = operate("statement", month="2026-10", party="BE/BEC")["rows"]
    assert row["claimed"] == {"before_taxes": "9", "after_taxes": None}
    assert row["difference"] == {"before_taxes": None, "after_taxes": None}
    assert row["verdict"] == "AGREE"


def test_a_month_is_read_in_pages_and_never_scanned(
    partner: Any, ask: Any, drain: Any, operate: Any, platform: Any
) -> None:
    for at in range(60):
        send(ask, partner, cdr(f"C{at:03}", end_date_time=f"2026-10-{1 + at % 28:02}T10:00:00Z"))
    drain(sweep=False)
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    platform.clients.dynamodb.meta.events.register("before-call.dynamodb", note)
    rows: list[dict[str, Any]] = []
    cursor, pages, sums = None, 0, []
    while True:
        before = len(calls)
        found = operate("statement", partner=partner.id, month="2026-10", limit=13, cursor=cursor)
        pages, cursor = pages + 1, found["cursor"]
        rows += found["rows"]
        sums.append(found["currencies"])
        if pages > 1:
            assert len([each for each in calls[before:] if each == "Query"]) <= 3
        if not cursor:
            break
    platform.clients.dynamodb.meta.events.unregister("before-call.dynamodb", note)
    assert "Scan" not in calls
    assert pages == 5 and len({each["id"] for each in rows}) == len(rows) == 60
    assert all(each == sums[0] for each in sums), "the sums are of the month, on each page"
    assert amounts(sums[0][0]["claimed"]) == total(rows, "claimed")
    assert [each["end_date_time"] for each in rows] == sorted(each["end_date_time"] for each in rows)


def test_csv_has_the_same_rows(month: Any, operate: Any) -> None:
    found = operate("statement", partner=month.id, month="2026-10", format="csv")
    rows = list(csv.DictReader(io.StringIO(found["csv"])))
    assert len(rows) == 5
    claimed = sum(Decimal(each["claimed.before_taxes"]) for each in rows)
    assert str(claimed) == found["currencies"][0]["claimed"]["before_taxes"]


def test_sessions_without_cdr_are_in_it(partner: Any, ask: Any, drain: Any, operate: Any, clock: Any) -> None:
    send_session(ask, partner, session("S1"))
    send_session(ask, partner, session("S2"))
    send(ask, partner, cdr("C1", session_id="S1"))
    drain()
    assert [
        each["id"] for each in operate("statement", party="BE/BEC", month="2026-10")["sessions_without_cdr"]
    ] == ["S2"]
    assert operate("statement", party="BE/BEC", month="2026-11")["sessions_without_cdr"] == []


def test_what_is_asked_has_to_be_known(partner: Any, operate: Any) -> None:
    for fields, pointer in (
        ({"partner": "Nobody", "month": "2026-10"}, "/partner"),
        ({"month": "2026-10"}, "/partner"),
        ({"partner": partner.id, "month": "2026-13"}, "/month"),
        ({"partner": partner.id, "month": "2026-10", "cursor": "x"}, "/cursor"),
    ):
        with pytest.raises(OperatorRefused) as refused:
            operate("statement", **fields)
        assert refused.value.pointer == pointer


def test_a_busy_month_is_drawn_up_in_pages_whose_rows_make_its_sums(
    partner: Any, ask: Any, drain: Any, operate: Any, platform: Any
) -> None:
    """A month of a busy CPO: `OCPI_STATEMENT=100000` for the whole of it."""
    many = int(os.environ.get("OCPI_STATEMENT", "600"))
    send(ask, partner, cdr("C0", total_cost={"excl_vat": 6, "incl_vat": Decimal("7.26")}))
    drain()
    client, table = platform.clients.dynamodb, f"{platform.settings.prefix}-audits"
    items = client.scan(TableName=table)["Items"]
    (item,) = (each for each in items if each["id"]["S"].startswith("cdr") and "claimed" in str(each))
    text = json.dumps(item)
    for first in range(1, many, 25):
        made = [json.loads(text.replace("C0", f"C{at}")) for at in range(first, min(first + 25, many))]
        client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": each}} for each in made]})
    rows, cursor, sums, pages = 0, None, None, 0
    added = {side: Decimal(0) for side in SIDES}
    while True:
        asked = {"cursor": cursor} if cursor else {}
        found = operate("statement", party="BE/BEC", month="2026-10", limit=1000, **asked)
        sums, pages = sums or found["currencies"][0], pages + 1
        rows += len(found["rows"])
        for side, amount in total(found["rows"], "claimed").items():
            added[side] += amount
        cursor = found["cursor"]
        if not cursor:
            break
    assert (rows, sums["cdrs"]) == (many, many)
    assert amounts(sums["claimed"]) == added
    assert pages >= many // 1000
