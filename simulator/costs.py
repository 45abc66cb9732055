"""What a charging session costs by a tariff, exactly.

The session is cut wherever a restriction may begin or end to hold; within a
slice one price component per dimension counts. Everything is computed in
fractions; each part of the bill is rounded once, to the four decimals that OCPI
allows, and the total is the sum of what is written.

Spec: 2.3.0 mod_tariffs (TAR-11 to TAR-39), mod_cdrs_step_size (CDR-50 to CDR-55)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

FLAT, ENERGY, TIME, PARKING = "FLAT", "ENERGY", "TIME", "PARKING_TIME"
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
# What one unit of step_size is in the unit of the price: Wh of a kWh, seconds of an hour.
STEP = {ENERGY: Fraction(1, 1000), TIME: Fraction(1, 3600), PARKING: Fraction(1, 3600)}


@dataclass(frozen=True)
class Stretch:
    """A part of a session in which nothing but time and energy changes; power in kW, current in A."""

    start: datetime
    end: datetime
    kwh: Decimal = Decimal(0)
    parking: bool = False
    power: Decimal | None = None
    current: Decimal | None = None


@dataclass(frozen=True)
class Reservation:
    """A reservation before, or instead of, a session."""

    start: datetime
    end: datetime
    expired: bool = False


@dataclass(frozen=True)
class Slice:
    """A stretch cut so that the same components count throughout; `active` by dimension."""

    start: datetime
    end: datetime
    kwh: Fraction
    parking: bool
    active: Mapping[str, Mapping[str, Any]]

    @property
    def hours(self) -> Fraction:
        return hours(self.end - self.start)


@dataclass
class Amount:
    """Money before taxes, and the taxes by percentage."""

    before: Fraction = Fraction(0)
    taxes: dict[Decimal, Fraction] = field(default_factory=dict)

    def add(self, quantity: Fraction, component: Mapping[str, Any], included: bool) -> None:
        """Bill a quantity at a component's price; taxes on top, or within it (TAR-25)."""
        money = quantity * Fraction(component["price"])
        vat = component.get("vat")
        if vat is None:
            self.before += money
            return
        rate = Fraction(vat) / 100
        net = money / (1 + rate) if included else money
        self.before += net
        self.taxes[Decimal(vat)] = self.taxes.get(Decimal(vat), Fraction(0)) + net * rate

    @property
    def after(self) -> Fraction:
        return self.before + sum(self.taxes.values(), Fraction(0))

    def rounded(self) -> Amount:
        """As it is written, so that written parts add up to the written total."""
        taxes = {rate: Fraction(decimal(tax)) for rate, tax in self.taxes.items()}
        return Amount(Fraction(decimal(self.before)), taxes)

    def price(self) -> dict[str, Any]:
        """As a 2.3.0 Price."""
        price: dict[str, Any] = {"before_taxes": decimal(self.before)}
        if self.taxes:
            price["taxes"] = [
                {"name": "VAT", "percentage": rate, "amount": decimal(tax)}
                for rate, tax in sorted(self.taxes.items())
            ]
        return price


@dataclass(frozen=True)
class Bill:
    """What it costs, by kind, and in total within the tariff's limits."""

    fixed: Amount
    energy: Amount
    time: Amount
    parking: Amount
    reservation: Amount
    total: Amount
    slices: tuple[Slice, ...]


def bill(
    tariff: Mapping[str, Any],
    stretches: Iterable[Stretch],
    time_zone: str = "UTC",
    reservation: Reservation | None = None,
) -> Bill:
    """The bill for a session, a reservation, or both, by a 2.3.0 Tariff."""
    included = tariff.get("tax_included") == "YES"
    zone = ZoneInfo(time_zone)
    slices = tuple(cut(tariff, list(stretches), zone))
    amounts = {dimension: Amount() for dimension in (FLAT, ENERGY, TIME, PARKING)}
    flat = next((each.active[FLAT] for each in slices if FLAT in each.active), None)
    if flat:
        amounts[FLAT].add(Fraction(1), flat, included)
    used = {dimension: _used(slices, dimension) for dimension in (ENERGY, TIME, PARKING)}
    for dimension, portions in used.items():
        for quantity, component in portions:
            amounts[dimension].add(quantity, component, included)
        rounded = dimension != TIME or not used[PARKING]  # CDR-51, CDR-55
        if portions and rounded:
            surplus = _surplus(sum((each for each, _ in portions), Fraction(0)), portions[-1][1], dimension)
            amounts[dimension].add(surplus, portions[-1][1], included)
    fixed, energy, time, parking, reserved = (
        each.rounded() for each in (*amounts.values(), _reservation(tariff, reservation, zone, included))
    )
    total = _limited(tariff, (fixed, energy, time, parking, reserved))
    return Bill(fixed, energy, time, parking, reserved, total, slices)


def cut(tariff: Mapping[str, Any], stretches: list[Stretch], zone: ZoneInfo) -> Iterator[Slice]:
    """The stretches, cut where a restriction may begin or end to hold (TAR-30, CDR-22)."""
    if not stretches:
        return
    elements = [each for each in tariff["elements"] if not _restrictions(each).get("reservation")]
    began, total = stretches[0].start, Fraction(0)
    for stretch in stretches:
        whole = hours(stretch.end - stretch.start)
        moments = _moments(elements, stretch, zone, began, total)
        for start, end in pairwise(moments):
            share = hours(end - start) / whole
            kwh = Fraction(stretch.kwh) * share
            active = _active(elements, start, stretch, zone, _seconds(start - began), total)
            yield Slice(start, end, kwh, stretch.parking, active)
            total += kwh


def decimal(value: Fraction) -> Decimal:
    """A number as OCPI writes it: at most four decimals, half a ten-thousandth rounded up (TYP-08)."""
    whole = int(abs(value) * 10**4 + Fraction(1, 2))
    found = Decimal(whole if value >= 0 else -whole).scaleb(-4)
    return Decimal(format(found.normalize(), "f"))


def _restrictions(element: Mapping[str, Any]) -> Mapping[str, Any]:
    return element.get("restrictions") or {}


def _active(
    elements: list[Mapping[str, Any]],
    moment: datetime,
    stretch: Stretch,
    zone: ZoneInfo,
    seconds: Fraction,
    kwh: Fraction,
) -> dict[str, Mapping[str, Any]]:
    """Per dimension the first element that has it and holds at this moment (TAR-11, TAR-12)."""
    wanted = {FLAT, PARKING} if stretch.parking else {FLAT, ENERGY, TIME}
    found: dict[str, Mapping[str, Any]] = {}
    for element in elements:
        rules = _restrictions(element)
        if not (
            _at_time(rules, moment.astimezone(zone))
            and _between(kwh, rules, "kwh")
            and _between(seconds, rules, "duration")
            and _between(stretch.power, rules, "power")
            and _between(stretch.current, rules, "current")
        ):
            continue
        for component in element["price_components"]:
            if component["type"] in wanted:
                found.setdefault(component["type"], component)
    return found


def _between(value: Decimal | Fraction | None, rules: Mapping[str, Any], name: str) -> bool:
    """min inclusive, max exclusive (TAR-33 to TAR-35); of an unknown value neither holds."""
    least, most = rules.get(f"min_{name}"), rules.get(f"max_{name}")
    if value is None:
        return least is None and most is None
    return (least is None or value >= Fraction(least)) and (most is None or value < Fraction(most))


def _at_time(rules: Mapping[str, Any], local: datetime) -> bool:
    """Times, dates and days in the Location's time zone (TAR-31, TAR-32, TAR-36)."""
    today = local.date().isoformat()
    if today < rules.get("start_date", "") or today >= rules.get("end_date", "9999-12-31"):
        return False
    if rules.get("day_of_week") and DAYS[local.weekday()] not in rules["day_of_week"]:
        return False
    start, end, now = rules.get("start_time"), rules.get("end_time"), local.strftime("%H:%M")
    if start is None and end is None:
        return True
    start, end = start or "00:00", end if end not in (None, "00:00") else "24:00"
    return start <= now < end if start < end else now >= start or now < end


def _moments(
    elements: list[Mapping[str, Any]], stretch: Stretch, zone: ZoneInfo, began: datetime, kwh: Fraction
) -> list[datetime]:
    """Start, end, and every moment between at which something may change."""
    found = {stretch.start, stretch.end}
    days = [
        stretch.start.astimezone(zone).date() + timedelta(days=at)
        for at in range((stretch.end - stretch.start).days + 3)
    ]
    for rules in map(_restrictions, elements):
        for name in ("start_time", "end_time"):
            if rules.get(name):
                found |= {_local(day, time.fromisoformat(rules[name]), zone) for day in days}
        if any(rules.get(name) for name in ("start_date", "end_date", "day_of_week")):
            found |= {_local(day, time(), zone) for day in days}
        for name in ("min_duration", "max_duration"):
            if rules.get(name) is not None:
                found.add(began + timedelta(seconds=int(rules[name])))
        for name in ("min_kwh", "max_kwh"):
            if rules.get(name) is not None and stretch.kwh > 0:
                share = (Fraction(rules[name]) - kwh) / Fraction(stretch.kwh)
                if 0 < share < 1:
                    found.add(stretch.start + (stretch.end - stretch.start) * float(share))
    return sorted(each for each in found if stretch.start <= each <= stretch.end)


def _local(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)


def _used(slices: tuple[Slice, ...], dimension: str) -> list[tuple[Fraction, Mapping[str, Any]]]:
    """How much of a dimension was used at which component, in order; what no component prices is free."""
    return [
        (quantity, each.active[dimension])
        for each in slices
        if dimension in each.active
        and (quantity := each.kwh if dimension == ENERGY else each.hours)
        and each.parking == (dimension == PARKING)
    ]


def _surplus(total: Fraction, component: Mapping[str, Any], dimension: str) -> Fraction:
    """What is missing to the next multiple of the last component's step_size (CDR-53, CDR-54, AMB-49)."""
    step = max(1, int(component.get("step_size") or 1)) * STEP[dimension]
    return -(-total // step) * step - total


def _reservation(
    tariff: Mapping[str, Any], reservation: Reservation | None, zone: ZoneInfo, included: bool
) -> Amount:
    """FLAT and TIME of the elements for reservations (TAR-37 to TAR-39)."""
    amount = Amount()
    if reservation is None:
        return amount
    kinds = ("RESERVATION_EXPIRES", "RESERVATION") if reservation.expired else ("RESERVATION",)
    local = reservation.start.astimezone(zone)
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for element in tariff["elements"]:
        rules = _restrictions(element)
        if rules.get("reservation") in kinds and _at_time(rules, local):
            for component in element["price_components"]:
                found.setdefault((rules["reservation"], component["type"]), component)
    for kind in kinds:
        if (kind, FLAT) in found:
            amount.add(Fraction(1), found[kind, FLAT], included)
    timed = next((found[kind, TIME] for kind in kinds if (kind, TIME) in found), None)
    if timed:
        reserved = hours(reservation.end - reservation.start)
        amount.add(reserved + _surplus(reserved, timed, TIME), timed, included)
    return amount


def _limited(tariff: Mapping[str, Any], parts: Iterable[Amount]) -> Amount:
    """The sum, within min_price and max_price; before and after taxes each by its own bound (TAR-20)."""
    total = Amount()
    for part in parts:
        total.before += part.before
        for rate, tax in part.taxes.items():
            total.taxes[rate] = total.taxes.get(rate, Fraction(0)) + tax
    before, after = total.before, total.after
    for name, choose in (("min_price", max), ("max_price", min)):
        limit = tariff.get(name) or {}
        if limit.get("before_taxes") is not None:
            before = choose(before, Fraction(limit["before_taxes"]))
        if limit.get("after_taxes") is not None:
            after = choose(after, Fraction(limit["after_taxes"]))
    if (before, after) != (total.before, total.after):
        paid = total.after - total.before
        share = (after - before) / paid if paid else Fraction(0)
        total = Amount(before, {rate: tax * share for rate, tax in total.taxes.items()})
    return total.rounded()


def _seconds(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 10**6)


def hours(span: timedelta) -> Fraction:
    """A span in hours, exactly."""
    return _seconds(span) / 3600
