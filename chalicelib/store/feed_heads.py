"""How feeds are numbered, in DynamoDB: one item per feed, the count and the holes, taken number by number.

Contract: design section 7; ARC-09 to ARC-11
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.deployment import asked_at
from chalicelib.store import dynamodb, feed_gaps, feeds
from chalicelib.store.dynamodb import Conflict, Item, number, text
from chalicelib.store.feeds import FeedHead, Unsaid, merged
from chalicelib.store.object_items import HEAD

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

Action = dict[str, dict[str, Any]]
# Single holes from which on they are written as gaps.
MOST_HOLES = 32
# Objects whose numbers are noted in one item, where a version cannot say them: it stays below 1 KB.
BLOCK = 16
# Instead of a window: no time at which an object can be said.
NEVER = "never"


class Feeds:
    """The heads of feeds, each in the table of its module."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._counts: dict[tuple[str, str], int] = {}
        # Heads that were read beside the audiences, and when: good for the request that did so.
        self._beside: dict[tuple[str, str], tuple[float, Item | None]] = {}

    @property
    def _client(self) -> Any:
        return self._deployment.clients.dynamodb

    def _table(self, module: str) -> str:
        return f"{self._deployment.settings.prefix}-{module}"

    def heads(self, module: str, names: Iterable[str], version: str = "") -> list[FeedHead]:
        """How many objects these feeds have, in the order asked for.

        To readers of a `version` those it cannot say are not there.
        """
        names = list(names)
        known = self._read_beside(module, names)
        left = [_feed_key(name) for name in names if name not in known]
        items = dynamodb.read(self._client, self._table(module), left)
        heads = [
            self._head(module, name, known.get(name) or items.get((f"feed#{name}", HEAD))) for name in names
        ]
        self._counts.update({(module, head.feed): head.count for head in heads})
        if self._deployment.settings.retention.get(module):
            heads = [self._without_forgotten(module, head) for head in heads]
        now = self._deployment.clock()
        if not version:
            return heads
        return [head.without(self._unsaid_now(module, head, version, now)) for head in heads]

    def _head(self, module: str, name: str, item: Item | None) -> FeedHead:
        """The feed that an item tells of, and the pieces beside it."""

        def read(parts: list[str]) -> list[Item | None]:
            keys = [_feed_key(name, part) for part in parts]
            found = dynamodb.read(self._client, self._table(module), keys, consistent=True)
            return [found.get((f"feed#{name}", part)) for part in parts]

        for _ in range(dynamodb.RACES):
            said = feed_gaps.said(item or {}, read)
            if said is not None:
                return _feed_head(name, item, said)
            item = self._item(module, name)
        raise Conflict

    def _item(self, module: str, name: str, part: str = HEAD) -> Item | None:
        answer = self._client.get_item(
            TableName=self._table(module), Key=_feed_key(name, part), ConsistentRead=True
        )
        found: Item | None = answer.get("Item")
        return found

    def _unsaid_now(self, module: str, head: FeedHead, version: str, now: str) -> list[int]:
        """The numbers of a feed that a version cannot say now."""
        if not head.total:
            return []
        request: dict[str, Any] = {
            "TableName": self._table(module),
            "KeyConditionExpression": "#o = :o AND #p BETWEEN :p AND :q",
            "ExpressionAttributeNames": {"#o": "object", "#p": "part"},
            "ExpressionAttributeValues": {
                ":o": text(f"feed#{head.feed}"),
                ":p": text(_block(version, head.first)),
                ":q": text(_block(version, head.count)),
            },
        }
        found: list[int] = []
        while True:
            answer = self._client.query(**request)
            for item in answer["Items"]:
                found += _unsaid(item, now)
            if not answer.get("LastEvaluatedKey"):
                return found
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

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

    def _read_beside(self, module: str, names: list[str]) -> dict[str, Item | None]:
        """Of these feeds the heads that were read with the audiences, for this very request; once."""
        began, found = asked_at.get(), {}
        for name in names:
            at, item = self._beside.pop((module, name), (0.0, None))
            if began and at >= began:
                found[name] = item
        return found

    def audiences(self, module: str, owners: Iterable[str]) -> dict[str, list[str]]:
        """The audiences an owner ever had objects for, by owner. Who asks wants the feeds next: the head of
        the one for everybody, which nearly always is the only one, is read along."""
        owners = list(owners)
        at, public = time.monotonic(), [feeds.name(owner) for owner in owners]
        keys = [_feed_key(name) for name in (*(f"{owner}>?" for owner in owners), *public)]
        items = dynamodb.read(self._client, self._table(module), keys)
        self._beside = {(module, name): (at, items.get((f"feed#{name}", HEAD))) for name in public}
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
        for turn in range(dynamodb.RACES):
            count = self._counts.get((module, feed), 0)
            taking = self._take(module, feed, count, many)
            groups = dynamodb.batches([*taking, *actions(count + 1)])
            try:
                dynamodb.Writer(self._client).all(groups[0])
            except Conflict as conflict:
                seen = conflict.items.get(0)
                present = int(seen["count"]["N"]) if seen and "count" in seen else None
                if present is None or present == count:
                    self._counts.pop((module, feed), None)
                    if any(at >= len(taking) for at in conflict.items) or turn == dynamodb.RACES - 1:
                        raise
                    self.heads(module, [feed])
                else:
                    self._counts[module, feed] = present
                time.sleep(random.random() * 0.01 * 2**turn if turn else 0)  # noqa: S311
                continue
            self._counts[module, feed] = count + many
            for group in groups[1:]:
                dynamodb.Writer(self._client).all(group)
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

    def hole(self, module: str, feed: str, place: int) -> Action:
        """The write that leaves a number empty."""
        return {
            "Update": {
                "TableName": self._table(module),
                "Key": _feed_key(feed),
                "UpdateExpression": "SET #h = list_append(if_not_exists(#h, :none), :one)",
                "ExpressionAttributeNames": {"#h": "holes"},
                "ExpressionAttributeValues": {":none": {"L": []}, ":one": {"L": [number(place)]}},
            }
        }

    def forget(self, module: str, feed: str, gone: Mapping[int, Unsaid]) -> None:
        """Leave numbers empty whose objects age took away, in whatever order, and what was noted of them;
        twice is once."""
        for action in self.unsaid(module, feed, {place: (noted, ()) for place, noted in gone.items()}):
            dynamodb.Writer(self._client).one(action)
        while not self._compact(module, feed, gone, least=0):
            continue

    def compact(self, module: str, feed: str) -> None:
        """Write many holes as the gaps they make: what is kept of a feed does not grow with changes."""
        self._compact(module, feed, (), least=MOST_HOLES)

    def _compact(self, module: str, feed: str, numbers: Iterable[int], least: int) -> bool:
        """Rewrite the holes of a feed, if it has so many; False where somebody else wrote in between."""
        item = self._item(module, feed)
        holes = len((item or {}).get("holes", {}).get("L", ()))
        if item is None or holes < least:
            return True
        # One by one: `announce` forgets, too, and has the right to no more.
        said = feed_gaps.said(item, lambda parts: [self._item(module, feed, part) for part in parts])
        if said is None:
            return False
        head = _feed_head(feed, item, said).without(numbers).compact()
        values, pieces = feed_gaps.kept(head.gaps, item)
        values["first"] = number(head.first)
        same = "#made = :seen" if "made" in item else "attribute_not_exists(#made)"
        same += " AND size(#holes) = :holes" if holes else " AND attribute_not_exists(#holes)"
        writing = self._set(module, feed, HEAD, values, "holes", same)
        more = {":seen": item["made"]} if "made" in item else {}
        writing["Update"]["ExpressionAttributeValues"] |= more | ({":holes": number(holes)} if holes else {})
        try:
            dynamodb.Writer(self._client).all(
                [writing, *(self._set(module, feed, part, each) for part, each in pieces.items())]
            )
        except Conflict:
            return False
        return True

    def _set(
        self, module: str, feed: str, part: str, values: Item, without: str = "", condition: str = ""
    ) -> Action:
        """The write that sets these values of an item of a feed, and takes an attribute away."""
        fields: dict[str, Any] = {
            "TableName": self._table(module),
            "Key": _feed_key(feed, part),
            "UpdateExpression": "SET " + ",".join(f"#{name} = :{name}" for name in values),
            "ExpressionAttributeNames": {f"#{name}": name for name in (*values, without) if name},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()},
        }
        if without:
            fields["UpdateExpression"] += f" REMOVE #{without}"
        if condition:
            fields["ConditionExpression"] = condition
        return {"Update": fields}

    def unsaid(self, module: str, feed: str, changes: Mapping[int, tuple[Unsaid, Unsaid]]) -> list[Action]:
        """Note which versions could and now can not say the objects with these numbers.

        An attribute per object, in items of BLOCK numbers each: bounded, and written only for such objects.
        """
        by_version: dict[str, dict[int, str | None]] = {}
        for place, (before, after) in changes.items():
            for version, _ in set(before) - set(after):
                by_version.setdefault(_block(version, place), {})[place] = None
            for version, window in set(after) - set(before):
                by_version.setdefault(_block(version, place), {})[place] = window
        return [self._note(module, feed, part, places) for part, places in by_version.items()]

    def _note(self, module: str, feed: str, part: str, places: Mapping[int, str | None]) -> Action:
        said = [place for place, window in places.items() if window is None]
        not_said = {place: window for place, window in places.items() if window is not None}
        verbs = []
        if not_said:
            verbs.append("SET " + ",".join(f"#n{place} = :n{place}" for place in not_said))
        if said:
            verbs.append("REMOVE " + ",".join(f"#n{place}" for place in said))
        fields: dict[str, Any] = {
            "TableName": self._table(module),
            "Key": _feed_key(feed, part),
            "UpdateExpression": " ".join(verbs),
            "ExpressionAttributeNames": {f"#n{place}": str(place) for place in places},
        }
        if not_said:
            fields["ExpressionAttributeValues"] = {
                f":n{place}": text(window or NEVER) for place, window in not_said.items()
            }
        return {"Update": fields}


def _block(version: str, place: int) -> str:
    """The item that notes whether a version can say the object with this number."""
    return f"{version}#{place // BLOCK:08d}"


def _unsaid(item: Item | None, now: str) -> Iterator[int]:
    """The numbers that a version cannot say now."""
    for name, value in (item or {}).items():
        if name.isdigit() and not feeds.within(value["S"], now):
            yield int(name)


def _feed_key(name: str, part: str = HEAD) -> Item:
    return {"object": text(f"feed#{name}"), "part": text(part)}


def _feed_head(name: str, item: Item | None, said: str) -> FeedHead:
    if item is None:
        return FeedHead(name)
    holes = (int(each["N"]) for each in item.get("holes", {}).get("L", ()))
    first = int(item.get("first", {}).get("N", 0))
    gaps = merged(feed_gaps.gaps_in(said))
    return FeedHead(name, int(item.get("count", {}).get("N", 0)), gaps, first).without(holes)
