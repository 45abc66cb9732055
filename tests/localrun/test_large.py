"""The emulator of a laptop: what a call costs does not grow with what is stored."""

from __future__ import annotations

import time
from typing import Any

from moto.dynamodb.models.table import Table

from localrun import large
from localrun.emulator import Moto


def test_a_transaction_costs_the_same_among_few_items_and_many() -> None:
    """CPU time; moto by itself copies all tables for each."""
    emulator = Moto()
    emulator.start()
    try:
        client, table = _table(emulator)
        few = min(_spent(client, at) for at in range(5))
        large.fill(table, ({"object": {"S": f"o{at}"}, "part": {"S": "-"}} for at in range(10_000)))
        many = min(_spent(client, at) for at in range(5, 10))
    finally:
        emulator.stop()
    assert many < 3 * few + 0.02, (few, many)


def test_what_ends_first_leaves_moto_as_the_other_needs_it() -> None:
    """Two platforms in one process, ended in whatever order."""
    plain = Table.query
    one, other = Moto(), Moto()
    one.start()
    other.start()
    one.stop()
    assert Table.query is not plain
    other.stop()
    assert Table.query is plain


def _table(emulator: Moto) -> tuple[Any, Any]:
    import boto3
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.dynamodb.models import dynamodb_backends

    environ = emulator.environ({})
    client = boto3.client(
        "dynamodb",
        region_name=environ["AWS_REGION"],
        endpoint_url=emulator.endpoint,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    client.create_table(
        TableName="large",
        KeySchema=[
            {"AttributeName": "object", "KeyType": "HASH"},
            {"AttributeName": "part", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("object", "part")],
        BillingMode="PAY_PER_REQUEST",
    )
    return client, dynamodb_backends[DEFAULT_ACCOUNT_ID][environ["AWS_REGION"]].tables["large"]


def _spent(client: Any, at: int) -> float:
    began = time.process_time()
    for part in range(3):
        keys = [{"object": {"S": f"new{at}-{part}"}, "part": {"S": name}} for name in "ab"]
        client.transact_write_items(
            TransactItems=[{"Put": {"TableName": "large", "Item": each}} for each in keys]
        )
    return time.process_time() - began
