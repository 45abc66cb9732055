"""EVSEs and Connectors pushed by themselves, and PATCHes."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, OLD, READING, check
from conformance.checks.locations import whole
from conformance.receiving import get, once, patch, path, put, require_same, same_id
from conformance.samples import stamp
from conformance.shapes import earlier, moment
from conformance.trial import Trial
from conformance.verdict import require, require_refusal

L: Any = {"module": "locations", "interface": "RECEIVER", "roles": ("CPO",), "writes": True}


@check(
    "LOC-41/a", "A part can be read", "GET an EVSE and a Connector of ours", "the EVSE, the Connector", **L
)
def parts_can_be_read(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id, uid = whole(trial), trial.samples.id("E1")
    evse = get(trial, "locations", id, uid)
    require(same_id(evse.get("uid"), uid), "another EVSE came", trial.proofs[-1])
    connector = get(trial, "locations", id, uid, "1")
    require(connector.get("id") == "1", "another Connector came", trial.proofs[-1])


@check(
    "LOC-45", "A new EVSE joins its Location", "PUT a third EVSE, then GET the Location", "three EVSEs", **L
)
def evse_joins(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id, samples = whole(trial, "L4"), trial.samples
    put(trial, "locations", samples.evse("E3", last_updated=stamp(-1000)), id, samples.id("E3"))
    uids = {str(each.get("uid")).upper() for each in get(trial, "locations", id).get("evses") or []}
    wanted = {samples.id(each).upper() for each in ("E1", "E2", "E3")}
    require(wanted <= uids, f"the EVSEs are {uids}", trial.proofs[-1])


def _as_new(trial: Trial, expected: str, *ids: Any) -> None:
    held = get(trial, "locations", *ids)
    found = held.get("last_updated")
    old = moment(found) is None or earlier(found, expected)
    require(not old, f"last_updated is {found}, the part's is {expected}", trial.proofs[-1])


@check(
    "LOC-44",
    "PUT of an EVSE makes its Location as new",
    "PUT an EVSE with a newer last_updated, GET the Location",
    "the same last_updated, or later",
    versions=NEWER,
    **L,
)
def evse_moves_location(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id, samples, at = whole(trial, "L5"), trial.samples, stamp(-900)
    put(trial, "locations", samples.evse("E1", status="CHARGING", last_updated=at), id, samples.id("E1"))
    _as_new(trial, at, id)


@check(
    "LOC-43",
    "PUT of a Connector makes its EVSE and Location as new",
    "PUT a Connector with a newer last_updated",
    "the same last_updated on both, or later",
    versions=NEWER,
    **L,
)
def connector_moves_parents(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id, samples, at = whole(trial, "L6"), trial.samples, stamp(-800)
    uid = samples.id("E1")
    put(trial, "locations", samples.connector("1", last_updated=at), id, uid, "1")
    _as_new(trial, at, id, uid)
    _as_new(trial, at, id)


@check(
    "LOC-51",
    "The status of an EVSE changes by PATCH",
    "PATCH {status, last_updated} of an EVSE, GET it",
    "the new status, all else as it was",
    **L,
)
def status_by_patch(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id, uid = whole(trial, "L7"), trial.samples.id("E1")
    patch(trial, "locations", {"status": "CHARGING", "last_updated": stamp(-700)}, id, uid)
    held = get(trial, "locations", id, uid)
    require(held.get("status") == "CHARGING", f"status is {held.get('status')!r}", trial.proofs[-1])
    require(held.get("connectors"), "the Connectors are gone", trial.proofs[-1])


@check(
    "LOC-47",
    "PATCH changes what it names, and nothing else",
    "PATCH `name` of a Location, GET it",
    "the new name, all else as it was",
    **L,
)
def patch_changes_what_it_names(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    sent = trial.samples.location("L8")
    once(trial, "locations", "L8", sent, sent["id"])
    changes = {"name": "Renamed", "last_updated": stamp(-600)}
    patch(trial, "locations", changes, sent["id"])
    require_same(trial, {**sent, **changes}, get(trial, "locations", sent["id"]))


@check(
    "LOC-49",
    "PATCH of a part makes its parents as new",
    "PATCH a Connector, GET EVSE and Location",
    "the same last_updated on both, or later",
    versions=NEWER,
    **L,
)
def patch_moves_parents(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id, uid, at = whole(trial, "L9"), trial.samples.id("E1"), stamp(-500)
    patch(trial, "locations", {"max_amperage": 16, "last_updated": at}, id, uid, "1")
    _as_new(trial, at, id, uid)
    _as_new(trial, at, id)


@check(
    "TRA-49/a",
    "PATCH without last_updated is refused",
    "PATCH {status} of an EVSE",
    "HTTP 200 and 2001",
    versions=NEWER,
    **L,
)
def patch_without_last_updated(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    id, uid = whole(trial), trial.samples.id("E1")
    answer = trial.ask("PATCH", "locations", "RECEIVER", path(trial, id, uid), {"status": "BLOCKED"})
    require_refusal(answer, 2001, "a PATCH without last_updated")


@check(
    "TRA-50",
    "PATCH without last_updated is taken",
    "PATCH {status} of an EVSE",
    "HTTP 200 and 1000",
    versions=OLD,
    **L,
)
def old_patch_without_last_updated(trial: Trial) -> None:
    trial.endpoint("locations", "RECEIVER")
    patch(trial, "locations", {"status": "BLOCKED"}, whole(trial), trial.samples.id("E1"))


@check(
    "TRA-51/a",
    "PATCH of what is unknown is refused",
    "PATCH a Location that was never sent",
    "HTTP 404 (so that the sender PUTs it)",
    force=READING,
    **L,
)
def patch_of_unknown(trial: Trial) -> None:
    body = {"name": "Nowhere", "last_updated": stamp()}
    answer = trial.ask("PATCH", "locations", "RECEIVER", path(trial, trial.samples.id("never")), body)
    require(not answer.ok, "a PATCH of an unknown Location was taken", answer)
    require(answer.status == 404, f"404 is expected: {answer.said}", answer)


@check(
    "AMB-05",
    "An EVSE without a known Location is refused",
    "PUT an EVSE below a Location that was never sent",
    "HTTP 404",
    force=READING,
    **L,
)
def orphan(trial: Trial) -> None:
    at = path(trial, trial.samples.id("never"), trial.samples.id("E1"))
    answer = trial.ask("PUT", "locations", "RECEIVER", at, trial.samples.evse("E1"))
    require(not answer.ok, "an EVSE of an unknown Location was taken", answer)
    require(answer.status == 404, f"404 is expected: {answer.said}", answer)
