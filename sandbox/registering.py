"""The credentials handshake, from both sides.

As its receiver: `get`, `post`, `put`, `delete` answer a peer's requests. As its sender: `register`, `update`
and `unregister` ask. Nothing changes before the handshake is through.

Spec: 2.2.1 credentials_registration
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox.calling import CallFailed, Reply, call
from sandbox.conduct import Asked
from sandbox.messages import Answer, Refused
from sandbox.parties import VERSIONS
from sandbox.peers import INVITED, REGISTERED, UNREGISTERED, Peer, new_token

if TYPE_CHECKING:
    from sandbox.partner import Partner

FUNCTIONAL = ("locations", "tariffs", "sessions", "cdrs", "tokens", "commands", "chargingprofiles")


def credentials(partner: Partner, version: str, token: str) -> dict[str, Any]:
    """Our Credentials object with this token, as the version has it."""
    made: dict[str, Any] = {"token": token, "url": partner.versions_url}
    first = partner.parties[0]
    if version == "2.1.1":
        details = {"business_details": {"name": first.name}}
        return {**made, **details, "country_code": first.country_code, "party_id": first.party_id}
    roles = [each.credentials_role for each in partner.parties]
    if version == "2.3.0" and (hub := partner.hub_party):
        roles = [role for role in roles if role["role"] != "HUB"]
        roles += [each.credentials_role for each in partner.behind]
        made["hub_party_id"] = hub.country_code + hub.party_id
    return {**made, "roles": roles}


# A peer asks.


def get(partner: Partner, asked: Asked) -> Answer:
    return Answer(credentials(partner, asked.version, asked.token))


def post(partner: Partner, asked: Asked) -> Answer:
    """Register the peer that presents its token A."""
    peer = _peer(asked)
    if peer.state == REGISTERED and not partner.conduct.breaks("post_twice_accepted"):
        raise Refused("already registered; use PUT", 2000, 405)
    return _take(partner, asked, peer)


def put(partner: Partner, asked: Asked) -> Answer:
    """New credentials of a registered peer."""
    peer = _peer(asked)
    if peer.state != REGISTERED and not partner.conduct.breaks("put_unregistered_accepted"):
        raise Refused("not registered; use POST", 2000, 405)
    return _take(partner, asked, peer)


def delete(partner: Partner, asked: Asked) -> Answer:
    """End the connection: neither token is good for anything afterwards."""
    peer = _peer(asked)
    if peer.state != REGISTERED and not partner.conduct.breaks("delete_unregistered_accepted"):
        raise Refused("not registered", 2000, 405)
    if not partner.conduct.breaks("deleted_token_lives"):
        _end(peer)
    return Answer()


def _peer(asked: Asked) -> Peer:
    assert asked.peer is not None, "a request without a known token does not come here"
    return asked.peer


def _take(partner: Partner, asked: Asked, peer: Peer) -> Answer:
    body = asked.request.json
    wanted = ("token", "url", *(("country_code", "party_id") if asked.version == "2.1.1" else ("roles",)))
    if not isinstance(body, dict):
        raise Refused("a Credentials object is expected")
    for name in wanted:
        if not body.get(name) and not partner.conduct.breaks("credentials_unchecked"):
            raise Refused(f"/{name}: required")
    fresh = Peer(peer.name, REGISTERED, versions_url=str(body.get("url")), version=asked.version)
    hostile = not fresh.versions_url.startswith("http") and partner.conduct.breaks("hostile_url_accepted")
    fresh.token_out, fresh.endpoints = str(body.get("token")), peer.endpoints
    try:
        silent = asked.method == "PUT" and partner.conduct.breaks("put_calls_nobody")
        if not hostile and not silent and not partner.conduct.breaks("post_calls_nobody"):
            _discover(partner, fresh, asked.version)
    except Refused:
        if partner.conduct.breaks("failed_post_burns_token"):
            peer.token_in = ""
        raise
    _named_by(partner, fresh, body, asked.version)
    keeps = asked.method == "PUT" and partner.conduct.breaks("put_keeps_token")
    token = peer.token_in if keeps else new_token()
    if partner.conduct.breaks("credentials_token_too_long"):
        token = (token * 2)[:80]
    if partner.conduct.breaks("token_with_blank"):
        token = f"{token[:20]} {token[20:]}"
    fresh.token_in = token
    if (asked.method == "PUT" and not keeps) or partner.conduct.breaks("token_a_lives_on"):
        fresh.older_token_in = asked.token
    peer.__dict__.update(fresh.__dict__)
    partner.connected(peer)
    return Answer(credentials(partner, asked.version, token))


def _discover(partner: Partner, fresh: Peer, version: str) -> None:
    """Fetch the peer's versions and endpoints with its new token. Raises Refused with 3001, 3002, 3003."""
    kept = partner.conduct.breaks
    try:
        found = _versions(partner, fresh, fresh.token_out)
        if version not in found and not kept("missing_version_accepted"):
            raise Refused(f"{fresh.versions_url} offers no {version}", 3002)
        fresh.endpoints = _endpoints(partner, fresh, found.get(version, ""), fresh.token_out)
    except CallFailed as problem:
        if not kept("unreachable_peer_accepted"):
            raise Refused(f"cannot use your API: {problem}", 3001) from None
    if not any(each.get("identifier") in FUNCTIONAL for each in fresh.endpoints) and not (
        kept("missing_endpoints_accepted")
        or kept("unreachable_peer_accepted")
        or kept("missing_version_accepted")
    ):
        raise Refused("no functional module among your endpoints", 3003)


def _named_by(partner: Partner, peer: Peer, body: dict[str, Any], version: str) -> None:
    """Take over who it says it is."""
    if version == "2.1.1":
        details = body.get("business_details") or {}
        peer.roles = [
            {
                # It says no role: whoever connects with a CPO is an eMSP, and the other way round.
                "role": "EMSP" if partner.parties[0].role == "CPO" else "CPO",
                "country_code": body.get("country_code"),
                "party_id": body.get("party_id"),
                "business_details": details,
            }
        ]
    else:
        peer.roles = [each for each in body.get("roles") or [] if isinstance(each, dict)]
        peer.hub_party_id = str(body.get("hub_party_id") or "")


# We ask.


def register(partner: Partner, versions_url: str, token: str, version: str = "", name: str = "") -> Peer:
    """The whole handshake with token A. Raises CallFailed."""
    peer = Peer(name or f"peer-{len(partner.peers.all) + 1}", INVITED, versions_url=versions_url)
    peer.version = version or partner.version
    found = _versions(partner, peer, token)
    chosen = version or max((each for each in found if each in partner.versions), default="")
    if chosen not in found:
        raise CallFailed(f"{versions_url} offers {sorted(found)}, not {chosen or partner.versions}")
    peer.version = chosen
    peer.endpoints = _endpoints(partner, peer, found[chosen], token)
    peer.token_in = new_token()
    partner.peers.all.append(peer)  # it calls back with that token before it answers
    try:
        _exchange(partner, peer, "POST", token)
    except CallFailed:
        partner.peers.all.remove(peer)
        raise
    return peer


def update(partner: Partner, peer: Peer, version: str = "") -> Peer:
    """New tokens for both sides, endpoints fetched again, another version if asked. Raises CallFailed."""
    chosen = version or peer.version
    fresh = Peer(peer.name, REGISTERED, versions_url=peer.versions_url, version=chosen, roles=peer.roles)
    fresh.token_out, fresh.for_others = peer.token_out, peer.for_others
    found = _versions(partner, fresh, peer.token_out)
    if chosen not in found:
        raise CallFailed(f"{peer.versions_url} offers {sorted(found)}, not {chosen}")
    fresh.endpoints = _endpoints(partner, fresh, found[chosen], peer.token_out)
    fresh.token_in, fresh.older_token_in = new_token(), peer.token_in
    peer.renewing, peer.older_token_in = True, fresh.token_in  # both are good while it calls back
    try:
        _exchange(partner, fresh, "PUT", peer.token_out)
    except CallFailed:
        peer.renewing, peer.older_token_in = False, ""
        raise
    peer.__dict__.update(fresh.__dict__)
    partner.connected(peer)
    return peer


def look(partner: Partner, peer: Peer) -> Reply:
    """GET of the peer's Credentials. Raises CallFailed."""
    return call(partner, peer, "GET", peer.url("credentials", ""), module="credentials")


def unregister(partner: Partner, peer: Peer) -> None:
    """Ask the peer to end the connection, and end it. Raises CallFailed."""
    reply = call(partner, peer, "DELETE", peer.url("credentials", ""), module="credentials")
    if not reply.ok:
        raise CallFailed(f"DELETE credentials: HTTP {reply.status}, {reply.text[:300]}")
    _end(peer)


def _exchange(partner: Partner, peer: Peer, method: str, token: str) -> None:
    body = credentials(partner, peer.version, peer.token_in)
    url = peer.url("credentials", "")
    reply = call(partner, peer, method, url, body, module="credentials", token=token)
    if not reply.ok or not isinstance(reply.data, dict) or not reply.data.get("token"):
        raise CallFailed(f"{method} credentials: HTTP {reply.status}, {reply.text[:500]}")
    peer.token_out = str(reply.data["token"])
    _named_by(partner, peer, reply.data, peer.version)
    peer.state = REGISTERED
    partner.connected(peer)


def _versions(partner: Partner, peer: Peer, token: str) -> dict[str, str]:
    reply = call(partner, peer, "GET", peer.versions_url, module="versions", token=token)
    if not reply.ok or not isinstance(reply.data, list):
        raise CallFailed(f"GET {peer.versions_url}: HTTP {reply.status}, {reply.text[:300]}")
    found = {str(each.get("version")): str(each.get("url")) for each in reply.data if isinstance(each, dict)}
    return {version: url for version, url in found.items() if version in VERSIONS}


def _endpoints(partner: Partner, peer: Peer, url: str, token: str) -> list[dict[str, str]]:
    reply = call(partner, peer, "GET", url, module="versions", token=token)
    found = reply.data.get("endpoints") if reply.ok and isinstance(reply.data, dict) else None
    if not isinstance(found, list):
        raise CallFailed(f"GET {url}: HTTP {reply.status}, {reply.text[:300]}")
    return [each for each in found if isinstance(each, dict) and each.get("identifier") and each.get("url")]


def _end(peer: Peer) -> None:
    peer.state, peer.token_in, peer.older_token_in, peer.token_out = UNREGISTERED, "", "", ""
