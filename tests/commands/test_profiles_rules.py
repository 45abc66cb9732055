"""What holds of charging profiles and commands whoever sends them: row by row (CMD, CHP)."""

from __future__ import annotations

import dataclasses
import io
import json
from typing import Any

import pytest

from tests.commands.test_profiles import (
    ACTIVE,
    PROFILE,
    SCSP,
    URL,
    charging,
    pushed,
    received,
    results,
    setting,
    theirs,
)
from tests.commands.test_received import URL as COMMANDS
from tests.commands.test_received import reserve, start
from tests.commands.test_sent import posted, send
from tests.commands.test_sent import start as ours
from tests.harness import OperatorRefused
from tests.samples import capable_evse, capable_location, their_token
from tests.stub import PartnerStub

__all__ = ["charging"]


def test_a_token_that_is_not_valid_is_in_no_command(operate: Any, partner: PartnerStub) -> None:
    """CMD-30: the Token is authorized by its eMSP, which is us, before it is sent."""
    operate("put", module="tokens", object={**their_token("NL", "EXM", "CARD8"), "valid": False})
    more = {"reservation_id": "R1", "expiry_date": "2036-01-01T00:00:00Z"}
    for command, body in (
        ("START_SESSION", ours(token={"uid": "CARD8"})),
        ("RESERVE_NOW", {**ours(token={"uid": "CARD8"}), **more}),
        ("START_SESSION", ours(token={**their_token("NL", "EXM"), "valid": False})),
    ):
        with pytest.raises(OperatorRefused) as refused:
            send(operate, command, body)
        assert (refused.value.code, refused.value.pointer) == ("not_authorized", "/body/token/valid")
    assert posted(partner) == []


def test_a_token_nobody_pushed_may_be_used_and_is_not_kept(
    ask: Any, operate: Any, partner: PartnerStub
) -> None:
    """CMD-35, CMD-36: in both directions the tokens module knows nothing of it."""
    send(operate)
    assert posted(partner)[0].json["token"]["uid"] == "CARD1"
    operate("put", module="locations", object=capable_location())
    answer = ask("POST", COMMANDS + "START_SESSION", partner.token, start(partner))
    assert answer.data["result"] == "ACCEPTED"
    assert operate("list", module="tokens")["objects"] == []
    assert ask("GET", "/ocpi/2.2.1/receiver/tokens/DE/MSP/CARD1", partner.token).status == 404
    assert ask("GET", "/ocpi/2.2.1/sender/tokens", partner.token).data == []


def test_an_expiry_date_is_sent_in_utc(operate: Any, partner: PartnerStub) -> None:
    """CMD-46: what is no UTC moment is never sent."""
    body = {**ours(), "reservation_id": "R1", "expiry_date": "2036-01-01T00:00:00Z"}
    send(operate, "RESERVE_NOW", body)
    assert posted(partner)[0].json["expiry_date"] == "2036-01-01T00:00:00Z"
    for wrong in ("2036-01-01T02:00:00+02:00", "tomorrow", 1):
        with pytest.raises(OperatorRefused) as refused:
            send(operate, "RESERVE_NOW", {**body, "expiry_date": wrong})
        assert refused.value.pointer == "/body/expiry_date"
    assert len(posted(partner)) == 1


def test_a_reservation_may_leave_the_evse_to_us(
    ask: Any, operate: Any, events: Any, partner: PartnerStub
) -> None:
    """CMD-40: any EVSE of the Location will do, as long as one can be reserved."""
    evses = [capable_evse("PLAIN", capabilities=["RFID_READER"]), capable_evse("GOOD")]
    operate("put", module="locations", object=capable_location(evses=evses))
    operate("put", module="locations", object=capable_location(id="LOC2", evses=evses[:1]))
    body = reserve(partner)
    del body["evse_uid"]
    assert ask("POST", COMMANDS + "RESERVE_NOW", partner.token, body).data["result"] == "ACCEPTED"
    (event,) = events("CommandReceived")
    assert "evse_uid" not in event["detail"]["body"]
    body["location_id"] = "LOC2"
    assert ask("POST", COMMANDS + "RESERVE_NOW", partner.token, body).data["result"] == "NOT_SUPPORTED"


def test_too_many_requests_may_be_refused_by_the_operators_function(
    hand: Any, ask: Any, operate: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-20."""

    class Function:
        def invoke(self, FunctionName: str, Payload: bytes) -> Any:
            assert json.loads(Payload)["decision"] == "profile"
            return {"Payload": io.BytesIO(b'{"result": "TOO_OFTEN"}')}

    platform = hand.platform
    platform.settings = dataclasses.replace(platform.settings, backend_function="decide")
    platform.clients._made["awslambda"] = Function()
    try:
        answer = ask("PUT", URL + "S1", partner.token, setting(partner))
    finally:
        del platform.clients._made["awslambda"]
    assert (answer.code, answer.data["result"]) == (1000, "TOO_OFTEN")
    assert received(operate) == []


def test_a_result_that_may_have_arrived_is_posted_again_while_it_is_of_use(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-21, AMB-43: its receiver takes the second for the first; after the deadline nobody waits."""
    ask("PUT", URL + "S1", partner.token, setting(partner))
    partner.answer("POST", "/results/", status=500)
    operate("answer_profile", id=received(operate)[0]["id"], result="ACCEPTED")
    for _ in range(3):
        drain()
        clock.advance(100)
    sent = results(partner)
    assert 1 < len(sent) < 10
    assert all(each == {"result": "ACCEPTED"} for each in sent)


def test_we_ask_for_the_duration_that_is_needed(ask: Any, operate: Any, partner: PartnerStub) -> None:
    """CHP-22: what the back end asks for, an hour if it says nothing, never more than a week."""
    theirs(ask, partner)
    operate("active_profile", session_id="S9", duration=60)
    operate("active_profile", session_id="S9")
    asked = partner.requests("GET", "/receiver/chargingprofiles/S9")
    assert [each.query["duration"] for each in asked] == ["60", "3600"]
    with pytest.raises(OperatorRefused):
        operate("active_profile", session_id="S9", duration=7 * 24 * 3600 + 1)


def test_the_session_is_named_as_its_cpo_names_it(ask: Any, operate: Any, partner: PartnerStub) -> None:
    """CHP-04, CHP-41: whoever asks by another spelling, or by an id of ours that names the CPO."""
    theirs(ask, partner)
    for name in ("s9", "BE*BEC*S9"):
        operate("set_profile", session_id=name, charging_profile=PROFILE)
    paths = [each.path for each in partner.requests("PUT", "/receiver/chargingprofiles/")]
    assert [path.rsplit("/", 1)[1] for path in paths] == ["S9", "S9"]


def test_a_profile_reaches_each_side_in_every_topology(
    ask: Any, operate: Any, partner: PartnerStub, register_partner: Any, charging: None
) -> None:
    """CHP-01: eMSP to CPO, provider to CPO, and provider to eMSP to CPO."""
    provider = register_partner(SCSP, smart_charging="delegated")
    for sender in (partner, provider):
        assert ask("PUT", URL + "S1", sender.token, setting(sender)).data["result"] == "ACCEPTED"
    assert [each["session_id"] for each in received(operate)] == ["S1", "S1"]
    theirs(ask, partner)
    assert ask("PUT", URL + "S9", provider.token, setting(provider)).data["result"] == "ACCEPTED"
    (passed_on,) = partner.requests("PUT", "/receiver/chargingprofiles/S9")
    assert passed_on.json["charging_profile"] == PROFILE


def test_nothing_is_pushed_until_the_back_end_knows_of_a_change(
    ask: Any, operate: Any, drain: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-32, CHP-35: a profile that the CPO cancels is told by the same PUT."""
    ask("PUT", URL + "S1", partner.token, setting(partner))
    operate("answer_profile", id=received(operate)[0]["id"], result="ACCEPTED")
    operate("patch", module="sessions", id="S1", changes={"kwh": 2})
    drain()
    assert pushed(partner) == []
    most = {"charging_rate_unit": "A", "charging_profile_period": [{"start_period": 0, "limit": 16}]}
    operate("active_profile", session_id="S1", profile={**ACTIVE, "charging_profile": most})
    drain()
    assert [each.json["charging_profile"] for each in pushed(partner)] == [most]


WHOLE = {
    "start_date_time": "2026-01-01T00:00:00Z",
    "duration": 7200,
    "charging_rate_unit": "A",
    "min_charging_rate": 6.5,
    "charging_profile_period": [{"start_period": 0, "limit": 16.0}, {"start_period": 3600, "limit": 8.1}],
}


@pytest.mark.parametrize(
    "profile", [WHOLE, PROFILE, {**PROFILE, "duration": 60}], ids=["all", "least", "some"]
)
def test_a_profile_says_the_same_at_the_other_end(
    profile: dict[str, Any], ask: Any, operate: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-43, CHP-44, CHP-46: what is absent stays absent, since its absence has a meaning; the unit and the
    periods stay as they are."""
    ask("PUT", URL + "S1", partner.token, {**setting(partner), "charging_profile": profile})
    assert received(operate)[0]["body"]["charging_profile"] == profile
    operate("set_profile", session_id="S9", party="BE/BEC", charging_profile=profile)
    (request,) = partner.requests("PUT", "/receiver/chargingprofiles/S9")
    assert request.json["charging_profile"] == profile


WRONG = [
    {**WHOLE, "charging_rate_unit": None},
    {**WHOLE, "charging_profile_period": [{"limit": 1}]},
    {**WHOLE, "charging_profile_period": [{"start_period": "x", "limit": 1}]},
]


@pytest.mark.parametrize("profile", WRONG, ids=range(len(WRONG)))
def test_a_profile_that_says_nothing_clear_is_refused_at_both_ends(
    profile: dict[str, Any], ask: Any, operate: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-43, CHP-44, CHP-46."""
    body = {**setting(partner), "charging_profile": profile}
    assert ask("PUT", URL + "S1", partner.token, body).code == 2001
    with pytest.raises(OperatorRefused):
        operate("set_profile", session_id="S9", party="BE/BEC", charging_profile=profile)
    assert operate("commands", module="chargingprofiles")["commands"] == []


@pytest.mark.parametrize("missing", ["start_date_time", "charging_profile"])
def test_an_active_profile_has_its_start_and_its_profile(
    missing: str, ask: Any, operate: Any, events: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-42: we do not tell without; one that came without its start is of the time it came."""
    theirs(ask, partner)
    less = {name: value for name, value in ACTIVE.items() if name != missing}
    code = ask("PUT", "/ocpi/2.2.1/sender/chargingprofiles/S9", partner.token, less).code
    assert code == (1000 if missing == "start_date_time" else 2001)
    heard = [each for each in events("ObjectChanged") if each["detail"]["module"] == "chargingprofiles"]
    assert len(heard) == (code == 1000)
    with pytest.raises(OperatorRefused):
        operate("active_profile", session_id="S1", profile=less)


@pytest.mark.parametrize(
    ("seconds", "advised"), [(300, False), (3600, False), (None, False), (299, True), (3601, True)]
)
def test_a_profile_that_is_told_covers_a_useful_time(
    seconds: int | None, advised: bool, operate: Any, charging: None
) -> None:
    """CHP-33: it is told all the same, a session may be about to end."""
    limits = {**ACTIVE["charging_profile"], "duration": seconds}
    profile = {**ACTIVE, "charging_profile": {name: value for name, value in limits.items() if value}}
    said = operate("active_profile", session_id="S1", profile=profile)["advice"]
    assert [each["pointer"] for each in said] == ["/profile/charging_profile/duration"] * advised
