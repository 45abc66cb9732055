"""Commands that partners send us, and the results of ours: accept, await, answer.

A command is judged by what is stored, or by the operator's own function; the
charge point decides later, through the back end's `answer_command`. What a
Token in a command is worth is not looked at: its eMSP vouches for it (CMD-31).

Spec: 2.3.0 mod_commands (CMD-01 to CMD-49), AMB-25, AMB-43 to AMB-45
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.commands import capabilities, results
from chalicelib.objects import sessions
from chalicelib.objects.sessions import ENDED
from chalicelib.objects.stored_object import load, load_token
from chalicelib.ocpi import jsontext, reading, timestamps, writing
from chalicelib.ocpi.errors import InvalidParameters, UnknownLocation, UnknownObject, UnknownReceiver
from chalicelib.ocpi.messages import FROM_COUNTRY, FROM_PARTY, Party, Reply
from chalicelib.ocpi.models.base import Enum
from chalicelib.ocpi.modules import V211
from chalicelib.ocpi.scalars import identifier
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import host_of
from chalicelib.partners import idempotency, lifecycle
from chalicelib.partners.call import Call
from chalicelib.store.object_items import Key, party_of
from chalicelib.store.requests import COMMANDS, RECEIVED, ROUTED, SENT, AsyncRequest

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

KINDS = {
    "START_SESSION": "start_session",
    "STOP_SESSION": "stop_session",
    "RESERVE_NOW": "reserve_now",
    "CANCEL_RESERVATION": "cancel_reservation",
    "UNLOCK_CONNECTOR": "unlock_connector",
}
# The commands by their words as they are compared, however a path spells them.
SPELLED = {Enum.fold(name): name for name in KINDS}
# CNV-111: what an older version has no word for.
ABSENT = {"2.1.1": frozenset({"CANCEL_RESERVATION"})}

EMSP_ROLES = ("EMSP", "OTHER")

# Seconds the back end has to decide; the charge point has the command's timeout.
DECISION_TIME = 5


@dataclass(frozen=True)
class Verdict:
    """What we respond at once, and what we found out on the way for the event."""

    result: str
    why: str = ""
    party: Party | None = None
    timeout: int = 0
    found: Mapping[str, Any] | None = None


def accept(call: Call) -> Reply:
    """POST {command}: judge it, respond, and on ACCEPTED await the back end's answer."""
    platform, version = call.platform, call.request.version
    command = SPELLED.get(Enum.fold(call.params["command"]), call.params["command"].upper())
    if command not in KINDS or command in ABSENT.get(version, ()):
        return _respond(call, Verdict("NOT_SUPPORTED", f"{command[:40]} is not supported here"))
    id, before = idempotency.look(call)
    if before is not None:
        return Reply(data=_in_version(call, before.response or {}))
    emsp = call.asks or _emsp(call)
    body = reading.read(
        KINDS[command], call.json_object, version, owner=emsp, emsp=emsp, now=platform.clock()
    ).object
    check_response_url(platform, call.partner, body["response_url"])
    _check_token(call, body)
    if not call.spoken_for(EMSP_ROLES):
        return _respond(call, Verdict("REJECTED", "you are no eMSP, which commands are from"))
    verdict = _judge(call, command, body)
    if verdict.result != "ACCEPTED":
        return _respond(call, verdict)
    ours = verdict.party or call.request.to_party or _cpo_parties(call)[0]
    request = received(call, id, COMMANDS, command, body, ours, verdict.timeout)
    verdict = _decide(call, request, verdict)
    if verdict.result == "ACCEPTED":
        if command == "RESERVE_NOW":
            platform.requests.note(
                _reservation_key(verdict), request.id, _a_day_after(body["expiry_date"], platform.clock())
            )
        await_answer(platform, request, "CommandReceived", verdict.found or {})
    return _respond(call, verdict)


def _emsp(call: Call) -> Party | None:
    """The partner's eMSP that a Token without owner is of: who asks, else of several the one that has it."""
    named = [role.party for role in call.partner.roles if role.role in EMSP_ROLES]
    if call.request.from_party in named:
        return call.request.from_party
    token = call.json_object.get("token")
    if len(named) > 1 and isinstance(token, dict) and (uid := identifier(token.get("uid"))):
        for party in named:
            if load_token(call.platform, [party], uid) is not None:
                return party
    return call.partner.party_for(EMSP_ROLES)


def result(call: Call) -> Reply:
    """POST of a CommandResult to a response_url of ours (CMD-13)."""
    request = ours_to(call, COMMANDS)
    if request.command != call.params["command"].upper():
        if request.direction == ROUTED:
            raise UnknownReceiver("no request of this id was passed on to you")
        raise UnknownObject("no command of this id was sent to you")
    return take(call, request, "command_result")


def received(
    call: Call, id: str, module: str, command: str, body: Mapping[str, Any], ours: Party, timeout: int = 0
) -> AsyncRequest:
    """A request as it came in. The deadline we keep is a little before the one we tell."""
    platform = call.platform
    now = platform.clock()
    seconds = timeout or platform.settings.command_timeout
    theirs = call.asks or call.request.from_party
    if theirs is None or not (call.asks or theirs in call.partner.parties):
        theirs = _token_party(body) or call.partner.party_for((*EMSP_ROLES, "SCSP")) or ("", "")
    return AsyncRequest(
        id=id,
        direction=RECEIVED,
        module=module,
        command=command,
        partner=call.partner.id,
        version=call.request.version,
        our_party="/".join(ours),
        their_party="/".join(theirs),
        created_at=now,
        body={name: value for name, value in body.items() if name != "response_url"},
        response_url=body["response_url"],
        correlation_id=call.request.correlation_id,
        response={"result": "ACCEPTED", "timeout": seconds},
        timeout=seconds,
        todo="expire",
        due_at=later(now, seconds - min(5.0, seconds / 5)),
    )


def await_answer(platform: Platform, request: AsyncRequest, event: str, found: Mapping[str, Any]) -> None:
    """Keep the request, set its deadline, and tell the back end; once, where it came twice at once."""
    if not platform.requests.begin(request):
        return
    lifecycle.enqueue(platform, request, request.timeout)
    platform.backend.emit(event, {**lifecycle.shown(request), **found}, id=request.id)


def take(call: Call, request: AsyncRequest, kind: str) -> Reply:
    """Conclude by the result in a body; a hub passes it on as it came to one of the same version.

    There the answer is from the party that awaits the result, as on every leg through a hub (HUB-06).
    """
    platform, version, body = call.platform, call.request.version, bare(call.json_object)
    if request.direction == ROUTED and version == request.version and isinstance(body.get("result"), str):
        take_result(platform, request, body, version)
    else:
        now = timestamps.wire_timestamp(platform.clock())
        take_result(platform, request, reading.read(kind, body, version, now=now).object)
    if request.direction != ROUTED or version == V211:
        return Reply()
    return Reply(headers=dict(zip((FROM_COUNTRY, FROM_PARTY), request.theirs, strict=True)))


def ours_to(call: Call, module: str) -> AsyncRequest:
    """The request of ours that a result is for. Raises UnknownObject, also for another party's.

    At a hub also one that it passed on to this partner; else UnknownReceiver.
    """
    request, sender = call.platform.requests.get(call.params["id"]), call.request.from_party
    if call.platform.settings.hub and (request is None or request.direction != SENT):
        if (
            request is None
            or request.direction != ROUTED
            or request.module != module
            or request.asked != call.partner.id
            or request.until <= call.platform.clock()
            or (call.partner.is_hub and sender not in (None, call.partner.hub_party, request.ours))
        ):
            raise UnknownReceiver("no request of this id was passed on to you")
        return request
    if (
        request is None
        or request.direction != SENT
        or request.module != module
        or request.partner != call.partner.id
        or (call.partner.is_hub and sender not in (None, call.partner.hub_party, request.theirs))
    ):
        raise UnknownObject("no request of this id was sent to you")
    return request


def take_result(
    platform: Platform, request: AsyncRequest, given: Mapping[str, Any], result_in: str = ""
) -> None:
    """Conclude by this result; a late or repeated one is accepted and changes nothing (AMB-43).

    A reservation that was granted may be cancelled later by the CPO (CMD-20).
    """
    now = platform.clock()
    concluded = platform.requests.alter(
        request.id, lambda found: lifecycle.resulted(found, given, result_in, now)
    )
    if concluded is None:
        logs.log("INFO", "late or repeated result", request=request.id, result=str(given["result"])[:40])
        return
    if concluded.direction == ROUTED:
        lifecycle.enqueue(platform, concluded)
        return
    try:
        results.advance(platform, request.id)
    except Exception as problem:
        logs.log_exception("event not told yet; the sweep will", problem, request=request.id)


def bare(body: dict[str, Any]) -> dict[str, Any]:
    """The result itself, also where a partner put it into an envelope (AMB-25)."""
    inside = body.get("data")
    return inside if "result" not in body and isinstance(inside, dict) else body


def check_response_url(platform: Platform, partner: Partner, url: str) -> None:
    """Refuse to post results to anywhere but a host this partner announced (AMB-25)."""
    try:
        if host_of(url) not in partner.hosts():
            raise InvalidParameters(f"{host_of(url)[:100] or 'this'} is not a host you announced")
        platform.partner_client.guard(url, partner)
    except InvalidParameters as problem:
        raise InvalidParameters(problem.message, "/response_url") from None


def reservation_id(party: Party, id: str) -> str:
    """Our own id of a partner's reservation: the same each time, no other eMSP's (CMD-41 to CMD-43)."""
    name = "\n".join([*party, id]).upper()
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def _check_token(call: Call, body: Mapping[str, Any]) -> None:
    """An eMSP uses Tokens of its own only (CMD-34)."""
    party = _token_party(body)
    if party is None and "token" in body:
        raise InvalidParameters("you are no eMSP, whose Token this could be", "/token")
    if party and not call.speaks_for(party, EMSP_ROLES):
        raise InvalidParameters(f"the Token belongs to {'/'.join(party)}, not to you", "/token/party_id")


def _token_party(body: Mapping[str, Any]) -> Party | None:
    return party_of(body.get("token"))  # in 2.1.1 it is the partner's, which may be no eMSP


def _judge(call: Call, command: str, body: Mapping[str, Any]) -> Verdict:
    """What the stored data says about it. Raises UnknownLocation (CMD-17)."""
    if command == "STOP_SESSION":
        return _judge_stop(call, body["session_id"])
    if command == "CANCEL_RESERVATION":
        return _judge_cancel(call, body["reservation_id"])
    return _judge_place(call, command, body)


def _judge_stop(call: Call, session_id: str) -> Verdict:
    found = sessions.own_session(call.platform, session_id, call.request.to_party)
    if found is None:
        return Verdict("UNKNOWN_SESSION", "this session is unknown")
    session = found.canonical
    if not call.speaks_for(sessions.emsp_of(session), EMSP_ROLES):
        return Verdict("REJECTED", "this session is not from a customer of yours")  # CMD-19
    if session.get("status") in ENDED:
        return Verdict("REJECTED", f"this session is {session['status']}")  # AMB-66
    place = {name: session.get(name) for name in ("location_id", "evse_uid", "connector_id")}
    return Verdict("ACCEPTED", party=(found.key.country_code, found.key.party_id), found=place)


def _judge_cancel(call: Call, id: str) -> Verdict:
    for party in sorted(call.spoken_for(EMSP_ROLES)):
        mapped = reservation_id(party, id)
        request_id = call.platform.requests.noted(f"reservation#{mapped}")
        made = call.platform.requests.get(request_id) if request_id else None
        if made and made.partner == call.partner.id:
            return Verdict(
                "ACCEPTED", party=made.ours, found={"reservation_id": mapped, "reserve_now": made.id}
            )
    return Verdict("REJECTED", "this reservation is unknown")  # AMB-44


def _judge_place(call: Call, command: str, body: Mapping[str, Any]) -> Verdict:
    if body.get("connector_id") and not body.get("evse_uid"):
        raise InvalidParameters("required with connector_id", "/evse_uid")  # CMD-38
    key, evses = _place(call, command, body)
    if body.get("evse_uid") and not evses:
        return Verdict("REJECTED", "this EVSE is unknown")
    connector = body.get("connector_id")
    if connector and not any(
        each["id"].upper() == connector.upper() for evse in evses for each in evse["connectors"]
    ):
        return Verdict("REJECTED", "this connector is unknown")
    refusal = capabilities.refusal(command, body, evses)
    if refusal:
        return Verdict(*refusal)
    found: dict[str, Any] = {}
    if command == "RESERVE_NOW":
        party = _token_party(body)
        assert party is not None
        found["reservation_id"] = reservation_id(party, body["reservation_id"])
    return Verdict("ACCEPTED", party=(key.country_code, key.party_id), found=found)


def _place(call: Call, command: str, body: Mapping[str, Any]) -> tuple[Key, list[dict[str, Any]]]:
    """The Location's key and the EVSEs meant: the one named, else all in service."""
    for country, party in _cpo_parties(call):
        key = Key("locations", country, party, body["location_id"])
        if body.get("evse_uid"):
            evse = load(call.platform, key, body["evse_uid"])
            if evse is not None:
                return key, [evse.canonical] if evse.canonical.get("status") != "REMOVED" else []
        location = load(call.platform, key)
        if location is not None:
            if body.get("evse_uid"):
                return key, []
            evses = location.canonical.get("evses") or []
            return key, [evse for evse in evses if evse.get("status") != "REMOVED"]
    raise UnknownLocation(
        f"location {body['location_id']!r} is unknown",
        "/location_id",
        data=_written(call, Verdict("REJECTED", "this location is unknown")),
    )


def _decide(call: Call, request: AsyncRequest, verdict: Verdict) -> Verdict:
    """The back end's word on a command that the stored data allows."""
    answer = call.platform.backend.ask(
        "command", {**lifecycle.shown(request), **(verdict.found or {})}, DECISION_TIME
    )
    if answer is None or answer.get("result") == "ACCEPTED":
        return verdict
    if answer.get("result") not in ("NOT_SUPPORTED", "REJECTED", "UNKNOWN_SESSION"):
        logs.log("WARNING", "back end's decision not understood", decision=str(answer.get("result"))[:40])
        return verdict
    return Verdict(answer["result"], str(answer.get("message") or "")[:500])


def _respond(call: Call, verdict: Verdict) -> Reply:
    return Reply(data=_written(call, verdict))


def _written(call: Call, verdict: Verdict) -> str:
    """The CommandResponse in the partner's version; the timeout is there whatever the result (CMD-06)."""
    response: dict[str, Any] = {
        "result": verdict.result,
        "timeout": verdict.timeout or call.platform.settings.command_timeout,
    }
    if verdict.why:
        response["message"] = lifecycle.said(verdict.why)
    return _in_version(call, response)


def _in_version(call: Call, response: Mapping[str, Any]) -> str:
    return jsontext.dumps(writing.write("command_response", dict(response), call.request.version).object)


def _cpo_parties(call: Call) -> list[Party]:
    """The hosted CPO parties a command may be for; the one that OCPI-to names, if named."""
    hosted = call.platform.settings.hosted("CPO")
    return [party for party in hosted if call.request.to_party in (None, party)]


def _reservation_key(verdict: Verdict) -> str:
    return f"reservation#{(verdict.found or {})['reservation_id']}"


def _a_day_after(moment: str, now: str) -> str:
    return later(max(timestamps.timestamp(moment), now), 86400)
