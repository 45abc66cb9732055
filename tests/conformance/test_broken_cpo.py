"""A sandbox CPO that breaks a rule is caught by the checks of that rule, and by no other."""

from __future__ import annotations

import pytest

from tests.conformance.broken import Row, groups, wrong


@pytest.mark.parametrize("rows", groups("CPO"), ids=lambda rows: rows[0].name)
def test_a_broken_rule_is_caught_by_its_checks_and_no_other(rows: list[Row]) -> None:
    assert wrong(rows) == []
