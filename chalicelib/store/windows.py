"""Windows of time over feeds: exact filters on last_updated, exact totals.

The small index `changes` says which objects qualify, once for a crawl: where it has still to come
is kept in `crawls`.

Contract: design section 7; TRA-28 to TRA-34, LOC-28, AMB-08, ARC-09 to ARC-11
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chalicelib.ocpi.paging import PageQuery
from chalicelib.store import crawls, feeds, late, ranges
from chalicelib.store.dynamodb import Item
from chalicelib.store.feeds import FeedHead, Placed
from chalicelib.store.object_items import HEAD
from chalicelib.store.objects import Objects
from chalicelib.store.ranges import Found
from chalicelib.threads import side_by_side

# Numbers that are read and thrown away rather than asked for one range at a time.
WORTH_SKIPPING = 3
# So few neighbours are read by key, in one call with others that stand alone.
ALONE = 2

# The partition of the object with a number of a feed.
Names = dict[Placed, str]


@dataclass(frozen=True)
class Place:
    """Behind which object of which feed a crawl goes on, its total, and by what its places are kept."""

    feed: int
    number: int
    total: int
    crawl: str = ""


def filtered(
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
    names: Names = {}
    wider = replace(query, date_from=since or query.date_from)
    if start is not None and start.crawl.startswith(mark(heads)):
        id = start.crawl.removeprefix(mark(heads))
        rest = crawls.after(objects, module, id, (start.feed, start.number), query.limit)
    total = start.total if start is not None else 0
    if not rest:
        names = {
            (at, number): name
            for at, head in enumerate(heads)
            for number, name in _matching(objects, module, head, query, wider.date_from)
        }
        counted = list(names)
        if start is None:
            total, rest = len(counted), counted[query.offset :]
        else:
            rest = [each for each in counted if each > (start.feed, start.number)]
        counted = rest
    for turn in range(late.TURNS):
        wanted = rest[: query.limit]
        read = _read(objects, module, heads, wanted, names)
        found = [each for each in read if _inside(each.last_updated, wider)]
        if start is not None or len(found) == len(wanted) or turn == late.TURNS - 1:
            break
        missing = not_found(wanted, found)  # in the one index and not in the other, which is late
        counted = rest = [each for each in rest if each not in missing]
        total -= len(missing)
    return found, total, wanted[-1] if len(rest) > len(wanted) else None, counted


def not_found(wanted: Iterable[Placed], found: Iterable[Found]) -> set[Placed]:
    return set(wanted) - {(each.feed, each.number) for each in found}


def mark(heads: Sequence[FeedHead]) -> str:
    """What a kept crawl is of: the same feeds in the same order."""
    names = " ".join(head.feed for head in heads)
    return hashlib.sha256(names.encode()).hexdigest()[:8]


def _matching(
    objects: Objects, module: str, head: FeedHead, query: PageQuery, since: str
) -> Iterable[tuple[int, str]]:
    """The numbers of a feed whose last_updated is in the window, ascending, and their objects' partitions
    where they were met; `since`: or was to be seen late.

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
    names: dict[int, str] = {}
    before: list[Item] = []
    is_named = False
    for at, items in enumerate(ranges.answers(objects, module, "changes", condition, values, "#l,#c,#o,#p")):
        if at == 1 and _covers(objects, module, head, query):
            # All there is, which is long: no need to read all of that.
            return [(head.number(index), "") for index in range(head.total)]
        for item in items:
            if module != "locations" and item["part"]["S"] != HEAD:
                continue
            number, moment = feeds.number_of(item["place"]["S"]), item["last_updated"]["S"]
            names[number] = item["object"]["S"]
            is_named = is_named or moment == query.date_from
            if moment < query.date_from and not (end and moment >= end):
                before.append(item)
            else:
                (outside if end and moment >= end else inside).add(number)
    if not is_named:  # who names the very time of an object has it from a list, and not from a clock
        inside |= late.fresh(objects, module, before)
    numbers = sorted(number for number in inside - outside if not head.is_empty(number))
    return [(number, names[number]) for number in numbers]


def _covers(objects: Objects, module: str, head: FeedHead, query: PageQuery) -> bool:
    """Whether nothing of a feed is older or younger than the window: looked at from both ends."""
    for forward, bound in ((True, query.date_from), (False, query.date_to)):
        if bound:
            found = ranges.end(objects, module, "changes", head.feed, "#c", 1, forward)
            if not all(_inside(each, query) for each in found):
                return False
    return True


def _read(
    objects: Objects, module: str, heads: Sequence[FeedHead], wanted: list[Placed], names: Names
) -> list[Found]:
    """The objects with these numbers, in their order: those that stand alone all at once, by their names.

    A Location is several items, and so is a long Session or CDR: these are ranges of their feed.
    """
    alone = {each: names.get(each, "") for run in _runs(wanted) if len(run) <= ALONE for each in run}
    if module == "locations" or len(alone) <= ALONE or not all(alone.values()):
        return _ranges(objects, module, heads, wanted)
    found = ranges.named(objects, module, heads, alone)
    rest = [each for each in wanted if each not in found]
    found |= {(each.feed, each.number): each for each in _ranges(objects, module, heads, rest)}
    return [found[each] for each in wanted if each in found]


def _ranges(objects: Objects, module: str, heads: Sequence[FeedHead], wanted: list[Placed]) -> list[Found]:
    """The objects with these numbers: neighbours in one range, skipping a few rather than asking twice."""

    def read(run: list[Placed]) -> list[Found]:
        at, first = run[0]
        numbers = {number for _, number in run}
        found = ranges.between(objects, module, at, heads[at], first, run[-1][1])
        return [each for each in found if each.number in numbers]

    return [each for together in side_by_side(read, _runs(wanted)) for each in together]


def _runs(wanted: list[Placed]) -> list[list[Placed]]:
    """The places in runs of a feed that are worth one range."""
    runs: list[list[Placed]] = []
    for at, number in wanted:
        if runs and runs[-1][-1][0] == at and number - runs[-1][-1][1] <= WORTH_SKIPPING:
            runs[-1].append((at, number))
        else:
            runs.append([(at, number)])
    return runs


def _inside(last_updated: str, query: PageQuery) -> bool:
    return last_updated >= query.date_from and not (query.date_to and last_updated >= query.date_to)
