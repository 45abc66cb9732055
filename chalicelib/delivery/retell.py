"""The back end is told the events of a module again since a time, where it lost some.

What counts is when something came, by our clock: an event that was lost was sent then, however old the
object says it is. Names are read from the index of changes, a page per call, and each object as it is
now; the rest follows by the inbox. Each part is told by itself. What is deleted is no more, and not told.

Contract: design section 8; docs/backend.md
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from chalicelib.aws.backend import Event
from chalicelib.delivery import announce
from chalicelib.objects import search
from chalicelib.ocpi import jsontext
from chalicelib.partners import parties
from chalicelib.store import changed, feeds
from chalicelib.store.object_items import PIECE, Key, Part, key_in
from chalicelib.tasks import PerformAction
from chalicelib.threads import side_by_side

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Entries of objects and their EVSEs whose names one step reads.
PAGE = 200


def retell(platform: Platform, module: str, since: str, cursor: str = "") -> dict[str, Any]:
    """Tell again which objects of partners came since then; how many events this page was."""
    feed, start = jsontext.loads(cursor) if cursor else ("", None)
    left = [each for each in _feeds(platform, module) if each >= feed]
    if not left:
        return {"told": 0, "more": False}
    named, start = changed.names(platform.objects, module, left[0], start if left[0] == feed else None, PAGE)
    keys = [key_in(module, partition) for partition, _ in named]
    events = [
        event
        for parts in side_by_side(platform.objects.load, keys)
        for event in _events(platform, module, parts, since)
    ]
    platform.backend.emit_all(events)
    following = (left[0], start) if start else next(((each, None) for each in left[1:]), None)
    if following:
        rest = {"action": "tell_again", "module": module, "since": since}
        platform.queues.send([PerformAction({**rest, "cursor": jsontext.dumps(following)})])
    return {"told": len(events), "more": following is not None}


def _feeds(platform: Platform, module: str) -> list[str]:
    """The feeds of all objects that are not ours, in order."""
    hosted = {"/".join(each) for each in platform.settings.hosted(*parties.owners(module))}
    owners = [each for each in search.owners(platform, module) if each not in hosted]
    if module == parties.HUBCLIENTINFO:
        owners = [f"hub:{each.id}" for each in platform.partners.all()]
    audiences = platform.objects.feeds.audiences(module, owners)
    return sorted(feeds.name(owner, audience) for owner, found in audiences.items() for audience in found)


def _events(platform: Platform, module: str, parts: tuple[Part, ...], since: str) -> Iterator[Event]:
    """An event for each part that came since then."""
    for part in parts:
        came = part.stored_at or part.last_updated
        if came >= since and not part.own and not part.name.startswith(PIECE):
            assert parts[0].spelled is not None
            yield _event(platform, Key(module, *parts[0].spelled), part)


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
