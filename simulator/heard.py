"""What the simulated back end hears by webhook: it needs no AWS, only a port of its own.

Contract: docs/webhooks.md
"""

from __future__ import annotations

import dataclasses
import ssl
import threading
from collections.abc import Callable
from typing import Any

from clients.ocpi_backend import Event, Listener, Webhook


class Heard:
    """Listens on a port of this machine, checks signatures, and keeps what it heard in order."""

    def __init__(self, port: int = 0, tls: ssl.SSLContext | None = None) -> None:
        self._webhook = Webhook()
        self._listener = Listener(self._webhook, self._take, port=port, decide=self._decide, tls=tls)
        self._scheme = "https" if tls else "http"
        self.decided: list[str] = []
        self._events: list[dict[str, Any]] = []
        self._places: dict[str, int] = {}
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """What OCPI_BACKEND_URL has to be."""
        return f"{self._scheme}://127.0.0.1:{self._listener.port}/"

    def know(self, operator: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        """Get the secret from the platform, a new one where somebody has seen it before.

        Until then what is posted is refused, and posted again.
        """
        for fields in ({}, {"rotate": True, "overlap": 0}):
            answer = operator({"action": "webhook_secret", **fields})
            if not answer["ok"]:
                raise RuntimeError(f"webhook_secret: {answer['error']['message']}")
            if answer["data"]["secret"]:
                self._webhook.secrets = [answer["data"]["secret"]]
                return

    def events(self, after: str = "") -> list[dict[str, Any]]:
        """The envelopes that came after the one with this id."""
        with self._lock:
            return self._events[self._places.get(after, -1) + 1 :]

    def _decide(self, question: dict[str, Any]) -> dict[str, Any] | None:
        """What a fictional company says at once: charge points are asked, its customers may charge."""
        decision = str(question["decision"])
        with self._lock:
            self.decided.append(decision)
        return {"command": {"result": "ACCEPTED"}, "authorize": {"allowed": "ALLOWED"}}.get(decision)

    def _take(self, event: Event) -> None:
        with self._lock:
            if event.id not in self._places:
                self._places[event.id] = len(self._events)
                self._events.append({**dataclasses.asdict(event), "detail-type": event.kind})

    def __enter__(self) -> Heard:
        self._listener.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._listener.__exit__(*problem)
