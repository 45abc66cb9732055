"""A port: whatever comes is read, answered by one function, and written, also not at all or by half."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from sandbox.conduct import Reply
from sandbox.faults import CUT, HANG_UP
from sandbox.messages import Request

LARGEST_BODY = 10 * 1024 * 1024
Answering = Callable[[Request, str], Reply]  # the request, and the address that it comes from


class Server:
    """One port, from `start` to `stop`; a port of 0 is a free one, the same after a stop."""

    def __init__(self, answer: Answering, host: str = "127.0.0.1", port: int = 0) -> None:
        self.port = port
        self._answer, self._host = answer, host
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

        handler = type("Handler", (_Handler,), {"answer": staticmethod(self._answer)})
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
    answer: Answering
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def _serve(self) -> None:
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._write(Reply(413, {"Content-Type": "text/plain"}, "too large"))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        content, names = self.rfile.read(int(length)), tuple(self.headers.keys())
        request = Request(self.command, self.path, headers, content, names)
        self._write(self.answer(request, self.client_address[0]))

    def _write(self, reply: Reply) -> None:
        if reply.status == HANG_UP:
            self._hang_up()
            return
        body = reply.body if isinstance(reply.body, bytes) else str(reply.body).encode()
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
        """Who answers has a log of its own."""
