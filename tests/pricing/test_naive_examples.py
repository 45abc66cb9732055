"""The naive pricing comes to the specification's own figures, so it may judge another.

Spec: mod_tariffs (examples), mod_cdrs_step_size
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.pricing import naive
from tests.pricing.examples import CASES, EXAMPLES, cents, expected, made


@pytest.mark.parametrize(("name", "version"), CASES)
def test_the_naive_pricing_computes_what_the_specification_does(name: str, version: str) -> None:
    example = EXAMPLES[name]
    bill = naive.price(made(example, version), version=version)
    assert (cents(bill.total[0]), cents(bill.total[1])) == expected(example, version)
    for dimension, amount in example.billed.items():
        found = sum(each.billed for each in bill.segments if each.where and each.dimension == dimension)
        assert found * (1 if dimension == "ENERGY" else 60) == Fraction(amount)
