"""The events that queues, streams and schedules make for functions, and what their answers mean."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any

from localrun import REGION


def failed_items(answer: Any, known: list[str], partial: bool) -> list[str]:
    """Which of the known items failed, by the function's answer; all of them when it makes no sense."""
    if not partial or answer in (None, {}, ""):
        return []
    try:
        entries = answer["batchItemFailures"]
        failed = [entry["itemIdentifier"] for entry in entries or []]
    except (KeyError, TypeError):
        return known
    if any(not isinstance(each, str) or each not in known for each in failed):
        return known
    return failed


def sqs_event(messages: list[dict[str, Any]], arn: str) -> dict[str, Any]:
    """Received messages as Lambda hands them to a function."""
    return {
        "Records": [
            {
                "messageId": each["MessageId"],
                "receiptHandle": each["ReceiptHandle"],
                "body": each["Body"],
                "attributes": each.get("Attributes", {}),
                "messageAttributes": {
                    name: {
                        "stringValue": value.get("StringValue"),
                        "dataType": value["DataType"],
                        "stringListValues": [],
                        "binaryListValues": [],
                    }
                    for name, value in each.get("MessageAttributes", {}).items()
                },
                "md5OfBody": each["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": arn.split(":")[3] if arn.count(":") > 3 else REGION,
            }
            for each in messages
        ]
    }


def stream_event(records: list[dict[str, Any]], arn: str) -> dict[str, Any]:
    """Stream records as Lambda hands them to a function: times are epoch seconds there."""
    return {
        "Records": [
            {
                **each,
                "eventVersion": "1.1",
                "eventSourceARN": arn,
                "dynamodb": {
                    **each["dynamodb"],
                    "ApproximateCreationDateTime": _epoch(
                        each["dynamodb"].get("ApproximateCreationDateTime")
                    ),
                },
            }
            for each in records
        ]
    }


def stream_failure(
    records: list[dict[str, Any]], shard: str, arn: str, function: str, attempts: int
) -> dict[str, Any]:
    """What Lambda sends to a stream's destination for failures: which records, never what is in them."""
    numbers = [each["dynamodb"]["SequenceNumber"] for each in records]
    return {
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "functionArn": f"arn:aws:lambda:{REGION}:000000000000:function:{function}",
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": attempts,
        },
        "version": "1.0",
        "timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "DDBStreamBatchInfo": {
            "shardId": shard,
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "batchSize": len(records),
            "streamArn": arn,
        },
    }


def schedule_event(function: str) -> dict[str, Any]:
    """What an EventBridge schedule hands to a function."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": REGION,
        "resources": [f"arn:aws:events:{REGION}:000000000000:rule/{function}"],
        "detail": {},
    }


def _epoch(moment: Any) -> float:
    if isinstance(moment, datetime):
        return moment.timestamp()
    return float(moment or 0)
