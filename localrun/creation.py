"""Makes the tables, queues, bus and key of the resources file on any endpoint, where they are missing.

What is there is kept: making twice changes nothing, and a platform that was
killed finds everything again.
"""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError

from localrun.template import Attributes, Template, Unresolvable

EVENTS_RULE = "local-events"


def account(clients: Any) -> str:
    """The account number of this endpoint; it is part of every ARN."""
    return str(clients.sts.get_caller_identity()["Account"])


def create(template: Template, clients: Any) -> None:
    """Make what is missing, each resource after those it refers to."""
    made: dict[str, Attributes] = {}

    def attributes(logical: str) -> Attributes:
        if logical not in made:
            resource = template.resources.get(logical, {})
            maker = _MAKERS.get(resource.get("Type", ""))
            if maker is None:
                raise Unresolvable(logical)
            made[logical] = maker(clients, template.resolve(resource.get("Properties", {}), attributes))
        return made[logical]

    for kind in _MAKERS:
        for logical, _ in template.of_type(kind):
            try:
                attributes(logical)
            except Unresolvable:
                if kind not in _DEPLOYED_ONLY:
                    raise


def capture_events(stage: str, clients: Any) -> str:
    """Have everything put on the stage's bus delivered to a queue as well; the queue's URL.

    The bus is read through a rule and a queue because that works alike on
    every emulator.
    """
    bus = f"ocpi-{stage}"
    queue = _queue(clients, {"QueueName": f"ocpi-{stage}-local-events", "MessageRetentionPeriod": 1209600})
    clients.events.put_rule(
        Name=EVENTS_RULE, EventBusName=bus, EventPattern=json.dumps({"source": [{"prefix": ""}]})
    )
    clients.events.put_targets(
        Rule=EVENTS_RULE, EventBusName=bus, Targets=[{"Id": "local", "Arn": queue["Arn"]}]
    )
    return queue["Ref"]


def _table(clients: Any, wanted: dict[str, Any]) -> Attributes:
    name = wanted["TableName"]
    try:
        table = clients.dynamodb.describe_table(TableName=name)["Table"]
    except clients.dynamodb.exceptions.ResourceNotFoundException:
        stream = wanted.get("StreamSpecification")
        request = {
            "TableName": name,
            "KeySchema": wanted["KeySchema"],
            "AttributeDefinitions": wanted["AttributeDefinitions"],
            "BillingMode": "PAY_PER_REQUEST",
        }
        if wanted.get("GlobalSecondaryIndexes"):
            request["GlobalSecondaryIndexes"] = [
                {each: index[each] for each in ("IndexName", "KeySchema", "Projection")}
                for index in wanted["GlobalSecondaryIndexes"]
            ]
        if stream:
            request["StreamSpecification"] = {"StreamEnabled": True, **stream}
        table = clients.dynamodb.create_table(**request)["TableDescription"]
        if wanted.get("TimeToLiveSpecification"):
            clients.dynamodb.update_time_to_live(
                TableName=name,
                TimeToLiveSpecification={"Enabled": True} | wanted["TimeToLiveSpecification"],
            )
    else:
        _complete(clients, table, wanted)
    return {"Ref": name, "Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")}


def _complete(clients: Any, table: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Add the indexes that a table made by an earlier version lacks."""
    present = {index["IndexName"] for index in table.get("GlobalSecondaryIndexes", ())}
    for index in wanted.get("GlobalSecondaryIndexes", ()):
        if index["IndexName"] not in present:
            create = {each: index[each] for each in ("IndexName", "KeySchema", "Projection")}
            clients.dynamodb.update_table(
                TableName=wanted["TableName"],
                AttributeDefinitions=wanted["AttributeDefinitions"],
                GlobalSecondaryIndexUpdates=[{"Create": create}],
            )


def _queue(clients: Any, wanted: dict[str, Any]) -> Attributes:
    name = wanted["QueueName"]
    try:
        url = clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except ClientError as problem:
        if "NonExistentQueue" not in problem.response["Error"]["Code"]:
            raise
        attributes = {
            name: json.dumps(value) if isinstance(value, dict) else str(value)
            for name, value in wanted.items()
            if name in _QUEUE_ATTRIBUTES
        }
        url = clients.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    found = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    return {"Ref": url, "Arn": found["Attributes"]["QueueArn"], "QueueName": name}


_QUEUE_ATTRIBUTES = (
    "VisibilityTimeout",
    "RedrivePolicy",
    "MessageRetentionPeriod",
    "DelaySeconds",
    "ReceiveMessageWaitTimeSeconds",
    "FifoQueue",
    "ContentBasedDeduplication",
)


def _bus(clients: Any, wanted: dict[str, Any]) -> Attributes:
    name = wanted["Name"]
    try:
        bus = clients.events.describe_event_bus(Name=name)
        arn = bus["Arn"]
    except clients.events.exceptions.ResourceNotFoundException:
        arn = clients.events.create_event_bus(Name=name)["EventBusArn"]
    return {"Ref": name, "Arn": arn, "Name": name}


def _alias(clients: Any, wanted: dict[str, Any]) -> Attributes:
    """An alias and its key: a key has no name, so its alias tells whether it is there."""
    name = wanted["AliasName"]
    if not any(each["AliasName"] == name for each in _aliases(clients)):
        key = clients.kms.create_key(Description=name)["KeyMetadata"]["KeyId"]
        clients.kms.create_alias(AliasName=name, TargetKeyId=key)
    return {"Ref": name}


def _aliases(clients: Any) -> list[dict[str, Any]]:
    pages = clients.kms.get_paginator("list_aliases").paginate()
    return [alias for page in pages for alias in page["Aliases"]]


def _key(clients: Any, wanted: dict[str, Any]) -> Attributes:
    return {"Ref": "made-with-its-alias", "Arn": "made-with-its-alias"}


def _parameter(clients: Any, wanted: dict[str, Any]) -> Attributes:
    name = wanted["Name"]
    try:
        clients.ssm.get_parameter(Name=name)
    except clients.ssm.exceptions.ParameterNotFound:
        clients.ssm.put_parameter(Name=name, Value=str(wanted["Value"]), Type=wanted.get("Type", "String"))
    return {"Ref": name}


def _rule(clients: Any, wanted: dict[str, Any]) -> Attributes:
    """A rule of the bus and what it feeds; mails are Unresolvable before they come here."""
    bus = wanted["EventBusName"]
    clients.events.put_rule(
        Name=wanted["Name"], EventBusName=bus, EventPattern=json.dumps(wanted["EventPattern"])
    )
    clients.events.put_targets(Rule=wanted["Name"], EventBusName=bus, Targets=wanted["Targets"])
    return {"Ref": wanted["Name"]}


# The stack's own URLs and the topic that mails exist in a deployed stack only.
_DEPLOYED_ONLY = ("AWS::SSM::Parameter", "AWS::Events::Rule")
_MAKERS = {
    "AWS::SQS::Queue": _queue,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::EventBus": _bus,
    "AWS::KMS::Key": _key,
    "AWS::KMS::Alias": _alias,
    "AWS::SSM::Parameter": _parameter,
    "AWS::Events::Rule": _rule,
}
