"""What an index of DynamoDB tells late: it follows its table, and is never read consistently.

What the index does not show yet is not there yet, for the total, the page and the link alike. And whoever
asks for what changed since it last asked gets, too, what was written shortly before that: its last list
may have been made without it, and no later one would have it.

Example: an EVSE is CHARGING since 12:00:59, and an eMSP's list of 12:01:00 lacks that. Its list of 12:02:00
`date_from` 12:01:00 has it.

Contract: design section 7; TRA-23, TRA-34
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from chalicelib.ocpi.timestamps import later, seconds_between
from chalicelib.store import dynamodb, feeds, ranges
from chalicelib.store.dynamodb import Item
from chalicelib.store.feeds import FeedHead, Placed

if TYPE_CHECKING:
    from chalicelib.store.objects import Objects

# Seconds by which an index, and who writes what it says, may be late; nearly always it is some milliseconds.
MOST = 5
# Who asks since so few seconds ago did not ask then, too: it gets what it asks for, and no more.
AT_ONCE = 20
# Entries that are looked up in one read; of more nobody asks when they were written.
MOST_LOOKED_UP = 100
# How often a page is made again without what it lacks.
TURNS = 3


def since(date_from: str, now: str) -> str:
    """From which time on a list looks for what an earlier one may have been made without."""
    if not date_from or seconds_between(date_from, now) < AT_ONCE:
        return date_from
    try:
        return later(date_from, -MOST)
    except OverflowError:
        return date_from


def fresh(objects: Objects, module: str, entries: Sequence[Item]) -> set[int]:
    """The numbers of those of these entries of an index that were written at the time they tell."""
    if not entries or len(entries) > MOST_LOOKED_UP:
        return {feeds.number_of(each["place"]["S"]) for each in entries}
    keys = [{name: each[name] for name in ("object", "part")} for each in entries]
    items = dynamodb.read(objects.client, objects.table(module), keys).values()
    return {feeds.number_of(each["place"]["S"]) for each in items if _is_fresh(each)}


def _is_fresh(item: Item) -> bool:
    if "stored_at" not in item:
        return False
    return abs(seconds_between(item["last_updated"]["S"], item["stored_at"]["S"])) <= MOST


def without(
    objects: Objects, module: str, heads: Sequence[FeedHead], missing: Iterable[Placed]
) -> list[FeedHead]:
    """The feeds without the numbers that were not found, nor all behind the last that the index has."""
    by_feed: dict[int, list[int]] = defaultdict(list)
    for at, number in missing:
        by_feed[at].append(number)
    found = list(heads)
    for at, numbers in by_feed.items():
        head = heads[at]
        behind = range(_newest(objects, module, head.feed) + 1, head.count + 1)
        found[at] = head.without([*numbers, *behind])
    return found


def _newest(objects: Objects, module: str, feed: str) -> int:
    return max(map(feeds.number_of, ranges.end(objects, module, "feed", feed, "#l", 1)), default=0)
