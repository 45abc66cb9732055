"""Objects between us and a peer, at our asking: pushed, patched, removed, read back, pulled."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from sandbox import hub
from sandbox.calling import NONE, CallFailed, Reply, call, pages
from sandbox.holding import id_name
from sandbox.parties import RECEIVER
from sandbox.peers import Peer

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
PULLED = ("locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo")


def push(partner: Partner, peer: Peer, module: str, thing: Object) -> Reply:
    """One object of ours to the peer's Receiver interface: PUT, and a CDR by POST."""
    body = partner.written(module, thing, peer.version)
    owner = (thing["country_code"], thing["party_id"])
    if module == "cdrs":
        return call(partner, peer, "POST", peer.url("cdrs", RECEIVER), body, module, RECEIVER, owner=owner)
    return call(partner, peer, "PUT", object_url(peer, module, thing), body, module, RECEIVER, owner=owner)


def object_url(peer: Peer, module: str, thing: Object, *rest: str) -> str:
    """Where this object of ours, or a part of it, is at the peer."""
    parts = (thing["country_code"], thing["party_id"], thing[id_name(module)], *rest)
    if module == "hubclientinfo":
        parts = parts[:2]
    return "/".join([peer.url(module, RECEIVER), *(quote(str(each), safe="") for each in parts)])


def patch(partner: Partner, peer: Peer, module: str, thing: Object, changes: Object, *rest: str) -> Reply:
    """Some fields of an object or a part of it."""
    url = object_url(peer, module, thing, *rest)
    owner = (thing["country_code"], thing["party_id"])
    return call(partner, peer, "PATCH", url, changes, module, RECEIVER, owner=owner)


def remove(partner: Partner, peer: Peer, module: str, thing: Object) -> Reply:
    return call(partner, peer, "DELETE", object_url(peer, module, thing), NONE, module, RECEIVER)


def read_back(partner: Partner, peer: Peer, module: str, thing: Object, *rest: str) -> Reply:
    """What the peer holds of it."""
    return call(partner, peer, "GET", object_url(peer, module, thing, *rest), NONE, module, RECEIVER)


def pull(
    partner: Partner, peer: Peer, module: str, date_from: str = "", date_to: str = "", limit: int = 0
) -> Object:
    """The peer's whole list, kept as received. Raises CallFailed, LookupError."""
    asked = {"date_from": date_from, "date_to": date_to, "limit": limit}
    query = urlencode({name: value for name, value in asked.items() if value})
    found, count, total = 0, 0, None
    for reply in pages(partner, peer, module, query):
        count += 1
        total = reply.headers.get("x-total-count", total)
        for thing in reply.data:
            if not isinstance(thing, dict):
                raise CallFailed(f"{module}: an entry that is no object: {thing!r:.80}")
            keep(partner, peer, module, thing)
            found += 1
    return {"module": module, "objects": found, "pages": count, "total": total}


def keep(partner: Partner, peer: Peer, module: str, thing: Object) -> None:
    """Hold an object of the peer's list; in 2.1.1 its owner is who the peer is."""
    role = peer.roles[0] if peer.roles else {}
    country = str(thing.get("country_code") or role.get("country_code"))
    party = str(thing.get("party_id") or role.get("party_id"))
    name = str(thing.get(id_name(module))).upper()
    if module == "tokens" and peer.version != "2.1.1":
        name += f"/{thing.get('type')}"
    key = (country.upper(), party.upper(), name)
    partner.holdings.received[module][key] = thing


def introduce(partner: Partner, newcomer: Peer) -> None:
    """As a hub: tell the newcomer who is here, and the others of the newcomer. Spec: 2.2.1 HCI push model"""
    for peer in partner.peers.registered():
        for info in hub.client_infos(partner, peer):
            new = [each for each in newcomer.roles if each.get("party_id") == info["party_id"]]
            if peer is newcomer or new:
                with contextlib.suppress(CallFailed, LookupError):  # the log shows it
                    push(partner, peer, "hubclientinfo", info)


def own(partner: Partner, module: str, key: str) -> Object:
    """One of our objects. Raises LookupError."""
    found = partner.find_own(module, key)
    if found is None:
        raise LookupError(f"no {key} among our {module}")
    return found
