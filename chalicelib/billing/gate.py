"""The gate prices CDRs of ours before they go: one that disagrees with itself is reported, or held.

Contract: design section 13 (`OCPI_CDR_GATE`: warn, hold, off)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.billing import engine
from chalicelib.billing.engine import Report
from chalicelib.objects import sessions
from chalicelib.objects.hosted import Gate, Looked, open_gate
from chalicelib.ocpi.findings import Finding
from chalicelib.partners import parties
from chalicelib.store.object_items import Key

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

WARN, HOLD, OFF = "warn", "hold", "off"
# What an own CDR should not be told to anybody as.
STOPPED = ("DISAGREE", "UNPRICEABLE")
# Claims that one warning names.
MOST_CLAIMS = 5


def gate(platform: Platform) -> Gate:
    """Who looks at our CDRs, as the setting says."""
    setting = platform.settings.cdr_gate
    if setting == OFF:
        return open_gate
    policies: dict[str, engine.Terms] = {}

    def look(key: Key, cdr: dict[str, Any], version: str) -> Looked:
        partner = parties.reached(platform, sessions.emsp_of(cdr))
        name = partner.id if partner else ""
        if name not in policies:
            policies[name] = engine.terms_of(platform, name)
        report = engine.audit(platform, cdr, version, policies[name])
        if report["verdict"] not in STOPPED:
            return Looked()
        return Looked((Finding("/total_cost", _code(report), _words(report, setting)),), setting == HOLD)

    return look


def _code(report: Report) -> str:
    return str(report["verdict"]).lower()


def _words(report: Report, setting: str) -> str:
    if report["verdict"] == "UNPRICEABLE":
        why = next((each["message"] for each in report["findings"] if each["severity"] == "cdr_defect"), "")
        said = f"nothing prices it{': ' if why else ''}{why}"
    else:
        wrong = [
            f"{each['claim']} is {each['claimed']} and comes to {each['computed']}"
            for each in report["claims"]
            if each["verdict"] == "DISAGREE"
        ]
        said = "; ".join(wrong[:MOST_CLAIMS])
        if report["diagnosis"]:
            said += f" ({report['diagnosis'][0]['reading']} would explain it)"
    held = "; held until it is put right or released" if setting == HOLD else ""
    return f"{said}; audit says more{held}"
