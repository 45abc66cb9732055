"""Which object a request or a body names, and whether they name the same.

Spec: TRA-55 to TRA-57, AMB-22, AMB-36, AMB-41, TOK-04
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.objects import tokens
from chalicelib.objects.stored_object import load_token
from chalicelib.ocpi.errors import InvalidParameters, UnknownObject
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties
from chalicelib.store.object_items import Key, check_id, folded

if TYPE_CHECKING:
    from chalicelib.partners.call import Call


def owner(call: Call) -> Party:
    """The party in the path, if this partner speaks for it; else 404, which hides whose it is (TRA-55).

    Of hubclientinfo any party, if this is a hub.
    """
    party = call.url_party
    if party is not None and call.request.module == parties.HUBCLIENTINFO:
        if not call.partner.is_hub:
            raise InvalidParameters("hubclientinfo is for hubs, and this connection was not made one")
        return party
    if party is None or not call.owns(call.request.module, party):
        raise UnknownObject("not a party of this connection, in a role that owns such objects")
    return party


def key(call: Call, party: Party, data: dict[str, Any] | None) -> Key:
    """The key of the object in the path, spelled as its owner spells it where the object, read, tells."""
    if call.request.module == "tokens":
        uid, type_ = token_uid(call), asked_type(call)
        if data is not None:
            type_ = type_ or str(data.get("type") or tokens.RFID)
        return tokens.key(spelled(data or {}, party), uid, type_ or tokens.RFID)
    name = next(name for name in call.operation.names[2:] if name.startswith("{"))[1:-1]
    id_ = check_id(call.params[name], f"/{name}")
    if data is not None and not call.params.get("evse_uid") and data.get("id") is not None:
        id_ = str(data["id"]) if folded(str(data["id"])) == folded(id_) else id_
    return Key(call.request.module, *spelled(data or {}, party), id_)


def token_uid(call: Call) -> str:
    """The uid in the path."""
    return check_id(call.params["token_uid"], "/token_uid")


def asked_type(call: Call) -> str:
    """AMB-41: the query's `type`, or as 2.1.1 also calls it `token_type`."""
    asked = call.request.query.get("type") or call.request.query.get("token_type") or ""
    if "|" in asked or len(asked) > 36:
        raise InvalidParameters("no such token type", "?type")
    return asked


def token_key(call: Call, party: Party) -> Key:
    """The key of the Token in the path, which is known. Raises UnknownObject."""
    found = load_token(call.platform, [party], token_uid(call), asked_type(call))
    if found is None:
        raise UnknownObject("unknown", "tokens")
    return found.key


def check_same_object(call: Call, data: dict[str, Any], kind: str) -> None:
    """Path and body name the same object (TRA-56, TRA-57, AMB-22). Raises InvalidParameters."""
    params = call.params
    named = {
        "evse": ("uid", params.get("evse_uid")),
        "connector": ("id", params.get("connector_id")),
        "token": ("uid", params.get("token_uid")),
    }.get(kind) or (
        "id",
        next((params[n] for n in ("location_id", "tariff_id", "session_id", "cdr_id") if n in params), None),
    )
    pairs = [named]
    if kind not in ("evse", "connector"):
        pairs += [(name, params[name]) for name in ("country_code", "party_id") if name in params]
    for name, wanted in pairs:
        value = data.get(name)
        if value is not None and wanted is not None and folded(str(value)) != folded(wanted):
            raise InvalidParameters(f"differs from the path, which says {wanted!r}", f"/{name}")
    if kind == "token" and data.get("type") is not None:
        asked = asked_type(call)
        if asked and folded(str(data["type"])) != folded(asked):
            raise InvalidParameters(f"differs from the path, which says {asked!r}", "/type")


def unnamed(data: dict[str, Any]) -> str:
    """Where an object fails to name its owner."""
    return "/party_id" if isinstance(data.get("country_code"), str) else "/country_code"


def spelled(data: dict[str, Any], party: Party) -> Party:
    """The party as the body spells it."""
    country, party_id = data.get("country_code"), data.get("party_id")
    if (
        isinstance(country, str)
        and isinstance(party_id, str)
        and (folded(country), folded(party_id)) == party
    ):
        return country, party_id
    return party


def key_in(module: str, data: dict[str, Any], owner: Party, via: str = "") -> Key:
    """The key an object's own fields give it."""
    party = spelled(data, owner)
    if module == "tokens":
        type_ = str(data.get("type") or tokens.RFID)
        if "|" in type_:
            raise InvalidParameters("no such token type", "/type")
        return tokens.key(party, check_id(data.get("uid"), "/uid"), type_)
    if module == "hubclientinfo":
        return Key(module, *party, f"{check_id(data.get('role'), '/role').upper()}|{via}")
    return Key(module, *party, check_id(data.get("id"), "/id"))
