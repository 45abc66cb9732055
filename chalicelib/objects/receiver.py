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
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.partners import parties
from chalicelib.partners.call import Call
from chalicelib.store.dynamodb import retried
from chalicelib.store.object_items import Key, check_id, party_of

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
    version, (data, repaired) = call.request.version, checks.mended(call.partner, call.json_object)
    if call.request.module == "hubclientinfo":
        return _written(hub_client_info.write(call, identity.owner(call), data))
    party = identity.owner(call)
    evse_uid, connector_id = call.params.get("evse_uid"), call.params.get("connector_id")
    kind = _kind(call)
    writer = _writer(call, party, repaired)
    read = writer.check(kind, data, version, False)
    canonical, data = read.object, writer.spelled(call.request.module, data, read)
    identity.check_same_object(call, canonical, kind)
    key = identity.key(call, party, canonical)
    _check_customer(call, key, canonical)
    if connector_id and evse_uid:
        state = writer.replace_connector(key, evse_uid, data, version, canonical)
    elif evse_uid:
        state = writer.replace_evse(key, data, version, canonical)
    else:
        state = writer.replace(key, data, version, canonical).state
    return _written(state)


def merge(call: Call) -> Reply:
    """Change some fields of an object of the partner, or of a part of its Location (TRA-47)."""
    party, version = identity.owner(call), call.request.version
    evse_uid, connector_id = call.params.get("evse_uid", ""), call.params.get("connector_id")
    kind = _kind(call)
    data, repaired = checks.mended(call.partner, call.json_object)
    writer = _writer(call, party, repaired)
    read = writer.check(kind, data, version, True)
    identity.check_same_object(call, read.object, kind)
    key = identity.key(call, party, None)
    _check_customer(call, key, read.object if "cdr_token" in read.object else None)
    if key.module == "tokens":
        key = identity.token_key(call, party)
    writer.merge(key, read.repaired, version, evse_uid, connector_id, read.findings)
    return Reply()


def _kind(call: Call) -> str:
    """What a path of this module is about: the object, or a part of a Location."""
    if "connector_id" in call.params:
        return "connector"
    return "evse" if "evse_uid" in call.params else modules.BY_ID[call.request.module].kind


def create(call: Call) -> Reply:
    """Take a CDR, once (CDR-11, CDR-12, CDR-16, AMB-35)."""
    platform, version = call.platform, call.request.version
    data, repaired = checks.mended(call.partner, call.json_object)
    unsaid = call.url_party or (_cpo(call) if version == modules.V211 else None)
    writer = _writer(call, unsaid, repaired)
    read = writer.check("cdr", data, version, False)
    canonical = read.object
    identity.check_same_object(call, canonical, "cdr")
    party = party_of(canonical)
    if party is None:
        raise InvalidParameters("the owner is not named", identity.unnamed(canonical))
    if not call.owns("cdrs", party):
        raise InvalidParameters("not a party of this connection", "/party_id")
    key = Key("cdrs", *identity.spelled(canonical, party), check_id(canonical.get("id"), "/id"))
    url = routing.join(platform.endpoint_url(version, modules.RECEIVER, "cdrs"), *party, key.id)
    if writer.replace(key, data, version, canonical).state == "created":
        return Reply(http_status=201, headers={"Location": url})
    known = load(platform, key)
    if known is None or not ingest.same(known, data, read, version):
        raise InvalidParameters("a different CDR with this id is known; a CDR is never changed", "/id")
    return Reply(headers={"Location": url})


def _cpo(call: Call) -> Party | None:
    """Whose a CDR of 2.1.1 is, which does not say: the partner's."""
    return call.partner.party_for(parties.owners("cdrs")) or next(iter(sorted(call.partner.parties)), None)


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


def _writer(call: Call, party: Party | None, repaired: tuple[Finding, ...]) -> ObjectWriter:
    platform, to, row = call.platform, call.request.to_party, call.request.module
    # What a party tells one that is hosted beside a hub is not for all.
    only = to if to != platform.settings.hub and parties.passes_on(platform, row) else None
    check = checks.as_theirs(platform, party)
    return ObjectWriter(
        platform, check, own=False, in_order=call.in_order, only_for=only, noted=call.noted + repaired
    )


def _written(state: str) -> Reply:
    return Reply(http_status=201 if state == "created" else 200)


def _delete(platform: Platform, key: Key) -> None:
    def attempt() -> None:
        old = platform.objects.load(key)
        if not old:
            raise UnknownObject(f"no {key.kind} {key.id}", key.module)
        platform.objects.forget(key, old)

    retried(attempt)
