"""What the operator asks of the past: what was said, to whom, when, and with what answer.

Contract: design section 14
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from chalicelib.actions.action import Action, Fields
from chalicelib.errors import ActionError
from chalicelib.ocpi.timestamps import timestamp
from chalicelib.store import messages as kept
from chalicelib.store.messages import STRANGER, Message, Wanted

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# What stands in a curl line for the credentials token, which is never kept.
TOKEN = "$OCPI_TOKEN"  # noqa: S105
ModuleName = Literal[
    "locations",
    "tariffs",
    "sessions",
    "cdrs",
    "tokens",
    "commands",
    "chargingprofiles",
    "hubclientinfo",
    "credentials",
    "versions",
    "other",
]


class MessagesFields(Fields):
    """Which messages to list, newest first; `partner` "-" is nobody we know."""

    partner: str | None = Field(None, description="its id or unique name")
    module: ModuleName | None = None
    id: str | None = Field(None, description="the id of the object that was spoken of, or a Token's uid")
    correlation_id: str | None = None
    request_id: str | None = None
    outcome: Literal["ok", "refused", "failed"] | None = None
    date_from: str | None = Field(None, description="RFC 3339; at or after it")
    date_to: str | None = Field(None, description="RFC 3339; before it")
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = None


class MessageFields(Fields):
    """The `id` of a message as `messages` shows it."""

    id: str


def messages(platform: Platform, fields: MessagesFields) -> dict[str, Any]:
    """Requests and their answers, both directions, without their bodies."""
    wanted = Wanted(
        partner=partner_id(platform, fields.partner),
        module=fields.module or "",
        object_id=fields.id or "",
        correlation_id=fields.correlation_id or "",
        request_id=fields.request_id or "",
        outcome=fields.outcome or "",
        date_from=moment(fields.date_from, "/date_from"),
        date_to=moment(fields.date_to, "/date_to"),
    )
    found, cursor = platform.messages.find(wanted, fields.limit, fields.cursor or "")
    return {"messages": [_shown(each) for each in found], "cursor": cursor or None}


def message(platform: Platform, fields: MessageFields) -> dict[str, Any]:
    """One message whole, and the curl line that says it again."""
    found = platform.messages.get(fields.id)
    if found is None:
        raise ActionError("unknown_message", "no such message, or no longer kept; see messages", "/id")
    whole = _shown(found)
    for name in ("request", "response"):
        body, size = getattr(found, name), getattr(found, f"{name}_bytes")
        whole[name] = {"body": body or None, "bytes": size, "cut": size > len(body.encode())}
    return {"message": {**whole, "curl": _curl(found)}}


def partner_id(platform: Platform, named: str | None) -> str:
    """The id of the partner that is named, "" for none. Raises ActionError."""
    if named is None or named == STRANGER:
        return named or ""
    found = platform.partners.get(named)
    if found is None:
        raise ActionError("unknown_partner", f"no partner {named[:60]!r}; see partners", "/partner")
    return found.id


def moment(given: str | None, pointer: str) -> str:
    """A time as it is compared, "" for none. Raises ActionError."""
    if not given:
        return ""
    try:
        return timestamp(given)
    except ValueError:
        raise ActionError("invalid", "an RFC 3339 date-time is required", pointer) from None


def _shown(found: Message) -> dict[str, Any]:
    """A message as operators see it, without its bodies."""
    return {
        "id": found.id,
        "at": found.at[: kept.MOMENT],
        "direction": found.direction,
        "partner": found.partner,
        "module": found.module,
        "object_id": found.object_id or None,
        "part": found.part or None,
        "method": found.method,
        "outcome": found.outcome,
        "http_status": found.http_status or None,
        "status_code": found.status_code or None,
        "reason": found.reason or None,
        "path": found.path,
        "owner": found.owner or None,
        "from": found.from_party or None,
        "to": found.to_party or None,
        "version": found.version or None,
        "duration_ms": found.duration_ms,
        "request_id": found.request_id,
        "correlation_id": found.correlation_id or None,
        "breaks": found.breaks.split(),
    }


def _curl(found: Message) -> str:
    """The request as a line for a shell; the token is to be filled in."""
    words = ["curl", "-i", "-X", found.method, f"{found.origin}{found.path}"]
    headers = {"X-Request-ID": found.request_id, "X-Correlation-ID": found.correlation_id}
    for way, party in (("from", found.from_party), ("to", found.to_party)):
        country, _, id = party.partition("/")
        headers |= {f"OCPI-{way}-country-code": country, f"OCPI-{way}-party-id": id}
    if found.request:
        headers["Content-Type"] = "application/json"
    line = shlex.join(words) + f' -H "Authorization: Token {TOKEN}"'
    for name, value in headers.items():
        if value:
            line += " " + shlex.join(["-H", f"{name}: {value}"])
    return line + (" " + shlex.join(["-d", found.request]) if found.request else "")


ACTIONS = {
    "messages": Action(messages, MessagesFields, "what was said to and by partners, with what answer"),
    "message": Action(message, MessageFields, "one message whole, with its bodies, and as a curl line"),
}
