"""moto with tables of very many items, for what is only seen there: a crawl of 20,000, a late page.

moto weighs every item of a table for each query, and copies the table for each
transaction. Here a query is handed the items of its key, and a transaction's
copy shares the items: what is changed is replaced, never changed in place.
The results are moto's own.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

# Where moto's `Table.query` takes them.
START, FORWARD, INDEX_NAME = 4, 5, 7
# More than a page of DynamoDB's (1 MB).
PAGE = 2_000_000


_in_use: list[ExitStack] = []
_changing = threading.Lock()


@contextmanager
def tables() -> Iterator[None]:
    """As long as this lasts, or another of it, large tables and long queues cost moto little."""
    with _changing:
        stack = _in_use[0] if _in_use else ExitStack()
        if not _in_use:
            stack.enter_context(_changed())
        _in_use.append(stack)
    try:
        yield
    finally:
        with _changing:
            _in_use.pop()
            if not _in_use:
                stack.close()


@contextmanager
def _changed() -> Iterator[None]:
    from moto.dynamodb.models import DynamoDBBackend
    from moto.dynamodb.models.dynamo_type import DynamoType
    from moto.dynamodb.models.table import Table
    from moto.sqs.models import SQSBackend

    backend: Any = DynamoDBBackend
    one_query = threading.Lock()
    query, update, transact = Table.query, backend.update_item, backend.transact_write_items
    valid = SQSBackend.is_message_valid_based_on_retention_period

    def narrowed(self: Any, *args: Any, **more: Any) -> Any:
        index = args[INDEX_NAME] if len(args) > INDEX_NAME else None
        candidates = _candidates(self, args[0], index, args[START] or {}, args[FORWARD], more)
        with one_query:  # some are asked side by side
            self.all_items = lambda: candidates
            try:
                return query(self, *args, **more)
            finally:
                del self.all_items

    def replacing(self: Any, table_name: str, key: dict[str, Any], *args: Any, **more: Any) -> Any:
        _replace(self.get_table(table_name), key)
        return update(self, table_name, key, *args, **more)

    touched: dict[str, list[Any]] = {}

    def transacting(self: Any, actions: list[dict[str, dict[str, Any]]]) -> Any:
        touched.clear()
        for action in actions:
            for fields in action.values():
                table = self.get_table(fields["TableName"])
                key = DynamoType((fields.get("Key") or fields["Item"])[table.hash_key_attr])
                touched.setdefault(table.name, []).append(key)
        return transact(self, actions)

    def shared(self: Any, memo: Any) -> Any:
        other = copy.copy(self)
        other.items = copy.copy(self.items)
        if self.range_key_attr:
            for hash_key in touched.get(self.name, ()):
                if hash_key in other.items:
                    other.items[hash_key] = copy.copy(other.items[hash_key])
        if self.stream_shard:
            other.stream_shard = copy.copy(self.stream_shard)
            other.stream_shard.table = other  # else each table keeps the one before it
            other.stream_shard.items = list(self.stream_shard.items)
        return other

    # moto counts all messages of the queue for each that it receives, to find how long it keeps them.
    SQSBackend.is_message_valid_based_on_retention_period = lambda *_: True
    Table.query, backend.update_item, backend.transact_write_items = narrowed, replacing, transacting
    Table.__deepcopy__ = shared
    try:
        yield
    finally:
        Table.query, backend.update_item, backend.transact_write_items = query, update, transact
        SQSBackend.is_message_valid_based_on_retention_period = valid
        del Table.__deepcopy__


def one_at_a_time(client: Any) -> None:
    """Make a client's calls atomic under threads, as DynamoDB's are and moto's are not."""
    lock, call = threading.Lock(), client._make_api_call

    def locked(operation: str, params: dict[str, Any]) -> Any:
        with lock:
            return call(operation, params)

    client._make_api_call = locked


def fill(table: Any, items: Iterable[dict[str, Any]]) -> None:
    """Put items into moto's table without its checks."""
    from moto.dynamodb.models.dynamo_type import DynamoType, Item

    for attributes in items:
        key = DynamoType(attributes[table.hash_key_attr])
        range_key = DynamoType(attributes[table.range_key_attr])
        table.items[key][range_key] = Item(key, range_key, attributes)


def _replace(table: Any, key: dict[str, Any]) -> None:
    """Put a copy where the item of this key is, for moto to change."""
    from moto.dynamodb.models.dynamo_type import DynamoType

    items, name = table.items, DynamoType(key[table.hash_key_attr])
    if table.range_key_attr:
        items, name = items.get(name, {}), DynamoType(key[table.range_key_attr])
    if name in items:
        items[name] = copy.deepcopy(items[name])


def _candidates(
    table: Any, hash_key: Any, index: str | None, start: dict[str, Any], forward: bool, more: dict[str, Any]
) -> list[Any]:
    """What a query of one partition can answer: in the range that is asked for, a page's worth of it."""
    if not table.range_key_attr:
        return list(table.items.values())
    if index is None:
        items = table.items.get(hash_key, {})
        for _, comparison, values in more.get("range_key_conditions") or ():
            if comparison == "BEGINS_WITH":
                prefix = values[0].value
                return [item for key, item in items.items() if key.value.startswith(prefix)]
        return list(items.values())
    ((name, value),) = ((name, value.value) for name, value in more["hash_key_conditions"])
    ((ordered, comparison, values),) = more.get("range_key_conditions") or [
        (_range_key(table, index), "", [])
    ]
    low, high = _bounds(comparison, [each.value for each in values])
    found = []
    for items in table.items.values():
        for item in items.values():
            attrs = item.attrs
            if name in attrs and attrs[name].value == value and ordered in attrs:
                place = attrs[ordered].value
                if low <= place and (high is None or place <= high):
                    found.append((place, item.hash_key.value, item.range_key.value, item))
    found.sort(key=lambda each: each[:3], reverse=not forward)
    if ordered in start:
        keys = (ordered, table.hash_key_attr, table.range_key_attr)
        last = tuple(next(iter(start[each].values())) for each in keys)
        found = [each for each in found if (each[:3] > last if forward else each[:3] < last)]
    weight = 0
    for at, (*_, item) in enumerate(found):
        body = item.attrs.get("body")
        weight += len(body.value) if body else 0
        if weight > PAGE:
            return [each[3] for each in found[:at]]
    return [each[3] for each in found]


def _bounds(comparison: str, values: list[str]) -> tuple[str, str | None]:
    """Between which places a query's range lies; moto looks closer."""
    if comparison == "BETWEEN":
        return values[0], values[1]
    if comparison in ("LE", "<=", "LT", "<"):
        return "", values[0]
    if comparison in ("EQ", "="):
        return values[0], values[0]
    if comparison == "BEGINS_WITH":
        return values[0], values[0] + "\U0010ffff"
    return (values[0] if comparison in ("GE", ">=", "GT", ">") else ""), None


def _range_key(table: Any, index: str) -> str:
    (schema,) = (each.schema for each in table.all_indexes() if each.name == index)
    return next(str(key["AttributeName"]) for key in schema if key["KeyType"] == "RANGE")
