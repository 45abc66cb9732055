"""The bounded trial (design section 8): chance decides what goes wrong; `make trial`."""

from __future__ import annotations

import os

import pytest

from localrun.emulator import TOOLS


def test_hostile_partners_end_with_exactly_the_present_state() -> None:
    """AMB-12, AMB-34, AMB-35, AMB-86, ARC-14 to ARC-16, with kill -9 in the middle."""
    if not os.environ.get("OCPI_TRIALS"):
        pytest.skip("a trial of chance: make trial runs it")
    if not (TOOLS / "bin" / "ministack").exists():
        pytest.skip("make emulator EMULATOR=ministack installs it")
    from tests.faults.trial import run

    verdict = run(seconds=15, kills=1, patience=150)
    assert verdict.violations == [], str(verdict)
    assert verdict.differences == [], str(verdict)
    assert verdict.faults > 0.25 * verdict.requests, str(verdict)


def test_hostile_partners_are_crawled_to_the_end() -> None:
    """TRA-38 to TRA-40, ARC-16, with kill -9 in the middle."""
    if not os.environ.get("OCPI_TRIALS"):
        pytest.skip("a trial of chance: make trial runs it")
    if not (TOOLS / "bin" / "ministack").exists():
        pytest.skip("make emulator EMULATOR=ministack installs it")
    from tests.faults.pull_trial import run

    verdict = run(many=400, kills=4)
    assert verdict.differences == [], str(verdict)


def test_hostile_parties_behind_a_hub_end_with_what_they_may_have() -> None:
    """HUB-17, HUB-21, HUB-24, AMB-28, AMB-34, with kill -9 in the middle."""
    if not os.environ.get("OCPI_TRIALS"):
        pytest.skip("a trial of chance: make trial runs it")
    if not (TOOLS / "bin" / "ministack").exists():
        pytest.skip("make emulator EMULATOR=ministack installs it")
    from tests.faults.hub_trial import run

    verdict = run(seconds=15, kills=1)
    assert verdict.violations == [], str(verdict)
    assert verdict.differences == [], str(verdict)
    assert verdict.faults > 0.2 * verdict.requests, str(verdict)
