"""Real-time authorization of Tokens: answered as an eMSP, asked as a CPO.

An answer comes from the operator's own function where there is one, within a
time limit, else from the stored Token. Neither judges the location's opening
hours or status, nor requires that it is known (TOK-27, TOK-29).

Spec: 2.2.1 mod_tokens_real-time_authorization; TOK-20 to TOK-41, AMB-05, AMB-06, AMB-41, AMB-42, AMB-73
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib import logs
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.logs import log, log_exception
from chalicelib.objects import hub_client_info, tokens
from chalicelib.objects.stored_object import Finder, StoredObject, load_token
from chalicelib.ocpi import jsontext, modules, reading, routing, spelling, writing
from chalicelib.ocpi.errors import InvalidParameters, NotEnoughInformation, OcpiError, UnknownObject
from chalicelib.ocpi.messages import OPEN, Party, Reply
from chalicelib.partners import parties
from chalicelib.partners.call import Call, serving
from chalicelib.store.object_items import check_id, folded, party_of
from chalicelib.threads import beside

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

ALLOWED, BLOCKED, NOT_ALLOWED = "ALLOWED", "BLOCKED", "NOT_ALLOWED"
VERDICTS = (ALLOWED, BLOCKED, "EXPIRED", "NO_CREDIT", NOT_ALLOWED)
# Seconds: a driver is waiting (TOK-28).
BACKEND_TIME = 3.0
ASKING_TIME = 8.0
# How many eMSPs are asked about a Token that nobody pushed (AMB-73).
MOST_ASKED = 5


class NoAnswer(OcpiError):
    """2000: no eMSP could be asked, or none answered, and the stored data does not decide."""


def answer(call: Call) -> Reply:
    """Whether a Token of ours may charge (TOK-30 to TOK-37). Raises UnknownObject, NotEnoughInformation."""
    platform, version = call.platform, call.request.version
    uid = check_id(call.params["token_uid"], "/token_uid")
    type_ = call.request.query.get("type") or call.request.query.get("token_type") or ""
    place = _place(call)
    found = None
    if call.spoken_for(parties.readers("tokens")) and "|" not in type_:
        found = load_token(platform, _emsps(call), uid, type_)
    if found is None:
        raise UnknownObject("unknown token", "tokens")
    info = _verdict(platform, found, place, call)
    written = writing.write("authorization_info", info, version, find=Finder(platform)).object
    beside(partial(_tell, platform, call, found, place, info))
    return Reply(data=jsontext.dumps(written))


def _place(call: Call) -> dict[str, Any] | None:
    """The LocationReferences of the body, which may be left out or empty (TOK-30)."""
    if not call.request.body.strip() or call.json in (None, {}):
        return None
    place: dict[str, Any] = reading.read("location_references", call.json_object, call.request.version).object
    return place


def _emsps(call: Call) -> list[Party]:
    found = list(dict.fromkeys(each.party for each in serving(call.request, call.platform)))
    return [party for party in found if call.url_party in (None, party)]


def _verdict(
    platform: Platform, token: StoredObject, place: dict[str, Any] | None, call: Call
) -> dict[str, Any]:
    """The AuthorizationInfo, in 2.3.0; the back end's word counts, else `valid` (TOK-33, AMB-42)."""
    canonical = token.canonical
    said = platform.backend.ask(
        "authorize",
        {
            "token": canonical,
            "location": place,
            "partner": call.partner.id,
            "party": "/".join(call.request.from_party or ()) or None,
        },
        BACKEND_TIME,
    )
    info: dict[str, Any] = {"allowed": ALLOWED if canonical.get("valid") is True else BLOCKED}
    allowed_place = place
    if said is not None:
        if said.get("location_required") is True and place is None:
            raise NotEnoughInformation("the location is needed to decide about this token")
        if said.get("allowed") in VERDICTS:
            info["allowed"] = said["allowed"]
            info |= {name: said[name] for name in ("authorization_reference", "info") if said.get(name)}
            allowed_place = _narrowed(place, said.get("location"))
    if info["allowed"] == ALLOWED:
        info.setdefault("authorization_reference", uuid.uuid4().hex)
        if allowed_place is not None:
            info["location"] = allowed_place
    info["token"] = canonical
    # What is stored was checked as it came; what was said about it now was not.
    if (said or place) and writing.check("authorization_info", info):
        log("WARNING", "the back end's authorization cannot be sent; the verdict is kept alone")
        info = {"allowed": info["allowed"], "token": canonical}
    return info


def _narrowed(place: dict[str, Any] | None, said: Any) -> dict[str, Any] | None:
    """The location asked about, with only those of its EVSEs that the back end allows (TOK-36)."""
    if place is None or not isinstance(said, dict):
        return place
    if folded(str(said.get("location_id"))) != folded(str(place.get("location_id"))):
        return None
    asked = {folded(str(each)) for each in place.get("evse_uids") or ()}
    uids = [each for each in said.get("evse_uids") or () if not asked or folded(str(each)) in asked]
    return {**place, "evse_uids": uids} if uids else place


def _tell(
    platform: Platform, call: Call, token: StoredObject, place: dict[str, Any] | None, info: dict[str, Any]
) -> None:
    """Tell the back end; the driver does not wait longer because the bus is away."""
    try:
        platform.backend.emit(
            "TokenAuthorized",
            {
                "partner": call.partner.id,
                "party": "/".join(call.request.from_party or ()) or None,
                "owner": token.key.owner,
                "uid": token.canonical.get("uid"),
                "type": tokens.type_of(token.key),
                "contract_id": token.canonical.get("contract_id"),
                "location": place,
                "allowed": info["allowed"],
                "authorization_reference": info.get("authorization_reference"),
            },
        )
    except Exception as problem:
        log_exception("event not told", problem)


# as a CPO


def ask(
    platform: Platform,
    uid: str,
    type_: str = "",
    place: dict[str, Any] | None = None,
    from_party: Party | None = None,
) -> dict[str, Any]:
    """Whether a Token may charge here: the eMSP's AuthorizationInfo in 2.3.0, and how it was decided.

    The Token's whitelist says whether its eMSP is asked (TOK-20 to TOK-24, AMB-42);
    `by` is REAL_TIME, WHITELIST or OFFLINE. Raises UnknownObject, NoAnswer.
    """
    stored = _stored(platform, uid, type_)
    token = stored.canonical if stored else None
    valid = bool(token and token.get("valid") is True)
    whitelist = token.get("whitelist") if token else "NEVER"
    if token is not None and (whitelist == "ALWAYS" or (whitelist == "ALLOWED" and not valid)):
        verdict = ALLOWED if valid else BLOCKED
        return {"allowed": verdict, "token": token, "by": "WHITELIST"}
    type_ = type_ or _type(token)
    whom = _askable(platform, stored, uid, type_)
    owner = stored.key.party if stored is not None else _issuer(platform, uid, type_)
    sure = frozenset({stored.key.party}) if stored is not None else frozenset()
    odd: list[str] = []
    for partner, found in _answers(platform, whom, uid, type_, place, from_party, owner, sure, odd):
        return {**found, "by": "REAL_TIME", "partner": partner.id}
    if token is not None and whitelist == "ALLOWED":
        return {"allowed": ALLOWED, "token": token, "by": "WHITELIST"}
    if token is not None and whitelist == "ALLOWED_OFFLINE":
        verdict = ALLOWED if valid else BLOCKED
        return {"allowed": verdict, "token": token, "by": "OFFLINE"}
    if not whom:
        raise NoAnswer("no eMSP is connected that could be asked about this token")
    if odd:
        raise NoAnswer(f"what an eMSP answered was not understood: {'; '.join(odd)[:400]}")
    raise NoAnswer("no eMSP knows this token, or none answered")


def _answers(
    platform: Platform, whom: list[Partner], *question: Any
) -> Iterator[tuple[Partner, dict[str, Any]]]:
    """What those eMSPs say that know the Token, the fastest first; they are asked at the same time."""
    if len(whom) == 1:
        found = _asked(platform, whom[0], *question)
        if found is not None:
            yield whom[0], found
        return
    waiting = {}
    pool = ThreadPoolExecutor(MOST_ASKED)
    try:
        for partner in whom:
            waiting[pool.submit(copy_context().run, _asked, platform, partner, *question)] = partner
        for done in as_completed(waiting):
            found = done.result()
            if found is not None:
                yield waiting[done], found
    finally:
        pool.shutdown(wait=False)


def _type(token: dict[str, Any] | None) -> str:
    return str(token.get("type")) if token else ""


def _stored(platform: Platform, uid: str, type_: str) -> StoredObject | None:
    """The Token as an eMSP gave it to us."""
    roles = parties.owners("tokens")
    owners = sorted(parties.known(platform, *roles))
    for at in range(0, len(owners), 15):
        found = load_token(platform, owners[at : at + 15], uid, type_)
        if found is not None:
            return found
    return None


def _askable(platform: Platform, stored: StoredObject | None, uid: str, type_: str) -> list[Partner]:
    """Whom to ask: the Token's eMSP, else those that may own one nobody pushed, up to a number (AMB-73)."""
    roles = parties.owners("tokens")
    owner = stored.key.party if stored is not None else _issuer(platform, uid, type_)
    if owner is not None:
        partner, away = hub_client_info.way(platform, owner, "tokens", modules.SENDER, *roles)
        offers = partner is not None and partner.endpoint("tokens", modules.SENDER)
        return [partner] if partner and offers and not away else []
    willing = [
        each
        for each in platform.partners.registered()
        if each.endpoint("tokens", modules.SENDER) and parties.spoken_for(platform, each, roles)
    ]
    return [each for each in willing if each.health.state != "UNREACHABLE"][:MOST_ASKED]


def _issuer(platform: Platform, uid: str, type_: str) -> Party | None:
    """The eMSP that an EMAID names as its issuer, where it is one we reach (AMB-73)."""
    letters = uid.replace("-", "").replace("*", "").upper()
    party = letters[:2], letters[2:5]
    return (
        party
        if folded(type_) == "EMAID" and party in parties.known(platform, *parties.owners("tokens"))
        else None
    )


def _asked(
    platform: Platform,
    partner: Partner,
    uid: str,
    type_: str,
    place: dict[str, Any] | None,
    from_party: Party | None,
    owner: Party | None,
    sure: frozenset[Party],
    odd: list[str],
) -> dict[str, Any] | None:
    """What this eMSP says; None when it does not know the Token, is not its owner, or does not answer.

    `sure`: whose the Token is, where it is stored: then no other party behind the same connection is
    believed. Where the `owner` is unknown, a hub finds it: open routing, without OCPI-to (HUB-26). `odd`
    is told what was not understood.
    """
    url = routing.join(partner.endpoint("tokens", modules.SENDER) or "", uid, "authorize")
    if type_:
        url += ("&" if "?" in url else "?") + urlencode({"type": type_})
    body = None
    if place is not None:
        written = writing.write("location_references", place, partner.version).object
        body = jsontext.dumps(written) if written is not None else None
    roles = parties.owners("tokens")
    theirs = parties.spoken_for(platform, partner, roles)
    own = owner or partner.party_for(roles)
    try:
        with logs.about(logs.Subject("tokens", "/".join(owner) if owner else "", uid)):
            said = platform.partner_client.call(
                partner,
                "POST",
                url,
                body=body,
                module="tokens",
                from_party=from_party or _cpo(platform),
                to_party=OPEN if partner.is_hub and owner is None else own,
                timeout=ASKING_TIME,
            )
        sketch = partial(_sketch, platform, partner, own, uid, type_, said.data)
        info: dict[str, Any] = reading.read(
            "authorization_info",
            said.data,
            partner.version,
            owner=own,
            now=platform.clock(),
            token=lambda _: sketch(),
        ).object
        _check_token(info.get("token"), uid, type_, sure or theirs)
        return info if info.get("token") else {**info, "token": sketch()}
    except PartnerRefused as refusal:
        if refusal.status_code == 2002:
            raise NotEnoughInformation("the eMSP needs the location to decide", "/location") from None
        log("INFO", "token not known there", partner=partner.id, status=refusal.status_code)
    except PartnerUnreachable as problem:
        log("WARNING", "authorization not answered", partner=partner.id, reason=problem.reason)
    except InvalidParameters as problem:
        log("WARNING", "authorization not understood", partner=partner.id, reason=problem.status_message)
        odd.append(f"{partner.id}: {problem.status_message}")
    return None


def _check_token(token: Any, uid: str, type_: str, theirs: frozenset[Party]) -> None:
    """Take a Token from its owner only, and the one that was asked about (TRA-56, TRA-59).

    Raises InvalidParameters, as where a request of the partner said it.
    """
    if not isinstance(token, dict):
        return
    if party_of(token) not in theirs:
        raise InvalidParameters("not a party of this connection", "/token/party_id")
    if folded(str(token.get("uid"))) != folded(uid):
        raise InvalidParameters("not the token that was asked about", "/token/uid")
    if type_ and folded(str(token.get("type"))) != folded(type_):
        raise InvalidParameters("not the token that was asked about", "/token/type")


def _sketch(
    platform: Platform, partner: Partner, owner: Party | None, uid: str, type_: str, said: Any
) -> dict[str, Any]:
    """The Token that an answer leaves out, as in 2.1.1: the stored one, else what is known (CNV-107)."""
    stored = _stored(platform, uid, type_)
    if stored is not None:
        return stored.canonical
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    valid = isinstance(said, dict) and spelling.word(said.get("allowed")) == ALLOWED
    sketched = tokens.sketch(owner or ("", ""), uid, type_, valid, platform.clock())
    return {**sketched, "issuer": partner.name}


def _cpo(platform: Platform) -> Party | None:
    return next(iter(platform.settings.hosted("CPO")), None)
