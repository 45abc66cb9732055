"""A Session or CDR with many charging periods: its head keeps the newest, pieces of their own the others.

An item holds 400 KB and is written whole, so a Session of 10,000 periods neither fits one
nor may be rewritten for each period that is added. Periods are taken out of the
head in pieces that are never written again: with 8 kept, the 9th period makes a piece
of the first 8 and leaves one in the head. Whoever reads the object sees one list.

Contract: design section 7 ("a Session or CDR of 10,000 charging periods is stored and served")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chalicelib.ocpi import jsontext
from chalicelib.store.object_items import PIECE, Part

MODULES = ("sessions", "cdrs")
PERIODS = "charging_periods"
# Periods that the head of a Session keeps at most.
KEPT = 8
# Characters of JSON: what a piece holds at most, and what a CDR, which is written once, may have in one item.
LARGEST_PIECE = 250_000
LARGEST_CDR = 300_000


def split(
    module: str, head: Part, data: dict[str, Any], known: Sequence[Part] = (), first: int = 0
) -> list[Part]:
    """The parts of a Session or CDR, the head first. `known` pieces stay where they say the same.

    `first`: how many periods stand in pieces that are not looked at.
    """
    given = data.get(PERIODS)
    if module not in MODULES or type(given) is not list:
        return [head]
    if not known and not first and not _is_long(module, head, given):
        return [head]
    pieces: list[Part] = []
    at = 0
    for each in known:
        periods = jsontext.loads(each.body)
        if start_of(each) != at or each.version != head.version or given[at : at + len(periods)] != periods:
            break
        pieces.append(each)
        at += len(periods)
    kept = KEPT if module == "sessions" else 0
    while len(given) - at > kept:
        taken = _fitting(given[at : len(given) - min(kept, 1)])
        pieces.append(_piece(head, first + at, given[at : at + taken]))
        at += taken
    body = jsontext.dumps({**data, PERIODS: given[at:]})
    count = first + at
    return [head._replace(body=body, taken=count), *pieces]


def joined(head: dict[str, Any], pieces: Sequence[Part]) -> dict[str, Any]:
    """The object as its owner wrote it, with all of its periods."""
    ordered = sorted(pieces, key=start_of)
    earlier = [period for each in ordered for period in jsontext.loads(each.body)]
    return {**head, PERIODS: [*earlier, *(head.get(PERIODS) or ())]}


def start_of(piece: Part) -> int:
    """How many periods come before this piece."""
    return int(piece.uid.removeprefix(PIECE))


def are_later(added: Any, kept: Any) -> bool:
    """Whether periods surely are none of those that a Session has: they begin after the newest of them."""
    if type(added) is not list or type(kept) is not list or not kept:
        return False
    starts = [list(_starts(periods)) for periods in (added, kept)]
    return all(starts) and None not in starts[0] + starts[1] and min(starts[0]) > max(starts[1])


def _starts(periods: Sequence[Any]) -> Iterator[Any]:
    for each in periods:
        start = each.get("start_date_time") if isinstance(each, dict) else None
        yield start if isinstance(start, str) and len(start) == 20 and start.endswith("Z") else None


def _is_long(module: str, head: Part, periods: list[Any]) -> bool:
    return len(periods) > 2 * KEPT if module == "sessions" else len(head.body) > LARGEST_CDR


def _fitting(periods: list[Any]) -> int:
    """How many of these make a piece, at least one."""
    weight = 0
    for at, each in enumerate(periods):
        weight += len(jsontext.dumps(each)) + 1
        if weight > LARGEST_PIECE and at:
            return at
    return len(periods)


def _piece(head: Part, start: int, periods: list[Any]) -> Part:
    return Part(f"{PIECE}{start:06d}", head.version, head.last_updated, jsontext.dumps(periods))
