"""What the operator asks about money: prices, verdicts, disputes, statements, what does not fit together.

Contract: design section 13
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from chalicelib import pricing
from chalicelib.actions.action import Action, Fields
from chalicelib.actions.objects import party_of
from chalicelib.billing import disputes, engine, findings, reconcile, verdicts
from chalicelib.billing import statement as statements
from chalicelib.billing.engine import Terms
from chalicelib.errors import ActionError
from chalicelib.objects import hosted
from chalicelib.objects.stored_object import StoredObject, load
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.timestamps import readable, timestamp
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
from chalicelib.store.object_items import Key, check_id

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

Version = Literal["2.1.1", "2.2.1", "2.3.0"]
Policy = str | dict[str, Any] | None
Verdict = Literal["AGREE", "AGREE_ROUNDING", "WITHIN_TOLERANCE", "DISAGREE", "INDETERMINATE", "UNPRICEABLE"]


class AuditFields(Fields):
    """A stored CDR by `party` and `id`, or a `cdr` object with `tariffs`; `policy`: a preset or knobs."""

    party: str | None = None
    id: str | None = None
    cdr: dict[str, Any] | None = None
    tariffs: list[dict[str, Any]] = []
    time_zone: str | None = None
    policy: Policy = None
    tolerance: Any = None
    version: Version = "2.3.0"


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


class QuoteFields(Fields):
    """`tariff`, or one that is stored; `profile`: `[{"minutes", "kwh", "parking"?}]` from `start` on."""

    tariff: dict[str, Any] | None = None
    party: str | None = None
    tariff_id: str | None = None
    start: str
    time_zone: str | None = None
    profile: list[dict[str, Any]]
    policy: Policy = None
    version: Version = "2.3.0"


class PriceFields(Fields):
    """A stored Session, `{"party", "id"}`, or a `cdr` without totals, with `tariffs`."""

    session: dict[str, Any] | str | None = None
    cdr: dict[str, Any] | None = None
    tariffs: list[dict[str, Any]] = []
    time_zone: str | None = None
    policy: Policy = None
    version: Version = "2.3.0"


class LintFields(Fields):
    """A `tariff`, or one that is stored, by `party` and `id`."""

    tariff: dict[str, Any] | None = None
    party: str | None = None
    id: str | None = None
    time_zone: str | None = None
    version: Version = "2.3.0"


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


class PolicyFields(Fields):
    """How a partner's CDRs are priced; without `policy` and `tolerance`: by the defaults again."""

    partner: str
    policy: Policy = None
    tolerance: Any = None


def audit(platform: Platform, fields: AuditFields) -> dict[str, Any]:
    """The report on a CDR. Of a stored one, asked for as it is, a verdict that changed is kept and told."""
    terms = Terms(fields.policy, fields.tolerance)
    given = [jsontext.exact(each) for each in fields.tariffs]
    if fields.cdr is not None:
        if fields.id is not None:
            raise ActionError("invalid", 'either "cdr" or "party" and "id"', "/cdr")
        cdr = jsontext.exact(fields.cdr)
        return engine.audit(platform, cdr, fields.version, terms, given=given, time_zone=fields.time_zone)
    found = _stored(platform, "cdrs", fields.party, fields.id)
    about = {"owner": found.key.owner, "id": found.key.id}
    if terms == Terms() and not given and not fields.time_zone:
        report, _ = verdicts.judge(platform, found)
        return about | report
    partner = verdicts.partner_of(platform, found)
    usual = engine.terms_of(platform, partner.id if partner else "")
    asked = Terms(
        usual.policy if terms.policy is None else terms.policy,
        usual.tolerance if terms.tolerance is None else terms.tolerance,
    )
    form = engine.priced_form(found)
    return about | engine.audit(platform, form, found.version, asked, given=given, time_zone=fields.time_zone)


def audits(platform: Platform, fields: AuditsFields) -> dict[str, Any]:
    """What became of the pricing of CDRs."""
    directions = [fields.direction] if fields.direction else [RECEIVED, OWN]
    names = [
        judged(direction, verdict)
        for direction in directions
        for verdict in ([fields.verdict] if fields.verdict else VERDICTS)
    ]
    party = _party_text(fields.party)
    low, high = _moment(fields.date_from, "/date_from"), _moment(fields.date_to, "/date_to")
    found, place = Audits(platform).newest(
        "verdict",
        names,
        fields.limit,
        low=low,
        high=high,
        only={"partner": partner_named(platform, fields.partner).id} if fields.partner else None,
        matches=lambda item: (
            (not party or party in (item["owner"], item.get("counterparty"), item.get("hosted")))
            and not (high and item["at"] >= high)
        ),
        bound=_place(fields.cursor),
    )
    rows = [verdicts.shown(each) for each in map(audit_of, found) if each]
    return {"audits": rows, "cursor": _cursor(place)}


def quote(platform: Platform, fields: QuoteFields) -> dict[str, Any]:
    """What a charge would cost."""
    tariff, version, zone = _tariff(platform, fields, fields.tariff_id, "/tariff_id")
    _moment(fields.start, "/start")
    profile = jsontext.exact(fields.profile)
    return engine.quote(
        tariff, fields.start, profile, version, Terms(fields.policy), fields.time_zone or zone
    )


def price(platform: Platform, fields: PriceFields) -> dict[str, Any]:
    """The totals of a CDR that is to be made, in `version`."""
    if (fields.session is None) == (fields.cdr is None):
        raise ActionError("invalid", 'either "session" or "cdr" is required', "/session")
    given = [jsontext.exact(each) for each in fields.tariffs]
    session = fields.cdr
    if session is None:
        asked = {"id": fields.session} if isinstance(fields.session, str) else fields.session or {}
        if "charging_periods" in asked:
            session = asked
        else:
            found = _stored(platform, "sessions", asked.get("party"), asked.get("id"), "/session")
            session = engine.priced_form(found)
    return engine.price(
        platform,
        jsontext.exact(session),
        fields.version,
        Terms(fields.policy),
        given=given,
        time_zone=fields.time_zone,
    )


def lint(platform: Platform, fields: LintFields) -> dict[str, Any]:
    """What is wrong with a Tariff, or odd in it."""
    tariff, version, zone = _tariff(platform, fields, fields.id, "/id")
    found = pricing.lint(tariff, version=version, time_zone=fields.time_zone or zone, now=platform.clock())
    return {"findings": found}


def dispute(platform: Platform, fields: DisputeFields) -> dict[str, Any]:
    return disputes.open_dispute(platform, _key("cdrs", fields.party, fields.id), fields.reason)


def settle(platform: Platform, fields: SettleFields) -> dict[str, Any]:
    return disputes.settle(platform, _key("cdrs", fields.party, fields.id), fields.outcome)


def release(platform: Platform, fields: OfCdr) -> dict[str, Any]:
    """Announce a CDR of ours that was held, as it is."""
    key = _key("cdrs", fields.party, fields.id)
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
        only={"partner": partner_named(platform, fields.partner).id} if fields.partner else None,
        matches=lambda item: not party or party in (item["owner"], item.get("counterparty")),
        bound=_place(fields.cursor),
    )
    rows = [disputes.shown(each) for each in map(audit_of, found) if each]
    return {"disputes": rows, "cursor": _cursor(place)}


def money_policy(platform: Platform, fields: PolicyFields) -> dict[str, Any]:
    """Set how a partner's CDRs are priced from now on."""
    partner = partner_named(platform, fields.partner)
    policy = fields.policy.upper() if isinstance(fields.policy, str) else fields.policy
    terms = Terms(policy, fields.tolerance)
    engine.check_terms(terms)
    tolerance = None if fields.tolerance is None else str(fields.tolerance)
    Audits(platform).change(engine.policy_id(partner.id), {"policy": policy, "tolerance": tolerance or ""})
    return {"partner": partner.id, "policy": policy, "tolerance": tolerance}


def statement(platform: Platform, fields: StatementFields) -> dict[str, Any]:
    """A month with a partner or a party."""
    if bool(fields.partner) == bool(fields.party):
        raise ActionError("invalid", 'either "partner" or "party" is required', "/partner")
    party, hosted = _party_text(fields.party), ""
    partner = partner_named(platform, fields.partner) if fields.partner else None
    if partner is not None:
        names = reconcile.parties_of(platform, partner)
    elif party in {"/".join(each) for each in platform.settings.hosted(*reconcile.ROLES)}:
        every = {name for each in platform.partners.all() for name in reconcile.parties_of(platform, each)}
        names, hosted = [*sorted(every), "-"], party
    else:
        names = [party]
    asked = statements.Asked(fields.month, names, partner.id if partner else "", hosted)
    found = statements.page(platform, asked, fields.limit, fields.cursor)
    about = {"partner": partner.id if partner else None, "party": party or None, "month": fields.month}
    if fields.format == "csv":
        found = {**found, "rows": [], "csv": statements.as_csv(found["rows"], not fields.cursor)}
    return {**about, **found}


def reconciled(platform: Platform, fields: ReconcileFields) -> dict[str, Any]:
    """Look now, as far as it can be done while somebody waits; then what is open."""
    partner = partner_named(platform, fields.partner) if fields.partner else None
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


def partner_named(platform: Platform, name: str) -> Partner:
    """The partner of this id, or the only one of this name. Raises ActionError."""
    partner = platform.partners.get(name) if name else None
    if partner is not None:
        return partner
    same = [each for each in platform.partners.all() if each.name.casefold() == name.casefold()]
    if len(same) == 1:
        return same[0]
    problem = (
        f"several partners are called {name[:60]!r}; say the id" if same else f"no partner {name[:60]!r}"
    )
    raise ActionError("unknown_partner", f"{problem}; see partners", "/partner")


def _stored(platform: Platform, module: str, party: Any, id: Any, pointer: str = "") -> StoredObject:
    """An object of that party; without a party of the only hosted one."""
    if not isinstance(id, str) or not id:
        raise ActionError("invalid", "an id is required", f"{pointer}/id")
    if party is None:
        hosted = platform.settings.hosted("CPO")
        party = "/".join(hosted[0]) if len(hosted) == 1 else ""
    key = _key(module, str(party), id, pointer)
    found = load(platform, key)
    if found is None:
        what = {"cdrs": "CDR", "sessions": "Session", "tariffs": "Tariff"}[module]
        raise ActionError("unknown_object", f"no {what} {id[:60]} of {key.owner}", f"{pointer}/id")
    return found


def _key(module: str, party: str, id: str, pointer: str = "") -> Key:
    owner = party_of(party)
    assert owner is not None
    return Key(module, *owner, check_id(id, f"{pointer}/id"))


def _tariff(
    platform: Platform, fields: QuoteFields | LintFields, id: str | None, pointer: str
) -> tuple[dict[str, Any], str, str | None]:
    """The Tariff that is meant, in the words of which version, and no time zone of its own."""
    if (fields.tariff is None) == (id is None):
        raise ActionError("invalid", 'either "tariff" or the id of a stored one is required', "/tariff")
    if fields.tariff is not None:
        return jsontext.exact(fields.tariff), fields.version, None
    found = _stored(platform, "tariffs", fields.party, id)
    return found.source, found.version, None


def _party_text(party: str | None) -> str:
    found = party_of(party)
    return "/".join(found) if found else ""


def _moment(text: str, pointer: str) -> str:
    """A sortable time; "" for none. Raises ActionError."""
    try:
        return timestamp(readable(text)) if text else ""
    except ValueError:
        raise ActionError("invalid", "an RFC 3339 date-time is required", pointer) from None


def _cursor(place: tuple[str, str] | None) -> str | None:
    return base64.urlsafe_b64encode(jsontext.dumps(place).encode()).decode() if place else None


def _place(cursor: str | None) -> tuple[str, str] | None:
    """Where a list goes on. Raises ActionError."""
    if not cursor:
        return None
    try:
        moment, id = jsontext.loads(base64.urlsafe_b64decode(cursor.encode()))
        if isinstance(moment, str) and isinstance(id, str):
            return moment, id
    except (ValueError, TypeError, binascii.Error):
        pass
    raise ActionError("invalid", "no cursor of this list", "/cursor")


ACTIONS = {
    "audit": Action(audit, AuditFields, "price a CDR again: every claim, every period, every difference"),
    "audits": Action(audits, AuditsFields, "the verdicts on CDRs, newest first"),
    "quote": Action(quote, QuoteFields, "what a charge would cost by a Tariff"),
    "price": Action(price, PriceFields, "the totals of a Session, ready for its CDR"),
    "lint": Action(lint, LintFields, "what is wrong with a Tariff"),
    "dispute": Action(dispute, DisputeFields, "put a CDR under dispute"),
    "disputes": Action(list_disputes, DisputesFields, "CDRs under dispute, and how they were settled"),
    "settle": Action(settle, SettleFields, "end a dispute"),
    "statement": Action(statement, StatementFields, "a month's CDRs and their sums"),
    "reconcile": Action(reconciled, ReconcileFields, "what does not fit together with partners"),
    "release": Action(release, OfCdr, "announce a CDR of ours that was held"),
    "money_policy": Action(money_policy, PolicyFields, "how a partner's CDRs are priced"),
}
