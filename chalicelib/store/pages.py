"""Pages of feeds: any offset at the same cost, exact filters on last_updated, exact totals.

Without a filter a page is one range of numbers. With one, the small index
`changes` says which objects qualify, once for a crawl: where it has still to
come is kept in `crawls`. The cursor in a next link only finds the place
again: it is checked against the feeds of whoever shows it.

Contract: design section 7; TRA-23, TRA-24, TRA-26 to TRA-34, LOC-28, AMB-08, ARC-09 to ARC-11
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.ocpi.paging import PageQuery
from chalicelib.store import crawls, feeds, late
from chalicelib.store.dynamodb import Item, text
from chalicelib.store.feeds import FeedHead
from chalicelib.store.late import Placed
from chalicelib.store.object_items import HEAD, NAMES, SHOWN, Key, Part, key_of, shown_part
from chalicelib.store.objects import Objects
from chalicelib.threads import side_by_side

# A Lambda answer is at most 6 MB; a page stops before, and its next link goes on from there.
MOST_BYTES = 4 * 1024 * 1024
# Numbers that are read and thrown away rather than asked for one range at a time.
WORTH_SKIPPING = 3


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
    """Behind which object of which feed a crawl goes on, its total, and by what its places are kept."""

    feed: int
    number: int
    total: int
    crawl: str = ""


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
        found, total, skipped, rest = _filtered(objects, module, heads, query, start, since)
        crawl = start.crawl if start is not None and rest is None else ""
    else:
        heads, begins, found = _listed(objects, module, heads, query, start)
        total = sum(head.total for head in heads)
        skipped = _position(heads, begins, query.limit)
    kept = _cut(found)
    if skipped is None and len(kept) == len(found):
        return Slice(kept, total)
    if query.filtered and not crawl:
        crawl = _mark(heads) + crawls.keep(objects, module, rest or ())
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
        heads = late.without(objects, module, heads, _missing(_places(heads, begins, query.limit), found))
    return heads, begins, found


def _places(heads: Sequence[FeedHead], begins: list[tuple[int, int]], many: int) -> Iterator[Placed]:
    """The next so many numbers from these places on."""
    for at, index in begins:
        last = min(index + many, heads[at].total)
        yield from ((at, heads[at].number(each)) for each in range(index, last))
        many -= max(0, last - index)


def _missing(wanted: Iterable[Placed], found: Iterable[Found]) -> set[Placed]:
    return set(wanted) - {(each.feed, each.number) for each in found}


def latest(objects: Objects, module: str, feed: str, many: int) -> list[str]:
    """The times of the last so many changes in a feed, newest first."""
    answer = objects.client.query(
        TableName=objects.table(module),
        IndexName="changes",
        KeyConditionExpression="#f = :f",
        ProjectionExpression="#c",
        ExpressionAttributeNames={"#f": "feed", "#c": "last_updated"},
        ExpressionAttributeValues={":f": text(feed)},
        ScanIndexForward=False,
        Limit=many,
    )
    return [each["last_updated"]["S"] for each in answer["Items"]]


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
    since: str,
) -> tuple[list[Found], int, Placed | None, list[Placed] | None]:
    """The objects in the window, their total, the place of the last one if there are more, and all places
    from the first of these on where they were counted just now.
    """
    rest = counted = None
    wider = replace(query, date_from=since or query.date_from)
    if start is not None and start.crawl.startswith(_mark(heads)):
        id = start.crawl.removeprefix(_mark(heads))
        rest = crawls.after(objects, module, id, (start.feed, start.number), query.limit)
    total = start.total if start is not None else 0
    if not rest:
        counted = [
            (at, number)
            for at, head in enumerate(heads)
            for number in _matching(objects, module, head, query, wider.date_from)
        ]
        if start is None:
            total, rest = len(counted), counted[query.offset :]
        else:
            rest = [each for each in counted if each > (start.feed, start.number)]
        counted = rest
    for turn in range(late.TURNS):
        wanted = rest[: query.limit]
        read = _numbered(objects, module, heads, wanted)
        found = [each for each in read if _inside(each.last_updated, wider)]
        if start is not None or len(found) == len(wanted) or turn == late.TURNS - 1:
            break
        missing = _missing(wanted, found)  # in the one index and not in the other, which is late
        counted = rest = [each for each in rest if each not in missing]
        total -= len(missing)
    return found, total, wanted[-1] if len(rest) > len(wanted) else None, counted


def _mark(heads: Sequence[FeedHead]) -> str:
    """What a kept crawl is of: the same feeds in the same order."""
    names = " ".join(head.feed for head in heads)
    return hashlib.sha256(names.encode()).hexdigest()[:8]


def _matching(objects: Objects, module: str, head: FeedHead, query: PageQuery, since: str) -> Sequence[int]:
    """The numbers of a feed whose last_updated is in the window, ascending; `since`: or was to be seen late.

    An object changed when its latest part did: one with any part at or after
    `date_to` is outside, one with any part at or after `date_from` inside. Only a
    Location has parts that say so by themselves.
    """
    if not head.total:
        return []
    begin, end = since or "0", query.date_to
    condition, values = "#f = :f AND #c >= :from", {":f": head.feed, ":from": begin}
    if end and module != "locations":
        if query.date_from >= end:
            return []
        condition, values = "#f = :f AND #c BETWEEN :from AND :to", {**values, ":to": end}
    inside: set[int] = set()
    outside: set[int] = set()
    before: list[Item] = []
    is_named = False
    for at, items in enumerate(_answers(objects, module, "changes", condition, values, "#l,#c,#o,#p")):
        if at == 1 and _covers(objects, module, head, query):
            # All there is, which is long: no need to read all of that.
            return [head.number(index) for index in range(head.total)]
        for item in items:
            if module != "locations" and item["part"]["S"] != HEAD:
                continue
            number, moment = feeds.number_of(item["place"]["S"]), item["last_updated"]["S"]
            is_named = is_named or moment == query.date_from
            if moment < query.date_from and not (end and moment >= end):
                before.append(item)
            else:
                (outside if end and moment >= end else inside).add(number)
    if not is_named:  # who names the very time of an object has it from a list, and not from a clock
        inside |= late.fresh(objects, module, before)
    return sorted(number for number in inside - outside if not head.is_empty(number))


def _covers(objects: Objects, module: str, head: FeedHead, query: PageQuery) -> bool:
    """Whether nothing of a feed is older or younger than the window: looked at from both ends."""
    for forward, bound in ((True, query.date_from), (False, query.date_to)):
        if bound:
            request = _request(objects, module, "changes", "#f = :f", {":f": head.feed}, "#c")
            answer = objects.client.query(**request, Limit=1, ScanIndexForward=forward)
            if not all(_inside(item["last_updated"]["S"], query) for item in answer["Items"]):
                return False
    return True


def _numbered(
    objects: Objects, module: str, heads: Sequence[FeedHead], wanted: list[Placed]
) -> Iterator[Found]:
    """The objects with these numbers: neighbours in one range, skipping a few rather than asking twice."""
    runs: list[list[Placed]] = []
    for at, number in wanted:
        if runs and runs[-1][-1][0] == at and number - runs[-1][-1][1] <= WORTH_SKIPPING:
            runs[-1].append((at, number))
        else:
            runs.append([(at, number)])

    def read(run: list[Placed]) -> list[Found]:
        at, first = run[0]
        numbers = {number for _, number in run}
        found = _range(objects, module, at, heads[at], first, run[-1][1])
        return [each for each in found if each.number in numbers]

    for together in side_by_side(read, runs):
        yield from together


def _inside(last_updated: str, query: PageQuery) -> bool:
    return last_updated >= query.date_from and not (query.date_to and last_updated >= query.date_to)


def _query(
    objects: Objects, module: str, index: str, condition: str, values: dict[str, str], needed: str
) -> Iterator[Item]:
    for items in _answers(objects, module, index, condition, values, needed):
        yield from items


def _answers(
    objects: Objects, module: str, index: str, condition: str, values: dict[str, str], needed: str
) -> Iterator[list[Item]]:
    """What DynamoDB answers, up to 1 MB at a time."""
    request = _request(objects, module, index, condition, values, needed)
    while True:
        answer = objects.client.query(**request)
        yield answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _request(
    objects: Objects, module: str, index: str, condition: str, values: dict[str, str], needed: str
) -> dict[str, Any]:
    used = f"{condition},{needed}"
    return {
        "TableName": objects.table(module),
        "IndexName": index,
        "KeyConditionExpression": condition,
        "ProjectionExpression": needed,
        "ExpressionAttributeNames": {
            short: name for short, name in NAMES.items() if short in used.replace(",", " ").split()
        },
        "ExpressionAttributeValues": {name: text(value) for name, value in values.items()},
    }


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
