"""The back end is told the events of a module again since a time, where it lost some.

A page per call; the rest follows by the inbox. Objects are told as they are
now, each part by itself as when it changed.

Contract: design section 8; docs/backend.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.aws.backend import Event
from chalicelib.delivery import announce
from chalicelib.ocpi.paging import PageQuery
from chalicelib.partners import parties
from chalicelib.store import feeds, pages
from chalicelib.store.object_items import PIECE, Key, Part
from chalicelib.tasks import PerformAction

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

PAGE = 100


def retell(platform: Platform, module: str, since: str, cursor: str = "") -> dict[str, Any]:
    """Tell again which objects of partners changed since then; how many events this page was."""
    owners = sorted(parties.known(platform, *parties.owners(module)))
    names = [feeds.name("/".join(party)) for party in owners]
    heads = platform.objects.feeds.heads(module, names)
    page = pages.page(platform.objects, module, heads, PageQuery(limit=PAGE, date_from=since, cursor=cursor))
    events = [
        _event(platform, found.key, part)
        for found in page.objects
        for part in found.parts
        if part.last_updated >= since and not part.name.startswith(PIECE)
    ]
    platform.backend.emit_all(events)
    if page.cursor:
        rest = {"action": "tell_again", "module": module, "since": since, "cursor": page.cursor}
        platform.queues.send([PerformAction(rest)])
    return {"told": len(events), "more": bool(page.cursor)}


def _event(platform: Platform, key: Key, part: Part) -> Event:
    detail: dict[str, Any] = {
        "module": key.module,
        "owner": key.owner,
        "id": key.id,
        "part": part.uid,
        "last_updated": part.last_updated,
        "version": part.version,
    }
    if part.hidden:
        detail["hidden"] = True
    detail |= announce.told(platform, key, part)
    return Event("ObjectChanged", detail, f"again#{key.module}#{key.partition}#{part.name}#{part.revision}")
