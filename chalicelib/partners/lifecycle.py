"""The lifecycle of a request whose result is awaited: its states, and every step from one to the next.

A command or profile request is PENDING until it is concluded, once. After that its
result is sent (of one we received) and the back end told. Every step is written
down before the next one begins, and a step that is under way is leased; whoever finds a
request due goes on where it stands (`results`), so a process may die anywhere and a
message may come twice.

Example: RESERVE_NOW comes: PENDING, todo `expire` at its deadline. The back end answers:
CONCLUDED, todo `send`. The result was posted: todo `tell`. The event was told: nothing to do.

Spec: ARC-08, CMD-08, CMD-15, CMD-20, CHP-15, CHP-21
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.ocpi import timestamps
from chalicelib.ocpi.timestamps import later
from chalicelib.store.requests import COMMANDS, CONCLUDED, PENDING, SENT, AsyncRequest, Change
from chalicelib.tasks import AdvanceRequest

if TYPE_CHECKING:
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
USEFUL = 60
USEFUL_CANCELLATION = 3600
# Seconds after its timeout until which a result of ours is awaited.
SLACK = 5


def result_kind(pending: AsyncRequest) -> str:
    """The kind of object its result is."""
    return RESULT_KINDS.get(pending.command, "command_result")


# Transitions: the change of a request as it stands, None where it no longer is where that leads from.


def concluded(found: AsyncRequest, result: Mapping[str, Any] | None, now: str) -> Change | None:
    """A pending request is closed with this result; None where its response was the end of it."""
    return _end(found, result, now) if found.state == PENDING else None


def cancelled(found: AsyncRequest, result: Mapping[str, Any], now: str) -> Change | None:
    """A granted reservation ends early, which its eMSP is told for an hour."""
    if not is_granted_reservation(found):
        return None
    return {**_end(found, result, now), "useful_until": later(now, USEFUL_CANCELLATION)}


def answered(found: AsyncRequest, response: dict[str, Any], timeout: int, now: str) -> Change:
    """Ours was responded to: ACCEPTED means that a result follows, anything else is the end (CMD-07)."""
    change: Change = {"response": response, "timeout": timeout}
    if found.state != PENDING:
        return change  # the result was faster than the response
    if response.get("result") == "ACCEPTED":
        return {**change, "due_at": later(now, timeout + SLACK)}
    return change | _end(found, None, now)


def unanswered(found: AsyncRequest, reason: str) -> Change | None:
    """Nobody knows how ours was responded to: its result may come all the same, until its deadline."""
    return {"reason": reason[:512]} if found.state == PENDING else None


def resulted(found: AsyncRequest, result: Mapping[str, Any], version: str, now: str) -> Change | None:
    """The result of ours came, in this version; a granted reservation may be cancelled later (CMD-20)."""
    cancelled = result["result"] == "CANCELED_RESERVATION" and found.command == "RESERVE_NOW"
    if found.state == PENDING or (cancelled and found.result != result):
        return {**_end(found, result, now), "result_in": version}
    return None


def passed_on(found: AsyncRequest, timeout: int, due_at: str) -> Change | None:
    """The CPO took what we pass on: its result, or its absence, comes first."""
    if found.state != PENDING:
        return None
    response = {"result": "ACCEPTED", "timeout": timeout}
    return {"response": response, "timeout": timeout, "due_at": later(due_at, SLACK)}


def not_passed_on(found: AsyncRequest, response: Mapping[str, Any] | None) -> Change:
    """The response was the end of what we were to pass on, and there is nothing to tell."""
    return {"state": CONCLUDED, "todo": "", "response": response, "lease": ""}


def forwarded(found: AsyncRequest, response: dict[str, Any], timeout: int, until: str, now: str) -> Change:
    """The far side of a hub took it: its result follows, if it was not faster than the response."""
    change: Change = {"response": response, "timeout": timeout, "until": until}
    return {**change, "due_at": later(now, timeout + SLACK)} if found.state == PENDING else change


def not_forwarded(found: AsyncRequest, response: Mapping[str, Any] | None) -> Change | None:
    """The far side of a hub refused it, or was not reached: there is nothing to await."""
    return not_passed_on(found, response) if found.state == PENDING else None


def claimed(found: AsyncRequest, now: str) -> Change | None:
    """Somebody takes the next step, which nobody else does for a while; what expires is concluded."""
    if not found.todo or (found.due_at > now and (found.lease or found.todo == "expire")):
        return None
    leased = {"lease": now, "due_at": later(now, LEASE)}
    return _end(found, expired(found), now) | leased if found.todo == "expire" else leased


def put_off(found: AsyncRequest, lease: str, until: str) -> Change | None:
    """The result could not be sent now; the next attempt is at a time."""
    if found.lease != lease:
        return None
    return {"lease": "waiting", "due_at": until, "attempts": found.attempts + 1}


def sent(found: AsyncRequest, lease: str, delivery: str, now: str) -> Change | None:
    """Sending its result ended this way; the back end is told, but of a profile that only changed."""
    if found.todo != "send" or found.lease != lease:
        return None
    todo = "" if found.command == CHANGED else "tell"
    return {"todo": todo, "delivery": delivery, "due_at": later(now, LEASE)}


def told(found: AsyncRequest, lease: str) -> Change | None:
    """The back end was told: there is nothing more to do."""
    return {"todo": "", "lease": ""} if found.todo == "tell" and found.lease == lease else None


def _end(found: AsyncRequest, result: Mapping[str, Any] | None, now: str) -> Change:
    return {
        "state": CONCLUDED,
        "result": result,
        "concluded_at": now,
        "todo": "tell" if found.direction == SENT else "send",
        "due_at": later(now, LEASE),
        "lease": "",
        "attempts": 0,
        "useful_until": later(max(now, later(found.created_at, found.timeout)), USEFUL),
    }


# What is done to requests.


def conclude(platform: Platform, id: str, result: Mapping[str, Any]) -> AsyncRequest | None:
    """Close a pending request; None when it is closed already or unknown. The rest follows by queue."""
    now = platform.clock()
    closed = platform.requests.alter(id, lambda found: concluded(found, result, now))
    if closed:
        enqueue(platform, closed)
    return closed


def cancel_reservation(platform: Platform, id: str, result: Mapping[str, Any]) -> AsyncRequest | None:
    """Let a granted reservation end early: its result is sent once more, as CANCELED_RESERVATION (CMD-20)."""
    now = platform.clock()
    closed = platform.requests.alter(id, lambda found: cancelled(found, result, now))
    if closed:
        enqueue(platform, closed)
    return closed


def is_granted_reservation(pending: AsyncRequest) -> bool:
    """Whether the request is a RESERVE_NOW that was accepted and not yet cancelled by the CPO."""
    return (
        pending.command == "RESERVE_NOW"
        and pending.state == CONCLUDED
        and (pending.result or {}).get("result") == "ACCEPTED"
    )


def enqueue(platform: Platform, pending: AsyncRequest, delay: float = 0) -> None:
    """Have the next step done by the queue; the sweep does it where the queue is away."""
    try:
        step = "send_result" if pending.todo == "send" else pending.todo
        platform.queues.send([AdvanceRequest(pending.id, step, pending.partner)], delay=int(delay))
    except Exception as problem:
        logs.log_exception("results queue not reached; the sweep will do it", problem, request=pending.id)


def expired(pending: AsyncRequest) -> dict[str, Any]:
    """The result nobody gave: TIMEOUT (CMD-15); to a profile's sender REJECTED, which has no such word."""
    if pending.module == COMMANDS or pending.direction == SENT:
        return {"result": "TIMEOUT"}
    return {"result": "REJECTED"}


def latest_push(pending: AsyncRequest) -> str:
    """Where the id of the newest ActiveChargingProfile for one partner and session is noted."""
    return f"latest-profile#{pending.partner}#{pending.our_party}/{pending.session}"


def said(text: str) -> list[dict[str, str]]:
    """A message in the form OCPI has for people."""
    return [{"language": "en", "text": text[:512]}]


def shown(pending: AsyncRequest) -> dict[str, Any]:
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
    if pending.reason:
        view["reason"] = pending.reason
    if pending.delivery:
        view["delivery"] = pending.delivery
    return view
