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
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.patching import wire_timestamp
from chalicelib.ocpi.reading import Finding
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
    hub = via if module == "hubclientinfo" else ""
    if module == "hubclientinfo" and data.get("last_updated") is None:
        data = {**data, "last_updated": wire_timestamp(platform.clock())}
    writer = ObjectWriter(
        platform, checks.as_theirs(platform, owner), own=False, via=hub, in_order=only_newer
    )
    kind = modules.BY_ID[module].kind
    reading = writer.check(kind, data, version, False)
    key = identity.key_in(module, data, owner, hub)
    if module == "cdrs":
        parts = platform.objects.load(key)
        if parts:
            if not same(StoredObject(key, parts, finder=Finder(platform)), data, version):
                raise InvalidParameters("a different CDR with this id is known", "/id")
            return Outcome("unchanged", key, reading.findings, reading.object)
    state = writer.replace(key, data, version, reading.object).state
    told = {"created": "stored", "known": "unchanged"}.get(state, state)
    return Outcome(told, key, reading.findings, reading.object, created=state == "created")


def same(known: StoredObject, data: dict[str, Any], version: str) -> bool:
    """Whether this CDR says what is known of it already, in whichever version it came (AMB-35)."""
    found = known.source if known.version == version else known.in_version(version).object
    return bool(found == data)
