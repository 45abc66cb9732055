"""Tokens pushed to the other side, and its real-time authorization."""

from __future__ import annotations

from typing import Any

from conformance.check import NEWER, READING, SHOULD, check
from conformance.peer import Exchange
from conformance.receiving import below, get, patch, path, put, refused_in_words, require_same, strangers
from conformance.samples import ABSENT, stamp
from conformance.shapes import faults
from conformance.trial import Trial
from conformance.verdict import (
    Skipped,
    advise,
    given,
    require,
    require_no_faults,
    require_refusal,
    require_success,
)

K: Any = {"module": "tokens", "interface": "RECEIVER", "roles": ("EMSP",), "writes": True}
A: Any = {"module": "tokens", "interface": "SENDER", "roles": ("CPO",), "writes": True}


@check(
    "TOK-04/a",
    "A Token is taken and read back as it was sent",
    "PUT a Token, then GET it",
    "1000, and every field that was sent",
    **K,
)
def new_token(trial: Trial) -> None:
    sent = trial.samples.token("C1")
    put(trial, "tokens", sent, sent["uid"])
    require_same(trial, sent, get(trial, "tokens", sent["uid"]))


@check(
    "TOK-02",
    "A Token ends by valid=false",
    "PATCH {valid: false}, GET the Token",
    "valid is false, all else as it was",
    **K,
)
def ends_by_valid(trial: Trial) -> None:
    sent = trial.samples.token("C2")
    put(trial, "tokens", sent, sent["uid"])
    changes = {"valid": False, "last_updated": stamp(-600)}
    patch(trial, "tokens", changes, sent["uid"])
    require_same(trial, {**sent, **changes}, get(trial, "tokens", sent["uid"]))


@check(
    "TOK-06",
    "A Token is known by uid and type",
    "PUT two Tokens with one uid and two types, GET both",
    "each as it was sent",
    versions=NEWER,
    **K,
)
def uid_and_type(trial: Trial) -> None:
    uid = trial.samples.id("C3")
    for kind in ("RFID", "APP_USER"):
        sent = trial.samples.token("C3", type=kind, visual_number=kind, whitelist="NEVER")
        put(trial, "tokens", sent, uid, query={"type": kind})
    for kind in ("RFID", "APP_USER"):
        held = get(trial, "tokens", uid, query={"type": kind})
        require(held.get("type") == kind, f"type={kind} shows {held.get('type')!r}", trial.proofs[-1])
    require(get(trial, "tokens", uid).get("type") == "RFID", "without type it is not RFID", trial.proofs[-1])


@check(
    "TRA-46/c",
    "PUT replaces a Token: what is left out is gone",
    "PUT a Token without visual_number, GET it",
    "no visual_number",
    **K,
)
def put_replaces(trial: Trial) -> None:
    uid = trial.samples.id("C4")
    put(trial, "tokens", trial.samples.token("C4"), uid)
    put(trial, "tokens", trial.samples.token("C4", visual_number=ABSENT, last_updated=stamp(-3000)), uid)
    require(not get(trial, "tokens", uid).get("visual_number"), "it is still there", trial.proofs[-1])


@check(
    "TRA-49/c",
    "PATCH of a Token without last_updated is refused",
    "PATCH {valid}",
    "HTTP 200 and 2001",
    versions=NEWER,
    **K,
)
def patch_without_last_updated(trial: Trial) -> None:
    uid = trial.samples.id("C5")
    put(trial, "tokens", trial.samples.token("C5"), uid)
    answer = trial.ask("PATCH", "tokens", "RECEIVER", path(trial, uid), {"valid": False})
    require_refusal(answer, 2001, "a PATCH without last_updated")


@check(
    "TRA-51/b",
    "PATCH of an unknown Token is refused",
    "PATCH a Token that was never sent",
    "HTTP 404",
    force=READING,
    **K,
)
def patch_of_unknown(trial: Trial) -> None:
    body = {"valid": False, "last_updated": stamp()}
    answer = trial.ask("PATCH", "tokens", "RECEIVER", path(trial, trial.samples.id("never")), body)
    require(not answer.ok, "a PATCH of an unknown Token was taken", answer)
    require(answer.status == 404, f"404 is expected: {answer.said}", answer)


@check(
    "STA-05/b",
    "A Token that was never sent is not found",
    "GET a Token that was never sent",
    "HTTP 404",
    force=SHOULD,
    **{**K, "writes": False},
)
def never_sent(trial: Trial) -> None:
    answer = trial.ask("GET", "tokens", "RECEIVER", path(trial, trial.samples.id("never")))
    require(not answer.ok, f"it was found: {answer.said}", answer)
    require(answer.status == 404 and answer.code, f"must be 404 with an envelope: {answer.said}", answer)


@check(
    "TRA-54/g",
    "Nobody writes a stranger's Token",
    "PUT a Token of a party that is not ours",
    "no success",
    **K,
)
def strangers_token(trial: Trial) -> None:
    body = trial.samples.token("C1", **({"party_id": "QQQ"} if trial.newer else {}))
    answer = trial.ask("PUT", "tokens", "RECEIVER", below(trial.country, "QQQ", body["uid"]), body)
    strangers(trial, answer, "a stranger's Token")


@check(
    "TRA-56/b",
    "The uid in the URL is the uid in the Token",
    "PUT a Token under another uid",
    "HTTP 200 and 2001",
    force=SHOULD,
    **K,
)
def other_uid(trial: Trial) -> None:
    at = path(trial, trial.samples.id("Cx"))
    require_refusal(
        trial.ask("PUT", "tokens", "RECEIVER", at, trial.samples.token("Cy")), 2001, "another uid"
    )


@check(
    "STA-14/f",
    "A Token that does not say whether it is valid is refused with 2001, and no HTTP error",
    "PUT a Token without `valid`",
    "HTTP 200 and 2001",
    **K,
)
def without_valid(trial: Trial) -> None:
    body = trial.samples.token("C6", valid=ABSENT)
    refused_in_words(trial, trial.ask("PUT", "tokens", "RECEIVER", path(trial, body["uid"]), body))


@check(
    "TRA-75/b",
    "Fields that OCPI does not know are tolerated in Tokens",
    "PUT a Token with a field of ours",
    "1000",
    **K,
)
def unknown_fields(trial: Trial) -> None:
    put(trial, "tokens", trial.samples.token("C7", colour_of_the_card="green"), trial.samples.id("C7"))


def listed(trial: Trial, valid: bool = True) -> dict[str, Any]:
    """A Token of the other side that it lists. Raises Skipped."""
    trial.endpoint("tokens", "SENDER")
    for each in trial.crawl("tokens").objects:
        if bool(each.get("valid")) is valid and each.get("uid"):
            return each
    raise Skipped(f"no Token with valid={str(valid).lower()} is listed")


def authorize(trial: Trial, uid: str, kind: str = "RFID", body: Any = None) -> Exchange:
    """The verdict on a Token; where they need to know the place (2002), they are told one."""
    query = {"type": kind} if kind else None
    answer = trial.ask("POST", "tokens", "SENDER", below(uid) + "/authorize", body, query=query)
    if body is None and answer.code == 2002:
        return authorize(trial, uid, kind, somewhere(trial))
    return answer


def somewhere(trial: Trial) -> dict[str, Any]:
    """LocationReferences to a place of ours."""
    return {"location_id": trial.samples.id("L1"), "evse_uids": [trial.samples.id("E1")]}


@check(
    "TOK-33/a",
    "A known Token gets a verdict",
    "POST tokens/{uid}/authorize",
    "1000 and AuthorizationInfo",
    **A,
)
def known_token(trial: Trial) -> None:
    token = listed(trial)
    answer = require_success(authorize(trial, token["uid"], str(token.get("type"))), "authorize")
    require_no_faults(
        faults("AuthorizationInfo", answer.data, trial.version), "the AuthorizationInfo", answer
    )


@check(
    "TOK-37",
    "The verdict shows the Token",
    "POST tokens/{uid}/authorize",
    "`token` is the Token asked for",
    versions=NEWER,
    **A,
)
def verdict_shows_the_token(trial: Trial) -> None:
    token = listed(trial)
    answer = require_success(authorize(trial, token["uid"], str(token.get("type"))), "authorize")
    shown = (answer.data or {}).get("token") or {}
    require(str(shown.get("uid")).upper() == token["uid"].upper(), f"`token` is {shown.get('uid')!r}", answer)


def _nobodys(trial: Trial) -> Exchange:
    """The answer about a Token that nobody has. Raises Skipped."""
    answer = authorize(trial, trial.samples.id("nobody"))
    if answer.status != 404 and trial.unknown_to_hub(answer):
        raise Skipped("no eMSP behind the hub could be asked")
    return answer


@check("TOK-31", "An unknown Token is not found", "POST tokens/{a uid nobody has}/authorize", "HTTP 404", **A)
def unknown_token(trial: Trial) -> None:
    answer = _nobodys(trial)
    if not trial.newer:  # 2.1.1 has no status for it, but a verdict
        allowed = (answer.data or {}).get("allowed") if isinstance(answer.data, dict) else None
        require(not answer.ok or allowed != "ALLOWED", "it may charge", answer)
        advise(answer.status == 404, f"404 is expected: {answer.said}", answer)
    require(answer.status == 404, f"must be 404: {answer.said}", answer)


@check(
    "TOK-32",
    "An unknown Token is answered with 2004 and no data",
    "POST tokens/{a uid nobody has}/authorize",
    "2004, no `data`",
    versions=NEWER,
    **A,
)
def unknown_token_code(trial: Trial) -> None:
    answer = _nobodys(trial)
    require(answer.code == 2004, f"must be 2004: {answer.said}", answer)
    require(answer.data is None, "`data` must be absent", answer)


@check(
    "TOK-33/b",
    "A Token that is not valid gets a verdict, and no error",
    "POST authorize for a Token with valid=false",
    "1000 and another verdict than ALLOWED",
    **A,
)
def invalid_token(trial: Trial) -> None:
    token = listed(trial, valid=False)
    answer = require_success(authorize(trial, token["uid"], str(token.get("type"))), "authorize")
    allowed = (answer.data or {}).get("allowed")
    advise(allowed != "ALLOWED", "a Token with valid=false is ALLOWED", answer)


@check(
    "TOK-30/a",
    "The references to a place may be left out or unknown",
    "POST authorize with a Location of ours",
    "1000 and AuthorizationInfo",
    **A,
)
def with_a_place(trial: Trial) -> None:
    token = listed(trial)
    answer = require_success(
        authorize(trial, token["uid"], str(token.get("type")), somewhere(trial)), "authorize"
    )
    require_no_faults(
        faults("AuthorizationInfo", answer.data, trial.version), "the AuthorizationInfo", answer
    )


@check(
    "TOK-36",
    "A verdict names no place that was not asked about",
    "POST authorize without a Location",
    "no `location`",
    versions=NEWER,
    **A,
)
def no_place_unasked(trial: Trial) -> None:
    token = listed(trial)
    answer = require_success(authorize(trial, token["uid"], str(token.get("type"))), "authorize")
    given(not answer.request_body, "they say no verdict without a place (2002)", answer)
    require((answer.data or {}).get("location") is None, "`location` is there", answer)


@check(
    "TOK-30/b",
    "The type of a Token is RFID where it is not said",
    "POST authorize for a listed RFID Token",
    "the RFID Token",
    versions=NEWER,
    **A,
)
def type_defaults_to_rfid(trial: Trial) -> None:
    found = [each for each in trial.crawl("tokens").objects if each.get("type") == "RFID"]
    if not found:
        raise Skipped("no RFID Token is listed")
    answer = require_success(authorize(trial, found[0]["uid"], ""), "authorize without type")
    require(((answer.data or {}).get("token") or {}).get("type") == "RFID", "another type came", answer)


@check(
    "TOK-30/c",
    "A Token of another type is another Token",
    "POST authorize for the uid of a listed RFID Token with type=AD_HOC_USER",
    "not found",
    versions=NEWER,
    force=READING,
    **A,
)
def other_type(trial: Trial) -> None:
    trial.endpoint("tokens", "SENDER")
    uids = {each.get("type"): str(each.get("uid")) for each in trial.crawl("tokens").objects}
    if "RFID" not in uids:
        raise Skipped("no RFID Token is listed")
    answer = authorize(trial, uids["RFID"], "AD_HOC_USER")
    require(not answer.ok, "it was found", answer)
    require(answer.status < 500, f"it broke the server: {answer.said}", answer)


@check(
    "TYP-01/c",
    "The uid of a Token is read in any case",
    "PUT a Token, GET it in the other case",
    "the same Token",
    force=READING,
    versions=NEWER,
    **K,
)
def uid_in_any_case(trial: Trial) -> None:
    uid = trial.samples.id("C8")
    put(trial, "tokens", trial.samples.token("C8"), uid)
    require(get(trial, "tokens", uid.swapcase()).get("uid"), "no Token came", trial.proofs[-1])
