"""The port of a sandbox: OCPI for peers, and for this machine the page, `/do`, `/heard` and `/held`."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from sandbox import control, serving
from sandbox.conduct import Reply
from sandbox.faults import CUT, HANG_UP
from sandbox.holding import Exchange
from sandbox.messages import Request, dumps

if TYPE_CHECKING:
    from sandbox.partner import Partner

LARGEST_BODY = 10 * 1024 * 1024


class Server:
    """One port, from `start` to `stop`; a port of 0 is a free one, the same after a stop."""

    def __init__(self, partner: Partner, host: str, port: int) -> None:
        self.port = port
        self._partner, self._host = partner, host
        self._server: ThreadingHTTPServer | None = None
        self._open: set[socket.socket] = set()

    def start(self) -> None:
        """Raises OSError where the port is taken."""
        if self._server:
            return
        opened = self._open

        class Listening(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 64

            def get_request(self) -> Any:
                found = super().get_request()
                opened.add(found[0])
                return found

            def shutdown_request(self, request: Any) -> None:
                opened.discard(request)
                super().shutdown_request(request)

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hung up is no news."""

        handler = type("Handler", (_Handler,), {"partner": self._partner})
        self._server = Listening((self._host, self.port), handler)
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Listen no more, and hang up on those connected."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        for each in list(self._open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._open.clear()


class _Handler(BaseHTTPRequestHandler):
    partner: Partner
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def _serve(self) -> None:
        began = time.monotonic()
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._write(Reply(413, {"Content-Type": "text/plain"}, "too large"))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        content, names = self.rfile.read(int(length)), tuple(self.headers.keys())
        request = Request(self.command, self.path, headers, content, names)
        if control.concerns(request):
            self._write(control.answer(self.partner, request, self.client_address[0]))
            return
        reply = serving.answer(self.partner, request)
        text = reply.body if isinstance(reply.body, str) else dumps(reply.body)
        took = round(time.monotonic() - began, 3)
        body = request.body.decode(errors="replace")
        # First in the log, then on the wire: who got the answer finds it there.
        self.partner.log.add(
            Exchange(
                "heard",
                self.partner.now_text(),
                request.method,
                request.target,
                headers,
                body,
                reply.status,
                reply.headers,
                text,
                took,
            )
        )
        self._write(Reply(reply.status, reply.headers, text))

    def _write(self, reply: Reply) -> None:
        if reply.status == HANG_UP:
            self._hang_up()
            return
        body = str(reply.body).encode()
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            if name != CUT:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if CUT in reply.headers else body)
        self.wfile.flush()
        if CUT in reply.headers:
            self._hang_up()

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve

    def log_message(self, format: str, *args: Any) -> None:
        """The sandbox has its own log."""
