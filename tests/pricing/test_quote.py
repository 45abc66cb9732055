"""A quote is what the same charge costs when it is priced slice by slice.

Whatever restricts here changes at the edge of a slice of twelve seconds: clocks, durations, and energy that
comes in fifths of a kWh.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import pytest

from chalicelib import pricing
from tests.pricing import engine, naive
from tests.pricing.building import MONDAY, V221, V230, component, element, in_version, tariff, wire
from tests.pricing.examples import EXAMPLES, STEPS, at, cents
from tests.pricing.generator import MORNINGS, ZONES
from tests.pricing.naive import DAYS

KINDS = ["ENERGY", "TIME", "PARKING_TIME", "FLAT"]
CASES = 24
SLICE = 12  # seconds


def in_slices(by: dict[str, Any], start: Any, profile: list[dict[str, Any]]) -> dict[str, Any]:
    """The CDR of the charge, cut into slices."""
    periods, now = [], start
    for entry in profile:
        slices = entry["minutes"] * 60 // SLICE
        for _ in range(slices):
            kind = "PARKING_TIME" if entry.get("parking") else "TIME"
            dimensions = [
                {"type": "ENERGY", "volume": Fraction(entry["kwh"]) / slices},
                {"type": kind, "volume": Fraction(SLICE, 3600)},
            ]
            periods.append({"start_date_time": wire(now), "dimensions": dimensions})
            now += timedelta(seconds=SLICE)
    found = {"start_date_time": wire(start), "end_date_time": wire(now), "currency": "EUR"}
    return {**found, "tariffs": [by], "charging_periods": periods}


def drawn(random: Random) -> tuple[dict[str, Any], Any, list[dict[str, Any]], str]:
    """A Tariff, a start, a profile and a time zone."""
    profile = []
    for _ in range(random.choice([1, 2, 3])):
        minutes = random.choice([1, 5, 10, 15])
        parking = random.random() < 0.3
        kwh = Decimal(0) if parking else Decimal(minutes * random.choice([0, 1, 5])) / 5
        profile.append({"minutes": minutes, "kwh": kwh, **({"parking": True} if parking else {})})
    by = tariff(*(_element(random) for _ in range(random.choice([1, 2, 3, 5]))))
    start = random.choice(MORNINGS) + timedelta(minutes=random.randint(0, 2880))
    return by, start, profile, random.choice(ZONES)


def _element(random: Random) -> dict[str, Any]:
    rules: dict[str, Any] = {}
    if random.random() < 0.3:
        rules["start_time"] = f"{random.randint(0, 23):02}:{random.choice(['00', '10', '30'])}"
    if random.random() < 0.3:
        rules["end_time"] = f"{random.randint(0, 23):02}:{random.choice(['00', '15', '45'])}"
    if random.random() < 0.1:
        rules["day_of_week"] = random.sample(DAYS, random.choice([2, 5]))
    for name, values in (("kwh", [1, 2, 5, 10]), ("duration", [300, 600, 1800]), ("power", [12, 24, 50])):
        for side in ("min", "max"):
            if random.random() < 0.12:
                rules[f"{side}_{name}"] = random.choice(values)
    components = [
        component(kind, random.choice(["0.2", "1", "2.4"]), random.choice(["0", "10", "21"]), step)
        for kind in random.sample(KINDS, random.choice([1, 2, 4]))
        for step in [random.choice([1, 1, 60, 300, 500, 900])]
    ]
    return element(*components, **rules)


@pytest.mark.parametrize("block", range(4))
def test_a_quote_is_the_price_of_the_charge_slice_by_slice(block: int) -> None:
    costs = set()
    for seed in range(block * CASES // 4, (block + 1) * CASES // 4):
        by, start, profile, zone = drawn(Random(seed))
        bill = naive.price(in_slices(by, start, profile), version=V230, time_zone=zone)
        report = pricing.quote(by, wire(start), profile, version=V230, time_zone=zone)
        assert engine.total(report) == tuple(engine.written(side) for side in bill.total), seed
        costs.add(bill.total)
    assert len(costs) > CASES // 8


def test_a_profile_is_split_where_the_price_changes() -> None:
    """C33 as one stretch of 80 minutes at 4.05 kW: before 17:00 and after are two periods."""
    by = in_version(EXAMPLES["C33"].tariff, V221)
    report = pricing.quote(
        by, wire(at(16, 0)), [{"minutes": 80, "kwh": Decimal("5.4")}], version=V221, time_zone="UTC"
    )
    assert [each["start"] for each in report["periods"]] == [wire(at(16, 0)), wire(at(17, 0))]
    # 4.05 kWh at 0.20, and 1.45 (1.35 and the rest of the step of 500 Wh) at 0.27
    assert engine.total(report)[0] == "1.2015"


def test_the_kwh_at_which_the_price_changes_splits_a_profile() -> None:
    by = tariff(
        element(component("ENERGY", "0.20", "0"), max_kwh=7), element(component("ENERGY", "0.50", "0"))
    )
    report = pricing.quote(by, wire(MONDAY), [{"minutes": 60, "kwh": 10}], version=V230)
    assert engine.total(report) == ("2.9", "2.9")


def test_a_quote_in_the_specifications_words_costs_what_it_says() -> None:
    """C24: 12 minutes of charging from 19:40, 20 of parking, of which those after 20:00 are free."""
    profile = [{"minutes": 12, "kwh": 2}, {"minutes": 20, "kwh": 0, "parking": True}]
    report = pricing.quote(in_version(STEPS, V221), wire(at(19, 40)), profile, version=V221, time_zone="UTC")
    assert cents(engine.total(report)[0]) == "0.73"
