"""What a far side answers, and what requesters of each version are told of it."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from chalicelib.errors import PartnerUnreachable
from chalicelib.partners import health
from tests.harness import Hand
from tests.hub.conftest import party_of, routing_of
from tests.hub.joining import role
from tests.hub.test_pairs import name_of, named, of

HTML = b"<html>busy</html>"
GOOD = json.dumps({"status_code": 1000, "timestamp": "2026-01-01T00:00:00Z"}).encode()
WAIT = {"Retry-After": "7"}

# what the far side answers -> HTTP status and code, the code in 2.1.1; whether the far side is who says so
ANSWERS: dict[str, tuple[dict[str, Any], tuple[int, int, int, bool]]] = {
    "too many, in an envelope": ({"status": 429, "code": 2000, "headers": WAIT}, (429, 2000, 2000, True)),
    "too many, of a gateway": ({"status": 429, "body": HTML, "headers": WAIT}, (429, 2000, 2000, True)),
    "busy": ({"status": 503, "code": 3000, "headers": WAIT}, (200, 3000, 3000, True)),
    "busy, of a gateway": ({"status": 503, "body": HTML, "headers": WAIT}, (200, 4000, 3000, False)),
    "HTML": ({"body": HTML}, (200, 4000, 3000, False)),
    "10 MB": ({"body": GOOD + b" " * 10_000_000}, (200, 4000, 3000, False)),
    "empty": ({"body": b""}, (200, 4000, 3000, False)),
    "204": ({"status": 204, "body": b""}, (200, 4000, 3000, False)),
    "no status_code": ({"body": b'{"data": {}}'}, (200, 4000, 3000, False)),
    "a code in words": ({"body": b'{"status_code": "good"}'}, (200, 4000, 3000, False)),
    "no object": ({"body": b"7"}, (200, 4000, 3000, False)),
    "redirect elsewhere": (
        {"status": 302, "headers": {"Location": "http://evil.example/"}},
        (200, 4000, 3000, False),
    ),
    "redirect at home": ({"status": 301, "headers": {"Location": "/x"}}, (200, 4000, 3000, False)),
    "gzip": ({"body": gzip.compress(GOOD), "headers": {"Content-Encoding": "gzip"}}, (200, 1000, 1000, True)),
    "half a gzip": (
        {"body": gzip.compress(GOOD)[:20], "headers": {"Content-Encoding": "gzip"}},
        (200, 4000, 3000, False),
    ),
    "its refusal": ({"code": 2001}, (200, 2001, 2001, True)),
    "401": ({"status": 401, "body": HTML}, (200, 4003, 3000, False)),
}


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_requester_of_each_version_is_told_what_became_of_it(party: Any, send: Any, version: str) -> None:
    """AMB-24, STA-22 to STA-26, CNV-07: and when it may ask again, where the far side said so."""
    cpo, emsp = party(name_of("cpo", version)), party("emsp221")
    assert send(emsp, "PUT", "receiver/tokens/DE/MSP/U1", of("token", emsp)).code == 1000
    session = of("session", cpo, emsp)
    put = ("PUT", f"receiver/sessions/{'/'.join(party_of(cpo))}/S1", session)
    for name, (canned, (status, code, in_211, own)) in ANSWERS.items():
        emsp.forget()
        emsp.answer("PUT", "/sessions", **canned)
        answer = send(cpo, *put, to=named(cpo, emsp))
        wanted = in_211 if version == "2.1.1" else code
        assert (answer.status, answer.code) == (status, wanted), (name, answer.text)
        assert answer.headers.get("retry-after") == canned.get("headers", {}).get("Retry-After"), name
        if version != "2.1.1":
            assert routing_of(answer.headers)["from"] == ("DE/MSP" if own else "NL/HUB"), name
        emsp.forget()
        if not own:  # else three failures in a row would hold the module back
            assert send(cpo, *put, to=named(cpo, emsp)).code == 1000, name


# what is asked -> data that is an answer to it in JSON, and data that is none
KINDS = [
    (
        "GET",
        "sender/locations/L9",
        [b'{"id":"L9"}', b'[{"id":"L9"}]'],
        [b"[]", b'"x"', b"7", b"null", b"[7]"],
    ),
    ("GET", "sender/tariffs", [b"[]", b"[7,null,[]]"], [b"{}", b'"x"', b"null"]),
    ("GET", "sender/sessions", [b"[]", b'[{"id":"A"}]'], [b"{}", b"7"]),
    (
        "POST",
        "receiver/commands/START_SESSION",
        [b'{"result":"REJECTED"}'],
        [b"[]", b"7", b"null", b"[{},{}]"],
    ),
]


def test_data_of_another_kind_than_was_asked_for_is_no_answer(party: Any, send: Any) -> None:
    """AMB-24: 4000, in one version as between two; what is odd inside of it passes (design section 12)."""
    cpo, emsp = party("cpo221"), party("emsp221")
    body = {"response_url": f"{emsp.base_url}/r", "token": of("token", emsp), "location_id": "L9"}
    for method, path, right, wrong in KINDS:
        for data in (*right, *wrong):
            cpo.forget()
            cpo.answer(method, "er/", body=GOOD[:-1] + b', "data":' + data + b"}")
            request_id = {"X-Request-ID": f"{method} {data!r}"}
            answer = send(emsp, method, path, body if method == "POST" else None, cpo, request_id)
            assert answer.code == (1000 if data in right else 4000), (path, data, answer.text)


@pytest.mark.parametrize(
    ("canned", "code"),
    [
        ({"code": 3001}, 3001),
        ({"code": 2001}, 2001),
        ({"body": HTML}, 4000),
        ({"status": 500}, 4000),
        ({"code": 4001}, 4001),
    ],
)
def test_who_alone_was_asked_about_a_token_is_heard(
    party: Any, send: Any, canned: dict[str, Any], code: int
) -> None:
    """STA-26, AMB-27: also where nobody was named; that nobody is connected is said where it is so."""
    cpo, emsp = party("cpo221"), party("emsp221")
    assert send(cpo, "POST", "sender/tokens/U9/authorize").code == 1000
    emsp.answer("POST", "authorize", **canned)
    assert send(cpo, "POST", "sender/tokens/U9/authorize").code == code
    third = party("third")
    third.answer("POST", "authorize", body=HTML)
    assert send(cpo, "POST", "sender/tokens/U9/authorize").code == 4000
    third.forget()
    third.answer("POST", "authorize", status=404, code=2004)
    assert send(cpo, "POST", "sender/tokens/U9/authorize").code == 2004


def test_a_party_behind_a_hub_that_asks_for_time_gets_it_alone(
    hand: Hand, register_partner: Any, platform: Any
) -> None:
    """Design section 8: Retry-After holds what goes to whoever said it; what a hub says itself, all of it."""
    for said_by, paused in (("DE/MSP", False), ("SE/OTH", True)):
        hub = register_partner([role("HUB/SE/OTH")], hub=True)
        country, id = said_by.split("/")
        named = {"OCPI-from-country-code": country, "OCPI-from-party-id": id}
        hub.answer("PUT", "/sessions", status=429, headers={**WAIT, **named})
        found = platform.partners.get(hub.id, fresh=True)
        with pytest.raises(PartnerUnreachable) as refused:
            health.call(platform, found, "PUT", hub.url("RECEIVER", "sessions"), body="{}", module="sessions")
        assert refused.value.retry_after == 7
        after = platform.partners.get(hub.id, fresh=True)
        assert bool(after.health.paused_until) == paused
        hand.operate("unregister", partner=hub.id)
