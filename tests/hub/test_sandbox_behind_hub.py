"""Sandbox partners of every version behind our hub, over HTTP: what one does, the others hold."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from localrun.platform import LocalPlatform
from sandbox import Partner
from sandbox.parties import Party
from tests.hub.conftest import HUB

EMSPS = {"2.1.1": ("DE", "OLM"), "2.2.1": ("DE", "MSP"), "2.3.0": ("DE", "NWM")}


@pytest.fixture(scope="module")
def network() -> Iterator[dict[str, Any]]:
    """The hub, a 2.2.1 CPO `cpo`, and an eMSP per version, each having told all it has."""
    settings = {"OCPI_SEED": "0", "OCPI_PARTIES": json.dumps([HUB]), "OCPI_RETRY_SCHEDULE": "1,2,5"}
    with LocalPlatform(settings) as hub, ExitStack() as stack:
        roles = {"cpo": ("CPO", "2.2.1", "BE", "BEC")}
        roles |= {version: ("EMSP", version, *party) for version, party in EMSPS.items()}
        partners: dict[str, Any] = {"hub": hub}
        for name, (role, version, country, id) in roles.items():
            party = Party(role, country, id, id)
            partners[name] = stack.enter_context(Partner(role, version, own_parties=[party]))
            invited = hub.do(
                "invite", name=id, roles=[{"role": role, "country_code": country, "party_id": id}]
            )
            told = {"versions_url": invited["versions_url"], "token": invited["token"]}
            partners[name].do("register", for_others=version == "2.1.1", **told)
        # What is a party's is taken by those who heard of that party; 2.1.1 hears of none.
        for one in ("cpo", "2.2.1", "2.3.0"):
            others = {party for each, (*_, party) in roles.items() if each != one}
            assert eventually(lambda one=one, others=others: others <= _heard_of(partners[one])), one
        partners["cpo"].do("push", module="locations")
        for version in EMSPS:
            partners[version].do("push", module="tokens")
        yield partners


def _heard_of(partner: Partner) -> set[str]:
    return {each["party_id"] for each in partner.held("hubclientinfo")}


def eventually(check: Callable[[], Any]) -> Any:
    until = time.monotonic() + 60
    while not (found := check()) and time.monotonic() < until:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize("version", EMSPS)
def test_a_broadcast_reaches_every_version(network: dict[str, Any], version: str) -> None:
    """HUB-15, HUB-19: Locations come to each eMSP, Tokens of all to the CPO."""
    cpo, emsp = network["cpo"], network[version]
    assert eventually(lambda: len(emsp.held("locations")) == len(cpo.own("locations")))
    tokens = sum(len(network[each].own("tokens")) for each in EMSPS)
    assert eventually(lambda: len(cpo.held("tokens")) == tokens)


@pytest.mark.parametrize("version", EMSPS)
def test_a_charge_goes_through_the_hub_to_its_two_ends_alone(network: dict[str, Any], version: str) -> None:
    """HUB-27, AMB-26, AMB-28: command, result, Session and CDR, whose Location leads back to the hub."""
    hub, cpo, emsp = network["hub"], network["cpo"], network[version]
    held = {each: len(network[each].held("cdrs")) for each in EMSPS}
    place = cpo.own("locations")[0]
    body = {"location_id": place["id"], "evse_uid": place["evses"][0]["uid"]}
    started = emsp.do("command", command="START_SESSION", body=body)
    assert emsp.do("result", id=started["id"], seconds=10)["result"]["result"] == "ACCEPTED"
    session = eventually(lambda: emsp.held("sessions"))[-1]
    cpo.do("stop", session_id=session["id"])
    assert eventually(lambda: len(emsp.held("cdrs")) == held[version] + 1)
    assert {each: len(network[each].held("cdrs")) for each in EMSPS if each != version} == {
        each: count for each, count in held.items() if each != version
    }
    posted = [each for each in cpo.log.find("POST", "/cdrs", "sent") if each.path.endswith("/cdrs")]
    assert posted[-1].answer_headers["location"].startswith(hub.base_url)
    assert hub.do("list", module="cdrs", party="all")["objects"] == []
    assert hub.do("list", module="sessions", party="all")["objects"] == []
