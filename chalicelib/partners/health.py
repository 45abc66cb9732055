"""Health says whether a partner and each module it receives can be reached; what follows when not.

A module that fails is held back alone: after some failures in a row one request
at a time tries it, after pauses that grow, and the others wait for that. A
partner is unreachable when neither what we sent nor its versions answer; then
nobody sends it anything but one probe at a time, and the first success brings
it up to date with what changed meanwhile. Nothing is tried before it was due.

Contract: design section 8; ARC-16, TRA-94, TRA-95
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib import logs, schedule
from chalicelib.aws import queues
from chalicelib.deployment import function_name
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import charset
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import REGISTERED, SLOW, SPEC, SUSPENDED, UNREACHABLE
from chalicelib.partners import roster
from chalicelib.store.pulls import Pulls
from chalicelib.tasks import Recover

if TYPE_CHECKING:
    from chalicelib.ocpi.messages import Party
    from chalicelib.partner import Partner
    from chalicelib.partner_client.answer import Answer
    from chalicelib.wiring import Platform

FAST_TIMEOUT, SLOW_TIMEOUT = 5.0, 10.0
# What a partner may ask for by its Retry-After, in seconds.
LONGEST_PAUSE = 24 * 3600
PROBE, RECOVER = "probe#", "recover#"
LONGEST_PROBE_PAUSE = 300
# Failures in a row after which a partner's versions are asked whether it is there at all.
FAILURES_UNTIL_ASKED = 3
# Seconds in which another outage is a relapse.
RELAPSE = 3600
# Seconds after which what was to be listed is listed again, should that have got lost.
LOST_AFTER = 120
SHORTLY = 5
# Seconds after a registration in which what is not known yet is sent again.
JOINING = 60


def queue_for(partner: Partner) -> str:
    """The queue for what goes to this partner: those that fail or are slow have one of their own."""
    health = partner.health
    failing = health.failures or any(each.failures for each in health.held.values())
    slow = failing or health.seconds > SLOW or health.state == UNREACHABLE
    return queues.PUSH_SLOW if slow else queues.PUSH


def is_joining(platform: Platform, partner: Partner) -> bool:
    """Whether it registered just now: who does takes our token a moment after our answer has come."""
    return bool(partner.registered_at) and later(partner.registered_at, JOINING) > platform.clock()


def knows_no_token(platform: Platform, partner: Partner, refusal: PartnerRefused) -> bool:
    """Whether it refuses our token because it has not taken it yet."""
    return refusal.http_status == 401 and is_joining(platform, partner)


def timeout() -> float:
    """Seconds a partner has for its answer, in the function that is running."""
    return FAST_TIMEOUT if function_name.get() == "push" else SLOW_TIMEOUT


def waits(partner: Partner) -> str:
    """Why nothing may be sent to this partner now, or nothing."""
    if partner.state == SUSPENDED:
        return "the partner is suspended"
    if partner.state != REGISTERED:
        return "the partner is not registered"
    if partner.health.state == UNREACHABLE and partner.policy != SPEC:
        return f"the partner is unreachable: {partner.health.reason}"[:300]
    return ""


def call(
    platform: Platform,
    partner: Partner,
    method: str,
    url: str,
    *,
    body: str | None = None,
    module: str = "",
    from_party: Party | None = None,
    to_party: Party | None = None,
    place: str = "",
) -> Answer:
    """The partner's answer, and the health it shows, at a `place` of its own (`push#tariffs`).

    Raises PartnerRefused and PartnerUnreachable.
    """
    if body and partner.reads_ascii_only:
        body = charset.plain(body)
    started = time.monotonic()
    try:
        answer = platform.partner_client.call(
            partner,
            method,
            url,
            body=body,
            module=module,
            from_party=from_party,
            to_party=to_party,
            timeout=timeout(),
        )
    except (PartnerRefused, PartnerUnreachable) as problem:
        note_outcome(platform, partner.id, problem, time.monotonic() - started, place)
        raise
    note_outcome(platform, partner.id, None, time.monotonic() - started, place)
    return answer


def held_until(platform: Platform, partner: Partner, place: str) -> str:
    """Until when a module that fails is left alone, or "" where it may be asked, by whoever asks now."""
    hold = partner.health.held.get(place)
    now = platform.clock()
    if hold is None or not hold.until or partner.policy == SPEC:
        return ""
    if hold.until > now:
        return hold.until
    if hold.failures and not platform.partners.health.claim(partner.id, place, hold):
        return later(now, max(hold.pause, SHORTLY))
    return ""


def note_outcome(
    platform: Platform,
    partner_id: str,
    problem: PartnerRefused | PartnerUnreachable | None,
    seconds: float,
    place: str = "",
    ask: bool = True,
) -> None:
    """Note the health that a partner showed by this outcome of a request; None: it answered well.

    What the outcome means for what was sent is more than that: a note that fails is logged. Without
    `ask` its versions are not asked before a partner that stays silent counts as unreachable: whoever
    waits has no time for it.
    """
    watched = _trial.get()
    if watched is not None:
        watched.requests += 1
        watched.answered = watched.answered or bool(problem and problem.http_status)
    try:
        _note(platform, partner_id, problem, seconds, place, ask)
    except Exception as wrong:
        logs.log_exception("health not noted", wrong, partner=partner_id)


def _note(
    platform: Platform,
    partner_id: str,
    problem: PartnerRefused | PartnerUnreachable | None,
    seconds: float,
    place: str,
    ask: bool,
) -> None:
    if not isinstance(problem, PartnerUnreachable):
        if problem is None or problem.http_status:
            succeeded(platform, partner_id, seconds, place)
    elif problem.http_status == 429:
        if problem.retry_after is not None and not problem.behind_hub:
            wait = min(problem.retry_after, LONGEST_PAUSE)
            platform.partners.health.pause(partner_id, later(platform.clock(), wait))
    else:
        failed(platform, partner_id, problem, seconds, place, ask)


def succeeded(platform: Platform, partner_id: str, seconds: float | None = None, place: str = "") -> None:
    """A partner answered; one that had been unreachable is caught up."""
    partner = platform.partners.health.succeeded(partner_id, seconds, place)
    if partner is not None and partner.health.turned:
        recovered(platform, partner)


def failed(
    platform: Platform,
    partner_id: str,
    problem: PartnerUnreachable,
    seconds: float,
    place: str,
    ask: bool = True,
) -> None:
    """A request failed; where its versions do not answer either, everything for the partner waits."""
    store = platform.partners.health
    wait = min(problem.retry_after, LONGEST_PAUSE) if problem.retry_after is not None else None
    partner = store.failed(partner_id, problem.reason, seconds, place, wait)
    if partner is None or partner.health.state == UNREACHABLE:
        return
    if partner.health.failures % FAILURES_UNTIL_ASKED:
        return
    if answers(platform, partner) if ask else problem.http_status:
        return
    down = store.down(partner_id, _outages(platform, partner))
    if down is not None:
        became_unreachable(platform, down)


def answers(platform: Platform, partner: Partner) -> bool:
    """Whether a partner's versions answer; then it can be reached, whatever a module of it says."""
    try:
        platform.partner_client.call(partner, "GET", partner.versions_url, timeout=timeout())
    except PartnerRefused as refusal:
        if not refusal.http_status:
            return False
    except PartnerUnreachable:
        return False
    succeeded(platform, partner.id)
    return True


@dataclass
class Trial:
    """The requests that were sent to partners meanwhile, and whether any was answered over HTTP."""

    requests: int = 0
    answered: bool = False


_trial: ContextVar[Trial | None] = ContextVar("trial", default=None)


@contextmanager
def trial() -> Iterator[Trial]:
    """Watch what is sent within the block."""
    found = Trial()
    reset = _trial.set(found)
    try:
        yield found
    finally:
        _trial.reset(reset)


def check(platform: Platform, partner: Partner) -> None:
    """Ask a partner that was silent for its versions, once more where nothing comes: then it is away."""
    if answers(platform, partner) or answers(platform, partner):
        return
    store = platform.partners.health
    store.failed(partner.id, "its versions do not answer")
    down = store.down(partner.id, _outages(platform, partner))
    if down is not None:
        became_unreachable(platform, down)


def _outages(platform: Platform, partner: Partner) -> int:
    """How many outages in a row another one makes."""
    since = partner.health.outage_at
    lately = since and later(since, RELAPSE) > platform.clock()
    return partner.health.outages + 1 if lately else 0


def probe_versions(platform: Platform, partner: Partner) -> None:
    """Ask an unreachable partner for its versions; an answer makes it reachable again."""
    if not answers(platform, partner):
        platform.partners.health.failed(partner.id, partner.health.reason)


# The probe's reminder stands while all have been told that a partner is unreachable, and nobody yet that it
# is back: the sweep tells what somebody died before telling.


def became_unreachable(platform: Platform, partner: Partner) -> None:
    """Say that a partner is unreachable, and see that it is probed."""
    detail = {**_told(partner), "reason": partner.health.reason}
    id = f"unreachable#{partner.id}#{partner.health.last_success}"
    platform.backend.emit("PartnerUnreachable", detail, id=id)
    Pulls(platform).remind(partner.id, PROBE, probe_pause(platform, partner))
    roster.changed(platform)


def recovered(platform: Platform, partner: Partner) -> None:
    """Send a partner that can be reached again what waits for it, and say so."""
    catch_up(platform, partner.id)
    roster.changed(platform)
    id = f"recovered#{partner.id}#{partner.health.last_failure}"
    platform.backend.emit("PartnerRecovered", _told(partner), id=id)
    Pulls(platform).forget(partner.id, PROBE)


def catch_up(platform: Platform, partner_id: str) -> None:
    """Have what waits for a partner sent; the sweep repeats it until all of it was listed."""
    Pulls(platform).remind(partner_id, RECOVER, LOST_AFTER)
    platform.queues.send([Recover(partner_id)])


def probe_pause(platform: Platform, partner: Partner) -> float:
    """Seconds until an unreachable partner is probed next, longer and longer, and after a relapse at once."""
    longer = max(0, partner.health.failures - FAILURES_UNTIL_ASKED) + partner.health.outages
    return float(min(schedule.step(platform.settings.retry_schedule, longer), LONGEST_PROBE_PAUSE))


def _told(partner: Partner) -> dict[str, Any]:
    return {
        "partner": partner.id,
        "name": partner.name,
        "parties": sorted("/".join(party) for party in partner.parties),
    }
