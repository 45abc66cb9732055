"""Charging profiles and preferences: as a CPO taken and answered, as their sender the active one taken.

Spec: 2.2.1 mod_charging_profiles_flow
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import requesting, validation
from sandbox.calling import CallFailed
from sandbox.commanding import check_url, post_result
from sandbox.conduct import Asked
from sandbox.messages import Answer, Refused
from sandbox.network import watts

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


def receive(partner: Partner, asked: Asked) -> Answer:
    """GET, PUT or DELETE of the profile of a Session: answered at once, the result follows."""
    session_id = asked.rest[0] if asked.rest else ""
    query = asked.request.query
    if asked.method == "PUT":
        body = asked.request.json
        validation.check("SetChargingProfile", body, asked.version)
        url = str(body["response_url"])
    else:
        body, url = {}, query.get("response_url", "")
        if not url:
            raise Refused("response_url: required")
        if asked.method == "GET" and not query.get("duration", "").isdecimal():
            raise Refused("duration: a whole number of seconds is required")
    check_url(partner, asked, url)
    charge = partner.charges.get(session_id)
    ongoing = (charge and charge.status == "ACTIVE") or partner.conduct.breaks(
        "profiles_unchecked", asked.module, asked.method
    )
    result = partner.told.profile or ("ACCEPTED" if ongoing else "UNKNOWN_SESSION")
    if result == "ACCEPTED":
        partner.later(partner.told.after, lambda: _conclude(partner, asked, session_id, body, url))
    return Answer({"result": result, "timeout": partner.told.timeout})


def _conclude(partner: Partner, asked: Asked, session_id: str, body: Object, url: str) -> None:
    made: Object = {"result": partner.told.profile_result}
    if made["result"] == "ACCEPTED":
        if asked.method == "PUT":
            partner.profiles[session_id] = body["charging_profile"]
        elif asked.method == "DELETE":
            made["result"] = "ACCEPTED" if partner.profiles.pop(session_id, None) else "UNKNOWN"
        else:
            made["profile"] = active(partner, session_id, int(asked.request.query["duration"]))
    if partner.conduct.breaks("profile_result_unknown_word", asked.module, asked.method):
        made = {**made, "result": "DONE"}
    if not partner.conduct.breaks("profile_never_concludes"):
        post_result(partner, asked, url, made, "chargingprofiles")
    if asked.method != "GET" and made["result"] == "ACCEPTED" and asked.peer:
        partner.profile_senders.setdefault(session_id, asked.peer.name)
        tell_active(partner, session_id)


def tell_active(partner: Partner, session_id: str) -> None:
    """To whoever set a profile for this Session. Spec: 2.2.1 mod_charging_profiles_msp_put_method"""
    name = partner.profile_senders.get(session_id)
    if name and not partner.conduct.breaks("active_profile_not_told"):
        try:
            peer = partner.peers.named(name)
            requesting.tell_active_profile(partner, peer, session_id, active(partner, session_id))
        except (CallFailed, LookupError):
            """The log shows it; it asks when it wants to know."""


def active(partner: Partner, session_id: str, duration: int = 900) -> Object:
    """What limits this charge now: the profile that was set, else what the Connector can."""
    profile = partner.profiles.get(session_id)
    if profile is None:
        charge = partner.charges.get(session_id)
        limit = int(watts(charge.connector)) if charge else 10000
        profile = {
            "charging_rate_unit": "W",
            "duration": duration,
            "charging_profile_period": [{"start_period": 0, "limit": limit}],
        }
    return {"start_date_time": partner.now_text(), "charging_profile": profile}


def take_active(partner: Partner, asked: Asked) -> Answer:
    """A CPO tells its profile sender what limits a Session now."""
    body = asked.request.json
    validation.check("ActiveChargingProfile", body, asked.version)
    partner.active_profiles[asked.rest[0] if asked.rest else ""] = body
    return Answer()


def take_preferences(partner: Partner, asked: Asked) -> Answer:
    """What the driver wants of a Session. Spec: 2.2.1 mod_sessions_set_charging_preferences"""
    charge = partner.charges.get(asked.rest[0])
    if charge is None:
        raise Refused("unknown Session", 2001, 404)
    body = asked.request.json
    validation.check("ChargingPreferences", body, asked.version)
    partner.preferences[charge.id] = body
    if charge.status != "ACTIVE":
        return Answer("NOT_POSSIBLE")
    if body["profile_type"] != "REGULAR" and not body.get("departure_time"):
        return Answer("DEPARTURE_REQUIRED")
    return Answer("ACCEPTED")
