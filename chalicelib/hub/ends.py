"""A hub passes Sessions and CDRs between their two ends alone, also where the requester names others.

An end may share a Session with a smart charging provider that the operator of the hub invited or registered
with `smart_charging: delegated`; that provider is then asked and told about it as an end is.

Spec: HUB-21, CHP-01, CHP-06; design section 12: "Sessions and CDRs are never shown to anybody but their two
ends"; design section 9, 5
"""

from __future__ import annotations

from chalicelib.hub import memory
from chalicelib.hub.asked import Asked
from chalicelib.hub.legs import Leg
from chalicelib.ocpi import modules
from chalicelib.ocpi.errors import InvalidParameters, UnknownReceiver
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties


def check(asked: Asked, leg: Leg) -> None:
    """Refuse to pass on what is not between these two. Raises InvalidParameters, UnknownReceiver."""
    to = leg.party
    if to is None:
        return
    pushed = asked.interface == modules.RECEIVER and asked.method in ("PUT", "PATCH", "POST")
    if pushed and asked.module in ("sessions", "cdrs") and not _is_shared(asked, leg):
        _check_push(asked, to)
    if _is_asked_about(asked):
        _check_asked(asked, leg, to)
    if asked.module == "chargingprofiles" and asked.interface == modules.SENDER:
        _check_profile(asked, leg, to)


def remember(asked: Asked, leg: Leg) -> None:
    """Remember the ends of a Session that was passed on, or who shared it with which provider."""
    pushed = asked.module == "sessions" and asked.interface == modules.RECEIVER
    if not pushed or asked.method not in ("PUT", "PATCH") or not asked.session_id or leg.party is None:
        return
    if _is_shared(asked, leg):
        memory.remember(asked.platform, asked.session, asked.requester, leg.party, mark=memory.SHARED)
    else:
        owner = asked.call.url_party or asked.requester
        memory.remember(asked.platform, asked.session, owner, leg.party)


def _is_shared(asked: Asked, leg: Leg) -> bool:
    """Whether an end shows a Session to the provider that the smart charging of it is delegated to."""
    if asked.module != "sessions" or leg.party == asked.said.emsp:
        return False
    return leg.party in parties.providers(asked.platform, leg.partner)


def _check_push(asked: Asked, to: Party) -> None:
    emsp = asked.said.emsp
    if emsp is not None and emsp != to:
        raise InvalidParameters(
            f"a customer of {'/'.join(emsp)}; it is not for {'/'.join(to)}", "/cdr_token/party_id"
        )
    if emsp is None and asked.version != modules.V211 and asked.method != "PATCH":
        raise InvalidParameters("required", "/cdr_token")
    if emsp is None and asked.method == "PATCH":
        owner = asked.call.url_party or asked.requester
        known = [end for cpo, end in asked.session.ends if cpo == owner]
        if known and to not in known:
            raise UnknownReceiver("this session is of a customer of somebody else", "/session_id")


def _check_profile(asked: Asked, leg: Leg, to: Party) -> None:
    """The profile of a Session is for whom its CPO sent that to, or a provider."""
    known = [emsp for cpo, emsp in asked.session.ends if cpo == asked.requester]
    if known and to not in known and to not in parties.providers(asked.platform, leg.partner):
        raise UnknownReceiver("this session is of a customer of somebody else", "/session_id")


def _is_asked_about(asked: Asked) -> bool:
    """Whether an eMSP or provider asks the CPO of a Session about it."""
    if not asked.session_id:
        return False
    receiver = asked.module in ("commands", "chargingprofiles") and asked.interface == modules.RECEIVER
    return receiver or (asked.module == "sessions" and asked.interface == modules.SENDER)


def _check_asked(asked: Asked, leg: Leg, to: Party) -> None:
    known = [emsp for cpo, emsp in asked.session.ends if cpo == to]
    # A CPO of 2.1.1 is not told who asks, so what is not known to be the requester's is not asked there.
    if asked.requester in known or (not known and leg.version != modules.V211):
        return
    # Whether this Session is among those delegated, its CPO says.
    if asked.module == "chargingprofiles" and asked.is_provider:
        return
    raise UnknownReceiver("no session of this id of yours is known here", "/session_id")
