"""A hub asks partners that were silent for long for their versions, and tells who still answers.

Every sweep lists those that were silent for `OCPI_HUB_ALIVE_SECONDS` and hands them to
one call of the push function, which asks them side by side, so that one that lets it
wait delays nobody. Their turns are spread: each has its own share of the time.

Spec: HCI-14
"""

from __future__ import annotations

import zlib
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING

from chalicelib.ocpi.timestamps import later
from chalicelib.partner import REGISTERED, UNREACHABLE
from chalicelib.partners import health
from chalicelib.tasks import AskWhoIsThere

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# Partners that are asked at the same time, and that one call asks.
SIDE_BY_SIDE, IN_ONE_CALL = 20, 500
# The share of the time that the turns of partners are spread over.
SPLAY = 0.2

# When this process last had a partner asked: its last answer is written down once a minute at most.
_asked: dict[tuple[int, str], str] = {}


def sweep(platform: Platform) -> None:
    """Have those asked that were silent for too long."""
    seconds = platform.settings.hub_alive_seconds
    if not platform.settings.hub or not seconds:
        return
    silent = [
        each.id
        for each in platform.partners.all()
        if _is_silent(platform, each, seconds, _asked.get((id(platform), each.id), ""))
    ]
    _asked.update({(id(platform), each): platform.clock() for each in silent})
    calls = [silent[at : at + IN_ONE_CALL] for at in range(0, len(silent), IN_ONE_CALL)]
    platform.queues.send([AskWhoIsThere(some) for some in calls])


def check(platform: Platform, task: AskWhoIsThere) -> None:
    """Ask these partners for their versions, all at the same time."""
    seconds = platform.settings.hub_alive_seconds
    found = [platform.partners.get(id, fresh=True) for id in task.partners]
    silent = [each for each in found if each and _is_silent(platform, each, seconds)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        asked = [threads.submit(copy_context().run, health.check, platform, each) for each in silent]
    for each in asked:
        each.result()


def _is_silent(platform: Platform, partner: Partner, seconds: int, asked: str = "") -> bool:
    """Whether it is this partner's turn; one that is away already is probed by its own schedule."""
    if partner.state != REGISTERED or partner.health.state == UNREACHABLE:
        return False
    share = (zlib.crc32(partner.id.encode()) % 1000) / 1000 * SPLAY
    since = max(partner.health.last_success or partner.registered_at, asked)
    return later(since, seconds * (1 - share)) <= platform.clock()
