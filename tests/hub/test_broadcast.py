"""What a party broadcasts is stored at the hub and told to everyone of the opposite role that may have it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from chalicelib.ocpi import writing
from tests import samples
from tests.harness import Hand
from tests.hub.conftest import HUB
from tests.hub.joining import join, role, routed, told
from tests.stub import PartnerStub

LOCATION = "/ocpi/2.2.1/receiver/locations/NL/CPO/LOC1"


def location(**more: Any) -> dict[str, Any]:
    return samples.location(country_code="NL", party_id="CPO", **more)


def put(hub: Hand, cpo: PartnerStub, to: str = "NL/HUB", **more: Any) -> None:
    answer = hub.ask("PUT", LOCATION, cpo.token, location(**more), routed("NL/CPO", to) if to else {})
    assert (answer.status, answer.code) in ((200, 1000), (201, 1000)), answer.text


@pytest.mark.parametrize("to", ["NL/HUB", ""], ids=["to the hub", "to nobody"])
def test_a_broadcast_location_reaches_those_of_the_opposite_role_alone(
    hub: Hand, cpo: PartnerStub, emsp: PartnerStub, to: str
) -> None:
    """HUB-15, HUB-16, HUB-17, HUB-19, HUB-22."""
    other = join(hub, "CPO/BE/BEC")
    third = join(hub, "OTHER/FR/OTH")
    for each in (cpo, emsp):
        each.received.clear()
    put(hub, cpo, to)
    hub.drain()
    (sent,) = told(emsp, "locations")
    assert (sent.method, sent.path.endswith("/locations/NL/CPO/LOC1")) == ("PUT", True)
    assert sent.json["country_code"] == "NL"
    headers = {name: value for name, value in sent.headers.items() if name.startswith("ocpi-")}
    assert headers == {
        "ocpi-from-country-code": "NL",
        "ocpi-from-party-id": "HUB",
        "ocpi-to-country-code": "DE",
        "ocpi-to-party-id": "MSP",
    }
    assert len(told(third, "locations")) == 1
    assert told(other, "locations") == told(cpo, "locations") == []


def test_a_token_goes_to_cpos_alone(hub: Hand, cpo: PartnerStub, emsp: PartnerStub) -> None:
    """HUB-19: from OTHER to CPOs alone, too."""
    third = join(hub, "OTHER/FR/OTH")
    another = join(hub, "EMSP/FR/EMP")
    for each, owner in ((emsp, "DE/MSP"), (third, "FR/OTH")):
        country, party = owner.split("/")
        body = samples.token(country_code=country, party_id=party)
        path = f"/ocpi/2.2.1/receiver/tokens/{owner}/CARD1"
        assert hub.ask("PUT", path, each.token, body, routed(owner, "NL/HUB")).code == 1000
    hub.drain()
    assert sorted(each.path[-13:] for each in told(cpo, "tokens")) == ["/DE/MSP/CARD1", "/FR/OTH/CARD1"]
    assert told(emsp, "tokens") == told(third, "tokens") == told(another, "tokens") == []


def test_an_evse_status_is_passed_on_and_coalesced_over_an_outage(
    hub: Hand, cpo: PartnerStub, emsp: PartnerStub
) -> None:
    put(hub, cpo)
    hub.drain()
    emsp.received.clear()
    emsp.answer("PATCH", "/locations", status=503, times=1)
    for minute, status in enumerate(("CHARGING", "BLOCKED", "AVAILABLE", "CHARGING")):
        changes = {"status": status, "last_updated": f"2026-03-02T00:0{minute}:00Z"}
        answer = hub.ask("PATCH", f"{LOCATION}/E1", cpo.token, changes, routed("NL/CPO", "NL/HUB"))
        assert answer.code == 1000, answer.text
        hub.drain()
    hub.clock.advance(3600)
    hub.drain()
    assert told(emsp, "locations")[-1].json["status"] == "CHARGING"
    assert len(told(emsp, "locations")) <= 4


def test_who_joins_later_is_told_what_was_broadcast_before(hub: Hand, cpo: PartnerStub) -> None:
    put(hub, cpo)
    hub.drain()
    late = hub.register_partner([{"role": "EMSP", "country_code": "FR", "party_id": "EMP"}])
    hub.drain()
    (sent,) = told(late, "locations")
    assert sent.path.endswith("/locations/NL/CPO/LOC1")


def test_a_tariff_is_withdrawn_everywhere(hub: Hand, cpo: PartnerStub, emsp: PartnerStub) -> None:
    """AMB-23."""
    path, headers = "/ocpi/2.2.1/receiver/tariffs/NL/CPO/T1", routed("NL/CPO", "NL/HUB")
    body = samples.tariff(country_code="NL", party_id="CPO")
    assert hub.ask("PUT", path, cpo.token, body, headers).code == 1000
    hub.drain()
    assert hub.ask("DELETE", path, cpo.token, None, headers).code == 1000
    hub.drain()
    assert [each.method for each in told(emsp, "tariffs")] == ["PUT", "DELETE"]


def test_one_receivers_refusal_stops_no_other(hub: Hand, cpo: PartnerStub, emsp: PartnerStub) -> None:
    """HUB-23, HUB-24."""
    another = join(hub, "EMSP/FR/EMP")
    emsp.received.clear()
    emsp.answer("PUT", "/locations", status=401)
    put(hub, cpo)
    hub.drain()
    assert len(told(another, "locations")) == 1


def test_partners_of_2_1_1_tell_owners_apart_by_the_path(hub: Hand, cpo: PartnerStub) -> None:
    old = join(hub, "EMSP/FR/OLD", version="2.1.1")
    put(hub, cpo)
    hub.drain()
    (sent,) = told(old, "locations")
    assert sent.path.endswith("/locations/NL/CPO/LOC1")
    assert not [name for name in sent.headers if name.startswith("ocpi-")]


def test_a_2_1_1_cpo_broadcasts_to_newer_ones(hub: Hand, emsp: PartnerStub) -> None:
    old = join(hub, "CPO/FR/OLD", version="2.1.1")
    emsp.received.clear()
    body = writing.write("location", location(id="L2"), "2.1.1").object
    answer = hub.ask("PUT", "/ocpi/2.1.1/receiver/locations/FR/OLD/L2", old.token, body)
    assert answer.code == 1000, answer.text
    hub.drain()
    (sent,) = told(emsp, "locations")
    assert (sent.json["country_code"], sent.json["party_id"]) == ("FR", "OLD")


def test_a_private_location_is_for_the_owners_of_its_tokens(
    hub: Hand, cpo: PartnerStub, emsp: PartnerStub
) -> None:
    """LOC-13, LOC-14: at a hub, too, and a token that comes later counts."""
    another = join(hub, "EMSP/FR/EMP")
    put(hub, cpo, publish=False, publish_allowed_to=[{"uid": "CARD1", "type": "RFID"}])
    hub.drain()
    assert told(another, "locations") == told(emsp, "locations") == []
    path = "/ocpi/2.2.1/receiver/tokens/DE/MSP/CARD1"
    body = samples.token(country_code="DE", party_id="MSP")
    assert hub.ask("PUT", path, emsp.token, body, routed("DE/MSP", "NL/HUB")).code == 1000
    hub.drain()
    assert len(told(emsp, "locations")) == 1 and told(another, "locations") == []


def test_the_back_end_is_told_again_of_what_is_for_few_alone(hub: Hand, cpo: PartnerStub) -> None:
    """Design section 8: events again since a time"""
    put(hub, cpo, publish=False, publish_allowed_to=[{"uid": "CARD1", "type": "RFID"}])
    hub.drain()
    before = len(hub.events("ObjectChanged"))
    hub.operate("tell_again", module="locations", since="2015-01-01T00:00:00Z")
    hub.drain()
    again = hub.events("ObjectChanged")[before:]
    assert {each["detail"]["id"] for each in again} == {"LOC1"}


def test_what_is_for_one_hosted_party_is_passed_on_to_nobody(make_platform: Callable[..., Hand]) -> None:
    hosted = {**role("EMSP/NL/OWN"), "business_details": {"name": "Own"}}
    hub = make_platform({"OCPI_PARTIES": json.dumps([HUB, hosted])})
    cpo, emsp = join(hub, "CPO/NL/CPO"), join(hub, "EMSP/DE/MSP")
    put(hub, cpo, "NL/OWN")
    hub.drain()
    assert told(emsp, "locations") == []
    assert hub.ask("GET", "/ocpi/2.2.1/sender/locations", emsp.token).data == []
    put(hub, cpo, "NL/HUB")
    hub.drain()
    assert len(told(emsp, "locations")) == 1
