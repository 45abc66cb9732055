"""Commands and profile requests that a client sends twice, having heard no answer (ARC-17)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.commands.test_profiles import SCSP, setting, theirs
from tests.commands.test_profiles import URL as PROFILES
from tests.commands.test_profiles import received as profiles_received
from tests.commands.test_received import URL as COMMANDS
from tests.commands.test_received import received, results, start
from tests.samples import capable_location, their_session
from tests.stub import PartnerStub

SAME = {"X-Request-ID": "5f0b6c9e-1"}


@pytest.fixture
def place(operate: Any) -> None:
    operate("put", module="locations", object=capable_location())
    operate("put", module="sessions", object=their_session("S1"))


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_command_sent_twice_reaches_the_charge_point_once(
    version: str, ask: Any, operate: Any, drain: Any, events: Any, register_partner: Any, place: None
) -> None:
    """ARC-17: the response is the first one's, also where the command would be refused by now."""
    role = [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}]
    partner = register_partner(role, version)
    body = {"response_url": f"{partner.base_url}/results/1", "session_id": "S1"}
    url = COMMANDS.replace("2.2.1", version) + "STOP_SESSION"
    first = ask("POST", url, partner.token, body, headers=SAME)
    operate("patch", module="sessions", id="S1", changes={"status": "COMPLETED"})
    second = ask("POST", url, partner.token, body, headers=SAME)
    assert first.data["result"] == "ACCEPTED"
    assert first.data == second.data
    (record,) = received(operate)
    assert len(events("CommandReceived")) == 1
    operate("answer_command", id=record["id"], result="ACCEPTED")
    drain()
    assert results(partner) == [{"result": "ACCEPTED"}]


def test_what_differs_is_another_command(
    ask: Any, operate: Any, clock: Any, partner: PartnerStub, place: None
) -> None:
    """TRA-80: by its X-Request-ID, by what it says, or minutes later, where one id is on everything."""
    body = start(partner)

    def send(body: dict[str, Any], token: str = partner.token, **headers: str) -> None:
        answer = ask("POST", COMMANDS + "START_SESSION", token, body, headers=headers)
        assert answer.data["result"] == "ACCEPTED"

    send(body, **SAME)
    send(body, **{"X-Request-ID": "another"})
    send(body)
    send(body)
    send({**body, "response_url": f"{partner.base_url}/results/2"}, **SAME)
    assert len(received(operate)) == 5
    clock.advance(121)
    send(body, **SAME)
    assert len(received(operate)) == 6


def test_two_at_once_are_one(
    platform: Any, ask: Any, operate: Any, events: Any, partner: PartnerStub, place: None, monkeypatch: Any
) -> None:
    """ARC-17: neither saw the other when it looked."""
    monkeypatch.setattr("chalicelib.partners.idempotency.look", lambda call: ("the-same", None))
    for _ in range(2):
        answer = ask("POST", COMMANDS + "START_SESSION", partner.token, start(partner), headers=SAME)
        assert answer.data["result"] == "ACCEPTED"
    for _ in range(2):
        monkeypatch.setattr("chalicelib.partners.idempotency.look", lambda call: ("the-other", None))
        answer = ask("PUT", PROFILES + "S1", partner.token, setting(partner), headers=SAME)
        assert answer.data["result"] == "ACCEPTED"
    assert (len(events("CommandReceived")), len(events("ProfileRequested"))) == (1, 1)


def test_a_profile_request_sent_twice_is_asked_once(
    ask: Any, operate: Any, events: Any, partner: PartnerStub, register_partner: Any, place: None
) -> None:
    """ARC-17: also where it is passed on to the CPO (CHP-40)."""
    for _ in range(2):
        answer = ask("PUT", PROFILES + "S1", partner.token, setting(partner), headers=SAME)
        assert answer.data["result"] == "ACCEPTED"
        query = f"?duration=900&response_url={partner.base_url}/results/2"
        assert ask("GET", PROFILES + "S1" + query, partner.token, headers=SAME).data["result"] == "ACCEPTED"
    assert len(profiles_received(operate)) == len(events("ProfileRequested")) == 2
    theirs(ask, partner)
    provider = register_partner(SCSP, smart_charging="delegated")
    partner.answer("PUT", "/receiver/chargingprofiles/", data={"result": "ACCEPTED", "timeout": 12})
    for _ in range(2):
        answer = ask("PUT", PROFILES + "S9", provider.token, setting(provider), headers=SAME)
        assert answer.data == {"result": "ACCEPTED", "timeout": 12}
    assert len(partner.requests("PUT", "/receiver/chargingprofiles/S9")) == 1
