"""Verbs of what is asked of a peer's party: commands, authorization, charging profiles, preferences."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from sandbox import requesting
from sandbox.calling import NONE, call
from sandbox.verbs.table import verb

if TYPE_CHECKING:
    from sandbox.partner import Partner

Object = dict[str, Any]


@verb
def command(
    partner: Partner, command: str, body: Object | None = None, token: str = "", peer: str = ""
) -> Object:
    """As an eMSP: send a command; `body` as the peer's version has it, a Token of ours is put in where it is
    needed and missing. The result that follows: `result`."""
    named = partner.peers.named(peer)
    made = dict(body or {})
    if command in ("START_SESSION", "RESERVE_NOW") and "token" not in made:
        found = partner.find_own("tokens", token) if token else next(iter(partner.own("tokens")), None)
        if found is None:
            raise LookupError(f"no Token {token} of ours")
        made["token"] = partner.written("tokens", found, named.version)
    return requesting.command(partner, named, command, made)


@verb
def result(partner: Partner, id: str, seconds: float = 0) -> Object:
    """What became of a command or profile request of ours; waits so long for its result."""
    until = time.monotonic() + seconds
    while True:
        found: Object | None = partner.pending.get(id)
        if found is None:
            raise LookupError(f"no request {id}")
        if found["result"] is not None or time.monotonic() >= until:
            return found
        time.sleep(0.02)


@verb
def authorize(
    partner: Partner,
    uid: str,
    type: str = "RFID",
    location_id: str = "",
    evse_uid: str = "",
    peer: str = "",
) -> Object:
    """As a CPO: ask the peer whether a Token may charge, here if a Location is named."""
    place: Object | None = {"location_id": location_id} if location_id else None
    if place and evse_uid:
        place["evse_uids"] = [evse_uid]
    return requesting.authorize(partner, partner.peers.named(peer), uid, type, place).shown()


@verb
def set_profile(
    partner: Partner, session_id: str, limit: int = 7000, unit: str = "W", minutes: int = 60, peer: str = ""
) -> Object:
    """As an SCSP or eMSP: limit a Session of the peer for so long. The result that follows: `result`."""
    profile = {
        "start_date_time": partner.now_text(),
        "duration": minutes * 60,
        "charging_rate_unit": unit,
        "charging_profile_period": [{"start_period": 0, "limit": limit}],
    }
    named = partner.peers.named(peer)
    return requesting.profile(partner, named, "PUT", session_id, {"charging_profile": profile})


@verb
def get_profile(partner: Partner, session_id: str, duration: int = 900, peer: str = "") -> Object:
    """As an SCSP or eMSP: ask what limits a Session. The ActiveChargingProfile follows: `result`."""
    return requesting.profile(
        partner, partner.peers.named(peer), "GET", session_id, {"duration": str(duration)}
    )


@verb
def clear_profile(partner: Partner, session_id: str, peer: str = "") -> Object:
    """As an SCSP or eMSP: end the limit of a Session. The result that follows: `result`."""
    return requesting.profile(partner, partner.peers.named(peer), "DELETE", session_id, {})


@verb
def prefer(
    partner: Partner, session_id: str, profile_type: str = "REGULAR", departure_time: str = "", peer: str = ""
) -> Object:
    """As an eMSP: set the charging preferences of a Session."""
    wanted = {"profile_type": profile_type}
    if departure_time:
        wanted["departure_time"] = departure_time
    return requesting.prefer(partner, partner.peers.named(peer), session_id, wanted).shown()


@verb
def request(
    partner: Partner,
    method: str,
    module: str,
    side: str = "",
    path: str = "",
    body: Any = NONE,
    headers: dict[str, str] | None = None,
    peer: str = "",
) -> Object:
    """Ask the peer anything: `path` follows the URL of that interface, `headers` win over ours."""
    named = partner.peers.named(peer)
    lower = {name.lower(): value for name, value in (headers or {}).items()}
    url = named.url(module, side) + path
    reply = call(partner, named, method, url, body, module, side, headers=lower)
    return {**reply.shown(), "headers": reply.headers, "body": reply.json}
