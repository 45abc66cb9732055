"""One roaming day between a CPO and an eMSP, step by step; a step holds only when the other side shows it.

Everything goes through the doors an operator and a partner have: operator
actions, events, and OCPI over HTTP between the two deployments.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from demo import objects

# A charging session lasts some seconds: the simulated meters run so much faster than real ones.
SPEED = 1200

CPO, EMSP = "NL/EXA", "DE/EXM"
PATIENCE = 60.0


class NotSeen(Exception):
    """A step that was not seen on the other side in time."""


class Day:
    """The two deployments and the version they speak today; `say` tells the audience."""

    def __init__(
        self, cpo: Any, emsp: Any, version: str, say: Callable[[str], None], cpo_party: str = CPO
    ) -> None:
        self.cpo, self.emsp, self.version, self._say = cpo, emsp, version, say
        self.cpo_party = cpo_party
        self.location = objects.location(version, cpo_party)
        self.tariff = objects.tariff(version, cpo_party)
        self.token = objects.token(version)
        self.evse_uid = self.location["evses"][0]["uid"]
        self.emsp_at_cpo = ""
        self.while_charging: tuple[Callable[[Day, str], None], ...] = ()
        self.cpo_at_emsp = ""

    def step(self, text: str) -> None:
        self._say(f"  {text}")

    def ask(self, platform: Any, action: str, **fields: Any) -> Any:
        """What an operator action answers; a refusal ends the demo with its words."""
        answer = platform.operator({"action": action, **fields})
        if not answer["ok"]:
            raise NotSeen(f"{action}: {answer['error']}")
        return answer["data"]

    def see(self, text: str, look: Callable[[], Any], patience: float = PATIENCE) -> Any:
        """Wait until `look` shows something, and say so; raises NotSeen."""
        deadline = time.monotonic() + patience
        problem = ""
        while time.monotonic() < deadline:
            try:
                found = look()
            except NotSeen as refusal:
                found, problem = None, f" ({refusal})"
            if found:
                self._say(f"    seen: {text}")
                return found
            time.sleep(0.1)
        raise NotSeen(f"not seen within {patience:.0f} s: {text}{problem}")

    def at_emsp(self, module: str, id: str, party: str = "") -> dict[str, Any] | None:
        return self._object(self.emsp, module, id, party or self.cpo_party)

    def at_cpo(self, module: str, id: str, party: str = EMSP) -> dict[str, Any] | None:
        return self._object(self.cpo, module, id, party)

    def status(self, evse_uid: str = "") -> str | None:
        """The status of an EVSE as the eMSP sees it."""
        location = self.at_emsp("locations", self.location["id"]) or {"evses": []}
        uid = evse_uid or self.evse_uid
        return next((evse["status"] for evse in location["evses"] if evse["uid"] == uid), None)

    def _object(self, platform: Any, module: str, id: str, party: str) -> dict[str, Any] | None:
        answer = platform.operator({"action": "get", "module": module, "party": party, "id": id})
        return answer["data"]["object"] if answer["ok"] else None


def register(day: Day) -> None:
    """Invitation, handshake."""
    day.step("the CPO invites the eMSP; the eMSP registers with the invitation's token")
    country, party = EMSP.split("/")
    invited = day.ask(
        day.cpo,
        "invite",
        name="Example Mobility",
        roles=[
            {
                "role": "EMSP",
                "country_code": country,
                "party_id": party,
                "business_details": {"name": "Example Mobility"},
            }
        ],
    )
    partner = day.ask(
        day.emsp,
        "register",
        versions_url=invited["versions_url"],
        token=invited["token"],
        version=day.version,
    )
    day.emsp_at_cpo = invited["partner"] if isinstance(invited["partner"], str) else invited["partner"]["id"]
    day.cpo_at_emsp = partner["id"]
    day.see(
        f"registered on {day.version}, at both",
        lambda: (
            partner["state"] == "REGISTERED"
            and partner["version"] == day.version
            and day.ask(day.cpo, "partner", partner=day.emsp_at_cpo)["state"] == "REGISTERED"
        ),
    )


def publish(day: Day) -> None:
    """Locations and tariffs pushed by the CPO; tokens pushed by the eMSP, and pulled by the CPO."""
    day.step("the CPO publishes a tariff and a location with two EVSEs")
    day.ask(day.cpo, "put", module="tariffs", object=day.tariff)
    day.ask(day.cpo, "put", module="locations", object=day.location)
    day.see("the tariff at the eMSP", lambda: day.at_emsp("tariffs", day.tariff["id"]))
    day.see(
        "the location at the eMSP, with both EVSEs",
        lambda: len((day.at_emsp("locations", day.location["id"]) or {}).get("evses", [])) == 2,
    )
    day.step("the eMSP issues a token")
    day.ask(day.emsp, "put", module="tokens", object=day.token)
    day.see("the token at the CPO", lambda: day.at_cpo("tokens", day.token["uid"]))
    day.step("the CPO pulls the eMSP's whole token list")
    day.ask(day.cpo, "pull", partner=day.emsp_at_cpo, module="tokens", full=True)
    day.see(
        "the pull completed",
        lambda: any(
            pull["state"] == "COMPLETED" and pull["module"] == "tokens" and pull["objects"] >= 1
            for pull in day.ask(day.cpo, "pulls", partner=day.emsp_at_cpo)["pulls"]
        ),
    )


def authorize(day: Day) -> None:
    """Real-time authorization."""
    day.step("a driver holds up the card; the CPO asks the eMSP")
    verdict = day.ask(
        day.cpo,
        "authorize",
        uid=day.token["uid"],
        type="RFID",
        location={"location_id": day.location["id"], "evse_uids": [day.evse_uid]},
    )
    day.see(f"the verdict: {verdict.get('allowed')}", lambda: verdict.get("allowed") == "ALLOWED")


def charge(day: Day) -> None:
    """START_SESSION to CDR, the charge point simulated."""
    day.step("the driver starts from the app: START_SESSION")
    sent = day.ask(
        day.emsp,
        "send_command",
        command="START_SESSION",
        to=day.cpo_party,
        body={
            "token": day.token,
            "location_id": day.location["id"],
            "evse_uid": day.evse_uid,
        },
    )
    day.see(
        "the asynchronous result from the charge point: ACCEPTED",
        lambda: result_of(day, sent["id"]) == "ACCEPTED",
    )
    session = day.see("an ACTIVE session at the eMSP", lambda: _session(day, "ACTIVE"))
    day.see("the EVSE is CHARGING at the eMSP", lambda: day.status() == "CHARGING")
    day.see(
        "session updates: energy rises at the eMSP",
        lambda: float((day.at_emsp("sessions", session["id"]) or {}).get("kwh", 0)) > float(session["kwh"]),
    )
    for more in day.while_charging:
        more(day, session["id"])
    day.step("the driver stops: STOP_SESSION")
    sent = day.ask(
        day.emsp, "send_command", command="STOP_SESSION", to=day.cpo_party, body={"session_id": session["id"]}
    )
    day.see("the asynchronous result: ACCEPTED", lambda: result_of(day, sent["id"]) == "ACCEPTED")
    day.see(
        "the session is COMPLETED at the eMSP",
        lambda: (day.at_emsp("sessions", session["id"]) or {}).get("status") == "COMPLETED",
    )
    day.see("the EVSE is AVAILABLE again at the eMSP", lambda: day.status() == "AVAILABLE")
    cdr = day.see("the CDR at the eMSP", lambda: _cdr(day, session["id"]))
    own = next(
        each
        for each in day.ask(day.cpo, "list", module="cdrs", party=day.cpo_party, limit=100)["objects"]
        if each["id"] == cdr["id"]
    )
    day.see(
        f"its total is the CPO's to the digit: {own['total_cost']['before_taxes']} {own['currency']}",
        lambda: cdr["total_cost"]["before_taxes"] == own["total_cost"]["before_taxes"],
    )


def rotate(day: Day) -> None:
    """Credentials rotation."""
    day.step("the eMSP rotates the credentials tokens")
    day.ask(day.emsp, "update_registration", partner=day.cpo_at_emsp)
    _change_status(day, "BLOCKED", "a status pushed with the new token arrives")
    _change_status(day, "AVAILABLE", "and back")


def outage(day: Day) -> None:
    """The partner down for a while, and caught up."""
    day.step("the eMSP's platform goes down; the CPO's EVSEs change meanwhile")
    day.emsp.stop()
    try:
        _patch_status(day, "OUTOFORDER")
        _patch_status(day, "BLOCKED")
        day.see(
            "the CPO's operator sees the delivery waiting",
            lambda: day.ask(day.cpo, "deliveries", partner=day.emsp_at_cpo)["deliveries"],
        )
    finally:
        day.step("it comes back")
        day.emsp.start()
    day.see("caught up: the eMSP shows the present status", lambda: day.status() == "BLOCKED")
    _change_status(day, "AVAILABLE", "life goes on")


def unregister(day: Day) -> None:
    """The end of the day."""
    day.step("the eMSP unregisters")
    day.ask(day.emsp, "unregister", partner=day.cpo_at_emsp)
    day.see(
        "both sides say UNREGISTERED",
        lambda: all(
            day.ask(platform, "partner", partner=id)["state"] == "UNREGISTERED"
            for platform, id in ((day.cpo, day.emsp_at_cpo), (day.emsp, day.cpo_at_emsp))
        ),
    )


def result_of(day: Day, id: str) -> str | None:
    command = day.ask(day.emsp, "command", id=id)
    command = command.get("command", command) if isinstance(command.get("command"), dict) else command
    result = command.get("result")
    return result.get("result") if isinstance(result, dict) else result


def _session(day: Day, status: str) -> dict[str, Any] | None:
    for each in day.ask(day.emsp, "list", module="sessions", party=day.cpo_party, limit=100)["objects"]:
        if each["status"] == status and each["location_id"] == day.location["id"]:
            return each
    return None


def _cdr(day: Day, session_id: str) -> dict[str, Any] | None:
    mine = [
        each
        for each in day.ask(day.emsp, "list", module="cdrs", party=day.cpo_party, limit=100)["objects"]
        if each.get("session_id") == session_id or each["cdr_location"]["id"] == day.location["id"]
    ]
    return mine[-1] if mine else None


def _patch_status(day: Day, status: str) -> None:
    day.ask(
        day.cpo,
        "patch",
        module="locations",
        id=day.location["id"],
        evse_uid=day.evse_uid,
        changes={"status": status},
    )


def _change_status(day: Day, status: str, text: str) -> None:
    _patch_status(day, status)
    day.see(text, lambda: day.status() == status)
