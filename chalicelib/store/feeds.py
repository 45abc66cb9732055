"""A feed: the objects of one owner for one audience, numbered without gaps as they came.

The number makes an offset a key: page and total cost the same at any offset
and any table size. An object that leaves a feed (a deleted tariff, a Location
that goes private) leaves a hole behind, which is counted here and skipped. What an older version
cannot say is a hole to its readers.

Contract: design section 7; TRA-28, TRA-29, TRA-34, AMB-08, ARC-09 to ARC-11
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property

from chalicelib.ocpi.messages import Party

EVERYONE, NOBODY = "*", "-"
# The versions that cannot say an object, each with the only time it can ("": never), made by `window`.
Unsaid = tuple[tuple[str, str], ...]
DIGITS = 12
# Sorts behind everything that may follow a number: `000000000007/EVSE1` comes before `000000000007~`.
BEHIND = "~"


def name(owner: str, audience: str = EVERYONE) -> str:
    """The feed of an owner ("NL/EXA") for an audience: EVERYONE, NOBODY or parties ("DE/MSP,FR/ABC")."""
    return f"{owner}>{audience}"


def audience_of(parties: Iterable[Party]) -> str:
    """The audience that consists of these parties; NOBODY when there are none."""
    return ",".join(sorted({"/".join(party) for party in parties})) or NOBODY


def readers(feed: str) -> frozenset[Party] | None:
    """The parties a feed is for; None: every partner whose roles entitle it."""
    audience = feed.partition(">")[2]
    if audience == EVERYONE:
        return None
    if audience == NOBODY:
        return frozenset()
    return frozenset(
        (country, party) for country, _, party in (p.partition("/") for p in audience.split(","))
    )


def place(number: int, part: str = "") -> str:
    """Where an object, or a part of it, stands in its feed; sorts by number."""
    return f"{number:0{DIGITS}d}/{part}" if part else f"{number:0{DIGITS}d}"


def number_of(place: str) -> int:
    """The number in a place."""
    return int(place[:DIGITS])


def window(start: str, end: str) -> str:
    """From a sortable time on and before another; "" is an open end."""
    return f"{start}|{end}"


def within(window: str, now: str) -> bool:
    """Whether now is inside a window; never inside of ""."""
    start, bar, end = window.partition("|")
    return bool(bar) and now[: len(start)] >= start and not (end and now[: len(end)] >= end)


@dataclass(frozen=True)
class FeedHead:
    """How many objects a feed ever had, and the numbers that are empty now, ascending.

    Numbers begin at 1; all up to `first` are gone (forgotten by age). To a reader
    whose version cannot say an object, its number is empty, too.
    """

    feed: str
    count: int = 0
    holes: tuple[int, ...] = ()
    first: int = 0

    @property
    def total(self) -> int:
        return max(0, self.count - self.first - len(self.holes))

    @cached_property
    def empty(self) -> frozenset[int]:
        return frozenset(self.holes)

    def number(self, index: int) -> int:
        """The number of the object at this zero-based index; `count + 1` or more behind the end."""
        number = wanted = self.first + index + 1
        while True:
            number, before = wanted + bisect_right(self.holes, number), number
            if number == before:
                return number

    def without(self, numbers: Iterable[int]) -> FeedHead:
        """The same feed to somebody for whom these numbers are empty."""
        holes = {number for number in numbers if self.first < number <= self.count}
        return replace(self, holes=tuple(sorted(self.empty | holes))) if holes else self

    def since(self, number: int) -> FeedHead:
        """The same feed when nothing before this number is left."""
        holes = tuple(hole for hole in self.holes if hole >= number)
        return FeedHead(self.feed, self.count, holes, number - 1)

    def index(self, number: int) -> int:
        """The zero-based index of the first object with this number or a later one."""
        number = max(number, self.first + 1)
        return number - self.first - 1 - bisect_left(self.holes, number)
