"""Delta: what one older version writes differently; Plan: what that means for one table.

The plain differences (a field that is new, renamed or gone, a word an enum lacks, a
shorter text) are read from the object tables. A Delta adds only what no table
can say: words that stand for others, and one function per class that changes shape.

Every step tolerates an absent field, so one delta serves a PUT, a page of objects
and a PATCH. Nothing is changed in place; what does not differ is not copied.

Spec: ledger section 4 (CNV-P1 to CNV-P7)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from typing import Any

from chalicelib.ocpi.models.base import Enum, Field, Model
from chalicelib.ocpi.versions import compiled, values
from chalicelib.ocpi.versions.trip import Change, Hook, Inexpressible, Path, Trip

__all__ = ["Delta", "Plan", "Trip", "plan"]


@dataclass(frozen=True, eq=False)
class Delta:
    """What `older` writes differently from `newer`; where both are one, what that cannot take as it is.

    `words`, by enum: what is written instead on the way down; "*" stands for any
    other word. `words_up`: on the way up. `up`, `down`: hooks by class. `quiet`:
    fields whose absence in the older version loses nothing.
    """

    older: str
    newer: str
    words: Mapping[str, Mapping[str, str]]
    words_up: Mapping[str, Mapping[str, str]]
    up: Mapping[str, Hook]
    down: Mapping[str, Hook]
    quiet: Mapping[str, frozenset[str]]


# A field that holds one word, and the words that may stay
Sole = tuple[str, frozenset[str]]


class Plan:
    """What is to be done to objects of one table, in one direction; `idle` if nothing ever is.

    Worked out once and compiled to one function, `apply`: the object in the target
    version, itself where nothing differs. It raises Inexpressible.
    """

    def __init__(self, model: Model, delta: Delta, down: bool) -> None:
        source, target = (delta.newer, delta.older) if down else (delta.older, delta.newer)
        here, there = model.fields(source), model.fields(target)
        shared = set(there.values())
        self.hook = (delta.down if down else delta.up).get(model.name)
        self.gone = f"{target} has no such field"
        self.renames = {name: row.wire(target) for name, row in here.items() if row in shared}
        self.renames = {name: newer for name, newer in self.renames.items() if name != newer}
        quiet = delta.quiet.get(model.name, frozenset())
        # fields that go, and whether that is a loss
        self.drops = {
            name: name not in quiet for name, row in here.items() if row not in shared and name not in there
        }
        # DateTimes, mostly in whole seconds; coordinates, mostly of six decimals; words, mostly known
        self.times: list[str] = []
        self.places: list[str] = []
        self.words: list[tuple[str, frozenset[str], bool, Change]] = []
        self.changes: list[tuple[str, Change, Sole | None]] = []
        for name, row in here.items():
            change = _change(row, delta, down) if row in shared else None
            if change is values.whole_seconds:
                self.times.append(name)
            elif change is values.six_decimals:
                self.places.append(name)
            elif change is not None and isinstance(row.type, Enum):
                self.words.append((name, row.type.by_version[target], row.is_list, change))
            elif change is not None:
                inner = plan(row.type, delta, down) if isinstance(row.type, Model) and row.is_list else None
                self.changes.append((name, change, inner.sole if inner else None))
        # names that mean something only where the object goes: what stands there now is not it
        self.aliens = there.keys() - here.keys()
        if not down:
            self.aliens &= set(self.renames.values())
        others = (self.hook, self.renames, self.drops, self.times, self.places, self.aliens, self.changes)
        only_words = not any(others)
        self.idle = only_words and not self.words
        # where one word is all there is to look at: its field, and those that may stay
        sole = only_words and len(self.words) == 1 and not self.words[0][2]
        self.sole: Sole | None = self.words[0][:2] if sole else None

    @cached_property
    def apply(self) -> Change:
        """The plan as one function, made when the first such object is met."""
        return compiled.function(self)

    def one(self, value: Any, trip: Trip, path: Path) -> Any:
        """`apply`, for those who are made before it."""
        return self.apply(value, trip, path)

    def each(self, items: Any, trip: Trip, path: Path) -> Any:
        """What becomes of a list of such objects."""
        return _each(self.apply, items, trip, path)


@cache
def plan(model: Model, delta: Delta, down: bool) -> Plan:
    """The plan for a table, made once."""
    return Plan(model, delta, down)


def _each(change: Change, items: Any, trip: Trip, path: Path) -> Any:
    """A list with every entry changed and the inexpressible ones left out (CNV-P5)."""
    if type(items) is not list:
        return items
    kept: list[Any] | None = None
    for index, item in enumerate(items):
        try:
            new = change(item, trip, (path, index))
        except Inexpressible as problem:
            trip.lose(problem.path, problem.code, problem.message)
            kept = items[:index] if kept is None else kept
            continue
        if kept is not None:
            kept.append(new)
        elif new is not item:
            kept = items[:index]
            kept.append(new)
    return items if kept is None else kept


def _bound(row: Field, change: Change, each: Change) -> Change:
    """The change of a field's value: entry by entry where it is a list, and what cannot be said left out."""
    if row.is_list and row.required:

        def some(items: Any, trip: Trip, path: Path) -> Any:
            kept = each(items, trip, path)
            if kept is not items and not kept:
                raise Inexpressible(path, "empty", "no entry of a required list can be expressed")
            return kept

        return some
    if row.is_list:
        return each
    if row.required:
        return change

    def maybe(value: Any, trip: Trip, path: Path) -> Any:
        try:
            return change(value, trip, path)
        except Inexpressible as problem:
            trip.lose(problem.path, problem.code, problem.message)
            return None

    return maybe


def _change(row: Field, delta: Delta, down: bool) -> Change | None:
    """What becomes of a field's value, if anything ever does."""
    kind = row.type
    if isinstance(kind, Model):
        inner = plan(kind, delta, down)
        return None if inner.idle else _bound(row, inner.one, inner.each)
    change = values.change(kind, delta, down)
    if change in (None, values.whole_seconds, values.six_decimals):
        return change
    return _bound(row, change, partial(_each, change))
