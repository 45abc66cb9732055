"""Commands: the answer at once, and the result later."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conformance.check import NEWER, OLD, READING, SHOULD, check
from conformance.checks.location_content import connectors, evses
from conformance.lists import parameters
from conformance.peer import Exchange
from conformance.receiving import same_id
from conformance.samples import stamp
from conformance.shapes import earlier, faults
from conformance.trial import Trial
from conformance.verdict import (
    Skipped,
    fail,
    require,
    require_no_faults,
    require_success,
)

C: Any = {"module": "commands", "interface": "RECEIVER", "roles": ("EMSP",), "writes": True}
OCCUPIED = ("REMOVED", "OUTOFORDER", "INOPERATIVE", "PLANNED", "CHARGING", "BLOCKED")


def somewhere(trial: Trial, *capabilities: str) -> tuple[str, str, str]:
    """Location, EVSE and Connector to try commands on: `--at`, or the free one listed that can most of these.

    Raises Skipped.
    """
    if trial.options.at:
        at = (*trial.options.at.split("/"), "1", "1")
        return at[0], at[1], at[2]
    trial.endpoint("locations", "SENDER")
    best: list[tuple[int, int, tuple[str, str, str]]] = []
    for location in trial.crawl("locations").objects:
        uids = [each.get("uid") for each in evses(location)]
        for evse in evses(location):
            if evse.get("status") not in OCCUPIED and connectors(evse) and uids.count(evse.get("uid")) == 1:
                lacks = len(set(capabilities) - set(evse.get("capabilities") or []))
                lacks += 100 * (evse["uid"] == trial.known.get("charging at"))
                best.append((lacks, len(best), (location["id"], evse["uid"], connectors(evse)[0]["id"])))
    if not best:
        raise Skipped("no free EVSE is listed; name one with --at LOCATION/EVSE/CONNECTOR")
    return min(best)[2]


def send(trial: Trial, command: str, name: str, **fields: Any) -> Exchange:
    """A command whose result comes to the URL of this name."""
    body = {"response_url": trial.server().result_url(name), **fields}
    return trial.ask("POST", "commands", "RECEIVER", f"/{command}", body)


def response(trial: Trial, answer: Exchange) -> str:
    """The `result` of a CommandResponse. Raises Failed."""
    require(isinstance(answer.data, dict), f"no CommandResponse came: {answer.said}", answer)
    require_no_faults(faults("CommandResponse", answer.data, trial.version), "the CommandResponse", answer)
    return str(answer.data["result"])


def start(trial: Trial) -> Exchange:
    """The START_SESSION that several checks look at, sent once. Raises Skipped."""
    trial.endpoint("commands", "RECEIVER")
    if "start" not in trial.known:
        location, evse, connector = somewhere(trial, "REMOTE_START_STOP_CAPABLE", "CHARGING_PROFILE_CAPABLE")
        trial.known["charging at"] = evse  # whatever else is tried must not end this charge
        fields = {"token": trial.samples.token("driver"), "location_id": location, "evse_uid": evse}
        if trial.newer:
            fields |= {"connector_id": connector, "authorization_reference": trial.samples.id("R")[:36]}
        trial.known["start"] = send(trial, "START_SESSION", "start", **fields)
    answer: Exchange = trial.known["start"]
    return trial.prove(answer)


def outcome(trial: Trial, answer: Exchange, name: str) -> Exchange:
    """The result of an accepted command, waited for. Raises Skipped, Failed."""
    require_success(answer, "the command")
    if response(trial, answer) != "ACCEPTED":
        raise Skipped(f"the command was not accepted: {response(trial, answer)}")
    timeout = (answer.data or {}).get("timeout")
    known = f"result/{name}"
    if known not in trial.known:
        wait = min(trial.options.patience, float(timeout if isinstance(timeout, int) else 60) + 5)
        trial.known[known] = trial.server().results(name, wait)
    found: Exchange | None = trial.known[known]
    if found is None:
        asked = [each.sent for each in trial.peer.exchanges if isinstance(each.sent, dict)]
        given = {str(each.get("response_url")) for each in asked}
        given |= {parameters(each.url).get("response_url", "") for each in trial.peer.exchanges}
        astray = [each for each in trial.server().heard if _is_result(each) and each.url not in given]
        if astray:
            fail("the result came to another URL than the one given", astray[0])
        late = isinstance(timeout, int) and timeout > trial.options.patience
        if late:
            raise Skipped(
                f"no result within {trial.options.patience:g} s; the other side has {timeout} s for it"
            )
        fail("no result came to the response_url", answer)
    return trial.prove(found)


def _is_result(each: Exchange) -> bool:
    return each.method == "POST" and isinstance(each.sent, dict) and "result" in each.sent


@check(
    "CMD-04",
    "A command is answered with a CommandResponse",
    "POST commands/START_SESSION",
    "1000 and a CommandResponse",
    **C,
)
def start_is_answered(trial: Trial) -> None:
    response(trial, require_success(start(trial), "START_SESSION"))


@check(
    "CMD-06",
    "The answer says how long the result may take",
    "POST commands/START_SESSION",
    "`timeout`, whole seconds, not negative",
    versions=NEWER,
    **C,
)
def answer_has_a_timeout(trial: Trial) -> None:
    answer = start(trial)
    timeout = (answer.data or {}).get("timeout") if isinstance(answer.data, dict) else None
    right = isinstance(timeout, int) and not isinstance(timeout, bool) and timeout >= 0
    require(right, f"`timeout` is {timeout!r}", answer)


@check(
    "CMD-08",
    "The result is posted to the response_url",
    "POST commands/START_SESSION, wait",
    "a POST to exactly the URL that was given, within the timeout",
    **C,
)
def result_is_posted(trial: Trial) -> None:
    found = outcome(trial, start(trial), "start")
    require(found.method == "POST", f"it came by {found.method}", found)


@check(
    "CMD-09",
    "The result is a CommandResult",
    "what comes to the response_url",
    "a CommandResult, not enveloped",
    versions=NEWER,
    **C,
)
def result_is_whole(trial: Trial) -> None:
    found = outcome(trial, start(trial), "start")
    require_no_faults(faults("CommandResult", found.sent, trial.version), "the CommandResult", found)


@check(
    "CMD-11",
    "The result is a CommandResponse",
    "what comes to the response_url",
    "a CommandResponse, not enveloped",
    versions=OLD,
    **C,
)
def old_result_is_whole(trial: Trial) -> None:
    found = outcome(trial, start(trial), "start")
    require_no_faults(faults("CommandResponse", found.sent, trial.version), "the CommandResponse", found)


@check(
    "TRA-72",
    "The result is not wrapped in an envelope",
    "what comes to the response_url",
    "no `data`, no `status_code`",
    **C,
)
def result_is_bare(trial: Trial) -> None:
    found = outcome(trial, start(trial), "start")
    body = found.sent if isinstance(found.sent, dict) else {}
    require("status_code" not in body and "data" not in body, "the envelope of answers is around it", found)


@check(
    "AMB-25",
    "The result comes with the token that we gave",
    "what comes to the response_url",
    "Authorization with our token",
    force=READING,
    **C,
)
def result_is_authorized(trial: Trial) -> None:
    found = outcome(trial, start(trial), "start")
    require(found.status != 401, "the Authorization is not ours", found)


@check(
    "CMD-37",
    "The Session that was started is listed, with our Token",
    "GET sessions after START_SESSION",
    "a Session with the uid of our Token",
    versions=NEWER,
    force=SHOULD,
    **C,
)
def session_is_listed(trial: Trial) -> None:
    found = outcome(trial, start(trial), "start")
    if (found.sent or {}).get("result") != "ACCEPTED":
        raise Skipped("the charge point did not start")
    if session_of_ours(trial) is None:
        other = _find(trial, lambda each: _began_at_our_evse(trial, each))
        token = (other or {}).get("cdr_token")
        require(other is None, f"a Session began where we started one, and it names the Token {token}", found)
        raise Skipped("no Session came: nobody may have plugged in")


def _began_at_our_evse(trial: Trial, each: dict[str, Any]) -> bool:
    """Whether a Session is where our command started one, and of that time."""
    begun = each.get("start_date_time") or each.get("start_datetime")
    if not isinstance(each.get("cdr_token"), dict):
        return False
    there = same_id(each.get("evse_uid"), trial.known["charging at"])
    return there and each.get("status") == "ACTIVE" and not earlier(begun, trial.started_at)


def session_of_ours(trial: Trial) -> dict[str, Any] | None:
    """The Session that our START_SESSION began, listed or pushed; waited for."""
    if "session" not in trial.known:
        trial.known["session"] = trial.eventually(
            lambda: _find(trial, lambda each: of_our_driver(trial, each))
        )
    found: dict[str, Any] | None = trial.known["session"]
    return found


def _find(trial: Trial, chosen: Callable[[dict[str, Any]], bool]) -> dict[str, Any] | None:
    """A Session of the last hour that is listed, or was pushed to us."""
    seen = [each for key, each in trial.server().holdings.held.items() if key.startswith("SESSIONS/")]
    if trial.serves("sessions", "SENDER"):
        page = trial.ask("GET", "sessions", "SENDER", query={"date_from": stamp(-3600)})
        seen = [*(page.data if isinstance(page.data, list) else []), *seen]
    return next((dict(each) for each in seen if isinstance(each, dict) and chosen(each)), None)


def of_our_driver(trial: Trial, each: dict[str, Any]) -> bool:
    """Whether a Session or CDR is of the Token that our START_SESSION named."""
    token = trial.samples.token("driver")
    if not trial.newer:
        return bool(each.get("auth_id") == token["auth_id"])
    named = each.get("cdr_token")
    return isinstance(named, dict) and str(named.get("uid")).upper() == str(token["uid"]).upper()


@check(
    "CMD-41",
    "RESERVE_NOW is answered with a CommandResponse",
    "POST commands/RESERVE_NOW",
    "a CommandResponse",
    **C,
)
def reserve_is_answered(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    location, evse, _ = somewhere(trial, "RESERVABLE")
    id: Any = trial.samples.id("V") if trial.newer else 4711
    where = {"location_id": location, "evse_uid": evse}
    token, expiry = trial.samples.token("driver"), stamp(900)
    answer = send(
        trial, "RESERVE_NOW", "reserve", token=token, expiry_date=expiry, reservation_id=id, **where
    )
    trial.known["reserved"] = response(trial, answer)


@check(
    "CMD-45",
    "CANCEL_RESERVATION is answered with a CommandResponse",
    "POST commands/CANCEL_RESERVATION of the reservation made",
    "a CommandResponse",
    versions=NEWER,
    **C,
)
def cancel_is_answered(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    answer = send(trial, "CANCEL_RESERVATION", "cancel", reservation_id=trial.samples.id("V"))
    if trial.known.get("reserved") != "ACCEPTED" and trial.unknown_to_hub(answer):
        return
    response(trial, answer)


@check(
    "CMD-48",
    "UNLOCK_CONNECTOR is answered with a CommandResponse",
    "POST commands/UNLOCK_CONNECTOR",
    "a CommandResponse",
    **C,
)
def unlock_is_answered(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    location, evse, connector = somewhere(trial, "UNLOCK_CAPABLE")
    answer = send(
        trial, "UNLOCK_CONNECTOR", "unlock", location_id=location, evse_uid=evse, connector_id=connector
    )
    response(trial, answer)
