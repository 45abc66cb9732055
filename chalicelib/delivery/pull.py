"""Pulls: which lists of a partner are fetched, when and from which date; how is in `crawl`.

Contract: design section 8; TRA-95, TOK-03, AMB-33
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from chalicelib import schedule
from chalicelib.delivery import crawl, listing
from chalicelib.delivery.crawl import Crawl
from chalicelib.ocpi import modules
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import REGISTERED
from chalicelib.partners import parties
from chalicelib.store.pulls import RUNNING, Pull, Pulls
from chalicelib.tasks import PullPage, StartPull

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# Seconds a delta reaches back before the start of the crawl it follows: clocks differ.
OVERLAP = 300


def start(platform: Platform, task: StartPull) -> None:
    """Begin the pulls that are due of a partner."""
    partner = platform.partners.get(task.partner)
    if partner is None or partner.state != REGISTERED:
        return
    platform.partners.enter(partner, look=True)
    for module in [task.module] if task.module else _due(platform, partner, task.without):
        begin(platform, partner, module, full=task.full, date_from=task.date_from, afresh=task.afresh)


def page(platform: Platform, task: PullPage) -> None:
    """Fetch the page that is next in a pull."""
    partner = platform.partners.get(task.partner)
    if partner is not None and partner.state == REGISTERED:
        Crawl(platform, partner, task.module, task.probe).page(task.job)


def offered(platform: Platform, partner: Partner) -> list[str]:
    """The modules that a partner lets us pull and that the parties we host receive; a hub may pull, where
    it is told to, what is meant for all (AMB-28).
    """
    roles = platform.settings.roles
    found = []
    for row in modules.MODULES:
        side = row.interface(modules.RECEIVER)
        if not row.kind or side is None:
            continue
        if not roles & set(side.offered_by) and not parties.passes_on(platform, row.id):
            continue
        if (
            partner.endpoint(row.id, modules.SENDER)
            and partner.version in row.versions
            and _owns(platform, partner, row.id)
        ):
            found.append(row.id)
    return found


def begin(
    platform: Platform,
    partner: Partner,
    module: str,
    *,
    full: bool = False,
    date_from: str = "",
    afresh: bool = False,
) -> Pull:
    """The job for a module: one under way, taken up again, or a new one. `afresh`: a new one in any case.

    Without `full` and `date_from` it fetches what changed since the last complete crawl.
    """
    pulls = Pulls(platform)
    now = platform.clock()
    found = pulls.get(partner.id, module)
    if found.untold:
        crawl.tell(platform, found)
    if found.state != RUNNING or afresh:
        if not full and not date_from and found.synced_at:
            date_from = later(found.synced_at, -OVERLAP)
        fresh = Pull(
            partner.id,
            module,
            job=uuid.uuid4().hex[:12],
            state=RUNNING,
            url=listing.first_url(partner.endpoint(module, modules.SENDER) or "", module, date_from),
            date_from=date_from,
            started_at=now,
            synced_at=found.synced_at,
            of_all=found.of_all if date_from else 0,
        )
        if not pulls.put(fresh, found):
            return pulls.get(partner.id, module)
        found = fresh
        interval = platform.settings.pull_interval
        if interval and not parties.passes_on(platform, module):
            pulls.remind(partner.id, f"schedule#{module}", schedule.spread(interval, 0.25))
    platform.queues.send([crawl.next_page(found)])
    return found


def _due(platform: Platform, partner: Partner, without: str) -> list[str]:
    """The modules to pull now: of a hub its list of parties first, since nothing else is of use before.

    A hub of ours leaves to its parties what they tell all of (AMB-28).
    """
    found = offered(platform, partner)
    if parties.HUBCLIENTINFO in found and not parties.has_told(platform, partner):
        return [parties.HUBCLIENTINFO]
    by_itself = [each for each in found if not parties.passes_on(platform, each)]
    return [each for each in by_itself if each != without]


def _owns(platform: Platform, partner: Partner, module: str) -> bool:
    if module == "hubclientinfo":
        return partner.is_hub
    return bool(parties.spoken_for(platform, partner, parties.owners(module)))
