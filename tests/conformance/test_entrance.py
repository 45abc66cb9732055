"""Where nothing can be tried the kit says why in a sentence, and ends with 2."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.cli import main
from sandbox import Partner

Said = Callable[..., tuple[int, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """The exit status of a run, and what it said."""

    def ask(url: str, token: str = "token-a", *more: str) -> tuple[int, str]:
        status = main([url, token, "--timeout", "1", "--patience", "1", "--quiet", *more])
        shown = capsys.readouterr()
        return status, shown.out + shown.err

    return ask


@pytest.fixture
def partner() -> Iterator[Partner]:
    with Partner("CPO") as running:
        yield running


@pytest.fixture
def port() -> Iterator[int]:
    """A port that accepts and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


def test_a_token_that_nobody_gave(said: Said, partner: Partner) -> None:
    status, text = said(partner.versions_url)
    assert status == 2
    assert "the token is not accepted (HTTP 401)" in text
    assert "--token-in-use" in text


def test_an_invitation_serves_for_one_run(said: Said, partner: Partner) -> None:
    token = partner.do("invite")["token"]
    assert said(partner.versions_url, token)[0] == 0
    status, text = said(partner.versions_url, token)
    assert (status, "ask for a new one" in text) == (2, True)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/versions", "nobody listens at 127.0.0.1:9"),
        ("http://nobody.invalid/versions", "nobody knows a host nobody.invalid"),
        ("ocpi.example.com/versions", "must begin with https:// or http://"),
        ("ftp://ocpi.example.com/versions", "no http or https URL"),
    ],
)
def test_a_url_that_leads_nowhere(said: Said, url: str, words: str) -> None:
    status, text = said(url)
    assert status == 2
    assert words in text


def test_a_server_that_is_silent(said: Said, port: int) -> None:
    status, text = said(f"http://127.0.0.1:{port}/versions")
    assert (status, "was silent for 1 s (--timeout)" in text) == (2, True)


def test_https_where_http_is_spoken(said: Said, partner: Partner) -> None:
    status, text = said(partner.versions_url.replace("http://", "https://"))
    assert (status, "does not speak TLS on this port" in text) == (2, True)


def test_a_certificate_that_nobody_signed(said: Said, tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=localhost",
        "-days",
        "1",
    ]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            taken, _ = listening.accept()
            with taken, pytest.raises(ssl.SSLError):
                context.wrap_socket(taken, server_side=True)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        status, text = said(f"https://127.0.0.1:{listening.getsockname()[1]}/versions")
        thread.join(5)
    assert status == 2
    assert "certificate of 127.0.0.1" in text
    assert "self-signed certificate" in text


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"body": "<html>Sign in</html>", "headers": {"Content-Type": "text/html"}}, "a web page came"),
        ({"status": 404, "body": "Not Found", "headers": {"Content-Type": "text/plain"}}, "nothing is there"),
        ({"status": 302, "headers": {"Location": "https://sso.example.com/"}}, "redirects to https://sso"),
        ({"status": 403, "body": {"message": "Forbidden"}}, "the token is not accepted (HTTP 403)"),
    ],
)
def test_a_server_that_is_another_one(
    said: Said, partner: Partner, answer: dict[str, object], words: str
) -> None:
    partner.do("say", module="versions", **answer)
    status, text = said(partner.versions_url, partner.do("invite")["token"])
    assert status == 2
    assert words in text


def test_the_url_of_one_version_is_recognised(said: Said, partner: Partner) -> None:
    status, text = said(f"{partner.base_url}/2.2.1", partner.do("invite")["token"])
    assert status == 1  # VER-02: an OCPI server answered, and it did not list versions
    assert "these are the details of one version" in text


def test_a_registration_that_they_cannot_answer_is_not_their_fault(said: Said) -> None:
    """Who listens on loopback is not reached from elsewhere: the kit says so, and blames nobody."""
    from conformance import entrance

    assert entrance.cannot_reach_us("https://ocpi.example.com/versions", "http://127.0.0.1:9000")
    assert not entrance.cannot_reach_us("http://localhost:8000/versions", "http://127.0.0.1:9000")
    assert not entrance.cannot_reach_us("https://ocpi.example.com/versions", "https://tunnel.example.com")


def test_a_version_that_they_lack(said: Said, partner: Partner) -> None:
    status, text = said(partner.versions_url, partner.do("invite")["token"], "--version", "2.3.0")
    assert (status, "does not offer 2.3.0: it lists ['2.2.1']" in text) == (2, True)


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        ("cut", {"module": "locations"}),
        ("silent", {"module": "tariffs", "seconds": 3}),
        ("fail", {"status": 503}),
    ],
)
def test_a_server_that_falters_halfway_is_judged_to_the_end(
    said: Said, partner: Partner, verb: str, fields: dict[str, object]
) -> None:
    token = partner.do("invite")["token"]
    if verb == "fail":
        fields = {**fields, "module": "locations", "method": "GET"}
    partner.do(verb, **fields)
    status, text = said(partner.versions_url, token)
    assert status == 1
    assert "TRA-20" in text


def test_a_token_may_begin_with_a_dash(said: Said, partner: Partner) -> None:
    partner.do("invite")
    partner.peers.all[-1].token_in = "-abc_defghijklmnop"
    assert said(partner.versions_url, "-abc_defghijklmnop")[0] == 0
    with pytest.raises(SystemExit):
        said(partner.versions_url, "token-a", "-x")
