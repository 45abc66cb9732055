"""What the back end hears and is asked (design section 5), and that docs/backend.md tells all of it."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import settings, wiring
from chalicelib.aws.backend import Backend, EventsNotTaken
from chalicelib.partners import lifecycle
from chalicelib.store.requests import AsyncRequest
from contract.events import EVENTS
from contract.schemas import REQUEST
from tests import told

ROOT = Path(__file__).parent.parent.parent
DOCUMENT = (ROOT / "docs/backend.md").read_text()


class Bus:
    """Takes events; refuses the first so many entries."""

    def __init__(self, refuse: int = 0) -> None:
        self.calls: list[list[dict[str, Any]]] = []
        self.taken: list[dict[str, Any]] = []
        self._refuse = refuse

    def put_events(self, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.calls.append(Entries)
        outcome: list[dict[str, str]] = []
        for entry in Entries:
            if self._refuse:
                self._refuse -= 1
                outcome.append({"ErrorCode": "ThrottlingException"})
            else:
                self.taken.append(entry)
                outcome.append({"EventId": "1"})
        return {"FailedEntryCount": sum("ErrorCode" in each for each in outcome), "Entries": outcome}


def backend(bus: Any = None, function: Any = None) -> Backend:
    found = settings.read(
        {
            "OCPI_PARTIES": json.dumps(
                [{"role": "CPO", "country_code": "NL", "party_id": "EXA", "business_details": {"name": "X"}}]
            ),
            "OCPI_STAGE": "test",
        }
    )
    if function:
        found = dataclasses.replace(found, backend_function="decide")
    return Backend(wiring.Platform(found, SimpleNamespace(events=bus, awslambda=function)))


def test_an_event_has_its_place_its_name_and_an_id_for_deduplication() -> None:
    bus = Bus()
    backend(bus).emit("CommandConcluded", {"price": 1}, id="same")
    backend(bus).emit("CommandConcluded", {"price": 1})
    first, second = bus.taken
    assert (first["Source"], first["DetailType"], first["EventBusName"]) == (
        "ocpi",
        "CommandConcluded",
        "ocpi-test",
    )
    assert json.loads(first["Detail"]) == {"event_id": "same", "price": 1}
    assert len(json.loads(second["Detail"])["event_id"]) == 36


def test_many_events_go_in_few_calls_in_their_order() -> None:
    bus = Bus()
    backend(bus).emit_all([("ObjectChanged", {"n": number}, str(number)) for number in range(25)])
    assert [len(call) for call in bus.calls] == [10, 10, 5]
    assert [json.loads(each["Detail"])["n"] for each in bus.taken] == list(range(25))


def test_no_call_is_larger_than_the_bus_takes() -> None:
    bus = Bus()
    backend(bus).emit_all([("ObjectChanged", {"object": "x" * 100_000}, "") for _ in range(5)])
    assert len(bus.taken) == 5
    assert all(sum(len(each["Detail"]) for each in call) < 256 * 1024 for call in bus.calls)


def test_an_event_that_is_too_large_says_what_it_left_out() -> None:
    bus = Bus()
    backend(bus).emit("ObjectChanged", {"id": "LOC1", "object": "€" * 100_000})
    detail = json.loads(bus.taken[0]["Detail"])
    assert detail["left_out"] == ["object"]
    assert detail["id"] == "LOC1"
    assert "object" not in detail


def test_only_what_the_bus_refused_is_put_again() -> None:
    bus = Bus(refuse=3)
    backend(bus).emit_all([("ObjectChanged", {"n": number}, "") for number in range(5)])
    assert [len(call) for call in bus.calls] == [5, 3]
    assert sorted(json.loads(each["Detail"])["n"] for each in bus.taken) == [0, 1, 2, 3, 4]


def test_a_bus_that_stays_away_is_no_silence() -> None:
    with pytest.raises(EventsNotTaken):
        backend(Bus(refuse=1000)).emit("ObjectChanged", {})


class Function:
    def __init__(self, answer: Any, delay: float = 0, error: bool = False) -> None:
        self.answer, self.delay, self.error = answer, delay, error
        self.asked: list[Any] = []

    def invoke(self, FunctionName: str, Payload: bytes) -> dict[str, Any]:
        self.asked.append(json.loads(Payload))
        time.sleep(self.delay)
        answer = {"Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return {**answer, "FunctionError": "Unhandled"} if self.error else answer


def test_a_decision_is_asked_once_and_answered() -> None:
    function = Function({"result": "ACCEPTED"})
    assert backend(function=function).ask("command", {"id": "1"}, 5) == {"result": "ACCEPTED"}
    assert function.asked == [{"decision": "command", "id": "1"}]


def test_without_a_function_nobody_is_asked() -> None:
    assert backend().ask("command", {}, 5) is None


@pytest.mark.parametrize(
    "function",
    [Function({"x": 1}, error=True), Function("yes"), Function(None), Function({"x": 1}, delay=1)],
    ids=["failed", "no object", "null", "late"],
)
def test_no_usable_answer_in_time_is_none(function: Function) -> None:
    assert backend(function=function).ask("command", {}, 0.2) is None
    assert len(function.asked) == 1


def test_the_table_has_every_event_that_the_code_tells_and_no_other() -> None:
    spoken = set()
    for path in (ROOT / "chalicelib").rglob("*.py"):
        if path.name != "events.py":
            spoken |= set(re.findall(r'"((?:[A-Z][a-z]+){2,})"', path.read_text()))
    of_others = {
        "ConditionalCheckFailed",
        "ProvisionedThroughputExceeded",
        "RemoteDisconnected",
        "TaxIncluded",
    }
    ending = r"(ed|Unreachable|Set|Finding)$"
    assert {name for name in spoken - of_others if re.search(ending, name)} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_an_event_has_a_schema_and_an_example_that_fits(name: str) -> None:
    """Design section 5: documented with a schema and an example each."""
    kind = EVENTS[name]
    assert told.wrong([{"detail-type": name, "detail": kind.example}]) == []
    assert kind.optional <= set(kind.fields)
    for field in kind.schema["required"]:
        less = {key: value for key, value in kind.example.items() if key != field}
        assert told.wrong([{"detail-type": name, "detail": less}]), field
    assert told.wrong([{"detail-type": name, "detail": {**kind.example, "surprise": 1}}])


def test_the_document_is_written_from_the_table() -> None:
    from docs import generate_events

    is_now, should_be = generate_events.current()
    assert is_now == should_be, "run python -m docs.generate_events"
    examples = [json.loads(each) for each in re.findall(r"```json\n(.*?)```", DOCUMENT, re.S)]
    for kind in EVENTS.values():
        assert kind.example in examples
        assert kind.schema in examples


def test_a_shortened_event_fits_its_schema_too() -> None:
    """Rule 2 of docs/backend.md."""
    bus = Bus()
    example = EVENTS["CommandReceived"].example
    backend(bus).emit("CommandReceived", {**example, "body": {"token": "x" * 300_000}})
    detail = json.loads(bus.taken[0]["Detail"])
    assert detail["left_out"] == ["body"]
    assert told.wrong([{"detail-type": "CommandReceived", "detail": detail}]) == []


def test_a_request_is_shown_as_the_document_has_it() -> None:
    shown = lifecycle.shown(
        AsyncRequest(
            "i",
            "SENT",
            "commands",
            "X",
            "p",
            "2.2.1",
            "NL/EXA",
            "DE/MSP",
            "2026-01-01T00:00:00.000Z",
            session="S",
            due_at="2026-01-01T00:00:00.000Z",
            delivery="DELIVERED",
            reason="R",
        )
    )
    assert set(shown) == set(REQUEST)


def test_the_documents_actions_exist() -> None:
    from chalicelib.actions import dispatch

    known = dispatch.actions()
    table = DOCUMENT.split("## Actions for a back end")[1].split("## How it goes")[0]
    for name in re.findall(r"\| .* \| `(\w+)`", table):
        assert name in known, name
