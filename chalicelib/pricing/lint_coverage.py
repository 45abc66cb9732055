"""Lint of a Tariff's restrictions: what never holds, what others cover, what nothing covers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from chalicelib.pricing.exact import number, text
from chalicelib.pricing.lint_codes import Findings, items, mapping
from chalicelib.pricing.moments import DAY, DAYS, clock_minutes, instant, is_date
from chalicelib.pricing.regions import (
    CURRENT,
    MEASURES,
    MINUTES,
    POWER,
    WEEKDAYS,
    Box,
    Space,
    is_empty,
    uncovered,
)
from chalicelib.pricing.tariff import DIMENSIONS, ENERGY, FLAT, PARKING, TIME

MOST_COMPARED = 400  # elements; beyond, only single elements are looked at
_ELECTRICAL = tuple(f"{side}_{what}" for what in ("power", "current") for side in ("min", "max"))


@dataclass(slots=True, eq=False, repr=False)
class Placed:
    """An element with the box in which it applies."""

    index: int
    rules: Mapping[str, Any]
    prices: dict[str, tuple[int, Mapping[str, Any]]]
    box: Box

    @property
    def pointer(self) -> str:
        return f"/elements/{self.index}"

    @property
    def asks_power(self) -> bool:
        return any(self.rules.get(name) is not None for name in _ELECTRICAL)


def lint_coverage(tariff: Mapping[str, Any], time_zone: str | None, found: Findings) -> None:
    """Everything about restrictions."""
    elements = list(_elements(tariff))
    for at, rules in elements:
        _single(f"/elements/{at}/restrictions", rules, found)
    _dates(tariff, elements, found)
    if time_zone is None and any(_is_local(rules) for _, rules in elements):
        found.add("time_zone_unknown", "/elements", "times and days are those of the Location")
    if len(elements) > MOST_COMPARED:
        return
    space = Space([rules for _, rules in elements])
    placed = [Placed(at, rules, _prices(tariff, at), space.box(rules)) for at, rules in elements]
    for context in (None, "RESERVATION", "RESERVATION_EXPIRES"):
        within = [each for each in placed if each.rules.get("reservation") == context]
        _redundant(within, found)
        if context is None:
            for dimension in (ENERGY, TIME, PARKING):
                _exhaustive([each for each in within if dimension in each.prices], dimension, space, found)
            _overlaps(within, found)


def _elements(tariff: Mapping[str, Any]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for at, element in enumerate(items(tariff.get("elements"))):
        yield at, mapping(mapping(element).get("restrictions"))


def _prices(tariff: Mapping[str, Any], at: int) -> dict[str, tuple[int, Mapping[str, Any]]]:
    found: dict[str, tuple[int, Mapping[str, Any]]] = {}
    for index, component in enumerate(
        items(mapping(items(tariff.get("elements"))[at]).get("price_components"))
    ):
        kind = mapping(component).get("type")
        if isinstance(kind, str) and kind in DIMENSIONS:
            found.setdefault(kind, (index, component))
    return found


def _is_local(rules: Mapping[str, Any]) -> bool:
    return any(
        rules.get(name) for name in ("start_time", "end_time", "start_date", "end_date", "day_of_week")
    )


def _single(pointer: str, rules: Mapping[str, Any], found: Findings) -> None:
    for name in MEASURES:
        low, high = number(rules.get(f"min_{name}")), number(rules.get(f"max_{name}"))
        if high == 0:
            found.add("max_zero", f"{pointer}/max_{name}", f"max_{name} 0 never holds")
        elif low is not None and high is not None and low >= high:
            found.add("never_matches", f"{pointer}/min_{name}", f"{text(low)} is not below {text(high)}")
        elif high is not None and high < 0:
            found.add("never_matches", f"{pointer}/max_{name}", f"max_{name} {text(high)} never holds")
    if rules.get("reservation") and (number(rules.get("min_kwh")) or 0) > 0:
        found.add("never_matches", f"{pointer}/min_kwh", "nothing is charged while it is reserved")
    start, end = rules.get("start_date"), rules.get("end_date")
    if is_date(start) and is_date(end) and str(start) >= str(end):
        found.add("never_matches", f"{pointer}/start_date", f"{start} is not before {end}")
    elif is_date(start) and is_date(end) and not _has_weekday(rules.get("day_of_week"), str(start), str(end)):
        found.add("never_matches", f"{pointer}/day_of_week", f"no such day from {start} to {end}")
    _times(pointer, rules, found)
    days = rules.get("day_of_week")
    if isinstance(days, list) and len({str(each) for each in days}) == 7:
        found.add("every_day", f"{pointer}/day_of_week", "leave day_of_week out")


def _has_weekday(days: Any, start: str, end: str) -> bool:
    """Whether one of the weekdays lies between two dates, the last excluded."""
    known = [DAYS.index(each) for each in days if each in DAYS] if isinstance(days, list) else []
    first, last = date.fromisoformat(start), date.fromisoformat(end)
    reached = {(first.weekday() + after) % 7 for after in range(min(7, (last - first).days))}
    return not known or not reached.isdisjoint(known)


def _times(pointer: str, rules: Mapping[str, Any], found: Findings) -> None:
    start, end = clock_minutes(rules.get("start_time")), clock_minutes(rules.get("end_time"))
    if start is not None and start == end:
        found.add("equal_times", f"{pointer}/start_time", "taken as the whole day; leave both out")
    if end == DAY - 1:
        found.add(
            "end_time_gap", f"{pointer}/end_time", "the last minute is left out; 00:00 is the end of day"
        )
    wraps = start is not None and end is not None and 0 < end < start
    if wraps and (rules.get("day_of_week") or rules.get("start_date") or rules.get("end_date")):
        found.add("wrapping_window", pointer, "after midnight it is the next day")


def _dates(tariff: Mapping[str, Any], elements: list[tuple[int, Mapping[str, Any]]], found: Findings) -> None:
    dates = [(rules.get("start_date"), rules.get("end_date")) for _, rules in elements]
    if dates and all(each == dates[0] for each in dates) and dates[0] != (None, None):
        found.add(
            "dates_on_elements", "/elements/0/restrictions", "start_date_time and end_date_time would do"
        )
    start, end = instant(tariff.get("start_date_time")), instant(tariff.get("end_date_time"))
    for at, rules in elements:
        first, last = instant(rules.get("start_date")), instant(rules.get("end_date"))
        if (end is not None and first is not None and (first - end).days >= 1) or (
            start is not None and last is not None and (start - last).days >= 1
        ):
            found.add("never_active", f"/elements/{at}/restrictions", "its dates are outside the validity")


def _redundant(within: list[Placed], found: Findings) -> None:
    for at, element in enumerate(within):
        if is_empty(element.box):
            continue
        covered = []
        for dimension in element.prices:
            before = [each.box for each in within[:at] if dimension in each.prices]
            if before and uncovered(element.box, before) == []:
                covered.append(dimension)
        if covered and len(covered) == len(element.prices):
            found.add("redundant_element", element.pointer, "earlier elements cover it")
            continue
        for dimension in covered:
            index = element.prices[dimension][0]
            pointer = f"{element.pointer}/price_components/{index}"
            found.add("redundant_component", pointer, f"earlier elements cover its {dimension}")


def _exhaustive(having: list[Placed], dimension: str, space: Space, found: Findings) -> None:
    if not having:
        return
    left = uncovered(space.whole, [each.box for each in having])
    if left:
        found.add("not_exhaustive", "/elements", f"{dimension} is free {space.words(left[0])}")
        gap = next((box for box in left if box[MINUTES] != space.whole[MINUTES]), None)
        if gap is not None:
            found.add("daily_gap", "/elements", f"{dimension} is free {space.words(gap)}")
    asking = [each for each in having if each.asks_power]
    others = [each.box for each in having if not each.asks_power]
    if asking and uncovered(_anyway(asking[0].box, space), others):
        words = f"{dimension} is free where power or current is not known"
        found.add("electrical_without_fallback", asking[0].pointer, words)


def _anyway(box: Box, space: Space) -> Box:
    """The box with any power and any current."""
    return tuple(space.whole[axis] if axis in (POWER, CURRENT) else cells for axis, cells in enumerate(box))


def _overlaps(within: list[Placed], found: Findings) -> None:
    timed = [each for each in within if each.rules.get("start_time") or each.rules.get("end_time")]
    for at, later in enumerate(timed):
        for earlier in timed[:at]:
            if _depends_on_weekday(earlier, later):
                words = f"overlaps with element {earlier.index} on some weekdays only"
                found.add("overlapping_windows", later.pointer, words)
                break


def _depends_on_weekday(earlier: Placed, later: Placed) -> bool:
    common = tuple(mine & theirs for mine, theirs in zip(earlier.box, later.box, strict=True))
    shared = (set(earlier.prices) & set(later.prices)) - {FLAT}
    return (
        bool(shared)
        and not is_empty(common)
        and earlier.box[MINUTES] != later.box[MINUTES]
        and bool(later.box[WEEKDAYS] & ~earlier.box[WEEKDAYS])
    )
