"""What the operator asks about prices: an audit, a quote, the totals of a CDR, a lint, a partner's policy.

Contract: design section 13
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from chalicelib import pricing
from chalicelib.actions import named
from chalicelib.actions.action import Action, Fields
from chalicelib.billing import engine, verdicts
from chalicelib.billing.engine import Terms
from chalicelib.errors import ActionError
from chalicelib.ocpi import jsontext
from chalicelib.store.audits import (
    Audits,
)

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

Version = Literal["2.1.1", "2.2.1", "2.3.0"]
Policy = str | dict[str, Any] | None

# Lambda answers 6 MB at most. Of a larger report what did hold is left out, then what did not, then periods.
MOST_BYTES, LARGE = 4_500_000, 500


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
        report = engine.audit(platform, cdr, fields.version, terms, given=given, time_zone=fields.time_zone)
        return _fitting(report)
    found = named.stored(platform, "cdrs", fields.party, fields.id)
    about = {"owner": found.key.owner, "id": found.key.id}
    if terms == Terms() and not given and not fields.time_zone:
        report, _ = verdicts.judge(platform, found)
        return _fitting(about | report)
    partner = verdicts.partner_of(platform, found)
    usual = engine.terms_of(platform, partner.id if partner else "")
    asked = Terms(
        usual.policy if terms.policy is None else terms.policy,
        usual.tolerance if terms.tolerance is None else terms.tolerance,
    )
    form = engine.priced_form(found)
    report = engine.audit(platform, form, found.version, asked, given=given, time_zone=fields.time_zone)
    return _fitting(about | report)


def _fitting(report: dict[str, Any]) -> dict[str, Any]:
    """The report as it can be answered: of a CDR of very many periods not the whole trace."""
    periods, cut = report["periods"], ""
    segments = [each for period in periods for each in period["segments"]]
    if len(segments) + sum(len(each["not_applied"]) for each in segments) < LARGE:
        return report
    for name in ("matched", "not_applied"):
        if _size(report) <= MOST_BYTES:
            break
        for each in segments:
            each[name] = []
        cut = "what held and what did not is left out" if name == "not_applied" else "what held is left out"
    if (size := _size(report)) > MOST_BYTES:
        kept = len(periods) * MOST_BYTES // size
        cut = f"{cut}, and so are the periods from {kept} on"
        report = {**report, "periods": periods[:kept]}
    if not cut:
        return report
    said = {"code": "trace_cut", "severity": "information", "pointer": "/charging_periods", "message": cut}
    return {**report, "findings": [*report["findings"], said]}


def _size(report: dict[str, Any]) -> int:
    return len(jsontext.dumps(report).encode())


def quote(platform: Platform, fields: QuoteFields) -> dict[str, Any]:
    """What a charge would cost."""
    tariff, version, zone = _tariff(platform, fields, fields.tariff_id, "/tariff_id")
    named.moment(fields.start, "/start")
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
            found = named.stored(platform, "sessions", asked.get("party"), asked.get("id"), "/session")
            session = engine.priced_form(found)
    report = engine.price(
        platform,
        jsontext.exact(session),
        fields.version,
        Terms(fields.policy),
        given=given,
        time_zone=fields.time_zone,
    )
    return _fitting(report)


def lint(platform: Platform, fields: LintFields) -> dict[str, Any]:
    """What is wrong with a Tariff, or odd in it."""
    tariff, version, zone = _tariff(platform, fields, fields.id, "/id")
    found = pricing.lint(tariff, version=version, time_zone=fields.time_zone or zone, now=platform.clock())
    return {"findings": found}


def money_policy(platform: Platform, fields: PolicyFields) -> dict[str, Any]:
    """Set how a partner's CDRs are priced from now on."""
    partner = named.partner(platform, fields.partner)
    policy = fields.policy.upper() if isinstance(fields.policy, str) else fields.policy
    terms = Terms(policy, fields.tolerance)
    engine.check_terms(terms)
    tolerance = None if fields.tolerance is None else str(fields.tolerance)
    Audits(platform).change(engine.policy_id(partner.id), {"policy": policy, "tolerance": tolerance or ""})
    return {"partner": partner.id, "policy": policy, "tolerance": tolerance}


def _tariff(
    platform: Platform, fields: QuoteFields | LintFields, id: str | None, pointer: str
) -> tuple[dict[str, Any], str, str | None]:
    """The Tariff that is meant, in the words of which version, and no time zone of its own.

    Of a stored one a price is by what it means, and a lint of what its owner wrote.
    """
    if (fields.tariff is None) == (id is None):
        raise ActionError("invalid", 'either "tariff" or the id of a stored one is required', "/tariff")
    if fields.tariff is not None:
        return jsontext.exact(fields.tariff), fields.version, None
    found = named.stored(platform, "tariffs", fields.party, id)
    is_lint = isinstance(fields, LintFields)
    return found.source if is_lint else found.repaired, found.version, None


ACTIONS = {
    "audit": Action(audit, AuditFields, "price a CDR again: every claim, every period, every difference"),
    "quote": Action(quote, QuoteFields, "what a charge would cost by a Tariff"),
    "price": Action(price, PriceFields, "the totals of a Session, ready for its CDR"),
    "lint": Action(lint, LintFields, "what is wrong with a Tariff"),
    "money_policy": Action(money_policy, PolicyFields, "how a partner's CDRs are priced"),
}
