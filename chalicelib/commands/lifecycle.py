"""What happens to a request after its response: concluded once, its result sent, the event told.

Every step is written down before the next one begins, and a step that is
under way is leased; whoever finds a request due goes on where it stands. So a
process may die anywhere and a message may come twice. The one thing that
cannot be known is whether a result that was being posted when the process
died arrived; it is posted again, because its receiver takes a second one for
the first (AMB-43). After an unknown outcome that we lived to see it is not (CMD-14).

Spec: ARC-08, CMD-08, CMD-14, CMD-15, CHP-15, CHP-21
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import jsontext, timestamps, writing
from chalicelib.partner import SPEC
from chalicelib.store.requests import (
    COMMANDS,
    CONCLUDED,
    PENDING,
    RECEIVED,
    SENT,
    Change,
    Pending,
    later,
)

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

SET, CLEAR, ACTIVE, CHANGED = "SET_PROFILE", "CLEAR_PROFILE", "ACTIVE_PROFILE", "CHANGED_PROFILE"
RESULT_KINDS = {
    SET: "charging_profile_result",
    CLEAR: "clear_profile_result",
    ACTIVE: "active_charging_profile_result",
    CHANGED: "active_charging_profile",
}

# Seconds: the longest one step may take, and how long after its deadline a result is still worth an attempt.
LEASE = 60
# A batch of ten results to partners that do not answer still ends within the function's time.
PATIENCE = 5
USEFUL = 60
USEFUL_CANCELLATION = 3600
LONGEST_DELAY = 900
SWEPT_AT_ONCE = 1000

DELIVERED, REFUSED, UNKNOWN, GIVEN_UP = "DELIVERED", "REFUSED", "UNKNOWN", "GIVEN_UP"


def result_kind(pending: Pending) -> str:
    """The kind of object its result is."""
    return RESULT_KINDS.get(pending.command, "command_result")


def concluded(pending: Pending, result: Mapping[str, Any] | None, now: str) -> Change:
    """The change that closes a request with this result; None where its response was the end of it."""
    return {
        "state": CONCLUDED,
        "result": result,
        "concluded_at": now,
        "todo": "send" if pending.direction == RECEIVED else "tell",
        "due_at": later(now, LEASE),
        "lease": "",
        "attempts": 0,
        "useful_until": later(max(now, later(pending.created_at, pending.timeout)), USEFUL),
    }


def conclude(platform: Platform, id: str, result: Mapping[str, Any]) -> Pending | None:
    """Close a pending request; None when it is closed already or unknown. The rest follows by queue."""
    now = platform.clock()
    closed = platform.requests.alter(
        id, lambda pending: concluded(pending, result, now) if pending.state == PENDING else None
    )
    if closed:
        enqueue(platform, closed)
    return closed


def cancel_reservation(platform: Platform, id: str, result: Mapping[str, Any]) -> Pending | None:
    """Let a granted reservation end early: its result is sent once more, as CANCELED_RESERVATION (CMD-20)."""
    now = platform.clock()

    def again(pending: Pending) -> Change | None:
        if not is_granted_reservation(pending):
            return None
        change = concluded(pending, result, now)
        return {**change, "useful_until": later(now, USEFUL_CANCELLATION)}

    closed = platform.requests.alter(id, again)
    if closed:
        enqueue(platform, closed)
    return closed


def is_granted_reservation(pending: Pending) -> bool:
    """Whether it is a RESERVE_NOW that was accepted and not yet cancelled by the CPO."""
    return (
        pending.command == "RESERVE_NOW"
        and pending.state == CONCLUDED
        and (pending.result or {}).get("result") == "ACCEPTED"
    )


def enqueue(platform: Platform, pending: Pending, delay: float = 0) -> None:
    """Have the next step done by the queue; the sweep does it where the queue is away."""
    try:
        platform.outbox.send(
            "results",
            [{"task": "send_result" if pending.todo == "send" else pending.todo, "id": pending.id}],
            delay=min(LONGEST_DELAY, int(delay)),
        )
    except Exception as problem:
        logs.log_exception("results queue not reached; the sweep will do it", problem, request=pending.id)


def work(platform: Platform, message: Mapping[str, Any]) -> None:
    """One message of the results queue: take the request that it names one step further."""
    advance(platform, str(message["id"]))


def expire_due(platform: Platform) -> int:
    """Queue every request whose next step is overdue; how many those were."""
    ids = platform.requests.due(platform.clock(), SWEPT_AT_ONCE)
    if ids:
        platform.outbox.send("results", [{"task": "advance", "id": id} for id in ids])
    return len(ids)


def advance(platform: Platform, id: str) -> None:
    """Do what is next for a request, unless it is too early or somebody else is at it."""
    now = platform.clock()
    pending = platform.requests.alter(id, lambda found: _claim(found, now))
    if pending is None:
        return
    if pending.todo == "send":
        sent = _send(platform, pending)
        if sent is None:
            return
        pending = sent
    if pending.todo == "tell":
        _tell(platform, pending)


def _claim(pending: Pending, now: str) -> Change | None:
    if not pending.todo or (pending.due_at > now and (pending.lease or pending.todo == "expire")):
        return None
    leased = {"lease": now, "due_at": later(now, LEASE)}
    if pending.todo == "expire":
        return concluded(pending, _expired(pending), now) | leased
    return leased


def _expired(pending: Pending) -> dict[str, Any]:
    """The result nobody gave: TIMEOUT (CMD-15); to a profile's sender REJECTED, which has no such word."""
    if pending.module == COMMANDS or pending.direction == SENT:
        return {"result": "TIMEOUT"}
    return {"result": "REJECTED"}


def _send(platform: Platform, pending: Pending) -> Pending | None:
    """Post the result; the request as it stands then, or None while another attempt is to come."""
    partner = platform.partners.get(pending.partner)
    if partner is None or partner.state != "REGISTERED":
        return _sent(platform, pending, f"{GIVEN_UP}: the partner is {partner.state if partner else 'gone'}")
    if pending.command == CHANGED and platform.requests.noted(latest_push(pending)) != pending.id:
        return _sent(platform, pending, "SUPERSEDED")
    said = pending.body if pending.command == CHANGED else pending.result
    written = writing.write(result_kind(pending), dict(said or {}), pending.version)
    if written.object is None:
        reason = "; ".join(loss.message for loss in written.losses)
        return _sent(platform, pending, f"{GIVEN_UP}: not expressible in {pending.version}: {reason}")
    problem: PartnerRefused | PartnerUnreachable | None = None
    started = time.monotonic()
    try:
        platform.partner_client.call(
            partner,
            "PUT" if pending.command == CHANGED else "POST",
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
    pending: Pending,
    partner: Partner,
    problem: PartnerRefused | PartnerUnreachable | None,
) -> Pending | None:
    """Write down how an attempt to post a result ended."""
    if problem is None:
        return _sent(platform, pending, DELIVERED)
    if isinstance(problem, PartnerRefused):
        return _sent(platform, pending, f"{REFUSED}: {problem.status_code} {problem.message}"[:500])
    if problem.outcome_unknown and pending.command != CHANGED:
        return _sent(platform, pending, f"{UNKNOWN}: {problem.reason}"[:500])
    if partner.policy == SPEC:
        return _sent(platform, pending, f"{GIVEN_UP}: {problem.reason}"[:500])
    return _again(platform, pending, problem.reason, problem.retry_after)


def note_health(
    platform: Platform,
    partner: Partner,
    problem: PartnerRefused | PartnerUnreachable | None,
    seconds: float,
) -> None:
    """Let a request's outcome count for its partner's health, after what it means was written down."""
    from chalicelib.partners import health

    try:
        health.showed(platform, partner.id, problem, seconds)
    except Exception as wrong:
        logs.log_exception("health not noted", wrong, partner=partner.id)


def latest_push(pending: Pending) -> str:
    """Where the id of the newest ActiveChargingProfile for one partner and session is noted."""
    return f"latest-profile#{pending.partner}#{pending.our_party}/{pending.session}"


def _again(platform: Platform, pending: Pending, reason: str, retry_after: int | None) -> Pending | None:
    schedule = platform.settings.retry_schedule
    delay = max(schedule[min(pending.attempts, len(schedule) - 1)], retry_after or 0)
    now = platform.clock()
    if later(now, delay) > pending.useful_until:
        return _sent(platform, pending, f"{GIVEN_UP}: {reason}"[:500])
    waiting = platform.requests.alter(
        pending.id,
        lambda found: (
            {"lease": "waiting", "due_at": later(now, delay), "attempts": found.attempts + 1}
            if found.lease == pending.lease
            else None
        ),
        pending,
    )
    if waiting:
        enqueue(platform, waiting, delay + 1)
    return None


def _sent(platform: Platform, pending: Pending, delivery: str) -> Pending | None:
    """Write down how the delivery ended; None when the request moved on meanwhile."""
    logs.log(
        "INFO" if delivery == DELIVERED else "WARNING",
        "result sent" if delivery == DELIVERED else "result not delivered",
        request=pending.id,
        partner=pending.partner,
        module=pending.module,
        outcome=delivery,
    )
    todo = "" if pending.command == CHANGED else "tell"
    return platform.requests.alter(
        pending.id,
        lambda found: (
            {"todo": todo, "delivery": delivery, "due_at": later(platform.clock(), LEASE)}
            if found.todo == "send" and found.lease == pending.lease
            else None
        ),
        pending,
    )


def _tell(platform: Platform, pending: Pending) -> None:
    if pending.origin:
        from chalicelib.commands import profiles_receiver

        profiles_receiver.relay(platform, pending)
    word = (pending.result or pending.response or {}).get("result", "")
    platform.backend.emit(
        "CommandConcluded" if pending.module == COMMANDS else "ProfileConcluded",
        shown(pending),
        id=f"{pending.id}-{word}",
    )
    platform.requests.alter(
        pending.id,
        lambda found: (
            {"todo": "", "lease": ""} if found.todo == "tell" and found.lease == pending.lease else None
        ),
        pending,
    )


def said(text: str) -> list[dict[str, str]]:
    """A message in the form OCPI has for people."""
    return [{"language": "en", "text": text[:512]}]


def shown(pending: Pending) -> dict[str, Any]:
    """A request as actions and events show it; design section 5."""
    view: dict[str, Any] = {
        "id": pending.id,
        "direction": pending.direction,
        "module": pending.module,
        "partner": pending.partner,
        "party": pending.their_party,
        "hosted_party": pending.our_party,
        "command": pending.command,
        "state": pending.state,
        "response": pending.response,
        "result": pending.result,
        "created_at": timestamps.wire_timestamp(pending.created_at),
        "concluded_at": timestamps.wire_timestamp(pending.concluded_at) if pending.concluded_at else None,
        "body": pending.body,
    }
    if pending.session:
        view["session_id"] = pending.session
    if pending.state == PENDING and pending.due_at:
        view["answer_by"] = timestamps.wire_timestamp(pending.due_at)
    if pending.delivery:
        view["delivery"] = pending.delivery
    return view
