"""What happens at our sites: charges that begin, go on and end, EVSEs whose status changes. Peers are told.

A charge is told when it begins (PUT), as it goes on (PATCH) and when it ends (PUT, then the CDR).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sandbox import exchange
from sandbox.calling import CallFailed
from sandbox.charging import Charge, credit, next_id
from sandbox.conduct import Asked
from sandbox.parties import Party
from sandbox.peers import REGISTERED, Peer

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


class NotPossible(Exception):
    """A charge that cannot begin, or none of that id."""


def prepare(
    partner: Partner,
    token: Object,
    location_id: str = "",
    evse_uid: str = "",
    connector_id: str = "",
    ago: int = 0,
    **more: Any,
) -> Charge:
    """A charge at that EVSE, or the first free one, from `ago` minutes ago; nobody is told yet.

    Raises NotPossible.
    """
    location = partner.find_own("locations", location_id) if location_id else _first_location(partner)
    if location is None:
        raise NotPossible(f"no Location {location_id} of ours")
    evses = [each for each in location["evses"] if evse_uid in ("", each["uid"])]
    free = [each for each in evses if each["status"] in ("AVAILABLE", "RESERVED")] or evses
    if not free:
        raise NotPossible(f"no EVSE {evse_uid} at {location['id']}")
    evse = free[0]
    connector = next((each for each in evse["connectors"] if connector_id in ("", each["id"])), None)
    if connector is None:
        raise NotPossible(f"no Connector {connector_id} at {evse['uid']}")
    tariff = partner.find_own("tariffs", connector["tariff_ids"][0])
    if tariff is None:
        raise NotPossible(f"the Tariff {connector['tariff_ids'][0]} is gone")
    owner = Party("CPO", location["country_code"], location["party_id"], "")
    started = (partner.now() - timedelta(minutes=ago)).replace(microsecond=0)
    if ago:
        started -= timedelta(minutes=started.minute % 3, seconds=started.second)
    return Charge(owner, next_id(), location, evse, connector, token, tariff, started, **more)


def begin(partner: Partner, charge: Charge) -> None:
    """The car charges, or the EVSE is kept for it."""
    partner.charges[charge.id] = charge
    reserved = charge.status == "RESERVATION"
    set_status(partner, charge.location, charge.evse, "RESERVED" if reserved else "CHARGING")
    tell(partner, charge)


def advance(partner: Partner, charge: Charge, seconds: int, parking: bool = False) -> None:
    """Let the charge go on for so long."""
    if charge.status != "ACTIVE":
        raise NotPossible(f"{charge.id} is {charge.status}")
    charge.advance(seconds, parking)
    tell(partner, charge, changes=True)


def end(partner: Partner, charge: Charge) -> Object:
    """End the charge: a completed Session, a free EVSE, the CDR."""
    if charge.status != "ACTIVE":
        raise NotPossible(f"{charge.id} is {charge.status}")
    elapsed = int((partner.now() - charge.started).total_seconds())
    if not charge.stretches:
        charge.advance(max(60, elapsed))
    charge.status = "COMPLETED"
    set_status(partner, charge.location, charge.evse, "AVAILABLE")
    tell(partner, charge)
    cdr = charge.cdr(partner.now())
    if partner.conduct.breaks("no_cdr_follows"):
        return cdr
    partner.holdings.keep_own("cdrs", cdr)
    told(partner, "cdrs", cdr)
    return cdr


def give_back(partner: Partner, cdr_id: str) -> Object:
    """The Credit CDR of one of ours. Raises NotPossible."""
    cdr = partner.find_own("cdrs", cdr_id)
    if cdr is None:
        raise NotPossible(f"no CDR {cdr_id} of ours")
    made = credit(cdr, partner.now())
    partner.holdings.keep_own("cdrs", made)
    told(partner, "cdrs", made)
    return made


def tell(partner: Partner, charge: Charge, changes: bool = False) -> None:
    """Keep the Session as it stands and tell it: whole, or what changed."""
    session = charge.session(partner.now())
    partner.holdings.keep_own("sessions", session)
    for peer in _listening(partner, "sessions"):
        if not changes or peer.version == "2.1.1":
            _quietly(exchange.push, partner, peer, "sessions", session)
            continue
        written = partner.written("sessions", session, peer.version)
        names = ("kwh", "charging_periods", "total_cost", "status", "last_updated")
        part = {name: written[name] for name in names if name in written}
        if "charging_periods" in part:
            part["charging_periods"] = part["charging_periods"][-1:]
        _quietly(exchange.patch, partner, peer, "sessions", session, part)


def told(partner: Partner, module: str, thing: Object) -> None:
    """An object of ours to every peer that receives this module."""
    for peer in _listening(partner, module):
        if not (peer.version == "2.1.1" and thing.get("credit")):  # which 2.1.1 cannot say
            _quietly(exchange.push, partner, peer, module, thing)


def set_status(partner: Partner, location: Object, evse: Object, status: str) -> None:
    """An EVSE's new status, told as a PATCH of the EVSE."""
    if evse["status"] == status:
        return
    now = partner.now_text()
    evse["status"] = status
    evse["last_updated"] = location["last_updated"] = now
    for peer in _listening(partner, "locations"):
        changes = {"status": status, "last_updated": now}
        _quietly(exchange.patch, partner, peer, "locations", location, changes, evse["uid"])


def ordered(partner: Partner, command: str, body: Object, asked: Asked) -> Callable[[], object]:
    """What an accepted command comes to, to be done once its result is told. Raises NotPossible."""
    if command in ("START_SESSION", "RESERVE_NOW"):
        charge = _ordered(partner, command, body, asked)
        if command == "RESERVE_NOW":
            partner.reservations[str(body["reservation_id"])] = charge
        return lambda: begin(partner, charge)
    if command == "STOP_SESSION" and body["session_id"] in partner.charges:
        return lambda: end(partner, partner.charges[body["session_id"]])
    if command == "CANCEL_RESERVATION" and str(body["reservation_id"]) in partner.reservations:
        reserved = partner.reservations.pop(str(body["reservation_id"]))
        return lambda: _free(partner, reserved)
    return lambda: None


def _free(partner: Partner, charge: Charge) -> None:
    """A reservation ends without a charge."""
    charge.status = "COMPLETED"
    set_status(partner, charge.location, charge.evse, "AVAILABLE")
    tell(partner, charge)


def _ordered(partner: Partner, command: str, body: Object, asked: Asked) -> Charge:
    """The charge that this command begins or reserves; with a Token that has one reserved, that one.

    Spec: 2.2.1 mod_sessions_reservation
    """
    token = cdr_token(body["token"], asked.peer)
    reserved = [key for key, each in partner.reservations.items() if each.token["uid"] == token["uid"]]
    if command == "START_SESSION" and reserved:
        charge = partner.reservations.pop(reserved[0])
        charge.status, charge.started = "ACTIVE", partner.now().replace(microsecond=0)
        return charge
    place = {name: body[name] for name in ("location_id", "evse_uid", "connector_id") if body.get(name)}
    return prepare(
        partner,
        token,
        **place,
        auth_method="COMMAND",
        authorization_reference=str(body.get("authorization_reference") or ""),
        status="ACTIVE" if command == "START_SESSION" else "RESERVATION",
    )


def go_on(partner: Partner) -> None:
    """Every charge goes on up to now; called as time passes."""
    for charge in list(partner.charges.values()):
        seconds = int((partner.now() - charge.ended).total_seconds())
        if charge.status == "ACTIVE" and seconds > 0:
            advance(partner, charge, seconds)


def remember(partner: Partner, peer: Peer) -> None:
    """Some charges of this eMSP's customers from before it connected; they are listed, and not sent."""
    if any(each.get("role") in ("EMSP", "OTHER") for each in peer.roles):
        token = own_token(partner, peer)
        known = [each["cdr_token"]["party_id"] for each in partner.own("cdrs")]
        for number, location in enumerate(partner.own("locations") if token["party_id"] not in known else ()):
            charge = prepare(partner, token, location["id"], ago=60 * (30 - 6 * number))
            charge.advance(900 + 720 * number)
            charge.advance(540, parking=True)
            charge.status = "COMPLETED"
            partner.holdings.keep_own("sessions", charge.session(charge.ended))
            partner.holdings.keep_own("cdrs", charge.cdr(charge.ended))


def cdr_token(token: Object, peer: Peer | None) -> Object:
    """What a Session keeps of a Token; in 2.1.1 its owner is the peer."""
    role = peer.roles[0] if peer and peer.roles else {}
    return {
        "country_code": token.get("country_code") or role.get("country_code"),
        "party_id": token.get("party_id") or role.get("party_id"),
        "uid": token["uid"],
        "type": token["type"],
        "contract_id": token.get("contract_id") or token.get("auth_id"),
    }


def own_token(partner: Partner, peer: Peer | None, uid: str = "") -> Object:
    """A Token that the peer gave us, else one it might have. Raises NotPossible."""
    for token in partner.held("tokens"):
        if uid in ("", token["uid"]) and token.get("valid"):
            return cdr_token(token, peer)
    role = (
        next((each for each in peer.roles if each.get("role") in ("EMSP", "OTHER")), None) if peer else None
    )
    if uid or role is None:
        raise NotPossible(f"no Token {uid} of a peer; pull tokens first")
    owner = {"country_code": role["country_code"], "party_id": role["party_id"]}
    contract = f"{role['country_code']}-{role['party_id']}-C00000001-X"
    return {**owner, "uid": "04FFEEDDCCBBAA", "type": "RFID", "contract_id": contract}


def _first_location(partner: Partner) -> Object | None:
    return next(iter(partner.holdings.own["locations"].values()), None)


def _listening(partner: Partner, module: str) -> list[Peer]:
    peers = [each for each in partner.peers.all if each.state == REGISTERED]
    return [
        each
        for each in peers
        if any(e["identifier"] == module and e.get("role") in ("RECEIVER", None) for e in each.endpoints)
    ]


def _quietly(what: Any, *arguments: Any) -> None:
    """A peer that is away does not stop what happens at our sites; the log shows it."""
    try:
        what(*arguments)
    except (CallFailed, LookupError):
        """Told in the log."""
