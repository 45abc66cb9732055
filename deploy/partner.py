"""A partner for the rehearsal: a few lines of OCPI 2.2.1 on loopback that remember what they were sent."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

RECEIVES = ("credentials", "locations", "tariffs", "sessions", "cdrs")


class StubPartner:
    """An eMSP BE/BEC that receives Locations; `token` is what it was given by us."""

    def __init__(self) -> None:
        self.token = ""
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
            "role": "EMSP",
            "country_code": "BE",
            "party_id": "BEC",
            "business_details": {"name": "Rehearsal Partner"},
        }
        return {"token": "partners-own-token", "url": f"{self.url}/versions", "roles": [role]}

    def saw(self, method: str, path: str) -> bool:
        return any(each[:2] == (method, path) for each in self.requests)

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
        if handler.command == "GET":
            envelope["data"] = self._data(path)
        reply = json.dumps(envelope).encode()
        handler.send_response(200 if handler.command != "PUT" else 201)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(reply)))
        handler.end_headers()
        handler.wfile.write(reply)

    def _data(self, path: str) -> Any:
        if path == "/versions":
            return [{"version": "2.2.1", "url": f"{self.url}/2.2.1"}]
        if path == "/2.2.1":
            endpoints = [("tokens", "SENDER"), *((name, "RECEIVER") for name in RECEIVES)]
            return {
                "version": "2.2.1",
                "endpoints": [
                    {"identifier": name, "role": role, "url": f"{self.url}/{name}"}
                    for name, role in endpoints
                ],
            }
        return []
