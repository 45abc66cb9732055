"""CDRs posted to the other side: taken once, read back, never changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin, urlsplit

from conformance.check import NEWER, READING, check
from conformance.checks.sessions import for_their_driver
from conformance.peer import Exchange
from conformance.receiving import refused_in_words, require_created, require_same
from conformance.samples import ABSENT, stamp
from conformance.trial import Trial
from conformance.verdict import Skipped, Verdict, Warned, advise, require, require_refusal, require_success

D: Any = {"module": "cdrs", "interface": "RECEIVER", "roles": ("CPO",), "writes": True}


def posted(trial: Trial) -> tuple[dict[str, Any], Exchange]:
    """Our first CDR and the answer to its POST. Raises Failed."""
    trial.endpoint("cdrs", "RECEIVER")
    for_their_driver(trial)
    if "cdr" not in trial.known:
        body = trial.samples.cdr("D1")
        trial.known["cdr"] = (body, trial.ask("POST", "cdrs", "RECEIVER", "", body))
    body, answer = trial.known["cdr"]
    require_success(trial.prove(answer), "POST of a CDR")
    return body, answer


def place(trial: Trial, astray: type[Verdict] = Skipped) -> str:
    """Where the first CDR is to be read. Raises Failed, and `astray` where it is on a host never named."""
    _, answer = posted(trial)
    location = answer.header("location")
    require(location, "the answer has no Location header", answer)
    url = urljoin(answer.url, str(location))
    if urlsplit(url).netloc not in trial.hosts:
        raise astray(f"the Location leads to another host, {urlsplit(url).netloc}: not followed", answer)
    return url


def _at(trial: Trial, method: str, body: Any = None) -> Exchange:
    headers = trial.routing("cdrs", "RECEIVER", for_one=True)
    return trial.prove(trial.peer.ask(method, place(trial), body, headers=headers, module="cdrs"))


@check("CDR-11", "A CDR is taken by POST on the bare endpoint", "POST a CDR", "HTTP 2xx and 1000", **D)
def taken(trial: Trial) -> None:
    posted(trial)


@check("STA-07/b", "A new CDR is answered with 201", "POST a CDR", "HTTP 201", force="SHOULD", **D)
def new_is_201(trial: Trial) -> None:
    require_created(posted(trial)[1])


@check(
    "CDR-12", "The answer says where the CDR is", "POST a CDR", "header Location with an absolute URL", **D
)
def says_where(trial: Trial) -> None:
    _, answer = posted(trial)
    location = answer.header("location")
    require(location, "the answer has no Location header", answer)
    absolute = str(location).lower().startswith("http")
    if not absolute and not trial.newer:
        advise(False, f"the Location is relative: {location}", answer)
    require(absolute, f"the Location is relative: {location}", answer)


@check(
    "CDR-13",
    "The CDR is read where the answer said",
    "GET the URL of the Location header",
    "the CDR, every field that was sent",
    **D,
)
def read_back(trial: Trial) -> None:
    body = dict(posted(trial)[0])
    place(trial, Warned)
    answer = require_success(_at(trial, "GET"), "GET of the CDR")
    require(isinstance(answer.data, dict), "`data` must be the CDR", answer)
    body.pop("location", None)  # a 2.1.1 CDR embeds it; how much of it is kept is up to the receiver
    require_same(trial, body, answer.data)


@check(
    "CDR-16/a",
    "The same CDR again is no error",
    "POST the same CDR again",
    "1000 and the same Location",
    force=READING,
    **D,
)
def same_again(trial: Trial) -> None:
    body, first = posted(trial)
    answer = require_success(trial.ask("POST", "cdrs", "RECEIVER", "", body), "POST of the same CDR")
    same = answer.header("location") == first.header("location")
    require(same, f"another Location: {answer.header('location')}", answer)


@check(
    "CDR-01",
    "A CDR is never replaced",
    "POST another CDR under the same id, then GET",
    "2001; the CDR as it was",
    **D,
)
def never_replaced(trial: Trial) -> None:
    body, _ = posted(trial)
    other = {**body, "total_energy": 99, "last_updated": stamp()}
    answer = trial.ask("POST", "cdrs", "RECEIVER", "", other)
    held = _at(trial, "GET")
    kept = isinstance(held.data, dict) and held.data.get("total_energy") == body["total_energy"]
    require(kept, "the second CDR replaced the first", held)
    advise(not answer.ok, "the second was answered with success, and not kept", answer)


@check(
    "CDR-15", "PUT, PATCH and DELETE of a CDR are not offered", "each on the URL of the CDR", "HTTP 405", **D
)
def not_changed(trial: Trial) -> None:
    body, _ = posted(trial)
    for method, sent in (
        ("PUT", body),
        ("PATCH", {"remark": "x", "last_updated": stamp()}),
        ("DELETE", None),
    ):
        answer = _at(trial, method, sent)
        require(not answer.ok, f"{method} was taken", answer)
        advise(answer.status in (404, 405), f"405 is expected: {answer.said}", answer)


@check(
    "CDR-04",
    "A CDR of a Location that was never sent is taken",
    "POST such a CDR",
    "1000",
    versions=NEWER,
    **D,
)
def location_never_sent(trial: Trial) -> None:
    posted(trial)
    body = trial.samples.cdr("D2")
    body["cdr_location"] = {**body["cdr_location"], "id": trial.samples.id("home")}
    require_success(trial.ask("POST", "cdrs", "RECEIVER", "", body), "POST of a CDR of a home charger")


@check("CDR-07", "A Credit CDR is taken", "POST a Credit CDR for the first one", "1000", versions=NEWER, **D)
def credit(trial: Trial) -> None:
    body, _ = posted(trial)
    cost = {name: -value for name, value in body["total_cost"].items()}
    changes = {"id": f"{body['id']}-C", "credit": True, "credit_reference_id": body["id"], "total_cost": cost}
    answer = trial.ask("POST", "cdrs", "RECEIVER", "", {**body, **changes, "last_updated": stamp()})
    require_success(answer, "POST of a Credit CDR")


@check(
    "STA-14/e",
    "A CDR without total_cost is refused with 2001, and no HTTP error",
    "POST a CDR without total_cost",
    "HTTP 200 and 2001",
    **D,
)
def without_total(trial: Trial) -> None:
    trial.endpoint("cdrs", "RECEIVER")
    for_their_driver(trial)
    body = trial.samples.cdr("D3", total_cost=ABSENT)
    refused_in_words(trial, trial.ask("POST", "cdrs", "RECEIVER", "", body))


@check(
    "TRA-54/f",
    "Nobody sends a stranger's CDR",
    "POST a CDR of a party that is not ours",
    "no success",
    versions=NEWER,
    **D,
)
def strangers_cdr(trial: Trial) -> None:
    trial.endpoint("cdrs", "RECEIVER")
    for_their_driver(trial)
    body = trial.samples.cdr("D4", party_id="QQQ")
    require_refusal(trial.ask("POST", "cdrs", "RECEIVER", "", body), 0, "a stranger's CDR")
