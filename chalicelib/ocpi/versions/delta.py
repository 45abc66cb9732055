"""Delta: what one older version writes differently; and the walk that applies it to an object.

The plain differences (a field that is new, renamed or gone, a word an enum lacks, a
shorter text) are read from the object tables. A Delta adds only what no table
can say: words that stand for others, and one function per class that changes shape.

Every step tolerates an absent field, so one delta serves a PUT, a page of objects
and a PATCH. Nothing is changed in place; what does not differ is not copied.

Spec: ledger section 4 (CNV-P1 to CNV-P7)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib.ocpi import timestamps
from chalicelib.ocpi.findings import Finding, step
from chalicelib.ocpi.models.base import V211, V221, DateTime, Enum, Field, Id, Model, Pattern, Text, Type

# Where in the object: () or (path of the parent, name). Read only when something is lost.
Path = tuple[Any, ...]
Find = Callable[[str, str, str, str], "dict[str, Any] | None"]


def at(path: Path, *names: str | int) -> Path:
    """The path that many steps deeper."""
    for name in names:
        path = (path, name)
    return path


def pointer(path: Path) -> str:
    """The path as a JSON Pointer."""
    names: list[str | int] = []
    while path:
        path, name = path
        names.append(name)
    text = ""
    for name in reversed(names):
        text = step(text, name)
    return text


class Inexpressible(Exception):
    """The target version cannot say this; the smallest enclosing list entry goes (CNV-P5)."""

    def __init__(self, path: Path, code: str, message: str) -> None:
        super().__init__(message)
        self.path, self.code, self.message = path, code, message


@dataclass
class Trip:
    """One object on its way through the deltas, with what they may need to know about it."""

    partial: bool = False
    # (country_code, party_id) of bodies that do not name their owner (CNV-15)
    owner: tuple[str, str] | None = None
    # canonical objects by kind, country_code, party_id and id
    find: Find | None = None
    # the canonical Token behind a 2.1.1 auth_id (CNV-65, CNV-107)
    token: Callable[[str], Mapping[str, Any] | None] | None = None
    # the eMSP party of the connection, owner of Tokens nobody knows (CNV-65)
    emsp: tuple[str, str] | None = None
    # the role of a 2.1.1 platform, which its credentials do not tell (CNV-06)
    role: str = "OTHER"
    now: str = ""
    lost: list[tuple[Path, str, str]] = field(default_factory=list)

    def lose(self, path: Path, code: str, message: str) -> None:
        """Remember what the target version cannot carry."""
        self.lost.append((path, code, message))

    @property
    def losses(self) -> tuple[Finding, ...]:
        """What was lost, in the order it was."""
        return tuple(Finding(pointer(path), code, message) for path, code, message in self.lost)


# A hook is given a copy that it may change, still in the names of the version it comes from.
Hook = Callable[[dict[str, Any], Trip, Path], dict[str, Any]]
# What becomes of one value; raises Inexpressible.
Change = Callable[[Any, Trip, Path], Any]


@dataclass(frozen=True)
class Delta:
    """What `older` writes differently from `newer`.

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
    """What is to be done to objects of one table, in one direction; `idle` if nothing ever is."""

    def __init__(self, model: Model, delta: Delta, down: bool) -> None:
        source, target = (delta.newer, delta.older) if down else (delta.older, delta.newer)
        there = set(model.fields(target).values())
        self.hook = (delta.down if down else delta.up).get(model.name)
        self.target = target
        self.quiet = delta.quiet.get(model.name, frozenset())
        self.renames = {
            row.wire(source): row.wire(target)
            for row in model.rows
            if row in there and row.since <= source <= row.until and row.wire(source) != row.wire(target)
        }
        self.drops = tuple(
            name
            for name, row in model.fields(source).items()
            if row not in there and name not in model.fields(target)
        )
        changed = [
            (name, row, change)
            for name, row in model.fields(source).items()
            if row in there
            for change in [_change(row, delta, down)]
            if change is not None
        ]
        # DateTimes, mostly without a fraction; words, mostly known; and the rest
        self.times = tuple(name for name, _row, change in changed if change is _whole_seconds)
        self.changes = tuple(
            (name, row.is_list, row.required, _known(row.type, target), change)
            for name, row, change in changed
            if change is not _whole_seconds
        )
        # names that mean something only where the object goes: what stands there now is not it
        self.aliens = frozenset(model.fields(target)) - frozenset(model.fields(source))
        if not down:
            self.aliens &= frozenset(self.renames.values())
        self.idle = not (self.hook or self.renames or self.drops or self.times or self.changes)

    def apply(self, value: Any, trip: Trip, path: Path) -> Any:
        """The object in the target version; itself where nothing differs. Raises Inexpressible."""
        if type(value) is not dict or self.idle:
            return value
        out: dict[str, Any] | None = None
        if not self.aliens.isdisjoint(value):
            value = {name: item for name, item in value.items() if name not in self.aliens}
        if self.hook:
            value = out = self.hook(dict(value), trip, path)
        for name in self.times:
            if len(str(value.get(name) or _WHOLE)) != len(_WHOLE):
                value = out = dict(value) if out is None else out
                out[name] = _whole_seconds(value[name], trip, path)
        for name, is_list, required, known, change in self.changes:
            old = value.get(name)
            if old is None or (known is not None and _all_known(known, old, is_list)):
                continue
            if is_list:
                new = _each(required, change, old, trip, (path, name))
            else:
                try:
                    new = change(old, trip, (path, name))
                except Inexpressible as problem:
                    if required:
                        raise
                    trip.lose(problem.path, problem.code, problem.message)
                    new = None
            if new is not old:
                if out is None:
                    value = out = dict(value)
                if new is None:
                    del out[name]
                else:
                    out[name] = new
        for name in self.drops:
            if name in value:
                if out is None:
                    value = out = dict(value)
                gone = out.pop(name)
                if name not in self.quiet and gone is not None and gone != []:
                    trip.lose((path, name), "not_in_version", f"{self.target} has no such field")
        renames = self.renames
        if renames and not renames.keys().isdisjoint(value):
            return {renames.get(name, name): item for name, item in value.items()}
        return value


_plans: dict[tuple[int, str, bool], Plan] = {}


def plan(model: Model, delta: Delta, down: bool) -> Plan:
    """The plan for a table, made once."""
    key = (id(model), delta.older, down)
    found = _plans.get(key)
    if found is None:
        found = _plans[key] = Plan(model, delta, down)
    return found


def _each(required: bool, change: Change, items: Any, trip: Trip, path: Path) -> Any:
    """A list with every entry changed and the inexpressible ones left out (CNV-P5)."""
    if type(items) is not list:
        return items
    kept: list[Any] = []
    same = True
    for index, item in enumerate(items):
        try:
            new = change(item, trip, (path, index))
        except Inexpressible as problem:
            trip.lose(problem.path, problem.code, problem.message)
            same = False
            continue
        same = same and new is item
        kept.append(new)
    if same:
        return items
    if required and not kept:
        raise Inexpressible(path, "empty", "no entry of a required list can be expressed")
    return kept


def _change(row: Field, delta: Delta, down: bool) -> Change | None:
    kind = row.type
    if isinstance(kind, Model):
        inner = plan(kind, delta, down)
        return None if inner.idle else inner.apply
    if isinstance(kind, Enum):
        return _words(kind, delta, down)
    if not down or delta.older != V211:
        return None
    if isinstance(kind, DateTime):
        return _whole_seconds
    if isinstance(kind, Pattern):
        return _six_decimals if kind.form_211 else None
    if isinstance(kind, Id):
        return _short_id(kind.in_211) if 0 < kind.in_211 < kind.limit else None
    if isinstance(kind, Text):
        return _cut(kind.in_211) if kind.in_211 else None
    return None


def _all_known(known: frozenset[str], words: Any, is_list: bool) -> bool:
    try:
        return known.issuperset(words) if is_list else words in known
    except TypeError:  # no words at all, in an object that nobody judged
        return False


def _known(kind: Type, target: str) -> frozenset[str] | None:
    return kind.by_version[target] if isinstance(kind, Enum) else None


_WHOLE = "2026-01-01T00:00:00Z"


def _words(kind: Enum, delta: Delta, down: bool) -> Change | None:
    instead = (delta.words if down else delta.words_up).get(kind.name, {})
    known = kind.by_version[delta.older if down else delta.newer]
    unknown_possible = kind.is_open and delta.older == V221
    if down and not unknown_possible and kind.by_version[delta.newer] <= known:
        return None
    if not down and not instead:
        return None
    target = delta.older if down else delta.newer

    def change(word: Any, trip: Trip, path: Path) -> Any:
        if type(word) is not str:
            raise Inexpressible(path, "wrong_type", f"no {kind.name}")
        if word in known:
            return word
        other = instead.get(word) or instead.get("*")
        if other is None:
            if not down:
                return word
            raise Inexpressible(path, "unknown_enum", f"{target} has no {kind.name} {str(word)[:40]!r}")
        trip.lose(path, "changed", f"{target} has no {kind.name} {str(word)[:40]!r}; written as {other}")
        return other

    return change


def _whole_seconds(value: Any, _trip: Trip, _path: Path) -> Any:
    """CNV-08: 2.1.1 foresees no fractions; floored."""
    try:
        return timestamps.timestamp(value)[:19] + "Z"
    except ValueError:
        return value


def _six_decimals(value: Any, _trip: Trip, _path: Path) -> Any:
    """CNV-50: exactly six decimals."""
    _whole, point, fraction = str(value).partition(".")
    if not point or len(fraction) == 6:
        return value
    try:
        return str(Decimal(value).quantize(_SIX_DECIMALS))
    except InvalidOperation:
        return value


_SIX_DECIMALS = Decimal("0.000001")


def _short_id(limit: int) -> Change:
    def change(value: Any, _trip: Trip, path: Path) -> Any:
        if len(str(value)) > limit:
            raise Inexpressible(path, "too_long", f"longer than {limit} characters (CNV-10)")
        return value

    return change


def _cut(limit: int) -> Change:
    def change(value: Any, trip: Trip, path: Path) -> Any:
        if len(str(value)) > limit:
            trip.lose(path, "shortened", f"cut to {limit} characters")
            return str(value)[:limit]
        return value

    return change
