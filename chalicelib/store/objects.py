"""Objects in DynamoDB: one table per module, one key scheme, for ours and our partners' alike.

An object is one item, its body the JSON text its owner sent. A Location is a
head and one item per EVSE, so that a status change rewrites one small item;
what the Location says as `last_updated` is the latest of its items. Nothing
here knows who may see or change what.

Contract: design section 7; ARC-13
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi import modules
from chalicelib.ocpi.errors import InvalidParameters, ServerError
from chalicelib.ocpi.messages import Party
from chalicelib.store import feeds, tables
from chalicelib.store.feeds import FeedHead
from chalicelib.store.tables import Conflict, Item, number, text

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

HEAD = "-"
LONGEST_ID = 255
# What a page, a Present or a comparison needs of an item.
NEEDED = "#o,#p,#f,#l,#c,#v,#b,#r,#cc,#pp,#i,#u,#h,#w"
NAMES = {
    "#o": "object",
    "#p": "part",
    "#f": "feed",
    "#l": "place",
    "#c": "last_updated",
    "#v": "version",
    "#b": "body",
    "#r": "revision",
    "#cc": "country_code",
    "#pp": "party_id",
    "#i": "id",
    "#u": "uid",
    "#h": "hidden",
    "#w": "own",
}


def folded(identifier: str) -> str:
    """An identifier as it is compared: without case, in ASCII (AMB-36)."""
    return identifier.upper() if identifier.isascii() else identifier


@dataclass(frozen=True)
class Key:
    """Whose object it is and which: as its owner writes it, compared without case."""

    module: str
    country_code: str
    party_id: str
    id: str

    @property
    def owner(self) -> str:
        return f"{folded(self.country_code)}/{folded(self.party_id)}"

    @property
    def party(self) -> Party:
        return folded(self.country_code), folded(self.party_id)

    @property
    def partition(self) -> str:
        return f"{self.owner}/{folded(self.id)}"

    @property
    def kind(self) -> str:
        return modules.BY_ID[self.module].kind


@dataclass(frozen=True)
class Part:
    """One item: the head of an object (`uid` empty), or an EVSE of a Location.

    `body` is JSON text in `version`; a Location's head has neither its EVSEs nor
    `last_updated` in it. `revision` 0: not stored yet. `spelled` is the owner and
    id as they were first written.
    """

    uid: str
    version: str
    last_updated: str
    body: str
    revision: int = 0
    feed: str = ""
    place: str = ""
    own: bool = False
    hidden: bool = False
    spelled: tuple[str, str, str] | None = None

    @property
    def name(self) -> str:
        return part_name(self.uid)


def part_name(uid: str) -> str:
    """The sort key of an EVSE; "" is the head."""
    if not uid:
        return HEAD
    name = folded(uid)
    return HEAD + name if name.startswith(HEAD) else name


def check_id(value: Any, pointer: str) -> str:
    """An identifier that can be a key. Raises InvalidParameters (AMB-04)."""
    if not isinstance(value, str) or not value:
        raise InvalidParameters("an identifier is required", pointer)
    if len(value.encode(errors="replace")) > LONGEST_ID:
        raise InvalidParameters(f"an identifier of more than {LONGEST_ID} bytes cannot be kept", pointer)
    return value


class Objects:
    """The tables of objects."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._counts: dict[tuple[str, str], int] = {}

    @property
    def client(self) -> Any:
        return self._platform.clients.dynamodb

    @property
    def _writer(self) -> tables.Writer:
        return tables.Writer(self.client)

    def table(self, module: str) -> str:
        return f"{self._platform.settings.prefix}-{module}"

    # reading

    def load(self, key: Key) -> tuple[Part, ...]:
        """All parts of an object as they are now, the head first; empty when there is none."""
        if key.module != "locations":
            part = self.part(key)
            return (part,) if part else ()
        found: list[Part] = []
        request: dict[str, Any] = {
            "TableName": self.table(key.module),
            "KeyConditionExpression": "#o = :o",
            "ProjectionExpression": NEEDED,
            "ExpressionAttributeNames": NAMES,
            "ExpressionAttributeValues": {":o": text(key.partition)},
            "ConsistentRead": True,
        }
        while True:
            answer = self.client.query(**request)
            found += [part_of(item) for item in answer["Items"]]
            if not answer.get("LastEvaluatedKey"):
                break
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        found.sort(key=lambda part: part.uid != "")
        return tuple(found) if found and not found[0].uid else ()

    def part(self, key: Key, uid: str = "") -> Part | None:
        """One part as it is now; the head without `uid`."""
        answer = self.client.get_item(
            TableName=self.table(key.module), Key=_item_key(key, part_name(uid)), ConsistentRead=True
        )
        return part_of(answer["Item"]) if answer.get("Item") else None

    def parts(self, wanted: Sequence[tuple[Key, str]]) -> list[Part | None]:
        """Several parts at once, in the order asked for; up to 100, of one module."""
        if not wanted:
            return []
        module = wanted[0][0].module
        found = self._batch(module, [_item_key(key, part_name(uid)) for key, uid in wanted], consistent=True)
        return [
            part_of(item) if item else None
            for item in (found.get((key.partition, part_name(uid))) for key, uid in wanted)
        ]

    def heads(self, module: str, names: Iterable[str]) -> list[FeedHead]:
        """How many objects these feeds have, in the order asked for."""
        names = list(names)
        items = self._batch(module, [_feed_key(name) for name in names])
        heads = [_feed_head(name, items.get((f"feed#{name}", HEAD))) for name in names]
        self._counts.update({(module, head.feed): head.count for head in heads})
        if self._platform.settings.retention.get(module):
            return [self._without_forgotten(module, head) for head in heads]
        return heads

    def _without_forgotten(self, module: str, head: FeedHead) -> FeedHead:
        """The head of a feed whose oldest objects were forgotten by age: they are gone from its beginning."""
        if not head.total:
            return head
        answer = self.client.query(
            TableName=self.table(module),
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
        items = self._batch(module, [_feed_key(f"{owner}>?") for owner in owners])
        return {
            owner: sorted(items.get((f"feed#{owner}>?", HEAD), {}).get("audiences", {}).get("SS", []))
            for owner in owners
        }

    def _batch(self, module: str, keys: list[Item], consistent: bool = False) -> dict[tuple[str, str], Item]:
        found: dict[tuple[str, str], Item] = {}
        table = self.table(module)
        keys = list({(key["object"]["S"], key["part"]["S"]): key for key in keys}.values())
        while keys:
            asked, keys = keys[:100], keys[100:]
            answer = self.client.batch_get_item(
                RequestItems={table: {"Keys": asked, "ConsistentRead": consistent}}
            )
            for item in answer["Responses"].get(table, ()):
                found[item["object"]["S"], item["part"]["S"]] = item
            left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            if left:
                time.sleep(random.random() * 0.05)  # noqa: S311
                keys = left + keys
        return found

    # writing

    def save(
        self,
        key: Key,
        old: Sequence[Part],
        new: Sequence[Part],
        feed: str,
        own: bool,
        more: Sequence[dict[str, Any]] = (),
    ) -> str:
        """Replace all parts of an object by others: "created", "stored" or "unchanged".

        `more` are writes that belong to a new or changed object of one part.

        `old` is what `load` answered. Where somebody else wrote since, raises
        Conflict. Up to 90 changed EVSEs it is all or nothing; a larger change that
        is cut off in the middle is completed by repeating it.
        """
        by_name = {part.name: part for part in old}
        head = by_name.get(HEAD)
        if head is None:
            return self._create(key, new, feed, own, more)
        if head.feed != feed:
            self._move(key, by_name, new, feed, own)
            return "stored"
        place = feeds.number_of(head.place)
        actions = self._changes(key, by_name, new, feed, place, own)
        if not actions:
            return "unchanged"
        for group in tables.batches([*actions, *more]):
            self._writer.all(group)
        return "stored"

    def save_part(self, key: Key, head: Part | None, old: Part | None, new: Part, own: bool) -> str:
        """Replace one part, or add an EVSE below its head; answers and raises as `save` does."""
        if old is not None:
            if _same(old, new):
                return "unchanged"
            place = feeds.number_of(old.place)
            self._writer.one(self._put(key, old, new, old.feed, place, own))
            return "stored"
        if head is None:
            raise ServerError("an EVSE needs its Location")
        place = feeds.number_of(head.place)
        check = {
            "TableName": self.table(key.module),
            "Key": _item_key(key, HEAD),
            **_unchanged(head),
        }
        self._writer.all(
            [
                self._put(key, None, replace(new, spelled=head.spelled), head.feed, place, own),
                {"ConditionCheck": check},
            ]
        )
        return "created"

    def forget(self, key: Key, old: Sequence[Part]) -> None:
        """Delete an object; its number stays empty. Raises Conflict."""
        actions = [self._delete(key, part) for part in old]
        actions.append(self._hole(key.module, old[0].feed, feeds.number_of(old[0].place)))
        self._writer.all(actions)

    def hide(self, key: Key, hidden: bool) -> None:
        """Mark an object that its owner no longer lists, or lists again (AMB-33), if it is known."""
        verb = "SET #h = :h" if hidden else "REMOVE #h"
        action: dict[str, Any] = {
            "TableName": self.table(key.module),
            "Key": _item_key(key, HEAD),
            "UpdateExpression": verb,
            "ConditionExpression": "attribute_exists(#o)",
            "ExpressionAttributeNames": {"#h": "hidden", "#o": "object"},
        }
        if hidden:
            action["ExpressionAttributeValues"] = {":h": {"BOOL": True}}
        try:
            self._writer.one({"Update": action})
        except Conflict:
            return

    def create_all(
        self,
        module: str,
        feed: str,
        made: Sequence[tuple[Key, Part]],
        own: bool,
        more: Sequence[dict[str, Any]] = (),
    ) -> None:
        """Store several new objects of one part each, all or none. Raises Conflict when one exists."""
        self._append(
            module,
            feed,
            len(made),
            lambda first: [
                *(self._put(key, None, part, feed, first + at, own) for at, (key, part) in enumerate(made)),
                *more,
            ],
        )

    def _create(
        self, key: Key, new: Sequence[Part], feed: str, own: bool, more: Sequence[dict[str, Any]]
    ) -> str:
        new = sorted(new, key=lambda part: part.uid != "")

        def actions(place: int) -> list[dict[str, Any]]:
            return [*(self._put(key, None, part, feed, place, own) for part in new), *more]

        self._append(key.module, feed, 1, actions)
        return "created"

    def _move(self, key: Key, old: dict[str, Part], new: Sequence[Part], feed: str, own: bool) -> None:
        """To another audience: a hole in the old feed, a new number in the new one."""
        head = old[HEAD]
        hole = self._hole(key.module, head.feed, feeds.number_of(head.place))

        def actions(place: int) -> list[dict[str, Any]]:
            changes = self._changes(key, old, new, feed, place, own)
            changes.insert(0, changes.pop())
            return [hole, *changes]

        self._append(key.module, feed, 1, actions)

    def _append(self, module: str, feed: str, many: int, actions: Any) -> None:
        """Do what `actions` says of the first of so many new numbers, in one transaction with taking them.

        What does not fit in one transaction follows it. The count is a guess
        until the first conflict tells the right one.
        """
        for turn in range(tables.RACES):
            count = self._counts.get((module, feed), 0)
            taking = self._take(module, feed, count, many)
            groups = tables.batches([*taking, *actions(count + 1)])
            try:
                self._writer.all(groups[0])
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
                self._writer.all(group)
            return
        raise Conflict

    def _take(self, module: str, feed: str, count: int, many: int) -> list[dict[str, Any]]:
        """Take numbers of a feed; the first ones also enter it in its owner's list of audiences."""
        actions: list[dict[str, Any]] = [
            {
                "Update": {
                    "TableName": self.table(module),
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
                        "TableName": self.table(module),
                        "Key": _feed_key(f"{owner}>?"),
                        "UpdateExpression": "ADD #a :a",
                        "ExpressionAttributeNames": {"#a": "audiences"},
                        "ExpressionAttributeValues": {":a": {"SS": [audience]}},
                    }
                }
            )
        return actions

    def _hole(self, module: str, feed: str, place: int) -> dict[str, Any]:
        return {
            "Update": {
                "TableName": self.table(module),
                "Key": _feed_key(feed),
                "UpdateExpression": "SET #h = list_append(if_not_exists(#h, :none), :one)",
                "ExpressionAttributeNames": {"#h": "holes"},
                "ExpressionAttributeValues": {":none": {"L": []}, ":one": {"L": [number(place)]}},
            }
        }

    def _changes(
        self, key: Key, old: dict[str, Part], new: Sequence[Part], feed: str, place: int, own: bool
    ) -> list[dict[str, Any]]:
        """What turns the old parts into the new ones, the head last; nothing where nothing differs.

        A change of anything in a Location also counts its head's revision up, so
        that two replacements at once cannot mix.
        """
        actions = []
        names = set()
        head_action: dict[str, Any] | None = None
        for part in new:
            names.add(part.name)
            before = old.get(part.name)
            action = self._put(key, before, part, feed, place, own)
            if part.name == HEAD:
                head_action = action
                head_same = before is not None and _same(before, part) and before.feed == feed
            elif not (before and _same(before, part) and _stands(before, feed, place)):
                actions.append(action)
        actions += [self._delete(key, part) for name, part in old.items() if name not in names]
        if head_action is None or (not actions and head_same):
            return actions
        return [*actions, head_action]

    def _put(
        self, key: Key, old: Part | None, new: Part, feed: str, place: int, own: bool
    ) -> dict[str, dict[str, Any]]:
        spelled = (old.spelled if old else new.spelled) or (key.country_code, key.party_id, key.id)
        item = self._item(key, new, spelled, feed, place, own, (old.revision if old else 0) + 1)
        condition = _unchanged(old) if old else _absent()
        return {"Put": {"TableName": self.table(key.module), "Item": item, **condition}}

    def _item(
        self,
        key: Key,
        part: Part,
        spelled: tuple[str, str, str],
        feed: str,
        place: int,
        own: bool,
        revision: int,
    ) -> Item:
        item = {
            **_item_key(key, part.name),
            "feed": text(feed),
            "place": text(feeds.place(place, part.name if part.uid else "")),
            "last_updated": text(part.last_updated),
            "body": text(part.body),
            "version": text(part.version),
            "revision": number(revision),
            "country_code": text(spelled[0]),
            "party_id": text(spelled[1]),
            "id": text(spelled[2]),
            "own": {"BOOL": own},
        }
        if part.uid:
            item["uid"] = text(part.uid)
        days = self._platform.settings.retention.get(key.module)
        if days and key.module != "locations":  # never deleted, and its items are not of one age (LOC-04)
            moment = datetime.fromisoformat(self._platform.clock())
            item["expires_at"] = number(int(moment.timestamp()) + days * 86400)
        if tables.size(item) > tables.LARGEST_ITEM:
            what = f"EVSE {part.uid}" if part.uid else f"this {key.kind}"
            raise InvalidParameters(
                f"{what} is larger than the {tables.LARGEST_ITEM // 1024} KB that can be kept"
            )
        return item

    def _delete(self, key: Key, part: Part) -> dict[str, dict[str, Any]]:
        return {
            "Delete": {
                "TableName": self.table(key.module),
                "Key": _item_key(key, part.name),
                **_unchanged(part),
            }
        }


def key_of(module: str, item: Item) -> Key:
    """Whose item this is."""
    return Key(module, item["country_code"]["S"], item["party_id"]["S"], item["id"]["S"])


def part_of(item: Item) -> Part:
    """The part in an item as it was read."""
    return Part(
        uid=item["uid"]["S"] if "uid" in item else "",
        version=item["version"]["S"],
        last_updated=item["last_updated"]["S"],
        body=item["body"]["S"],
        revision=int(item["revision"]["N"]),
        feed=item["feed"]["S"],
        place=item["place"]["S"],
        own=item["own"]["BOOL"],
        hidden="hidden" in item,
        spelled=(item["country_code"]["S"], item["party_id"]["S"], item["id"]["S"]),
    )


def _same(old: Part, new: Part) -> bool:
    return (old.body, old.version, old.last_updated, old.uid) == (
        new.body,
        new.version,
        new.last_updated,
        new.uid,
    ) and not old.hidden


def _stands(part: Part, feed: str, place: int) -> bool:
    return part.feed == feed and feeds.number_of(part.place) == place


def _item_key(key: Key, part: str) -> Item:
    return {"object": text(key.partition), "part": text(part)}


def _feed_key(name: str) -> Item:
    return {"object": text(f"feed#{name}"), "part": text(HEAD)}


def _feed_head(name: str, item: Item | None) -> FeedHead:
    if item is None:
        return FeedHead(name)
    holes = tuple(sorted(int(each["N"]) for each in item.get("holes", {}).get("L", ())))
    first = int(item.get("first", {}).get("N", 0))
    return FeedHead(name, int(item.get("count", {}).get("N", 0)), holes, first)


def _unchanged(part: Part) -> dict[str, Any]:
    """The condition that nobody wrote this part since it was read; the place tells it from one made anew."""
    return {
        "ConditionExpression": "#r = :r AND #l = :l",
        "ExpressionAttributeNames": {"#r": "revision", "#l": "place"},
        "ExpressionAttributeValues": {":r": number(part.revision), ":l": text(part.place)},
    }


def _absent() -> dict[str, Any]:
    return {
        "ConditionExpression": "attribute_not_exists(#o)",
        "ExpressionAttributeNames": {"#o": "object"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
