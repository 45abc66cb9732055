"""What is known at the start of a period, and one question about it.

A `Moment` is what is known. A `Check` holds or does not, and says why in the compared values.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from chalicelib.pricing.exact import text
from chalicelib.pricing.moments import DAY


class Moment:
    """What is known when a component is looked up. Unknown power and current are None."""

    __slots__ = ("_kwh", "date", "kwh", "max_current", "max_power", "min_current", "min_power", "minute",
                 "seconds", "weekday")  # fmt: skip

    def __init__(self, minute: int, weekday: int, date: str, kwh: Decimal, seconds: Decimal) -> None:
        self.minute, self.weekday, self.date = minute, weekday, date
        self.kwh, self.seconds = kwh, seconds
        self._kwh: str | None = None
        self.min_power: Decimal | None = None
        self.max_power: Decimal | None = None
        self.min_current: Decimal | None = None
        self.max_current: Decimal | None = None

    def at(self, minute: int, weekday: int, date: str, kwh: Decimal, seconds: Decimal) -> Moment:
        """Another time of the same period."""
        other = Moment(minute, weekday, date, kwh, seconds)
        other.min_power, other.max_power = self.min_power, self.max_power
        other.min_current, other.max_current = self.min_current, self.max_current
        return other

    def swapped(self) -> Moment:
        """The check with the other bound of power and current: could it hold at any moment?"""
        other = self.at(self.minute, self.weekday, self.date, self.kwh, self.seconds)
        other.min_power, other.max_power = self.max_power, self.min_power
        other.min_current, other.max_current = self.max_current, self.min_current
        return other

    def clock(self) -> str:
        return CLOCKS[self.minute]

    def kwh_text(self) -> str:
        if self._kwh is None:
            self._kwh = text(self.kwh)
        return self._kwh


CLOCKS = tuple(f"{minute // 60:02d}:{minute % 60:02d} local" for minute in range(DAY))


class Check:
    """One restriction: whether it holds, and the words for it."""

    __slots__ = ("holds", "name", "say")

    def __init__(
        self, name: str, holds: Callable[[Moment], bool], say: Callable[[Moment, bool], str]
    ) -> None:
        self.name, self.holds, self.say = name, holds, say
