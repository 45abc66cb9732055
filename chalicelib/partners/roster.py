"""The roster of a hub: who is there, told at once by hubclientinfo, and in `roles` of 2.3.0 a little later.

Who tells by hubclientinfo is `hub.client_info`, from a queue; the sweep looks again by itself. What stands in
our credentials a partner reads when it registers. Where that differs from who is there now, the sweep has
it exchanged by a credentials PUT of ours, an hour after the last one at the earliest.

Contract: design section 12; HCI-01, HCI-02, AMB-20
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from chalicelib import logs
from chalicelib.ocpi import modules
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import UNREACHABLE
from chalicelib.partners import parties
from chalicelib.tasks import PerformAction, TellWhoIsThere

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# Seconds between two credentials that a partner is sent because of other partners.
DEBOUNCE = 3600
KEPT = 400 * 24 * 3600

# What this process last found to be told, by platform and partner: it is read no second time.
_told: dict[tuple[int, str], str] = {}


def changed(platform: Platform) -> None:
    """Have a hub tell who is there now; nothing where this is no hub. A queue that is down undoes nothing."""
    if not platform.settings.hub:
        return
    try:
        platform.queues.send([TellWhoIsThere()])
    except Exception as problem:
        logs.log_exception("roster not looked at; the sweep will", problem)


def told(platform: Platform, partner: Partner) -> None:
    """Note that a partner has our credentials as they are now."""
    if not platform.settings.hub or partner.version != modules.V230:
        return
    try:
        _note(platform, partner.id, platform.clock(), _digest(platform, partner))
    except Exception as problem:
        logs.log_exception("not noted; in an hour it is told again", problem, partner=partner.id)


def sweep(platform: Platform) -> None:
    """Have our credentials exchanged with those partners of 2.3.0 whose `roles` are out of date."""
    if not platform.settings.hub:
        return
    tasks = []
    for partner in platform.partners.registered():
        if partner.version != modules.V230 or partner.health.state == UNREACHABLE or not partner.outbound:
            continue
        digest, mark = _digest(platform, partner), (id(platform), partner.id)
        if _told.get(mark) == digest:
            continue
        at, _, before = (platform.requests.noted(_key(partner.id)) or "").partition(" ")
        if before == digest:
            _told[mark] = digest
        elif later(at or partner.registered_at, DEBOUNCE) <= platform.clock():
            # Should it fail, it is tried again in an hour.
            _note(platform, partner.id, platform.clock(), "")
            tasks.append(PerformAction({"action": "update_registration", "partner": partner.id}))
    platform.queues.send(tasks)


def _digest(platform: Platform, partner: Partner) -> str:
    claims = sorted(each.claim for each in parties.reachable(platform, partner))
    return hashlib.sha256(" ".join(claims).encode()).hexdigest()[:20]


def _note(platform: Platform, partner: str, now: str, digest: str) -> None:
    platform.requests.note(_key(partner), f"{now} {digest}", later(now, KEPT))


def _key(partner: str) -> str:
    return f"roster#{partner}"
