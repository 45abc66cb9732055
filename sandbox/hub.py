"""As a hub: who is behind it, and what is handed on to them.

A small hub: parties of its own that it tells of, and every other peer that registered with it. It forwards
what is addressed to one of those, and answers lists of all itself.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.calling import NONE, CallFailed, call
from sandbox.conduct import Asked
from sandbox.messages import Answer, Refused, date_time, moment
from sandbox.parties import CONFIGURATION
from sandbox.peers import REGISTERED, Peer

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
_ROUTING = ("to-country-code", "to-party-id", "from-country-code", "from-party-id")
_PASSED_ON = ("x-correlation-id", *(f"ocpi-{each}" for each in _ROUTING))


def behind(partner: Partner, peer: Peer) -> set[tuple[str, str]]:
    """The parties for which a peer speaks though they are not in its roles: those its hubclientinfo named."""
    hub = peer.hub_party_id or any(each.get("role") == "HUB" for each in peer.roles)
    told = partner.holdings.received["hubclientinfo"].values()
    return (
        {(str(each["country_code"]).upper(), str(each["party_id"]).upper()) for each in told}
        if hub
        else set()
    )


def speaks_for(partner: Partner, asked: Asked) -> set[tuple[str, str]]:
    """Every party in whose name this peer may ask: its own, and those behind it."""
    assert asked.peer is not None
    roles = asked.peer.roles
    own = {(str(each.get("country_code")).upper(), str(each.get("party_id")).upper()) for each in roles}
    itself = {asked.peer.hub_party} if asked.peer.hub_party else set()
    return own | itself | behind(partner, asked.peer)


def check_sender(partner: Partner, asked: Asked) -> None:
    """The party in OCPI-from is one of the peer's. Raises Refused.

    Spec: 2.2.1 transport_and_format_message_routing_headers
    """
    heard = asked.request.headers
    sender = (heard.get("ocpi-from-country-code", "").upper(), heard.get("ocpi-from-party-id", "").upper())
    if not asked.side or asked.version == "2.1.1" or sender == ("", ""):
        return
    if sender not in speaks_for(partner, asked) and not partner.conduct.breaks("foreign_sender_accepted"):
        raise Refused(f"OCPI-from: {sender[0]}/{sender[1]} is no party of yours")


def client_infos(partner: Partner, asked: Asked) -> list[Object]:
    """Every party but those of the peer that asks, with how it is connected."""
    infos = [
        {**_info(each.role, each.key), "status": partner.statuses.get(each.key, "CONNECTED")}
        for each in partner.behind
    ]
    for peer in partner.peers.all:
        if peer.roles and (peer is not asked.peer or partner.conduct.breaks("hub_tells_asker")):
            status = "CONNECTED" if peer.state == REGISTERED else "SUSPENDED"
            infos += [
                {**_info(each["role"], (each["country_code"], each["party_id"])), "status": status}
                for each in peer.roles
            ]
    day = timedelta(days=1)
    first = moment(partner.planted_text) - len(partner.behind) * day
    return [{**each, "last_updated": date_time(first + number * day)} for number, each in enumerate(infos)]


def _info(role: str, key: tuple[str, str]) -> Object:
    return {"country_code": key[0], "party_id": key[1], "role": role}


def set_status(partner: Partner, party: str, status: str) -> Object:
    """How a party behind us is connected from now on; its ClientInfo. Raises LookupError."""
    found = next((each for each in partner.behind if "/".join(each.key) == party), None)
    if found is None:
        raise LookupError(f"no party {party} behind us; there are: {[each.key for each in partner.behind]}")
    partner.statuses[found.key] = status
    return {**_info(found.role, found.key), "status": status, "last_updated": partner.now_text()}


def forward(partner: Partner, asked: Asked) -> Answer | None:
    """What the addressed party of another peer answers; None where the request is for us.

    Spec: 2.2.1 transport_and_format_message_routing_headers
    """
    hub = partner.hub_party
    if hub is None or not asked.side or asked.module in CONFIGURATION or asked.version == "2.1.1":
        return None
    heard = asked.request.headers
    to = (heard.get("ocpi-to-country-code", "").upper(), heard.get("ocpi-to-party-id", "").upper())
    private = asked.module in ("sessions", "cdrs") and asked.method != "GET"
    if to == hub.key and private and not partner.conduct.breaks("hub_broadcasts_cdrs"):
        raise Refused(f"OCPI-to: {asked.module} are for one party and not broadcast")
    own = {hub.key, ("", ""), *(each.key for each in (*partner.parties, *partner.behind))}
    if to in own or partner.conduct.breaks("hub_answers_for_all"):
        offline = partner.statuses.get(to, "CONNECTED") != "CONNECTED"
        if offline and not partner.conduct.breaks("hub_ignores_offline"):
            raise Refused("that party is not connected", 4003)
        return None
    for peer in partner.peers.all:
        if any((each["country_code"], each["party_id"]) == to for each in peer.roles):
            return _hand_on(partner, asked, peer)
    raise Refused("unknown receiver", 4001)


def _hand_on(partner: Partner, asked: Asked, peer: Peer) -> Answer:
    if peer.state != REGISTERED:
        raise Refused("that party is not connected", 4003)
    heard = asked.request.headers
    breaks = partner.conduct.breaks
    headers = {name: heard[name] for name in _PASSED_ON if name in heard}
    if breaks("hub_drops_correlation_id"):
        headers.pop("x-correlation-id", None)
    if breaks("hub_keeps_request_id"):
        headers["x-request-id"] = heard.get("x-request-id", "")
    body = asked.request.json if asked.request.body else NONE
    try:
        url = "/".join([peer.url(asked.module, asked.side), *asked.rest])
        query = asked.request.target.partition("?")[2]
        url += f"?{query}" if query else ""
        reply = call(partner, peer, asked.method, url, body, asked.module, asked.side, headers=headers)
    except LookupError as problem:
        raise Refused(str(problem), 4000) from None
    except CallFailed:
        raise Refused("that party does not answer", 4002) from None
    answer = Answer(status=reply.status, code=reply.code or 4000)
    if breaks("hub_hides_refusals"):
        answer = Answer()
    if isinstance(reply.json, dict) and "data" in reply.json:
        answer.data = reply.data
    for name in ("X-Total-Count", "X-Limit"):
        if name.lower() in reply.headers:
            answer.headers[name] = reply.headers[name.lower()]
    return answer
