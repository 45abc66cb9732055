"""The operator asks a partner what it holds of an object of ours."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.actions.holding import differences
from chalicelib.ocpi import jsontext
from tests import samples
from tests.harness import OperatorRefused
from tests.samples import CPO_ROLES, EMSP_ROLES, later


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES, version="2.3.0")
    drain()
    stub.forget()
    return stub


def as_sent(stub: Any, containing: str) -> Any:
    """What the stub was sent last, as JSON for its answer."""
    return jsontext.loads(stub.requests("", containing)[-1].body)


def answers(stub: Any, path: str, data: Any) -> None:
    """The stub answers a GET with these data, decimals as they are."""
    body = jsontext.dumps({"status_code": 1000, "timestamp": samples.AT, "data": data}).encode()
    stub.answer("GET", path, body=body)


def test_a_cdr_is_read_where_the_receiver_put_it(operate: Any, drain: Any, emsp: Any) -> None:
    """CDR-14: at the URL of the Location header that came with it, never at one made up here."""
    elsewhere = f"{emsp.base_url}/archive/7f3a?year=2026"
    emsp.answer("POST", "/receiver/cdrs", status=201, headers={"Location": elsewhere})
    operate("put", module="cdrs", object=samples.cdr())
    drain()
    answers(emsp, "/archive/7f3a", as_sent(emsp, "/receiver/cdrs"))
    found = operate("held", partner=emsp.id, module="cdrs", id="C1")
    assert (found["url"], found["object"]["id"], found["differs"]) == (elsewhere, "C1", [])
    (asked,) = emsp.requests("GET")
    assert (asked.path, asked.query) == ("/archive/7f3a", {"year": "2026"})


def test_a_relative_location_is_of_the_endpoint(operate: Any, drain: Any, emsp: Any) -> None:
    """CDR-14, AMB-63."""
    emsp.answer("POST", "/receiver/cdrs", status=201, headers={"Location": "/kept/C1"})
    operate("put", module="cdrs", object=samples.cdr())
    drain()
    assert operate("held", partner=emsp.id, module="cdrs", id="C1")["url"] == f"{emsp.base_url}/kept/C1"


@pytest.mark.parametrize("location", [None, "https://elsewhere.example/C1"])
def test_a_cdr_is_looked_for_nowhere_else(operate: Any, drain: Any, emsp: Any, location: Any) -> None:
    """CDR-14, design section 10: nor at a host that the partner did not announce."""
    headers = {"Location": location} if location else {}
    emsp.answer("POST", "/receiver/cdrs", status=201, headers=headers)
    operate("put", module="cdrs", object=samples.cdr())
    drain()
    with pytest.raises(OperatorRefused) as refused:
        operate("held", partner=emsp.id, module="cdrs", id="C1")
    assert refused.value.code == ("refused" if location else "not_delivered")
    assert emsp.requests("GET") == []


def test_a_location_is_held_against_ours_and_repaired(operate: Any, drain: Any, emsp: Any) -> None:
    """LOC-06: GET at the Receiver, all of it or one EVSE, then a push of the whole."""
    operate("put", module="locations", object=samples.location())
    drain()
    whole = as_sent(emsp, "/locations/")
    answers(emsp, "/locations/NL/EXA/LOC1/E2", {**whole["evses"][1], "status": "BLOCKED"})
    answers(emsp, "/locations/NL/EXA/LOC1", {**whole, "name": "Elsewhere"})
    found = operate("held", partner=emsp.id, module="locations", id="loc1")
    assert (found["differs"], found["object"]["name"]) == (["name"], "Elsewhere")
    found = operate("held", partner=emsp.id, module="locations", id="LOC1", evse_uid="E2")
    assert (found["differs"], found["object"]["status"]) == (["status"], "BLOCKED")
    emsp.forget()
    operate("push", partner=emsp.id, module="locations")
    drain()
    assert [each.method for each in emsp.received] == ["PUT"]


def test_a_session_that_the_receiver_never_got(operate: Any, drain: Any, emsp: Any) -> None:
    """SES-03: 404 is an answer."""
    operate("put", module="sessions", object=samples.session())
    drain()
    found = operate("held", partner=emsp.id, module="sessions", id="S1")
    assert found["object"] is None
    assert "status" in found["differs"]
    assert found["url"].endswith("/receiver/sessions/NL/EXA/S1")


def test_a_token_is_asked_for_by_its_type(operate: Any, drain: Any, register_partner: Any) -> None:
    """TOK-04: as an eMSP."""
    cpo = register_partner(roles=CPO_ROLES, version="2.2.1")
    operate("put", module="tokens", object=samples.token("U1", type="APP_USER"))
    drain()
    cpo.forget()
    operate("held", partner=cpo.id, module="tokens", id="U1", type="APP_USER")
    (asked,) = cpo.received
    assert (asked.method, asked.path, asked.query) == (
        "GET",
        "/2.2.1/receiver/tokens/NL/EXM/U1",
        {"type": "APP_USER"},
    )


def test_what_cannot_be_asked_is_said(operate: Any, drain: Any, emsp: Any) -> None:
    operate("put", module="tariffs", object=samples.tariff(last_updated=later(1)))
    for fields, code in (
        ({"partner": "nobody", "module": "tariffs", "id": "T1"}, "unknown_partner"),
        ({"partner": emsp.id, "module": "tariffs", "id": "NONE"}, "2001"),
        ({"partner": emsp.id, "module": "users", "id": "T1"}, "invalid"),
    ):
        with pytest.raises(OperatorRefused) as refused:
            operate("held", **fields)
        assert refused.value.code == code
    emsp.answer("GET", "/tariffs", status=200, code=2000)
    with pytest.raises(OperatorRefused) as refused:
        operate("held", partner=emsp.id, module="tariffs", id="T1")
    assert refused.value.code == "refused"
    emsp.down()
    with pytest.raises(OperatorRefused) as refused:
        operate("held", partner=emsp.id, module="tariffs", id="T1")
    assert refused.value.code == "unreachable"


def test_what_differs_is_told_by_place_evses_held_against_those_of_the_same_name() -> None:
    ours = {"name": "A", "evses": [{"uid": "E1", "status": "CHARGING"}, {"uid": "E2", "status": "AVAILABLE"}]}
    theirs = {"name": "A", "more": 1, "evses": [{"uid": "e2", "status": "BLOCKED"}]}
    assert list(differences(ours, theirs)) == [
        {"pointer": "/evses/0", "ours": ours["evses"][0], "theirs": None},
        {"pointer": "/evses/1/uid", "ours": "E2", "theirs": "e2"},
        {"pointer": "/evses/1/status", "ours": "AVAILABLE", "theirs": "BLOCKED"},
    ]
