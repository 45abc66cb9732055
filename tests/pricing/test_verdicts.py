"""What a claim is held against, and how far apart the two may be.

Spec: mod_cdrs (totals, Credit CDRs); the order of verdicts is that of docs/money.md
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.pricing import engine
from tests.pricing.building import (
    V211,
    V221,
    V230,
    cdr,
    charge,
    component,
    element,
    energy,
    park,
    price,
    reserve,
    tariff,
)
from tests.pricing.examples import EXAMPLES, HOURLY, KWH, START, made

ALL_PARTS = tariff(
    element(START, KWH, component("TIME", "3.00", "10"), component("PARKING_TIME", "2.00", "20", 900))
)


def claims(report: dict[str, Any]) -> dict[str, str]:
    return {each["claim"]: each["verdict"] for each in report["claims"]}


def claiming(net: str, gross: str | None = None, **more: Any) -> dict[str, Any]:
    """C11 (5.625 / 6.2375) with another claim."""
    return engine.report(made(EXAMPLES["C11"], V221, claimed=(net, gross), **more), V221)


@pytest.mark.parametrize(
    ("net", "verdict"),
    [
        ("5.625", "AGREE"),
        ("5.63", "AGREE"),
        ("5.6250", "AGREE"),
        ("5.62", "AGREE_ROUNDING"),
        ("5.634", "WITHIN_TOLERANCE"),
        ("5.635", "WITHIN_TOLERANCE"),
        ("5.636", "DISAGREE"),
        ("5.61", "DISAGREE"),
        ("7.00", "DISAGREE"),
    ],
)
def test_a_claim_is_compared_at_its_own_decimals(net: str, verdict: str) -> None:
    """The tolerance of a cent is measured from the exact value."""
    assert claiming(net)["verdict"] == verdict


def test_the_tolerance_can_be_set() -> None:
    given = made(EXAMPLES["C11"], V221, claimed=("5.80", None))
    assert engine.report(given, V221, tolerance="0.20")["verdict"] == "WITHIN_TOLERANCE"
    assert engine.report(given, V221, policy={"tolerance_relative": "0.05"})["verdict"] == "WITHIN_TOLERANCE"
    assert engine.report(given, V221, policy={"tolerance_by_currency": {"SEK": "1"}})["verdict"] == "DISAGREE"


def test_the_gross_decides_too() -> None:
    assert claiming("5.63", "6.24")["verdict"] == "AGREE"
    assert claiming("5.63", "6.81")["verdict"] == "DISAGREE"


def test_rounding_line_by_line_is_a_rule_that_is_named() -> None:
    """0.125 three times is 0.375, and 0.39 if each is rounded first."""
    by = tariff(element(component("ENERGY", "1")))
    given = cdr(by, *[energy("0.125")] * 3, version=V221, claimed=("0.39", None))
    report = engine.report(given, V221)
    [claim] = [each for each in report["claims"] if each["claim"] == "total_cost.before_taxes"]
    assert claim["verdict"] == "AGREE_ROUNDING"
    assert claim["rule"]


def test_what_is_not_claimed_does_not_count() -> None:
    given = made(EXAMPLES["C5"], V221, claimed=("7.00", None))
    verdicts = claims(engine.report(given, V221))
    assert verdicts["total_cost.before_taxes"] == "AGREE"
    assert verdicts.get("total_cost.after_taxes", "NOT_CLAIMED") == "NOT_CLAIMED"
    assert verdicts.get("total_energy_cost.before_taxes", "NOT_CLAIMED") == "NOT_CLAIMED"
    assert engine.report(given, V221)["verdict"] == "AGREE"


def parts(**costs: tuple[str, str]) -> dict[str, Any]:
    """20 kWh in an hour, 40 minutes of parking: 0.50 + 5.00 + 3.00 + 1.50."""
    more = {f"total_{name}_cost": price(each, V221) for name, each in costs.items()}
    given = cdr(ALL_PARTS, charge(60, "20"), park(40), version=V221, claimed=("10.00", "11.20"), **more)
    return engine.report(given, V221)


def test_every_part_is_held_against_what_it_costs() -> None:
    report = parts(
        fixed=("0.50", "0.60"), energy=("5.00", "5.50"), time=("3.00", "3.30"), parking=("1.50", "1.80")
    )
    assert report["verdict"] == "AGREE"
    assert parts(energy=("5.40", "5.50"))["verdict"] == "DISAGREE"
    assert claims(parts(energy=("5.40", "5.50")))["total_energy_cost.before_taxes"] == "DISAGREE"


def test_a_fee_counted_as_parking_is_a_matter_of_attribution() -> None:
    """The specification has fixed parts in the parking cost, and cannot say which."""
    report = parts(fixed=("0.00", "0.00"), parking=("2.00", "2.40"))
    assert report["verdict"] == "AGREE"
    verdicts = claims(report)
    assert verdicts["total_fixed_cost.before_taxes"] == "ATTRIBUTION_ONLY"
    assert verdicts["total_parking_cost.before_taxes"] == "ATTRIBUTION_ONLY"


def test_energy_and_time_are_held_against_the_periods() -> None:
    right = made(EXAMPLES["C5"], V221, claimed=("7.00", "7.90"))
    for name, wrong in (("total_energy", "25"), ("total_time", "9"), ("total_parking_time", "0.1")):
        report = engine.report({**right, name: Decimal(wrong)}, V221)
        assert claims(report)[name] == "DISAGREE"
        assert report["verdict"] == "DISAGREE"
    given = {**right, "total_energy": Decimal(20), "total_parking_time": Decimal("0.6667")}
    assert {claims(engine.report(given, V221))[name] for name in ("total_energy", "total_parking_time")} == {
        "AGREE"
    }


@pytest.mark.parametrize("hours", ["1.5", "1.25"])
def test_reserved_time_may_be_counted_in_the_total_time_or_not(hours: str) -> None:
    by = tariff(*HOURLY["elements"], element(component("TIME", "1")))
    given = cdr(by, reserve(15), charge(75), version=V221, claimed=("2.5", None))
    report = engine.report({**given, "total_time": Decimal(hours)}, V221)
    assert claims(report)["total_time"] == "AGREE"


def test_of_a_credit_cdr_only_the_total_is_negative() -> None:
    """C2 credited: total_cost -5.50, total_energy_cost still 5.00."""
    credit = {
        **made(EXAMPLES["C2"], V221, claimed=("-5.50", "-6.10")),
        "credit": True,
        "credit_reference_id": "CDR0",
        "total_energy_cost": price(("5.00", "5.50"), V221),
    }
    report = engine.report(credit, V221)
    assert report["verdict"] == "AGREE"
    assert engine.computed(report, "total_cost.before_taxes") == "-5.5"
    assert engine.total(report) == ("-5.5", "-6.1")
    assert claims(report)["total_energy_cost.before_taxes"] == "AGREE"
    assert "credit_without_reference" not in engine.codes(report)
    del credit["credit_reference_id"]
    assert "credit_without_reference" in engine.codes(engine.report(credit, V221))


@pytest.mark.parametrize("parts_turned", [False, True])
def test_a_credit_cdr_of_energy_given_back_agrees_as_its_cdr_did(parts_turned: bool) -> None:
    """-2 kWh at 0.25 is -0.50; credited the total is 0.50, and its parts stay, or are turned with it."""
    given = cdr(tariff(element(KWH)), energy("-2"), version=V221, claimed=("-0.50", "-0.55"))
    given = {**given, "total_energy_cost": price(("-0.50", "-0.55"), V221)}
    assert engine.report(given, V221)["verdict"] == "AGREE"
    credit = {**given, "credit": True, "credit_reference_id": "CDR0"}
    credit["total_cost"] = price(("0.50", "0.55"), V221)
    if parts_turned:
        credit |= {"total_energy": Decimal(2), "total_energy_cost": price(("0.50", "0.55"), V221)}
    report = engine.report(credit, V221)
    assert report["verdict"] == "AGREE"
    assert engine.computed(report, "total_energy") == ("2" if parts_turned else "-2")
    assert "credit_sign" not in engine.codes(report)


@pytest.mark.parametrize(("amount", "told"), [("2.10", False), ("1.05", False), ("2.50", True)])
def test_a_tax_above_its_rate_is_told_and_one_of_a_part_is_not(amount: str, told: bool) -> None:
    """21 % of 10.00 are 2.10; of a part of it they are less, and of nothing more."""
    given = made(EXAMPLES["C1"], V230)
    tax = {"name": "VAT", "percentage": Decimal(21), "amount": Decimal(amount)}
    given["total_cost"] = {"before_taxes": Decimal("10.00"), "taxes": [tax]}
    assert ("tax_not_rate" in engine.codes(engine.report(given, V230))) is told


def test_compensation_for_charging_at_home_is_compared_by_its_energy_only() -> None:
    given = {
        **made(EXAMPLES["C2"], V221, claimed=("1.23", None)),
        "home_charging_compensation": True,
    }
    report = engine.report(given, V221)
    assert claims(report)["total_energy"] == "AGREE"
    assert report["verdict"] != "DISAGREE"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tariffs": []}, "tariff_id_unknown"),
        ({"currency": "SEK"}, "currency_mismatch"),
        ({"charging_periods": []}, "zero_periods"),
    ],
)
def test_what_nothing_prices_is_unpriceable(change: dict[str, Any], code: str) -> None:
    report = engine.report({**made(EXAMPLES["C1"], V221), **change}, V221)
    assert report["verdict"] == "UNPRICEABLE"
    assert code in engine.codes(report)


def test_tariffs_are_asked_in_the_cdr_then_beside_it_then_in_the_store() -> None:
    given = made(EXAMPLES["C1"], V221)
    embedded = given["tariffs"][0]

    def times(factor: int) -> dict[str, Any]:
        [part] = embedded["elements"]
        [kwh] = part["price_components"]
        return {**embedded, "elements": [{"price_components": [{**kwh, "price": kwh["price"] * factor}]}]}

    bare = {**given, "tariffs": []}
    assert engine.total(engine.report(given, V221, tariffs=[times(2)], stored=[times(3)]))[0] == "5"
    assert engine.total(engine.report(bare, V221, tariffs=[times(2)], stored=[times(3)]))[0] == "10"
    assert engine.total(engine.report(bare, V221, stored=[times(3)]))[0] == "15"


def test_no_zone_is_needed_where_no_local_time_restricts() -> None:
    assert engine.report(made(EXAMPLES["C1"], V221), V221, None)["time_zone"]["origin"] == "not_needed"
    report = engine.report(made(EXAMPLES["C23"], V221), V221, ("Europe/Amsterdam", "location"))
    assert report["time_zone"] == {"name": "Europe/Amsterdam", "origin": "location"}


def test_a_2_1_1_cdr_brings_its_zone() -> None:
    """16:35 in UTC is 17:35 in Amsterdam, where all of the 35 minutes cost 2.40 an hour."""
    given = made(EXAMPLES["C23"], V211)
    given["location"] = {"id": "L1", "country": "NLD", "time_zone": "Europe/Amsterdam"}
    report = engine.report(given, V211, None)
    assert report["time_zone"] == {"name": "Europe/Amsterdam", "origin": "location"}
    assert engine.total(report)[0] == "1.8"


def test_a_zone_that_was_guessed_from_the_country_is_told_so() -> None:
    report = engine.report(made(EXAMPLES["C23"], V221), V221, ("Europe/Amsterdam", "country"))
    assert report["time_zone"] == {"name": "Europe/Amsterdam", "origin": "country"}
    assert "timezone_guessed" in engine.codes(report)


def test_without_a_zone_nothing_is_certain_where_local_time_restricts() -> None:
    report = engine.report(made(EXAMPLES["C23"], V221, claimed=("9.99", None)), V221, None)
    assert report["verdict"] == "INDETERMINATE"
    assert "timezone_missing" in engine.codes(report)


def test_a_period_over_a_change_of_price_could_have_cost_anything_between() -> None:
    """10 kWh from 16:30 to 17:30: at most all at 0.45, at least all at 0.20."""
    by = tariff(element(component("ENERGY", "0.20"), end_time="17:00"), element(component("ENERGY", "0.45")))
    start = EXAMPLES["C23"].start.replace(hour=16, minute=30)
    given = cdr(by, energy("10", 60), version=V221, start=start, claimed=("3.25", None))
    report = engine.report(given, V221)
    assert engine.total(report)[0] == "2"
    assert {"period_spans_price_change", "explained_by_unsplit_period"} <= engine.codes(report)
    assert report["verdict"] == "DISAGREE"
    assert "explained_by_unsplit_period" not in engine.codes(
        engine.report({**given, "total_cost": {"excl_vat": Decimal("4.51")}}, V221)
    )


def test_why_an_element_did_not_apply_is_told() -> None:
    """C26: after 30 minutes the first 30 minutes are over."""
    report = engine.report(made(EXAMPLES["C26"], V230), V230)
    [segment] = [each for each in report["periods"][1]["segments"] if each["dimension"] == "ENERGY"]
    assert segment["applied"]["element"] == 1
    assert segment["applied"]["pointer"].endswith("/elements/1/price_components/0")
    [reason] = segment["not_applied"]
    assert (reason["element"], reason["restriction"]) == (0, "max_duration")
    assert "1800" in reason["message"]


def test_a_volume_that_nothing_prices_is_shown_and_told() -> None:
    report = engine.report(made(EXAMPLES["C24"], V221), V221)
    [segment] = report["periods"][2]["segments"]
    assert (segment["dimension"], segment["applied"]) == ("PARKING_TIME", None)
    assert "no_component" in engine.codes(report)
