"""Who gets in: the Authorization header and what happens without a right one."""

from __future__ import annotations

import uuid

from conformance.check import NEWER, OLD, check
from conformance.trial import WANTED, Trial
from conformance.verdict import Skipped, advise, require, require_success


def doors(trial: Trial) -> list[tuple[str, str]]:
    """URLs that a GET may knock at: versions, details, credentials, and a list if there is one."""
    found = [
        ("versions", trial.options.url),
        ("versions", trial.known["details"].url),
        ("credentials", trial.credentials_url),
    ]
    lists = [(m, trial.find(m, side)) for m, side in WANTED[trial.options.role] if side == "SENDER"]
    return [each for each in found + lists if each[1] and each[0] not in ("commands", "chargingprofiles")]


def _closed(trial: Trial, doors_: list[tuple[str, str]], token: str) -> None:
    for module, url in doors_:
        answer = trial.prove(trial.peer.ask("GET", url, token=token, module=module))
        require(answer.status == 401, f"GET {module}: {answer.said}", answer)


@check(
    "TRA-08/a",
    "Without an Authorization header nothing is answered",
    "GET of each module without it",
    "HTTP 401",
)
def no_token(trial: Trial) -> None:
    _closed(trial, doors(trial), "")


@check(
    "TRA-08/b",
    "With an unknown token nothing is answered",
    "GET of each module with a token nobody gave",
    "HTTP 401",
)
def unknown_token(trial: Trial) -> None:
    _closed(trial, doors(trial), f"nobody-{uuid.uuid4()}")


@check("TRA-03", "The scheme is Token", "GET versions with `Bearer` and the right token", "HTTP 401")
def other_scheme(trial: Trial) -> None:
    value = trial.peer.authorization(trial.peer.token).replace("Token", "Bearer", 1)
    answer = trial.config("GET", trial.options.url, headers={"Authorization": value})
    advise(answer.status == 401, f"another scheme is accepted: {answer.said}", answer)


@check(
    "TRA-04",
    "The token is taken Base64-encoded",
    "GET versions with the token in Base64",
    "HTTP 200 and 1000",
    versions=NEWER,
)
def base64_is_taken(trial: Trial) -> None:
    was, trial.peer.encode = trial.peer.encode, True
    try:
        require_success(trial.config("GET", trial.options.url), "GET with the token in Base64")
    finally:
        trial.peer.encode = was


@check(
    "TRA-05",
    "The token is taken as it is",
    "GET versions with the bare token",
    "HTTP 200 and 1000",
    versions=OLD,
)
def bare_is_taken(trial: Trial) -> None:
    was, trial.peer.encode = trial.peer.encode, False
    try:
        require_success(trial.config("GET", trial.options.url), "GET with the bare token")
    finally:
        trial.peer.encode = was


@check(
    "TRA-10",
    "Header names are read in any case",
    "GET versions with `authorization`, `x-request-id` in lower case",
    "HTTP 200 and 1000",
)
def header_names_in_any_case(trial: Trial) -> None:
    lower = {"authorization": trial.peer.authorization(trial.peer.token), "Authorization": None}
    require_success(
        trial.config("GET", trial.options.url, headers=lower), "GET with header names in lower case"
    )


@check(
    "TRA-11",
    "A driver's Token opens no door",
    "GET versions with the uid of a Token as credentials token",
    "HTTP 401",
    module="tokens",
    interface="SENDER",
    roles=("CPO", "HUB"),
)
def driver_token_is_no_credentials(trial: Trial) -> None:
    objects = trial.crawl("tokens").objects
    if not objects:
        raise Skipped("no Token is listed")
    answer = trial.config("GET", trial.options.url, token=str(objects[0].get("uid")))
    require(answer.status == 401, f"a Token's uid is taken for a credentials token: {answer.said}", answer)


@check("TRA-16", "A GET needs no Content-Type", "GET versions without Content-Type", "HTTP 200 and 1000")
def get_without_content_type(trial: Trial) -> None:
    require_success(trial.config("GET", trial.options.url, headers={"Content-Type": None}), "GET")
