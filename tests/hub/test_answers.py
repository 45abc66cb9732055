"""What the far side answers, and what the requester is told of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.hub import forward
from tests.hub.conftest import routing_of
from tests.hub.test_forward import SESSION

PUT = ("PUT", "receiver/sessions/BE/BEC/S1")
HTML = b"<html>502</html>"
HTML_404 = {"status": 404, "body": HTML, "headers": {"Content-Type": "text/html"}}

# what the far side answers -> HTTP status, code and the party that says so
ANSWERS: list[tuple[str, dict[str, Any], tuple[int, int, str]]] = [
    ("its own refusal", {"code": 2001, "message": "no"}, (200, 2001, "DE/MSP")),
    ("its own failure", {"code": 3001}, (200, 3001, "DE/MSP")),
    ("its own words in 1xxx", {"code": 1999}, (200, 1999, "DE/MSP")),
    ("404 with an envelope", {"status": 404, "code": 2001}, (404, 2001, "DE/MSP")),
    ("404 without", HTML_404, (404, 2000, "DE/MSP")),
    ("405", {"status": 405, "code": 2000}, (405, 2000, "DE/MSP")),
    ("400", {"status": 400, "code": 2001}, (400, 2001, "DE/MSP")),
    ("401", {"status": 401, "code": 2000}, (200, 4003, "NL/HUB")),
    ("500 with its own code", {"status": 500, "code": 3000}, (200, 3000, "DE/MSP")),
    ("500 with a code of success", {"status": 500, "code": 1000}, (200, 4000, "NL/HUB")),
    ("502 in HTML", {"status": 502, "body": HTML}, (200, 4000, "NL/HUB")),
    ("200 in HTML", {"status": 200, "body": HTML}, (200, 4000, "NL/HUB")),
    ("half a body", {"body": b'{"status_code":1000,"data":{"a"'}, (200, 4000, "NL/HUB")),
    ("no body", {"body": b""}, (200, 4000, "NL/HUB")),
    ("a list", {"body": b"[1000]"}, (200, 4000, "NL/HUB")),
    ("bytes of Latin-1", {"body": b'{"status_code":1000,"data":"\xff"}'}, (200, 1000, "DE/MSP")),
    ("a redirect", {"status": 307, "headers": {"Location": "/elsewhere"}}, (200, 4000, "NL/HUB")),
    ("10 MB", {"body": b'{"status_code":1000,"data":"' + b"x" * 10_000_000 + b'"}'}, (200, 4000, "NL/HUB")),
    ("6 MB", {"body": b'{"status_code":1000,"data":"' + b"x" * 6_000_000 + b'"}'}, (200, 4000, "NL/HUB")),
    ("a hub's code", {"code": 4002}, (200, 4002, "DE/MSP")),
]


@pytest.mark.parametrize(
    ("canned", "told"), [each[1:] for each in ANSWERS], ids=[each[0] for each in ANSWERS]
)
def test_an_answer_is_handed_on_or_becomes_a_code_of_the_hub(
    party: Any, send: Any, canned: dict[str, Any], told: tuple[int, int, str]
) -> None:
    """STA-22, STA-25, STA-26, AMB-24: the far side's own words pass, what is none becomes 4000 or 4003."""
    cpo, emsp = party("cpo221"), party("emsp221")
    emsp.answer("PUT", **canned)
    answer = send(cpo, *PUT, SESSION, to=emsp)
    assert (answer.status, answer.code, routing_of(answer.headers)["from"]) == told, answer.text[:300]
    assert routing_of(answer.headers)["to"] == "BE/BEC"
    if told[2] == "DE/MSP" and canned.get("body") is None:
        assert answer.json["status_message"] == canned.get("message", "as the test wants it")


@pytest.mark.parametrize(("code", "told"), [(4000, 3000), (4001, 2000), (4002, 3000), (4003, 3000)])
def test_a_2_1_1_partner_is_told_hub_codes_in_its_words(party: Any, send: Any, code: int, told: int) -> None:
    """CNV-07: 2.1.1 has no 4xxx; no routing headers either."""
    cpo, emsp = party("cpo211"), party("emsp211")
    token = {
        "uid": "U1",
        "type": "RFID",
        "auth_id": "AUTH1",
        "issuer": "x",
        "valid": True,
        "whitelist": "ALWAYS",
    }
    stored = send(
        emsp, "PUT", "receiver/tokens/DE/OLM/U1", {**token, "last_updated": SESSION["last_updated"]}
    )
    assert stored.code == 1000, stored.text
    emsp.answer("PUT", code=code)
    session = {
        "id": "S1",
        "start_datetime": "2026-03-01T10:00:00Z",
        "kwh": 1,
        "auth_id": "AUTH1",
        "auth_method": "WHITELIST",
        "location": _location_211(),
        "currency": "EUR",
        "status": "ACTIVE",
        "last_updated": "2026-03-01T10:00:00Z",
    }
    answer = send(cpo, "PUT", "receiver/sessions/BE/OLD/S1", session)
    assert (answer.status, answer.code) == (200, told), answer.text
    assert not [name for name in answer.headers if name.startswith("ocpi-")]
    assert not [name for name in emsp.requests("PUT")[0].headers if name.startswith("ocpi-")]
    answer = send(cpo, "PUT", "receiver/sessions/BE/OLD/S2", {**session, "id": "S2", "auth_id": "NOBODY"})
    assert (answer.status, answer.code) == (200, 2000)


def _location_211() -> dict[str, Any]:
    from tests.samples import example

    return example("location", "2.1.1")


def test_a_party_that_is_down_is_4003_and_costs_nothing_after_three_failures(party: Any, send: Any) -> None:
    """STA-25; design section 12: after three failures in a row it is OFFLINE."""
    cpo, emsp = party("cpo221"), party("emsp221")
    emsp.down()
    for _ in range(3):
        assert send(cpo, *PUT, SESSION, to=emsp).code == 4003
    emsp.up()
    assert send(cpo, *PUT, SESSION, to=emsp).code == 4003
    assert emsp.requests("PUT") == []


def test_a_party_that_does_not_answer_in_time_is_4002(
    party: Any, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """STA-24, ARC-07"""
    assert forward.FORWARD_TIME == 20
    monkeypatch.setattr(forward, "FORWARD_TIME", 0.3)
    cpo, emsp = party("cpo221"), party("emsp221")
    emsp.answer("PUT", delay=1.0)
    answer = send(cpo, *PUT, SESSION, to=emsp)
    assert (answer.status, answer.code) == (200, 4002)


def test_a_suspended_or_departed_party_is_4003_and_one_never_heard_of_4001(
    party: Any, send: Any, hub: Any
) -> None:
    cpo, emsp, third = party("cpo221"), party("emsp221"), party("third")
    hub.operate("suspend", partner=emsp.id)
    assert send(cpo, *PUT, SESSION, to=emsp).code == 4003
    hub.ask("DELETE", "/ocpi/2.2.1/credentials", token=third.token)
    assert send(cpo, *PUT, SESSION, to=third).code == 4003
    assert send(cpo, *PUT, SESSION, to=("DE", "NOT")).code == 4001


def test_a_module_that_is_not_offered_is_4000_and_said(party: Any, send: Any, hub: Any) -> None:
    cpo, emsp = party("cpo221"), party("emsp211")
    old = party("cpo211")
    answer = send(
        party("emsp221"), "PUT", "sender/sessions/S1/charging_preferences", {"profile_type": "CHEAP"}, to=old
    )
    assert answer.code in (4000, 4001)
    answer = send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", json.dumps({"id": "LOC1"}), to=old)
    assert answer.code == 4000
    assert "receiver interface of locations" in answer.json["status_message"]
    assert emsp.requests("PUT") == []
