"""Tables, queues, the bus and the key: what keeps data or carries messages.

Tables and the key outlive the stack (`Retain`), so that a deleted or replaced
stack never takes a partner's data with it. Nothing here is sized: tables are
on demand, queues have no capacity.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.store import marks, messages, refusals

OBJECT_TABLES = ("locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo")
# Seconds a function may run; a queue hides a message six times as long, as AWS recommends.
QUEUE_TIMEOUTS = {
    "push": 120,
    "push-slow": 300,
    "pull": 120,
    "results": 60,
    "inbox": 120,
    "audit": 60,
    "webhook": 120,
}
# How often a message is received before it is a dead letter: what fails comes back after 5 seconds, doubled
# each time, so ten times are 40 minutes; what else is lost is found by the sweep. A webhook is given up by
# its age.
RECEIVES = {"inbox": 10, "audit": 10, "webhook": 1000}
TWO_WEEKS = 14 * 24 * 3600
DAYS_4 = 4 * 24 * 3600


def sub(text: str) -> dict[str, str]:
    return {"Fn::Sub": text}


def named(rest: str) -> dict[str, str]:
    """The physical name `ocpi-<stage>-<rest>`."""
    return sub(f"ocpi-${{Stage}}-{rest}")


def camel(name: str) -> str:
    """`push-slow` and `push_slow` become `PushSlow`."""
    return "".join(part.capitalize() for part in name.replace("-", "_").split("_"))


def table_id(table: str) -> str:
    return f"{camel(table)}Table"


def queue_id(queue: str) -> str:
    return f"{camel(queue)}Queue"


def resources() -> dict[str, Any]:
    """The CloudFormation resources of this room, by logical id."""
    found: dict[str, Any] = {}
    for name in OBJECT_TABLES:
        found[table_id(name)] = _table(
            name,
            ("object", "part"),
            {
                "feed": (("feed", "place"), {"ProjectionType": "ALL"}),
                "changes": (
                    ("feed", "last_updated"),
                    _included(["place", *(["status"] if name == "locations" else [])]),
                ),
                **{
                    index: (keys, {"ProjectionType": "KEYS_ONLY"})
                    for index, keys in marks.INDEXES.get(name, {}).items()
                },
            },
            stream=True,
        )
    found[table_id("partners")] = _table("partners", ("id",), {})
    found[table_id("requests")] = _table(
        "requests",
        ("id",),
        {
            "recent": (("kind", "created_at"), {"ProjectionType": "ALL"}),
            "due": (("due", "due_at"), {"ProjectionType": "KEYS_ONLY"}),
        },
    )
    found[table_id("deliveries")] = _table(
        "deliveries",
        ("partner", "object"),
        {
            "due": (("due", "due_at"), {"ProjectionType": "KEYS_ONLY"}),
            "state": (("state", "due_at"), {"ProjectionType": "ALL"}),
        },
    )
    found[table_id("audits")] = _table(
        "audits",
        ("id",),
        {
            "verdict": (("judged", "at"), {"ProjectionType": "ALL"}),
            "ledger": (("counterparty", "end"), {"ProjectionType": "ALL"}),
            "state": (("state", "since"), {"ProjectionType": "ALL"}),
        },
    )
    found[table_id("messages")] = _table(
        "messages",
        ("request_id", "at"),
        {
            "partner": (("thread", "at"), _shown("thread")),
            "recent": (("kind", "at"), _shown("kind")),
            "object": (("object", "at"), _shown("object")),
            "correlation": (("correlation_id", "at"), _shown("correlation_id")),
        },
    )
    found[table_id("routes")] = _table("routes", ("shard", "place"), {})
    found[table_id("refusals")] = _table(
        "refusals",
        ("id", "piece"),
        {
            index: ((index, "place"), _included(each for each in refusals.SHOWN if each != index))
            for index in ("partner", "module")
        },
    )
    for name, timeout in QUEUE_TIMEOUTS.items():
        found |= _queue(name, timeout)
    found |= _webhook()
    found["AnnounceDeadQueue"] = _dead_queue("announce")
    found["Bus"] = {"Type": "AWS::Events::EventBus", "Properties": {"Name": sub("ocpi-${Stage}")}}
    found["TokenKey"] = {
        "Type": "AWS::KMS::Key",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {
            "Description": sub("Tokens that partners of ocpi-${Stage} gave us"),
            "EnableKeyRotation": True,
            "PendingWindowInDays": 30,
        },
    }
    found["TokenKeyAlias"] = {
        "Type": "AWS::KMS::Alias",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": {"AliasName": sub("alias/ocpi-${Stage}"), "TargetKeyId": {"Ref": "TokenKey"}},
    }
    return found


def _shown(key: str) -> dict[str, Any]:
    """What an index of messages shows beside keys, its own and those of its table: all but the bodies."""
    return _included(each for each in messages.SHOWN if each not in ("request_id", "at", key))


def _included(names: Iterable[str]) -> dict[str, Any]:
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(names)}


def _table(
    name: str,
    key: tuple[str, ...],
    indexes: dict[str, tuple[tuple[str, str], dict[str, Any]]],
    stream: bool = False,
) -> dict[str, Any]:
    attributes = list(dict.fromkeys([*key, *(each for keys, _ in indexes.values() for each in keys)]))
    properties: dict[str, Any] = {
        "TableName": named(name),
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": each, "AttributeType": "S"} for each in attributes],
        "KeySchema": _key_schema(key),
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": True},
        "DeletionProtectionEnabled": {"Fn::If": ["ProtectTables", True, False]},
    }
    if indexes:
        properties["GlobalSecondaryIndexes"] = [
            {"IndexName": index, "KeySchema": _key_schema(keys), "Projection": projection}
            for index, (keys, projection) in indexes.items()
        ]
    if stream:
        properties["StreamSpecification"] = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    return {
        "Type": "AWS::DynamoDB::Table",
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": properties,
    }


def _key_schema(key: tuple[str, ...]) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": kind} for name, kind in zip(key, ("HASH", "RANGE"), strict=False)
    ]


def _queue(name: str, timeout: int) -> dict[str, Any]:
    dead = f"{camel(name)}DeadQueue"
    return {
        queue_id(name): {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": named(name),
                "VisibilityTimeout": 6 * timeout,
                "MessageRetentionPeriod": DAYS_4,
                "SqsManagedSseEnabled": True,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": [dead, "Arn"]},
                    "maxReceiveCount": RECEIVES.get(name, 5),
                },
            },
        },
        dead: _dead_queue(name),
    }


def _webhook() -> dict[str, Any]:
    """What the bus puts on the webhook's queue: everything, where there is a URL to post it to.

    EventBridge itself repeats for a day what the queue does not take.
    """
    rule = {"Fn::GetAtt": ["WebhookRule", "Arn"]}
    queue = {"Fn::GetAtt": ["WebhookQueue", "Arn"]}
    return {
        "WebhookRule": {
            "Type": "AWS::Events::Rule",
            "Condition": "HasBackendUrl",
            "Properties": {
                "Name": named("webhook"),
                "Description": "Every event, for OCPI_BACKEND_URL",
                "EventBusName": {"Ref": "Bus"},
                "EventPattern": {"source": ["ocpi"]},
                "Targets": [{"Id": "queue", "Arn": queue}],
            },
        },
        "WebhookQueuePolicy": {
            "Type": "AWS::SQS::QueuePolicy",
            "Condition": "HasBackendUrl",
            "Properties": {
                "Queues": [{"Ref": "WebhookQueue"}],
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "events.amazonaws.com"},
                            "Action": "sqs:SendMessage",
                            "Resource": queue,
                            "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
                        }
                    ],
                },
            },
        },
    }


def _dead_queue(name: str) -> dict[str, Any]:
    return {
        "Type": "AWS::SQS::Queue",
        "Properties": {
            "QueueName": named(f"{name}-dead"),
            "MessageRetentionPeriod": TWO_WEEKS,
            "SqsManagedSseEnabled": True,
        },
    }
