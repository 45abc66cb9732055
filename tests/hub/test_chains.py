"""Partners that are hubs themselves: one leg to each, its parties told on, nothing sent back."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests import samples
from tests.harness import Hand
from tests.hub.conftest import HUB
from tests.hub.joining import join, role, routed, statuses, told
from tests.stub import PartnerStub

BEHIND = {"SE/HID": "CPO", "SE/HIE": "EMSP", "SE/HIF": "EMSP"}
LOCATIONS = "/ocpi/2.2.1/receiver/locations"


def client_info(party: str, status: str = "CONNECTED") -> dict[str, str]:
    named = role(f"{BEHIND[party]}/{party}")
    return {**named, "status": status, "last_updated": samples.AT}


@pytest.fixture
def other(hub: Hand) -> PartnerStub:
    """A hub, SE/OTH, with a CPO and two eMSPs behind it."""
    found = hub.register_partner([role("HUB/SE/OTH")], hub=True)
    found.objects["hubclientinfo"] = [client_info(each) for each in BEHIND]
    hub.drain()
    found.received.clear()
    return found


def put(hub: Hand, partner: PartnerStub, owner: str) -> None:
    country, party = owner.split("/")
    body = samples.location(country_code=country, party_id=party)
    answer = hub.ask("PUT", f"{LOCATIONS}/{owner}/LOC1", partner.token, body, routed(owner, "NL/HUB"))
    assert answer.code == 1000, answer.text


def test_who_is_behind_another_hub_is_told_on(hub: Hand, cpo: PartnerStub, other: PartnerStub) -> None:
    assert statuses(cpo) == {f"{role}/{party}": "CONNECTED" for party, role in BEHIND.items()}
    listed = hub.ask("GET", "/ocpi/2.2.1/sender/hubclientinfo", other.token).data
    assert [each["party_id"] for each in listed] == ["CPO"]
    path = "/ocpi/2.2.1/receiver/hubclientinfo/SE/HIE"
    assert hub.ask("PUT", path, other.token, client_info("SE/HIE", "OFFLINE")).code == 1000
    hub.drain()
    assert statuses(cpo)["EMSP/SE/HIE"] == "OFFLINE"
    other.down()
    hub.clock.advance(301)
    hub.drain()
    assert set(statuses(cpo).values()) == {"OFFLINE"}
    other.up()


def test_who_has_gone_from_another_hub_is_no_stranger(
    hub: Hand, cpo: PartnerStub, other: PartnerStub
) -> None:
    """STA-25, HCI-02: told SUSPENDED, and 4003 as who left this hub is; 4001 where there is no agreement."""
    path = "/ocpi/2.2.1/receiver/hubclientinfo/SE/HIE"
    assert hub.ask("PUT", path, other.token, client_info("SE/HIE", "SUSPENDED")).code == 1000
    hub.drain()
    assert statuses(cpo)["EMSP/SE/HIE"] == "SUSPENDED"

    def asked(receiver: str) -> int | None:
        url = "/ocpi/2.2.1/sender/tokens"
        return hub.ask("GET", url, cpo.token, headers=routed("NL/CPO", receiver)).code

    assert (asked("SE/HIE"), asked("SE/XXX")) == (4003, 4001)
    hub.operate("agree", parties=["NL/CPO", "SE/HIE"], allowed=False)
    assert asked("SE/HIE") == 4001


def test_a_broadcast_is_one_leg_to_another_hub(hub: Hand, cpo: PartnerStub, other: PartnerStub) -> None:
    put(hub, cpo, "NL/CPO")
    hub.drain()
    (sent,) = told(other, "locations")
    assert sent.path.endswith("/locations/NL/CPO/LOC1")
    assert (sent.headers["ocpi-to-party-id"], sent.headers["ocpi-from-party-id"]) == ("OTH", "HUB")


def test_what_comes_from_another_hub_never_goes_back(
    hub: Hand, cpo: PartnerStub, emsp: PartnerStub, other: PartnerStub
) -> None:
    put(hub, other, "SE/HID")
    hub.drain()
    assert len(told(emsp, "locations")) == 1
    assert told(other, "locations") == told(cpo, "locations") == []
    answer = hub.ask("GET", "/ocpi/2.2.1/sender/locations", emsp.token, headers=routed("DE/MSP", "NL/HUB"))
    assert [each["party_id"] for each in answer.data] == ["HID"]
    answer = hub.ask("GET", "/ocpi/2.2.1/sender/locations", other.token, headers=routed("SE/HIE", "NL/HUB"))
    assert answer.data == []


def test_of_those_behind_another_hub_each_that_has_an_agreement_gets_a_leg(
    make_platform: Callable[..., Hand],
) -> None:
    hub = make_platform({"OCPI_PARTIES": json.dumps([HUB]), "OCPI_HUB_POLICY": "closed"})
    cpo = join(hub, "CPO/NL/CPO")
    other = hub.register_partner([role("HUB/SE/OTH")], hub=True)
    other.objects["hubclientinfo"] = [client_info(each) for each in BEHIND]
    hub.drain()
    hub.operate("agree", parties=["NL/CPO", "SE/HIE"], allowed=True)
    other.received.clear()
    put(hub, cpo, "NL/CPO")
    hub.drain()
    assert {each.headers["ocpi-to-party-id"] for each in told(other, "locations")} == {"HIE"}


def test_a_party_behind_two_hubs_is_reached_through_the_one_that_leads_to_it(
    hub: Hand, cpo: PartnerStub, other: PartnerStub
) -> None:
    """AMB-30: its best status is told; one hub that says OFFLINE, or is away, closes no other."""
    second = hub.register_partner([role("HUB/SE/SEC")], hub=True)
    second.objects["hubclientinfo"] = [client_info("SE/HIE")]
    for each in (other, second):
        each.answer("POST", "/tokens/CARD9/authorize", data={"allowed": "ALLOWED", "token": token("SE/HIE")})
    hub.drain()
    path = "/ocpi/2.2.1/sender/tokens/CARD9/authorize"

    def asked() -> list[bool]:
        for each in (other, second):
            each.forget()
        for receiver in ("SE/HIE", ""):
            answer = hub.ask("POST", path, cpo.token, headers=routed("NL/CPO", receiver))
            assert (answer.code, answer.data["allowed"]) == (1000, "ALLOWED"), answer.text
        return [bool(each.requests("POST", "CARD9")) for each in (other, second)]

    assert asked() == [True, False]
    url = "/ocpi/2.2.1/receiver/hubclientinfo/SE/HIE"
    assert hub.ask("PUT", url, other.token, client_info("SE/HIE", "OFFLINE")).code == 1000
    hub.drain()
    assert statuses(cpo)["EMSP/SE/HIE"] == "CONNECTED"
    answer = hub.ask("POST", path, cpo.token, headers=routed("NL/CPO", "SE/HIE"))
    assert (answer.code, len(second.requests("POST", "CARD9"))) == (1000, 1)
    assert hub.ask("PUT", url, other.token, client_info("SE/HIE")).code == 1000
    other.down()
    hub.clock.advance(301)
    hub.drain()
    assert (statuses(cpo)["EMSP/SE/HIE"], statuses(cpo)["EMSP/SE/HIF"]) == ("CONNECTED", "OFFLINE")
    assert asked() == [False, True]
    other.up()


def token(owner: str) -> dict[str, object]:
    country, party = owner.split("/")
    return samples.token(country_code=country, party_id=party, uid="CARD9")
