"""Charging profiles, received and sent (CHP, AMB-46 to AMB-48)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from tests.dying import go_away
from tests.harness import OperatorRefused
from tests.samples import capable_evse, capable_location, their_session
from tests.stub import PartnerStub

URL = "/ocpi/2.2.1/receiver/chargingprofiles/"
PROFILE = {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 7400.5}]}
ACTIVE = {"start_date_time": "2026-01-01T00:00:00Z", "charging_profile": PROFILE}
SCSP = [{"role": "SCSP", "country_code": "DE", "party_id": "SMA"}]


@pytest.fixture
def charging(operate: Any) -> None:
    operate("put", module="locations", object=capable_location())
    operate("put", module="sessions", object=their_session("S1"))


def setting(partner: PartnerStub, id: str = "1") -> dict[str, Any]:
    return {"charging_profile": PROFILE, "response_url": f"{partner.base_url}/results/{id}"}


def received(operate: Any) -> list[dict[str, Any]]:
    return operate("commands", module="chargingprofiles", direction="RECEIVED")["commands"]


def results(partner: PartnerStub) -> list[Any]:
    return [each.json for each in partner.requests("POST", "/results/")]


def pushed(partner: PartnerStub) -> list[Any]:
    return partner.requests("PUT", "/sender/chargingprofiles/")


def test_a_profile_is_set_and_its_result_posted(
    ask: Any, operate: Any, drain: Any, events: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-11, CHP-13, CHP-15, CHP-45."""
    answer = ask("PUT", URL + "S1", partner.token, setting(partner))
    assert (answer.status, answer.code) == (200, 1000)
    assert answer.data == {"result": "ACCEPTED", "timeout": 30}
    (event,) = events("ProfileRequested")
    assert event["detail"]["command"] == "SET_PROFILE"
    assert event["detail"]["session_id"] == "S1"
    assert event["detail"]["body"]["charging_profile"] == PROFILE
    operate("answer_profile", id=event["detail"]["id"], result="ACCEPTED")
    drain()
    assert results(partner) == [{"result": "ACCEPTED"}]
    assert len(events("ProfileConcluded")) == 1


def test_the_active_profile_is_asked_and_answered(
    ask: Any, operate: Any, drain: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-10, CHP-17."""
    url = quote(f"{partner.base_url}/results/1?x=1&y=2", safe="")
    answer = ask("GET", f"{URL}S1?duration=900&response_url={url}", partner.token)
    assert answer.data["result"] == "ACCEPTED"
    (record,) = received(operate)
    assert record["body"] == {"duration": 900}
    with pytest.raises(OperatorRefused):
        operate("answer_profile", id=record["id"], result="ACCEPTED")  # without the profile
    operate("answer_profile", id=record["id"], result="ACCEPTED", profile=ACTIVE)
    drain()
    assert results(partner) == [{"result": "ACCEPTED", "profile": ACTIVE}]
    assert partner.requests("POST", "/results/1")[0].query == {"x": "1", "y": "2"}


def test_a_profile_is_cleared(
    ask: Any, operate: Any, drain: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-12, CHP-16, AMB-48: a response_url that was not encoded is put together again."""
    url = f"{partner.base_url}/results/1?x=1&y=2"
    assert ask("DELETE", f"{URL}S1?response_url={url}", partner.token).data["result"] == "ACCEPTED"
    (record,) = received(operate)
    operate("answer_profile", id=record["id"], result="UNKNOWN")
    drain()
    assert results(partner) == [{"result": "UNKNOWN"}]
    assert partner.requests("POST", "/results/1")[0].query == {"x": "1", "y": "2"}


@pytest.mark.parametrize(
    "query",
    [
        "",
        "?duration=900",
        "?response_url=http://evil.example.com/&duration=9",
        "?duration=-1&response_url={}",
        "?duration=x&response_url={}",
        "?duration=99999999999&response_url={}",
        "?response_url={}",
    ],
)
def test_wrong_parameters_are_refused(
    query: str, ask: Any, operate: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-10, AMB-25."""
    answer = ask("GET", URL + "S1" + query.replace("{}", partner.base_url), partner.token)
    assert (answer.status, answer.code) == (200, 2001)
    assert received(operate) == []


def test_sessions_that_take_no_profile(
    ask: Any, operate: Any, partner: PartnerStub, register_partner: Any, charging: None
) -> None:
    """CHP-02, CHP-14, CHP-23."""
    operate(
        "put",
        module="locations",
        object=capable_location(id="LOC2", evses=[capable_evse(capabilities=["RFID_READER"])]),
    )
    operate("put", module="sessions", object=their_session("OTHERS", emsp="FR/ABC"))
    operate("put", module="sessions", object=their_session("OVER", status="COMPLETED"))
    operate("put", module="sessions", object={**their_session("DUMB"), "location_id": "LOC2"})

    def result(id: str, who: PartnerStub = partner) -> Any:
        return ask("PUT", URL + id, who.token, setting(who)).data["result"]

    assert result("NONE") == "UNKNOWN_SESSION"
    assert result("OTHERS") == "UNKNOWN_SESSION"
    assert result("OVER") == "REJECTED"
    assert result("DUMB") == "NOT_SUPPORTED"
    assert received(operate) == []
    assert result("OTHERS", register_partner(SCSP, smart_charging="delegated")) == "ACCEPTED"


def test_what_nobody_answers_is_rejected_once(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, charging: None
) -> None:
    """ChargingProfileResultType has no TIMEOUT (CHP-16)."""
    ask("PUT", URL + "S1", partner.token, setting(partner))
    clock.advance(31)
    drain()
    clock.advance(100)
    drain()
    assert results(partner) == [{"result": "REJECTED"}]


def test_a_change_is_pushed_to_those_who_set_a_profile_and_to_nobody_else(
    ask: Any, operate: Any, drain: Any, partner: PartnerStub, register_partner: Any, charging: None
) -> None:
    """CHP-30, CHP-31, CHP-36."""
    provider = register_partner(SCSP, smart_charging="delegated")
    other = register_partner(
        [{"role": "SCSP", "country_code": "FR", "party_id": "SMA"}], smart_charging="delegated"
    )
    assert operate("active_profile", session_id="S1", profile=ACTIVE)["told"] == []
    for who, result in ((partner, "ACCEPTED"), (provider, "REJECTED"), (other, "ACCEPTED")):
        ask("PUT", URL + "S1", who.token, setting(who))
        operate("answer_profile", id=received(operate)[0]["id"], result=result)
    drain()
    told = operate("active_profile", session_id="S1", profile=ACTIVE)["told"]
    assert sorted(told) == sorted([partner.id, other.id])
    drain()
    assert [each.json for each in pushed(partner)] == [ACTIVE]
    assert pushed(partner)[0].path.endswith("/sender/chargingprofiles/S1")
    assert len(pushed(other)) == 1
    assert pushed(provider) == []


def test_a_newer_change_replaces_one_that_could_not_be_told(
    hand: Any, ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-30: what is told late is what is true then."""
    ask("PUT", URL + "S1", partner.token, setting(partner))
    operate("answer_profile", id=received(operate)[0]["id"], result="ACCEPTED")
    drain()
    go_away(hand, partner)
    operate("active_profile", session_id="S1", profile=ACTIVE)
    drain()
    newer = {**ACTIVE, "start_date_time": "2026-01-01T00:05:00Z"}
    operate("active_profile", session_id="S1", profile=newer)
    partner.up()
    for _ in range(3):
        drain()
        clock.advance(40)
    assert [each.json for each in pushed(partner)] == [newer]


# As their sender


def theirs(ask: Any, partner: PartnerStub, id: str = "S9") -> None:
    body = their_session(id, "BE/BEC", "NL/EXM")
    assert ask("PUT", f"/ocpi/2.2.1/receiver/sessions/BE/BEC/{id}", partner.token, body).code == 1000


def test_we_set_a_profile_and_hear_of_it(ask: Any, operate: Any, events: Any, partner: PartnerStub) -> None:
    """CHP-11, CHP-18, CHP-19."""
    theirs(ask, partner)
    record = operate("set_profile", session_id="S9", charging_profile=PROFILE)
    assert record["state"] == "PENDING"
    (request,) = partner.requests("PUT", "/receiver/chargingprofiles/S9")
    assert request.json["charging_profile"] == PROFILE
    url = request.json["response_url"]
    assert url.endswith(f"/ocpi/2.2.1/sender/chargingprofiles/results/{record['id']}")
    answer = ask("POST", url, partner.token, {"result": "ACCEPTED"})
    assert answer.code == 1000
    assert "data" not in answer.json
    assert [each["detail"]["result"]["result"] for each in events("ProfileConcluded")] == ["ACCEPTED"]


def test_we_ask_for_the_active_profile_and_clear_it(ask: Any, operate: Any, partner: PartnerStub) -> None:
    """CHP-10, CHP-12, AMB-48: the response_url is percent-encoded."""
    theirs(ask, partner)
    partner.answer("GET", "/chargingprofiles/", data={"result": "ACCEPTED", "timeout": 30})
    asked = operate("active_profile", session_id="S9", duration=900)
    (request,) = partner.requests("GET", "/receiver/chargingprofiles/S9")
    assert request.query["duration"] == "900"
    assert (
        ask(
            "POST", request.query["response_url"], partner.token, {"result": "ACCEPTED", "profile": ACTIVE}
        ).code
        == 1000
    )
    assert operate("command", id=asked["id"])["result"]["profile"] == ACTIVE
    cleared = operate("clear_profile", session_id="S9")
    (request,) = partner.requests("DELETE", "/receiver/chargingprofiles/S9")
    assert ask("POST", request.query["response_url"], partner.token, {"result": "UNKNOWN"}).code == 1000
    assert operate("command", id=cleared["id"])["result"] == {"result": "UNKNOWN"}


def test_a_profile_for_a_session_we_do_not_know_needs_its_party(operate: Any, partner: PartnerStub) -> None:
    """AMB-46."""
    with pytest.raises(OperatorRefused) as refused:
        operate("set_profile", session_id="S9", charging_profile=PROFILE)
    assert refused.value.code == "unknown_session"
    record = operate("set_profile", session_id="S9", party="BE/BEC", charging_profile=PROFILE)
    assert record["party"] == "BE/BEC"


def test_results_of_another_partner_or_of_unknown_ids_change_nothing(
    ask: Any, operate: Any, partner: PartnerStub, register_partner: Any
) -> None:
    other = register_partner([{"role": "CPO", "country_code": "FR", "party_id": "ABC"}])
    record = operate("set_profile", session_id="S9", party="BE/BEC", charging_profile=PROFILE)
    url = f"/ocpi/2.2.1/sender/chargingprofiles/results/{record['id']}"
    command = f"/ocpi/2.2.1/sender/commands/SET_PROFILE/{record['id']}"
    tried = [
        ask("POST", url, other.token, {"result": "ACCEPTED"}),
        ask("POST", url + "x", partner.token, {"result": "ACCEPTED"}),
        ask("POST", command, partner.token, {"result": "ACCEPTED"}),
    ]
    assert {(each.status, each.code) for each in tried} == {(404, 2001)}
    assert operate("command", id=record["id"])["state"] == "PENDING"


def test_a_cpo_tells_of_a_changed_profile(
    ask: Any, events: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """CHP-30, AMB-47; only of sessions it has with us."""
    theirs(ask, partner)
    url = "/ocpi/2.2.1/sender/chargingprofiles/"
    answer = ask("PUT", url + "S9", partner.token, ACTIVE)
    assert (answer.status, answer.code) == (200, 1000)
    assert "data" not in answer.json
    assert ask("PUT", url + "S10", partner.token, ACTIVE).status == 404
    other = register_partner([{"role": "CPO", "country_code": "FR", "party_id": "ABC"}])
    assert ask("PUT", url + "S9", other.token, ACTIVE).status == 404
    told = [
        each["detail"] for each in events("ObjectChanged") if each["detail"]["module"] == "chargingprofiles"
    ]
    assert [(each["owner"], each["id"]) for each in told] == [("BE/BEC", "S9")]
    assert told[0]["object"] == ACTIVE


def test_as_emsp_we_pass_on_what_a_smart_charging_provider_asks(
    ask: Any, operate: Any, drain: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """CHP-40, AMB-46: own response_url to the CPO; response, result and changes come back."""
    theirs(ask, partner)
    provider = register_partner(SCSP, smart_charging="delegated")
    partner.answer("PUT", "/receiver/chargingprofiles/", data={"result": "ACCEPTED", "timeout": 12})
    answer = ask("PUT", URL + "BE*BEC*S9", provider.token, setting(provider))
    assert answer.data == {"result": "ACCEPTED", "timeout": 12}
    (request,) = partner.requests("PUT", "/receiver/chargingprofiles/S9")
    assert "ocpi.example.com" in request.json["response_url"]
    assert ask("POST", request.json["response_url"], partner.token, {"result": "ACCEPTED"}).code == 1000
    drain()
    assert results(provider) == [{"result": "ACCEPTED"}]
    assert ask("PUT", "/ocpi/2.2.1/sender/chargingprofiles/S9", partner.token, ACTIVE).code == 1000
    drain()
    (push,) = pushed(provider)
    assert push.json == ACTIVE
    assert push.path.endswith("/BE*BEC*S9")


def test_a_provider_to_which_nothing_is_delegated_any_more_neither_acts_nor_hears(
    ask: Any, operate: Any, drain: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """CHP-06, design section 9, rule 5: from the moment on that the operator says so, in every request."""
    theirs(ask, partner)
    provider = register_partner(SCSP, smart_charging="delegated")
    partner.answer("PUT", "/receiver/chargingprofiles/", data={"result": "ACCEPTED", "timeout": 12})
    ask("PUT", URL + "S9", provider.token, setting(provider))
    (request,) = partner.requests("PUT", "/receiver/chargingprofiles/S9")
    ask("POST", request.json["response_url"], partner.token, {"result": "ACCEPTED"})
    drain()
    shown = operate("partner_options", partner=provider.id, smart_charging="none")
    assert shown["smart_charging"] == "none"
    asked = len(partner.requests("PUT", "/receiver/chargingprofiles/"))
    query = f"?duration=60&response_url={provider.base_url}/results/2"
    for answer in (
        ask("PUT", URL + "S9", provider.token, setting(provider, "3")),
        ask("GET", URL + "S9" + query, provider.token),
        ask("DELETE", URL + "S9" + query, provider.token),
    ):
        assert answer.data["result"] == "UNKNOWN_SESSION"
    assert ask("PUT", "/ocpi/2.2.1/sender/chargingprofiles/S9", partner.token, ACTIVE).code == 1000
    drain()
    assert pushed(provider) == []
    assert len(partner.requests("PUT", "/receiver/chargingprofiles/")) == asked
    operate("partner_options", partner=provider.id, smart_charging="delegated")
    assert ask("PUT", URL + "S9", provider.token, setting(provider, "4")).data["result"] == "ACCEPTED"


def test_a_refusal_by_the_cpo_is_passed_back_at_once(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """CHP-40; no result follows."""
    theirs(ask, partner)
    provider = register_partner(SCSP, smart_charging="delegated")
    partner.answer("PUT", "/receiver/chargingprofiles/", data={"result": "TOO_OFTEN", "timeout": 12})
    assert ask("PUT", URL + "S9", provider.token, setting(provider)).data["result"] == "TOO_OFTEN"
    clock.advance(100)
    drain()
    assert results(provider) == []
    assert {each["state"] for each in operate("commands", module="chargingprofiles")["commands"]} == {
        "CONCLUDED"
    }


def test_a_provider_does_not_reach_sessions_of_others_customers(
    ask: Any, partner: PartnerStub, register_partner: Any
) -> None:
    body = their_session("S8", "BE/BEC", "DE/MSP")
    ask("PUT", "/ocpi/2.2.1/receiver/sessions/BE/BEC/S8", partner.token, body)
    provider = register_partner(SCSP, smart_charging="delegated")
    assert ask("PUT", URL + "S8", provider.token, setting(provider)).data["result"] == "UNKNOWN_SESSION"
    assert partner.requests("PUT", "/receiver/chargingprofiles/") == []


@pytest.mark.parametrize(
    "body", [{}, [], {"charging_profile": 1}, {"charging_profile": {}}, "x"], ids=json.dumps
)
def test_bodies_that_are_no_profile_are_refused(
    body: Any, ask: Any, operate: Any, partner: PartnerStub, charging: None
) -> None:
    if isinstance(body, dict):
        body = {"response_url": f"{partner.base_url}/results/1", **body}
    assert ask("PUT", URL + "S1", partner.token, body).code == 2001
    assert received(operate) == []
