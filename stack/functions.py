"""The functions: size, time-outs, what wakes them. What each may do is in `permissions`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from stack.storage import OBJECT_TABLES, QUEUE_TIMEOUTS, camel, named, queue_id, sub, table_id


@dataclass(frozen=True)
class Function:
    """One Lambda function: MB of memory (CPU comes with it), seconds it may run."""

    name: str
    memory: int
    timeout: int
    queue: str = ""
    batch: int = 10
    window: int = 0
    concurrency: int = 0

    @property
    def logical_id(self) -> str:
        return "APIHandler" if self.name == "api_handler" else camel(self.name)

    @property
    def policy_file(self) -> str:
        return f"policy-{self.name.replace('_', '-')}.json"

    @property
    def physical_name(self) -> str:
        return f"ocpi-${{Stage}}-{self.name.replace('_', '-')}"


# 1769 MB is one whole CPU. Somebody waits for the api and operator functions, so they buy latency; the
# others wait for partners, who do not answer faster for money. docs/deploying.md has each reason.
FUNCTIONS = (
    Function("api_handler", 1024, 29),
    Function("announce", 512, 60),
    Function("push", 512, QUEUE_TIMEOUTS["push"], "push", window=1, concurrency=20),
    Function("push_slow", 512, QUEUE_TIMEOUTS["push-slow"], "push-slow", window=1, concurrency=5),
    Function("pull", 512, QUEUE_TIMEOUTS["pull"], "pull", batch=1, concurrency=10),
    Function("results", 512, QUEUE_TIMEOUTS["results"], "results", batch=1, concurrency=10),
    Function("inbox", 512, QUEUE_TIMEOUTS["inbox"], "inbox", concurrency=5),
    # Three of the largest CDRs that are priced fit into its time.
    Function("audit", 512, QUEUE_TIMEOUTS["audit"], "audit", batch=3, window=1, concurrency=5),
    Function("webhook", 512, QUEUE_TIMEOUTS["webhook"], "webhook", concurrency=5),
    Function("sweep", 512, 55),
    Function("operator", 1024, 120),
    Function("widget", 512, 30),
)
BY_NAME = {each.name: each for each in FUNCTIONS}
LOG_DAYS = 30


def resources() -> dict[str, Any]:
    """What is merged into the functions that Chalice generates, by logical id."""
    found: dict[str, Any] = {}
    for function in FUNCTIONS:
        properties: dict[str, Any] = {"FunctionName": sub(function.physical_name)}
        events = _events(function)
        if events:
            properties["Events"] = events
        found[function.logical_id] = {"Properties": properties}
        if function.name == "sweep":
            # It comes every minute: run again on top of that it would meet itself, and the late help nobody.
            properties["EventInvokeConfig"] = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
        group = "ApiHandlerLogGroup" if function.name == "api_handler" else f"{function.logical_id}LogGroup"
        found[group] = {"Properties": {"LogGroupName": sub(f"/aws/lambda/{function.physical_name}")}}
    # The operator's page for a browser. IAM is asked, and nobody is let in by the function's own policy.
    found["OperatorUrl"] = {
        "Type": "AWS::Lambda::Url",
        "Properties": {"AuthType": "AWS_IAM", "TargetFunctionArn": sub("${Operator.Arn}")},
    }
    return found


def _events(function: Function) -> dict[str, Any]:
    if function.queue:
        properties: dict[str, Any] = {
            "Queue": sub(f"${{{queue_id(function.queue)}.Arn}}"),
            "BatchSize": function.batch,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
        if function.window:
            properties["MaximumBatchingWindowInSeconds"] = function.window
        if function.concurrency:
            properties["ScalingConfig"] = {"MaximumConcurrency": function.concurrency}
        if function.name == "webhook":  # nobody pays for looking into a queue that nothing fills
            properties["Enabled"] = {"Fn::If": ["HasBackendUrl", True, False]}
        return {f"{function.logical_id}SqsEventSource": {"Type": "SQS", "Properties": properties}}
    if function.name == "announce":
        # Chalice knows one stream per function and names its event so; the other tables' are added.
        names = {OBJECT_TABLES[0]: "AnnounceDynamodbEventSource"}
        return {names.get(table, f"{camel(table)}Stream"): _stream(table) for table in OBJECT_TABLES}
    if function.name == "sweep":
        return {
            "SweepEvent": {
                "Type": "Schedule",
                "Properties": {
                    "Name": named("sweep"),
                    "Description": "Deliveries, pulls and requests that are due",
                    "Schedule": "rate(1 minute)",
                    "RetryPolicy": {"MaximumRetryAttempts": 0},
                },
            }
        }
    return {}


def _stream(table: str) -> dict[str, Any]:
    """Announcing is safe to repeat, and is, until it works or the records expire after a day.

    A service may be away for longer than any number of attempts; what can never be announced the
    function sets aside itself.
    """
    return {
        "Type": "DynamoDB",
        "Properties": {
            "Stream": sub(f"${{{table_id(table)}.StreamArn}}"),
            "StartingPosition": "TRIM_HORIZON",
            "BatchSize": 100,
            "MaximumBatchingWindowInSeconds": 1,
            "BisectBatchOnFunctionError": True,
            "MaximumRetryAttempts": -1,
            "ParallelizationFactor": 2,
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
            "DestinationConfig": {
                "OnFailure": {"Type": "SQS", "Destination": sub("${AnnounceDeadQueue.Arn}")}
            },
        },
    }
