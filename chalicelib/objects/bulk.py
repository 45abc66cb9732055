"""Bulk: very many objects of ours stored in steps; what one invocation cannot finish goes on by the inbox.

Every step can be repeated, and what it refused is noted with the whole list's job.
Example: of 5,000 Tokens 900 are stored within the time; the rest becomes messages of the action `put`,
each with `first`, where it begins in the list.

Contract: design section 5
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from chalicelib.logs import log
from chalicelib.objects import hosted
from chalicelib.objects.hosted import Gate
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.errors import OcpiError
from chalicelib.ocpi.findings import Finding
from chalicelib.store.put_jobs import Puts
from chalicelib.store.requests import new_id
from chalicelib.tasks import PerformAction

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# What a message may hold (SQS: 1 MiB, 256 KB to be safe), and how long one invocation goes on.
MOST_IN_MESSAGE = 200 * 1024
SECONDS = 20


@dataclass(frozen=True)
class Bulk:
    """How a list, or the part of it that begins at `first`, is to be stored; `total` is the whole list's."""

    module: str
    version: str
    force: bool
    keep_status: bool
    job: str = ""
    total: int = -1
    first: int = 0


def put(platform: Platform, bulk: Bulk, given: list[Any], gate: Gate) -> dict[str, Any]:
    """Store what the time allows, and queue the rest; a wrong object is refused by itself."""
    counts = {"stored": 0, "unchanged": 0, "older": 0}
    errors: list[dict[str, Any]] = []
    warnings: list[dict[str, Any]] = []
    until = time.monotonic() + SECONDS
    done = 0
    while done < len(given) and time.monotonic() <= until:
        group = given[done : done + hosted.TOGETHER]
        outcomes = hosted.put_all(
            platform,
            bulk.module,
            [jsontext.exact(each) for each in group],
            bulk.version,
            force=bulk.force,
            keep_status=bulk.keep_status,
            gate=gate,
        )
        for index, (data, outcome) in enumerate(zip(group, outcomes, strict=True), bulk.first + done):
            if isinstance(outcome, OcpiError):
                errors += told(index, bulk.module, data, outcome.faults)
            else:
                outcome.counted(counts)
                warnings += told(index, bulk.module, data, outcome.warnings)
        done += len(group)
    answer: dict[str, Any] = {**counts, "errors": errors, "warnings": warnings}
    if done < len(given):
        if not bulk.job:
            bulk = replace(bulk, job=new_id(), total=len(given))  # a part of a list is a job of its own
        answer["queued"] = len(given) - done
        platform.queues.send(_rest(replace(bulk, first=bulk.first + done), given[done:]))
    if bulk.job:
        answer["job"] = bulk.job
        step = range(bulk.first, bulk.first + done)
        Puts(platform).count(bulk.job, bulk.module, bulk.total, step, counts, errors, warnings)
    if bulk.job or bulk.first:
        _log(bulk, counts, errors, warnings)  # nobody waits for the answer to a message
    return answer


def told(index: int, module: str, data: Any, found: Iterable[Finding]) -> list[dict[str, Any]]:
    """Faults or slips of the object at that place of the operator's list."""
    named = data.get("uid" if module == "tokens" else "id") if isinstance(data, dict) else None
    about = {"index": index, "id": None if named is None else str(named)[:100]}
    return [{**about, "pointer": each.pointer, "message": each.message} for each in found]


def _rest(bulk: Bulk, given: list[Any]) -> list[PerformAction]:
    """The rest as messages of the same action, each small enough."""
    messages: list[dict[str, Any]] = []
    size = MOST_IN_MESSAGE
    for at, each in enumerate(given, bulk.first):
        weight = len(jsontext.dumps(each).encode())
        if size + weight > MOST_IN_MESSAGE:
            messages.append({"action": "put", **asdict(replace(bulk, first=at)), "objects": []})
            size = 0
        messages[-1]["objects"].append(each)
        size += weight + 1
    return [PerformAction(each) for each in messages]


def _log(
    bulk: Bulk, counts: dict[str, int], errors: list[dict[str, Any]], warnings: list[dict[str, Any]]
) -> None:
    for level, what, listed in (
        ("WARNING", "object refused", errors),
        ("INFO", "object with a slip", warnings),
    ):
        for each in listed:
            about = {"index": each["index"], "pointer": each["pointer"], "reason": each["message"]}
            log(level, what, module=bulk.module, **about)
    told = {**counts, "errors": len(errors), "warnings": len(warnings)}
    log("INFO", "bulk put", module=bulk.module, first=bulk.first, **told)
