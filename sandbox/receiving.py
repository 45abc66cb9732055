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
    _check(partner, asked, body)
    key = _key(partner, asked, body)
    held = partner.holdings.received[asked.module]
    if breaks("put_not_stored", asked.module):
        return Answer(status=201)
    if len(asked.rest) <= 3:
        new = key not in held
        body = _kept(partner, held.get(key, {}), body)
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
    _check(partner, asked, body, partial=True)
    if breaks("patch_ignored", module):
        return Answer()
    thing = chain[-1]
    if breaks("patch_replaces", module):
        thing.clear()
    appends = asked.version != "2.1.1" or breaks("old_periods_appended")
    if body.get("charging_periods") == [] and breaks("empty_periods_clear"):
        thing.pop("charging_periods", None)
    if module == "sessions" and appends and not breaks("patch_replaces_periods"):
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
    _check(partner, asked, body)
    owner = _owner_in(asked, body)
    key = (owner[0].upper(), owner[1].upper(), _folded(partner, str(body.get("id"))))
    if not breaks("foreign_owner_accepted", "cdrs"):
        _check_owner(partner, asked, key[:2])
    held = partner.holdings.received["cdrs"]
    known = held.get(key)
    if known is not None and known != body and not breaks("cdr_changed_accepted"):
        raise Refused(f"another CDR {body['id']} is held already")
    if known is not None and breaks("cdr_twice_refused"):
        raise Refused(f"{body['id']} is held already")
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


def _kept(partner: Partner, before: Object, body: Object) -> Object:
    """What is stored of a PUT, where we were told to keep what it replaces."""
    breaks = partner.conduct.breaks
    if breaks("put_keeps_evses") and "evses" in before:
        uids = [each.get("uid") for each in body.get("evses") or ()]
        left = [each for each in before["evses"] if each.get("uid") not in uids]
        return {**body, "evses": [*(body.get("evses") or ()), *left]}
    if breaks("put_keeps_periods") and "charging_periods" in before and "charging_periods" not in body:
        return {**body, "charging_periods": before["charging_periods"]}
    return body


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


def _check(partner: Partner, asked: Asked, body: Object, partial: bool = False) -> None:
    """Raises Refused where it is not what the version says."""
    breaks, kind = partner.conduct.breaks, _kind(asked)
    if not breaks("unchecked", asked.module):
        validation.check(kind, body, asked.version, partial)
    unknown = validation.unknown(kind, body, asked.version)
    if unknown and breaks("unknown_fields_refused", asked.module):
        raise Refused(f"/{unknown[0]}: unknown field")
    if breaks("unknown_fields_dropped", asked.module):
        for name in unknown:
            del body[name]


def _key(partner: Partner, asked: Asked, body: Object | None = None) -> Key:
    """Its owner, who must be a party of the peer, and its id; a Token's with its type. Raises Refused."""
    country, party, *rest = asked.rest
    name = _folded(partner, rest[0] if rest else party)
    if asked.module == "tokens" and asked.version != "2.1.1":
        kind = (body or {}).get("type") or asked.request.query.get("type") or "RFID"
        name = f"{name}/" if partner.conduct.breaks("token_types_mixed") else f"{name}/{kind}"
    key = (country.upper(), party.upper(), name)
    if asked.module != "hubclientinfo" and not partner.conduct.breaks("foreign_owner_accepted", asked.module):
        _check_owner(partner, asked, key[:2])
    return key


def _folded(partner: Partner, name: str) -> str:
    """Ids are compared without their case. Spec: 2.2.1 types_cistring_type"""
    return name if partner.conduct.breaks("case_matters") else name.upper()


def _owner_in(asked: Asked, body: Object) -> tuple[str, str]:
    if asked.version != "2.1.1":
        return str(body.get("country_code")), str(body.get("party_id"))
    role = asked.peer.roles[0] if asked.peer and asked.peer.roles else {}
    return str(role.get("country_code")), str(role.get("party_id"))


def _check_owner(partner: Partner, asked: Asked, owner: tuple[str, str]) -> None:
    other = asked.version == "2.1.1" and asked.peer is not None and asked.peer.for_others
    if not other and owner not in hub.speaks_for(partner, asked):
        raise Refused(f"{owner[0]}/{owner[1]} is no party of yours", 2001, 404)


def _same(partner: Partner, one: Any, other: str) -> bool:
    return _folded(partner, str(one)) == _folded(partner, other)


def _held(partner: Partner, asked: Asked) -> Object | None:
    return partner.holdings.received[asked.module].get(_key(partner, asked))


def _find(partner: Partner, asked: Asked) -> list[Object]:
    """The object, and below it the EVSE and the Connector as far as the path goes. Raises Refused (404)."""
    thing = _held(partner, asked)
    chain = [thing] if thing is not None else []
    for (name, key), wanted in zip(PARTS, asked.rest[3:], strict=False):
        if chain:
            found = [each for each in chain[-1].get(name, ()) if _same(partner, each.get(key), wanted)]
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
    at = [n for n, each in enumerate(siblings) if _same(partner, each.get(key), asked.rest[-1])]
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
