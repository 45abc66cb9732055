"""Bodies that are not in UTF-8, through a hub: what is passed on is, and says the same (design section 6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from tests.harness import Hand
from tests.hub.conftest import party_of
from tests.hub.test_forward import SESSION

ENCODINGS = ["latin-1", "cp1252", "utf-16", "utf-16-be with a mark", "utf-8-sig"]
TEXT = "Café Zürich"
MESSAGE = [{"language": "fr", "text": TEXT}]


def written(value: Any, encoding: str) -> bytes:
    text = json.dumps(json.loads(jsontext.dumps(value)), ensure_ascii=False) + "\n"
    return f"\ufeff{text}".encode("utf-16-be") if "mark" in encoding else text.encode(encoding)


def read(body: bytes) -> Any:
    """What a strict peer reads: UTF-8 without a mark (RFC 8259)."""
    return json.loads(body.decode("utf-8"))


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("one", "other"), [("cpo221", "emsp221"), ("cpo221", "emsp230"), ("cpo230", "emsp221")]
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_object_goes_on_in_utf_8(
    party: Any, send: Any, encoding: str, one: str, other: str, method: str
) -> None:
    cpo, emsp = party(one), party(other)
    country, id = party_of(cpo)
    card = dict(zip(("country_code", "party_id"), party_of(emsp), strict=True))
    whole = {
        **SESSION,
        "country_code": country,
        "party_id": id,
        "cdr_token": {**SESSION["cdr_token"], **card},
    }
    body = whole if method == "PUT" else {"last_updated": SESSION["last_updated"]}
    path = f"receiver/sessions/{country}/{id}/S1"
    for to in (emsp, None) if method == "PUT" else (emsp,):
        answer = send(cpo, method, path, written({**body, "x_name": TEXT}, encoding), to=to)
        assert answer.code == 1000, answer.text
        assert read(emsp.requests(method)[-1].body)["x_name"] == TEXT


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_command_its_answer_and_its_result_go_on_in_utf_8(
    party: Any, send: Any, hub: Hand, encoding: str
) -> None:
    cpo, emsp = party("cpo221"), party("emsp221")
    response = {"result": "ACCEPTED", "timeout": 30, "message": MESSAGE}
    envelope = {"status_code": 1000, "timestamp": "2026-03-01T10:00:00Z", "data": response}
    cpo.answer("POST", "commands", body=written(envelope, encoding))
    command = {"session_id": TEXT, "response_url": f"{emsp.base_url}/results/1"}
    answer = send(emsp, "POST", "receiver/commands/STOP_SESSION", written(command, encoding), to=cpo)
    assert answer.data["message"] == MESSAGE, answer.text
    asked = read(cpo.requests("POST")[-1].body)
    assert asked["session_id"] == TEXT
    result = written({"result": "ACCEPTED", "message": MESSAGE}, encoding)
    assert send(cpo, "POST", asked["response_url"], result, to=emsp).code == 1000
    hub.drain()
    assert read(emsp.requests("POST")[-1].body)["message"] == MESSAGE


@pytest.mark.parametrize(
    "body", [b'{"id":"\xef\xbf\xbd"}', b"\xff\xfe\x00", b"\xff\xfe{\x00\x00\xd8", b'{"\xff']
)
def test_what_nobody_can_read_is_refused_and_not_passed_on(party: Any, send: Any, body: bytes) -> None:
    cpo, emsp = party("cpo221"), party("emsp221")
    for to in (emsp, None, ("NL", "HUB")):
        answer = send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", body, to=to)
        assert (answer.status, answer.code) == (400, 2001), answer.text
    assert emsp.received == []
