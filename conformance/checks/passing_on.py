"""What a hub passes on between two parties behind it, seen at both ends: the kit's own, one in each role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from conformance.check import NEWER, READING, check
from conformance.checks.hub import hub
from conformance.own_side import second
from conformance.peer import Exchange
from conformance.receiving import below, path
from conformance.trial import Trial
from conformance.verdict import Skipped, fail, require, require_success

R: Any = {
    "module": "routing",
    "roles": ("EMSP", "CPO"),
    "versions": NEWER,
    "writes": True,
    "stage": "last",
}
RESULT = "passed-on"
# What was sent to the hub, and what the other end heard of it.
Passed = tuple[Exchange, Exchange | None]


def ends(trial: Trial) -> tuple[Trial, Trial]:
    """The kit's eMSP and its CPO, both behind the hub. Raises Skipped."""
    hub(trial)
    other = second(trial)
    return (trial, other) if trial.options.role == "EMSP" else (other, trial)


def _to(party: tuple[str, str]) -> dict[str, str]:
    return {"OCPI-to-country-code": party[0], "OCPI-to-party-id": party[1]}


def _name(exchange: Exchange, end: str) -> str:
    """The party of OCPI-to or OCPI-from."""
    heard = exchange.request_headers
    return f"{heard.get(f'ocpi-{end}-country-code')}/{heard.get(f'ocpi-{end}-party-id')}".upper()


def _at(trial: Trial, method: str, module: str, id: str, asked: Exchange) -> Exchange | None:
    """What this party of ours heard of it, waited for where the hub said that it took it."""
    seconds = trial.options.patience if asked.ok else min(1.0, trial.options.patience)
    found = trial.server().wait_for(
        lambda each: (
            (each.method, each.module) == (method, module) and id in f"{each.url} {each.request_body}"
        ),
        seconds,
    )
    return trial.prove(found) if found else None


def _strangers(asked: Exchange) -> None:
    """Raises Skipped where the hub keeps the two apart: that is its operator's to decide."""
    if asked.code == 4001:
        raise Skipped(f"the hub does not let our two parties know each other: {asked.said}")


def _once(trial: Trial, name: str, send: Callable[[], Passed]) -> Passed:
    """What was sent once for all checks that look at it, as proof of this one, too."""
    if name not in trial.known:
        trial.known[name] = send()
    passed: Passed = trial.known[name]
    for each in passed:
        if each:
            trial.prove(each)
    return passed


def _command(trial: Trial) -> Passed:
    """A START_SESSION of our eMSP TO our CPO, sent once, and what came of it there."""
    emsp, cpo = ends(trial)

    def send() -> Passed:
        place = cpo.samples.id("passed-on")
        body = {
            "response_url": emsp.server().result_url(RESULT),
            "token": emsp.samples.token("driver"),
            "location_id": place,
        }
        scripts, prefix = cpo.server().scripts, f"/kit/{trial.version}/x-yours/commands"
        scripts[prefix] = lambda method: (200, 1000, {"result": "ACCEPTED", "timeout": 30}, {})
        to = _to((cpo.country, cpo.party))
        asked = emsp.ask("POST", "commands", "RECEIVER", "/START_SESSION", body, headers=to)
        heard = _at(cpo, "POST", "commands", place, asked)
        del scripts[prefix]
        return asked, heard

    asked, heard = _once(trial, "passed on", send)
    _strangers(asked)
    return asked, heard


def _both(trial: Trial) -> tuple[Exchange, Exchange]:
    asked, heard = _command(trial)
    if heard is None:
        raise Skipped(f"the command did not reach its party (HUB-06): {asked.said}")
    return asked, heard


@check(
    "HUB-06",
    "What is for one party behind the hub reaches it, from end to end",
    "POST commands/START_SESSION of our eMSP TO our CPO",
    "our CPO hears it, FROM our eMSP, TO itself",
    **R,
)
def end_to_end(trial: Trial) -> None:
    asked, heard = _command(trial)
    emsp, cpo = ends(trial)
    if heard is None:
        fail(f"it did not come: {asked.said}", asked)
    sender, receiver = _name(heard, "from"), _name(heard, "to")
    require(sender == emsp.options.party.upper(), f"it comes FROM {sender}", heard)
    require(receiver == cpo.options.party.upper(), f"it is TO {receiver}", heard)


@check(
    "HUB-08",
    "What the hub passes on has an X-Request-ID of its own",
    "POST commands/START_SESSION of our eMSP TO our CPO",
    "another X-Request-ID at our CPO",
    **R,
)
def new_request_id(trial: Trial) -> None:
    asked, heard = _both(trial)
    found = heard.request_headers.get("x-request-id")
    require(found, "it has no X-Request-ID", heard)
    require(found != asked.request_headers["X-Request-ID"], "it has that of the request to the hub", heard)


@check(
    "HUB-09",
    "What the hub passes on keeps its X-Correlation-ID",
    "POST commands/START_SESSION of our eMSP TO our CPO",
    "the same X-Correlation-ID at our CPO",
    **R,
)
def same_correlation_id(trial: Trial) -> None:
    asked, heard = _both(trial)
    found, given = heard.request_headers.get("x-correlation-id"), asked.request_headers["X-Correlation-ID"]
    require(found == given, f"it is {found}, and was {given}", heard)


@check(
    "AMB-26",
    "URLs lead to the hub, and a result sent there comes back to who asked",
    "POST commands/START_SESSION of our eMSP TO our CPO, then a CommandResult to its response_url there",
    "a response_url of the hub's; the result at our eMSP's",
    force=READING,
    **R,
)
def urls_lead_to_the_hub(trial: Trial) -> None:
    _, heard = _both(trial)
    emsp, cpo = ends(trial)
    url = str((heard.sent or {}).get("response_url"))
    require(
        urlsplit(url).netloc in cpo.hosts,
        f"response_url is {url}: our CPO has no token for that host",
        heard,
    )
    names = {
        "OCPI-from-country-code": cpo.country,
        "OCPI-from-party-id": cpo.party,
        **_to((emsp.country, emsp.party)),
    }
    answer = cpo.prove(
        cpo.peer.ask("POST", url, {"result": "ACCEPTED"}, headers=dict(names), module="commands")
    )
    require_success(answer, "the CommandResult")
    result = emsp.server().results(RESULT, trial.options.patience)
    if result is None:
        fail("the result did not come back to our eMSP", answer)
    require((result.sent or {}).get("result") == "ACCEPTED", f"the result became {result.sent}", result)


@check(
    "STA-26",
    "A refusal of the addressed party comes back as it is",
    "POST tokens/{unknown}/authorize of our CPO TO our eMSP, which answers 2004",
    "2004",
    **R,
)
def refusal_comes_back(trial: Trial) -> None:
    emsp, cpo = ends(trial)
    uid = emsp.samples.id("nobody")
    answer = cpo.ask(
        "POST", "tokens", "SENDER", f"{below(uid)}/authorize", headers=_to((emsp.country, emsp.party))
    )
    _strangers(answer)
    if _at(emsp, "POST", "tokens", uid, answer) is None:
        raise Skipped(f"the request did not reach its party: {answer.said}")
    require(answer.code == 2004, f"our eMSP said 2004, the hub says: {answer.said}", answer)


@check(
    "HUB-27",
    "What is addressed TO nobody finds the party that its content names",
    "PUT sessions/... of our CPO without OCPI-to, its cdr_token of our eMSP",
    "our eMSP hears it, FROM our CPO",
    **R,
)
def open_routing(trial: Trial) -> None:
    emsp, cpo = ends(trial)
    token = emsp.samples.token("driver")
    names = ("country_code", "party_id", "uid", "type", "contract_id")
    body = cpo.samples.session("passed-on", cdr_token={name: token[name] for name in names})
    open_: dict[str, str | None] = {"OCPI-to-country-code": None, "OCPI-to-party-id": None}
    answer = cpo.ask("PUT", "sessions", "RECEIVER", path(cpo, body["id"]), body, headers=open_)
    _strangers(answer)
    heard = _at(emsp, "PUT", "sessions", body["id"], answer)
    if heard is None:
        fail(f"it did not come: {answer.said}", answer)
    sender = _name(heard, "from")
    require(sender == cpo.options.party.upper(), f"it comes FROM {sender}", heard)
    require_success(answer, "a Session that was taken")


def _broadcast(trial: Trial) -> Passed:
    """A Location of our CPO TO the hub, sent once, and what our eMSP heard of it."""
    emsp, cpo = ends(trial)

    def send() -> Passed:
        body = cpo.samples.location("B9", publish=True)
        asked = cpo.ask("PUT", "locations", "RECEIVER", path(cpo, body["id"]), body, headers=_to(hub(trial)))
        return asked, _at(emsp, "PUT", "locations", body["id"], asked)

    asked, heard = _once(trial, "broadcast", send)
    require_success(asked, "a broadcast")
    return asked, heard


@check(
    "HUB-17/a",
    "What is broadcast reaches who receives it",
    "PUT locations/... of our CPO TO the hub",
    "our eMSP hears it",
    **R,
)
def broadcast_arrives(trial: Trial) -> None:
    asked, heard = _broadcast(trial)
    require(heard is not None, "it did not come to our eMSP", asked)


@check(
    "HUB-17/b",
    "A broadcast comes FROM the hub",
    "PUT locations/... of our CPO TO the hub",
    "at our eMSP: FROM the hub, TO itself",
    **R,
)
def broadcast_is_from_the_hub(trial: Trial) -> None:
    _, heard = _broadcast(trial)
    if heard is None:
        raise Skipped("it did not come (HUB-17/a)")
    emsp, _ = ends(trial)
    sender, receiver = _name(heard, "from"), _name(heard, "to")
    require(sender == "/".join(hub(trial)).upper(), f"it comes FROM {sender}", heard)
    require(receiver == emsp.options.party.upper(), f"it is TO {receiver}", heard)
