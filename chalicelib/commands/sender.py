"""Requests of ours whose result comes later: written down first, sent once, their response noted.

A command is never sent again, whatever becomes of it: where its outcome is
unknown it stays pending, since the result may still come, until our deadline.

Spec: CMD-04 to CMD-07, CMD-12, CHP-13, CHP-19; design section 8
"""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.commands import capabilities, results
from chalicelib.commands.receiver import ABSENT, KINDS
from chalicelib.errors import ActionError, PartnerRefused, PartnerUnreachable
from chalicelib.objects import hub_client_info, sessions, tokens
from chalicelib.objects.stored_object import load
from chalicelib.ocpi import jsontext, reading, routing, surrogates, timestamps, writing
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.modules import V211
from chalicelib.ocpi.timestamps import later
from chalicelib.partners import lifecycle
from chalicelib.store.object_items import Key
from chalicelib.store.requests import COMMANDS, PENDING, SENT, AsyncRequest, new_id

if TYPE_CHECKING:
    from chalicelib.ocpi.messages import Party
    from chalicelib.partner import Partner
    from chalicelib.partner_client.answer import Answer
    from chalicelib.wiring import Platform

# Seconds that a partner may take to respond.
PATIENCE = 10
# The fields of a command that name where it is meant.
PLACES = "location_id", "evse_uid"


def receiver(platform: Platform, party: Party, module: str, *roles: str) -> tuple[Partner, str]:
    """The partner of a party and where it takes requests of this module. Raises ActionError."""
    partner, away = hub_client_info.way(platform, party, module, "RECEIVER", *roles)
    if partner is None:
        raise ActionError("unknown_partner", f"no partner is {' or '.join(roles)} {'/'.join(party)}", "/to")
    if partner.state != "REGISTERED":
        raise ActionError("not_registered", f"the connection to {partner.name} is {partner.state}", "/to")
    if away:
        raise ActionError("not_connected", away, "/to")
    url = partner.endpoint(module, "RECEIVER")
    if url is None:
        raise ActionError("not_offered", f"{partner.name} does not offer to receive {module}", "/to")
    return partner, url


def hosted(platform: Platform, party: Party | None, *roles: str) -> Party:
    """The hosted party of these roles that speaks: the one named, else the only or first one."""
    ours = platform.settings.hosted(*roles)
    if party is None and ours:
        return ours[0]
    if party not in ours:
        name = "/".join(party) if party else "nobody"
        raise ActionError("not_hosted", f"{name} is not a hosted party of role {' or '.join(roles)}", "/from")
    return party


def command(
    platform: Platform, command: str, to: Party, body: dict[str, Any], ours: Party | None = None
) -> AsyncRequest:
    """Send a command to a CPO as the eMSP named, the session's, or our first. Raises ActionError.

    `response_url` is ours to fill in; a stored Token may be given by its uid.
    """
    if command not in KINDS:
        raise ActionError("invalid", f"{command[:40]} is none of {', '.join(KINDS)}", "/command")
    partner, endpoint = receiver(platform, to, COMMANDS, "CPO")
    ours = hosted(platform, ours or _emsp_of_session(platform, command, to, body), "EMSP", "OTHER")
    body = {name: value for name, value in body.items() if name != "response_url"}
    if "token" in body:
        body["token"] = _whole_token(platform, ours, body["token"])
        _check_validity(body["token"])
    readable = body
    if partner.version == V211:
        body = _in_the_words_of_the_cpo(platform, to, body)
        readable = _shortened(body)
    id = new_id()
    back = routing.join(platform.endpoint_url(partner.version, "SENDER", COMMANDS), command, id)
    findings = writing.check(KINDS[command], {**readable, "response_url": back})
    if findings:
        raise ActionError("invalid", findings[0].message, f"/body{findings[0].pointer}")
    request = AsyncRequest(
        id=id,
        direction=SENT,
        module=COMMANDS,
        command=command,
        partner=partner.id,
        version=partner.version,
        our_party="/".join(ours),
        their_party="/".join(to),
        created_at=platform.clock(),
        body=body,
    )
    written = writing.write(KINDS[command], {**body, "response_url": back}, partner.version)
    if command in ABSENT.get(partner.version, ()) or written.object is None:
        return _not_supported(platform, request)
    _check_capabilities(platform, to, command, body)
    url = routing.join(endpoint, command)
    return send(platform, partner, request, "POST", url, written.object, "command_response")


def send(
    platform: Platform,
    partner: Partner,
    request: AsyncRequest,
    method: str,
    url: str,
    body: dict[str, Any] | None,
    response_kind: str,
) -> AsyncRequest:
    """Send a request and note its response; the request as it stands then."""
    allowed = PATIENCE + platform.settings.command_timeout + lifecycle.SLACK
    request = dataclasses.replace(request, todo="expire", due_at=later(request.created_at, allowed))
    platform.requests.add(request)
    answer: Answer | None = None
    problem: PartnerRefused | PartnerUnreachable | None = None
    started = time.monotonic()
    try:
        with logs.about(request.subject):
            answer = platform.partner_client.call(
                partner,
                method,
                url,
                body=None if body is None else jsontext.dumps(body),
                module=request.module,
                from_party=request.ours,
                to_party=request.theirs,
                correlation_id=request.correlation_id,
                timeout=PATIENCE,
            )
    except (PartnerRefused, PartnerUnreachable) as found:
        problem = found
    seconds = time.monotonic() - started
    if answer is None:
        noted = _unanswered(platform, request, problem)
    else:
        noted = _answered(platform, request, answer.data, partner.version, response_kind)
    results.note_health(platform, partner, problem, seconds)
    return noted


def _answered(platform: Platform, request: AsyncRequest, data: Any, version: str, kind: str) -> AsyncRequest:
    try:
        response = reading.read(kind, data, version).object
    except InvalidParameters as problem:
        return _unknown(platform, request, f"its response was not understood: {problem.status_message}")
    return _respond(platform, request, response)


def _unanswered(
    platform: Platform, request: AsyncRequest, problem: PartnerRefused | PartnerUnreachable | None
) -> AsyncRequest:
    """What a request that was refused, or not taken, becomes."""
    if isinstance(problem, PartnerUnreachable):
        if not problem.outcome_unknown:
            return _fail(platform, request, problem.reason)
        return _unknown(platform, request, f"it may not have arrived: {problem.reason}")
    text = problem.words if problem else ""
    return _respond(platform, request, {"result": "REJECTED", "timeout": 0, "message": lifecycle.said(text)})


def _unknown(platform: Platform, request: AsyncRequest, reason: str) -> AsyncRequest:
    """Note why nobody knows what the partner responded; its result is awaited all the same."""
    logs.log("WARNING", "request of unknown outcome", request=request.id, reason=reason)
    noted = platform.requests.alter(request.id, lambda found: lifecycle.unanswered(found, reason))
    return noted or platform.requests.get(request.id) or request


def _respond(platform: Platform, request: AsyncRequest, response: dict[str, Any]) -> AsyncRequest:
    """Note the response; where it was the end the back end is told."""
    now = platform.clock()
    timeout = response.get("timeout")
    seconds = timeout if isinstance(timeout, int) and timeout > 0 else platform.settings.command_timeout
    seconds = min(seconds, 24 * 3600)
    noted = platform.requests.alter(
        request.id, lambda found: lifecycle.answered(found, response, seconds, now)
    )
    noted = noted or request
    if noted.state == PENDING:
        lifecycle.enqueue(platform, noted, seconds + lifecycle.SLACK + 1)
    else:
        tell(platform, noted)
    return noted


def _fail(platform: Platform, request: AsyncRequest, reason: str) -> AsyncRequest:
    now = platform.clock()
    result = {"result": "FAILED", "message": lifecycle.said(reason)}
    closed = platform.requests.alter(request.id, lambda found: lifecycle.concluded(found, result, now))
    if closed is None:
        return request
    tell(platform, closed)
    return closed


def tell(platform: Platform, concluded: AsyncRequest) -> None:
    """Tell the back end at once, as far as that goes."""
    try:
        results.advance(platform, concluded.id)
    except Exception as problem:
        logs.log_exception("event not told yet; the sweep will", problem, request=concluded.id)


def _emsp_of_session(platform: Platform, command: str, to: Party, body: dict[str, Any]) -> Party | None:
    """Whose session is to be stopped."""
    id = body.get("session_id")
    if command != "STOP_SESSION" or not isinstance(id, str):
        return None
    session = load(platform, Key("sessions", *to, id))
    return sessions.emsp_of(session.canonical) if session else None


def _whole_token(platform: Platform, ours: Party, token: Any) -> Any:
    """The Token to send: one of ours (CMD-34), what is left out taken from the stored one."""
    if not isinstance(token, dict):
        return token
    named = str(token.get("country_code") or ours[0]).upper(), str(token.get("party_id") or ours[1]).upper()
    if named != ours:
        raise ActionError("not_hosted", f"{'/'.join(named)} is not the eMSP that commands", "/body/token")
    stored: dict[str, Any] = {}
    if isinstance(token.get("uid"), str) and "contract_id" not in token:
        kind = token.get("type", "RFID")
        found = load(platform, tokens.key(ours, token["uid"], kind))
        stored = found.canonical if found else {}
    now = timestamps.wire_timestamp(platform.clock())
    return {
        "country_code": ours[0],
        "party_id": ours[1],
        "last_updated": now,
        **stored,
        **token,
    }


def _in_the_words_of_the_cpo(platform: Platform, cpo: Party, body: dict[str, Any]) -> dict[str, Any]:
    """The Location and EVSE by the long names that a CPO of 2.1.1 gave them (CNV-115).

    Whoever commands may only know the shorter name that stands for one.
    """
    location_id, uid = (str(body.get(name) or "") for name in PLACES)
    if max(len(location_id), len(uid)) < surrogates.LIMIT or not location_id:
        return body
    key = Key("locations", *cpo, location_id)
    named = dict(body)
    for part in platform.objects.parts([(key, each) for each in dict.fromkeys(("", uid))]):
        if part and part.spelled:
            named["location_id"] = part.spelled[2]
        if part and part.uid:
            named["evse_uid"] = part.uid
    return named


def _shortened(body: dict[str, Any]) -> dict[str, Any]:
    """The command with names that 2.3.0 allows, for the check; 2.1.1 allows longer ones."""
    places = {name: body.get(name) for name in PLACES}
    return body | {
        name: surrogates.shortest(place)
        for name, place in places.items()
        if isinstance(place, str) and len(place) <= surrogates.LONGEST
    }


def _check_validity(token: Any) -> None:
    """Refuse to send a Token that its eMSP, which is us, does not authorize (CMD-30)."""
    if isinstance(token, dict) and token.get("valid") is False:
        raise ActionError("not_authorized", "this Token is not valid", "/body/token/valid")


def _check_capabilities(platform: Platform, cpo: Party, command: str, body: dict[str, Any]) -> None:
    """Refuse what the EVSE at the CPO is not made for, as far as that is known (LOC-75, LOC-76)."""
    evses = capabilities.meant(platform, cpo, body.get("location_id"), body.get("evse_uid"))
    refusal = capabilities.refusal(command, body, evses)
    if refusal:
        result, why = refusal
        pointer = "/body/connector_id" if result == "REJECTED" else "/body/evse_uid"
        raise ActionError("not_capable", why, pointer)


def _not_supported(platform: Platform, request: AsyncRequest) -> AsyncRequest:
    """A command the partner's version has no word for is answered here (CNV-111)."""
    text = f"{request.version} has no {request.command}"
    response = {"result": "NOT_SUPPORTED", "timeout": 0, "message": lifecycle.said(text)}
    change = lifecycle.answered(request, response, 0, request.created_at)
    request = platform.requests.add(dataclasses.replace(request, **change))
    tell(platform, request)
    return request
