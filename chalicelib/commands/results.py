"""The result of a request, sent to the partner who waits for it, and told to the back end.

The one thing that cannot be known is whether a result that was being posted when
the process died arrived; it is posted again, because its receiver takes a second
one for the first (AMB-43). After an unknown outcome that we lived to see it is not (CMD-14).

Spec: ARC-08, CMD-08, CMD-14, CMD-15, CHP-15, CHP-21, CHP-40
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chalicelib import logs, schedule
from chalicelib.commands import profile_subscribers
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import jsontext, writing
from chalicelib.partner import SPEC
from chalicelib.partners import health, lifecycle
from chalicelib.store.requests import COMMANDS, ROUTED, AsyncRequest
from chalicelib.tasks import AdvanceRequest

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# A batch of ten results to partners that do not answer still ends within the function's time.
PATIENCE = 5
SWEPT_AT_ONCE = 1000

DELIVERED, REFUSED, GIVEN_UP = "DELIVERED", "REFUSED", "GIVEN_UP"


def work(platform: Platform, task: AdvanceRequest) -> None:
    """Take the request that a message names one step further."""
    advance(platform, task.id)


def expire_due(platform: Platform) -> int:
    """Queue every request whose next step is overdue; how many those were."""
    ids = platform.requests.due(platform.clock(), SWEPT_AT_ONCE)
    platform.queues.send(map(AdvanceRequest, ids))
    return len(ids)


def advance(platform: Platform, id: str) -> None:
    """Do what is next for a request, unless it is too early or somebody else is at it."""
    now = platform.clock()
    pending = platform.requests.alter(id, lambda found: lifecycle.claimed(found, now))
    if pending is None:
        return
    if pending.todo == "send":
        sent = _send(platform, pending)
        if sent is None:
            return
        pending = sent
    if pending.todo == "tell":
        _tell(platform, pending)


def _send(platform: Platform, pending: AsyncRequest) -> AsyncRequest | None:
    """Post the result; the request as it stands then, or None while another attempt is to come."""
    partner = platform.partners.get(pending.partner)
    if partner is None or partner.state != "REGISTERED":
        return _sent(platform, pending, f"{GIVEN_UP}: the partner is {partner.state if partner else 'gone'}")
    if (
        pending.command == lifecycle.CHANGED
        and platform.requests.noted(lifecycle.latest_push(pending)) != pending.id
    ):
        return _sent(platform, pending, "SUPERSEDED")
    said = pending.body if pending.command == lifecycle.CHANGED else pending.result
    if pending.result_in and pending.result_in == pending.version:
        written = writing.Writing(dict(said or {}))  # passed on as it came
    else:
        written = writing.write(lifecycle.result_kind(pending), dict(said or {}), pending.version)
    if written.object is None:
        reason = "; ".join(loss.message for loss in written.losses)
        return _sent(platform, pending, f"{GIVEN_UP}: not expressible in {pending.version}: {reason}")
    problem: PartnerRefused | PartnerUnreachable | None = None
    started = time.monotonic()
    try:
        with logs.about(pending.subject):
            platform.partner_client.call(
                partner,
                "PUT" if pending.command == lifecycle.CHANGED else "POST",
                pending.response_url,
                body=jsontext.dumps(written.object),
                module=pending.module,
                from_party=pending.ours,
                to_party=pending.theirs,
                correlation_id=pending.correlation_id,
                version=pending.version,
                timeout=PATIENCE,
            )
    except (PartnerRefused, PartnerUnreachable) as found:
        problem = found
    seconds = time.monotonic() - started
    sent = _after(platform, pending, partner, problem)
    note_health(platform, partner, problem, seconds)
    return sent


def _after(
    platform: Platform,
    pending: AsyncRequest,
    partner: Partner,
    problem: PartnerRefused | PartnerUnreachable | None,
) -> AsyncRequest | None:
    """Write down how an attempt to post a result ended."""
    if problem is None:
        return _sent(platform, pending, DELIVERED)
    if isinstance(problem, PartnerRefused):
        reason, retry_after = problem.words, None
        if problem.own_word:
            return _sent(platform, pending, f"{REFUSED}: {reason}"[:500])
    else:
        reason, retry_after = problem.reason, problem.retry_after
    if partner.policy == SPEC:
        return _sent(platform, pending, f"{GIVEN_UP}: {reason}"[:500])
    return _again(platform, pending, reason, retry_after)


def note_health(
    platform: Platform,
    partner: Partner,
    problem: PartnerRefused | PartnerUnreachable | None,
    seconds: float,
) -> None:
    """Let a request's outcome count for its partner's health, after what it means was written down."""

    try:
        health.note_outcome(platform, partner.id, problem, seconds)
    except Exception as wrong:
        logs.log_exception("health not noted", wrong, partner=partner.id)


def _again(
    platform: Platform, pending: AsyncRequest, reason: str, retry_after: int | None
) -> AsyncRequest | None:
    step = schedule.step(platform.settings.retry_schedule, pending.attempts)
    following = schedule.attempt(platform.clock(), step, retry_after)
    if following.at > pending.useful_until:
        return _sent(platform, pending, f"{GIVEN_UP}: {reason}"[:500])
    waiting = platform.requests.alter(
        pending.id,
        lambda found: lifecycle.put_off(found, pending.lease, following.at),
        pending,
    )
    if waiting:
        lifecycle.enqueue(platform, waiting, following.delay + 1)
    return None


def _sent(platform: Platform, pending: AsyncRequest, delivery: str) -> AsyncRequest | None:
    """Write down how the delivery ended; None when the request moved on meanwhile."""
    logs.log(
        "INFO" if delivery == DELIVERED else "WARNING",
        "result sent" if delivery == DELIVERED else "result not delivered",
        request=pending.id,
        partner=pending.partner,
        module=pending.module,
        outcome=delivery,
    )
    return platform.requests.alter(
        pending.id,
        lambda found: lifecycle.sent(found, pending.lease, delivery, platform.clock()),
        pending,
    )


def _tell(platform: Platform, pending: AsyncRequest) -> None:
    if pending.origin:
        relay(platform, pending)
    if pending.direction != ROUTED:
        _tell_back_end(platform, pending)
    platform.requests.alter(pending.id, lambda found: lifecycle.told(found, pending.lease), pending)


def _tell_back_end(platform: Platform, pending: AsyncRequest) -> None:
    word = (pending.result or pending.response or {}).get("result", "")
    platform.backend.emit(
        "CommandConcluded" if pending.module == COMMANDS else "ProfileConcluded",
        lifecycle.shown(pending),
        id=f"{pending.id}-{word}",
    )


def relay(platform: Platform, sent: AsyncRequest) -> None:
    """Pass the result of a request that we passed on back to the provider it came from (CHP-40).

    Where the CPO did not take the request, the response said so already.
    """
    result = dict(sent.result or {})
    if not result or (sent.response is None and result["result"] == "FAILED"):
        return
    if result.get("result") not in ("ACCEPTED", "REJECTED", "UNKNOWN"):
        result = {"result": "REJECTED"}
    origin = platform.requests.get(sent.origin)
    if origin and origin.command == lifecycle.SET and result["result"] == "ACCEPTED":
        profile_subscribers.was_set(platform, origin, sent.theirs)
    lifecycle.conclude(platform, sent.origin, result)
