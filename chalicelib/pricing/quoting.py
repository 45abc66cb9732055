"""What a charge would cost: periods made from a profile, split where the Tariff changes its price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import MAXYEAR, datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.pricing.choice import choose, gather
from chalicelib.pricing.codes import finding
from chalicelib.pricing.exact import HOUR, ZERO, number
from chalicelib.pricing.moments import instant, seconds
from chalicelib.pricing.run import MOST_PERIODS, Asked, Priced, priced, run, zone_of
from chalicelib.pricing.session import Period, Session
from chalicelib.pricing.splitting import split_session
from chalicelib.pricing.tariff import ENERGY, PARKING, TIME

_MINUTE = Decimal(60)
_MOST_MINUTES = 366 * 24 * 60


def quoted(tariff: Mapping[str, Any], start: str, profile: Any, asked: Asked) -> Priced:
    """A profile priced; an entry that cannot be read is a finding and prices nothing."""
    currency = tariff.get("currency") if isinstance(tariff, dict) else None
    begins = instant(start)
    profile = list(profile) if isinstance(profile, list | tuple) else []
    body = {"start_date_time": start, "end_date_time": start, "currency": currency, "kwh": ZERO}
    if begins is None or not profile or len(profile) >= MOST_PERIODS:
        return run({**body, "charging_periods": [None] * min(len(profile), MOST_PERIODS)}, asked)
    session = Session(begins, begins, str(currency or "").upper(), False, False, False, outcome="used")
    for index, entry in enumerate(profile):
        period = _entry(session, index, entry)
        if period is not None:
            session.periods.append(period)
            session.end = period.end
    tariffs = gather({}, (tariff,), (), (asked.version, asked.version), asked.policy)
    kind = tariffs[0].type if tariffs else None
    choice = choose(session, tariffs, asked.policy, None if kind is None else kind)
    choice.findings = [each for each in choice.findings if each["code"] != "tariff_type_fallback"]
    choice.reasons = dict.fromkeys(choice.reasons, "the one that is quoted")
    localize = zone_of({}, asked, needed=True).localize
    session, choice = split_session(session, choice, asked.policy, localize)
    session.periods = [replace(each, index=at) for at, each in enumerate(session.periods)]
    size = len(session.periods) * (len(tariffs[0].elements) if tariffs else 0)
    return priced(body, asked, session, choice, size)


def _entry(session: Session, index: int, entry: Any) -> Period | None:
    known = entry if isinstance(entry, dict) else {}
    minutes, kwh = number(known.get("minutes", 0)), number(known.get("kwh", 0))
    if minutes is None or kwh is None or not _fits(session.end, minutes):
        problem = finding("malformed_value", f"/profile/{index}", "minutes and kwh are numbers of 0 or more")
        session.findings.append(problem)
        session.wrong.append(problem)
        return None
    end = session.end + timedelta(microseconds=int(minutes * _MINUTE * 1_000_000))
    length = seconds(end - session.end)
    parking = known.get("parking") is True
    power = kwh * HOUR / length if length else None
    return Period(
        index,
        session.end,
        end,
        energy=kwh,
        time=ZERO if parking else length,
        parking=length if parking else ZERO,
        present=frozenset({ENERGY, PARKING if parking else TIME}),
        min_power=power,
        max_power=power,
    )


def _fits(start: datetime, minutes: Decimal) -> bool:
    """Whether so many minutes are no negative time, no year, and not beyond the calendar."""
    return 0 <= minutes <= _MOST_MINUTES and start.year < MAXYEAR - 1
