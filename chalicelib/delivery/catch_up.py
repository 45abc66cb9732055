"""Catching up: a partner that is new, or may see more than before, is named everything it is entitled to.

It is named by the index `changes`, which is late: an object that was written shortly before, and whose
change was announced before the partner was there, may not be in it yet. What the feed has and the index
had not is named when the index has caught up.

Contract: design section 8; ARC-14
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from chalicelib import logs
from chalicelib.delivery import announce
from chalicelib.objects import sessions, visibility
from chalicelib.ocpi import jsontext, modules
from chalicelib.partner import REGISTERED
from chalicelib.partners import health, parties
from chalicelib.store import changed, late
from chalicelib.store.delivery_items import Target
from chalicelib.store.object_items import key_in
from chalicelib.tasks import AnnounceAll, AnnounceLate, PushObject

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.store.dynamodb import Item
    from chalicelib.store.feeds import FeedHead
    from chalicelib.wiring import Platform

# Entries of objects and their EVSEs that one step reads, by name alone.
PAGE = 500
# How often what an index lacks is looked for, each time twice as long after the last.
TURNS = 4


def announce_all(platform: Platform, task: AnnounceAll) -> None:
    """Name everything a partner is entitled to, a page per message."""
    partner = platform.partners.get(task.partner)
    if partner is None or partner.state != REGISTERED:
        return
    module = task.module
    if not module:
        rows = [row for row in modules.MODULES if row.kind]
        names = [row.id for row in rows if announce.receives(platform, partner, row.id)]
        names.sort(key=lambda each: each != parties.HUBCLIENTINFO)  # whose objects they are, before those
        platform.queues.send([replace(task, module=each) for each in names])
        return

    feed, start, seen, highest = _place(task.cursor)
    left = [each for each in _feeds(platform, partner, module, task.owner) if each >= feed]
    if not left:
        return
    if left[0] != feed:
        start, seen, highest = None, 0, 0
    named, start = changed.names(platform.objects, module, left[0], start, PAGE)
    _push(platform, partner, module, [partition for partition, _ in named], task.whole)
    seen += len(named)
    highest = max([highest, *(number for _, number in named)])
    if not start:
        (head,) = platform.objects.feeds.heads(module, [left[0]])
        behind = _behind(head, seen, highest)
        if behind:
            first, last = behind
            _later(platform, AnnounceLate(partner.id, module, left[0], first, last, whole=task.whole))
    following = (left[0], start, seen, highest) if start else next(((each,) for each in left[1:]), None)
    if following:
        platform.queues.send([replace(task, cursor=jsontext.dumps(following))])


def announce_late(platform: Platform, task: AnnounceLate) -> None:
    """Name what the index had not yet when the rest of its feed was named."""
    partner = platform.partners.get(task.partner)
    if partner is None or partner.state != REGISTERED:
        return
    if task.feed not in _feeds(platform, partner, task.module):
        return
    (head,) = platform.objects.feeds.heads(task.module, [task.feed])
    found = changed.numbered(platform.objects, task.module, task.feed, task.first, task.last)
    _push(platform, partner, task.module, found.values(), task.whole)
    wanted = range(max(task.first, head.first + 1), task.last + 1)
    missing = [number for number in wanted if number not in found and not head.is_empty(number)]
    if missing and task.turn < TURNS:
        _later(platform, replace(task, first=missing[0], last=missing[-1], turn=task.turn + 1))
    elif missing:
        logs.log("WARNING", "index without objects of its table", feed=task.feed, objects=len(missing))


def _place(cursor: str) -> tuple[str, Item | None, int, int]:
    """The feed that is named, where it goes on, how many objects were seen of it and the highest number."""
    found: list[Any] = jsontext.loads(cursor) if cursor.startswith("[") else [""]
    usual: list[Any] = ["", None, 0, 0]
    feed, start, seen, highest = found + usual[len(found) :]
    return feed, start, int(seen), int(highest)


def _feeds(platform: Platform, partner: Partner, module: str, owner: str = "") -> list[str]:
    """The feeds of a module that a partner hears of, in order; `owner` ("NL/EXA"): of that party alone."""
    owners = parties.shown_owners(platform, module)
    if owner:
        owners = [each for each in owners if "/".join(each) == owner]
    found = visibility.feeds_for(platform, partner, module, partner.version, owners)
    return sorted([*found, *sessions.forwarded_feeds(platform, partner, module)])


def _push(platform: Platform, partner: Partner, module: str, named: Iterable[str], whole: bool) -> None:
    pushes = [
        PushObject.to(Target(partner.id, key_in(module, each)), whole=whole, thorough=not whole)
        for each in named
    ]
    platform.queues.send(pushes, health.queue_for(partner))


def _behind(head: FeedHead, seen: int, highest: int) -> tuple[int, int] | None:
    """The first and the last number among which something of a feed was not seen, if anything."""
    last = head.number(head.total - 1) if head.total else 0
    if seen < head.index(highest + 1):
        return max(1, min(highest, last) - PAGE), last
    return (highest + 1, last) if highest < last else None


def _later(platform: Platform, task: AnnounceLate) -> None:
    platform.queues.send([task], delay=late.MOST * 2**task.turn)
