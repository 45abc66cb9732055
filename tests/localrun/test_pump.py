"""Queues and streams reach the functions by the rules of Lambda's event sources."""

from __future__ import annotations

import json
from dataclasses import replace
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from chalice.app import Chalice
from hypothesis import given
from hypothesis import strategies as st

from localrun import creation
from localrun.emulator import Moto, mocked_clients
from localrun.events import EventLog
from localrun.functions import Functions
from localrun.pump import QueueFeed
from localrun.sources import failed_items
from localrun.streams import StreamFeed
from localrun.template import Source, Template

TABLE = "locations"


class World:
    """Two queues, a table and one function that does as the test says."""

    def __init__(self, stage: str) -> None:
        self.clients = mocked_clients({"AWS_REGION": "eu-central-1"})
        self.stage = stage
        self.seen: list[Any] = []
        self.act: Any = lambda event: None
        app = Chalice(app_name="stand-in")

        @app.lambda_function(name="work")
        def work(event: Any, context: Any) -> Any:
            self.seen.append(event)
            return self.act(event)

        platform: Any = SimpleNamespace(settings=SimpleNamespace(prefix=f"ocpi-{stage}"))
        self.functions = Functions(app, ModuleType("workers"), platform)
        self.template = Template(self._document(), stage, "123456789012")
        creation.create(self.template, self.clients)

    def _document(self) -> dict[str, Any]:
        dead = {"Fn::GetAtt": ["DeadQueue", "Arn"]}
        keys = [{"AttributeName": "object", "KeyType": "HASH"}]
        return {
            "Resources": {
                "WorkQueue": {
                    "Type": "AWS::SQS::Queue",
                    "Properties": {
                        "QueueName": {"Fn::Sub": "ocpi-${Stage}-work"},
                        "VisibilityTimeout": 0,
                        "RedrivePolicy": {"deadLetterTargetArn": dead, "maxReceiveCount": 3},
                    },
                },
                "DeadQueue": {
                    "Type": "AWS::SQS::Queue",
                    "Properties": {"QueueName": {"Fn::Sub": "ocpi-${Stage}-dead"}},
                },
                "Bus": {
                    "Type": "AWS::Events::EventBus",
                    "Properties": {"Name": {"Fn::Sub": "ocpi-${Stage}"}},
                },
                "Table": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {
                        "TableName": {"Fn::Sub": "ocpi-${Stage}-locations"},
                        "KeySchema": keys,
                        "AttributeDefinitions": [{"AttributeName": "object", "AttributeType": "S"}],
                        "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
                    },
                },
            }
        }

    def queue(self, partial: bool = True, batch: int = 10) -> QueueFeed:
        types = {"FunctionResponseTypes": ["ReportBatchItemFailures"]} if partial else {}
        source = Source("work", "SQS", f"ocpi-{self.stage}-work", {"BatchSize": batch, **types})
        return QueueFeed(source, self.functions, self.clients, Moto())

    def stream(self, failures: str = "", **properties: Any) -> StreamFeed:
        types = {"FunctionResponseTypes": ["ReportBatchItemFailures"], "BatchSize": 10}
        source = Source("work", "DynamoDB", f"ocpi-{self.stage}-locations", {**types, **properties})
        if failures:
            source = replace(source, failures=f"ocpi-{self.stage}-{failures}")
        return StreamFeed(source, self.functions, self.clients, Moto(), self.stage)

    def url(self, name: str) -> str:
        return str(self.clients.sqs.get_queue_url(QueueName=f"ocpi-{self.stage}-{name}")["QueueUrl"])

    def send(self, *bodies: str) -> None:
        for body in bodies:
            self.clients.sqs.send_message(QueueUrl=self.url("work"), MessageBody=body)

    def waiting(self, name: str) -> list[str]:
        """What is in a queue."""
        found = self.clients.sqs.receive_message(
            QueueUrl=self.url(name), MaxNumberOfMessages=10, VisibilityTimeout=0
        )
        return [each["Body"] for each in found.get("Messages", [])]

    def put(self, *ids: str) -> None:
        for each in ids:
            self.clients.dynamodb.put_item(
                TableName=f"ocpi-{self.stage}-locations", Item={"object": {"S": each}}
            )


_numbers = iter(range(10_000))


@pytest.fixture
def world(aws: None) -> World:
    return World(f"pump-{next(_numbers)}")


def bodies(event: Any) -> list[str]:
    return [each["body"] for each in event["Records"]]


def keys(event: Any) -> list[str]:
    return [each["dynamodb"]["Keys"]["object"]["S"] for each in event["Records"]]


def drained(feed: QueueFeed, most: int = 20) -> None:
    while most and not feed.idle() and feed.feed():
        most -= 1


def test_messages_that_were_handled_are_gone(world: World) -> None:
    world.send("a", "b")
    feed = world.queue()
    drained(feed)
    assert sorted(body for event in world.seen for body in bodies(event)) == ["a", "b"]
    assert world.waiting("work") == []
    assert feed.idle()


def test_a_message_arrives_in_the_shape_lambda_gives_it(world: World) -> None:
    world.clients.sqs.send_message(
        QueueUrl=world.url("work"),
        MessageBody="{}",
        MessageAttributes={"kind": {"DataType": "String", "StringValue": "push"}},
    )
    drained(world.queue())
    record = world.seen[0]["Records"][0]
    assert record["eventSource"] == "aws:sqs"
    assert record["eventSourceARN"].endswith(f":ocpi-{world.stage}-work")
    assert record["attributes"]["ApproximateReceiveCount"] == "1"
    assert record["messageAttributes"]["kind"]["stringValue"] == "push"
    assert set(record) >= {"messageId", "receiptHandle", "md5OfBody", "awsRegion", "body"}


def test_of_a_batch_only_the_failed_messages_come_again(world: World) -> None:
    world.act = lambda event: {
        "batchItemFailures": [
            {"itemIdentifier": each["messageId"]} for each in event["Records"] if each["body"] == "bad"
        ]
    }
    world.send("good", "bad")
    world.queue().feed()
    assert world.waiting("work") == ["bad"]


@pytest.mark.parametrize(
    "answer",
    [{"batchItemFailures": [{"itemIdentifier": "unknown"}]}, {"batchItemFailures": [{}]}, {"other": 1}, [1]],
)
def test_an_answer_that_makes_no_sense_fails_the_whole_batch(world: World, answer: Any) -> None:
    world.act = lambda event: answer
    world.send("a")
    world.queue().feed()
    assert world.waiting("work") == ["a"]


def test_a_function_that_raises_loses_nothing(world: World) -> None:
    def fail(event: Any) -> None:
        raise RuntimeError("as the test wants it")

    world.act = fail
    world.send("a")
    world.queue().feed()
    assert world.waiting("work") == ["a"]


def test_without_response_types_the_answer_is_of_no_meaning(world: World) -> None:
    world.act = lambda event: {"batchItemFailures": [{"itemIdentifier": "unknown"}]}
    world.send("a")
    world.queue(partial=False).feed()
    assert world.waiting("work") == []


def test_a_message_that_always_fails_ends_in_the_dead_letter_queue(world: World) -> None:
    def fail(event: Any) -> None:
        raise RuntimeError("poison")

    world.act = fail
    world.send("poison")
    drained(world.queue())
    assert world.waiting("dead") == ["poison"]
    assert len(world.seen) == 3  # maxReceiveCount
    assert world.waiting("work") == []


def test_a_delayed_message_waits(world: World) -> None:
    world.clients.sqs.send_message(QueueUrl=world.url("work"), MessageBody="later", DelaySeconds=60)
    feed = world.queue()
    assert feed.idle()
    assert feed.feed() == 0


def test_a_batch_is_no_larger_than_the_function_takes(world: World) -> None:
    world.send("a", "b", "c")
    drained(world.queue(batch=1))
    assert [len(each["Records"]) for each in world.seen] == [1, 1, 1]


def test_a_stream_tells_what_changed_in_order_and_in_lambdas_shape(world: World) -> None:
    world.put("a", "b")
    world.clients.dynamodb.update_item(
        TableName=f"ocpi-{world.stage}-locations",
        Key={"object": {"S": "a"}},
        UpdateExpression="SET n = :n",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    world.clients.dynamodb.delete_item(TableName=f"ocpi-{world.stage}-locations", Key={"object": {"S": "b"}})
    feed = world.stream()
    assert feed.feed() == 4
    records = world.seen[0]["Records"]
    assert [each["eventName"] for each in records] == ["INSERT", "INSERT", "MODIFY", "REMOVE"]
    assert records[2]["dynamodb"]["NewImage"]["n"] == {"N": "1"}
    assert "n" not in records[2]["dynamodb"]["OldImage"]
    assert f"ocpi-{world.stage}-locations" in records[0]["eventSourceARN"]
    assert isinstance(records[0]["dynamodb"]["ApproximateCreationDateTime"], float)
    assert feed.idle()


def test_a_stream_goes_on_from_the_record_that_failed(world: World) -> None:
    world.put("a", "b", "c")
    failing = ["b"]

    def act(event: Any) -> Any:
        for each in event["Records"]:
            if each["dynamodb"]["Keys"]["object"]["S"] in failing:
                return {"batchItemFailures": [{"itemIdentifier": each["dynamodb"]["SequenceNumber"]}]}
        return {"batchItemFailures": []}

    world.act = act
    feed = world.stream()
    assert feed.feed() == 1
    failing.clear()
    assert feed.feed() == 2
    assert [keys(each) for each in world.seen] == [["a", "b", "c"], ["b", "c"]]


def test_a_batch_that_keeps_failing_is_given_up_after_the_attempts_of_its_source(world: World) -> None:
    def fail(event: Any) -> None:
        raise RuntimeError("poison")

    world.act = fail
    world.put("a")
    feed = world.stream(MaximumRetryAttempts=2)
    assert [feed.feed() for _ in range(3)] == [0, 0, 1]
    assert feed.idle()


def test_of_a_failing_batch_only_the_record_nobody_can_digest_is_set_aside(world: World) -> None:
    """As AWS does with BisectBatchOnFunctionError and a destination for failures: announce-dead."""
    told: list[str] = []

    def act(event: Any) -> None:
        if "poison" in keys(event):
            raise RuntimeError("poison")
        told.extend(keys(event))

    world.act = act
    names = ["a", "b", "c", "d", "poison", "e", "f"]
    world.put(*names)
    feed = world.stream(MaximumRetryAttempts=2, BisectBatchOnFunctionError=True, failures="dead")
    for _ in range(20):
        feed.feed()
    assert feed.idle()
    assert told == [each for each in names if each != "poison"]
    (found,) = [json.loads(each) for each in world.waiting("dead")]
    about = found["DDBStreamBatchInfo"]
    assert found["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert found["requestContext"]["approximateInvokeCount"] == 3
    assert about["batchSize"] == 1 and about["startSequenceNumber"] == about["endSequenceNumber"]
    assert f"ocpi-{world.stage}-locations" in about["streamArn"]


def test_a_record_is_kept_until_its_failure_is_on_record(world: World) -> None:
    def fail(event: Any) -> None:
        raise RuntimeError("poison")

    world.act = fail
    world.put("a")
    feed = world.stream(MaximumRetryAttempts=0, failures="missing")
    with pytest.raises(world.clients.sqs.exceptions.QueueDoesNotExist):
        feed.feed()
    assert not feed.idle()


def test_a_stream_goes_on_where_an_earlier_platform_stopped(world: World) -> None:
    world.put("a")
    first = world.stream()
    first.SETTLE = 0
    first.feed()
    world.put("b")
    second = world.stream()
    second.feed()
    assert [keys(each) for each in world.seen] == [["a"], ["b"]]


def test_making_the_resources_again_keeps_what_is_there(world: World) -> None:
    world.put("a")
    world.send("a")
    creation.create(world.template, world.clients)
    found = world.clients.dynamodb.scan(TableName=f"ocpi-{world.stage}-locations")
    assert found["Count"] == 1
    assert world.waiting("work") == ["a"]


def test_what_the_bus_carries_is_kept_in_order_and_once(world: World) -> None:
    log = EventLog(world.clients, creation.capture_events(world.stage, world.clients), Moto())
    for at in range(3):
        world.clients.events.put_events(
            Entries=[
                {
                    "EventBusName": f"ocpi-{world.stage}",
                    "Source": "ocpi",
                    "DetailType": "ObjectChanged",
                    "Detail": json.dumps({"at": at}),
                }
            ]
        )
    creation.capture_events(world.stage, world.clients)
    while log.collect():
        """Ten at a time."""
    found = log.after()
    assert [each["detail"]["at"] for each in found] == [0, 1, 2]
    assert {"id", "time", "source", "detail-type", "detail"} <= set(found[0])
    assert log.after(found[1]["id"]) == found[2:]


@given(st.lists(st.sampled_from("abc"), unique=True), st.lists(st.sampled_from("abcx")))
def test_whatever_a_function_answers_no_unknown_message_counts_as_failed(
    known: list[str], named: list[str]
) -> None:
    failed = failed_items({"batchItemFailures": [{"itemIdentifier": each} for each in named]}, known, True)
    assert set(failed) <= set(known)
    assert set(named) - set(known) == set() or failed == known
