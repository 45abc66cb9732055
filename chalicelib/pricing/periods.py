"""The charging periods of a CDR or Session, cut where its Tariff changes a price.

What a CPO has to do before it sends them: volumes are shared out evenly over time, and written with four
decimals so that the parts of a period still add up to it.

Spec: 2.3.0 mod_cdrs_chargingperiod_class (CDR-22)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.pricing.exact import HOUR, ZERO, number, rounded
from chalicelib.pricing.run import MOST_PERIODS, Asked, run
from chalicelib.pricing.session import Period
from chalicelib.pricing.splitting import split
from chalicelib.pricing.tariff import ENERGY, PARKING, RESERVED, TIME

PLACES = 4
_SHARED = {ENERGY: "energy", TIME: "time", PARKING: "parking", RESERVED: "reserved"}


def cut(cdr: Mapping[str, Any], asked: Asked) -> list[dict[str, Any]]:
    """The periods in their order, cut; as they are where nothing prices them, or where there are too many."""
    found = run(cdr, asked)
    periods = cdr.get("charging_periods") if isinstance(cdr, Mapping) else None
    if found.outcome is None or not isinstance(periods, list):
        return list(periods) if isinstance(periods, list) else []
    made: list[dict[str, Any]] = []
    session, kwh = found.session, ZERO
    for period, tariff in zip(session.periods, found.choice.tariffs, strict=True):
        whole = len(made) >= MOST_PERIODS
        parts = [period] if whole else split(period, tariff, found.zone.localize, session.anchor, kwh)
        made += _written(periods[period.index], parts, kwh)
        kwh += period.energy
    return made


def _written(original: Mapping[str, Any], parts: list[Period], kwh: Decimal) -> Iterator[dict[str, Any]]:
    """Rounded is what was used until then, of energy in the whole session: so a `min_kwh` is met exactly."""
    if len(parts) == 1:
        yield dict(original)
        return
    volumes: dict[str, Decimal] = {}
    for each in original["dimensions"]:
        if each["type"] in _SHARED:
            volumes[each["type"]] = volumes.get(each["type"], ZERO) + (number(each["volume"]) or ZERO)
    bounds = [dict(each) for each in original["dimensions"] if each["type"] not in _SHARED]
    used = dict.fromkeys(volumes, ZERO)  # exactly, so far
    told = dict.fromkeys(volumes, ZERO)  # of it, in what is written
    for at, part in enumerate(parts):
        dimensions = []
        for kind, whole in volumes.items():
            used[kind] += part.energy if kind == ENERGY else getattr(part, _SHARED[kind]) / HOUR
            before = kwh if kind == ENERGY else ZERO
            until = whole if at == len(parts) - 1 else rounded(before + used[kind], PLACES) - before
            dimensions.append({"type": kind, "volume": _plain(until - told[kind])})
            told[kind] = until
        start = original["start_date_time"] if at == 0 else _moment(part.start)
        yield {**original, "start_date_time": start, "dimensions": dimensions + bounds}


def _plain(volume: Decimal) -> Decimal:
    found = volume.normalize()
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def _moment(moment: datetime) -> str:
    """As short as a DateTime of OCPI has to be."""
    precision = "milliseconds" if moment.microsecond else "seconds"
    return moment.isoformat(timespec=precision).replace("+00:00", "Z")
