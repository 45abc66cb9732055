"""What an EVSE is capable of: asked before we send it a command or a profile, and before we take one."""

from __future__ import annotations

from typing import Any

import pytest

from tests import samples
from tests.harness import OperatorRefused
from tests.samples import CPO_ROLES, EMSP_ROLES, NEWER


def capable(*words: str) -> dict[str, Any]:
    return {**samples.location("L1"), "country_code": "BE", "party_id": "BEC"} | {
        "evses": [samples.evse("E1", capabilities=list(words)), samples.evse("E2")]
    }


@pytest.fixture
def cpo(register_partner: Any) -> Any:
    return register_partner(roles=CPO_ROLES, version="2.3.0")


def place(ask: Any, cpo: Any, *words: str) -> None:
    url = "/ocpi/2.3.0/receiver/locations/BE/BEC/L1"
    assert ask("PUT", url, token=cpo.token, body=capable(*words)).code == 1000


BODIES: dict[str, dict[str, Any]] = {
    "START_SESSION": {"location_id": "L1", "evse_uid": "E1", "token": samples.token()},
    "RESERVE_NOW": {
        "location_id": "L1",
        "evse_uid": "E1",
        "token": samples.token(),
        "expiry_date": NEWER,
        "reservation_id": "R1",
    },
    "UNLOCK_CONNECTOR": {"location_id": "L1", "evse_uid": "E1", "connector_id": "1"},
}


@pytest.mark.parametrize(
    ("command", "capability"),
    [
        ("START_SESSION", "REMOTE_START_STOP_CAPABLE"),
        ("RESERVE_NOW", "RESERVABLE"),
        ("UNLOCK_CONNECTOR", "UNLOCK_CAPABLE"),
    ],
)
def test_a_command_is_sent_to_an_evse_that_is_made_for_it(
    ask: Any, operate: Any, cpo: Any, command: str, capability: str
) -> None:
    """LOC-76: an EVSE that tells its capabilities and not this one is not asked; one that tells none is."""
    place(ask, cpo, "RFID_READER")
    with pytest.raises(OperatorRefused, match=capability) as refused:
        operate("send_command", command=command, to="BE/BEC", body=BODIES[command])
    assert (refused.value.code, refused.value.pointer) == ("not_capable", "/body/evse_uid")
    assert cpo.requests("POST", "/commands") == []
    for body in ({**BODIES[command], "evse_uid": "E2"}, {**BODIES[command], "location_id": "ELSEWHERE"}):
        operate("send_command", command=command, to="BE/BEC", body=body)
    place(ask, cpo, "RFID_READER", capability)
    operate("send_command", command=command, to="BE/BEC", body=BODIES[command])
    assert len(cpo.requests("POST", f"/commands/{command}")) == 3


def test_a_connector_is_named_where_the_evse_requires_it(ask: Any, operate: Any, cpo: Any) -> None:
    """LOC-75."""
    place(ask, cpo, "REMOTE_START_STOP_CAPABLE", "START_SESSION_CONNECTOR_REQUIRED")
    body = BODIES["START_SESSION"]
    with pytest.raises(OperatorRefused, match="connector_id is required") as refused:
        operate("send_command", command="START_SESSION", to="BE/BEC", body=body)
    assert refused.value.pointer == "/body/connector_id"
    operate("send_command", command="START_SESSION", to="BE/BEC", body={**body, "connector_id": "1"})
    (sent,) = cpo.requests("POST", "/commands")
    assert sent.json["connector_id"] == "1"


@pytest.mark.parametrize("connector_id", [None, "1"])
def test_our_evse_requires_its_connector_to_be_named(
    ask: Any, operate: Any, register_partner: Any, connector_id: str | None
) -> None:
    """LOC-75, as the CPO."""
    emsp = register_partner(roles=EMSP_ROLES, version="2.3.0")
    words = ["REMOTE_START_STOP_CAPABLE", "START_SESSION_CONNECTOR_REQUIRED"]
    whole = samples.location("L1", evses=0) | {"evses": [samples.evse("E1", capabilities=words)]}
    operate("put", module="locations", object=whole)
    body = {
        "location_id": "L1",
        "evse_uid": "E1",
        "token": {**samples.token(), "country_code": "DE", "party_id": "MSP"},
        "response_url": f"{emsp.base_url}/result",
    } | ({"connector_id": connector_id} if connector_id else {})
    answer = ask("POST", "/ocpi/2.3.0/receiver/commands/START_SESSION", token=emsp.token, body=body)
    assert answer.data["result"] == ("ACCEPTED" if connector_id else "REJECTED"), answer.text
    assert ("connector_id is required" in answer.text) == (not connector_id)


@pytest.mark.parametrize(("words", "asked"), [(["RFID_READER"], False), (["CHARGING_PROFILE_CAPABLE"], True)])
def test_a_profile_is_asked_of_an_evse_that_takes_one(
    ask: Any, operate: Any, cpo: Any, words: list[str], asked: bool
) -> None:
    """LOC-76: smart charging."""
    place(ask, cpo, *words)
    card = {**samples.CARD, "country_code": "NL", "party_id": "EXM"}
    session = {
        **samples.session(location_id="L1", cdr_token=card),
        "country_code": "BE",
        "party_id": "BEC",
    }
    url = "/ocpi/2.3.0/receiver/sessions/BE/BEC/S1"
    assert ask("PUT", url, token=cpo.token, body=session).status == 201
    profile = {"charging_rate_unit": "A", "charging_profile_period": [{"start_period": 0, "limit": 10}]}
    if asked:
        operate("set_profile", session_id="S1", charging_profile=profile)
    else:
        with pytest.raises(OperatorRefused, match="CHARGING_PROFILE_CAPABLE"):
            operate("set_profile", session_id="S1", charging_profile=profile)
    assert bool(cpo.requests("PUT", "/chargingprofiles")) == asked
