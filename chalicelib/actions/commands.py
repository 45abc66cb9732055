"""What the operator may ask a partner for: commands, charging profiles, authorizations, preferences.

Contract: design section 5. A command is shown as `{"id", "direction",
"partner", "command", "state", "response", "result", ...}`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from chalicelib.actions import named
from chalicelib.actions.action import Action, Fields
from chalicelib.commands import (
    authorization,
    preferences,
    profile_subscribers,
    profiles_receiver,
    profiles_sender,
    sender,
)
from chalicelib.errors import ActionError, PartnerRefused, PartnerUnreachable
from chalicelib.objects import sessions
from chalicelib.ocpi import advice, jsontext, writing
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.messages import Party
from chalicelib.partners import lifecycle, parties
from chalicelib.store.requests import (
    COMMANDS,
    CONCLUDED,
    PENDING,
    PROFILES,
    RECEIVED,
    SENT,
    AsyncRequest,
)

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


class PartyFields(BaseModel):
    """A party, its two ids apart."""

    model_config = ConfigDict(extra="forbid")
    country_code: str = Field(min_length=2, max_length=2)
    party_id: str = Field(min_length=3, max_length=3)


PartyName = str | PartyFields
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


class Authorize(Fields):
    """`location` is a LocationReferences; `party` the hosted CPO that asks."""

    uid: str
    type: str = ""
    location: dict[str, Any] | None = None
    party: str | None = None


class Preferences(Fields):
    """`preferences` is a ChargingPreferences; `party` the CPO where several have this session id."""

    session_id: str
    preferences: dict[str, Any]
    party: str | None = None


def send_command(platform: Platform, fields: SendCommand) -> dict[str, Any]:
    """Write the command down, send it once, and answer its record with the response."""
    ours = _party_or_none(fields.from_party, "/from")
    token = fields.body.get("token")
    if ours is None and isinstance(token, dict) and token.get("party_id"):
        ours = party(f"{token.get('country_code')}/{token['party_id']}", "/body/token/party_id")
    command = fields.command.upper()
    sent = sender.command(platform, command, party(fields.to, "/to"), fields.body, ours)
    return {**lifecycle.shown(sent), **_warned(platform, command, fields.body)}


def _warned(platform: Platform, command: str, body: dict[str, Any]) -> dict[str, Any]:
    """`warnings`, where what was asked for is over already."""
    told = [
        {"pointer": pointer, "message": message}
        for pointer, message in advice.expired(command, body, platform.clock())
    ]
    return {"warnings": told} if told else {}


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

    if fields.partner and platform.partners.get(fields.partner) is None:
        raise ActionError("unknown_partner", f"no partner {fields.partner[:60]!r}; see partners", "/partner")
    directions = [fields.direction] if fields.direction else [SENT, RECEIVED]
    kinds = [each if fields.module == COMMANDS else f"PROFILE_{each}" for each in directions]
    try:
        page, cursor = platform.requests.recent(kinds, fields.limit, fields.cursor, fits)
    except ValueError as problem:
        raise ActionError("invalid", str(problem), "/cursor") from None
    return {"commands": [lifecycle.shown(entry) for entry in page], "cursor": cursor or None}


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
    answer = _ask(platform, lifecycle.SET, fields, {"charging_profile": profile})
    return {**answer, **_warned(platform, lifecycle.SET, {"charging_profile": profile})}


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


def authorize(platform: Platform, fields: Authorize) -> dict[str, Any]:
    place = fields.location or None
    if place is not None:
        for finding in writing.check("location_references", place):
            raise InvalidParameters(finding.message, "/location" + finding.pointer)
    party = named.party(fields.party)
    if party is not None and party not in platform.settings.hosted(*parties.readers("tokens")):
        raise ActionError("not_hosted", f"{fields.party} is no hosted party of role CPO", "/party")
    return authorization.ask(platform, fields.uid, fields.type, place, party)


def charging_preferences(platform: Platform, fields: Preferences) -> dict[str, Any]:
    wishes = jsontext.exact(fields.preferences)
    try:
        response = preferences.send(platform, fields.session_id, wishes, named.party(fields.party))
    except PartnerRefused as refusal:
        raise ActionError("refused", str(refusal)) from None
    except PartnerUnreachable as problem:
        raise ActionError("unreachable", problem.reason) from None
    return {"response": response}


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
    "authorize": Action(authorize, Authorize, "ask a token's eMSP whether it may charge here"),
    "charging_preferences": Action(
        charging_preferences, Preferences, "set a driver's preferences at the CPO of a session"
    ),
}
