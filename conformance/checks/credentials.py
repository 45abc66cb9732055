"""The credentials module in use, its rotation, and the end of a registration."""

from __future__ import annotations

from conformance.check import NEWER, SHOULD, check
from conformance.checks.invited import invitation
from conformance.shapes import faults
from conformance.trial import DATA, Trial
from conformance.verdict import Skipped, advise, given, require, require_no_faults, require_success

C = {"module": "credentials"}


def in_use(trial: Trial) -> dict[str, object]:
    """The other side's Credentials as GET shows them. Raises Failed."""
    answer = require_success(trial.config("GET", trial.credentials_url), "GET credentials")
    require(isinstance(answer.data, dict), "`data` must be a Credentials object", answer)
    found: dict[str, object] = answer.data
    if not trial.roles:
        trial.knows(found)
    return found


@check(
    "CRE-13",
    "GET shows the Credentials with which we call",
    "GET credentials",
    "Credentials with the token that we use",
    **C,
)
def get_shows_our_credentials(trial: Trial) -> None:
    found = in_use(trial)
    require_no_faults(faults("Credentials", found, trial.version), "the Credentials", trial.proofs[-1])
    same = found.get("token") == trial.peer.token
    require(same, "`token` is not the one with which we call", trial.proofs[-1])


@check(
    "CRE-41/b",
    "The URL in the Credentials is the versions endpoint",
    "GET the `url` of the Credentials",
    "the list of versions",
    **C,
)
def url_is_the_versions_endpoint(trial: Trial) -> None:
    url = str(in_use(trial).get("url"))
    answer = require_success(trial.config("GET", url), "GET of the Credentials' url")
    require(isinstance(answer.data, list), "it does not list versions", answer)


@check(
    "CRE-43",
    "No role is listed twice for a party",
    "GET credentials",
    "role, country and party are unique",
    versions=NEWER,
    **C,
)
def roles_are_unique(trial: Trial) -> None:
    in_use(trial)
    named = ["/".join(each.values()).upper() for each in trial.roles]
    twice = sorted({name for name in named if named.count(name) > 1})
    require(not twice, f"more than once: {', '.join(twice)}", trial.proofs[-1])


@check(
    "VER-10",
    "SENDER is who owns the objects, RECEIVER who is sent them",
    "GET the version details and credentials",
    "a CPO sends locations, sessions, cdrs and tariffs and receives tokens; an eMSP the other way round",
    versions=NEWER,
    module="versions",
)
def sides_fit_the_roles(trial: Trial) -> None:
    in_use(trial)
    roles = {each["role"] for each in trial.roles}
    given(roles in ({"CPO"}, {"EMSP"}) and not trial.hub_party, "not a platform of one CPO or eMSP role")
    role = roles.pop()
    odd = []
    for module, owner in (*((each, "CPO") for each in DATA), ("tokens", "EMSP")):
        right, wrong = ("SENDER", "RECEIVER") if owner == role else ("RECEIVER", "SENDER")
        if trial.find(module, wrong) and not trial.find(module, right):
            odd.append(f"{module} as {wrong} alone")
    require(not odd, f"{role}, and lists {', '.join(odd)}", trial.known["details"])


@check(
    "CRE-54",
    "The token has printable characters only, and no blank",
    "GET credentials",
    "U+0021 to U+007E",
    force=SHOULD,
    **C,
)
def token_is_printable(trial: Trial) -> None:
    token = str(in_use(trial).get("token"))
    require(token and all("!" <= each <= "~" for each in token), "odd characters in it", trial.proofs[-1])


@check(
    "CRE-20",
    "A second registration is refused",
    "POST credentials with the token in use",
    "HTTP 405",
    writes=True,
    **C,
)
def second_registration(trial: Trial) -> None:
    trial.server()
    answer = trial.config("POST", trial.credentials_url, trial.credentials(trial.known.get("token B", "")))
    if answer.ok and isinstance(answer.data, dict) and answer.data.get("token"):
        trial.took(answer.data)
    require(answer.status == 405, f"must be 405: {answer.said}", answer)


@check(
    "CRE-32",
    "Credentials whose platform offers nothing are refused with 3003",
    "PUT credentials while our version details list the credentials alone",
    "HTTP 200 and 3003",
    force=SHOULD,
    stage="ending",
    writes=True,
    roles=("CPO", "EMSP"),
    **C,
)
def nothing_offered(trial: Trial) -> None:
    invitation(trial)
    if trial.is_hub:
        raise Skipped("a hub needs no module of ours itself; it says 4000 for what is not offered")
    partner = trial.server()
    offered, partner.modules = partner.modules, ()
    try:
        answer = trial.config("PUT", trial.credentials_url, trial.credentials(trial.new_token()))
    finally:
        partner.modules = offered
    if answer.ok and isinstance(answer.data, dict) and answer.data.get("token"):
        trial.took(answer.data)
    require(not answer.ok, "credentials of a platform without a module were taken", answer)
    require(answer.code == 3003, f"must be 3003: {answer.said}", answer)


@check(
    "CRE-22",
    "PUT gives a fresh token",
    "PUT credentials with a new token of ours",
    "1000 and Credentials with another token",
    stage="ending",
    writes=True,
    **C,
)
def put_rotates(trial: Trial) -> None:
    invitation(trial)
    partner = trial.server()
    trial.known["token before"] = trial.peer.token
    before = len(partner.heard)
    body = trial.credentials(trial.new_token())
    answer = trial.config("PUT", trial.credentials_url, body)
    trial.known["rotation"] = list(partner.heard[before:])
    require_success(answer, "PUT of our credentials")
    require(isinstance(answer.data, dict) and answer.data.get("token"), "no token came back", answer)
    trial.took(answer.data)
    require(trial.peer.token != trial.known["token before"], "it is the old token again", answer)


@check(
    "CRE-21",
    "PUT fetches our versions and details again",
    "what is heard during the PUT",
    "GET of our versions URL and of the details",
    stage="ending",
    writes=True,
    **C,
)
def put_fetches_again(trial: Trial) -> None:
    if "rotation" not in trial.known:
        raise Skipped("the PUT was not tried")
    heard = trial.known["rotation"]
    for each in heard:
        trial.prove(each)
    for path in ("/kit/who", f"/kit/what/{trial.version}"):
        require(any(path in each.url for each in heard), f"nobody asked for {path}")


@check(
    "CRE-23",
    "The token that PUT gave works, and the old one ends",
    "GET credentials with the new, then the old",
    "HTTP 200, then 401",
    stage="ending",
    writes=True,
    **C,
)
def rotation_takes_effect(trial: Trial) -> None:
    if trial.known.get("token before", trial.peer.token) == trial.peer.token:
        raise Skipped("the token was not rotated")
    require_success(trial.config("GET", trial.credentials_url), "GET with the new token")
    answer = trial.config("GET", trial.credentials_url, token=trial.known["token before"])
    advise(answer.status == 401, f"the old token still works: {answer.said}", answer)


@check(
    "CRE-28",
    "DELETE ends the registration",
    "DELETE credentials, then GET versions",
    "1000, then HTTP 401",
    stage="ending",
    **C,
)
def delete_unregisters(trial: Trial) -> None:
    invitation(trial)
    if not trial.registered:
        raise Skipped("not registered by this run")
    if trial.options.keep:
        raise Skipped("the registration is kept, as asked")
    answer = trial.config("DELETE", trial.credentials_url)
    require_success(answer, "DELETE of the credentials")
    trial.ended = True
    answer = trial.config("GET", trial.options.url)
    require(answer.status == 401, f"the token still opens the versions: {answer.said}", answer)
