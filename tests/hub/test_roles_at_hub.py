"""Who a hub says it is, whom it lets in, and the routing headers of both legs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests import samples
from tests.harness import Hand
from tests.hub.conftest import routing_of
from tests.hub.joining import join, role, routed, told
from tests.hub.test_open import TOKEN, location
from tests.stub import PartnerStub

ROLES_221 = {"CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "SCSP"}


@pytest.mark.parametrize("name", sorted(ROLES_221))
def test_every_role_of_2_2_1_registers_at_a_hub(hub: Hand, name: str) -> None:
    """HUB-42; a hub only as what the operator made one."""
    more = {"hub": True} if name == "HUB" else {}
    found = hub.register_partner([role(f"{name}/SE/AAA")], as_invited=True, **more)
    (known,) = hub.operate("partners")["partners"]
    kept = "OTHER" if name == "HUB" else name  # a hub is no role inside, as in 2.3.0 (CNV-203)
    assert [each["role"] for each in known["roles"]] == [kept]
    said = hub.ask("GET", "/ocpi/2.2.1/credentials", found.token).data
    assert [each["role"] for each in said["roles"]] == ["HUB"], "CRE-47: itself alone"
    assert "hub_party_id" not in said


def test_a_hub_has_no_role_in_2_3_0_and_none_is_named_in_2_1_1(hub: Hand) -> None:
    """HUB-43, HUB-44, CRE-49, AMB-19, CNV-203, CNV-204."""
    new, old = join(hub, "EMSP/DE/NWM", version="2.3.0"), join(hub, "CPO/BE/OLD", version="2.1.1")
    said = hub.ask("GET", "/ocpi/2.3.0/credentials", new.token).data
    assert said["hub_party_id"] == "NLHUB"
    assert "HUB" not in {each["role"] for each in said["roles"]}
    said = hub.ask("GET", "/ocpi/2.1.1/credentials", old.token).data
    assert (said["country_code"], said["party_id"]) == ("NL", "HUB")
    assert "roles" not in said
    assert "hub_party_id" not in said


def test_one_connection_carries_all_roles_of_a_platform(hub: Hand) -> None:
    """HUB-40, HUB-41: a platform is no role; as eMSP it hears of Locations, as CPO of Tokens."""
    both = join(hub, "CPO/BE/TWO", "EMSP/BE/TWE")
    cpo, emsp = join(hub, "CPO/NL/CPO"), join(hub, "EMSP/DE/MSP")
    place = samples.location(country_code="NL", party_id="CPO")
    url = "/ocpi/2.2.1/receiver"
    assert (
        hub.ask("PUT", f"{url}/locations/NL/CPO/LOC1", cpo.token, place, routed("NL/CPO", "NL/HUB")).code
        == 1000
    )
    token = {**TOKEN, "country_code": "DE", "party_id": "MSP"}
    assert (
        hub.ask("PUT", f"{url}/tokens/DE/MSP/U1", emsp.token, token, routed("DE/MSP", "NL/HUB")).code == 1000
    )
    hub.drain()
    (location_leg,), (token_leg,) = told(both, "locations"), told(both, "tokens")
    assert routing_of(location_leg.headers) == {"to": "BE/TWE", "from": "NL/HUB"}
    assert routing_of(token_leg.headers) == {"to": "BE/TWO", "from": "NL/HUB"}


def test_every_leg_names_both_parties_also_to_a_platform_of_one(party: Any, send: Any, hub: Hand) -> None:
    """HUB-03, HUB-06, HUB-17: they may be absent only between two of one party each."""
    cpo, emsp = party("cpo221"), party("emsp221")
    assert send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", location()).code == 1000
    assert send(cpo, "GET", "sender/tokens", to=emsp).code == 1000
    hub.drain()
    legs = [each for each in emsp.received if "/locations" in each.path or "/tokens" in each.path]
    assert [routing_of(each.headers)["from"] for each in legs] == ["BE/BEC", "NL/HUB"]
    assert {routing_of(each.headers)["to"] for each in legs} == {"DE/MSP"}


def test_what_one_does_not_know_is_asked_openly_and_never_of_all(party: Any, send: Any) -> None:
    """HUB-20, HUB-28, HUB-29: GET of the hub is its copy; without a receiver it is looked for."""
    cpo, emsp = party("cpo221"), party("emsp221")
    cpo.answer("GET", "locations/L9", data=location(id="L9"))
    answer = send(emsp, "GET", "sender/locations/L9", to=("NL", "HUB"))
    assert (answer.status, answer.code) == (404, 2003)
    assert cpo.received == []
    answer = send(emsp, "GET", "sender/locations/L9")
    assert (answer.code, answer.data["id"]) == (1000, "L9")
    assert routing_of(answer.headers) == {"to": "DE/MSP", "from": "BE/BEC"}


def test_a_receiver_answers_a_broadcast_leg_to_the_hub(make_platform: Callable[..., Hand]) -> None:
    """HUB-05, HUB-18: TO is the hub, FROM the party that the leg was for, of two that are hosted here."""
    hosted = [
        {"role": "EMSP", "country_code": "DE", "party_id": each, "business_details": {"name": each}}
        for each in ("MSP", "MSQ")
    ]
    ours = make_platform({"OCPI_PARTIES": json.dumps(hosted)})
    other = ours.register_partner([role("HUB/SE/OTH")], hub=True)
    behind = {**role("CPO/SE/HID"), "status": "CONNECTED", "last_updated": samples.AT}
    assert ours.ask("PUT", "/ocpi/2.2.1/receiver/hubclientinfo/SE/HID", other.token, behind).code == 1000
    place = samples.location(country_code="SE", party_id="HID")
    url = "/ocpi/2.2.1/receiver/locations/SE/HID/LOC1"
    answer = ours.ask("PUT", url, other.token, place, routed("SE/OTH", "DE/MSQ"))
    assert answer.code == 1000, answer.text
    assert routing_of(answer.headers) == {"to": "SE/OTH", "from": "DE/MSQ"}


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "sender/tokens", None),
        ("PUT", "receiver/locations/NL/CPO/LOC1", location(country_code="NL", party_id="CPO")),
        ("GET", "sender/locations", None),
        ("GET", "receiver/x-custom/1", None),
    ],
)
def test_who_names_itself_is_not_asked_by_itself(
    hub: Hand, cpo: PartnerStub, method: str, path: str, body: Any
) -> None:
    """STA-22, HUB-04: nobody else hears of it, so the header is refused, whatever it asks."""
    answer = hub.ask(method, f"/ocpi/2.2.1/{path}", cpo.token, body, routed("NL/CPO", "NL/CPO"))
    assert (answer.code, cpo.received) == (2001, []), answer.text
    assert "OCPI-to: NL/CPO is who asks" in answer.json["status_message"]


def test_a_session_of_ones_own_token_is_for_nobody_where_one_is_no_emsp(hub: Hand, cpo: PartnerStub) -> None:
    """AMB-27, STA-22: no receiver is found by what it says."""
    body = samples.session(country_code="NL", party_id="CPO")
    body["cdr_token"] = {**body["cdr_token"], "country_code": "NL", "party_id": "CPO"}
    url = f"/ocpi/2.2.1/receiver/sessions/NL/CPO/{body['id']}"
    answer = hub.ask("PUT", url, cpo.token, body, routed("NL/CPO"))
    assert (answer.code, cpo.received) == (4001, []), answer.text


def test_a_party_may_ask_itself_in_its_other_role(hub: Hand) -> None:
    """HUB-40: one connection carries the CPO and the eMSP of one name, which may be two systems."""
    both = join(hub, "CPO/BE/TWO", "EMSP/BE/TWO")
    answer = hub.ask("GET", "/ocpi/2.2.1/sender/tokens", both.token, headers=routed("BE/TWO", "BE/TWO"))
    assert answer.code == 1000, answer.text
    (leg,) = both.requests("GET", "/tokens")
    assert routing_of(leg.headers) == {"to": "BE/TWO", "from": "BE/TWO"}
