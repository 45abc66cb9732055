"""The Sender interface of every object module: a partner reads what we own, as far as it is meant for it.

The same functions serve every module of the table; what differs is in the
rows and in `visibility`.

Spec: requirements 1.5 to 1.9, 1.12; TRA-20 to TRA-42, AMB-05, LOC-31, LOC-33
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.objects import checks, visibility
from chalicelib.objects.stored_object import Finder, StoredObject, load
from chalicelib.ocpi import jsontext, modules, paging, quirks
from chalicelib.ocpi.errors import UnknownObject
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.partners import parties
from chalicelib.partners.call import Call, serving
from chalicelib.store import late, pages
from chalicelib.store.object_items import Key, Part, check_id

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Objects that one request of DynamoDB's reads.
MOST_KEYS = 100


def page(call: Call) -> Reply:
    """A page of what we own and this partner may see; at a hub of what it holds for who asks (HUB-31)."""
    platform, version, module = call.platform, call.request.version, call.request.module
    query = paging.parse(call.request.query, platform.settings.page_limit)
    if module != parties.HUBCLIENTINFO:  # by which hubs come to know each other's parties
        call.spoken_for(parties.readers(module))
    names = visibility.feeds_for(platform, call.partner, module, version, _owners(call), _reader(call))
    heads = platform.objects.feeds.heads(module, names, visibility.version_for(module, version))
    # Who is there is told by pushes, too, and each time as a whole.
    since = "" if module == parties.HUBCLIENTINFO else late.since(query.date_from, platform.clock())
    found = pages.page(platform.objects, module, heads, query, since)
    finder = Finder(platform)
    texts = [StoredObject(each.key, each.parts, finder=finder).text_in(version) for each in found.objects]
    shown = [_for(call, text) for text in texts if text is not None]
    url = platform.endpoint_url(version, call.request.interface, module)
    answered = paging.Page(shown, found.total, found.cursor, found.offset)
    headers = paging.headers(query, answered, url, call.request.query)
    return Reply(data=f"[{','.join(shown)}]", headers=headers)


def read(call: Call) -> Reply:
    """One object of ours, or a part of a Location."""
    text = _ours(call).text_in(call.request.version)
    if text is None:
        raise UnknownObject(f"cannot be said in {call.request.version}", call.request.module)
    return Reply(data=_for(call, text))


def _for(call: Call, text: str) -> str:
    """An object as this partner can take it."""
    names = call.partner.quirk_names
    return jsontext.dumps(checks.bent(call.partner, jsontext.loads(text))) if quirks.writes(names) else text


def _hosted(call: Call) -> list[Party]:
    """The hosted parties that serve this request (OCPI-to, where given)."""
    return list(dict.fromkeys(each.party for each in serving(call.request, call.platform)))


def _owners(call: Call) -> list[Party]:
    """Whose objects are asked for: of a hub everybody's, where OCPI-to names it or nobody (HUB-30)."""
    hub = call.platform.settings.hub
    if hub and (call.request.version == modules.V211 or call.request.to_party in (None, hub)):
        return parties.shown_owners(call.platform, call.request.module)
    return _hosted(call)


def _reader(call: Call) -> Party | None:
    """The one party that asks; to a hub each of a connection's asks for itself alone."""
    sender = call.request.from_party
    own = call.platform.settings.hub and sender in call.partner.parties and not call.partner.is_hub
    return sender if own and call.request.version != modules.V211 else call.asks


def _ours(call: Call) -> StoredObject:
    """Our Location or a part of it, if this partner may see it (LOC-31, LOC-33).

    Of a hub, the only one of this id that it may see.
    """
    platform, params, version = call.platform, call.params, call.request.version
    module, asks = call.request.module, _reader(call)
    call.spoken_for(parties.readers(module))
    id_ = check_id(params["location_id"], "/location_id")
    keys = [Key(module, *party, id_) for party in _owners(call)]
    if platform.settings.hub:
        keys = [key for key, head in zip(keys, _heads(platform, keys), strict=True) if head]
    seen = []
    for key in keys:
        found = load(platform, key, params.get("evse_uid"), params.get("connector_id"))
        if found and visibility.may_see(platform, call.partner, module, version, found.feed, asks):
            seen.append(found)
            if not platform.settings.hub:
                break
    if len(seen) != 1:
        why = "several parties have one of this id; name one in OCPI-to" if seen else "unknown"
        raise UnknownObject(why, module)
    return seen[0]


def _heads(platform: Platform, keys: list[Key]) -> list[Part | None]:
    """The heads of objects, by which those that there are are told apart."""
    at_once = range(0, len(keys), MOST_KEYS)
    return [
        head
        for at in at_once
        for head in platform.objects.parts([(key, "") for key in keys[at : at + MOST_KEYS]])
    ]
