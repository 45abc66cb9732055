"""Findings of reconciliation: opened once, closed when what they say is no longer so, an event each.

Contract: design section 13 (`reconcile`, `ReconciliationFinding`)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalicelib.store.audits import CLOSED, FINDING, OPEN, PENDING, Audits

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

SESSION_WITHOUT_CDR, CDR_WITHOUT_SESSION = "SESSION_WITHOUT_CDR", "CDR_WITHOUT_SESSION"
ENERGY_APART, TOTAL_APART, SILENCE = "ENERGY_APART", "TOTAL_APART", "SILENCE"
UNKNOWN_TOKEN, UNKNOWN_TARIFF = "UNKNOWN_TOKEN", "UNKNOWN_TARIFF"
SECOND_CDR, CREDIT_WITHOUT_CDR = "SECOND_CDR", "CREDIT_WITHOUT_CDR"
# Those that are about one CDR, each with what it means; docs/money.md has the table.
OF_CDRS = (
    CDR_WITHOUT_SESSION,
    ENERGY_APART,
    SECOND_CDR,
    CREDIT_WITHOUT_CDR,
    UNKNOWN_TOKEN,
    UNKNOWN_TARIFF,
)
KINDS = {
    SESSION_WITHOUT_CDR: "a Session that was over for 48 hours, and no CDR came",
    CDR_WITHOUT_SESSION: "a CDR that names a Session nobody told of",
    ENERGY_APART: "the CDR and its Session differ by more than 0.01 kWh",
    SECOND_CDR: "a CDR for a Session that another CDR bills, and neither is credited",
    CREDIT_WITHOUT_CDR: "a Credit CDR for a CDR that never came",
    TOTAL_APART: "the partner counts more objects in its list than we hold",
    SILENCE: "nothing came of a module for three times longer than ever before, and a day at least",
    UNKNOWN_TOKEN: "a CDR names a Token that we do not have",
    UNKNOWN_TARIFF: "a CDR names a Tariff that it does not bring along and nobody has",
}


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit together; `more` is what its next look needs."""

    kind: str
    partner: str
    owner: str
    object_id: str
    message: str
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.kind}#{self.owner}/{self.object_id}"


def is_open(platform: Platform, found: list[Finding]) -> None:
    """Open those that are not open yet, and tell of each."""
    audits = Audits(platform)
    known = audits.read(f"{FINDING}#{each.id}" for each in found)
    for each in found:
        if known.get(f"{FINDING}#{each.id}", {}).get("state") == f"{FINDING} {OPEN}":
            continue
        item = {
            **each.more,
            "finding": each.id,
            "kind": each.kind,
            "partner": each.partner,
            "owner": each.owner,
            "object_id": each.object_id,
            "message": each.message,
            "state": f"{FINDING} {OPEN}",
            "since": platform.clock(),
        }
        _tell(platform, item)
        audits.put(f"{FINDING}#{each.id}", item)


def close(platform: Platform, item: Mapping[str, Any]) -> None:
    """What a finding says is no longer so."""
    sets = {"state": f"{FINDING} {CLOSED}", "since": platform.clock()}
    _tell(platform, {**item, **sets})
    Audits(platform).change(item["id"], sets, state=f"{FINDING} {OPEN}")


def suspect(platform: Platform, partner: str, owner: str, id: str) -> None:
    """Remember a CDR of which something looks apart: what still is so is a finding at the next look."""
    values = {
        "partner": partner,
        "owner": owner,
        "object_id": id,
        "state": f"{FINDING} {PENDING}",
        "since": platform.clock(),
    }
    Audits(platform).put(f"{FINDING}#{PENDING}#{owner}/{id}", values)


def listed(platform: Platform, state: str, partner: str = "") -> Iterator[dict[str, Any]]:
    """The items of findings in a state, the oldest first."""
    only = {"partner": partner} if partner else None
    yield from Audits(platform).all("state", f"{FINDING} {state}", only=only)


def shown(item: Mapping[str, Any]) -> dict[str, Any]:
    """A finding as `reconcile` lists it, and as the event tells it."""
    return {
        "id": item["finding"],
        "kind": item["kind"],
        "partner": item.get("partner") or None,
        "owner": item["owner"],
        "object_id": item["object_id"],
        "message": item["message"],
        "state": str(item["state"]).removeprefix(f"{FINDING} "),
        "since": item["since"],
    }


def _tell(platform: Platform, item: Mapping[str, Any]) -> None:
    row = shown(item)
    platform.backend.emit("ReconciliationFinding", row, id=f"{row['id']}#{row['state']}#{row['since']}")
