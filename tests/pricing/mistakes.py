"""Mistakes that those who price CDRs make, each made once, on purpose, in the naive pricing.

The keys are the names by which a report's diagnosis calls them.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from tests.pricing import naive
from tests.pricing.naive import Bill, Segment

CLOCK = ("start_time", "end_time", "start_date", "end_date", "day_of_week")


class StepPerPeriod(naive._Judge):
    """Every period rounded up by itself."""

    def round_steps(self, group: list[Segment], unit: Fraction) -> None:
        for each in group:
            super().round_steps([each], unit)


class NoStep(naive._Judge):
    """No step_size at all."""

    def round_steps(self, group: list[Segment], unit: Fraction) -> None:
        return


class FlatPerPeriod(naive._Judge):
    """The fee of a session in each of its periods."""

    def flats(self) -> list[Segment]:
        return [
            Segment(at, context, "FLAT", Fraction(1), Fraction(1), *found)
            for context in ("charging", "reservation")
            for at in range(len(self.periods))
            if self.in_context(at, context) and (found := self.component(at, context, "FLAT"))
        ]


class NoFlat(naive._Judge):
    """The fee of a session forgotten."""

    def flats(self) -> list[Segment]:
        return []


class LimitsIgnored(naive._Judge):
    """Neither min_price nor max_price."""

    def limited(
        self, whole: tuple[naive.Money, naive.Money], tariff: Mapping[str, Any]
    ) -> tuple[naive.Money, naive.Money]:
        return whole


class VatTwice(naive._Judge):
    """VAT on top of what already has it."""

    def cost(self, segment: Segment) -> None:
        super().cost(segment)
        if segment.net and segment.gross is not None:
            segment.gross = segment.gross * segment.gross / segment.net


class VatIgnored(naive._Judge):
    """The net as the gross."""

    def cost(self, segment: Segment) -> None:
        super().cost(segment)
        if segment.gross is not None:
            segment.gross = segment.net


class FirstElement(naive._Judge):
    """Only the first element that matches, for whatever it prices."""

    def component(self, at: int, context: str, dimension: str) -> Any:
        tariff = self.tariff_of(at)
        found = super().component(at, context, dimension)
        if found is None or tariff is None or context == "reservation":
            return found
        for index, element in enumerate(tariff["elements"]):
            rules = element.get("restrictions") or {}
            if rules.get("reservation") is None and self.holds(rules, at):
                return found if found[0][1] == index else None
        return None


class EndRate(naive._Judge):
    """The price at the end of a period for the whole of it."""

    def holds(self, rules: Mapping[str, Any], at: int) -> bool:
        clock = {name: value for name, value in rules.items() if name in CLOCK}
        rest = {name: value for name, value in rules.items() if name not in CLOCK}
        return super().holds(rest, at) and self.clock_holds(clock, self.end(at))


def _by(judge: type[naive._Judge]) -> Callable[[Mapping[str, Any], str, str], Bill]:
    def price(cdr: Mapping[str, Any], version: str, time_zone: str) -> Bill:
        return judge(cdr, cdr["tariffs"], version, time_zone, None).bill()

    return price


def _in_utc(cdr: Mapping[str, Any], version: str, time_zone: str) -> Bill:
    return naive.price(cdr, version=version, time_zone="UTC")


def _parking_as_time(cdr: Mapping[str, Any], version: str, time_zone: str) -> Bill:
    changed = copy.deepcopy(dict(cdr))
    for period in changed["charging_periods"]:
        for each in period["dimensions"]:
            each["type"] = "TIME" if each["type"] == "PARKING_TIME" else each["type"]
    return naive.price(changed, version=version, time_zone=time_zone)


def _in_cents(cdr: Mapping[str, Any], version: str, time_zone: str) -> Bill:
    bill = naive.price(cdr, version=version, time_zone=time_zone)
    net, gross = bill.total
    bill.total = (None if net is None else net * 100, None if gross is None else gross * 100)
    return bill


MISTAKES: dict[str, Callable[[Mapping[str, Any], str, str], Bill]] = {
    "utc_instead_of_local": _in_utc,
    "step_per_period": _by(StepPerPeriod),
    "no_step": _by(NoStep),
    "flat_per_period": _by(FlatPerPeriod),
    "flat_missing": _by(NoFlat),
    "limits_ignored": _by(LimitsIgnored),
    "vat_ignored": _by(VatIgnored),
    "vat_twice": _by(VatTwice),
    "parking_as_time": _parking_as_time,
    "element_level_first_match": _by(FirstElement),
    "cents_for_units": _in_cents,
    "end_rate": _by(EndRate),
}
