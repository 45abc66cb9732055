"""Objects of all modules: what partners ask for through the doors, and what other rooms need of them.

SENDER: a partner reads what we own, as far as it is meant for it. RECEIVER:
a partner reads and writes what it owns. The same functions serve every module
of the table; what differs is in the rows and in `visibility`.

Spec: requirements 1.5 to 1.9, 1.12; TRA-20 to TRA-60, AMB-05, AMB-10 to AMB-12, AMB-35, AMB-36, AMB-41
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib import tokens, visibility
from chalicelib.call import Call
from chalicelib.keeping import Keeper, _moment
from chalicelib.ocpi import jsontext, modules, paging, routing
from chalicelib.ocpi.errors import InvalidParameters, OcpiError, UnknownObject
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.ocpi.patching import wire_timestamp
from chalicelib.ocpi.reading import Finding, Reading
from chalicelib.own import patch, put, remove_own
from chalicelib.store import pages
from chalicelib.store.items import Key, check_id, folded
from chalicelib.stored import Finder, Present, connector_of

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

__all__ = ["find", "own_session", "patch", "present", "put", "receive", "remove_own"]

# The best status first: what a party is to be told that has several roles (AMB-30).
STATUSES = ("CONNECTED", "OFFLINE", "PLANNED", "SUSPENDED")
HUB_ROLES = ("CPO", "EMSP", "HUB", "NAP", "NSP", "OTHER", "PTP", "SCSP")


# the doors


def page(call: Call) -> Reply:
    """A page of what we own and this partner may see."""
    platform, version, module = call.platform, call.request.version, call.request.module
    query = paging.parse(call.request.query, platform.settings.page_limit)
    names = visibility.feeds_for(platform, call.partner, module, version, _hosted(call))
    heads = platform.objects.feeds.heads(module, names)
    found, total, cursor = pages.page(platform.objects, module, heads, query)
    finder = Finder(platform)
    texts = [Present(each.key, each.parts, finder=finder).text_in(version) for each in found]
    shown = [text for text in texts if text is not None]
    url = platform.endpoint_url(version, call.request.interface, module)
    headers = paging.headers(query, paging.Page(shown, total, cursor), url, call.request.query)
    return Reply(data=f"[{','.join(shown)}]", headers=headers)


def read(call: Call) -> Reply:
    """One object, or a part of a Location."""
    found = _ours(call) if call.request.interface == modules.SENDER else _theirs(call)
    text = found.text_in(call.request.version)
    if text is None:
        raise UnknownObject(f"cannot be said in {call.request.version}", call.request.module)
    return Reply(data=text)


def write(call: Call) -> Reply:
    """Create or replace an object of the partner, or a part of its Location (TRA-45, TRA-46)."""
    version, data = call.request.version, call.json_object
    if call.request.module == "hubclientinfo":
        return _write_client_info(call, data)
    party = _owner(call)
    key = _key(call, party, data)
    evse_uid, connector_id = call.params.get("evse_uid"), call.params.get("connector_id")
    kind = "connector" if connector_id else "evse" if evse_uid else key.kind
    _agree(call, data, kind)
    keeper = _keeper(call, party)
    canonical = keeper.judge(kind, data, version, False).object
    if connector_id and evse_uid:
        state = keeper.replace_connector(key, evse_uid, data, version, canonical)
    elif evse_uid:
        state = keeper.replace_evse(key, data, version)
    else:
        state = keeper.replace(key, data, version, canonical)
    return _written(state)


def merge(call: Call) -> Reply:
    """Change some fields of an object of the partner, or of a part of its Location (TRA-47)."""
    party, changes, version = _owner(call), call.json_object, call.request.version
    evse_uid, connector_id = call.params.get("evse_uid", ""), call.params.get("connector_id")
    keeper = _keeper(call, party)
    key = _key(call, party, None)
    kind = "connector" if connector_id else "evse" if evse_uid else key.kind
    _agree(call, changes, kind)
    keeper.judge(kind, changes, version, True)
    if changes.get("last_updated") is None:  # only 2.1.1 gets this far (TRA-50, CNV-12)
        changes = {**changes, "last_updated": wire_timestamp(call.platform.clock())}
    if key.module == "tokens":
        key = _token_key(call, party)
    keeper.merge(key, changes, version, evse_uid, connector_id)
    return Reply()


def create(call: Call) -> Reply:
    """Take a CDR, once (CDR-11, CDR-12, CDR-16, AMB-35)."""
    platform, version, data = call.platform, call.request.version, call.json_object
    party = _body_party(call, data)
    if party is None or not visibility.owns(platform, call.partner, "cdrs", party):
        raise InvalidParameters("not a party of this connection", "/party_id")
    keeper = _keeper(call, party)
    canonical = keeper.judge("cdr", data, version, False).object
    key = Key("cdrs", *_spelled(data, party), check_id(data.get("id"), "/id"))
    url = routing.join(platform.endpoint_url(version, modules.RECEIVER, "cdrs"), *party, key.id)
    if keeper.replace(key, data, version, canonical) == "created":
        return Reply(http_status=201, headers={"Location": url})
    known = present(platform, key)
    if known is None or not _same(known, data, version):
        raise InvalidParameters("a different CDR with this id is known; a CDR is never changed", "/id")
    return Reply(headers={"Location": url})


def remove(call: Call) -> Reply:
    """Delete a Tariff of the partner (TAR-06, AMB-65)."""
    party = _owner(call)
    _delete(call.platform, _key(call, party, None))
    return Reply()


# what other rooms ask for


def present(
    platform: Platform, key: Key, evse_uid: str | None = None, connector_id: str | None = None
) -> Present | None:
    """The present state of an object, or of an EVSE or Connector of it; None when there is none."""
    finder = Finder(platform)
    if not evse_uid:
        parts = platform.objects.load(key)
        return Present(key, parts, finder=finder) if parts else None
    part = platform.objects.part(key, evse_uid)
    if part is None:
        return None
    if connector_id is None:
        return Present(key, [part], finder=finder)
    found = Present(key, [part], connector_id, finder=finder)
    return found if connector_of(jsontext.loads(part.body), connector_id) else None


def find(platform: Platform) -> Finder:
    """What `ocpi.writing` asks for other objects; make one per request or message."""
    return Finder(platform)


def own_session(platform: Platform, session_id: str, to_party: Party | None = None) -> Present | None:
    """A Session of a hosted CPO, the addressed one if it is said."""
    for party in dict.fromkeys(each.party for each in platform.settings.parties if each.role == "CPO"):
        if to_party in (None, party):
            found = present(platform, Key("sessions", *party, session_id))
            if found:
                return found
    return None


@dataclass(frozen=True)
class Outcome:
    """What became of a pulled object: "stored", "unchanged" or "stale" (older than what is known)."""

    state: str
    key: Key
    findings: tuple[Finding, ...]
    created: bool = False


def receive(
    platform: Platform,
    module: str,
    data: Any,
    version: str,
    owner_parties: Iterable[Party],
    *,
    only_newer: bool = True,
    via: str = "",
) -> Outcome:
    """Store an object of a page we pulled; its owner must be one of these parties (TRA-58, TRA-59).

    `via` is the partner's id. Raises InvalidParameters for an object that cannot be used.
    """
    if not isinstance(data, dict):
        raise InvalidParameters("an object is required")
    parties = sorted({(folded(country), folded(party)) for country, party in owner_parties})
    owner = _party_of(data) or (parties[0] if len(parties) == 1 and version == modules.V211 else None)
    if owner is None:
        raise InvalidParameters("the owner is not named", "/country_code")
    if module != "hubclientinfo" and owner not in parties:
        raise InvalidParameters(f"{'/'.join(owner)} is not a party of this connection", "/party_id")
    partner = platform.partners.get(via) if via and module != "hubclientinfo" else None
    if partner is not None and not visibility.stands_for(platform, partner, owner):
        raise InvalidParameters(f"{'/'.join(owner)} is not reached by this connection", "/party_id")
    hub = via if module == "hubclientinfo" else ""
    if module == "hubclientinfo" and data.get("last_updated") is None:
        data = {**data, "last_updated": wire_timestamp(platform.clock())}
    keeper = Keeper(platform, _judge(platform, owner), own=False, via=hub)
    kind = modules.BY_ID[module].kind
    reading = keeper.judge(kind, data, version, False)
    key = _named(module, data, owner, hub)
    if module == "cdrs":
        known = present(platform, key)
        if known is not None:
            if not _same(known, data, version):
                raise InvalidParameters("a different CDR with this id is known", "/id")
            return Outcome("unchanged", key, reading.findings)
    newest = _moment(reading.object.get("last_updated"), platform.clock()) if only_newer else ""
    state = keeper.replace(key, data, version, reading.object, newest)
    told = {"created": "stored", "known": "unchanged"}.get(state, state)
    return Outcome(told, key, reading.findings, created=state == "created")


# helpers of the doors


def _hosted(call: Call) -> list[Party]:
    """The hosted parties that serve this request (OCPI-to, where given)."""
    from chalicelib.endpoint import serving

    return list(dict.fromkeys(each.party for each in serving(call.request, call.platform)))


def _ours(call: Call) -> Present:
    """Our Location or a part of it, if this partner may see it (LOC-31, LOC-33)."""
    platform, params = call.platform, call.params
    for party in _hosted(call):
        key = Key(call.request.module, *party, check_id(params["location_id"], "/location_id"))
        evse_uid, connector_id = params.get("evse_uid"), params.get("connector_id")
        found = present(platform, key, evse_uid, connector_id)
        if found and visibility.may_see(platform, call.partner, key.module, call.request.version, found.feed):
            return found
    raise UnknownObject("unknown", call.request.module)


def _theirs(call: Call) -> Present:
    """What we know of an object of the partner."""
    party, params, platform = _owner(call), call.params, call.platform
    if call.request.module == "hubclientinfo":
        return _client_info(call, party)
    if call.request.module == "tokens":
        found = tokens.present(platform, [party], _token_uid(call), _asked_type(call))
    else:
        found = present(platform, _key(call, party, None), params.get("evse_uid"), params.get("connector_id"))
    if found is None:
        raise UnknownObject("unknown", call.request.module)
    return found


def _owner(call: Call) -> Party:
    """The party in the path, if this partner stands for it; else 404, which hides whose it is (TRA-55)."""
    party = call.url_party
    if party is None or not visibility.owns(call.platform, call.partner, call.request.module, party):
        raise UnknownObject("not a party of this connection, in a role that owns such objects")
    return party


def _key(call: Call, party: Party, data: dict[str, Any] | None) -> Key:
    """The key of the object in the path, spelled as its owner spells it where a body tells."""
    if call.request.module == "tokens":
        uid, type_ = _token_uid(call), _asked_type(call)
        if data is not None:
            type_ = type_ or str(data.get("type") or tokens.RFID)
        return tokens.key(_spelled(data or {}, party), uid, type_ or tokens.RFID)
    name = next(name for name in call.operation.names[2:] if name.startswith("{"))[1:-1]
    id_ = check_id(call.params[name], f"/{name}")
    if data is not None and not call.params.get("evse_uid") and isinstance(data.get("id"), str):
        id_ = data["id"] if folded(data["id"]) == folded(id_) else id_
    return Key(call.request.module, *_spelled(data or {}, party), id_)


def _token_uid(call: Call) -> str:
    return check_id(call.params["token_uid"], "/token_uid")


def _asked_type(call: Call) -> str:
    """AMB-41: `type`, or as 2.1.1 also calls it `token_type`."""
    asked = call.request.query.get("type") or call.request.query.get("token_type") or ""
    if "|" in asked or len(asked) > 36:
        raise InvalidParameters("no such token type", "?type")
    return asked


def _token_key(call: Call, party: Party) -> Key:
    found = tokens.present(call.platform, [party], _token_uid(call), _asked_type(call))
    if found is None:
        raise UnknownObject("unknown", "tokens")
    return found.key


def _agree(call: Call, data: dict[str, Any], kind: str) -> None:
    """Path and body name the same object (TRA-56, TRA-57, AMB-22)."""
    params = call.params
    named = {
        "evse": ("uid", params.get("evse_uid")),
        "connector": ("id", params.get("connector_id")),
        "token": ("uid", params.get("token_uid")),
    }.get(kind) or (
        "id",
        next((params[n] for n in ("location_id", "tariff_id", "session_id") if n in params), None),
    )
    pairs = [named]
    if kind not in ("evse", "connector"):
        pairs += [("country_code", params["country_code"]), ("party_id", params["party_id"])]
    for name, wanted in pairs:
        value = data.get(name)
        if value is not None and (not isinstance(value, str) or folded(value) != folded(wanted or "")):
            raise InvalidParameters(f"differs from the path, which says {wanted!r}", f"/{name}")
    if kind == "token" and data.get("type") is not None:
        asked = _asked_type(call)
        if asked and folded(str(data["type"])) != folded(asked):
            raise InvalidParameters(f"differs from the path, which says {asked!r}", "/type")


def _body_party(call: Call, data: dict[str, Any]) -> Party | None:
    """The owner a CDR names; in 2.1.1 it is the partner itself."""
    named = _party_of(data)
    if named is None and call.request.version == modules.V211:
        return call.partner.party_for(visibility.owners("cdrs")) or next(
            iter(sorted(call.partner.parties)), None
        )
    return named


def _party_of(data: dict[str, Any]) -> Party | None:
    country, party = data.get("country_code"), data.get("party_id")
    if isinstance(country, str) and isinstance(party, str) and country and party:
        return folded(country), folded(party)
    return None


def _spelled(data: dict[str, Any], party: Party) -> Party:
    """The party as the body spells it."""
    country, party_id = data.get("country_code"), data.get("party_id")
    if (
        isinstance(country, str)
        and isinstance(party_id, str)
        and (folded(country), folded(party_id)) == party
    ):
        return country, party_id
    return party


def _named(module: str, data: dict[str, Any], owner: Party, via: str = "") -> Key:
    """The key an object's own fields give it."""
    spelled = _spelled(data, owner)
    if module == "tokens":
        type_ = str(data.get("type") or tokens.RFID)
        if "|" in type_:
            raise InvalidParameters("no such token type", "/type")
        return tokens.key(spelled, check_id(data.get("uid"), "/uid"), type_)
    if module == "hubclientinfo":
        return Key(module, *spelled, f"{check_id(data.get('role'), '/role').upper()}|{via}")
    return Key(module, *spelled, check_id(data.get("id"), "/id"))


def _judge(platform: Platform, owner: Party) -> Any:
    """Reads what a partner sent, leniently."""
    finder = Finder(platform)

    def judge(kind: str, data: dict[str, Any], version: str, partial: bool) -> Reading:
        from chalicelib.ocpi import reading

        return reading.read(
            kind,
            data,
            version,
            owner=owner,
            partial=partial,
            now=wire_timestamp(platform.clock()),
            token=finder.token,
            emsp=finder.emsp,
        )

    return judge


def _keeper(call: Call, party: Party) -> Keeper:
    return Keeper(call.platform, _judge(call.platform, party), own=False)


def _written(state: str) -> Reply:
    return Reply(http_status=201 if state == "created" else 200)


def _same(known: Present, data: dict[str, Any], version: str) -> bool:
    """Whether this CDR says what is known of it already, in whichever version it came (AMB-35)."""
    found = known.source if known.version == version else known.in_version(version).object
    return bool(found == data)


def _delete(platform: Platform, key: Key) -> None:
    from chalicelib.store.tables import retried

    def attempt() -> None:
        old = platform.objects.load(key)
        if not old:
            raise UnknownObject(f"no {key.kind} {key.id}", key.module)
        platform.objects.forget(key, old)

    retried(attempt)


def _write_client_info(call: Call, data: dict[str, Any]) -> Reply:
    """What a hub says of a party behind it (HCI-03, AMB-29, AMB-30)."""
    party = _owner(call)
    for name, wanted in zip(("country_code", "party_id"), party, strict=True):
        if data.get(name) is not None and folded(str(data[name])) != wanted:
            raise InvalidParameters(f"differs from the path, which says {wanted!r}", f"/{name}")
    try:
        outcome = receive(
            call.platform,
            "hubclientinfo",
            data,
            call.request.version,
            [party],
            only_newer=False,
            via=call.partner.id,
        )
    finally:
        visibility.heard_of_parties(call.platform, call.partner)
    return _written("created" if outcome.created else "stored")


def _client_info(call: Call, party: Party) -> Present:
    keys = [Key("hubclientinfo", *party, f"{role}|{call.partner.id}") for role in HUB_ROLES]
    parts = call.platform.objects.parts([(key, "") for key in keys])
    found = [Present(key, [part]) for key, part in zip(keys, parts, strict=True) if part]
    if not found:
        raise UnknownObject("unknown")

    def rank(each: Present) -> int:
        status = each.source.get("status")
        return STATUSES.index(status) if status in STATUSES else len(STATUSES)

    return min(found, key=rank)


class Immutable(OcpiError):
    """2001: a CDR that was sent is never changed (CDR-01)."""

    status_code = 2001
