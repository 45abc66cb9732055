"""What we are sent: objects that belong to the peer's parties, held as they came.

Spec: 2.2.1 transport_and_format_client_owned_object_push
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox import hub, validation
from sandbox.conduct import Asked
from sandbox.holding import id_name
from sandbox.messages import Answer, Refused

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
Key = tuple[str, str, str]

# How many segments follow the module: owner (2), object, and in a Location the EVSE and the Connector.
DEPTH = {"locations": (3, 4, 5), "tariffs": (3,), "sessions": (3,), "tokens": (3,), "hubclientinfo": (2,)}
UNKNOWN = {"locations": 2003, "tokens": 2004}
PARTS = (("evses", "uid"), ("connectors", "id"))
KINDS = ("locations", "evses", "connectors")


def get(partner: Partner, asked: Asked) -> Answer:
    return Answer(_find(partner, asked)[-1])


def put(partner: Partner, asked: Asked) -> Answer:
    """Create or replace the object, or the part of a Location, that the path names."""
    breaks = partner.conduct.breaks
    body = _body(partner, asked)
    if not breaks("unchecked", asked.module):
        validation.check(_kind(asked), body, asked.version)
    key = _key(partner, asked)
    held = partner.holdings.received[asked.module]
    if breaks("put_not_stored", asked.module):
        return Answer(status=201)
    if len(asked.rest) <= 3:
        new = key not in held
        held[key] = {**held.get(key, {}), **body} if breaks("put_merges", asked.module) else body
    else:
        new = _put_part(partner, asked, body)
    return Answer(status=201 if new else 200)


def patch(partner: Partner, asked: Asked) -> Answer:
    """Change the fields that are given."""
    breaks, module = partner.conduct.breaks, asked.module
    body = _body(partner, asked)
    if asked.version != "2.1.1" and "last_updated" not in body and not breaks("patch_needs_no_date", module):
        raise Refused("/last_updated: required in every PATCH")
    body.setdefault("last_updated", partner.now_text())
    if breaks("patch_unknown_accepted", module) and _held(partner, asked) is None:
        return Answer()
    chain = _find(partner, asked)
    if not breaks("unchecked", module):
        validation.check(_kind(asked), body, asked.version, partial=True)
    if breaks("patch_ignored", module):
        return Answer()
    thing = chain[-1]
    if breaks("patch_replaces", module):
        thing.clear()
    if module == "sessions" and asked.version != "2.1.1" and not breaks("patch_replaces_periods"):
        known = list(thing.get("charging_periods") or [])
        added = [each for each in body.get("charging_periods") or [] if each not in known]
        if known or added:
            body["charging_periods"] = [*known, *added]
    for name, value in body.items():
        if value is None:
            thing.pop(name, None)
        else:
            thing[name] = value
    if not breaks("parents_keep_their_date"):
        _lift(chain, body)
    return Answer()


def delete(partner: Partner, asked: Asked) -> Answer:
    """Only Tariffs are deleted. Spec: 2.2.1 mod_tariffs_delete_method"""
    _find(partner, asked)
    if not partner.conduct.breaks("delete_ignored"):
        del partner.holdings.received[asked.module][_key(partner, asked)]
    return Answer()


def post_cdr(partner: Partner, asked: Asked) -> Answer:
    """A CDR is created once and never changed. Spec: 2.2.1 mod_cdrs_post_method"""
    breaks = partner.conduct.breaks
    body = asked.request.json
    if not isinstance(body, dict):
        raise Refused("a CDR is expected")
    if not breaks("unchecked", "cdrs"):
        validation.check("cdrs", body, asked.version)
    key = _upper(_owner_in(asked, body), str(body.get("id")))
    if not breaks("foreign_owner_accepted", "cdrs"):
        _check_owner(partner, asked, key[:2])
    held = partner.holdings.received["cdrs"]
    known = held.get(key)
    if known is not None and known != body and not breaks("cdr_changed_accepted"):
        raise Refused(f"another CDR {key[2]} is held already")
    held[key] = body
    keys = partner.holdings.cdr_keys
    path = next((each for each, other in keys.items() if other == key), "")
    path = path or f"/{asked.version}/in/cdrs/{uuid.uuid4().hex[:16]}"
    keys[path] = key
    answer = Answer(status=200 if known is not None else 201)
    answer.headers["Location"] = partner.base_url + path
    return answer


def get_cdr(partner: Partner, asked: Asked) -> Answer:
    """By the URL that answered its POST."""
    key = partner.holdings.cdr_keys.get(asked.request.path.rstrip("/"))
    found = partner.holdings.received["cdrs"].get(key) if key else None
    if found is None:
        raise Refused("unknown CDR", 2001, 404)
    return Answer(found)


ALL: dict[str, Callable[[Partner, Asked], Answer]] = {"GET": get, "PUT": put, "PATCH": patch}


def _kind(asked: Asked) -> str:
    return KINDS[len(asked.rest) - 3] if asked.module == "locations" else asked.module


def _body(partner: Partner, asked: Asked) -> Object:
    """The object sent, which must be the one that the path names."""
    body = asked.request.json if asked.request.body else None
    if not isinstance(body, dict):
        raise Refused("a JSON object is expected")
    breaks = partner.conduct.breaks
    names = "uid" if _kind(asked) == "evses" else id_name(asked.module)
    wanted = asked.rest[-1]
    if (
        not breaks("other_id_accepted", asked.module)
        and str(body.get(names, wanted)).upper() != wanted.upper()
    ):
        raise Refused(f"/{names}: {body[names]} is not the {wanted} of the URL")
    for name, wanted in zip(("country_code", "party_id"), asked.rest, strict=False):
        if not breaks("other_owner_accepted", asked.module) and (
            str(body.get(name, wanted)).upper() != wanted.upper()
        ):
            raise Refused(f"/{name}: {body[name]} is not the {wanted} of the URL")
    return body


def _key(partner: Partner, asked: Asked) -> Key:
    """The owner must be a party of the peer. Raises Refused."""
    key = _upper(asked.rest[:2], asked.rest[min(2, len(asked.rest) - 1)])
    if asked.module != "hubclientinfo" and not partner.conduct.breaks("foreign_owner_accepted", asked.module):
        _check_owner(partner, asked, key[:2])
    return key


def _upper(owner: Any, key: str) -> Key:
    return (str(owner[0]).upper(), str(owner[1]).upper(), key.upper())


def _owner_in(asked: Asked, body: Object) -> tuple[str, str]:
    if asked.version != "2.1.1":
        return str(body.get("country_code")), str(body.get("party_id"))
    role = asked.peer.roles[0] if asked.peer and asked.peer.roles else {}
    return str(role.get("country_code")), str(role.get("party_id"))


def _check_owner(partner: Partner, asked: Asked, owner: tuple[str, str]) -> None:
    assert asked.peer is not None
    known = {
        (str(each.get("country_code")).upper(), str(each.get("party_id")).upper())
        for each in asked.peer.roles
    }
    if owner not in known | hub.behind(partner, asked.peer):
        raise Refused(f"{owner[0]}/{owner[1]} is no party of yours", 2001, 404)


def _held(partner: Partner, asked: Asked) -> Object | None:
    return partner.holdings.received[asked.module].get(_key(partner, asked))


def _find(partner: Partner, asked: Asked) -> list[Object]:
    """The object, and below it the EVSE and the Connector as far as the path goes. Raises Refused (404)."""
    thing = _held(partner, asked)
    chain = [thing] if thing is not None else []
    for (name, key), wanted in zip(PARTS, asked.rest[3:], strict=False):
        if chain:
            found = [each for each in chain[-1].get(name, ()) if str(each.get(key)).upper() == wanted.upper()]
            chain = [*chain, found[0]] if found else []
    if not chain:
        raise Refused(f"unknown {_kind(asked)}: {'/'.join(asked.rest)}", UNKNOWN.get(asked.module, 2001), 404)
    return chain


def _put_part(partner: Partner, asked: Asked, body: Object) -> bool:
    """Whether the EVSE or the Connector is new."""
    above = Asked(asked.request, asked.version, asked.module, asked.side, asked.rest[:-1], asked.peer)
    chain = _find(partner, above)
    name, key = PARTS[len(asked.rest) - 4]
    siblings = chain[-1].setdefault(name, [])
    at = [n for n, each in enumerate(siblings) if str(each.get(key)).upper() == asked.rest[-1].upper()]
    if at:
        siblings[at[0]] = body
    else:
        siblings.append(body)
    if not partner.conduct.breaks("parents_keep_their_date"):
        _lift([*chain, body], body)
    return not at


def _lift(chain: list[Object], body: Object) -> None:
    """A part that changed is a change of what it is part of. Spec: 2.2.1 mod_locations_patch_method"""
    for each in chain[:-1]:
        each["last_updated"] = max(str(each.get("last_updated", "")), str(body.get("last_updated", "")))
