"""For whom a connection speaks: the parties and roles that a partner may read, write and answer for.

A partner speaks for its own parties, and a hub for the parties behind it. Every
door that asks whether a partner may do something in a party's name asks here.

Contract: design section 9; requirements section 3, TRA-54, TRA-55, HUB-33, AMB-18, AMB-19, AMB-22
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.ocpi import modules
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.paging import PageQuery
from chalicelib.partner import DELEGATED
from chalicelib.store import feeds, pages

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

HUB_ROLES = ("HUB",)
# Seconds that the parties behind a hub are remembered.
REMEMBERED = 30


def readers(module: str) -> tuple[str, ...]:
    """The roles that read what the owners of this module's objects publish."""
    return modules.serving_roles(module, modules.RECEIVER)


def owners(module: str) -> tuple[str, ...]:
    """The roles that own objects of this module."""
    return modules.serving_roles(module, modules.SENDER)


def is_hub(partner: Partner) -> bool:
    """Whether other parties are reached through this partner (AMB-19)."""
    return bool(partner.hub_party_id) or any(role.role in HUB_ROLES for role in partner.roles)


def speaks_for(platform: Platform, partner: Partner, roles: Iterable[str]) -> frozenset[Party]:
    """The parties this partner stands for in one of these roles.

    2.1.1 names no role, so one that is unknown there counts as any.
    """
    wanted = {*roles, *HUB_ROLES}
    parties = {
        role.party
        for role in partner.roles
        if role.role in wanted or (role.role == "OTHER" and partner.version == modules.V211)
    }
    if is_hub(partner):
        parties |= {party for role, party in _behind(platform, partner) if role in wanted}
    return frozenset(parties)


def reads(platform: Platform, partner: Partner, module: str) -> bool:
    """Whether a partner's roles entitle it to what we publish of this module."""
    return bool(speaks_for(platform, partner, readers(module)))


def owns(platform: Platform, partner: Partner, module: str, party: Party) -> bool:
    """Whether this partner may write objects of that party."""
    if module == "hubclientinfo":
        return is_hub(partner) or party in partner.parties
    if party not in speaks_for(platform, partner, owners(module)):
        return forwards(platform, partner, module, party)
    return stands_for(platform, partner, party)


def stands_for(platform: Platform, partner: Partner, party: Party) -> bool:
    """Whether it is this connection that a party is reached by (AMB-18).

    A hub does not stand for one of ours, nor for a party that is connected directly.
    """
    if party in partner.parties:
        return True
    direct = platform.partners.for_party(party)
    return not platform.settings.hosts(party) and (direct is None or direct.id == partner.id)


def _behind(platform: Platform, partner: Partner) -> frozenset[tuple[str, Party]]:
    """The parties a hub told us of, with their roles (HUB-33)."""
    known: dict[str, tuple[float, frozenset[tuple[str, Party]]]] = platform.__dict__.setdefault(
        "_behind_hubs", {}
    )
    before = known.get(partner.id)
    if before and before[0] > time.monotonic():
        return before[1]
    feed = feeds.name(f"hub:{partner.id}")
    heads = platform.objects.feeds.heads("hubclientinfo", [feed])
    found = pages.page(platform.objects, "hubclientinfo", heads, PageQuery(limit=10_000)).objects
    parties = frozenset((each.key.id.partition("|")[0], each.key.party) for each in found)
    known[partner.id] = time.monotonic() + REMEMBERED, parties
    return parties


def heard_of_parties(platform: Platform, partner: Partner) -> None:
    """Look again at who is behind a hub."""
    platform.__dict__.setdefault("_behind_hubs", {}).pop(partner.id, None)


def provides(partner: Partner, module: str = "sessions") -> bool:
    """Whether this partner is the provider that charging profiles are delegated to."""
    return module == "sessions" and partner.smart_charging == DELEGATED and partner.plays("SCSP")


def forwards(platform: Platform, partner: Partner, module: str, party: Party) -> bool:
    """Whether a partner may tell us, as the provider, of its customers' Sessions at this CPO.

    Not at one of ours, nor at one that is connected and speaks for itself.
    """
    return (
        module == "sessions"
        and partner.smart_charging == DELEGATED
        and partner.plays("EMSP")
        and bool(platform.settings.hosted("SCSP"))
        and not platform.settings.hosts(party)
        and platform.partners.for_party(party) is None
    )
