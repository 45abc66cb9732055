"""What partners get wrong in commands and charging profiles, in every version: refused, and nothing changed.

Unknown command, missing or hostile `response_url`, one on a host never announced,
a Token of another party, results for unknown ids, results of another partner.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.harness import Answer, Hand
from tests.samples import capable_location, their_session, their_token
from tests.stub import PartnerStub

EMSP = [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}]
CPO = [{"role": "CPO", "country_code": "BE", "party_id": "BEC"}]
OTHER = [{"role": "CPO", "country_code": "FR", "party_id": "ABC"}]
VERSIONS = ["2.1.1", "2.2.1", "2.3.0"]
PROFILE = {"charging_rate_unit": "W", "charging_profile_period": [{"start_period": 0, "limit": 7400}]}
EXPIRY = {"expiry_date": "2036-01-01T00:00:00Z"}

Ask = Callable[[PartnerStub, dict[str, Any]], Answer]


@pytest.fixture
def place(operate: Any) -> None:
    operate("put", module="locations", object=capable_location())
    operate("put", module="sessions", object=their_session("S1"))


def its_token(version: str, party: str = "MSP") -> dict[str, Any]:
    whole = their_token(party=party)
    if version != "2.1.1":
        return whole
    less = {name: whole[name] for name in ("uid", "type", "issuer", "valid", "whitelist", "last_updated")}
    return {**less, "auth_id": "C1"}


def bodies(version: str) -> dict[str, dict[str, Any]]:
    """The fields of each command beside `response_url`."""
    start = {"token": its_token(version), "location_id": "LOC1", "evse_uid": "E1"}
    number = 7 if version == "2.1.1" else "R1"
    return {
        "START_SESSION": start,
        "STOP_SESSION": {"session_id": "S1"},
        "RESERVE_NOW": {**start, **EXPIRY, "reservation_id": number},
        "UNLOCK_CONNECTOR": {"location_id": "LOC1", "evse_uid": "E1", "connector_id": "1"},
        **({} if version == "2.1.1" else {"CANCEL_RESERVATION": {"reservation_id": "R1"}}),
    }


def requests(version: str) -> list[str]:
    """Everything a partner may ask of us whose result comes later."""
    return [*bodies(version), *([] if version == "2.1.1" else ["PUT", "GET", "DELETE"])]


def send(hand: Hand, partner: PartnerStub, what: str, url: Any, **changed: Any) -> Answer:
    """A command, or a profile request by its method, with this response_url (None: without any)."""
    given = {} if url is None else {"response_url": url}
    if what in ("PUT", "GET", "DELETE"):
        path = f"/ocpi/{partner.version}/receiver/chargingprofiles/S1"
        if what == "PUT":
            return hand.ask("PUT", path, partner.token, {**given, "charging_profile": PROFILE, **changed})
        query = {"duration": "900"} if what == "GET" else {}
        query |= {name: str(value) for name, value in given.items()}
        text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
        return hand.ask(what, f"{path}?{text}", partner.token)
    body = {**given, **bodies(partner.version)[what], **changed}
    return hand.ask("POST", f"/ocpi/{partner.version}/receiver/commands/{what}", partner.token, body)


def nothing_kept(hand: Hand) -> None:
    for module in ("commands", "chargingprofiles"):
        assert hand.operate("commands", module=module)["commands"] == []
    assert hand.events("CommandReceived") + hand.events("ProfileRequested") == []


HOSTILE = [
    None,
    "",
    "not a url",
    "file:///etc/passwd",
    "http://169.254.169.254/latest/meta-data",
    "https://evil.example.com/x",
    "http://user:pw@127.0.0.1/x",
    "http://127.0.0.1:1/x",
    "https://" + "a" * 600 + ".example.com/",
]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_missing_or_hostile_response_url_is_refused_whatever_is_asked(
    version: str, hand: Hand, place: None
) -> None:
    """AMB-25, CHP-10, CMD-08."""
    partner = hand.register_partner(EMSP, version)
    other = hand.register_partner([{"role": "EMSP", "country_code": "FR", "party_id": "ABC"}], version)
    for what in requests(version):
        for url in [*HOSTILE, f"{other.base_url}/results/1"]:
            answer = send(hand, partner, what, url)
            assert (answer.status, answer.code) == (200, 2001), (what, url, answer.text)
            assert "response_url" in answer.json["status_message"], (what, url)
    nothing_kept(hand)
    assert other.requests() == []


@pytest.mark.parametrize("version", VERSIONS)
def test_only_post_of_the_five_commands_exists(version: str, hand: Hand, place: None) -> None:
    """CMD-01, CMD-49: another method is 405, another name NOT_SUPPORTED."""
    partner = hand.register_partner(EMSP, version)
    path = f"/ocpi/{version}/receiver/commands/START_SESSION"
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert hand.ask(method, path, partner.token, {}).status == 405
    for name in ("MAKE_COFFEE", "START_SESSIONS", "SET_PROFILE", "💥", "x" * 300):
        answer = hand.ask(
            "POST", f"/ocpi/{version}/receiver/commands/{quote(name)}", partner.token, {"cup": 1}
        )
        assert (answer.status, answer.code, answer.data["result"]) == (200, 1000, "NOT_SUPPORTED")
    nothing_kept(hand)
    for name in bodies(version):
        answer = send(hand, partner, name, f"{partner.base_url}/results/1")
        assert answer.code == 1000, answer.text
        assert answer.data["result"] == "ACCEPTED"  # the reservation to cancel was made just before


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize("what", ["START_SESSION", "RESERVE_NOW"])
def test_a_token_of_another_party_is_refused_in_both_commands(
    what: str, version: str, hand: Hand, place: None
) -> None:
    """CMD-34; a 2.1.1 Token names no party, it is the sender's."""
    partner = hand.register_partner(EMSP, version)
    hand.register_partner([{"role": "EMSP", "country_code": "DE", "party_id": "OTH"}], version)
    answer = send(hand, partner, what, f"{partner.base_url}/r", token=its_token(version, "OTH"))
    assert (answer.status, answer.code) == (200, 2001)
    assert "/token/party_id" in answer.json["status_message"]
    nothing_kept(hand)


@pytest.mark.parametrize("what", ["START_SESSION", "RESERVE_NOW"])
def test_who_is_no_emsp_cannot_bring_a_2_1_1_token(what: str, hand: Hand, place: None) -> None:
    """CMD-34."""
    partner = hand.register_partner(OTHER, "2.1.1")
    answer = send(hand, partner, what, f"{partner.base_url}/r")
    assert answer.code >= 2000
    nothing_kept(hand)


@pytest.mark.parametrize("version", VERSIONS)
def test_results_for_unknown_ids_or_by_another_partner_change_nothing(version: str, hand: Hand) -> None:
    """CMD-13, CHP-18: 404, the same whether or not the id exists."""
    partner, other = hand.register_partner(CPO, version), hand.register_partner(OTHER, version)
    body = {"token": their_token("NL", "EXM"), "location_id": "LOC9", "evse_uid": "E9"}
    records = [hand.operate("send_command", command="START_SESSION", to="BE/BEC", body=body)]
    base = f"/ocpi/{version}/sender"
    paths = [f"{base}/commands/START_SESSION/"]
    if version != "2.1.1":
        records.append(hand.operate("set_profile", session_id="S9", party="BE/BEC", charging_profile=PROFILE))
        paths.append(f"{base}/chargingprofiles/results/")
    for path in paths:
        for record in records:
            ids = [record["id"] + "x", record["id"].swapcase(), "x", "reservation%231", "%00", "a" * 600]
            if len(records) == 2 and record is not records[paths.index(path)]:
                ids.append(record["id"])  # the other module's
            tried = [hand.ask("POST", path + id, partner.token, {"result": "ACCEPTED"}) for id in ids]
            tried.append(hand.ask("POST", path + record["id"], other.token, {"result": "ACCEPTED"}))
            assert {(each.status, each.code // 1000) for each in tried} == {(404, 2)}, [
                each.text for each in tried
            ]
            assert len({each.json["status_message"] for each in tried}) == 1
    for record in records:
        assert hand.operate("command", id=record["id"])["state"] == "PENDING"
    assert hand.events("CommandConcluded") + hand.events("ProfileConcluded") == []


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
@pytest.mark.parametrize("body", [{}, [], {"result": 1}, {"result": None}, "x", {"profile": {}}], ids=str)
def test_a_profile_result_that_is_none_is_refused(body: Any, version: str, hand: Hand) -> None:
    """CHP-16, CHP-18."""
    partner = hand.register_partner(CPO, version)
    record = hand.operate("set_profile", session_id="S9", party="BE/BEC", charging_profile=PROFILE)
    path = f"/ocpi/{version}/sender/chargingprofiles/results/{record['id']}"
    assert hand.ask("POST", path, partner.token, body).code == 2001
    assert hand.operate("command", id=record["id"])["state"] == "PENDING"
