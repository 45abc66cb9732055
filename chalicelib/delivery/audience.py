"""Who hears of a change: the partners that receive a module, found by the parties they speak for.

It is worked out once for a directory of partners, so that a change costs those who hear of it, and the
one reader of a Session is found without looking at the others.

Contract: design sections 8 and 10; CHP-01, LOC-13
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.objects import sessions, visibility
from chalicelib.ocpi import modules
from chalicelib.partner import REGISTERED, SUSPENDED
from chalicelib.partners import parties
from chalicelib.store import feeds

if TYPE_CHECKING:
    from chalicelib.ocpi.messages import Party
    from chalicelib.partner import Partner
    from chalicelib.store.object_items import Key
    from chalicelib.wiring import Platform


@dataclass
class _Receivers:
    """Partners by id that receive a module: those that read what is everybody's, by the party that a feed
    is for, and those that Sessions are delegated to.
    """

    all: list[str] = field(default_factory=list)
    by_party: dict[Party, list[str]] = field(default_factory=dict)
    delegated: list[str] = field(default_factory=list)


def of(platform: Platform, module: str, names: Iterable[str]) -> Iterator[Partner]:
    """The partners that are sent an object of ours, or of one that we are the hub of, that stands, or
    stood, in these feeds.
    """
    ids: dict[str, None] = {}
    for name in names:
        found, readers = _receivers(platform, module, feeds.owner(name)), feeds.readers(name)
        ids.update(dict.fromkeys(found.delegated))
        if readers is None:
            ids.update(dict.fromkeys(found.all))
        for party in readers or ():
            ids.update(dict.fromkeys(found.by_party.get(party, ())))
    partners = platform.partners.directory().partners
    return (partners[id] for id in ids)


def forwarded(platform: Platform, key: Key) -> Iterator[Partner]:
    """The partners that a Session of another's may be forwarded to."""
    found = _receivers(platform, key.module, key.party).delegated
    partners = platform.partners.directory().partners
    return (partners[id] for id in found if sessions.takes(platform, partners[id], key))


def _receivers(platform: Platform, module: str, owner: Party) -> _Receivers:
    directory = platform.partners.directory()
    mark = ("receivers", module, owner)
    found: _Receivers | None = directory.derived.get(mark)
    if found is None:
        found = _Receivers()
        for partner in platform.partners.all():
            if partner.state in (REGISTERED, SUSPENDED) and partner.endpoint(module, modules.RECEIVER):
                _enter(platform, partner, module, owner, found)
        directory.derived[mark] = found
    return found


def _enter(platform: Platform, partner: Partner, module: str, owner: Party, found: _Receivers) -> None:
    def sees(audience: str) -> bool:
        name = feeds.name("/".join(owner), audience)
        return visibility.may_see(platform, partner, module, partner.version, name)

    if module == sessions.SESSIONS and parties.providers(platform, partner):
        found.delegated.append(partner.id)
    if sees(feeds.EVERYONE):
        found.all.append(partner.id)
    for party in parties.may_have(platform, partner, module, owner):
        if sees(feeds.audience_of([party])):
            found.by_party.setdefault(party, []).append(partner.id)
