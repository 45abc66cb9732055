"""Indexes that are behind their tables, as DynamoDB's are: moto's follow at once.

`behind(hand, seconds)`: until it ends, a query of an index of objects finds the table as it was so many
seconds ago by the clock of that platform. Reads by key stay as they are.
"""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.ocpi.modules import BY_ID
from chalicelib.ocpi.timestamps import later

WRITES = ("put_item", "update_item", "delete_item", "transact_write_items", "batch_write_item")


@contextmanager
def behind(hand: Any, seconds: float) -> Iterator[None]:
    """See above; not on an engine that nobody can look inside."""
    if os.environ.get("OCPI_TEST_DYNAMODB"):
        pytest.skip("the tables of DynamoDB Local cannot be set back")
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.dynamodb.models import dynamodb_backends

    tables = dynamodb_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].tables
    names = [name for id in BY_ID if (name := hand.platform.objects.table(id)) in tables]
    client, lock = hand.platform.clients.dynamodb, threading.RLock()
    states: list[tuple[str, dict[str, Any]]] = []

    def note() -> None:
        states.append((hand.clock(), {name: copy.deepcopy(tables[name].items) for name in names}))

    def write(real: Any, **asked: Any) -> Any:
        with lock:
            answer = real(**asked)
            note()
            return answer

    def query(**asked: Any) -> Any:
        name = asked["TableName"]
        if "IndexName" not in asked or name not in names:
            return kept["query"](**asked)
        with lock:
            seen_at = later(hand.clock(), -seconds)
            then = [state for at, state in states if at <= seen_at] or [states[0][1]]
            now, tables[name].items = tables[name].items, then[-1][name]
            try:
                return kept["query"](**asked)
            finally:
                tables[name].items = now

    note()
    kept = {name: getattr(client, name) for name in ("query", *WRITES)}
    for name in WRITES:
        setattr(client, name, lambda real=kept[name], **asked: write(real, **asked))
    client.query = query
    try:
        yield
    finally:
        for name in kept:
            delattr(client, name)
