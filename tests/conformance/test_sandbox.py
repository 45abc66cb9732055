"""The sandbox passes the kit, and each rule that it breaks is caught by the check of that rule."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from conformance.checks import CHECKS
from conformance.run import Outcome, run
from conformance.trial import Options
from sandbox import Partner
from sandbox.breaks import BREAKS
from tests.conformance.breaks import CAUGHT_BY, ON, UNSEEN
from tests.conformance.conftest import broken, verdicts
from tests.conformance.lies import COST, Lie, tell

ROLES = {"CPO": "EMSP", "EMSP": "CPO", "HUB": "EMSP", "CPO,EMSP": "EMSP"}
BY_ID = {each.id: each for each in CHECKS}
# What else is tried so that there is something to judge: before, and where we listen.
TRAFFIC = ("TRA-20", "LOC-32", "TOK-08", "LOC-42", "TOK-04", "CMD-04", "CRE-22", "CRE-30")
CHARGE = ("CMD-08", "CMD-37", "SES-02", "CDR-02")


def tried(
    box: str, role: str, version: str, break_: str = "", only: tuple[str, ...] = (), lie: Lie | None = None
) -> Outcome:
    """A run of the kit, in that role, against a sandbox that breaks that rule."""
    with Partner(box, version, tick=0.2) as partner:
        invited = partner.do("invite")
        if break_:
            partner.do("break", name=break_)
        if lie:
            tell(partner, lie)
        given: dict[str, Any] = {"write": True, "patience": 2, "timeout": 10, "only": only}
        return run(Options(invited["versions_url"], invited["token"], role=role, version=version, **given))


@cache
def well_behaved(box: str, role: str, version: str) -> Outcome:
    return tried(box, role, version)


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@pytest.mark.parametrize("box", ROLES)
def test_the_sandbox_passes_in_every_version(box: str, version: str) -> None:
    if box == "HUB" and version == "2.1.1":
        pytest.skip("2.1.1 knows no hub")
    outcome = well_behaved(box, ROLES[box], version)
    assert broken(outcome) == []


def test_every_break_of_the_sandbox_has_its_check_or_a_reason() -> None:
    assert set(CAUGHT_BY) | set(UNSEEN) == set(BREAKS)
    assert not set(CAUGHT_BY) & set(UNSEEN)
    assert set(CAUGHT_BY.values()) <= set(BY_ID)


@pytest.mark.parametrize("name", CAUGHT_BY)
def test_a_broken_rule_is_caught_by_its_check(name: str) -> None:
    id = CAUGHT_BY[name]
    check = BY_ID[id]
    role = "CPO" if "CPO" in check.roles and "EMSP" not in check.roles else "EMSP"
    box = ON.get(name) or ("EMSP" if role == "CPO" else "CPO")
    versions = [each for each in BREAKS[name].versions if each in check.versions]
    version = "2.2.1" if "2.2.1" in versions else versions[-1]
    assert verdicts(well_behaved(box, role, version))[id] in ("pass", "skipped")
    only = (id, *TRAFFIC, *(CHARGE if check.stage == "heard" else ()))
    assert verdicts(tried(box, role, version, name, only))[id] in ("fail", "warn")


@pytest.mark.parametrize("case", COST, ids=lambda case: f"{case[0].__name__}-{case[1]}-{case[3]}")
def test_a_sandbox_that_is_wrong_all_over_is_caught_by_every_check_it_concerns(
    case: tuple[Lie, str, str, str],
) -> None:
    lie, box, role, version = case
    found = verdicts(tried(box, role, version, lie=lie))
    assert {id for id in COST[case].split() if found[id] not in ("fail", "warn")} == set()
