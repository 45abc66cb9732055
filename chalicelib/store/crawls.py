"""What a filtered crawl has still to come to: the numbers that matched when it began, kept for a day.

Who matches a window is told by reading the index of the whole window, since pages are in the order
of creation. The first page of a crawl does; the numbers behind it are kept in items of some KB, as
gaps are ("7 12-40"), and each later page reads the one that it needs. So a crawl is linear. A crawl
whose list is gone counts again.

Contract: design section 7; ARC-09 to ARC-11
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib.store import dynamodb, feeds
from chalicelib.store.dynamodb import Item, number, text
from chalicelib.store.feed_gaps import gaps_in, gaps_text
from chalicelib.store.feeds import Placed

if TYPE_CHECKING:
    from chalicelib.store.objects import Objects

KEPT_SECONDS = 86_400
# Runs of numbers in one item: about 3 KB, less than one read unit.
RUNS = 300


def keep(objects: Objects, module: str, placed: Sequence[Placed]) -> str:
    """Keep where a crawl has still to come; the id it is found by."""
    id = uuid.uuid4().hex[:12]
    expires_at = int(datetime.fromisoformat(objects.now()).timestamp()) + KEPT_SECONDS
    actions: list[dict[str, Any]] = []
    for feed, gaps in _runs(placed):
        item: Item = {
            **_key(id, feed, gaps[-1][1]),
            "numbers": text(gaps_text(gaps)),
            "expires_at": number(expires_at),
        }
        actions.append({"Put": {"TableName": objects.table(module), "Item": item}})
    writer = dynamodb.Writer(objects.client)
    for group in dynamodb.batches(actions):
        writer.all(group)
    return id


def after(objects: Objects, module: str, id: str, place: Placed, many: int) -> list[Placed]:
    """The next places of a crawl behind this one, one more than so many where there are; none: it is gone."""
    request: dict[str, Any] = {
        "TableName": objects.table(module),
        "KeyConditionExpression": "#o = :o AND #p > :p",
        "ExpressionAttributeNames": {"#o": "object", "#p": "part"},
        "ExpressionAttributeValues": {":o": _key(id, *place)["object"], ":p": _key(id, *place)["part"]},
        "Limit": 1,
    }
    found: list[Placed] = []
    while len(found) <= many:
        answer = objects.client.query(**request)
        for item in answer["Items"]:
            found += islice(_places(item, place), many + 1)
        if not answer.get("LastEvaluatedKey"):
            break
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
    return found[: many + 1]


def _runs(placed: Sequence[Placed]) -> Iterator[tuple[int, list[feeds.Gap]]]:
    """The places as runs of numbers, by feed, in handfuls that one item takes."""
    by_feed: dict[int, list[int]] = {}
    for feed, at in placed:
        by_feed.setdefault(feed, []).append(at)
    for feed, numbers in sorted(by_feed.items()):
        runs = feeds.merged((), numbers)
        for at in range(0, len(runs), RUNS):
            yield feed, list(runs[at : at + RUNS])


def _places(item: Item, behind: Placed) -> Iterator[Placed]:
    feed = int(item["part"]["S"].partition("/")[0])
    least = behind[1] + 1 if feed == behind[0] else 0
    for first, last in gaps_in(item["numbers"]["S"]):
        for at in range(max(first, least), last + 1):
            yield feed, at


def _key(id: str, feed: int, last: int) -> Item:
    return {"object": text(f"crawl#{id}"), "part": text(f"{feed:06d}/{feeds.place(last)}")}
