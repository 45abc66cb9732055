"""Private Locations of ours, or of those that we are the hub of, and the Tokens that let somebody see them.

A Location with `publish` false is for the eMSPs that own a Token it names. Who
that is was decided when it was put; a Token that arrives later is looked at here.

Contract: LOC-13, LOC-14, LOC-17, AMB-64
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.deployment import Remembered
from chalicelib.objects import visibility
from chalicelib.objects.stored_object import Finder, StoredObject
from chalicelib.ocpi.paging import PageQuery
from chalicelib.partners import parties
from chalicelib.store import feeds, pages
from chalicelib.store.dynamodb import retried
from chalicelib.store.object_items import Key

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


@dataclass(frozen=True)
class _Private:
    key: Key
    feed: str
    entries: tuple[dict[str, Any], ...]


_known: Remembered[list[_Private]] = Remembered(5)


def token_arrived(platform: Platform, key: Key, token: dict[str, Any]) -> None:
    """Show a new Token's eMSP the private Locations that name it."""
    for each in _known.get(platform, _read):
        known = feeds.readers(each.feed)
        if known is None or key.party in known:
            continue
        if any(visibility.matches(entry, token) for entry in each.entries):
            _place_again(platform, each.key)


def _place_again(platform: Platform, key: Key) -> None:
    """Move a Location to the feed of those that may see it now."""

    def attempt() -> str:
        old = platform.objects.load(key)
        if not old:
            return "unchanged"
        found = StoredObject(key, old, finder=Finder(platform))
        feed = visibility.feed_of(platform, key, found.canonical, found.own)
        return platform.objects.save(key, old, old, feed, found.own)

    retried(attempt)
    _known.forget(platform)


def _read(platform: Platform) -> list[_Private]:
    owners = {"/".join(party) for party in parties.shown_owners(platform, "locations")}
    names = [
        feeds.name(owner, audience)
        for owner, audiences in platform.objects.feeds.audiences("locations", sorted(owners)).items()
        for audience in audiences
        if audience != feeds.EVERYONE
    ]
    heads = platform.objects.feeds.heads("locations", names)
    found: list[_Private] = []
    cursor: str | None = ""
    while names and cursor is not None:
        query = PageQuery(limit=500, cursor=cursor)
        page = pages.page(platform.objects, "locations", heads, query)
        cursor = page.cursor
        for each in page.objects:
            entries = StoredObject(each.key, each.parts[:1]).canonical.get("publish_allowed_to") or ()
            found.append(_Private(each.key, heads[each.feed].feed, tuple(entries)))
    return found
