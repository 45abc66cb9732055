"""The platform that the other side sees: it registers, serves, receives and remembers what it heard.

Its paths look like nobody else's, so that whoever guesses a layout instead of
reading the version details is found out.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from conformance.holdings import Answer, Holdings
from conformance.peer import Exchange

MAX_BODY = 20_000_000
BESIDE = "/beside"


class Partner:
    """A server with one party in one role and one version; `heard` has every request in order."""

    def __init__(self, listen: str = "127.0.0.1:0", public_url: str = "") -> None:
        self.base_url = public_url.rstrip("/")
        self._server = self._listen(listen) if listen else None
        self.version = ""
        self.modules: tuple[tuple[str, str], ...] = ()
        self.tokens: set[str] = set()
        self.heard: list[Exchange] = []
        self.holdings = Holdings()
        self.scripts: dict[str, Callable[[str], Answer | None]] = {}
        self.versions_listed: list[str] | None = None
        self.other: Partner | None = None
        self._changed = threading.Condition()

    def _listen(self, listen: str) -> ThreadingHTTPServer:
        host, _, port = listen.rpartition(":")
        partner = self

        class Handler(_Handler):
            owner = partner

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hung up is no news."""

        server = Server((host or "127.0.0.1", int(port)), Handler)
        self.base_url = self.base_url or f"http://{host or '127.0.0.1'}:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return server

    def beside(self) -> Partner:
        """A second platform at the same port, for a second party: its addresses begin with BESIDE."""
        self.other = Partner("", self.base_url + BESIDE)
        return self.other

    def asked(self, path: str) -> tuple[Partner, str]:
        """Whose path this is, and how it reads there."""
        path = path.removeprefix(urlsplit(self.base_url).path)
        if self.other and path.startswith(BESIDE):
            return self.other, path.removeprefix(BESIDE)
        return self, path

    def close(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()

    # Where it serves.

    @property
    def versions_url(self) -> str:
        return f"{self.base_url}/kit/who"

    @property
    def details_url(self) -> str:
        return f"{self.base_url}/kit/what/{self.version}"

    def url(self, module: str, interface: str = "SENDER") -> str:
        side = {"SENDER": "mine", "RECEIVER": "yours"}[interface]
        return f"{self.base_url}/kit/{self.version}/x-{side}/{module}"

    def result_url(self, name: str) -> str:
        return f"{self.base_url}/kit/answers/{name}"

    def endpoints(self) -> list[dict[str, str]]:
        """Version details as the chosen version writes them."""
        found = [{"identifier": "credentials", "role": "SENDER", "url": self.url("credentials")}]
        found += [{"identifier": m, "role": side, "url": self.url(m, side)} for m, side in self.modules]
        if self.version == "2.1.1":
            return [{name: each[name] for name in ("identifier", "url")} for each in found]
        return found

    # What it hears.

    def wait_for(self, chosen: Callable[[Exchange], bool], seconds: float) -> Exchange | None:
        """The first request that is chosen, as soon as it is there."""
        until = time.monotonic() + seconds
        with self._changed:
            while True:
                for each in self.heard:
                    if chosen(each):
                        return each
                if not self._changed.wait(max(0.0, min(1.0, until - time.monotonic()))) and (
                    time.monotonic() >= until
                ):
                    return None

    def results(self, name: str, seconds: float) -> Exchange | None:
        """What came to one result URL, waited for."""
        path = urlsplit(self.result_url(name)).path
        return self.wait_for(lambda each: urlsplit(each.url).path == path, seconds)

    def hear(self, exchange: Exchange) -> None:
        with self._changed:
            self.heard.append(exchange)
            self._changed.notify_all()

    # What it says.

    def answer(self, method: str, path: str, query: dict[str, str], body: Any, token: str) -> Answer:
        """HTTP status, OCPI code, data and headers for a request."""
        for prefix, script in list(self.scripts.items()):
            if path.startswith(prefix) and (found := script(method)):
                return found
        if token not in self.tokens:
            return 401, 2000, None, {}
        parts = path.strip("/").split("/")
        if parts == ["kit", "who"]:
            listed = [self.version] if self.versions_listed is None else self.versions_listed
            return 200, 1000, [{"version": v, "url": f"{self.base_url}/kit/what/{v}"} for v in listed], {}
        if parts[:2] == ["kit", "what"] and parts[2:] == [self.version]:
            return 200, 1000, {"version": self.version, "endpoints": self.endpoints()}, {}
        if parts[:2] == ["kit", "answers"]:
            return (200, 1000, None, {}) if method == "POST" else (405, 2000, None, {})
        if parts[:2] == ["kit", self.version] and len(parts) >= 4:
            return self._module(method, parts[2], parts[3], parts[4:], query, body)
        return 404, 2000, None, {}

    def _module(
        self, method: str, side: str, module: str, rest: list[str], query: dict[str, str], body: Any
    ) -> Answer:
        if side == "x-mine" and not rest and method == "GET":
            return self.holdings.page(module, query, self.url(module))
        if side == "x-mine" and module == "tokens" and method == "POST" and rest[-1:] == ["authorize"]:
            return self.holdings.authorize(rest[0], self.version)
        if side == "x-mine" and method == "GET":
            return self.holdings.single(module, rest[0])
        if side == "x-mine":
            return 200, 1000, None, {}
        if module == "commands" or module == "chargingprofiles":
            return 200, 1000, {"result": "NOT_SUPPORTED", "timeout": 30}, {}
        return self.holdings.receive(method, module, rest, body, self.url(module, "RECEIVER"))


class _Handler(BaseHTTPRequestHandler):
    owner: Partner
    protocol_version = "HTTP/1.1"
    wbufsize = 65536

    def _serve(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MAX_BODY))
        parts = urlsplit(self.path)
        owner, path = self.owner.asked(parts.path)
        token = decoded(self.headers.get("Authorization") or "", owner.tokens)
        try:
            parsed = json.loads(body) if body else None
            status, code, data, headers = owner.answer(
                self.command, unquote(path), dict(parse_qsl(parts.query)), parsed, token
            )
        except (ValueError, LookupError, TypeError, RecursionError):
            status, code, data, headers = 400, 2001, None, {}
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        envelope = {"status_code": code, "timestamp": now, **({} if data is None else {"data": data})}
        text = json.dumps(envelope)
        headers = {"Content-Type": "application/json", **headers, **self._identity()}
        owner.hear(
            Exchange(
                self.command,
                self.owner.base_url + self.path,
                {name.lower(): value for name, value in self.headers.items()},
                body.decode(errors="replace"),
                status=status,
                headers={name.lower(): value for name, value in headers.items()},
                body=text,
                module=_module_of(path),
                heard=True,
            )
        )
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())
        self.wfile.flush()

    def _identity(self) -> dict[str, str]:
        """The ids of the request, and its routing headers with TO and FROM changed over."""
        pairs = {"X-Request-ID": "X-Request-ID", "X-Correlation-ID": "X-Correlation-ID"}
        for name in ("party-id", "country-code"):
            pairs[f"OCPI-to-{name}"] = f"OCPI-from-{name}"
            pairs[f"OCPI-from-{name}"] = f"OCPI-to-{name}"
        return {ours: self.headers[theirs] for ours, theirs in pairs.items() if self.headers.get(theirs)}

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """The report says what was heard."""


def decoded(header: str, known: set[str]) -> str:
    """The token of an Authorization header, whichever of Base64 and bare is one that we gave."""
    value = header.removeprefix("Token ").strip()
    if value in known:
        return value
    try:
        return base64.b64decode(value, validate=True).decode().strip()
    except ValueError:
        return value


def _module_of(path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[:2] in (["kit", "who"], ["kit", "what"]):
        return "versions"
    if parts[:2] == ["kit", "answers"]:
        return "results"
    return parts[3] if len(parts) > 3 else ""
