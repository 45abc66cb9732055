"""moto without its detours answers what moto answers."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localrun import REGION, large
from localrun.emulator import mocked_clients
from localrun.lighter_moto import as_written

# Every kind of value and of change, once; printed is all that the calls answer.
CALLS = """
import json, os, sys
os.environ |= {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "a", "AWS_DEFAULT_REGION": "eu-west-1"}
import boto3
from botocore.exceptions import ClientError
from moto import mock_aws

if sys.argv[1] == "lighter":
    from localrun.lighter_moto import lighten
    lighten()

def tell(what, **asked):
    try:
        said = getattr(db, what)(**asked)
    except ClientError as refused:
        said = refused.response
    said.pop("ResponseMetadata", None)
    said.pop("TableDescription", None)
    print(what, json.dumps(said, sort_keys=True, default=repr))

def update(expression, values=None, names=None, **more):
    asked = {"TableName": "t", "Key": {"k": {"S": "a"}}, "UpdateExpression": expression}
    asked["ReturnValues"] = "ALL_NEW"
    if values:
        asked["ExpressionAttributeValues"] = values
    if names:
        asked["ExpressionAttributeNames"] = names
    tell("update_item", **asked, **more)

with mock_aws():
    db = boto3.client("dynamodb")
    db.create_table(TableName="t", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}])
    item = {"k": {"S": "a"}, "n": {"N": "1.50"}, "e": {"S": ""}, "t": {"BOOL": True}, "x": {"NULL": True},
        "b": {"B": b"\\x00\\xff"}, "ss": {"SS": ["q", "p"]}, "ns": {"NS": ["1", "2"]}, "bs": {"BS": [b"z"]},
        "l": {"L": [{"S": "0"}, {"L": [{"N": "1"}]}, {"M": {"y": {"B": b"y"}}}, {"L": []}]},
        "m": {"M": {"S": {"S": "S"}, "deep": {"M": {"list": {"L": [{"NULL": True}]}}}, "none": {"M": {}}}}}
    tell("put_item", TableName="t", Item=item)
    tell("get_item", TableName="t", Key={"k": {"S": "a"}})
    tell("get_item", TableName="t", Key={"k": {"S": "nobody"}})
    update("SET n = n + :one, m.#d.#l[0] = :s, fresh = if_not_exists(fresh, :s), l = list_append(l, :l)",
        {":one": {"N": "1"}, ":s": {"S": "s"}, ":l": {"L": [{"M": {"z": {"N": "9"}}}]}},
        {"#d": "deep", "#l": "list"})
    update("REMOVE l[0], l[2], m.none SET a1 = :s, a2 = :s", {":s": {"S": "s"}})
    update("REMOVE l[0], l[2], m.none SET a1 = :s, a2 = :s", {":s": {"S": "again"}})
    update("ADD n :one, ns :set DELETE ss :gone",
        {":one": {"N": "0.25"}, ":set": {"NS": ["3"]}, ":gone": {"SS": ["q"]}})
    update("SET n = :s, n = :s", {":s": {"S": "twice"}})
    update("SET nowhere.at.all = :s", {":s": {"S": "s"}})
    update("SET k = :s", {":s": {"S": "key"}})
    update("SET n = :missing", {":s": {"S": "s"}})
    update("SET SET", {":s": {"S": "s"}})
    update("SET a1 = :s", {":s": {"S": "s"}}, ConditionExpression="attribute_not_exists(k)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD")
    put = {"TableName": "t", "Item": {"k": {"S": "b"}}}
    fails = {**put, "Item": {"k": {"S": "a"}}, "ConditionExpression": "attribute_not_exists(k)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    change = {"TableName": "t", "Key": {"k": {"S": "a"}}, "UpdateExpression": "SET a9 = :s",
        "ExpressionAttributeValues": {":s": {"S": "s"}}}
    tell("transact_write_items", TransactItems=[{"Put": put}, {"Put": fails}])
    tell("transact_write_items", TransactItems=[{"Put": put}, {"Update": change}])
    tell("batch_get_item", RequestItems={"t": {"Keys": [{"k": {"S": "a"}}, {"k": {"S": "b"}}]}})
    tell("scan", TableName="t", FilterExpression="a9 = :s", ExpressionAttributeValues={":s": {"S": "s"}})
    tell("query", TableName="t", KeyConditionExpression="k = :k",
        ExpressionAttributeValues={":k": {"S": "a"}})
"""


def test_what_dynamodb_answers_is_the_same_with_and_without() -> None:
    lighter, plain = _answers("lighter"), _answers("plain")
    assert lighter.count("\n") == 18
    assert lighter == plain


@pytest.mark.parametrize("tables", [large.tables, contextlib.nullcontext])
def test_a_stream_tells_what_comes_after_a_cancelled_transaction(aws: None, tables: Any) -> None:
    with tables():
        clients = mocked_clients({"AWS_REGION": REGION})
        db, streams = clients.dynamodb, clients.dynamodbstreams
        made = db.create_table(
            TableName="t",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )["TableDescription"]
        stream = made["LatestStreamArn"]
        shard = streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"][0]["ShardId"]
        place = streams.get_shard_iterator(StreamArn=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]
        heard = []
        for number in range(3):
            new, known = {"k": {"S": str(number)}}, {"k": {"S": "0"}}
            db.put_item(TableName="t", Item=new)
            page = streams.get_records(ShardIterator=place)
            heard += [each["dynamodb"]["Keys"]["k"]["S"] for each in page["Records"]]
            place = page["NextShardIterator"]
            refused = {"TableName": "t", "Item": known, "ConditionExpression": "attribute_not_exists(k)"}
            other = {"TableName": "t", "Item": {"k": {"S": "never"}}}
            with pytest.raises(db.exceptions.TransactionCanceledException):
                db.transact_write_items(TransactItems=[{"Put": other}, {"Put": refused}])
        db.delete_table(TableName="t")
        assert heard == ["0", "1", "2"]


def _answers(which: str) -> str:
    done = subprocess.run([sys.executable, "-c", CALLS, which], capture_output=True, text=True, check=True)
    return done.stdout


PLAIN = (
    st.fixed_dictionaries({"S": st.text()})
    | st.fixed_dictionaries({"N": st.decimals(allow_nan=False, allow_infinity=False).map(str)})
    | st.fixed_dictionaries({"BOOL": st.booleans()})
    | st.fixed_dictionaries({"NULL": st.just(True)})
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: (
        st.fixed_dictionaries({"M": st.dictionaries(st.text(), inner, max_size=4)})
        | st.fixed_dictionaries({"L": st.lists(inner, max_size=4)})
    ),
    max_leaves=12,
)


@given(VALUES)
def test_what_is_on_the_wire_already_stays(value: dict[str, Any]) -> None:
    assert as_written(value) == value


@given(
    st.sampled_from(({"B": "eA=="}, {"SS": ["a"]}, {"S": 1}, {"N": 1}, {}, {"S": "a", "N": "1"}, "S", None))
)
def test_what_moto_has_to_look_at_is_left_to_it_at_any_depth(value: Any) -> None:
    for wrapped in (value, {"L": [{"S": "a"}, value]}, {"M": {"a": {"M": {"b": value}}}}):
        assert as_written(wrapped) is None
