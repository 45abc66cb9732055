"""A whole charge, as a driver of ours has it: begun by command, stopped, and billed."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, SHOULD, check
from conformance.checks.commands import of_our_driver, outcome, response, send, session_of_ours, somewhere
from conformance.peer import Exchange
from conformance.samples import stamp
from conformance.trial import Trial
from conformance.verdict import Skipped, require

C: Any = {"module": "commands", "interface": "RECEIVER", "roles": ("EMSP",), "writes": True}
D: Any = {"module": "cdrs", "roles": ("EMSP",), "writes": True}


@check(
    "CMD-39",
    "START_SESSION without an EVSE is answered with a CommandResponse",
    "POST commands/START_SESSION with location_id alone",
    "a CommandResponse",
    **C,
)
def start_anywhere(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    location, _, _ = somewhere(trial, "REMOTE_START_STOP_CAPABLE")  # not where we charge already
    answer = send(
        trial, "START_SESSION", "anywhere", token=trial.samples.token("driver"), location_id=location
    )
    response(trial, answer)


def ours(trial: Trial) -> dict[str, Any]:
    """The Session that our command began. Raises Skipped."""
    if "start" not in trial.known or (found := session_of_ours(trial)) is None:
        raise Skipped("no Session of ours came: nobody may have plugged in")
    return found


def stop(trial: Trial) -> Exchange:
    """The STOP_SESSION of that Session, sent once."""
    if "stop" not in trial.known:
        trial.known["stop"] = send(trial, "STOP_SESSION", "stop", session_id=ours(trial)["id"])
    answer: Exchange = trial.known["stop"]
    return trial.prove(answer)


@check(
    "CMD-18/b",
    "STOP_SESSION of a Session of ours is answered with a CommandResponse",
    "POST commands/STOP_SESSION",
    "a CommandResponse, not UNKNOWN_SESSION",
    **C,
)
def stop_is_answered(trial: Trial) -> None:
    found = response(trial, stop(trial))
    require(found != "UNKNOWN_SESSION", "the Session that was listed is unknown", trial.known["stop"])


@check(
    "CMD-08/b",
    "The result of STOP_SESSION is posted to the response_url",
    "POST commands/STOP_SESSION, wait",
    "a POST to exactly the URL that was given",
    **C,
)
def stop_has_a_result(trial: Trial) -> None:
    outcome(trial, stop(trial), "stop")


def _stopped(trial: Trial) -> None:
    result = outcome(trial, stop(trial), "stop")
    if (result.sent or {}).get("result") != "ACCEPTED":
        raise Skipped("the charge point did not stop")


@check(
    "SES-02",
    "A Session that was stopped becomes COMPLETED",
    "GET sessions after STOP_SESSION",
    "status COMPLETED, an end",
    module="sessions",
    roles=("EMSP",),
    writes=True,
    force=SHOULD,
)
def stopped_is_completed(trial: Trial) -> None:
    _stopped(trial)
    id = ours(trial)["id"]
    latest: dict[str, Any] = {}

    def completed() -> bool:
        latest.update(_seen(trial, "sessions", lambda each: each.get("id") == id) or {})
        return latest.get("status") == "COMPLETED"

    require(trial.eventually(completed), f"status is still {latest.get('status')!r}", trial.proofs[-1])
    require(latest.get("end_date_time") or latest.get("end_datetime"), "it has no end", trial.proofs[-1])


@check(
    "CDR-02",
    "The CDR follows soon",
    "GET cdrs, or a push, after STOP_SESSION",
    "a CDR with our Token",
    force=SHOULD,
    **D,
)
def cdr_follows(trial: Trial) -> None:
    _stopped(trial)
    require(_cdr(trial), f"no CDR came within {trial.options.patience:g} s")


@check(
    "CMD-37/b",
    "The CDR carries the Token of the command and what it was authorized by",
    "the CDR of our charge",
    "cdr_token and authorization_reference of START_SESSION",
    versions=NEWER,
    **D,
)
def cdr_carries_the_token(trial: Trial) -> None:
    cdr = _cdr(trial)
    if not cdr:
        raise Skipped("no CDR came")
    token, named = trial.samples.token("driver"), cdr["cdr_token"]
    wrong = [n for n in ("uid", "type", "contract_id") if str(named.get(n)).upper() != str(token[n]).upper()]
    require(
        not wrong, f"cdr_token has another {', '.join(wrong)}", trial.proofs[-1] if trial.proofs else None
    )
    if cdr.get("session_id") == ours(trial)["id"]:
        same = cdr.get("authorization_reference") == trial.samples.id("R")
        require(same, f"authorization_reference is {cdr.get('authorization_reference')!r}")


@check(
    "CDR-27",
    "The CDR names its Session",
    "the CDR of our charge",
    "session_id of a Session listed",
    versions=NEWER,
    force=SHOULD,
    **D,
)
def cdr_names_its_session(trial: Trial) -> None:
    cdr = _cdr(trial)
    if not cdr:
        raise Skipped("no CDR came")
    require(cdr.get("session_id"), "session_id is absent")


def _cdr(trial: Trial) -> dict[str, Any]:
    if "stop" not in trial.known:
        return {}
    if "cdr of ours" not in trial.known:
        find = lambda: _seen(trial, "cdrs", lambda each: of_our_driver(trial, each))  # noqa: E731
        trial.known["cdr of ours"] = trial.eventually(find) or {}
    found: dict[str, Any] = trial.known["cdr of ours"]
    return found


def _seen(trial: Trial, module: str, chosen: Any) -> dict[str, Any] | None:
    """An object that is listed, or was pushed to us."""
    seen: list[Any] = []
    if trial.serves(module, "SENDER"):
        page = trial.ask("GET", module, "SENDER", query={"date_from": stamp(-3600)})
        seen = page.data if isinstance(page.data, list) else []
    held = trial.server().holdings.held.items()
    seen = [*seen, *(each for key, each in held if key.startswith(f"{module.upper()}/"))]
    return next((dict(each) for each in seen if isinstance(each, dict) and chosen(each)), None)


@check(
    "CMD-07",
    "A command that was not accepted has no result",
    "what is heard after commands that were refused",
    "nothing at their response_url",
    stage="heard",
    module="commands",
    roles=("EMSP",),
    writes=True,
)
def refused_has_no_result(trial: Trial) -> None:
    heard = {each.url for each in trial.server().heard}
    refused = [
        each
        for each in trial.peer.exchanges
        if each.module == "commands" and each.method == "POST" and isinstance(each.sent, dict)
        and not (isinstance(each.data, dict) and each.data.get("result") == "ACCEPTED")
    ]  # fmt: skip
    if not refused:
        raise Skipped("every command was accepted")
    accepted = {str((each.sent or {}).get("response_url")) for each in trial.peer.exchanges
                if isinstance(each.data, dict) and each.data.get("result") == "ACCEPTED"
                and isinstance(each.sent, dict)}  # fmt: skip
    for each in refused:
        url = str(each.sent.get("response_url"))
        require(url not in heard or url in accepted, "a result came for a command that was refused", each)


@check(
    "CMD-19",
    "Every charge that the kit began is ended",
    "POST commands/STOP_SESSION for each that goes on",
    "CommandResponses",
    stage="last",
    **C,
)
def every_charge_is_ended(trial: Trial) -> None:
    if "start" not in trial.known:
        raise Skipped("none was begun")
    for answer in end_charges(trial):
        response(trial, answer)


def end_charges(trial: Trial) -> list[Exchange]:
    """STOP_SESSION for whatever of ours still goes on; the answers."""
    if not (trial.serves("sessions", "SENDER") and trial.serves("commands", "RECEIVER")):
        return []
    page = trial.ask("GET", "sessions", "SENDER", query={"date_from": stamp(-3600)})
    ongoing = [
        each
        for each in (page.data if isinstance(page.data, list) else [])
        if isinstance(each, dict)
        and each.get("status") in ("ACTIVE", "PENDING")
        and of_our_driver(trial, each)
    ]
    return [send(trial, "STOP_SESSION", f"end-{n}", session_id=each["id"]) for n, each in enumerate(ongoing)]


@check(
    "CMD-14",
    "A result is sent once",
    "what is heard at the response_urls",
    "one POST each",
    stage="heard",
    module="commands",
    roles=("EMSP",),
    writes=True,
    force=SHOULD,
)
def results_come_once(trial: Trial) -> None:
    results = [each for each in trial.server().heard if each.module == "results"]
    if not results:
        raise Skipped("no result came")
    seen: set[str] = set()
    for each in results:
        require(each.url not in seen, "a second result came", each)
        seen.add(each.url)
