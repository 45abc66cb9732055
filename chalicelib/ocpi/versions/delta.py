"""Delta: what one older version writes differently; and the walk that applies it to an object.

The plain differences (a field that is new, renamed or gone, a word an enum lacks, a
shorter text) are read from the object tables. A Delta adds only what no table
can say: words that stand for others, and one function per class that changes shape.

Every step tolerates an absent field, so one delta serves a PUT, a page of objects
and a PATCH. Nothing is changed in place; what does not differ is not copied.

Spec: ledger section 4 (CNV-P1 to CNV-P7)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cache, partial
from typing import Any

from chalicelib.ocpi import names, timestamps
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


class Trip:
    """One object on its way through the deltas, with what they may need to know about it."""

    __slots__ = ("_now", "emsp", "find", "lost", "owner", "partial", "role", "token")

    def __init__(
        self,
        *,
        partial: bool = False,
        owner: tuple[str, str] | None = None,
        find: Find | None = None,
        token: Callable[[str], Mapping[str, Any] | None] | None = None,
        emsp: tuple[str, str] | None = None,
        role: str = "OTHER",
        now: str = "",
    ) -> None:
        self.partial = partial
        # (country_code, party_id) of bodies that do not name their owner (CNV-15)
        self.owner = owner
        # canonical objects by kind, country_code, party_id and id
        self.find = find
        # the canonical Token behind a 2.1.1 auth_id (CNV-65, CNV-107)
        self.token = token
        # the eMSP party of the connection, owner of Tokens nobody knows (CNV-65)
        self.emsp = emsp
        # the role of a 2.1.1 platform, which its credentials do not tell (CNV-06)
        self.role = role
        self._now = now
        self.lost: list[tuple[Path, str, str]] = []

    @property
    def now(self) -> str:
        """The time that decides what is valid now; the clock's where none is given."""
        if not self._now:
            self._now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return self._now

    def lose(self, path: Path, code: str, message: str) -> None:
        """Remember what the target version cannot carry."""
        self.lost.append((path, code, message))

    @property
    def losses(self) -> tuple[Finding, ...]:
        """What was lost, in the order it was."""
        return tuple(Finding(pointer(path), code, message) for path, code, message in self.lost)


_WHOLE_LENGTH = len("2026-01-01T00:00:00Z")

# A hook is given a copy that it may change, still in the names of the version it comes from.
Hook = Callable[[dict[str, Any], Trip, Path], dict[str, Any]]
# What becomes of one value; raises Inexpressible.
Change = Callable[[Any, Trip, Path], Any]


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

    Worked out once; what is left to do per object is to look at the fields that can differ.
    """

    __slots__ = (
        *("aliens", "changes", "drops", "gone", "hook", "idle"),
        *("places", "quiet", "renames", "sole", "times", "words"),
    )

    def __init__(self, model: Model, delta: Delta, down: bool) -> None:
        source, target = (delta.newer, delta.older) if down else (delta.older, delta.newer)
        here, there = model.fields(source), model.fields(target)
        shared = set(there.values())
        self.hook = (delta.down if down else delta.up).get(model.name)
        self.quiet = delta.quiet.get(model.name, frozenset())
        self.gone = f"{target} has no such field"
        self.renames = tuple(
            (name, row.wire(target))
            for name, row in here.items()
            if row in shared and name != row.wire(target)
        )
        self.drops = tuple(name for name, row in here.items() if row not in shared and name not in there)
        # DateTimes, mostly in whole seconds; coordinates, mostly of six decimals; words, mostly known
        times, places, words, changes = [], [], [], []
        for name, row in here.items():
            change = _change(row, delta, down) if row in shared else None
            if change is _whole_seconds:
                times.append(name)
            elif change is _six_decimals:
                places.append(name)
            elif change is not None and isinstance(row.type, Enum):
                known = row.type.by_version[target]
                words.append((name, known, row.is_list, change))
            elif change is not None:
                changes.append((name, change))
        self.times, self.places = tuple(times), tuple(places)
        self.words, self.changes = tuple(words), tuple(changes)
        # names that mean something only where the object goes: what stands there now is not it
        aliens = there.keys() - here.keys()
        if not down:
            aliens &= {new for _old, new in self.renames}
        self.aliens = tuple(aliens)
        others = (self.hook, self.renames, self.drops, self.times, self.places, self.aliens, self.changes)
        plain = not any(others)
        self.idle = plain and not self.words
        # where one word is all there is to look at: its field and the words that may stay
        self.sole = self.words[0][:2] if plain and len(words) == 1 and not words[0][2] else None

    def apply(self, value: Any, trip: Trip, path: Path) -> Any:
        """The object in the target version; itself where nothing differs. Raises Inexpressible."""
        if type(value) is not dict or self.idle:
            return value
        out: dict[str, Any] = value
        for name in self.aliens:
            if name in out:
                out = _copied(out, value)
                del out[name]
        if self.hook is not None:
            out = self.hook(_copied(out, value), trip, path)
        for name in self.times:
            moment = out.get(name)
            if moment is not None and (type(moment) is not str or len(moment) != _WHOLE_LENGTH):
                out = _copied(out, value)
                out[name] = _whole_seconds(moment, trip, path)
        for name in self.places:
            place = out.get(name)
            if place is not None and (type(place) is not str or place[-7:-6] != "."):
                out = _put(out, value, name, place, _six_decimals(place, trip, path))
        for name, known, is_list, change in self.words:
            word = out.get(name)
            try:
                if word is None or (known.issuperset(word) if is_list else word in known):
                    continue
            except TypeError:
                """No words at all, in an object that nobody judged."""
            out = _put(out, value, name, word, change(word, trip, (path, name)))
        for name, change in self.changes:
            old = out.get(name)
            if old is not None:
                new = change(old, trip, (path, name))
                if new is not old:
                    out = _put(out, value, name, old, new)
        for name in self.drops:
            if name in out:
                out = _copied(out, value)
                old = out.pop(name)
                if old is not None and old != [] and name not in self.quiet:
                    trip.lost.append(((path, name), "not_in_version", self.gone))
        for name, newer in self.renames:
            if name in out:
                out = _copied(out, value)
                out[newer] = out.pop(name)
        return out

    @property
    def each(self) -> Change:
        """What becomes of a list of such objects."""
        slowly = partial(_each, self.apply)
        if self.sole is None:
            return slowly
        name, known = self.sole

        def each(items: Any, trip: Trip, path: Path) -> Any:
            try:
                for item in items:
                    if item[name] not in known:
                        return slowly(items, trip, path)
            except (TypeError, LookupError):
                return slowly(items, trip, path)
            return items

        return each


def _copied(out: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    return dict(out) if out is value else out


def _put(out: dict[str, Any], value: dict[str, Any], name: str, old: Any, new: Any) -> dict[str, Any]:
    if new is not old:
        out = _copied(out, value)
        if new is None:
            del out[name]
        else:
            out[name] = new
    return out


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
        return None if inner.idle else _bound(row, inner.apply, inner.each)
    change = _single(kind, delta, down)
    if change in (None, _whole_seconds, _six_decimals):
        return change
    return _bound(row, change, partial(_each, change))


def _single(kind: Type, delta: Delta, down: bool) -> Change | None:
    if delta.older == delta.newer:
        return _within(kind)
    if isinstance(kind, Enum):
        return _words(kind, delta, down)
    if not down or delta.older != V211:
        return None
    if isinstance(kind, DateTime):
        return _whole_seconds
    if isinstance(kind, Pattern):
        return _six_decimals if kind.form_211 else None
    if isinstance(kind, Id):
        return _no_longer(kind.in_211) if 0 < kind.in_211 < kind.limit else None
    if isinstance(kind, Text):
        return _cut(kind.in_211) if kind.in_211 else None
    return None


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
    if "." not in str(value):
        return value
    try:
        return str(Decimal(value).quantize(_SIX_DECIMALS))
    except InvalidOperation:
        return value


_SIX_DECIMALS = Decimal("0.000001")


def _within(kind: Type) -> Change | None:
    """What is done to values that the target has in the same words: cut to what it takes."""
    if isinstance(kind, Id):
        return _named if kind.in_211 > kind.limit else None
    if isinstance(kind, Text):
        return _cut(kind.limit) if kind.taken > kind.limit else None
    return None


def _named(value: Any, trip: Trip, path: Path) -> Any:
    """CNV-10: a name that only 2.1.1 can say."""
    if type(value) is not str or len(value) <= names.LIMIT:
        return value
    name = names.shortest(value)
    trip.lose(path, "changed", f"longer than {names.LIMIT} characters; written as {name}")
    return name


def _no_longer(limit: int) -> Change:
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
