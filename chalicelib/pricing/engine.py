"""A session priced: what each period used, which component applies, and what it comes to.

One run for one policy and one `Reading`. The report and the comparison are made from the `Outcome`; the
diagnosis runs again with other readings. Nothing here makes text.

Spec: 2.3.0 mod_tariffs, mod_cdrs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from chalicelib.pricing.checks import Moment
from chalicelib.pricing.choice import Choice
from chalicelib.pricing.exact import HOUR, ONE, ZERO
from chalicelib.pricing.gireve import round_prices
from chalicelib.pricing.lookup import Lookup
from chalicelib.pricing.moments import Localize, in_utc, seconds
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.segments import STATED, Segment, Tax, put_price
from chalicelib.pricing.session import Period, Session
from chalicelib.pricing.steps import SESSION, Group, round_up
from chalicelib.pricing.tariff import (
    CHARGING,
    ENERGY,
    EXPIRED,
    FLAT,
    PARKING,
    RESERVATION,
    RESERVED,
    SESSION_TIME,
    TIME,
    USED,
    Compiled,
    Component,
)
from chalicelib.pricing.totals import Totals, add_up

Pick = Mapping[tuple[int, str, str], Component | None]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reading:
    """How a session is read where it is not read as the rules say. The default is as they say."""

    localize: Localize = in_utc
    step: str = SESSION
    flat: str | None = None  # period, element, none
    by_element: bool = False
    at_end: bool = False
    tax: Tax = STATED
    scale: Decimal = ONE
    free_is_billed: bool = False
    picks: Pick = field(default_factory=dict)


@dataclass(slots=True, eq=False, repr=False)
class Outcome:
    """A priced session."""

    segments: list[Segment]
    groups: list[Group]
    totals: Totals
    lookups: list[Lookup | None]


def compute(session: Session, choice: Choice, policy: Policy, reading: Reading) -> Outcome:
    """Price a session whose periods have their Tariffs."""
    lookups = [
        None if tariff is None else Lookup(tariff, moment, policy.electrical == "strict", reading.by_element)
        for tariff, moment in zip(
            choice.tariffs, moments(session, choice.tariffs, policy, reading), strict=True
        )
    ]
    segments: list[Segment] = []
    flats = _Flats(policy, reading)
    for at, (period, lookup) in enumerate(zip(session.periods, lookups, strict=True)):
        segments += _of_period(at, period, lookup, session, policy, reading, flats)
    if reading.free_is_billed:
        _bill_what_is_free(segments)
    groups = round_up(segments, policy, reading.step)
    for each in segments:
        put_price(each, policy, reading.tax, reading.scale)
    if policy.dialect == "gireve":
        round_prices(segments)
    totals = add_up(segments, choice.first, policy, session.only_reserved)
    return Outcome(segments, groups, totals, lookups)


def moments(
    session: Session, tariffs: list[Compiled | None], policy: Policy, reading: Reading
) -> Iterator[Moment]:
    """What is known at the start of each period (or, as some read it, at its end)."""
    anchor = anchor_of(session, policy)
    strict = policy.electrical == "strict"
    kwh = ZERO
    for period, tariff in zip(session.periods, tariffs, strict=True):
        moment = period.end if reading.at_end else period.start
        known = kwh + period.energy if reading.at_end else kwh
        made = moment_at(moment, known, max(ZERO, seconds(moment - anchor)), tariff, reading.localize)
        if tariff is not None and tariff.needs_power:
            _put_power(made, period, policy, strict)
        yield made
        kwh += period.energy


def anchor_of(session: Session, policy: Policy) -> datetime:
    """From when durations count."""
    if policy.duration_anchor == "first_period" and session.periods:
        return session.periods[0].start
    return session.anchor if policy.duration_anchor == "charging" else session.start


def moment_at(
    moment: datetime, kwh: Decimal, elapsed: Decimal, tariff: Compiled | None, localize: Localize
) -> Moment:
    """A moment; local time only where the Tariff asks for it."""
    if tariff is None or not tariff.needs_local:
        return Moment(0, 0, "", kwh, elapsed)
    local = localize(moment)
    date = f"{local.year:04d}-{local.month:02d}-{local.day:02d}"
    return Moment(local.hour * 60 + local.minute, local.weekday(), date, kwh, elapsed)


def _put_power(moment: Moment, period: Period, policy: Policy, strict: bool) -> None:
    low, high = period.min_power, period.max_power
    if low is None and high is None and policy.missing_power == "average":
        length = period.length
        if length > 0 and ENERGY in period.present:
            low = period.energy * HOUR / length
    low, high = (high if low is None else low), (low if high is None else high)
    least, most = period.min_current, period.max_current
    least, most = (most if least is None else least), (least if most is None else most)
    if not strict:
        low, high, least, most = high, low, most, least
    moment.min_power, moment.max_power, moment.min_current, moment.max_current = low, high, least, most


def volumes(period: Period, context: str, policy: Policy) -> Iterator[tuple[str, Decimal]]:
    """What a period used in a context, in the order of a bill."""
    counts = policy.zero_volume == "counts"
    if context == RESERVATION:
        yield RESERVED, period.reserved
        return
    for dimension, volume in ((ENERGY, period.energy), (TIME, period.time), (PARKING, period.parking)):
        if volume or (counts and dimension in period.present):
            yield dimension, volume


def _of_period(
    at: int,
    period: Period,
    lookup: Lookup | None,
    session: Session,
    policy: Policy,
    reading: Reading,
    flats: _Flats,
) -> Iterator[Segment]:
    for context in period.contexts:
        asked = CHARGING if context == CHARGING else EXPIRED if session.outcome == "expired" else USED
        if lookup is not None:
            yield from flats.of_period(at, context, asked, lookup)
        for dimension, volume in volumes(period, context, policy):
            if lookup is None:
                yield Segment(at, context, dimension, volume, None, [], None)
                continue
            component, failures = lookup.find(asked, TIME if dimension == RESERVED else dimension)
            if reading.picks and (at, context, dimension) in reading.picks:
                component = reading.picks[at, context, dimension]
            if dimension == ENERGY and volume < 0 and policy.negative_energy == "free":
                component = None
            yield Segment(at, context, dimension, volume, component, failures, lookup)
        if lookup is not None and context == CHARGING and policy.dialect == "gireve":
            both = period.time + period.parking
            component, failures = lookup.find(CHARGING, SESSION_TIME)
            if both and component is not None:
                yield Segment(at, context, SESSION_TIME, both, component, failures, lookup)


class _Flats:
    """Which FLATs were taken: each context takes one, in the first period that has one."""

    def __init__(self, policy: Policy, reading: Reading) -> None:
        self._how = reading.flat or policy.flat
        self._adds = policy.expired_flat == "add"
        self._picks = reading.picks
        self._taken: set[object] = set()

    def of_period(self, at: int, context: str, asked: str, lookup: Lookup) -> Iterator[Segment]:
        if self._how == "none" or not lookup.tariff.walk(asked, FLAT).elements:
            return
        if {"context": context, "session": "session"}.get(self._how) in self._taken:
            return
        component, failures = lookup.find(asked, FLAT)
        if self._picks and (at, context, FLAT) in self._picks:
            component = self._picks[at, context, FLAT]
        if component is None:
            return
        key: object = {
            "context": context,
            "session": "session",
            "tariff": (context, id(lookup.tariff)),
            "period": at,
            "element": (id(lookup.tariff), component.element),
        }[self._how]
        if key in self._taken:
            return
        self._taken.add(key)
        yield Segment(at, context, FLAT, ONE, component, failures, lookup)
        if asked == EXPIRED and self._adds:
            other, failures = lookup.find(USED, FLAT)
            if other is not None and other is not component:
                yield Segment(at, context, FLAT, ONE, other, failures, lookup)


def _bill_what_is_free(segments: list[Segment]) -> None:
    """As some do: what nothing prices is billed at the price that held last, or comes first."""
    last: dict[tuple[str, str], Component] = {}
    for each in segments:
        key = (each.context, each.dimension)
        if each.component is not None:
            last[key] = each.component
        elif each.lookup is not None:
            component = last.get(key) or _any_price(each)
            if component is not None:
                each.component, each.billed = component, each.volume


def _any_price(segment: Segment) -> Component | None:
    if segment.lookup is None or segment.context != CHARGING:
        return None
    return segment.lookup.tariff.walk(CHARGING, segment.dimension).first()
