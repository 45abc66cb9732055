"""What a hub tells of the parties behind it, and what follows for what we send them."""

from __future__ import annotations

from typing import Any

import pytest

from tests import samples
from tests.harness import OperatorRefused
from tests.samples import NEWER
from tests.stub import PartnerStub

HUB = [{"role": "OTHER", "country_code": "NL", "party_id": "HUB"}]
BEHIND = [
    {"role": "EMSP", "country_code": "SE", "party_id": "EMO"},
    {"role": "CPO", "country_code": "SE", "party_id": "HID"},
]
EMO = {**samples.CARD, "country_code": "SE", "party_id": "EMO"}
STATUSES = ("CONNECTED", "OFFLINE", "PLANNED", "SUSPENDED")


@pytest.fixture
def hub(register_partner: Any, drain: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A 2.3.0 hub, behind which are eMSP SE/EMO and CPO SE/HID."""
    plain = PartnerStub.credentials.fget  # type: ignore[attr-defined]
    monkeypatch.setattr(
        PartnerStub, "credentials", property(lambda stub: {**plain(stub), "hub_party_id": "NLHUB"})
    )
    stub = register_partner(roles=[*BEHIND, *HUB], version="2.3.0", name="Hub", hub=True)
    monkeypatch.undo()
    drain()
    stub.forget()
    return stub


@pytest.fixture
def tell(ask: Any, hub: Any) -> Any:
    """The hub says how a party behind it is connected."""

    def put(status: Any, role: str = "EMSP", party: str = "SE/EMO", **more: Any) -> Any:
        country, name = party.split("/")
        body = {"country_code": country, "party_id": name, "role": role, "status": status, **more}
        body = {"last_updated": NEWER, **body}
        return ask("PUT", f"/ocpi/2.3.0/receiver/hubclientinfo/{party}", token=hub.token, body=body)

    return put


def told(operate: Any, party: str = "SE/EMO") -> list[tuple[str, str]]:
    found = operate("list", module="hubclientinfo", party=party)["objects"]
    return sorted((each["role"], each["status"]) for each in found)


def waiting(operate: Any, hub: Any) -> list[tuple[str, str, str]]:
    found = operate("deliveries", partner=hub.id)["deliveries"]
    return [(each["module"], each["state"], each["reason"]) for each in found]


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_is_taken_and_told_to_the_operator(
    tell: Any, operate: Any, drain: Any, events: Any, status: str
) -> None:
    """HCI-07; HCI-12: an operator hears of a PLANNED party by the event."""
    assert tell(status).status == 201
    assert told(operate) == [("EMSP", status)]
    drain()
    heard = [
        each["detail"] for each in events("ObjectChanged") if each["detail"]["module"] == "hubclientinfo"
    ]
    assert [(each["owner"], each["object"]["status"]) for each in heard] == [("SE/EMO", status)]


@pytest.mark.parametrize("status", ["GONE", "", None, 7])
def test_no_other_status_is_taken(tell: Any, operate: Any, status: Any) -> None:
    """HCI-07: ConnectionStatus is a closed list."""
    answer = tell(status)
    assert (answer.status, answer.code) == (200, 2001)
    assert "/status" in answer.json["status_message"]
    assert told(operate) == []


def test_a_party_is_suspended_and_never_deleted(ask: Any, tell: Any, hub: Any, operate: Any) -> None:
    """HCI-02: there is no DELETE; the SUSPENDED party stays known."""
    tell("CONNECTED")
    url = "/ocpi/2.3.0/receiver/hubclientinfo/SE/EMO"
    for method in ("DELETE", "POST", "PATCH"):
        assert ask(method, url, token=hub.token, body={}).status == 405
    assert tell("SUSPENDED").status == 200
    assert ask("GET", url, token=hub.token).data["status"] == "SUSPENDED"


def test_the_list_is_pulled_page_by_page(operate: Any, drain: Any, hub: Any) -> None:
    """HCI-04 as its client: GET on the hub's Sender interface, by links, with date_from; HCI-15: no routing
    headers on the request.
    """
    hub.page_limit = 2
    hub.objects["hubclientinfo"] = [
        {
            "country_code": "SE",
            "party_id": f"P0{at}",
            "role": "CPO",
            "status": "PLANNED",
            "last_updated": NEWER,
        }
        for at in range(5)
    ]
    operate("pull", partner=hub.id, module="hubclientinfo", date_from="2026-01-01T00:00:00Z")
    drain()
    asked = hub.requests("GET", "/sender/hubclientinfo")
    assert [each.query["offset"] for each in asked] == ["0", "2", "4"]
    assert {each.query["date_from"] for each in asked} == {"2026-01-01T00:00:00Z"}
    assert not [name for each in asked for name in each.headers if name.startswith("ocpi-")]
    for at in range(5):
        assert told(operate, f"SE/P0{at}") == [("CPO", "PLANNED")]


def test_the_list_is_asked_for_at_registration_and_not_for_each_message(
    register_partner: Any, operate: Any, drain: Any, hub: Any, tell: Any
) -> None:
    """HCI-05: what is pushed is believed; the hub's list is for the beginning and for doubt."""
    first = register_partner(
        roles=[{"role": "HUB", "country_code": "BE", "party_id": "HB2"}],
        version="2.2.1",
        name="Second",
        hub=True,
    )
    drain()
    assert len(first.requests("GET", "/sender/hubclientinfo")) == 1
    tell("CONNECTED")
    operate("put", module="sessions", object=samples.session(cdr_token=EMO))
    operate("put", module="locations", object=samples.location())
    drain()
    assert hub.requests("PUT", "/receiver/sessions")
    assert hub.requests("GET", "/sender/hubclientinfo") == []


def test_hubclientinfo_answers_carry_no_routing_headers(ask: Any, tell: Any, hub: Any) -> None:
    """HCI-15: it is between platform and hub; locations in the same connection have them."""
    found = [tell("CONNECTED"), ask("GET", "/ocpi/2.3.0/receiver/hubclientinfo/SE/EMO", token=hub.token)]
    for answer in found:
        assert answer.code == 1000
        assert not [name for name in answer.headers if name.startswith("ocpi-")]
    other = ask("GET", "/ocpi/2.3.0/sender/locations", token=hub.token)
    assert [name for name in other.headers if name.startswith("ocpi-")]


@pytest.mark.parametrize("status", ["OFFLINE", "PLANNED"])
def test_a_party_that_is_away_is_sent_nothing_until_it_is_back(
    tell: Any, operate: Any, drain: Any, clock: Any, hub: Any, status: str
) -> None:
    """HCI-10 to HCI-12: no request while it is away; on CONNECTED the state as it is then, once."""
    tell(status)
    for kwh in (1, 2, 3):
        operate("put", module="sessions", object=samples.session(cdr_token=EMO, kwh=kwh))
        drain()
    clock.advance(600)
    drain()
    assert hub.requests("", "/receiver/sessions") == []
    assert waiting(operate, hub) == [("sessions", "WAITING", f"SE/EMO is {status}, says its hub")]
    tell("CONNECTED")
    drain()
    sent = hub.requests("", "/receiver/sessions")
    assert [(each.method, each.json["kwh"]) for each in sent] == [("PUT", 3)]
    assert waiting(operate, hub) == []


def test_what_is_for_all_is_sent_to_the_hub_itself(tell: Any, operate: Any, drain: Any, hub: Any) -> None:
    """HCI-11: one party away holds up nothing that the hub tells the others; HUB-04, HUB-15, HUB-21: a
    Location names the hub as its receiver, a Session the eMSP.
    """
    tell("OFFLINE")
    operate("put", module="locations", object=samples.location())
    drain()
    (sent,) = hub.requests("PUT", "/receiver/locations")
    assert (sent.headers["ocpi-to-country-code"], sent.headers["ocpi-to-party-id"]) == ("NL", "HUB")
    tell("CONNECTED")
    operate("put", module="sessions", object=samples.session(cdr_token=EMO))
    drain()
    (sent,) = hub.requests("PUT", "/receiver/sessions")
    assert (sent.headers["ocpi-to-country-code"], sent.headers["ocpi-to-party-id"]) == ("SE", "EMO")


def test_a_suspended_party_is_not_waited_for(
    tell: Any, operate: Any, drain: Any, clock: Any, events: Any, hub: Any
) -> None:
    """HCI-13: its CDR is undeliverable, and the operator is told to settle it in another way."""
    tell("SUSPENDED")
    operate("put", module="cdrs", object=samples.cdr(cdr_token=EMO))
    drain()
    clock.advance(7200)
    drain()
    assert hub.requests("", "/receiver/cdrs") == []
    assert waiting(operate, hub) == [("cdrs", "REFUSED", "SE/EMO is SUSPENDED, says its hub")]
    (failed,) = events("DeliveryFailed")
    assert (failed["detail"]["module"], failed["detail"]["reason"]) == (
        "cdrs",
        "SE/EMO is SUSPENDED, says its hub",
    )


@pytest.mark.parametrize("status", ["OFFLINE", "PLANNED", "SUSPENDED"])
def test_no_command_is_sent_to_a_party_that_is_away(tell: Any, operate: Any, hub: Any, status: str) -> None:
    """HCI-11 to HCI-13: the operator is told at once."""
    body = {"location_id": "L1", "evse_uid": "E1", "token": samples.token()}
    tell(status, role="CPO", party="SE/HID")
    with pytest.raises(OperatorRefused, match=f"SE/HID is {status}"):
        operate("send_command", command="START_SESSION", to="SE/HID", body=body)
    assert hub.requests("POST", "/commands") == []
    tell("CONNECTED", role="CPO", party="SE/HID")
    operate("send_command", command="START_SESSION", to="SE/HID", body=body)
    (sent,) = hub.requests("POST", "/commands")
    assert sent.headers["ocpi-to-party-id"] == "HID"


def test_of_two_hubs_the_one_that_leads_to_a_party_is_asked(
    ask: Any, operate: Any, drain: Any, clock: Any, register_partner: Any, hub: Any
) -> None:
    """AMB-30: what one hub says, or that it is away itself, closes no other; commands and authorizations."""
    other = register_partner(
        roles=[*BEHIND, {**HUB[0], "party_id": "HB2"}], version="2.2.1", name="Second", hub=True
    )
    token = {**samples.token("TWO1"), "country_code": "SE", "party_id": "EMO", "whitelist": "NEVER"}
    for each in (hub, other):
        url = f"/ocpi/{each.version}/receiver/tokens/SE/EMO/TWO1"
        assert ask("PUT", url, token=each.token, body=token).code == 1000
        each.answer("POST", "/tokens/TWO1/authorize", data={"allowed": "ALLOWED"})

    def tell(stub: Any, status: str) -> None:
        for role, party in (("CPO", "HID"), ("EMSP", "EMO")):
            body = {"country_code": "SE", "party_id": party, "role": role, "status": status}
            url = f"/ocpi/{stub.version}/receiver/hubclientinfo/SE/{party}"
            said = ask("PUT", url, token=stub.token, body={**body, "last_updated": clock()})
            assert said.code == 1000, said.text
        drain()

    def asked() -> Any:
        for each in (hub, other):
            each.forget()
        body = {"location_id": "L1", "evse_uid": "E1", "token": samples.token()}
        operate("send_command", command="START_SESSION", to="SE/HID", body=body)
        assert operate("authorize", uid="TWO1", type="RFID")["allowed"] == "ALLOWED"
        (found,) = (each for each in (hub, other) if each.requests("POST"))
        assert len(found.requests("POST")) == 2
        return found

    for away, there in ((hub, other), (other, hub)):
        tell(there, "CONNECTED")
        tell(away, "OFFLINE")
        assert asked() is there
    tell(other, "CONNECTED")
    first = asked()
    first.down()
    operate("put", module="locations", object=samples.location())
    for _ in range(6):
        drain()
        clock.advance(700)
    assert asked() is (other if first is hub else hub)


def test_a_connected_partys_objects_are_taken(ask: Any, tell: Any, hub: Any) -> None:
    """HCI-10: client-owned objects of a party that has become CONNECTED, through the hub."""
    body = {**samples.location("L9"), "country_code": "FI", "party_id": "NEW"}
    url = "/ocpi/2.3.0/receiver/locations/FI/NEW/L9"
    assert ask("PUT", url, token=hub.token, body=body).status == 404
    assert tell("CONNECTED", role="CPO", party="FI/NEW").status == 201
    assert ask("PUT", url, token=hub.token, body=body).status == 201


def test_an_emsp_that_is_away_is_not_asked_about_its_token(
    ask: Any, tell: Any, operate: Any, hub: Any
) -> None:
    """HCI-11, TOK-22: the whitelist decides alone."""
    token = {
        **samples.token("OFF1"),
        "country_code": "SE",
        "party_id": "EMO",
        "whitelist": "ALLOWED_OFFLINE",
    }
    url = "/ocpi/2.3.0/receiver/tokens/SE/EMO/OFF1"
    assert ask("PUT", url, token=hub.token, body=token).status == 201
    tell("OFFLINE")
    assert operate("authorize", uid="OFF1")["by"] == "OFFLINE"
    assert hub.requests("POST", "/authorize") == []


def test_what_is_said_of_a_party_is_of_the_hub_that_says_it(
    ask: Any, tell: Any, operate: Any, drain: Any, register_partner: Any, hub: Any
) -> None:
    """HCI-11: a party that is connected directly is not away because a hub says so."""
    direct = register_partner(roles=samples.EMSP_ROLES)
    drain()
    tell("OFFLINE", party="DE/MSP")
    operate("put", module="sessions", object=samples.session())
    drain()
    assert direct.requests("PUT", "/receiver/sessions")


def test_the_back_end_is_told_again_what_a_hub_told(
    tell: Any, hub: Any, operate: Any, drain: Any, events: Any
) -> None:
    """Design section 8: events again since a time"""
    tell("OFFLINE")
    drain()
    first = [
        each["detail"] for each in events("ObjectChanged") if each["detail"]["module"] == "hubclientinfo"
    ]
    operate("tell_again", module="hubclientinfo", since="2015-01-01T00:00:00Z")
    drain()
    again = [
        each["detail"] for each in events("ObjectChanged") if each["detail"]["module"] == "hubclientinfo"
    ]
    assert [_told(each) for each in again[len(first) :]] == [_told(each) for each in first[-1:]]


def _told(detail: dict[str, Any]) -> tuple[Any, ...]:
    return detail["owner"], detail["id"], detail["object"]["status"]
