"""What becomes of a single value between two versions: a word, a time, a name, a text.

Spec: CNV-08, CNV-10, CNV-35, CNV-50, CNV-P5, CNV-202, AMB-54
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from chalicelib.ocpi import surrogates, timestamps
from chalicelib.ocpi.models.base import V211, V221, DateTime, Enum, Id, Pattern, Text, Type
from chalicelib.ocpi.versions.conversion import Change, Inexpressible, Path, Trip
from chalicelib.ocpi.versions.delta import Delta


def change(kind: Type, delta: Delta, down: bool) -> Change | None:
    """What becomes of a value of that type, if anything ever does."""
    if delta.older == delta.newer:
        limit = longest(kind, delta, down)
        return (_named if isinstance(kind, Id) else _cut(limit)) if limit else None
    if isinstance(kind, Enum):
        return _words(kind, delta, down)
    if not down or delta.older != V211:
        return None
    if isinstance(kind, DateTime):
        return whole_seconds
    if isinstance(kind, Pattern):
        return six_decimals if kind.form_211 else None
    limit = longest(kind, delta, down)
    if isinstance(kind, Id):
        return _no_longer(limit) if limit else None
    return _cut(limit) if limit else None


def longest(kind: Type, delta: Delta, down: bool) -> int:
    """How many characters of such a text are written as they are; 0: any."""
    if delta.older == delta.newer:
        if isinstance(kind, Id):
            return surrogates.LIMIT if kind.in_211 > kind.limit else 0
        return kind.limit if isinstance(kind, Text) and kind.taken > kind.limit else 0
    if not down or delta.older != V211:
        return 0
    if isinstance(kind, Id):
        return kind.in_211 if kind.in_211 < kind.limit else 0
    return kind.in_211 if isinstance(kind, Text) else 0


def _words(kind: Enum, delta: Delta, down: bool) -> Change | None:
    instead = (delta.words if down else delta.words_up).get(kind.name, {})
    known = kind.by_version[delta.older if down else delta.newer]
    unknown_possible = kind.is_open and delta.older == V221
    if down and not unknown_possible and kind.by_version[delta.newer] <= known:
        return None
    if not down and not instead:
        return None
    target = delta.older if down else delta.newer

    def written(word: Any, trip: Trip, path: Path) -> Any:
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

    return written


# How long a DateTime in whole seconds is
WHOLE = len("2026-01-01T00:00:00Z")


def whole_seconds(value: Any, _trip: Trip, _path: Path) -> Any:
    """CNV-08: 2.1.1 foresees no fractions; floored."""
    try:
        return timestamps.timestamp(value)[:19] + "Z"
    except ValueError:
        return value


def six_decimals(value: Any, _trip: Trip, _path: Path) -> Any:
    """CNV-50: exactly six decimals."""
    if "." not in str(value):
        return value
    try:
        return str(Decimal(value).quantize(_SIX_DECIMALS))
    except InvalidOperation:
        return value


_SIX_DECIMALS = Decimal("0.000001")


def _named(value: Any, trip: Trip, path: Path) -> Any:
    """CNV-10: a name that only 2.1.1 can say."""
    if type(value) is not str or len(value) <= surrogates.LIMIT:
        return value
    name = surrogates.shortest(value)
    trip.lose(path, "changed", f"longer than {surrogates.LIMIT} characters; written as {name}")
    return name


def _no_longer(limit: int) -> Change:
    def checked(value: Any, _trip: Trip, path: Path) -> Any:
        if len(str(value)) > limit:
            raise Inexpressible(path, "too_long", f"longer than {limit} characters (CNV-10)")
        return value

    return checked


def _cut(limit: int) -> Change:
    def cut(value: Any, trip: Trip, path: Path) -> Any:
        if len(str(value)) > limit:
            trip.lose(path, "shortened", f"cut to {limit} characters")
            return str(value)[:limit]
        return value

    return cut
