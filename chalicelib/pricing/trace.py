"""The parts of a report that show how a price came about: periods, groups, taxes, limits, bounds.

Amounts, kWh and hours are exact decimal text. Of each element that was asked before the one that applied
it says the first restriction that did not hold, in the compared values.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chalicelib.pricing.choice import Choice
from chalicelib.pricing.engine import Outcome
from chalicelib.pricing.exact import HOUR, THOUSAND, ZERO, text, text_or_none
from chalicelib.pricing.moments import Localize, shown
from chalicelib.pricing.segments import Segment, Sides
from chalicelib.pricing.session import Session
from chalicelib.pricing.spans import Spans
from chalicelib.pricing.steps import Group
from chalicelib.pricing.tariff import ENERGY, FLAT

# Beyond so many lines of why something did not apply, each segment tells its first few alone.
MOST_LINES, FEW = 50_000, 10


def sides(amounts: Sides) -> dict[str, str | None]:
    """Both sides of an amount; one that cannot be known is null."""
    return {"before_taxes": text_or_none(amounts[0]), "after_taxes": text_or_none(amounts[1])}


def periods(session: Session, outcome: Outcome | None, localize: Localize | None) -> list[dict[str, Any]]:
    """Every period with its segments, in the order of time."""
    by_period: list[list[Segment]] = [[] for _ in session.periods]
    if outcome is not None:
        for each in outcome.segments:
            by_period[each.at].append(each)
    found, kwh, lines = [], ZERO, 0
    for period, segments in zip(session.periods, by_period, strict=True):
        told: dict[int, list[dict[str, Any]]] = {}
        found.append(
            {
                "start": shown(period.start),
                "end": shown(period.end),
                "local_start": None if localize is None else localize(period.start).isoformat(),
                "index": period.index,
                "kwh_before": text(kwh),
                "segments": [_segment(each, told, FEW if lines > MOST_LINES else None) for each in segments],
            }
        )
        kwh += period.energy
        lines += sum(len(each.failures) for each in segments)
    return found


def is_cut(outcome: Outcome | None) -> bool:
    """Whether the trace does not say all that did not apply."""
    return outcome is not None and sum(len(each.failures) for each in outcome.segments) > MOST_LINES


def _segment(segment: Segment, told: dict[int, list[dict[str, Any]]], most: int | None) -> dict[str, Any]:
    """A segment; dimensions that asked the same elements are told the same."""
    component, lookup = segment.component, segment.lookup
    not_applied = told.get(id(segment.failures))
    if not_applied is None:
        not_applied = told[id(segment.failures)] = _not_applied(segment, most)
    is_time = segment.dimension not in (ENERGY, FLAT)
    volume = text(segment.volume / HOUR if is_time else segment.volume)
    if segment.billed == segment.volume:
        billed = volume
    else:
        billed = text(segment.billed / HOUR if is_time else segment.billed)
    net = text_or_none(segment.net)
    return {
        "dimension": segment.dimension,
        "context": segment.context,
        "volume": volume,
        "billed": billed,
        "price": None if component is None else text(component.price),
        "vat": None if component is None else text_or_none(component.vat),
        "before_taxes": net,
        "after_taxes": net if segment.gross is segment.net else text_or_none(segment.gross),
        "applied": None
        if component is None or lookup is None
        else {
            "tariff_id": lookup.tariff.id,
            "element": component.element,
            "component": component.index,
            "pointer": component.pointer,
        },
        "matched": _matched(segment),
        "not_applied": not_applied,
    }


def _not_applied(segment: Segment, most: int | None) -> list[dict[str, Any]]:
    if segment.lookup is None:
        return []
    moment = segment.lookup.moment
    return [
        {"element": element, "restriction": check.name, "message": check.say(moment, False)}
        for element, check in (segment.failures if most is None else segment.failures[:most])
    ]


def _matched(segment: Segment) -> list[dict[str, str]]:
    component, lookup = segment.component, segment.lookup
    if component is None or lookup is None:
        return []
    return [
        {"restriction": check.name, "message": check.say(lookup.moment, True)} for check in component.checks
    ]


def groups(found: list[Group], session: Session) -> list[dict[str, Any]]:
    """What step_size did, per group: kWh and hours, the step as the Tariff writes it."""
    return [
        {
            "dimension": each.dimension,
            "total": text(_quantity(each, each.total)),
            "step_size": None
            if each.step is None
            else text(each.step * THOUSAND if each.dimension == ENERGY else each.step),
            "billed": text(_quantity(each, each.billed)),
            "difference": text(_quantity(each, each.billed - each.total)),
            "period": None if each.at is None else session.periods[each.at].index,
            "note": each.note,
        }
        for each in found
    ]


def _quantity(group: Group, amount: Decimal) -> Decimal:
    return amount if group.dimension == ENERGY else amount / HOUR


def taxes(outcome: Outcome, sign: int) -> list[dict[str, str | None]]:
    """What is taxed at each rate."""
    return [
        {
            "percentage": text_or_none(each.rate),
            "base": text(sign * each.base),
            "amount": text(sign * each.amount),
        }
        for each in outcome.totals.taxes
    ]


def limits(outcome: Outcome) -> list[dict[str, str]]:
    """The limits that moved the total, and what it would be without."""
    return [
        {"limit": each.limit, "side": each.side, "bound": text(each.bound), "was": text(each.was)}
        for each in outcome.totals.moved
    ]


def bounds(spans: Spans, session: Session, sign: int) -> dict[str, Any] | None:
    """The least and the most that any split of the spanning periods could cost."""
    if spans.lowest is None or spans.highest is None:
        return None
    low, high = (spans.lowest, spans.highest) if sign > 0 else (spans.highest, spans.lowest)
    return {
        "lowest": sides(signed(low, sign)),
        "highest": sides(signed(high, sign)),
        "periods": [session.periods[at].index for at in spans.periods],
    }


def signed(amounts: Sides, sign: int) -> Sides:
    """Both sides with the sign of the CDR."""
    before, after = amounts
    return None if before is None else sign * before, None if after is None else sign * after


def tariffs(choice: Choice) -> list[dict[str, Any]]:
    """The Tariffs that price the session, and why these."""
    return [
        {
            "id": each.id,
            "origin": each.origin,
            "pointer": each.pointer,
            "reason": choice.reasons.get(id(each), ""),
            "periods": sum(each is other for other in choice.tariffs),
        }
        for each in choice.used
    ]
