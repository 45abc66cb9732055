"""Results, preferences and answers that nobody should send: an envelope or a record, and nothing is lost.

The doors of `test_hostile_doors` take objects; these take what a request of ours, or one for a Session,
waits for.
"""

from __future__ import annotations

import json
import re
from random import Random
from typing import Any

import pytest

from tests.harness import Answer, Hand, OperatorRefused
from tests.known import Known
from tests.reading.test_hostile_doors import broken
from tests.samples import CPO_ROLES, capable_evse, capable_location, for_emsp, own
from tests.stub import PartnerStub

pytest_plugins = ["tests.known"]

WORDS = re.compile(r"\b(?:None|nan|NaN|True|False|Traceback|dict|NoneType)\b")
PROFILE = {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 7400}]}


def judged(answer: Answer, sent: bytes) -> None:
    """An envelope with words of its own."""
    assert answer.status < 500, (sent, answer.text)
    assert 1000 <= answer.json["status_code"] < 3000, (sent, answer.text)
    words = answer.json.get("status_message") or ""
    assert not [each for each in WORDS.findall(words) if each.encode() not in sent], (sent, words)
    if answer.code == 2001 and answer.status == 200 and "object" not in words:
        assert "/" in words, (sent, words)  # names the field


# What is sent, and the kind of the result that is awaited.
SENT: dict[str, tuple[str, dict[str, Any], str]] = {
    "command": ("send_command", {"command": "STOP_SESSION", "body": {"session_id": "S1"}}, "command_result"),
    "set": ("set_profile", {"charging_profile": PROFILE}, "charging_profile_result"),
    "clear": ("clear_profile", {}, "clear_profile_result"),
    "active": ("active_profile", {"duration": 900}, "active_charging_profile_result"),
}


def ask_for(hand: Hand, what: str) -> dict[str, Any]:
    action, fields, _ = SENT[what]
    to = {"to": "BE/BEC"} if what == "command" else {"session_id": "S1", "party": "BE/BEC"}
    return dict(hand.operate(action, **to, **fields))


def urls(partner: PartnerStub) -> list[str]:
    """Where the results of what was sent belong, in order."""
    return [
        each.query["response_url"] if "response_url" in each.query else each.json["response_url"]
        for each in partner.requests()
        if "response_url" in each.query or (each.body and "response_url" in each.json)
    ]


@pytest.mark.parametrize(
    ("what", "version"),
    [("command", "2.1.1"), ("command", "2.3.0"), ("set", "2.2.1"), ("clear", "2.3.0"), ("active", "2.2.1")],
)
def test_a_broken_result_is_refused_by_its_field_and_the_request_waits_on(
    hand: Hand, what: str, version: str
) -> None:
    """CMD-13, CHP-13: what can be read concludes it; after all of them it takes a sound result."""
    partner = hand.register_partner(CPO_ROLES, version)
    accepted = {"result": "ACCEPTED", "timeout": 30}
    partner.answer("*", "commands" if what == "command" else "chargingprofiles", data=accepted)
    sent, kind = ask_for(hand, what), SENT[what][2]
    (url,) = urls(partner)
    for seed in range(25):
        body = broken(kind, version, Random(f"{what} {version} {seed}"))
        answer = hand.ask("POST", url, partner.token, body)
        judged(answer, body)
        now = hand.operate("command", id=sent["id"])
        assert (now["state"] == "CONCLUDED") >= (answer.code == 1000), (body, answer.text)
        if now["state"] == "CONCLUDED":
            assert answer.code == 1000 and now["result"]["result"].isupper()
            break
    assert hand.ask("POST", url, partner.token, {"result": "REJECTED"}).code == 1000
    assert hand.operate("command", id=sent["id"])["state"] == "CONCLUDED"


UNREADABLE: dict[str, dict[str, Any]] = {
    "no result": {"data": {"timeout": 30}},
    "result null": {"data": {"result": None}},
    "a word of nobody's": {"data": {"result": "MAYBE", "timeout": 30}},
    "a number": {"data": {"result": 7}},
    "an object": {"data": {"result": {"a": 1}}},
    "no data": {"body": b'{"status_code": 1000, "timestamp": "2026-01-01T00:00:00Z"}'},
    "text": {"data": "hello"},
    "an empty list": {"data": []},
}
NO_ANSWER: dict[str, dict[str, Any]] = {
    "no envelope": {"body": b'{"result": "ACCEPTED", "timeout": 30}'},
    "no JSON": {"body": b"<html>busy</html>"},
    "empty": {"body": b""},
    "half": {"body": b'{"status_code": 1000, "data": {"result": "ACC'},
    "code as object": {"body": b'{"status_code": {}, "data": {"result": "ACCEPTED"}}'},
}


@pytest.mark.parametrize("answer", [*UNREADABLE, *NO_ANSWER])
@pytest.mark.parametrize("what", ["command", "set"])
def test_a_response_that_cannot_be_read_leaves_the_request_waiting_for_its_result(
    hand: Hand, what: str, answer: str
) -> None:
    """CMD-07: what was sent may have been done; nothing is sent twice, and the result still counts."""
    partner = hand.register_partner(CPO_ROLES, "2.2.1")
    path = "commands" if what == "command" else "chargingprofiles"
    partner.answer("*", path, **(UNREADABLE | NO_ANSWER)[answer])
    sent = ask_for(hand, what)
    assert (sent["state"], sent["response"], sent["result"]) == ("PENDING", None, None)
    assert len(partner.requests(containing=path)) == 1
    (url,) = urls(partner)
    assert hand.ask("POST", url, partner.token, {"result": "ACCEPTED"}).code == 1000
    now = hand.operate("command", id=sent["id"])
    assert (now["state"], now["result"]["result"]) == ("CONCLUDED", "ACCEPTED")


MEANT: dict[str, dict[str, Any]] = {
    "no timeout": {"result": "ACCEPTED"},
    "timeout in words": {"result": "ACCEPTED", "timeout": "soon"},
    "timeout below zero": {"result": "ACCEPTED", "timeout": -5},
    "timeout of ages": {"result": "ACCEPTED", "timeout": 10**12},
    "timeout with a fraction": {"result": "ACCEPTED", "timeout": 29.6},
    "in a list": {"result": ["accepted"]},
    "message of a number": {"result": "ACCEPTED", "timeout": 30, "message": 5},
}


@pytest.mark.parametrize("answer", MEANT)
def test_a_response_with_one_meaning_is_read(hand: Hand, answer: str) -> None:
    """AMB-25, CMD-06."""
    partner = hand.register_partner(CPO_ROLES, "2.2.1")
    partner.answer("POST", "commands", data=MEANT[answer])
    sent = ask_for(hand, "command")
    assert (sent["state"], sent["response"]["result"]) == ("PENDING", "ACCEPTED"), sent


def charging(hand: Hand) -> str:
    """Where the preferences of a Session that runs are put."""
    able = capable_evse(capabilities=["CHARGING_PREFERENCES_CAPABLE"])
    hand.operate("put", module="locations", object=capable_location(evses=[able]))
    card = for_emsp("FR/ABC")
    place = {"location_id": "LOC1", "evse_uid": "E1", "connector_id": "1"}
    hand.operate("put", module="sessions", object=own("session", id="S1", cdr_token=card, **place))
    return "/ocpi/2.3.0/sender/sessions/S1/charging_preferences"


def test_broken_preferences_are_refused_by_their_field_and_the_session_stays(
    hand: Hand, known: Known
) -> None:
    """SES-30."""
    url = charging(hand)
    before = hand.operate("get", module="sessions", id="S1")
    outcomes = set()
    for seed in range(60):
        body = broken("charging_preferences", "2.3.0", Random(f"preferences {seed}"))
        answer = hand.ask("PUT", url, token="emsp2", body=body)
        judged(answer, body)
        outcomes.add(answer.code)
    assert outcomes == {1000, 2001}
    odd = {"profileType": "cheap", "departureTime": "", "energyNeed": "5.5", "dischargeAllowed": "no"}
    assert hand.ask("PUT", url, token="emsp2", body=[odd]).data == "ACCEPTED"
    assert hand.operate("get", module="sessions", id="S1") == before


@pytest.mark.parametrize(
    "said", [None, "", 5, [], ["ACCEPTED", "ACCEPTED"], {"a": 1}, "x" * 500, "SURE", {"result": "ACCEPTED"}]
)
def test_an_answer_to_preferences_that_means_nothing_is_told_and_no_failure(hand: Hand, said: Any) -> None:
    """SES-33: the operator is told what came, or that it could not be read."""
    cpo = hand.register_partner(CPO_ROLES, "2.3.0")
    session = own("session", id="S1", cdr_token=for_emsp("NL/EXM")) | {
        "country_code": "BE",
        "party_id": "BEC",
    }
    assert hand.ask("PUT", "/ocpi/2.3.0/receiver/sessions/BE/BEC/S1", cpo.token, session).status == 201
    body = json.dumps({"status_code": 1000, "data": said}).encode()
    cpo.answer("PUT", "charging_preferences", body=body)
    try:
        found = hand.operate("charging_preferences", session_id="S1", preferences={"profile_type": "GREEN"})
    except OperatorRefused as problem:
        assert not WORDS.search(problem.message), problem.message
        assert problem.code != "internal"
    else:
        assert not WORDS.search(found["response"]), found


VALUES: tuple[Any, ...] = (None, "", " ", 5, True, [], {}, [{}], "x" * 3000, "\u0000", "é", {"a": [1]}, [[1]])


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_credentials_of_hostile_values_are_refused_by_their_field_and_change_nothing(
    hand: Hand, version: str, method: str
) -> None:
    """CRE-08, CRE-33: after all of them the registration is as it was, and a sound one passes."""
    stub = PartnerStub(CPO_ROLES, version, own_token="stub-token-hostile")
    hand._stubs.append(stub)
    token = hand.operate("invite", name="Hostile")["token"]
    path = f"/ocpi/{version}/credentials"
    sound = stub.credentials
    if method == "PUT":
        token = hand.ask("POST", path, token, sound).data["token"]
    places = [(name,) for name in sound]
    if version != "2.1.1":
        places += [("roles", 0, name) for name in sound["roles"][0]]
    for place in places:
        for value in VALUES:
            body = json.loads(json.dumps(sound))
            inside: Any = body
            for step in place[:-1]:
                inside = inside[step]
            inside[place[-1]] = value
            if place[-1] == "business_details" or (place == ("token",) and value in (5, "\u00e9")):
                continue  # says nothing that is needed; or is one
            answer = hand.ask(method, path, token, body)
            judged(answer, json.dumps(body).encode())
            assert answer.code != 1000, (place, value, answer.text)
            assert (
                f"/{place[-1]}" in answer.json["status_message"] or "/roles" in answer.json["status_message"]
            )
    assert hand.ask("GET", path, token).code == 1000
    assert hand.ask(method, path, token, sound).code == 1000
