"""The sandbox and our platform, over real HTTP, in each role and version."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from localrun.platform import LocalPlatform, eventually
from sandbox import Partner
from tests.sandbox.conftest import known_as

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
ROOT = Path(__file__).parent.parent.parent
Make = Callable[..., Partner]


def listed(platform: LocalPlatform, module: str, partner: Partner) -> list[dict[str, Any]]:
    first = partner.parties[0]
    party = f"{first.country_code}/{first.party_id}"
    return list(platform.do("list", module=module, party=party)["objects"])


def pulled(platform: LocalPlatform, partner: Partner) -> bool:
    """Whether the pulls after its registration are through; a page of theirs may be older than a push."""
    mine = known_as(platform, partner)
    states = [each["state"] for each in platform.do("pulls")["pulls"] if each["partner"] == mine]
    return len(states) >= 4 and "RUNNING" not in states


def one(platform: LocalPlatform, module: str, partner: Partner, key: str) -> dict[str, Any]:
    return next(each for each in listed(platform, module, partner) if each["id"] == key)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cpo_pushes_its_network_pulls_tokens_and_bills_a_charge(
    running: LocalPlatform, sandbox: Make, version: str
) -> None:
    partner = sandbox("CPO", version)
    for module in ("tariffs", "locations"):
        assert partner.do("push", module=module)["refused"] == []
        assert len(listed(running, module, partner)) == len(partner.own(module))
    found = {each["module"]: each for each in partner.do("pull")}
    assert str(found["tokens"]["objects"]) == found["tokens"]["total"] != "0"
    eventually(lambda: pulled(running, partner))
    begun = partner.do("start", location_id="AMS1", evse_uid="AMS1-2", ago=60)
    partner.do("advance", minutes=30)
    partner.do("advance", minutes=9, parking=True)
    sent = partner.do("stop")
    session = one(running, "sessions", partner, begun["id"])
    assert session["status"] == "COMPLETED"
    # 0.50 to start, 0.5 h at 1.20, 10 minutes (two steps of five) at 6.00 per hour.
    assert one(running, "cdrs", partner, sent["id"])["total_cost"]["before_taxes"] == 2.1


@pytest.mark.parametrize("version", VERSIONS)
def test_an_emsp_pulls_and_is_pulled_and_starts_a_session(
    running: LocalPlatform, sandbox: Make, version: str
) -> None:
    emsp = sandbox("EMSP", version)
    pull = running.do("pull", partner=known_as(running, emsp), module="tokens", full=True)
    done = eventually(lambda: ended(running, pull["id"]))
    assert (done["state"], done["objects"], done["set_aside"]) == ("COMPLETED", 6, 0)
    emsp.do("pull")
    assert emsp.held("locations") and emsp.held("tariffs")
    place = next(each for each in emsp.held("locations") if each["evses"])
    evse = next(each for each in place["evses"] if "REMOTE_START_STOP_CAPABLE" in each["capabilities"])
    body = {"location_id": place["id"], "evse_uid": evse["uid"]}
    asked = emsp.do("command", command="START_SESSION", body=body)
    assert asked["data"]["result"] == "ACCEPTED"
    received = eventually(lambda: pending(running, known_as(running, emsp)))
    running.do("answer_command", id=received["id"], result="ACCEPTED")
    assert emsp.do("result", id=asked["id"], seconds=10)["result"]["result"] == "ACCEPTED"


def ended(platform: LocalPlatform, key: str) -> dict[str, Any] | None:
    pulls = platform.do("pulls")["pulls"]
    return next((each for each in pulls if each["id"] == key and each["state"] != "RUNNING"), None)


def pending(platform: LocalPlatform, partner: str) -> dict[str, Any] | None:
    commands = platform.do("commands", partner=partner, direction="RECEIVED")["commands"]
    return next((each for each in commands if each["state"] == "PENDING"), None)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_platform_starts_a_session_at_a_cpo_and_gets_its_cdr(
    running: LocalPlatform, sandbox: Make, version: str
) -> None:
    cpo = sandbox("CPO", version)
    cpo.do("answers", after=0)
    cpo.do("push", module="tariffs", id="PLAIN")
    cpo.do("push", module="locations", id="BRU1")
    token = next(
        each for each in running.do("list", module="tokens", party="NL/EXM")["objects"] if each["valid"]
    )
    names = (
        "uid",
        "type",
        "contract_id",
        "country_code",
        "party_id",
        "issuer",
        "valid",
        "whitelist",
        "last_updated",
    )
    body = {"location_id": "BRU1", "evse_uid": "BRU1-1", "token": {name: token[name] for name in names}}
    sent = running.do("send_command", command="START_SESSION", to="BE/SBC", body=body)
    done = eventually(lambda: concluded(running, sent["id"]))
    assert done["result"]["result"] == "ACCEPTED"
    begun = eventually(lambda: [each for each in cpo.own("sessions") if each["status"] == "ACTIVE"])[0]
    sent = running.do("send_command", command="STOP_SESSION", to="BE/SBC", body={"session_id": begun["id"]})
    assert eventually(lambda: concluded(running, sent["id"]))["result"]["result"] == "ACCEPTED"
    eventually(lambda: [each for each in listed(running, "cdrs", cpo) if each["id"] == f"CDR-{begun['id']}"])


def concluded(platform: LocalPlatform, key: str) -> dict[str, Any] | None:
    found: dict[str, Any] = platform.do("command", id=key)
    return found if found["state"] == "CONCLUDED" else None


@pytest.mark.parametrize(
    ("role", "version"),
    [("NSP", "2.1.1"), ("NSP", "2.2.1"), ("NSP", "2.3.0"), ("NAP", "2.2.1"), ("NAP", "2.3.0")],
)
def test_a_navigator_and_an_access_point_pull_locations(
    running: LocalPlatform, sandbox: Make, role: str, version: str
) -> None:
    partner = sandbox(role, version)
    assert {each["module"] for each in partner.do("pull")} >= {"locations", "tariffs"}
    assert partner.held("locations")


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_a_smart_charging_provider_registers(running: LocalPlatform, sandbox: Make, version: str) -> None:
    partner = sandbox("SCSP", version)
    partner.do("pull", module="sessions")
    assert partner.peers.named().state == "REGISTERED"


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_a_hub_brings_the_parties_behind_it_and_leaves_with_them(
    running: LocalPlatform, sandbox: Make, version: str
) -> None:
    hub = sandbox("HUB", version)
    eventually(lambda: hub.heard("GET", "/out/hubclientinfo"))
    assert hub.do("tell", party="AT/HBM", status="OFFLINE")[0]["status_code"] == 1000
    assert hub.do("push", module="tokens", id="04A1B2C3D4E580")["refused"] == []
    running.do("unregister", partner=known_as(running, hub))
    assert [each["state"] for each in hub.do("peers")] == ["UNREGISTERED"]


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_the_platform_registers_with_the_sandbox(running: LocalPlatform, version: str) -> None:
    with Partner("CPO", version) as partner:
        invited = partner.do("invite", name="ours")
        terms = {"version": version, "roles": [partner.parties[0].credentials_role]}
        found = running.do("register", versions_url=invited["versions_url"], token=invited["token"], **terms)
        assert partner.peers.named("ours").state == "REGISTERED"
        partner.do("update")
        assert partner.do("push", module="tariffs", id="PLAIN")["refused"] == []
        running.do("unregister", partner=found["id"])
        assert partner.peers.named("ours").state == "UNREGISTERED"


@pytest.mark.parametrize(("break_", "kind"), [("no_envelope", "envelope"), ("versions_empty", "version")])
def test_a_break_stops_our_platform(running: LocalPlatform, break_: str, kind: str) -> None:
    with Partner("CPO", "2.2.1") as partner:
        invited = partner.do("invite")
        partner.do("break", name=break_)
        with pytest.raises(RuntimeError, match="register"):
            running.do("register", versions_url=invited["versions_url"], token=invited["token"])


def test_make_partner_invites_itself_and_says_what_to_try(running: LocalPlatform) -> None:
    environ = {
        **os.environ,
        "PORT": "0",
        "PLATFORM": running.base_url,
        "ROLE": "NSP",
        "PYTHONUNBUFFERED": "1",
    }
    environ |= dict.fromkeys(("TOKEN", "HOST", "BASE_URL"), "")
    command = [sys.executable, "-m", "sandbox"]
    with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = ""
        for line in process.stdout:
            said += line
            if any(each in line for each in ("Registered", "Could not", "token A")):
                break
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert "Invited itself" in said and "Registered with CPO NL/EXA" in said
    assert ".venv/bin/python -m sandbox do push" in said
    name = next(
        each["id"] for each in running.do("partners")["partners"] if each["name"].startswith("Sandbox NSP")
    )
    running.do("suspend", partner=name)
