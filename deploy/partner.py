"""Partners for the rehearsal: a few lines of OCPI 2.2.1 on loopback that remember what they were sent."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

# What a party of this role serves.
RECEIVES = {
    "EMSP": ("credentials", "hubclientinfo", "locations", "tariffs", "sessions", "cdrs"),
    "CPO": ("credentials", "hubclientinfo", "tokens", "commands"),
}
SENDS = {"EMSP": ("tokens", "commands"), "CPO": ("locations", "tariffs", "sessions")}


class StubPartner:
    """A party, by default the eMSP BE/BEC; `token` is what it was given by us.

    `answers` says what data it answers to a method and path.
    """

    def __init__(self, role: str = "EMSP", country_code: str = "BE", party_id: str = "BEC") -> None:
        self.role, self.country_code, self.party_id = role, country_code, party_id
        self.token = ""
        self.answers: dict[tuple[str, str], tuple[Any, dict[str, str]]] = {}
        self.requests: list[tuple[str, str, Any]] = []
        partner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                partner.answer(self)

            do_PUT = do_PATCH = do_POST = do_DELETE = do_GET

            def log_message(self, *arguments: Any) -> None:
                """`requests` has them."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> StubPartner:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *problem: Any) -> None:
        self._server.shutdown()
        self._server.server_close()

    def credentials(self) -> dict[str, Any]:
        """What it posts to register."""
        role = {
            "role": self.role,
            "country_code": self.country_code,
            "party_id": self.party_id,
            "business_details": {"name": "Rehearsal Partner"},
        }
        return {"token": f"own-token-of-{self.party_id}", "url": f"{self.url}/versions", "roles": [role]}

    def saw(self, method: str, path: str) -> bool:
        return any(each[:2] == (method, path) for each in self.requests)

    def sent(self, method: str, path: str) -> Any:
        """The body of the last such request to it, None where there was none."""
        return next((body for *asked, body in reversed(self.requests) if asked == [method, path]), None)

    def knows(self, status: str) -> bool:
        """Whether any write to it said so."""
        return any(
            method in ("PUT", "PATCH") and status in json.dumps(body) for method, _, body in self.requests
        )

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = urlsplit(handler.path).path
        text = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        body = json.loads(text) if text else None
        self.requests.append((handler.command, path, body))
        envelope = {"status_code": 1000, "timestamp": "2026-01-01T00:00:00Z"}
        data, headers = self.answers.get((handler.command, path), (None, {}))
        if data is not None:
            envelope["data"] = data
        elif handler.command == "GET":
            envelope["data"] = self._data(path)
        reply = json.dumps(envelope).encode()
        handler.send_response(200 if handler.command != "PUT" else 201)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(reply)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(reply)

    def _data(self, path: str) -> Any:
        if path == "/versions":
            return [{"version": "2.2.1", "url": f"{self.url}/2.2.1"}]
        if path == "/2.2.1":
            endpoints = [
                *((name, "SENDER") for name in SENDS[self.role]),
                *((name, "RECEIVER") for name in RECEIVES[self.role]),
            ]
            return {
                "version": "2.2.1",
                "endpoints": [
                    {"identifier": name, "role": role, "url": f"{self.url}/{name}"}
                    for name, role in endpoints
                ],
            }
        return []
