"""Ranges of a feed, as its indexes have them: the objects behind numbers, the entries of a span of time.

Contract: design section 7; TRA-24, ARC-09 to ARC-11
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.store import dynamodb, feeds
from chalicelib.store.dynamodb import Item, text
from chalicelib.store.feeds import FeedHead, Placed
from chalicelib.store.object_items import HEAD, NAMES, SHOWN, Key, Part, key_of, shown_part
from chalicelib.store.objects import Objects


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


def latest(objects: Objects, module: str, feed: str, many: int) -> list[str]:
    """The times of the last so many changes in a feed, newest first."""
    return end(objects, module, "changes", feed, "#c", many)


def end(
    objects: Objects, module: str, index: str, feed: str, needed: str, many: int, forward: bool = False
) -> list[str]:
    """What the last so many entries of a feed say in an index, the last one first; `forward`: the first."""
    request = request_of(objects, module, index, "#f = :f", {":f": feed}, needed)
    answer = objects.client.query(**request, ScanIndexForward=forward, Limit=many)
    return [each[NAMES[needed]]["S"] for each in answer["Items"]]


def between(objects: Objects, module: str, at: int, head: FeedHead, first: int, last: int) -> Iterator[Found]:
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


def named(
    objects: Objects, module: str, heads: Sequence[FeedHead], names: dict[Placed, str]
) -> dict[Placed, Found]:
    """The objects with these numbers, by their partitions: those that are one item and stand there still."""
    keys = [{"object": text(name), "part": text(HEAD)} for name in names.values()]
    items = dynamodb.read(objects.client, objects.table(module), keys)
    found = {}
    for (at, number), name in names.items():
        item, feed = items.get((name, HEAD)), heads[at].feed
        if item is None or "taken" in item or item["feed"]["S"] != feed:
            continue
        if feeds.number_of(item["place"]["S"]) == number:
            found[at, number] = Found(key_of(module, item), (shown_part(item, feed),), at, number)
    return found


def _query(
    objects: Objects, module: str, index: str, condition: str, values: dict[str, str], needed: str
) -> Iterator[Item]:
    for items in answers(objects, module, index, condition, values, needed):
        yield from items


def answers(
    objects: Objects, module: str, index: str, condition: str, values: dict[str, str], needed: str
) -> Iterator[list[Item]]:
    """What DynamoDB answers, up to 1 MB at a time."""
    request = request_of(objects, module, index, condition, values, needed)
    while True:
        answer = objects.client.query(**request)
        yield answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def request_of(
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
