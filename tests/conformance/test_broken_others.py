"""A sandbox eMSP, hub or both that breaks a rule is caught by the checks of that rule, and by no other."""

from __future__ import annotations

import pytest

from conformance.checks import CHECKS
from sandbox.breaks import BREAKS
from tests.conformance.breaks import UNSEEN
from tests.conformance.broken import ROWS, Row, groups, wrong

BOXES = ("EMSP", "HUB", "CPO,EMSP")


@pytest.mark.parametrize(
    "rows",
    [group for box in BOXES for group in groups(box)],
    ids=lambda rows: f"{rows[0].box}-{rows[0].name}",
)
def test_a_broken_rule_is_caught_by_its_checks_and_no_other(rows: list[Row]) -> None:
    assert wrong(rows) == []


def test_every_check_is_shown_to_fail() -> None:
    shown = {id for row in ROWS for id in row.checks}
    assert {each.id for each in CHECKS} - shown == set()


def test_every_break_has_its_checks_or_a_reason() -> None:
    tried = {row.tell["name"] for row in ROWS}
    assert tried | set(UNSEEN) == set(BREAKS)
    assert tried & set(UNSEEN) == set()


def test_most_breaks_hit_one_rule_alone() -> None:
    """A break that says more than one thing proves little of each."""
    wide = {row.tell["name"] for row in ROWS if len({id.partition("/")[0] for id in row.checks}) > 3}
    assert wide <= {"refusals_as_success", "refusals_as_400", "unknown_object_as_200",
                    "unknown_object_as_500", "method_as_404", "any_method"}  # fmt: skip
