"""Pulls under way, and when to do things again: items beside the deliveries.

A partner has one job per module, at `pull#<module>`. It moves a page at a time,
each step conditional on the page it began with, so that a repeated message
moves nothing.

Contract: design section 8
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.timestamps import later
from chalicelib.store.delivery_items import DUE
from chalicelib.store.dynamodb import Item

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

RUNNING, COMPLETED, FAILED = "RUNNING", "COMPLETED", "FAILED"
# Seconds after which a job of which nothing was heard is taken up again, longer than one page may take.
STALE = 300
KEPT_DAYS = 30
# For how long it is kept which objects a crawl had; at a hub that tells them on, until the next one.
SEEN_DAYS, TOLD_ON_DAYS = 1, 400
LARGEST_BODY = 300_000


@dataclass(frozen=True)
class Pull:
    """A crawl of one module of a partner. `url` is the page that is next, found by `led_by`, and not
    fetched before `next_at`; of that page `skip` objects were stored already. Once all pages were seen,
    `hiding` is where the next step of hiding goes on, and `skip` counts those.

    `asked` is which of the partner's parties is asked for its list, which began after `began` pages, when
    the lists `before` had promised so many objects (-1: unknown); `of_all`: the list is the one of all.

    `listed` counts the objects of all its pages; `checkpoint` is an address seen earlier, for finding loops;
    `backs` counts its steps back after a total that dropped; `idle` counts pages in a row that brought
    nothing; `synced_at` is when the last complete crawl began. `untold`: it ended, and the back end has
    not been told yet.
    """

    partner: str
    module: str
    job: str = ""
    state: str = ""
    url: str = ""
    date_from: str = ""
    started_at: str = ""
    ended_at: str = ""
    synced_at: str = ""
    reason: str = ""
    checkpoint: str = ""
    last_page: str = ""
    led_by: str = ""
    next_at: str = ""
    hiding: str = ""
    pages: int = 0
    objects: int = 0
    listed: int = 0
    skip: int = 0
    set_aside: int = 0
    stale: int = 0
    hidden: int = 0
    untold: int = 0
    total: int = -1
    first_total: int = -1
    attempts: int = 0
    idle: int = 0
    backs: int = 0
    asked: int = 0
    began: int = 0
    before: int = 0
    of_all: int = 0
    due_at: str = ""

    @property
    def id(self) -> str:
        return f"{self.partner}#{self.module}#{self.job}"

    @property
    def promised(self) -> int:
        """How many objects the lists promised so far, -1 where one did not say."""
        if self.of_all:
            return self.total
        return self.before + self.total if min(self.before, self.total) >= 0 else -1

    @property
    def progress(self) -> dict[str, Any]:
        """How far the pull came, as actions and events tell it."""
        names = ("partner", "module", "state", "pages", "objects", "set_aside", "stale", "hidden")
        return {name: getattr(self, name) for name in names}


_NUMBERS = frozenset(each.name for each in fields(Pull) if each.type == "int")


class Pulls:
    """The pulls in the table of deliveries."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.table = f"{deployment.settings.prefix}-deliveries"

    @property
    def _client(self) -> Any:
        return self._deployment.clients.dynamodb

    def get(self, partner: str, module: str) -> Pull:
        """The job there is or was; an empty one where there never was any."""
        item = self._item(partner, f"pull#{module}")
        return _pull(item) if item else Pull(partner, module)

    def put(self, pull: Pull, expected: Pull) -> bool:
        """Replace a job by what it is now, if it still is where it was expected to be."""
        item = _key(pull.partner, f"pull#{pull.module}")
        for each in fields(Pull):
            value = getattr(pull, each.name)
            if each.name != "partner" and value != "":
                name = "pull_state" if each.name == "state" else each.name
                item[name] = {"N": str(value)} if each.name in _NUMBERS else {"S": value}
        if pull.state == RUNNING or pull.untold:
            item["due"] = {"S": DUE}
            item["due_at"] = {"S": pull.due_at or later(self._deployment.clock(), STALE)}
        else:
            item.pop("due_at", None)
        if not expected.job:
            return self._put_if(item, "attribute_not_exists(job)")
        return self._put_if(
            item,
            "job = :job AND pages = :pages AND attempts = :attempts AND pull_state = :state"
            " AND (attribute_not_exists(skip) OR skip = :skip)"
            " AND (attribute_not_exists(asked) OR asked = :asked)",
            {
                ":job": {"S": expected.job},
                ":pages": {"N": str(expected.pages)},
                ":attempts": {"N": str(expected.attempts)},
                ":state": {"S": expected.state},
                ":skip": {"N": str(expected.skip)},
                ":asked": {"N": str(expected.asked)},
            },
        )

    def of(self, partner: str) -> list[Pull]:
        """A partner's jobs, one per module."""
        return [_pull(item) for item in self._items(partner, "pull#")]

    # Which objects a full crawl saw

    def saw(
        self, pull: Pull, page: int, partitions: Iterable[str], part: int = 0, days: int = SEEN_DAYS
    ) -> None:
        """Keep which objects a page, or a part of a very large one, had, for so many days."""
        item = _key(pull.partner, f"seen#{pull.module}#{pull.job}#{page:06d}" + (f".{part}" if part else ""))
        item["seen"] = {"S": jsontext.dumps(list(partitions))}
        item["expires_at"] = {"N": str(self._epoch(days))}
        self._client.put_item(TableName=self.table, Item=item)

    def seen(self, pull: Pull) -> set[str]:
        """The objects of all pages of a crawl."""
        found: set[str] = set()
        for item in self._items(pull.partner, f"seen#{pull.module}#{pull.job}#"):
            found.update(jsontext.loads(item["seen"]["S"]))
        return found

    def seen_before(self, pull: Pull) -> set[str]:
        """The objects that earlier crawls of this module had, as long as that is kept."""
        found: set[str] = set()
        for item in self._seen_before(pull):
            found.update(jsontext.loads(item["seen"]["S"]))
        return found

    def forget_before(self, pull: Pull) -> None:
        """What earlier crawls had counts no more: this one saw all there is."""
        for item in list(self._seen_before(pull)):
            self._client.delete_item(
                TableName=self.table, Key={name: item[name] for name in ("partner", "object")}
            )

    def _seen_before(self, pull: Pull) -> Iterator[Item]:
        prefix = f"seen#{pull.module}#"
        for item in self._items(pull.partner, prefix):
            if not item["object"]["S"].startswith(f"{prefix}{pull.job}#"):
                yield item

    # What is to be done at a time: `schedule#<module>`, `probe#` and `catch-up#`

    def remind(self, partner: str, name: str, seconds: float) -> None:
        """Have the sweep think of something after so many seconds, unless it does already."""
        self._put_if(
            self.reminder(partner, name, seconds), "attribute_not_exists(#p)", names={"#p": "partner"}
        )

    def reminder(self, partner: str, name: str, seconds: float) -> Item:
        """The item by which the sweep thinks of it, for a transaction with what it is about."""
        due_at = later(self._deployment.clock(), seconds)
        return _key(partner, name) | {"due": {"S": DUE}, "due_at": {"S": due_at}}

    # How many requests of one kind are under way to one partner: its share of the workers

    def take_slot(self, partner: str, kind: str, slots: int, seconds: int) -> str:
        """One of a partner's few places for a request under way, "" where all are taken.

        One that nobody gave back is free again after so many seconds.
        """
        now = self._deployment.clock()
        for number in range(slots):
            item = _key(partner, f"slot#{kind}{number}") | {"until": {"S": later(now, seconds)}}
            free = self._put_if(
                item, "attribute_not_exists(#u) OR #u < :now", {":now": {"S": now}}, {"#u": "until"}
            )
            if free:
                return f"slot#{kind}{number}"
        return ""

    def note_since(self, partner: str, name: str, since: str) -> None:
        """Note from when on the next of what the sweep thinks of counts."""
        self._client.update_item(
            TableName=self.table,
            Key=_key(partner, name),
            UpdateExpression="SET since = :since",
            ConditionExpression="attribute_exists(due)",
            ExpressionAttributeValues={":since": {"S": since}},
        )

    def keep_without_event(self, partner: str, name: str, seconds: float, event: str) -> None:
        """Still think of it, with no event to tell, where it is this event that was to be told."""
        item = self.reminder(partner, name, seconds)
        self._put_if(item, "#e = :e", {":e": {"S": event}}, {"#e": "event"})

    def event(self, partner: str, name: str) -> str:
        """The id of the event that the sweep is to tell, "" where there is none."""
        return str(self._item(partner, name).get("event", {}).get("S", ""))

    def reminds(self, partner: str, name: str) -> bool:
        """Whether the sweep thinks of it."""
        return bool(self._item(partner, name))

    def forget(self, partner: str, name: str) -> None:
        """No longer think of it."""
        self._client.delete_item(TableName=self.table, Key=_key(partner, name))

    def _item(self, partner: str, name: str) -> Item:
        """The item as it is now; empty where there is none."""
        answer = self._client.get_item(TableName=self.table, Key=_key(partner, name), ConsistentRead=True)
        found: Item = answer.get("Item", {})
        return found

    def _put_if(
        self, item: Item, condition: str, values: Item | None = None, names: dict[str, str] | None = None
    ) -> bool:
        """Write an item where this holds of what is there; whether it did."""
        more = {"ExpressionAttributeValues": values, "ExpressionAttributeNames": names}
        try:
            self._client.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression=condition,
                **{name: value for name, value in more.items() if value},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _items(self, partner: str, prefix: str) -> Iterator[Item]:
        request: dict[str, Any] = {
            "TableName": self.table,
            "KeyConditionExpression": "#p = :p AND begins_with(#o, :o)",
            "ExpressionAttributeNames": {"#p": "partner", "#o": "object"},
            "ExpressionAttributeValues": {":p": {"S": partner}, ":o": {"S": prefix}},
        }
        while True:
            answer = self._client.query(**request)
            yield from answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _epoch(self, days: int) -> int:
        return int(datetime.fromisoformat(self._deployment.clock()).timestamp()) + days * 86400


def _pull(item: Mapping[str, Mapping[str, Any]]) -> Pull:
    values: dict[str, Any] = {}
    for each in fields(Pull):
        found = item.get("pull_state" if each.name == "state" else each.name)
        if found:
            values[each.name] = int(found["N"]) if each.name in _NUMBERS else found["S"]
    return Pull(**values)


def _key(partner: str, name: str) -> Item:
    return {"partner": {"S": partner}, "object": {"S": name}}
