"""Commands that must not be accepted, and charging preferences."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, READING, SHOULD, check
from conformance.checks.commands import outcome, response, send, somewhere
from conformance.samples import stamp
from conformance.shapes import Enumeration, tables
from conformance.trial import Trial
from conformance.verdict import (
    Skipped,
    advise,
    fail,
    require,
    require_refusal,
    require_success,
)

C: Any = {"module": "commands", "interface": "RECEIVER", "roles": ("EMSP",), "writes": True}
OCCUPIED = ("REMOVED", "OUTOFORDER", "INOPERATIVE", "PLANNED", "CHARGING", "BLOCKED")


@check(
    "CMD-17",
    "A command for an unknown Location is not accepted",
    "POST commands/START_SESSION at an unknown Location",
    "2003 with CommandResponse REJECTED",
    **C,
)
def unknown_location(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    answer = send(trial, "START_SESSION", "lost", token=trial.samples.token("driver"),
                  location_id=trial.samples.id("nowhere"))  # fmt: skip
    if isinstance(answer.data, dict) and answer.data.get("result") == "ACCEPTED":
        advise(trial.newer, "it was accepted; 2.1.1 does not forbid it", answer)
        fail("it was accepted", answer)
    require(not answer.problem and answer.status < 500, f"it broke the server: {answer.said}", answer)
    if trial.unknown_to_hub(answer):
        return
    advise(answer.code == 2003, f"2003 is expected: {answer.said}", answer)
    advise(isinstance(answer.data, dict), "no CommandResponse came with it", answer)


@check(
    "CMD-18",
    "STOP_SESSION of an unknown Session is answered with UNKNOWN_SESSION",
    "POST commands/STOP_SESSION for an unknown Session",
    "1000, CommandResponse UNKNOWN_SESSION",
    **C,
)
def unknown_session(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    answer = send(trial, "STOP_SESSION", "lost-stop", session_id=trial.samples.id("nothing"))
    if trial.unknown_to_hub(answer):
        return
    found = response(trial, answer)
    require(found != "ACCEPTED", "it was accepted", answer)
    advise(found in ("UNKNOWN_SESSION", "NOT_SUPPORTED"), f"the result is {found}", answer)


@check(
    "AMB-44",
    "An unknown reservation is not cancelled",
    "POST commands/CANCEL_RESERVATION of an unknown one",
    "REJECTED at once, or a result that is not ACCEPTED",
    versions=NEWER,
    force=READING,
    **C,
)
def unknown_reservation(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    answer = send(trial, "CANCEL_RESERVATION", "cancel-lost", reservation_id=trial.samples.id("W"))
    if not trial.unknown_to_hub(answer) and response(trial, answer) == "ACCEPTED":
        found = outcome(trial, answer, "cancel-lost")
        require((found.sent or {}).get("result") != "ACCEPTED", "it was cancelled", found)


@check(
    "CMD-49",
    "A command that OCPI does not know is not accepted",
    "POST commands/MAKE_COFFEE",
    "NOT_SUPPORTED (2.3.0), or 404",
    **C,
)
def unknown_command(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    answer = send(trial, "MAKE_COFFEE", "coffee")
    require(not answer.problem and answer.status < 500, f"it broke the server: {answer.said}", answer)
    result = answer.data.get("result") if isinstance(answer.data, dict) else None
    require(result != "ACCEPTED", "it was accepted", answer)
    if trial.version == "2.3.0":
        advise(result == "NOT_SUPPORTED", f"NOT_SUPPORTED is expected: {answer.said}", answer)


@check(
    "CMD-03",
    "A command without its fields is refused with 2001, and no HTTP error",
    "POST commands/START_SESSION without token",
    "HTTP 200 and 2001",
    **C,
)
def incomplete_command(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    location, evse, _ = somewhere(trial)
    answer = send(trial, "START_SESSION", "nobody", location_id=location, evse_uid=evse)
    result = answer.data.get("result") if isinstance(answer.data, dict) else None
    require(result != "ACCEPTED", "it was accepted", answer)
    require(not answer.problem and answer.status < 500, f"it broke the server: {answer.said}", answer)
    if trial.newer:
        require(answer.status < 400, f"an HTTP error for valid JSON: {answer.said}", answer)
    advise(answer.code == 2001, f"2001 is expected: {answer.said}", answer)


@check(
    "ARC-20/b",
    "A response_url that is none of ours is not called",
    "POST commands/START_SESSION with a response_url of scheme file",
    "no success, or no acceptance",
    force=READING,
    **C,
)
def hostile_response_url(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    location, evse, _ = somewhere(trial)
    body = {"response_url": "file:///etc/passwd", "token": trial.samples.token("driver"),
            "location_id": location, "evse_uid": evse}  # fmt: skip
    answer = trial.ask("POST", "commands", "RECEIVER", "/START_SESSION", body)
    accepted = isinstance(answer.data, dict) and answer.data.get("result") == "ACCEPTED"
    require(not accepted, "a command whose result can go nowhere was accepted", answer)
    require(not answer.problem and answer.status < 500, f"it broke the server: {answer.said}", answer)


@check(
    "CMD-34",
    "Nobody starts a session with a stranger's Token",
    "POST commands/START_SESSION with a Token of a party that is not ours",
    "not accepted",
    versions=NEWER,
    force=SHOULD,
    **C,
)
def strangers_token(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    location, evse, _ = somewhere(trial)
    answer = send(trial, "START_SESSION", "stranger", token=trial.samples.token("driver", party_id="QQQ"),
                  location_id=location, evse_uid=evse)  # fmt: skip
    accepted = isinstance(answer.data, dict) and answer.data.get("result") == "ACCEPTED"
    require(not accepted, "it was accepted", answer)


@check(
    "SES-42",
    "Charging preferences of an unknown Session are refused",
    "PUT sessions/{unknown}/charging_preferences",
    "HTTP 404",
    module="sessions",
    interface="SENDER",
    roles=("EMSP",),
    versions=NEWER,
    writes=True,
)
def preferences_of_unknown(trial: Trial) -> None:
    at = f"/{trial.samples.id('nothing')}/charging_preferences"
    answer = require_refusal(trial.ask("PUT", "sessions", "SENDER", at, {"profile_type": "FAST"}))
    if trial.unknown_to_hub(answer):
        return
    advise(answer.status == 404, f"404 is expected: {answer.said}", answer)


@check(
    "SES-32",
    "Charging preferences get one word as an answer",
    "PUT sessions/{id}/charging_preferences",
    "`data` is a ChargingPreferencesResponse",
    module="sessions",
    interface="SENDER",
    roles=("EMSP",),
    versions=NEWER,
    writes=True,
)
def preferences_are_answered(trial: Trial) -> None:
    trial.endpoint("sessions", "SENDER")
    listed = [each for each in trial.crawl("sessions").objects if each.get("status") == "ACTIVE"]
    if not listed:
        raise Skipped("no active Session is listed")
    at = f"/{listed[0]['id']}/charging_preferences"
    body = {"profile_type": "FAST", "departure_time": stamp(7200), "energy_need": 20}
    answer = trial.ask("PUT", "sessions", "SENDER", at, body)
    if answer.status == 404 and answer.code == 2001:
        return  # SES-42: this EVSE knows no preferences
    require_success(answer, "PUT of charging preferences")
    words = tables(trial.version)["ChargingPreferencesResponse"]
    assert isinstance(words, Enumeration)
    require(answer.data in words.values, f"`data` is {answer.data!r}", answer)


@check(
    "ARC-20/c",
    "A result goes to no host that we did not announce",
    "POST commands/STOP_SESSION with a response_url on another host",
    "refused, or at least no result sent there with our token",
    force=READING,
    **C,
)
def response_url_elsewhere(trial: Trial) -> None:
    trial.endpoint("commands", "RECEIVER")
    home = trial.server().base_url
    if "//127.0.0.1" not in home:
        raise Skipped("needs two names for the kit's address; tried on 127.0.0.1 only")
    url = home.replace("127.0.0.1", "localhost") + "/kit/answers/elsewhere"
    location, evse, connector = somewhere(trial, "UNLOCK_CAPABLE")
    where = {"location_id": location, "evse_uid": evse, "connector_id": connector}
    body = {"response_url": url, **where}
    answer = trial.ask("POST", "commands", "RECEIVER", "/UNLOCK_CONNECTOR", body)
    if not (isinstance(answer.data, dict) and answer.data.get("result") == "ACCEPTED"):
        return
    path = "/kit/answers/elsewhere"
    came = trial.server().wait_for(lambda each: path in each.url, min(2.0, trial.options.patience))
    require(came is None, "the result, and our token, went to a host that we never announced", came)
