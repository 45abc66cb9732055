"""Every open question has a knob, and each value of it moves the figure as it is said to.

The figures are those of other engines in the open where they differ, worked out by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from chalicelib import pricing
from tests.pricing import engine
from tests.pricing.building import (
    MONDAY,
    SATURDAY,
    V211,
    V221,
    V230,
    Use,
    cdr,
    charge,
    component,
    element,
    energy,
    park,
    reserve,
    tariff,
)
from tests.pricing.examples import EXAMPLES, STEPS, at, cents, made

KWH = component("ENERGY", "1")
CHEAP = component("ENERGY", "0.10")


def window(**restrictions: Any) -> dict[str, Any]:
    """A euro a kWh where the restrictions hold, else a tenth of it."""
    return tariff(element(KWH, **restrictions), element(CHEAP))


def net(given: dict[str, Any], version: str = V221, zone: str | None = "UTC", **knobs: Any) -> str | None:
    return engine.total(engine.report(given, version, zone, policy=knobs or None))[0]


def with_dimensions(given: dict[str, Any], period: int, *more: tuple[str, str]) -> dict[str, Any]:
    given["charging_periods"][period]["dimensions"] += [
        {"type": kind, "volume": Decimal(volume)} for kind, volume in more
    ]
    return given


LATER = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)
TWO_STEPS = tariff(element(component("TIME", "1", step=300), component("PARKING_TIME", "2", step=300)))
RESERVED = tariff(
    element(component("TIME", "5", step=600), reservation="RESERVATION"),
    element(component("TIME", "1", step=300)),
)
BOTH_FLATS = tariff(
    element(component("FLAT", "4"), reservation="RESERVATION_EXPIRES"),
    element(component("FLAT", "2"), reservation="RESERVATION"),
)
OVER = {"end_date_time": "2020-01-01T00:00:00Z"}
SOME_PARKING = tariff(element(component("TIME", "1", step=600)))

# knob: (a CDR, what it costs by default, {value of the knob: what it costs then})
KNOBS: dict[str, tuple[dict[str, Any], str, dict[Any, str]]] = {
    "step_volume": (
        cdr(STEPS, charge(12), park(8), park(12), start=at(19, 40), version=V221),
        "0.73",
        {"measured": "0.78", "none": "0.61"},
    ),
    "time_step": (
        cdr(TWO_STEPS, park(7), charge(21), version=V221),
        "0.6833",
        {"last_time_dimension": "0.65"},
    ),
    "zero_volume": (
        with_dimensions(cdr(SOME_PARKING, charge(21), version=V221), 0, ("PARKING_TIME", "0")),
        "0.5",
        {},
    ),
    "flat": (made(EXAMPLES["C17"], V221), "8.75", {"session": "8.25"}),
    "reservation_step": (
        cdr(RESERVED, reserve(12), charge(21), version=V221),
        "2.0833",
        {"pooled": "1.3833"},
    ),
    "reservations": (made(EXAMPLES["C16"], V221), "6.75", {"inactive": "5.5"}),
    "equal_times": (
        cdr(window(start_time="08:00", end_time="08:00"), energy("10"), version=V221),
        "10",
        {"never": "1"},
    ),
    "only_end_midnight": (cdr(window(end_time="00:00"), energy("10"), version=V221), "10", {"never": "1"}),
    "wrap_midnight": (
        cdr(window(start_time="22:00", end_time="06:00"), energy("10"), start=LATER, version=V221),
        "10",
        {False: "1"},
    ),
    "wrap_weekday": (
        cdr(
            window(start_time="22:00", end_time="06:00", day_of_week=["FRIDAY"]),
            energy("10"),
            start=SATURDAY.replace(hour=1),
            version=V221,
        ),
        "1",
        {"evening": "10"},
    ),
    "end_date": (
        cdr(window(end_date="2026-03-02"), energy("10"), start=MONDAY, version=V221),
        "1",
        {"inclusive": "10"},
    ),
    "volume_restrictions": (
        cdr(window(max_kwh=10), energy("12"), energy("10"), version=V221),
        "13",
        {"ignored": "22"},
    ),
    "electrical": (
        cdr(window(max_current=16), energy("10", MIN_CURRENT="10", MAX_CURRENT="20"), version=V221),
        "1",
        {"any": "10"},
    ),
    "missing_power": (
        cdr(window(max_power=16), energy("5", 30), version=V221),
        "5",
        {"not_satisfied": "0.5", "satisfied": "5"},
    ),
    "missing_current": (
        cdr(window(max_current=16), energy("5", 30), version=V221),
        "0.5",
        {"satisfied": "5"},
    ),
    "duration_anchor": (
        cdr(window(min_duration=1800), reserve(15), energy("1", 15), energy("10", 15), version=V221),
        "1.1",
        {"first_period": "10.1", "cdr_start": "10.1"},
    ),
    "missing_tariff_id": (
        cdr(window(max_kwh=100), energy("2"), energy("3"), version=V221),
        "2",
        {"choose": "5", "unpriced": "2"},
    ),
    "outside_validity": (
        cdr(
            window(max_kwh=100) | {"end_date_time": "2020-01-01T00:00:00Z"},
            energy("2"),
            version=V221,
            named=False,
        ),
        "2",
        {},
    ),
    "apply_limits": (made(EXAMPLES["C6"], V221), "10", {False: "13"}),
    "expired_flat": (cdr(BOTH_FLATS, reserve(30), version=V221), "4", {"add": "6"}),
    "negative_energy": (
        cdr(window(max_kwh=100), energy("5"), energy("-2"), version=V221),
        "3",
        {"free": "5"},
    ),
    "step_snap": (
        cdr(tariff(element(component("TIME", "1", step=300))), charge(5), charge(5), charge(5), version=V221),
        "0.2502",
        {False: "0.3333333333"},
    ),
    "line_decimals": (
        cdr(tariff(element(KWH)), energy("0.125"), energy("0.125"), energy("0.125"), version=V221),
        "0.375",
        {2: "0.39"},
    ),
    "period_order": (
        cdr(window(max_kwh=5), energy("5"), energy("3"), version=V221),
        "5.3",
        {},
    ),
    "derive_time": (
        cdr(tariff(element(component("TIME", "2"))), energy("5", 30), version=V221),
        "0",
        {True: "1"},
    ),
    "currency_decimals": (made(EXAMPLES["C11"], V221), "5.625", {2: "5.63"}),
}
del KNOBS["missing_tariff_id"][0]["charging_periods"][1]["tariff_id"]
for _each in KNOBS["step_snap"][0]["charging_periods"]:
    _each["dimensions"][0]["volume"] = Decimal("0.0834")
KNOBS["period_order"][0]["charging_periods"].reverse()
CASES = [(knob, value) for knob, (_, _, values) in KNOBS.items() for value in values]


@pytest.mark.parametrize("knob", KNOBS)
def test_the_default_is_what_is_documented(knob: str) -> None:
    given, default, _ = KNOBS[knob]
    assert close(net(given), default)


@pytest.mark.parametrize(("knob", "value"), CASES)
def test_a_knob_moves_the_figure_that_it_is_said_to_move(knob: str, value: Any) -> None:
    given, _, values = KNOBS[knob]
    assert close(net(given, **{knob: value}), values[value])


def close(found: str | None, expected: str) -> bool:
    """To as many decimals as are expected: hours have four of their own."""
    decimals = len(expected.partition(".")[2])
    return found is not None and round(Decimal(found), decimals) == Decimal(expected)


def test_zero_parking_that_counts_leaves_time_exact() -> None:
    """Another engine takes a PARKING_TIME of 0 as parking: then 21 minutes are not rounded to 30."""
    by = tariff(element(component("TIME", "1", step=600), component("PARKING_TIME", "9", step=600)))
    given = with_dimensions(cdr(by, charge(21), version=V221), 0, ("PARKING_TIME", "0"))
    assert (net(given), net(given, zero_volume="counts")) == ("0.5", "0.35")


def test_a_tariff_that_was_not_valid_may_be_refused() -> None:
    given = KNOBS["outside_validity"][0]
    assert "tariff_not_valid_at_start" in engine.codes(engine.report(given, V221))
    assert engine.report(given, V221, policy={"outside_validity": "refused"})["verdict"] == "UNPRICEABLE"


def test_periods_may_be_taken_in_the_order_they_are_written() -> None:
    assert close(net(KNOBS["period_order"][0], period_order="as_given"), "5.3") is False


def test_the_dialect_of_gireve_rounds_the_price_as_it_says() -> None:
    """11.765 kWh by a step of 1 kWh at 0.492 are 5.904, rounded up to the cent 5.91."""
    by = tariff(
        element(
            component("ENERGY", "0.492", step=1000)
            | {"price_round": {"round_rule": "ROUND_UP", "round_granularity": "HUNDREDTH"}}
        )
    )
    given = cdr(by, energy("11.765"), version=V211)
    assert net(given, V211) == "5.904"
    assert "extension_field" in engine.codes(engine.report(given, V211))
    assert net(given, V211, dialect="gireve") == "5.91"
    assert engine.total(engine.report(given, V211, policy="GIREVE"))[0] == "5.91"


def test_gireves_session_time_is_time_charging_or_not() -> None:
    by = tariff(element(component("SESSION_TIME", "2")))
    given = cdr(by, charge(30), park(15), version=V211)
    assert net(given, V211, dialect="gireve") == "1.5"


def test_without_steps_as_in_ocpi_3() -> None:
    given = made(EXAMPLES["C5"], V221)
    assert cents(engine.total(engine.report(given, V221, policy="NO_STEP_SIZE"))[0]) == "6.83"


@pytest.mark.parametrize("preset", ["SPEC_2_2_1", "TD_COMPAT", "KIT_COMPAT", "NO_STEP_SIZE", "GIREVE"])
def test_a_preset_prices_and_is_told_with_every_knob(preset: str) -> None:
    report = engine.report(made(EXAMPLES["C13"], V230), V230, policy=preset)
    assert report["verdict"]
    assert set(pricing.KNOBS) <= set(report["policy"])
    in_small_letters = engine.report(made(EXAMPLES["C13"], V230), V230, policy=preset.lower())
    assert in_small_letters == report


@pytest.mark.parametrize(
    ("asked", "named"),
    [("SPEC_9", "SPEC_9"), ({"flats": "context"}, "flats"), ({"flat": "never"}, "never"), (7, "int")],
)
def test_an_unknown_policy_is_an_error_that_names_it(asked: Any, named: str) -> None:
    with pytest.raises(pricing.PolicyError, match=named):
        engine.report(made(EXAMPLES["C1"], V230), V230, policy=asked)


def test_a_period_in_which_charging_and_parking_meet_is_priced_for_both() -> None:
    both = Use(60, {"TIME": Decimal("0.75"), "PARKING_TIME": Decimal("0.25"), "ENERGY": Decimal(4)})
    by = tariff(element(component("TIME", "4"), component("PARKING_TIME", "8"), component("ENERGY", "0.5")))
    assert net(cdr(by, both, version=V221)) == "7"
