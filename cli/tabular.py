"""Objects out of a spreadsheet: a map from OCPI's fields to the columns of a CSV file.

    {"country_code": "=NL", "party_id": "=EXA", "id": "Site", "publish": "=true",
     "coordinates.latitude": "Lat:coordinate", "coordinates.longitude": "Lon:coordinate",
     "last_updated": "=now",
     "evses[].uid": "Charger", "evses[].status": "State",
     "evses[].connectors[].id": "Plug", "evses[].connectors[].max_voltage": "Volt:number"}

A field is a path; `[]` is a list, whose items are told apart by the first of
their fields in the map. Rows that have the same first fields are one object.
A value is a column, with `:number`, `:boolean`, `:coordinate`, `:list` or `:json`
where it is not just text, or `=constant`; `=now` is this moment. Without a map the headings are
the paths, and what `export` wrote is read back: true and false, lists and objects. An empty cell is
an absent field.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, DecimalException
from typing import Any

from chalicelib.ocpi import jsontext

_PATH = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\[\])?(\.[A-Za-z_][A-Za-z0-9_]*(\[\])?)*")


class Unfitting(Exception):
    """A map or a table that does not say what an object is; the message says where."""


def _boolean(text: str) -> bool:
    known = dict.fromkeys(("true", "yes", "y", "1"), True) | dict.fromkeys(("false", "no", "n", "0"), False)
    if text.lower() not in known:
        raise ValueError(text)
    return known[text.lower()]


def _number(text: str) -> Any:
    try:
        number = Decimal(text)
    except DecimalException:
        raise ValueError(text) from None
    if not number.is_finite():
        raise ValueError(text)
    return int(number) if re.fullmatch(r"-?\d+", text) else number


def _coordinate(text: str) -> str:
    """Degrees with the five to seven decimals that OCPI asks for."""
    whole, _, decimals = text.replace(",", ".").partition(".")
    if not re.fullmatch(r"-?\d{1,3}", whole) or not re.fullmatch(r"\d*", decimals):
        raise ValueError(text)
    return f"{whole}.{decimals[:7]:0<5}"


def _exported(text: str) -> Any:
    """What `export` wrote in a cell: true or false, a list or an object as JSON, else text."""
    if text in ("true", "false"):
        return text == "true"
    if text[:1] in ("[", "{"):
        try:
            return jsontext.loads(text)
        except ValueError:
            return text
    return text


KINDS: Mapping[str, Callable[[str], Any]] = {
    "number": _number,
    "boolean": _boolean,
    "list": lambda text: [each.strip() for each in re.split("[,;]", text) if each.strip()],
    "json": jsontext.loads,
    "coordinate": _coordinate,
}


@dataclass(frozen=True)
class _Field:
    """One field of the map: its path in steps, and where its value comes from."""

    path: str
    steps: tuple[str, ...]
    column: str = ""
    constant: Any = None
    kind: str = ""


def objects(text: str, mapping: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects of a CSV text. Raises Unfitting."""
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], ",;\t")
    except csv.Error:
        dialect = csv.excel
    reader = csv.DictReader(io.StringIO(text), dialect=dialect, restkey="")
    headings = [each.strip() for each in reader.fieldnames or []]
    reader.fieldnames = headings
    fields = [_field(path, said, headings) for path, said in (mapping or _by_headings(headings)).items()]
    read = _exported if not mapping else str
    keys = _keys(fields)
    found: dict[Any, dict[str, Any]] = {}
    heads = [
        each for each in fields if each.path.rpartition(".")[2] in ("id", "uid") and len(each.steps) == 1
    ]
    for row in reader:
        values = {each.path: _value(each, row, reader.line_num, read) for each in fields}
        if all(values[each.path] is None for each in fields if each.column):
            continue
        key = tuple(str(values[each.path]) for each in heads) or (reader.line_num,)
        _fill(found.setdefault(key, {}), fields, keys, values)
    return list(found.values())


def _by_headings(headings: list[str]) -> dict[str, str]:
    return {each.partition(":")[0]: each for each in headings if each}


def _field(path: str, said: Any, headings: list[str]) -> _Field:
    if not _PATH.fullmatch(path):
        raise Unfitting(f"{path!r} is no path of a field, such as coordinates.latitude or evses[].uid")
    steps = tuple(path.split("."))
    if not isinstance(said, str):
        return _Field(path, steps, constant=said)
    if said == "=now":
        return _Field(path, steps, constant=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
    if said.startswith("="):
        try:
            return _Field(path, steps, constant=jsontext.loads(said[1:]))
        except ValueError:
            return _Field(path, steps, constant=said[1:])
    column, _, kind = said.rpartition(":")
    if kind not in KINDS or (said in headings and not column):
        column, kind = said, ""
    for name in (said, column):
        if name in headings:
            return _Field(path, steps, column=name, kind=kind)
    raise Unfitting(f"no column {column!r} for {path}; there are {', '.join(map(repr, headings))}")


def _value(field: _Field, row: Mapping[str, Any], line: int, read: Callable[[str], Any]) -> Any:
    if not field.column:
        return field.constant
    text = (row.get(field.column) or "").strip()
    if not text:
        return None
    try:
        return KINDS[field.kind](text) if field.kind else read(text)
    except ValueError:
        raise Unfitting(f"line {line}: {field.column}: {text[:40]!r} is no {field.kind}") from None


def _keys(fields: list[_Field]) -> dict[str, _Field]:
    """Of each list in the map the field that tells its items apart. Raises Unfitting."""
    keys: dict[str, _Field] = {}
    for field in fields:
        for depth, step in enumerate(field.steps[:-1], 1):
            name = ".".join(field.steps[:depth])
            if step.endswith("[]") and name not in keys:
                if len(field.steps) != depth + 1:
                    raise Unfitting(f"{field.path}: begin {name} with the field that tells its items apart")
                keys[name] = field
    return keys


def _fill(
    target: dict[str, Any], fields: list[_Field], keys: Mapping[str, _Field], values: Mapping[str, Any]
) -> None:
    """Write a row's values into the object; where the key of a list's item is empty, it has none here."""
    for field in fields:
        value = values[field.path]
        place: Any = target
        for depth, step in enumerate(field.steps[:-1], 1):
            key = keys.get(".".join(field.steps[:depth]))
            if key is None:
                place = place.setdefault(step, {}) if value is not None else place
            elif values[key.path] is None:
                value = None
            elif value is not None:
                place = _item(place.setdefault(step[:-2], []), key.steps[-1], values[key.path])
        if value is not None:
            _set(place, field.steps[-1], value)


def _item(rows: list[dict[str, Any]], name: str, value: Any) -> dict[str, Any]:
    """The item of this key, made where there is none."""
    for each in rows:
        if each.get(name) == value:
            return each
    rows.append({name: value})
    return rows[-1]


def _set(place: dict[str, Any], name: str, value: Any) -> None:
    if not name.endswith("[]"):
        place.setdefault(name, value)
    elif value not in place.setdefault(name[:-2], []):
        place[name[:-2]].append(value)
