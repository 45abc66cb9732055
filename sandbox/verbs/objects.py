"""Verbs of objects: push, pull, change, remove and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import exchange, life
from sandbox.verbs.table import verb

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


@verb
def push(partner: Partner, module: str, id: str = "", peer: str = "") -> Object:
    """Send our objects of a module, or the one of that id, to the peer (PUT; CDRs: POST)."""
    named = partner.peers.named(peer)
    things = partner.own(module) if not id else [exchange.own(partner, module, id)]
    replies = [exchange.push(partner, named, module, each) for each in things]
    refused = [each.shown() for each in replies if not each.ok]
    return {
        "module": module,
        "sent": len(replies),
        "accepted": len(replies) - len(refused),
        "refused": refused,
    }


@verb
def pull(
    partner: Partner, module: str = "", date_from: str = "", date_to: str = "", limit: int = 0, peer: str = ""
) -> list[Object]:
    """Read the peer's list of a module, or of every module it offers, page by page."""
    named = partner.peers.named(peer)
    offered = {each["identifier"] for each in named.endpoints if each.get("role") in ("SENDER", None)}
    offered &= {each for each, side in partner.offered(named.version) if side == "RECEIVER"}
    modules = [module] if module else [each for each in exchange.PULLED if each in offered]
    return [exchange.pull(partner, named, each, date_from, date_to, limit) for each in modules]


@verb
def put(partner: Partner, module: str, object: Object, tell: bool = True) -> Object:
    """Make an object (2.3.0) one of ours, and tell the peers."""
    party = partner.acting(module, "SENDER")
    made = {"country_code": party.country_code, "party_id": party.party_id, **object}
    made.setdefault("last_updated", partner.now_text())
    partner.holdings.keep_own(module, made)
    if tell:
        life.told(partner, module, made)
    return made


@verb
def patch(
    partner: Partner,
    module: str,
    id: str,
    changes: Object,
    evse_uid: str = "",
    connector_id: str = "",
    peer: str = "",
) -> Object:
    """Send changes of one of our objects, or of an EVSE or Connector in it, as they stand (PATCH)."""
    rest = [each for each in (evse_uid, connector_id) if each]
    thing = exchange.own(partner, module, id)
    return exchange.patch(partner, partner.peers.named(peer), module, thing, changes, *rest).shown()


@verb
def remove(partner: Partner, module: str, id: str, peer: str = "") -> Object:
    """Delete one of our objects at the peer (DELETE; OCPI has it for Tariffs)."""
    return exchange.remove(
        partner, partner.peers.named(peer), module, exchange.own(partner, module, id)
    ).shown()


@verb
def read_back(
    partner: Partner, module: str, id: str, evse_uid: str = "", connector_id: str = "", peer: str = ""
) -> Object:
    """What the peer holds of one of our objects (GET on its Receiver interface)."""
    rest = [each for each in (evse_uid, connector_id) if each]
    thing = exchange.own(partner, module, id)
    return exchange.read_back(partner, partner.peers.named(peer), module, thing, *rest).shown()
