"""The doors behind: queues, streams, schedules and the operator; functions that never load app.py.

Lambda imports only this module for them, so app.py's middleware and the
Blueprint's own logger do not exist here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chalice import Blueprint, Rate

from chalicelib import logs, wiring

bp = Blueprint(__name__)

Handler = Callable[[wiring.Platform, dict[str, Any]], None]


@contextmanager
def _function(name: str) -> Iterator[wiring.Platform]:
    """The platform, for the work of the function of this name."""
    reset = wiring.function_name.set(name)
    try:
        yield wiring.platform()
    finally:
        wiring.function_name.reset(reset)


def _messages(name: str, event: Any, work: Handler) -> dict[str, Any]:
    """Work through queue messages; the ones that failed are tried again by Lambda, the others are done."""
    failures = []
    with _function(name) as platform:
        for record in event.to_dict()["Records"]:
            try:
                work(platform, json.loads(record["body"]))
            except Exception as problem:
                logs.log_exception(f"{name} failed", problem, record=record["messageId"])
                failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


@bp.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:eu-central-1:000000000000:table/merged/stream/0", name="announce"
)
def announce(event: Any) -> dict[str, Any]:
    """Objects changed: say so to the partners that should know and to the back end."""
    from chalicelib import delivery

    with _function("announce") as platform:
        return delivery.announce(platform, event.to_dict()["Records"])


@bp.on_sqs_message(queue="push", batch_size=10, name="push")
def push(event: Any) -> dict[str, Any]:
    """Send the present state of an object to a partner."""
    return _push("push", event)


@bp.on_sqs_message(queue="push-slow", batch_size=10, name="push_slow")
def push_slow(event: Any) -> dict[str, Any]:
    """The same for partners that answer slowly, apart so that nobody waits for them."""
    return _push("push_slow", event)


def _push(name: str, event: Any) -> dict[str, Any]:
    from chalicelib import delivery

    return _messages(name, event, delivery.push)


@bp.on_sqs_message(queue="pull", batch_size=1, name="pull")
def pull(event: Any) -> dict[str, Any]:
    """Fetch one page of a partner's objects."""
    from chalicelib import delivery

    return _messages("pull", event, delivery.pull)


@bp.on_sqs_message(queue="results", batch_size=1, name="results")
def results(event: Any) -> dict[str, Any]:
    """Deliver asynchronous results, and expire what nobody answered."""
    from chalicelib import pending

    return _messages("results", event, pending.work)


@bp.on_sqs_message(queue="inbox", batch_size=10, name="inbox")
def inbox(event: Any) -> dict[str, Any]:
    """Operator actions sent as messages, for high volume."""
    from chalicelib import operator_actions

    return _messages("inbox", event, operator_actions.receive)


@bp.schedule(Rate(1, unit=Rate.MINUTES), name="sweep")
def sweep(event: Any) -> None:
    """What is due by now: waiting deliveries, scheduled pulls, expired requests."""
    from chalicelib import delivery

    with _function("sweep") as platform:
        delivery.sweep(platform)


@bp.lambda_function(name="operator")
def operator(event: Any, context: Any) -> Any:
    """The operator's one door; see `operator_actions`."""
    from chalicelib import operator_actions

    with _function("operator") as platform:
        return operator_actions.answer(platform, event)


@bp.lambda_function(name="widget")
def widget(event: Any, context: Any) -> Any:
    """The operator's page inside the CloudWatch dashboard."""
    from chalicelib import console

    with _function("widget") as platform:
        return console.page(platform, event or {})
