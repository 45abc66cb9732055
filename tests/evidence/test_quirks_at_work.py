"""A partner with a quirk, as its operator lives with it: what it sends, what it gets, what was counted.

Contract: design section 14 (Quirks, Refused and set aside, Scorecard)
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.evidence.test_messages import PATH, location, ours

SESSIONS = "/ocpi/2.2.1/receiver/sessions/BE/BEC"
CPO_AND_EMSP = [
    {"role": "CPO", "country_code": "BE", "party_id": "BEC"},
    {"role": "EMSP", "country_code": "BE", "party_id": "BEM"},
]


@pytest.fixture
def odd(register_partner: Any) -> Any:
    return register_partner(roles=CPO_AND_EMSP, name="Odd Charging")


def session(**changes: Any) -> dict[str, Any]:
    return {
        "country_code": "BE",
        "party_id": "BEC",
        "id": "S1",
        "start_date_time": "2026-07-01T08:00:00Z",
        "kwh": 5000,
        "cdr_token": {
            "country_code": "NL",
            "party_id": "EXM",
            "uid": "T1",
            "type": "RFID",
            "contract_id": "C1",
        },
        "auth_method": "WHITELIST",
        "location_id": "L1",
        "evse_uid": "E1",
        "connector_id": "1",
        "currency": "EUR",
        "charging_periods": [
            {
                "start_date_time": "2026-07-01T08:00:00Z",
                "dimensions": [
                    {"type": "ENERGY", "volume": 5000},
                    {"type": "ENERGY_IMPORT", "volume": 5000},
                    {"type": "ENERGY_EXPORT", "volume": 250},
                    {"type": "POWER", "volume": 11},
                ],
            }
        ],
        "status": "ACTIVE",
        "last_updated": "2026-07-01T08:30:00Z",
    } | changes


def counted(operate: Any, partner: str) -> dict[str, int]:
    card = operate("scorecard", partner=partner)["scorecard"]
    return {each["name"]: each["count"] for each in card["quirks"]}


def test_every_energy_in_wh_is_read_and_a_change_repairs_nothing_twice(
    ask: Any, operate: Any, odd: Any
) -> None:
    operate("partner_options", partner="odd charging", quirks=["wh_for_kwh"])
    assert ask("PUT", f"{SESSIONS}/S1", token=odd.token, body=session()).code == 1000

    def known() -> Any:
        return operate("get", module="sessions", party="BE/BEC", id="S1")["object"]

    volumes = {each["type"]: each["volume"] for each in known()["charging_periods"][0]["dimensions"]}
    assert volumes == {"ENERGY": 5, "ENERGY_IMPORT": 5, "ENERGY_EXPORT": 0.25, "POWER": 11}
    for changes, kwh in (({"status": "PENDING"}, 5), ({"kwh": 6000}, 6)):
        at = f"2026-07-01T08:{40 + kwh}:00Z"
        body = {**changes, "last_updated": at}
        assert ask("PATCH", f"{SESSIONS}/S1", token=odd.token, body=body).code == 1000
        assert (known()["kwh"], known()["last_updated"]) == (kwh, at)
    assert counted(operate, odd.id) == {"wh_for_kwh": 5}


def test_a_local_time_of_what_names_no_place_is_that_of_the_partners_country(
    ask: Any, operate: Any, odd: Any
) -> None:
    """A part, a change of it and a Session have no time zone of their own."""
    operate("partner_options", partner=odd.id, quirks=["local_times_without_zone"])
    assert ask("PUT", f"{PATH}/L1", token=odd.token, body=location()).code == 1000
    evse = location()["evses"][0] | {"last_updated": "2026-07-01T12:00:00"}
    assert ask("PUT", f"{PATH}/L1/E1", token=odd.token, body=evse).code == 1000

    def updated() -> str:
        found = operate("get", module="locations", party="BE/BEC", id="L1")["object"]["evses"][0]
        return str(found["last_updated"])

    assert updated() == "2026-07-01T10:00:00Z"
    change = {"status": "CHARGING", "last_updated": "2026-07-01T13:00:00"}
    assert ask("PATCH", f"{PATH}/L1/E1", token=odd.token, body=change).code == 1000
    assert updated() == "2026-07-01T11:00:00Z"
    body = session(start_date_time="2026-01-01T12:00:00", last_updated="2026-07-01T12:00:00")
    assert ask("PUT", f"{SESSIONS}/S1", token=odd.token, body=body).code == 1000
    found = operate("get", module="sessions", party="BE/BEC", id="S1")["object"]
    assert found["start_date_time"] == "2026-01-01T11:00:00Z"
    assert found["last_updated"] == "2026-07-01T10:00:00Z"


def test_what_is_bent_for_a_partner_is_counted_pushed_and_read(
    ask: Any, operate: Any, drain: Any, odd: Any
) -> None:
    operate("partner_options", partner=odd.id, quirks=["address_45"])
    address = "Lange Straat naar het Einde van de Haven " * 2
    operate("put", module="locations", object=ours() | {"address": address.strip()[:80]})
    drain(sweep=False)
    (pushed,) = [each for each in odd.received if each.method == "PUT" and "/locations/" in each.path]
    assert len(pushed.json["address"]) == 45
    assert counted(operate, odd.id) == {"address_45": 1}
    (listed,) = ask("GET", "/ocpi/2.2.1/sender/locations", token=odd.token).data
    assert len(listed["address"]) == 45
    assert counted(operate, odd.id) == {"address_45": 2}
    html = operate("scorecard", partner=odd.id, format="html")["html"]
    assert "address_45" in html and "45 characters" in html


def test_what_was_refused_comes_in_by_a_quirk_turned_on_later(ask: Any, operate: Any, odd: Any) -> None:
    """A whole object, a part and a change, as they came."""
    tariff = {
        "country_code": "BE",
        "party_id": "BEC",
        "id": "T1",
        "currency": "EUR",
        "elements": [
            {
                "price_components": [{"type": "ENERGY", "price": 0.4, "step_size": 1}],
                "restrictions": {"day_of_week": [6, 7]},
            }
        ],
        "last_updated": "2026-01-01T00:00:00Z",
    }
    swapped = {"latitude": "103.729944", "longitude": "51.047599"}
    assert ask("PUT", f"{PATH}/L1", token=odd.token, body=location(coordinates=swapped)).code == 2001
    ask("PUT", "/ocpi/2.2.1/receiver/tariffs/BE/BEC/T1", token=odd.token, body=tariff)
    refused = operate("refusals", partner=odd.id)["refusals"]
    assert "locations" in {each["module"] for each in refused}, refused
    operate("partner_options", partner=odd.id, quirks=["latitude_for_longitude", "days_as_numbers"])
    told = operate("readmit", partner=odd.id)
    assert (told["readmitted"], told["refused"]) == (len(refused), 0), told
    found = operate("get", module="locations", party="BE/BEC", id="L1")["object"]
    assert found["coordinates"] == {"latitude": "51.047599", "longitude": "103.729944"}
    assert operate("refusals", partner=odd.id)["refusals"] == []
    assert counted(operate, odd.id)["latitude_for_longitude"] == 2
