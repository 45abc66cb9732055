"""Sessions pushed to the other side."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, OLD, check
from conformance.receiving import below, get, patch, path, put, refused_in_words, require_same, strangers
from conformance.samples import ABSENT, stamp
from conformance.shapes import faults
from conformance.trial import Trial
from conformance.verdict import Skipped, require, require_refusal

S: Any = {"module": "sessions", "interface": "RECEIVER", "roles": ("CPO",), "writes": True}


def for_their_driver(trial: Trial) -> None:
    """Sessions and CDRs name a Token of the other side: a listed one where there is any."""
    if trial.samples.driver is None:
        trial.endpoint("sessions", "RECEIVER")
        listed = trial.crawl("tokens").objects if trial.serves("tokens", "SENDER") else []
        whole = [each for each in listed if not faults("Token", each, trial.version)]
        usable = [each for each in whole if each.get("valid") and each.get("type") == "RFID"] or whole
        if not usable and trial.is_hub:
            raise Skipped("no Token is listed, so the hub knows no eMSP that this would be for")
        trial.samples.driver = usable[0] if usable else _made_up(trial)


def _made_up(trial: Trial) -> dict[str, Any]:
    token = trial.samples.token("driver")
    to = trial.receiver_for("sessions", "RECEIVER")
    return (
        token if not trial.newer or not to else {**token, **{n: to[n] for n in ("country_code", "party_id")}}
    )


def ongoing(trial: Trial, name: str) -> str:
    """The id of a Session of ours with one charging period. Raises Failed."""
    for_their_driver(trial)
    put(trial, "sessions", trial.samples.session(name), trial.samples.id(name))
    return trial.samples.id(name)


def _periods(trial: Trial, id: str) -> list[Any]:
    return list(get(trial, "sessions", id).get("charging_periods") or [])


@check(
    "SES-12",
    "A Session is taken and read back as it was sent",
    "PUT a Session, then GET it",
    "1000, and every field that was sent",
    **S,
)
def new_session(trial: Trial) -> None:
    for_their_driver(trial)
    sent = trial.samples.session("S1")
    put(trial, "sessions", sent, sent["id"])
    held = get(trial, "sessions", sent["id"])
    sent.pop("location", None)  # a 2.1.1 Session embeds it; how much of it is kept is up to the receiver
    require_same(trial, sent, held)


@check(
    "SES-13",
    "PUT replaces a Session",
    "PUT a Session with other kwh and without meter_id, GET it",
    "the new kwh, no meter_id",
    **S,
)
def put_replaces(trial: Trial) -> None:
    for_their_driver(trial)
    id = trial.samples.id("S2")
    put(trial, "sessions", trial.samples.session("S2", meter_id="M1"), id)
    put(trial, "sessions", trial.samples.session("S2", kwh=3.25, last_updated=stamp(-1100)), id)
    held = get(trial, "sessions", id)
    require(held.get("kwh") == 3.25, f"kwh is {held.get('kwh')!r}", trial.proofs[-1])
    require(not held.get("meter_id"), "meter_id is still there", trial.proofs[-1])


@check(
    "SES-14",
    "PUT without charging_periods removes them",
    "PUT a Session without charging_periods, GET it",
    "none",
    versions=NEWER,
    **S,
)
def put_removes_periods(trial: Trial) -> None:
    id = ongoing(trial, "S3")
    put(
        trial, "sessions", trial.samples.session("S3", charging_periods=ABSENT, last_updated=stamp(-1100)), id
    )
    require(not _periods(trial, id), "the old ones are still there", trial.proofs[-1])


@check(
    "SES-17",
    "charging_periods of a PATCH are appended",
    "PATCH one period, GET the Session",
    "the old one and the new one",
    versions=NEWER,
    **S,
)
def periods_are_appended(trial: Trial) -> None:
    id = ongoing(trial, "S4")
    new = trial.samples.period(-600, 0.75)
    patch(trial, "sessions", {"charging_periods": [new], "kwh": 2.25, "last_updated": stamp(-500)}, id)
    periods = _periods(trial, id)
    require(len(periods) == 2, f"{len(periods)} periods are there, two are expected", trial.proofs[-1])
    require(periods[1].get("dimensions") == new["dimensions"], "the second is another one", trial.proofs[-1])


@check(
    "SES-18",
    "A PATCH without charging_periods, or with none, leaves them alone",
    "PATCH kwh, then an empty list; GET the Session",
    "the periods as they were",
    versions=NEWER,
    **S,
)
def periods_are_left_alone(trial: Trial) -> None:
    id = ongoing(trial, "S5")
    patch(trial, "sessions", {"kwh": 1.75, "last_updated": stamp(-500)}, id)
    patch(trial, "sessions", {"charging_periods": [], "last_updated": stamp(-400)}, id)
    require(len(_periods(trial, id)) == 1, "the periods changed", trial.proofs[-1])


@check(
    "SES-20",
    "charging_periods of a PATCH replace the stored ones",
    "PATCH one other period, GET the Session",
    "the new one alone",
    versions=OLD,
    **S,
)
def old_periods_are_replaced(trial: Trial) -> None:
    id = ongoing(trial, "S4")
    patch(trial, "sessions", {"charging_periods": [trial.samples.period(-600, 0.75)]}, id)
    require(len(_periods(trial, id)) == 1, "it is not one period", trial.proofs[-1])


@check(
    "TRA-47",
    "PATCH changes what it names, and nothing else",
    "PATCH `status`, GET the Session",
    "COMPLETED, all else as it was",
    **S,
)
def patch_changes_what_it_names(trial: Trial) -> None:
    id = ongoing(trial, "S6")
    ending = {"end_datetime" if not trial.newer else "end_date_time": stamp(-300)}
    patch(trial, "sessions", {"status": "COMPLETED", **ending, "last_updated": stamp(-300)}, id)
    held = get(trial, "sessions", id)
    require(held.get("status") == "COMPLETED", f"status is {held.get('status')!r}", trial.proofs[-1])
    require(
        held.get("kwh") == 1.5 and held.get("currency") == "EUR", "other fields changed", trial.proofs[-1]
    )


@check(
    "TRA-49/b",
    "PATCH of a Session without last_updated is refused",
    "PATCH {kwh}",
    "HTTP 200 and 2001",
    versions=NEWER,
    **S,
)
def patch_without_last_updated(trial: Trial) -> None:
    id = ongoing(trial, "S7")
    answer = trial.ask("PATCH", "sessions", "RECEIVER", path(trial, id), {"kwh": 9})
    require_refusal(answer, 2001, "a PATCH without last_updated")


@check(
    "SES-16",
    "PATCH addresses the whole Session",
    "PATCH a part of a Session by more path segments",
    "no success; HTTP 404 or 405",
    versions=NEWER,
    **S,
)
def no_parts(trial: Trial) -> None:
    id = ongoing(trial, "S8")
    body = {"last_updated": stamp(), "dimensions": []}
    answer = trial.ask("PATCH", "sessions", "RECEIVER", path(trial, id, "charging_periods", "0"), body)
    require_refusal(answer, 0, "a PATCH of a part of a Session")


@check(
    "STA-14/d",
    "A Session without energy is refused with 2001, and no HTTP error",
    "PUT an ACTIVE Session without `kwh`",
    "HTTP 200 and 2001",
    **S,
)
def without_energy(trial: Trial) -> None:
    for_their_driver(trial)
    body = trial.samples.session("S9", kwh=ABSENT)
    refused_in_words(trial, trial.ask("PUT", "sessions", "RECEIVER", path(trial, body["id"]), body))


@check(
    "TRA-54/e",
    "Nobody writes a stranger's Session",
    "PUT a Session of a party that is not ours",
    "no success",
    **S,
)
def strangers_session(trial: Trial) -> None:
    for_their_driver(trial)
    body = trial.samples.session("S1", **({"party_id": "QQQ"} if trial.newer else {}))
    answer = trial.ask("PUT", "sessions", "RECEIVER", below(trial.country, "QQQ", body["id"]), body)
    strangers(trial, answer, "a stranger's Session")


@check(
    "SES-28/b",
    "A Session of unknown Location is taken",
    "PUT a Session at a Location never sent",
    "1000",
    versions=NEWER,
    **S,
)
def location_never_sent(trial: Trial) -> None:
    for_their_driver(trial)
    id = trial.samples.id("S10")
    put(trial, "sessions", trial.samples.session("S10", location_id=trial.samples.id("never")), id)
