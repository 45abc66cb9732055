"""Locations pushed to the other side: new, again, read back, never deleted."""

from __future__ import annotations

from typing import Any

from conformance.check import SHOULD, check
from conformance.receiving import get, once, path, put, require_created, require_same, same_id
from conformance.samples import ABSENT, stamp
from conformance.trial import Trial
from conformance.verdict import advise, require, require_success

L: Any = {"module": "locations", "interface": "RECEIVER", "roles": ("CPO",), "writes": True}


def whole(trial: Trial, name: str = "L1") -> str:
    """The id of a Location of ours that the other side holds, with EVSEs E1 and E2. Raises Failed."""
    id = trial.samples.id(name)
    once(trial, "locations", name, trial.samples.location(name), id)
    return id


@check(
    "LOC-42/a",
    "A new Location is taken and read back as it was sent",
    "PUT a Location, then GET it",
    "1000, and every field that was sent",
    **L,
)
def new_location(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    sent = trial.samples.location("L1")
    once(trial, "locations", "L1", sent, sent["id"])
    require_same(trial, sent, get(trial, "locations", sent["id"]))


@check("STA-07/a", "What is new is answered with 201", "PUT a new Location", "HTTP 201", force=SHOULD, **L)
def new_is_201(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    whole(trial)
    require_created(trial.known["put/locations/L1"])


@check(
    "STA-06/a",
    "What is known is answered with 200",
    "PUT the same Location again",
    "HTTP 200",
    force=SHOULD,
    **L,
)
def known_is_200(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    whole(trial)
    answer = put(
        trial, "locations", trial.samples.location("L1", last_updated=stamp(-3000)), trial.samples.id("L1")
    )
    advise(answer.status == 200, f"an update should be answered with 200: {answer.said}", answer)


@check(
    "TRA-46/a",
    "PUT replaces: what is left out is gone",
    "PUT a Location without `name`, then GET it",
    "no `name`",
    **L,
)
def put_replaces(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id = trial.samples.id("L2")
    put(trial, "locations", trial.samples.location("L2", last_updated=stamp(-3500)), id)
    put(trial, "locations", trial.samples.location("L2", name=ABSENT, last_updated=stamp(-3400)), id)
    held = get(trial, "locations", id)
    require(not held.get("name"), f"`name` is still {held.get('name')!r}", trial.proofs[-1])


@check(
    "LOC-46",
    "PUT of a Location replaces its EVSEs",
    "PUT a Location with one EVSE of two, then GET it",
    "one EVSE (or the other one REMOVED)",
    **L,
)
def put_replaces_evses(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id, samples = trial.samples.id("L3"), trial.samples
    put(trial, "locations", samples.location("L3", last_updated=stamp(-3500)), id)
    put(trial, "locations", samples.location("L3", evses=[samples.evse("E1")], last_updated=stamp(-3400)), id)
    held = get(trial, "locations", id).get("evses") or []
    left = [str(each.get("uid")) for each in held if each.get("status") != "REMOVED"]
    alone = len(left) == 1 and same_id(left[0], samples.id("E1"))
    require(alone, f"the EVSEs are {left}", trial.proofs[-1])


@check(
    "LOC-41/b",
    "What was never sent is not found",
    "GET a Location of ours that was never sent",
    "HTTP 404",
    force=SHOULD,
    **{**L, "writes": False},
)
def never_sent(trial: Trial) -> None:
    answer = trial.ask("GET", "locations", "RECEIVER", path(trial, trial.samples.id("never")))
    require(not answer.ok, f"it was found: {answer.said}", answer)
    require(answer.status == 404 and answer.code, f"must be 404 with an envelope: {answer.said}", answer)


@check(
    "LOC-04",
    "Locations are never deleted",
    "DELETE a Location of ours, then GET it",
    "HTTP 405; it is still there",
    **L,
)
def never_deleted(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id = whole(trial, "L14")
    answer = trial.ask("DELETE", "locations", "RECEIVER", path(trial, id))
    require(not answer.ok, "a DELETE was taken", answer)
    require_success(trial.ask("GET", "locations", "RECEIVER", path(trial, id)), "GET after the DELETE")
    advise(answer.status == 405, f"405 is expected: {answer.said}", answer)
