"""Whatever a partner sends, a report comes back: no exception, JSON, and one of the verdicts."""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib import pricing
from tests.pricing import engine
from tests.pricing.building import MONDAY, V221, cdr, energy, tariff, wire
from tests.pricing.examples import EXAMPLES, made
from tests.pricing.generator import VERSIONS, Case, case

VERDICTS = {"AGREE", "AGREE_ROUNDING", "WITHIN_TOLERANCE", "INDETERMINATE", "DISAGREE", "UNPRICEABLE"}
JUNK: list[Any] = [
    None,
    True,
    -1,
    0,
    7,
    1.5,
    "",
    "x",
    "NaN",
    "Infinity",
    "1e999999",
    Decimal("NaN"),
    Decimal("Infinity"),
    Decimal("1E+400"),
    Decimal("1E-400"),
    Decimal("-0"),
    10**60,
    [],
    {},
    [None],
    [[]],
    {"a": 1},
    "2026-02-30T00:00:00Z",
    "0000-00-00T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2026-01-01T00:00:00+14:00",
    "25:61",
    "24:00",
    "\x00",
    "é" * 300,
    "Mars/Olympus",
]


def spoiled(random: Random, given: Case, times: int) -> dict[str, Any]:
    """The CDR with something in it replaced, taken away, or put where nothing was."""
    found = copy.deepcopy(given.cdr)
    for _ in range(times):
        places = list(_places(found))
        holder, key = random.choice(places)
        how = random.random()
        if how < 0.7:
            holder[key] = copy.deepcopy(random.choice(JUNK))
        elif isinstance(holder, dict):
            del holder[key]
        else:
            holder.insert(key, copy.deepcopy(random.choice(JUNK)))
    return found


def _places(value: Any) -> Any:
    keys = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(keys):
        yield value, key
        yield from _places(item)


def check(report: dict[str, Any]) -> None:
    assert report["verdict"] in VERDICTS
    assert {"currency", "total", "claims", "periods", "findings", "diagnosis", "time_zone"} <= set(report)
    text = json.dumps(report)  # and so nothing that JSON does not have, as Decimal or NaN
    assert "NaN" not in text.replace('"NaN"', "") or "NaN" in str(report["findings"])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_a_spoiled_cdr_ends_as_a_report(random: Random, times: int) -> None:
    made = case(random)
    cdr = spoiled(random, made, times)
    before = copy.deepcopy(cdr)
    check(
        engine.report(
            cdr, random.choice(VERSIONS), random.choice([None, "UTC", "Mars/Olympus", made.time_zone])
        )
    )
    assert str(cdr) == str(before)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False), st.integers(1, 4))
def test_spoiled_tariffs_end_as_findings_and_spoiled_periods_as_periods(random: Random, times: int) -> None:
    made = case(random)
    cdr = spoiled(random, made, times)
    tariffs = cdr.get("tariffs")
    for each in tariffs if isinstance(tariffs, list) else [tariffs]:
        json.dumps(
            pricing.lint(each, version=made.version, others=tariffs if isinstance(tariffs, list) else [])
        )
    assert isinstance(pricing.split(cdr, version=made.version, time_zone=made.time_zone), list)


@pytest.mark.parametrize("junk", JUNK, ids=lambda each: str(each)[:20])
def test_what_is_no_cdr_ends_as_a_report(junk: Any) -> None:
    check(engine.report(junk, V221))
    check(pricing.audit({"charging_periods": junk, "tariffs": junk, "total_cost": junk}, version=V221))
    check(pricing.audit(made(EXAMPLES["C1"], V221), [junk], stored=[junk], version=V221))


@pytest.mark.parametrize("junk", JUNK, ids=lambda each: str(each)[:20])
def test_a_quote_of_nonsense_ends_as_a_report(junk: Any) -> None:
    whole = EXAMPLES["C2"].tariff
    profile = [{"minutes": 30, "kwh": 5}]
    for by, start, what in (
        (junk, wire(MONDAY), profile),
        (whole, junk, profile),
        (whole, wire(MONDAY), junk),
        (whole, wire(MONDAY), [junk]),
        (whole, wire(MONDAY), [{"minutes": junk, "kwh": 1}]),
        (whole, wire(MONDAY), [{"minutes": 10, "kwh": junk, "parking": junk}]),
    ):
        check(pricing.quote(by, start, what))


def test_ten_thousand_periods_are_priced_and_one_more_are_a_finding() -> None:
    """Limits are inclusive; beyond them a CDR ends as a finding, not as a time-out."""
    use = energy("0.001", 1)
    whole = cdr(EXAMPLES["C1"].tariff, *[use] * 10_000, version=V221)
    assert engine.report(whole, V221)["verdict"] != "UNPRICEABLE"
    whole["charging_periods"].append(copy.deepcopy(whole["charging_periods"][-1]))
    report = engine.report(whole, V221)
    assert report["verdict"] == "UNPRICEABLE"
    assert "too_large" in engine.codes(report)


def test_two_thousand_elements_are_priced_and_one_more_are_a_finding() -> None:
    by = tariff(*EXAMPLES["C1"].tariff["elements"] * 2000)
    assert engine.total(engine.report(cdr(by, energy("20"), version=V221), V221)) == ("5", "5.5")
    more = tariff(*EXAMPLES["C1"].tariff["elements"] * 2001)
    report = engine.report(cdr(more, energy("20"), version=V221), V221)
    assert report["verdict"] == "UNPRICEABLE"
    assert "too_large" in engine.codes(report)
