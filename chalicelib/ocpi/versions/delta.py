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

from chalicelib.ocpi.models.base import MANY, MAYBE, ONE, SOME, Enum, Field, Model
from chalicelib.ocpi.versions import converters, values
from chalicelib.ocpi.versions.conversion import Change, Hook, Inexpressible, Path, Trip

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


class Plan:
    """What is to be done to objects of one table, in one direction; `idle` if nothing ever is.

    Worked out once and compiled to functions, each made when it is first needed: the
    object in the target version, or the list of them; itself where nothing differs.
    `apply` and `some` raise Inexpressible.
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
        # texts that may be too long; objects inside, and which function of their plan is for as many
        self.texts: list[tuple[str, Change]] = []
        self.parts: list[tuple[str, Plan, str]] = []
        for name, row in here.items():
            if row not in shared:
                continue
            if isinstance(row.type, Model):
                part = plan(row.type, delta, down)
                if not part.idle:
                    self.parts.append((name, part, _WAYS[row.card]))
                continue
            change = values.change(row.type, delta, down)
            if change is values.whole_seconds:
                self.times.append(name)
            elif change is values.six_decimals:
                self.places.append(name)
            elif change is not None and isinstance(row.type, Enum):
                known = row.type.by_version[target]
                self.words.append((name, known, row.is_list, _bound(row, change)))
            elif change is not None:
                self.texts.append((name, _bound(row, change)))
        # names that mean something only where the object goes: what stands there now is not it
        self.aliens = there.keys() - here.keys()
        if not down:
            self.aliens &= set(self.renames.values())
        deep = any((self.hook, self.renames, self.texts, self.parts))
        single = any((self.times, self.places, self.words))
        self.idle: bool = not (deep or single or self.drops or self.aliens)
        # where a glance at its single values tells whether an object differs
        self.is_flat = single and not deep and not any(is_list for _, _, is_list, _ in self.words)

    @cached_property
    def apply(self) -> Change:
        """What becomes of one such object."""
        return converters.one(self)

    @cached_property
    def maybe(self) -> Change:
        """`apply` for an object that need not be there: None where it cannot be said."""
        return _maybe(self.apply)

    @cached_property
    def each(self) -> Change:
        """What becomes of a list of them: those that cannot be said are left out (CNV-P5)."""
        return converters.each(self)

    @cached_property
    def some(self) -> Change:
        """`each` for a list that may not be empty."""
        return _some(self.each)


# What a Plan has for a field of that cardinality
_WAYS = {ONE: "apply", MAYBE: "maybe", MANY: "each", SOME: "some"}


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


def _bound(row: Field, change: Change) -> Change:
    """The change of a field's value, or of each where it is a list; what cannot be said is left out."""
    if row.is_list:
        change = partial(_each, change)
        return _some(change) if row.required else change
    return change if row.required else _maybe(change)


def _some(each: Change) -> Change:
    def some(items: Any, trip: Trip, path: Path) -> Any:
        kept = each(items, trip, path)
        if kept is not items and not kept:
            raise Inexpressible(path, "empty", "no entry of a required list can be expressed")
        return kept

    return some


def _maybe(change: Change) -> Change:
    def maybe(value: Any, trip: Trip, path: Path) -> Any:
        try:
            return change(value, trip, path)
        except Inexpressible as problem:
            trip.lose(problem.path, problem.code, problem.message)
            return None

    return maybe
