"""Whether a partner can be reached: what becomes of it when it fails, answers slowly, and comes back.

While it is unreachable nobody sends it anything but one probe at a time; the
first success brings it up to date with what changed meanwhile.

Contract: design section 8; ARC-16, TRA-94, TRA-95
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.aws import queues
from chalicelib.deployment import function_name
from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import charset
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import REGISTERED, SPEC, SUSPENDED, UNREACHABLE
from chalicelib.store.pulls import Pulls

if TYPE_CHECKING:
    from chalicelib.ocpi.messages import Party
    from chalicelib.partner import Partner
    from chalicelib.partner_client.client import Answer
    from chalicelib.wiring import Platform

# An answer that takes longer, in seconds on average, makes a partner a slow one.
SLOW = 2.0
FAST_TIMEOUT, SLOW_TIMEOUT = 5.0, 10.0
# What a partner may ask for by its Retry-After, in seconds.
LONGEST_PAUSE = 24 * 3600
PROBE = "probe#"
LONGEST_PROBE_PAUSE = 300


def queue_for(partner: Partner) -> str:
    """The queue for what goes to this partner: those that fail or are slow have one of their own."""
    health = partner.health
    slow = health.failures or health.seconds > SLOW or health.state == UNREACHABLE
    return queues.PUSH_SLOW if slow else queues.PUSH


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
) -> Answer:
    """The partner's answer, and the health it shows. Raises PartnerRefused and PartnerUnreachable."""
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
        note_outcome(platform, partner.id, problem, time.monotonic() - started)
        raise
    note_outcome(platform, partner.id, None, time.monotonic() - started)
    return answer


def note_outcome(
    platform: Platform,
    partner_id: str,
    problem: PartnerRefused | PartnerUnreachable | None,
    seconds: float,
) -> None:
    """Note the health that a partner showed by this outcome of a request; None: it answered well."""
    if not isinstance(problem, PartnerUnreachable):
        if problem is None or problem.http_status:
            succeeded(platform, partner_id, seconds)
    elif problem.retry_after is not None:
        wait = min(problem.retry_after, LONGEST_PAUSE)
        platform.partners.health.pause(partner_id, later(platform.clock(), wait))
    elif not problem.reason.startswith("HTTP 429"):
        failed(platform, partner_id, problem.reason, seconds)


def succeeded(platform: Platform, partner_id: str, seconds: float) -> None:
    """A partner answered; one that had been unreachable is caught up."""
    partner = platform.partners.health.succeeded(partner_id, seconds)
    if partner is not None and partner.health.turned:
        recovered(platform, partner)


def failed(platform: Platform, partner_id: str, reason: str, seconds: float) -> None:
    """A partner did not answer; too often, and everything for it waits."""
    partner = platform.partners.health.failed(partner_id, reason, seconds)
    if partner is not None and partner.health.turned:
        became_unreachable(platform, partner)


# The probe's reminder stands while all have been told that a partner is unreachable, and nobody yet that it
# is back: the sweep tells what somebody died before telling.


def became_unreachable(platform: Platform, partner: Partner) -> None:
    """Say that a partner is unreachable, and see that it is probed."""
    detail = {**_told(partner), "reason": partner.health.reason}
    id = f"unreachable#{partner.id}#{partner.health.last_success}"
    platform.backend.emit("PartnerUnreachable", detail, id=id)
    Pulls(platform).remind(partner.id, PROBE, probe_pause(platform, partner))


def recovered(platform: Platform, partner: Partner) -> None:
    """Send a partner that can be reached again what waits for it, and say so."""
    platform.queues.send(queues.PUSH, [{"task": "recover", "partner": partner.id}])
    id = f"recovered#{partner.id}#{partner.health.last_failure}"
    platform.backend.emit("PartnerRecovered", _told(partner), id=id)
    Pulls(platform).forget(partner.id, PROBE)


def probe_pause(platform: Platform, partner: Partner) -> float:
    """Seconds until an unreachable partner is probed next, longer and longer."""
    schedule = platform.settings.retry_schedule
    step = schedule[min(max(0, partner.health.failures - 3), len(schedule) - 1)]
    return float(min(step, LONGEST_PROBE_PAUSE))


def probe(platform: Platform, message: Mapping[str, Any]) -> None:
    """Ask an unreachable partner for its versions; its answer, whatever it is, makes it reachable again."""
    partner = platform.partners.get(str(message["partner"]))
    if partner is None or partner.state != REGISTERED or partner.health.state != UNREACHABLE:
        return
    try:
        call(platform, partner, "GET", partner.versions_url)
    except (PartnerRefused, PartnerUnreachable):
        """Its health says so."""


def _told(partner: Partner) -> dict[str, Any]:
    return {
        "partner": partner.id,
        "name": partner.name,
        "parties": sorted("/".join(party) for party in partner.parties),
    }
