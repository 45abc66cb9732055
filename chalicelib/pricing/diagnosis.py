"""Which mistake would give what is claimed: each a reading of the rules that somebody might have.

Only for a claim that disagrees. Every reading is one more run with a changed policy, session or Tariff; those
that reproduce the claims to their last decimal are named, the likeliest first.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from chalicelib.pricing.claims import DISAGREE, TOTAL_COST, Claim
from chalicelib.pricing.engine import Outcome, compute
from chalicelib.pricing.exact import HUNDRED, decimals, rounded
from chalicelib.pricing.readings import READINGS, attempts
from chalicelib.pricing.run import Priced
from chalicelib.pricing.segments import Sides
from chalicelib.pricing.trace import sides, signed

MOST_RUNS, MOST_NAMED = 40, 5
MOST_WORK, A_PERIOD = 2_500_000, 30  # periods x elements x runs; what a period costs beside its elements


def diagnose(found: Priced) -> list[dict[str, Any]]:
    """The readings that reproduce the claims, each with the total that it computes."""
    wrong = [each for each in found.claims if each.part and each.verdict == DISAGREE]
    if not wrong or found.outcome is None:
        return []
    matches: list[tuple[int, str, Sides]] = []
    work = found.work + A_PERIOD * len(found.session.periods)
    runs = min(MOST_RUNS, MOST_WORK // max(work, 1))
    for attempt in attempts(found):
        if attempt.name in (name for level, name, _ in matches if level == 0):
            continue
        if runs <= 0:
            break
        runs -= 1
        outcome = compute(attempt.session, attempt.choice, attempt.policy, attempt.reading)
        level = _level(found, wrong, outcome)
        if level is not None:
            matches.append((level, attempt.name, outcome.totals.total))
    if (level := _in_cents(found, wrong)) is not None:
        net, gross = found.outcome.totals.total
        scaled = (None if net is None else net * HUNDRED, None if gross is None else gross * HUNDRED)
        matches.append((level, "cents_for_units", scaled))
    return list(_named(matches, found.sign))


def _named(matches: list[tuple[int, str, Sides]], sign: int) -> Iterator[dict[str, Any]]:
    best = min((level for level, _, _ in matches), default=0)
    order = list(READINGS)
    seen: set[str] = set()
    for level, name, total in sorted(matches, key=lambda each: (each[0], order.index(each[1]))):
        if level == best and name not in seen and len(seen) < MOST_NAMED:
            seen.add(name)
            yield {"reading": name, "computed": sides(signed(total, sign))}


def _level(found: Priced, wrong: list[Claim], outcome: Outcome) -> int | None:
    """How much it reproduces: 0 every claimed cost, 1 the whole total, 2 what disagrees; None: not that."""
    judge = found.judge(outcome)
    hits = {}
    for claim in found.claims:
        if claim.part is None or claim.claimed is None:
            continue
        exact = judge.exact(claim.part, claim.side)
        hits[claim.name] = exact is not None and _equal(_turned(exact, found, claim), claim.claimed)
    return _rank(hits, wrong)


def _rank(hits: dict[str, bool], wrong: list[Claim]) -> int | None:
    if not all(hits[each.name] for each in wrong if each.part == TOTAL_COST):
        return None
    if not any(each.part == TOTAL_COST for each in wrong) and not all(hits[each.name] for each in wrong):
        return None
    if all(hits.values()):
        return 0
    return 1 if all(hit for name, hit in hits.items() if name.startswith(TOTAL_COST)) else 2


def _turned(exact: Decimal, found: Priced, claim: Claim) -> Decimal:
    """The amount with the sign that it is claimed with: of a Credit CDR the total's is the other one."""
    if not found.session.credit or claim.claimed is None:
        return exact
    return -exact if claim.part == TOTAL_COST or claim.claimed * exact < 0 else exact


def _equal(exact: Decimal, claimed: Decimal) -> bool:
    return rounded(exact, decimals(claimed)) == claimed


def _in_cents(found: Priced, wrong: list[Claim]) -> int | None:
    judge = found.judge(found.outcome)
    hits = {}
    for claim in found.claims:
        if claim.part is None or claim.claimed is None:
            continue
        exact = judge.exact(claim.part, claim.side)
        if exact is not None:
            exact = _turned(exact, found, claim)
        hits[claim.name] = exact is not None and (
            _equal(exact * HUNDRED, claim.claimed) or rounded(exact, judge.minor) * HUNDRED == claim.claimed
        )
    return _rank(hits, wrong)
