"""Pages of feeds: any offset at the same cost, exact totals.

Without a filter a page is one range of numbers; with one, `windows` says what it holds. The cursor in a next
link only finds the place again: it is checked against the feeds of whoever shows it.

Contract: design section 7; TRA-23, TRA-24, TRA-26 to TRA-34, LOC-28, AMB-08, ARC-09 to ARC-11
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from chalicelib.ocpi.paging import PageQuery
from chalicelib.store import crawls, late, ranges, windows
from chalicelib.store.feeds import FeedHead, Placed
from chalicelib.store.objects import Objects
from chalicelib.store.ranges import Found
from chalicelib.store.windows import Place

# A Lambda answer is at most 6 MB; a page stops before, and its next link goes on from there.
MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Slice:
    """The objects of one page, the total, and where the next begins: its cursor (None: this is the last)
    and its offset."""

    objects: list[Found]
    total: int
    cursor: str | None = None
    offset: int = 0


def page(
    objects: Objects, module: str, heads: Sequence[FeedHead], query: PageQuery, since: str = ""
) -> Slice:
    """One page of these feeds, one behind the other; `since`: with what an earlier list may have lacked."""
    start = place_of(query, heads)
    crawl = ""
    if query.filtered:
        found, total, skipped, rest = windows.filtered(objects, module, heads, query, start, since)
        crawl = start.crawl if start is not None and rest is None else ""
    else:
        heads, begins, found = _listed(objects, module, heads, query, start)
        total = sum(head.total for head in heads)
        skipped = _position(heads, begins, query.limit)
    kept = _cut(found)
    if skipped is None and len(kept) == len(found):
        return Slice(kept, total)
    if query.filtered and not crawl:
        crawl = windows.mark(heads) + crawls.keep(objects, module, rest or ())
    at, number = (kept[-1].feed, kept[-1].number) if kept else skipped or (0, 0)
    offset = query.offset + len(kept)
    if not query.filtered:
        offset = sum(head.total for head in heads[:at]) + heads[at].index(number + 1)
    return Slice(kept, total, _cursor(heads[at].feed, number, total, crawl), offset)


def _listed(
    objects: Objects, module: str, heads: Sequence[FeedHead], query: PageQuery, start: Place | None
) -> tuple[Sequence[FeedHead], list[tuple[int, int]], list[Found]]:
    """The feeds as far as their index has them, where in each the page begins, and its objects."""
    for turn in range(late.TURNS):
        begins = _by_offset(heads, query.offset) if start is None else _behind(heads, start)
        found = list(_walk(objects, module, heads, begins, query.limit))
        left = sum(max(0, heads[at].total - index) for at, index in begins)
        if len(found) >= min(query.limit, left) or turn == late.TURNS - 1:
            break
        missing = windows.not_found(_places(heads, begins, query.limit), found)
        heads = late.without(objects, module, heads, missing)
    return heads, begins, found


def _places(heads: Sequence[FeedHead], begins: list[tuple[int, int]], many: int) -> Iterator[Placed]:
    """The next so many numbers from these places on."""
    for at, index in begins:
        last = min(index + many, heads[at].total)
        yield from ((at, heads[at].number(each)) for each in range(index, last))
        many -= max(0, last - index)


def _position(heads: Sequence[FeedHead], begins: list[tuple[int, int]], many: int) -> tuple[int, int] | None:
    """The feed and number of the last of so many objects, if there is one more behind it."""
    place = None
    for at, index in begins:
        here = heads[at].total - index
        if here > many:
            return (at, heads[at].number(index + many - 1)) if many else place
        if here > 0:
            place = at, heads[at].number(heads[at].total - 1)
            many -= here
    return None


def _by_offset(heads: Sequence[FeedHead], offset: int) -> list[tuple[int, int]]:
    """Where to begin in each feed from the one on that holds the object at this offset: (feed, index)."""
    begins: list[tuple[int, int]] = []
    for at, head in enumerate(heads):
        if begins:
            begins.append((at, 0))
        elif offset < head.total:
            begins.append((at, offset))
        else:
            offset -= head.total
    return begins


def _behind(heads: Sequence[FeedHead], start: Place) -> list[tuple[int, int]]:
    begins = [(start.feed, heads[start.feed].index(start.number + 1))]
    return begins + [(at, 0) for at in range(start.feed + 1, len(heads))]


def _walk(
    objects: Objects,
    module: str,
    heads: Sequence[FeedHead],
    begins: list[tuple[int, int]],
    many: int,
) -> Iterator[Found]:
    """The objects with the next so many numbers, from these places on."""
    for at, index in begins:
        head = heads[at]
        many_here = min(many, head.total - index)
        if many_here <= 0:
            continue
        first, last = head.number(index), head.number(index + many_here - 1)
        yield from ranges.between(objects, module, at, head, first, last)
        many -= many_here
        if many <= 0:
            return


def _cut(found: list[Found]) -> list[Found]:
    """As many as fit in one answer, at least one."""
    weight = 0
    for at, each in enumerate(found):
        weight += sum(len(part.body) for part in each.parts)
        if weight > MOST_BYTES and at:
            return found[:at]
    return found


def _cursor(feed: str, number: int, total: int, crawl: str = "") -> str:
    plain = f"{number}.{total}{'-' if crawl else ''}{crawl}.{feed}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def place_of(query: PageQuery, heads: Sequence[FeedHead]) -> Place | None:
    """The place a cursor names; None, and the offset decides, unless it names one of these feeds."""
    if not query.cursor:
        return None
    try:
        plain = base64.urlsafe_b64decode(query.cursor + "=" * (-len(query.cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    number, _, rest = plain.partition(".")
    counted, _, feed = rest.partition(".")
    total, _, crawl = counted.partition("-")
    known = {head.feed: at for at, head in enumerate(heads)}
    digits = number + total
    if feed not in known or not (
        number and total and digits.isascii() and digits.isdigit() and len(digits) < 24
    ):
        return None
    return Place(known[feed], int(number), int(total), crawl[:64])
