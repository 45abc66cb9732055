"""Methods that an interface does not have: they must not be taken for something."""

from __future__ import annotations

from typing import Any

from conformance import VERSIONS
from conformance.check import NEWER, check
from conformance.checks.paging import roles_for
from conformance.receiving import path
from conformance.samples import stamp
from conformance.trial import Trial
from conformance.verdict import advise, require

# ID, module, the other side's interface, where (L: the bare endpoint, O: an object nobody has), methods,
# versions
ROWS: tuple[tuple[str, str, str, str, str, tuple[str, ...]], ...] = (
    ("LOC-32", "locations", "SENDER", "L", "POST PUT PATCH DELETE", VERSIONS),
    ("LOC-52", "locations", "RECEIVER", "O", "POST DELETE", VERSIONS),
    ("SES-11/a", "sessions", "SENDER", "L", "POST PATCH DELETE", VERSIONS),
    ("SES-12/b", "sessions", "RECEIVER", "O", "POST DELETE", VERSIONS),
    ("CDR-10", "cdrs", "SENDER", "L", "POST PUT PATCH DELETE", VERSIONS),
    ("TAR-05/a", "tariffs", "SENDER", "L", "POST PUT PATCH DELETE", VERSIONS),
    ("TAR-07/b", "tariffs", "RECEIVER", "O", "POST", VERSIONS),
    ("TOK-08", "tokens", "SENDER", "L", "PUT PATCH DELETE", VERSIONS),
    ("TOK-02/b", "tokens", "RECEIVER", "O", "POST DELETE", VERSIONS),
    ("CMD-01", "commands", "RECEIVER", "START_SESSION", "GET PUT DELETE", VERSIONS),
    ("HCI-03/b", "hubclientinfo", "RECEIVER", "O", "POST PATCH DELETE", NEWER),
    ("HCI-04", "hubclientinfo", "SENDER", "L", "POST PUT PATCH DELETE", NEWER),
)


def _row(id: str, module: str, side: str, where: str, methods: str, versions: tuple[str, ...]) -> None:
    listed = ", ".join(methods.split())

    @check(
        id,
        f"{listed} is not offered on {module} {side}",
        f"{listed} on {module}",
        "HTTP 405, no success",
        module=module,
        interface=side,
        roles=roles_for(module, side),
        versions=versions,
        writes=True,
    )
    def run(trial: Trial) -> None:
        at = "" if where == "L" else f"/{where}"
        if where == "O":
            at = path(trial) if module == "hubclientinfo" else path(trial, trial.samples.id("never"))
        answers = [trial.ask(m, module, side, at, _body(m)) for m in methods.split()]
        for answer in answers:
            require(not answer.ok, f"{answer.method} was taken: {answer.said}", answer)
            require(
                answer.status < 500 or answer.status == 501, f"it broke the server: {answer.said}", answer
            )
        for answer in answers:
            advise(answer.status == 405, f"{answer.method}: 405 is expected: {answer.said}", answer)


def _body(method: str) -> Any:
    return {"last_updated": stamp()} if method in ("POST", "PUT", "PATCH") else None


for _each in ROWS:
    _row(*_each)


@check(
    "CRE-14",
    "PATCH of the credentials is not offered",
    "PATCH credentials",
    "HTTP 405, no success",
    module="credentials",
    writes=True,
)
def patch_of_credentials(trial: Trial) -> None:
    answer = trial.config("PATCH", trial.credentials_url, {"url": "https://example.com/versions"})
    require(not answer.ok, f"a PATCH was taken: {answer.said}", answer)
    advise(answer.status == 405, f"405 is expected: {answer.said}", answer)


@check(
    "VER-02/b",
    "The versions are read only",
    "POST, PUT and DELETE on the versions URL",
    "HTTP 405, no success",
    module="versions",
    writes=True,
)
def versions_are_read_only(trial: Trial) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = trial.config(method, trial.options.url, _body(method))
        require(not answer.ok, f"{method} was taken: {answer.said}", answer)
        advise(answer.status == 405, f"405 is expected: {answer.said}", answer)


def _no_single(id: str, module: str) -> None:
    @check(
        id,
        f"There is no GET of one object on {module} SENDER",
        f"GET {module}/{{an id nobody has}}",
        "no success",
        module=module,
        interface="SENDER",
        roles=roles_for(module),
        force="SHOULD",
    )
    def run(trial: Trial) -> None:
        answer = trial.ask("GET", module, "SENDER", f"/{trial.samples.id('never')}")
        require(not answer.ok, f"something was found: {answer.said}", answer)
        require(answer.status < 500, f"it broke the server: {answer.said}", answer)


_no_single("SES-11/b", "sessions")
_no_single("TAR-05/b", "tariffs")
