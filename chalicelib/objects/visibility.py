"""Who may see and who may change an object: parties, roles and audiences.

A partner reads what its roles entitle it to and writes what belongs to one of
its parties, or to a party behind it when it is a hub.

Contract: design section 10; requirements section 3, TRA-54, TRA-55, HUB-33, AMB-18, AMB-22, AMB-64,
LOC-13 to LOC-15
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chalicelib.objects import sessions
from chalicelib.ocpi import jsontext, modules
from chalicelib.ocpi.messages import Party
from chalicelib.store import feeds, pages
from chalicelib.store.object_items import Key, folded

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

HUB_ROLES = ("HUB",)
# Seconds that the parties behind a hub are remembered.
REMEMBERED = 30
PRIVATE_FIELDS = ("uid", "type", "visual_number", "issuer", "group_id")


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
        return sessions.forwards(platform, partner, module, party)
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
    from chalicelib.ocpi.paging import PageQuery

    found = pages.page(platform.objects, "hubclientinfo", heads, PageQuery(limit=10_000)).objects
    parties = frozenset((each.key.id.partition("|")[0], each.key.party) for each in found)
    known[partner.id] = time.monotonic() + REMEMBERED, parties
    return parties


def heard_of_parties(platform: Platform, partner: Partner) -> None:
    """Look again at who is behind a hub."""
    platform.__dict__.setdefault("_behind_hubs", {}).pop(partner.id, None)


def feeds_for(
    platform: Platform, partner: Partner, module: str, version: str, hosted: Iterable[Party]
) -> list[str]:
    """The feeds of these hosted parties that a partner may read, in a fixed order."""
    parties = speaks_for(platform, partner, readers(module))
    if not parties:
        return []
    names = list(dict.fromkeys("/".join(party) for party in hosted))
    if sessions.provides(partner, module):
        audiences = platform.objects.feeds.audiences(module, names)
        return [feeds.name(owner, each) for owner in names for each in audiences[owner]]
    if module in ("sessions", "cdrs"):
        return [feeds.name(name, "/".join(party)) for name in names for party in sorted(parties)]
    public = [feeds.name(name) for name in names]
    if module != "locations" or version == modules.V211:
        return public
    private = [
        feeds.name(owner, audience)
        for owner, audiences in platform.objects.feeds.audiences(module, names).items()
        for audience in audiences
        if parties & (feeds.readers(feeds.name(owner, audience)) or frozenset())
    ]
    return public + private


def may_see(platform: Platform, partner: Partner, module: str, version: str, feed: str) -> bool:
    """Whether a partner may see an object of ours that stands in this feed."""
    parties = speaks_for(platform, partner, readers(module))
    audience = feeds.readers(feed)
    if audience is None or sessions.provides(partner, module):
        return bool(parties)
    return bool(parties & audience) and not (module == "locations" and version == modules.V211)


def feed_of(platform: Platform, key: Key, canonical: dict[str, Any], own: bool, via: str = "") -> str:
    """The feed an object belongs in: whose it is, and for whom."""
    if via:
        return feeds.name(f"hub:{via}")
    if not own:
        return feeds.name(key.owner)
    if key.module in ("sessions", "cdrs"):
        emsp = sessions.emsp_of(canonical)
        return feeds.name(key.owner, feeds.audience_of([emsp] if emsp else ()))
    if key.module == "locations" and canonical.get("publish") is False:
        return feeds.name(key.owner, feeds.audience_of(_token_owners(platform, canonical)))
    return feeds.name(key.owner)


def _token_owners(platform: Platform, location: dict[str, Any]) -> set[Party]:
    """The eMSPs that own a Token which this private Location is published to (LOC-13, LOC-14)."""
    entries = [each for each in location.get("publish_allowed_to") or () if isinstance(each, dict)]
    found: set[Party] = set()
    for entry in entries:
        for key, token in _candidates(platform, entry):
            if key.party not in found and matches(entry, token):
                found.add(key.party)
    return found


def _candidates(platform: Platform, entry: dict[str, Any]) -> list[tuple[Key, dict[str, Any]]]:
    from chalicelib.objects import tokens

    if entry.get("uid"):
        parties = platform.partners.parties(*owners("tokens"), *HUB_ROLES)
        parties |= set(platform.settings.hosted(*owners("tokens")))
        keys = [
            tokens.key(party, str(entry["uid"]), str(entry.get("type") or "RFID"))
            for party in sorted(parties)
        ]
    elif entry.get("group_id"):
        keys = tokens.entered(platform, tokens.group(str(entry["group_id"])))
    elif entry.get("visual_number"):
        keys = tokens.entered(platform, tokens.visual(str(entry.get("issuer")), str(entry["visual_number"])))
    else:
        return []
    parts = [
        part
        for at in range(0, len(keys), 100)
        for part in platform.objects.parts([(k, "") for k in keys[at : at + 100]])
    ]
    return [
        (key, jsontext.loads(part.body)) for key, part in zip(keys, parts, strict=True) if part is not None
    ]


def matches(entry: dict[str, Any], token: dict[str, Any]) -> bool:
    """LOC-14: everything the entry sets equals the token's; ids without case, texts with it (AMB-36)."""
    for name in PRIVATE_FIELDS:
        if entry.get(name) is None:
            continue
        ours, theirs = str(entry[name]), str(token.get(name))
        if name in ("uid", "group_id", "type"):
            ours, theirs = folded(ours), folded(theirs)
        if ours != theirs:
            return False
    return True
