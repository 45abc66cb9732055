"""The operator asks for messages, refusals and scorecards: what was said, to whom, with what answer.

Contract: design section 14
"""

from __future__ import annotations

import shlex
import time
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from chalicelib.actions import named
from chalicelib.actions.action import Action, Fields
from chalicelib.errors import ActionError
from chalicelib.evidence import quarantine, scorecard, scorecard_page
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.findings import Finding
from chalicelib.store import messages as kept
from chalicelib.store.messages import STRANGER, Message, Wanted
from chalicelib.store.refusals import Refusal

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
ObjectModule = Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"]
# Seconds that one readmit works; what is left then is tried by the next.
SECONDS = 60
MOST_TOLD = 100


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


class RefusalsFields(Fields):
    """Which refused objects to list, newest first; `code` is that of a finding."""

    partner: str | None = Field(None, description="its id or unique name")
    module: ObjectModule | None = None
    code: str | None = Field(
        None, description="a finding's code: missing, wrong_type, ...; see docs/reading.md"
    )
    date_from: str | None = Field(None, description="RFC 3339; at or after it")
    date_to: str | None = Field(None, description="RFC 3339; before it")
    limit: int = Field(50, ge=1, le=500)
    cursor: str | None = None


class RefusalFields(Fields):
    """The `id` of a refused object as `refusals` shows it."""

    id: str


class ScorecardFields(Fields):
    """`format` html answers one file to be mailed, as text in `html`."""

    partner: str
    days: int = Field(7, ge=1, le=60)
    format: Literal["json", "html"] = "json"


class ReadmitFields(Fields):
    """One refused object by its id, or all of a partner, or those with a finding of this `code`."""

    id: str | None = None
    partner: str | None = None
    module: ObjectModule | None = None
    code: str | None = None


def messages(platform: Platform, fields: MessagesFields) -> dict[str, Any]:
    """Requests and their answers, both directions, without their bodies."""
    wanted = Wanted(
        partner=_partner_id(platform, fields.partner),
        module=fields.module or "",
        object_id=fields.id or "",
        correlation_id=fields.correlation_id or "",
        request_id=fields.request_id or "",
        outcome=fields.outcome or "",
        date_from=named.moment(fields.date_from, "/date_from"),
        date_to=named.moment(fields.date_to, "/date_to"),
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


def refusals(platform: Platform, fields: RefusalsFields) -> dict[str, Any]:
    """What partners sent that was refused or set aside, without the objects themselves."""
    partner = _partner_id(platform, fields.partner)
    cursor = fields.cursor or named.moment(fields.date_to, "/date_to")
    since = named.moment(fields.date_from, "/date_from")
    found, cursor = platform.refusals.find(
        partner, fields.module or "", fields.code or "", fields.limit, cursor, since
    )
    return {"refusals": [_refused(id, each) for id, each in found], "cursor": cursor or None}


def refusal(platform: Platform, fields: RefusalFields) -> dict[str, Any]:
    """One as it came, with its findings."""
    found = _known(platform, fields.id)
    try:
        whole = jsontext.loads(found.body)
    except ValueError:
        whole = found.body  # it was no JSON
    return {"refusal": {**_refused(fields.id, found), "version": found.version, "object": whole}}


def readmit(platform: Platform, fields: ReadmitFields) -> dict[str, Any]:
    """Try again what was refused: one, or all of a partner, of a module, with a finding."""
    if bool(fields.id) == bool(fields.partner):
        raise ActionError("invalid", "either id or partner is required", "/id")
    if fields.id:
        wanted = [(fields.id, _known(platform, fields.id))]
    else:
        partner = _partner_id(platform, fields.partner)
        wanted = list(platform.refusals.newest(partner, fields.module or "", fields.code or ""))
    counts = {quarantine.READMITTED: 0, quarantine.STALE: 0, quarantine.REFUSED: 0}
    errors: list[dict[str, Any]] = []
    until, left = time.monotonic() + SECONDS, 0
    for at, (id, each) in enumerate(reversed(wanted)):  # the oldest first, as they came
        if time.monotonic() > until:
            left = len(wanted) - at
            break
        whole = each if fields.id else platform.refusals.get(id)
        if whole is None:
            continue
        state, faults = quarantine.readmit(platform, id, whole)
        counts[state] += 1
        errors += [{"id": id, "object_id": whole.object_id or None, **_finding(fault)} for fault in faults]
    return {**counts, "left": left, "errors": errors[:MOST_TOLD]}


def card(platform: Platform, fields: ScorecardFields) -> dict[str, Any]:
    """How a partner does, as JSON or as a file for people."""
    made = scorecard.make(platform, named.partner(platform, fields.partner), fields.days)
    return {"html": scorecard_page.page(made)} if fields.format == "html" else {"scorecard": made}


def _known(platform: Platform, id: str) -> Refusal:
    found = platform.refusals.get(id)
    if found is None:
        raise ActionError("unknown_refusal", "no such refusal, or no longer kept; see refusals", "/id")
    return found


def _refused(id: str, found: Refusal) -> dict[str, Any]:
    return {
        "id": id,
        "at": found.at,
        "partner": found.partner,
        "module": found.module,
        "object_id": found.object_id or None,
        "part": found.part or None,
        "findings": [_finding(each) for each in found.findings],
        "owner": found.owner or None,
        "origin": found.origin,
        "method": found.method or None,
        "bytes": found.bytes,
    }


def _finding(found: Finding) -> dict[str, str]:
    return {"pointer": found.pointer, "code": found.code, "message": found.message}


def _partner_id(platform: Platform, name: str | None) -> str:
    """The id of the partner that is named, "" for none. Raises ActionError."""
    if name is None or name == STRANGER:
        return name or ""
    return named.partner(platform, name).id


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
    "refusals": Action(refusals, RefusalsFields, "what partners sent that was refused or set aside, and why"),
    "refusal": Action(refusal, RefusalFields, "one refused object as it came, with all its faults"),
    "readmit": Action(readmit, ReadmitFields, "try refused objects again, as after turning on a quirk"),
    "scorecard": Action(
        card, ScorecardFields, "how a partner does: requests, refusals and why, latency, agreement"
    ),
    "message": Action(message, MessageFields, "one message whole, with its bodies, and as a curl line"),
}
