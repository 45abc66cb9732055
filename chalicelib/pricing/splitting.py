"""A period cut where the Tariff changes its price, its volumes shared out evenly over time.

For quotes, whose periods are made here, and to ask of a CDR whether its claim was computed so.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal

from chalicelib.pricing.choice import Choice
from chalicelib.pricing.engine import anchor_of
from chalicelib.pricing.exact import ZERO
from chalicelib.pricing.moments import Localize, seconds
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.session import Period, Session
from chalicelib.pricing.spans import kwh_edges, time_edges
from chalicelib.pricing.tariff import Compiled

_MILLION = Decimal(1_000_000)


def split(
    period: Period, tariff: Compiled | None, localize: Localize, anchor: datetime, kwh: Decimal
) -> list[Period]:
    """The parts of a period before which the session used so much energy; together they are the period."""
    length = period.length
    if tariff is None or length <= 0:
        return [period]
    cuts = {moment: _energy_at(period, moment) for moment in time_edges(period, tariff, localize, anchor)}
    for edge in kwh_edges(period, tariff, kwh):
        wait = ((edge - kwh) / period.energy * length * _MILLION).to_integral_value(ROUND_CEILING)
        moment = period.start + timedelta(microseconds=int(wait))
        if period.start < moment < period.end:
            cuts[moment] = max(cuts.get(moment, ZERO), edge - kwh)
    return _parts(period, sorted(cuts.items()))


def split_session(
    session: Session, choice: Choice, policy: Policy, localize: Localize, only: Collection[int] | None = None
) -> tuple[Session, Choice]:
    """A session whose periods (or only those at some places) are cut, and their Tariffs."""
    kwh, anchor = ZERO, anchor_of(session, policy)
    periods: list[Period] = []
    tariffs: list[Compiled | None] = []
    for at, (period, tariff) in enumerate(zip(session.periods, choice.tariffs, strict=True)):
        whole = only is not None and at not in only
        parts = [period] if whole else split(period, tariff, localize, anchor, kwh)
        periods += parts
        tariffs += [tariff] * len(parts)
        kwh += period.energy
    return replace(session, periods=periods), replace(choice, tariffs=tariffs)


def _energy_at(period: Period, moment: datetime) -> Decimal:
    return period.energy * seconds(moment - period.start) / period.length


def _parts(period: Period, cuts: list[tuple[datetime, Decimal]]) -> list[Period]:
    found: list[Period] = []
    start, energy, time, parking, reserved = period.start, ZERO, ZERO, ZERO, ZERO
    for moment, used in cuts:
        share = seconds(moment - start) / period.length
        part = replace(
            period,
            start=start,
            end=moment,
            energy=used - energy,
            time=period.time * share,
            parking=period.parking * share,
            reserved=period.reserved * share,
        )
        found.append(part)
        start, energy = moment, used
        time, parking, reserved = time + part.time, parking + part.parking, reserved + part.reserved
    rest = replace(
        period,
        start=start,
        energy=period.energy - energy,
        time=period.time - time,
        parking=period.parking - parking,
        reserved=period.reserved - reserved,
    )
    return [*found, rest]
