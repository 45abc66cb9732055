"""Many objects for one action: put and check in steps that one invocation takes, others one by one."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chalicelib.ocpi import jsontext
from cli.ask import Refused, Unreachable
from cli.files import Found
from cli.progress import Progress
from cli.run import Request

MOST = 50
# A Lambda invocation takes 6 MB, and what the platform cannot finish at once waits in its queue.
MOST_BYTES = 1_000_000
# Seconds after which a queue that does not get on is left to itself.
STALLED = 120.0


def put(request: Request, found: Sequence[Found], schema: Mapping[str, Any]) -> int:
    """Put or check them all, with what was said of each; 1 where one was refused."""
    known = schema.get("properties", {})
    steps = list(_steps(found, MOST if "objects" in known else 1))
    if len(steps) > 1 and {"job", "total"} <= known.keys():
        job = request.fields.get("job") or f"cli-{uuid.uuid4().hex[:12]}"
        request = replace(request, fields={**request.fields, "job": job, "total": len(found)})
    whole: dict[str, Any] = {}
    with Progress(f"{request.action} {request.fields.get('module', '')}", len(found)) as progress:
        done = 0
        for step in steps:
            try:
                answer = _ask(request, step, done, known)
            except Refused as refused:
                if "objects" in known or len(found) == 1:
                    if done:
                        request.show(whole)
                        request.how.screen.note(
                            f"stopped before {found[done].place}: the {done} before it are told above"
                        )
                    raise
                answer = {"errors": [{**_fault(refused), "index": done}]}
            _add(whole, _located(answer, done, found))
            done += len(step)
            progress.show(done, len(found))
        if whole.pop("queued", 0):
            _finish(request, whole, found, progress)
    request.show(whole)
    return int(request.row.failed(whole))


def each(request: Request, found: Sequence[Found]) -> int:
    """Ask about each of them; a heading per object, or a list of answers as JSON. 1 where one was refused."""
    status, told = 0, []
    for one in found:
        fields = {**request.fields, request.row.file: one.value}
        try:
            data = request.platform.ask(request.action, fields)
            status = max(status, int(request.row.failed(data)))
            told.append({"file": one.place, "id": _id(one.value), "data": data})
        except Refused as refused:
            status = 1
            told.append({"file": one.place, "id": _id(one.value), "error": refused.error})
        if not (request.how.json or request.how.csv):
            request.how.screen.print(request.how.screen.heading(f"{one.place}  {_id(one.value)}".rstrip()))
            if "error" in told[-1]:
                request.how.screen.print(request.how.screen.fields(told[-1]["error"]))
            else:
                request.show(told[-1]["data"])
    if request.how.json or request.how.csv:
        replace(request, row=replace(request.row, columns={})).show({"answers": told})
    return status


def _ask(request: Request, step: Sequence[Found], done: int, known: Mapping[str, Any]) -> dict[str, Any]:
    """The answer for one step, the indices in it counted over all of them."""
    values = [each.value for each in step]
    if "objects" not in known:
        answer = dict(request.platform.ask(request.action, {**request.fields, request.row.file: values[0]}))
        return _shifted(answer, done)
    first = {"first": done} if done and "first" in known else {}
    answer = dict(request.platform.ask(request.action, {**request.fields, **first, "objects": values}))
    return answer if first else _shifted(answer, done)


def _finish(request: Request, whole: dict[str, Any], found: Sequence[Found], progress: Progress) -> None:
    """Wait for what the platform goes on with by its queue, and count that, too."""
    job, before, since = str(whole["job"]), None, time.monotonic()
    while True:
        known = request.platform.ask("puts", {"job": job})["puts"]
        now = known[0] if known else {}
        if now.get("state") == "COMPLETED":
            break
        if now != before:
            before, since = now, time.monotonic()
        if time.monotonic() - since > STALLED:
            raise Unreachable(
                f"the rest waits in the platform's queue; `puts --job {job}` shows how far it is"
            )
        progress.show(
            sum(now.get(name) or 0 for name in ("stored", "unchanged", "older", "refused")), len(found)
        )
        time.sleep(request.how.every / 4)
    whole |= {name: now[name] for name in ("stored", "unchanged", "older") if name in now}
    told = {(each.get("index"), each.get("pointer"), each.get("message")) for each in whole.get("errors", [])}
    later = _located({"errors": list(now.get("errors") or [])}, 0, found)["errors"]
    fresh = [each for each in later if (each["index"], each.get("pointer"), each.get("message")) not in told]
    whole["errors"] = [*whole.get("errors", []), *fresh]
    if not whole["errors"] and now.get("refused"):
        whole["refused"] = now["refused"]


def _steps(found: Sequence[Found], most: int) -> Iterator[list[Found]]:
    step: list[Found] = []
    size = 0
    for each in found:
        weight = len(jsontext.dumps(each.value))
        if step and (len(step) >= most or size + weight > MOST_BYTES):
            yield step
            step, size = [], 0
        step.append(each)
        size += weight
    if step:
        yield step


def _located(answer: dict[str, Any], done: int, found: Sequence[Found]) -> dict[str, Any]:
    """The answer with the id and the file of each object that is at fault."""
    many = len({one.file for one in found}) > 1
    for name, rows in answer.items():
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            continue
        answer[name] = []
        for row in rows:
            at = row.get("index", done)
            one = found[at] if isinstance(at, int) and 0 <= at < len(found) else None
            located = {"index": at, "id": row.get("id") or (one and _id(one.value)) or ""}
            place = {"file": one.place} if one and many else {}
            answer[name].append({**located, **place, **{key: row[key] for key in row if key not in located}})
    return answer


def _shifted(answer: dict[str, Any], done: int) -> dict[str, Any]:
    for rows in answer.values():
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and isinstance(row.get("index"), int):
                row["index"] += done
    return answer


def _add(whole: dict[str, Any], answer: Mapping[str, Any]) -> None:
    """Counts are added, lists are joined, anything else is what was said last."""
    for name, value in answer.items():
        if isinstance(value, list):
            whole[name] = [*whole.get(name, []), *value]
        elif isinstance(value, int) and not isinstance(value, bool):
            whole[name] = whole.get(name, 0) + value
        else:
            whole[name] = value


def _fault(refused: Refused) -> dict[str, Any]:
    return {name: refused.error.get(name) for name in ("pointer", "message") if refused.error.get(name)}


def _id(value: Any) -> str:
    """What an object calls itself."""
    found = (value.get("id") or value.get("uid")) if isinstance(value, Mapping) else None
    return str(found) if found is not None else ""
