"""HTTP to a partner: what leaves, what is made of what comes back, and where we do not go."""

from __future__ import annotations

import dataclasses
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.partner import Endpoint, Partner, Role
from chalicelib.partner_client import secrets, url_guard
from chalicelib.partner_client.answer import judged
from chalicelib.partner_client.client import PartnerClient
from simulator import certificate
from tests.stub import PartnerStub

PARTIES = '[{"role": "CPO", "country_code": "NL", "party_id": "EXA", "business_details": {"name": "x"}}]'


class Bench:
    """A platform without AWS, and a partner that is a stub on loopback."""

    def __init__(self, private: str = "1") -> None:
        from chalicelib import wiring

        self.platform = wiring.build(
            {"OCPI_PARTIES": PARTIES, "OCPI_ALLOW_PRIVATE_URLS": private, "OCPI_MESSAGES": "none"}
        )
        self.client = PartnerClient(self.platform, self.platform.partners, self.platform.messages)
        self.stub = PartnerStub()
        self.partner = Partner(
            id="p",
            name="P",
            state="REGISTERED",
            version="2.2.1",
            versions_url=self.stub.versions_url,
            roles=(Role("EMSP", "DE", "MSP"),),
            endpoints=(Endpoint("tokens", "SENDER", self.stub.url("SENDER", "tokens")),),
        )
        self.url = self.stub.url("RECEIVER", "locations")

    def call(self, method: str = "GET", url: str = "", **more: Any) -> Any:
        return self.client.call(self.partner, method, url or self.url, token="secret", **more)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.stub.down()


@pytest.fixture
def raw() -> Iterator[Callable[..., int]]:
    """A server that sends exactly these bytes, piece by piece with pauses; its port."""
    open_sockets: list[socket.socket] = []

    def serve(pieces: list[bytes], pause: float = 0.0) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        open_sockets.append(listener)

        def work() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    connection.recv(65536)
                    for piece in pieces:
                        connection.sendall(piece)
                        time.sleep(pause)
                except OSError:
                    pass
                connection.close()

        threading.Thread(target=work, daemon=True).start()
        return int(listener.getsockname()[1])

    yield serve
    for each in open_sockets:
        each.close()


def at(bench: Bench, port: int) -> str:
    """A URL at this port, announced by the partner."""
    url = f"http://127.0.0.1:{port}/x"
    bench.partner = dataclasses.replace(bench.partner, endpoints=(Endpoint("x", "SENDER", url),))
    return url


@pytest.fixture
def tls(tmp_path: Any) -> Iterator[Callable[[str], tuple[str, str]]]:
    """A TLS server whose certificate is for this name; its URL on localhost and its certificate's file."""
    opened: list[socket.socket] = []

    def serve(name: str) -> tuple[str, str]:
        file = certificate.make(tmp_path, name)
        context = certificate.served(file)
        listener = socket.create_server(("127.0.0.1", 0))
        opened.append(listener)
        body = b'{"status_code":1000}'

        def work() -> None:
            while True:
                try:
                    plain, _ = listener.accept()
                    with context.wrap_socket(plain, server_side=True) as connection:
                        while connection.recv(65536):
                            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
                            connection.sendall(head + body)
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=work, daemon=True).start()
        return f"https://localhost:{listener.getsockname()[1]}/versions", str(file)

    yield serve
    for each in opened:
        each.close()


@pytest.mark.parametrize(
    ("name", "trusted", "works"),
    [("localhost", True, True), ("localhost", False, False), ("other.example.com", True, False)],
)
def test_certificates_are_verified_and_for_the_name_asked(bench, tls, monkeypatch, name, trusted, works):
    """TRA-01: connecting to the checked address changes nothing about whose certificate it must be"""
    url, file = tls(name)
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", file)
    partner = dataclasses.replace(bench.partner, versions_url=url)
    if works:
        for _ in range(2):
            assert bench.client.call(partner, "GET", url, token="secret").status_code == 1000
        return
    with pytest.raises(PartnerUnreachable, match="TLS") as problem:
        bench.client.call(partner, "POST", url, token="secret", body="{}")
    assert problem.value.outcome_unknown is False


# What leaves.


def test_a_functional_request_carries_ids_and_routing_headers(bench):
    """TRA-02 to TRA-04, TRA-15, TRA-80, TRA-82, TRA-84, HUB-01, HUB-04, AMB-21"""
    bench.stub.answer(status=200, data={"a": 1})
    answer = bench.call("PUT", body="{}", module="locations", correlation_id="c-1")
    assert (answer.http_status, answer.status_code, answer.data) == (200, 1000, {"a": 1})
    sent = bench.stub.received[0]
    assert sent.token == "secret" and sent.headers["content-type"] == "application/json"
    assert sent.headers["x-correlation-id"] == "c-1" and len(sent.headers["x-request-id"]) == 36
    assert [sent.headers[f"ocpi-{name}"] for name in ("from-country-code", "from-party-id")] == ["NL", "EXA"]
    assert [sent.headers[f"ocpi-{name}"] for name in ("to-country-code", "to-party-id")] == ["DE", "MSP"]


def test_the_parties_of_a_request_can_be_named(bench):
    """HUB-04"""
    bench.stub.answer()
    bench.call(module="sessions", from_party=("NL", "TWO"), to_party=("DE", "TOO"))
    headers = bench.stub.received[0].headers
    assert (headers["ocpi-from-party-id"], headers["ocpi-to-party-id"]) == ("TWO", "TOO")


@pytest.mark.parametrize(
    ("module", "version"), [("", "2.2.1"), ("hubclientinfo", "2.2.1"), ("locations", "2.1.1")]
)
def test_routing_headers_are_for_functional_modules_since_2_2(bench, module, version):
    """HUB-02, VER-23, CRE-52, CNV-03, TRA-86"""
    bench.stub.answer()
    bench.call(module=module, version=version)
    assert not [name for name in bench.stub.received[0].headers if name.startswith("ocpi-")]


def test_connections_are_kept_open_between_calls(bench, monkeypatch):
    opened = []
    made = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda *given: opened.append(given) or made(*given))
    bench.stub.answer()
    for _ in range(5):
        bench.call()
    assert len(opened) == 1


def test_a_kept_connection_that_died_is_replaced_where_repeating_is_safe(bench, raw):
    body = b'{"status_code":1000}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    url = at(bench, raw([head + body]))  # closes after each answer without saying so
    for _ in range(3):
        assert bench.call("GET", url).status_code == 1000


@pytest.fixture
def forgetful() -> Iterator[tuple[int, list[dict[str, str]]]]:
    """A server that answers the first request of a connection and drops the next; port, headers heard."""
    listener = socket.create_server(("127.0.0.1", 0))
    heard: list[dict[str, str]] = []

    def hear(connection: socket.socket) -> bool:
        head = connection.recv(65536).decode()
        lines = [line.partition(":") for line in head.split("\r\n")[1:]]
        if head:
            heard.append({name.lower(): value.strip() for name, _, value in lines if value})
        return bool(head)

    def work() -> None:
        body = b'{"status_code":1000}'
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                if hear(connection):
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                    hear(connection)

    threading.Thread(target=work, daemon=True).start()
    yield int(listener.getsockname()[1]), heard
    listener.close()


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_request_sent_again_on_a_fresh_connection_has_an_id_of_its_own(bench, forgetful, method):
    """TRA-80: one per request that is sent, since the first may have arrived; the correlation id stays."""
    port, heard = forgetful
    for _ in range(2):
        assert bench.call(method, at(bench, port)).status_code == 1000
    assert len({each["x-request-id"] for each in heard}) == len(heard) == 3
    first, dropped, again = (each["x-correlation-id"] for each in heard)
    assert first != dropped == again


# What comes back.


@pytest.mark.parametrize(
    ("canned", "http_status", "code"),
    [
        ({"status": 404, "code": 2003}, 404, 2003),
        ({"status": 400, "body": b"<html>"}, 400, 0),
        ({"status": 401, "code": 2000}, 401, 2000),
        ({"status": 405, "body": b""}, 405, 0),
        ({"code": 2001, "message": "no"}, 200, 2001),
        ({"code": 2999}, 200, 2999),
        ({"code": 4001}, 200, 4001),
    ],
)
def test_a_refusal_is_final(bench, canned, http_status, code):
    """STA-11, STA-23, STA-27; design section 8"""
    bench.stub.answer(**canned)
    with pytest.raises(PartnerRefused) as refused:
        bench.call()
    assert (refused.value.http_status, refused.value.status_code) == (http_status, code)


@pytest.mark.parametrize(
    ("canned", "unknown"),
    [
        ({"status": 500, "body": b"oops"}, True),
        ({"status": 502, "body": b""}, True),
        ({"status": 503, "body": b""}, False),
        ({"status": 429, "body": b""}, False),
        ({"code": 3000}, False),
        ({"code": 3999}, False),
        ({"code": 4002}, True),
        ({"code": 4003}, False),
        ({"body": b""}, True),
        ({"body": b"ok"}, True),
        ({"body": b"[]"}, True),
        ({"body": b'{"data": 1}'}, True),
        ({"body": b'{"status_code": true}'}, True),
        ({"body": b'{"status_code": 99}'}, True),
        ({"status": 301, "headers": {"Location": "/elsewhere"}}, False),
    ],
)
def test_everything_else_is_tried_again_unless_that_is_unsafe(bench, canned, unknown):
    """STA-11, STA-24, STA-25, STA-27; design section 8"""
    bench.stub.answer(**canned)
    with pytest.raises(PartnerUnreachable) as problem:
        bench.call("POST", body="{}")
    assert problem.value.outcome_unknown is unknown


@pytest.mark.parametrize(
    ("status", "code", "own"),
    [
        *((status, 0, False) for status in (400, 404, 405, 410, 413, 422)),
        *((status, 2001, False) for status in (401, 403)),
        *((400, code, False) for code in (1000, 3000, 3001, 4000, 4002, 4003)),
        *((status, code, True) for status in (400, 404, 422) for code in (2000, 2003, 2999, 4001)),
    ],
)
def test_only_a_code_that_refuses_is_the_partners_own_word(status, code, own):
    """Design section 8: a proxy's page, 401, 403, and what is no refusal under HTTP 4xx may pass."""
    body = b'{"status_code": %d}' % code if code else b"<html>"
    with pytest.raises(PartnerRefused) as refused:
        judged(status, {}, body, secrets.forms("t"), whole=True)
    assert refused.value.own_word is own


def test_status_codes_in_quotes_are_read(bench):
    bench.stub.answer(body=b'\xef\xbb\xbf{"status_code": "1000", "data": 0.10}')
    assert str(bench.call().data) == "0.10"


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        ("7", 7, 7),
        (format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True), 3600, 7200),
        (format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True), 0, 0),
        ("99999999", 86400, 86400),
        ("soon", None, None),
        ("-1", None, None),
        ("", None, None),
        ("Thu, 99 Foo 2026 25:61:61 GMT", None, None),
    ],
    ids=["seconds", "date", "past", "far", "words", "negative", "empty", "nonsense"],
)
def test_retry_after_is_understood(bench, value, least, most):
    """Design section 8"""
    bench.stub.answer(status=503, body=b"", headers={"Retry-After": value})
    with pytest.raises(PartnerUnreachable) as problem:
        bench.call()
    wait = problem.value.retry_after
    assert wait is None if least is None else least <= wait <= most


def test_nobody_listening_is_unreachable_and_surely_nothing_was_done(bench):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(PartnerUnreachable, match="no connection") as problem:
        bench.call("POST", at(bench, port), body="{}")
    assert problem.value.outcome_unknown is False


def test_a_broken_connection_leaves_the_outcome_unknown(bench, raw):
    with pytest.raises(PartnerUnreachable) as problem:
        bench.call("POST", at(bench, raw([b"HTTP/1.1 200 OK\r\nContent-Le"])), body="{}")
    assert problem.value.outcome_unknown is True


@pytest.mark.parametrize(
    "pieces",
    [
        [b"not http at all\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}"],
        [b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"],
        [b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n"],
        [b"HTTP/1.1 999 \r\n\r\n"],
        [b""],
    ],
)
def test_what_is_not_http_is_unreachable(bench, raw, pieces):
    with pytest.raises(PartnerUnreachable):
        bench.call(url=at(bench, raw(pieces)), timeout=2)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n"])
def test_a_server_that_drips_is_cut_off(bench, raw, head):
    """Design section 10: the time limit is for the whole answer, its head included"""
    drops = [b"X-Drip: 1\r\n" if head.count(b"\r\n") == 1 else b" "] * 200
    done = threading.Event()
    problems: list[Exception] = []
    url = at(bench, raw([head, *drops], pause=0.05))

    def work() -> None:
        try:
            bench.call(url=url, timeout=0.4)
        except PartnerUnreachable as problem:
            problems.append(problem)
        done.set()

    threading.Thread(target=work, daemon=True).start()
    assert done.wait(5), "still reading"
    assert "in time" in str(problems[0])


def test_an_answer_without_end_is_cut_off(bench, raw):
    """Design section 10: 8 MB"""
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with pytest.raises(PartnerUnreachable, match="more than 8388608 bytes"):
        bench.call(url=at(bench, raw([head, *[b" " * 1_000_000] * 10])))


# Where we do not go.


def test_a_redirect_on_the_same_host_is_followed_for_get(bench):
    """ARC-20"""
    bench.stub.answer("GET", "/old", status=302, headers={"Location": "/new"})
    bench.stub.answer("GET", "/new", data=1)
    assert bench.call(url=f"{bench.stub.base_url}/old").data == 1
    with pytest.raises(PartnerUnreachable):
        bench.stub.answer("PUT", "/here", status=307, headers={"Location": "/new"})
        bench.call("PUT", f"{bench.stub.base_url}/here", body="{}")


@pytest.mark.parametrize("where", ["http://localhost:{port}/", "//example.com/", "https://127.0.0.1:{port}/"])
def test_a_redirect_to_another_host_never_gets_the_token(bench, where):
    """ARC-20"""
    port = bench.stub.base_url.rsplit(":", 1)[1]
    bench.stub.answer(status=302, headers={"Location": where.format(port=port)})
    with pytest.raises(PartnerUnreachable, match="another host"):
        bench.call()
    assert len(bench.stub.received) == 1


def test_redirects_in_a_circle_end(bench):
    bench.stub.answer(status=302, headers={"Location": "/versions"})
    with pytest.raises(PartnerUnreachable, match="redirects"):
        bench.call()
    assert len(bench.stub.received) == 4


@pytest.mark.parametrize("url", ["https://example.com/", "http://127.0.0.1:1/", "", "http://", "nonsense"])
def test_the_token_goes_only_to_hosts_that_the_partner_announced(bench, url):
    """ARC-20"""
    with pytest.raises(PartnerRefused, match="announced"):
        bench.client.call(bench.partner, "GET", url, token="secret")


HOSTILE = [
    "http://example.com/",
    "https://127.0.0.1/",
    "https://localhost/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://10.1.2.3/",
    "https://192.168.0.1:8443/",
    "https://172.16.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://[fd00:ec2::254]/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[2002:7f00:0001::]/",
    "https://[fe80::1]/",
    "https://224.0.0.1/",
    "https://[ff02::1]/",
    "https://0.0.0.0/",
    "https://255.255.255.255/",
    "https://user@example.com/",
    "https://example.com\\@evil/",
    "https://exam ple.com/",
    "https://example.com/\r\nX: y",
    "https://münchen.example/",
    "https://:443/",
    "https://example.com:0/",
    "https://[::1/",
    "gopher://example.com/",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("url", HOSTILE)
def test_hostile_urls_are_refused(url):
    """ARC-20; design section 10"""
    with pytest.raises(InvalidParameters):
        url_guard.guard(url, allow_private=False)


def test_one_private_address_condemns_the_name(monkeypatch):
    """Design section 10: every address is checked"""
    found = [(2, 1, 6, "", ("93.184.216.34", 443)), (2, 1, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: found)
    with pytest.raises(InvalidParameters, match="not public"):
        url_guard.guard("https://partner.example.com/", allow_private=False)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: found[:1])
    url_guard.guard("https://partner.example.com/", allow_private=False)


def test_the_address_is_checked_again_when_connecting(monkeypatch):
    """Design section 10: a name that changed its address between check and connection"""
    bench = Bench(private="")
    url = "https://rebound.example.com/versions"
    partner = dataclasses.replace(bench.partner, versions_url=url)
    private = [(2, 1, 6, "", ("169.254.169.254", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **more: private)
    connected = []
    monkeypatch.setattr(socket, "create_connection", lambda *given, **more: connected.append(given))
    with pytest.raises(PartnerUnreachable, match="not public"):
        bench.client.call(partner, "GET", url, token="secret")
    assert connected == []
    bench.stub.down()


def test_with_private_urls_allowed_metadata_stays_out_of_reach():
    """Design section 3: private and loopback only"""
    url_guard.guard("http://127.0.0.1:8000/ocpi/versions", allow_private=True)
    url_guard.guard("http://[::1]:8000/", allow_private=True)
    for url in ("http://169.254.169.254/", "http://0.0.0.0/", "http://224.0.0.1/", "http://[fe80::1]/"):
        with pytest.raises(InvalidParameters):
            url_guard.guard(url, allow_private=True)


def test_no_token_and_no_path_reaches_the_log(bench, capsys):
    """ARC-19: paths name tokens' uids"""
    bench.stub.answer(status=404, code=2004)
    with pytest.raises(PartnerRefused):
        bench.call(url=f"{bench.stub.base_url}/receiver/tokens/DE/MSP/UID-OF-A-DRIVER", module="tokens")
    written = capsys.readouterr().out
    line = json.loads(written.splitlines()[-1])
    assert (line["partner"], line["module"], line["status"], line["outcome"]) == (
        "p",
        "tokens",
        404,
        "refused",
    )
    assert "UID-OF-A-DRIVER" not in written and "secret" not in written


def test_a_token_that_was_exchanged_meanwhile_is_read_again(hand, monkeypatch):
    """AMB-15: another process made the exchange"""
    partner = hand.register_partner()
    stale = hand.platform.partners.get(partner.id)
    old = partner.own_token
    partner.own_token = "stub-token-renewed"
    body = partner.credentials
    assert hand.ask("PUT", "/ocpi/2.2.1/credentials", token=partner.token, body=body).code == 1000
    partner.forget()
    from tests.stub import Canned

    partner.script(lambda request: Canned(401, 2000) if request.token == old else None)
    answer = hand.platform.partner_client.call(stale, "GET", partner.versions_url)
    assert answer.status_code == 1000
    assert [each.token for each in partner.received] == [old, "stub-token-renewed"]
