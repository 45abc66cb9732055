"""Commands that partners send us, as the CPO (CMD, AMB-25, AMB-43, AMB-44)."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest

from tests.dying import die_everywhere
from tests.harness import OperatorRefused
from tests.samples import capable_evse, capable_location, their_session, their_token
from tests.stub import PartnerStub

URL = "/ocpi/2.2.1/receiver/commands/"


@pytest.fixture
def place(operate: Any) -> None:
    operate("put", module="locations", object=capable_location())


def start(partner: PartnerStub, **more: Any) -> dict[str, Any]:
    return {
        "response_url": f"{partner.base_url}/results/1",
        "token": their_token(),
        "location_id": "LOC1",
        "evse_uid": "E1",
        **more,
    }


def results(partner: PartnerStub) -> list[Any]:
    return [each.json for each in partner.requests("POST", "/results/")]


def received(operate: Any) -> list[dict[str, Any]]:
    return operate("commands", direction="RECEIVED")["commands"]


@pytest.mark.parametrize("word", ["start_session", "START-SESSION", "StartSession", "START_SESSION/"])
def test_a_command_in_other_letters_is_that_command(
    ask: Any, events: Any, partner: PartnerStub, place: None, word: str
) -> None:
    """Design section 6, rule 1."""
    assert ask("POST", URL + word, partner.token, start(partner)).data["result"] == "ACCEPTED"
    assert events("CommandReceived")[0]["detail"]["command"] == "START_SESSION"


def test_an_accepted_command_is_told_awaited_and_answered_once(
    ask: Any, operate: Any, drain: Any, events: Any, partner: PartnerStub, place: None
) -> None:
    """CMD-04, CMD-06, CMD-08, CMD-09, AMB-25: the bare result goes to the very response_url."""
    routing = {
        "OCPI-from-country-code": "DE",
        "OCPI-from-party-id": "MSP",
        "OCPI-to-country-code": "NL",
        "OCPI-to-party-id": "EXA",
    }
    answer = ask("POST", URL + "START_SESSION", partner.token, start(partner), headers=routing)
    assert (answer.status, answer.code) == (200, 1000)
    assert answer.data == {"result": "ACCEPTED", "timeout": 30}
    heard = events("CommandReceived")
    assert len(heard) == 1
    detail = heard[0]["detail"]
    assert detail["command"] == "START_SESSION"
    assert detail["state"] == "PENDING"
    assert detail["body"]["token"]["uid"] == "CARD1"
    assert "response_url" not in detail["body"]
    assert (detail["party"], detail["hosted_party"]) == ("DE/MSP", "NL/EXA")
    operate("answer_command", id=detail["id"], result="ACCEPTED", message="go ahead")
    drain()
    assert results(partner) == [{"result": "ACCEPTED", "message": [{"language": "en", "text": "go ahead"}]}]
    sent = partner.requests("POST", "/results/1")[0]
    assert sent.token == partner.own_token
    assert (sent.headers["ocpi-to-country-code"], sent.headers["ocpi-to-party-id"]) == ("DE", "MSP")
    assert (sent.headers["ocpi-from-country-code"], sent.headers["ocpi-from-party-id"]) == ("NL", "EXA")
    record = operate("command", id=detail["id"])
    assert record["state"] == "CONCLUDED"
    assert record["delivery"] == "DELIVERED"
    assert [each["detail"]["id"] for each in events("CommandConcluded")] == [detail["id"]]


@pytest.mark.parametrize("type_", ["RFID", "APP_USER", "AD_HOC_USER"])
def test_the_token_of_a_command_is_neither_judged_nor_asked_about(
    ask: Any, operate: Any, drain: Any, events: Any, partner: PartnerStub, place: None, type_: str
) -> None:
    """CMD-31, CMD-32, CMD-33: its eMSP sent it, which says that it may charge."""
    theirs = {**their_token(), "type": type_, "valid": False, "whitelist": "NEVER"}
    answer = ask("POST", URL + "START_SESSION", partner.token, start(partner, token=theirs))
    assert answer.data["result"] == "ACCEPTED"
    (heard,) = events("CommandReceived")
    operate("answer_command", id=heard["detail"]["id"], result="ACCEPTED")
    drain()
    assert results(partner) == [{"result": "ACCEPTED"}]
    assert partner.requests("POST", "/authorize") == []


def test_a_good_result_makes_no_session(
    ask: Any, operate: Any, drain: Any, events: Any, partner: PartnerStub, place: None
) -> None:
    """CMD-16: the car may never be plugged in; only the back end's `put` makes a Session."""
    ask("POST", URL + "START_SESSION", partner.token, start(partner))
    operate("answer_command", id=events("CommandReceived")[0]["detail"]["id"], result="ACCEPTED")
    drain()
    assert operate("list", module="sessions")["objects"] == []
    assert partner.requests("PUT", "/sessions/") == []


def test_a_command_nobody_answers_ends_in_one_timeout(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, place: None
) -> None:
    """CMD-15; a later answer of the back end is refused."""
    ask("POST", URL + "START_SESSION", partner.token, start(partner))
    drain()
    assert results(partner) == []
    clock.advance(31)
    drain()
    clock.advance(600)
    drain()
    assert results(partner) == [{"result": "TIMEOUT"}]
    (record,) = received(operate)
    with pytest.raises(OperatorRefused) as refused:
        operate("answer_command", id=record["id"], result="ACCEPTED")
    assert refused.value.code == "concluded"


def test_the_same_answer_twice_is_fine_and_another_one_is_refused(
    ask: Any, operate: Any, drain: Any, partner: PartnerStub, place: None
) -> None:
    ask("POST", URL + "START_SESSION", partner.token, start(partner))
    (record,) = received(operate)
    first = operate("answer_command", id=record["id"], result="FAILED")
    assert "repeated" not in first
    assert operate("answer_command", id=record["id"], result="FAILED") == {**first, "repeated": True}
    with pytest.raises(OperatorRefused, match="already concluded with FAILED at") as refused:
        operate("answer_command", id=record["id"], result="ACCEPTED")
    assert refused.value.code == "concluded"
    drain()
    assert results(partner) == [{"result": "FAILED"}]


def test_a_result_that_ocpi_does_not_know_is_refused(
    ask: Any, operate: Any, partner: PartnerStub, place: None
) -> None:
    """CMD-10."""
    ask("POST", URL + "START_SESSION", partner.token, start(partner))
    (record,) = received(operate)
    with pytest.raises(OperatorRefused) as refused:
        operate("answer_command", id=record["id"], result="GREAT")
    assert refused.value.pointer == "/result"
    with pytest.raises(OperatorRefused) as refused:
        operate("answer_command", id="no-such-id", result="ACCEPTED")
    assert refused.value.code == "unknown_command"


def test_an_unknown_location_is_2003_with_a_rejection(
    ask: Any, operate: Any, events: Any, partner: PartnerStub, place: None
) -> None:
    """CMD-17."""
    answer = ask("POST", URL + "START_SESSION", partner.token, start(partner, location_id="NOWHERE"))
    assert (answer.status, answer.code) == (200, 2003)
    assert answer.data["result"] == "REJECTED"
    assert answer.data["timeout"] == 30
    assert received(operate) == []
    assert events("CommandReceived") == []


def test_sessions_that_cannot_be_stopped_are_not(
    ask: Any, operate: Any, partner: PartnerStub, place: None
) -> None:
    """CMD-18, CMD-19, AMB-66."""

    def stop(id: str) -> Any:
        body = {"response_url": f"{partner.base_url}/results/1", "session_id": id}
        return ask("POST", URL + "STOP_SESSION", partner.token, body).data["result"]

    operate("put", module="sessions", object=their_session("MINE"))
    operate("put", module="sessions", object=their_session("OTHERS", emsp="FR/ABC"))
    operate("put", module="sessions", object=their_session("OVER", status="COMPLETED"))
    assert stop("UNKNOWN") == "UNKNOWN_SESSION"
    assert stop("OTHERS") == "REJECTED"
    assert stop("OVER") == "REJECTED"
    assert received(operate) == []
    assert stop("MINE") == "ACCEPTED"
    assert [each["command"] for each in received(operate)] == ["STOP_SESSION"]


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_command_we_do_not_know_is_not_supported(
    version: str, ask: Any, operate: Any, register_partner: Any
) -> None:
    """CMD-49, CMD-11."""
    role = [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}]
    partner = register_partner(role, version)
    answer = ask("POST", f"/ocpi/{version}/receiver/commands/MAKE_COFFEE", partner.token, {"cup": 1})
    assert (answer.status, answer.code) == (200, 1000)
    assert answer.data["result"] == "NOT_SUPPORTED"
    assert ("timeout" in answer.data) == (version != "2.1.1")
    assert received(operate) == []


def test_2_1_1_has_no_cancel_reservation(ask: Any, register_partner: Any) -> None:
    """CNV-111, CMD-02."""
    partner = register_partner([{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}], "2.1.1")
    body = {"response_url": f"{partner.base_url}/r", "reservation_id": "1"}
    answer = ask("POST", "/ocpi/2.1.1/receiver/commands/CANCEL_RESERVATION", partner.token, body)
    assert answer.data == {"result": "NOT_SUPPORTED"}


HOSTILE = [
    None,
    "",
    "/relative",
    "not a url",
    "ftp://127.0.0.1/x",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "https://evil.example.com/x",
    "http://[::1]:9/x",
    "http://user:pw@127.0.0.1/x",
    "http://127.0.0.1:1/x",
    "http://127.0.0.1\r\nX: y/",
    "https://" + "a" * 300 + ".example.com/",
    42,
    {"url": "x"},
]


@pytest.mark.parametrize("url", HOSTILE, ids=lambda url: repr(url)[:40])
def test_a_hostile_response_url_is_refused_and_nothing_is_kept(
    url: Any, ask: Any, operate: Any, events: Any, drain: Any, partner: PartnerStub, place: None
) -> None:
    """AMB-25."""
    body = start(partner, response_url=url)
    if url is None:
        del body["response_url"]
    answer = ask("POST", URL + "START_SESSION", partner.token, body)
    assert (answer.status, answer.code) == (200, 2001)
    assert "response_url" in answer.json["status_message"]
    drain()
    assert received(operate) == []
    assert events("CommandReceived") == []


def test_a_response_url_at_another_partners_host_is_refused(
    ask: Any, operate: Any, partner: PartnerStub, register_partner: Any, place: None
) -> None:
    """AMB-25: the host must be the asking partner's own."""
    other = register_partner([{"role": "EMSP", "country_code": "FR", "party_id": "ABC"}])
    body = start(partner, response_url=f"{other.base_url}/results/1")
    assert ask("POST", URL + "START_SESSION", partner.token, body).code == 2001
    assert received(operate) == []


def test_a_token_of_another_party_is_refused(
    ask: Any, operate: Any, partner: PartnerStub, place: None
) -> None:
    """CMD-34."""
    body = start(partner, token=their_token("FR", "ABC"))
    answer = ask("POST", URL + "START_SESSION", partner.token, body)
    assert answer.code == 2001
    assert "/token/party_id" in answer.json["status_message"]
    assert received(operate) == []


@pytest.mark.parametrize(
    "body",
    ["[]", '"x"', "{}", '{"response_url": 1}', "null", '{"location_id": {"a": []}}', "[" * 50_000],
    ids=lambda body: body[:20],
)
def test_bodies_that_are_no_command_are_refused(
    body: str, ask: Any, operate: Any, partner: PartnerStub
) -> None:
    answer = ask("POST", URL + "START_SESSION", partner.token, body)
    assert answer.status in (200, 400)
    assert answer.code == 2001
    assert received(operate) == []


def test_capabilities_decide_where_an_evse_tells_them(ask: Any, operate: Any, partner: PartnerStub) -> None:
    """CMD-38, CMD-39."""
    evses = [
        capable_evse("PLAIN", capabilities=["RFID_READER"]),
        capable_evse("SILENT", capabilities=[]),
        capable_evse(
            "CHOOSY", capabilities=["REMOTE_START_STOP_CAPABLE", "START_SESSION_CONNECTOR_REQUIRED"]
        ),
        capable_evse("GONE", status="REMOVED"),
    ]
    operate("put", module="locations", object=capable_location(evses=evses))

    def result(**body: Any) -> Any:
        return ask("POST", URL + "START_SESSION", partner.token, start(partner, **body)).data["result"]

    assert result(evse_uid="PLAIN") == "NOT_SUPPORTED"
    assert result(evse_uid="SILENT") == "ACCEPTED"
    assert result(evse_uid="CHOOSY") == "REJECTED"
    assert result(evse_uid="CHOOSY", connector_id="1") == "ACCEPTED"
    assert result(evse_uid="CHOOSY", connector_id="7") == "REJECTED"
    assert result(evse_uid="GONE") == "REJECTED"
    assert result(evse_uid="MISSING") == "REJECTED"
    body = start(partner, connector_id="1")
    del body["evse_uid"]
    assert ask("POST", URL + "START_SESSION", partner.token, body).code == 2001


def test_ids_are_compared_without_case(ask: Any, partner: PartnerStub, place: None) -> None:
    """AMB-36."""
    body = start(partner, location_id="loc1", evse_uid="e1", connector_id="1")
    assert ask("POST", URL + "START_SESSION", partner.token, body).data["result"] == "ACCEPTED"


def unlock(partner: PartnerStub, **more: Any) -> dict[str, Any]:
    return {
        "response_url": f"{partner.base_url}/results/1",
        "location_id": "LOC1",
        "evse_uid": "E1",
        "connector_id": "1",
        **more,
    }


def test_unlock_names_all_three(ask: Any, operate: Any, partner: PartnerStub, place: None) -> None:
    """CMD-48."""
    assert ask("POST", URL + "UNLOCK_CONNECTOR", partner.token, unlock(partner)).data["result"] == "ACCEPTED"
    body = unlock(partner)
    del body["connector_id"]
    assert ask("POST", URL + "UNLOCK_CONNECTOR", partner.token, body).code == 2001


def reserve(partner: PartnerStub, id: str = "R1", **more: Any) -> dict[str, Any]:
    return {**start(partner), "expiry_date": "2036-01-01T00:00:00Z", "reservation_id": id, **more}


def test_a_reservation_gets_an_id_no_other_emsp_can_hit(
    ask: Any, events: Any, partner: PartnerStub, register_partner: Any, place: None
) -> None:
    """CMD-41, CMD-42, CMD-43."""
    other = register_partner([{"role": "EMSP", "country_code": "FR", "party_id": "ABC"}])
    ask("POST", URL + "RESERVE_NOW", partner.token, reserve(partner))
    ask("POST", URL + "RESERVE_NOW", partner.token, reserve(partner, "r1"))
    ask("POST", URL + "RESERVE_NOW", other.token, reserve(other, token=their_token("FR", "ABC")))
    mine, again, others = [each["detail"]["reservation_id"] for each in events("CommandReceived")]
    assert mine == again
    assert len({mine, others, "R1"}) == 3
    cancel = {"response_url": f"{other.base_url}/results/2", "reservation_id": "R2"}
    answer = ask("POST", URL + "CANCEL_RESERVATION", other.token, cancel)
    assert answer.data["result"] == "REJECTED"  # AMB-44
    assert answer.data["message"]
    cancel["reservation_id"] = "R1"
    assert ask("POST", URL + "CANCEL_RESERVATION", other.token, cancel).data["result"] == "ACCEPTED"
    assert events("CommandReceived")[-1]["detail"]["reservation_id"] == others


def test_a_granted_reservation_can_be_taken_back_later(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, place: None
) -> None:
    """CMD-20: a second result to the same response_url; once."""
    ask("POST", URL + "RESERVE_NOW", partner.token, reserve(partner))
    (record,) = received(operate)
    operate("answer_command", id=record["id"], result="ACCEPTED")
    drain()
    clock.advance(7200)
    operate("answer_command", id=record["id"], result="CANCELED_RESERVATION")
    operate("answer_command", id=record["id"], result="CANCELED_RESERVATION")
    drain()
    assert results(partner) == [{"result": "ACCEPTED"}, {"result": "CANCELED_RESERVATION"}]


def test_a_2_1_1_partner_never_hears_of_a_cancelled_reservation(
    ask: Any, operate: Any, drain: Any, register_partner: Any, place: None
) -> None:
    """CNV-113, CNV-114."""
    partner = register_partner([{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}], "2.1.1")
    body = {
        "response_url": f"{partner.base_url}/results/1",
        "token": {
            "uid": "CARD1",
            "type": "RFID",
            "auth_id": "C1",
            "issuer": "Stub",
            "valid": True,
            "whitelist": "NEVER",
            "last_updated": "2026-01-01T00:00:00Z",
        },
        "expiry_date": "2036-01-01T00:00:00Z",
        "reservation_id": 7,
        "location_id": "LOC1",
    }
    answer = ask("POST", "/ocpi/2.1.1/receiver/commands/RESERVE_NOW", partner.token, body)
    assert answer.data == {"result": "ACCEPTED"}, answer.text
    (record,) = received(operate)
    assert record["body"]["reservation_id"] == "7"
    operate("answer_command", id=record["id"], result="ACCEPTED")
    drain()
    operate("answer_command", id=record["id"], result="CANCELED_RESERVATION")
    drain()
    assert results(partner) == [{"result": "ACCEPTED"}]
    assert "not expressible" in operate("command", id=record["id"])["delivery"]


@pytest.mark.parametrize(("said", "heard"), [("EVSE_OCCUPIED", "REJECTED"), ("TIMEOUT", "TIMEOUT")])
def test_2_1_1_results_use_the_words_it_has(
    said: str, heard: str, ask: Any, operate: Any, drain: Any, register_partner: Any
) -> None:
    """CMD-11, CNV-113."""
    partner = register_partner([{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}], "2.1.1")
    operate("put", module="locations", object=capable_location())
    body = unlock(partner)
    ask("POST", "/ocpi/2.1.1/receiver/commands/UNLOCK_CONNECTOR", partner.token, body)
    (record,) = received(operate)
    operate("answer_command", id=record["id"], result=said, message="because")
    drain()
    assert results(partner) == [{"result": heard}]


def test_a_result_is_tried_again_only_where_it_cannot_have_arrived(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, place: None
) -> None:
    """CMD-14; design section 8."""
    ask("POST", URL + "START_SESSION", partner.token, start(partner))
    (record,) = received(operate)
    partner.answer("POST", "/results/", status=503, times=1)
    operate("answer_command", id=record["id"], result="ACCEPTED")
    drain()
    assert len(results(partner)) == 1
    clock.advance(10)
    drain()
    assert len(results(partner)) == 2
    assert operate("command", id=record["id"])["delivery"] == "DELIVERED"


@pytest.mark.parametrize("answer", [{"body": b"thanks"}, {"status": 500}, {"status": 404, "body": b"<html>"}])
def test_a_result_that_may_have_arrived_is_sent_again_within_its_deadline(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, place: None, answer: dict[str, Any]
) -> None:
    """AMB-43: its receiver takes the second for the first; after the deadline nobody waits for it."""
    ask("POST", URL + "START_SESSION", partner.token, start(partner))
    (record,) = received(operate)
    partner.answer("POST", "/results/", **answer)
    operate("answer_command", id=record["id"], result="ACCEPTED")
    for _ in range(12):
        drain()
        clock.advance(20)
    assert 2 <= len(results(partner)) <= 4
    assert operate("command", id=record["id"])["delivery"].startswith("GIVEN_UP")


def test_a_result_is_given_up_when_nobody_waits_for_it_any_more(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, place: None
) -> None:
    ask("POST", URL + "START_SESSION", partner.token, start(partner))
    (record,) = received(operate)
    partner.down()
    operate("answer_command", id=record["id"], result="ACCEPTED")
    for _ in range(40):
        drain()
        clock.advance(15)
    partner.up()
    drain()
    assert results(partner) == []
    assert operate("command", id=record["id"])["delivery"].startswith("GIVEN_UP")


def test_the_operators_function_decides_where_there_is_one(
    hand: Any, ask: Any, operate: Any, events: Any, partner: PartnerStub, place: None
) -> None:
    """Design section 3, OCPI_BACKEND_FUNCTION; no answer leaves it to the stored data."""
    import dataclasses
    import io

    answers: list[Any] = [{"result": "REJECTED", "message": "not today"}, {"result": "?"}, None]
    asked = []

    class Function:
        def invoke(self, FunctionName: str, Payload: bytes) -> Any:
            asked.append(json.loads(Payload))
            answer = answers.pop(0)
            if answer is None:
                raise OSError("away")
            return {"Payload": io.BytesIO(json.dumps(answer).encode())}

    platform = hand.platform
    platform.settings = dataclasses.replace(platform.settings, backend_function="decide")
    platform.clients._made["awslambda"] = Function()
    try:
        first = ask("POST", URL + "START_SESSION", partner.token, start(partner))
        assert first.data["result"] == "REJECTED"
        assert first.data["message"][0]["text"] == "not today"
        assert received(operate) == []
        assert asked[0]["decision"] == "command"
        assert asked[0]["body"]["location_id"] == "LOC1"
        for _ in range(2):
            more = ask("POST", URL + "START_SESSION", partner.token, start(partner))
            assert more.data["result"] == "ACCEPTED"
    finally:
        del platform.clients._made["awslambda"]


def test_a_suspended_partner_gets_no_result(
    ask: Any, operate: Any, drain: Any, partner: PartnerStub, place: None
) -> None:
    ask("POST", URL + "START_SESSION", partner.token, start(partner))
    (record,) = received(operate)
    operate("suspend", partner=partner.id)
    operate("answer_command", id=record["id"], result="ACCEPTED")
    drain()
    assert results(partner) == []
    assert "SUSPENDED" in operate("command", id=record["id"])["delivery"]


def test_commands_are_listed_newest_first_page_by_page(
    ask: Any, operate: Any, partner: PartnerStub, place: None
) -> None:
    for number in range(5):
        ask("POST", URL + "START_SESSION", partner.token, start(partner, authorization_reference=str(number)))
    seen: list[str] = []
    cursor = ""
    while True:
        page = operate("commands", limit=2, cursor=cursor)
        seen += [each["body"]["authorization_reference"] for each in page["commands"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert seen == ["4", "3", "2", "1", "0"]
    assert operate("commands", state="CONCLUDED")["commands"] == []
    with pytest.raises(OperatorRefused):
        operate("commands", cursor="nonsense")


def test_dying_anywhere_after_the_answer_neither_loses_nor_changes_the_result(
    ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub, place: None
) -> None:
    """ARC-08: between any two calls. Only a death while the result is posted may post it again."""
    state: dict[str, Any] = {}

    def before() -> None:
        partner.received.clear()
        ask("POST", URL + "START_SESSION", partner.token, start(partner))
        state["id"] = received(operate)[0]["id"]

    def scenario() -> None:
        operate("answer_command", id=state["id"], result="ACCEPTED")
        drain(sweep=False)

    def after(last: str) -> None:
        clock.advance(2)
        record = operate("command", id=state["id"])
        if record["state"] == "PENDING":  # died before anything was written: the back end asks again
            operate("answer_command", id=state["id"], result="ACCEPTED")
        for _ in range(3):
            clock.advance(61)
            drain()
        assert {json.dumps(each) for each in results(partner)} == {'{"result": "ACCEPTED"}'}
        assert len(results(partner)) == 1 or (last == "PARTNER" and len(results(partner)) == 2)
        told = [each for each in events("CommandConcluded") if each["detail"]["id"] == state["id"]]
        assert len({each["detail"]["event_id"] for each in told}) == 1
        assert operate("command", id=state["id"])["delivery"] == "DELIVERED"

    assert die_everywhere(scenario, before, after) > 5


def test_dying_anywhere_while_accepting_ends_in_one_result_at_most(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, place: None
) -> None:
    """A command whose acceptance died is either unknown, or ends in the one TIMEOUT."""

    def before() -> None:
        partner.received.clear()

    def scenario() -> None:
        ask("POST", URL + "START_SESSION", partner.token, start(partner))

    def after(last: str) -> None:
        for _ in range(2):
            clock.advance(90)
            drain()
        kept = [each for each in received(operate) if each["state"] == "PENDING"]
        assert kept == []
        assert results(partner) in ([], [{"result": "TIMEOUT"}])

    assert die_everywhere(scenario, before, after) > 3


def test_many_commands_at_once_each_get_the_one_right_result(
    ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub, place: None
) -> None:
    """In flight at once, answered in random order, a third timing out; MANY_COMMANDS=1000 for more."""
    many = int(os.environ.get("MANY_COMMANDS", "30"))
    for number in range(many):
        body = start(
            partner, response_url=f"{partner.base_url}/results/{number}", authorization_reference=str(number)
        )
        assert ask("POST", URL + "START_SESSION", partner.token, body).data["result"] == "ACCEPTED"
    pending = {
        int(each["detail"]["body"]["authorization_reference"]): each["detail"]["id"]
        for each in events("CommandReceived")
    }
    assert len(pending) == many
    chance = random.Random(6)
    words = ["ACCEPTED", "EVSE_OCCUPIED", "FAILED", "REJECTED"]
    expected = {number: "TIMEOUT" if number % 3 == 0 else chance.choice(words) for number in pending}
    order = [number for number in pending if number % 3]
    chance.shuffle(order)
    for number in order:
        operate("answer_command", id=pending[number], result=expected[number])
    drain(most=10 * many)
    clock.advance(31)
    drain(most=10 * many)
    got = {}
    for each in partner.requests("POST", "/results/"):
        number = int(each.path.rsplit("/", 1)[1])
        assert number not in got
        got[number] = each.json["result"]
    assert got == expected
