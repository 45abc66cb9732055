"""What DynamoDB would charge and how often it is called: counted, as no emulator does it right.

`Meter` hangs on a botocore client and looks, through a second client of its own, at what is
stored before and after each call. Writes: the larger of old and new, rounded up to 1 KB, on the
table and on each index whose entry changes (a changed index key is a delete and a put); twice on the
table in transactions. Reads: full item sizes, whatever is projected, rounded up to 4 KB; half of that
where eventual consistency is enough.

Source: DynamoDB's documentation of read and write capacity and of secondary indexes.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from chalicelib.deployment import function_name
from chalicelib.store import marks
from chalicelib.store.dynamodb import Item, size
from chalicelib.store.messages import SHOWN

# Index keys and what is projected; None: everything.
INDEXES: dict[str, dict[str, tuple[tuple[str, str], tuple[str, ...] | None]]] = {
    "objects": {
        "feed": (("feed", "place"), None),
        "changes": (("feed", "last_updated"), ("object", "part", "feed", "last_updated", "place", "status")),
    },
    "deliveries": {
        "state": (("state", "due_at"), None),
        "due": (("due", "due_at"), ("partner", "object", "due", "due_at")),
    },
    "messages": {
        "partner": (("thread", "at"), ("thread", "request_id", *SHOWN)),
        "recent": (("kind", "at"), ("kind", "request_id", *SHOWN)),
        "object": (("object", "at"), ("object", "request_id", *SHOWN)),
        "correlation": (("correlation_id", "at"), ("request_id", *SHOWN)),
    },
}
KEYS = {
    "deliveries": ("partner", "object"),
    "messages": ("request_id", "at"),
    "refusals": ("id", "piece"),
    "routes": ("shard", "place"),
}
MODULES = ("locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo")


@dataclass
class Usage:
    """What some calls came to."""

    read: float = 0.0
    write: float = 0.0
    calls: list[str] = field(default_factory=list)

    @property
    def trips(self) -> int:
        return len(self.calls)

    def __str__(self) -> str:
        return f"{self.write:g} WU, {self.read:g} RU, {self.trips} round trips"


@contextmanager
def outside() -> Iterator[None]:
    """Work as none of the functions: what the meter looks up itself is no call of theirs."""
    reset = function_name.set("")
    try:
        yield
    finally:
        function_name.reset(reset)


class Meter:
    """Counts the calls of one DynamoDB client; `watch()` begins anew."""

    def __init__(self, client: Any, shadow: Any) -> None:
        self.usage = Usage()
        self.off = False
        self._shadow = shadow
        self._updating: tuple[str, Item, Item] | None = None
        self._lock = threading.RLock()  # some calls are made side by side
        client.meta.events.register_first("provide-client-params.dynamodb.*", self._count)
        client.meta.events.register("after-call.dynamodb.UpdateItem", self._updated)

    def watch(self) -> Usage:
        self.usage = Usage()
        return self.usage

    def _count(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if not self.off:
            with self._lock:
                self._counted(params, model)

    def _counted(self, params: dict[str, Any], model: Any) -> None:
        operation = model.name
        self.usage.calls.append(operation)
        if operation == "Query":
            self.usage.read += self._query(params)
        elif operation == "GetItem":
            self.usage.read += self._get(params["TableName"], params["Key"], params.get("ConsistentRead"))
        elif operation == "BatchGetItem":
            for table, asked in params["RequestItems"].items():
                for key in asked["Keys"]:
                    self.usage.read += self._get(table, key, asked.get("ConsistentRead"))
        elif operation == "TransactWriteItems":
            for action in params["TransactItems"]:
                ((kind, fields),) = action.items()
                self.usage.write += self._write(kind, fields, 2)
        elif operation == "BatchWriteItem":
            for table, actions in params["RequestItems"].items():
                for action in actions:
                    ((kind, fields),) = action.items()
                    fields = {"TableName": table, **fields}
                    self.usage.write += self._write(kind.removesuffix("Request"), fields, 1)
        elif operation in ("PutItem", "DeleteItem"):
            self.usage.write += self._write(operation.removesuffix("Item"), params, 1)
        elif operation == "UpdateItem":
            table, key = params["TableName"], params["Key"]
            self._updating = table, key, self._old(table, key)

    def _updated(self, **_: Any) -> None:
        """What an update came to is seen when it is done; one that was refused costs what it looked at."""
        if self._updating is not None:
            table, key, old = self._updating
            self._updating = None
            self.usage.write += _written(table, old, self._old(table, key), 1)

    def _old(self, table: str, key: Item) -> Item:
        with outside():
            answer = self._shadow.get_item(TableName=table, Key=key, ConsistentRead=True)
        found: Item = answer.get("Item", {})
        return found

    def _get(self, table: str, key: Item, consistent: Any) -> float:
        return max(1, ceil(size(self._old(table, key)) / 4096)) / (1 if consistent else 2)

    def _query(self, params: dict[str, Any]) -> float:
        left = ("ProjectionExpression", "Select", "FilterExpression")  # what it leaves out is paid, too
        asked = {name: value for name, value in params.items() if name not in left}
        used = set(re.findall(r"[#:]\w+", asked["KeyConditionExpression"]))
        for given in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
            names = asked.get(given, {})
            asked[given] = {name: names[name] for name in names if name in used}
        with outside():
            items = self._shadow.query(**asked)["Items"]
        projected = INDEXES["objects"].get(asked.get("IndexName", ""), ((), None))[1]
        total = sum(size(_part(item, projected)) for item in items)
        return max(1, ceil(total / 4096)) / (1 if asked.get("ConsistentRead") else 2)

    def _write(self, kind: str, fields: dict[str, Any], times: int) -> float:
        table = fields["TableName"]
        item = fields.get("Item", {})
        key = fields.get("Key") or {name: item[name] for name in _keys(table) if name in item}
        old = self._old(table, key)
        if kind == "ConditionCheck":
            return times * _units(size(old))
        new: Item = {} if kind == "Delete" else item or {**key, **old}
        if kind == "Update":
            new = {
                **new,
                **{f"_{at}": v for at, v in enumerate(fields["ExpressionAttributeValues"].values())},
            }
            return times * _units(max(size(old), size(new)))
        return _written(table, old, new, times)


def _keys(table: str) -> tuple[str, ...]:
    name = table.rpartition("-")[2]
    return ("object", "part") if name in MODULES else KEYS.get(name, ("id",))


def _written(table: str, old: Item, new: Item, times: int) -> float:
    """Units of making one item the other, indexes included; twice on the table in a transaction."""
    name = table.rpartition("-")[2]
    units: float = times * _units(max(size(old), size(new)))
    found = INDEXES.get(name, {})
    if name in MODULES:
        found = {**INDEXES["objects"], **_marks(name)}
    for keys, projected in found.values():
        units += _index(_part(old, projected), _part(new, projected), keys)
    return units


def _marks(module: str) -> dict[str, tuple[tuple[str, str], tuple[str, ...] | None]]:
    """The sparse indexes of a module: keys only. What `changes` shows more of an EVSE adds no unit."""
    return {index: (keys, ("object", "part", *keys)) for index, keys in marks.INDEXES.get(module, {}).items()}


def _index(old: Item, new: Item, keys: tuple[str, str]) -> int:
    old_in = all(name in old for name in keys)
    new_in = all(name in new for name in keys)
    if (not old_in and not new_in) or old == new:
        return 0
    if old_in and new_in and all(old[name] == new[name] for name in keys):
        return _units(max(size(old), size(new)))
    return (_units(size(old)) if old_in else 0) + (_units(size(new)) if new_in else 0)


def _part(item: Item, projected: tuple[str, ...] | None) -> Item:
    return item if projected is None else {name: item[name] for name in projected if name in item}


def _units(size_: int) -> int:
    return max(1, ceil(size_ / 1024))
