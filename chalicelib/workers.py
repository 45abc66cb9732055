"""The doors behind: queues, streams, schedules and the operator; functions that never load app.py.

Lambda imports only this module for them, so app.py's middleware and the
Blueprint's own logger do not exist here.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalice import Blueprint, Rate

from chalicelib import logs, wiring

bp = Blueprint(__name__)

Handler = Callable[[wiring.Platform, dict[str, Any]], None]


def _each(
    name: str, records: list[dict[str, Any]], id_of: Callable[[dict[str, Any]], str], work: Handler
) -> dict[str, Any]:
    """Work through the records; the ones that failed are tried again by Lambda, the others are done."""
    platform = wiring.platform()
    reset = wiring.function_name.set(name)
    failures = []
    try:
        for record in records:
            try:
                work(platform, record)
            except Exception as problem:
                logs.log_exception(f"{name} failed", problem, record=id_of(record))
                failures.append({"itemIdentifier": id_of(record)})
    finally:
        wiring.function_name.reset(reset)
    return {"batchItemFailures": failures}


def _messages(name: str, event: Any, work: Handler) -> dict[str, Any]:
    def one(platform: wiring.Platform, record: dict[str, Any]) -> None:
        work(platform, json.loads(record["body"]))

    return _each(name, event.to_dict()["Records"], lambda record: record["messageId"], one)


@bp.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:eu-central-1:000000000000:table/merged/stream/0", name="announce"
)
def announce(event: Any) -> dict[str, Any]:
    """Objects changed: say so to the partners that should know and to the back end."""
    from chalicelib import delivery

    platform = wiring.platform()
    reset = wiring.function_name.set("announce")
    try:
        return delivery.announce(platform, event.to_dict()["Records"])
    finally:
        wiring.function_name.reset(reset)


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

    reset = wiring.function_name.set("sweep")
    try:
        delivery.sweep(wiring.platform())
    finally:
        wiring.function_name.reset(reset)


@bp.lambda_function(name="operator")
def operator(event: Any, context: Any) -> Any:
    """The operator's one door; see `operator_actions`."""
    from chalicelib import operator_actions

    reset = wiring.function_name.set("operator")
    try:
        return operator_actions.answer(wiring.platform(), event)
    finally:
        wiring.function_name.reset(reset)


@bp.lambda_function(name="widget")
def widget(event: Any, context: Any) -> Any:
    """The operator's page inside the CloudWatch dashboard."""
    from chalicelib import console

    reset = wiring.function_name.set("widget")
    try:
        return console.page(wiring.platform(), event or {})
    finally:
        wiring.function_name.reset(reset)
