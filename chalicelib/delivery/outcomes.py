"""The outcome of an attempt decides what becomes of a delivery, and what follows from it.

Contract: design section 8; AMB-05, AMB-34, AMB-35, TRA-92 to TRA-94, ARC-15
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib import schedule
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi.timestamps import later, seconds_between
from chalicelib.partner import SPEC
from chalicelib.partners import health
from chalicelib.store.delivery_items import GIVEN_UP, REFUSED, UNSURE, WAITING, Delivery
from chalicelib.store.pulls import Pulls
from chalicelib.tasks import PushObject

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# The share by which attempts come sooner or later than the schedule says.
JITTER = 0.15
# The sweep's reminder of failures that people are told of together, and after how many seconds.
DIGEST, DIGEST_SECONDS = "digest#", 300


def delivered(
    found: Delivery, known: Mapping[str, str], agreement: str, remote_url: str, revision: int
) -> Delivery:
    """The record of a partner that knows this and waits for nothing."""
    return replace(
        found,
        known=known,
        agreement=agreement,
        revision=revision,
        whole=False,
        remote_url=remote_url,
        state="",
        attempts=0,
        next_attempt_at="",
        due_at="",
        since="",
        reason="",
        refused="",
        untold=False,
    )


def refused(platform: Platform, found: Delivery, reason: str, mark: str) -> Delivery:
    """The record of a state, told apart by its mark, that the partner does not take: final for it."""
    now = platform.clock()
    return replace(
        found,
        state=REFUSED,
        attempts=found.attempts + 1,
        next_attempt_at="",
        due_at=later(now, schedule.SLACK),
        since=_since(found, now),
        reason=reason,
        refused=mark,
        untold=True,
    )


def unreached(
    platform: Platform, partner: Partner, found: Delivery, problem: PartnerUnreachable, mark: str
) -> Delivery:
    """By the schedule, with jitter, not before the partner said; given up when the schedule ends."""
    attempts = found.attempts + 1 if found.refused == mark else 1  # a newer state begins anew
    limit = schedule.WEEK if found.target.key.module == "cdrs" else schedule.HOUR
    delay = schedule.within(platform.settings.retry_schedule, attempts, limit)
    now = platform.clock()
    failed = replace(
        found, attempts=attempts, reason=problem.reason[:300], refused=mark, since=_since(found, now)
    )
    if partner.policy == SPEC or delay is None:
        return replace(
            failed, state=GIVEN_UP, next_attempt_at="", due_at=later(now, schedule.SLACK), untold=True
        )
    following = schedule.attempt(now, delay, problem.retry_after, JITTER)
    return replace(failed, state=WAITING, next_attempt_at=following.at, due_at=following.due_at)


def put_off(platform: Platform, found: Delivery, reason: str) -> Delivery:
    """The record of what waits until the partner can be reached again."""
    now = platform.clock()
    due_at = (found.due_at if found.state == WAITING else "") or now
    since = _since(found, now)
    return replace(found, state=WAITING, reason=reason, next_attempt_at="", due_at=due_at, since=since)


def paused(platform: Platform, found: Delivery, reason: str, until: str) -> Delivery:
    """The record of what is not tried before some moment, though the partner could be reached."""
    at = schedule.after(until)
    due_at, since = later(at, schedule.SLACK), _since(found, platform.clock())
    return replace(found, state=WAITING, reason=reason, next_attempt_at=at, due_at=due_at, since=since)


def _since(found: Delivery, now: str) -> str:
    """Since when it waits: attempts, pauses and newer states do not change that."""
    return found.since if found.state == WAITING and found.since else now


def tell(platform: Platform, partner: Partner, before: Delivery, after: Delivery) -> None:
    """What follows from an outcome that was written down: the next attempt, or word to the operator."""
    if after.state == WAITING and after.next_attempt_at not in ("", before.next_attempt_at):
        wait = seconds_between(platform.clock(), after.next_attempt_at)
        if wait <= schedule.LONGEST_DELAY:
            task = PushObject.to(after.target, attempt=after.attempts)
            platform.queues.send([task], health.queue_for(partner), max(1, wait))
    if after.untold:
        tell_failure(platform, after)


def tell_failure(platform: Platform, failed: Delivery) -> None:
    """Tell the back end of what failed for good, and note that it was told; until then the sweep does."""
    key = failed.target.key
    detail = {
        "partner": failed.target.partner,
        "module": key.module,
        "owner": f"{key.country_code}/{key.party_id}",
        "object_id": key.id,
        "part": failed.target.part,
        "state": failed.state,
        "attempts": failed.attempts,
        "reason": failed.reason,
        "delivery": failed.id,
    }
    platform.backend.emit("DeliveryFailed", detail, id=f"failed#{failed.id}#{failed.attempts}#{failed.since}")
    Pulls(platform).remind(failed.target.partner, DIGEST, DIGEST_SECONDS)
    platform.deliveries.told(failed)


def tell_digest(platform: Platform, partner: str, since: str) -> int:
    """Tell people how many deliveries to a partner failed for good since then, with an example; how many."""
    failed: list[Delivery] = []
    for state in (REFUSED, GIVEN_UP):
        after = None
        while True:
            found, after = platform.deliveries.undelivered(partner, state, after=after, limit=500)
            failed += [each for each in found if each.since >= since]
            if not after:
                break
    if failed:
        example = max(failed, key=lambda each: each.since)
        platform.backend.emit(
            "DeliveriesFailed",
            {
                "partner": partner,
                "failed": len(failed),
                "since": since,
                "example": example.id,
                "reason": example.reason,
            },
            id=f"digest#{partner}#{since}",
        )
    return len(failed)


def unknown(refusal: PartnerRefused) -> bool:
    """Whether a partner said that it does not know what it was sent a part of (AMB-05)."""
    said = refusal.message.lower()
    says_so = any(each in said for each in ("unknown", "not found", "not exist", "no such"))
    return refusal.http_status == 404 or refusal.status_code in (2003, 2004) or says_so


def has_it_already(found: Delivery, refusal: PartnerRefused) -> bool:
    """Whether a CDR that may have arrived before did so, by what the partner says to it now (AMB-35)."""
    said = refusal.message.lower()
    says_so = "unknown" not in said and any(each in said for each in ("already", "exist", "duplicate"))
    tried = UNSURE in found.known.values()
    return tried and (refusal.http_status == 409 or (refusal.status_code == 2001 and says_so))


def words(refusal: PartnerRefused) -> str:
    """What a partner said, for the operator."""
    return f"HTTP {refusal.http_status or '-'}, OCPI {refusal.status_code or '-'}: {refusal.message}"[:500]
