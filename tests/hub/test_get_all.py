"""GET-all: one list of everything a hub holds for who asks, and its copy of one object."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests import samples
from tests.harness import Hand
from tests.hub.conftest import HUB
from tests.hub.joining import join, role, routed
from tests.stub import PartnerStub

LIST = "/ocpi/2.2.1/sender/locations"


def broadcast(hub: Hand, cpo: PartnerStub, owner: str, id: str) -> None:
    country, party = owner.split("/")
    body = samples.location(id=id, country_code=country, party_id=party)
    path = f"/ocpi/2.2.1/receiver/locations/{owner}/{id}"
    assert hub.ask("PUT", path, cpo.token, body, routed(owner, "NL/HUB")).code == 1000


@pytest.mark.parametrize("to", ["NL/HUB", ""], ids=["to the hub", "to nobody"])
def test_all_owners_are_in_one_paged_list(hub: Hand, cpo: PartnerStub, emsp: PartnerStub, to: str) -> None:
    """HUB-30, HUB-31, HUB-32."""
    other = join(hub, "CPO/BE/BEC")
    for number in range(3):
        broadcast(hub, cpo, "NL/CPO", f"L{number}")
        broadcast(hub, other, "BE/BEC", f"L{number}")
    path, seen = f"{LIST}?limit=2", []
    while path:
        answer = hub.ask("GET", path, emsp.token, headers=routed("DE/MSP", to) if to else {})
        assert (answer.code, answer.headers["x-total-count"]) == (1000, "6"), answer.text
        seen += [(each["country_code"], each["party_id"], each["id"]) for each in answer.data]
        path = answer.headers.get("link", "").partition(">")[0].lstrip("<")
    assert seen == [(*owner, f"L{at}") for owner in (("NL", "CPO"), ("BE", "BEC")) for at in range(3)]
    assert hub.ask("GET", f"{LIST}?offset=5&limit=2", emsp.token).data[0]["id"] == "L2"


def test_owners_and_those_of_the_same_role_find_nothing(hub: Hand, cpo: PartnerStub) -> None:
    other = join(hub, "CPO/BE/BEC")
    broadcast(hub, cpo, "NL/CPO", "L1")
    for each, name in ((cpo, "NL/CPO"), (other, "BE/BEC")):
        answer = hub.ask("GET", LIST, each.token, headers=routed(name, "NL/HUB"))
        assert (answer.data, answer.headers["x-total-count"]) == ([], "0")


def test_one_object_is_the_hubs_copy(hub: Hand, cpo: PartnerStub, emsp: PartnerStub) -> None:
    """HUB-29: at the SENDER interface, and to its owner at the RECEIVER interface."""
    broadcast(hub, cpo, "NL/CPO", "L1")
    answer = hub.ask("GET", f"{LIST}/L1/E1", emsp.token, headers=routed("DE/MSP", "NL/HUB"))
    assert answer.data["uid"] == "E1"
    path = "/ocpi/2.2.1/receiver/locations/NL/CPO/L1"
    assert hub.ask("GET", path, cpo.token, headers=routed("NL/CPO", "NL/HUB")).data["id"] == "L1"


def test_what_the_hub_pulled_is_in_the_list(hub: Hand, emsp: PartnerStub) -> None:
    """AMB-28; a hub pulls where it is told to, and nothing by itself."""
    cpo = hub.register_partner([role("CPO/NL/CPO")])
    cpo.objects["locations"] = [samples.location(id="L7", country_code="NL", party_id="CPO")]
    hub.drain()
    headers = routed("DE/MSP", "NL/HUB")
    assert hub.ask("GET", LIST, emsp.token, headers=headers).data == []
    hub.operate("pull", partner=cpo.id, module="locations")
    hub.drain()
    assert [each["id"] for each in hub.ask("GET", LIST, emsp.token, headers=headers).data] == ["L7"]


def test_hosted_parties_objects_are_in_the_list(make_platform: Callable[..., Hand]) -> None:
    hosted = {**role("CPO/NL/OWN"), "business_details": {"name": "Own"}}
    hub = make_platform({"OCPI_PARTIES": json.dumps([HUB, hosted])})
    cpo, emsp = join(hub, "CPO/BE/BEC"), join(hub, "EMSP/DE/MSP")
    hub.operate("put", module="locations", object=samples.location(id="OWN1", party_id="OWN"))
    broadcast(hub, cpo, "BE/BEC", "L1")
    answer = hub.ask("GET", LIST, emsp.token, headers=routed("DE/MSP", "NL/HUB"))
    assert [each["id"] for each in answer.data] == ["OWN1", "L1"]
    answer = hub.ask("GET", LIST, emsp.token, headers=routed("DE/MSP", "NL/OWN"))
    assert [each["id"] for each in answer.data] == ["OWN1"]


def test_a_partner_of_2_1_1_is_answered_in_its_version(hub: Hand, cpo: PartnerStub) -> None:
    old = join(hub, "EMSP/FR/OLD", version="2.1.1")
    broadcast(hub, cpo, "NL/CPO", "L1")
    answer = hub.ask("GET", "/ocpi/2.1.1/sender/locations", old.token)
    assert [each["id"] for each in answer.data] == ["L1"]
    assert "country_code" not in answer.data[0]
