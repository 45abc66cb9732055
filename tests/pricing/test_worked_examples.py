"""The specification's worked examples and public answers come out to the cent, in each version that has them.

Spec: mod_tariffs (examples), mod_cdrs (example, step_size); TAR-11 to TAR-39, CDR-50 to CDR-55
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.pricing import engine
from tests.pricing.building import V211, V221, V230, Use, cdr, charge, component, element, park, tariff
from tests.pricing.examples import CASES, EXAMPLES, STEPS, at, cents, energy, expected, made


@pytest.mark.parametrize(("name", "version"), CASES)
def test_the_engine_computes_what_the_specification_does(name: str, version: str) -> None:
    example = EXAMPLES[name]
    report = engine.report(made(example, version), version)
    net, gross = engine.total(report)
    assert (cents(net), cents(gross)) == expected(example, version)
    for given, exact in zip((net, gross), example.exact, strict=True):
        assert exact is None or version == V211 or Decimal(given or "-1") == Decimal(exact)


@pytest.mark.parametrize(("name", "version"), CASES)
def test_the_engine_bills_the_quantities_that_the_specification_names(name: str, version: str) -> None:
    example = EXAMPLES[name]
    report = engine.report(made(example, version), version)
    for dimension, amount in example.billed.items():
        found = sum(
            Decimal(each["billed"])
            for period in report["periods"]
            for each in period["segments"]
            if each.get("applied") and each["dimension"] == dimension
        )
        assert round(found * (1 if dimension == "ENERGY" else 60), 7) == Decimal(amount)


@pytest.mark.parametrize(("name", "version"), [case for case in CASES if EXAMPLES[case[0]].parts])
def test_the_parts_of_the_cost_are_those_of_the_specification(name: str, version: str) -> None:
    example = EXAMPLES[name]
    report = engine.report(made(example, version), version)
    for part, (net, gross) in example.parts.items():
        found = engine.sides(report, part)
        assert cents(found[0]) == net
        if gross is not None and version != V211:
            assert cents(found[1]) == gross


@pytest.mark.parametrize(("name", "version"), [case for case in CASES if EXAMPLES[case[0]].net])
def test_a_claim_of_the_specifications_answer_agrees(name: str, version: str) -> None:
    example = EXAMPLES[name]
    report = engine.report(made(example, version, claimed=(example.net, example.gross)), version)
    verdicts = {each["claim"]: each["verdict"] for each in report["claims"]}
    assert verdicts["total_cost.before_taxes"] == "AGREE"
    if version != V211 and example.gross is not None:
        assert verdicts["total_cost.after_taxes"] == "AGREE"
    assert report["verdict"] in ("AGREE", "AGREE_ROUNDING")


def test_a_gross_price_without_a_rate_agrees_with_the_gross_claim() -> None:
    """C28: what of 5.25 is tax nobody knows, that it is 5.25 everybody does."""
    example = EXAMPLES["C28"]
    report = engine.report(made(example, V230, claimed=("5.00", "5.25")), V230)
    verdicts = {each["claim"]: each["verdict"] for each in report["claims"]}
    assert engine.total(report) == (None, "5.25")
    assert verdicts["total_cost.after_taxes"] == "AGREE"
    assert verdicts["total_cost.before_taxes"] == "INDETERMINATE"


def test_a_net_price_without_a_rate_leaves_the_gross_unknown() -> None:
    """C27."""
    assert engine.total(engine.report(made(EXAMPLES["C27"], V230), V230)) == ("5", None)


def of_the_specification(version: str) -> dict[str, Any]:
    """Its own example of a CDR: no ENERGY in the period, hours to three decimals (C29, C30, C31)."""
    by = tariff(element(component("TIME", "2.00", "10", 300)), country_code="BE", party_id="BEC", id="12")
    found = cdr(by, charge(0), version=version, claimed=("4.00", "4.40"))
    year = "2024-12-05T" if version == V230 else "2015-06-29T"
    start, end = ("17:39:09Z", "19:37:32Z") if version == V230 else ("21:39:09Z", "23:37:32Z")
    found["start_date_time"] = found["charging_periods"][0]["start_date_time"] = year + start
    found["stop_date_time" if version == V211 else "end_date_time"] = year + end
    found["charging_periods"][0]["dimensions"][0]["volume"] = Decimal("1.973")
    found |= {"total_energy": Decimal("15.342"), "total_time": Decimal("1.973")}
    if version == V211:
        found["tariffs"][0]["elements"][0]["price_components"][0]["price"] = "2.00"
    else:
        found["total_time_cost"] = found["total_cost"]
    found["tariffs"][0].pop("tax_included", None)
    return found


@pytest.mark.parametrize("version", [V211, V221, V230])
def test_the_specifications_own_cdr_agrees(version: str) -> None:
    """C29, C30, C31: two hours billed for 1.973; a price in a string, a Tariff without `tax_included`."""
    report = engine.report(of_the_specification(version), version)
    assert engine.total(report) == ("4", None if version == V211 else "4.4")
    assert report["verdict"] == "AGREE"
    claims = {each["claim"]: each["verdict"] for each in report["claims"]}
    assert claims["total_time"] == "AGREE"
    assert claims.get("total_energy") != "DISAGREE"  # no period has energy: nothing to hold it against
    [segment] = [each for each in report["periods"][0]["segments"] if each["dimension"] == "TIME"]
    assert (segment["volume"], segment["billed"]) == ("1.973", "2")


def test_the_own_cdr_of_2_3_0_has_its_time_cost_confirmed() -> None:
    """C29, C30."""
    for version in (V221, V230):
        claims = {
            each["claim"]: each["verdict"]
            for each in engine.report(of_the_specification(version), version)["claims"]
        }
        assert claims["total_time_cost.before_taxes"] == claims["total_time_cost.after_taxes"] == "AGREE"


def test_three_decimals_of_wh_are_billed_as_the_specification_says() -> None:
    """C36 to C38: 0.029, 0.031 and 0.125 at three decimals."""
    for name, net in (("C36", "0.029"), ("C37 from 101 Wh", "0.031"), ("C38 from 1 Wh", "0.125")):
        report = engine.report(made(EXAMPLES[name], V221, claimed=(net, None)), V221)
        claims = {each["claim"]: each["verdict"] for each in report["claims"]}
        assert claims["total_cost.before_taxes"] in ("AGREE", "AGREE_ROUNDING"), name


def test_free_switching_costs_what_the_maintainer_recomputed() -> None:
    """I4: 0.73, where the specification once printed 0.80 and another engine computes 0.78."""
    session = (charge(12), park(8), park(12))
    for claimed, verdict in (("0.73", "AGREE"), ("0.80", "DISAGREE"), ("0.78", "DISAGREE")):
        found = cdr(STEPS, *session, start=at(19, 40), version=V221, claimed=(claimed, None))
        assert engine.report(found, V221)["verdict"] == verdict


def test_min_duration_counts_from_the_start_of_the_session() -> None:
    """I5: nothing is subtracted; not even the time that another element priced."""
    by = tariff(
        element(component("TIME", "4"), min_duration=3600), element(component("TIME", "1"), max_duration=1800)
    )
    report = engine.report(cdr(by, charge(30), charge(30), charge(30)), V230)
    assert engine.total(report)[0] == "2.5"


def test_durations_count_from_charging_even_after_a_reservation_of_no_time() -> None:
    """A period that states nothing but a RESERVATION_TIME of 0 is no charging, either."""
    by = tariff(element(component("TIME", "4"), min_duration=3600), element(component("TIME", "1")))
    nothing = Use(60, {"RESERVATION_TIME": Decimal(0)})
    assert engine.total(engine.report(cdr(by, nothing, charge(30)), V230))[0] == "0.5"


@pytest.mark.parametrize("claimed", ["5.62", "5.63"])
def test_where_and_how_to_round_is_the_cpos_choice(claimed: str) -> None:
    """I6: 5.625 rounded down, or half to even, is another rule and no mistake."""
    example = EXAMPLES["C11"]
    report = engine.report(made(example, V221, claimed=(claimed, None)), V221)
    assert report["verdict"] in ("AGREE", "AGREE_ROUNDING")


def test_an_unrestricted_flat_first_does_not_end_the_search_in_2_1_1() -> None:
    """The complex example of 2.1.1 bills time although its first element is an unrestricted FLAT."""
    by = tariff(element(component("FLAT", "2.50")), element(component("TIME", "1.00", step=900)))
    report = engine.report(cdr(by, charge(165, "8"), version=V211), V211)
    assert engine.total(report) == ("5.25", None)


def test_average_power_decides_in_2_1_1() -> None:
    """A 2.1.1 CDR has no power: 40 kWh in 50 minutes are 48 kW."""
    by = tariff(element(component("ENERGY", "0.20"), max_power=32), element(component("ENERGY", "0.50")))
    report = engine.report(cdr(by, energy("40", 50), version=V211), V211)
    assert engine.total(report)[0] == "20"
