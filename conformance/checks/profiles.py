"""Charging profiles: set, read and clear them on a Session, and wait for the results."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, check
from conformance.checks.commands import session_of_ours, start
from conformance.peer import Exchange
from conformance.receiving import below
from conformance.samples import stamp
from conformance.shapes import faults
from conformance.trial import Trial
from conformance.verdict import (
    Skipped,
    advise,
    fail,
    require,
    require_no_faults,
    require_refusal,
    require_success,
)

P: Any = {"module": "chargingprofiles", "interface": "RECEIVER", "roles": ("EMSP", "SCSP"), "versions": NEWER,
          "writes": True}  # fmt: skip
X: Any = {
    "module": "chargingprofiles",
    "interface": "SENDER",
    "roles": ("CPO",),
    "versions": NEWER,
    "writes": True,
}


def ask(trial: Trial, method: str, session: str, name: str) -> Exchange:
    """One of the three requests, with a result URL of this name."""
    url = trial.server().result_url(name)
    body, query = None, {"response_url": url}
    if method == "PUT":
        body, query = {"charging_profile": trial.samples.profile(), "response_url": url}, {}
    if method == "GET":
        query = {"duration": "900", **query}
    return trial.ask(method, "chargingprofiles", "RECEIVER", below(session), body, query=query or None)


def response(trial: Trial, answer: Exchange) -> str:
    """The `result` of a ChargingProfileResponse. Raises Failed."""
    require_success(answer, "the request")
    require_no_faults(faults("ChargingProfileResponse", answer.data, trial.version), "the response", answer)
    return str(answer.data["result"])


def _unknown(trial: Trial, method: str) -> None:
    trial.endpoint("chargingprofiles", "RECEIVER")
    answer = ask(trial, method, trial.samples.id("nothing"), f"lost-{method.lower()}")
    if trial.unknown_to_hub(answer):
        return
    found = response(trial, answer)
    require(found != "ACCEPTED", "it was accepted", answer)
    advise(found in ("UNKNOWN_SESSION", "NOT_SUPPORTED"), f"the result is {found}", answer)


@check(
    "CHP-23/a",
    "A profile for an unknown Session is answered with UNKNOWN_SESSION",
    "PUT chargingprofiles/{unknown}",
    "1000, ChargingProfileResponse UNKNOWN_SESSION",
    **P,
)
def put_unknown(trial: Trial) -> None:
    _unknown(trial, "PUT")


@check(
    "CHP-23/b",
    "The profile of an unknown Session is answered with UNKNOWN_SESSION",
    "GET chargingprofiles/{unknown}",
    "1000, ChargingProfileResponse UNKNOWN_SESSION",
    **P,
)
def get_unknown(trial: Trial) -> None:
    _unknown(trial, "GET")


@check(
    "CHP-23/c",
    "Clearing the profile of an unknown Session is answered with UNKNOWN_SESSION",
    "DELETE chargingprofiles/{unknown}",
    "1000, ChargingProfileResponse UNKNOWN_SESSION",
    **P,
)
def delete_unknown(trial: Trial) -> None:
    _unknown(trial, "DELETE")


@check(
    "CHP-10",
    "A GET without response_url is refused",
    "GET chargingprofiles/{id}?duration=900",
    "no acceptance; 2001",
    **P,
)
def without_response_url(trial: Trial) -> None:
    answer = trial.ask("GET", "chargingprofiles", "RECEIVER", below(trial.samples.id("nothing")),
                       query={"duration": "900"})  # fmt: skip
    result = answer.data.get("result") if isinstance(answer.data, dict) else None
    require(result != "ACCEPTED", "it was accepted", answer)
    if not answer.ok and not trial.unknown_to_hub(answer):
        require_refusal(answer, 2001)


@check(
    "CHP-11",
    "A profile without a unit is refused",
    "PUT chargingprofiles/{id} without charging_rate_unit",
    "no acceptance; 2001",
    **P,
)
def without_unit(trial: Trial) -> None:
    trial.endpoint("chargingprofiles", "RECEIVER")
    profile = {name: value for name, value in trial.samples.profile().items() if name != "charging_rate_unit"}
    body = {"charging_profile": profile, "response_url": trial.server().result_url("odd")}
    answer = trial.ask("PUT", "chargingprofiles", "RECEIVER", below(trial.samples.id("nothing")), body)
    result = answer.data.get("result") if isinstance(answer.data, dict) else None
    require(result != "ACCEPTED", "it was accepted", answer)
    require(not answer.problem and answer.status < 500, f"it broke the server: {answer.said}", answer)


def ongoing(trial: Trial) -> str:
    """A Session of ours that is charging. Raises Skipped."""
    trial.endpoint("chargingprofiles", "RECEIVER")
    if trial.options.role == "EMSP":
        start(trial)
        found = session_of_ours(trial)
        if found:
            return str(found["id"])
    if trial.serves("sessions", "SENDER"):
        for each in trial.crawl("sessions").objects:
            if each.get("status") == "ACTIVE":
                return str(each["id"])
    raise Skipped("no Session of ours is going on")


def _result(trial: Trial, method: str, kind: str) -> Exchange:
    session, name = ongoing(trial), f"profile-{method.lower()}"
    if name not in trial.known:
        trial.known[name] = ask(trial, method, session, name)
    answer = trial.prove(trial.known[name])
    if (found := response(trial, answer)) != "ACCEPTED":
        raise Skipped(f"the request was not accepted: {found}")
    result = trial.server().results(name, min(trial.options.patience, float(answer.data["timeout"]) + 5))
    if result is None:
        if float(answer.data["timeout"]) > trial.options.patience:
            raise Skipped(f"no result within {trial.options.patience:g} s")
        fail("no result came to the response_url", answer)
    trial.prove(result)
    require_no_faults(faults(kind, result.sent, trial.version), f"the {kind}", result)
    return result


@check(
    "CHP-15/a",
    "The result of setting a profile is posted",
    "PUT chargingprofiles/{session}, wait",
    "a ChargingProfileResult at the response_url",
    **P,
)
def set_has_a_result(trial: Trial) -> None:
    _result(trial, "PUT", "ChargingProfileResult")


@check(
    "CHP-15/b",
    "The active profile is posted",
    "GET chargingprofiles/{session}, wait",
    "an ActiveChargingProfileResult at the response_url",
    **P,
)
def get_has_a_result(trial: Trial) -> None:
    _result(trial, "GET", "ActiveChargingProfileResult")


@check(
    "CHP-17",
    "The active profile comes with ACCEPTED, and only then",
    "GET chargingprofiles/{session}, wait",
    "`profile` exactly where the result is ACCEPTED",
    **P,
)
def profile_with_accepted(trial: Trial) -> None:
    result = _result(trial, "GET", "ActiveChargingProfileResult")
    accepted = result.sent["result"] == "ACCEPTED"
    there = result.sent.get("profile") is not None
    require(accepted == there, f"{result.sent['result']} {'with' if there else 'without'} profile", result)


@check(
    "CHP-15/c",
    "The result of clearing a profile is posted",
    "DELETE chargingprofiles/{session}, wait",
    "a ClearProfileResult at the response_url",
    **P,
)
def clear_has_a_result(trial: Trial) -> None:
    _result(trial, "DELETE", "ClearProfileResult")


@check(
    "CHP-18/a",
    "An active profile is answered without data",
    "PUT an ActiveChargingProfile of a Session never asked for",
    "an envelope without `data`",
    **X,
)
def active_profile_is_answered(trial: Trial) -> None:
    trial.endpoint("chargingprofiles", "SENDER")
    body = {"start_date_time": stamp(), "charging_profile": trial.samples.profile()}
    answer = trial.ask("PUT", "chargingprofiles", "SENDER", below(trial.samples.id("S1")), body)
    require(not answer.problem and answer.status < 500, f"it broke the server: {answer.said}", answer)
    require(answer.code, f"no envelope came: {answer.said}", answer)
    require(not answer.ok or answer.data is None, "`data` must be absent", answer)


@check(
    "CHP-42",
    "An active profile without its time is refused",
    "PUT an ActiveChargingProfile without start_date_time",
    "2001",
    **X,
)
def active_profile_without_time(trial: Trial) -> None:
    trial.endpoint("chargingprofiles", "SENDER")
    answer = trial.ask("PUT", "chargingprofiles", "SENDER", below(trial.samples.id("S1")),
                       {"charging_profile": trial.samples.profile()})  # fmt: skip
    advise(not answer.ok, "it was taken", answer)
    require(not answer.problem and answer.status < 500, f"it broke the server: {answer.said}", answer)
