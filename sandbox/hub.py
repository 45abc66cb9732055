"""As a hub: who is behind it, and for whom a peer may speak. What is handed on to them: `routing`.

A small hub: parties of its own that it tells of, and every other peer that registered with it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox.conduct import Asked
from sandbox.messages import Refused, date_time, moment
from sandbox.peers import REGISTERED, Peer

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


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


def client_infos(partner: Partner, asker: Peer | None) -> list[Object]:
    """Every party but those of the peer that asks, with how it is connected."""
    infos = [
        {**_info(each.role, each.key), "status": partner.statuses.get(each.key, "CONNECTED")}
        for each in partner.behind
    ]
    for peer in partner.peers.all:
        if peer.roles and (peer is not asker or partner.conduct.breaks("hub_tells_asker")):
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
