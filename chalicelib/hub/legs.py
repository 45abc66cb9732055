"""A leg is the far side of a request that is passed on: its connection and URL, or why there is none.

A party that is behind several hubs is asked through the first of them that leads to it now.

Spec: design section 12; STA-22 to STA-25, HUB-06
"""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.hub.asked import Asked
from chalicelib.objects import hub_client_info
from chalicelib.ocpi import modules
from chalicelib.ocpi.errors import HubError, InvalidParameters, NotConnected, OcpiError, UnknownReceiver
from chalicelib.ocpi.messages import Party
from chalicelib.partner import Partner
from chalicelib.partners import health, parties


@dataclass(frozen=True)
class Leg:
    """A connection, the party asked through it (None: whoever its hub finds), and its URL of the module."""

    partner: Partner
    party: Party | None
    url: str

    @property
    def version(self) -> str:
        return self.partner.version

    @property
    def name(self) -> str:
        """The party as people read it; of a hub that finds it, the hub's own."""
        return "/".join(self.party or self.partner.hub_party or ("", ""))


def place(module: str) -> str:
    """Where the health of what is passed on in a module is noted."""
    return f"forward#{module}"


def find(asked: Asked, to: Party) -> Leg:
    """The way to a party. Raises InvalidParameters, UnknownReceiver, NotConnected, HubError."""
    platform, name = asked.platform, "/".join(to)
    if to == asked.requester and not _has_both_sides(asked, to):
        if to == asked.to:
            raise InvalidParameters(f"OCPI-to: {name} is who asks, and has no other role that answers this")
        raise UnknownReceiver(f"this is for {name}, who asks it")
    if not all(parties.agreed(platform, each, to, asked.module) for each in asked.named):
        raise UnknownReceiver(f"{name} is not known here")
    ways = _ways(asked, to)
    if not ways:
        if parties.was_named(platform, to):
            raise NotConnected(f"{name} is not connected")
        raise UnknownReceiver(f"{name} is not known here")
    onward = [each for each in ways if not (each.is_hub and each.id == asked.call.partner.id)]
    if not onward:
        raise HubError(f"{name} is behind the hub that this request came from")
    problem: OcpiError | None = None
    for partner in onward:
        try:
            leg = through(asked, partner, to)
            away = hub_client_info.away(platform, partner, to) if partner.is_hub else ""
            if away:
                raise NotConnected(away)
            return leg
        except (NotConnected, HubError) as found:
            problem = problem or found
    assert problem is not None
    raise problem


def through(asked: Asked, partner: Partner, to: Party | None) -> Leg:
    """The way through this connection. Raises NotConnected, HubError."""
    name = "/".join(to or partner.hub_party or ("", ""))
    if health.waits(partner):
        raise NotConnected(f"{name} is not connected")
    if not asked.is_custom and partner.version not in modules.BY_ID[asked.module].versions:
        raise HubError(f"{name} speaks {partner.version}, which has no {asked.module}")
    url = partner.endpoint(asked.module, asked.interface)
    if url is None:
        raise HubError(
            f"{name} does not offer the {asked.interface.lower()} interface of {asked.module[:40]}"
        )
    if asked.is_custom and partner.version != asked.version:
        raise HubError(f"{name} speaks {partner.version}; a module of its own passes in that version only")
    if health.held_until(asked.platform, partner, place(asked.module)):
        raise NotConnected(f"{name} does not answer requests about {asked.module[:40]} at present")
    return Leg(partner, to, url)


def _has_both_sides(asked: Asked, party: Party) -> bool:
    """Whether a party has one role that asks this and another that answers it, as who is CPO and eMSP: these
    may be systems of their own.
    """
    has = {role for role in hub_client_info.ROLES if parties.ways(asked.platform, party, role)}
    if asked.is_custom:
        return len(has) > 1
    asking = has.intersection(modules.asking_roles(asked.module, asked.interface))
    answering = has.intersection(modules.serving_roles(asked.module, asked.interface))
    return bool(asking and answering and len(asking | answering) > 1)


def _ways(asked: Asked, to: Party) -> list[Partner]:
    """The connections of a party in a role that serves this; else in any role, or of that hub itself."""
    platform = asked.platform
    roles = modules.serving_roles(asked.module, asked.interface)
    found = parties.ways(platform, to, *roles) if roles else []
    found = found or parties.ways(platform, to)
    hubs = (each for each in platform.partners.directory().living() if each.is_hub)
    return found or [each for each in hubs if each.hub_party == to]
