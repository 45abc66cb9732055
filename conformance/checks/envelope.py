"""What holds for every answer: looked at when all was asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from conformance.check import NEWER, READING, SHOULD, check
from conformance.checks.heard import ROUTING
from conformance.peer import Exchange
from conformance.shapes import date_fault
from conformance.trial import CONFIGURATION, Trial
from conformance.verdict import Skipped, require

E: Any = {"stage": "observed", "module": "transport"}


def answers(trial: Trial) -> list[Exchange]:
    """Every answer that came to a request of ours."""
    return [each for each in trial.peer.exchanges if not each.problem]


def where(each: Exchange) -> str:
    return f"{each.method} {urlsplit(each.url).path}"


def successes(trial: Trial) -> list[Exchange]:
    found = [each for each in answers(trial) if 200 <= each.status < 300]
    for each in found[:2]:
        trial.prove(each)
    return found


def errors(trial: Trial) -> list[Exchange]:
    found = [each for each in answers(trial) if 400 <= each.status < 500]
    if not found:
        raise Skipped("no request was answered with an HTTP error")
    for each in found[:2]:
        trial.prove(each)
    return found


def functional(found: list[Exchange]) -> list[Exchange]:
    """Those of functional modules. Raises Skipped where there are none; the others are for TRA-85."""
    kept = [each for each in found if each.module not in CONFIGURATION]
    if not kept:
        raise Skipped("no functional module was asked")
    return kept


@check(
    "TRA-65/a",
    "Every answer is a JSON object in the envelope",
    "all answers with HTTP 2xx",
    "Content-Type application/json, a JSON object",
    **E,
)
def answers_are_enveloped(trial: Trial) -> None:
    for each in successes(trial):
        kind = (each.header("content-type") or "").lower()
        require(kind.startswith("application/json"), f"{where(each)}: Content-Type is {kind!r}", each)
        require(isinstance(each.json, dict), f"{where(each)}: the body is no JSON object", each)


@check(
    "TRA-66/a",
    "Every answer has a status_code and a timestamp",
    "all answers with HTTP 2xx",
    "status_code, a number of four digits; timestamp",
    **E,
)
def answers_have_codes(trial: Trial) -> None:
    for each in successes(trial):
        code = each.envelope.get("status_code")
        right = isinstance(code, int) and 1000 <= each.code <= 4999
        require(right, f"{where(each)}: status_code is {code!r}", each)
        require(each.envelope.get("timestamp"), f"{where(each)}: no timestamp", each)


@check(
    "TYP-05",
    "The timestamp of an answer is a DateTime in UTC",
    "all answers",
    "like 2026-01-31T12:00:00Z",
    **E,
)
def timestamps_are_right(trial: Trial) -> None:
    for each in answers(trial):
        if each.envelope.get("timestamp") is not None:
            fault = date_fault(each.envelope["timestamp"])
            require(not fault, f"{where(each)}: timestamp {fault}", each)


@check(
    "TRA-69",
    "HTTP errors come in the envelope, too",
    "all answers with HTTP 4xx",
    "a JSON object with status_code",
    **E,
)
def errors_are_enveloped(trial: Trial) -> None:
    for each in errors(trial):
        if len(urlsplit(each.url).path) < 1000:
            require(each.code, f"{where(each)}: HTTP {each.status} without an envelope", each)


@check("TRA-66/b", "HTTP errors have a timestamp, too", "all answers with HTTP 4xx", "timestamp", **E)
def errors_have_timestamps(trial: Trial) -> None:
    for each in errors(trial):
        if each.code:
            require(each.envelope.get("timestamp"), f"{where(each)}: no timestamp", each)


def _echoes(found: list[Exchange], name: str) -> None:
    for each in found:
        sent = next((value for given, value in each.request_headers.items() if given.lower() == name), None)
        if sent:
            came = each.header(name)
            require(came == sent, f"{where(each)}: {name} is {came!r}, {sent!r} was sent", each)


@check(
    "TRA-81/a",
    "Answers carry the X-Request-ID of their request",
    "all answers with HTTP 2xx",
    "the same value",
    versions=NEWER,
    **E,
)
def request_id_comes_back(trial: Trial) -> None:
    _echoes(functional(successes(trial)), "x-request-id")


@check(
    "TRA-83/a",
    "Answers carry the X-Correlation-ID of their request",
    "all answers with HTTP 2xx",
    "the same value",
    versions=NEWER,
    **E,
)
def correlation_id_comes_back(trial: Trial) -> None:
    _echoes(functional(successes(trial)), "x-correlation-id")


@check(
    "TRA-81/b",
    "Errors carry the X-Request-ID of their request",
    "all answers with HTTP 4xx",
    "the same value",
    versions=NEWER,
    **E,
)
def request_id_comes_back_with_errors(trial: Trial) -> None:
    _echoes([each for each in functional(errors(trial)) if each.code], "x-request-id")


@check(
    "TRA-83/b",
    "Errors carry the X-Correlation-ID of their request",
    "all answers with HTTP 4xx",
    "the same value",
    versions=NEWER,
    **E,
)
def correlation_id_comes_back_with_errors(trial: Trial) -> None:
    _echoes([each for each in functional(errors(trial)) if each.code], "x-correlation-id")


@check(
    "TRA-85",
    "The ids are on versions and credentials, too",
    "all answers of configuration modules",
    "both ids",
    versions=NEWER,
    **E,
)
def ids_on_configuration_modules(trial: Trial) -> None:
    found = [each for each in successes(trial) if each.module in CONFIGURATION]
    for name in ("x-request-id", "x-correlation-id"):
        _echoes(found, name)


@check(
    "VER-23",
    "Answers on versions and credentials have no routing headers",
    "all answers of configuration modules",
    "no OCPI-to and OCPI-from",
    versions=NEWER,
    **E,
)
def no_routing_on_configuration(trial: Trial) -> None:
    for each in successes(trial):
        if each.module in CONFIGURATION:
            found = [name for name in ROUTING if each.header(name)]
            require(not found, f"{where(each)}: {', '.join(found)}", each)


@check(
    "HUB-05",
    "Answers go to whom the request came from",
    "all answers of functional modules",
    "OCPI-to is the request's OCPI-from, and the other way round",
    versions=NEWER,
    **E,
)
def answers_are_routed_back(trial: Trial) -> None:
    found = [each for each in successes(trial) if each.module not in (*CONFIGURATION, "") and each.ok]
    if not found:
        raise Skipped("no functional module answered")
    alone = len(trial.roles) == 1
    for each in found:
        if each.method != "GET" and _to_the_hub(trial, each):
            continue  # a broadcast: HUB-16
        came = {name: each.header(name) for name in ROUTING}
        if alone and not any(came.values()):
            continue
        sent = {name.lower(): value for name, value in each.request_headers.items()}
        # A hub that is asked about a Token names the eMSP that gave the verdict.
        asked_on = trial.is_hub and each.method == "POST" and each.module == "tokens"
        for name, other in zip(ROUTING, (*ROUTING[2:], *ROUTING[:2]), strict=True):
            if sent.get(other) and not (asked_on and "from" in name):
                same = (came[name] or "").upper() == sent[other].upper()
                require(
                    same,
                    f"{where(each)}: {name} is {came[name]!r}, the request's {other} {sent[other]!r}",
                    each,
                )


def _to_the_hub(trial: Trial, each: Exchange) -> bool:
    to = each.request_headers
    named = f"{to.get('OCPI-to-country-code')}{to.get('OCPI-to-party-id')}"
    return bool(trial.hub_party) and named.upper() == trial.hub_party.upper()


@check("STA-03/d", "No request breaks the server", "all answers", "no HTTP 5xx", **E)
def no_server_errors(trial: Trial) -> None:
    for each in answers(trial):
        if all(each is not known for known in trial.blamed):  # what another check said already is no news
            require(each.status < 500 or each.status == 501, f"{where(each)}: {each.said}", each)


@check(
    "AMB-40",
    "A method that is not offered is answered with 405, which says what is",
    "all answers with HTTP 405 on modules",
    "header Allow",
    force=READING,
    **E,
)
def refused_methods_say_what_is_offered(trial: Trial) -> None:
    found = [each for each in answers(trial) if each.status == 405 and each.module not in CONFIGURATION]
    if not found:
        raise Skipped("nothing was answered with 405")
    for each in found:
        require(each.header("allow"), f"{where(each)}: no Allow", each)


@check(
    "STA-10",
    "No custom status codes in standard modules",
    "all answers",
    "none of 1900-1999, 2900-2999, ...",
    **E,
)
def no_custom_codes(trial: Trial) -> None:
    for each in answers(trial):
        require(each.code % 1000 < 900, f"{where(each)}: status_code {each.code}", each)


@check(
    "STA-01",
    "Success and failure agree between HTTP and OCPI",
    "all answers",
    "no 1xxx under HTTP 4xx or 5xx",
    **E,
)
def layers_agree(trial: Trial) -> None:
    for each in answers(trial):
        agree = each.status < 400 or not 1000 <= each.code < 2000
        require(agree, f"{where(each)}: HTTP {each.status} with status_code {each.code}", each)


@check(
    "TRA-70",
    "Where nothing is to be said, data is left out",
    "answers to PUT, PATCH and DELETE of objects",
    "no `data`",
    versions=NEWER,
    force=SHOULD,
    **E,
)
def no_data_without_need(trial: Trial) -> None:
    for each in successes(trial):
        if (
            each.module in ("locations", "tariffs", "tokens")
            and each.method in ("PUT", "PATCH", "DELETE")
            and each.ok
        ):
            require(each.data in (None, {}, []), f"{where(each)}: `data` is there", each)


@check("TRA-98", "Field names are lower snake_case", "all answers", "like last_updated", force=SHOULD, **E)
def names_are_snake_case(trial: Trial) -> None:
    for each in successes(trial):
        odd = sorted({name for name in _names(each.json) if not re.fullmatch(r"[a-z0-9_]+", name)})
        ours = {"colour_of_the_roof", "colour_of_the_card"}
        require(set(odd) <= ours, f"{where(each)}: {', '.join(odd[:5])}", each)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from _names(each)
    elif isinstance(value, list):
        for each in value:
            yield from _names(each)
