"""For whom a connection speaks: hubs, takeovers, delegation and answers, each rule at the doors it is for."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from chalicelib import wiring
from chalicelib.ocpi import jsontext, modules
from chalicelib.ocpi.errors import Unauthorized
from chalicelib.partners import parties
from chalicelib.store import directory, partners
from chalicelib.tasks import StartPull
from tests import samples
from tests.harness import OperatorRefused
from tests.samples import NEWER, example
from tests.stub import PartnerStub

HUB = [{"role": "HUB", "country_code": "NL", "party_id": "HUB"}]
EMSP = {"role": "EMSP", "country_code": "DE", "party_id": "MSP"}
ONE = {"role": "EMSP", "country_code": "SE", "party_id": "ONE"}
TWO = {"role": "EMSP", "country_code": "SE", "party_id": "TWO"}
HID = {"role": "CPO", "country_code": "SE", "party_id": "HID"}
SCSP = {"role": "SCSP", "country_code": "SE", "party_id": "SMA"}
BEHIND = [ONE, TWO, HID, SCSP]
BACK = "https://ocpi.example.com/r"


def name(role: dict[str, str]) -> str:
    return f"{role['country_code']}/{role['party_id']}"


def sender(role: dict[str, str] | None) -> dict[str, str]:
    if role is None:
        return {}
    return {"OCPI-from-country-code": role["country_code"], "OCPI-from-party-id": role["party_id"]}


def client_info(role: dict[str, str], status: str = "CONNECTED") -> dict[str, Any]:
    return {**role, "status": status, "last_updated": NEWER}


def plain(value: Any) -> Any:
    """Without exact numbers, which a stub cannot say."""
    return json.loads(jsontext.dumps(value))


def card(role: dict[str, str]) -> dict[str, Any]:
    return {**samples.CARD, "country_code": role["country_code"], "party_id": role["party_id"]}


@pytest.fixture
def make_hub(hand: Any) -> Any:
    """A 2.2.1 hub that has told of these parties."""

    def make(behind: list[dict[str, str]] = BEHIND, drain: bool = True, **more: Any) -> PartnerStub:
        stub = PartnerStub(HUB, "2.2.1", "Hub", own_token="hub-token")
        hand._stubs.append(stub)
        invited = hand.operate("invite", name="Hub", hub=True, **more)
        answer = hand.ask("POST", "/ocpi/2.2.1/credentials", token=invited["token"], body=stub.credentials)
        stub.id, stub.token = invited["partner"], answer.data["token"]
        stub.objects["hubclientinfo"] = [client_info(each) for each in behind]
        if drain:
            hand.drain()
            stub.forget()
        return stub

    return make


@pytest.fixture
def hub(make_hub: Any) -> Any:
    return make_hub()


def listed(hand: Any, token: str, module: str, role: dict[str, str] | None = None) -> Any:
    path = f"/ocpi/2.2.1/sender/{module}?date_from=2020-01-01T00:00:00Z"
    return hand.ask("GET", path, token=token, headers=sender(role))


# rule 2: a hub is the operator's word


@pytest.mark.parametrize("version", modules.SINCE_2_2)
def test_a_partner_that_calls_itself_a_hub_is_refused(hand: Any, version: str) -> None:
    """AMB-18, AMB-19: at registration, and by a later PUT of credentials; nothing is changed."""
    partner = hand.register_partner(roles=[EMSP], version=version)
    claim: dict[str, Any] = dict(partner.credentials)
    if version == "2.3.0":
        claim["hub_party_id"] = "FRHUB"
    else:
        claim["roles"] = [{**HUB[0], "business_details": {"name": "x"}}]
    before = hand.operate("partner", partner=partner.id)
    answer = hand.ask("PUT", f"/ocpi/{version}/credentials", token=partner.token, body=claim)
    assert (answer.status, answer.code) == (200, 2001)
    invited = hand.operate("invite", name="x")
    answer = hand.ask("POST", f"/ocpi/{version}/credentials", token=invited["token"], body=claim)
    assert answer.code == 2001 and "ask the operator" in answer.json["status_message"]
    assert hand.operate("partner", partner=partner.id) == before
    assert hand.operate("partner", partner=invited["partner"])["state"] == "INVITED"


def test_hubclientinfo_of_a_partner_that_is_no_hub_is_refused(hand: Any) -> None:
    """Design section 9, rule 2; nothing is stored, and nobody is behind it."""
    partner = hand.register_partner(roles=[EMSP])
    url = f"/ocpi/2.2.1/receiver/hubclientinfo/{name(HID)}"
    assert hand.ask("PUT", url, token=partner.token, body=client_info(HID)).code == 2001
    assert hand.operate("list", module="hubclientinfo", party=name(HID))["objects"] == []
    assert parties.reached(hand.platform, ("SE", "HID")) is None


def test_the_operator_sees_who_is_a_hub(hand: Any, hub: Any) -> None:
    other = hand.register_partner(roles=[EMSP])
    assert hand.operate("partner", partner=hub.id)["hub"] is True
    assert hand.operate("partner", partner=other.id)["hub"] is False


def test_registering_with_a_hub_needs_the_word_of_the_operator(hand: Any) -> None:
    """Design section 9, rule 2: `is_hub`, and the hub is told that nothing came of it."""
    stub = PartnerStub(HUB, "2.2.1", "Hub", own_token="t")
    hand._stubs.append(stub)
    with pytest.raises(OperatorRefused) as refused:
        hand.operate("register", versions_url=f"{stub.base_url}/versions", token="a-token")
    assert refused.value.code == "is_hub"
    assert stub.requests("DELETE", "/credentials")
    found = hand.operate("register", versions_url=f"{stub.base_url}/versions", token="a-token", hub=True)
    assert (found["state"], found["hub"]) == ("REGISTERED", True)


def test_roles_beside_hub_bound_what_it_may_bring(hand: Any, make_hub: Any) -> None:
    """Design section 9, rule 2: also what it tells of later."""
    hub = make_hub(roles=[*HUB, ONE])
    assert parties.known(hand.platform, "EMSP", "CPO") == {("SE", "ONE")}
    assert listed(hand, hub.token, "locations", ONE).code == 1000
    assert listed(hand, hub.token, "locations", TWO).code == 2001
    body = example("location", owner=name(HID))
    url = f"/ocpi/2.2.1/receiver/locations/{name(HID)}/{body['id']}"
    assert hand.ask("PUT", url, token=hub.token, body=body).status == 404


def test_a_hub_that_lists_itself_alone_has_no_bounds(hand: Any, make_hub: Any) -> None:
    make_hub(roles=HUB)
    assert parties.known(hand.platform, "EMSP") == {("SE", "ONE"), ("SE", "TWO")}


# rule 3: whom a hub speaks for


def test_a_hub_speaks_for_nobody_who_is_hosted_or_connected_directly(hand: Any, make_hub: Any) -> None:
    """AMB-18: whenever the direct connection came, and at once in every process; not after it ended."""
    hub = make_hub([ONE, {**EMSP, "party_id": "EXM", "country_code": "NL"}])
    other = wiring.build(hand._environ, hand.platform.clients)
    partner = other.partners.get(hub.id)
    assert parties.spoken_for(other, partner, ("EMSP",)) == {("SE", "ONE")}
    direct = hand.register_partner(roles=[ONE])
    assert parties.spoken_for(other, partner, ("EMSP",)) == set()
    assert parties.reached(other, ("SE", "ONE"), "EMSP").id == direct.id
    answer = listed(hand, hub.token, "cdrs", ONE)
    assert answer.code == 2001 and "directly" in answer.json["status_message"]
    hand.operate("unregister", partner=direct.id)
    assert parties.spoken_for(other, partner, ("EMSP",)) == {("SE", "ONE")}


def test_a_party_that_is_suspended_is_spoken_for_no_longer(hand: Any, hub: Any) -> None:
    """HCI-07: it will not connect through this hub any more."""
    url = f"/ocpi/2.2.1/receiver/hubclientinfo/{name(ONE)}"
    assert hand.ask("PUT", url, token=hub.token, body=client_info(ONE, "SUSPENDED")).code == 1000
    assert listed(hand, hub.token, "cdrs", ONE).code == 2001
    assert hand.ask("PUT", url, token=hub.token, body=client_info(ONE)).code == 1000
    assert listed(hand, hub.token, "cdrs", ONE).code == 1000


def test_nothing_is_answered_before_a_hub_has_told_of_its_parties(hand: Any, make_hub: Any) -> None:
    """TRA-41: an empty list is the new truth; the hub may ask again."""
    hand.operate("put", module="locations", object=samples.location())
    hub = make_hub(drain=False)
    body = example("location", owner=name(HID))
    ours, there = "/ocpi/2.2.1/sender", "/ocpi/2.2.1/receiver"
    url = f"{there}/locations/{name(HID)}/{body['id']}"
    stop = {"session_id": "S1", "response_url": f"{hub.base_url}/r"}
    for answer in (
        listed(hand, hub.token, "locations"),
        listed(hand, hub.token, "cdrs", ONE),
        hand.ask("PUT", url, token=hub.token, body=body),
        hand.ask("PUT", f"{ours}/sessions/S1/charging_preferences", hub.token, {"profile_type": "CHEAP"}),
        hand.ask("GET", f"{there}/chargingprofiles/S1?duration=60&response_url={hub.base_url}/r", hub.token),
        hand.ask("POST", f"{there}/commands/STOP_SESSION", hub.token, stop),
    ):
        assert (answer.status, answer.code) == (200, 3000)
    hand.drain()
    assert [each["id"] for each in listed(hand, hub.token, "locations").data] == ["LOC1"]
    assert hand.ask("PUT", url, token=hub.token, body=body).status == 201


def test_everything_else_is_pulled_and_pushed_once_a_hub_has_told(hand: Any, make_hub: Any) -> None:
    """Through a hub, all that a direct partner has at its registration."""
    hand.operate("put", module="cdrs", object=example("cdr", "2.3.0", "NL/EXA", cdr_token=card(ONE)))
    hub = make_hub(drain=False)
    hub.objects["locations"] = [plain(example("location", owner=name(HID)))]
    hand.drain()
    lists = [each.path.rsplit("/", 1)[1] for each in hub.requests("GET", "/sender/")]
    assert lists[0] == "hubclientinfo" and lists.count("hubclientinfo") == 1 and "locations" in lists
    assert len(hand.operate("list", module="locations", party=name(HID))["objects"]) == 1
    (sent,) = hub.requests("POST", "/receiver/cdrs")
    assert (sent.headers["ocpi-to-country-code"], sent.headers["ocpi-to-party-id"]) == ("SE", "ONE")


def test_what_a_hub_does_not_list_of_others_stays(hand: Any, hub: Any) -> None:
    """AMB-33: a list says nothing of parties that it lists nothing of; one that left it is hidden."""
    other = {**HID, "party_id": "OTR"}
    url = f"/ocpi/2.2.1/receiver/hubclientinfo/{name(other)}"
    assert hand.ask("PUT", url, token=hub.token, body=client_info(other)).code == 1000
    for owner, id in ((HID, "GONE"), (other, "ALONE")):
        body = example("location", owner=name(owner), id=id)
        where = f"/ocpi/2.2.1/receiver/locations/{name(owner)}/{id}"
        assert hand.ask("PUT", where, token=hub.token, body=body).status == 201
    hub.objects["locations"] = [plain(example("location", owner=name(HID), id="KEPT"))]
    hand.clock.advance(10)
    hand.operate("pull", partner=hub.id, module="locations", full=True)
    hand.drain()
    hidden = {each["detail"]["id"] for each in hand.events("ObjectChanged") if each["detail"].get("hidden")}
    assert hidden == {"GONE"}


# what comes through a hub is for the party it comes from


def test_no_route_through_a_hub_gives_one_party_what_is_anothers(hand: Any, hub: Any) -> None:
    """Design section 10, ARC-12: every list and object, as every other party behind the same hub."""
    for owner in (ONE, TWO):
        for module, kind in (("cdrs", "cdr"), ("sessions", "session")):
            theirs = example(kind, "2.3.0", "NL/EXA", id=f"OF-{owner['party_id']}", cdr_token=card(owner))
            hand.operate("put", module=module, object=theirs)
        token = example("token", owner=name(owner), uid=f"OF-{owner['party_id']}")
        url = f"/ocpi/2.2.1/receiver/tokens/{name(owner)}/{token['uid']}"
        assert hand.ask("PUT", url, token=hub.token, body=token, headers=sender(owner)).status == 201
    for module in ("cdrs", "sessions"):
        for asks, ids in ((ONE, ["OF-ONE"]), (TWO, ["OF-TWO"]), (None, ["OF-ONE", "OF-TWO"]), (HID, [])):
            answer = listed(hand, hub.token, module, asks)
            assert sorted(each["id"] for each in answer.data or []) == ids, (module, asks)
            assert int(answer.headers["x-total-count"]) == len(ids)
    tried = 0
    for module in modules.MODULES:
        if not module.kind or module.id == "hubclientinfo":
            continue
        for side in module.interfaces:
            for operation in side.operations:
                if "2.2.1" not in operation.versions or not operation.shape:
                    continue
                values = dict.fromkeys(
                    ("location_id", "evse_uid", "connector_id", "tariff_id", "session_id", "cdr_id"), "OF-TWO"
                )
                values |= {"token_uid": "OF-TWO", "country_code": "SE", "party_id": "TWO"}
                path = f"/ocpi/2.2.1/{side.role.lower()}/{module.id}/{operation.shape.format(**values)}"
                body = {"last_updated": NEWER, "status": "INVALID", "valid": False, "profile_type": "CHEAP"}
                sent = None if operation.method == "GET" else body
                for asks in (ONE, HID, SCSP):
                    answer = hand.ask(
                        operation.method, path, token=hub.token, body=sent, headers=sender(asks)
                    )
                    tried += 1
                    assert answer.status < 500
                    assert answer.code >= 2000, (asks, operation.method, path, answer.text)
                    assert '"OF-TWO"' not in answer.text
    assert tried > 40
    mine = f"/ocpi/2.2.1/receiver/tokens/{name(TWO)}/OF-TWO"
    assert hand.ask("GET", mine, token=hub.token, headers=sender(TWO)).data["valid"] is True


def test_no_command_or_profile_comes_from_another_party_behind_the_hub(hand: Any, hub: Any) -> None:
    """CMD-19, CHP-06, CHP-23: a Session of TWO's customer, steered by TWO and by nobody else."""
    place = samples.location()
    place["evses"][0]["capabilities"] = ["CHARGING_PROFILE_CAPABLE", "UNLOCK_CAPABLE"]
    hand.operate("put", module="locations", object=place)
    session = samples.session(cdr_token=card(TWO), status="ACTIVE", location_id=place["id"])
    session |= {"evse_uid": place["evses"][0]["uid"]}
    hand.operate("put", module="sessions", object=session)
    back = f"{hub.base_url}/r"
    profile = example("set_charging_profile", "2.3.0", response_url=back)
    profile = {"charging_profile": profile["charging_profile"], "response_url": back}
    stop = {"session_id": session["id"], "response_url": back}
    unlock = {
        "location_id": place["id"],
        "evse_uid": place["evses"][0]["uid"],
        "connector_id": place["evses"][0]["connectors"][0]["id"],
        "response_url": back,
    }
    id = session["id"]
    urls = [
        ("POST", "receiver/commands/STOP_SESSION", stop),
        ("PUT", f"receiver/chargingprofiles/{id}", profile),
        ("GET", f"receiver/chargingprofiles/{id}?duration=60&response_url={back}", None),
        ("DELETE", f"receiver/chargingprofiles/{id}?response_url={back}", None),
    ]
    for method, path, body in urls:
        for asks in (ONE, HID, SCSP):
            answer = hand.ask(method, f"/ocpi/2.2.1/{path}", hub.token, body, sender(asks))
            assert '"ACCEPTED"' not in answer.text, (asks, method, path)
    answer = hand.ask(
        "POST", "/ocpi/2.2.1/receiver/commands/UNLOCK_CONNECTOR", hub.token, unlock, sender(HID)
    )
    assert '"ACCEPTED"' not in answer.text
    assert not hand.events("CommandReceived") and not hand.events("ProfileRequested")
    for method, path, body in urls:
        answer = hand.ask(method, f"/ocpi/2.2.1/{path}", hub.token, body, sender(TWO))
        assert '"ACCEPTED"' in answer.text, (method, path, answer.text)
    told = hand.events("CommandReceived") + hand.events("ProfileRequested")
    assert {each["detail"]["party"] for each in told} == {name(TWO)}


# rule 4: parties change their connection by invitation only


@pytest.fixture
def old(hand: Any) -> PartnerStub:
    """Connected by an invitation that named its roles."""
    roles = [EMSP, {**EMSP, "role": "CPO"}]
    stub = PartnerStub(roles, "2.2.1", "Old", own_token="old-token")
    hand._stubs.append(stub)
    stub.id, answer = register(hand, stub, roles=roles)
    stub.token = answer.data["token"]
    return stub


def register(hand: Any, stub: PartnerStub, **terms: Any) -> tuple[str, Any]:
    invited = hand.operate("invite", name="New", **terms)
    answer = hand.ask("POST", "/ocpi/2.2.1/credentials", token=invited["token"], body=stub.credentials)
    return invited["partner"], answer


@pytest.fixture
def new(hand: Any) -> PartnerStub:
    stub = PartnerStub([EMSP], "2.2.1", "New", own_token="new-token")
    hand._stubs.append(stub)
    return stub


def test_an_invitation_without_roles_takes_nothing_over(hand: Any, old: Any, new: Any, capsys: Any) -> None:
    """AMB-18: whatever versions URL it has; both sides are told what to do."""
    for stub in (new, old):  # the second knows everything that the older connection does
        id, answer = register(hand, stub)
        assert answer.code == 2001 and "invitation that names this role" in answer.json["status_message"]
        assert hand.operate("partner", partner=id)["state"] == "INVITED"
    assert hand.operate("partner", partner=old.id)["state"] == "REGISTERED"
    assert f"replaces={old.id}" in capsys.readouterr().out


def test_the_operator_hears_of_a_registration_that_is_refused(hand: Any, old: Any, new: Any) -> None:
    """Rule 4: the refusal tells both sides what to do; the same one is told once a day."""
    invited, _ = register(hand, new)
    (told,) = [each["detail"] for each in hand.events("RegistrationRefused")]
    assert told["partner"] == invited
    assert f"replaces {old.id}" in told["reason"] and "EMSP/DE/MSP" in told["reason"]
    claim = {**old.credentials, "roles": [{**HUB[0], "business_details": {"name": "x"}}]}
    for _ in range(2):
        assert hand.ask("PUT", "/ocpi/2.2.1/credentials", old.token, claim).code == 2001
    ids = [each["detail"]["event_id"] for each in hand.events("RegistrationRefused")]
    assert len(ids) == 3 and len(set(ids)) == 2


def test_named_roles_move_and_the_others_stay(hand: Any, old: Any, new: Any) -> None:
    """AMB-18: nobody else's connection ends by it."""
    id, answer = register(hand, new, roles=[EMSP])
    assert answer.code == 1000
    assert [each["role"] for each in hand.operate("partner", partner=old.id)["roles"]] == ["CPO"]
    assert parties.reached(hand.platform, ("DE", "MSP"), "EMSP").id == id
    assert parties.reached(hand.platform, ("DE", "MSP"), "CPO").id == old.id
    assert hand.ask("GET", "/ocpi/versions", token=old.token).code == 1000
    answer = hand.ask("PUT", "/ocpi/2.2.1/credentials", token=old.token, body=old.credentials)
    assert answer.code == 2001  # it does not take them back by itself


def test_an_invitation_that_replaces_ends_the_older_connection(hand: Any, old: Any, new: Any) -> None:
    _, answer = register(hand, new, replaces=old.id)
    assert answer.code == 1000
    assert hand.operate("partner", partner=old.id)["state"] == "UNREGISTERED"
    assert hand.ask("GET", "/ocpi/versions", token=old.token).status == 401
    assert parties.reached(hand.platform, ("DE", "MSP"), "CPO") is None
    assert [each["detail"]["partner"] for each in hand.events("PartnerUnregistered")] == [old.id]


def test_a_put_takes_nothing_over(hand: Any, old: Any) -> None:
    """Design section 9, rule 4: an invitation is one for a registration."""
    other = hand.register_partner(roles=[HID], name="Other")
    claim = {**other.credentials, "roles": old.credentials["roles"], "url": old.credentials["url"]}
    assert hand.ask("PUT", "/ocpi/2.2.1/credentials", token=other.token, body=claim).code == 2001
    assert hand.operate("partner", partner=old.id)["state"] == "REGISTERED"


def test_replaces_names_a_partner_there_is(hand: Any) -> None:
    with pytest.raises(OperatorRefused) as refused:
        hand.operate("invite", name="x", replaces="nobody")
    assert refused.value.pointer == "/replaces"


# rule 5, and authorization


def test_an_scsp_behind_a_hub_acts_where_it_is_delegated_to(hand: Any, make_hub: Any) -> None:
    """CHP-06: the provider, not the hub's other parties, nor the hub itself."""
    hub = make_hub(smart_charging="delegated")
    hand.operate("put", module="sessions", object=samples.session(cdr_token=card(EMSP)))
    hand.drain()
    (sent,) = hub.requests("PUT", "/receiver/sessions")
    assert sent.headers["ocpi-to-party-id"] == "SMA"
    assert len(listed(hand, hub.token, "sessions", SCSP).data) == 1
    for asks in (ONE, HID, None):
        assert listed(hand, hub.token, "sessions", asks).data == []


def test_a_card_nobody_knows_is_asked_of_a_hub_without_a_receiver(hand: Any, hub: Any) -> None:
    """HUB-26, AMB-73; the Token in the answer is of a party behind that hub."""
    verdicts = {"MINE": (ONE, "REAL_TIME"), "THEIRS": (EMSP, None)}
    for uid, (owner, _) in verdicts.items():
        token = example("token", owner=name(owner), uid=uid)
        hub.answer("POST", f"/{uid}/authorize", data={"allowed": "ALLOWED", "token": token})
    assert hand.operate("authorize", uid="MINE", type="RFID")["allowed"] == "ALLOWED"
    with pytest.raises(OperatorRefused):
        hand.operate("authorize", uid="THEIRS", type="RFID")
    for asked in hub.requests("POST", "/authorize"):
        assert "ocpi-to-party-id" not in asked.headers and asked.headers["ocpi-from-party-id"] == "EXA"


@pytest.mark.parametrize("changes", [{"uid": "OTHER"}, {"party_id": "XXX"}, {"type": "APP_USER"}])
def test_an_answer_about_another_card_is_none(hand: Any, changes: dict[str, Any]) -> None:
    """TRA-56, TRA-59: what is refused in a request is not believed in an answer."""
    partner = hand.register_partner(roles=[EMSP])
    token = {**example("token", owner=name(EMSP), uid="CARD"), "type": "RFID"}
    partner.answer("POST", "/authorize", data={"allowed": "ALLOWED", "token": {**token, **changes}})
    with pytest.raises(OperatorRefused):
        hand.operate("authorize", uid="CARD", type="RFID")


def test_only_who_can_own_a_token_is_asked(hand: Any) -> None:
    """AMB-73: no CPO, whatever it offers; of an EMAID its issuer."""
    cpo, one = hand.register_partner(roles=[HID]), hand.register_partner(roles=[ONE])
    two = hand.register_partner(roles=[TWO])
    hand.drain()
    for each in (one, two):
        each.answer("POST", "/authorize", status=404, code=2004)
    for uid, kind in (("SE-TWO-C12345678-9", "EMAID"), ("CARD", "RFID")):
        with pytest.raises(OperatorRefused):
            hand.operate("authorize", uid=uid, type=kind)
    assert cpo.requests("POST", "/authorize") == []
    assert [len(each.requests("POST", "/authorize")) for each in (one, two)] == [1, 2]


def test_a_private_location_reaches_each_reader_behind_a_hub_and_nobody_else(hand: Any, hub: Any) -> None:
    """LOC-13, HUB-04: not by a broadcast, which would be for all."""
    for owner in (ONE, TWO):
        token = example("token", owner=name(owner), uid=f"OF-{owner['party_id']}")
        url = f"/ocpi/2.2.1/receiver/tokens/{name(owner)}/{token['uid']}"
        assert hand.ask("PUT", url, token=hub.token, body=token).status == 201
    uids = [{"uid": f"OF-{each['party_id']}", "type": "RFID"} for each in (ONE, TWO)]
    place = {**samples.location("PRIVATE"), "publish": False, "publish_allowed_to": uids[:1]}
    hand.operate("put", module="locations", object=place)
    hand.drain()
    to = [each.headers["ocpi-to-party-id"] for each in hub.requests("PUT", "/receiver/locations")]
    assert to == ["ONE"]
    hub.forget()
    hand.operate(
        "put", module="locations", object={**place, "publish_allowed_to": uids, "last_updated": NEWER}
    )
    hand.drain()
    to = [each.headers["ocpi-to-party-id"] for each in hub.requests("PUT", "/receiver/locations")]
    assert sorted(to) == ["ONE", "TWO"]


# known at once, and what it costs


def test_one_small_item_tells_every_process_and_nothing_scans_the_partners(
    hand: Any, hub: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design section 9, rule 3: at most one read more per request, for a direct partner a few a second."""
    direct = hand.register_partner(roles=[EMSP])
    for room, seconds in ((partners, "CACHE_SECONDS"), (partners, "SEEN_WITHIN"), (directory, "READ_AGAIN")):
        monkeypatch.setattr(room, seconds, 3600)  # however slow this machine
    hand._wire(hand.platform.clients)  # nothing is remembered from before
    hand.functions.platform = hand.platform
    client, calls = hand.platform.clients.dynamodb, []
    made = client._make_api_call

    def call(operation: str, given: Any) -> Any:
        if "partners" in json.dumps(given, default=str):
            calls.append((operation, given.get("Key", {}).get("id", {}).get("S", "")))
        return made(operation, given)

    listed(hand, hub.token, "cdrs", ONE), listed(hand, direct.token, "cdrs")
    monkeypatch.setattr(client, "_make_api_call", call)
    assert listed(hand, hub.token, "cdrs", ONE).code == 1000
    assert calls == [("GetItem", "directory")]
    calls.clear()
    assert listed(hand, direct.token, "cdrs").code == 1000
    assert calls in ([], [("GetItem", "directory")])
    hand.operate("put", module="locations", object=samples.location())
    hand.drain()
    assert "Scan" not in {operation for operation, _ in calls}


def test_the_operators_word_holds_in_every_process_when_it_is_answered(hand: Any) -> None:
    """Suspended, resumed, unregistered and made a hub by one process; the next request asks another."""
    other = wiring.build(hand._environ, hand.platform.clients)
    partner = hand.register_partner(roles=[EMSP])
    header = "Token " + base64.b64encode(partner.token.encode()).decode()

    def state() -> str:
        return other.partners.authenticate(header)[0].state

    assert state() == "REGISTERED"
    hand.operate("suspend", partner=partner.id)
    assert state() == "SUSPENDED"
    hand.operate("resume", partner=partner.id)
    assert (state(), other.partners.get(partner.id).policy) == ("REGISTERED", "durable")
    hand.operate("partner_options", partner=partner.id, policy="spec")
    assert other.partners.get(partner.id).policy == "spec"
    hand.operate("invite", partner=partner.id, hub=True)
    assert other.partners.get(partner.id).hub is True
    hand.operate("unregister", partner=partner.id)
    with pytest.raises(Unauthorized):
        state()


def test_the_operators_word_about_two_parties_holds_in_every_process(hand: Any, make_platform: Any) -> None:
    """At a hub: an agreement that ends, seen by the next request of another process."""
    hub = make_platform({"OCPI_PARTIES": json.dumps([{**HUB[0], "business_details": {"name": "H"}}])})
    other = wiring.build(hub._environ, hub.platform.clients)
    hub.register_partner(roles=[EMSP])
    hub.register_partner(roles=[HID])
    assert parties.agreed(other, ("DE", "MSP"), ("SE", "HID"))
    hub.operate("agree", parties=[name(EMSP), name(HID)], allowed=False)
    assert not parties.agreed(other, ("DE", "MSP"), ("SE", "HID"))


def test_a_partner_of_an_earlier_release_is_entered_when_it_is_met(hand: Any) -> None:
    """It has no entry in the directory: its first request, or its next pull, makes one."""
    for meet in ("request", "pull"):
        roles = [{"role": "EMSP", "country_code": "DE", "party_id": "OLD" if meet == "pull" else "OLE"}]
        partner = hand.register_partner(roles=roles)
        hand.platform.clients.dynamodb.delete_item(
            TableName=hand.platform.partners.table, Key={"id": {"S": "directory#members"}}
        )
        hand._wire(hand.platform.clients)
        hand.functions.platform = hand.platform
        party = roles[0]["country_code"], roles[0]["party_id"]
        assert parties.reached(hand.platform, party) is None
        if meet == "request":
            assert listed(hand, partner.token, "cdrs").code == 1000
        else:
            hand.platform.queues.send([StartPull(partner.id)])
            hand.drain(sweep=False)
        assert parties.reached(hand.platform, party, "EMSP").id == partner.id


def test_what_one_process_is_told_of_a_hub_another_knows(hand: Any, make_hub: Any) -> None:
    """HUB-33: no memory of seconds."""
    hub = make_hub([])
    other = wiring.build(hand._environ, hand.platform.clients)
    assert parties.reached(other, ("SE", "HID"), "CPO") is None
    url = f"/ocpi/2.2.1/receiver/hubclientinfo/{name(HID)}"
    assert hand.ask("PUT", url, token=hub.token, body=client_info(HID)).code == 1000
    assert parties.reached(other, ("SE", "HID"), "CPO").id == hub.id
    assert parties.reached(other, ("SE", "HID"), "EMSP") is None


@pytest.mark.parametrize("role", ["OTHER", "NAP", "NSP", "SCSP"])
def test_a_party_in_another_role_of_another_connection_is_not_spoken_for(hand: Any, role: str) -> None:
    """Design section 9, rule 1: no role that says the same gives anybody what is of who is here."""
    cpo = hand.register_partner(roles=[{"role": "CPO", "country_code": "BE", "party_id": "BEC"}])
    emsp = hand.register_partner(roles=[EMSP])
    place = example("location", owner="BE/BEC", id="THEIRS")
    url = "/ocpi/2.2.1/receiver/locations/BE/BEC/THEIRS"
    assert hand.ask("PUT", url, cpo.token, place).code == 1000
    told = example("token", owner=name(EMSP), uid="DECARD1")
    assert hand.ask("PUT", f"/ocpi/2.2.1/receiver/tokens/{name(EMSP)}/DECARD1", emsp.token, told).code == 1000
    secret = {"publish": False, "publish_allowed_to": [{"uid": "DECARD1", "type": "RFID"}]}
    hand.operate("put", module="locations", object=samples.location("SECRET", **secret))
    hand.operate("put", module="cdrs", object=samples.cdr(cdr_token=card(EMSP)))
    hand.operate("put", module="sessions", object=samples.session(cdr_token=card(EMSP)))
    hand.drain()
    for party in (EMSP, {**EMSP, "country_code": "BE", "party_id": "BEC"}):
        other = hand.register_partner(roles=[{**party, "role": role}])
        hand.drain()
        for module in ("cdrs", "sessions", "locations"):
            seen = [each["id"] for each in listed(hand, other.token, module).data or ()]
            assert set(seen) <= set(), (module, seen)
        assert hand.ask("PUT", url, other.token, {**place, "last_updated": NEWER}).code >= 2000
        assert hand.ask("GET", url, other.token).code >= 2000
        assert other.requests("POST", "/cdrs") + other.requests("PUT", "/receiver/") == []
        hand.operate("unregister", partner=other.id)
    assert [each["id"] for each in listed(hand, emsp.token, "cdrs").data] == ["C1"]
    assert {each["id"] for each in listed(hand, emsp.token, "locations").data} == {"SECRET"}
