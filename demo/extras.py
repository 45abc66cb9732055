"""A longer day: reservations, smart charging, a hub's notice, and two versions at one CPO."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from demo.day import CPO, Day, result_of
from localrun.platform import LocalPlatform

HIDDEN = "FR/HID"


def reserve(day: Day) -> None:
    """RESERVE_NOW, and CANCEL_RESERVATION where the version has it (CMD-02)."""
    day.step("another driver reserves the second EVSE: RESERVE_NOW")
    evse_uid = day.location["evses"][1]["uid"]
    number = str(int(datetime.now(UTC).timestamp()))
    sent = day.ask(
        day.emsp,
        "send_command",
        command="RESERVE_NOW",
        to=day.cpo_party,
        body={
            "token": day.token,
            "location_id": day.location["id"],
            "evse_uid": evse_uid,
            "reservation_id": number,
            "expiry_date": _later(minutes=30),
        },
    )
    day.see("the asynchronous result: ACCEPTED", lambda: result_of(day, sent["id"]) == "ACCEPTED")
    day.see("the EVSE is RESERVED at the eMSP", lambda: day.status(evse_uid) == "RESERVED")
    if day.version == "2.1.1":
        return
    day.step("and thinks better of it: CANCEL_RESERVATION")
    sent = day.ask(
        day.emsp,
        "send_command",
        command="CANCEL_RESERVATION",
        to=day.cpo_party,
        body={"reservation_id": number},
    )
    day.see("the asynchronous result: ACCEPTED", lambda: result_of(day, sent["id"]) == "ACCEPTED")
    day.see("the EVSE is AVAILABLE at the eMSP", lambda: day.status(evse_uid) == "AVAILABLE")


def smart_charging(day: Day, session_id: str) -> None:
    """Charging preferences and a charging profile for the running session (not in 2.1.1)."""
    if day.version == "2.1.1":
        return
    day.step("the driver prefers to charge cheaply until the evening")
    answer = day.ask(
        day.emsp,
        "charging_preferences",
        session_id=session_id,
        preferences={"profile_type": "CHEAP", "departure_time": _later(hours=6), "energy_need": 20},
    )
    verdict = answer["response"]
    day.see(f"the CPO's answer: {verdict}", lambda: verdict == "ACCEPTED")
    day.step("the eMSP limits the session to 6 kW: a charging profile")
    sent = day.ask(
        day.emsp,
        "set_profile",
        session_id=session_id,
        charging_profile={
            "charging_rate_unit": "W",
            "charging_profile_period": [{"start_period": 0, "limit": 6000}],
        },
    )
    day.see("the asynchronous result: ACCEPTED", lambda: result_of(day, sent["id"]) == "ACCEPTED")
    sent = day.ask(day.emsp, "active_profile", session_id=session_id, duration=600)
    day.see("the active profile, read back", lambda: result_of(day, sent["id"]) == "ACCEPTED")


def hub_notice(day: Day) -> None:
    """A hub beside the CPO tells it who is behind it, by hubclientinfo (not in 2.1.1)."""
    if day.version == "2.1.1":
        return
    day.step("a hub registers with the CPO, and an eMSP with the hub: hubclientinfo")
    hub = LocalPlatform(_hosting("HUB", "NL/HUB", "Example Hub"))
    hidden = LocalPlatform(_hosting("EMSP", HIDDEN, "Hidden Mobility"))
    with hub, hidden:
        invited = day.ask(day.cpo, "invite", name=f"Hub on {day.version}", hub=True)
        with_hub = {"token": invited["token"], "version": day.version}
        at_hub = day.ask(hub, "register", versions_url=invited["versions_url"], **with_hub)
        invited = day.ask(hub, "invite", name="Hidden Mobility")
        behind = {"token": invited["token"], "version": day.version, "hub": True}
        day.ask(hidden, "register", versions_url=invited["versions_url"], **behind)
        country, party = HIDDEN.split("/")
        day.see(
            f"the CPO knows that {HIDDEN} is CONNECTED",
            lambda: any(
                (each["country_code"], each["party_id"], each["status"]) == (country, party, "CONNECTED")
                for each in day.ask(day.cpo, "list", module="hubclientinfo")["objects"]
            ),
        )
        day.ask(hub, "unregister", partner=at_hub["id"])


def _hosting(role: str, party: str, name: str) -> dict[str, str]:
    country, id = party.split("/")
    hosted = {"role": role, "country_code": country, "party_id": id, "business_details": {"name": name}}
    return {"OCPI_PARTIES": json.dumps([hosted])}


def two_versions(cpo: Any, say: Any, settings: Any, look: Any) -> None:
    """A 2.1.1 eMSP and a 2.3.0 eMSP at the same CPO see the same change, each in its own words."""
    say("\nA 2.1.1 eMSP and a 2.3.0 eMSP at the same CPO")
    old = LocalPlatform({**settings("EMSP", "FR/OLD", "Old Mobility"), "OCPI_VERSIONS": "2.1.1"})
    new = LocalPlatform({**settings("EMSP", "BE/NEW", "New Mobility"), "OCPI_VERSIONS": "2.3.0"})
    with old, new:
        days = [Day(cpo, old, "2.1.1", say), Day(cpo, new, "2.3.0", say)]
        for day in days:
            invited = day.ask(cpo, "invite", name=f"eMSP on {day.version}")
            day.ask(day.emsp, "register", versions_url=invited["versions_url"], token=invited["token"])
        first = days[0]
        id = f"LOC-BOTH-{uuid.uuid4().hex[:6].upper()}"
        location = {**first.location, "id": id}
        first.ask(cpo, "put", module="locations", object=location)
        for day in days:
            day.see(f"the location on {day.version}", lambda day=day: day.at_emsp("locations", id))
        first.ask(
            cpo, "patch", module="locations", id=id, evse_uid=first.evse_uid, changes={"status": "CHARGING"}
        )
        for day in days:
            look(day, id)
        raw = first.ask(old, "get", module="locations", party=CPO, id=id, version="2.1.1")["object"]
        connector = raw["evses"][0]["connectors"][0]
        first.see(
            "2.1.1 reads `voltage`, 2.3.0 `max_voltage`: the same socket",
            lambda: connector["voltage"] == 230 and "max_voltage" not in connector,
        )


def _later(**more: float) -> str:
    return f"{datetime.now(UTC) + timedelta(**more):%Y-%m-%dT%H:%M:%SZ}"
