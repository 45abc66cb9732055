"""A hub passes Sessions and CDRs between their two ends alone, also where the requester names others.

Spec: HUB-21; design section 12: "Sessions and CDRs are never shown to anybody but their two ends"
"""

from __future__ import annotations

from chalicelib.hub import memory
from chalicelib.hub.asked import Asked
from chalicelib.hub.legs import Leg
from chalicelib.ocpi import modules
from chalicelib.ocpi.errors import InvalidParameters, UnknownReceiver
from chalicelib.ocpi.messages import Party


def check(asked: Asked, leg: Leg) -> None:
    """Refuse to pass on what is not between these two. Raises InvalidParameters, UnknownReceiver."""
    to = leg.party
    if to is None:
        return
    pushed = asked.interface == modules.RECEIVER and asked.method in ("PUT", "PATCH", "POST")
    if pushed and asked.module in ("sessions", "cdrs"):
        _check_push(asked, to)
    session_id = _session_asked_about(asked)
    if session_id:
        _check_asked(asked, leg, to, session_id)


def remember(asked: Asked, leg: Leg) -> None:
    """Remember the ends of a Session that was passed on."""
    id = asked.call.params.get("session_id", "")
    pushed = asked.module == "sessions" and asked.interface == modules.RECEIVER
    if pushed and asked.method in ("PUT", "PATCH") and id and leg.party is not None:
        owner = asked.call.url_party or asked.requester
        memory.remember(asked.platform, memory.SESSION, id, owner, leg.party)


def _check_push(asked: Asked, to: Party) -> None:
    emsp, id = asked.said.emsp, asked.call.params.get("session_id", "")
    if emsp is not None and emsp != to:
        raise InvalidParameters(
            f"a customer of {'/'.join(emsp)}; it is not for {'/'.join(to)}", "/cdr_token/party_id"
        )
    if emsp is None and asked.version != modules.V211 and asked.method != "PATCH":
        raise InvalidParameters("required", "/cdr_token")
    if emsp is None and asked.method == "PATCH":
        owner = asked.call.url_party or asked.requester
        known = [end for cpo, end in memory.ends(asked.platform, memory.SESSION, id) if cpo == owner]
        if known and to not in known:
            raise UnknownReceiver("this session is of a customer of somebody else", "/session_id")


def _session_asked_about(asked: Asked) -> str:
    """The Session that an eMSP or provider asks its CPO about."""
    if asked.module == "commands" and asked.interface == modules.RECEIVER:
        id = asked.said.session_id
        return id if isinstance(id, str) else ""
    if asked.module == "chargingprofiles" and asked.interface == modules.RECEIVER:
        return asked.call.params.get("session_id", "")
    if asked.module == "sessions" and asked.interface == modules.SENDER:
        return asked.call.params.get("session_id", "")
    return ""


def _check_asked(asked: Asked, leg: Leg, to: Party, session_id: str) -> None:
    known = [emsp for cpo, emsp in memory.ends(asked.platform, memory.SESSION, session_id) if cpo == to]
    # A CPO of 2.1.1 is not told who asks, so what is not known to be the requester's is not asked there.
    if asked.requester in known or (not known and leg.version != modules.V211):
        return
    if asked.call.partner.plays("SCSP") and leg.version != modules.V211:
        return
    raise UnknownReceiver("no session of this id of yours is known here", "/session_id")
