"""A request's CPU time, and the SDK's part of it: DynamoDB's answers recorded once and played back."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from bench.platform import Bench

ROUNDS, TIMES = 5, 10


def timed(
    bench: Bench,
    method: str,
    module: str,
    segments: tuple[str, ...],
    token: str,
    body: bytes,
    times: int = TIMES,
    rounds: int = ROUNDS,
    **query: str,
) -> tuple[float, float]:
    """CPU seconds of one request, all of it and the SDK's part; the best of several rounds."""
    bench.meter.off = True

    def work() -> None:
        bench.ask(method, module, segments, token, body, **query)

    try:
        return played(bench.platform.clients.dynamodb, work, times, rounds)
    finally:
        bench.meter.off = False


def played(
    client: Any, work: Callable[[], Any], times: int = TIMES, rounds: int = ROUNDS
) -> tuple[float, float]:
    """CPU seconds of this work, all of it and the SDK's part; the best of several rounds."""
    from moto.core.models import botocore_stubber

    with recorded(client) as tape:
        work()
        tape.playing = True
        botocore_stubber.enabled = False  # botocore asks every handler, also when one has answered
        gc.freeze()  # what the emulator holds is none of a request's garbage
        best, sdk_best = float("inf"), float("inf")
        try:
            for _ in range(rounds):
                tape.spent = 0.0
                began = time.process_time()
                for _ in range(times):
                    tape.at = 0
                    work()
                whole = (time.process_time() - began) / times
                if whole < best:
                    best, sdk_best = whole, tape.spent / times
        finally:
            gc.unfreeze()
            botocore_stubber.enabled = True
    return best, sdk_best


class _Raw:
    """A body as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body


class Tape:
    """A service's answers in their order."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.playing = False
        self.at = 0
        self.spent = 0.0


@contextmanager
def recorded(client: Any, clock: Callable[[], float] = time.process_time) -> Iterator[Tape]:
    """Record what comes back at first, then play it; of whatever service this is a client."""
    from botocore.awsrequest import AWSResponse

    tape = Tape()
    events = client.meta.events
    came = f"response-received.{client.meta.service_model.service_id.hyphenize()}.*"
    make = client._make_api_call

    def send(request: Any, **_: Any) -> Any:
        if not tape.playing:
            return None
        status, headers, body = tape.answers[tape.at]
        tape.at += 1
        return AWSResponse(request.url, status, headers, _Raw(body))

    def received(response_dict: dict[str, Any], **_: Any) -> None:
        if not tape.playing:
            found = response_dict
            tape.answers.append((found["status_code"], dict(found["headers"]), found["body"]))

    def timed(operation: str, params: dict[str, Any]) -> Any:
        began = clock()
        try:
            return make(operation, params)
        finally:
            tape.spent += clock() - began

    events.register_first("before-send", send)
    events.register(came, received)
    client._make_api_call = timed
    try:
        yield tape
    finally:
        events.unregister("before-send", send)
        events.unregister(came, received)
        client._make_api_call = make
