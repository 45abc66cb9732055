"""A connection speaks for parties: those, and their roles, that a partner may read, write and answer for.

A partner speaks for the parties of its credentials. A hub speaks for those it told of
by hubclientinfo, those its credentials list, and, where it offers no hubclientinfo, those
the operator listed; never for one that is hosted here or connected directly, nor beyond
what its invitation allows. What one of them asks through it, told by OCPI-from, is asked
for that party alone. Every door asks here, with `speaks_for` or what is made of it.

Contract: design section 9; requirements section 3, TRA-54, TRA-55, HUB-33, AMB-18, AMB-19, AMB-22
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chalicelib.ocpi import modules
from chalicelib.ocpi.errors import InvalidParameters, ServerError
from chalicelib.ocpi.messages import Party
from chalicelib.partner import DELEGATED, REGISTERED, UNREACHABLE, Role
from chalicelib.store.directory import claims_of

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.store.directory import Directory
    from chalicelib.wiring import Platform

HUBCLIENTINFO = "hubclientinfo"
# Under this name the directory keeps of whom we, as a hub, have told our partners.
OURSELVES = "-"


class NotToldYet(ServerError):
    """3000: a hub asks for parties of which it has not told us yet; it may ask again, and when."""

    retry_after = 5


def readers(module: str) -> tuple[str, ...]:
    """The roles that read what the owners of this module's objects publish."""
    return modules.serving_roles(module, modules.RECEIVER)


def owners(module: str) -> tuple[str, ...]:
    """The roles that own objects of this module."""
    return modules.serving_roles(module, modules.SENDER)


# a connection -> its parties


def speaks_for(
    platform: Platform, partner: Partner, party: Party | None, roles: Iterable[str], asks: Party | None = None
) -> bool:
    """Whether this connection speaks for a party in one of these roles.

    `asks` is the party behind a hub that this request comes from, if it names one (`asking`).
    """
    return party in spoken_for(platform, partner, roles, asks)


def spoken_for(
    platform: Platform, partner: Partner, roles: Iterable[str], asks: Party | None = None
) -> frozenset[Party]:
    """The parties that a connection speaks for in one of these roles; of a hub as far as it told."""
    wanted = set(roles)
    if partner.is_hub:
        found = {party for role, party in _behind(platform, partner) if role in wanted}
        return frozenset(found & {asks} if asks else found)
    if partner.hub_party_id:
        return frozenset()  # it calls itself a hub, and the operator does not any more
    return frozenset(
        role.party
        for role in partner.roles
        if role.role in wanted
        and not platform.settings.hosts(role.party)
        and not _is_outranked(platform, partner, role, wanted)
    )


def _is_outranked(platform: Platform, partner: Partner, role: Role, wanted: set[str]) -> bool:
    """Whether another connection has a party in a role that says the same, and more surely.

    What is of a CPO is its NAP's only where nobody is that CPO; what is said as OTHER may be anybody's.
    """
    better = wanted - {"OTHER"} if role.role == "OTHER" else wanted & {"CPO"} if role.role == "NAP" else ()
    if not better:
        return False
    ways = _ways(platform, platform.partners.directory()).get(role.party, ())
    return any(name in better and id != partner.id for name, id in ways)


def asking(platform: Platform, partner: Partner, sender: Party | None) -> Party | None:
    """The party behind a hub that a request comes from; None: the connection itself, for all its parties.

    Raises InvalidParameters where OCPI-from names nobody the hub speaks for, NotToldYet where it may yet
    tell of that party. Who sends over a direct connection is its own affair (AMB-22).
    """
    if not partner.is_hub or sender in (None, partner.hub_party):
        return None
    assert sender is not None
    if sender in {party for _, party in _behind(platform, partner)}:
        return sender
    name = "/".join(sender)
    if platform.settings.hosts(sender):
        raise InvalidParameters(f"OCPI-from: {name} is a party of this platform")
    direct = reached(platform, sender)
    if direct is not None and not direct.is_hub:
        raise InvalidParameters(f"OCPI-from: {name} is connected here directly and speaks for itself")
    require_told(platform, partner)
    raise InvalidParameters(f"OCPI-from: {name} is no party that this hub told of and may bring")


def require_told(platform: Platform, partner: Partner) -> None:
    """Refuse to answer a hub about all its parties before they are known (TRA-41). Raises NotToldYet."""
    if partner.is_hub and not has_told(platform, partner):
        raise NotToldYet("which parties are behind this hub is not known here yet; ask again shortly")


def has_told(platform: Platform, partner: Partner) -> bool:
    """Whether a hub has told of all its parties: its list was pulled, or it has none and they are known."""
    if partner.endpoint(HUBCLIENTINFO, modules.SENDER) is not None:
        return platform.partners.directory().told(partner.id).complete
    return bool(_told(platform.partners.directory(), partner))


def reads(platform: Platform, partner: Partner, module: str) -> bool:
    """Whether a partner's roles entitle it to what we publish of this module."""
    return bool(spoken_for(platform, partner, readers(module)))


def owns(
    platform: Platform, partner: Partner, module: str, party: Party | None, asks: Party | None = None
) -> bool:
    """Whether objects of that party are this connection's to write and read."""
    return party is not None and (
        speaks_for(platform, partner, party, owners(module), asks)
        or forwards(platform, partner, module, party)
    )


# a party -> its connection


def reached(platform: Platform, party: Party | None, *roles: str) -> Partner | None:
    """The connection through which a party in one of these roles (none: any) is reached, a direct one first.

    Of several hubs the first of `ways`; whether that one leads to it now, `hub_client_info.way` asks.
    """
    return next(iter(ways(platform, party, *roles)), None) if party else None


def ways(platform: Platform, party: Party, *roles: str) -> list[Partner]:
    """The connections through which a party in one of these roles is reached: of a party behind several hubs
    all of them, those that answer first and those that are suspended last.
    """
    directory = platform.partners.directory()
    ids = _ways(platform, directory).get((party[0].upper(), party[1].upper()), ())
    wanted = dict.fromkeys(id for role, id in ids if not roles or role in roles)
    found = (directory.partners[id] for id in wanted)
    return sorted(found, key=lambda each: (each.state != REGISTERED, each.health.state == UNREACHABLE))


def customers_of(platform: Platform, partner: Partner, asks: Party | None = None) -> frozenset[Party]:
    """The parties of a connection that Sessions, CDRs and private Locations may be for, as eMSPs."""
    return spoken_for(platform, partner, owners("tokens"), asks)


def known(platform: Platform, *roles: str) -> frozenset[Party]:
    """The parties in these roles that traffic flows with, directly or through a hub."""
    found: set[Party] = set()
    for each in platform.partners.registered():
        found |= spoken_for(platform, each, roles)
    return frozenset(found)


# what a hub tells its partners of each other


def passes_on(platform: Platform, module: str) -> bool:
    """Whether a partner's objects of a module, which it broadcast or we pulled, are told to others."""
    return platform.settings.hub is not None and module in modules.PUBLIC


def agreed(platform: Platform, one: Party, other: Party, module: str = "") -> bool:
    """Whether a hub lets two parties roam with each other, in this module or (none) at all.

    Parties without an agreement do not exist for each other. Of a platform that is no hub everybody is
    everybody's partner.
    """
    settings = platform.settings
    if not settings.hub or settings.hub in (one, other):
        return True
    _, agreements = platform.partners.directory().agreements
    return agreements.allow(one, other, module, settings.hub_policy)


def through(platform: Platform, partner: Partner) -> frozenset[Party]:
    """The parties that ask through a connection: its own, a hub's own, and those behind that hub."""
    roles = partner.roles or partner.invited_roles
    named = {role.party for role in roles if not platform.settings.hosts(role.party)}
    if not partner.is_hub:
        return frozenset(named)
    own = {partner.hub_party} if partner.hub_party else set()
    return frozenset(own | {party for _, party in _behind(platform, partner)})


def behind(platform: Platform, hub: Partner) -> frozenset[tuple[str, Party]]:
    """The parties behind a hub, with their roles, that it speaks for."""
    return _behind(platform, hub)


def reachable(platform: Platform, partner: Partner) -> list[Role]:
    """The roles of the parties that a hub connects this partner with, its own left out."""
    theirs = through(platform, partner)
    found: dict[str, Role] = {}
    for each in platform.partners.directory().living():
        if each.id == partner.id:
            continue
        behind = (
            [Role(role, *party) for role, party in sorted(_behind(platform, each))] if each.is_hub else []
        )
        for role in behind or each.roles:
            one_agrees = any(agreed(platform, party, role.party) for party in theirs)
            if role.role != "HUB" and role.party not in theirs and one_agrees:
                found.setdefault(role.claim, role)
    return list(found.values())


def custom_modules(platform: Platform, version: str, partner: Partner) -> list[tuple[str, str]]:
    """The modules of their own, with interfaces, that parties reached by a hub offer in a version."""
    if platform.settings.hub is None:
        return []
    theirs = through(platform, partner)
    found: dict[tuple[str, str], None] = {}
    for each in platform.partners.registered():
        if each.id == partner.id or each.version != version:
            continue
        named = through(platform, each)
        for endpoint in each.endpoints:
            known = endpoint.module in modules.BY_ID or endpoint.module in ("credentials", "versions")
            if not known and any(
                agreed(platform, one, other, endpoint.module) for one in theirs for other in named
            ):
                found[endpoint.module, endpoint.role or modules.SENDER] = None
    return list(found)


def members(platform: Platform, *roles: str) -> list[Party]:
    """The parties in these roles that any connection stands for, also one that is suspended."""
    ways = _ways(platform, platform.partners.directory())
    return sorted(party for party, found in ways.items() if any(role in roles for role, _ in found))


def was_named(platform: Platform, party: Party) -> bool:
    """Whether a party that is not connected was, or is invited to be, here or behind another hub."""
    directory = platform.partners.directory()
    roles = [role for each in directory.partners.values() for role in (*each.roles, *each.invited_roles)]
    told = _split(directory.told(OURSELVES).parties)
    return party in {each.party for each in roles} | {(country, id) for _, country, id in told}


def may_have(
    platform: Platform, partner: Partner, module: str, owner: Party, asks: Party | None = None
) -> frozenset[Party]:
    """The parties of a connection that may be told an owner's objects of a module, or that one who asks.

    At a hub those with an agreement; nobody where the owner itself is reached through that connection.
    """
    theirs = (
        through(platform, partner)
        if module == HUBCLIENTINFO
        else spoken_for(platform, partner, readers(module), asks)
    )
    if not platform.settings.hub:
        return theirs
    if owner in through(platform, partner) or _is_told_by(platform, partner, owner):
        return frozenset()
    named = "" if module == HUBCLIENTINFO else module
    return frozenset(each for each in theirs if asks in (None, each) and agreed(platform, each, owner, named))


def shown_owners(platform: Platform, module: str) -> list[Party]:
    """Whose objects of a module a partner may be shown here: hosted parties'; by a hub those of all it
    connects, in the order in which they came, but for Sessions and CDRs, which are for their ends alone.
    """
    hosted = platform.settings.hosted(*owners(module))
    if not platform.settings.hub or module in ("sessions", "cdrs"):
        return hosted
    if module == HUBCLIENTINFO:
        told = platform.partners.directory().told(OURSELVES).parties
        return list(dict.fromkeys((country, party) for _, country, party in _split(told)))
    wanted, directory = owners(module), platform.partners.directory()
    found = [
        party
        for each in directory.living()
        for role, party in (sorted(_behind(platform, each)) if each.is_hub else _directly(each))
        if role in wanted
    ]
    return list(dict.fromkeys([*hosted, *found]))


def _is_told_by(platform: Platform, partner: Partner, owner: Party) -> bool:
    """Whether a hub told of a party, though it be connected here directly: it has it from there."""
    if not partner.is_hub:
        return False
    told = _told(platform.partners.directory(), partner)
    return any((country, party) == owner for _, country, party in _split(told))


def _split(claims: Iterable[str]) -> list[tuple[str, str, str]]:
    return sorted((role, country, party) for role, country, party in (each.split("/") for each in claims))


# delegated smart charging


def provides(
    platform: Platform, partner: Partner, module: str = "sessions", asks: Party | None = None
) -> bool:
    """Whether this is the provider that Sessions are delegated to; behind a hub it has to ask itself."""
    return (
        module == "sessions" and bool(providers(platform, partner, asks)) and not (partner.hub and not asks)
    )


def providers(platform: Platform, partner: Partner, asks: Party | None = None) -> frozenset[Party]:
    """The parties of a connection that Sessions are delegated to (CHP-06)."""
    if partner.smart_charging != DELEGATED:
        return frozenset()
    return spoken_for(platform, partner, ("SCSP",), asks)


def forwards(platform: Platform, partner: Partner, module: str, party: Party) -> bool:
    """Whether a partner may tell us, as the provider, of its customers' Sessions at this CPO.

    Not at one of ours, nor at one that is connected and speaks for itself.
    """
    return (
        module == "sessions"
        and partner.smart_charging == DELEGATED
        and bool(platform.settings.hosted("SCSP"))
        and not platform.settings.hosts(party)
        and bool(spoken_for(platform, partner, ("EMSP",)))
        and reached(platform, party) is None
    )


# how it is found out


def _behind(platform: Platform, hub: Partner) -> frozenset[tuple[str, Party]]:
    """The parties behind a hub, with their roles, that it speaks for."""
    directory = platform.partners.directory()
    mark = ("behind", hub.id, hub.revision)
    found: frozenset[tuple[str, Party]] | None = directory.derived.get(mark)
    if found is None:
        direct = {party for each in directory.living() for _, party in _directly(each)}
        found = frozenset(
            (role, (country, party))
            for role, country, party in (each.split("/") for each in _told(directory, hub))
            if (country, party) not in direct and not platform.settings.hosts((country, party))
        )
        directory.derived[mark] = found
    return found


def _told(directory: Directory, hub: Partner) -> frozenset[str]:
    """What a hub told of, or the operator of it, within what its invitation allows."""
    party = hub.hub_party
    listed = claims_of(each for each in hub.invited_roles if each.party != party and each.role != "HUB")
    told = directory.told(hub.id).parties | claims_of(each for each in hub.roles if each.party != party)
    if hub.endpoint(HUBCLIENTINFO, modules.SENDER) is None:
        told |= listed
    # What the hub's own party is besides a hub, which 2.3.0 calls OTHER.
    own = claims_of(each for each in hub.roles if each.party == party and each.role not in ("HUB", "OTHER"))
    return (told & listed if listed else told) | own


def _ways(platform: Platform, directory: Directory) -> dict[Party, list[tuple[str, str]]]:
    """The connections of each party, by role."""
    found: dict[Party, list[tuple[str, str]]] | None = directory.derived.get("ways")
    if found is None:
        found = {}
        for each in directory.living():
            pairs = sorted(_behind(platform, each)) if each.is_hub else _directly(each)
            for role, party in pairs:
                found.setdefault(party, []).append((role, each.id))
        for each_way in found.values():
            each_way.sort(key=lambda way: way[0] == "OTHER")  # who says what it is comes first
        directory.derived["ways"] = found
    return found


def _directly(partner: Partner) -> list[tuple[str, Party]]:
    """The parties of a connection that is no hub's, with their roles."""
    if partner.is_hub or partner.hub_party_id:
        return []
    return [(role.role, role.party) for role in partner.roles]
