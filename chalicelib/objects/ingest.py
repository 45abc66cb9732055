"""Objects that we pulled, or that a hub tells of others: stored if they are usable and news.

Spec: TRA-58, TRA-59, AMB-18, AMB-35
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.objects import identity
from chalicelib.objects.stored_object import Finder, Present
from chalicelib.objects.writer import Judge, Keeper, moment
from chalicelib.ocpi import modules, reading
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.patching import wire_timestamp
from chalicelib.ocpi.reading import Finding, Reading
from chalicelib.partners import parties
from chalicelib.store.object_items import Key, folded, party_of

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


@dataclass(frozen=True)
class Outcome:
    """What became of a pulled object: "stored", "unchanged" or "stale" (older than what is known)."""

    state: str
    key: Key
    findings: tuple[Finding, ...]
    created: bool = False


def receive(
    platform: Platform,
    module: str,
    data: Any,
    version: str,
    owner_parties: Iterable[Party],
    *,
    only_newer: bool = True,
    via: str = "",
) -> Outcome:
    """Store an object of a page we pulled; its owner must be one of these parties (TRA-58, TRA-59).

    `via` is the partner's id. Raises InvalidParameters for an object that cannot be used.
    """
    if not isinstance(data, dict):
        raise InvalidParameters("an object is required")
    named = sorted({(folded(country), folded(party)) for country, party in owner_parties})
    owner = party_of(data) or (named[0] if len(named) == 1 and version == modules.V211 else None)
    if owner is None:
        raise InvalidParameters("the owner is not named", identity.unnamed(data))
    if module != "hubclientinfo" and owner not in named:
        raise InvalidParameters(f"{'/'.join(owner)} is not a party of this connection", "/party_id")
    partner = platform.partners.get(via) if via and module != "hubclientinfo" else None
    if partner is not None and not parties.stands_for(platform, partner, owner):
        raise InvalidParameters(f"{'/'.join(owner)} is not reached by this connection", "/party_id")
    hub = via if module == "hubclientinfo" else ""
    if module == "hubclientinfo" and data.get("last_updated") is None:
        data = {**data, "last_updated": wire_timestamp(platform.clock())}
    keeper = Keeper(platform, judge(platform, owner), own=False, via=hub)
    kind = modules.BY_ID[module].kind
    reading = keeper.judge(kind, data, version, False)
    key = identity.key_in(module, data, owner, hub)
    if module == "cdrs":
        parts = platform.objects.load(key)
        if parts:
            if not same(Present(key, parts, finder=Finder(platform)), data, version):
                raise InvalidParameters("a different CDR with this id is known", "/id")
            return Outcome("unchanged", key, reading.findings)
    newest = moment(reading.object.get("last_updated"), platform.clock()) if only_newer else ""
    state = keeper.replace(key, data, version, reading.object, newest)
    told = {"created": "stored", "known": "unchanged"}.get(state, state)
    return Outcome(told, key, reading.findings, created=state == "created")


def judge(platform: Platform, owner: Party) -> Judge:
    """What reads what a partner sent, leniently."""
    finder = Finder(platform)

    def read(kind: str, data: dict[str, Any], version: str, partial: bool) -> Reading:
        return reading.read(
            kind,
            data,
            version,
            owner=owner,
            partial=partial,
            now=wire_timestamp(finder.now),
            token=finder.token,
            emsp=finder.emsp,
        )

    return read


def same(known: Present, data: dict[str, Any], version: str) -> bool:
    """Whether this CDR says what is known of it already, in whichever version it came (AMB-35)."""
    found = known.source if known.version == version else known.in_version(version).object
    return bool(found == data)
