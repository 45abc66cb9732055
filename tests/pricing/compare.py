"""Random CDRs, priced by the engine and by the naive one, compared to the last digit.

    python -m tests.pricing.compare 10000 [FIRST_SEED]

A seed repeats its case. Compared are both sides of the total, every part of the cost, and of every use in
every period its context, volume, billed quantity, the component that applied, and what it costs.
"""

from __future__ import annotations

import json
import sys
import time
from random import Random
from typing import Any

from tests.pricing import engine, naive
from tests.pricing.generator import Case, case

SHOWN = 5


def differences(given: Case) -> list[str]:
    """What the two do not agree on; empty if they agree."""
    report = engine.report(given.cdr, given.version, given.time_zone, reservation=given.reservation)
    bill = naive.price(
        given.cdr, version=given.version, time_zone=given.time_zone, reservation=given.reservation
    )
    if not bill.priceable or report["verdict"] == "UNPRICEABLE":
        same = not bill.priceable and report["verdict"] == "UNPRICEABLE"
        return [] if same else [f"priceable: naive {bill.priceable}, engine {report['verdict']}"]
    found = []
    pairs: list[tuple[str, Any, Any]] = [("total", _both(bill.total), engine.total(report))]
    pairs += [
        (name, _both(bill.parts[name]), (net, gross))
        for name in sorted(bill.parts)
        for net, gross in [engine.sides(report, name)]
        if (net, gross) != (None, None)
    ]
    pairs.append(("segments", _of_naive(bill), sorted(engine.segments(report), key=str)))
    for name, ours, theirs in pairs:
        if ours != theirs:
            found.append(f"{name}: naive {ours}, engine {theirs}")
    return found


def _both(sides: tuple[naive.Money, naive.Money]) -> tuple[str | None, str | None]:
    return engine.written(sides[0]), engine.written(sides[1])


def _of_naive(bill: naive.Bill) -> list[tuple[Any, ...]]:
    return sorted(
        (
            (
                each.period,
                each.context,
                each.dimension,
                engine.written(each.volume),
                engine.written(each.billed),
                each.where,
                engine.written(each.net),
                engine.written(each.gross),
            )
            for each in bill.segments
        ),
        key=str,
    )


def main(count: int, first: int = 0) -> int:
    """How many of so many seeds disagree."""
    wrong, since = 0, time.perf_counter()
    for seed in range(first, first + count):
        given = case(Random(seed))
        found = differences(given)
        if found:
            wrong += 1
            if wrong <= SHOWN:
                print(f"seed {seed}, {given.version}, {given.time_zone}")
                print("  " + "\n  ".join(found))
                if wrong == 1:
                    print(json.dumps(given.cdr, default=str))
    print(f"{count} cases, {wrong} disagree, {time.perf_counter() - since:.1f} s")
    return wrong


if __name__ == "__main__":
    sys.exit(main(*(int(each) for each in sys.argv[1:])) > 0)
