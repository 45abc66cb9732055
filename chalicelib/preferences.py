"""Charging preferences of a driver: taken as a CPO, set as an eMSP.

Spec: 2.2.1 mod_sessions_set_charging_preferences; SES-30 to SES-35, SES-42, SES-43, AMB-32, AMB-66
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib import objects, visibility
from chalicelib.call import Call
from chalicelib.logs import log_exception
from chalicelib.ocpi import jsontext, modules, reading, routing, writing
from chalicelib.ocpi.errors import InvalidParameters, UnknownObject
from chalicelib.ocpi.messages import Party, Reply, reply
from chalicelib.store.items import Key, check_id
from chalicelib.stored import Present

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

ACCEPTED, NOT_POSSIBLE = "ACCEPTED", "NOT_POSSIBLE"
RESPONSES = (
    ACCEPTED,
    "DEPARTURE_REQUIRED",
    "ENERGY_NEED_REQUIRED",
    NOT_POSSIBLE,
    "PROFILE_TYPE_NOT_SUPPORTED",
)
CAPABILITY = "CHARGING_PREFERENCES_CAPABLE"
ENDED = ("COMPLETED", "INVALID")
BACKEND_TIME = 5.0
ASKING_TIME = 10.0


def receive(call: Call) -> Reply:
    """Preferences for a Session of ours, by its driver's eMSP (SES-30 to SES-32). Raises UnknownObject."""
    platform = call.platform
    session_id = check_id(call.params["session_id"], "/session_id")
    session = objects.own_session(platform, session_id, call.request.to_party)
    if session is None or not visibility.may_see(
        platform, call.partner, "sessions", call.request.version, session.feed
    ):
        raise UnknownObject("unknown session", "sessions")
    wishes = reading.read("charging_preferences", call.json_object, call.request.version).object
    _require_capable(platform, session.key, session.canonical)
    return reply(_response(platform, call, session.key, session.canonical, wishes))


def _require_capable(platform: Platform, key: Key, session: dict[str, Any]) -> None:
    """SES-42, AMB-32: an EVSE without the capability answers as if the path did not exist."""
    location = Key("locations", key.country_code, key.party_id, str(session.get("location_id")))
    evse = objects.present(platform, location, str(session.get("evse_uid")))
    if evse is None or CAPABILITY not in (evse.canonical.get("capabilities") or ()):
        raise UnknownObject("this EVSE takes no charging preferences", "sessions")


def _response(
    platform: Platform, call: Call, key: Key, session: dict[str, Any], wishes: dict[str, Any]
) -> str:
    if session.get("status") in ENDED:
        return NOT_POSSIBLE
    detail = {
        "session_id": key.id,
        "owner": key.owner,
        "partner": call.partner.id,
        "preferences": wishes,
    }
    said = platform.backend.ask("charging_preferences", {**detail, "session": session}, BACKEND_TIME)
    result = said.get("result") if said else None
    response = str(result) if result in RESPONSES else ACCEPTED
    try:
        platform.backend.emit("ChargingPreferencesSet", {**detail, "response": response})
    except Exception as problem:
        # Nobody heard of what we would promise.
        log_exception("event not told", problem)
        return NOT_POSSIBLE
    return response


def send(platform: Platform, session_id: str, wishes: dict[str, Any], party: Party | None = None) -> str:
    """Set preferences at the CPO of a Session we received; what it responds.

    Raises InvalidParameters, UnknownObject, PartnerRefused, PartnerUnreachable.
    """
    for finding in writing.check("charging_preferences", wishes):
        raise InvalidParameters(finding.message, "/preferences" + finding.pointer)
    cpos = sorted(
        {
            role.party
            for each in platform.partners.registered()
            for role in each.roles
            if role.role in visibility.owners("sessions") and party in (None, role.party)
        }
    )
    keys = [Key("sessions", *each, session_id) for each in cpos]
    parts = [
        (key, part)
        for at in range(0, len(keys), 100)
        for key, part in zip(
            keys[at : at + 100],
            platform.objects.parts([(key, "") for key in keys[at : at + 100]]),
            strict=True,
        )
        if part is not None
    ]
    if not parts:
        raise UnknownObject(f"no session {session_id} of a partner", "sessions", "/session_id")
    if len(parts) > 1:
        raise InvalidParameters("several CPOs have a session of this id; name the party", "/party")
    key = Present(parts[0][0], [parts[0][1]]).key
    partner = platform.partners.for_party(key.party)
    url = partner.endpoint("sessions", modules.SENDER) if partner else None
    if partner is None or url is None or partner.version == modules.V211:
        raise InvalidParameters("the CPO of this session takes no charging preferences", "/session_id")
    body = writing.write("charging_preferences", wishes, partner.version).object
    said = platform.partner_client.call(
        partner,
        "PUT",
        routing.join(url, key.id, "charging_preferences"),
        body=jsontext.dumps(body),
        module="sessions",
        from_party=_emsp(platform),
        to_party=key.party,
        timeout=ASKING_TIME,
    )
    return str(said.data)


def _emsp(platform: Platform) -> Party | None:
    return next((each.party for each in platform.settings.parties if each.role in ("EMSP", "OTHER")), None)
