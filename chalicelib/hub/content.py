"""A hub finds the receiver of a request that names none by the object that it is about.

A Location or Token that was broadcast is stored under its owner; of a Session, a reservation or
a CDR that was passed on both ends are remembered. Who is no end of it, finds nobody.

Spec: HUB-26 to HUB-29, AMB-27; design section 12, "open routing"
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.hub import memory
from chalicelib.hub.asked import Asked
from chalicelib.objects import sessions, tokens
from chalicelib.objects.stored_object import StoredObject, load, load_token
from chalicelib.ocpi import models, modules
from chalicelib.ocpi.errors import InvalidParameters, UnknownReceiver
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties
from chalicelib.store.object_items import Key, check_id, folded

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Keys of one BatchGetItem; of a Token each of its types is one.
LOCATIONS_AT_ONCE, TOKENS_AT_ONCE = 100, 15


def receiver(asked: Asked) -> Party | None:
    """The party that a request without OCPI-to is for; None where its content does not say.

    Raises UnknownReceiver where it names what is not known here, or is not the requester's.
    """
    module, interface, params = asked.module, asked.interface, asked.call.params
    if asked.call.url_party is not None and asked.method == "GET":
        return asked.call.url_party
    if module == "cdrs" or (module == "sessions" and interface == modules.RECEIVER):
        return emsp(asked)
    if module in ("sessions", "chargingprofiles"):
        return session_end(asked)
    if module == "commands":
        return _of_command(asked, params["command"].upper())
    if module == "locations":
        return location_owner(asked, params.get("location_id", ""))
    if module == "tokens":
        found = stored_token(
            asked.platform, emsps(asked), params["token_uid"], asked.call.request.query.get("type", "")
        )
        return found.key.party if found else None
    return None


def emsp(asked: Asked) -> Party:
    """The eMSP that a Session or CDR is for: of its Token, else the one it was told before."""
    said = asked.said
    if said.emsp is not None:
        if said.emsp == asked.hub:
            raise UnknownReceiver("the hub has no customers of its own", "/cdr_token/party_id")
        return said.emsp
    if asked.version == modules.V211 and isinstance(said.auth_id, str):
        found = token(asked.platform, said.auth_id)
        if found is not None:
            return folded(found["country_code"]), folded(found["party_id"])
        raise UnknownReceiver("no Token with this auth_id is known here", "/auth_id")
    if asked.module == "cdrs":
        raise InvalidParameters("required", "/cdr_token")
    return session_end(asked)


def session_end(asked: Asked) -> Party:
    """The other end of a Session of the requester's. Raises UnknownReceiver."""
    id = check_id(asked.session_id or asked.said.session_id, "/session_id")
    found = asked.session.other_end(asked.requester)
    if found is None:
        hosted = sessions.own_session(asked.platform, id)
        found = hosted.key.party if hosted else None
    if found is None:
        raise UnknownReceiver("no session of this id of yours is known here", "/session_id")
    return found


def location_owner(asked: Asked, location_id: Any) -> Party | None:
    """The one CPO that has a Location of this id, among those the requester may roam with."""
    id = check_id(location_id, "/location_id")
    found = {key.party for key in _locations(asked, id)}
    return found.pop() if len(found) == 1 else None


def stored_location(asked: Asked, location_id: str) -> StoredObject | None:
    """The Location of this id that the hub has a copy of, as far as it is one."""
    keys = _locations(asked, check_id(location_id, "/location_id"))
    params = asked.call.params
    if len(keys) != 1:
        return None
    return load(asked.platform, keys[0], params.get("evse_uid"), params.get("connector_id"))


def _locations(asked: Asked, id: str) -> list[Key]:
    platform = asked.platform
    keys = [Key("locations", *party, id) for party in counterparts(asked, "locations")]
    parts = []
    for at in range(0, len(keys), LOCATIONS_AT_ONCE):
        parts += platform.objects.parts([(key, "") for key in keys[at : at + LOCATIONS_AT_ONCE]])
    return [key for key, part in zip(keys, parts, strict=True) if part is not None]


def counterparts(asked: Asked, module: str) -> list[Party]:
    """The parties that own objects of a module and may roam with the requester, hosted ones first."""
    platform, roles = asked.platform, parties.owners(module)
    found = [*platform.settings.hosted(*roles), *parties.members(platform, *roles)]
    return [
        each
        for each in dict.fromkeys(found)
        if each != asked.requester and parties.agreed(platform, asked.requester, each, module)
    ]


def emsps(asked: Asked) -> list[Party]:
    """The owners of Tokens that the requester may roam with."""
    return counterparts(asked, "tokens")


def stored_token(platform: Platform, owners: list[Party], uid: str, type: str) -> StoredObject | None:
    """The Token of this uid that one of these broadcast."""
    if "|" in type:
        raise InvalidParameters("no such token type", "?type")
    for at in range(0, len(owners), TOKENS_AT_ONCE):
        found = load_token(platform, owners[at : at + TOKENS_AT_ONCE], check_id(uid, "/token_uid"), type)
        if found is not None:
            return found
    return None


def token(platform: Platform, auth_id: str) -> dict[str, Any] | None:
    """The Token with this contract, of whichever eMSP; None where several eMSPs have one (CNV-65)."""
    found: dict[Party, dict[str, Any]] = {}
    for key in tokens.entered(platform, tokens.anybodys_contract(auth_id)):
        stored = load(platform, key)
        if stored is not None and folded(str(stored.canonical.get("contract_id"))) == folded(auth_id):
            found[key.party] = stored.canonical
    return next(iter(found.values())) if len(found) == 1 else None


def _of_command(asked: Asked, command: str) -> Party:
    said = asked.said
    if command == "STOP_SESSION":
        return session_end(asked)
    if command == "CANCEL_RESERVATION":
        id = check_id(said.reservation_id, "/reservation_id")
        found = memory.recall(asked.platform, memory.RESERVATION, id).other_end(asked.requester)
        if found is None:
            raise UnknownReceiver("no reservation of this id of yours is known here", "/reservation_id")
        return found
    if said.location_id is None and command.lower() not in models.KINDS:
        return asked.hub  # whoever it is for, it is no command that we know (CMD-49)
    owner = location_owner(asked, said.location_id)
    if owner is None:
        raise UnknownReceiver("no one party here is known to have this location", "/location_id")
    return owner
