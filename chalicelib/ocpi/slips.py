"""A slip is a surely unmeant value in an object of ours that OCPI allows: it is told, and not refused.

Asked about objects that their table and `rules` accept. What only the store can tell stands
in `objects.slips`, what a Tariff's prices make of it in `pricing.lint`.

Contract: design section 5 (`warnings` of put, `check`)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

from chalicelib.ocpi import models, timestamps
from chalicelib.ocpi.findings import Finding, step
from chalicelib.ocpi.models.base import Degrees, Field, Model, Zone
from chalicelib.ocpi.scalars import Unusable, scalar
from chalicelib.ocpi.versions import zones

# How alike two names are that mean one.
ALIKE = 0.75
# What sums may differ by: kWh, hours or money, and a share of the total.
LEAST_APART, SHARE_APART = Decimal("0.02"), Decimal("0.005")
# Hours between a time zone and the sun; western China's are the most.
FARTHEST_ZONE = 4

Told = Iterator[tuple[str, str, str]]
Body = dict[str, Any]

# Fields that begin something, and those that end it. What must last some time ends later than it begins.
SPANS = (
    ("start_date_time", "end_date_time"),
    ("start_datetime", "end_datetime"),
    ("start_date_time", "stop_date_time"),
    ("period_begin", "period_end"),
    ("start_date", "end_date"),
)
LASTING = ("period_begin", "start_date")
TOTALS = {"total_energy": ("ENERGY",), "total_parking_time": ("PARKING_TIME",)}
PART_COSTS = (
    "total_fixed_cost",
    "total_energy_cost",
    "total_time_cost",
    "total_parking_cost",
    "total_reservation_cost",
)


def found(kind: str, obj: Body, version: str) -> tuple[Finding, ...]:
    """Every slip in an object of that version."""
    told = [*_anywhere(models.model(kind), obj, version, "")]
    if kind == "location":
        told += _zone(obj)
    if kind in ("cdr", "session"):
        told += _periods(obj)
        told += _totals(kind, obj)
    return tuple(Finding(at, code, message) for at, code, message in told)


def in_changes(kind: str, changes: Body, version: str) -> tuple[Finding, ...]:
    """Every slip in what a PATCH says, by itself."""
    told = _anywhere(models.model(kind), changes, version, "")
    return tuple(Finding(at, code, message) for at, code, message in told)


def _anywhere(model: Model, obj: Body, version: str, at: str) -> Told:
    fields = model.fields(version)
    known = fields.keys() | model.foreign(version).keys()
    if not obj.keys() <= known:
        yield from _unknown(model, sorted(obj.keys() - known), known, version, at)
    for begin, end in SPANS:
        both = begin in fields and end in fields and obj.get(begin) and obj.get(end)
        if both and "weekday" not in fields:
            first, last = _moment(obj[begin]), _moment(obj[end])
            if last < first or (last == first and begin in LASTING):
                how = "not after" if last == first else "before"
                yield step(at, end), "inconsistent", f"{how} {begin}"
    if model.name == "Hours":
        yield from _overlapping(obj, at)
    for name, row in fields.items():
        value = obj.get(name)
        if value is not None:
            for index, each in enumerate(value) if row.is_list else ((None, value),):
                where = step(at, name) if index is None else step(step(at, name), index)
                yield from _inside(row, each, version, where)


def _unknown(model: Model, names: Iterable[str], known: Iterable[str], version: str, at: str) -> Told:
    """Fields that nobody knows, beside the name in that version of what each is nearly spelled as."""
    meant = {other: name for name, others in model.elsewhere(version).items() for other in others}
    meant |= {name: name for name in known}
    for name in names:
        alike = get_close_matches(name.lower(), sorted(meant), 1, ALIKE)
        if alike:
            yield step(at, name), "unknown_field", f"nobody knows this field; {meant[alike[0]]} is meant?"


def _overlapping(hours: Body, at: str) -> Told:
    """Opening hours of a weekday that are told twice."""
    told: list[tuple[int, str, str]] = []
    for index, each in enumerate(hours.get("regular_hours") or ()):
        day, begin, end = each["weekday"], each["period_begin"], each["period_end"]
        if any(day == other and begin < until and since < end for other, since, until in told):
            yield f"{at}/regular_hours/{index}", "inconsistent", f"overlaps other hours of weekday {day}"
        told.append((day, begin, end))


def _inside(row: Field, value: Any, version: str, at: str) -> Told:
    if isinstance(row.type, Model):
        yield from _anywhere(row.type, value, version, at)
    elif isinstance(row.type, Zone | Degrees):
        try:
            scalar(row.type, value, version, lambda _code, _message: None)
        except Unusable as problem:
            yield at, problem.code, problem.message


def _zone(location: Body) -> Told:
    """A time zone on another side of the world than the Location."""
    hours = zones.hours_apart(location.get("time_zone"), location.get("coordinates"))
    if hours > FARTHEST_ZONE:
        at = location["coordinates"]["longitude"]
        yield "/time_zone", "inconsistent", f"{round(hours)} hours from where longitude {at} is"


def _periods(obj: Body) -> Told:
    begin, end = (
        _first(obj, "start_date_time", "start_datetime"),
        _first(obj, "end_date_time", "stop_date_time", "end_datetime"),
    )
    before = ""
    for index, period in enumerate(obj.get("charging_periods") or ()):
        at = f"/charging_periods/{index}"
        moment = _moment(period["start_date_time"])
        if before and moment < before:
            yield f"{at}/start_date_time", "inconsistent", "earlier than the period before it"
        if (begin and moment < _moment(begin)) or (end and moment > _moment(end)):
            yield f"{at}/start_date_time", "inconsistent", "outside start and end of the whole"
        before = moment
        seen = set()
        for number, dimension in enumerate(period["dimensions"]):
            if dimension["type"] in seen:
                yield f"{at}/dimensions/{number}/type", "duplicate", f"{dimension['type']} twice in a period"
            seen.add(dimension["type"])


def _totals(kind: str, obj: Body) -> Told:
    periods = obj.get("charging_periods") or ()
    sums: dict[str, Decimal] = {}
    for period in periods:
        for dimension in period["dimensions"]:
            name = dimension["type"]
            sums[name] = sums.get(name, Decimal(0)) + Decimal(dimension["volume"])
    if kind == "session":
        if "ENERGY" in sums and _apart(obj["kwh"], sums["ENERGY"]):
            yield "/kwh", "inconsistent", f"the periods have {sums['ENERGY']} kWh"
        return
    for name, dimensions in TOTALS.items():
        told = [sums[each] for each in dimensions if each in sums]
        if obj.get(name) is not None and told and _apart(obj[name], sum(told, Decimal(0))):
            yield f"/{name}", "inconsistent", f"the periods add up to {sum(told, Decimal(0))}"
    hours = sum((sums.get(each, Decimal(0)) for each in ("TIME", "PARKING_TIME")), Decimal(0))
    if hours and _apart(obj["total_time"], hours):
        yield "/total_time", "inconsistent", f"the periods have {hours} hours of TIME and PARKING_TIME"
    yield from _times(obj)
    yield from _costs(obj)


def _times(cdr: Body) -> Told:
    """Whether it lasted as long as its times add up to."""
    begin, end = cdr.get("start_date_time"), _first(cdr, "end_date_time", "stop_date_time")
    lasted = timestamps.seconds_between(_moment(begin), _moment(end)) if begin and end else 0
    hours = Decimal(lasted) / 3600
    if hours > 0 and cdr["total_time"] > hours and _apart(cdr["total_time"], hours):
        yield "/total_time", "inconsistent", f"from start to end it is {round(hours, 4):f} hours"
    parked = cdr.get("total_parking_time")
    if parked is not None and parked > cdr["total_time"] and _apart(parked, Decimal(cdr["total_time"])):
        yield "/total_parking_time", "inconsistent", "longer than total_time, which it is a part of"


def _costs(cdr: Body) -> Told:
    """Whether the costs of the parts are those of the whole; a Tariff's limits may make them differ."""
    limited = any(each.get("min_price") or each.get("max_price") for each in cdr.get("tariffs") or ())
    parts = [amount for name in PART_COSTS if (amount := _net(cdr.get(name))) is not None]
    whole = _net(cdr.get("total_cost"))
    if not parts or whole is None or cdr.get("credit") or limited:
        return
    added = sum(parts, Decimal(0))
    if _apart(whole, added):
        yield "/total_cost", "inconsistent", f"the costs of its parts add up to {added}"


def _net(price: Any) -> Decimal | None:
    if isinstance(price, dict):
        price = price.get("before_taxes", price.get("excl_vat"))
    return None if price is None else Decimal(price)


def _apart(total: Any, parts: Decimal) -> bool:
    return abs(Decimal(total) - parts) > max(LEAST_APART, abs(Decimal(total)) * SHARE_APART)


def _first(obj: Body, *names: str) -> Any:
    return next((obj[name] for name in names if obj.get(name)), None)


def _moment(value: str) -> str:
    """A DateTime as it sorts; a date does so by itself."""
    try:
        return timestamps.timestamp(value)
    except ValueError:
        return value
