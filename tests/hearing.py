"""A back end's ear: an HTTP server on loopback that keeps what is POSTed to it and answers as told."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = int | tuple[int, dict[str, str]]


@dataclass(frozen=True)
class Heard:
    """One POST; header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def detail(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)["detail"]
        return found


class Ear:
    """Listens while it is open; answers 204 unless told otherwise."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        self.otherwise: Answer = 204
        self.connections = 0
        self._answers: list[Answer] = []
        ear = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                names = {name.lower(): value for name, value in self.headers.items()}
                ear.heard.append(Heard(self.path, names, body))
                answer = ear._answers.pop(0) if ear._answers else ear.otherwise
                status, headers = answer if isinstance(answer, tuple) else (answer, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def process_request(self, request: Any, client_address: Any) -> None:
                ear.connections += 1
                super().process_request(request, client_address)

        self._server = Server(("127.0.0.1", 0), Handler)

    def answer(self, *answers: Answer) -> None:
        """The next answers, one each: a status, or a status and headers."""
        self._answers += answers

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/events"

    def __enter__(self) -> Ear:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
