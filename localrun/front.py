"""The HTTP server in front: what API Gateway and the Lambda Invoke API are in AWS.

Partners' requests become API Gateway events for the Chalice app. On the same
port, for this machine only: `POST /2015-03-31/functions/{name}/invocations`,
`GET /local/events`, `GET /local/console`, and a page at `/` that leads to them.
"""

from __future__ import annotations

import base64
import json
import logging
import socket
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from localrun import gateway, start_page
from localrun.functions import FunctionFailed, Functions, Unknown

LARGEST_BODY = 10 * 1024 * 1024
INVOKE, INVOKE_END = "/2015-03-31/functions/", "/invocations"
LOOPBACK = ("127.0.0.1", "localhost", "::1")

log = logging.getLogger(__name__)


class TooLarge(Exception):
    """A body past what API Gateway takes."""


class Malformed(Exception):
    """A request that is no HTTP; the connection cannot go on."""


def keep_requests_apart(app: Any) -> None:
    """Make the Chalice app usable from many threads: its current request becomes one per thread."""
    from chalice.local import LocalChalice

    if not isinstance(app, LocalChalice):
        app.__class__ = type("LocalApp", (LocalChalice, type(app)), {})


class Front:
    """One platform's port. `events` answers what the bus carried, optionally after an id."""

    def __init__(self, functions: Functions, events: Callable[[str], list[dict[str, Any]]]) -> None:
        keep_requests_apart(functions.app)
        self.functions = functions
        self.events = events
        self.routes = gateway.Routes(functions.app.routes)
        self.port = 0
        self._open: set[socket.socket] = set()
        self._server: ThreadingHTTPServer | None = None
        self._serves = self.stopped = False

    def start(self, port: int, host: str = "127.0.0.1") -> int:
        """Listen and serve; the port."""
        self.listen(port, host)
        self.serve()
        return self.port

    def listen(self, port: int, host: str = "127.0.0.1") -> int:
        """Take the port, a free one where 0 was asked for; requests wait for `serve`.

        Raises OSError when it is taken.
        """
        front = self

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False
            request_queue_size = 128

            def handle_error(self, request: Any, client_address: Any) -> None:
                log.debug("connection from %s broke", client_address, exc_info=True)

        self._server = Server((host, port), type("Handler", (_Handler,), {"front": front}))
        self.port, self.stopped = self._server.server_port, False
        return self.port

    def serve(self) -> None:
        """Answer what waits and what comes."""
        assert self._server is not None
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="front", daemon=True).start()
        self._serves = True

    def stop(self) -> None:
        """Serve no more, and hang up on those connected."""
        if self._server is None:
            return
        self.stopped = True
        if self._serves:
            self._server.shutdown()  # waits for ever for a server that never served
        self._server.server_close()
        self._server, self._serves = None, False
        for each in list(self._open):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # the other side hung up first


class _Handler(BaseHTTPRequestHandler):
    front: Front
    protocol_version = "HTTP/1.1"
    server_version = "ocpi-local"
    sys_version = ""
    disable_nagle_algorithm = True
    wbufsize = 65536
    timeout = 75

    def setup(self) -> None:
        super().setup()
        self.front._open.add(self.connection)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.front._open.discard(self.connection)

    def handle_one_request(self) -> None:
        try:
            self._handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _handle_one_request(self) -> None:
        self.raw_requestline = b"" if self.front.stopped else self.rfile.readline(65537)
        if len(self.raw_requestline) > 65536:
            self.requestline, self.request_version, self.command = "", "", ""
            self.send_error(414)
        elif not self.raw_requestline:
            self.close_connection = True
        elif self.parse_request():
            self._answer()
        self.wfile.flush()

    def _answer(self) -> None:
        try:
            body = self._body()
        except TooLarge:
            self.close_connection = True
            return self._envelope(413, 2001, f"the body is larger than {LARGEST_BODY} bytes")
        except Malformed as problem:
            self.close_connection = True
            return self._envelope(400, 2001, str(problem))
        path = urlsplit(self.path).path if not self.path.startswith("//") else self.path
        if path.startswith(INVOKE) and path.endswith(INVOKE_END):
            return self._guarded(lambda: self._invoke(unquote(path[len(INVOKE) : -len(INVOKE_END)]), body))
        if path == "/local/events" and self.command == "GET":
            return self._guarded(self._events)
        if path == "/local/console" and self.command in ("GET", "POST"):
            return self._guarded(lambda: self._console(body))
        if path == "/" and self.command == "GET" and not self._foreign():
            base_url = f"http://{self.headers['Host']}"
            return self._text(start_page.page(self.front.functions.platform, base_url), "text/html")
        if path.startswith(start_page.DOCS) and self.command == "GET":
            return self._guarded(lambda: self._document(unquote(path.removeprefix(start_page.DOCS))))
        return self._partner(body)

    def _partner(self, body: bytes) -> None:
        headers = [each for each in self.headers.items() if not each[0].lower().startswith("x-forwarded-")]
        headers += [
            ("X-Forwarded-For", self.client_address[0]),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Port", str(self.front.port)),
        ]
        event = gateway.proxy_event(
            self.front.routes, self.command, self.path, headers, body, self.client_address[0]
        )
        if event is None:
            return self._send(403, b'{"message":"Missing Authentication Token"}')
        try:
            answer = self.front.functions.call("api_handler", event)
        except FunctionFailed as problem:
            log.error("the api function failed: %s", problem)
            return self._send(502, b'{"message":"Internal server error"}')
        names = [(name, str(value)) for name, value in (answer.get("headers") or {}).items()]
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            names += [(name, str(value)) for value in values]
        return self._send(answer["statusCode"], (answer.get("body") or "").encode(), names)

    # What only this machine may ask for.

    def _guarded(self, act: Callable[[], None]) -> None:
        """Refuse what did not come from a program on this machine."""
        if self._foreign():
            return self._send(403, b'{"message":"for programs on this machine only"}')
        return act()

    def _foreign(self) -> bool:
        """Whether it may come from elsewhere; a web page of somebody else must not reach us either."""
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        origin = self.headers.get("Origin")
        return (
            self.client_address[0] not in LOOPBACK
            or host not in LOOPBACK
            or (origin is not None and urlsplit(origin).netloc != self.headers.get("Host"))
            or self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin")
        )

    def _invoke(self, name: str, body: bytes) -> None:
        functions = self.front.functions
        request_id = [("x-amzn-RequestId", str(uuid.uuid4()))]
        if self.command != "POST":
            return self._send(405, b'{"message":"POST is the only method"}')
        try:
            short = functions.known(name)
            if short not in {each.name for each in functions.app.pure_lambda_functions}:
                raise Unknown(short)
        except Unknown:
            message = {"Type": "User", "message": f"Function not found: {name}"}
            error = [("x-amzn-ErrorType", "ResourceNotFoundException"), *request_id]
            return self._send(404, json.dumps(message).encode(), error)
        try:
            event = json.loads(body) if body.strip() else {}
        except ValueError as problem:
            message = {"Type": "User", "message": f"Could not parse request body into json: {problem}"}
            error = [("x-amzn-ErrorType", "InvalidRequestContentException"), *request_id]
            return self._send(400, json.dumps(message).encode(), error)
        kind = self.headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return self._send(204, b"", request_id)
        if kind == "Event":
            threading.Thread(target=self._later, args=(short, event), daemon=True).start()
            return self._send(202, b"", request_id)
        version = [("X-Amz-Executed-Version", "$LATEST"), *request_id]
        try:
            answer = functions.call(short, event)
        except FunctionFailed as problem:
            failed = [("X-Amz-Function-Error", "Unhandled"), *version]
            return self._send(200, json.dumps(problem.error).encode(), failed)
        return self._send(200, json.dumps(answer).encode(), version)

    def _later(self, name: str, event: Any) -> None:
        try:
            self.front.functions.call(name, event)
        except FunctionFailed as problem:
            log.error("%s failed: %s", name, problem)

    def _events(self) -> None:
        after = dict(parse_qsl(urlsplit(self.path).query)).get("after", "")
        self._send(200, json.dumps(self.front.events(after)).encode())

    def _console(self, body: bytes) -> None:
        """What a function URL of the operator function does with a browser's request."""
        parts = urlsplit(self.path)
        event = {
            "version": "2.0",
            "rawPath": parts.path,
            "rawQueryString": parts.query,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "requestContext": {"http": {"method": self.command, "path": parts.path}},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        try:
            answer = self.front.functions.call("operator", event)
        except FunctionFailed as problem:
            return self._send(500, json.dumps({"message": str(problem)}).encode())
        if "statusCode" not in answer:
            return self._send(404, b'{"message":"this platform has no console"}')
        return self._send(answer["statusCode"], answer["body"].encode(), list(answer["headers"].items()))

    def _document(self, name: str) -> None:
        text = start_page.document(name)
        if text is None:
            return self._send(404, b'{"message":"no such document"}')
        return self._text(text, "text/plain")

    def _text(self, text: str, kind: str) -> None:
        self._send(200, text.encode(), [("Content-Type", f"{kind}; charset=utf-8")])

    # Reading and writing HTTP.

    def _body(self) -> bytes:
        coding = self.headers.get("Transfer-Encoding", "").strip().lower()
        if coding:
            if coding != "chunked":
                raise Malformed("unsupported Transfer-Encoding")
            return self._chunks()
        text = self.headers.get("Content-Length", "0").strip()
        if not text.isascii() or not text.isdigit():
            raise Malformed("Content-Length: a number is required")
        if int(text) > LARGEST_BODY:
            raise TooLarge
        self._go_on()
        body = self.rfile.read(int(text))
        if len(body) < int(text):
            raise ConnectionError("the body ended early")
        return body

    def _chunks(self) -> bytes:
        self._go_on()
        parts: list[bytes] = []
        total = 0
        while True:
            line = self.rfile.readline(1024).partition(b";")[0].strip()
            try:
                size = int(line, 16)
            except ValueError:
                raise Malformed("a chunk without a size") from None
            if size < 0:
                raise Malformed("a chunk without a size")
            if size == 0:
                while self.rfile.readline(65537).strip():
                    """Trailers are of no use here."""
                return b"".join(parts)
            total += size
            if total > LARGEST_BODY:
                raise TooLarge
            parts.append(self.rfile.read(size))
            self.rfile.readline(3)

    def handle_expect_100(self) -> bool:
        """Decided once the size is known."""
        return True

    def _go_on(self) -> None:
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()

    def _send(self, status: int, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        headers = headers or []
        self.send_response(status)
        if not any(name.lower() == "content-type" for name, _ in headers):
            self.send_header("Content-Type", "application/json")
        for name, value in headers:
            if name.lower() not in ("content-length", "connection", "transfer-encoding"):
                self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(body)
        self.wfile.flush()

    def _envelope(self, status: int, code: int, message: str) -> None:
        from chalicelib.ocpi import envelope
        from chalicelib.ocpi.messages import Reply, now

        text = envelope.write(Reply(status_code=code, message=message, http_status=status), now())
        ids = [("X-Request-ID", ""), ("X-Correlation-ID", "")]
        headers = getattr(self, "headers", None)
        named = [(name, (headers.get(name) if headers else None) or str(uuid.uuid4())) for name, _ in ids]
        self._send(status, text.encode(), named)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the parser found wrong, as an envelope."""
        self.close_connection = True
        self._envelope(code, 2000, message or "not an HTTP request")

    def log_message(self, format: str, *args: Any) -> None:
        """The functions log their requests themselves."""
