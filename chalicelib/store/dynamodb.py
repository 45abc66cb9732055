"""Items, keys and conditional writes: what all tables of objects have in common.

Every write that depends on what was read before carries a condition; one that
fails is a Conflict, and whoever asked reads again and tries again.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from botocore.exceptions import ClientError

from chalicelib.ocpi.errors import ServerError

Item = dict[str, dict[str, Any]]
# What one transaction takes: 100 items and 4 MB; one item: 400 KB.
MOST_ACTIONS = 96
MOST_BYTES = 3_500_000
LARGEST_ITEM = 390 * 1024
# So many characters of a body fit in an item beside the attributes, whatever UTF-8 makes of them.
SURELY_FITS = LARGEST_ITEM // 4 - 4096
RACES = 8

T = TypeVar("T")

_RACED = ("ConditionalCheckFailed", "TransactionConflict", "DuplicateItem")
_BUSY = ("ThrottlingError", "ProvisionedThroughputExceeded")


class Conflict(Exception):
    """Somebody else wrote in between; `items` are what the failed conditions found, by position."""

    def __init__(self, items: dict[int, Item] | None = None) -> None:
        super().__init__("written by somebody else in between")
        self.items = items or {}


def text(value: str) -> dict[str, str]:
    return {"S": value}


def number(value: int) -> dict[str, str]:
    return {"N": str(value)}


def is_over(item: Item, now: str) -> bool:
    """Whether an item's time is over: DynamoDB removes it in its own time, up to days later."""
    until = item.get("expires_at")
    return until is not None and int(until["N"]) <= datetime.fromisoformat(now).timestamp()


def size(item: Item) -> int:
    """The bytes DynamoDB counts for an item: names and values in UTF-8."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.items())


def value_size(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "S":
        return len(content) if content.isascii() else len(content.encode())
    if kind == "N":
        return (len(content.lstrip("-")) + 1) // 2 + 1
    if kind == "L":
        return 3 + sum(1 + value_size(each) for each in content)
    if kind == "SS":
        return sum(len(each.encode()) for each in content)
    return 1


def retried(attempt: Callable[[], T]) -> T:
    """What the attempt answers once nobody else gets in between. Raises ServerError after RACES attempts."""
    for turn in range(RACES):
        try:
            return attempt()
        except Conflict:
            time.sleep(random.random() * 0.02 * 2**turn)  # noqa: S311
    raise ServerError("this object is being changed by too many at once; try again")


def read(client: Any, table: str, keys: list[Item], consistent: bool = False) -> dict[tuple[str, str], Item]:
    """The items with these keys, however many, by their (object, part)."""
    found: dict[tuple[str, str], Item] = {}
    keys = list({(key["object"]["S"], key["part"]["S"]): key for key in keys}.values())
    while keys:
        asked, keys = keys[:100], keys[100:]
        answer = client.batch_get_item(RequestItems={table: {"Keys": asked, "ConsistentRead": consistent}})
        for item in answer["Responses"].get(table, ()):
            found[item["object"]["S"], item["part"]["S"]] = item
        left = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
        if left:
            time.sleep(random.random() * 0.05)  # noqa: S311
            keys = left + keys
    return found


class Writer:
    """Conditional writes through a DynamoDB client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def one(self, action: dict[str, dict[str, Any]]) -> None:
        """Do one Put, Update or Delete. Raises Conflict."""
        ((kind, fields),) = action.items()
        operation = {"Put": "put_item", "Update": "update_item", "Delete": "delete_item"}[kind]
        fields = {
            name: value for name, value in fields.items() if name != "ReturnValuesOnConditionCheckFailure"
        }
        try:
            getattr(self._client, operation)(**fields)
        except (
            self._client.exceptions.ConditionalCheckFailedException,
            self._client.exceptions.TransactionConflictException,
        ):
            raise Conflict from None

    def all(self, actions: list[dict[str, dict[str, Any]]]) -> None:
        """Do all of them or none. Raises Conflict with what the failed conditions found."""
        if len(actions) == 1 and "ConditionCheck" not in actions[0]:
            self.one(actions[0])
            return
        try:
            self._client.transact_write_items(TransactItems=actions)
        except ClientError as problem:
            code = problem.response["Error"]["Code"]
            if code == "TransactionInProgressException":
                raise Conflict from None
            if code != "TransactionCanceledException":
                raise
            reasons = problem.response.get("CancellationReasons", [])
            codes = {reason.get("Code") for reason in reasons}
            if not codes & set(_RACED + _BUSY):
                raise
            raise Conflict(
                {at: reason["Item"] for at, reason in enumerate(reasons) if reason.get("Item")}
            ) from None


def batches(actions: list[dict[str, dict[str, Any]]]) -> list[list[dict[str, dict[str, Any]]]]:
    """The actions in order, in groups that one transaction takes."""
    if len(actions) * LARGEST_ITEM <= MOST_BYTES:
        return [actions]
    groups: list[list[dict[str, dict[str, Any]]]] = [[]]
    weight = 0
    for action in actions:
        ((_, fields),) = action.items()
        bytes_ = size(fields.get("Item") or fields.get("Key") or {}) + 200
        if groups[-1] and (len(groups[-1]) == MOST_ACTIONS or weight + bytes_ > MOST_BYTES):
            groups.append([])
            weight = 0
        groups[-1].append(action)
        weight += bytes_
    return groups
