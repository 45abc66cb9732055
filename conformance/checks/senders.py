"""Single objects on Sender interfaces: only Locations and their parts have them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from conformance.check import NEWER, READING, check
from conformance.checks.location_content import connectors, evses
from conformance.checks.paging import roles_for
from conformance.shapes import earlier, faults
from conformance.trial import Trial
from conformance.verdict import Skipped, given, require, require_no_faults, require_success

S = {"module": "locations", "interface": "SENDER", "roles": roles_for("locations")}


def a_location(trial: Trial) -> dict[str, Any]:
    """A listed Location with an EVSE and a Connector. Raises Skipped."""
    for each in trial.crawl("locations").objects:
        if each.get("id") and evses(each) and connectors(evses(each)[0]):
            return each
    raise Skipped("no Location with an EVSE and a Connector is listed")


def segments(*ids: Any) -> str:
    """Path segments, each percent-encoded."""
    return "".join("/" + quote(str(id), safe="") for id in ids)


def _same(trial: Trial, kind: str, listed: dict[str, Any], *ids: Any) -> None:
    answer = trial.ask("GET", "locations", "SENDER", segments(*ids))
    require_success(answer, f"GET of a {kind}")
    require(isinstance(answer.data, dict), f"`data` must be one {kind}", answer)
    require_no_faults(faults(kind, answer.data, trial.version), f"the {kind}", answer)
    name = "uid" if kind == "EVSE" else "id"
    same = str(answer.data.get(name)).upper() == str(listed.get(name)).upper()
    require(same, f"it is {answer.data.get(name)!r}", answer)
    old = earlier(answer.data.get("last_updated"), listed.get("last_updated"))
    require(not old, "its last_updated is older than in the list", answer)


@check(
    "LOC-31/a", "A single Location can be had", "GET locations/{location_id}", "the Location of the list", **S
)
def single_location(trial: Trial) -> None:
    chosen = a_location(trial)
    _same(trial, "Location", chosen, chosen["id"])


@check(
    "LOC-31/b",
    "A single EVSE can be had",
    "GET locations/{location_id}/{evse_uid}",
    "the EVSE of the list",
    **S,
)
def single_evse(trial: Trial) -> None:
    chosen = a_location(trial)
    evse = evses(chosen)[0]
    _same(trial, "EVSE", evse, chosen["id"], evse["uid"])


@check(
    "LOC-31/c",
    "A single Connector can be had",
    "GET locations/{location_id}/{evse_uid}/{connector_id}",
    "the Connector of the list",
    **S,
)
def single_connector(trial: Trial) -> None:
    chosen = a_location(trial)
    evse = evses(chosen)[0]
    _same(trial, "Connector", connectors(evse)[0], chosen["id"], evse["uid"], connectors(evse)[0]["id"])


@check(
    "STA-05/a",
    "An unknown Location is not found",
    "GET locations/{an id nobody has}",
    "HTTP 404 with an envelope",
    force="SHOULD",
    **S,
)
def unknown_location(trial: Trial) -> None:
    answer = trial.ask("GET", "locations", "SENDER", segments(trial.samples.id("nowhere")))
    require(not answer.ok, f"an unknown Location was found: {answer.said}", answer)
    if trial.unknown_to_hub(answer):
        return
    require(answer.status == 404 and answer.code, f"must be 404 with an envelope: {answer.said}", answer)


@check(
    "LOC-28",
    "A window of time shows whole Locations",
    "GET locations?date_from=<last_updated of a Location>",
    "as many EVSEs as in the whole list",
    **S,
)
def windows_show_whole_locations(trial: Trial) -> None:
    chosen = a_location(trial)
    given(chosen.get("last_updated"), "it has no last_updated")
    page = trial.crawl("locations").page(date_from=chosen["last_updated"])
    for each in page.data if isinstance(page.data, list) else []:
        if each.get("id") == chosen["id"]:
            require(len(evses(each)) == len(evses(chosen)), f"{len(evses(each))} EVSEs came", page)
            return
    raise Skipped("the Location is on a later page of the window")


@check(
    "TYP-01/a",
    "Ids are read in any case",
    "GET locations/{location_id} in the other case",
    "the same Location",
    force=READING,
    versions=NEWER,
    **S,
)
def ids_in_any_case(trial: Trial) -> None:
    chosen = a_location(trial)
    other = str(chosen["id"]).swapcase()
    if other == chosen["id"]:
        raise Skipped("the id has no letters")
    require_success(
        trial.ask("GET", "locations", "SENDER", segments(other)), "GET with the id in the other case"
    )


@check("AMB-39/a", "A trailing slash does no harm", "GET locations/", "the list", force=READING, **S)
def trailing_slash(trial: Trial) -> None:
    require_success(trial.ask("GET", "locations", "SENDER", "/"), "GET with a trailing slash")


@check(
    "SES-10",
    "date_from of Sessions may be left out",
    "GET sessions without date_from",
    "a list",
    force=READING,
    module="sessions",
    interface="SENDER",
    roles=roles_for("sessions"),
)
def sessions_without_date_from(trial: Trial) -> None:
    answer = require_success(trial.ask("GET", "sessions", "SENDER"), "GET sessions without date_from")
    require(isinstance(answer.data, list), "`data` must be an array", answer)


@check(
    "LOC-71",
    "Connectors name Tariffs that there are",
    "GET all pages of locations and tariffs",
    "each tariff id of a Connector is listed",
    force="SHOULD",
    module="locations",
    interface="SENDER",
    roles=("EMSP", "NSP", "NAP", "OTHER"),
)
def tariffs_are_known(trial: Trial) -> None:
    trial.endpoint("tariffs", "SENDER")
    tariffs = trial.crawl("tariffs")
    given(tariffs.quiet, "not all Tariffs could be seen")
    known = {str(each.get("id")).upper() for each in tariffs.objects}
    named = {
        str(id).upper()
        for location in trial.crawl("locations").objects
        for evse in evses(location)
        for each in connectors(evse)
        for id in each.get("tariff_ids") or [each.get("tariff_id")]
        if id
    }
    require(named <= known, f"nobody lists the Tariffs {', '.join(sorted(named - known)[:5])}")
