"""Our own platform as a hub passes the kit whole, which joins it with a party at each end."""

from __future__ import annotations

import json
import os

import pytest

from localrun.platform import LocalPlatform, eventually
from sandbox import Partner
from tests.conformance.conftest import HUB, Kit, broken, join, runs, verdicts

TO_THE_CPO = {"OCPI-to-country-code": "BE", "OCPI-to-party-id": "SBC"}
# Each takes most of a minute: the last ones with OCPI_TRIALS=1.
PAIRS = (
    ("EMSP", "2.2.1"),
    ("CPO", "2.2.1"),
    ("CPO", "2.3.0"),
    ("EMSP", "2.1.1"),
    ("CPO", "2.1.1"),
    ("EMSP", "2.3.0"),
)


@pytest.mark.parametrize(("role", "version"), PAIRS if os.environ.get("OCPI_TRIALS") else PAIRS[:3])
def test_our_hub_passes_whole_as_partner_of_the_two_main_roles(
    kit_at_hub: Kit, role: str, version: str
) -> None:
    outcome = kit_at_hub(role, version)
    assert broken(outcome) == []
    assert outcome.count("pass") > 120


def test_a_whole_charge_is_tried_through_our_hub(kit_at_hub: Kit) -> None:
    """HUB-27, HUB-30, CDR-13: what is for one party finds it, and is read back where it went."""
    found = verdicts(kit_at_hub("EMSP", "2.2.1")) | verdicts(kit_at_hub("CPO", "2.2.1"))
    through = ("CMD-08", "CMD-08/b", "CHP-15/a", "SES-12", "CDR-13", "TOK-33/a", "STA-23", "HUB-16", "HUB-30")
    assert {each: found[each] for each in through} == dict.fromkeys(through, "pass")


@pytest.mark.parametrize(("role", "version"), [("EMSP", "2.2.1"), ("CPO", "2.3.0")])
def test_what_our_hub_passes_on_is_seen_at_both_ends(kit_at_hub: Kit, role: str, version: str) -> None:
    """HUB-06, HUB-08, HUB-09, HUB-17, HUB-27, STA-26, AMB-26: the kit joins with a party in each role."""
    found = verdicts(kit_at_hub(role, version))
    rules = ("HUB-06", "HUB-08", "HUB-09", "AMB-26", "STA-26", "HUB-27", "HUB-17/a", "HUB-17/b")
    assert {each: found[each] for each in rules} == dict.fromkeys(rules, "pass")


def test_our_hub_answers_for_a_party_that_is_away() -> None:
    """STA-25: 4003 for whom hubclientinfo shows OFFLINE."""
    settings = {"OCPI_SEED": "0", "OCPI_PARTIES": json.dumps([HUB]), "OCPI_RETRY_SCHEDULE": "1,2,5"}
    with LocalPlatform(settings) as platform, Partner("EMSP") as emsp:
        with Partner("CPO") as cpo:
            join(platform, cpo)
            join(platform, emsp)

        def told_offline() -> bool:
            """By requests, as all that the CPO was to be told may have reached it before."""
            emsp.do("request", method="GET", module="locations", side="SENDER", headers=TO_THE_CPO)
            return [each["status"] for each in emsp.held("hubclientinfo")] == ["OFFLINE"]

        assert eventually(told_offline, pause=0.2)
        found = verdicts(runs(platform)("EMSP", "2.2.1", only=("STA-25",)))
    assert found["STA-25"] == "pass"


@pytest.mark.parametrize(("role", "version"), [("EMSP", "2.2.1"), ("CPO", "2.3.0")])
def test_a_hub_that_nobody_joined_yet_passes_whole(role: str, version: str) -> None:
    with LocalPlatform({"OCPI_SEED": "0", "OCPI_PARTIES": json.dumps([HUB])}) as alone:
        outcome = runs(alone)(role, version)
    assert broken(outcome) == []
