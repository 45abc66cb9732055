"""A partner on a real loopback port that registers, answers politely and remembers what it was sent.

It listens as a sandbox does (`sandbox.Partner`), and judges nothing: tests send the smallest object that
shows their point, which a sandbox refuses.
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from sandbox.conduct import Reply
from sandbox.messages import Request
from sandbox.server import Server

MODULES = (
    "cdrs",
    "chargingprofiles",
    "commands",
    "hubclientinfo",
    "locations",
    "sessions",
    "tariffs",
    "tokens",
)


@dataclass(frozen=True)
class Received:
    """One request as it crossed the wire; `path` is decoded and has no query."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def token(self) -> str:
        """The credentials token in clear, Base64 or raw."""
        value = self.headers.get("authorization", "").removeprefix("Token ")
        try:
            return base64.b64decode(value, validate=True).decode()
        except ValueError:
            return value


@dataclass(frozen=True)
class Canned:
    """What the stub says instead of its polite answer."""

    status: int = 200
    code: int = 1000
    data: Any = None
    message: str = "as the test wants it"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    delay: float = 0.0

    @property
    def text(self) -> bytes:
        """What goes onto the wire."""
        if self.body is not None:
            return self.body
        said = {"status_code": self.code, "status_message": self.message, "timestamp": "2026-01-01T00:00:00Z"}
        return json.dumps(said if self.data is None else {**said, "data": self.data}).encode()


class PartnerStub:
    """A platform of one version with chosen roles, both interfaces of every module.

    `received` holds every request in order; `objects[module]` is what its
    SENDER interfaces list; `answer` and `script` change what it says.
    """

    def __init__(
        self,
        roles: list[dict[str, str]] | None = None,
        version: str = "2.2.1",
        name: str = "Stub Charging",
        own_token: str = "stub-token-b",
    ) -> None:
        self.roles = roles or [
            {"role": "CPO", "country_code": "BE", "party_id": "BEC"},
            {"role": "EMSP", "country_code": "DE", "party_id": "MSP"},
        ]
        self.version, self.name, self.own_token = version, name, own_token
        self.modules: tuple[str, ...] = MODULES
        self.received: list[Received] = []
        self.objects: dict[str, list[dict[str, Any]]] = {}
        self.page_limit = 100
        self.id = ""
        self.token = ""
        self._rules: list[tuple[str, str, Canned, list[int]]] = []
        self._scripts: list[Callable[[Received], Canned | None]] = []
        self._lock = threading.Lock()
        self._server = Server(self._hear)
        self.up()

    # Being there, or not.

    def up(self) -> None:
        """Listen, on the port it always had."""
        self._server.start()

    def down(self) -> None:
        """End all connections and refuse new ones until `up`."""
        self._server.stop()

    # What it says.

    def answer(self, method: str = "*", path: str = "", times: int = 1 << 30, **canned: Any) -> None:
        """Answer requests of this method whose path contains `path` so, the next `times` times.

        `canned`: status, code, data, message, headers, body (bytes, instead of an envelope), delay.
        """
        self._rules.append((method, path, Canned(**canned), [times]))

    def script(self, decide: Callable[[Received], Canned | None]) -> None:
        """Let a function decide; None leaves it to the rules."""
        self._scripts.append(decide)

    def forget(self) -> None:
        """Forget what was received, and all rules."""
        with self._lock:
            self.received.clear()
            self._rules.clear()
            self._scripts.clear()

    # What it heard.

    def requests(self, method: str = "", containing: str = "") -> list[Received]:
        """Received requests of this method whose path contains the text."""
        return [
            each for each in list(self.received) if method in ("", each.method) and containing in each.path
        ]

    def wait_for(self, method: str = "", containing: str = "", seconds: float = 5.0) -> Received:
        """The first such request, as soon as it is there."""
        until = time.monotonic() + seconds
        while not (found := self.requests(method, containing)):
            if time.monotonic() > until:
                seen = [f"{each.method} {each.path}" for each in self.received]
                raise AssertionError(f"no {method or 'request'} {containing} within {seconds} s; got {seen}")
            time.sleep(0.01)
        return found[0]

    # What it is.

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    @property
    def versions_url(self) -> str:
        return f"{self.base_url}/versions"

    def url(self, interface: str, module: str) -> str:
        """Where it serves one interface ("SENDER" or "RECEIVER") of a module."""
        return f"{self.base_url}/{self.version}/{interface.lower()}/{module}"

    @property
    def credentials(self) -> dict[str, Any]:
        """Its credentials object, in its version."""
        details = {"name": self.name}
        base: dict[str, Any] = {"token": self.own_token, "url": self.versions_url}
        if self.version == "2.1.1":
            first = self.roles[0]
            party = {"country_code": first["country_code"], "party_id": first["party_id"]}
            return {**base, **party, "business_details": details}
        return {**base, "roles": [{**role, "business_details": details} for role in self.roles]}

    @property
    def endpoints(self) -> list[dict[str, str]]:
        """Its version details."""
        if self.version == "2.1.1":
            return [
                {"identifier": "credentials", "url": f"{self.base_url}/{self.version}/credentials"},
                *(
                    {"identifier": module, "url": self.url(_side_211(self.roles[0]["role"], module), module)}
                    for module in self.modules
                    if module not in ("chargingprofiles", "hubclientinfo")
                ),
            ]
        return [
            {
                "identifier": "credentials",
                "role": "SENDER",
                "url": f"{self.base_url}/{self.version}/credentials",
            },
            *(
                {"identifier": module, "role": side, "url": self.url(side, module)}
                for module in self.modules
                for side in ("SENDER", "RECEIVER")
            ),
        ]

    def _hear(self, request: Request, address: str) -> Reply:
        parts = urlsplit(request.target)
        received = Received(
            method=request.method,
            path=unquote(parts.path),
            query=dict(parse_qsl(parts.query)),
            headers=request.headers,
            body=request.body,
        )
        self.received.append(received)
        canned = self.reply(received)
        if canned.delay:
            time.sleep(canned.delay)
        return Reply(canned.status, {"Content-Type": "application/json", **canned.headers}, canned.text)

    def reply(self, request: Received) -> Canned:
        """What it says to a request."""
        for decide in list(self._scripts):
            if canned := decide(request):
                return canned
        with self._lock:
            for method, path, canned, left in self._rules:
                if method in ("*", request.method) and path in request.path and left[0] > 0:
                    left[0] -= 1
                    return canned
        return self._polite(request)

    def _polite(self, request: Received) -> Canned:
        parts = request.path.strip("/").split("/")
        if parts == ["versions"]:
            return Canned(data=[{"version": self.version, "url": f"{self.base_url}/{self.version}"}])
        if parts == [self.version]:
            return Canned(data={"version": self.version, "endpoints": self.endpoints})
        if parts[1:2] == ["credentials"]:
            return Canned(data=self.credentials)
        if request.method == "GET" and parts[1:2] == ["sender"] and len(parts) == 3:
            return self._page(request, parts[2])
        if request.method == "GET":
            return Canned(status=404, code=2001, message="unknown object")
        if request.method == "POST" and "commands" in parts:
            return Canned(data={"result": "ACCEPTED", "timeout": 30})
        if request.method == "POST" and parts[-1] == "authorize":
            return Canned(data={"allowed": "ALLOWED"})
        if "chargingprofiles" in parts:
            return Canned(data={"result": "ACCEPTED", "timeout": 30})
        if request.method == "POST" and parts[1:] == ["receiver", "cdrs"]:
            location = f"{self.url('RECEIVER', 'cdrs')}/{request.json.get('id', '')}"
            return Canned(status=201, headers={"Location": location})
        return Canned(status=201 if request.method in ("POST", "PUT") else 200)

    def _page(self, request: Received, module: str) -> Canned:
        objects = self.objects.get(module, [])
        offset, limit = int(request.query.get("offset", 0)), int(request.query.get("limit", 1 << 30))
        limit = min(limit, self.page_limit)
        chosen = [
            each
            for each in objects
            if request.query.get("date_from", "") <= each.get("last_updated", "~")
            and each.get("last_updated", "") < request.query.get("date_to", "~")
        ]
        headers = {"X-Total-Count": str(len(chosen)), "X-Limit": str(self.page_limit)}
        if offset + limit < len(chosen):
            dates = "".join(
                f"&{name}={request.query[name]}" for name in ("date_from", "date_to") if name in request.query
            )
            url = f"{self.url('SENDER', module)}?offset={offset + limit}&limit={limit}{dates}"
            headers["Link"] = f'<{url}>; rel="next"'
        return Canned(data=chosen[offset : offset + limit], headers=headers)


def _side_211(role: str, module: str) -> str:
    """2.1.1 lists one interface per module: the one of the partner's role."""
    sends = {"CPO": ("locations", "sessions", "cdrs", "tariffs"), "EMSP": ("tokens",)}
    return "SENDER" if module in sends.get(role, ()) else "RECEIVER"
