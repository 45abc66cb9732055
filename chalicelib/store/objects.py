"""Objects in DynamoDB: one table per module, one key scheme, for ours and our partners' alike.

An object is one item, its body the JSON text its owner sent. A Location is a
head and one item per EVSE, so that a status change rewrites one small item;
what the Location says as `last_updated` is the latest of its items. Nothing
here knows who may see or change what.

Contract: design section 7; ARC-13
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi.errors import InvalidParameters, ServerError
from chalicelib.store import dynamodb, feeds
from chalicelib.store.dynamodb import Conflict, Item, number, text
from chalicelib.store.feed_heads import Feeds
from chalicelib.store.marks import STATE
from chalicelib.store.object_items import (
    HEAD,
    NAMES,
    NEEDED,
    Key,
    Part,
    absent,
    item_key,
    part_name,
    part_of,
    same,
    stands,
    unchanged,
    unsaid_text,
)

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment


class Objects:
    """The tables of objects."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.feeds = Feeds(deployment)

    @property
    def client(self) -> Any:
        return self._deployment.clients.dynamodb

    @property
    def _writer(self) -> dynamodb.Writer:
        return dynamodb.Writer(self.client)

    def table(self, module: str) -> str:
        return f"{self._deployment.settings.prefix}-{module}"

    def now(self) -> str:
        """The time by this deployment's clock."""
        return self._deployment.clock()

    # reading

    def load(self, key: Key) -> tuple[Part, ...]:
        """All parts of an object as they are now, the head first; empty when there is none."""
        if key.module not in ("locations", "sessions"):  # a CDR seldom has parts, so its head is asked first
            part = self.part(key)
            if part is None or not part.taken:
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
            TableName=self.table(key.module), Key=item_key(key, part_name(uid)), ConsistentRead=True
        )
        return part_of(answer["Item"]) if answer.get("Item") else None

    def parts(self, wanted: Sequence[tuple[Key, str]]) -> list[Part | None]:
        """Several parts at once, in the order asked for, of one module."""
        if not wanted:
            return []
        module = wanted[0][0].module
        found = dynamodb.read(
            self.client,
            self.table(module),
            [item_key(key, part_name(uid)) for key, uid in wanted],
            consistent=True,
        )
        return [
            part_of(item) if item else None
            for item in (found.get((key.partition, part_name(uid))) for key, uid in wanted)
        ]

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

        `more` are writes that belong to a new or changed object, few enough to be in the same transaction.

        `old` is what `load` answered. Where somebody else wrote since, raises
        Conflict. Up to 90 changed EVSEs it is all or nothing; a larger change that
        is cut off in the middle is completed by repeating it.
        """
        by_name = {part.name: part for part in old}
        head = by_name.get(HEAD)
        if head is None:
            return self._create(key, new, feed, own, more)
        if head.feed != feed:
            self._move(key, by_name, new, feed, own, more)
            return "stored"
        place = feeds.number_of(head.place)
        actions = self._changes(key, by_name, new, feed, place, own)
        if not actions:
            return "unchanged"
        noted = self.feeds.unsaid(key.module, feed, {place: (head.unsaid, _unsaid(new))})
        self.write([*more, *actions, *noted])
        return "stored"

    def write(self, actions: Sequence[dict[str, Any]]) -> None:
        """Do all of them or none; more than one transaction takes, one after another. Raises Conflict."""
        for group in dynamodb.batches(list(actions)):
            self._writer.all(group)

    def save_part(self, key: Key, head: Part | None, old: Part | None, new: Part, own: bool) -> str:
        """Replace one part, or add an EVSE below its head; answers and raises as `save` does."""
        if old is not None:
            if same(old, new):
                return "unchanged"
            place = feeds.number_of(old.place)
            self._writer.one(self._put(key, old, new, old.feed, place, own))
            return "stored"
        if head is None:
            raise ServerError("an EVSE needs its Location")
        place = feeds.number_of(head.place)
        check = {
            "TableName": self.table(key.module),
            "Key": item_key(key, HEAD),
            **unchanged(head),
        }
        self._writer.all(
            [
                self._put(key, None, new._replace(spelled=head.spelled), head.feed, place, own),
                {"ConditionCheck": check},
            ]
        )
        return "created"

    def forget(self, key: Key, old: Sequence[Part]) -> None:
        """Delete an object; its number stays empty. Raises Conflict."""
        feed, place = old[0].feed, feeds.number_of(old[0].place)
        actions = [self._delete(key, part) for part in old]
        actions.append(self.feeds.hole(key.module, feed, place))
        self.feeds.compact(key.module, feed)
        self._writer.all([*actions, *self.feeds.unsaid(key.module, feed, {place: (old[0].unsaid, ())})])

    def hide(self, key: Key, hidden: bool) -> None:
        """Mark an object that its owner no longer lists, or lists again (AMB-33), if it is known."""
        verb = "SET #a = :a, #h = :h" if hidden else "SET #a = :a REMOVE #h"
        action: dict[str, Any] = {
            "TableName": self.table(key.module),
            "Key": item_key(key, HEAD),
            "UpdateExpression": verb,
            "ConditionExpression": "attribute_exists(#o)",
            "ExpressionAttributeNames": {"#h": "hidden", "#o": "object", "#a": "stored_at"},
            "ExpressionAttributeValues": {":a": text(self.now())},
        }
        if hidden:
            action["ExpressionAttributeValues"][":h"] = {"BOOL": True}
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
        self.feeds.append(
            module,
            feed,
            len(made),
            lambda first: [
                *(self._put(key, None, part, feed, first + at, own) for at, (key, part) in enumerate(made)),
                *self.feeds.unsaid(
                    module, feed, {first + at: ((), part.unsaid) for at, (_, part) in enumerate(made)}
                ),
                *more,
            ],
        )

    def _create(
        self, key: Key, new: Sequence[Part], feed: str, own: bool, more: Sequence[dict[str, Any]]
    ) -> str:
        new = sorted(new, key=lambda part: part.uid != "")

        def actions(place: int) -> list[dict[str, Any]]:
            noted = self.feeds.unsaid(key.module, feed, {place: ((), _unsaid(new))})
            head, *rest = (self._put(key, None, part, feed, place, own) for part in new)
            return [head, *more, *rest, *noted]

        self.feeds.append(key.module, feed, 1, actions)
        return "created"

    def _move(
        self,
        key: Key,
        old: dict[str, Part],
        new: Sequence[Part],
        feed: str,
        own: bool,
        more: Sequence[dict[str, Any]],
    ) -> None:
        """To another audience: a hole in the old feed, a new number in the new one."""
        head = old[HEAD]
        left = feeds.number_of(head.place)
        hole = self.feeds.hole(key.module, head.feed, left)
        noted = self.feeds.unsaid(key.module, head.feed, {left: (head.unsaid, ())})

        def actions(place: int) -> list[dict[str, Any]]:
            *changes, head = self._changes(key, old, new, feed, place, own)
            entered = self.feeds.unsaid(key.module, feed, {place: ((), _unsaid(new))})
            return [hole, *noted, *entered, head, *more, *changes]

        self.feeds.compact(key.module, head.feed)
        self.feeds.append(key.module, feed, 1, actions)

    def _changes(
        self, key: Key, old: dict[str, Part], new: Sequence[Part], feed: str, place: int, own: bool
    ) -> list[dict[str, Any]]:
        """What turns the old parts into the new ones, the head last; nothing where nothing differs.

        A change of anything in a Location also counts its head's revision up, so
        that two replacements at once cannot mix.
        """
        actions = []
        names = set()
        head, head_same = None, False
        for part in new:
            name = part.name
            names.add(name)
            before = old.get(name)
            kept = before if before is not None and same(before, part) else None
            if name == HEAD:
                head, head_same = part, kept is not None and kept.feed == feed
            elif kept is None or not stands(kept, feed, place):
                actions.append(self._put(key, before, part, feed, place, own))
        actions += [self._delete(key, part) for name, part in old.items() if name not in names]
        if head is None or (not actions and head_same):
            return actions
        return [*actions, self._put(key, old.get(HEAD), head, feed, place, own)]

    def _put(
        self, key: Key, old: Part | None, new: Part, feed: str, place: int, own: bool
    ) -> dict[str, dict[str, Any]]:
        spelled = (old.spelled if old else new.spelled) or (key.country_code, key.party_id, key.id)
        item = self._item(key, new, spelled, feed, place, own, (old.revision if old else 0) + 1)
        condition = unchanged(old) if old else absent()
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
            **item_key(key, part.name),
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
            "stored_at": text(self.now()),
        }
        if part.uid:
            item["uid"] = text(part.uid)
        if part.evses:
            item["evses"] = text(part.evses)
        if part.noted:
            item["noted"] = text(part.noted)
        if part.taken:
            item["taken"] = number(part.taken)
        for name, value in part.marks:
            item[name] = text(f"{key.owner}/{value}" if name == STATE else value)
        if part.unsaid:
            item["unsaid"] = text(unsaid_text(part.unsaid))
        days = self._deployment.settings.retention.get(key.module)
        if days and key.module != "locations":  # never deleted, and its items are not of one age (LOC-04)
            moment = datetime.fromisoformat(self._deployment.clock())
            item["expires_at"] = number(int(moment.timestamp()) + days * 86400)
        if (
            len(part.body) + len(part.evses) > dynamodb.SURELY_FITS
            and dynamodb.size(item) > dynamodb.LARGEST_ITEM
        ):
            what = f"EVSE {part.uid}" if part.uid else f"this {key.kind}"
            raise InvalidParameters(
                f"{what} is larger than the {dynamodb.LARGEST_ITEM // 1024} KB that can be kept"
            )
        return item

    def _delete(self, key: Key, part: Part) -> dict[str, dict[str, Any]]:
        return {
            "Delete": {
                "TableName": self.table(key.module),
                "Key": item_key(key, part.name),
                **unchanged(part),
            }
        }


def _unsaid(parts: Sequence[Part]) -> feeds.Unsaid:
    return next((part.unsaid for part in parts if not part.uid), ())
