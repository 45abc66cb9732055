"""A platform of ours on loopback with a back end that works, and runs of the kit against it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.own_side import OPPOSITE
from conformance.run import Outcome, run
from conformance.trial import Options
from localrun.platform import LocalPlatform
from sandbox import Partner
from simulator.charge_point import BackEnd
from tests.harness import CPO, EMSP

HUB = {"role": "HUB", "country_code": "NL", "party_id": "HUB", "business_details": {"name": "Example Hub"}}
Kit = Callable[..., Outcome]


@pytest.fixture(scope="module")
def running() -> Iterator[LocalPlatform]:
    """CPO NL/EXA and EMSP NL/EXM with the sample data, two EVSEs that know profiles, and charge points."""
    settings = {"OCPI_SEED": "1", "OCPI_PARTIES": json.dumps([CPO, EMSP])}
    with LocalPlatform(settings) as platform:
        for uid in ("LOC2-1", "LOC2-2"):
            capabilities = ["REMOTE_START_STOP_CAPABLE", "CHARGING_PROFILE_CAPABLE", "RESERVABLE"]
            changes = {"capabilities": [*capabilities, "CHARGING_PREFERENCES_CAPABLE", "UNLOCK_CAPABLE"]}
            platform.do("patch", module="locations", id="LOC2", evse_uid=uid, changes=changes)
        with BackEnd(platform.operator, platform.events, speed=200, tick=0.3):
            yield platform


@pytest.fixture(scope="module")
def hub() -> Iterator[LocalPlatform]:
    """Hub NL/HUB, a sandbox CPO and a sandbox eMSP behind it that broadcast what they have."""
    settings = {"OCPI_SEED": "0", "OCPI_PARTIES": json.dumps([HUB]), "OCPI_RETRY_SCHEDULE": "1,2,5"}
    with LocalPlatform(settings) as platform, Partner("CPO", tick=0.2) as cpo, Partner("EMSP") as emsp:
        for partner, modules in ((cpo, ("locations", "tariffs")), (emsp, ("tokens",))):
            join(platform, partner)
            for module in modules:
                told = partner.do("push", module=module)
                assert told["sent"] == told["accepted"] > 0
        yield platform


def join(hub: LocalPlatform, partner: Partner) -> None:
    """Register a sandbox partner, as the role and party it has."""
    country, party = partner.parties[0].key
    roles = [{"role": partner.parties[0].role, "country_code": country, "party_id": party}]
    invited = hub.do("invite", name=party, roles=roles)
    partner.do("register", versions_url=invited["versions_url"], token=invited["token"])


@pytest.fixture(scope="module")
def kit(running: LocalPlatform) -> Kit:
    """A run of the kit as a partner of that role, with an invitation that names it; the same run once."""
    return runs(running)


@pytest.fixture(scope="module")
def kit_at_hub(hub: LocalPlatform) -> Kit:
    """The same at a hub with a CPO and an eMSP behind it, which the kit joins with a second party."""
    return runs(hub, second=True)


def runs(running: LocalPlatform, second: bool = False) -> Kit:
    """Runs of the kit at this platform; with a second invitation for a party of the other role."""
    known: dict[tuple[Any, ...], Outcome] = {}

    def tried(role: str, version: str, **options: Any) -> Outcome:
        key = (role, version, *sorted(options.items()))
        if key not in known:
            invited = running.do(
                "invite",
                name=f"Kit {key}",
                roles=[{"role": role, "country_code": "NL", "party_id": "KIT"}],
                hub=role == "HUB",
            )
            given = {"write": True, "patience": 20, **options}
            if second:
                opposite = {"role": OPPOSITE[role], "country_code": "NL", "party_id": "KIU"}
                beside = running.do("invite", name=f"Kit beside {key}", roles=[opposite])
                given["second_token"] = beside["token"]
            url, token = invited["versions_url"], invited["token"]
            known[key] = run(Options(url, token, role=role, version=version, **given))
        return known[key]

    return tried


def broken(outcome: Outcome) -> list[str]:
    """What is not kept, as a person reads it."""
    return [
        f"{each.verdict} {each.check.id} {each.check.title}: {each.reason}"
        for each in outcome.results
        if each.verdict in ("fail", "warn")
    ]


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {each.check.id: each.verdict for each in outcome.results}
