"""Periods are cut where a price changes: nothing is lost, nothing spans a change, and once is enough.

Spec: mod_cdrs_chargingperiod_class (CDR-22)
"""

from __future__ import annotations

from decimal import Decimal
from random import Random
from typing import Any

import pytest

from chalicelib import pricing
from tests.pricing import engine
from tests.pricing.building import V211, V221, cdr, charge, component, element, energy, tariff, wire
from tests.pricing.examples import EXAMPLES, STEPS, at
from tests.pricing.generator import Case, case

KINDS = ("ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME")


def used(periods: list[dict[str, Any]]) -> dict[str, Decimal]:
    found = dict.fromkeys(KINDS, Decimal(0))
    for period in periods:
        for each in period["dimensions"]:
            if each["type"] in found:
                found[each["type"]] += each["volume"]
    return found


def cut(given: Case) -> list[dict[str, Any]]:
    return pricing.split(given.cdr, version=given.version, time_zone=given.time_zone)


def test_a_charge_over_a_change_of_price_becomes_two_periods() -> None:
    """C23: 35 minutes from 16:35 are 25 before 17:00 and 10 after."""
    given = cdr(STEPS, charge(35, "7"), version=V221, start=at(16, 35))
    periods = pricing.split(given, version=V221, time_zone="UTC")
    assert [each["start_date_time"] for each in periods] == [wire(at(16, 35)), wire(at(17, 0))]
    assert [each["dimensions"][1] for each in periods] == [
        {"type": "TIME", "volume": Decimal("0.4166")},
        {"type": "TIME", "volume": Decimal("0.1667")},
    ]
    assert [each["dimensions"][0]["volume"] for each in periods] == [5, 2]
    assert {each["tariff_id"] for each in periods} == {"T1"}
    assert engine.total(engine.report({**given, "charging_periods": periods}, V221))[0] == "1.30008"


def test_energy_is_cut_at_the_kwh_that_the_tariff_names() -> None:
    by = tariff(element(component("ENERGY", "0.2"), max_kwh=7), element(component("ENERGY", "0.5")))
    periods = pricing.split(cdr(by, energy("10", 45), version=V211), version=V211)
    assert [each["dimensions"][0]["volume"] for each in periods] == [7, 3]
    assert periods[1]["start_date_time"] == wire(at(10, 1)).replace("01:00Z", "01:30Z")


@pytest.mark.parametrize("block", range(4))
def test_cut_periods_add_up_and_span_nothing(block: int) -> None:
    cuts = 0
    for seed in range(block * 50, block * 50 + 50):
        given = case(Random(seed))
        periods = cut(given)
        before = given.cdr["charging_periods"]
        assert used(periods) == used(before), seed
        assert len(periods) >= len(before)
        cuts += len(periods) > len(before)
        again = Case({**given.cdr, "charging_periods": periods}, given.version, given.time_zone)
        report = engine.report(again.cdr, given.version, given.time_zone)
        if all(each["volume"] >= 0 for period in before for each in period["dimensions"]):
            assert "period_spans_price_change" not in engine.codes(report), seed
    assert cuts > 5


def test_what_nothing_prices_stays_as_it_is() -> None:
    given = cdr(EXAMPLES["C1"].tariff, energy("5"), version=V221)
    del given["tariffs"]
    assert pricing.split(given, version=V221) == given["charging_periods"]
    assert pricing.split({"charging_periods": None}) == []
    assert pricing.split([]) == []  # type: ignore[arg-type]
