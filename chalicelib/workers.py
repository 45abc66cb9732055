"""The functions behind queues, streams, schedules and the operator; none of them loads app.py.

Lambda imports only this module for them, so app.py's middleware and the
Blueprint's own logger do not exist here.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalice import Blueprint, Rate

from chalicelib import logs, schedule, tasks, wiring
from chalicelib.aws import queues
from chalicelib.deployment import asked_at, function_name

bp = Blueprint(__name__)


# What a message asks for -> the function that does it.
WORK: dict[type[tasks.Task], str] = {
    tasks.PushObject: "delivery.push:push",
    tasks.AnnounceAll: "delivery.catch_up:announce_all",
    tasks.AnnounceLate: "delivery.catch_up:announce_late",
    tasks.Probe: "delivery.sweep:probe",
    tasks.Recover: "delivery.sweep:recover",
    tasks.Forget: "delivery.sweep:forget",
    tasks.StartPull: "delivery.pull:start",
    tasks.PullPage: "delivery.pull:page",
    tasks.AdvanceRequest: "commands.results:work",
    tasks.AuditCdr: "billing.arrival:audit",
    tasks.LintTariff: "billing.arrival:lint",
    tasks.Reconcile: "billing.reconcile:work",
    tasks.TellWhoIsThere: "hub.client_info:refresh",
    tasks.AskWhoIsThere: "hub.liveness:check",
    tasks.PerformAction: "actions.dispatch:receive",
}


@contextmanager
def _function(name: str) -> Iterator[wiring.Platform]:
    """The platform, for the work of the function of this name; the messages that were sent are kept then."""
    reset, began = function_name.set(name), asked_at.set(time.monotonic())
    try:
        platform = wiring.platform()
        with platform.messages.together():
            yield platform
    finally:
        function_name.reset(reset)
        asked_at.reset(began)


def _load(place: str) -> Callable[..., Any]:
    """The function at `room:name`, imported when it is first needed."""
    room, _, name = place.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(f"chalicelib.{room}"), name)
    return found


def _messages(name: str, queue: str, event: Any) -> dict[str, Any]:
    """Work through queue messages; the ones that failed come back shortly, the others are done."""
    failures = []
    with _function(name) as platform:
        for record in event.to_dict()["Records"]:
            asked_at.set(time.monotonic())
            task = None
            try:
                task = tasks.read(queue, record["body"])
                if task is not None:
                    _load(WORK[type(task)])(platform, task)
            except Exception as problem:
                logs.log_exception(f"{name} failed", problem, record=record["messageId"])
                failures.append({"itemIdentifier": record["messageId"]})
                _failed(platform, name.replace("_", "-"), record, task)
    return {"batchItemFailures": failures}


def _failed(platform: wiring.Platform, queue: str, record: dict[str, Any], task: tasks.Task | None) -> None:
    """Let a message come back after seconds that double, not when its queue would show it again.

    A push that its queue gives up now is written down as due, here or by the sweep.
    """
    receives = int(record.get("attributes", {}).get("ApproximateReceiveCount", "1"))
    try:
        platform.queues.come_back(queue, record["receiptHandle"], schedule.doubled(receives))
        if receives >= queues.MOST_RECEIVES and isinstance(task, tasks.PushObject):
            _load("delivery.lost:keep")(platform, task)
    except Exception as problem:
        logs.log_exception("failed message not hastened", problem, record=record["messageId"])


@bp.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:eu-central-1:000000000000:table/merged/stream/0", name="announce"
)
def announce(event: Any) -> dict[str, Any]:
    """Objects changed: say so to the partners that should know and to the back end."""
    with _function("announce") as platform:
        answer: dict[str, Any] = _load("delivery.announce:announce")(platform, event.to_dict()["Records"])
        return answer


@bp.on_sqs_message(queue="push", batch_size=10, name="push")
def push(event: Any) -> dict[str, Any]:
    """Send the present state of an object to a partner."""
    return _messages("push", "push", event)


@bp.on_sqs_message(queue="push-slow", batch_size=10, name="push_slow")
def push_slow(event: Any) -> dict[str, Any]:
    """Pushes to partners that answer slowly, apart so that nobody waits for them."""
    return _messages("push_slow", "push", event)


@bp.on_sqs_message(queue="pull", batch_size=1, name="pull")
def pull(event: Any) -> dict[str, Any]:
    """Fetch one page of a partner's objects."""
    return _messages("pull", "pull", event)


@bp.on_sqs_message(queue="results", batch_size=1, name="results")
def results(event: Any) -> dict[str, Any]:
    """Deliver asynchronous results, and expire what nobody answered."""
    return _messages("results", "results", event)


@bp.on_sqs_message(queue="audit", batch_size=3, name="audit")
def audit(event: Any) -> dict[str, Any]:
    """Price CDRs after they are stored, and look at partners' Tariffs."""
    return _messages("audit", "audit", event)


@bp.on_sqs_message(queue="inbox", batch_size=10, name="inbox")
def inbox(event: Any) -> dict[str, Any]:
    """Operator actions sent as messages, for high volume."""
    return _messages("inbox", "inbox", event)


@bp.on_sqs_message(queue="webhook", batch_size=10, name="webhook")
def webhook(event: Any) -> dict[str, Any]:
    """Post events to the back end's URL."""
    with _function("webhook") as platform:
        answer: dict[str, Any] = _load("delivery.webhook:work")(platform, event.to_dict()["Records"])
        return answer


@bp.schedule(Rate(1, unit=Rate.MINUTES), name="sweep")
def sweep(event: Any) -> None:
    """What is due by now: waiting deliveries, scheduled pulls, expired requests."""
    with _function("sweep") as platform:
        _load("delivery.sweep:sweep")(platform)


@bp.lambda_function(name="operator")
def operator(event: Any, context: Any) -> Any:
    """The operator's one door: an action (`actions.dispatch`), or the page for people (`actions.console`)."""
    shows = isinstance(event, dict) and ("console" in event or "http" in event.get("requestContext", {}))
    with _function("operator") as platform:
        return _load("actions.console:answer" if shows else "actions.dispatch:answer")(platform, event)


@bp.lambda_function(name="widget")
def widget(event: Any, context: Any) -> Any:
    """The operator's page inside the CloudWatch dashboard."""
    with _function("widget") as platform:
        return _load("actions.console:page")(platform, event or {})
