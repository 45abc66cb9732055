"""Where the price may change within a period, and what a period that spans such a place might cost.

A CPO has to split a period there. Where it did not, the period is priced as at its start, and the bounds
say what any split could have cost: each spanning period wholly at its cheapest and at its dearest.

Spec: 2.3.0 mod_cdrs_chargingperiod_class (CDR-22)
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, datetime, timedelta
from decimal import Decimal
from itertools import islice

from chalicelib.pricing.choice import Choice
from chalicelib.pricing.codes import Finding, finding
from chalicelib.pricing.engine import Outcome, Reading, anchor_of, compute, moment_at, volumes
from chalicelib.pricing.exact import ZERO
from chalicelib.pricing.lookup import Lookup
from chalicelib.pricing.moments import DAY, Localize, seconds, shown
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.segments import Sides
from chalicelib.pricing.session import Period, Session
from chalicelib.pricing.tariff import CHARGING, EXPIRED, FLAT, RESERVED, TIME, USED, Compiled, Component

MOST_EDGES, MOST_POINTS = 2000, 4000
# How many elements are asked in all, at every place of every period; and what a place costs beside them.
MOST_ASKED, A_POINT = 1_000_000, 10
_INSTANT = timedelta(microseconds=1)

Key = tuple[int, str, str]


@dataclass(slots=True, eq=False, repr=False)
class Spans:
    """The periods that span a change of price, and the least and most that the session might cost."""

    periods: list[int] = field(default_factory=list)
    lowest: Sides | None = None
    highest: Sides | None = None
    findings: list[Finding] = field(default_factory=list)


def time_edges(
    period: Period, tariff: Compiled, localize: Localize, anchor: datetime, most: int = MOST_EDGES
) -> list[datetime]:
    """The instants within a period at which a time, a date or a duration of the Tariff begins or ends."""
    start, end = period.start, period.end
    if not MINYEAR + 1 < start.year <= end.year < MAXYEAR - 1:  # beyond the calendar's edge nothing changes
        return []
    found = set()
    if tariff.seconds:
        passed, until = seconds(start - anchor), seconds(end - anchor)
        for each in tariff.seconds[bisect_right(tariff.seconds, passed) : bisect_left(tariff.seconds, until)]:
            found.add(anchor + timedelta(seconds=int(each), microseconds=int(each % 1 * 1_000_000)))
    if tariff.needs_local and start < end:
        marks = sorted({*tariff.minutes, 0}) if tariff.by_day else tariff.minutes
        found |= set(_wall_clock(start, end, marks, localize, most))
    return sorted(each for each in found if start < each < end)


def _wall_clock(
    start: datetime, end: datetime, marks: list[int], localize: Localize, most: int
) -> Iterator[datetime]:
    """The instants at which the clock on the wall shows one of the minutes."""
    local, last = localize(start), localize(end - _INSTANT)
    if local.date() == last.date() and local.utcoffset() == last.utcoffset():
        minute = local.hour * 60 + local.minute
        inside = marks[bisect_right(marks, minute) : bisect_right(marks, last.hour * 60 + last.minute)]
        midnight = start - timedelta(
            hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond
        )
        for mark in inside:
            yield midnight + timedelta(minutes=mark)
        return
    count = 0
    wall = local.replace(tzinfo=None, hour=0, minute=0, second=0, microsecond=0)
    while count < most and wall.date() <= last.date():
        for mark in marks:
            count += 1
            wanted = wall + timedelta(minutes=mark)
            guess = start + (wanted - local.replace(tzinfo=None))
            yield guess + (wanted - localize(guess).replace(tzinfo=None))
        wall += timedelta(minutes=DAY)


def kwh_edges(period: Period, tariff: Compiled, before: Decimal) -> list[Decimal]:
    """The energies of the session that a period passes and at which a restriction changes."""
    if not tariff.kwh or period.energy <= 0:
        return []
    return tariff.kwh[bisect_right(tariff.kwh, before) : bisect_left(tariff.kwh, before + period.energy)]


def find_spans(session: Session, choice: Choice, policy: Policy, reading: Reading, outcome: Outcome) -> Spans:
    """The spanning periods of a priced session, and the bounds of its cost."""
    found = Spans()
    low: dict[Key, Component | None] = {}
    high: dict[Key, Component | None] = {}
    anchor, kwh, left = anchor_of(session, policy), ZERO, MOST_ASKED
    for at, (period, lookup) in enumerate(zip(session.periods, outcome.lookups, strict=True)):
        if lookup is not None:
            points = _points(period, lookup.tariff, reading, anchor, kwh, left)
            left -= len(points) * (len(lookup.tariff.elements) + A_POINT)
            if left < 0:
                words = "too many places at which the price may change: not all were looked at"
                found.findings.append(finding("bounds_cut", period.pointer, words))
                return found
            options = _options(at, period, lookup, (session, policy, reading), anchor, points)
            spanned = False
            for key, components in options.items():
                ordered = sorted(components, key=_worth)
                low[key], high[key] = ordered[0], ordered[-1]
                if key[2] == FLAT:
                    low[key] = components[0]
                elif _differ(components):
                    spanned = True
            if spanned:
                found.periods.append(at)
                found.findings.append(
                    finding(
                        "period_spans_price_change",
                        period.pointer,
                        f"the price changes between {shown(period.start)} and {shown(period.end)}",
                    )
                )
        kwh += period.energy
    if found.periods:
        runs = [outcome.totals.total]
        for picks in (low, high):
            other = Reading(localize=reading.localize, picks=picks)
            runs.append(compute(session, choice, policy, other).totals.total)
        found.lowest = _side(runs, 0, min), _side(runs, 1, min)
        found.highest = _side(runs, 0, max), _side(runs, 1, max)
    return found


def _side(runs: list[Sides], side: int, choose: Callable[[list[Decimal]], Decimal]) -> Decimal | None:
    known = [amount for amount in (run[side] for run in runs) if amount is not None]
    return choose(known) if len(known) == len(runs) else None


def _worth(component: Component | None) -> Decimal:
    return ZERO if component is None else component.price


def _differ(components: list[Component | None]) -> bool:
    terms = {None if each is None else (each.price, each.vat, each.step, each.basis) for each in components}
    return len(terms) > 1


def _points(
    period: Period, tariff: Compiled, reading: Reading, anchor: datetime, kwh: Decimal, left: int
) -> list[tuple[datetime, Decimal]]:
    """The start of a period and every place in it at which its price may change; none if there is none."""
    if not (tariff.needs_local or tariff.seconds or tariff.kwh):
        return []
    times = time_edges(period, tariff, reading.localize, anchor, min(MOST_EDGES, left // A_POINT))
    energies = kwh_edges(period, tariff, kwh)
    if not times and not energies:
        return []
    points = ((moment, energy) for moment in (period.start, *times) for energy in (kwh, *energies))
    return list(islice(points, MOST_POINTS))


def _options(
    at: int,
    period: Period,
    lookup: Lookup,
    known: tuple[Session, Policy, Reading],
    anchor: datetime,
    points: list[tuple[datetime, Decimal]],
) -> dict[Key, list[Component | None]]:
    """Per dimension every component that applies somewhere within a period, that of its start first."""
    session, policy, reading = known
    tariff = lookup.tariff
    found: dict[Key, list[Component | None]] = {}
    for moment, energy in points:
        there = moment_at(moment, energy, max(ZERO, seconds(moment - anchor)), tariff, reading.localize)
        now = lookup.moment.at(there.minute, there.weekday, there.date, there.kwh, there.seconds)
        looked = Lookup(tariff, now, strict=False)
        for context in period.contexts:
            asked = CHARGING if context == CHARGING else EXPIRED if session.outcome == "expired" else USED
            dimensions = [dimension for dimension, _ in volumes(period, context, policy)]
            for dimension in (*dimensions, FLAT):
                component, _ = looked.find(asked, TIME if dimension == RESERVED else dimension)
                options = found.setdefault((at, context, dimension), [])
                if not any(component is each for each in options):
                    options.append(component)
    return found
