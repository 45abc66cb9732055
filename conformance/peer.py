"""The other side, as the kit asks it: one request at a time, each kept as evidence."""

from __future__ import annotations

import base64
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

BODY_LIMIT = 5_000_000


@dataclass(frozen=True)
class Exchange:
    """A request and its answer as they crossed the wire; `heard` ones the other side began."""

    method: str
    url: str
    request_headers: dict[str, str]
    request_body: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0
    problem: str = ""
    module: str = ""
    heard: bool = False
    at: float = field(default_factory=time.monotonic)

    @property
    def json(self) -> Any:
        """The answer's body as JSON; None where it is none."""
        return _parsed(self.body)

    @property
    def sent(self) -> Any:
        """The request's body as JSON; None where it is none."""
        return _parsed(self.request_body)

    @property
    def envelope(self) -> dict[str, Any]:
        found = self.json
        return found if isinstance(found, dict) else {}

    @property
    def code(self) -> int:
        """The OCPI status code, also of a string, which TRA-66 judges; 0 where there is none."""
        found = self.envelope.get("status_code")
        if isinstance(found, str) and found.isdecimal() and len(found) == 4:
            return int(found)
        return found if isinstance(found, int) and not isinstance(found, bool) else 0

    @property
    def data(self) -> Any:
        return self.envelope.get("data")

    @property
    def ok(self) -> bool:
        """Success by both layers: HTTP 2xx and an OCPI code 1xxx."""
        return 200 <= self.status < 300 and 1000 <= self.code < 2000

    def header(self, name: str) -> str | None:
        return self.headers.get(name.lower())

    @property
    def said(self) -> str:
        """The answer in a few words, for reasons."""
        if self.problem:
            return self.problem
        code = f"status_code {self.code}" if self.code else "no OCPI envelope"
        message = str(self.envelope.get("status_message") or "")
        return f"HTTP {self.status}, {code}" + (f" ({message[:160]})" if message and not self.ok else "")


def _named(problem: Exception, url: str, timeout: float) -> str:
    return f"no answer ({type(problem).__name__}: {str(problem)[:200]})"


Explain = Callable[[Exception, str, float], str]


class Peer:
    """Sends requests with the token in use and remembers all of them in `exchanges`."""

    def __init__(self, timeout: float = 15.0, explain: Explain = _named) -> None:
        self.timeout, self.explain = timeout, explain
        self.token = ""
        self.encode = True
        self.always: dict[str, str] = {}  # headers that they ask for though nobody need send them
        self.exchanges: list[Exchange] = []
        self._session = requests.Session()
        self._session.trust_env = False

    def authorization(self, token: str) -> str:
        """The header's value: Base64 where the version (or the other side) wants it, else the bare token."""
        return "Token " + (base64.b64encode(token.encode()).decode() if self.encode else token)

    def ask(
        self,
        method: str,
        url: str,
        body: Any = None,
        *,
        token: str | None = None,
        headers: dict[str, str | None] | None = None,
        raw: bytes | None = None,
        module: str = "",
        query: dict[str, Any] | None = None,
    ) -> Exchange:
        """One request; never raises for what the other side does.

        `token` "" sends no Authorization; `headers` with None leave one out; `raw` is sent instead of
        the body's JSON.
        """
        request_headers: dict[str, str | None] = {
            "X-Request-ID": str(uuid.uuid4()),
            "X-Correlation-ID": str(uuid.uuid4()),
        }
        used = self.token if token is None else token
        if used:
            request_headers["Authorization"] = self.authorization(used)
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        request_headers.update(self.always)
        if data is not None:
            request_headers["Content-Type"] = "application/json"
        request_headers.update(headers or {})
        sent = {name: value for name, value in request_headers.items() if value is not None}
        exchange = self._send(method, url, sent, data, query, module)
        self.exchanges.append(exchange)
        if exchange.status in (307, 308) and (url := _same_host(exchange)):
            exchange = self._send(method, url, sent, data, None, module)
            self.exchanges.append(exchange)
        return exchange

    def _answered(self, prepared: requests.PreparedRequest) -> tuple[requests.Response, bytes]:
        answer = self._session.send(
            prepared, timeout=self.timeout, allow_redirects=False, stream=True, verify=True
        )
        content: bytes = answer.raw.read(BODY_LIMIT, decode_content=True)
        answer.close()
        return answer, content

    def _send(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        data: bytes | None,
        query: dict[str, Any] | None,
        module: str,
    ) -> Exchange:
        text = (data or b"").decode(errors="replace")
        begun = time.monotonic()
        try:
            prepared = self._session.prepare_request(
                requests.Request(method, url, headers=headers, data=data, params=query)
            )
            try:
                answer, content = self._answered(prepared)
            except requests.ConnectionError as problem:
                if "aborted" not in str(problem):
                    raise
                # A server may close a connection that it kept open; on a new one it has to answer.
                self._session.close()
                answer, content = self._answered(prepared)
        except (requests.RequestException, HTTPError, OSError, ValueError) as problem:
            said = self.explain(problem, url, self.timeout)
            return Exchange(method, url, headers, text, problem=said, module=module)
        return Exchange(
            method,
            prepared.url or url,
            headers,
            text,
            status=answer.status_code,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=content.decode(errors="replace"),
            seconds=time.monotonic() - begun,
            module=module,
        )


def _same_host(exchange: Exchange) -> str:
    """Where a redirect leads, if it stays on the host: other HTTP clients follow it, too."""
    target = urljoin(exchange.url, exchange.header("location") or "")
    return target if urlsplit(target).netloc == urlsplit(exchange.url).netloc else ""


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
