"""What a charge costs by one Tariff: its charging periods, cut where the price changes, and the totals.

Exact decimals; priced from the very volumes that the CDR shows, so whoever prices it again gets the same.
Reservations are not priced here.

Spec: 2.2.1 mod_cdrs_step_size, mod_tariffs_tariffrestrictions_class
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

Object = dict[str, Any]
PLACES = Decimal("0.0001")
HOUR = Decimal(3600)
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


@dataclass(frozen=True)
class Stretch:
    """A time in which nothing changes: the car takes `watts`, or none and it is parked."""

    seconds: int
    watts: Decimal
    parking: bool = False


@dataclass(frozen=True)
class Period:
    """A piece of a charge to which one set of components applies."""

    start: datetime
    seconds: int
    kwh: Decimal
    parking: bool
    components: dict[str, Object]  # by dimension

    @property
    def hours(self) -> Decimal:
        return rounded(Decimal(self.seconds) / HOUR)

    def dimensions(self) -> list[Object]:
        time_of = {"type": "PARKING_TIME" if self.parking else "TIME", "volume": self.hours}
        return [time_of] if self.parking else [{"type": "ENERGY", "volume": self.kwh}, time_of]


def rounded(amount: Decimal) -> Decimal:
    """Four decimals, half up, as OCPI allows at most."""
    return amount.quantize(PLACES, ROUND_HALF_UP)


def periods(tariff: Object, zone: str, start: datetime, stretches: list[Stretch]) -> list[Period]:
    """The charge, cut wherever another price component becomes active."""
    found: list[Period] = []
    for at, seconds, kwh, parking, components in _pieces(tariff, ZoneInfo(zone), start, stretches):
        last = found[-1] if found else None
        if last and last.components == components and last.parking == parking:
            found[-1] = Period(last.start, last.seconds + seconds, last.kwh + kwh, parking, components)
        else:
            found.append(Period(at, seconds, kwh, parking, components))
    return [
        Period(each.start, each.seconds, rounded(each.kwh), each.parking, each.components) for each in found
    ]


def _pieces(tariff: Object, zone: ZoneInfo, start: datetime, stretches: list[Stretch]) -> Iterator[Any]:
    """Every piece between two moments at which anything may change."""
    elapsed, kwh = 0, Decimal(0)
    for stretch in stretches:
        rate = stretch.watts / 1000 / HOUR  # kWh per second
        left = stretch.seconds
        while left > 0:
            at = start + timedelta(seconds=elapsed)
            step = min(left, *_waits(tariff, at.astimezone(zone), elapsed, kwh, rate), left)
            components = _components(tariff, at.astimezone(zone), elapsed, kwh, stretch)
            yield at, step, rate * step, stretch.parking, components
            elapsed, kwh, left = elapsed + step, kwh + rate * step, left - step


def _waits(tariff: Object, local: datetime, elapsed: int, kwh: Decimal, rate: Decimal) -> list[int]:
    """Seconds until each bound of the restrictions that is still ahead."""
    waits = []
    for element in tariff["elements"]:
        limits = element.get("restrictions", {})
        times = [limits[name] for name in ("start_time", "end_time") if name in limits]
        if limits.get("day_of_week") or "start_date" in limits or "end_date" in limits:
            times.append("00:00")
        for text in times:
            until = datetime.combine(local.date(), time.fromisoformat(text), local.tzinfo)
            seconds = int((until - local).total_seconds())
            waits.append(seconds if seconds > 0 else seconds + 86400)
        waits += [limits[name] - elapsed for name in ("min_duration", "max_duration") if name in limits]
        for name in ("min_kwh", "max_kwh"):
            if name in limits and rate and limits[name] > kwh:
                waits.append(int(((limits[name] - kwh) / rate).to_integral_value(ROUND_CEILING)))
    return [each for each in waits if each > 0]


def _components(
    tariff: Object, local: datetime, elapsed: int, kwh: Decimal, stretch: Stretch
) -> dict[str, Object]:
    """The first matching component of each dimension that matters while charging or parking."""
    wanted = {"FLAT", "PARKING_TIME"} if stretch.parking else {"FLAT", "TIME", "ENERGY"}
    found: dict[str, Object] = {}
    for element in tariff["elements"]:
        if _matches(element.get("restrictions", {}), local, elapsed, kwh, stretch.watts):
            for component in element["price_components"]:
                if component["type"] in wanted:
                    found.setdefault(component["type"], component)
    return found


def _matches(limits: Object, local: datetime, elapsed: int, kwh: Decimal, watts: Decimal) -> bool:
    clock, day = local.strftime("%H:%M"), local.date().isoformat()
    begin, end = limits.get("start_time", "00:00"), limits.get("end_time", "24:00")
    end = "24:00" if end == "00:00" else end
    within = begin <= clock < end if begin < end else clock >= begin or clock < end
    power = watts / 1000
    return (
        "reservation" not in limits
        and within
        and limits.get("start_date", "") <= day < limits.get("end_date", "~")
        and (not limits.get("day_of_week") or DAYS[local.weekday()] in limits["day_of_week"])
        and limits.get("min_duration", 0) <= elapsed < limits.get("max_duration", 1 << 40)
        and limits.get("min_kwh", Decimal(0)) <= kwh < limits.get("max_kwh", Decimal("Infinity"))
        and limits.get("min_power", Decimal(0)) <= power < limits.get("max_power", Decimal("Infinity"))
    )


@dataclass(frozen=True)
class Bill:
    """(before, after taxes) per part, `total` within the Tariff's limits."""

    parts: dict[str, tuple[Decimal, Decimal]]
    total: tuple[Decimal, Decimal]


def bill(tariff: Object, found: list[Period]) -> Bill:
    """What these periods cost: steps rounded up once per session, at the last period's price."""
    sums = {kind: [Decimal(0), Decimal(0)] for kind in ("FLAT", "ENERGY", "TIME", "PARKING_TIME")}

    def charge(component: Object, volume: Decimal) -> None:
        before = component["price"] * volume
        sums[component["type"]][0] += before
        sums[component["type"]][1] += before * (1 + component.get("vat", Decimal(0)) / 100)

    flat = next((each.components["FLAT"] for each in found if "FLAT" in each.components), None)
    if flat:
        charge(flat, Decimal(1))
    for period in found:
        for kind, volume in (
            ("ENERGY", period.kwh),
            ("TIME", period.hours),
            ("PARKING_TIME", period.hours),
        ):
            if kind in period.components:
                charge(period.components[kind], volume)
    for component, surplus in _surpluses(found):
        charge(component, surplus)
    parts = {kind: (rounded(before), rounded(after)) for kind, (before, after) in sums.items()}
    total = tuple(
        _limited(tariff, name, sum((amounts[at] for amounts in sums.values()), Decimal(0)))
        for at, name in enumerate(("before_taxes", "after_taxes"))
    )
    return Bill(parts, (total[0], total[1]))


def _surpluses(found: list[Period]) -> Iterator[tuple[Object, Decimal]]:
    """What rounding up to steps adds: of ENERGY, and of parking, or of charging where none is parked."""
    parked = any("PARKING_TIME" in each.components for each in found)
    for kind, unit in (("ENERGY", Decimal(1000)), ("PARKING_TIME" if parked else "TIME", HOUR)):
        priced = [each for each in found if kind in each.components]
        if priced:
            volumes = [each.kwh if kind == "ENERGY" else each.hours for each in priced]
            component = priced[-1].components[kind]
            yield component, _up(sum(volumes, Decimal(0)), component["step_size"] / unit)


def _up(volume: Decimal, step: Decimal) -> Decimal:
    """What is missing to a whole number of steps; volumes of four decimals are taken as whole seconds."""
    if not step or not volume:
        return Decimal(0)
    steps = (volume / step).quantize(Decimal("0.001"), ROUND_HALF_UP).to_integral_value(ROUND_CEILING)
    missing = steps * step - volume
    return missing if missing > PLACES else Decimal(0)


def _limited(tariff: Object, name: str, amount: Decimal) -> Decimal:
    low = tariff.get("min_price", {}).get(name, Decimal(0))
    high = tariff.get("max_price", {}).get(name, Decimal("Infinity"))
    return rounded(min(max(amount, low), high))
