"""The engine and the naive one agree to the last digit, whatever the CDR and its Tariffs.

A few hundred seeds here; `PRICING_CASES=10000`, or `python -m tests.pricing.compare 10000`, for more.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.pricing import naive
from tests.pricing.compare import differences
from tests.pricing.generator import case

CASES = int(os.environ.get("PRICING_CASES", "600"))
BLOCKS = 6


@pytest.mark.parametrize("block", range(BLOCKS))
def test_two_implementations_agree_on_seeded_cdrs(block: int) -> None:
    wrong = {
        seed: found
        for seed in range(block * CASES // BLOCKS, (block + 1) * CASES // BLOCKS)
        if (found := differences(case(Random(seed))))
    }
    assert not wrong


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.randoms(use_true_random=False))
def test_two_implementations_agree_on_whatever_hypothesis_draws(random: Random) -> None:
    assert not differences(case(random))


def test_seeded_cdrs_are_worth_comparing() -> None:
    """Most cost something; limits, step rounding, free use, and unknown sides all occur."""
    seen: dict[str, int] = {}
    for seed in range(300):
        each = case(Random(seed))
        bill = naive.price(each.cdr, version=each.version, time_zone=each.time_zone)
        for name, holds in {
            "money": bool(bill.total[0] or bill.total[1]),
            "limited": bill.total != bill.unlimited,
            "stepped": any(part.where and part.billed != part.volume for part in bill.segments),
            "free": any(part.where is None for part in bill.segments),
            "net unknown": bill.total[0] is None,
            "gross unknown": bill.total[1] is None,
            "reserved": any(part.context == "reservation" and part.where for part in bill.segments),
        }.items():
            seen[name] = seen.get(name, 0) + holds
    assert seen["money"] > 150
    assert min(seen.values()) > 5, seen
