"""Whether what we are sent is what its version says: required fields, types, lengths, values.

A field that nobody knows is no fault. Spec: 2.3.0 transport_and_format "Non-specified JSON fields"
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from sandbox.messages import Refused, moment
from sandbox.objects import OBJECTS, OPEN, VALUES
from sandbox.parties import VERSIONS

Object = dict[str, Any]
COORDINATES = {"latitude": r"-?[0-9]{1,2}\.[0-9]{5,7}", "longitude": r"-?[0-9]{1,3}\.[0-9]{5,7}"}


@dataclass(frozen=True)
class Field:
    """One field of an object in one version."""

    name: str
    type: str
    card: str

    @property
    def required(self) -> bool:
        return self.card in "1+"

    @property
    def many(self) -> bool:
        return self.card in "*+"


@cache
def fields(kind: str, version: str) -> tuple[Field, ...]:
    """Those this version has."""
    found = []
    for line in OBJECTS[kind].replace("\n", ";").split(";"):
        words = line.split()
        if words and version in _versions(words[3] if len(words) > 3 else ""):
            found.append(Field(*words[:3]))
    return tuple(found)


def _versions(text: str) -> tuple[str, ...]:
    if not text:
        return VERSIONS
    return VERSIONS[VERSIONS.index(text[:-1]) :] if text.endswith("+") else (text,)


def check(kind: str, thing: Any, version: str, partial: bool = False) -> None:
    """Raises Refused (2001) naming what is wrong; with `partial` required fields may be missing."""
    found = list(problems(kind, thing, version, partial))
    if found:
        raise Refused("; ".join(found[:5]))


def problems(kind: str, thing: Any, version: str, partial: bool = False, at: str = "") -> Iterator[str]:
    """Everything wrong with it, each as `/pointer: what`."""
    if not isinstance(thing, dict):
        yield f"{at or '/'}: an object is expected"
        return
    for field in fields(kind, version):
        value, pointer = thing.get(field.name), f"{at}/{field.name}"
        if value is None or value == []:
            missing = field.name not in thing if partial else True
            if field.required and not (partial and missing):
                yield f"{pointer}: required"
        elif field.many:
            if not isinstance(value, list):
                yield f"{pointer}: a list is expected"
                continue
            for number, each in enumerate(value):
                yield from _problems(field.type, each, version, f"{pointer}/{number}")
        else:
            yield from _problems(field.type, value, version, pointer)


def unknown(kind: str, thing: Object, version: str) -> list[str]:
    """Names at the top that this version does not have."""
    known = {each.name for each in fields(kind, version)}
    return [name for name in thing if name not in known]


def _problems(kind: str, value: Any, version: str, at: str) -> Iterator[str]:
    if kind in OBJECTS:
        yield from problems(kind, value, version, at=at)
    elif kind in VALUES:
        tolerant = version == "2.3.0" and kind in OPEN and isinstance(value, str)
        if not tolerant and value not in VALUES[kind].split():
            yield f"{at}: not one of the values of the specification"
    elif not _fits(kind, value):
        yield f"{at}: {kind} is expected"


def _fits(kind: str, value: Any) -> bool:
    if kind == "any":
        return True
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "num":
        return isinstance(value, int | Decimal) and not isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind == "date":
        return _is_date(value)
    if kind == "url":
        return re.match(r"https?://\S+$", value) is not None and len(value) <= 255
    if kind in COORDINATES:
        return re.fullmatch(COORDINATES[kind], value) is not None
    return 0 < len(value) <= int(kind.lstrip("cistr"))


def _is_date(text: str) -> bool:
    try:
        moment(text)
    except ValueError:
        return False
    return "T" in text
