"""Objects that we pulled, or that a hub tells of others: stored if they are usable and news.

Spec: TRA-58, TRA-59, AMB-18, AMB-35
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.objects import checks, identity
from chalicelib.objects.stored_object import Finder, StoredObject
from chalicelib.objects.writer import ObjectWriter
from chalicelib.ocpi import modules
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import LIST_OF_ONE
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.reading import Finding, Reading
from chalicelib.ocpi.timestamps import wire_timestamp
from chalicelib.store.object_items import Key, folded, party_of

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


@dataclass(frozen=True)
class Outcome:
    """What became of a pulled object: "stored", "unchanged", or "stale": nothing of it was news.

    `object` is what was said, in 2.3.0.
    """

    state: str
    key: Key
    findings: tuple[Finding, ...]
    object: Mapping[str, Any]
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
    noted: tuple[Finding, ...] = (),
    asked_at: str = "",
) -> Outcome:
    """Store an object of a page we pulled; its owner must be one of these parties (TRA-58, TRA-59).

    `via` is the partner's id, `noted` what is odd about how it came, `asked_at` when the page was asked
    for. Raises InvalidParameters for an object that cannot be used.
    """
    if isinstance(data, list) and len(data) == 1:
        data, noted = data[0], (*noted, LIST_OF_ONE)
    if not isinstance(data, dict):
        raise InvalidParameters("an object is required")
    named = sorted({(folded(country), folded(party)) for country, party in owner_parties})
    unsaid = named[0] if len(named) == 1 and version == modules.V211 else None
    hub = via if module == "hubclientinfo" else ""
    if hub and data.get("last_updated") is None:
        data = {**data, "last_updated": wire_timestamp(platform.clock())}  # AMB-29: told on with it
    writer = ObjectWriter(
        platform,
        checks.as_theirs(platform, unsaid),
        own=False,
        via=hub,
        in_order=only_newer,
        asked_at=asked_at,
        noted=noted,
    )
    read = writer.check(modules.BY_ID[module].kind, data, version, False)
    owner = party_of(read.object)
    if owner is None:
        raise InvalidParameters("the owner is not named", identity.unnamed(read.object))
    if module != "hubclientinfo" and owner not in named:
        raise InvalidParameters(f"{'/'.join(owner)} is not a party of this connection", "/party_id")
    key = identity.key_in(module, read.object, owner, hub)
    if module == "cdrs":
        parts = platform.objects.load(key)
        if parts:
            if not same(StoredObject(key, parts, finder=Finder(platform)), data, read, version):
                raise InvalidParameters("a different CDR with this id is known", "/id")
            return Outcome("unchanged", key, read.findings, read.object)
    data = writer.spelled(module, data, read)
    state = writer.replace(key, data, version, read.object).state
    told = {"created": "stored", "known": "unchanged"}.get(state, state)
    return Outcome(told, key, read.findings, read.object, created=state == "created")


def same(known: StoredObject, data: dict[str, Any], read: Reading, version: str) -> bool:
    """Whether this CDR says what is known of it already, in whichever version it came (AMB-35)."""
    if known.version == version and known.source == data:
        return True
    if known.version != version:
        return bool(known.in_version(version).object == read.repaired or known.canonical == read.object)
    said = {**read.object, "last_updated": known.canonical.get("last_updated")}
    return bool(known.canonical == (said if known.parts[0].undated else read.object))
