"""A claim falsified by one known mistake is told by the name of that mistake.

The mistake is made by the naive pricing (`mistakes`), in the specification's worked examples and in sessions
around a change of price, and its result is claimed. Where another of the mistakes comes to the very same
amounts nobody can tell the two apart: then one of them is named first, and both are named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

import pytest

from chalicelib.pricing.diagnosis import READINGS as READINGS_OF_THE_ENGINE
from tests.pricing import engine, naive
from tests.pricing.building import V221, V230, cdr, in_version, price
from tests.pricing.examples import (
    EXAMPLES,
    FEE,
    MONDAY,
    STEPS,
    Example,
    at,
    charge,
    component,
    element,
    energy,
    park,
    reserve,
    tariff,
)
from tests.pricing.mistakes import MISTAKES

TOLERANCE = Decimal("0.01")
SPECIFIED = (
    "utc_instead_of_local",
    "step_per_period",
    "no_step",
    "flat_per_period",
    "limits_ignored",
    "vat_twice",
    "parking_as_time",
)
LOCAL = "Europe/Amsterdam"
MORE = {
    "flat and two periods": Example(
        tariff(element(component("FLAT", "0.50", "20"), component("ENERGY", "0.25", "10", 500))),
        (energy("4.2"), energy("3.1")),
        None,
    ),
    "minimum": Example(
        tariff(element(component("ENERGY", "0.30", "21")), min_price=("2.00", "2.42")), (energy("3"),), None
    ),
    "night and day": Example(
        tariff(
            element(component("ENERGY", "0.20", "21"), start_time="22:00", end_time="06:00"),
            element(component("ENERGY", "0.45", "21")),
        ),
        (energy("8", 60), energy("12", 60)),
        None,
        start=MONDAY.replace(hour=21, minute=0),
    ),
    "parking": Example(
        tariff(
            element(component("TIME", "1.50", "21", 60), component("PARKING_TIME", "6.00", "21", 900)),
        ),
        (charge(95), park(50)),
        None,
    ),
}
SESSIONS = {**EXAMPLES, **MORE}


def local(example: Example, version: str) -> dict[str, Any]:
    """The example on the clocks of Amsterdam, which are an hour ahead in its winter."""
    return cdr(example.tariff, *example.uses, version=version, start=example.start - timedelta(hours=1))


def rounded(bill: naive.Bill, how: str = ROUND_HALF_UP) -> tuple[Decimal | None, Decimal | None]:
    net, gross = (
        None if each is None else (Decimal(each.numerator) / each.denominator).quantize(TOLERANCE, how)
        for each in bill.total
    )
    return net, gross


def falsified() -> Iterator[Any]:
    for name, example in SESSIONS.items():
        for version in (V221, V230):
            if version not in example.versions:
                continue
            made = local(example, version)
            right = naive.price(made, version=version, time_zone=LOCAL).total
            wrong = {name: rounded(of(made, version, LOCAL)) for name, of in MISTAKES.items()}
            for mistake, claimed in wrong.items():
                if claimed[0] is None or not _apart(claimed, right):
                    continue
                same = {other for other, amounts in wrong.items() if amounts == claimed}
                yield pytest.param(made, version, claimed, mistake, same, id=f"{name}-{version}-{mistake}")


def _apart(claimed: tuple[Decimal | None, Decimal | None], right: tuple[naive.Money, naive.Money]) -> bool:
    return any(
        wrong is not None and exact is not None and abs(Fraction(wrong) - exact) > Fraction(TOLERANCE)
        for wrong, exact in zip(claimed, right, strict=True)
    )


FALSIFIED = list(falsified())


def claiming(made: Mapping[str, Any], version: str, claimed: tuple[Any, Any]) -> dict[str, Any]:
    net, gross = (None if each is None else str(each) for each in claimed)
    return {**made, "total_cost": price((net, gross), version)}


@pytest.mark.parametrize(("made", "version", "claimed", "mistake", "same"), FALSIFIED)
def test_a_mistake_is_called_by_its_name(
    made: dict[str, Any], version: str, claimed: Any, mistake: str, same: set[str]
) -> None:
    report = engine.report(claiming(made, version, claimed), version, LOCAL)
    assert report["verdict"] == "DISAGREE"
    readings = [each["reading"] for each in report["diagnosis"]]
    assert mistake in readings
    assert readings[0] in same


@pytest.mark.parametrize("mistake", SPECIFIED)
def test_every_specified_mistake_is_made_and_alone_explains_a_claim(mistake: str) -> None:
    assert any(each.values[3] == mistake and each.values[4] == {mistake} for each in FALSIFIED)


EVENING = EXAMPLES["C23"].start.replace(hour=16, minute=30)
BY_THE_HOUR = tariff(
    element(component("ENERGY", "0.20"), end_time="17:00"), element(component("ENERGY", "0.45"))
)
SUMMER = MONDAY.replace(month=7, day=6, hour=16, minute=15)  # 18:15 in Amsterdam, 17:15 without saving
TIME_STEPS = tariff(element(component("TIME", "1", step=600), component("PARKING_TIME", "2", step=600)))
FEES = tariff(
    element(component("FLAT", "0.50"), component("ENERGY", "0.25"), max_kwh=5),
    element(component("FLAT", "1.00"), component("ENERGY", "0.25")),
)
OLD = tariff(element(component("ENERGY", "0.20")), id="OLD", end_date_time="2026-01-01T00:00:00Z")
NEW = tariff(element(component("ENERGY", "0.30")), id="NEW", start_date_time="2026-01-01T00:00:00Z")
INCLUDED = tariff(element(component("ENERGY", "1.21", "21")), tax_included="YES")
EXCLUDED = {**INCLUDED, "tax_included": "NO"}
PLAIN = tariff(element(component("ENERGY", "0.25")))


def of(
    by: dict[str, Any], *uses: Any, start: datetime = MONDAY, version: str = V221, **more: Any
) -> tuple[dict[str, Any], str]:
    return cdr(by, *uses, start=start, version=version, **more), version


# reading: (the session, what that reading comes to, worked out by hand)
READINGS: dict[str, tuple[tuple[dict[str, Any], str], tuple[str, str | None]]] = {
    "fixed_offset_instead_of_local": (
        of(
            tariff(
                element(component("ENERGY", "0.20"), start_time="17:00", end_time="18:00"),
                element(component("ENERGY", "0.40")),
            ),
            energy("10"),
            start=SUMMER,
        ),
        ("2.00", None),
    ),
    "step_for_time_too": (of(TIME_STEPS, charge(12), charge(12), park(16)), ("1.17", None)),  # 30 + 20
    "step_time_and_parking_combined": (of(TIME_STEPS, charge(21), park(16)), ("0.98", None)),  # 21 + 19
    "step_of_measured_volume": (
        of(STEPS, park(8), park(12), start=at(18, 52)),  # 19:52 in Amsterdam
        ("0.30", None),
    ),
    "flat_per_element": (of(FEES, energy("6"), energy("2"), energy("2")), ("4.00", None)),
    "flat_per_period": (of(FEES, energy("6"), energy("2"), energy("2")), ("5.00", None)),
    "flat_once_for_all": (of(FEE, reserve(13), energy("20")), ("8.25", "9.40")),
    "vat_highest_rate": (of(EXAMPLES["C2"].tariff, energy("20")), ("5.50", "6.60")),
    "price_taken_as_net": (of(INCLUDED, energy("10"), version=V230), ("12.10", "14.64")),
    "price_taken_as_gross": (of(EXCLUDED, energy("10"), version=V230), ("10.00", "12.10")),
    "time_including_parking": (
        of(tariff(element(component("TIME", "3"), component("PARKING_TIME", "6"))), charge(60), park(30)),
        ("7.50", None),
    ),
    "unpriced_billed": (
        of(tariff(element(component("ENERGY", "0.30"), max_kwh=5)), energy("5"), energy("4")),
        ("2.70", None),
    ),
    "reservation_time_billed": (
        of(tariff(element(component("TIME", "2"))), reserve(30), charge(60)),
        ("3.00", None),
    ),
    "duration_from_cdr_start": (
        of(
            tariff(element(component("TIME", "4"), min_duration=1800), element(component("TIME", "1"))),
            reserve(15),
            charge(20),
            charge(20),
        ),
        ("1.67", None),
    ),
    "end_rate": (of(BY_THE_HOUR, energy("10", 60), start=EVENING - timedelta(hours=1)), ("4.50", None)),
    "split_pro_rata": (of(BY_THE_HOUR, energy("10", 60), start=EVENING - timedelta(hours=1)), ("3.25", None)),
    "tariff_of_another_validity": (
        of(OLD, energy("10"), named=False, tariffs=[in_version(OLD, V221), in_version(NEW, V221)]),
        ("2.00", None),
    ),
    "wh_for_kwh": (of(PLAIN, energy("5")), ("1250.00", None)),
    "missing_period": (of(PLAIN, energy("4"), energy("3"), energy("7")), ("2.75", None)),
    "duplicated_period": (of(PLAIN, energy("4"), energy("3"), energy("7")), ("4.25", None)),
}


@pytest.mark.parametrize("reading", READINGS)
def test_every_other_reading_is_told_by_its_name(reading: str) -> None:
    (made, version), claimed = READINGS[reading]
    report = engine.report({**made, "total_cost": price(claimed, version)}, version, LOCAL)
    assert report["verdict"] == "DISAGREE"
    assert [each["reading"] for each in report["diagnosis"]][:1] == [reading]


def test_no_reading_is_left_without_a_mistake_that_it_explains() -> None:
    assert set(MISTAKES) | set(READINGS) == set(READINGS_OF_THE_ENGINE)


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, example in SESSIONS.items()
        if V221 in example.versions
        and rounded(naive.price(local(example, V221), version=V221, time_zone=LOCAL))[0]
        != rounded(naive.price(local(example, V221), version=V221, time_zone=LOCAL), ROUND_FLOOR)[0]
    ],
)
def test_a_net_that_is_rounded_down_is_a_rule_and_no_mistake(name: str) -> None:
    made = local(SESSIONS[name], V221)
    bill = naive.price(made, version=V221, time_zone=LOCAL)
    claimed = rounded(bill, ROUND_FLOOR)[0], rounded(bill)[1]
    report = engine.report(claiming(made, V221, claimed), V221, LOCAL)
    [net] = [each for each in report["claims"] if each["claim"] == "total_cost.before_taxes"]
    assert (report["verdict"], net["verdict"]) == ("AGREE_ROUNDING", "AGREE_ROUNDING")
    assert report["diagnosis"] == []


@pytest.mark.parametrize("name", ["C14", "C35"])
def test_a_floored_net_is_named_where_nothing_else_explains_it(name: str) -> None:
    """12.375 is 12.38 half up and half to even, and 1.0167 is 1.02 line by line: only the floor is lower."""
    made = local(SESSIONS[name], V221)
    bill = naive.price(made, version=V221, time_zone=LOCAL)
    claimed = rounded(bill, ROUND_FLOOR)[0], rounded(bill)[1]
    report = engine.report(claiming(made, V221, claimed), V221, LOCAL)
    [net] = [each for each in report["claims"] if each["claim"] == "total_cost.before_taxes"]
    assert net["rule"] == "net_floored"


@pytest.mark.parametrize("name", list(SESSIONS))
def test_where_nothing_is_wrong_nothing_is_diagnosed(name: str) -> None:
    made = local(SESSIONS[name], SESSIONS[name].versions[-1])
    version = SESSIONS[name].versions[-1]
    claimed = rounded(naive.price(made, version=version, time_zone=LOCAL))
    if claimed[0] is not None:
        report = engine.report(claiming(made, version, claimed), version, LOCAL)
        assert report["verdict"] == "AGREE"
        assert report["diagnosis"] == []


def test_a_claim_that_no_reading_reproduces_is_left_unexplained() -> None:
    made = local(SESSIONS["C13"], V221)
    report = engine.report(claiming(made, V221, (Decimal("77.77"), Decimal("88.88"))), V221, LOCAL)
    assert (report["verdict"], report["diagnosis"]) == ("DISAGREE", [])
