"""Alarms, what they are counted from, and the mails that go to their topic.

Numbers are taken where they cost nothing: AWS's own metrics, and for partners
the count of events on the bus (a rule counts what it matches). Two come from
log lines by metric filters, which cost nothing per line, unlike EMF's bytes.
What each alarm means is in docs/operating.md.
"""

from __future__ import annotations

import json
import re
from typing import Any

from stack.functions import BY_NAME
from stack.storage import QUEUE_TIMEOUTS, camel, named, sub

NAMESPACE = sub("ocpi-${Stage}")
NO_BASELINE = "notBreaching"


MANAGE = ".venv/bin/python manage.py --function ocpi-${Stage}-operator"
# What a mail says, a line each: who, what, since when, what to do, and the command line for it.
MAILS: dict[str, tuple[str, ...]] = {
    "PartnerUnreachable": (
        "OCPI ${Stage}: partner <partner> is unreachable since <time>.",
        "Why: <reason>",
        "What waits for it is kept, and sent by itself when it is back; other partners notice nothing.",
        "To do: tell them. If their URL changed, let them renew their registration.",
        f"Look: {MANAGE} partner <partner>",
        f"If it lasts for weeks: {MANAGE} suspend <partner>",
        "More: docs/operating.md, “Mail: a partner is unreachable, or back”",
    ),
    "PartnerRecovered": (
        "OCPI ${Stage}: partner <partner> is back since <time>.",
        "What waited for it is being sent, once per object. There is nothing to do.",
        f"Look: {MANAGE} deliveries --partner <partner>",
    ),
    "DeliveriesFailed": (
        "OCPI ${Stage}: <failed> deliveries to partner <partner> failed for good since <since>.",
        "For example: <reason>",
        "To do: where our data is wrong, put it right, and it is sent by itself.",
        "Where they are wrong, ask them to mend it, then send again.",
        f"Look: {MANAGE} deliveries --partner <partner>",
        f"Send again: {MANAGE} redeliver --partner <partner>",
        "More: docs/operating.md, “Mail: deliveries failed”. The next such mail: in an hour at the earliest.",
    ),
}


def resources() -> dict[str, Any]:
    """The CloudFormation resources of this room, by logical id."""
    found: dict[str, Any] = {
        "AlarmTopic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"TopicName": named("alarms"), "DisplayName": sub("OCPI ${Stage}")},
        },
        "AlarmTopicPolicy": _topic_policy(),
        "AlarmMail": {
            "Type": "AWS::SNS::Subscription",
            "Condition": "HasAlarmEmail",
            "Properties": {
                "TopicArn": {"Ref": "AlarmTopic"},
                "Protocol": "email",
                "Endpoint": {"Ref": "AlarmEmail"},
            },
        },
        "UnforeseenFilter": _counted("api_handler", '{ $.message = "unforeseen" }', "Unforeseen", "1"),
        "OldestDeliveryFilter": _counted(
            "sweep", '{ $.message = "backlog" }', "OldestDelivery", "$.oldest_seconds"
        ),
        "DeadLettersFilter": _counted("sweep", '{ $.message = "dead letter" }', "DeadLetters", "1"),
        "WebhookFilter": _counted("webhook", '{ $.message = "webhook not taken" }', "WebhooksNotTaken", "1"),
        "ForwardedFilter": _counted(
            "api_handler", '{ $.message = "forwarded" }', "Forwarded", "1", ("module", "outcome")
        ),
        "ForwardsFailedFilter": _counted(
            "api_handler", '{ $.message = "forwarded" && $.outcome = "failed" }', "ForwardsFailed", "1"
        ),
        "Budget": _budget(),
    }
    found |= {f"{event}Rule": _rule(event, words) for event, words in MAILS.items()}
    found |= _alarms()
    return found


def _topic_policy() -> dict[str, Any]:
    return {
        "Type": "AWS::SNS::TopicPolicy",
        "Properties": {
            "Topics": [{"Ref": "AlarmTopic"}],
            "PolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudwatch.amazonaws.com"},
                        "Action": "sns:Publish",
                        "Resource": {"Ref": "AlarmTopic"},
                        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                    },
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "budgets.amazonaws.com"},
                        "Action": "sns:Publish",
                        "Resource": {"Ref": "AlarmTopic"},
                        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
                    },
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "events.amazonaws.com"},
                        "Action": "sns:Publish",
                        "Resource": {"Ref": "AlarmTopic"},
                        "Condition": {
                            "ArnEquals": {
                                "aws:SourceArn": [
                                    {"Fn::GetAtt": ["PartnerUnreachableRule", "Arn"]},
                                    {"Fn::GetAtt": ["PartnerRecoveredRule", "Arn"]},
                                    {"Fn::GetAtt": ["DeliveriesFailedRule", "Arn"]},
                                ]
                            }
                        },
                    },
                ],
            },
        },
    }


def _counted(
    function: str, pattern: str, metric: str, value: str, by: tuple[str, ...] = ()
) -> dict[str, Any]:
    """A number taken from log lines, apart `by` fields of them where these are named."""
    group = "ApiHandlerLogGroup" if function == "api_handler" else f"{BY_NAME[function].logical_id}LogGroup"
    return {
        "Type": "AWS::Logs::MetricFilter",
        "Properties": {
            "LogGroupName": {"Ref": group},
            "FilterPattern": pattern,
            "MetricTransformations": [
                {
                    "MetricNamespace": NAMESPACE,
                    "MetricName": metric,
                    "MetricValue": value,
                    **({"Dimensions": [{"Key": each, "Value": f"$.{each}"} for each in by]} if by else {}),
                }
            ],
        },
    }


def _rule(event: str, words: tuple[str, ...]) -> dict[str, Any]:
    """A mail that names the partner: one per outage and its end, one an hour about failures at most."""
    names = sorted(set(re.findall(r"<(\w+)>", " ".join(words))))
    return {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "Name": named(event),
            "EventBusName": {"Ref": "Bus"},
            "EventPattern": {"source": ["ocpi"], "detail-type": [event]},
            "Targets": [
                {
                    "Id": "mail",
                    "Arn": {"Ref": "AlarmTopic"},
                    "InputTransformer": {
                        "InputPathsMap": {
                            name: "$.time" if name == "time" else f"$.detail.{name}" for name in names
                        },
                        # Each line is a JSON string of its own, else EventBridge takes no line breaks.
                        "InputTemplate": sub(
                            "\n".join(json.dumps(each, ensure_ascii=False) for each in words)
                        ),
                    },
                }
            ],
        },
    }


def _budget() -> dict[str, Any]:
    """A mail when the account's month has cost 80 % of the budget, or more than all of it is forecast.

    Of the whole account: by tag it would stay silent until somebody activates the tag in Billing.
    """
    return {
        "Type": "AWS::Budgets::Budget",
        "Condition": "HasBudget",
        "DependsOn": "AlarmTopicPolicy",
        "Properties": {
            "Budget": {
                "BudgetName": named("month"),
                "BudgetType": "COST",
                "TimeUnit": "MONTHLY",
                "BudgetLimit": {"Amount": {"Ref": "MonthlyBudget"}, "Unit": "USD"},
            },
            "NotificationsWithSubscribers": [
                {
                    "Notification": {
                        "NotificationType": kind,
                        "ComparisonOperator": "GREATER_THAN",
                        "Threshold": percent,
                        "ThresholdType": "PERCENTAGE",
                    },
                    "Subscribers": [{"SubscriptionType": "SNS", "Address": {"Ref": "AlarmTopic"}}],
                }
                for kind, percent in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        },
    }


def _alarms() -> dict[str, Any]:
    dead = {
        f"{camel(queue)}DeadAlarm": _alarm(
            f"{queue}-dead",
            f"Messages of {queue} that failed too often wait in its dead-letter queue",
            (
                "AWS/SQS",
                "ApproximateNumberOfMessagesVisible",
                {"QueueName": f"ocpi-${{Stage}}-{queue}-dead"},
                "Maximum",
            ),
            threshold=1,
        )
        for queue in (*QUEUE_TIMEOUTS, "announce")
        if queue not in ("push", "push-slow")  # the sweep takes theirs up again
    }
    own: tuple[str, dict[str, str]] = ("ocpi-${Stage}", {})
    dead["WebhookDeadAlarm"]["Condition"] = "HasBackendUrl"
    return dead | {
        "PushDeadAlarm": _alarm(
            "push-dead",
            "Push messages failed five times; the sweep took them up again as deliveries that are due",
            (own[0], "DeadLetters", own[1], "Sum"),
            threshold=1,
        ),
        "SweepMissingAlarm": _alarm(
            "sweep-missing",
            "What is due later (retries, pulls, expiries) was not looked after for 10 minutes: nothing runs",
            ("AWS/Lambda", "Invocations", {"FunctionName": "ocpi-${Stage}-sweep"}, "Sum"),
            threshold=3,
            periods=2,
            too_few=True,
        ),
        "ApiFailsAlarm": _alarm(
            "api-fails",
            "The API answered HTTP 5xx at least 5 times in 5 minutes",
            ("AWS/ApiGateway", "5XXError", {"ApiName": "ocpi-${Stage}", "Stage": "api"}, "Sum"),
            threshold=5,
        ),
        "UnforeseenAlarm": _alarm(
            "unforeseen",
            "Requests were answered 3000 because of an error nobody foresaw",
            (own[0], "Unforeseen", own[1], "Sum"),
            threshold=1,
        ),
        "ApiThrottledAlarm": _alarm(
            "api-throttled",
            "Lambda refused to run the API function: its concurrency is used up",
            ("AWS/Lambda", "Throttles", {"FunctionName": "ocpi-${Stage}-api-handler"}, "Sum"),
            threshold=1,
        ),
        "SweepFailsAlarm": _alarm(
            "sweep-fails",
            "What is due later (retries, pulls, expiries) was not looked after for 15 minutes",
            ("AWS/Lambda", "Errors", {"FunctionName": "ocpi-${Stage}-sweep"}, "Sum"),
            threshold=1,
            periods=3,
        ),
        "AnnounceBehindAlarm": _alarm(
            "announce-behind",
            "Changes wait more than a minute before anyone hears of them",
            ("AWS/Lambda", "IteratorAge", {"FunctionName": "ocpi-${Stage}-announce"}, "Maximum"),
            threshold=60_000,
            periods=2,
        ),
        "PushBehindAlarm": _alarm(
            "push-behind",
            "Deliveries wait more than 5 minutes in the queue",
            ("AWS/SQS", "ApproximateAgeOfOldestMessage", {"QueueName": "ocpi-${Stage}-push"}, "Maximum"),
            threshold=300,
            periods=2,
        ),
        "WebhookFailsAlarm": _alarm(
            "webhook-fails",
            "Your back end's URL did not take events for 15 minutes; they are repeated for 24 hours",
            (own[0], "WebhooksNotTaken", own[1], "Sum"),
            threshold=1,
            periods=3,
        )
        | {"Condition": "HasBackendUrl"},
        "HubFailsAlarm": _alarm(
            "hub-fails",
            "The hub could not pass on at least 20 requests in each of three times 5 minutes",
            (own[0], "ForwardsFailed", own[1], "Sum"),
            threshold=20,
            periods=3,
        ),
        "OldestDeliveryAlarm": _alarm(
            "oldest-delivery",
            "A partner has not been told something for more than 6 hours",
            (own[0], "OldestDelivery", own[1], "Maximum"),
            threshold=6 * 3600,
        ),
    }


def _alarm(
    name: str,
    meaning: str,
    source: tuple[str, str, dict[str, str], str],
    threshold: float,
    periods: int = 1,
    too_few: bool = False,
) -> dict[str, Any]:
    namespace, metric, dimensions, statistic = source
    properties: dict[str, Any] = {
        "AlarmName": named(name),
        "AlarmDescription": f"{meaning}. What to do: docs/operating.md#{name}",
        "Namespace": sub(namespace) if "$" in namespace else namespace,
        "MetricName": metric,
        "Dimensions": [
            {"Name": name, "Value": sub(value) if "$" in value else value}
            for name, value in dimensions.items()
        ],
        "Statistic": statistic,
        "Period": 300,
        "ComparisonOperator": "LessThanThreshold" if too_few else "GreaterThanOrEqualToThreshold",
        "Threshold": threshold,
        "EvaluationPeriods": periods,
        "TreatMissingData": "breaching" if too_few else NO_BASELINE,
        "AlarmActions": [{"Ref": "AlarmTopic"}],
        "OKActions": [{"Ref": "AlarmTopic"}],
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}
