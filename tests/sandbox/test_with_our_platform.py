"""The sandbox and our platform, over real HTTP, in each role and version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from localrun.platform import LocalPlatform
from sandbox import Partner

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
Make = Callable[..., Partner]


def listed(platform: LocalPlatform, module: str, partner: Partner) -> list[dict[str, Any]]:
    first = partner.parties[0]
    party = f"{first.country_code}/{first.party_id}"
    return list(platform.do("list", module=module, party=party)["objects"])


def one(platform: LocalPlatform, module: str, partner: Partner, key: str) -> dict[str, Any]:
    return next(each for each in listed(platform, module, partner) if each["id"] == key)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cpo_pushes_its_network(running: LocalPlatform, sandbox: Make, version: str) -> None:
    partner = sandbox("CPO", version)
    for module in ("tariffs", "locations"):
        assert partner.do("push", module=module)["refused"] == []
        assert len(listed(running, module, partner)) == len(partner.own(module))


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cpo_pulls_tokens(running: LocalPlatform, sandbox: Make, version: str) -> None:
    partner = sandbox("CPO", version)
    found = {each["module"]: each for each in partner.do("pull")}
    assert str(found["tokens"]["objects"]) == found["tokens"]["total"] != "0"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_charge_becomes_a_session_and_a_cdr(running: LocalPlatform, sandbox: Make, version: str) -> None:
    partner = sandbox("CPO", version)
    partner.do("push", module="tariffs")
    partner.do("push", module="locations")
    partner.do("pull")
    begun = partner.do("start", location_id="AMS1", evse_uid="AMS1-2", ago=60)
    partner.do("advance", minutes=30)
    partner.do("advance", minutes=9, parking=True)
    sent = partner.do("stop")
    session = one(running, "sessions", partner, begun["id"])
    assert session["status"] == "COMPLETED"
    # 0.50 to start, 0.5 h at 1.20, 10 minutes (two steps of five) at 6.00 per hour.
    assert one(running, "cdrs", partner, sent["id"])["total_cost"]["before_taxes"] == 2.1


@pytest.mark.parametrize("version", VERSIONS)
def test_an_emsp_pulls_what_the_platform_offers(running: LocalPlatform, sandbox: Make, version: str) -> None:
    partner = sandbox("EMSP", version)
    partner.do("pull")
    assert partner.held("locations") and partner.held("tariffs")
