"""A roaming day through a hub: two CPOs and an eMSP, each on a version of its own, that know the hub alone.

The steps are those of a day between two (`demo.day`), played from each CPO in turn;
what a hub adds is seen here: who is there, broadcasts, GET-all, what was passed on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from demo import extras
from demo.day import EMSP, Day, authorize, charge, rotate

HUB, OLD, NEW = "NL/HUB", "NL/EXA", "BE/NEW"
# What the eMSP speaks with the hub; each CPO speaks its own version.
VERSION_OF_EMSP = "2.3.0"
VERSIONS = {OLD: "2.1.1", NEW: "2.2.1"}


class HubDay(Day):
    """A day of one CPO's: `version` is what the CPO speaks; `hub` is in between."""

    def __init__(
        self, cpo: Any, emsp: Any, hub: Any, cpo_party: str, say: Callable[[str], None], token: dict[str, Any]
    ) -> None:
        super().__init__(cpo, emsp, VERSIONS[cpo_party], say, cpo_party)
        self.hub, self.token = hub, token
        self.cpo_at_hub = self.hub_at_cpo = self.emsp_at_hub = self.hub_at_emsp = ""


def play(days: list[HubDay], say: Callable[[str], None]) -> None:
    """The whole day. Raises NotSeen."""
    first = days[0]
    first.emsp_at_hub, first.hub_at_emsp = join(first, first.emsp, EMSP, "EMSP", VERSION_OF_EMSP)
    for day in days:
        say(f"\nThe CPO {day.cpo_party}, on {day.version}, joins")
        day.cpo_at_hub, day.hub_at_cpo = join(day, day.cpo, day.cpo_party, "CPO", day.version)
        day.emsp_at_hub, day.hub_at_emsp = first.emsp_at_hub, first.hub_at_emsp
        # The steps of a day between two: the partner of each is the hub.
        day.emsp_at_cpo, day.cpo_at_emsp = day.hub_at_cpo, day.hub_at_emsp
        if day.version == "2.1.1":
            day.while_charging = ()
        else:
            day.while_charging = (extras.smart_charging,)
        _is_there(day, day.emsp, day.cpo_party, "CONNECTED")
    publish(days)
    for day in days:
        say(f"\nCharging at {day.cpo_party} ({day.version}) with a card of {EMSP} ({VERSION_OF_EMSP})")
        authorize(day)
        charge(day)
        extras.reserve(day)
    say("\nTokens change, and somebody is away")
    rotate(first)
    _outage(days)
    _passed_on(first)
    _leave(days)


def join(day: HubDay, platform: Any, party: str, role: str, version: str) -> tuple[str, str]:
    """Register with the hub by an invitation: the ids of the partner at the hub, and of the hub there."""
    country, id = party.split("/")
    named = {"role": role, "country_code": country, "party_id": id}
    invited = day.ask(day.hub, "invite", name=party, roles=[named])
    day.step(f"the hub invites {party}, which registers on {version}")
    # 2.1.1 has no hubclientinfo: there the operator lists whom the hub brings.
    listed = [{"role": "EMSP", "country_code": EMSP[:2], "party_id": EMSP[3:]}] if version == "2.1.1" else []
    partner = day.ask(
        platform,
        "register",
        versions_url=invited["versions_url"],
        token=invited["token"],
        version=version,
        hub=True,
        roles=listed,
    )
    day.see(
        f"registered on {version}, at both",
        lambda: day.ask(day.hub, "partner", partner=invited["partner"])["state"] == "REGISTERED",
    )
    return invited["partner"], partner["id"]


def _is_there(day: HubDay, platform: Any, party: str, status: str) -> None:
    def told() -> bool:
        found = day.ask(platform, "list", module="hubclientinfo", party=party)["objects"]
        return any(each["status"] == status for each in found)

    day.see(f"{party} is {status}, as the hub tells it", told)


def publish(days: list[HubDay]) -> None:
    """Broadcasts of a token, tariffs and locations, and a list of all that the hub holds."""
    first = days[0]
    first.step("the eMSP issues a token and tells all CPOs of it: a broadcast")
    first.ask(first.emsp, "put", module="tokens", object=first.token)
    for day in days:
        day.see(f"the token at {day.cpo_party}", lambda day=day: day.at_cpo("tokens", day.token["uid"]))
    for day in days:
        day.step(f"{day.cpo_party} publishes a tariff and a location with two EVSEs: broadcasts")
        day.ask(day.cpo, "put", module="tariffs", object=day.tariff)
        day.ask(day.cpo, "put", module="locations", object=day.location)
        day.see("the tariff at the eMSP", lambda day=day: day.at_emsp("tariffs", day.tariff["id"]))
        day.see(
            "the location at the eMSP, with both EVSEs",
            lambda day=day: len((day.at_emsp("locations", day.location["id"]) or {}).get("evses", [])) == 2,
        )
    first.step("the eMSP fetches everything there is from the hub: GET-all")
    first.ask(first.emsp, "pull", partner=first.hub_at_emsp, module="locations", full=True)
    first.see(
        f"one list of the locations of all {len(days)} CPOs",
        lambda: any(
            pull["state"] == "COMPLETED" and pull["module"] == "locations" and pull["objects"] == len(days)
            for pull in first.ask(first.emsp, "pulls", partner=first.hub_at_emsp)["pulls"]
        ),
    )


def _outage(days: list[HubDay]) -> None:
    """The eMSP down for a while; the hub keeps what it misses, and tells the others."""
    newer = next(day for day in days if day.version != "2.1.1")
    newer.step("the eMSP's platform goes down; EVSEs of both CPOs change meanwhile")
    newer.emsp.stop()
    try:
        for day in days:
            for status in ("OUTOFORDER", "BLOCKED"):
                changes = {"status": status}
                day.ask(
                    day.cpo,
                    "patch",
                    module="locations",
                    id=day.location["id"],
                    evse_uid=day.evse_uid,
                    changes=changes,
                )
        _is_there(newer, newer.cpo, EMSP, "OFFLINE")
        newer.see(
            "the hub's operator sees what waits for it",
            lambda: newer.ask(newer.hub, "deliveries", partner=newer.emsp_at_hub)["deliveries"],
        )
    finally:
        newer.step("it comes back")
        newer.emsp.start()
    for day in days:
        day.see(
            f"caught up: the present status at {day.cpo_party}", lambda day=day: day.status() == "BLOCKED"
        )
    _is_there(newer, newer.cpo, EMSP, "CONNECTED")


def _passed_on(day: HubDay) -> None:
    day.step("the hub's operator looks at what was passed on")
    day.see(
        "each route with its versions",
        lambda: any(
            each["versions"] and each["status_code"] == 1000
            for each in day.ask(day.hub, "routes", parties=[day.cpo_party, EMSP])["routes"]
        ),
    )
    found = day.ask(day.hub, "list", module="sessions", party=day.cpo_party)["objects"]
    day.see("and kept nothing of it: no Session is stored at the hub", lambda: found == [])


def _leave(days: list[HubDay]) -> None:
    last = days[-1]
    last.step(f"{last.cpo_party} unregisters")
    last.ask(last.cpo, "unregister", partner=last.hub_at_cpo)
    _is_there(last, last.emsp, last.cpo_party, "SUSPENDED")
