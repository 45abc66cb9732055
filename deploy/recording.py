"""What each function calls in AWS, recorded while the tests run, and compared with what its role allows.

A pytest plugin: `OCPI_RECORD_CALLS=build/calls pytest -p deploy.recording`
writes a line per kind of call into that folder; `python -m deploy.recording
build/calls` then says what is missing in a role and what is spare, and fails.
`make test` does both. Of a part of the tests only what is missing means anything.
"""

from __future__ import annotations

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.deployment import function_name
from stack.permissions import GRANTS
from stack.storage import OBJECT_TABLES

Call = tuple[str, str, str]  # function, resource as in permissions.GRANTS, action

_KINDS = {
    "dynamodb": "table",
    "sqs": "queue",
    "events": "bus",
    "kms": "key",
    "ssm": "base_url",
    "lambda": "backend",
}
_TRANSACTED = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def calls(function: str, service: str, operation: str, parameters: dict[str, Any]) -> Iterator[Call]:
    """The permissions that one SDK call needs; nothing for calls no role needs to allow."""
    kind = _KINDS.get(service)
    if kind == "table":
        index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
        for table, action in _table_actions(operation, parameters):
            yield function, f"table:{_short(table)}{index}", action
    elif operation.startswith("ChangeMessageVisibility"):
        return  # of its own queue, which its event source allows
    elif kind == "queue":
        name = parameters.get("QueueName") or parameters.get("QueueUrl", "").rsplit("/", 1)[-1]
        yield function, f"queue:{_short(name)}", operation.removesuffix("Batch")
    elif kind:
        yield function, kind, {"Invoke": "InvokeFunction"}.get(operation, operation)


def _table_actions(operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if operation in ("TransactWriteItems", "TransactGetItems"):
        for item in parameters["TransactItems"]:
            for name, request in item.items():
                yield request["TableName"], _TRANSACTED[name]
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for table in parameters["RequestItems"]:
            yield table, operation
    else:
        yield parameters.get("TableName", "?"), operation


@cache
def _short(name: str) -> str:
    """`locations` of `ocpi-some-stage-locations`, whatever the stage; `push-slow` keeps its dash."""
    known = {each.partition(":")[2].partition("/")[0] for grants in GRANTS.values() for each in grants}
    fitting = [each for each in known if each and name.endswith(f"-{each}")]
    return max(fitting, key=len, default=name)


# Reads a whole table, so that a request or message would cost the more the longer a platform lives.
UNBOUNDED = {"Scan", "PartiQLSelect", "ExecuteStatement", "BatchExecuteStatement"}

# What the recorder cannot see: what one process asks once and remembers, for whichever function it
# works then, and the back end's function, which tests put in the place of a client.
UNSEEN = {
    ("backend", "InvokeFunction"),
    ("table:partners", "GetItem"),
    ("table:partners", "BatchGetItem"),
    ("key", "Decrypt"),
    ("base_url", "GetParameter"),
    # the same room for both queues of dead letters, which a test fills one of
    ("queue:push-slow-dead", "DeleteMessage"),
}
# Different doors to the same rooms.
ALIKE = {"inbox": "operator", "push_slow": "push"}
# These all store objects through the same room.
KEEPERS = ("api_handler", "operator", "pull")
_OBJECTS = tuple(f"table:{each}" for each in OBJECT_TABLES)
_ONE_PART = tuple(each for each in OBJECT_TABLES if each != "locations")


def compare(recorded: Iterable[Call]) -> list[str]:
    """A line for each permission that is missing or spare, and for each scan, allowed or not.

    Missing is exact. A permission is spare when the tests use it nowhere where
    it means the same: what a function does with one module's objects of one
    part it does with all (what is deleted, and Locations, are looked at by
    themselves); a queue's URL is asked before something is sent; and the
    tests, in one process, share what functions in AWS each ask for themselves.
    """
    allowed = {
        (function, resource, action)
        for function, grants in GRANTS.items()
        for resource, actions in grants.items()
        for action in actions.split()
    }
    made = set(recorded)
    used = {_meant(call) for call in made}
    spare = {
        call
        for call in allowed
        if call[1:] not in UNSEEN and call[2] != "GetQueueUrl" and _meant(call) not in used
    }
    return [
        *(
            f"scan: {function} reads all of {name}, however much there is"
            for function, name in sorted({call[:2] for call in made | allowed if call[2] in UNBOUNDED})
        ),
        *(
            f"missing: {function} calls {action} on {name}"
            for function, name, action in sorted(made - allowed)
        ),
        *sorted({"spare: {} may {} on {}".format(*_worded(_meant(call))) for call in spare}),
    ]


def _meant(call: Call) -> Call:
    function, resource, action = _any_module(call)
    function = ALIKE.get(function, function)
    if function in KEEPERS and resource.startswith((ANY_OBJECT, *_OBJECTS)):
        function = "|".join(KEEPERS)
    return function, resource, action


def _worded(call: Call) -> Call:
    return call[0], call[2], call[1]


ANY_OBJECT = "table:(any object of one part)"


def _any_module(call: Call) -> Call:
    function, resource, action = call
    if action != "DeleteItem":
        resource = re.sub(rf"^table:({'|'.join(_ONE_PART)})(?=/|$)", ANY_OBJECT, resource)
    return function, resource, action


def read(folder: Path) -> set[Call]:
    """Everything recorded, of all test processes."""
    return {
        (function, resource, action)
        for file in folder.glob("*.jsonl")
        for function, resource, action in map(json.loads, file.read_text().splitlines())
    }


class Recorder:
    """Notes each kind of call once; only calls by the platform's own clients, within a function."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / f"{os.getpid()}.jsonl"
        self._known: set[Call] = set()
        self._lock = threading.Lock()

    def note(self, function: str, service: str, operation: str, parameters: dict[str, Any]) -> None:
        with self._lock:
            for call in calls(function, service, operation, parameters):
                if call not in self._known:
                    self._known.add(call)
                    with self._file.open("a") as out:
                        out.write(json.dumps(call) + "\n")


def install(recorder: Recorder) -> None:
    """Watch every botocore client of this process from now on."""
    from botocore.client import BaseClient

    from chalicelib import endpoint
    from localrun.pump import QueueFeed
    from localrun.streams import StreamFeed

    inside = function_name
    made = BaseClient._make_api_call
    answered = endpoint.answer

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        function = inside.get()
        if function and client.meta.config.user_agent == "ocpi":
            recorder.note(function, client.meta.service_model.service_name, operation, parameters)
        return made(client, operation, parameters)

    def answer(request: Any, platform: Any) -> Any:
        reset = inside.set("api_handler")
        try:
            return answered(request, platform)
        finally:
            inside.reset(reset)

    def outside(feed: Callable[..., int]) -> Callable[..., int]:
        """What Lambda does itself is no call of the function that a test works in just then."""

        def fed(*arguments: Any, **more: Any) -> int:
            reset = inside.set("")
            try:
                return feed(*arguments, **more)
            finally:
                inside.reset(reset)

        return fed

    BaseClient._make_api_call = make_api_call
    endpoint.answer = answer
    QueueFeed.feed = outside(QueueFeed.feed)  # type: ignore[method-assign]
    StreamFeed.feed = outside(StreamFeed.feed)  # type: ignore[method-assign]


def pytest_configure(config: Any) -> None:
    folder = os.environ.get("OCPI_RECORD_CALLS")
    if folder:
        install(Recorder(Path(folder)))


if __name__ == "__main__":
    findings = compare(read(Path(sys.argv[1])))
    print("\n".join(findings) or "every role allows what its function calls, and nothing else")
    raise SystemExit(1 if findings else 0)
