"""A stored CDR gets its verdict: it is priced again, the verdict kept beside it and told of a partner's.

The event goes out before the verdict is written: a process that dies between the two tells the
same event again, by the same id, and none is lost.

Contract: design section 13 (`audit`, `audits`, `CdrAudited`)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from decimal import Decimal, DecimalException
from typing import TYPE_CHECKING, Any

from chalicelib.billing import engine
from chalicelib.billing.engine import Report
from chalicelib.objects import sessions, visibility
from chalicelib.objects.stored_object import StoredObject
from chalicelib.ocpi.timestamps import readable, timestamp
from chalicelib.partners import parties
from chalicelib.pricing.claims import claimed_sides
from chalicelib.store.audits import OWN, RECEIVED, Audit, Audits, Sides
from chalicelib.store.dynamodb import retried

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

SIDES = ("before_taxes", "after_taxes")
# What makes a verdict another one than that which was told.
TOLD = ("verdict", "claimed", "computed", "cause", "currency", "is_held")


def judge(platform: Platform, found: StoredObject) -> tuple[Report, Audit]:
    """The report on a stored CDR by its partner's policy, and the verdict as it stands; told where new."""
    partner = partner_of(platform, found)
    terms = engine.terms_of(platform, partner.id if partner else "")
    report = engine.audit(platform, engine.priced_form(found), found.version, terms)
    now = _audit(platform, found, report, partner)
    return report, retried(lambda: _kept(platform, found, now))


def _kept(platform: Platform, found: StoredObject, now: Audit) -> Audit:
    """The verdict as it stands; told, then written, where it is another than before."""
    audits, partition = Audits(platform), found.key.partition
    before = audits.audit(partition)
    if before and all(getattr(before, name) == getattr(now, name) for name in TOLD):
        return before
    now = dataclasses.replace(now, turn=before.turn + 1 if before else 1)
    if not found.own:
        platform.backend.emit("CdrAudited", told(now), id=f"audit#{partition}#{now.turn}")
    audits.keep(partition, now, before)
    disputed = {name: getattr(before, name) for name in DISPUTED} if before else {}
    return dataclasses.replace(now, **disputed)


DISPUTED = ("state", "since", "reason", "outcome", "opened_at", "settled_at", "credited_by")


def shown(audit: Audit) -> dict[str, Any]:
    """A verdict as `audits` lists it."""
    return {
        "owner": audit.owner,
        "id": audit.id,
        "direction": audit.direction,
        "partner": audit.partner or None,
        "verdict": audit.verdict,
        "claimed": audit.claimed,
        "computed": audit.computed,
        "difference": audit.difference,
        "currency": audit.currency or None,
        "cause": audit.cause or None,
        "held": audit.is_held,
        "dispute": audit.dispute or None,
        "at": audit.at,
    }


def told(audit: Audit) -> dict[str, Any]:
    """A verdict as the event tells it."""
    names = ("owner", "id", "partner", "verdict", "claimed", "computed", "difference", "currency", "cause")
    row = shown(audit)
    return {name: row[name] for name in names}


def partner_of(platform: Platform, found: StoredObject) -> Partner | None:
    """The connection that a CDR came by, or that it is for."""
    party = sessions.emsp_of(found.canonical) if found.own else found.key.party
    return parties.reached(platform, party)


def _audit(platform: Platform, found: StoredObject, report: Report, partner: Partner | None) -> Audit:
    cdr = found.canonical
    emsp = sessions.emsp_of(cdr)
    customer = "/".join(emsp) if emsp else ""
    claims = {each["claim"]: each["claimed"] for each in report["claims"]}
    judged = f"total_cost.{SIDES[0]}" in claims  # not where charging at home is compensated
    stated = claims if judged else _stated(cdr)
    claimed = {side: stated.get(f"total_cost.{side}") for side in SIDES}
    computed = {side: report["total"].get(side) for side in SIDES}
    causes = [each["reading"] for each in report["diagnosis"]]
    token = cdr.get("cdr_token")
    return Audit(
        owner=found.key.owner,
        id=found.key.id,
        direction=OWN if found.own else RECEIVED,
        verdict=report["verdict"],
        at=platform.clock(),
        end=_moment(cdr.get("end_date_time")) or found.last_updated,
        start=_moment(cdr.get("start_date_time")),
        currency=str(report["currency"] or cdr.get("currency") or ""),
        claimed=claimed,
        computed=computed,
        difference={side: difference(claimed[side], computed[side]) if judged else None for side in SIDES},
        cause=causes[0] if causes else "",
        kwh=str(cdr.get("total_energy") or "0"),
        partner=partner.id if partner else "",
        counterparty=(customer if found.own else found.key.owner) or "-",
        hosted=found.key.owner if found.own else customer,
        session=_name(cdr.get("session_id")),
        token=_name(token.get("uid") if isinstance(token, Mapping) else None),
        is_credit=cdr.get("credit") is True,
        credits=_name(cdr.get("credit_reference_id")) if cdr.get("credit") is True else "",
        is_held=found.own and visibility.is_held(found.key, found.feed),
    )


def _stated(cdr: Mapping[str, Any]) -> dict[str, str | None]:
    """What a CDR claims in all, as a report would write it."""
    amounts = zip(SIDES, claimed_sides(cdr.get("total_cost")), strict=True)
    return {f"total_cost.{side}": None if amount is None else exact(amount) for side, amount in amounts}


def difference(claimed: str | None, computed: str | None) -> str | None:
    """What is claimed too much; null where a side cannot be known."""
    if claimed is None or computed is None:
        return None
    try:
        return exact(Decimal(claimed) - Decimal(computed))
    except DecimalException:
        return None


def exact(amount: Decimal) -> str:
    """An amount as reports write it: no exponent, no zeros at its end."""
    text = f"{amount:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text in ("-0", "") else text


def total(sides: list[Sides]) -> dict[str, str]:
    """The sum of amounts, each side of those that are known."""
    return {
        side: exact(sum((Decimal(each[side] or "0") for each in sides if each.get(side)), Decimal(0)))
        for side in SIDES
    }


def _moment(value: Any) -> str:
    """A sortable time; "" where it cannot be read."""
    try:
        return timestamp(readable(value))
    except ValueError:
        return ""


def _name(value: Any) -> str:
    return str(value)[:200] if value is not None else ""
