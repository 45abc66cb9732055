"""What the bus carried, in order, for `GET /local/events`."""

from __future__ import annotations

import json
import threading
from typing import Any

from localrun.emulator import Emulator


class EventLog:
    """Keeps every event of this run; the bus delivers them to a queue of ours."""

    KEPT = 50_000

    def __init__(
        self,
        clients: Any,
        queue_url: str,
        emulator: Emulator,
        kept: list[dict[str, Any]] | None = None,
    ) -> None:
        self._clients, self._queue_url, self._emulator = clients, queue_url, emulator
        self.queue = queue_url.rsplit("/", 1)[-1]
        self._events = kept if kept is not None else []
        self._ids = {each["id"] for each in self._events}
        self._lock = threading.Lock()

    def collect(self, wait: int = 0) -> int:
        """Take what has arrived; how many events that were."""
        if self._emulator.idle(self.queue):
            return 0
        messages = self._clients.sqs.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=wait
        ).get("Messages", [])
        if not messages:
            return 0
        with self._lock:
            for message in messages:
                event = json.loads(message["Body"])
                if event["id"] not in self._ids:
                    self._ids.add(event["id"])
                    self._events.append(event)
            for old in self._events[: -self.KEPT]:
                self._ids.discard(old["id"])
            del self._events[: -self.KEPT]
        self._clients.sqs.delete_message_batch(
            QueueUrl=self._queue_url,
            Entries=[
                {"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(messages)
            ],
        )
        return len(messages)

    def after(self, event_id: str = "") -> list[dict[str, Any]]:
        """The events after the one of this id; all that are kept, where the id is empty or unknown."""
        with self._lock:
            if event_id in self._ids:
                # From the end: who follows knows one of the last.
                newer = next(n for n, each in enumerate(reversed(self._events)) if each["id"] == event_id)
                return self._events[len(self._events) - newer :]
            return list(self._events)

    def forget(self) -> None:
        """Start again with nothing."""
        with self._lock:
            self._events.clear()
            self._ids.clear()
