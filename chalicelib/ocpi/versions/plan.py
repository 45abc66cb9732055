"""A Plan: what a Delta means for the objects of one table, in one direction.

Worked out once from the table's fields in both versions; `converters` makes
functions of it.

Spec: ledger section 4 (CNV-P1 to CNV-P7)
"""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from chalicelib.ocpi.models.base import MANY, MAYBE, ONE, SOME, Enum, Field, Model
from chalicelib.ocpi.versions import values
from chalicelib.ocpi.versions.conversion import Change, Inexpressible, Path, Trip
from chalicelib.ocpi.versions.delta import Delta


class Plan:
    """What is to be done to objects of one table, in one direction; `idle` if nothing ever is."""

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
        # texts, how long is not too long, and whether it is a list of them; objects inside, and which
        # function of their plan is for as many
        self.texts: list[tuple[str, int, bool, Change]] = []
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
                longest = values.longest(row.type, delta, down)
                self.texts.append((name, longest, row.is_list, _bound(row, change)))
        # names that mean something only where the object goes: what stands there now is not it
        self.aliens = there.keys() - here.keys()
        if not down:
            self.aliens &= set(self.renames.values())
        deep = any((self.hook, self.renames, self.texts, self.parts))
        single = any((self.times, self.places, self.words))
        self.idle: bool = not (deep or single or self.drops or self.aliens)
        # where a glance at its single values tells whether an object differs
        self.is_flat = single and not deep and not any(is_list for _, _, is_list, _ in self.words)


# Which function of its converter is for a part of that cardinality
_WAYS = {ONE: "apply", MAYBE: "maybe", MANY: "each", SOME: "some"}
MANY_WAYS, NEEDED_WAYS = (_WAYS[MANY], _WAYS[SOME]), (_WAYS[ONE], _WAYS[SOME])


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
        return some(change) if row.required else change
    return change if row.required else maybe(change)


def some(each: Change) -> Change:
    """The change of a list that may not be empty."""

    def change(items: Any, trip: Trip, path: Path) -> Any:
        kept = each(items, trip, path)
        if kept is not items and not kept:
            raise Inexpressible(path, "empty", "no entry of a required list can be expressed")
        return kept

    return change


def maybe(change: Change) -> Change:
    """The change of what need not be there: None where it cannot be said."""

    def changed(value: Any, trip: Trip, path: Path) -> Any:
        try:
            return change(value, trip, path)
        except Inexpressible as problem:
            trip.lose(problem.path, problem.code, problem.message)
            return None

    return changed
