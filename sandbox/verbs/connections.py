"""Verbs of connections: register, be registered, renew, end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import exchange, hub, registering
from sandbox.peers import Peer, new_token
from sandbox.verbs.table import verb

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


@verb
def register(
    partner: Partner,
    versions_url: str,
    token: str,
    version: str = "",
    name: str = "",
    for_others: bool = False,
) -> Object:
    """Register with a platform that gave us its versions URL and a token A; `for_others`: a hub on 2.1.1."""
    peer = registering.register(partner, versions_url, token, version, name)
    peer.for_others = for_others
    return peer.shown()


@verb
def invite(partner: Partner, name: str = "") -> Object:
    """Hand out a token A, with which a platform may register here."""
    peer = Peer(name or f"peer-{len(partner.peers.all) + 1}", token_in=new_token())
    partner.peers.all.append(peer)
    return {"name": peer.name, "token": peer.token_in, "versions_url": partner.versions_url}


@verb
def update(partner: Partner, version: str = "", peer: str = "") -> Object:
    """Renew the tokens of both sides (credentials PUT), in another version if one is named."""
    return registering.update(partner, partner.peers.named(peer), version).shown()


@verb
def unregister(partner: Partner, peer: str = "") -> Object:
    """End the connection (credentials DELETE)."""
    named = partner.peers.named(peer)
    registering.unregister(partner, named)
    return named.shown()


@verb
def peers(partner: Partner) -> list[Object]:
    """Who we are connected with."""
    return [each.shown() for each in partner.peers.all]


@verb
def credentials(partner: Partner, peer: str = "") -> Object:
    """Ask the peer for its Credentials (GET)."""
    return registering.look(partner, partner.peers.named(peer)).shown()


@verb
def tell(partner: Partner, party: str, status: str, peer: str = "") -> list[Object]:
    """As a hub: tell that a party behind us (AT/HBC) is CONNECTED, OFFLINE, PLANNED or SUSPENDED."""
    info = hub.set_status(partner, party, status)
    peers = [partner.peers.named(peer)] if peer else partner.peers.registered()
    return [exchange.push(partner, each, "hubclientinfo", info).shown() for each in peers]
