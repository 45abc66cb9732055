"""What we ask of a peer's party beside objects: commands, authorizations, charging profiles, preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from sandbox.calling import NONE, Reply, call
from sandbox.parties import RECEIVER, SENDER
from sandbox.peers import Peer

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


def command(partner: Partner, peer: Peer, name: str, body: Object) -> Object:
    """Ask for a command; what was answered, and the id under which the result will come."""
    key, url = partner.expect(peer, name)
    where = f"{peer.url('commands', RECEIVER)}/{name}"
    return _awaited(
        partner, key, call(partner, peer, "POST", where, {"response_url": url, **body}, "commands", RECEIVER)
    )


def profile(
    partner: Partner, peer: Peer, method: str, session_id: str, ask: Object, to: Any = None
) -> Object:
    """Set (PUT), ask for (GET) or clear (DELETE) the profile of a Session."""
    key, url = partner.expect(peer, f"{method} chargingprofiles")
    where = f"{peer.url('chargingprofiles', RECEIVER)}/{quote(session_id, safe='')}"
    body: Any = NONE
    if method == "PUT":
        body = {**ask, "response_url": url}
    else:
        where += "?" + urlencode({**ask, "response_url": url})
    return _awaited(
        partner, key, call(partner, peer, method, where, body, "chargingprofiles", RECEIVER, to=to)
    )


def tell_active_profile(partner: Partner, peer: Peer, session_id: str, profile: Object) -> Reply:
    """As a CPO: what limits this Session now, to whoever set a profile for it."""
    where = f"{peer.url('chargingprofiles', SENDER)}/{quote(session_id, safe='')}"
    return call(partner, peer, "PUT", where, profile, "chargingprofiles", SENDER)


def authorize(partner: Partner, peer: Peer, uid: str, kind: str, place: Object | None) -> Reply:
    """As a CPO: may this Token charge now?"""
    where = f"{peer.url('tokens', SENDER)}/{quote(uid, safe='')}/authorize?type={quote(kind)}"
    return call(partner, peer, "POST", where, NONE if place is None else place, "tokens", SENDER)


def prefer(partner: Partner, peer: Peer, session_id: str, preferences: Object) -> Reply:
    """As an eMSP: what the driver wants of a Session."""
    where = f"{peer.url('sessions', SENDER)}/{quote(session_id, safe='')}/charging_preferences"
    return call(partner, peer, "PUT", where, preferences, "sessions", SENDER)


def _awaited(partner: Partner, key: str, reply: Reply) -> Object:
    partner.pending[key]["response"] = reply.data
    return {"id": key, **reply.shown()}
