"""What a hub does with a request that is not for itself: hand it on, broadcast it, find out for whom it is.

    TO a party behind it     handed on, and the answer handed back: new X-Request-ID, same X-Correlation-ID
    TO the hub, a push       taken, and then sent to everybody whom it may concern (Broadcast Push)
    TO the hub, a list       what all of them sent it, in one list (GET All)
    TO nobody                the party that the content names (Open Routing); else as TO the hub

Whoever is behind a hub talks with the hub alone. So URLs that come back through it lead to it: the
response_url of a command, the Location of a CDR, the link to a next page.

Spec: 2.2.1 transport_and_format_message_routing_headers
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from sandbox.calling import NONE, CallFailed, Reply, call
from sandbox.conduct import Asked
from sandbox.messages import Answer, Refused
from sandbox.parties import CONFIGURATION, RECEIVER, SENDER
from sandbox.peers import REGISTERED, Peer

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
Key = tuple[str, str]
NOBODY = ("", "")
SHARED = ("locations", "tariffs", "tokens")  # what is meant for everybody, and may be broadcast
OWNING = ("CPO", "NAP")  # whose broadcasts go to all the others; theirs go to these


def address(asked: Asked, end: str) -> Key:
    """The party of OCPI-to or OCPI-from."""
    heard = asked.request.headers
    return (
        heard.get(f"ocpi-{end}-country-code", "").upper(),
        heard.get(f"ocpi-{end}-party-id", "").upper(),
    )


def forward(partner: Partner, asked: Asked) -> Answer | None:
    """What the addressed party of another peer answers; None where the request is for us."""
    hub = partner.hub_party
    if hub is None or not asked.side or asked.module in CONFIGURATION or asked.version == "2.1.1":
        return None
    if (asked.method, asked.module) == ("GET", "cdrs") and asked.request.path in partner.relayed_cdrs:
        return _relayed_cdr(partner, asked)
    breaks = partner.conduct.breaks
    to = address(asked, "to")
    private = asked.module in ("sessions", "cdrs") and asked.method != "GET"
    if to == hub.key and private and not breaks("hub_broadcasts_cdrs"):
        raise Refused(f"OCPI-to: {asked.module} are for one party and not broadcast")
    if to == NOBODY and not breaks("hub_routes_nothing"):
        to = _destination(partner, asked)
    own = {hub.key, NOBODY, *(each.key for each in (*partner.parties, *partner.behind))}
    if to in own or breaks("hub_answers_for_all"):
        offline = partner.statuses.get(to, "CONNECTED") != "CONNECTED"
        if offline and not breaks("hub_ignores_offline"):
            raise Refused("that party is not connected", 4003)
        if to in (hub.key, NOBODY):
            _broadcast_later(partner, asked)
        return None
    for peer in partner.peers.all:
        if any((each["country_code"], each["party_id"]) == to for each in peer.roles):
            return _hand_on(partner, asked, peer, to)
    raise Refused("unknown receiver", 4001)


# To one party.


def _hand_on(partner: Partner, asked: Asked, peer: Peer, to: Key) -> Answer:
    """Ask the party, and answer as it does."""
    if peer.state != REGISTERED:
        raise Refused("that party is not connected", 4003)
    _remember(partner, asked, to)
    heard, breaks = asked.request.headers, partner.conduct.breaks
    headers = {"x-correlation-id": heard["x-correlation-id"]} if "x-correlation-id" in heard else {}
    if breaks("hub_drops_correlation_id"):
        headers = {"x-correlation-id": str(uuid.uuid4())}
    if breaks("hub_keeps_request_id"):
        headers["x-request-id"] = heard.get("x-request-id", "")
    asker = address(asked, "from")
    sender = partner.hub_party.key if breaks("hub_speaks_for_itself") and partner.hub_party else asker
    body, query = _relayed(partner, asked, peer, to)
    try:
        url = "/".join([peer.url(asked.module, asked.side), *(quote(each, safe="") for each in asked.rest)])
        url += f"?{query}" if query else ""
        reply = call(
            partner,
            peer,
            asked.method,
            url,
            body,
            asked.module,
            asked.side,
            headers=headers,
            owner=sender,
            to=to,
        )
    except LookupError as problem:
        raise Refused(str(problem), 4000) from None
    except CallFailed:
        raise Refused("that party does not answer", 4002) from None
    return _handed_back(partner, asked, peer, reply, to)


def _handed_back(partner: Partner, asked: Asked, peer: Peer, reply: Reply, to: Key) -> Answer:
    """The party's answer, as the hub's own: codes as they are, URLs that lead to the hub."""
    breaks = partner.conduct.breaks
    message = reply.json.get("status_message") if isinstance(reply.json, dict) else ""
    answer = Answer(status=reply.status, code=reply.code or 4000, message=str(message or ""))
    if breaks("hub_hides_refusals"):
        answer = Answer()
    if isinstance(reply.json, dict) and "data" in reply.json:
        answer.data = reply.data
    for name in ("X-Total-Count", "X-Limit"):
        if name.lower() in reply.headers:
            answer.headers[name] = reply.headers[name.lower()]
    if link := reply.headers.get("link"):
        query = link.partition(">")[0].partition("?")[2]
        answer.headers["Link"] = f'<{partner.base_url}{asked.request.path}?{query}>; rel="next"'
    if location := reply.headers.get("location"):
        path = f"{asked.request.path.rstrip('/')}/{uuid.uuid4().hex[:16]}"
        partner.relayed_cdrs[path] = (peer, location, to)
        answer.headers["Location"] = location if breaks("hub_keeps_urls") else partner.base_url + path
    answer.headers |= {"OCPI-from-country-code": to[0], "OCPI-from-party-id": to[1]}
    return answer


def _relayed(partner: Partner, asked: Asked, peer: Peer, to: Key) -> tuple[Any, str]:
    """Body and query with a response_url of ours, whose result goes on to the one that was given."""
    body = asked.request.json if asked.request.body else NONE
    query = dict(parse_qsl(asked.request.target.partition("?")[2]))
    given = body.get("response_url") if isinstance(body, dict) else query.get("response_url")
    awaits = asked.module in ("commands", "chargingprofiles") and asked.side == RECEIVER
    if not (awaits and given) or partner.conduct.breaks("hub_keeps_urls"):
        return body, urlencode(query)
    key, url = partner.expect(peer, f"relayed {asked.method} {asked.module}")
    partner.relays[key] = (asked, str(given), to)
    if isinstance(body, dict):
        return {**body, "response_url": url}, urlencode(query)
    return body, urlencode({**query, "response_url": url})


def relay_result(partner: Partner, key: str, body: Object) -> None:
    """Hand a result on to whoever asked through us."""
    asked, url, party = partner.relays.pop(key)
    heard = asked.request.headers
    headers = {"x-correlation-id": heard["x-correlation-id"]} if "x-correlation-id" in heard else {}
    assert asked.peer is not None
    asker = address(asked, "from")
    try:
        call(
            partner,
            asked.peer,
            "POST",
            url,
            body,
            asked.module,
            SENDER,
            headers=headers,
            owner=party,
            to=asker,
        )
    except CallFailed:
        """The log shows it; the eMSP has its timeout."""


def _relayed_cdr(partner: Partner, asked: Asked) -> Answer:
    """A CDR where its receiver keeps it."""
    peer, url, to = partner.relayed_cdrs[asked.request.path]
    try:
        reply = call(partner, peer, "GET", url, NONE, "cdrs", RECEIVER, owner=address(asked, "from"), to=to)
    except CallFailed:
        raise Refused("that party does not answer", 4002) from None
    return _handed_back(partner, asked, peer, reply, to)


# Open Routing: who is meant.


def _remember(partner: Partner, asked: Asked, to: Key) -> None:
    """Between whom a Session or a reservation is: later requests name only its id."""
    ends = (address(asked, "from"), to)
    if asked.module == "sessions" and len(asked.rest) == 3:
        partner.ends[asked.rest[2].upper()] = ends
    if asked.module == "commands" and asked.request.body:
        reservation = asked.request.json.get("reservation_id")
        partner.ends[str(reservation).upper()] = ends


def _destination(partner: Partner, asked: Asked) -> Key:
    """The party that the content names; nobody where it names none."""
    body = asked.request.json if asked.request.body else {}
    body = body if isinstance(body, dict) else {}
    token = body.get("cdr_token")
    if asked.side == RECEIVER and asked.module in ("sessions", "cdrs") and isinstance(token, dict):
        return (str(token.get("country_code")).upper(), str(token.get("party_id")).upper())
    if asked.module == "tokens" and asked.side == SENDER and asked.rest:
        return _owner(partner, "tokens", asked.rest[0])
    if asked.module == "locations" and asked.side == SENDER and asked.rest:
        return _owner(partner, "locations", asked.rest[0])
    if body.get("location_id") and asked.module == "commands":
        return _owner(partner, "locations", str(body["location_id"]))
    named = body.get("session_id") or body.get("reservation_id")
    if not named and asked.module in ("sessions", "chargingprofiles") and asked.rest:
        named = asked.rest[-1] if asked.side == RECEIVER and asked.module == "sessions" else asked.rest[0]
    ends = partner.ends.get(str(named).upper(), ())
    return next((each for each in ends if each != address(asked, "from")), NOBODY)


def _owner(partner: Partner, module: str, id: str) -> Key:
    """Whose object of that id was broadcast here."""
    keys = [key for key in partner.holdings.received[module] if key[2].partition("/")[0] == id.upper()]
    return keys[0][:2] if keys else NOBODY


# To everybody.


def _broadcast_later(partner: Partner, asked: Asked) -> None:
    pushes = asked.method in ("POST", "PUT", "PATCH", "DELETE") and asked.side == RECEIVER
    if pushes and asked.module in SHARED and not partner.conduct.breaks("hub_keeps_broadcasts"):
        partner.later(0.02, lambda: _broadcast(partner, asked))


def _broadcast(partner: Partner, asked: Asked) -> None:
    """To every peer of the other kind that receives this module; one that fails stops no other."""
    assert partner.hub_party is not None
    sender = partner.hub_party.key
    if partner.conduct.breaks("hub_broadcasts_as_sender"):
        sender = address(asked, "from")
    owning = _role(asked) in OWNING
    body = asked.request.json if asked.request.body else NONE
    for peer in partner.peers.registered():
        party = next((each for each in peer.roles if (each.get("role") in OWNING) != owning), None)
        if peer is asked.peer or party is None:
            continue
        to = (party["country_code"], party["party_id"])
        try:
            url = "/".join([peer.url(asked.module, RECEIVER), *(quote(each, safe="") for each in asked.rest)])
            call(partner, peer, asked.method, url, body, asked.module, RECEIVER, owner=sender, to=to)
        except (CallFailed, LookupError):
            """The log shows it; who broadcasts does not hear of it (HUB-23)."""


def _role(asked: Asked) -> str:
    """Of the party that asks."""
    roles = asked.peer.roles if asked.peer else []
    found = [
        each for each in roles if (each.get("country_code"), each.get("party_id")) == address(asked, "from")
    ]
    return str((found or roles or [{}])[0].get("role"))


def of_everybody(partner: Partner, asked: Asked) -> list[Object]:
    """What the others behind this hub sent it, for GET All; in this version alone, and not one's own."""
    if partner.hub_party is None or asked.version == "2.1.1" or asked.module not in SHARED:
        return []
    own = {
        (each.get("country_code"), each.get("party_id")) for each in (asked.peer.roles if asked.peer else [])
    }
    return [
        thing
        for (country, party, _), thing in partner.holdings.received[asked.module].items()
        if (country, party) not in own and thing.get("last_updated")
    ]
