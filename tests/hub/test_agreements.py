"""Who may roam with whom: by the hub's policy, but for what was agreed."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests import samples
from tests.harness import Hand, OperatorRefused
from tests.hub.conftest import HUB, routing_of
from tests.hub.joining import join, role, routed, statuses, told

LIST = "/ocpi/2.2.1/sender/locations"


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_PARTIES": json.dumps([HUB]), "OCPI_HUB_POLICY": "closed"}


def test_without_an_agreement_nobody_is_there(hub: Hand) -> None:
    cpo, emsp = join(hub, "CPO/NL/CPO"), join(hub, "EMSP/DE/MSP")
    body = samples.location(country_code="NL", party_id="CPO")
    path = "/ocpi/2.2.1/receiver/locations/NL/CPO/LOC1"
    assert hub.ask("PUT", path, cpo.token, body, routed("NL/CPO", "NL/HUB")).code == 1000
    hub.drain()
    to_hub = routed("DE/MSP", "NL/HUB")
    assert told(emsp, "locations") == [] and statuses(emsp) == statuses(cpo) == {}
    assert hub.ask("GET", LIST, emsp.token, headers=to_hub).data == []

    made = hub.operate("agree", parties=["NL/CPO", "de/msp"], allowed=True)
    assert made == {"parties": ["NL/CPO", "DE/MSP"], "allowed": True, "modules": None}
    hub.drain()
    assert len(told(emsp, "locations")) == 1
    assert (statuses(emsp), statuses(cpo)) == ({"CPO/NL/CPO": "CONNECTED"}, {"EMSP/DE/MSP": "CONNECTED"})
    assert len(hub.ask("GET", LIST, emsp.token, headers=to_hub).data) == 1

    emsp.received.clear()
    cpo.received.clear()
    hub.operate("agree", parties=["DE/MSP", "NL/CPO"], allowed=False)
    hub.drain()
    assert (statuses(emsp), statuses(cpo)) == ({"CPO/NL/CPO": "SUSPENDED"}, {"EMSP/DE/MSP": "SUSPENDED"})
    assert hub.ask("GET", LIST, emsp.token, headers=to_hub).data == []
    assert hub.ask("GET", "/ocpi/2.2.1/sender/hubclientinfo", emsp.token).data == []
    emsp.received.clear()
    hub.operate("suspend", partner=cpo.id)
    hub.operate("agree", parties=["DE/MSP", "NL/CPO"], allowed=False)
    changed = {**body, "name": "Elsewhere"}
    hub.ask("PUT", path, cpo.token, changed, routed("NL/CPO", "NL/HUB"))
    hub.drain()
    assert emsp.received == []


def test_an_agreement_may_be_for_some_modules(hub: Hand) -> None:
    cpo, emsp = join(hub, "CPO/NL/CPO"), join(hub, "EMSP/DE/MSP")
    hub.operate("agree", parties=["NL/CPO", "DE/MSP"], allowed=True, modules=["tariffs"])
    for module, body in (("locations", samples.location()), ("tariffs", samples.tariff())):
        path = f"/ocpi/2.2.1/receiver/{module}/NL/CPO/{body['id']}"
        body |= {"country_code": "NL", "party_id": "CPO"}
        assert hub.ask("PUT", path, cpo.token, body, routed("NL/CPO", "NL/HUB")).code == 1000
    hub.drain()
    assert (len(told(emsp, "tariffs")), told(emsp, "locations")) == (1, [])
    listed = hub.operate("agreements")
    assert listed == {
        "policy": "closed",
        "agreements": [{"parties": ["DE/MSP", "NL/CPO"], "allowed": True, "modules": ["tariffs"]}],
    }
    assert hub.operate("agreements", party="FR/XXX")["agreements"] == []


def test_a_module_of_their_own_is_agreed_by_its_name(hub: Hand) -> None:
    """Whatever its method; of whom there is no agreement with, not even that it offers nothing is told."""
    cpo, emsp = hub.register_partner([role("CPO/NL/CPO")]), hub.register_partner([role("EMSP/DE/MSP")])

    def codes(to: str) -> set[int]:
        headers = routed("DE/MSP", to)
        return {
            hub.ask(method, "/ocpi/2.2.1/sender/parking/1", emsp.token, headers=headers).code
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        }

    assert codes("NL/CPO") == codes("NL/HUB") == codes("XX/YYY") == {4001}
    hub.operate("agree", parties=["NL/CPO", "DE/MSP"], allowed=True, modules=["locations"])
    assert codes("NL/CPO") == {4001}
    hub.operate("agree", parties=["NL/CPO", "DE/MSP"], allowed=True, modules=["parking"])
    assert codes("NL/CPO") == {4000}, "agreed, and not offered"
    assert cpo.received == []


def test_each_party_of_a_connection_has_agreements_of_its_own(hub: Hand) -> None:
    cpo, both = join(hub, "CPO/NL/CPO"), join(hub, "EMSP/DE/AAA", "EMSP/DE/BBB")
    hub.operate("agree", parties=["NL/CPO", "DE/BBB"], allowed=True)
    body = samples.location(country_code="NL", party_id="CPO")
    path = "/ocpi/2.2.1/receiver/locations/NL/CPO/LOC1"
    assert hub.ask("PUT", path, cpo.token, body, routed("NL/CPO", "NL/HUB")).code == 1000
    hub.drain()
    (sent,) = told(both, "locations")
    assert sent.headers["ocpi-to-party-id"] == "BBB"
    assert hub.ask("GET", LIST, both.token, headers=routed("DE/AAA", "NL/HUB")).data == []
    assert len(hub.ask("GET", LIST, both.token, headers=routed("DE/BBB", "NL/HUB")).data) == 1


def test_an_open_hub_may_keep_two_apart(make_platform: Callable[..., Hand]) -> None:
    hub = make_platform({"OCPI_PARTIES": json.dumps([HUB])})
    join(hub, "CPO/NL/CPO")
    hub.operate("agree", parties=["NL/CPO", "DE/MSP"], allowed=False)
    emsp, free = join(hub, "EMSP/DE/MSP"), join(hub, "EMSP/FR/EMP")
    assert hub.ask("GET", "/ocpi/2.2.1/sender/hubclientinfo", emsp.token).data[0]["party_id"] == "EMP"
    assert len(hub.ask("GET", "/ocpi/2.2.1/sender/hubclientinfo", free.token).data) == 2


@pytest.mark.parametrize("path", ["sender/locations", "sender/locations/L1", "sender/parking/1"])
def test_a_hosted_party_without_an_agreement_is_answered_for_as_one_that_is_not_there(
    make_platform: Callable[..., Hand], path: str
) -> None:
    """Parties without agreement do not exist for each other; what a hub says itself is from the hub."""
    own = {**role("CPO/NL/OWN"), "business_details": {"name": "Own"}}
    hub = make_platform({"OCPI_PARTIES": json.dumps([HUB, own]), "OCPI_HUB_POLICY": "closed"})
    emsp = hub.register_partner([role("EMSP/DE/MSP")])
    told = []
    for party in ("NL/OWN", "XX/YYY"):
        answer = hub.ask("GET", f"/ocpi/2.2.1/{path}", emsp.token, headers=routed("DE/MSP", party))
        said = answer.json["status_message"].replace(party, "it")
        told.append((answer.status, answer.code, said, routing_of(answer.headers)))
    assert told[0] == told[1] == (200, 4001, "it is not known here", {"to": "DE/MSP", "from": "NL/HUB"})


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"parties": ["NL/CPO"], "allowed": True}, "/parties"),
        ({"parties": ["NL/CPO", "NL/CPO"], "allowed": True}, "/parties/1"),
        ({"parties": ["NL/CPO", "DEMSP"], "allowed": True}, "/parties/1"),
        ({"parties": ["NL/CPO", "DE/MSP"]}, "/allowed"),
        ({"parties": ["NL/CPO", "DE/MSP"], "allowed": True, "modules": []}, "/modules"),
        ({"parties": ["NL/CPO", "NL/HUB"], "allowed": False}, "/parties/1"),
        ({"parties": ["NL/CPO", "DE/MSP"], "allowed": True, "modules": ["cdrs", "lokations"]}, "/modules/1"),
        ({"parties": ["NL/CPO", "DE/MSP"], "allowed": True, "modules": ["hubclientinfo"]}, "/modules/0"),
    ],
)
def test_what_cannot_be_agreed_is_refused(hub: Hand, fields: dict[str, object], pointer: str) -> None:
    with pytest.raises(OperatorRefused) as refused:
        hub.operate("agree", **fields)
    assert refused.value.pointer == pointer
    assert hub.operate("agreements")["agreements"] == []


def test_a_module_is_agreed_in_whatever_case_it_is_written(hub: Hand) -> None:
    """Those that OCPI knows; of parties' own modules the name is theirs."""
    join(hub, "CPO/NL/CPO")
    said = hub.operate("agree", parties=["NL/CPO", "DE/MSP"], allowed=True, modules=["Tokens", "Parking"])
    assert said["modules"] == ["Parking", "tokens"]


def test_only_a_hub_has_agreements(make_platform: Callable[..., Hand]) -> None:
    plain = make_platform({})
    with pytest.raises(OperatorRefused) as refused:
        plain.operate("agreements")
    assert refused.value.code == "no_hub"
