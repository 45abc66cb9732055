"""CDRs under dispute: opened by the operator, settled by it or by the Credit CDR that comes.

A dispute is part of the verdict's item, so that a statement has it without another read.

Contract: design section 13 (`dispute`, `disputes`, `settle`)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.billing import verdicts
from chalicelib.errors import ActionError
from chalicelib.objects.stored_object import load
from chalicelib.store.audits import DISPUTE, OPEN, SETTLED, Audit, Audits, cdr_id
from chalicelib.store.object_items import Key

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

CREDITED = "CREDITED"
OPENED, DONE = f"{DISPUTE} {OPEN}", f"{DISPUTE} {SETTLED}"


def open_dispute(platform: Platform, key: Key, reason: str) -> dict[str, Any]:
    """Put a CDR under dispute. Raises ActionError for one that is unknown, credited or disputed already."""
    audit = _audit(platform, key)
    if audit.credited_by:
        raise ActionError("credited", f"{audit.owner} credited it by {audit.credited_by}", "/id")
    if audit.is_held:
        raise ActionError("held", "it was never sent; put it right or release it", "/id")
    if audit.state == OPENED:
        raise ActionError("disputed", f"it is under dispute since {audit.opened_at}", "/id")
    now = platform.clock()
    sets = {
        "state": OPENED,
        "since": now,
        "reason": reason,
        "opened_at": now,
        "outcome": "",
        "settled_at": "",
    }
    Audits(platform).change(cdr_id(key.partition), sets)
    return shown(_audit(platform, key))


def settle(platform: Platform, key: Key, outcome: str) -> dict[str, Any]:
    """End a dispute. Raises ActionError where there is none that is open."""
    if not _settle(platform, key, outcome):
        raise ActionError("not_disputed", f"{key.owner}/{key.id} is not under dispute", "/id")
    return shown(_audit(platform, key))


def credited(platform: Platform, key: Key, by: str) -> None:
    """A Credit CDR came: the CDR it names is credited, and a dispute about it settled."""
    _settle(platform, key, CREDITED)
    Audits(platform).change(cdr_id(key.partition), {"credited_by": by})


def _settle(platform: Platform, key: Key, outcome: str) -> bool:
    now = platform.clock()
    sets = {"state": DONE, "since": now, "outcome": outcome, "settled_at": now}
    return Audits(platform).change(cdr_id(key.partition), sets, state=OPENED)


def shown(audit: Audit) -> dict[str, Any]:
    """A dispute as `disputes` lists it."""
    return {
        "owner": audit.owner,
        "id": audit.id,
        "partner": audit.partner or None,
        "reason": audit.reason,
        "state": audit.dispute,
        "outcome": audit.outcome or None,
        "opened_at": audit.opened_at,
        "settled_at": audit.settled_at or None,
        "claimed": audit.claimed,
        "computed": audit.computed,
        "currency": audit.currency or None,
    }


def _audit(platform: Platform, key: Key) -> Audit:
    """The verdict on a CDR; one that waits for it is priced now."""
    found = Audits(platform).audit(key.partition)
    if found is not None:
        return found
    stored = load(platform, key)
    if stored is None:
        raise ActionError("unknown_object", f"no CDR {key.id} of {key.owner}", "/id")
    return verdicts.judge(platform, stored)[1]
