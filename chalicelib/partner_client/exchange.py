"""One exchange over HTTP: a request to a checked URL, its answer read within its time and size.

A GET follows redirects at the same host. A request over a kept connection that turned out to be
dead is sent once more where repeating is safe.

Spec: TRA-80 (an id of each request that is sent); ARC-20
"""

from __future__ import annotations

import http.client
import time
import uuid
import zlib
from typing import Any

from urllib3.exceptions import HTTPError, NewConnectionError

from chalicelib import logs
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import messages, paging
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.partner import host_of
from chalicelib.partner_client import transport, url_guard

LARGEST_ANSWER = 8 * 1024 * 1024
MOST_REDIRECTS = 3


class Exchange:
    """Exchanges with any host over connections that are kept open, private addresses allowed or not."""

    def __init__(self, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._pools = transport.manager(allow_private)

    def perform(
        self,
        method: str,
        url: str,
        body: str | bytes | None,
        headers: dict[str, str],
        timeout: float,
        follow: bool = True,
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of the last answer, same-host redirects of a GET followed."""
        until = transport.deadline.set(time.monotonic() + timeout)
        state = transport.state.set(transport.State())
        try:
            for _ in range(MOST_REDIRECTS + 1):
                self._check(url)
                status, received, text = self._sent(method, url, body, headers)
                if not follow or not 300 <= status < 400:
                    return status, received, text
                target = paging.absolute(url, received.get("location", ""))
                if method != "GET" or not received.get("location"):
                    raise PartnerUnreachable(f"answered HTTP {status}, a redirect")
                if host_of(target) != host_of(url) or target.split(":")[0] != url.split(":")[0]:
                    raise PartnerUnreachable("redirects to another host, where the token must not go")
                url = target
            raise PartnerUnreachable(f"more than {MOST_REDIRECTS} redirects")
        finally:
            transport.deadline.reset(until)
            transport.state.reset(state)

    def _check(self, url: str) -> None:
        try:
            url_guard.check_form(url, self._allow_private)
        except InvalidParameters as problem:
            raise PartnerRefused(0, 0, problem.message) from None

    def _sent(
        self, method: str, url: str, body: str | bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        """The same, once more where a kept connection turned out to be dead and repeating is safe."""
        try:
            return self._send(method, url, body, headers)
        except PartnerUnreachable as problem:
            was_dead = transport.state.get().kept_was_dead and not problem.timed_out
            if method not in ("GET", "PUT", "DELETE") or not was_dead:
                raise
        dead = headers[messages.REQUEST_ID]
        logs.log("INFO", "sent again on a fresh connection", method=method, outbound_request_id=dead)
        return self._send(method, url, body, headers)

    def _send(
        self, method: str, url: str, body: str | bytes | None, headers: dict[str, str]
    ) -> tuple[int, dict[str, str], bytes]:
        response = None
        headers[messages.REQUEST_ID] = str(uuid.uuid4())  # of each request that is sent (TRA-80)
        try:
            response = self._pools.urlopen(
                method,
                url,
                body=body.encode() if isinstance(body, str) else body,
                headers=headers,
                redirect=False,
                retries=False,
                timeout=transport.remaining(),
                preload_content=False,
                decode_content=False,
            )
            text = _read(response)
            # A header that came several times is one list.
            return response.status, {name.lower(): response.headers[name] for name in response.headers}, text
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as problem:
            if response is not None:
                response.close()
            sent = transport.state.get().failed(answered=response is not None)
            cause = problem.__cause__ if isinstance(problem, NewConnectionError) else None
            words = str(cause) if isinstance(cause, url_guard.ForbiddenAddress) else _words(problem)
            late = sent and words == "no answer in time"
            raise PartnerUnreachable(words, outcome_unknown=sent, timed_out=late) from None


def _read(response: Any) -> bytes:
    """The whole body, the connection given back. Raises ValueError when there is too much of it."""
    parts, size = [], 0
    for part in response.stream(65536, decode_content=False):
        size += len(part)
        if size > LARGEST_ANSWER:
            raise ValueError(f"answered more than {LARGEST_ANSWER} bytes")
        parts.append(part)
    response.release_conn()
    text = b"".join(parts)
    zipped = response.headers.get("Content-Encoding", "").strip().lower() in ("gzip", "x-gzip")
    return _unzipped(text) if zipped else text


def _unzipped(text: bytes) -> bytes:
    """What a server compressed though it was asked not to. Raises ValueError for half of it, or too much."""
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        found = unpacking.decompress(text, LARGEST_ANSWER + 1)
    except zlib.error:
        raise ValueError("answered what is no gzip") from None
    if len(found) > LARGEST_ANSWER:
        raise ValueError(f"answered more than {LARGEST_ANSWER} bytes")
    if not unpacking.eof:
        raise ValueError("answered half a gzip")
    return found


def _words(problem: Exception) -> str:
    """A failure in a few words of ours: those of the library may hold addresses and headers."""
    name = type(problem).__name__
    known = {
        "ConnectTimeoutError": "no connection in time",
        "NewConnectionError": "no connection",
        "NameResolutionError": "the name does not resolve",
        "ReadTimeoutError": "no answer in time",
        "TimeoutError": "no answer in time",
        "SSLError": "the TLS certificate or handshake is not acceptable",
        "ProtocolError": "the connection broke",
        "IncompleteRead": "the connection broke",
        "RemoteDisconnected": "the connection broke",
        "ConnectionResetError": "the connection broke",
    }
    return str(problem) if name == "ValueError" else known.get(name, name)
