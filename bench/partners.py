"""What one change costs where very many partners hear of it, and where one of them does.

CPU time of `announce` in one process that knows the partners, the queue's and the table's answers made at
once; units and calls are counted.
"""

from __future__ import annotations

import contextlib
import gc
import io
import time
from collections import Counter
from typing import Any

from bench import samples
from bench.platform import Bench, measured_platform, register
from chalicelib.delivery import announce
from chalicelib.ocpi import jsontext
from chalicelib.partner import Endpoint, Partner, Role

MANY = (10, 500, 1000)
ROUNDS = 15
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Row = tuple[str, str, str]


def measure() -> list[Row]:
    """Rows of (what, measured, target)."""
    rows: list[Row] = []
    for many in MANY:
        with measured_platform() as bench:
            for at in range(many):
                register(bench.platform, a_partner(at), f"many-{at}")
            bench.platform.partners.directory(fresh=True)
            everybody, calls = _announced(bench, _record("locations", "NL/EXA>*"))
            alone, _ = _announced(bench, _record("sessions", f"NL/EXA>DE/{party_name(many // 2)}"))
            target = "<= 60 ms" if many == 500 else ""
            rows += [
                (f"announce of a Location to {many:,} partners, CPU", f"{everybody * 1e3:.1f} ms", target),
                (f"queue calls for that, side by side, {many:,} partners", f"{calls}", ""),
                (f"announce of a Session to its reader of {many:,}, CPU", f"{alone * 1e3:.2f} ms", "flat"),
            ]
    return rows


def a_partner(at: int) -> Partner:
    """One of many eMSPs that receive Locations and Sessions."""
    return Partner(
        id=f"many-{at:04}",
        name=f"many-{at:04}",
        state="REGISTERED",
        version="2.2.1",
        roles=(Role("EMSP", "DE", party_name(at)),),
        endpoints=tuple(
            Endpoint(module, "RECEIVER", f"https://many{at}.example.com/ocpi/{module}")
            for module in ("locations", "sessions", "cdrs", "tariffs")
        ),
    )


def party_name(at: int) -> str:
    """One of 17,576 party_ids."""
    return LETTERS[at // 676 % 26] + LETTERS[at // 26 % 26] + LETTERS[at % 26]


def _record(module: str, feed: str) -> dict[str, Any]:
    kind = {"locations": samples.location(1), "sessions": {"id": "S1", "status": "ACTIVE"}}[module]
    image = {
        "object": {"S": f"NL/EXA/{kind['id']}"},
        "part": {"S": "-"},
        "feed": {"S": feed},
        "place": {"S": "000000000001"},
        "last_updated": {"S": samples.TIME},
        "body": {"S": jsontext.dumps(kind)},
        "version": {"S": "2.3.0"},
        "country_code": {"S": "NL"},
        "party_id": {"S": "EXA"},
        "id": {"S": kind["id"]},
        "own": {"BOOL": True},
    }
    return {
        "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:1:table/ocpi-bench-{module}/stream/1",
        "dynamodb": {"SequenceNumber": "1", "NewImage": image},
    }


def _announced(bench: Bench, record: dict[str, Any]) -> tuple[float, str]:
    """CPU seconds of one announcement, at its quietest, and the calls of the queue it makes."""
    from botocore.awsrequest import AWSResponse
    from moto.core.models import botocore_stubber

    class Raw:
        def stream(self, **_: Any) -> Any:
            yield b'{"Successful":[],"Failed":[]}'

    calls: Counter[str] = Counter()
    platform, sqs = bench.platform, bench.platform.clients.sqs
    announce.announce(platform, [record])
    platform.partners.directories.known.read_at = time.monotonic() + 3600
    events = sqs.meta.events

    def send(request: Any, **_: Any) -> Any:
        calls[request.headers["X-Amz-Target"].decode().partition(".")[2]] += 1
        return AWSResponse(request.url, 200, {"content-type": "application/x-amz-json-1.0"}, Raw())

    head = platform.partners.directories._item("directory")
    platform.partners.directories._item, real = (lambda _: head), platform.partners.directories._item
    events.register_first("before-send", send)
    botocore_stubber.enabled = False
    best = float("inf")
    gc.freeze()
    try:
        for _ in range(ROUNDS):
            calls.clear()
            began = time.process_time()
            with contextlib.redirect_stdout(io.StringIO()):
                answer = announce.announce(platform, [record])
            best = min(best, time.process_time() - began)
            assert answer == {"batchItemFailures": []}, answer
    finally:
        gc.unfreeze()
        botocore_stubber.enabled = True
        events.unregister("before-send", send)
        platform.partners.directories._item = real
    return best, ", ".join(f"{many} {name}" for name, many in calls.items())
