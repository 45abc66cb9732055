"""Verbs of what happens at our sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sandbox import exchange, life, profiles
from sandbox.peers import REGISTERED, Peer
from sandbox.verbs.table import verb

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


@verb
def start(
    partner: Partner,
    location_id: str = "",
    evse_uid: str = "",
    connector_id: str = "",
    token: str = "",
    ago: int = 0,
    peer: str = "",
) -> Object:
    """Begin a charge, `ago` minutes ago, with a Token of the peer; its Session and EVSE status are told."""
    whose = life.own_token(partner, _maybe(partner, peer), token)
    charge = life.prepare(partner, whose, location_id, evse_uid, connector_id, ago)
    life.begin(partner, charge)
    return partner.find_own("sessions", charge.id) or {}


@verb
def advance(partner: Partner, session_id: str = "", minutes: int = 15, parking: bool = False) -> Object:
    """Let a charge go on for so many minutes, charging or parked, and tell the Session."""
    charge = _charge(partner, session_id)
    life.advance(partner, charge, minutes * 60, parking)
    return partner.find_own("sessions", charge.id) or {}


@verb
def stop(partner: Partner, session_id: str = "") -> Object:
    """End a charge: the Session COMPLETED, the EVSE AVAILABLE, the CDR sent."""
    return life.end(partner, _charge(partner, session_id))


@verb
def credit(partner: Partner, cdr_id: str) -> Object:
    """Send the Credit CDR of one of our CDRs."""
    return life.give_back(partner, cdr_id)


@verb
def status(partner: Partner, location_id: str, evse_uid: str, status: str) -> Object:
    """Set the status of an EVSE of ours, and tell it."""
    location = exchange.own(partner, "locations", location_id)
    evse = next((each for each in location["evses"] if each["uid"] == evse_uid), None)
    if evse is None:
        raise LookupError(f"no EVSE {evse_uid}")
    life.set_status(partner, location, evse, status)
    return dict(evse)


def _maybe(partner: Partner, peer: str) -> Peer | None:
    registered = [each for each in partner.peers.all if each.state == REGISTERED]
    return partner.peers.named(peer) if peer or registered else None


def _charge(partner: Partner, key: str) -> Any:
    ongoing = [each for each in partner.charges.values() if each.status == "ACTIVE"]
    found = partner.charges.get(key) if key else ongoing[-1] if ongoing else None
    if found is None:
        raise LookupError(f"no charge {key}" if key else "nobody charges")
    return found


@verb
def limit(partner: Partner, session_id: str = "", watts: int = 5000) -> Object:
    """As a CPO: limit a charge ourselves; whoever set its profile is told the active one."""
    charge = _charge(partner, session_id)
    partner.profiles[charge.id] = {
        "charging_rate_unit": "W",
        "duration": 900,
        "charging_profile_period": [{"start_period": 0, "limit": watts}],
    }
    profiles.tell_active(partner, charge.id)
    return profiles.active(partner, charge.id)
