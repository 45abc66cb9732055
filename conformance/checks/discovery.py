"""The versions URL and the version details: the way in."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, OLD, SHOULD, check
from conformance.shapes import Enumeration, faults, tables
from conformance.trial import Trial
from conformance.verdict import Skipped, advise, given, require, require_no_faults, require_success

V = {"module": "versions", "stage": "invited"}


def endpoints(trial: Trial) -> list[dict[str, Any]]:
    """The Endpoints of the version details. Raises Skipped where there are none: VER-06."""
    answer = trial.prove(trial.known["details"])
    found = answer.data.get("endpoints") if isinstance(answer.data, dict) else None
    listed = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    given(listed, "no endpoint is listed", answer)
    return listed


@check(
    "VER-02",
    "The versions URL lists versions",
    "GET the versions URL with the token",
    "HTTP 200, 1000 and a list of at least one Version",
    **V,
)
def versions_are_listed(trial: Trial) -> None:
    answer = trial.prove(trial.known["versions"])
    require_success(answer, "GET of the versions URL")
    require(isinstance(answer.data, list) and answer.data, "`data` must be a list with a Version", answer)


@check(
    "VER-03",
    "Each Version has its number and the absolute URL of its details",
    "GET the versions URL",
    "`version` and an absolute `url` in each",
    **V,
)
def versions_are_whole(trial: Trial) -> None:
    answer = trial.prove(trial.known["versions"])
    for each in answer.data if isinstance(answer.data, list) else []:
        require_no_faults(faults("Version", each, trial.version), "a Version", answer)


@check(
    "VER-05",
    "Each listed version has details",
    "GET the `url` of each listed Version",
    "HTTP 200 and 1000 for each",
    **V,
)
def every_version_has_details(trial: Trial) -> None:
    for each in trial.versions:
        answer = trial.config("GET", trial.absolute(str(each.get("url") or "")))
        require_success(answer, f"GET of the details of {each.get('version')}")


@check(
    "VER-06",
    "Version details name the version and at least one endpoint",
    "GET the version details",
    "`version` as asked for, `endpoints` not empty",
    **V,
)
def details_are_whole(trial: Trial) -> None:
    answer = trial.prove(trial.known["details"])
    require(answer.data.get("version") == trial.version, f"`version` must be {trial.version}", answer)
    endpoints = answer.data.get("endpoints")
    require(isinstance(endpoints, list) and endpoints, "`endpoints` must be a list with an Endpoint", answer)


@check(
    "VER-07",
    "Each Endpoint has identifier, role and an absolute URL",
    "GET the version details",
    "`identifier`, `role` (SENDER or RECEIVER) and `url` in each",
    versions=NEWER,
    **V,
)
def endpoints_are_whole(trial: Trial) -> None:
    answer = trial.prove(trial.known["details"])
    require_no_faults(faults("VersionDetails", answer.data, trial.version), "the version details", answer)


@check(
    "VER-08",
    "Each Endpoint has identifier and an absolute URL",
    "GET the version details",
    "`identifier` and `url` in each",
    versions=OLD,
    **V,
)
def old_endpoints_are_whole(trial: Trial) -> None:
    endpoints_are_whole(trial)


@check(
    "VER-09",
    "An interface of a module is listed once",
    "GET the version details",
    "no identifier twice with the same role",
    **V,
)
def endpoints_are_listed_once(trial: Trial) -> None:
    names = [f"{each.get('identifier')} {each.get('role') or ''}".strip() for each in endpoints(trial)]
    twice = sorted({name for name in names if names.count(name) > 1})
    listed_once = advise if not trial.newer else require  # 2.1.1 says nothing of it
    listed_once(not twice, f"listed more than once: {', '.join(twice)}", trial.known["details"])


@check(
    "VER-11",
    "The credentials endpoint is announced once, as SENDER",
    "GET the version details",
    "one endpoint `credentials` with role SENDER",
    force=SHOULD,
    versions=NEWER,
    **V,
)
def credentials_is_announced_as_sender(trial: Trial) -> None:
    found = [each.get("role") for each in endpoints(trial) if each.get("identifier") == "credentials"]
    require(found == ["SENDER"], f"credentials is listed with the roles {found}", trial.known["details"])


@check(
    "VER-13",
    "Module identifiers are those of the specification, or carry a party's prefix",
    "GET the version details",
    "known ModuleIDs; custom ones begin with country code and party id",
    force=SHOULD,
    **V,
)
def identifiers_are_known(trial: Trial) -> None:
    known = tables(trial.version)["ModuleID"]
    assert isinstance(known, Enumeration)
    odd = [
        str(each.get("identifier"))
        for each in endpoints(trial)
        if each.get("identifier") not in known.values and "-" not in str(each.get("identifier"))
    ]
    require(not odd, f"not ModuleIDs of {trial.version}: {', '.join(odd)}", trial.known["details"])


@check(
    "VER-16", "The credentials module is there", "GET the version details", "an endpoint `credentials`", **V
)
def credentials_is_there(trial: Trial) -> None:
    require(trial.credentials_url, "no endpoint `credentials` is listed", trial.known["details"])


@check(
    "VER-17",
    "Modules come with the modules they depend on",
    "GET the version details",
    "commands with locations and sessions; chargingprofiles with sessions",
    force=SHOULD,
    **V,
)
def dependencies_are_met(trial: Trial) -> None:
    missing = [
        f"{module} without {other}"
        for module, others in (("commands", ("locations", "sessions")), ("chargingprofiles", ("sessions",)))
        for other in others
        if trial.find(module, "RECEIVER") and not trial.find(other, "")
    ]
    require(not missing, "; ".join(missing), trial.known["details"])


@check(
    "VER-18",
    "Version numbers are those of the specification",
    "GET the versions URL",
    "2.0, 2.1, 2.1.1, 2.2, 2.2.1, 2.3.0",
    force=SHOULD,
    **V,
)
def version_numbers_are_known(trial: Trial) -> None:
    answer = trial.prove(trial.known["versions"])
    known = ("2.0", "2.1", "2.1.1", "2.2", "2.2.1", "2.2.1-d2", "2.3.0", "3.0")
    odd = [str(each.get("version")) for each in trial.versions if each.get("version") not in known]
    require(not odd, f"unknown to the specification: {', '.join(odd)}", answer)


@check(
    "VER-25",
    "Asking for the versions changes nothing",
    "GET the versions URL twice",
    "the same list both times",
    **V,
)
def asking_for_versions_changes_nothing(trial: Trial) -> None:
    first, second = (trial.config("GET", trial.options.url) for _ in range(2))
    given(first.ok and second.ok, "the versions cannot be had", second)
    same = _urls(first.data) == _urls(second.data)
    require(same, "the second answer differs from the first", second)


def _urls(listed: Any) -> list[tuple[str, str]]:
    found = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return sorted((str(each.get("version")), str(each.get("url"))) for each in found)


@check(
    "VER-24",
    "The versions are there with the token in use, too, and the endpoints are the same",
    "GET versions and details after registration",
    "HTTP 200 and 1000; the endpoints that the registration was made with",
    module="versions",
)
def versions_after_registration(trial: Trial) -> None:
    if not trial.registered:
        raise Skipped("the token in use is the only one there is")
    require_success(trial.config("GET", trial.options.url), "GET of the versions URL")
    first = trial.known["details"]
    answer = require_success(trial.config("GET", first.url), "GET of the version details")
    if isinstance(answer.data, dict) and isinstance(answer.data.get("endpoints"), list):
        trial.details = answer.data
        same = _places(answer.data["endpoints"]) == _places(first.data.get("endpoints"))
        advise(same, "the invitation was shown other endpoints; partners keep those they saw first", answer)


def _places(listed: Any) -> list[str]:
    return sorted(str(each) for each in listed) if isinstance(listed, list) else []


@check(
    "TRA-91",
    "Endpoint URLs carry the version",
    "GET the version details",
    "the version in each URL",
    force=SHOULD,
    **V,
)
def urls_carry_the_version(trial: Trial) -> None:
    without = [str(e.get("url")) for e in endpoints(trial) if trial.version not in str(e.get("url"))]
    advise(not without, f"the version is not in {', '.join(without[:3])}", trial.known["details"])
