"""What a sandbox charges is what its Tariffs say: our pricing, which shares nothing with its own, agrees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import pricing
from sandbox import Partner
from sandbox.life import prepare

TOKEN = {"country_code": "DE", "party_id": "SBM", "uid": "U", "type": "RFID", "contract_id": "DE-SBM-C1-X"}
MONDAY = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
PARTNER = Partner("CPO", clock=lambda: MONDAY)
EVSES = [(each["id"], evse["uid"]) for each in PARTNER.own("locations") for evse in each["evses"]]


def charged(place: tuple[str, str], start: datetime, minutes: list[int], version: str) -> dict[str, Any]:
    """The report on the CDR of a charge of these minutes, every other of them parked."""
    charge = prepare(PARTNER, TOKEN, *place)
    charge.started = start
    for number, each in enumerate(minutes):
        charge.advance(each * 60, parking=bool(number % 2))
    cdr = PARTNER.written("cdrs", charge.cdr(MONDAY), version)
    return pricing.audit(cdr, version=version, time_zone=charge.location["time_zone"])


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@settings(max_examples=60, deadline=None)
@given(
    place=st.sampled_from(EVSES),
    start=st.integers(0, 7 * 480).map(lambda threes: MONDAY + timedelta(minutes=3 * threes)),
    minutes=st.lists(st.integers(1, 80).map(lambda threes: 3 * threes), min_size=1, max_size=3),
)
def test_every_cdr_agrees_with_its_tariff(
    version: str, place: tuple[str, str], start: datetime, minutes: list[int]
) -> None:
    report = charged(place, start, minutes, version)
    wrong = [each for each in report["claims"] if each["verdict"] in ("DISAGREE", "INDETERMINATE")]
    assert report["verdict"] in ("AGREE", "AGREE_ROUNDING"), (report["verdict"], wrong, report["findings"])
    assert not wrong


@pytest.mark.parametrize("tariff", [each["id"] for each in PARTNER.own("tariffs")])
@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_no_tariff_has_a_fault(tariff: str, version: str) -> None:
    found = PARTNER.find_own("tariffs", tariff)
    assert found is not None
    faults = pricing.lint(
        PARTNER.written("tariffs", found, version), version=version, time_zone="Europe/Brussels"
    )
    assert [each for each in faults if each["severity"] == "error"] == []


def test_the_tariffs_show_every_component_and_the_usual_restrictions() -> None:
    elements = [each for tariff in PARTNER.own("tariffs") for each in tariff["elements"]]
    kinds = {each["type"] for element in elements for each in element["price_components"]}
    limits = {name for element in elements for name in element.get("restrictions", {})}
    assert kinds == {"FLAT", "ENERGY", "TIME", "PARKING_TIME"}
    assert limits >= {
        "start_time",
        "end_time",
        "day_of_week",
        "min_kwh",
        "max_kwh",
        "min_duration",
        "reservation",
    }
