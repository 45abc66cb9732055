"""Charging profiles that we ask for, as smart charging provider, as eMSP, or as eMSP between the two.

Spec: 2.3.0 mod_charging_profiles (CHP-10 to CHP-13, CHP-19, CHP-40), AMB-46
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib.commands import capabilities, profile_subscribers, sender
from chalicelib.errors import ActionError
from chalicelib.objects import sessions
from chalicelib.ocpi import routing
from chalicelib.partners.lifecycle import ACTIVE, CLEAR, SET
from chalicelib.store.requests import PROFILES, SENT, AsyncRequest, new_id

if TYPE_CHECKING:
    from chalicelib.ocpi.messages import Party
    from chalicelib.wiring import Platform

METHODS = {SET: "PUT", CLEAR: "DELETE", ACTIVE: "GET"}


def ask(
    platform: Platform,
    command: str,
    session_id: str,
    fields: Mapping[str, Any],
    *,
    owner: Party | None = None,
    ours: Party | None = None,
    origin: str = "",
) -> AsyncRequest:
    """Ask the CPO of a session; its response is noted, its result follows. Raises ActionError.

    `owner` may be left out for a session of a customer of ours. One that an eMSP forwarded is
    asked about there (CHP-01). `origin` is the
    smart charging provider's request that this one passes on.
    """
    found = sessions.find_session(platform, session_id, owner)
    if found is not None:
        owner, session_id = sessions.owner_of(found), found.key.id
        _check_capabilities(platform, owner, found.canonical)
    if owner is None:
        raise ActionError(
            "unknown_session", "no one session of this id is stored; name its party", "/session_id"
        )
    forwarded = sessions.through(platform, owner, session_id) if found is None else None
    if forwarded:
        owner = forwarded[1]
    partner, endpoint = sender.receiver(platform, owner, PROFILES, "EMSP" if forwarded else "CPO")
    ours = sender.hosted(platform, ours, "SCSP", "EMSP")
    request = AsyncRequest(
        id=new_id(),
        direction=SENT,
        module=PROFILES,
        command=command,
        partner=partner.id,
        version=partner.version,
        our_party="/".join(ours),
        their_party="/".join(owner),
        created_at=platform.clock(),
        body={**fields, "session_id": session_id},
        session=session_id,
        origin=origin,
    )
    back = routing.join(platform.endpoint_url(partner.version, "SENDER", PROFILES), "results", request.id)
    url = routing.join(endpoint, session_id)
    body = None
    if command == SET:
        body = {"charging_profile": fields["charging_profile"], "response_url": back}
        profile_subscribers.asked(platform, owner, session_id)
    else:
        query = {"duration": fields["duration"]} if command == ACTIVE else {}
        url += ("&" if "?" in url else "?") + urlencode({**query, "response_url": back})
    return sender.send(platform, partner, request, METHODS[command], url, body, "charging_profile_response")


def _check_capabilities(platform: Platform, owner: Party, session: Mapping[str, Any]) -> None:
    """Ask no EVSE that is known to take no charging profiles (LOC-76)."""
    evses = capabilities.meant(platform, owner, session.get("location_id"), session.get("evse_uid"))
    if capabilities.lacking(evses, capabilities.PROFILES):
        raise ActionError("not_capable", f"not {capabilities.PROFILES} there", "/session_id")


def pass_on(platform: Platform, request: AsyncRequest, owner: Party) -> AsyncRequest:
    """Ask the CPO what a smart charging provider asked us (CHP-40)."""
    fields = {name: request.body[name] for name in ("charging_profile", "duration") if name in request.body}
    return ask(
        platform,
        request.command,
        request.session,
        fields,
        owner=owner,
        ours=request.ours,
        origin=request.id,
    )
