"""A second pricing of CDRs, written to be obviously right and for nothing else.

It knows nothing of `chalicelib.pricing`. Whatever is asked (how much energy came
before a period? which component counts?) is worked out again from the CDR as it
came, in fractions, each time. Only the default policy exists here.

`price(cdr, tariffs, version=..., time_zone=...)` answers a `Bill`. It expects
well-formed input: JSON numbers as `Decimal`, `int` or decimal strings.

Spec: mod_tariffs (TAR-11 to TAR-39), mod_cdrs_step_size (CDR-50 to CDR-55)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
CHARGING = ("ENERGY", "TIME", "PARKING_TIME")
PART_OF = {
    ("FLAT", "charging"): "total_fixed_cost",
    ("ENERGY", "charging"): "total_energy_cost",
    ("TIME", "charging"): "total_time_cost",
    ("PARKING_TIME", "charging"): "total_parking_cost",
    ("RESERVATION_TIME", "reservation"): "total_reservation_cost",
    ("FLAT", "reservation"): "total_reservation_cost",
}
NOISE = Fraction(36, 100)  # seconds: what the fourth decimal of an hour leaves open

Money = Fraction | None


@dataclass
class Segment:
    """What one dimension of one period costs; `where` is (tariff, element, component) or None for free."""

    period: int
    context: str
    dimension: str
    volume: Fraction
    billed: Fraction
    where: tuple[str, int, int] | None = None
    component: Mapping[str, Any] | None = None
    tariff: Mapping[str, Any] | None = None
    net: Money = Fraction(0)
    gross: Money = Fraction(0)


@dataclass
class Bill:
    """The exact price; a side that cannot be known is None, and so is everything of an unpriceable CDR."""

    priceable: bool
    segments: list[Segment] = field(default_factory=list)
    parts: dict[str, tuple[Money, Money]] = field(default_factory=dict)
    unlimited: tuple[Money, Money] = (None, None)
    total: tuple[Money, Money] = (None, None)


def price(
    cdr: Mapping[str, Any],
    tariffs: Iterable[Mapping[str, Any]] = (),
    *,
    version: str = "2.3.0",
    time_zone: str | None = None,
    reservation: str | None = None,
) -> Bill:
    """The price by the CDR's own tariffs, then by those given; `reservation`: used, expired or cancelled."""
    judge = _Judge(cdr, list(cdr.get("tariffs") or []) + list(tariffs), version, time_zone, reservation)
    return judge.bill()


def number(value: Any) -> Fraction:
    """A JSON number, or one in a string, exactly."""
    return Fraction(str(value))


def moment(text: str) -> datetime:
    """An OCPI DateTime; without a zone it is UTC."""
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class _Judge:
    def __init__(self, cdr: Any, tariffs: Any, version: str, time_zone: str | None, outcome: str | None):
        self.cdr, self.tariffs, self.version, self.outcome = cdr, tariffs, version, outcome
        place = cdr.get("location") or cdr.get("cdr_location") or {}
        self.zone = ZoneInfo(time_zone or place.get("time_zone") or "UTC")
        self.periods = sorted(cdr["charging_periods"], key=lambda each: moment(each["start_date_time"]))
        self.starts = [moment(each["start_date_time"]) for each in self.periods]

    # --- what the CDR says -------------------------------------------------------------------------

    def start(self, at: int) -> datetime:
        return self.starts[at]

    def end(self, at: int) -> datetime:
        if at + 1 < len(self.periods):
            return self.start(at + 1)
        return moment(self.cdr.get("end_date_time") or self.cdr["stop_date_time"])

    def volume(self, at: int, dimension: str) -> Fraction | None:
        found = [
            number(each["volume"]) for each in self.periods[at]["dimensions"] if each["type"] == dimension
        ]
        return sum(found, Fraction(0)) if found else None

    def bounds(self, at: int, what: str) -> tuple[Fraction | None, Fraction | None]:
        """Least and greatest POWER or CURRENT of a period; a missing side takes the other."""

        def all_of(name: str) -> list[Fraction]:
            return [number(each["volume"]) for each in self.periods[at]["dimensions"] if each["type"] == name]

        least, most = all_of(f"MIN_{what}"), all_of(f"MAX_{what}")
        low, high = min(least, default=None), max(most, default=None)
        low, high = (high if low is None else low), (low if high is None else high)
        seconds = _seconds(self.end(at) - self.start(at))
        energy = self.volume(at, "ENERGY")
        if low is None and what == "POWER" and seconds > 0 and energy is not None:
            low = high = energy * 3600 / seconds
        return low, high

    def only_reserved(self, at: int) -> bool:
        """A volume of 0 is no use: neither of charging, nor of a reservation beside charging."""
        if any(self.volume(at, each) for each in CHARGING):
            return False
        states_charging = any(self.volume(at, each) is not None for each in CHARGING)
        reserved = self.volume(at, "RESERVATION_TIME")
        return bool(reserved) or (reserved is not None and not states_charging)

    def in_context(self, at: int, context: str) -> bool:
        if context == "reservation":
            return bool(self.volume(at, "RESERVATION_TIME"))
        return not self.only_reserved(at)

    def expired(self) -> bool:
        if self.outcome:
            return self.outcome == "expired"
        return self.nothing_but_reserved()

    def nothing_but_reserved(self) -> bool:
        return all(self.only_reserved(at) for at in range(len(self.periods)))

    # --- which tariff ------------------------------------------------------------------------------

    def tariff_of(self, at: int) -> Mapping[str, Any] | None:
        """The period's tariff; LookupError if it names one that nobody has."""
        if self.version == "2.1.1" or not any(each.get("tariff_id") for each in self.periods):
            return self.chosen()
        wanted = self.periods[at].get("tariff_id")
        if not wanted:
            return None
        for each in self.tariffs:
            if each["id"].lower() == wanted.lower():
                return each
        raise LookupError(wanted)

    def chosen(self) -> Mapping[str, Any]:
        began = moment(self.cdr["start_date_time"])
        valid = [
            each
            for each in self.tariffs
            if moment(each.get("start_date_time") or "0001-01-01T00:00:00Z") <= began
            and began < moment(each.get("end_date_time") or "9999-12-31T00:00:00Z")
        ]
        if not valid and len(self.tariffs) == 1:
            valid = self.tariffs
        token = (self.cdr.get("cdr_token") or {}).get("type")
        for wanted in ["AD_HOC_PAYMENT", "REGULAR"] if token == "AD_HOC_USER" else ["REGULAR"]:
            for each in valid:
                if each.get("type") in (None, wanted):
                    return each
        if valid:
            return valid[0]
        raise LookupError("no tariff")

    # --- which component ---------------------------------------------------------------------------

    def component(
        self, at: int, context: str, dimension: str
    ) -> tuple[tuple[str, int, int], Mapping[str, Any], Mapping[str, Any]] | None:
        tariff = self.tariff_of(at)
        if tariff is None:
            return None
        wanted = "TIME" if dimension == "RESERVATION_TIME" else dimension
        if context == "charging":
            rounds = [None]
        else:
            rounds = ["RESERVATION_EXPIRES", "RESERVATION"] if self.expired() else ["RESERVATION"]
        for kind in rounds:
            for number_of_element, element in enumerate(tariff["elements"]):
                rules = element.get("restrictions") or {}
                if rules.get("reservation") != kind or not self.holds(rules, at):
                    continue
                for number_of_component, component in enumerate(element["price_components"]):
                    if component["type"] == wanted:
                        return (tariff["id"], number_of_element, number_of_component), component, tariff
        return None

    def holds(self, rules: Mapping[str, Any], at: int) -> bool:
        return (
            self.clock_holds(rules, self.start(at))
            and self.energy_holds(rules, at)
            and self.duration_holds(rules, at)
            and self.electrical_holds(rules, at, "POWER")
            and self.electrical_holds(rules, at, "CURRENT")
        )

    def clock_holds(self, rules: Mapping[str, Any], when: datetime) -> bool:
        local = when.astimezone(self.zone)
        today = local.date().isoformat()
        if "start_date" in rules and not today >= rules["start_date"]:
            return False
        if "end_date" in rules and not today < rules["end_date"]:
            return False
        if rules.get("day_of_week") and DAYS[local.weekday()] not in rules["day_of_week"]:
            return False
        now = local.hour * 60 + local.minute
        begin, finish = _minutes(rules.get("start_time")), _minutes(rules.get("end_time"))
        # A day is a ring of minutes: walk from the beginning of the window until its end is met.
        minute, inside = begin or 0, set()
        while True:
            inside.add(minute)
            minute = (minute + 1) % 1440
            if minute == (finish or 0):
                break
        return now in inside

    def energy_holds(self, rules: Mapping[str, Any], at: int) -> bool:
        if "min_kwh" not in rules and "max_kwh" not in rules:
            return True
        before = sum((self.volume(earlier, "ENERGY") or Fraction(0) for earlier in range(at)), Fraction(0))
        return _within(before, before, rules, "kwh")

    def duration_holds(self, rules: Mapping[str, Any], at: int) -> bool:
        charging = [each for each in range(len(self.periods)) if not self.only_reserved(each)]
        anchor = self.start(charging[0]) if charging else self.start(0)
        elapsed = _seconds(self.start(at) - anchor)
        return _within(elapsed, elapsed, rules, "duration")

    def electrical_holds(self, rules: Mapping[str, Any], at: int, what: str) -> bool:
        low, high = self.bounds(at, what)
        if low is None or high is None:
            return f"min_{what.lower()}" not in rules and f"max_{what.lower()}" not in rules
        return _within(low, high, rules, what.lower())

    # --- the bill ----------------------------------------------------------------------------------

    def bill(self) -> Bill:
        try:
            used = [self.tariff_of(at) for at in range(len(self.periods))]
        except LookupError:
            return Bill(priceable=False)
        priced = [each for each in used if each is not None]
        if any(each["currency"] != self.cdr["currency"] for each in priced):
            return Bill(priceable=False)
        segments = self.flats() + self.volumes()
        self.round_steps([each for each in segments if each.dimension == "ENERGY"], Fraction(1, 1000))
        parking = [each for each in segments if each.dimension == "PARKING_TIME"]
        if any(each.where and each.volume > 0 for each in parking):
            self.round_steps(parking, Fraction(1, 3600))
        else:
            self.round_steps([each for each in segments if each.dimension == "TIME"], Fraction(1, 3600))
        self.round_steps(
            [each for each in segments if each.dimension == "RESERVATION_TIME"], Fraction(1, 3600)
        )
        for each in segments:
            self.cost(each)
        parts = {
            name: (
                _sum(each.net for each in segments if PART_OF[each.dimension, each.context] == name),
                _sum(each.gross for each in segments if PART_OF[each.dimension, each.context] == name),
            )
            for name in set(PART_OF.values())
        }
        whole = _sum(each.net for each in segments), _sum(each.gross for each in segments)
        total = self.limited(whole, priced[0] if priced else {})
        return Bill(True, segments, parts, whole, total)

    def flats(self) -> list[Segment]:
        found = []
        for context in ("charging", "reservation"):
            for at in range(len(self.periods)):
                if not self.in_context(at, context):
                    continue
                component = self.component(at, context, "FLAT")
                if component:
                    found.append(Segment(at, context, "FLAT", Fraction(1), Fraction(1), *component))
                    break
        return found

    def volumes(self) -> list[Segment]:
        found = []
        for at in range(len(self.periods)):
            for dimension in (*CHARGING, "RESERVATION_TIME"):
                volume = self.volume(at, dimension)
                if volume is None or volume == 0:
                    continue
                context = "reservation" if dimension == "RESERVATION_TIME" else "charging"
                component = self.component(at, context, dimension)
                if component:
                    found.append(Segment(at, context, dimension, volume, volume, *component))
                else:
                    found.append(Segment(at, context, dimension, volume, Fraction(0)))
        return found

    def round_steps(self, group: list[Segment], unit: Fraction) -> None:
        """Once for the session: the rest up to the last step goes to the last use, at its price."""
        group = [each for each in group if each.where]
        if not group:
            return
        total = sum((each.volume for each in group), Fraction(0))
        last = group[-1]
        assert last.component is not None
        step = number(last.component.get("step_size", 1)) * unit
        if total <= 0 or step <= 0:
            return
        steps = total // step
        beyond = total - steps * step
        if beyond == 0:
            return
        if unit == Fraction(1, 3600) and beyond * 3600 <= NOISE * len(group):
            return
        last.billed = last.volume + (steps + 1) * step - total

    def cost(self, segment: Segment) -> None:
        component, tariff = segment.component, segment.tariff
        if component is None or tariff is None:
            return
        amount = number(component["price"]) * segment.billed
        vat = component.get("vat")
        rate = None if vat is None else number(vat) / 100
        if self.version == "2.1.1":
            segment.net, segment.gross = amount, None
        elif self.version == "2.2.1":
            segment.net, segment.gross = amount, amount * (1 + (rate or 0))
        elif tariff.get("tax_included") == "N/A":
            segment.net = segment.gross = amount
        elif tariff.get("tax_included") == "YES":
            segment.gross = amount
            segment.net = None if rate is None else amount / (1 + rate)
        else:
            segment.net = amount
            segment.gross = None if rate is None else amount * (1 + rate)
        if amount == 0:
            segment.net = segment.gross = amount

    def limited(self, whole: tuple[Money, Money], tariff: Mapping[str, Any]) -> tuple[Money, Money]:
        net, gross = whole
        if self.version == "2.1.1":
            return whole
        for name, choose in (("min_price", max), ("max_price", min)):
            if name == "min_price" and self.nothing_but_reserved():
                continue
            limit = tariff.get(name) or {}
            net_limit = limit.get("excl_vat", limit.get("before_taxes"))
            gross_limit = limit.get("incl_vat", limit.get("after_taxes"))
            before = net
            if net is not None and net_limit is not None:
                net = choose(net, number(net_limit))
            if gross is not None and gross_limit is not None:
                gross = choose(gross, number(gross_limit))
            elif gross is not None and net != before and before is not None and net is not None:
                gross = net + (gross - before) * net / before if before else net
        return net, gross


def _within(low: Fraction, high: Fraction, rules: Mapping[str, Any], name: str) -> bool:
    """min inclusive, max exclusive; the least is held against min, the greatest against max."""
    if f"min_{name}" in rules and not low >= number(rules[f"min_{name}"]):
        return False
    return not (f"max_{name}" in rules and not high < number(rules[f"max_{name}"]))


def _minutes(clock: str | None) -> int | None:
    if clock is None:
        return None
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def _seconds(span: Any) -> Fraction:
    return Fraction(span.days * 86400 + span.seconds) + Fraction(span.microseconds, 10**6)


def _sum(amounts: Iterable[Money]) -> Money:
    """One unknown amount makes the sum unknown."""
    found = list(amounts)
    if any(each is None for each in found):
        return None
    return sum((each for each in found if each is not None), Fraction(0))
