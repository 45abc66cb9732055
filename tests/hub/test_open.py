"""Requests that name nobody: who is meant is found by what they are about."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from tests import samples
from tests.hub.conftest import routing_of
from tests.hub.test_forward import SESSION
from tests.samples import example

TOKEN = samples.token(country_code="DE", party_id="MSP", uid="U1", contract_id="DE-MSP-C1")
WHERE = {"location_id": "LOC1"}


def location(**more: Any) -> dict[str, Any]:
    return {**samples.location(country_code="BE", party_id="BEC"), **more}


def plain(found: Any) -> Any:
    """Without Decimals, as the stub writes it."""
    return json.loads(jsontext.dumps(found))


def start(emsp: Any, **more: Any) -> dict[str, Any]:
    token = samples.token(country_code=emsp.roles[0]["country_code"], party_id=emsp.roles[0]["party_id"])
    return {"response_url": f"{emsp.base_url}/results/1", "token": token, "location_id": "LOC1", **more}


def test_a_session_goes_to_the_emsp_of_its_token(party: Any, send: Any) -> None:
    """HUB-26, HUB-27, AMB-27: TO is omitted, then that eMSP; a later PATCH goes where the Session went."""
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    answer = send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", SESSION)
    assert answer.code == 1000
    assert routing_of(answer.headers) == {"to": "BE/BEC", "from": "DE/MSP"}
    patch = {"kwh": 3, "last_updated": "2026-03-01T11:00:00Z"}
    assert send(cpo, "PATCH", "receiver/sessions/BE/BEC/S1", patch).code == 1000
    assert [each.method for each in emsp.received] == ["PUT", "PATCH"]
    assert routing_of(emsp.received[1].headers) == {"to": "DE/MSP", "from": "BE/BEC"}
    assert third.received == []


@pytest.mark.parametrize("to", [None, ("NL", "HUB")])
def test_a_session_that_was_passed_on_is_read_back_where_it_went(party: Any, send: Any, to: Any) -> None:
    """AMB-28: the hub has no copy of it, and asks the eMSP for its own; a stranger reads nothing."""
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    assert send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", SESSION).code == 1000
    emsp.answer("GET", "/sessions", data=SESSION)
    answer = send(cpo, "GET", "receiver/sessions/BE/BEC/S1", to=to)
    assert (answer.code, answer.data["id"]) == (1000, SESSION["id"])
    assert (emsp.received[-1].method, third.received) == ("GET", [])
    other = party("cpo230")
    assert send(other, "GET", "receiver/sessions/BE/NEW/S1", to=to).status == 404
    assert send(cpo, "GET", "receiver/sessions/BE/BEC/S2", to=to).status == 404


@pytest.mark.parametrize(("module", "id"), [("sessions", "/BE/BEC/S1"), ("cdrs", "")])
def test_nothing_is_taken_for_a_customer_of_the_hub_itself(
    party: Any, send: Any, hub: Any, module: str, id: str
) -> None:
    """HUB-21, AMB-28: a Session or CDR is for an eMSP, and never kept by the hub."""
    cpo = party("cpo221")
    theirs = {**SESSION["cdr_token"], "country_code": "NL", "party_id": "HUB"}
    body = {**(SESSION if module == "sessions" else example("cdr", "2.2.1")), "cdr_token": theirs}
    body |= {"country_code": "BE", "party_id": "BEC"}
    answer = send(cpo, "PUT" if id else "POST", f"receiver/{module}{id}", plain(body))
    assert answer.code == 4001
    assert hub.operate("list", module=module, party="all")["objects"] == []


@pytest.mark.parametrize("name", ["emsp221", "emsp230"])
def test_a_command_that_nobody_knows_is_not_supported(party: Any, send: Any, name: str) -> None:
    """CMD-49: it names no one whom it could be for."""
    emsp = party(name)
    answer = send(emsp, "POST", "receiver/commands/MAKE_COFFEE", {"response_url": f"{emsp.base_url}/r"})
    assert (answer.code, answer.data["result"]) == (1000, "NOT_SUPPORTED")


def test_an_id_that_is_not_the_requesters_is_4001(party: Any, send: Any) -> None:
    """Design section 12: what later requests need is known to its two ends alone."""
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    assert send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", SESSION).code == 1000
    cpo.forget()
    stop = {"response_url": f"{third.base_url}/results/1", "session_id": "S1"}
    for to in (None, cpo):
        assert send(third, "POST", "receiver/commands/STOP_SESSION", stop, to=to).code == 4001
    profile = f"receiver/chargingprofiles/S1?duration=60&response_url={third.base_url}/r"
    assert send(third, "GET", profile).code == 4001
    assert (
        send(third, "PUT", "sender/sessions/S1/charging_preferences", {"profile_type": "CHEAP"}).code == 4001
    )
    assert send(cpo, "PATCH", "receiver/sessions/BE/BEC/S1", {"kwh": 1}, to=third).code == 4001
    assert cpo.received == [] and third.received == []
    stop = {"response_url": f"{emsp.base_url}/results/1", "session_id": "S1"}
    assert send(emsp, "POST", "receiver/commands/STOP_SESSION", stop).code == 1000
    assert len(cpo.received) == 1


def test_what_was_passed_on_is_forgotten_after_a_week(party: Any, send: Any, hub: Any) -> None:
    cpo = party("cpo221")
    party("emsp221")
    assert send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", SESSION).code == 1000
    hub.clock.advance(7 * 86400 + 60)
    assert send(cpo, "PATCH", "receiver/sessions/BE/BEC/S1", {"kwh": 1}).code == 4001


def test_a_command_goes_to_the_owner_of_the_location(party: Any, send: Any) -> None:
    cpo, other, emsp = party("cpo221"), party("cpo230"), party("emsp221")
    assert send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp)).code == 4001
    assert send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", location()).code == 1000
    answer = send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp))
    assert (answer.code, answer.data["result"]) == (1000, "ACCEPTED")
    assert len(cpo.requests("POST")) == 1
    assert other.requests("POST") == []


def test_an_authorization_goes_to_the_owner_of_a_token_that_was_broadcast(party: Any, send: Any) -> None:
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    assert send(emsp, "PUT", "receiver/tokens/DE/MSP/U1", TOKEN).code == 1000
    emsp.answer("POST", "authorize", data={"allowed": "BLOCKED", "token": TOKEN})
    for to in (None, ("NL", "HUB")):
        answer = send(cpo, "POST", "sender/tokens/U1/authorize", WHERE, to=to)
        assert (answer.code, answer.data["allowed"]) == (1000, "BLOCKED")
        assert routing_of(answer.headers)["from"] == "DE/MSP"
    assert third.received == []


VERDICTS = ("ALLOWED", "NO_CREDIT", "EXPIRED", "BLOCKED", "NOT_ALLOWED")


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        *[(verdict, "unknown", verdict) for verdict in VERDICTS],
        *[(one, other, one) for one, other in pairwise(VERDICTS)],
        ("unknown", "unknown", "unknown"),
        ("down", "BLOCKED", "BLOCKED"),
        ("foreign", "BLOCKED", "BLOCKED"),
    ],
)
def test_of_a_token_that_nobody_broadcast_all_are_asked_and_the_best_verdict_counts(
    party: Any, send: Any, one: str, other: str, told: str
) -> None:
    """AMB-27: the first ALLOWED wins, a verdict beats "unknown"; a verdict on another's Token is none."""
    cpo, stubs = party("cpo221"), (party("emsp221"), party("third"))
    for stub, verdict in zip(stubs, (one, other), strict=True):
        country, id = stub.roles[0]["country_code"], stub.roles[0]["party_id"]
        if verdict == "foreign":
            country, id, verdict = "XX", "FOR", "ALLOWED"
        token = samples.token(country_code=country, party_id=id, uid="U9")
        if verdict == "down":
            stub.down()
        elif verdict == "unknown":
            stub.answer("POST", "authorize", status=404, code=2004)
        else:
            stub.answer("POST", "authorize", data={"allowed": verdict, "token": token})
    answer = send(cpo, "POST", "sender/tokens/U9/authorize")
    if told == "unknown":
        assert (answer.status, answer.code) == (404, 2004)
    else:
        assert (answer.code, answer.data["allowed"]) == (1000, told)


def test_a_location_is_read_from_the_one_party_that_has_it(party: Any, send: Any) -> None:
    cpo, other, emsp = party("cpo221"), party("cpo230"), party("emsp221")
    assert send(emsp, "GET", "sender/locations/LOC1").code == 4001
    cpo.answer("GET", "/locations/LOC1", data=location())
    answer = send(emsp, "GET", "sender/locations/LOC1")
    assert (answer.code, answer.data["id"]) == (1000, "LOC1")
    assert routing_of(answer.headers)["from"] == "BE/BEC"
    other.answer("GET", "/locations/LOC1", data=location(party_id="NEW"))
    assert send(emsp, "GET", "sender/locations/LOC1").code == 4001


def test_the_hubs_copy_of_a_location_is_for_those_it_is_published_to(party: Any, send: Any) -> None:
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    assert send(emsp, "PUT", "receiver/tokens/DE/MSP/U1", TOKEN).code == 1000
    assert send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", location()).code == 1000
    assert send(third, "GET", "sender/locations/LOC1", to=("NL", "HUB")).data["id"] == "LOC1"
    hidden = location(publish=False, publish_allowed_to=[{"uid": "U1", "type": "RFID"}])
    assert send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", hidden).code == 1000
    assert send(emsp, "GET", "sender/locations/LOC1", to=("NL", "HUB")).data["id"] == "LOC1"
    assert send(third, "GET", "sender/locations/LOC1", to=("NL", "HUB")).status == 404


def test_a_cdr_is_read_again_through_the_hub_by_its_cpo_alone(party: Any, send: Any) -> None:
    """AMB-26: its Location is a URL of ours that leads back."""
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    cdr = plain(example("cdr", "2.2.1", "BE/BEC", id="C1", cdr_token=SESSION["cdr_token"]))
    answer = send(cpo, "POST", "receiver/cdrs", cdr)
    assert (answer.status, answer.code) == (201, 1000), answer.text
    place = answer.headers["location"]
    assert place == "https://ocpi.example.com/ocpi/2.2.1/receiver/cdrs/BE/BEC/C1"
    emsp.answer("GET", "cdrs/C1", data=cdr)
    for to in (None, emsp):
        assert send(cpo, "GET", place, to=to).data["id"] == "C1"
    assert send(third, "GET", place).code == 2001 or send(third, "GET", place).status == 404
    assert len(emsp.requests("GET", "cdrs/C1")) == 2
    assert third.received == []
