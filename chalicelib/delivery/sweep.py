"""The sweep does what is due by now: deliveries, pulls, probes, expired requests. Cheap when nothing is.

Contract: design section 8; ARC-16
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from msgspec.structs import replace

from chalicelib import logs, schedule
from chalicelib.billing import daily
from chalicelib.commands import results
from chalicelib.delivery import crawl, lost, outcomes, push
from chalicelib.hub import client_info, liveness
from chalicelib.ocpi.timestamps import later, seconds_between
from chalicelib.partner import REGISTERED, SUSPENDED, UNREACHABLE, UNREGISTERED
from chalicelib.partners import health, registration_receiver, roster
from chalicelib.store.delivery_items import WAITING, delivery_of
from chalicelib.store.pulls import RUNNING, Pulls
from chalicelib.tasks import AnnounceAll, Forget, Probe, PullPage, PushObject, Recover, StartPull, Task

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# Seconds until something that was sent to its queue is due again, should it have got lost there.
LOST_AFTER = 120
MOST_ROUNDS = 5
# Of deliveries, that one message lists.
PAGES = 10
# Partners' states are remembered for some seconds elsewhere: what was put aside meanwhile is found then.
SECOND_LOOK = 30

# Seconds between two mails about failed deliveries of one partner.
QUIET = 3600
# Seconds between two lines that say how long the oldest delivery waits: the alarm looks at five minutes.
REPORTED_EVERY = 240

_reconciled: WeakKeyDictionary[Platform, str] = WeakKeyDictionary()
_reported: dict[int, float] = {}


def sweep(platform: Platform) -> None:
    """Send what is due to its queues, what was lost included, and end what nobody answered.

    What fails does not keep the rest from being looked at; it is raised at the end, for the alarm.
    """
    problems: list[Exception] = []
    for work in (
        lost.take_up,
        _send_due,
        _watch,
        results.expire_due,
        client_info.sweep,
        roster.sweep,
        liveness.sweep,
        _reconcile,
    ):
        try:
            work(platform)
        except Exception as problem:
            logs.log_exception("sweep failed in part", problem, part=work.__name__)
            problems.append(problem)
    if problems:
        raise problems[0]


def _send_due(platform: Platform) -> None:
    problems: list[Exception] = []
    for _ in range(MOST_ROUNDS):
        lanes: defaultdict[str, list[Task]] = defaultdict(list)
        for partner_id, sort_key in platform.deliveries.due():
            try:
                _sort(platform, partner_id, sort_key, lanes)
            except Exception as problem:
                logs.log_exception("not swept", problem, partner=partner_id, record=sort_key)
                problems.append(problem)
        for queue, tasks in lanes.items():
            platform.queues.send(tasks, queue)
        if not lanes:
            break
    if problems:
        raise problems[0]


def recover(platform: Platform, task: Recover) -> None:
    """Send everything due that waits for a partner, page by page, and fetch what it changed meanwhile.

    What has its next attempt still to come waits for that, unless the task is `early`.
    """
    partner = platform.partners.get(task.partner)
    if partner is None or partner.state != REGISTERED:
        return
    after, now = task.cursor, platform.clock()
    for _ in range(PAGES):
        found, after = platform.deliveries.undelivered(partner.id, WAITING, after=after)
        due = [each for each in found if each.next_attempt_at <= now or task.early]
        pushes = [PushObject.to(each.target, attempt=each.attempts) for each in due]
        platform.queues.send(pushes, health.queue_for(partner))
        if not after:
            break
    if after:
        platform.queues.send([replace(task, cursor=after)])
    elif task.again:
        Pulls(platform).forget(partner.id, health.RECOVER)
    else:
        platform.queues.send([Recover(partner.id, again=True)], delay=SECOND_LOOK)
    if not task.cursor and not task.again:
        platform.queues.send([StartPull(partner.id)])


def probe(platform: Platform, task: Probe) -> None:
    """Try an unreachable partner with something that waits for it, with its versions where nothing does.

    An answer that fails may be one module's: then its versions say whether the partner is back.
    """
    partner = platform.partners.get(task.partner)
    if partner is None or partner.state != REGISTERED or partner.health.state != UNREACHABLE:
        return
    tried = _try(platform, partner)
    if tried is None or tried.answered:
        health.probe_versions(platform, partner)


def _try(platform: Platform, partner: Partner) -> health.Trial | None:
    """What became of one request that waited for a partner, of any module; None where nothing was sent."""
    waiting, _ = platform.deliveries.undelivered(partner.id, WAITING, limit=50)
    pushes: dict[str, PushObject] = {}
    for each in waiting:
        pushes.setdefault(each.target.key.module, PushObject.to(each.target, probe=True))
    running = [job for job in Pulls(platform).of(partner.id) if job.state == RUNNING]
    pages = [PullPage(job.partner, job.module, job.job, probe=True) for job in running]
    tasks: list[PushObject | PullPage] = [*pushes.values(), *pages]
    for task in random.sample(tasks, len(tasks)):
        if isinstance(task, PullPage):
            platform.queues.send([task])
            return health.Trial(1)
        with health.trial() as tried:
            push.push(platform, task)
        if tried.requests:
            return tried
    return None


def forget(platform: Platform, task: Forget) -> None:
    """Forget what waits for a partner that has left, and what it knew but for CDRs (AMB-35)."""
    partner = platform.partners.get(task.partner, fresh=True)
    if partner is not None and partner.state != UNREGISTERED:
        return
    after = platform.deliveries.forget(task.partner, task.cursor)
    if after:
        platform.queues.send([replace(task, cursor=after)])


def _sort(platform: Platform, partner_id: str, sort_key: str, lanes: defaultdict[str, list[Task]]) -> None:
    """Put one due thing into its lane, "" for its own queue; it is due again in case it gets lost."""
    partner = platform.partners.get(partner_id)
    kind, _, module = sort_key.partition("#")
    if kind == "probe":
        if partner is None or partner.state != REGISTERED:
            Pulls(platform).forget(partner_id, sort_key)
        elif partner.health.state != UNREACHABLE:
            health.recovered(platform, partner)  # who noticed it died before saying so
        elif platform.deliveries.postpone(partner_id, sort_key, health.probe_pause(platform, partner)):
            lanes[""].append(Probe(partner_id))
    elif kind == "digest":
        _digest(platform, partner_id, sort_key)
    elif kind == "recover":
        if partner is None or partner.state != REGISTERED:
            Pulls(platform).forget(partner_id, sort_key)
        elif platform.deliveries.postpone(partner_id, sort_key, LOST_AFTER * 3):
            lanes[""].append(Recover(partner_id))
    elif kind == "catch-up":
        event = Pulls(platform).event(partner_id, sort_key)
        if event and partner is not None:
            registration_receiver.tell_late(platform, partner, event)
        if partner is not None and partner.state == REGISTERED:
            platform.queues.send([AnnounceAll(partner_id)])
            if not Pulls(platform).of(partner_id):
                platform.queues.send([StartPull(partner_id)])
        elif partner is not None and partner.state == UNREGISTERED:
            platform.queues.send([Forget(partner_id)])
        Pulls(platform).forget(partner_id, sort_key)
    elif kind == "schedule":
        interval = platform.settings.pull_interval
        if partner is None or partner.state != REGISTERED or not interval:
            Pulls(platform).forget(partner_id, sort_key)
        elif platform.deliveries.postpone(partner_id, sort_key, schedule.spread(interval, 0.1)):
            lanes[""].append(StartPull(partner_id, module))
    elif kind == "pull" and partner is not None and partner.state in (REGISTERED, SUSPENDED):
        item = platform.deliveries.postpone(partner_id, sort_key, LOST_AFTER * 3)
        if item and "untold" in item and item["untold"]["N"] == "1":
            crawl.tell(platform, Pulls(platform).get(partner_id, module))
        elif item:
            lanes[""].append(PullPage(partner_id, module, item["job"]["S"]))
    elif partner is None or partner.state not in (REGISTERED, SUSPENDED):
        Pulls(platform).forget(partner_id, sort_key)
    else:
        item = platform.deliveries.postpone(partner_id, sort_key, LOST_AFTER)
        found = delivery_of(item) if item else None
        if found and found.untold:
            outcomes.tell_failure(platform, found)
        elif found:
            lanes[health.queue_for(partner)].append(PushObject.to(found.target))


def _digest(platform: Platform, partner_id: str, sort_key: str) -> None:
    """Mail about failures: shortly after the first, then one an hour at most, none when nothing failed."""
    item = platform.deliveries.postpone(partner_id, sort_key, QUIET)
    if item is None:
        return
    since = str(item.get("since", {}).get("S") or later(platform.clock(), -QUIET))
    if outcomes.tell_digest(platform, partner_id, since):
        Pulls(platform).note_since(partner_id, sort_key, platform.clock())
    else:
        Pulls(platform).forget(partner_id, sort_key)


def _reconcile(platform: Platform) -> None:
    """Have reconciliation look, once a day; who saw that it did does not ask again that day."""
    today = platform.clock()[:10]
    if _reconciled.get(platform) != today:
        daily.reconcile(platform)
        _reconciled[platform] = today


def _watch(platform: Platform) -> None:
    """See that unreachable partners are probed, and say now and then how long the oldest waits."""
    living = [each for each in platform.partners.all() if each.state == REGISTERED]
    for each in living:
        if each.health.state == UNREACHABLE and not Pulls(platform).reminds(each.id, health.PROBE):
            health.became_unreachable(platform, each)
    moment = time.monotonic()
    if moment - _reported.get(id(platform), -REPORTED_EVERY) < REPORTED_EVERY:
        return
    _reported[id(platform)] = moment
    oldest = [since for each in living if (since := platform.deliveries.waiting(each.id)[1])]
    if oldest:
        waited = seconds_between(min(oldest), platform.clock())
        logs.log("WARNING", "backlog", oldest_seconds=max(0, round(waited)), partners=len(oldest))
