"""What must hold of every price, whatever it is: each property with the conditions under which it is true.

`PRICING_EXAMPLES=2000` tries harder.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from chalicelib.ocpi import versions
from chalicelib.ocpi.versions.conversion import Trip
from tests.pricing import engine, naive
from tests.pricing.generator import Case, case, wire

PARTS = [
    f"total_{part}cost{side}"
    for part in ("", "fixed_", "energy_", "time_", "parking_", "reservation_")
    for side in (".before_taxes", ".after_taxes")
]
EXAMPLES = int(os.environ.get("PRICING_EXAMPLES", "60"))
LAST_DIGIT = Decimal(1).scaleb(-engine.DECIMALS)


@st.composite
def cases(draw: Any, version: str | None = None) -> Case:
    """A CDR that its Tariffs price."""
    found = case(draw(st.randoms(use_true_random=False)), version)
    assume(_bill(found).priceable)
    return found


def true_of(strategy: Any, examples: int = EXAMPLES) -> Callable[..., Any]:
    """A property, tried on so many cases; assumptions may discard many more."""

    def decorate(test: Any) -> Any:
        quiet = settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
        return quiet(given(strategy, st.data())(test))

    return decorate


def costs(given: Case, **more: Any) -> dict[str, str | None]:
    """Every amount of money that the engine computes for a CDR."""
    report = engine.report(given.cdr, given.version, given.time_zone, reservation=given.reservation, **more)
    found = {claim: engine.computed(report, claim) for claim in PARTS}
    return found | {f"total {side}": amount for side, amount in report["total"].items()}


def with_cdr(given: Case, **changes: Any) -> Case:
    return replace(given, cdr={**copy.deepcopy(given.cdr), **changes})


def _judge(given: Case) -> Any:
    return naive._Judge(given.cdr, given.cdr["tariffs"], given.version, given.time_zone, given.reservation)


def _bill(given: Case) -> naive.Bill:
    return naive.price(
        given.cdr, version=given.version, time_zone=given.time_zone, reservation=given.reservation
    )


def _in_order(given: Case) -> list[dict[str, Any]]:
    return copy.deepcopy(sorted(given.cdr["charging_periods"], key=lambda each: each["start_date_time"]))


def _end(given: Case) -> str:
    return "stop_date_time" if given.version == "2.1.1" else "end_date_time"


def _states(given: Case, at: int) -> list[list[bool]]:
    """Which restrictions hold at the start of a period, of every Tariff and element."""
    judge = _judge(given)
    return [
        [judge.holds(element.get("restrictions") or {}, at) for element in each["elements"]]
        for each in given.cdr["tariffs"]
    ]


@true_of(cases())
def test_a_period_cut_where_nothing_changes_costs_the_same(given: Case, data: Any) -> None:
    """Provided that no restriction changes inside it, and without the snap, which counts periods."""
    periods = _in_order(given)
    at = data.draw(st.integers(0, len(periods) - 1))
    judge = _judge(given)
    seconds = int((judge.end(at) - judge.start(at)).total_seconds())
    assume(seconds > 1)
    cut = data.draw(st.integers(1, seconds - 1))
    first, second = periods[at], copy.deepcopy(periods[at])
    second["start_date_time"] = wire(judge.start(at) + timedelta(seconds=cut))
    for one, other in zip(first["dimensions"], second["dimensions"], strict=True):
        if not one["type"].startswith(("MIN_", "MAX_")):
            whole = one["volume"]
            one["volume"] = round(whole * cut / seconds, 9)
            other["volume"] = whole - one["volume"]
    split = with_cdr(given, charging_periods=[*periods[: at + 1], second, *periods[at + 1 :]])
    assume(_states(given, at) == _states(split, at) == _states(split, at + 1))
    off = {"step_snap": False}
    assert costs(split, policy=off) == costs(given, policy=off)


@true_of(cases())
def test_the_order_of_periods_changes_nothing_but_a_finding(given: Case, data: Any) -> None:
    """Provided that no two start together."""
    periods = _in_order(given)
    starts = [each["start_date_time"] for each in periods]
    assume(len(set(starts)) == len(starts) > 1)
    mixed = data.draw(st.permutations(periods))
    assume(mixed != periods)
    ordered, unordered = with_cdr(given, charging_periods=periods), with_cdr(given, charging_periods=mixed)
    assert costs(unordered) == costs(ordered)
    found = engine.codes(engine.report(unordered.cdr, given.version, given.time_zone))
    without = engine.codes(engine.report(ordered.cdr, given.version, given.time_zone))
    assert found - without == {"periods_unordered"}
    assert without <= found


@true_of(cases())
def test_a_period_in_which_nothing_is_used_costs_nothing(given: Case, data: Any) -> None:
    """Provided that no FLAT begins in it, and that it does not turn a mere reservation into a session."""
    judge = _judge(given)
    assume(not judge.nothing_but_reserved())
    end = naive.moment(given.cdr[_end(given)])
    kinds = data.draw(st.sets(st.sampled_from(["ENERGY", "TIME", "PARKING_TIME"]), min_size=1))
    empty = {
        **copy.deepcopy(_in_order(given)[-1]),
        "start_date_time": wire(end),
        "dimensions": [{"type": kind, "volume": Decimal(0)} for kind in sorted(kinds)],
    }
    longer = with_cdr(
        given,
        charging_periods=[*given.cdr["charging_periods"], empty],
        **{_end(given): wire(end + timedelta(minutes=10))},
    )
    flats = [each for each in _bill(longer).segments if each.dimension == "FLAT"]
    assume(all(each.period < len(given.cdr["charging_periods"]) for each in flats))
    assert costs(longer) == costs(given)


@true_of(cases())
def test_prices_times_k_cost_k_times_as_much(given: Case, data: Any) -> None:
    factor = data.draw(st.sampled_from([Decimal("0.001"), Decimal("0.5"), Decimal(3), Decimal(100)]))
    tariffs = copy.deepcopy(given.cdr["tariffs"])
    for tariff in tariffs:
        for element in tariff["elements"]:
            for component in element["price_components"]:
                component["price"] *= factor
        for limit in ("min_price", "max_price"):
            tariff.update(
                {limit: {k: v * factor for k, v in tariff[limit].items()}} if limit in tariff else {}
            )
    before, after = costs(given), costs(with_cdr(given, tariffs=tariffs))
    for name, amount in before.items():
        scaled = after[name]
        assert (amount is None) == (scaled is None), name
        if amount is not None and scaled is not None:
            assert abs(Decimal(scaled) - factor * Decimal(amount)) <= LAST_DIGIT * (1 + factor), name


@true_of(cases())
def test_using_more_at_the_end_never_costs_less(given: Case, data: Any) -> None:
    """Before taxes, provided that the volume was positive, and that no power follows from energy.

    After taxes it may: a `min_price` without its gross side is taxed at the mixture of rates that was used.
    """
    assume(not any("power" in each for part in _elements(given) for each in part.get("restrictions") or {}))
    periods = _in_order(given)
    more = [
        each
        for each in periods[-1]["dimensions"]
        if each["type"] in (*naive.CHARGING, "RESERVATION_TIME") and each["volume"] > 0
    ]
    assume(more)
    data.draw(st.sampled_from(more))["volume"] += data.draw(st.decimals("0.0001", "9", places=4))
    before, after = costs(given), costs(with_cdr(given, charging_periods=periods))
    assert (before["total before_taxes"] is None) == (after["total before_taxes"] is None)
    least, most = before["total before_taxes"], after["total before_taxes"]
    assert least is None or most is None or Decimal(most) >= Decimal(least)


@true_of(cases())
def test_segments_add_up_to_the_total_without_limits(given: Case, data: Any) -> None:
    tariffs = [
        {name: value for name, value in each.items() if not name.endswith("_price")}
        for each in given.cdr["tariffs"]
    ]
    report = engine.report(with_cdr(given, tariffs=tariffs).cdr, given.version, given.time_zone)
    parts = [each for period in report["periods"] for each in period["segments"]]
    for side in ("before_taxes", "after_taxes"):
        amounts = [each[side] for each in parts]
        if report["total"][side] is None:
            assert None in amounts
        else:
            apart = Decimal(report["total"][side]) - sum(map(Decimal, amounts))
            assert abs(apart) <= LAST_DIGIT * (1 + len(parts)) / 2


@true_of(cases())
def test_tax_lines_add_up_to_the_difference_of_the_two_sides(given: Case, data: Any) -> None:
    """Provided that both sides are known."""
    report = engine.report(given.cdr, given.version, given.time_zone)
    net, gross = engine.total(report)
    assume(net is not None and gross is not None)
    lines = report.get("taxes") or []
    apart = Decimal(gross) - Decimal(net) - sum((Decimal(each["amount"]) for each in lines), Decimal(0))
    assert abs(apart) <= LAST_DIGIT * (2 + len(lines)) / 2


@true_of(cases())
def test_an_element_that_no_period_can_reach_may_go(given: Case, data: Any) -> None:
    tariffs = copy.deepcopy(given.cdr["tariffs"])
    reachable = [_states(given, at) for at in range(len(given.cdr["charging_periods"]))]
    idle = [
        (number, index)
        for number, tariff in enumerate(tariffs)
        for index in range(len(tariff["elements"]))
        if len(tariff["elements"]) > 1 and not any(states[number][index] for states in reachable)
    ]
    assume(idle)
    number, index = data.draw(st.sampled_from(idle))
    del tariffs[number]["elements"][index]
    assert costs(with_cdr(given, tariffs=tariffs)) == costs(given)


@true_of(cases())
def test_a_session_weeks_later_costs_the_same(given: Case, data: Any) -> None:
    """Provided that no date restricts, that the Tariffs are valid then, and that the clocks do not change."""
    weeks = timedelta(weeks=data.draw(st.sampled_from([-60, -1, 1, 2, 53])))
    tariffs = copy.deepcopy(given.cdr["tariffs"])
    for tariff in tariffs:
        tariff.pop("start_date_time", None)
        tariff.pop("end_date_time", None)
        for element in tariff["elements"]:
            for name in ("start_date", "end_date"):
                element.get("restrictions", {}).pop(name, None)
    periods = _in_order(given)
    for each in periods:
        each["start_date_time"] = wire(naive.moment(each["start_date_time"]) + weeks)
    now = replace(with_cdr(given, tariffs=tariffs), time_zone="Asia/Kathmandu")
    moved = {name: wire(naive.moment(given.cdr[name]) + weeks) for name in ("start_date_time", _end(given))}
    assert costs(with_cdr(now, charging_periods=periods, **moved)) == costs(now)


@true_of(cases("2.2.1"))
def test_a_cdr_and_its_tariffs_cost_the_same_as_2_3_0(given: Case, data: Any) -> None:
    """Provided that every component has a rate: without one, 2.2.1 knows the tax and 2.3.0 does not."""
    for part in _elements(given):
        for each in part["price_components"]:
            each.setdefault("vat", Decimal(0))
    body = copy.deepcopy(given.cdr) | {"total_cost": {"excl_vat": Decimal(0)}}
    converted = versions.upgrade("cdr", body, "2.2.1", Trip())
    assert all(each["tax_included"] == "NO" for each in converted["tariffs"])
    assert costs(replace(given, cdr=converted, version="2.3.0")) == costs(given)


def _elements(given: Case) -> list[dict[str, Any]]:
    return [part for each in given.cdr["tariffs"] for part in each["elements"]]


@pytest.mark.parametrize("seed", range(3))
def test_a_price_is_the_same_each_time(seed: int) -> None:
    """Nothing is remembered from one CDR to the next, and nothing handed over is changed."""
    given = case(Random(seed))
    before = copy.deepcopy(given.cdr)
    first = engine.report(given.cdr, given.version, given.time_zone)
    engine.report(case(Random(seed + 100)).cdr, given.version, given.time_zone)
    assert engine.report(given.cdr, given.version, given.time_zone) == first
    assert given.cdr == before
