"""Visibility says who may see an object of ours: its feeds, a reader's feeds, what can be said in a version.

For whom a partner speaks is asked in `partners.parties`.

Contract: design section 10; requirements section 3, AMB-64, LOC-13 to LOC-15
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from chalicelib.objects import sessions, tokens
from chalicelib.objects.stored_object import StoredObject
from chalicelib.ocpi import modules, writing
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties
from chalicelib.store import feeds
from chalicelib.store.feeds import Unsaid, window
from chalicelib.store.object_items import Key, folded

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# Objects of the other modules can be said in every version, or are not for partners of that version at all.
UNSAID = ("tariffs", "cdrs")
PRIVATE_FIELDS = ("uid", "type", "visual_number", "issuer", "group_id")


def feeds_for(
    platform: Platform,
    partner: Partner,
    module: str,
    version: str,
    hosted: Iterable[Party],
    asks: Party | None = None,
) -> list[str]:
    """The feeds of these owners that a partner, or who asks through it, may read, in order."""
    may = {
        "/".join(owner): parties.may_have(platform, partner, module, owner, asks)
        for owner in dict.fromkeys(hosted)
    }
    names = [name for name, theirs in may.items() if theirs]
    if not names:
        return []
    if parties.provides(platform, partner, module, asks):
        audiences = platform.objects.feeds.audiences(module, names)
        return [feeds.name(owner, each) for owner in names for each in audiences[owner]]
    payers = parties.customers_of(platform, partner, asks)
    if module in ("sessions", "cdrs"):
        return [feeds.name(name, "/".join(party)) for name in names for party in sorted(may[name] & payers)]
    public = [feeds.name(name) for name in names]
    if module != "locations" or version == modules.V211:
        return public
    private = [
        feeds.name(owner, audience)
        for owner, audiences in platform.objects.feeds.audiences(module, names).items()
        for audience in audiences
        if may[owner] & payers & (feeds.readers(feeds.name(owner, audience)) or frozenset())
    ]
    return public + private


def may_be_sent(platform: Platform, partner: Partner, module: str, version: str, feed: str) -> bool:
    """Whether a partner, or somebody behind it, is sent an object of ours that stands in this feed."""
    delegated = module == sessions.SESSIONS and bool(parties.providers(platform, partner))
    return delegated or may_see(platform, partner, module, version, feed)


def may_see(
    platform: Platform, partner: Partner, module: str, version: str, feed: str, asks: Party | None = None
) -> bool:
    """Whether a partner, or who asks through it, may see an object of ours, or of one that we are the hub
    of, that stands in this feed."""
    theirs = parties.may_have(platform, partner, module, feeds.owner(feed), asks)
    audience = feeds.readers(feed)
    if audience is None or parties.provides(platform, partner, module, asks):
        return bool(theirs)
    theirs &= parties.customers_of(platform, partner, asks)
    return bool(theirs & audience) and not (module == "locations" and version == modules.V211)


def is_held(key: Key, feed: str) -> bool:
    """Whether a CDR of ours that stands in this feed is kept back: nobody reads it."""
    return key.module == "cdrs" and feeds.readers(feed) == frozenset()


def feed_of(
    platform: Platform,
    key: Key,
    canonical: dict[str, Any],
    own: bool,
    via: str = "",
    held: bool = False,
) -> str:
    """The feed an object belongs in: whose it is, and for whom; nobody where it is `held`."""
    if held:
        return feeds.name(key.owner, feeds.NOBODY)
    if via:
        return feeds.name(f"hub:{via}")
    if not own and not (platform.settings.hub and key.module == "locations"):
        return feeds.name(key.owner)
    if key.module in ("sessions", "cdrs"):
        emsp = sessions.emsp_of(canonical)
        return feeds.name(key.owner, feeds.audience_of([emsp] if emsp else ()))
    if key.module == "locations" and canonical.get("publish") is False:
        return feeds.name(key.owner, feeds.audience_of(token_owners(platform, canonical)))
    return feeds.name(key.owner)


def token_owners(platform: Platform, location: dict[str, Any]) -> set[Party]:
    """The eMSPs that own a Token which this private Location is published to (LOC-13, LOC-14)."""
    entries = [each for each in location.get("publish_allowed_to") or () if isinstance(each, dict)]
    found: set[Party] = set()
    for entry in entries:
        for key, token in _candidates(platform, entry):
            if key.party not in found and matches(entry, token):
                found.add(key.party)
    return found


def _candidates(platform: Platform, entry: dict[str, Any]) -> list[tuple[Key, dict[str, Any]]]:
    if entry.get("uid"):
        owners = parties.known(platform, *parties.owners("tokens"))
        owners |= set(platform.settings.hosted(*parties.owners("tokens")))
        keys = [
            tokens.key(party, str(entry["uid"]), str(entry.get("type") or "RFID")) for party in sorted(owners)
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
        (key, StoredObject(key, [part]).canonical)
        for key, part in zip(keys, parts, strict=True)
        if part is not None
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


# What an older version has no way to say, so that the lists of its partners do not count it: a credit CDR, a
# tariff of unknown net prices, one outside its validity (TRA-34, CNV-80, CNV-92, CNV-94, CNV-96, CNV-231).


def unsaid(module: str, canonical: dict[str, Any]) -> Unsaid:
    """The versions that cannot say this object, each with the only time it can, if there is one."""
    if module not in UNSAID:
        return ()

    start, end = (str(canonical.get(name) or "")[:19] for name in ("start_date_time", "end_date_time"))
    timeless = canonical
    if module == "tariffs":
        timeless = {
            name: value
            for name, value in canonical.items()
            if name not in ("start_date_time", "end_date_time")
        }
    found = []
    for version in (modules.V211, modules.V221):
        if writing.write(modules.BY_ID[module].kind, timeless, version).object is None:
            found.append((version, ""))
        elif module == "tariffs" and version == modules.V211 and (start or end):
            found.append((version, window(start, end)))
    return tuple(found)


def version_for(module: str, version: str) -> str:
    """The version whose unsaid objects a list of this module leaves out; "" where there are none."""
    return version if module in UNSAID and version != modules.V230 else ""
