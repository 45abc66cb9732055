"""What a report shows of how a price came about: what applied, why nothing before it did, steps, bounds."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib import pricing
from chalicelib.pricing import diagnosis, restrictions, spans
from chalicelib.pricing.checks import Check
from chalicelib.pricing.lookup import Lookup
from tests.pricing.building import MONDAY, V221, V230, component, element, tariff, wire

ENERGY, DEAR = component("ENERGY", "0.20", "20"), component("ENERGY", "0.30", "20")
TIME = component("TIME", "3.00", "20", 300)


def cdr(
    by: dict[str, Any], *periods: tuple[float, dict[str, str]], start: Any = MONDAY, **more: Any
) -> dict[str, Any]:
    """A CDR of periods, each (minutes, volumes)."""
    written, now = [], start
    for minutes, volumes in periods:
        dimensions = [{"type": kind, "volume": Decimal(volume)} for kind, volume in volumes.items()]
        written.append({"start_date_time": wire(now), "dimensions": dimensions})
        now += timedelta(minutes=minutes)
    found = {"start_date_time": wire(start), "end_date_time": wire(now), "currency": "EUR"}
    return {**found, "tariffs": [by], "charging_periods": written, **more}


def audited(given: dict[str, Any], **more: Any) -> dict[str, Any]:
    return pricing.audit(given, **{"time_zone": "UTC", "version": V230, **more})


def codes(report: dict[str, Any]) -> list[str]:
    return [each["code"] for each in report["findings"]]


def at(hour: int, minute: int = 0) -> datetime:
    return MONDAY.replace(hour=hour, minute=minute)


def test_each_element_before_the_one_that_applies_says_what_did_not_hold() -> None:
    by = tariff(
        element(ENERGY, end_time="09:00"),
        element(ENERGY, day_of_week=["SUNDAY"]),
        element(ENERGY, min_kwh=5),
        element(ENERGY, min_duration=600),
        element(ENERGY, start_date="2027-01-01"),
        element(TIME),
        element(ENERGY, min_power=50),
        element(ENERGY, reservation="RESERVATION"),
        element(DEAR, start_time="09:00", max_kwh=7),
    )
    [period] = audited(cdr(by, (60, {"ENERGY": "4", "MIN_POWER": "3", "MAX_POWER": "5"})))["periods"]
    [segment] = period["segments"]
    assert segment["applied"] == {
        "tariff_id": "T1",
        "element": 8,
        "component": 0,
        "pointer": "/tariffs/0/elements/8/price_components/0",
    }
    assert [each["message"] for each in segment["matched"]] == [
        "start_time 09:00 ≤ 09:30 local",
        "max_kwh 7 > 0",
    ]
    assert [(each["element"], each["restriction"]) for each in segment["not_applied"]] == [
        (0, "end_time"),
        (1, "day_of_week"),
        (2, "min_kwh"),
        (3, "min_duration"),
        (4, "start_date"),
        (6, "min_power"),
        (7, "reservation"),
    ]
    assert segment["not_applied"][2]["message"] == "min_kwh 5 > 0"
    assert segment["not_applied"][5]["message"] == "min_power 50 > 3 kW"


def test_a_volume_that_nothing_prices_is_a_segment_without_a_component() -> None:
    report = audited(cdr(tariff(element(ENERGY, min_kwh=5)), (60, {"ENERGY": "4"})))
    [segment] = report["periods"][0]["segments"]
    assert (segment["applied"], segment["billed"], segment["before_taxes"]) == (None, "0", "0")
    assert segment["not_applied"][0]["restriction"] == "min_kwh"
    assert "no_component" in codes(report)


def test_groups_say_what_the_step_added_and_to_which_period() -> None:
    given = cdr(tariff(element(ENERGY, TIME)), (6, {"ENERGY": "1", "TIME": "0.1"}), (6, {"TIME": "0.1"}))
    report = audited(given)
    energy, time = report["groups"]
    assert (energy["total"], energy["billed"], energy["difference"]) == ("1", "1", "0")
    assert (time["dimension"], time["step_size"], time["total"], time["billed"]) == (
        "TIME",
        "300",
        "0.2",
        "0.25",
    )
    assert (time["difference"], time["period"]) == ("0.05", 1)
    assert report["periods"][1]["segments"][0]["billed"] == "0.15"


def test_noise_of_four_decimals_buys_no_step() -> None:
    """Three times five minutes written as 0.0834 hours are 900.72 s."""
    given = cdr(tariff(element(TIME)), *[(5, {"TIME": "0.0834"})] * 3)
    report = audited(given)
    assert report["groups"][0]["billed"] == "0.2502"
    assert "step_snap" in codes(report)
    assert audited(given, policy={"step_snap": "no"})["groups"][0]["billed"] == "0.3333333333"


def test_local_time_is_that_of_the_location() -> None:
    given = cdr(
        tariff(element(ENERGY, start_time="17:00"), element(DEAR)), (60, {"ENERGY": "4"}), start=at(16, 30)
    )
    report = audited(given, time_zone=("Europe/Amsterdam", "location"))
    assert report["periods"][0]["local_start"] == "2026-03-02T17:30:00+01:00"
    assert report["time_zone"] == {"name": "Europe/Amsterdam", "origin": "location"}
    assert report["total"] == {"before_taxes": "0.8", "after_taxes": "0.96"}


def test_without_a_zone_costs_by_local_times_are_indeterminate() -> None:
    given = cdr(
        tariff(element(ENERGY, start_time="17:00")),
        (60, {"ENERGY": "4"}),
        total_cost={"before_taxes": Decimal(7)},
    )
    report = audited(given, time_zone=None)
    assert report["verdict"] == "INDETERMINATE"
    assert report["time_zone"] == {"name": None, "origin": None}
    assert "timezone_missing" in codes(report)
    assert audited(given, time_zone="Mars/Olympus")["verdict"] == "INDETERMINATE"
    assert audited(given, time_zone=None, policy={"missing_time_zone": "utc"})["verdict"] == "DISAGREE"


def test_a_period_over_a_change_of_price_has_bounds() -> None:
    by = tariff(element(ENERGY, end_time="17:00"), element(DEAR))
    given = cdr(by, (60, {"ENERGY": "4"}), start=at(16, 30), total_cost={"before_taxes": Decimal("1.00")})
    report = audited(given)
    assert report["total"]["before_taxes"] == "0.8"
    assert report["bounds"]["lowest"]["before_taxes"] == "0.8"
    assert report["bounds"]["highest"]["before_taxes"] == "1.2"
    assert report["bounds"]["periods"] == [0]
    assert {"period_spans_price_change", "explained_by_unsplit_period"} <= set(codes(report))
    assert report["verdict"] == "DISAGREE"
    assert [each["reading"] for each in report["diagnosis"]] == ["split_pro_rata"]
    beyond = audited({**given, "total_cost": {"before_taxes": Decimal("1.30")}})
    assert "explained_by_unsplit_period" not in codes(beyond)
    assert audited(given, policy={"spanning": "pro_rata"})["verdict"] == "AGREE"


def test_a_period_past_a_kwh_threshold_spans_a_change_too() -> None:
    by = tariff(element(ENERGY, max_kwh=3), element(DEAR))
    report = audited(cdr(by, (60, {"ENERGY": "4"})))
    assert report["bounds"]["highest"]["before_taxes"] == "1.2"
    assert "bounds" not in audited(cdr(by, (45, {"ENERGY": "3"}), (15, {"ENERGY": "1"})))


def test_a_split_quote_is_cut_where_the_kwh_are_reached() -> None:
    by = tariff(element(ENERGY, max_kwh=1), element(DEAR))
    report = pricing.quote(by, wire(MONDAY), [{"minutes": 5, "kwh": 2}])
    assert [each["start"] for each in report["periods"]] == ["2026-03-02T09:30:00Z", "2026-03-02T09:32:30Z"]
    assert report["total"]["before_taxes"] == "0.5"
    assert report["claims"] and all(each["verdict"] == "NOT_CLAIMED" for each in report["claims"])


def test_power_on_both_sides_of_a_bound_is_indeterminate() -> None:
    by = tariff(element(ENERGY, max_power=16), element(DEAR))
    given = cdr(
        by,
        (60, {"ENERGY": "4", "MIN_POWER": "10", "MAX_POWER": "20"}),
        total_cost={"before_taxes": Decimal("1.20")},
    )
    report = audited(given)
    assert (report["verdict"], report["total"]["before_taxes"]) == ("INDETERMINATE", "1.2")
    assert "electrical_straddle" in codes(report)
    lenient = audited(given, policy={"electrical": "any"})
    assert (lenient["verdict"], lenient["total"]["before_taxes"]) == ("DISAGREE", "0.8")


def test_current_that_is_not_stated_does_not_satisfy_and_power_is_the_average() -> None:
    by = tariff(element(ENERGY, max_current=16), element(ENERGY, max_power=3), element(DEAR))
    report = audited(cdr(by, (60, {"ENERGY": "2"})))
    assert report["periods"][0]["segments"][0]["applied"]["element"] == 1
    assert {"electrical_data_missing", "power_derived"} <= set(codes(report))


def test_of_a_credit_cdr_the_total_is_negative_and_the_parts_are_not() -> None:
    given = cdr(
        tariff(element(ENERGY)),
        (60, {"ENERGY": "4"}),
        credit=True,
        credit_reference_id="CDR1",
        total_cost={"excl_vat": Decimal("-0.80"), "incl_vat": Decimal("-0.96")},
        total_energy_cost={"excl_vat": Decimal("0.80"), "incl_vat": Decimal("0.96")},
    )
    report = audited(given, version=V221)
    assert report["verdict"] == "AGREE"
    assert report["total"] == {"before_taxes": "-0.8", "after_taxes": "-0.96"}
    assert (
        audited({**given, "total_cost": {"excl_vat": Decimal("0.80")}}, version=V221)["verdict"] == "DISAGREE"
    )
    assert "credit_without_reference" in codes(audited({**given, "credit_reference_id": None}, version=V221))


def test_the_work_grows_with_periods_times_elements_and_dimensions_share_it(monkeypatch: Any) -> None:
    """Each element is asked once a period, however many dimensions look for a component."""
    asked = 0

    class Counting(Check):
        def __init__(self, name: str, holds: Any, say: Any) -> None:
            def counted(moment: Any) -> bool:
                nonlocal asked
                asked += 1
                return bool(holds(moment))

            super().__init__(name, counted, say)

    monkeypatch.setattr(restrictions, "Check", Counting)

    def asks(periods: int, elements: int) -> int:
        nonlocal asked
        asked = 0
        by = tariff(*[element(ENERGY, TIME, min_kwh=10_000 + each) for each in range(elements)])
        audited(cdr(by, *[(1, {"ENERGY": "0.1", "TIME": "0.0167"})] * periods))
        return asked

    once = asks(10, 10)
    assert once == 100
    assert asks(20, 10) == 2 * once
    assert asks(20, 40) == 8 * once


def test_what_a_hostile_cdr_costs_is_bounded(monkeypatch: Any) -> None:
    """Periods of days over hundreds of times: each would be looked at thousands of times."""
    asked = 0
    find = Lookup.find

    def counted(self: Lookup, context: str, dimension: str) -> Any:
        nonlocal asked
        asked += 1
        return find(self, context, dimension)

    monkeypatch.setattr(Lookup, "find", counted)
    monkeypatch.setattr(spans, "MOST_ASKED", 20_000)
    monkeypatch.setattr(diagnosis, "MOST_WORK", 20_000)
    by = tariff(
        *[element(ENERGY, TIME, start_time=f"{at % 24:02}:{at:02}", min_kwh=10**6) for at in range(50)]
    )
    given = cdr(by, *[(60 * 24 * 30, {"ENERGY": "0.1", "TIME": "720"})] * 100)
    report = audited(given)
    assert "bounds_cut" in codes(report)
    assert "bounds" not in report
    assert asked < 5_000
