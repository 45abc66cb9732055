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
from itertools import accumulate

from chalicelib.ocpi.messages import Party

EVERYONE, NOBODY = "*", "-"
# The versions that cannot say an object, each with the only time it can ("": never), made by `window`.
Unsaid = tuple[tuple[str, str], ...]
# A feed, by its place among those that are read, and a number in it.
Placed = tuple[int, int]
DIGITS = 12
# Sorts behind everything that may follow a number: `000000000007/EVSE1` comes before `000000000007~`.
BEHIND = "~"


def name(owner: str, audience: str = EVERYONE) -> str:
    """The feed of an owner ("NL/EXA") for an audience: EVERYONE, NOBODY or parties ("DE/MSP,FR/ABC")."""
    return f"{owner}>{audience}"


def owner(feed: str) -> Party:
    """Whose objects stand in a feed."""
    country, _, party = feed.partition(">")[0].partition("/")
    return country, party


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


Gap = tuple[int, int]


def merged(gaps: Iterable[Gap], numbers: Iterable[int] = ()) -> tuple[Gap, ...]:
    """Gaps (first and last number, inclusive) and single empty numbers as the fewest gaps, ascending."""
    found: list[Gap] = []
    for begin, end in sorted([*gaps, *((number, number) for number in numbers)]):
        if found and begin <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((begin, end))
    return tuple(found)


@dataclass(frozen=True)
class FeedHead:
    """How many objects a feed ever had, and the numbers that are empty now: gaps, ascending.

    Numbers begin at 1; all up to `first` are gone. To a reader whose version cannot say an
    object, its number is empty, too.
    """

    feed: str
    count: int = 0
    gaps: tuple[Gap, ...] = ()
    first: int = 0

    @property
    def total(self) -> int:
        return max(0, self.count - self.first - (self._empty_before[-1] if self.gaps else 0))

    @cached_property
    def _empty_before(self) -> tuple[int, ...]:
        """How many numbers are empty up to the end of each gap."""
        return tuple(accumulate(end - begin + 1 for begin, end in self.gaps))

    @cached_property
    def _filled_before(self) -> tuple[int, ...]:
        """How many numbers are not empty before each gap."""
        empty = (0, *self._empty_before)
        return tuple(begin - 1 - self.first - empty[at] for at, (begin, _) in enumerate(self.gaps))

    def is_empty(self, number: int) -> bool:
        """Whether nothing is at this number."""
        at = bisect_right(self.gaps, (number, self.count)) - 1
        return at >= 0 and number <= self.gaps[at][1]

    def number(self, index: int) -> int:
        """The number of the object at this zero-based index; `count + 1` or more behind the end."""
        at = bisect_right(self._filled_before, index)
        return self.first + index + 1 + (self._empty_before[at - 1] if at else 0)

    def index(self, number: int) -> int:
        """The zero-based index of the first object with this number or a later one."""
        number = max(number, self.first + 1)
        at = bisect_left(self.gaps, (number, 0))
        empty = self._empty_before[at - 1] if at else 0
        if at and self.gaps[at - 1][1] >= number:
            empty -= self.gaps[at - 1][1] - number + 1
        return number - self.first - 1 - empty

    def without(self, numbers: Iterable[int]) -> FeedHead:
        """The feed as somebody sees it for whom these numbers are empty."""
        more = [number for number in numbers if self.first < number <= self.count]
        return replace(self, gaps=merged(self.gaps, more)) if more else self

    def since(self, number: int) -> FeedHead:
        """The feed when nothing before this number is left."""
        gaps = tuple((max(begin, number), end) for begin, end in self.gaps if end >= number)
        return FeedHead(self.feed, self.count, gaps, number - 1)

    def compact(self) -> FeedHead:
        """The feed with a gap at its beginning counted as gone."""
        if self.gaps and self.gaps[0][0] <= self.first + 1:
            return FeedHead(self.feed, self.count, self.gaps[1:], max(self.first, self.gaps[0][1]))
        return self
