"""When an element applies, as a box: a set of cells on each axis, cut at every bound of the Tariff.

Axes are minute, weekday, date, energy, duration, power and current. Boxes can be subtracted from one
another, so it can be told whether earlier elements cover a later one, and what nothing covers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from typing import Any

from chalicelib.pricing.exact import number
from chalicelib.pricing.moments import DAY, DAYS, clock_minutes, is_date

Box = tuple[int, ...]  # a bit per cell, one number per axis

MEASURES = ("kwh", "duration", "power", "current")
MINUTES, WEEKDAYS, DATES, POWER, CURRENT = 0, 1, 2, 5, 6
MOST_BOXES = 2000


class Space:
    """All cells of a Tariff; `whole` is the box of everything."""

    def __init__(self, every: list[Mapping[str, Any]]) -> None:
        minutes, dates = {0}, {""}
        measures: dict[str, set[Any]] = {name: {number(0)} for name in MEASURES}
        for rules in every:
            for name in ("start_time", "end_time"):
                minute = clock_minutes(rules.get(name))
                if minute is not None:
                    minutes.add(minute)
            dates |= {rules[name] for name in ("start_date", "end_date") if is_date(rules.get(name))}
            for name in MEASURES:
                bounds = (number(rules.get(f"{side}_{name}")) for side in ("min", "max"))
                measures[name] |= {bound for bound in bounds if bound is not None and bound >= 0}
        self.minutes, self.dates = sorted(minutes), sorted(dates)
        self.measures = {name: sorted(bounds) for name, bounds in measures.items()}
        sizes = [len(self.minutes), len(DAYS), len(self.dates)]
        sizes += [len(self.measures[name]) for name in MEASURES]
        self.whole: Box = tuple((1 << size) - 1 for size in sizes)

    def box(self, rules: Mapping[str, Any]) -> Box:
        """The cells in which the restrictions hold."""
        return (
            self._minutes(rules),
            self._weekdays(rules),
            _between(self.dates, rules.get("start_date"), rules.get("end_date"), is_date),
            *(
                _between(
                    self.measures[name],
                    number(rules.get(f"min_{name}")),
                    number(rules.get(f"max_{name}")),
                    lambda bound: bound is not None,
                )
                for name in MEASURES
            ),
        )

    def _minutes(self, rules: Mapping[str, Any]) -> int:
        start, end = clock_minutes(rules.get("start_time")), clock_minutes(rules.get("end_time"))
        everything = self.whole[MINUTES]
        if (start is None and end is None) or start == end:
            return everything
        first, last = start or 0, end or DAY
        if first < last:
            return _span(self.minutes, first, last)
        return everything & ~_span(self.minutes, last, first)

    def _weekdays(self, rules: Mapping[str, Any]) -> int:
        days = rules.get("day_of_week")
        known = [DAYS.index(each) for each in days if each in DAYS] if isinstance(days, list) else []
        return sum(1 << day for day in set(known)) if known else self.whole[WEEKDAYS]

    def words(self, box: Box) -> str:
        """Where a box begins, for people: what is restricted in it."""
        found = []
        if box[MINUTES] != self.whole[MINUTES]:
            minute = self.minutes[_first(box[MINUTES])]
            found.append(f"at {minute // 60:02d}:{minute % 60:02d}")
        if box[WEEKDAYS] != self.whole[WEEKDAYS]:
            found.append(f"on {DAYS[_first(box[WEEKDAYS])]}")
        if box[DATES] != self.whole[DATES]:
            day = self.dates[_first(box[DATES])]
            found.append(f"from {day}" if day else f"before {self.dates[1]}")
        for at, name in enumerate(MEASURES, DATES + 1):
            if box[at] != self.whole[at]:
                found.append(f"from {name} {self.measures[name][_first(box[at])]}")
        return ", ".join(found) or "always"


def _first(cells: int) -> int:
    return (cells & -cells).bit_length() - 1


def _span(edges: list[Any], first: Any, last: Any) -> int:
    """The cells from one edge up to another."""
    begins, ends = bisect_left(edges, first), bisect_left(edges, last)
    return ((1 << ends) - 1) & ~((1 << begins) - 1)


def _between(edges: list[Any], low: Any, high: Any, is_bound: Any) -> int:
    first = low if is_bound(low) else edges[0]
    begins = bisect_left(edges, first)
    ends = bisect_left(edges, high) if is_bound(high) else len(edges)
    return ((1 << ends) - 1) & ~((1 << begins) - 1) if ends > begins else 0


def is_empty(box: Box) -> bool:
    """Whether the box has no cell."""
    return not all(box)


def without(boxes: list[Box], other: Box) -> list[Box] | None:
    """What is left of boxes; None where it falls into too many to go on."""
    found: list[Box] = []
    for box in boxes:
        common = tuple(mine & theirs for mine, theirs in zip(box, other, strict=True))
        if is_empty(common):
            found.append(box)
            continue
        for axis, (mine, theirs) in enumerate(zip(box, other, strict=True)):
            rest = mine & ~theirs
            if rest:
                found.append((*common[:axis], rest, *box[axis + 1 :]))
    return found if len(found) <= MOST_BOXES else None


def uncovered(box: Box, others: list[Box]) -> list[Box] | None:
    """What of a box none of the others covers; None where that is too much to say."""
    if any(all(not mine & ~theirs for mine, theirs in zip(box, other, strict=True)) for other in others):
        return []
    left: list[Box] | None = [box]
    for other in others:
        if not left:
            break
        left = without(left, other)
    return left
