"""What the operator asks about CDRs: their verdicts, disputes, statements, and what does not fit together.

Contract: design section 13
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from chalicelib.actions import named
from chalicelib.actions.action import Action, Fields
from chalicelib.billing import disputes, findings, reconcile, verdicts
from chalicelib.billing import statement as statements
from chalicelib.errors import ActionError
from chalicelib.objects import hosted
from chalicelib.store.audits import (
    CLOSED,
    DISPUTE,
    FINDING,
    OPEN,
    OWN,
    RECEIVED,
    SETTLED,
    VERDICTS,
    Audits,
    audit_of,
    judged,
)

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

Version = Literal["2.1.1", "2.2.1", "2.3.0"]
Policy = str | dict[str, Any] | None
Verdict = Literal["AGREE", "AGREE_ROUNDING", "WITHIN_TOLERANCE", "DISAGREE", "INDETERMINATE", "UNPRICEABLE"]


class AuditsFields(Fields):
    """Verdicts, the newest first; dates are those of the verdicts."""

    verdict: Verdict | None = None
    partner: str | None = None
    party: str | None = None
    direction: Literal["received", "own"] | None = None
    date_from: str = ""
    date_to: str = ""
    limit: int = Field(50, ge=1, le=1000)
    cursor: str | None = None


class OfCdr(Fields):
    """A stored CDR."""

    party: str
    id: str


class DisputeFields(OfCdr):
    """A stored CDR, and what is wrong with it."""

    reason: str = Field(min_length=1, max_length=2000)


class SettleFields(OfCdr):
    outcome: Literal["CREDITED", "ACCEPTED", "WITHDRAWN"]


class DisputesFields(Fields):
    """Disputes, those opened or settled last first."""

    state: Literal["OPEN", "SETTLED"] | None = None
    partner: str | None = None
    party: str | None = None
    limit: int = Field(50, ge=1, le=1000)
    cursor: str | None = None


class StatementFields(Fields):
    """The CDRs of a `month` (`2026-10`, by end_date_time in UTC) with a partner, or with or of a party."""

    partner: str | None = None
    party: str | None = None
    month: str = Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
    format: Literal["json", "csv"] = "json"
    limit: int = Field(1000, ge=1, le=5000, description="rows in a page; the sums are of all")
    cursor: str | None = None


class ReconcileFields(Fields):
    """Look now at what does not fit together with a partner, or with all; `state`: which to list."""

    partner: str | None = None
    state: Literal["OPEN", "CLOSED", "ALL"] = "OPEN"
    limit: int = Field(500, ge=1, le=1000)
    cursor: str | None = None


def audits(platform: Platform, fields: AuditsFields) -> dict[str, Any]:
    """What became of the pricing of CDRs."""
    directions = [fields.direction] if fields.direction else [RECEIVED, OWN]
    names = [
        judged(direction, verdict)
        for direction in directions
        for verdict in ([fields.verdict] if fields.verdict else VERDICTS)
    ]
    party = _party_text(fields.party)
    low, high = named.moment(fields.date_from, "/date_from"), named.moment(fields.date_to, "/date_to")
    found, place = Audits(platform).newest(
        "verdict",
        names,
        fields.limit,
        low=low,
        high=high,
        only={"partner": named.partner(platform, fields.partner).id} if fields.partner else None,
        matches=lambda item: (
            (not party or party in (item["owner"], item.get("counterparty"), item.get("hosted")))
            and not (high and item["at"] >= high)
        ),
        bound=_place(fields.cursor),
    )
    rows = [verdicts.shown(each) for each in map(audit_of, found) if each]
    return {"audits": rows, "cursor": _cursor(place)}


def dispute(platform: Platform, fields: DisputeFields) -> dict[str, Any]:
    return disputes.open_dispute(platform, named.key("cdrs", fields.party, fields.id), fields.reason)


def settle(platform: Platform, fields: SettleFields) -> dict[str, Any]:
    return disputes.settle(platform, named.key("cdrs", fields.party, fields.id), fields.outcome)


def release(platform: Platform, fields: OfCdr) -> dict[str, Any]:
    """Announce a CDR of ours that was held, as it is."""
    key = named.key("cdrs", fields.party, fields.id)
    if not hosted.release(platform, key):
        raise ActionError("not_held", f"{key.owner}/{key.id} is not held", "/id")
    return {"owner": key.owner, "id": key.id, "released": True}


def list_disputes(platform: Platform, fields: DisputesFields) -> dict[str, Any]:
    """Disputes, open ones and settled ones."""
    states = [fields.state] if fields.state else [OPEN, SETTLED]
    party = _party_text(fields.party)
    found, place = Audits(platform).newest(
        "state",
        [f"{DISPUTE} {state}" for state in states],
        fields.limit,
        only={"partner": named.partner(platform, fields.partner).id} if fields.partner else None,
        matches=lambda item: not party or party in (item["owner"], item.get("counterparty")),
        bound=_place(fields.cursor),
    )
    rows = [disputes.shown(each) for each in map(audit_of, found) if each]
    return {"disputes": rows, "cursor": _cursor(place)}


def statement(platform: Platform, fields: StatementFields) -> dict[str, Any]:
    """A month with a partner or a party."""
    if bool(fields.partner) == bool(fields.party):
        raise ActionError("invalid", 'either "partner" or "party" is required', "/partner")
    party, hosted = _party_text(fields.party), ""
    partner = named.partner(platform, fields.partner) if fields.partner else None
    if partner is not None:
        names = reconcile.parties_of(platform, partner)
    elif party in {"/".join(each) for each in platform.settings.hosted(*reconcile.ROLES)}:
        every = {name for each in platform.partners.all() for name in reconcile.parties_of(platform, each)}
        names, hosted = [*sorted(every), "-"], party
    else:
        names = [party]
    asked = statements.Asked(fields.month, names, partner.id if partner else "", hosted)
    place = named.place(fields.cursor, statements.is_place) if fields.cursor else None
    found = statements.page(platform, asked, fields.limit, place)
    found["cursor"] = named.cursor(found["cursor"]) if found["cursor"] else None
    about = {"partner": partner.id if partner else None, "party": party or None, "month": fields.month}
    if fields.format == "csv":
        found = {**found, "rows": [], "csv": statements.as_csv(found["rows"], not fields.cursor)}
    return {**about, **found}


def reconciled(platform: Platform, fields: ReconcileFields) -> dict[str, Any]:
    """Look now, as far as it can be done while somebody waits; then what is open."""
    partner = named.partner(platform, fields.partner) if fields.partner else None
    if not fields.cursor:
        until = time.monotonic() + reconcile.SECONDS
        for each in [partner] if partner else platform.partners.all():
            if each.is_connected:
                reconcile.look(platform, each, until)
    states = {"OPEN": [OPEN], "CLOSED": [CLOSED], "ALL": [OPEN, CLOSED]}[fields.state]
    found, place = Audits(platform).newest(
        "state",
        [f"{FINDING} {state}" for state in states],
        fields.limit,
        only={"partner": partner.id} if partner else None,
        bound=_place(fields.cursor),
    )
    return {"findings": [findings.shown(each) for each in found], "cursor": _cursor(place)}


def _party_text(party: str | None) -> str:
    found = named.party(party)
    return "/".join(found) if found else ""


def _cursor(at: tuple[str, str] | None) -> str | None:
    return named.cursor(at) if at else None


def _place(cursor: str | None) -> tuple[str, str] | None:
    """Where a list goes on. Raises ActionError."""
    if not cursor:
        return None
    moment, id = named.place(cursor, _is_place)
    return moment, id


def _is_place(found: Any) -> bool:
    return isinstance(found, list) and len(found) == 2 and all(isinstance(each, str) for each in found)


ACTIONS = {
    "audits": Action(audits, AuditsFields, "the verdicts on CDRs, newest first"),
    "dispute": Action(dispute, DisputeFields, "put a CDR under dispute"),
    "disputes": Action(list_disputes, DisputesFields, "CDRs under dispute, and how they were settled"),
    "settle": Action(settle, SettleFields, "end a dispute"),
    "statement": Action(statement, StatementFields, "a month's CDRs and their sums"),
    "reconcile": Action(reconciled, ReconcileFields, "what does not fit together with partners"),
    "release": Action(release, OfCdr, "announce a CDR of ours that was held"),
}
