"""Objects as the field writes them: one habit of a peer's applied to a whole object, by its tables.

Each habit is a function of a row and its value; `written` applies it wherever it fits, at any
depth. What a habit means is the same object: nothing may be lost of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from chalicelib.ocpi import models
from chalicelib.ocpi.models.base import (
    Bool,
    DateTime,
    Degrees,
    Enum,
    Field,
    Id,
    Int,
    Model,
    Number,
    TimeOfDay,
)

Habit = Callable[[Field, Any], Any]


def _strings(row: Field, value: Any) -> Any:
    """A spreadsheet: numbers and booleans in quotes."""
    if isinstance(row.type, Number | Int) and type(value) in (int, Decimal):
        return str(value)
    return str(value) if isinstance(row.type, Bool) and type(value) is bool else value


def _numbers(row: Field, value: Any) -> Any:
    """A scripting language: what looks like a number is one."""
    if isinstance(row.type, Degrees):
        return Decimal(value)
    if isinstance(row.type, Bool):
        return int(value)
    is_id = isinstance(row.type, Id) and type(value) is str
    return int(value) if is_id and re.fullmatch("[1-9][0-9]{0,15}", value) else value


def _lower(row: Field, value: Any) -> Any:
    """Words in lower case with blanks, countries and currencies too."""
    if isinstance(row.type, Enum) and type(value) is str:
        return value.lower().replace("_", " ")
    return value.lower() if row.name in ("currency", "country") and type(value) is str else value


def _titles(row: Field, value: Any) -> Any:
    """A strongly typed language: words in camel case."""
    if isinstance(row.type, Enum) and type(value) is str and "_" in value:
        return value.title().replace("_", "")
    return value


def _lists(row: Field, value: Any) -> Any:
    """An array library: whatever is alone in a list of one."""
    return value if row.is_list else [value]


def _singles(row: Field, value: Any) -> Any:
    """XML turned into JSON: a list of one is the one."""
    return value[0] if row.is_list and len(value) == 1 else value


def _maps(row: Field, value: Any) -> Any:
    """PHP: a list of which something was taken out."""
    return {str(at + 1): each for at, each in enumerate(value)} if row.is_list and value else value


def _offsets(row: Field, value: Any) -> Any:
    """Local time with its offset."""
    if isinstance(row.type, DateTime) and "T09" <= value[10:13] <= "T20":
        return f"{value[:11]}{int(value[11:13]) + 2:02}{value[13:].rstrip('Z')}+02:00"
    return value


def _database(row: Field, value: Any) -> Any:
    """A database's own text of a time, with nine decimals where it says none."""
    if isinstance(row.type, DateTime) and len(value) == 20:
        return f"{value[:10]} {value[11:19]}.000000000+00"
    return f"{value}:00" if isinstance(row.type, TimeOfDay) else value


def _naive(row: Field, value: Any) -> Any:
    """Times without a designator."""
    return value.rstrip("Z") if isinstance(row.type, DateTime) else value


def _blanks(row: Field, value: Any) -> Any:
    """Blanks around whatever is no text for people."""
    kinds = Id | Enum | DateTime | Degrees | TimeOfDay
    return f" {value} " if isinstance(row.type, kinds) and type(value) is str else value


def _commas(row: Field, value: Any) -> Any:
    """Coordinates with a comma."""
    return value.replace(".", ",") if isinstance(row.type, Degrees) else value


HABITS: dict[str, Habit] = {
    each.__name__.strip("_"): each
    for each in (
        *(_strings, _numbers, _lower, _titles, _lists, _singles, _maps, _offsets, _database, _naive),
        *(_blanks, _commas),
    )
}


def written(kind: str, version: str, body: dict[str, Any], habit: str) -> dict[str, Any]:
    """The object as somebody with this habit writes it."""
    return _model(models.model(kind), version, body, HABITS[habit])


def emptied(kind: str, version: str, body: dict[str, Any], empty: Any) -> dict[str, Any]:
    """The object with this value in each optional field that it does not have, at any depth."""
    return _filled(models.model(kind), version, body, empty)


def renamed(value: Any, spell: Callable[[str], str]) -> Any:
    """The object with all its names spelled so."""
    if isinstance(value, dict):
        return {spell(name): renamed(each, spell) for name, each in value.items()}
    return [renamed(each, spell) for each in value] if isinstance(value, list) else value


def camel(name: str) -> str:
    """`last_updated` as `lastUpdated`."""
    first, *rest = name.split("_")
    return first + "".join(each.title() for each in rest)


def _model(model: Model, version: str, body: dict[str, Any], habit: Habit) -> dict[str, Any]:
    rows = model.fields(version)
    return {
        name: _field(rows[name], version, value, habit) if name in rows and value is not None else value
        for name, value in body.items()
    }


def _field(row: Field, version: str, value: Any, habit: Habit) -> Any:
    def inside(each: Any) -> Any:
        return _model(row.type, version, each, habit) if isinstance(row.type, Model) else each

    if not row.is_list:
        return habit(row, inside(value))
    whole = [inside(each) for each in value]
    if not isinstance(row.type, Model):
        one = Field(row.name, row.type)
        whole = [habit(one, each) for each in whole] if habit is not _lists else whole
    return habit(row, whole)


def _filled(model: Model, version: str, body: dict[str, Any], empty: Any) -> dict[str, Any]:
    out = dict(body)
    for name, row in model.fields(version).items():
        value = body.get(name)
        if value is None and not row.required:
            out[name] = empty
        elif value is not None and isinstance(row.type, Model):
            out[name] = (
                [_filled(row.type, version, each, empty) for each in value]
                if row.is_list
                else _filled(row.type, version, value, empty)
            )
    return out
