"""What a sandbox can be told to do: the verbs behind `POST /do`, `Partner.do` and the command line.

A verb is a function of the partner and its fields: the docstring documents it, the signature is its form.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox import commanding, exchange, life, registering
from sandbox.calling import CallFailed
from sandbox.peers import REGISTERED, Peer, new_token

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]
Verb = Callable[..., Any]
VERBS: dict[str, Verb] = {}


class VerbFailed(Exception):
    """A verb nobody knows, fields it does not take, or a peer that did not do its part."""


def verb(function: Verb) -> Verb:
    """Add to the table, under the function's name."""
    VERBS[function.__name__] = function
    return function


def run(partner: Partner, name: str, fields: Object) -> Any:
    """Do it; what it answers. Raises VerbFailed."""
    function = VERBS.get(name)
    if function is None:
        raise VerbFailed(f"no verb {name}; there are: {', '.join(sorted(VERBS))}")
    try:
        inspect.signature(function).bind(partner, **fields)
    except TypeError as problem:
        raise VerbFailed(f"{name}: {problem}; it takes: {', '.join(form(function)) or 'nothing'}") from None
    try:
        return function(partner, **fields)
    except (CallFailed, LookupError, life.NotPossible, ValueError) as problem:
        raise VerbFailed(f"{name}: {problem}") from None


def form(function: Verb) -> list[str]:
    """Its fields, those that may be left out with their default."""
    found = []
    for each in list(inspect.signature(function).parameters.values())[1:]:
        default = "" if each.default is inspect.Parameter.empty else f"={each.default!r}"
        found.append(f"{each.name}{default}")
    return found


def described() -> list[Object]:
    """The table, for `GET /do` and the documentation."""
    return [
        {"verb": name, "fields": form(function), "does": " ".join((function.__doc__ or "").split())}
        for name, function in VERBS.items()
    ]


# Connections.


@verb
def register(partner: Partner, versions_url: str, token: str, version: str = "", name: str = "") -> Object:
    """Register with a platform that gave us its versions URL and a token A."""
    return registering.register(partner, versions_url, token, version, name).shown()


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


# Objects.


@verb
def push(partner: Partner, module: str, id: str = "", peer: str = "") -> Object:
    """Send our objects of a module, or the one of that id, to the peer (PUT; CDRs: POST)."""
    named = partner.peers.named(peer)
    things = partner.own(module) if not id else [_own(partner, module, id)]
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
    thing = _own(partner, module, id)
    return exchange.patch(partner, partner.peers.named(peer), module, thing, changes, *rest).shown()


@verb
def remove(partner: Partner, module: str, id: str, peer: str = "") -> Object:
    """Delete one of our objects at the peer (DELETE; OCPI has it for Tariffs)."""
    return exchange.remove(partner, partner.peers.named(peer), module, _own(partner, module, id)).shown()


@verb
def read_back(
    partner: Partner, module: str, id: str, evse_uid: str = "", connector_id: str = "", peer: str = ""
) -> Object:
    """What the peer holds of one of our objects (GET on its Receiver interface)."""
    rest = [each for each in (evse_uid, connector_id) if each]
    thing = _own(partner, module, id)
    return exchange.read_back(partner, partner.peers.named(peer), module, thing, *rest).shown()


def _own(partner: Partner, module: str, key: str) -> Object:
    found = partner.find_own(module, key)
    if found is None:
        raise LookupError(f"no {key} among our {module}")
    return found


# Charging.


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
    named = _maybe(partner, peer)
    charge = life.begin(
        partner, life.own_token(partner, named, token), location_id, evse_uid, connector_id, ago
    )
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
    location = _own(partner, "locations", location_id)
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


# Requests of an eMSP or SCSP.


@verb
def command(partner: Partner, command: str, body: Object | None = None, peer: str = "") -> Object:
    """Send a command; a Token of ours is put into it where it lacks one. Its result: `result`."""
    made = dict(body or {})
    if command in ("START_SESSION", "RESERVE_NOW") and "token" not in made:
        named = partner.peers.named(peer)
        token = next(iter(partner.own("tokens")), None)
        if token is None:
            raise LookupError("no Token of ours")
        made["token"] = partner.written("tokens", token, named.version)
    return commanding.send(partner, command, made, peer)


@verb
def result(partner: Partner, id: str) -> Object:
    """What became of a request of ours: its response, and its result when it came."""
    found: Object | None = partner.pending.get(id)
    if found is None:
        raise LookupError(f"no request {id}")
    return found


# Itself.


@verb
def forget(partner: Partner) -> Object:
    """Lose all data but the connections, and begin anew with the small network."""
    partner.plant()
    partner.charges.clear()
    return {"forgotten": True}
