"""Which of two states is newer, like with like: heads, EVSEs, Connectors, each by its own time.

A message may come late (a pull of an hour ago, an inbox message that failed and came
back, yesterday's file put again). What it says of a thing is taken only where that is
not older than what is known of that very thing, by the thing's own `last_updated`.
Example: a Location of 10:00 with an EVSE of 12:00 comes when its head is known of 11:00 and the
EVSE of 09:00: the head stays, the EVSE is taken. An equal time with other content is taken.

Contract: design section 7 ("Time never goes back"); LOC-43, LOC-49
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.objects.stored_object import connector_of
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.errors import OcpiError
from chalicelib.ocpi.patching import timestamp
from chalicelib.ocpi.timestamps import later
from chalicelib.store.object_items import Part

# Seconds: a clock that is ahead by more is not believed, so that it does not block what comes after it.
FUTURE = 24 * 3600


class Older(OcpiError):
    """What was to be written is older than what is known of that very thing; nothing is changed."""


def moment(value: Any, otherwise: str, now: str = "") -> str:
    """A timestamp as it sorts; `otherwise` where it is none, `now` where it is a day and more ahead."""
    try:
        found = timestamp(value)
    except ValueError:
        return otherwise
    return now if _is_ahead(found, now) else found


def _is_ahead(found: str, now: str) -> bool:
    """Whether a time is a day and more ahead; never where nobody says what time it is."""
    return bool(now) and found > now and found > later(now, FUTURE)


def believed(known: Mapping[str, Any] | str, now: str) -> str:
    """The time of a part, or of a Connector: "" where that says none, or one that is a day and more ahead."""
    if isinstance(known, str):
        return known
    found = moment(known.get("last_updated"), "")
    return "" if _is_ahead(found, now) else found


def newest(old: Sequence[Part], new: Sequence[Part], now: str, asked_at: str = "") -> tuple[list[Part], bool]:
    """The parts to be stored, the head first, and whether anything that came was older than what is known.

    `asked_at`: when a page was asked for that these are from.
    """
    known = {part.name: part for part in old}
    if not known:
        return list(new), False
    chosen: list[Part] = []
    any_older = False
    for part in new:
        before = known.get(part.name)
        if before is None:
            chosen.append(part)
            continue
        is_older = part_is_older(before, part, asked_at)
        winner, other = (before, part) if is_older else (part, before)
        mixed = _with_newer_connectors(winner, other, now) if part.uid else winner
        chosen.append(mixed)
        any_older = any_older or is_older or mixed is not part
    if new[0].last_updated < old[0].last_updated:  # a list of then says nothing of an EVSE that came since
        names = {part.name for part in chosen}
        chosen += [part for part in old if part.name not in names]
    return chosen, any_older


def part_is_older(known: Part, part: Part, asked_at: str = "") -> bool:
    """Whether a part is of before what is known of it: by its time, and where that is the same or unsaid,
    because what is known came after the page was asked for that this part is from.
    """
    if part.last_updated < known.last_updated:
        return True
    is_even = part.undated or part.last_updated == known.last_updated
    return bool(asked_at) and is_even and known.stored_at > asked_at and part.body != known.body


def is_older(known: Mapping[str, Any] | str, changes: Mapping[str, Any], now: str = "") -> bool:
    """Whether changes are of before the state of what they change: a part's time, or a Connector."""
    state = believed(known, now)
    return bool(state) and moment(changes.get("last_updated"), state) < state


def _with_newer_connectors(winner: Part, other: Part, now: str) -> Part:
    """An EVSE with those of its Connectors that the other state knows later."""
    if winner.body == other.body or winner.version != other.version:
        return winner
    evse, beside = jsontext.loads(winner.body), jsontext.loads(other.body)
    connectors = evse.get("connectors")
    if not isinstance(connectors, list):
        return winner
    kept = []
    for each in connectors:
        theirs = connector_of(beside, str(each.get("id"))) if isinstance(each, dict) else None
        kept.append(theirs if theirs is not None and is_older(theirs, each, now) else each)
    if all(one is two for one, two in zip(kept, connectors, strict=True)):
        return winner
    return winner._replace(body=jsontext.dumps({**evse, "connectors": kept}))
