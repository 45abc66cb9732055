"""CDRs, Sessions and Tariffs are priced, matched and linted after they are stored, by messages of a queue.

The change stream names each CDR that came or that we put, and each Tariff of a partner's; no request
waits for its price. Whatever fails is repeated by the queue, and everything may be repeated.

Contract: design section 13
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib import pricing
from chalicelib.billing import disputes, findings, matching, verdicts
from chalicelib.objects.stored_object import StoredObject, load
from chalicelib.partners import parties
from chalicelib.store.audits import TARIFF, Audits
from chalicelib.store.object_items import Key
from chalicelib.tasks import AuditCdr, LintTariff

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Findings about one Tariff that are kept.
MOST_FINDINGS = 50


def audit(platform: Platform, task: AuditCdr) -> None:
    """Price a CDR that was stored, and settle the dispute about the one that it credits."""
    key = task.key
    found = load(platform, key)
    if found is None:
        return  # forgotten by age meanwhile
    _, audit = verdicts.judge(platform, found)
    if audit.is_credit and audit.credits:
        disputes.credited(platform, Key("cdrs", *key.party, audit.credits), found.key.id)
    if not found.own and matching.of_cdr(platform, found):
        findings.suspect(platform, audit.partner, audit.owner, audit.id)


def lint(platform: Platform, task: LintTariff) -> None:
    """Look at a Tariff that a partner sent; what is wrong with it is kept for the partner's scorecard."""
    key = task.key
    found = load(platform, key)
    audits, id = Audits(platform), f"{TARIFF}#{key.partition}"
    findings = _findings(platform, found) if found else []
    if not findings:
        if audits.read([id]):
            audits.delete(id)
        return
    partner = parties.reached(platform, key.party)
    values = {
        "state": f"{TARIFF} {key.owner}",
        "since": platform.clock(),
        "owner": key.owner,
        "object_id": key.id,
        "partner": partner.id if partner else "",
        "findings": findings[:MOST_FINDINGS],
    }
    audits.put(id, values)


def _findings(platform: Platform, found: StoredObject) -> list[dict[str, Any]]:
    said = pricing.lint(found.source, version=found.version, now=platform.clock())
    return [each for each in said if each["severity"] != "information"]
