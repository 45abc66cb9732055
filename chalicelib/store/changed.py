"""Which objects a feed has, or which of them changed before or since a moment: names, no bodies.

They stand in the small index `changes`.

Contract: design section 7
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chalicelib.store import feeds
from chalicelib.store.dynamodb import Item, text
from chalicelib.store.object_items import HEAD

if TYPE_CHECKING:
    from chalicelib.store.objects import Objects


def names(
    objects: Objects, module: str, feed: str, start: Item | None, most: int
) -> tuple[list[tuple[str, int]], Item | None]:
    """The partitions of objects of a feed and their numbers, from so many of its entries, those that changed
    first before others; where the next begins. One that changes meanwhile comes at the end, perhaps again.
    """
    request = _request(objects, module, "#c > :c", feed, " ")
    more = {"ExclusiveStartKey": start} if start else {}
    answer = objects.client.query(**request, **more, Limit=most)
    found = [
        (item["object"]["S"], feeds.number_of(item["place"]["S"]))
        for item in answer["Items"]
        if item["part"]["S"] == HEAD
    ]
    return found, answer.get("LastEvaluatedKey")


def numbered(objects: Objects, module: str, feed: str, first: int, last: int) -> dict[int, str]:
    """The partitions of the objects with these numbers of a feed, as far as the index `feed` has them."""
    request = {
        "TableName": objects.table(module),
        "IndexName": "feed",
        "KeyConditionExpression": "#f = :f AND #l BETWEEN :first AND :last",
        "ProjectionExpression": "#o,#p,#l",
        "ExpressionAttributeNames": {"#f": "feed", "#l": "place", "#o": "object", "#p": "part"},
        "ExpressionAttributeValues": {
            ":f": text(feed),
            ":first": text(feeds.place(first)),
            ":last": text(feeds.place(last)),
        },
    }
    return {
        feeds.number_of(item["place"]["S"]): item["object"]["S"]
        for item in _all(objects, request)
        if item["part"]["S"] == HEAD
    }


def before(
    objects: Objects, module: str, feed: str, moment: str, start: Item | None, answers: int
) -> tuple[list[str], Item | None]:
    """The partitions of objects whose head changed before a moment, from so many answers of 1 MB; where the
    next begins.
    """
    request = _request(objects, module, "#c < :c", feed, moment)
    found: list[str] = []
    for _ in range(answers):
        answer = objects.client.query(**request, **({"ExclusiveStartKey": start} if start else {}))
        found += [item["object"]["S"] for item in answer["Items"] if item["part"]["S"] == HEAD]
        start = answer.get("LastEvaluatedKey")
        if not start:
            break
    return found, start


def since(objects: Objects, module: str, feed: str, moment: str) -> set[str]:
    """The partitions of objects of which anything changed at a moment or later."""
    request = _request(objects, module, "#c >= :c", feed, moment)
    return {item["object"]["S"] for item in _all(objects, request)}


def _all(objects: Objects, request: dict[str, Any]) -> Iterator[Item]:
    """The entries of every answer."""
    while True:
        answer = objects.client.query(**request)
        yield from answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _request(objects: Objects, module: str, condition: str, feed: str, moment: str) -> dict[str, Any]:
    return {
        "TableName": objects.table(module),
        "IndexName": "changes",
        "KeyConditionExpression": f"#f = :f AND {condition}",
        "ProjectionExpression": "#o,#p,#l",
        "ExpressionAttributeNames": {
            "#f": "feed",
            "#c": "last_updated",
            "#o": "object",
            "#p": "part",
            "#l": "place",
        },
        "ExpressionAttributeValues": {":f": text(feed), ":c": text(moment)},
    }
