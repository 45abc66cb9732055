"""Whole objects of any version, made at random from the object tables."""

from __future__ import annotations

import re
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import strategies as st

from chalicelib.ocpi import models
from chalicelib.ocpi.models.base import (
    SOME,
    V230,
    Ascii,
    Bool,
    Code,
    DateTime,
    Enum,
    Field,
    Int,
    Model,
    Number,
    Pattern,
    Text,
    Type,
    Url,
    Zone,
)

# One of these fits every pattern there is.
SHAPED = [
    *("nl", "EN", "EUR", "USD", "NLD", "00:00", "23:59", "06:30", "24:00", "2026-02-28", "secret-token~1"),
    *("52.370216", "-4.895168", "179.123456", "51.04760", "-3.7299441"),
]


def objects(kind: str, version: str) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that the table of that version accepts, with a field nobody knows now and then."""
    return st.integers(0, 2**32).map(lambda seed: make(kind, version, Random(seed)))


def make(kind: str, version: str, random: Random) -> dict[str, Any]:
    return _model(models.model(kind), version, random)


def _model(model: Model, version: str, random: Random) -> dict[str, Any]:
    body = {
        name: _field(row, version, random)
        for name, row in model.fields(version).items()
        if row.required or random.random() < 0.4
    }
    if random.random() < 0.1 and not model.closed:
        body["x_unknown"] = {"nested": [1, None]}
    return body


def _field(row: Field, version: str, random: Random) -> Any:
    if not row.is_list:
        return _type(row.type, version, random)
    items = [_type(row.type, version, random) for _ in range(random.randint(row.card == SOME, 2))]
    if isinstance(row.type, Model) and row.type.key:
        items = list({item[row.type.key].upper(): item for item in items}.values())
    return items


def _type(kind: Type, version: str, random: Random) -> Any:
    if isinstance(kind, Model):
        return _model(kind, version, random)
    if isinstance(kind, Enum):
        words = sorted(kind.by_version[version])
        return random.choice([*words, "X_NEW"] if kind.is_open and version == V230 else words)
    if isinstance(kind, DateTime):
        day, fraction = random.randint(0, 335), random.choice(["", ".250"])
        return f"2026-{day // 28 + 1:02}-{day % 28 + 1:02}T09:30:{random.randint(0, 59):02}{fraction}Z"
    if isinstance(kind, Int):
        return random.randint(kind.least or 0, min(kind.most or 100_000, 100_000))
    if isinstance(kind, Number):
        scale = random.randint(0, kind.decimals)
        whole = random.randint(-99_999, 99_999)
        return Decimal(whole).scaleb(-scale) if scale else whole
    if isinstance(kind, Bool):
        return random.random() < 0.5
    if isinstance(kind, Code) and kind.codes:
        return random.choice(["EUR", "USD"])
    if isinstance(kind, Zone):
        return random.choice(["Europe/Brussels", "Etc/UTC"])
    if isinstance(kind, Pattern):
        return random.choice([text for text in SHAPED if re.fullmatch(kind.shape(version), text)])
    if isinstance(kind, Url):
        return random.choice(["https://example.com/a", "https://example.org/b?c=d"])
    assert isinstance(kind, Text)
    letters = "abcXYZ0189-*|" if isinstance(kind, Ascii) else "abc XYZ 019 éß漢/~"
    longest = kind.most(version) or 60
    return "".join(random.choices(letters, k=random.choice([1, min(longest, 8), min(longest, 60)])))
