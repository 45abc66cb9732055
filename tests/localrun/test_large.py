"""The emulator of a laptop: what a call costs does not grow with what is stored."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from moto.dynamodb.models.table import Table

from localrun import large
from localrun.emulator import Moto

_INDEX = {
    "IndexName": "feed",
    "KeySchema": [{"AttributeName": "feed", "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "ALL"},
}


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


def _table(emulator: Moto | None, name: str = "large") -> tuple[Any, Any]:
    import boto3
    from moto.core.models import DEFAULT_ACCOUNT_ID
    from moto.dynamodb.models import dynamodb_backends

    environ = emulator.environ({}) if emulator else {"AWS_REGION": "eu-central-1"}
    client = boto3.client(
        "dynamodb",
        region_name=environ["AWS_REGION"],
        endpoint_url=emulator.endpoint if emulator else None,
        aws_access_key_id="x",
        aws_secret_access_key="x",
    )
    client.create_table(
        TableName=name,
        KeySchema=[
            {"AttributeName": "object", "KeyType": "HASH"},
            {"AttributeName": "part", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"}
            for each in ("object", "part", *(() if emulator else ("feed", "at")))
        ],
        BillingMode="PAY_PER_REQUEST",
        **({} if emulator else {"GlobalSecondaryIndexes": [_INDEX]}),
    )
    return client, dynamodb_backends[DEFAULT_ACCOUNT_ID][environ["AWS_REGION"]].tables[name]


def _spent(client: Any, at: int) -> float:
    began = time.process_time()
    for part in range(3):
        keys = [{"object": {"S": f"new{at}-{part}"}, "part": {"S": name}} for name in "ab"]
        client.transact_write_items(
            TransactItems=[{"Put": {"TableName": "large", "Item": each}} for each in keys]
        )
    return time.process_time() - began


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("many", [40, 1_500])
def test_the_pages_of_an_index_are_those_of_moto_alone(aws: None, forward: bool, many: int) -> None:
    """Either way, by a limit and by size, where many items have the same place in the index."""
    client, table = _table(None, "pages")
    try:
        large.fill(table, (_placed(at, 40 if many < 100 else 3_000) for at in range(many)))
        plain = list(_pages(client, forward, 7 if many < 100 else 0))
        with large.tables():
            assert list(_pages(client, forward, 7 if many < 100 else 0)) == plain
    finally:
        client.delete_table(TableName="pages")
    assert len(plain) > 3 and sum(map(len, plain)) == many


def _placed(at: int, size: int) -> dict[str, Any]:
    place = f"2026-01-0{1 + at % 3}" if at % 5 else "2026-01-02"
    attributes = {"object": f"o{at * 7919 % 10_007:05}", "part": "-", "feed": "F", "at": place}
    return {**{name: {"S": value} for name, value in attributes.items()}, "body": {"S": "x" * size}}


def _pages(client: Any, forward: bool, limit: int) -> Iterator[list[str]]:
    request: dict[str, Any] = {
        "TableName": "pages",
        "IndexName": "feed",
        "KeyConditionExpression": "feed = :feed",
        "ExpressionAttributeValues": {":feed": {"S": "F"}},
        "ScanIndexForward": forward,
        **({"Limit": limit} if limit else {}),
    }
    while True:
        answer = client.query(**request)
        yield [each["object"]["S"] for each in answer["Items"]]
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
