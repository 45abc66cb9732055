"""The Receiver interface of every object module: a partner reads and writes what it owns.

The same functions serve every module of the table; what differs is in the
rows and in `visibility`.

Spec: requirements 1.5 to 1.9, 1.12; TRA-45 to TRA-60, AMB-10 to AMB-12, AMB-35, AMB-36, AMB-41
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.objects import checks, hub_client_info, identity, ingest, sessions
from chalicelib.objects.stored_object import StoredObject, load, load_token
from chalicelib.objects.writer import ObjectWriter
from chalicelib.ocpi import modules, routing
from chalicelib.ocpi.errors import InvalidParameters, UnknownObject
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.ocpi.patching import wire_timestamp
from chalicelib.partners.call import Call
from chalicelib.store.dynamodb import retried
from chalicelib.store.object_items import Key, check_id

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


def read(call: Call) -> Reply:
    """One object of the partner as we know it, or a part of a Location."""
    text = _theirs(call).text_in(call.request.version)
    if text is None:
        raise UnknownObject(f"cannot be said in {call.request.version}", call.request.module)
    return Reply(data=text)


def write(call: Call) -> Reply:
    """Create or replace an object of the partner, or a part of its Location (TRA-45, TRA-46)."""
    version, data = call.request.version, call.json_object
    if call.request.module == "hubclientinfo":
        return _written(hub_client_info.write(call, identity.owner(call), data))
    party = identity.owner(call)
    key = identity.key(call, party, data)
    evse_uid, connector_id = call.params.get("evse_uid"), call.params.get("connector_id")
    kind = "connector" if connector_id else "evse" if evse_uid else key.kind
    identity.check_same_object(call, data, kind)
    writer = _writer(call, party)
    canonical = writer.check(kind, data, version, False).object
    _check_customer(call, key, canonical)
    if connector_id and evse_uid:
        state = writer.replace_connector(key, evse_uid, data, version, canonical)
    elif evse_uid:
        state = writer.replace_evse(key, data, version)
    else:
        state = writer.replace(key, data, version, canonical).state
    return _written(state)


def merge(call: Call) -> Reply:
    """Change some fields of an object of the partner, or of a part of its Location (TRA-47)."""
    party, changes, version = identity.owner(call), call.json_object, call.request.version
    evse_uid, connector_id = call.params.get("evse_uid", ""), call.params.get("connector_id")
    writer = _writer(call, party)
    key = identity.key(call, party, None)
    kind = "connector" if connector_id else "evse" if evse_uid else key.kind
    identity.check_same_object(call, changes, kind)
    judged = writer.check(kind, changes, version, True).object
    _check_customer(call, key, judged if "cdr_token" in judged else None)
    if changes.get("last_updated") is None:  # only 2.1.1 gets this far (TRA-50, CNV-12)
        changes = {**changes, "last_updated": wire_timestamp(call.platform.clock())}
    if key.module == "tokens":
        key = identity.token_key(call, party)
    writer.merge(key, changes, version, evse_uid, connector_id)
    return Reply()


def create(call: Call) -> Reply:
    """Take a CDR, once (CDR-11, CDR-12, CDR-16, AMB-35)."""
    platform, version, data = call.platform, call.request.version, call.json_object
    party = identity.body_party(call, data)
    if party is None:
        raise InvalidParameters("the owner is not named", identity.unnamed(data))
    if not call.owns("cdrs", party):
        raise InvalidParameters("not a party of this connection", "/party_id")
    writer = _writer(call, party)
    canonical = writer.check("cdr", data, version, False).object
    key = Key("cdrs", *identity.spelled(data, party), check_id(data.get("id"), "/id"))
    url = routing.join(platform.endpoint_url(version, modules.RECEIVER, "cdrs"), *party, key.id)
    if writer.replace(key, data, version, canonical).state == "created":
        return Reply(http_status=201, headers={"Location": url})
    known = load(platform, key)
    if known is None or not ingest.same(known, data, version):
        raise InvalidParameters("a different CDR with this id is known; a CDR is never changed", "/id")
    return Reply(headers={"Location": url})


def remove(call: Call) -> Reply:
    """Delete a Tariff of the partner (TAR-06, AMB-65)."""
    party = identity.owner(call)
    _delete(call.platform, identity.key(call, party, None))
    return Reply()


def _theirs(call: Call) -> StoredObject:
    """What we know of an object of the partner."""
    party, params, platform = identity.owner(call), call.params, call.platform
    if call.request.module == "hubclientinfo":
        return hub_client_info.read(call, party)
    if call.request.module == "tokens":
        found = load_token(platform, [party], identity.token_uid(call), identity.asked_type(call))
    else:
        found = load(
            platform, identity.key(call, party, None), params.get("evse_uid"), params.get("connector_id")
        )
    if found is None:
        raise UnknownObject("unknown", call.request.module)
    if call.partner.smart_charging:
        sessions.check_customer(call, found.key, found, None)
    return found


def _check_customer(call: Call, key: Key, given: dict[str, Any] | None) -> None:
    if call.partner.smart_charging and key.module == sessions.SESSIONS:
        known = load(call.platform, key)
        sessions.check_customer(call, key, known, given)


def _writer(call: Call, party: Party) -> ObjectWriter:
    return ObjectWriter(call.platform, checks.as_theirs(call.platform, party), own=False)


def _written(state: str) -> Reply:
    return Reply(http_status=201 if state == "created" else 200)


def _delete(platform: Platform, key: Key) -> None:
    def attempt() -> None:
        old = platform.objects.load(key)
        if not old:
            raise UnknownObject(f"no {key.kind} {key.id}", key.module)
        platform.objects.forget(key, old)

    retried(attempt)
