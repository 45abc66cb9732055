"""`manage.py console`: the page of a deployed function, for who opened it and nobody else."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from cli import ask
from cli.console import Console
from cli.main import main


@pytest.fixture
def console(hand: Any) -> Iterator[Console]:
    made = Console(lambda event: json.dumps(hand.functions.call("operator", event)).encode(), port=0)
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


def request(console: Console, method: str, path: str, body: str = "", **headers: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", console.port, timeout=10)
    connection.request(method, path, body or None, headers)
    response = connection.getresponse()
    response.text = response.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return response


def opened(console: Console) -> str:
    """The cookie of who opened the printed address."""
    parts = urlsplit(console.url)
    answer = request(console, "GET", f"{parts.path}?{parts.query}")
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert "HttpOnly; SameSite=Strict" in answer.headers["Set-Cookie"]
    return str(answer.headers["Set-Cookie"].partition(";")[0])


def test_the_address_that_is_printed_opens_the_page(console: Console, hand: Any) -> None:
    cookie = opened(console)
    page = request(console, "GET", "/?view=objects", Cookie=cookie)
    assert page.status == 200 and "Locations" in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    body = urlencode({"form": "invite", "name": "Blue Mobility"})
    assert "Invited." in request(console, "POST", "/", body, Cookie=cookie).text
    assert [each["name"] for each in hand.operate("partners")["partners"]] == ["Blue Mobility"]


@pytest.mark.parametrize("cookie", ["", "console=guess", "console=", "other=1"])
def test_nobody_else_on_this_machine_gets_in(console: Console, hand: Any, cookie: str) -> None:
    body = urlencode({"form": "invite", "name": "Blue Mobility"})
    assert request(console, "GET", "/", Cookie=cookie).status == 403
    assert request(console, "GET", "/?key=guess", Cookie=cookie).status == 403
    assert request(console, "POST", "/", body, Cookie=cookie).status == 403
    assert hand.operate("partners")["partners"] == []


def test_another_site_that_the_browser_is_on_gets_nothing_done(console: Console, hand: Any) -> None:
    headers = {"Cookie": opened(console), "Sec-Fetch-Site": "cross-site"}
    body = urlencode({"form": "invite", "name": "Blue Mobility"})
    assert request(console, "POST", "/", body, **headers).status == 403
    assert request(console, "POST", "/", "x" * 2_000_000, **headers).status == 413


def test_a_function_that_cannot_be_asked_is_a_sentence() -> None:
    def away(event: dict[str, Any]) -> bytes:
        raise ask.Unreachable("ocpi-dev-operator: no credentials")

    console = Console(away, port=0)
    threading.Thread(target=console.server.serve_forever, daemon=True).start()
    answer = request(console, "GET", "/", Cookie=opened(console))
    console.server.shutdown()
    console.server.server_close()
    assert answer.status == 502 and "no credentials" in answer.text


def test_for_a_platform_on_this_machine_its_address_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--url", "http://127.0.0.1:8000/", "console"]) == 0
    assert capsys.readouterr().out == "http://127.0.0.1:8000/local/console\n"
