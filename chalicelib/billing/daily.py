"""Reconciliation looks by itself once a day. Nothing is priced here, so the engine is not loaded.

Contract: design section 13
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.store.audits import Audits
from chalicelib.tasks import Reconcile

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


def reconcile(platform: Platform) -> None:
    """Ask for a look at every partner, unless that was done today; the first day only begins to count.

    Asked first and written down then: what dies in between is asked for twice, which does no harm.
    """
    today, audits = platform.clock()[:10], Audits(platform)
    seen = audits.read(["daily"]).get("daily", {}).get("day", "")
    if seen == today:
        return
    if seen:
        platform.queues.send([Reconcile()])
    audits.put("daily", {"day": today})
