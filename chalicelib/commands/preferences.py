"""Charging preferences of a driver: taken as a CPO, set as an eMSP.

Spec: 2.2.1 mod_sessions_set_charging_preferences; SES-30 to SES-35, SES-42, SES-43, AMB-32, AMB-66
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.commands import capabilities
from chalicelib.logs import log_exception
from chalicelib.objects import hub_client_info, sessions, visibility
from chalicelib.objects.sessions import ENDED
from chalicelib.objects.stored_object import Finder, StoredObject, connector_of, load
from chalicelib.ocpi import jsontext, modules, reading, routing, writing
from chalicelib.ocpi.errors import InvalidParameters, UnknownObject
from chalicelib.ocpi.messages import Party, Reply, reply
from chalicelib.ocpi.models.base import Enum
from chalicelib.partners import parties
from chalicelib.partners.call import Call
from chalicelib.store.object_items import Key, check_id

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

ACCEPTED, NOT_POSSIBLE, NOT_SUPPORTED = "ACCEPTED", "NOT_POSSIBLE", "PROFILE_TYPE_NOT_SUPPORTED"
RESPONSES = (
    ACCEPTED,
    "DEPARTURE_REQUIRED",
    "ENERGY_NEED_REQUIRED",
    NOT_POSSIBLE,
    NOT_SUPPORTED,
)
BACKEND_TIME = 5.0
ASKING_TIME = 10.0


def receive(call: Call) -> Reply:
    """Preferences for a Session of ours, by its driver's eMSP (SES-30 to SES-32). Raises UnknownObject."""
    platform = call.platform
    session_id = check_id(call.params["session_id"], "/session_id")
    call.spoken_for(parties.readers("sessions"))
    session = sessions.own_session(platform, session_id, call.request.to_party)
    if session is None or not visibility.may_see(
        platform, call.partner, "sessions", call.request.version, session.feed, call.asks
    ):
        raise UnknownObject("unknown session", "sessions")
    wishes = reading.read("charging_preferences", call.json_object, call.request.version).object
    evse = _require_capable(platform, session.key, session.canonical)
    return reply(_response(call, session, evse, wishes))


def _require_capable(platform: Platform, key: Key, session: dict[str, Any]) -> dict[str, Any]:
    """SES-42, AMB-32: an EVSE without the capability answers as if the path did not exist."""
    location = Key("locations", key.country_code, key.party_id, str(session.get("location_id")))
    evse = load(platform, location, str(session.get("evse_uid")))
    if evse is None or capabilities.PREFERENCES not in (evse.canonical.get("capabilities") or ()):
        raise UnknownObject("this EVSE takes no charging preferences", "sessions")
    return evse.canonical


def _response(call: Call, session: StoredObject, evse: dict[str, Any], wishes: dict[str, Any]) -> str:
    """The back end's word, else what the session and the Connector's Tariffs allow."""
    platform, key, canonical = call.platform, session.key, session.canonical
    if canonical.get("status") in ENDED:
        return NOT_POSSIBLE
    detail = {
        "session_id": key.id,
        "owner": key.owner,
        "partner": call.partner.id,
        "preferences": wishes,
    }
    said = platform.backend.ask("charging_preferences", {**detail, "session": canonical}, BACKEND_TIME)
    result = said.get("result") if said else None
    if result in RESPONSES:
        response = str(result)
    elif _priced(platform, key, evse, str(canonical.get("connector_id")), str(wishes["profile_type"])):
        response = ACCEPTED
    else:
        response = NOT_SUPPORTED
    try:
        platform.backend.emit("ChargingPreferencesSet", {**detail, "response": response})
    except Exception as problem:
        # Nobody heard of what we would promise.
        log_exception("event not told", problem)
        return NOT_POSSIBLE
    return response


def _priced(platform: Platform, key: Key, evse: dict[str, Any], connector_id: str, profile_type: str) -> bool:
    """Whether a Connector has a Tariff for a profile type, as every supported one must (LOC-72, SES-34).

    A Tariff without a type is for all sessions (TAR-18). Where none of its Tariffs is
    known, prices are told in other ways, and nothing is missing.
    """
    connector = connector_of(evse, connector_id)
    ids = (connector or {}).get("tariff_ids") or ()
    keys = [Key("tariffs", key.country_code, key.party_id, str(each)) for each in ids]
    parts = platform.objects.parts([(each, "") for each in keys])
    finder = Finder(platform)
    types = {
        StoredObject(each, [part], finder=finder).canonical.get("type")
        for each, part in zip(keys, parts, strict=True)
        if part is not None
    }
    wanted = "REGULAR" if profile_type == "REGULAR" else f"PROFILE_{profile_type}"
    return not types or bool({None, wanted} & types)


def send(platform: Platform, session_id: str, wishes: dict[str, Any], party: Party | None = None) -> str:
    """Set preferences at the CPO of a Session we received; what it responds.

    Raises InvalidParameters, UnknownObject, PartnerRefused, PartnerUnreachable.
    """
    for finding in writing.check("charging_preferences", wishes):
        raise InvalidParameters(finding.message, "/preferences" + finding.pointer)
    cpos = sorted(parties.known(platform, *parties.owners("sessions")))
    keys = [Key("sessions", *each, session_id) for each in cpos if party in (None, each)]
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
    session = StoredObject(parts[0][0], [parts[0][1]], finder=Finder(platform))
    key = session.key
    cpo = parties.owners("sessions")
    partner, away = hub_client_info.way(platform, key.party, "sessions", modules.SENDER, *cpo)
    url = partner.endpoint("sessions", modules.SENDER) if partner else None
    if partner is None or url is None or partner.version == modules.V211:
        raise InvalidParameters("the CPO of this session takes no charging preferences", "/session_id")
    _check_capable(platform, session)
    if away:
        raise InvalidParameters(away, "/session_id")
    body = writing.write("charging_preferences", wishes, partner.version).object
    with logs.about(logs.Subject("sessions", key.owner, key.id)):
        said = platform.partner_client.call(
            partner,
            "PUT",
            routing.join(url, key.id, "charging_preferences"),
            body=jsontext.dumps(body),
            module="sessions",
            from_party=sessions.hosted_emsp(platform, session) or _emsp(platform),
            to_party=key.party,
            timeout=ASKING_TIME,
        )
    return _meant(said.data)


def _meant(said: Any) -> str:
    """A ChargingPreferencesResponse, also in other letters, in a list of one or as a result; "" for null."""
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    if isinstance(said, dict) and isinstance(said.get("result"), str):
        said = said["result"]
    text = said if isinstance(said, str) else "" if said is None else jsontext.dumps(said)
    words = {Enum.fold(each): each for each in RESPONSES}
    return words.get(Enum.fold(text), text[:100])


def _check_capable(platform: Platform, session: StoredObject) -> None:
    """SES-33: of an EVSE that is known to take none, nothing is asked. Raises InvalidParameters."""
    told = session.canonical
    evses = capabilities.meant(platform, session.key.party, told.get("location_id"), told.get("evse_uid"))
    if evses and not any(capabilities.PREFERENCES in (each.get("capabilities") or ()) for each in evses):
        raise InvalidParameters(f"not {capabilities.PREFERENCES} there", "/session_id")


def _emsp(platform: Platform) -> Party | None:
    return next(iter(platform.settings.hosted("EMSP", "OTHER")), None)
