"""What is due by now: deliveries, pulls, probes, expired requests. Cheap when nothing is.

Contract: design section 8; ARC-16
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.aws import queues
from chalicelib.commands import results
from chalicelib.delivery import crawl
from chalicelib.partner import REGISTERED, SUSPENDED, UNREACHABLE, UNREGISTERED
from chalicelib.partners import health, registration_receiver
from chalicelib.store.delivery_items import WAITING, delivery_of
from chalicelib.store.pulls import Pulls

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Seconds until something that was sent to its queue is due again, should it have got lost there.
LOST_AFTER = 120
MOST_ROUNDS = 5
# Of deliveries, that one message lists.
PAGES = 10
# Partners' states are remembered for some seconds elsewhere: what was put aside meanwhile is found then.
SECOND_LOOK = 30

_reported: dict[int, float] = {}


def sweep(platform: Platform) -> None:
    """Send what is due to its queues, and end what nobody answered."""
    for _ in range(MOST_ROUNDS):
        due = platform.deliveries.due()
        lanes: dict[str, list[dict[str, Any]]] = {}
        for partner_id, sort_key in due:
            _sort(platform, partner_id, sort_key, lanes)
        for queue, bodies in lanes.items():
            platform.queues.send(queue, bodies)
        if not lanes:
            break
    _watch(platform)

    results.expire_due(platform)


def recover(platform: Platform, message: Mapping[str, Any]) -> None:
    """Send everything that waits for a partner, page by page, and fetch what it changed meanwhile."""
    partner = platform.partners.get(message["partner"])
    if partner is None or partner.state != REGISTERED:
        return
    after = message.get("cursor")
    for _ in range(PAGES):
        found, after = platform.deliveries.undelivered(partner.id, WAITING, after=after)
        bodies = [{**each.target.message, "attempt": each.attempts} for each in found]
        platform.queues.send(health.queue_for(partner), bodies)
        if not after:
            break
    if after:
        platform.queues.send(queues.PUSH, [{**message, "cursor": after}])
    elif not message.get("again"):
        again = {"task": "recover", "partner": partner.id, "again": True}
        platform.queues.send(queues.PUSH, [again], delay=SECOND_LOOK)
    if not message.get("cursor") and not message.get("again"):
        platform.queues.send(queues.PULL, [{"task": "start", "partner": partner.id}])


def forget(platform: Platform, message: Mapping[str, Any]) -> None:
    """Forget what waits for a partner that has left, and what it knew but for CDRs (AMB-35)."""
    partner = platform.partners.get(message["partner"], fresh=True)
    if partner is not None and partner.state != UNREGISTERED:
        return
    after = platform.deliveries.forget(message["partner"], message.get("cursor") or "")
    if after:
        platform.queues.send(queues.PUSH, [{**message, "cursor": after}])


def _sort(platform: Platform, partner_id: str, sort_key: str, lanes: dict[str, list[dict[str, Any]]]) -> None:
    """Put one due thing into its lane, and make it due again in case it gets lost."""
    partner = platform.partners.get(partner_id)
    kind, _, module = sort_key.partition("#")
    if kind == "probe":
        if partner is None or partner.state != REGISTERED:
            Pulls(platform).forget(partner_id, sort_key)
        elif partner.health.state != UNREACHABLE:
            health.recovered(platform, partner)  # who noticed it died before saying so
        elif platform.deliveries.postpone(partner_id, sort_key, health.probe_pause(platform, partner)):
            body = {"task": "probe", "partner": partner_id}
            lanes.setdefault(queues.PUSH_SLOW, []).append(body)
    elif kind == "catch-up":
        event = Pulls(platform).event(partner_id, sort_key)
        if event and partner is not None:
            registration_receiver.tell_late(platform, partner, event)
        if partner is not None and partner.state == REGISTERED:
            platform.queues.send(queues.PUSH, [{"task": "announce_all", "partner": partner_id}])
            if not Pulls(platform).of(partner_id):
                platform.queues.send(queues.PULL, [{"task": "start", "partner": partner_id}])
        elif partner is not None and partner.state == UNREGISTERED:
            platform.queues.send(queues.PUSH, [{"task": "forget", "partner": partner_id}])
        Pulls(platform).forget(partner_id, sort_key)
    elif kind == "schedule":
        interval = platform.settings.pull_interval
        if partner is None or partner.state != REGISTERED or not interval:
            Pulls(platform).forget(partner_id, sort_key)
        elif platform.deliveries.postpone(
            partner_id,
            sort_key,
            interval * (0.9 + 0.2 * random.random()),  # noqa: S311
        ):
            body = {"task": "start", "partner": partner_id, "module": module}
            lanes.setdefault(queues.PULL, []).append(body)
    elif kind == "pull" and partner is not None and partner.state in (REGISTERED, SUSPENDED):
        item = platform.deliveries.postpone(partner_id, sort_key, LOST_AFTER * 3)
        if item and "untold" in item and item["untold"]["N"] == "1":
            crawl.tell(platform, Pulls(platform).get(partner_id, module))
        elif item:
            body = {"task": "page", "partner": partner_id, "module": module, "job": item["job"]["S"]}
            lanes.setdefault(queues.PULL, []).append(body)
    elif partner is None or partner.state not in (REGISTERED, SUSPENDED):
        Pulls(platform).forget(partner_id, sort_key)
    else:
        item = platform.deliveries.postpone(partner_id, sort_key, LOST_AFTER)
        if item:
            body = delivery_of(item).target.message
            lanes.setdefault(health.queue_for(partner), []).append(body)


def _watch(platform: Platform) -> None:
    """See that unreachable partners are probed, and say once a minute how long the oldest waits."""
    down = [
        each
        for each in platform.partners.all()
        if each.state == REGISTERED and each.health.state == UNREACHABLE
    ]
    for each in down:
        if not Pulls(platform).reminds(each.id, health.PROBE):
            health.became_unreachable(platform, each)
    moment = time.monotonic()
    if not down or moment - _reported.get(id(platform), -60.0) < 60:
        return
    _reported[id(platform)] = moment
    oldest = [since for each in down if (since := platform.deliveries.oldest(each.id))]
    if oldest:
        now = datetime.fromisoformat(platform.clock())
        waited = (now - datetime.fromisoformat(min(oldest))).total_seconds()
        logs.log("WARNING", "backlog", oldest_seconds=max(0, round(waited)), partners=len(down))
