"""How feeds are numbered, in DynamoDB: one item per feed, the count and the holes, taken number by number.

Contract: design section 7; ARC-09 to ARC-11
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from chalicelib.store import feeds, tables
from chalicelib.store.feeds import FeedHead
from chalicelib.store.items import HEAD
from chalicelib.store.tables import Conflict, Item, number, text

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


class Feeds:
    """The heads of feeds, each in the table of its module."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._counts: dict[tuple[str, str], int] = {}

    @property
    def _client(self) -> Any:
        return self._platform.clients.dynamodb

    def _table(self, module: str) -> str:
        return f"{self._platform.settings.prefix}-{module}"

    def heads(self, module: str, names: Iterable[str]) -> list[FeedHead]:
        """How many objects these feeds have, in the order asked for."""
        names = list(names)
        items = tables.read(self._client, self._table(module), [_feed_key(name) for name in names])
        heads = [_feed_head(name, items.get((f"feed#{name}", HEAD))) for name in names]
        self._counts.update({(module, head.feed): head.count for head in heads})
        if self._platform.settings.retention.get(module):
            return [self._without_forgotten(module, head) for head in heads]
        return heads

    def _without_forgotten(self, module: str, head: FeedHead) -> FeedHead:
        """The head of a feed whose oldest objects were forgotten by age: they are gone from its beginning."""
        if not head.total:
            return head
        answer = self._client.query(
            TableName=self._table(module),
            IndexName="feed",
            KeyConditionExpression="#f = :f",
            ProjectionExpression="#l",
            ExpressionAttributeNames={"#f": "feed", "#l": "place"},
            ExpressionAttributeValues={":f": text(head.feed)},
            Limit=1,
        )
        oldest = [feeds.number_of(item["place"]["S"]) for item in answer["Items"]]
        return head.since(oldest[0] if oldest else head.count + 1)

    def audiences(self, module: str, owners: Iterable[str]) -> dict[str, list[str]]:
        """The audiences an owner ever had objects for, by owner."""
        owners = list(owners)
        items = tables.read(self._client, self._table(module), [_feed_key(f"{owner}>?") for owner in owners])
        return {
            owner: sorted(items.get((f"feed#{owner}>?", HEAD), {}).get("audiences", {}).get("SS", []))
            for owner in owners
        }

    def append(
        self,
        module: str,
        feed: str,
        many: int,
        actions: Callable[[int], list[dict[str, Any]]],
    ) -> None:
        """Do what `actions` says of the first of so many new numbers, in one transaction with taking them.

        What does not fit in one transaction follows it. The count is a guess
        until the first conflict tells the right one.
        """
        for turn in range(tables.RACES):
            count = self._counts.get((module, feed), 0)
            taking = self._take(module, feed, count, many)
            groups = tables.batches([*taking, *actions(count + 1)])
            try:
                tables.Writer(self._client).all(groups[0])
            except Conflict as conflict:
                seen = conflict.items.get(0)
                present = int(seen["count"]["N"]) if seen and "count" in seen else None
                if present is None or present == count:
                    self._counts.pop((module, feed), None)
                    if any(at >= len(taking) for at in conflict.items) or turn == tables.RACES - 1:
                        raise
                    self.heads(module, [feed])
                else:
                    self._counts[module, feed] = present
                time.sleep(random.random() * 0.01 * 2**turn if turn else 0)  # noqa: S311
                continue
            self._counts[module, feed] = count + many
            for group in groups[1:]:
                tables.Writer(self._client).all(group)
            return
        raise Conflict

    def _take(self, module: str, feed: str, count: int, many: int) -> list[dict[str, Any]]:
        """Take numbers of a feed; the first ones also enter it in its owner's list of audiences."""
        actions: list[dict[str, Any]] = [
            {
                "Update": {
                    "TableName": self._table(module),
                    "Key": _feed_key(feed),
                    "UpdateExpression": "SET #n = :new",
                    "ConditionExpression": "#n = :old" if count else "attribute_not_exists(#n)",
                    "ExpressionAttributeNames": {"#n": "count"},
                    "ExpressionAttributeValues": {":new": number(count + many)}
                    | ({":old": number(count)} if count else {}),
                    "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
                }
            }
        ]
        if not count:
            owner, _, audience = feed.partition(">")
            actions.append(
                {
                    "Update": {
                        "TableName": self._table(module),
                        "Key": _feed_key(f"{owner}>?"),
                        "UpdateExpression": "ADD #a :a",
                        "ExpressionAttributeNames": {"#a": "audiences"},
                        "ExpressionAttributeValues": {":a": {"SS": [audience]}},
                    }
                }
            )
        return actions

    def hole(self, module: str, feed: str, place: int) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self._table(module),
                "Key": _feed_key(feed),
                "UpdateExpression": "SET #h = list_append(if_not_exists(#h, :none), :one)",
                "ExpressionAttributeNames": {"#h": "holes"},
                "ExpressionAttributeValues": {":none": {"L": []}, ":one": {"L": [number(place)]}},
            }
        }


def _feed_key(name: str) -> Item:
    return {"object": text(f"feed#{name}"), "part": text(HEAD)}


def _feed_head(name: str, item: Item | None) -> FeedHead:
    if item is None:
        return FeedHead(name)
    holes = tuple(sorted(int(each["N"]) for each in item.get("holes", {}).get("L", ())))
    first = int(item.get("first", {}).get("N", 0))
    return FeedHead(name, int(item.get("count", {}).get("N", 0)), holes, first)
