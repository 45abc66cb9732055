"""Webhooks: every event, as the bus carries it, POSTed to the back end's URL, signed, for 24 hours.

A rule of the bus puts the envelopes on a queue of ours; a message that is not
taken comes back after the seconds of the retry schedule, at most a quarter of
an hour, until it was taken or is a day old. Then it goes to the dead letters.
What is POSTed is the envelope's own text, so that what is signed is what came.

Example: the back end answers 503. The event comes back after 5 s, 30 s, 2 min, 10 min, then every 15 min,
each time with the same `webhook-id`, a new `webhook-timestamp` and a new signature.

Spec: Standard Webhooks (https://www.standardwebhooks.com); design section 5, Events; ARC-20
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import logs, schedule
from chalicelib.aws import queues
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import jsontext
from chalicelib.store.webhook import Endpoint
from chalicelib.store.webhook import headers as signed

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Seconds for one POST; ten of them fit into the function's time.
PATIENCE = 10.0
DAY = 24 * 3600
GONE = 410

Record = Mapping[str, Any]


@dataclass(frozen=True)
class _Letter:
    """An envelope for the dead letters; the bus writes the others, so it is no task."""

    body: Any
    queue: str = queues.dead(queues.WEBHOOK)
    group: str = ""


def work(platform: Platform, records: Sequence[Record]) -> dict[str, Any]:
    """POST these envelopes; the answer names those that come back."""
    url = platform.settings.backend_url
    if not url:
        return {"batchItemFailures": []}  # the setting was taken back while some were on their way
    endpoint = platform.webhooks.endpoint()
    away = "it said that it is gone" if endpoint.is_gone(url) else ""
    waiting, taken = [], 0
    for record in records:
        wait: int | None = None
        if not _is_envelope(record):
            logs.log("ERROR", "webhook not understood", record=record["messageId"])
            continue
        if not away:
            away, done, wait = _post(platform, url, endpoint, record)
            if done:
                taken += 1
                continue
        if _is_over(platform, record):
            _give_up(platform, record)
        else:
            _come_back(platform, record, wait)
            waiting.append({"itemIdentifier": record["messageId"]})
    logs.log("INFO", "webhook", taken=taken, waiting=len(waiting), reason=away or None)
    return {"batchItemFailures": waiting}


def _post(platform: Platform, url: str, endpoint: Endpoint, record: Record) -> tuple[str, bool, int | None]:
    """Why the rest need not be tried now, whether it was taken, and how long the back end asks to wait."""
    body = record["body"]
    envelope = jsontext.loads(body)
    id, at = envelope["id"], _epoch(platform.clock())
    headers = signed(platform.webhooks.keys(endpoint), id, at, body)
    started, status, wait = time.monotonic(), 0, None
    away = reason = ""
    try:
        status, wait = platform.partner_client.post(url, body, headers, PATIENCE)
        if 200 <= status < 300:
            return "", True, None
        reason = f"HTTP {status}"
        if status == GONE:
            away = "it said that it is gone"
            platform.webhooks.gone(url)
        elif status >= 500 or status in (408, 425, 429):
            away = reason
    except PartnerRefused as refusal:
        away = reason = refusal.message
    except PartnerUnreachable as problem:
        away = reason = problem.reason
    logs.log(
        "WARNING",
        "webhook not taken",
        event=str(envelope.get("detail-type")),
        event_id=id,
        status=status or None,
        reason=reason[:300],
        attempt=_receives(record),
        duration_ms=round((time.monotonic() - started) * 1000),
    )
    return away, False, wait


def _is_envelope(record: Record) -> bool:
    """Whether it came from the bus; what else may lie in the queue would come back for ever."""
    try:
        return isinstance(jsontext.loads(record["body"])["id"], str)
    except (ValueError, KeyError, TypeError):
        return False


def _is_over(platform: Platform, record: Record) -> bool:
    """Whether it was tried for a day."""
    sent = int(record.get("attributes", {}).get("SentTimestamp", "0")) // 1000
    return bool(sent) and _epoch(platform.clock()) - sent >= DAY


def _give_up(platform: Platform, record: Record) -> None:
    """To the dead letters, from which the operator may have it sent again."""
    platform.queues.send([_Letter(jsontext.loads(record["body"]))])
    logs.log("ERROR", "webhook given up", attempt=_receives(record))


def _come_back(platform: Platform, record: Record, asked: int | None) -> None:
    seconds = schedule.comes_back(platform.settings.retry_schedule, _receives(record), asked)
    try:
        platform.queues.come_back(queues.WEBHOOK, record["receiptHandle"], seconds)
    except Exception as problem:  # then it comes back when the queue shows it again
        logs.log_exception("failed message not hastened", problem, record=record["messageId"])


def _receives(record: Record) -> int:
    return max(1, int(record.get("attributes", {}).get("ApproximateReceiveCount", "1")))


def _epoch(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
