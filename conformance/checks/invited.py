"""The handshake, from the invitation (token A) to the token in use, and what must not work on the way."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, READING, SHOULD, check
from conformance.peer import Exchange
from conformance.shapes import faults
from conformance.trial import WANTED, Trial
from conformance.verdict import (
    Skipped,
    fail,
    given,
    require,
    require_no_faults,
    require_refusal,
    require_success,
)

I = {"module": "credentials", "stage": "invited"}  # noqa: E741
R = {"module": "credentials", "stage": "registering"}


def invitation(trial: Trial) -> str:
    """Token A. Raises Skipped where the run has a token in use."""
    if trial.options.token_in_use:
        raise Skipped("needs an invitation; this run has a token in use")
    return trial.options.token


def unused(trial: Trial) -> str:
    """Token A, where it is still one. Raises Skipped."""
    given(not trial.registered, "registered already, by a request that should have been refused")
    given("void" not in trial.known, "a registration that failed made the invitation void; see CRE-33")
    given(trial.credentials_url, "no endpoint `credentials` is listed; see VER-16")
    return invitation(trial)


def posted(trial: Trial, body: Any) -> Exchange:
    """The answer to wrong Credentials. Raises Skipped where the invitation ended with an earlier failure."""
    answer = taken(trial, trial.config("POST", trial.credentials_url, body))
    if answer.status == 401:
        trial.known["void"] = True
        raise Skipped("a registration that failed made the invitation void; see CRE-33", answer)
    return answer


def taken(trial: Trial, answer: Exchange) -> Exchange:
    """The answer to Credentials that should be refused; where they were taken, the run goes on with them.

    What was wrong in them is put right by PUT, so that all else can be judged.
    """
    if not (answer.ok and isinstance(answer.data, dict) and answer.data.get("token")):
        return answer
    partner = trial.server()
    trial.took(answer.data)
    trial.registered = True
    before = len(partner.heard)
    token = trial.known["token B"] = trial.new_token()
    right = trial.peer.ask("PUT", trial.credentials_url, trial.credentials(token), module="credentials")
    trial.known["called back"] = list(partner.heard[before:])
    trial.known["registration"] = right if right.ok else answer
    if right.ok and isinstance(right.data, dict) and right.data.get("token"):
        trial.took(right.data)
    return answer


@check(
    "TRA-09",
    "An invitation opens nothing but versions and credentials",
    "GET of every list with token A",
    "HTTP 401",
    stage="invited",
    versions=NEWER,
)
def invitation_opens_no_module(trial: Trial) -> None:
    invitation(trial)
    asked = [m for m, side in WANTED[trial.options.role] if side == "SENDER" and trial.find(m, side)]
    asked = [module for module in asked if module not in ("commands", "chargingprofiles")]
    if not asked:
        raise Skipped("no list is offered")
    for module in asked:
        answer = trial.ask("GET", module, "SENDER")
        require(answer.status == 401, f"GET {module} with the invitation: {answer.said}", answer)


@check(
    "CRE-24",
    "PUT before registration is refused",
    "PUT credentials with token A",
    "HTTP 405",
    writes=True,
    **I,
)
def put_before_registration(trial: Trial) -> None:
    unused(trial)
    trial.server()
    answer = taken(trial, trial.config("PUT", trial.credentials_url, trial.credentials(trial.new_token())))
    require(answer.status == 405, f"must be 405: {answer.said}", answer)


@check(
    "CRE-27",
    "DELETE before registration is refused",
    "DELETE credentials with token A",
    "HTTP 405",
    writes=True,
    **I,
)
def delete_before_registration(trial: Trial) -> None:
    unused(trial)
    answer = trial.config("DELETE", trial.credentials_url)
    require(answer.status == 405, f"must be 405: {answer.said}", answer)


@check(
    "CRE-40/a",
    "A registration without a field is refused",
    "POST credentials without `url`",
    "no success; 2001",
    writes=True,
    **I,
)
def incomplete_registration(trial: Trial) -> None:
    unused(trial)
    trial.server()
    body = trial.credentials(trial.new_token())
    body.pop("url")
    answer = posted(trial, body)
    require_refusal(answer, 2001, "Credentials without `url`")


@check(
    "CRE-30",
    "Versions that cannot be fetched end the registration with 3001",
    "POST credentials with a versions URL that answers 500",
    "HTTP 200 and 3001",
    force=SHOULD,
    writes=True,
    **I,
)
def unreachable_versions(trial: Trial) -> None:
    unused(trial)
    partner = trial.server()
    partner.scripts["/kit/broken"] = lambda method: (500, 3000, None, {})
    body = trial.credentials(trial.new_token(), url=f"{partner.base_url}/kit/broken")
    answer = posted(trial, body)
    if answer.ok:
        fail("registered without having seen our versions", answer)
    require(answer.code == 3001, f"must be 3001: {answer.said}", answer)


@check(
    "AMB-16",
    "A partner that lacks the version is refused with 3002",
    "POST credentials while our versions list another one",
    "HTTP 200 and 3002",
    force=READING,
    writes=True,
    **I,
)
def version_we_lack(trial: Trial) -> None:
    unused(trial)
    partner = trial.server()
    partner.versions_listed = ["2.0"]
    try:
        answer = posted(trial, trial.credentials(trial.new_token()))
    finally:
        partner.versions_listed = None
    require(not answer.ok, "registered though we do not offer the version", answer)
    require(answer.code == 3002, f"must be 3002: {answer.said}", answer)


@check(
    "CRE-33",
    "A registration that failed leaves the invitation as it was",
    "GET versions with token A afterwards",
    "HTTP 200 and 1000",
    force=READING,
    writes=True,
    **I,
)
def failed_registration_changes_nothing(trial: Trial) -> None:
    invitation(trial)
    given(not trial.registered, "registered already, by a request that should have been refused")
    answer = trial.config("GET", trial.options.url)
    if answer.status == 401:
        trial.known["void"] = True
    require_success(answer, "GET versions after registrations that failed")


@check(
    "CRE-41/a",
    "A registration with a URL that is none is refused",
    "POST credentials with url file:///etc/passwd",
    "no success; nothing is read",
    writes=True,
    **I,
)
def hostile_registration(trial: Trial) -> None:
    unused(trial)
    trial.server()
    body = trial.credentials(trial.new_token(), url="file:///etc/passwd")
    answer = posted(trial, body)
    require_refusal(answer, 0, "the URL file:///etc/passwd")
    require("root:" not in answer.body, "the answer shows what the file holds", answer)


@check(
    "ARC-20/a",
    "Our token is not carried along a redirect to another host",
    "POST credentials with a versions URL that redirects to another address",
    "the token stays with us",
    writes=True,
    **I,
)
def redirect_to_another_host(trial: Trial) -> None:
    unused(trial)
    partner = trial.server()
    home = partner.base_url
    if "//127.0.0.1" not in home:
        raise Skipped("needs two names for the kit's address; tried on 127.0.0.1 only")
    away = home.replace("127.0.0.1", "localhost") + "/kit/elsewhere"
    partner.scripts["/kit/moved"] = lambda method: (302, 2000, None, {"Location": away})
    body = trial.credentials(trial.new_token(), url=f"{home}/kit/moved")
    answer = posted(trial, body)
    stolen = [each for each in partner.heard if "/kit/elsewhere" in each.url]
    for each in stolen:
        require("authorization" not in each.request_headers, "the token went along to another host", each)
    require(not answer.ok, "registered by way of another host", answer)


@check(
    "CRE-09",
    "Registration answers with Credentials and a token of its own",
    "POST credentials with token A and our token B",
    "HTTP 200, 1000, Credentials with a new token",
    **R,
)
def registration(trial: Trial) -> None:
    a = unused(trial)
    partner = trial.server()
    before = len(partner.heard)
    trial.known["token B"] = trial.new_token()
    answer = trial.config("POST", trial.credentials_url, trial.credentials(trial.known["token B"]))
    trial.known["called back"] = list(partner.heard[before:])
    trial.known["registration"] = answer
    require_success(answer, "POST of our credentials")
    require(isinstance(answer.data, dict) and answer.data.get("token"), "no token came back", answer)
    trial.took(answer.data)
    trial.registered = True
    require(trial.peer.token != a, "the token that came back is the invitation", answer)


@check(
    "CRE-08/a",
    "Our versions are fetched before the registration is answered",
    "what is heard during the POST",
    "GET of our versions URL",
    **R,
)
def versions_were_fetched(trial: Trial) -> None:
    _called_back(trial, "/kit/who", "the versions URL of our Credentials")


@check(
    "CRE-08/b",
    "The details of the version of the endpoint are fetched before the registration is answered",
    "what is heard during the POST",
    "GET of our details of this version",
    **R,
)
def details_were_fetched(trial: Trial) -> None:
    _called_back(trial, f"/kit/what/{trial.version}", "the details of this version")


def _called_back(trial: Trial, path: str, what: str) -> None:
    invitation(trial)
    given("called back" in trial.known, "no registration was tried")
    heard = trial.known["called back"]
    for each in heard:
        trial.prove(each)
    require(any(path in each.url and each.method == "GET" for each in heard), f"nobody asked for {what}")


@check(
    "CRE-07",
    "Our token B is used from the first call on",
    "what is heard during the POST",
    "Authorization with token B in each",
    **R,
)
def token_b_is_used(trial: Trial) -> None:
    invitation(trial)
    given("called back" in trial.known, "no registration was tried")
    heard = trial.known["called back"]
    given(heard, "nothing was heard during the POST; see CRE-08")
    for each in heard:
        require(each.status != 401, f"{each.method} {each.url} came without our token", each)


@check(
    "CRE-42",
    "The Credentials of the other side are whole",
    "the answer to POST, or GET credentials",
    "token, url, roles (2.1.1: party and business details)",
    **R,
)
def credentials_are_whole(trial: Trial) -> None:
    given(trial.options.token_in_use or "registration" in trial.known, "no registration was tried")
    answer = trial.known.get("registration") or trial.config("GET", trial.credentials_url)
    trial.prove(answer)
    require(isinstance(answer.data, dict), f"no Credentials came: {answer.said}", answer)
    require_no_faults(faults("Credentials", answer.data, trial.version), "the Credentials", answer)


@check(
    "CRE-11", "The invitation is dead after the registration", "GET versions with token A", "HTTP 401", **R
)
def invitation_is_dead(trial: Trial) -> None:
    a = invitation(trial)
    if not trial.registered:
        raise Skipped("the registration did not succeed")
    answer = trial.config("GET", trial.options.url, token=a)
    require(answer.status == 401, f"token A still opens the versions: {answer.said}", answer)


@check(
    "CRE-10",
    "The token that came back works",
    "GET credentials with the token in use",
    "HTTP 200 and 1000",
    **R,
)
def token_c_works(trial: Trial) -> None:
    invitation(trial)
    if not trial.registered:
        raise Skipped("the registration did not succeed")
    answer = trial.config("GET", trial.credentials_url)
    if answer.status == 401:
        trial.known["dead"] = True
    require_success(answer, "GET credentials with the new token")
