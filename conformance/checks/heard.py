"""What the other side calls: its requests to us, judged as it judges ours."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import urlsplit

from conformance.check import NEWER, SHOULD, check
from conformance.lists import parameters
from conformance.peer import Exchange
from conformance.shapes import faults
from conformance.trial import CONFIGURATION, Trial
from conformance.verdict import Skipped, fail, require, require_no_faults

W: Any = {"stage": "heard", "module": "our server"}
KINDS = {
    "locations": "Location",
    "sessions": "Session",
    "cdrs": "CDR",
    "tariffs": "Tariff",
    "tokens": "Token",
    "hubclientinfo": "ClientInfo",
}
FUNCTIONAL = (*KINDS, "commands", "chargingprofiles", "results")
ROUTING = ("ocpi-to-party-id", "ocpi-to-country-code", "ocpi-from-party-id", "ocpi-from-country-code")


def heard(trial: Trial) -> list[Exchange]:
    """Every request of the other side. Raises Skipped where there was none."""
    found = [
        each
        for each in trial.server().heard
        if each.status != 401 or each.request_headers.get("authorization")
    ]
    if not found:
        raise Skipped("the other side called nothing")
    for each in found[:3]:
        trial.prove(each)
    return found


def pushed(trial: Trial, *methods: str) -> list[tuple[Exchange, str]]:
    """Pushes to our interfaces and the kind of object each carries. Raises Skipped."""
    found = [
        (each, part_of(trial, each))
        for each in heard(trial)
        if each.method in methods and each.module in KINDS and "/x-yours/" in each.url
    ]
    if not found:
        raise Skipped(f"the other side sent no {' or '.join(methods)}")
    return found


def segments(trial: Trial, each: Exchange) -> list[str]:
    """What follows the endpoint URL in a request to us."""
    base = urlsplit(trial.server().url(each.module, "RECEIVER")).path
    return [part for part in urlsplit(each.url).path.removeprefix(base).split("/") if part]


def part_of(trial: Trial, each: Exchange) -> str:
    kind = KINDS[each.module]
    return {4: "EVSE", 5: "Connector"}.get(len(segments(trial, each)), kind) if kind == "Location" else kind


@check(
    "TRA-02",
    "Every request to us carries our token",
    "what is heard",
    "Authorization with a token that we gave",
    **W,
)
def requests_are_authorized(trial: Trial) -> None:
    scripted = ("/kit/moved", "/kit/broken", "/kit/elsewhere")
    for each in trial.server().heard:
        if each.module != "results" and not any(path in each.url for path in scripted):  # results: AMB-25
            require(each.status != 401, f"{each.method} {urlsplit(each.url).path} without our token", each)
    heard(trial)


@check(
    "TRA-04/b",
    "The token is sent Base64-encoded",
    "what is heard",
    "`Token ` and Base64 of the token",
    versions=NEWER,
    **W,
)
def token_is_encoded(trial: Trial) -> None:
    for each in heard(trial):
        value = each.request_headers.get("authorization", "")
        require(value.startswith("Token "), f"Authorization begins with {value[:6]!r}", each)
        try:
            text = base64.b64decode(value.removeprefix("Token "), validate=True).decode()
        except ValueError:
            fail("the token came bare, not in Base64", each)
        require(text == text.strip(), "a line feed was encoded along with the token", each)


@check(
    "TRA-80",
    "Every request has an id of its own",
    "what is heard",
    "X-Request-ID, unique",
    versions=NEWER,
    **W,
)
def requests_have_ids(trial: Trial) -> None:
    seen: set[str] = set()
    for each in heard(trial):
        id = each.request_headers.get("x-request-id", "")
        require(id, f"{each.method} {urlsplit(each.url).path} has no X-Request-ID", each)
        require(id not in seen, "an X-Request-ID came twice", each)
        seen.add(id)


@check(
    "TRA-82",
    "Every request says to which exchange it belongs",
    "what is heard",
    "X-Correlation-ID",
    versions=NEWER,
    **W,
)
def requests_have_correlations(trial: Trial) -> None:
    for each in heard(trial):
        has = each.request_headers.get("x-correlation-id")
        require(has, f"{each.method} {urlsplit(each.url).path} has no X-Correlation-ID", each)


@check(
    "TRA-84",
    "Ids are UUIDs",
    "what is heard",
    "X-Request-ID has the form of a UUID",
    versions=NEWER,
    force=SHOULD,
    **W,
)
def ids_are_uuids(trial: Trial) -> None:
    for each in heard(trial):
        id = each.request_headers.get("x-request-id", "")
        require(len(id) >= 32, f"X-Request-ID is {id!r}", each)


@check(
    "TRA-15",
    "A body says that it is JSON",
    "what is heard",
    "Content-Type application/json where there is a body",
    versions=NEWER,
    **W,
)
def bodies_are_json(trial: Trial) -> None:
    for each in heard(trial):
        if each.request_body:
            kind = each.request_headers.get("content-type", "")
            require(kind.lower().startswith("application/json"), f"Content-Type is {kind!r}", each)


@check(
    "TRA-90",
    "Our URLs are those of our version details",
    "what is heard",
    "nothing below a path that we did not name",
    **W,
)
def urls_are_ours(trial: Trial) -> None:
    for each in heard(trial):
        path = urlsplit(each.url).path
        require("/kit/" in path, f"{each.method} {path} is a path that we never named", each)


@check(
    "HUB-02",
    "Routing headers stay away from versions and credentials",
    "what is heard",
    "no OCPI-to and OCPI-from there",
    versions=NEWER,
    **W,
)
def no_routing_on_configuration(trial: Trial) -> None:
    for each in heard(trial):
        if each.module in CONFIGURATION:
            found = [name for name in ROUTING if name in each.request_headers]
            require(not found, f"{each.method} {urlsplit(each.url).path} has {', '.join(found)}", each)


@check(
    "HUB-04/b",
    "Requests say from whom and to whom they are",
    "what is heard on functional modules",
    "OCPI-to is our party, OCPI-from one of theirs",
    versions=NEWER,
    **W,
)
def functional_requests_are_routed(trial: Trial) -> None:
    requests = [
        each for each in heard(trial) if each.module in FUNCTIONAL and each.module not in CONFIGURATION
    ]
    if not requests:
        raise Skipped("the other side called no functional module")
    alone = len(trial.roles) == 1
    for each in requests:
        trial.prove(each)
        found = {name: each.request_headers.get(name) for name in ROUTING}
        if alone and not any(found.values()):
            continue
        missing = [name for name, value in found.items() if not value]
        require(not missing, f"{each.method} {urlsplit(each.url).path} lacks {', '.join(missing)}", each)
        to = f"{found['ocpi-to-country-code']}/{found['ocpi-to-party-id']}".upper()
        require(to == trial.options.party.upper(), f"it is for {to}, we are {trial.options.party}", each)


@check(
    "TRA-45", "What is PUT or POSTed to us is whole", "pushed objects", "as the object tables have them", **W
)
def pushed_objects_are_whole(trial: Trial) -> None:
    for each, kind in pushed(trial, "PUT", "POST"):
        require_no_faults(faults(kind, each.sent, trial.version), f"a {kind}", each)


@check("TRA-48", "Every PATCH carries last_updated", "pushed PATCHes", "`last_updated`", versions=NEWER, **W)
def patches_carry_last_updated(trial: Trial) -> None:
    for each, _ in pushed(trial, "PATCH"):
        require((each.sent or {}).get("last_updated"), "`last_updated` is missing", each)


@check(
    "TRA-52",
    "The URL of a pushed object names its owner and itself",
    "pushed objects",
    "/{country_code}/{party_id}/{id} as in the object",
    **W,
)
def urls_name_the_object(trial: Trial) -> None:
    for each, _ in pushed(trial, "PUT"):
        parts, body = segments(trial, each), each.sent or {}
        if each.module == "hubclientinfo":
            continue
        require(len(parts) >= 3, "the path lacks segments", each)
        if trial.newer and len(parts) == 3:
            owner = [str(body.get("country_code")).upper(), str(body.get("party_id")).upper()]
            require(
                [part.upper() for part in parts[:2]] == owner, f"the object is of {'/'.join(owner)}", each
            )
        own = str(body.get("uid") or body.get("id")).upper()
        require(
            parts[-1].replace("%20", " ").upper() == own or "%" in parts[-1], f"the object is {own}", each
        )


@check(
    "TRA-53",
    "Objects come by PUT and PATCH; only CDRs are POSTed",
    "pushed objects",
    "no POST of a Location, Session, Tariff or Token",
    **W,
)
def objects_are_put(trial: Trial) -> None:
    for each, _ in pushed(trial, "PUT", "PATCH", "POST"):
        right = each.module == "cdrs" or each.method != "POST"
        require(right, f"POST {urlsplit(each.url).path}", each)


@check(
    "CDR-14", "CDRs come by POST on the bare endpoint", "pushed CDRs", "POST, no path below the endpoint", **W
)
def cdrs_are_posted(trial: Trial) -> None:
    cdrs = [each for each, kind in pushed(trial, "POST", "PUT", "PATCH") if kind == "CDR"]
    if not cdrs:
        raise Skipped("no CDR was sent")
    for each in cdrs:
        require(each.method == "POST" and not segments(trial, each), f"{each.method} {each.url}", each)


@check(
    "TRA-40",
    "Next links are followed as they are",
    "what is heard of a pull of our lists",
    "the link's own URL, opaque parameter included",
    **W,
)
def links_are_followed(trial: Trial) -> None:
    pages = [
        each
        for each in heard(trial)
        if each.method == "GET" and "/x-mine/" in each.url and each.header("link")
    ]
    if not pages:
        raise Skipped("the other side asked for no list of several pages")
    asked = {urlsplit(each.url).path + "?" + urlsplit(each.url).query for each in trial.server().heard}
    followed = 0
    for page in pages:
        link = urlsplit(str(page.header("link")).partition("<")[2].partition(">")[0])
        followed += f"{link.path}?{link.query}" in asked
    beyond = [
        each
        for each in trial.server().heard
        if parameters(each.url).get("offset", "0") != "0" and "kit" not in parameters(each.url)
    ]
    require(
        followed or not beyond, "offsets were made up instead of following the link", (beyond or pages)[0]
    )
    if not followed:
        raise Skipped("no link was followed within our patience")


@check(
    "CHP-30",
    "The active profile is told when it changes",
    "pushes after a profile was set",
    "PUT of an ActiveChargingProfile",
    versions=NEWER,
    roles=("EMSP", "SCSP"),
    **W,
)
def active_profiles_are_told(trial: Trial) -> None:
    found = [each for each in heard(trial) if each.module == "chargingprofiles" and each.method == "PUT"]
    if not found:
        raise Skipped("no ActiveChargingProfile was pushed")
    for each in found:
        require_no_faults(faults("ActiveChargingProfile", each.sent, trial.version), "the profile", each)
