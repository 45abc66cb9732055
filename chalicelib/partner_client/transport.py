"""Connections to partners: kept open between calls, made only to checked addresses, limited in total time.

urllib3's own time-outs begin anew with every byte that arrives; a server that
drips would hold us for hours. Here a deadline counts for the whole answer.
"""

from __future__ import annotations

import http.client
import io
import socket
import sys
import time
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from chalicelib.partner_client import url_guard

# Load balancers forget idle connections silently, most after 60 s; a frozen function wakes up with old ones.
LONGEST_IDLE = 20.0
CONNECT_SECONDS = 3.0


@dataclass
class State:
    """How far the call in hand has come: whether its request may have left, and over an older connection."""

    sent: bool = False
    kept: bool = False
    kept_was_dead: bool = False

    def failed(self, answered: bool) -> bool:
        """Note that the connection failed; whether the request may have arrived all the same."""
        sent, self.sent = self.sent, False
        self.kept_was_dead = sent and self.kept and not answered
        return sent


# When the call in hand must be over (time.monotonic()), and how far it has come.
deadline: ContextVar[float] = ContextVar("deadline")
state: ContextVar[State] = ContextVar("state")


def remaining() -> float:
    """Seconds left of the call in hand. Raises TimeoutError when there are none."""
    left = deadline.get() - time.monotonic()
    if left <= 0:
        raise TimeoutError("took too long in total")
    return left


class _Timed(io.RawIOBase):
    """A socket's bytes, each read allowed what is left of the call."""

    def __init__(self, raw: Any, sock: Any) -> None:
        self._raw, self._sock = raw, sock

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        self._sock.settimeout(remaining())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    """An answer that is read within the deadline, its head included."""

    def __init__(self, sock: Any, *rest: Any, **more: Any) -> None:
        super().__init__(sock, *rest, **more)
        self.fp.close()
        self.fp = io.BufferedReader(_Timed(sock.makefile("rb", buffering=0), sock), 65536)


class _Checked:
    """What both kinds of connection do differently."""

    allow_private = False
    idle_since = 0.0
    response_class: Any = _Response

    def _new_conn(self: Any) -> socket.socket:
        """A socket to the first checked address that answers."""
        problem: Exception = OSError("the name has no address")
        until = time.monotonic() + min(CONNECT_SECONDS, remaining())
        try:
            found = url_guard.addresses(self._dns_host, self.port, self.allow_private)
        except (OSError, UnicodeError) as failure:
            raise NewConnectionError(self, str(failure)) from failure
        for address in found:
            try:
                left = until - time.monotonic()
                if left <= 0:
                    raise TimeoutError
                sock = socket.create_connection((address, self.port), left)
            except TimeoutError:
                problem = ConnectTimeoutError(self, "no connection in time")
            except OSError as failure:
                problem = NewConnectionError(self, failure.strerror or type(failure).__name__)
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(remaining())
                sys.audit("http.client.connect", self, self.host, self.port)
                return sock
        raise problem

    def request(self: Any, *arguments: Any, **more: Any) -> None:
        call = state.get()
        call.kept = self.sock is not None and self.idle_since > 0
        if self.sock is None:
            self.connect()  # a TLS handshake that fails has sent nothing of the request
        call.sent = True
        self.sock.settimeout(remaining())
        super().request(*arguments, **more)  # type: ignore[misc]


class _HttpConnection(_Checked, HTTPConnection):
    pass


class _HttpsConnection(_Checked, HTTPSConnection):
    pass


class _Fresh:
    """A pool that does not trust a connection which lay idle for long."""

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.idle_since = time.monotonic() if conn.sock is not None else 0.0
        super()._put_conn(conn)  # type: ignore[misc]

    def _get_conn(self, timeout: float | None = None) -> Any:
        conn = super()._get_conn(timeout)  # type: ignore[misc]
        if conn.sock is not None and time.monotonic() - conn.idle_since > LONGEST_IDLE:
            conn.close()
            conn.idle_since = 0.0
        return conn


def manager(allow_private: bool) -> urllib3.PoolManager:
    """Pools per host whose connections follow these rules; TLS certificates are verified."""

    def pool(base: type, connection: type) -> type:
        chosen = type("Connection", (connection,), {"allow_private": allow_private})
        return type("Pool", (_Fresh, base), {"ConnectionCls": chosen})

    pools = urllib3.PoolManager(num_pools=50, maxsize=8, retries=False)
    pools.pool_classes_by_scheme = {
        "http": pool(HTTPConnectionPool, _HttpConnection),
        "https": pool(HTTPSConnectionPool, _HttpsConnection),
    }
    return pools
