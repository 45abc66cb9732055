"""The operator's back end: the events it hears, and the decisions it may be asked for.

Events go to the bus `ocpi-<stage>` and may arrive more than once; `event_id`
in the detail is the same each time. Decisions are asked of the operator's own
Lambda function or URL, where there is one. What an event or a decision contains is
decided by the rooms; `docs/backend.md` lists them all.

Contract: design section 5, Events.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib import logs
from chalicelib.ocpi import jsontext

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

SOURCE = "ocpi"
# The detail-type of a question to the back end's URL.
DECISION = "Decision"
# What PutEvents takes in one call, with some room for the names around the detail.
LARGEST_CALL = 250 * 1024
MOST_ENTRIES = 10
ATTEMPTS = 4

# What a detail can spare when it is too large, most dispensable first; the id to get it by stays.
SPARABLE = ("object", "body", "result", "response")


# Asks the back end's URL: the URL, an id, the question, and the seconds it may take; its answer.
Asked = Callable[[str, str, str, float], bytes]


class EventsNotTaken(Exception):
    """The bus did not take all events; who raised it may be repeated."""


class Event(NamedTuple):
    """One event: its detail-type, its detail, and an id that is the same when it is told again."""

    detail_type: str
    detail: dict[str, Any]
    id: str = ""


class Backend:
    """Tells the back end what happened, and asks it what to do."""

    def __init__(self, deployment: Deployment, asked: Asked | None = None) -> None:
        self._deployment, self._asked = deployment, asked

    def emit(self, detail_type: str, detail: dict[str, Any], *, id: str = "") -> None:
        """Put one event on the bus. Raises EventsNotTaken when the bus stays away.

        `id` is for deduplication; give one where the event may be told again.
        """
        self.emit_all([Event(detail_type, detail, id)])

    def emit_all(self, events: Iterable[Event | tuple[Any, ...]]) -> None:
        """Put events on the bus in their order, as many per call as it takes."""
        for batch in _batches([self._entry(Event(*event)) for event in events]):
            self._put(batch)

    def ask(self, decision: str, payload: dict[str, Any], timeout: float) -> dict[str, Any] | None:
        """The back end's decision; None where nobody is asked, it fails, or takes over `timeout` seconds.

        Its function is asked, or its URL where the settings say that it decides. A decision is asked
        once; None means that the stored data decides.
        """
        settings = self._deployment.settings
        if not settings.backend_function and not settings.backend_decides:
            return None
        answers: list[dict[str, Any]] = []
        question = {"decision": decision, **payload}
        thread = threading.Thread(
            target=copy_context().run, args=(self._decide, question, timeout, answers), daemon=True
        )
        thread.start()
        thread.join(timeout)
        if thread.is_alive():
            logs.log("WARNING", "back end took too long", decision=decision, timeout=timeout)
        return answers[0] if answers else None

    def _decide(self, question: dict[str, Any], timeout: float, answers: list[dict[str, Any]]) -> None:
        try:
            function = self._deployment.settings.backend_function
            said = self._invoked(function, question) if function else self._posted(question, timeout)
            answer = jsontext.loads(said)
            if not isinstance(answer, dict):
                raise ValueError("not an answer")
            answers.append(answer)
        except Exception as problem:  # whatever is wrong with it, the stored data decides
            logs.log_exception("back end did not answer", problem)

    def _invoked(self, function: str, question: dict[str, Any]) -> bytes:
        response = self._deployment.clients.awslambda.invoke(
            FunctionName=function, Payload=jsontext.dumps(question).encode()
        )
        if response.get("FunctionError"):
            raise ValueError("not an answer")
        said: bytes = response["Payload"].read()
        return said

    def _posted(self, question: dict[str, Any], timeout: float) -> bytes:
        """In an envelope as events have, so that one URL hears and decides."""
        assert self._asked is not None
        id, now = str(uuid.uuid4()), self._deployment.clock()
        envelope = {"version": "0", "id": id, "time": now, "source": SOURCE, "detail-type": DECISION}
        text = jsontext.dumps({**envelope, "detail": question})
        return self._asked(self._deployment.settings.backend_url, id, text, timeout)

    def _entry(self, event: Event) -> dict[str, str]:
        detail = {"event_id": event.id or str(uuid.uuid4()), **event.detail}
        text = jsontext.dumps(detail)
        for name in SPARABLE:
            if len(text.encode()) <= LARGEST_CALL:
                break
            if detail.pop(name, None) is not None:
                detail["left_out"] = [*detail.get("left_out", ()), name]
                text = jsontext.dumps(detail)
        return {
            "Source": SOURCE,
            "DetailType": event.detail_type,
            "Detail": text,
            "EventBusName": self._deployment.settings.prefix,
        }

    def _put(self, entries: list[dict[str, str]]) -> None:
        for attempt in range(ATTEMPTS):
            answer = self._deployment.clients.events.put_events(Entries=entries)
            if not answer.get("FailedEntryCount"):
                return
            entries = [
                entry
                for entry, outcome in zip(entries, answer["Entries"], strict=True)
                if "EventId" not in outcome
            ]
            time.sleep(0.05 * 2**attempt)
        raise EventsNotTaken(f"the bus refused {len(entries)} events")


def _batches(entries: list[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    batch: list[dict[str, str]] = []
    size = 0
    for entry in entries:
        weight = len(entry["Detail"].encode()) + 200
        if batch and (len(batch) == MOST_ENTRIES or size + weight > LARGEST_CALL):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += weight
    if batch:
        yield batch
