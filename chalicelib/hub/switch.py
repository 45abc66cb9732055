"""A hub carries out what its table says of a request: the one door for all functional modules.

Spec: design section 12, "Where a request goes"
"""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.hub import (
    awaited,
    broadcast,
    content,
    cursor,
    everyone,
    forward,
    legs,
    memory,
    route,
)
from chalicelib.hub.asked import Asked
from chalicelib.hub.rewrite import Outgoing
from chalicelib.objects import visibility
from chalicelib.ocpi import modules
from chalicelib.ocpi.errors import InvalidParameters, UnknownObject, UnknownReceiver
from chalicelib.ocpi.messages import Party, Reply
from chalicelib.partners import parties
from chalicelib.partners.call import Call
from chalicelib.store import feeds


def answer(call: Call, here: Callable[[Call], Reply]) -> Reply:
    """The answer to a request at a hub. Raises OcpiError.

    `here` handles one as a platform that is no hub does.
    """
    asked = Asked(call, here)
    forward.check_no_loop(asked)
    asked.check()
    request = call.request
    listed = request.method == "GET" and call.operation.shape == modules.LIST
    if listed and request.query.get("cursor", "").startswith(cursor.PREFIX):
        return _next_page(asked, request.query["cursor"])
    word = route.becomes(asked.addressed, asked.module, asked.interface, asked.method, call.operation.shape)
    return DO[word](asked)


def _here(asked: Asked) -> Reply:
    if asked.to is not None and asked.platform.settings.hosts(asked.to):
        _check_agreed(asked, asked.to)
    return asked.here(asked.call)


def _result(asked: Asked) -> Reply:
    return asked.handled_here(None)


def _forward(asked: Asked) -> Reply:
    assert asked.to is not None
    return _to(asked, asked.to)


def _to(asked: Asked, party: Party) -> Reply:
    """Ask a party, wherever it is."""
    if asked.platform.settings.hosts(party):
        _check_agreed(asked, party)
        return asked.handled_here(None if party == asked.hub else party)
    if awaited.is_awaited(asked):
        return awaited.to(asked, party)
    place = _cdr_place(asked)
    if place is not None and place.party == party and place.url:
        leg = legs.find(asked, party)
        return forward.through(asked, leg, Outgoing("GET", place.url))
    return forward.to(asked, party)


def _open(asked: Asked) -> Reply:
    """Ask the party that the request's content names."""
    if asked.method == "GET" and asked.call.url_party is not None and asked.is_own:
        return _copy(asked)
    party = content.receiver(asked)
    if party is not None:
        return _to(asked, party)
    if asked.module == "tokens" and asked.method == "POST":
        return everyone.authorize(asked)
    if asked.module == "locations" and asked.method == "GET":
        return everyone.read(asked)
    raise UnknownReceiver("no party is named by OCPI-to, and none by what is asked")


def _copy(asked: Asked) -> Reply:
    """What the hub has stored: the requester's own, or a Location that is meant for it."""
    if asked.interface == modules.RECEIVER:
        party = _passed_to(asked)
        return asked.handled_here(None) if party is None else _to(asked, party)
    found = content.stored_location(asked, asked.call.params.get("location_id", ""))
    if found is not None:
        feed = visibility.feed_of(asked.platform, found.key, found.canonical, True)
        audience = None if found.parts[0].uid else feeds.readers(feed)
        text = found.text_in(asked.version) if audience is None or asked.requester in audience else None
        if text is not None:
            return Reply(text)
    raise UnknownObject("unknown", asked.module)


def _check_agreed(asked: Asked, party: Party) -> None:
    """Let a hosted party be unknown to whom it has no agreement with. Raises UnknownReceiver."""
    platform = asked.platform
    if not all(parties.agreed(platform, each, party, asked.module) for each in asked.named):
        raise UnknownReceiver(f"{'/'.join(party)} is not known here")


def _no_broadcast(asked: Asked) -> Reply:
    raise InvalidParameters(
        f"OCPI-to: {asked.module} are for one party, which it has to name; this is the hub"
    )


def _no_receiver(asked: Asked) -> Reply:
    raise UnknownReceiver(f"OCPI-to: the party that serves {asked.module[:40]} has to be named")


def _next_page(asked: Asked, text: str) -> Reply:
    """The page that a next link of ours leads to."""
    page = cursor.opened(asked.platform, asked.call.partner.id, asked.place, text)
    if asked.requester != page.requester:
        raise InvalidParameters("a cursor of another party's list", "?cursor")
    return forward.through(asked, legs.find(asked, page.to), Outgoing("GET", page.url))


def _passed_to(asked: Asked) -> Party | None:
    """Who has the requester's Session or CDR: what was passed on is not stored here (AMB-28)."""
    if asked.module == "sessions":
        return asked.session.emsp_of(asked.call.url_party or asked.requester)
    place = _cdr_place(asked)
    return place.party if place is not None else None


def _cdr_place(asked: Asked) -> memory.CdrPlace | None:
    """Where a CDR that was passed on is, of those that this CPO sent."""
    owner, id = asked.call.url_party, asked.call.params.get("cdr_id")
    if asked.module != "cdrs" or asked.method != "GET" or owner is None or id is None:
        return None
    return memory.cdr_place(asked.platform, owner, id)


DO: dict[str, Callable[[Asked], Reply]] = {
    route.HERE: _here,
    route.RESULT: _result,
    route.FORWARD: _forward,
    route.BROADCAST: broadcast.broadcast,
    route.GET_ALL: broadcast.get_all,
    route.COPY: _copy,
    route.OPEN: _open,
    route.NO_BROADCAST: _no_broadcast,
    route.NO_RECEIVER: _no_receiver,
}
