"""The CloudWatch dashboard: the operator's page first, then what is asked when something is wrong.

It names fewer than 50 metrics, so that it is one of the three that an account
has free of charge. By module and partner the numbers come from log queries,
which cost only when somebody looks.
"""

from __future__ import annotations

import json
from typing import Any

from stack.functions import BY_NAME
from stack.storage import OBJECT_TABLES, QUEUE_TIMEOUTS, sub

REGION = "${AWS::Region}"
API = ["ApiName", "ocpi-${Stage}", "Stage", "api"]
REQUEST = 'filter message = "request"'
CALL = 'filter message = "partner call"'


def resources() -> dict[str, Any]:
    """The CloudFormation resources of this room, by logical id."""
    body = json.dumps({"start": "-PT6H", "widgets": _placed(_widgets())}, separators=(",", ":"))
    return {
        "Dashboard": {
            "Type": "AWS::CloudWatch::Dashboard",
            "Properties": {"DashboardName": sub("ocpi-${Stage}"), "DashboardBody": sub(body)},
        }
    }


def _widgets() -> list[tuple[int, int, dict[str, Any]]]:
    """(width, height, widget) in reading order; a row has 24 columns."""
    return [
        (24, 14, _page()),
        (8, 6, _metrics("Requests", [["AWS/ApiGateway", "Count", *API]], stat="Sum")),
        (
            8,
            6,
            _metrics(
                "Errors of the API",
                [["AWS/ApiGateway", "4XXError", *API], [".", "5XXError", *API]],
                stat="Sum",
            ),
        ),
        (
            8,
            6,
            _metrics(
                "Latency of the API in ms",
                [
                    ["AWS/ApiGateway", "Latency", *API, {"stat": "p50", "label": "half below"}],
                    ["...", {"stat": "p99", "label": "99 % below"}],
                ],
            ),
        ),
        (
            12,
            8,
            _query(
                "Requests, refusals, failures and latency by module",
                ("api_handler",),
                f"{REQUEST} | stats count(*) as requests, sum(ocpi_status >= 2000 and ocpi_status < 3000) "
                "as refused, sum(ocpi_status >= 3000) as failed, pct(duration_ms, 50) as p50_ms, "
                "pct(duration_ms, 99) as p99_ms by module | sort requests desc",
            ),
        ),
        (
            12,
            8,
            _query(
                "Requests by partner",
                ("api_handler",),
                f"{REQUEST} | stats count(*) as requests, sum(ocpi_status >= 2000) as refused, "
                "max(@timestamp) as latest by partner | sort requests desc",
            ),
        ),
        (
            12,
            8,
            _query(
                "Calls to partners, by outcome",
                ("push", "push_slow", "pull", "results"),
                f"{CALL} | stats count(*) as calls, pct(duration_ms, 50) as p50_ms, "
                "pct(duration_ms, 99) as p99_ms by partner, module, outcome | sort calls desc",
            ),
        ),
        (
            12,
            8,
            _query(
                "Calls that partners refused or did not answer, latest first",
                ("push", "push_slow", "pull", "results"),
                f'{CALL} and outcome != "ok" '
                "| fields @timestamp, partner, module, method, status, ocpi_status, outcome, reason "
                "| sort @timestamp desc | limit 50",
            ),
        ),
        (
            24,
            8,
            _query(
                "What the hub passed on, by module, outcome and versions",
                ("api_handler",),
                'filter message = "forwarded" | stats count(*) as requests, pct(duration_ms, 50) as p50_ms, '
                "pct(duration_ms, 99) as p99_ms, sum(lost) as fields_lost by module, outcome, versions "
                "| sort requests desc",
            ),
        ),
        (
            24,
            6,
            _metrics(
                "Passed on by the hub, by module and outcome",
                [
                    [
                        {
                            "expression": "SEARCH('{ocpi-${Stage},module,outcome} MetricName=\"Forwarded\"', "
                            "'Sum', 300)",
                            "id": "forwarded",
                        }
                    ]
                ],
                stat="Sum",
            ),
        ),
        (
            8,
            6,
            _metrics(
                "Waiting in queues",
                [
                    ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", f"ocpi-${{Stage}}-{queue}"]
                    for queue in QUEUE_TIMEOUTS
                ],
                stat="Maximum",
            ),
        ),
        (
            8,
            6,
            _metrics(
                "Behind, in seconds",
                [
                    [
                        "AWS/SQS",
                        "ApproximateAgeOfOldestMessage",
                        "QueueName",
                        "ocpi-${Stage}-push",
                        {"label": "oldest message to push"},
                    ],
                    ["ocpi-${Stage}", "OldestDelivery", {"label": "oldest undelivered"}],
                    [{"expression": "age/1000", "label": "announcing", "id": "announcing"}],
                    [
                        "AWS/Lambda",
                        "IteratorAge",
                        "FunctionName",
                        "ocpi-${Stage}-announce",
                        {"id": "age", "visible": False},
                    ],
                ],
                stat="Maximum",
            ),
        ),
        (
            8,
            6,
            _metrics(
                "Dead letters",
                [
                    [
                        "AWS/SQS",
                        "ApproximateNumberOfMessagesVisible",
                        "QueueName",
                        f"ocpi-${{Stage}}-{queue}-dead",
                    ]
                    for queue in (*QUEUE_TIMEOUTS, "announce")
                ],
                stat="Maximum",
            ),
        ),
        (
            8,
            6,
            _metrics(
                "Cost: write units by table",
                [
                    ["AWS/DynamoDB", "ConsumedWriteCapacityUnits", "TableName", f"ocpi-${{Stage}}-{table}"]
                    for table in (*OBJECT_TABLES, "deliveries", "requests", "messages")
                ],
                stat="Sum",
            ),
        ),
        (
            8,
            6,
            _metrics(
                "Cost: read units by table",
                [
                    ["AWS/DynamoDB", "ConsumedReadCapacityUnits", "TableName", f"ocpi-${{Stage}}-{table}"]
                    for table in (*OBJECT_TABLES, "deliveries", "partners")
                ],
                stat="Sum",
            ),
        ),
        (
            8,
            6,
            _metrics(
                "Cost: invocations",
                [
                    ["AWS/Lambda", "Invocations", "FunctionName", f"ocpi-${{Stage}}-{function}"]
                    for function in ("api-handler", "announce", "push", "pull", "results")
                ],
                stat="Sum",
            ),
        ),
    ]


def _page() -> dict[str, Any]:
    return {
        "type": "custom",
        "properties": {
            "title": "Partners",
            "endpoint": "${Widget.Arn}",
            "params": {"operator": "${Operator.Arn}"},
            "updateOn": {"refresh": True, "resize": False, "timeRange": False},
        },
    }


def _metrics(title: str, metrics: list[Any], stat: str = "Average") -> dict[str, Any]:
    return {
        "type": "metric",
        "properties": {
            "title": title,
            "view": "timeSeries",
            "region": REGION,
            "stat": stat,
            "period": 300,
            "metrics": metrics,
            "yAxis": {"left": {"min": 0, "showUnits": False}},
        },
    }


def _query(title: str, functions: tuple[str, ...], query: str) -> dict[str, Any]:
    sources = " | ".join(f"SOURCE '/aws/lambda/{BY_NAME[each].physical_name}'" for each in functions)
    return {
        "type": "log",
        "properties": {
            "title": title,
            "view": "table",
            "region": REGION,
            "query": f"{sources} | {query}",
        },
    }


def _placed(widgets: list[tuple[int, int, dict[str, Any]]]) -> list[dict[str, Any]]:
    x = y = tallest = 0
    placed = []
    for width, height, widget in widgets:
        if x + width > 24:
            x, y, tallest = 0, y + tallest, 0
        placed.append({"x": x, "y": y, "width": width, "height": height, **widget})
        x, tallest = x + width, max(tallest, height)
    return placed
