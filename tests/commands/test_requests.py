"""What every request and answer has in common: envelope, ids, statuses, and what strangers send."""

from __future__ import annotations

import base64
import json
import re
import uuid
from typing import Any

import pytest

from chalicelib.ocpi import modules
from tests import samples
from tests.harness import Answer

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def proper(answer: Answer) -> Any:
    """The envelope, after everything that holds of each one was looked at."""
    body = answer.json
    assert answer.headers["content-type"].startswith("application/json")
    assert 1000 <= body["status_code"] <= 4999
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", body["timestamp"])
    assert answer.headers["x-request-id"] and answer.headers["x-correlation-id"]
    assert answer.status < 500
    assert "Traceback" not in answer.text and "chalicelib" not in answer.text
    return body


def test_every_answer_is_an_envelope_with_ids(ask, partner):
    """TRA-65 to TRA-69, TRA-81, TRA-83, TRA-85, STA-08, STA-12, VER-25"""
    ids = {"X-Request-ID": str(uuid.uuid4()), "x-correlation-id": str(uuid.uuid4())}
    for method, path, status in (
        ("GET", "/ocpi/versions", 200),
        ("GET", "/ocpi/versions/", 200),
        ("GET", "/ocpi/2.2.1", 200),
        ("GET", "/ocpi/2.2.1/", 200),
        ("GET", "/ocpi/2.2.1/credentials/", 200),
        ("POST", "/ocpi/versions", 405),
        ("PATCH", "/ocpi/2.2.1/credentials", 405),
        ("GET", "/ocpi/9.9", 404),
        ("GET", "/ocpi/2.2.1/nothing", 404),
        ("GET", "/elsewhere", 404),
        ("GET", "/", 404),
        ("DELETE", "/ocpi/2.2.1/sender/locations", 405),
    ):
        answer = ask(method, path, token=partner.token, headers=ids)
        proper(answer)
        assert (answer.status, method, path) == (status, method, path)
        assert answer.headers["x-request-id"] == ids["X-Request-ID"]
        assert answer.headers["x-correlation-id"] == ids["x-correlation-id"]


def test_ids_are_made_where_a_request_has_none(ask, partner):
    """CNV-02, TRA-84, TRA-86"""
    answer = ask("GET", "/ocpi/2.1.1", token=partner.token)
    assert UUID.fullmatch(answer.headers["x-request-id"])
    assert UUID.fullmatch(answer.headers["x-correlation-id"])


@pytest.mark.parametrize("value", ["a\r\nSet-Cookie: x=1", "x" * 5000, "ümlaut", "\x00", "", "\x7f"])
def test_an_id_that_is_no_header_value_is_replaced(ask, partner, value):
    """TRA-81: never a way to smuggle a header"""
    answer = ask("GET", "/ocpi/versions", token=partner.token, headers={"X-Request-ID": value})
    proper(answer)
    assert UUID.fullmatch(answer.headers["x-request-id"])


def test_header_names_have_no_case(ask, partner):
    """TRA-10"""
    value = "Token " + base64.b64encode(partner.token.encode()).decode()
    assert ask("GET", "/ocpi/versions", headers={"aUTHORIZATION": value}).code == 1000


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Token",
        "Token ",
        "Bearer {raw}",
        "Basic {base64}",
        "{raw}",
        "Token {raw}x",
        "Token {raw} {raw}",
        "Token \x00",
        "Token ====",
        "Token 💥",
        "Token " + "A" * 100_000,
        "Token {raw}\r\nX-Evil: 1",
        "Token dW5rbm93bg==",
    ],
)
def test_without_a_known_token_it_is_401(ask, partner, authorization):
    """TRA-02, TRA-03, TRA-08"""
    raw = partner.token
    if authorization:
        both = {"raw": raw, "base64": base64.b64encode(raw.encode()).decode()}
        for name, value in both.items():
            authorization = authorization.replace(f"{{{name}}}", value)
    for path in ("/ocpi/versions", "/ocpi/2.2.1", "/ocpi/2.2.1/credentials", "/ocpi/2.2.1/sender/locations"):
        answer = ask("GET", path, authorization=authorization)
        assert (answer.status, proper(answer)["status_code"]) == (401, 2000)
        assert "x-evil" not in answer.headers
        assert raw not in answer.text


@pytest.mark.parametrize("scheme", ["token", "TOKEN", "Token ", " Token"])
def test_the_scheme_is_read_leniently(ask, partner, scheme):
    """TRA-03, read leniently"""
    assert ask("GET", "/ocpi/versions", authorization=f"{scheme} {partner.token}").code == 1000


def test_an_id_of_a_token_object_is_no_credentials_token(ask, partner):
    """TRA-11"""
    assert ask("GET", "/ocpi/versions", authorization=f"Token {partner.id}").status == 401


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get"])
def test_other_methods_are_405(ask, partner, method):
    """AMB-40, TRA-14"""
    answer = ask(method, "/ocpi/2.2.1/credentials", token=partner.token)
    assert answer.status == 405
    if method != "HEAD":
        proper(answer)
    assert "GET" in answer.headers["allow"]


BODIES = {
    "empty": b"",
    "white space": b"  \n",
    "a megabyte of [": b"[" * 1_000_000,
    "deep": b"[" * 5_000 + b"]" * 5_000,
    "deep objects": b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
    "NUL": b'{"a": "\x00"}',
    "lone surrogate": b'{"a": "\\ud800"}',
    "NaN": b'{"a": NaN}',
    "huge exponent": b'{"a": 1e999999999}',
    "text": b"hello",
    "form": b"token=x&url=y",
    "half": b'{"token": "x"',
    "two": b"{} {}",
    "single quotes": b"{'token': 'x'}",
}


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_json_is_400(ask, operate, name):
    """STA-02, TYP-18"""
    token = operate("invite", name="x")["token"]
    answer = ask("POST", "/ocpi/2.2.1/credentials", token=token, body=BODIES[name])
    assert (answer.status, proper(answer)["status_code"]) == (400, 2001)
    assert ask("GET", "/ocpi/2.2.1/credentials", token=token).code == 1000


def test_half_of_a_character_in_a_body_is_named_with_its_place(ask, partner):
    """TYP-18: as escapes that were cut in the middle leave it."""
    body = samples.location(country_code="BE", party_id="BEC", name="Caf\ud83d")
    url = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    answer = ask("PUT", url, token=partner.token, body=json.dumps(body, default=str))
    assert (answer.status, proper(answer)["status_code"]) == (400, 2001)
    assert "/name: holds a lone surrogate" in answer.json["status_message"]


def test_a_byte_order_mark_is_read_over(hand):
    """STA-02, read leniently"""
    partner = hand.register_partner()
    body = b"\xef\xbb\xbf" + json.dumps(partner.credentials).encode()
    assert hand.ask("PUT", "/ocpi/2.2.1/credentials", token=partner.token, body=body).code == 1000


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "", "multipart/form-data; boundary=x", "💥"]
)
def test_the_content_type_of_a_request_does_not_matter(hand, kind):
    """ARC-03, TRA-16"""
    partner = hand.register_partner()
    answer = hand.ask(
        "PUT",
        "/ocpi/2.2.1/credentials",
        token=partner.token,
        body=json.dumps(partner.credentials),
        headers={"Content-Type": kind},
    )
    assert answer.code == 1000


def test_a_body_beyond_what_a_function_takes_is_413(ask, partner):
    """Design section 10"""
    body = b'"' + b"x" * (7 * 1024 * 1024) + b'"'
    answer = ask("PUT", "/ocpi/2.2.1/credentials", token=partner.token, body=body)
    assert (answer.status, proper(answer)["status_code"]) == (413, 2001)


@pytest.mark.parametrize(
    "path",
    [
        "/ocpi/2.2.1/%63redentials/x",
        "/ocpi/%2e%2e/versions",
        "/ocpi/2.2.1%2Fcredentials",
        "/ocpi/2.2.1/sender/locations/%00",
        "/ocpi/2.2.1/sender/locations/%ff%fe",
        "/ocpi/2.2.1/sender/locations/%E0%A4%A",
        "/ocpi/2.2.1/sender/locations/a/b/c/d/e/f",
        "/ocpi/2.2.1/receiver/locations/%2F/%2F/%2F",
        "/ocpi//2.2.1",
        "/ocpi/-1/sender/locations",
        "/ocpi/2.2.1/SENDER/locations",
        "/ocpi/2.2.1/credentials/x",
        "/ocpi/2.2.1/sender/locations/💥",
    ],
)
def test_odd_paths_are_404(ask, partner, path):
    """AMB-05, AMB-39, AMB-40"""
    answer = ask("GET", path, token=partner.token)
    proper(answer)
    assert answer.status == 404, answer.text


def test_what_the_gateway_mangles_is_refused_all_the_same(ask, operate):
    """STA-02, TYP-18: bytes that are no UTF-8 reach us replaced, so the object is wrong, not the JSON"""
    token = operate("invite", name="x")["token"]
    body = '{"token": "ümlaut", "url": "http://127.0.0.1/"}'.encode("latin-1")
    answer = ask("POST", "/ocpi/2.2.1/credentials", token=token, body=body)
    assert (answer.status in (200, 400), proper(answer)["status_code"]) == (True, 2001)


def test_an_id_beyond_every_limit_is_refused_before_it_is_a_key(ask, partner):
    """Design section 10; AMB-04"""
    for path in ("sender/locations/", "receiver/locations/BE/BEC/"):
        answer = ask("GET", f"/ocpi/2.2.1/{path}{'x' * 5000}", token=partner.token)
        assert (answer.status in (200, 404), 2000 <= proper(answer)["status_code"] < 3000) == (True, True)


def test_a_module_that_no_hosted_role_offers_is_404(ask, partner):
    """VER-16"""
    answer = ask("GET", "/ocpi/2.1.1/receiver/hubclientinfo/NL/EXA", token=partner.token)
    assert (answer.status, proper(answer)["status_code"]) == (404, 2000)


def test_the_unforeseen_is_3000_without_a_trace(hand, partner, monkeypatch, capsys):
    """STA-03, STA-18, ARC-02: logged with its ids, answered in an envelope"""
    from chalicelib.partners import registration_receiver

    def broken(call: Any) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr(registration_receiver, "show", broken)
    answer = hand.ask(
        "GET", "/ocpi/2.2.1/credentials", token=partner.token, headers={"X-Request-ID": "find-me"}
    )
    body = proper(answer)
    assert (answer.status, body["status_code"], "data" in body) == (200, 3000, False)
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "unforeseen" in line]
    assert (lines[0]["exception"], lines[0]["request_id"]) == ("KeyError", "find-me")
    assert "a secret" not in str(lines)


def test_configuration_modules_carry_no_routing_headers(ask, partner):
    """HUB-02, VER-23, CRE-52"""
    for path in ("/ocpi/versions", "/ocpi/2.2.1", "/ocpi/2.2.1/credentials"):
        headers = ask("GET", path, token=partner.token, headers={"OCPI-from-party-id": "X"}).headers
        assert not [name for name in headers if name.startswith("ocpi-")]


def test_2_1_1_never_sees_the_code_it_does_not_know(hand):
    """STA-17, CNV-07"""
    for version, code in (("2.1.1", 2000), ("2.2.1", 2004)):
        partner = hand.register_partner(
            roles=[{"role": "CPO", "country_code": "BE", "party_id": f"B{version[2]}{version[4]}"}],
            version=version,
        )
        answer = hand.ask("POST", f"/ocpi/{version}/sender/tokens/NOBODY/authorize", token=partner.token)
        assert (answer.status, answer.code) == (404, code)


def test_the_two_layers_of_status_say_what_happened(hand):
    """STA-01, STA-04 to STA-07, STA-09, STA-13, TRA-66, TRA-67, TRA-72, TRA-73"""
    partner = hand.register_partner()
    token = {
        "country_code": "DE",
        "party_id": "MSP",
        "uid": "T1",
        "type": "RFID",
        "contract_id": "DE-MSP-C1",
        "issuer": "Example",
        "valid": True,
        "whitelist": "ALLOWED",
        "last_updated": "2026-01-01T00:00:00Z",
    }
    path = "/ocpi/2.2.1/receiver/tokens/DE/MSP/T1"

    def both(answer: Answer) -> tuple[int, int]:
        proper(answer)
        return answer.status, answer.code

    assert both(hand.ask("GET", path, token=partner.token)) == (404, 2004)
    assert both(hand.ask("PUT", path, token=partner.token, body=token)) == (201, 1000)
    newer = {**token, "last_updated": "2026-01-02T00:00:00Z", "valid": False}
    assert both(hand.ask("PUT", path, token=partner.token, body=newer)) == (200, 1000)
    assert both(hand.ask("PUT", path, token=partner.token, body={**token, "valid": "perhaps"})) == (200, 2001)
    assert both(hand.ask("PUT", path, token=partner.token, body=b"{")) == (400, 2001)
    listed = hand.ask("GET", "/ocpi/2.2.1/sender/tariffs", token=partner.token)
    assert (both(listed), listed.data) == ((200, 1000), [])


def test_custom_codes_are_never_used():
    """STA-10"""
    from chalicelib.ocpi import errors

    codes = {each.status_code for each in vars(errors).values() if hasattr(each, "status_code")}
    assert codes and not any(code % 1000 >= 900 for code in codes)


def test_every_module_of_the_table_answers_in_an_envelope_to_a_stranger(ask):
    """TRA-08, ARC-01: 401 before anything is said about what is there"""
    for module in modules.MODULES:
        for interface in module.interfaces:
            for version in modules.ALL:
                answer = ask("GET", f"/ocpi/{version}/{interface.role.lower()}/{module.id}")
                assert (answer.status, proper(answer)["status_code"]) == (401, 2000)
