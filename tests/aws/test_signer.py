"""Row I17: requests are signed as botocore signs them, to the letter, with less work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.auth
import pytest
from botocore.auth import AUTH_TYPE_MAPS, SigV4Auth
from botocore.awsrequest import AWSRequest, AWSRequestPreparer
from botocore.credentials import Credentials
from hypothesis import given
from hypothesis import strategies as st
from moto.core.models import botocore_stubber

from chalicelib.aws import signer
from chalicelib.aws.clients import Clients
from tests.aws.test_descriptions import ask, sent

ENVIRON = {"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
NOW = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)
NAMES = st.sampled_from(["X-Amz-Target", "Content-Type", "User-Agent", "X-Amzn-Trace-Id", "Host", "X-Other"])
CONTEXTS: tuple[dict[str, Any], ...] = (
    {},
    {"payload_signing_enabled": False},
    {"checksum": {"request_algorithm": {"in": "trailer"}}},
)


@pytest.fixture(autouse=True)
def at_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands, the signer is botocore's, and no answer is mocked."""
    monkeypatch.setattr(botocore_stubber, "enabled", False)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: NOW)
    monkeypatch.setitem(AUTH_TYPE_MAPS, "v4", SigV4Auth)


def signed(made: Any, url: str, headers: dict[str, str], body: Any, token: str, context: Any) -> Any:
    request = AWSRequest("POST", url, dict(headers), body)
    request.context.update(context)
    made(Credentials("access", "secret", token or None), "dynamodb", "eu-central-1").add_auth(request)
    return request.headers.items()


@given(
    body=st.one_of(st.binary(max_size=300), st.dictionaries(VALUES, VALUES)),
    headers=st.dictionaries(NAMES, VALUES),
    token=VALUES,
    url=st.sampled_from(["https://dynamodb.eu-central-1.amazonaws.com/", "http://[::1]:8000/a%20b?c=d&b"]),
)
def test_a_request_is_signed_as_botocore_signs_it(
    body: Any, headers: dict[str, str], token: str, url: str
) -> None:
    for context in CONTEXTS:
        asked = url, headers, body, token, context
        assert signed(signer.proven(SigV4Auth), *asked) == signed(SigV4Auth, *asked)


def test_a_request_that_is_signed_again_is_signed_anew() -> None:
    """As for another attempt, with another body or header."""
    ours, theirs = (
        made(Credentials("access", "secret"), "dynamodb", "eu-central-1")
        for made in (signer.proven(SigV4Auth), SigV4Auth)
    )
    for body in (b"one", b"two"):
        requests = [
            AWSRequest("POST", "https://x.amazonaws.com/", {"X-Of": body.decode()}, body) for _ in "12"
        ]
        ours.add_auth(requests[0])
        theirs.add_auth(requests[1])
        assert requests[0].headers.items() == requests[1].headers.items()


@pytest.mark.parametrize("service", ["dynamodb", "events"])
def test_our_clients_sign_so_and_prepare_a_request_once(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = getattr(Clients(ENVIRON), service)
    prepared: list[Any] = []
    real = AWSRequestPreparer.prepare

    def noted(preparer: Any, request: Any) -> Any:
        prepared.append(request)
        return real(preparer, request)

    monkeypatch.setattr(AWSRequestPreparer, "prepare", noted)
    sent(client, ask(service))
    assert len(prepared) == 1


@pytest.mark.parametrize("name", ["AUTH_TYPE_MAPS", "sha256"])
def test_without_the_names_we_need_botocore_signs(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.delattr(botocore.auth, name)
    assert not signer.install()
    assert AUTH_TYPE_MAPS["v4"] is SigV4Auth
    assert "signed by botocore" in capsys.readouterr().out


def test_where_it_would_sign_otherwise_botocore_signs(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setattr(SigV4Auth, "payload", lambda *_: "what a later botocore signs")
    assert not signer.install()
    assert AUTH_TYPE_MAPS["v4"] is SigV4Auth
    assert "the signature is not botocore's" in capsys.readouterr().out
