"""The report on one CDR, as JSON has it. Its shape is promised to operators; see the package."""

from __future__ import annotations

from typing import Any

from chalicelib.pricing import trace
from chalicelib.pricing.claims import (
    AFTER,
    BEFORE,
    DISAGREE,
    INDETERMINATE,
    TOTAL_COST,
    UNPRICEABLE,
    Claim,
    worst,
)
from chalicelib.pricing.codes import Finding, finding
from chalicelib.pricing.diagnosis import diagnose
from chalicelib.pricing.exact import decimals, rounded, text_or_none
from chalicelib.pricing.run import Priced
from chalicelib.pricing.segments import Sides

ENGINE = "1"
MOST_OF_A_CODE = 50


def report(found: Priced) -> dict[str, Any]:
    """Everything that is known about a priced CDR."""
    outcome = found.outcome
    findings = list(found.findings)
    if trace.is_cut(outcome):
        findings.append(finding("trace_cut", "/charging_periods", f"more than {trace.MOST_LINES} lines"))
    if (explained := _explained(found)) is not None:
        findings.append(explained)
    total: Sides = (None, None) if outcome is None else outcome.totals.total
    made: dict[str, Any] = {
        "verdict": verdict(found),
        "currency": found.session.currency or None,
        "total": trace.sides(trace.signed(total, found.sign)),
        "claims": [_claim(each) for each in found.claims],
        "periods": trace.periods(
            found.session, outcome, found.reading.localize if found.zone.known else None
        ),
        "findings": _few(findings),
        "diagnosis": diagnose(found),
        "time_zone": {"name": found.zone.name, "origin": found.zone.origin},
        "policy": found.asked.policy.shown(),
        "version": found.asked.version,
        "engine": ENGINE,
        "tariffs": trace.tariffs(found.choice),
    }
    if outcome is not None:
        made["groups"] = trace.groups(outcome.groups, found.session)
        made["taxes"] = trace.taxes(outcome, found.sign)
        made["limits"] = trace.limits(outcome)
        if (bounds := trace.bounds(found.spans, found.session, found.sign)) is not None:
            made["bounds"] = bounds
    return made


def verdict(found: Priced) -> str:
    """The verdict of the whole: of its claims, and of whether it could be priced at all."""
    if found.outcome is None:
        return UNPRICEABLE
    judged = worst(found.claims)
    undetermined = all(each.claimed is None for each in found.claims) and TOTAL_COST in found.unsure
    return INDETERMINATE if undetermined else judged


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "claim": claim.name,
        "claimed": text_or_none(claim.claimed),
        "computed": text_or_none(claim.computed),
        "verdict": claim.verdict,
        "rule": claim.rule,
    }


def _few(findings: list[Finding]) -> list[Finding]:
    """So many of each code, and in the last of them how many more there are."""
    counts: dict[str, int] = {}
    found: list[Finding] = []
    last: dict[str, Finding] = {}
    for each in findings:
        code = each["code"]
        counts[code] = counts.get(code, 0) + 1
        if counts[code] <= MOST_OF_A_CODE:
            last[code] = {**each}
            found.append(last[code])
    for code, count in counts.items():
        if count > MOST_OF_A_CODE:
            last[code]["message"] += f"; {count - MOST_OF_A_CODE} more like this"
    return found


def _explained(found: Priced) -> Finding | None:
    """Whether what is claimed lies within what some split of the spanning periods would cost."""
    low, high = found.spans.lowest, found.spans.highest
    if low is None or high is None:
        return None
    for claim in found.claims:
        if claim.part != TOTAL_COST or claim.verdict != DISAGREE or claim.claimed is None:
            continue
        least, most = low[claim.side], high[claim.side]
        amount, places = claim.claimed * found.sign, decimals(claim.claimed)
        if least is None or most is None:
            continue
        if not rounded(least, places, "down") <= amount <= rounded(most, places, "up"):
            return None
    if not any(each.part == TOTAL_COST and each.verdict == DISAGREE for each in found.claims):
        return None
    words = f"{TOTAL_COST}.{BEFORE} or .{AFTER} lies within the bounds"
    return finding("explained_by_unsplit_period", "/total_cost", words)
