"""The Sender interface of every object module: a partner reads what we own, as far as it is meant for it.

The same functions serve every module of the table; what differs is in the
rows and in `visibility`.

Spec: requirements 1.5 to 1.9, 1.12; TRA-20 to TRA-42, AMB-05, LOC-31, LOC-33
"""

from __future__ import annotations

from chalicelib.objects import unsaid, visibility
from chalicelib.objects.stored_object import Finder, StoredObject, load
from chalicelib.ocpi import jsontext, paging, quirks
from chalicelib.ocpi.errors import UnknownObject
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.partners import parties
from chalicelib.partners.call import Call, serving
from chalicelib.store import pages
from chalicelib.store.object_items import Key, check_id


def page(call: Call) -> Reply:
    """A page of what we own and this partner may see."""
    platform, version, module = call.platform, call.request.version, call.request.module
    query = paging.parse(call.request.query, platform.settings.page_limit)
    call.spoken_for(parties.readers(module))
    names = visibility.feeds_for(platform, call.partner, module, version, _hosted(call), call.asks)
    heads = platform.objects.feeds.heads(module, names, unsaid.version_for(module, version))
    found = pages.page(platform.objects, module, heads, query)
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
    return jsontext.dumps(quirks.written(names, jsontext.loads(text))) if quirks.writes(names) else text


def _hosted(call: Call) -> list[Party]:
    """The hosted parties that serve this request (OCPI-to, where given)."""
    return list(dict.fromkeys(each.party for each in serving(call.request, call.platform)))


def _ours(call: Call) -> StoredObject:
    """Our Location or a part of it, if this partner may see it (LOC-31, LOC-33)."""
    platform, params, version = call.platform, call.params, call.request.version
    call.spoken_for(parties.readers(call.request.module))
    for party in _hosted(call):
        key = Key(call.request.module, *party, check_id(params["location_id"], "/location_id"))
        evse_uid, connector_id = params.get("evse_uid"), params.get("connector_id")
        found = load(platform, key, evse_uid, connector_id)
        if found and visibility.may_see(platform, call.partner, key.module, version, found.feed, call.asks):
            return found
    raise UnknownObject("unknown", call.request.module)
