"""The volumes that a CDR claims, and what it claims about itself: neither needs a Tariff.

`total_time` is what the session lasted, or the times of its periods; with a reservation either with or
without the reserved time. `total_energy` is judged only where some period states energy.

Spec: 2.3.0 mod_cdrs_cdr_object (total_energy, total_time, total_parking_time)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from chalicelib.pricing.claims import (
    AGREE,
    COSTS,
    DISAGREE,
    INDETERMINATE,
    RANK,
    TOTAL_COST,
    WITHIN,
    Claim,
    claimed_sides,
)
from chalicelib.pricing.codes import Finding, finding
from chalicelib.pricing.exact import HOUR, HUNDRED, ONE, THOUSAND, ZERO, decimals, number, rounded, text, unit
from chalicelib.pricing.moments import seconds
from chalicelib.pricing.segments import PARTS
from chalicelib.pricing.session import Session
from chalicelib.pricing.tariff import ENERGY

ENERGY_CLAIM, TIME_CLAIM, PARKING_CLAIM = "total_energy", "total_time", "total_parking_time"


def volume_claims(cdr: Mapping[str, Any], session: Session, findings: list[Finding]) -> list[Claim]:
    """The claims on energy and times, judged by the periods."""
    readable = not session.wrong
    found = []
    claimed = number(cdr.get(ENERGY_CLAIM))
    if any(ENERGY in each.present for each in session.periods):
        found.append(
            _judged(ENERGY_CLAIM, claimed, [session.total("energy")], ONE / THOUSAND, session, readable)
        )
    elif claimed is not None:
        findings.append(finding("energy_not_in_periods", "/total_energy", f"{text(claimed)} kWh are stated"))
    if session.home:
        return found
    found.append(
        _judged(TIME_CLAIM, number(cdr.get(TIME_CLAIM)), list(_times(session)), ONE / HOUR, session, readable)
    )
    parking = [session.total("parking") / HOUR]
    found.append(
        _judged(PARKING_CLAIM, number(cdr.get(PARKING_CLAIM)), parking, ONE / HOUR, session, readable)
    )
    return found


def _times(session: Session) -> Iterator[Decimal]:
    whole = seconds(session.end - session.start) / HOUR
    reserved = session.total("reserved") / HOUR
    used = (session.total("time") + session.total("parking")) / HOUR
    yield whole
    if used:
        yield used
    if reserved:
        yield whole - reserved
        yield used + reserved


def _judged(
    name: str,
    claimed: Decimal | None,
    values: list[Decimal],
    slack: Decimal,
    session: Session,
    readable: bool,
) -> Claim:
    """The claim against the value that suits it best; slack is one second or one Wh."""
    if claimed is None:
        return Claim(name, None, values[0])
    if not readable:
        return Claim(name, claimed, None, INDETERMINATE)
    best: Claim | None = None
    for exact in values:
        value = -exact if session.credit and claimed * exact < 0 else exact
        if rounded(value, decimals(claimed)) == claimed:
            judged = Claim(name, claimed, value, AGREE, "half_up")
        elif abs(claimed - value) <= unit(decimals(claimed)) + slack:
            judged = Claim(name, claimed, value, WITHIN, "tolerance")
        else:
            judged = Claim(name, claimed, value, DISAGREE)
        if best is None or RANK.index(judged.verdict) < RANK.index(best.verdict):
            best = judged
    return best or Claim(name, claimed, None)


def self_findings(
    cdr: Mapping[str, Any], credit: bool, minor: Decimal, limited: bool, given_back: frozenset[str]
) -> Iterator[Finding]:
    """What its own amounts contradict in each other; `given_back` are costs below zero by themselves."""
    stated = {name: claimed_sides(cdr.get(name)) for name in COSTS}
    total = stated[TOTAL_COST][0]
    parts = [stated[name][0] for name in PARTS]
    known = [each for each in parts if each is not None]
    if total is not None and known and not limited:
        apart = abs(total) - abs(sum(known, ZERO))
        if apart < -minor * len(known) or (len(known) == len(parts) and apart > minor * len(known)):
            yield finding(
                "parts_not_total", "/total_cost", f"the parts are {text(sum(known, ZERO))} of {text(total)}"
            )
    if credit:
        if total is not None and total > 0 and TOTAL_COST not in given_back:
            yield finding("credit_sign", "/total_cost", "total_cost of a Credit CDR is negative")
        for name in PARTS:
            before = stated[name][0]
            if before is not None and before < 0 and name not in given_back:
                yield finding("credit_sign", f"/{name}", "the parts of a Credit CDR stay positive")
    for name in COSTS:
        if isinstance(cdr.get(name), dict) and "taxes" in cdr[name]:
            yield from _taxes(name, cdr[name]["taxes"], stated[name][0], minor)


def _taxes(name: str, taxes: Any, before: Decimal | None, minor: Decimal) -> Iterator[Finding]:
    if not isinstance(taxes, list) or len(taxes) != 1 or not isinstance(taxes[0], dict) or before is None:
        return
    rate, amount = number(taxes[0].get("percentage")), number(taxes[0].get("amount"))
    if rate is None or amount is None:
        return
    if abs(amount) - abs(before * rate / HUNDRED) > minor:  # less may be right: not all of it need be taxed
        yield finding(
            "tax_not_rate",
            f"/{name}/taxes/0",
            f"{text(rate)} % of {text(before)} is less than {text(amount)}",
        )
