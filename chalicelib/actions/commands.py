"""What the operator may ask for about commands and charging profiles.

Contract: design section 5. A command is shown as `{"id", "direction",
"partner", "command", "state", "response", "result", ...}`.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.actions.action import Action, Fields
from chalicelib.commands import (
    capabilities,
    lifecycle,
    profile_subscribers,
    profiles_receiver,
    profiles_sender,
    sender,
)
from chalicelib.commands.receiver import ABSENT, KINDS
from chalicelib.errors import ActionError
from chalicelib.objects import sessions, tokens
from chalicelib.objects.sessions import emsp_of
from chalicelib.objects.stored_object import load
from chalicelib.ocpi import advice, jsontext, routing, surrogates, timestamps, writing
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.modules import V211
from chalicelib.store.object_items import Key
from chalicelib.store.requests import (
    COMMANDS,
    CONCLUDED,
    PENDING,
    PROFILES,
    RECEIVED,
    SENT,
    AsyncRequest,
    new_id,
)

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


class PartyFields(BaseModel):
    """A party, its two ids apart."""

    model_config = ConfigDict(extra="forbid")
    country_code: str = Field(min_length=2, max_length=2)
    party_id: str = Field(min_length=3, max_length=3)


PartyName = str | PartyFields
# The fields of a command that name where it is meant.
PLACES = "location_id", "evse_uid"
Id = Field(min_length=1, max_length=64)


class SendCommand(Fields):
    """A command for a CPO; `response_url` is ours to fill in, a stored Token may be given by its uid."""

    command: str
    to: PartyName
    body: dict[str, Any]
    from_party: PartyName | None = Field(None, alias="from")


class AnswerCommand(Fields):
    """What became of a command received, from the charge point."""

    id: str = Id
    result: str
    message: str | list[dict[str, Any]] | None = None


class ListCommands(Fields):
    """Which commands to list, newest first; all filters must fit."""

    direction: Literal["SENT", "RECEIVED"] | None = None
    partner: str | None = None
    state: Literal["PENDING", "CONCLUDED"] | None = None
    command: str | None = None
    module: Literal["commands", "chargingprofiles"] = "commands"
    limit: int = Field(50, ge=1, le=500)
    cursor: str = ""


class OneCommand(Fields):
    """One request by its id."""

    id: str = Id


class SessionFields(Fields):
    """A session by its id; `party` is its CPO, needed where the session is not stored here."""

    session_id: str = Field(min_length=1, max_length=36)
    party: PartyName | None = None
    from_party: PartyName | None = Field(None, alias="from")


class SetProfile(SessionFields):
    """A profile to be set at the CPO."""

    charging_profile: dict[str, Any]


class ActiveProfile(SessionFields):
    """Asks the CPO; with `profile`, as the CPO: tells of an ActiveChargingProfile that changed."""

    duration: int = Field(3600, ge=1, le=7 * 24 * 3600)
    profile: dict[str, Any] | None = None


class AnswerProfile(Fields):
    """What became of a profile request received; `profile` where it asked for the active one."""

    id: str = Id
    result: str
    profile: dict[str, Any] | None = None


def send_command(platform: Platform, fields: SendCommand) -> dict[str, Any]:
    """Write the command down, send it once, and answer its record with the response."""
    command = fields.command.upper()
    if command not in KINDS:
        raise ActionError("invalid", f"{command[:40]} is none of {', '.join(KINDS)}", "/command")
    to = party(fields.to, "/to")
    partner, endpoint = sender.receiver(platform, to, COMMANDS, "CPO")
    ours = _from_party(platform, fields, command, to)
    body = {name: value for name, value in fields.body.items() if name != "response_url"}
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
        return lifecycle.shown(_not_supported(platform, request))
    _check_capabilities(platform, to, command, body)
    url = routing.join(endpoint, command)
    return lifecycle.shown(
        sender.send(platform, partner, request, "POST", url, written.object, "command_response")
    )


def answer_command(platform: Platform, fields: AnswerCommand) -> dict[str, Any]:
    """Close a command received with what the charge point said; its result is posted once."""
    result: dict[str, Any] = {"result": fields.result}
    if fields.message:
        message = fields.message
        result["message"] = lifecycle.said(message) if isinstance(message, str) else message
    _check("command_result", result)
    request = _received(platform, fields.id, COMMANDS)
    if fields.result == "CANCELED_RESERVATION" and request.state == CONCLUDED:
        cancelled = lifecycle.cancel_reservation(platform, fields.id, result)
        if cancelled:
            return lifecycle.shown(cancelled)
    return _conclude(platform, request, result)


def answer_profile(platform: Platform, fields: AnswerProfile) -> dict[str, Any]:
    """Close a profile request received; its result is posted once."""
    request = _received(platform, fields.id, PROFILES)
    result: dict[str, Any] = {"result": fields.result}
    if fields.profile is not None:
        if request.command != lifecycle.ACTIVE:
            raise ActionError("invalid", f"{request.command} has no profile in its result", "/profile")
        result["profile"] = jsontext.exact(fields.profile)
    _check(lifecycle.result_kind(request), result)
    if request.command == lifecycle.SET and fields.result == "ACCEPTED" and request.state == PENDING:
        profile_subscribers.was_set(platform, request)
    return _conclude(platform, request, result)


def commands(platform: Platform, fields: ListCommands) -> dict[str, Any]:
    """Commands, or profile requests, sent and received."""

    def fits(entry: AsyncRequest) -> bool:
        return (
            fields.partner in (None, entry.partner)
            and fields.state in (None, entry.state)
            and (fields.command is None or fields.command.upper() == entry.command)
        )

    directions = [fields.direction] if fields.direction else [SENT, RECEIVED]
    kinds = [each if fields.module == COMMANDS else f"PROFILE_{each}" for each in directions]
    try:
        page, cursor = platform.requests.recent(kinds, fields.limit, fields.cursor, fits)
    except ValueError as problem:
        raise ActionError("invalid", str(problem), "/cursor") from None
    return {"commands": [lifecycle.shown(entry) for entry in page], "cursor": cursor}


def command(platform: Platform, fields: OneCommand) -> dict[str, Any]:
    """One command or profile request."""
    found = platform.requests.get(fields.id)
    if found is None:
        raise ActionError("unknown_command", "no request of this id", "/id")
    return lifecycle.shown(found)


def set_profile(platform: Platform, fields: SetProfile) -> dict[str, Any]:
    """Ask the CPO to limit a session."""
    profile = jsontext.exact(fields.charging_profile)
    body = {"charging_profile": profile, "response_url": "https://ocpi.invalid"}
    _check("set_charging_profile", body)
    return _ask(platform, lifecycle.SET, fields, {"charging_profile": profile})


def clear_profile(platform: Platform, fields: SessionFields) -> dict[str, Any]:
    """Ask the CPO to lift the limit."""
    return _ask(platform, lifecycle.CLEAR, fields, {})


def active_profile(platform: Platform, fields: ActiveProfile) -> dict[str, Any]:
    """Ask the CPO what is in force; with `profile`, tell those who set one what is in force here."""
    if fields.profile is None:
        return _ask(platform, lifecycle.ACTIVE, fields, {"duration": fields.duration})
    profile = jsontext.exact(fields.profile)
    _check("active_charging_profile", profile)
    own = sessions.own_session(platform, fields.session_id, _party_or_none(fields.party, "/party"))
    if own is None:
        raise ActionError("unknown_session", "no own session of this id", "/session_id")
    ours = (own.key.country_code.upper(), own.key.party_id.upper())
    pushes = profiles_receiver.push_change(platform, ours, own.key.id, profile)
    advised = [
        {"pointer": f"/profile{each.pointer}", "message": each.message}
        for each in advice.advise("active_charging_profile", profile)
    ]
    return {"told": [push.partner for push in pushes], "session_id": own.key.id, "advice": advised}


def party(name: PartyName, pointer: str) -> Party:
    """The party meant by "NL/EXA" or its two ids. Raises ActionError."""
    if isinstance(name, PartyFields):
        return name.country_code.upper(), name.party_id.upper()
    country, _, rest = name.upper().partition("/")
    if len(country) != 2 or len(rest) != 3:
        raise ActionError("invalid", 'a party such as "NL/EXA" is required', pointer)
    return country, rest


def _party_or_none(name: PartyName | None, pointer: str) -> Party | None:
    return None if name is None else party(name, pointer)


def _ask(platform: Platform, kind: str, fields: SessionFields, extra: dict[str, Any]) -> dict[str, Any]:
    return lifecycle.shown(
        profiles_sender.ask(
            platform,
            kind,
            fields.session_id,
            extra,
            owner=_party_or_none(fields.party, "/party"),
            ours=_party_or_none(fields.from_party, "/from"),
        )
    )


def _received(platform: Platform, id: str, module: str) -> AsyncRequest:
    found = platform.requests.get(id)
    if found is None or found.module != module or found.direction != RECEIVED:
        raise ActionError("unknown_command", "no such request was received", "/id")
    return found


def _conclude(platform: Platform, request: AsyncRequest, result: dict[str, Any]) -> dict[str, Any]:
    """Close it; the same answer again is fine and said to be `repeated`, another one comes too late."""
    closed = lifecycle.conclude(platform, request.id, result) if request.state == PENDING else None
    if closed:
        return lifecycle.shown(closed)
    now = platform.requests.get(request.id) or request
    if now.result == result:
        return {**lifecycle.shown(now), "repeated": True}
    word = (now.result or {}).get("result")
    raise ActionError("concluded", f"already concluded with {word} at {now.concluded_at}", "/id")


def _check(kind: str, value: dict[str, Any]) -> None:
    findings = writing.check(kind, value)
    if findings:
        raise ActionError("invalid", findings[0].message, findings[0].pointer)


def _from_party(platform: Platform, fields: SendCommand, command: str, to: Party) -> Party:
    """The hosted eMSP that commands: as asked, the Token's, the session's, or the first."""
    chosen = _party_or_none(fields.from_party, "/from")
    token = fields.body.get("token")
    if chosen is None and isinstance(token, dict) and token.get("party_id"):
        chosen = party(f"{token.get('country_code')}/{token['party_id']}", "/body/token/party_id")
    session_id = fields.body.get("session_id")
    if chosen is None and command == "STOP_SESSION" and isinstance(session_id, str):
        session = load(platform, Key("sessions", *to, session_id))
        if session:
            chosen = emsp_of(session.canonical)
    return sender.hosted(platform, chosen, "EMSP", "OTHER")


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
    sender.tell(platform, request)
    return request


ACTIONS = {
    "send_command": Action(send_command, SendCommand, "send a command to a CPO; its result follows"),
    "answer_command": Action(answer_command, AnswerCommand, "answer a command received"),
    "commands": Action(commands, ListCommands, "commands sent and received, newest first"),
    "command": Action(command, OneCommand, "one command or profile request"),
    "set_profile": Action(set_profile, SetProfile, "set a charging profile at the CPO of a session"),
    "clear_profile": Action(clear_profile, SessionFields, "clear the charging profile of a session"),
    "active_profile": Action(
        active_profile, ActiveProfile, "ask which profile is in force, or as the CPO tell of a change"
    ),
    "answer_profile": Action(answer_profile, AnswerProfile, "answer a profile request received"),
}
