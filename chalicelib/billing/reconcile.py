"""Reconciliation: what does not fit together between us and each partner, daily and on request.

A look opens what is new and closes what is mended. It costs what changed within its window, and
what is open; it is cut into messages where it is long.

Contract: design section 13
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from chalicelib.billing import findings, matching, verdicts
from chalicelib.billing.findings import OF_CDRS, SESSION_WITHOUT_CDR, SILENCE, TOTAL_APART, Finding
from chalicelib.billing.matching import Billed
from chalicelib.objects.stored_object import load
from chalicelib.ocpi.timestamps import later, seconds_between, timestamp
from chalicelib.partner import Partner
from chalicelib.partners import parties
from chalicelib.store import feeds, ranges
from chalicelib.store.audits import OPEN, PENDING, Audits
from chalicelib.store.object_items import Key
from chalicelib.store.pulls import RUNNING, Pulls
from chalicelib.tasks import Reconcile

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

HOUR, DAY = 3600, 86_400
# Until its CDR is missed; how far back Sessions are looked at daily, and on request.
PATIENCE, LOOKS_BACK, AT_MOST = 48 * HOUR, 35 * DAY, 400 * DAY
# Seconds that one message, or the operator, spends.
SECONDS = 20
ROLES = ("CPO", "EMSP", "NSP", "NAP", "SCSP", "OTHER", "HUB")
# Silence: of so many last changes, those of one minute count once; so many make a habit.
CHANGES, HABIT, LONGER, AT_LEAST = 100, 5, 3, DAY
HEARD = ("sessions", "cdrs", "locations", "tokens")


def work(platform: Platform, task: Reconcile) -> None:
    """One message of the queue: look at all partners, or at one as far as time allows."""
    if not task.partner:
        ids = [each.id for each in platform.partners.all() if each.is_connected]
        platform.queues.send([Reconcile(id) for id in ids])
        return
    partner = platform.partners.get(task.partner)
    if partner is not None and partner.is_connected:
        look(platform, partner, time.monotonic() + SECONDS, task.back or LOOKS_BACK, task.place)


def look(platform: Platform, partner: Partner, until: float, back: int = AT_MOST, place: str = "") -> bool:
    """Look at one partner and so many seconds back; what is not done in time goes on by a message."""
    if not place:
        _suspected(platform, partner)
        findings.is_open(platform, [*_totals(platform, partner), *_silent(platform, partner)])
        _mended(platform, partner)
    at, _, cursor = place.partition(" ")
    ours = parties_of(platform, partner)
    for party in ours[ours.index(at) if at in ours else 0 :]:
        billed = Billed(platform, party)
        while True:
            found, cursor = _missing(platform, partner, billed, back, cursor)
            findings.is_open(platform, found)
            if not cursor:
                break
            if time.monotonic() > until:
                platform.queues.send([Reconcile(partner.id, back, f"{party} {cursor}")])
                return False
    return True


def parties_of(platform: Platform, partner: Partner) -> list[str]:
    """The parties that a connection speaks for, as ledgers name them."""
    found = parties.spoken_for(platform, partner, ROLES) | partner.parties
    return sorted("/".join(party) for party in found)


def _suspected(platform: Platform, partner: Partner) -> None:
    audits = Audits(platform)
    for item in list(findings.listed(platform, PENDING, partner.id)):
        found = load(platform, _key("cdrs", item))
        findings.is_open(platform, matching.of_cdr(platform, found) if found else [])
        audits.delete(item["id"])


def _missing(
    platform: Platform, partner: Partner, billed: Billed, back: int, cursor: str
) -> tuple[list[Finding], str]:
    now, party = platform.clock(), billed.counterparty
    since, until = timestamp(later(now, -back)), timestamp(later(now, -PATIENCE))
    found, cursor = matching.missing_cdrs(platform, billed, since, until, cursor)
    said = [
        Finding(
            SESSION_WITHOUT_CDR,
            partner.id,
            each.key.owner,
            each.key.id,
            f"over since {each.end}, and no CDR {'came' if each.key.owner == party else 'was put'}",
            {"counterparty_of": party, "started": each.start, "ended": each.end, "kwh": each.kwh},
        )
        for each in found
    ]
    return said, cursor


def _totals(platform: Platform, partner: Partner) -> Iterable[Finding]:
    """Lists of which the partner counts more than we hold, by the last whole pull."""
    for job in Pulls(platform).of(partner.id):
        held = _held(platform, partner, job.module)
        if job.state != RUNNING and not job.date_from and job.total > held:
            said = f"the partner counts {job.total} {job.module}, we hold {held}"
            if job.set_aside:
                said += f"; {job.set_aside} could not be read"
            owner = min(parties_of(platform, partner), default="/")
            yield Finding(TOTAL_APART, partner.id, owner, job.module, said, {"total": job.total})


def _held(platform: Platform, partner: Partner, module: str) -> int:
    names = [feeds.name(owner) for owner in parties_of(platform, partner)]
    return sum(each.total for each in platform.objects.feeds.heads(module, names))


def _silent(platform: Platform, partner: Partner) -> Iterable[Finding]:
    for party in parties_of(platform, partner):
        for module in HEARD:
            if said := _silence(platform, party, module):
                yield Finding(SILENCE, partner.id, party, module, said)


def _silence(platform: Platform, party: str, module: str) -> str:
    """How long nothing came of a module, if that is longer than its habit; "" where it is not."""
    times = ranges.latest(platform.objects, module, feeds.name(party), CHANGES)
    minutes = sorted({each[:16] for each in times})
    if len(minutes) < HABIT:
        return ""
    moments = [f"{each}:00.000Z" for each in minutes]
    habit = max(seconds_between(*pair) for pair in itertools.pairwise(moments))
    silent = seconds_between(max(times), platform.clock())
    if silent <= max(LONGER * habit, AT_LEAST):
        return ""
    return f"nothing came for {_span(silent)}; until then never longer than {_span(habit)}"


def _span(seconds: float) -> str:
    if seconds < 2 * DAY:
        return f"{seconds / HOUR:.0f} hours" if seconds >= HOUR else f"{seconds / 60:.0f} minutes"
    return f"{seconds / DAY:.0f} days"


def _mended(platform: Platform, partner: Partner) -> None:
    """Close what is no longer so."""
    ledgers: dict[str, Billed] = {}
    # The oldest first, so that a ledger is read once.
    for item in sorted(findings.listed(platform, OPEN, partner.id), key=lambda each: each.get("started", "")):
        if not _is_so(platform, partner, item, ledgers):
            findings.close(platform, item)


def _is_so(platform: Platform, partner: Partner, item: Mapping[str, Any], ledgers: dict[str, Billed]) -> bool:
    kind = item["kind"]
    if kind in OF_CDRS:
        found = load(platform, _key("cdrs", item))
        if found is None:
            return False
        said = {each.kind for each in matching.of_cdr(platform, found)}
        if kind == findings.UNKNOWN_TARIFF and kind not in said:
            verdicts.judge(platform, found)  # the Tariff is here now, and so is the price
        return kind in said
    if kind == SESSION_WITHOUT_CDR:
        party = str(item["counterparty_of"])
        billed = ledgers.setdefault(party, Billed(platform, party))
        return not matching.has_cdr(platform, billed, _key("sessions", item))
    if kind == TOTAL_APART:
        return int(item["total"]) > _held(platform, partner, item["object_id"])
    return bool(_silence(platform, item["owner"], item["object_id"]))


def _key(module: str, item: Mapping[str, Any]) -> Key:
    country, _, party = str(item["owner"]).partition("/")
    return Key(module, country, party, str(item["object_id"]))
