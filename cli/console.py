"""`manage.py console`: the operator's page in a browser on this machine, asked of the deployed function.

A browser cannot sign a request for IAM. This listens on this machine alone and
hands each request to the operator function with the AWS credentials of who
started it, in the form in which a function URL would.
"""

from __future__ import annotations

import base64
import json
import secrets
import webbrowser
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import click

from cli import ask, options

PORT = 8100
LARGEST = 1 << 20
COOKIE = "console"


class Console:
    """The page of one function on a port of this machine; the address carries a secret that opens it."""

    def __init__(self, invoke: ask.Raw, port: int = PORT) -> None:
        self.key = secrets.token_urlsafe(16)
        handler = type("Handler", (_Handler,), {"invoke": staticmethod(invoke), "key": self.key})
        self.server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self.port = self.server.server_port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/?key={self.key}"


class _Handler(BaseHTTPRequestHandler):
    invoke: ask.Raw
    key: str
    timeout = 60

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if secrets.compare_digest(query.get("key", [""])[0], self.key):
            cookie = f"{COOKIE}={self.key}; HttpOnly; SameSite=Strict"
            return self._send(303, "", {"Location": "/", "Set-Cookie": cookie})
        return self._pass_on(b"")

    def do_POST(self) -> None:
        size = self.headers.get("Content-Length", "")
        if not size.isascii() or not size.isdigit() or int(size) > LARGEST:
            return self._send(413, "too much")
        return self._pass_on(self.rfile.read(int(size)))

    def _pass_on(self, body: bytes) -> None:
        # Other programs and users of this machine can reach the port, and other sites this host's names.
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        if cookie is None or not secrets.compare_digest(cookie.value, self.key):
            return self._send(403, "open the address that manage.py console printed")
        event = {
            "version": "2.0",
            "rawPath": "/",
            "rawQueryString": urlsplit(self.path).query,
            "headers": {"sec-fetch-site": self.headers.get("Sec-Fetch-Site", "none")},
            "requestContext": {"http": {"method": self.command, "path": "/"}},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        try:
            answer = json.loads(self.invoke(event))
            return self._send(answer["statusCode"], answer["body"], answer["headers"])
        except (ask.Unreachable, ValueError, KeyError, TypeError) as problem:
            return self._send(502, f"the function did not answer a page: {problem}")

    def _send(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/plain; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """The function logs what is done."""


def command(place: Any) -> click.Command:
    """The command; `place` tells the function or the URL that is meant."""

    @click.pass_context
    def callback(ctx: click.Context, port: int, no_browser: bool) -> None:
        function, url = place(ctx.find_root())
        if not function:
            click.echo(f"{url.rstrip('/')}/local/console")
            return
        try:
            console = Console(ask.raw_by_function(function), port)
        except OSError as problem:
            raise click.ClickException(f"port {port}: {problem.strerror}; choose another by --port") from None
        click.echo(f"{console.url}\nCtrl-C ends it.")
        if not no_browser:
            webbrowser.open(console.url)
        try:
            console.server.serve_forever()
        finally:
            console.server.server_close()

    return click.Command(
        "console",
        help="the operator's page in a browser, with your AWS credentials; of a local platform: its address",
        params=[
            click.Option(["--port"], type=int, default=PORT, show_default=True, help="on this machine"),
            click.Option(["--no-browser"], is_flag=True, help="only print the address"),
            *options.places(),
        ],
        callback=callback,
    )
