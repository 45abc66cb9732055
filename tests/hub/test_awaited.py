"""Commands and charging profiles through the hub: one response now, one result later, at a URL of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests import samples
from tests.hub.conftest import PARTIES, party_of, routing_of
from tests.hub.test_forward import SESSION

PAIRS = [
    (one, other) for one in ("emsp211", "emsp221", "emsp230") for other in ("cpo211", "cpo221", "cpo230")
]
AT = "2026-03-01T10:00:00Z"


def card(stub: Any) -> dict[str, Any]:
    country, party = party_of(stub)
    if stub.version == "2.1.1":
        found = {"uid": "U1", "type": "RFID", "auth_id": "AUTH1", "issuer": "x", "valid": True}
        return {**found, "whitelist": "ALWAYS", "last_updated": AT}
    return samples.token(country_code=country, party_id=party, uid="U1")


def start(emsp: Any, **more: Any) -> dict[str, Any]:
    return {"response_url": f"{emsp.base_url}/mine/1", "token": card(emsp), "location_id": "LOC1", **more}


def told_of_location(cpo: Any, send: Any) -> None:
    """The hub knows whose LOC1 is."""
    country, party = party_of(cpo)
    found = samples.location(country_code=country, party_id=party)
    if cpo.version == "2.1.1":
        from tests.hub.test_open import plain
        from tests.samples import example

        found = plain(example("location", "2.1.1", id="LOC1"))
    answer = send(cpo, "PUT", f"receiver/locations/{country}/{party}/LOC1", found)
    assert answer.code == 1000, answer.text


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_command_has_its_response_and_one_result_whatever_the_versions(
    party: Any, send: Any, hub: Any, one: str, other: str
) -> None:
    """AMB-25, AMB-26, CNV-111 to CNV-119: response_url is replaced by ours; the result comes back once.

    HUB-06: who sends it has its answer from the party that awaits it, not from the hub.
    """
    emsp, cpo = party(one), party(other)
    told_of_location(cpo, send)
    answer = send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp))
    assert (answer.status, answer.code, answer.data["result"]) == (200, 1000, "ACCEPTED"), answer.text
    assert ("timeout" in answer.data) == (emsp.version != "2.1.1" or cpo.version == "2.1.1")
    (heard,) = cpo.requests("POST")
    back = heard.json["response_url"]
    assert back.startswith(f"https://ocpi.example.com/ocpi/{cpo.version}/sender/commands/START_SESSION/")
    assert heard.json["token"]["uid"] == "U1"
    assert ("party_id" in heard.json["token"]) == (cpo.version != "2.1.1")
    for _ in range(2):
        answer = send(cpo, "POST", back, {"result": "ACCEPTED"}, to=emsp)
        assert answer.code == 1000
        if cpo.version != "2.1.1":
            ends = {"to": "/".join(party_of(cpo)), "from": "/".join(party_of(emsp))}
            assert routing_of(answer.headers) == ends
    hub.drain()
    (result,) = emsp.requests("POST", "/mine/1")
    assert result.json == {"result": "ACCEPTED"}
    if emsp.version != "2.1.1":
        assert routing_of(result.headers) == {"to": "/".join(party_of(emsp)), "from": "/".join(party_of(cpo))}
        assert result.headers["x-correlation-id"] == "correlation-1"


def test_a_result_passes_as_it_came_between_partners_of_one_version(party: Any, send: Any, hub: Any) -> None:
    """Unknown fields and values pass."""
    emsp, cpo = party("emsp221"), party("cpo221")
    send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp, x_own=[1]), to=cpo)
    (heard,) = cpo.requests("POST")
    assert heard.json == {**start(emsp, x_own=[1]), "response_url": heard.json["response_url"]}
    said = {"result": "NOT_TODAY", "message": [{"language": "en", "text": "no"}], "x_more": {"a": 1.50}}
    assert send(cpo, "POST", heard.json["response_url"], said, to=emsp).code == 1000
    hub.drain()
    assert emsp.requests("POST", "/mine/1")[0].json == said


def test_a_far_side_that_stays_silent_is_a_timeout_once(party: Any, send: Any, hub: Any) -> None:
    """CMD-15: exactly one result, also where none came; a late one is taken and changes nothing."""
    emsp, cpo = party("emsp221"), party("cpo221")
    send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp), to=cpo)
    back = cpo.requests("POST")[0].json["response_url"]
    hub.clock.advance(40)
    hub.drain()
    assert [each.json for each in emsp.requests("POST", "/mine/1")] == [{"result": "TIMEOUT"}]
    assert send(cpo, "POST", back, {"result": "ACCEPTED"}, to=emsp).code == 1000
    hub.drain()
    assert len(emsp.requests("POST", "/mine/1")) == 1
    hub.clock.advance(3700)
    assert send(cpo, "POST", back, {"result": "ACCEPTED"}, to=emsp).code == 4001


def test_a_result_is_kept_while_its_receiver_is_away(party: Any, send: Any, hub: Any) -> None:
    """Design section 12 and 8: tried again until its deadline makes it useless."""
    emsp, cpo = party("emsp221"), party("cpo221")
    send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp), to=cpo)
    back = cpo.requests("POST")[0].json["response_url"]
    emsp.down()
    assert send(cpo, "POST", back, {"result": "ACCEPTED"}, to=emsp).code == 1000
    hub.drain()
    emsp.up()
    hub.clock.advance(7)
    hub.drain()
    assert [each.json for each in emsp.requests("POST", "/mine/1")] == [{"result": "ACCEPTED"}]


def test_nobody_but_the_one_asked_delivers_a_result(party: Any, send: Any, hub: Any) -> None:
    emsp, cpo, other = party("emsp221"), party("cpo221"), party("cpo230")
    cpo.answer("POST", "commands", data={"result": "ACCEPTED", "timeout": 3600})  # however slow the machine
    send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp), to=cpo)
    back = cpo.requests("POST")[0].json["response_url"]
    for who in (other, emsp, party("third")):
        forged = back.replace("/2.2.1/", f"/{who.version}/")
        assert send(who, "POST", forged, {"result": "REJECTED"}, to=emsp).code == 4001
    assert send(cpo, "POST", back + "x", {"result": "REJECTED"}, to=emsp).code == 4001
    hub.drain()
    assert emsp.requests("POST", "/mine/1") == []


def test_a_command_that_is_repeated_is_asked_once(party: Any, send: Any) -> None:
    """ARC-17"""
    emsp, cpo = party("emsp221"), party("cpo221")
    answers = [send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp), to=cpo) for _ in range(2)]
    assert [each.data for each in answers] == [{"result": "ACCEPTED", "timeout": 30}] * 2
    assert len(cpo.requests("POST")) == 1
    # To another CPO it is another command, though all of it is the same but for whom it names.
    other = party("cpo230")
    answer = send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp), to=other)
    assert routing_of(answer.headers)["from"] == "BE/NEW"
    assert (len(cpo.requests("POST")), len(other.requests("POST"))) == (1, 1)


def test_a_response_url_on_a_host_nobody_announced_is_2001(party: Any, send: Any) -> None:
    emsp, cpo = party("emsp221"), party("cpo221")
    for url in (f"{cpo.base_url}/x", "http://127.0.0.1:9/x", "https://evil.example/x", "", 7):
        answer = send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp, response_url=url), to=cpo)
        assert (answer.status, answer.code) == (200, 2001)
        assert "response_url" in answer.json["status_message"]
    assert cpo.received == []


def test_a_refused_command_has_no_result(party: Any, send: Any, hub: Any) -> None:
    emsp, cpo = party("emsp221"), party("cpo221")
    cpo.answer("POST", "commands", data={"result": "REJECTED", "timeout": 0})
    assert (
        send(emsp, "POST", "receiver/commands/START_SESSION", start(emsp), to=cpo).data["result"]
        == "REJECTED"
    )
    cpo.answer("POST", "commands", code=2003)
    hub.clock.advance(300)
    hub.drain()
    assert emsp.requests("POST") == []


def test_a_reservation_is_cancelled_where_it_was_made(party: Any, send: Any, hub: Any) -> None:
    """CMD-20: the CPO may cancel it later, at the same URL."""
    emsp, cpo, third = party("emsp221"), party("cpo221"), party("third")
    end = hub.clock()[:11] + "23:59:00Z"
    body = start(emsp, reservation_id="R1", expiry_date=end)
    assert send(emsp, "POST", "receiver/commands/RESERVE_NOW", body, to=cpo).code == 1000
    back = cpo.requests("POST")[0].json["response_url"]
    assert send(cpo, "POST", back, {"result": "ACCEPTED"}, to=emsp).code == 1000
    hub.drain()
    hub.clock.advance(3 * 3600)
    cancel = {"response_url": f"{emsp.base_url}/mine/2", "reservation_id": "R1"}
    other = {"response_url": f"{third.base_url}/mine/2", "reservation_id": "R1"}
    assert send(third, "POST", "receiver/commands/CANCEL_RESERVATION", other).code == 4001
    answer = send(
        emsp, "POST", "receiver/commands/CANCEL_RESERVATION", cancel, headers={"X-Request-ID": "r2"}
    )
    assert answer.code == 1000
    assert send(cpo, "POST", back, {"result": "CANCELED_RESERVATION"}, to=emsp).code == 1000
    hub.drain()
    said = [each.json["result"] for each in emsp.requests("POST", "/mine/1")]
    assert said == ["ACCEPTED", "CANCELED_RESERVATION"]


def test_2_1_1_is_not_asked_to_cancel_a_reservation(party: Any, send: Any) -> None:
    """CNV-111"""
    emsp, cpo = party("emsp221"), party("cpo211")
    cancel = {"response_url": f"{emsp.base_url}/mine/2", "reservation_id": "R1"}
    answer = send(emsp, "POST", "receiver/commands/CANCEL_RESERVATION", cancel, to=cpo)
    assert (answer.code, answer.data["result"]) == (1000, "NOT_SUPPORTED")
    assert cpo.received == []


@pytest.mark.parametrize("one", ["emsp221", "emsp230"])
@pytest.mark.parametrize("other", ["cpo221", "cpo230"])
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE"])
def test_a_charging_profile_is_asked_of_the_cpo_of_the_session(
    party: Any, send: Any, hub: Any, one: str, other: str, method: str
) -> None:
    """CHP-10 to CHP-13, AMB-26"""
    emsp, cpo = party(one), party(other)
    country, id = party_of(cpo)
    token = {**SESSION["cdr_token"], "country_code": PARTIES[one][2], "party_id": PARTIES[one][3]}
    session = {**SESSION, "country_code": country, "party_id": id, "cdr_token": token}
    assert send(cpo, "PUT", f"receiver/sessions/{country}/{id}/S1", session).code == 1000
    cpo.forget()
    cpo.answer("GET", "chargingprofiles", data={"result": "ACCEPTED", "timeout": 30})
    profile = {"charging_rate_unit": "A", "charging_profile_period": [{"start_period": 0, "limit": 6.0}]}
    url = f"{emsp.base_url}/mine/1"
    if method == "PUT":
        path, body = "receiver/chargingprofiles/S1", {"charging_profile": profile, "response_url": url}
    else:
        path, body = f"receiver/chargingprofiles/S1?duration=60&response_url={url}", None
    answer = send(emsp, method, path, body)
    assert (answer.code, answer.json.get("data", {}).get("result")) == (1000, "ACCEPTED"), answer.text
    (heard,) = cpo.received
    back = heard.json["response_url"] if method == "PUT" else heard.query["response_url"]
    assert back.startswith(f"https://ocpi.example.com/ocpi/{cpo.version}/sender/chargingprofiles/results/")
    result: dict[str, Any] = {"result": "ACCEPTED"}
    if method == "GET":
        result["profile"] = {"start_date_time": AT, "charging_profile": profile}
    assert send(cpo, "POST", back, result, to=emsp).code == 1000
    hub.drain()
    (told,) = emsp.requests("POST", "/mine/1")
    assert json.loads(told.body) == result
    pushed = {"start_date_time": AT, "charging_profile": profile}
    assert send(cpo, "PUT", "sender/chargingprofiles/S1", pushed).code == 1000
    assert emsp.requests("PUT", "chargingprofiles")[0].json == pushed
