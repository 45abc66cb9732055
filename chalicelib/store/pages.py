"""Pages of feeds: any offset at the same cost, exact filters on last_updated, exact totals.

Without a filter a page is one range of numbers. With one, the small index
`changes` says which objects qualify; a wide window that was counted once is
walked by number from then on. The cursor in a next link only finds the place
again: it is checked against the feeds of whoever shows it.

Contract: design section 7; TRA-23, TRA-24, TRA-26 to TRA-34, LOC-28, AMB-08, ARC-09 to ARC-11
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.ocpi.paging import PageQuery
from chalicelib.store import feeds
from chalicelib.store.dynamodb import Item, text
from chalicelib.store.feeds import FeedHead
from chalicelib.store.object_items import NAMES, SHOWN, Key, Part, key_of, shown_part
from chalicelib.store.objects import Objects

# A Lambda answer is at most 6 MB; a page stops before, and its next link goes on from there.
MOST_BYTES = 4 * 1024 * 1024
# Numbers that are read and thrown away rather than asked for one range at a time.
WORTH_SKIPPING = 3
# From this share of a feed on, a filtered crawl walks it by number instead of asking the index again.
WIDE = 0.25


@dataclass(frozen=True)
class Found:
    """One object of a page: its parts, the head first, where it stands and in which feed."""

    key: Key
    parts: tuple[Part, ...]
    feed: int
    number: int

    @property
    def last_updated(self) -> str:
        return max(part.last_updated for part in self.parts)


@dataclass(frozen=True)
class Place:
    """Behind which object of which feed a crawl goes on, and the total it began with."""

    feed: int
    number: int
    total: int


@dataclass(frozen=True)
class Slice:
    """The objects of one page, the total, and where the next begins: its cursor (None: this is the last)
    and its offset."""

    objects: list[Found]
    total: int
    cursor: str | None = None
    offset: int = 0


def page(objects: Objects, module: str, heads: Sequence[FeedHead], query: PageQuery) -> Slice:
    """One page of these feeds, one behind the other."""
    start = _read_cursor(query, heads)
    if query.filtered:
        found, total, skipped = _filtered(objects, module, heads, query, start)
    else:
        total = sum(head.total for head in heads)
        begins = _by_offset(heads, query.offset) if start is None else _behind(heads, start)
        found = list(_walk(objects, module, heads, begins, query.limit))
        skipped = _position(heads, begins, query.limit)
    kept = _cut(found)
    if skipped is None and len(kept) == len(found):
        return Slice(kept, total)
    at, number = (kept[-1].feed, kept[-1].number) if kept else skipped or (0, 0)
    offset = query.offset + len(kept)
    if not query.filtered:
        offset = sum(head.total for head in heads[:at]) + heads[at].index(number + 1)
    return Slice(kept, total, _cursor(heads[at].feed, number, total), offset)


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
        yield from _range(objects, module, at, head, first, last)
        many -= many_here
        if many <= 0:
            return


def _range(objects: Objects, module: str, at: int, head: FeedHead, first: int, last: int) -> Iterator[Found]:
    """The objects of a feed with numbers from first to last, but for those that are empty to this reader."""
    items = _query(
        objects,
        module,
        "feed",
        "#f = :f AND #l BETWEEN :first AND :last",
        {":f": head.feed, ":first": feeds.place(first), ":last": feeds.place(last) + feeds.BEHIND},
        SHOWN,
    )
    place, key = "", None
    parts: list[Part] = []
    for item in items:
        if "uid" not in item:
            if key is not None:
                yield Found(key, tuple(parts), at, feeds.number_of(place))
            place, parts, key = item["place"]["S"], [], key_of(module, item)
            if head.gaps and head.is_empty(feeds.number_of(place)):
                key = None
        elif not item["place"]["S"].startswith(place):
            continue  # its head is being written
        parts.append(shown_part(item, head.feed))
    if key is not None:
        yield Found(key, tuple(parts), at, feeds.number_of(place))


def _filtered(
    objects: Objects,
    module: str,
    heads: Sequence[FeedHead],
    query: PageQuery,
    start: Place | None,
) -> tuple[list[Found], int, tuple[int, int] | None]:
    """The objects in the window, their total, and the place of the last one if there are more."""
    if start is not None and start.total >= WIDE * sum(head.total for head in heads):
        begins = _behind(heads, start)
        found: list[Found] = []
        for each in _walk_all(objects, module, heads, begins, query.limit):
            if _inside(each.last_updated, query):
                if len(found) == query.limit:
                    return found, start.total, (found[-1].feed, found[-1].number)
                found.append(each)
        return found, start.total, None
    places = [
        (at, number) for at, head in enumerate(heads) for number in _matching(objects, module, head, query)
    ]
    total = len(places) if start is None else start.total
    if start is None:
        rest = places[query.offset :]
    else:
        rest = [each for each in places if each > (start.feed, start.number)]
    wanted = rest[: query.limit]
    found = list(_numbered(objects, module, heads, wanted))
    return found, total, wanted[-1] if len(rest) > len(wanted) else None


def _walk_all(
    objects: Objects, module: str, heads: Sequence[FeedHead], begins: list[tuple[int, int]], step: int
) -> Iterator[Found]:
    """Everything from these places on, some pages at a time."""
    for at, index in begins:
        while index < heads[at].total:
            yield from _walk(objects, module, heads, [(at, index)], step)
            index += step


def _matching(objects: Objects, module: str, head: FeedHead, query: PageQuery) -> list[int]:
    """The numbers of a feed whose last_updated is in the window, ascending.

    An object changed when its latest part did: one with any part at or after
    `date_to` is outside, one with any part at or after `date_from` inside.
    """
    if not head.total:
        return []
    items = _query(
        objects,
        module,
        "changes",
        "#f = :f AND #c >= :from",
        {":f": head.feed, ":from": query.date_from or "0"},
        "#l,#c",
    )
    inside: set[int] = set()
    outside: set[int] = set()
    for item in items:
        number = feeds.number_of(item["place"]["S"])
        if query.date_to and item["last_updated"]["S"] >= query.date_to:
            outside.add(number)
        else:
            inside.add(number)
    return sorted(number for number in inside - outside if not head.is_empty(number))


def _numbered(
    objects: Objects, module: str, heads: Sequence[FeedHead], wanted: list[tuple[int, int]]
) -> Iterator[Found]:
    """The objects with these numbers: neighbours in one range, skipping a few rather than asking twice."""
    runs: list[list[tuple[int, int]]] = []
    for at, number in wanted:
        if runs and runs[-1][-1][0] == at and number - runs[-1][-1][1] <= WORTH_SKIPPING:
            runs[-1].append((at, number))
        else:
            runs.append([(at, number)])
    for run in runs:
        at = run[0][0]
        numbers = {number for _, number in run}
        for found in _range(objects, module, at, heads[at], run[0][1], run[-1][1]):
            if found.number in numbers:
                yield found


def _inside(last_updated: str, query: PageQuery) -> bool:
    return last_updated >= query.date_from and not (query.date_to and last_updated >= query.date_to)


def _query(
    objects: Objects, module: str, index: str, condition: str, values: dict[str, str], needed: str
) -> Iterator[Item]:
    used = f"{condition},{needed}"
    request: dict[str, Any] = {
        "TableName": objects.table(module),
        "IndexName": index,
        "KeyConditionExpression": condition,
        "ProjectionExpression": needed,
        "ExpressionAttributeNames": {
            short: name for short, name in NAMES.items() if short in used.replace(",", " ").split()
        },
        "ExpressionAttributeValues": {name: text(value) for name, value in values.items()},
    }
    while True:
        answer = objects.client.query(**request)
        yield from answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _cut(found: list[Found]) -> list[Found]:
    """As many as fit in one answer, at least one."""
    weight = 0
    for at, each in enumerate(found):
        weight += sum(len(part.body) for part in each.parts)
        if weight > MOST_BYTES and at:
            return found[:at]
    return found


def _cursor(feed: str, number: int, total: int) -> str:
    plain = f"{number}.{total}.{feed}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def _read_cursor(query: PageQuery, heads: Sequence[FeedHead]) -> Place | None:
    """The place a cursor names; None, and the offset decides, unless it names one of these feeds."""
    if not query.cursor:
        return None
    try:
        plain = base64.urlsafe_b64decode(query.cursor + "=" * (-len(query.cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        return None
    number, _, rest = plain.partition(".")
    total, _, feed = rest.partition(".")
    known = {head.feed: at for at, head in enumerate(heads)}
    digits = number + total
    if feed not in known or not (
        number and total and digits.isascii() and digits.isdigit() and len(digits) < 24
    ):
        return None
    return Place(known[feed], int(number), int(total))
