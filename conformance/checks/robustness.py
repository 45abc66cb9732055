"""Requests that are wrong, odd or hostile: refused in words, and never a server that falls over."""

from __future__ import annotations

import json
from typing import Any

from conformance.check import SHOULD, check
from conformance.checks.paging import roles_for
from conformance.lists import LONG_AGO
from conformance.peer import Exchange
from conformance.receiving import below, path
from conformance.trial import Trial
from conformance.verdict import Skipped, advise, require, require_success

# Where a body may be sent that must be refused: (module, path below the endpoint, method) by role.
TARGETS: dict[str, tuple[str, str]] = {"CPO": ("locations", "PUT"), "EMSP": ("tokens", "PUT")}
B: Any = {"module": "transport", "roles": ("CPO", "EMSP"), "writes": True}
LISTS = ("locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo")


def raw(trial: Trial, content: bytes, headers: dict[str, str | None] | None = None) -> Exchange:
    """A body as it is to an object of ours. Raises Skipped."""
    module, method = TARGETS[trial.options.role]
    at = path(trial, trial.samples.id("raw"))
    return trial.ask(method, module, "RECEIVER", at, raw=content, headers=headers or {})


def unbroken(answer: Exchange) -> Exchange:
    """Fail where the server fell over or showed its inside."""
    require(not answer.problem, f"the server did not answer: {answer.problem}", answer)
    require(answer.status < 500, f"it broke the server: {answer.said}", answer)
    shown = any(word in answer.body for word in ("Traceback (most recent", "at java.", "Exception in thread"))
    require(not shown, "the answer shows a stack trace", answer)
    return answer


def a_list(trial: Trial) -> str:
    """A module whose list we may ask for. Raises Skipped."""
    for module in LISTS:
        if trial.serves(module, "SENDER"):
            return module
    raise Skipped("no list is offered to this role")


def needed(module: str) -> dict[str, str]:
    """The parameters that a list may ask for (SES-10)."""
    return {"date_from": LONG_AGO} if module == "sessions" else {}


@check("STA-02", "A body that is no JSON is answered with HTTP 400", "PUT of half an object", "HTTP 400", **B)
def no_json(trial: Trial) -> None:
    answer = unbroken(raw(trial, b'{"id": "half'))
    require(answer.status == 400, f"must be 400: {answer.said}", answer)


@check(
    "STA-14/g",
    "A body that is no object is refused",
    "PUT of a list, of a number, of nothing",
    "no success; no 5xx",
    **B,
)
def no_object(trial: Trial) -> None:
    for content in (b"[1, 2]", b"42", b"null", b""):
        answer = unbroken(raw(trial, content))
        require(not answer.ok, f"{content.decode() or 'an empty body'} was taken", answer)


@check(
    "ARC-03",
    "A Content-Type with a charset is understood",
    "PUT with `application/json; charset=utf-8`",
    "1000",
    **B,
)
def charset(trial: Trial) -> None:
    make = trial.samples.location if trial.options.role == "CPO" else trial.samples.token
    body = make("raw")
    answer = raw(trial, json.dumps(body).encode(), {"Content-Type": "application/json; charset=utf-8"})
    require_success(answer, "PUT with a charset")


@check(
    "STA-03/a",
    "Deep nesting breaks nothing",
    "PUT of 20,000 brackets in each other",
    "no success; no 5xx",
    **B,
)
def deep_nesting(trial: Trial) -> None:
    answer = unbroken(raw(trial, b'{"evses":' + b"[" * 20_000 + b"]" * 20_000 + b"}"))
    require(not answer.ok, "it was taken", answer)


@check(
    "STA-03/b",
    "Numbers without end break nothing",
    "PUT with a number of 5,000 digits, NaN and 1e999",
    "no 5xx",
    **B,
)
def odd_numbers(trial: Trial) -> None:
    for number in (b"9" * 5_000, b"NaN", b"1e999", b"-0"):
        unbroken(raw(trial, b'{"id": "raw", "kwh": ' + number + b"}"))


@check(
    "STA-03/c",
    "Odd characters in a path break nothing",
    "GET of ids with %00, %2e%2e%2f, %ff and 3,000 characters",
    "no success; no 5xx",
    module="transport",
)
def odd_paths(trial: Trial) -> None:
    module = a_list(trial)
    for id in ("%00", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "%ff%fe", "x" * 3000, "%27%20OR%201%3D1"):
        answer = trial.ask("GET", module, "SENDER", f"/{id}")
        require(not answer.problem, f"the server did not answer: {answer.problem}", answer)
        require(answer.status < 500, f"it broke the server: {answer.said}", answer)
        require(not answer.ok, f"something was found at {id[:40]}", answer)


@check(
    "STA-14/h",
    "A query that makes no sense is refused, or left aside",
    "GET of a list with limit=abc, offset=-1, date_from=yesterday",
    "HTTP 200 with 2001 (an HTTP error or silence is a warning); no 5xx",
    module="transport",
)
def odd_queries(trial: Trial) -> None:
    module = a_list(trial)
    answers = [
        unbroken(trial.ask("GET", module, "SENDER", query={**needed(module), name: value}))
        for name, value in (("limit", "abc"), ("offset", "-1"), ("date_from", "yesterday"))
    ]
    for answer in answers:
        advise(not answer.ok, f"{answer.url.partition('?')[2]} is left aside: {answer.said}", answer)
        advise(answer.code == 2001, f"2001 is expected: {answer.said}", answer)
        advise(answer.status < 400, f"an HTTP error for a request that is understood: {answer.said}", answer)


@check(
    "STA-05/c",
    "A path that does not exist is not found",
    "GET of a path below the endpoint that no module has",
    "HTTP 404 with an envelope",
    force=SHOULD,
    module="transport",
)
def no_such_path(trial: Trial) -> None:
    module = a_list(trial)
    answer = unbroken(trial.ask("GET", module, "SENDER", below("a", "b", "c", "d", "e", "f")))
    require(not answer.ok, f"something was found: {answer.said}", answer)
    require(answer.status == 404 and answer.code, f"must be 404 with an envelope: {answer.said}", answer)


@check(
    "TRA-21",
    "Parameters that nobody knows are left aside",
    "GET of a list with ?colour=green",
    "the list",
    module="transport",
    force=SHOULD,
    roles=tuple(sorted({role for m in LISTS for role in roles_for(m)})),
)
def unknown_parameters(trial: Trial) -> None:
    module = a_list(trial)
    query = {**needed(module), "colour": "green", "limit": 1}
    answer = trial.ask("GET", module, "SENDER", query=query)
    require_success(answer, "GET with an unknown parameter")
