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
