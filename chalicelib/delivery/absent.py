"""The end of a full crawl hides the objects that their owner no longer lists, a step per message.

Each step reads names from the index of changes, 10,000 of them in 1 MB, and looks at those objects
alone that the crawl did not see. Where it got to stands in the pull.

Contract: design section 8; AMB-33, TRA-41
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from chalicelib.objects import checks, visibility
from chalicelib.objects.stored_object import StoredObject
from chalicelib.objects.writer import ObjectWriter
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.messages import Party
from chalicelib.partners import parties
from chalicelib.store import changed
from chalicelib.store.object_items import Key, Part, key_in

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Answers of 1 MB that one step reads: some seconds of work.
ANSWERS = 20


def hide(
    platform: Platform,
    module: str,
    feeds: Sequence[str],
    seen: Collection[str],
    started_at: str,
    at: str,
    among: Collection[str] | None = None,
) -> tuple[int, str]:
    """Hide what these feeds hold that was not seen, but for what changed since and what was for others than
    who asked, and only `among` these where they are given; how many, and where the next step goes on ("":
    nowhere).
    """
    number, start = jsontext.loads(at) if at else (0, None)
    if number >= len(feeds):
        return 0, ""
    feed = feeds[number]
    names, start = changed.before(platform.objects, module, feed, started_at, start, ANSWERS)
    absent = sorted({each for each in names if each not in seen and (among is None or each in among)})
    if absent:
        newer = changed.since(platform.objects, module, feed, started_at)
        absent = [each for each in absent if each not in newer]
    keys = [key_in(module, each) for each in absent]
    heads = platform.objects.parts([(key, "") for key in keys])
    # What came while the lists were read stays, whatever its owner's clock says.
    shown = [
        key
        for key, head in zip(keys, heads, strict=True)
        if head is not None
        and not head.hidden
        and head.stored_at < started_at
        and _was_to_be_listed(platform, key, head)
    ]
    writer = ObjectWriter(platform, checks.as_theirs(platform, None), own=False)
    many = sum(writer.hide(key) for key in shown)
    following = (number, start) if start else (number + 1, None)
    return many, jsontext.dumps(following) if following[0] < len(feeds) else ""


def asked_as(platform: Platform, module: str) -> Party | None:
    """The hosted party in whose name lists of a module are asked for: the first of those that receive it."""
    return next(iter(platform.settings.hosted(*parties.readers(module))), None)


def _was_to_be_listed(platform: Platform, key: Key, head: Part) -> bool:
    """Whether an object was for the party in whose name the list was asked for: of several that are hosted
    here another may be the one that a private Location is for (LOC-13).
    """
    if key.module != "locations" or len(platform.settings.hosted(*parties.readers(key.module))) < 2:
        return True
    location = StoredObject(key, [head]).canonical
    if location.get("publish") is not False:
        return True
    return asked_as(platform, key.module) in visibility.token_owners(platform, location)
