"""The tables compiled to pydantic validators: whether an object is clean, in one call.

A clean object is one about which the lenient reader would note and repair nothing.
The validators look and answer yes or no; they copy nothing out and explain nothing.
pydantic is loaded on the first use.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import Any

from pydantic_core import SchemaValidator

from chalicelib.ocpi.models import base
from chalicelib.ocpi.versions import zones

# As sent on the wire, and a day that exists; 29 February is left to the closer look.
_DATETIME = (
    r"^(?:19|20)[0-9]{2}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{3})?Z$"
)


def _degrees(kind: base.Degrees) -> str:
    """As sent on the wire, short of the largest degree; what is beyond is left to the closer look."""
    whole = "[0-8]?[0-9]" if kind.most_degrees == 90 else "(?:[0-9]{1,2}|1[0-7][0-9])"
    return rf"^-?{whole}\.[0-9]{{5,7}}$"


@cache
def validate(model: base.Model, version: str, partial: bool) -> Any:
    """The `isinstance_python` of a compiled table: object to bool."""
    return SchemaValidator(_object(model, version, partial)).isinstance_python


def _object(model: base.Model, version: str, partial: bool = False, named_by: str = "") -> Any:
    fields = {
        name: {
            "type": "typed-dict-field",
            "schema": _field(row, version, partial),
            "required": name == named_by or (row.required and not partial),
        }
        for name, row in model.fields(version).items()
    }
    for name, (row, newer) in model.foreign(version).items():
        schema = {"type": "nullable", "schema": _field(row, newer)}
        fields[name] = {"type": "typed-dict-field", "schema": schema, "required": False}
    for others in model.elsewhere(version).values():
        for name in others:
            fields[name] = {"type": "typed-dict-field", "schema": {"type": "none"}, "required": False}
    extra = "forbid" if model.closed else "ignore"
    return {"type": "typed-dict", "fields": fields, "extra_behavior": extra, "strict": True}


@cache
def field(row: base.Field, version: str) -> Any:
    """The check of one field's values that are no objects; None for a field that holds objects."""
    if isinstance(row.type, base.Model):
        return None
    return SchemaValidator(_field(row, version)).isinstance_python


@cache
def rows(model: base.Model, version: str) -> tuple[tuple[str, base.Field, Any], ...]:
    """The fields of a table, each with what tells that a value is clean; None for lists of objects."""
    return tuple(
        (name, row, field(row, version) if row.is_list else clean(row.type, version) or field(row, version))
        for name, row in model.fields(version).items()
    )


@cache
def clean(kind: base.Type, version: str) -> Any:
    """Whether an object has nothing to be noted, in one call; None for what is no object."""
    if not isinstance(kind, base.Model):
        return None
    check = validate(kind, version, False)
    return lambda item: check(item) and not repeats(kind, item, version)


def repeats(model: base.Model, obj: dict[str, Any], version: str) -> bool:
    """Whether an object that is clean by itself has two things of one name in a list."""
    for name, part, is_list in _keyed(model, version):
        items = obj.get(name)
        if not items:
            continue
        if not is_list:
            items = (items,)
        elif part.key and len(items) > 1 and len({item[part.key].upper() for item in items}) < len(items):
            return True
        if _keyed(part, version):
            for item in items:
                if repeats(part, item, version):
                    return True
    return False


@cache
def _keyed(model: base.Model, version: str) -> tuple[tuple[str, base.Model, bool], ...]:
    """The fields of a table, as that version reads it, in which things have names, at any depth."""
    rows = model.fields(version) | {name: row for name, (row, _) in model.foreign(version).items()}
    return tuple(
        (name, row.type, row.is_list)
        for name, row in rows.items()
        if isinstance(row.type, base.Model) and (row.type.key or _keyed(row.type, version))
    )


def _field(row: base.Field, version: str, partial: bool = False) -> Any:
    if partial and row.name in base.PARTIAL_PARTS and isinstance(row.type, base.Model):
        schema = _object(row.type, version, True, base.PARTIAL_PARTS[row.name])
    else:
        schema = _type(row.type, version)
    if schema.get("type") == "str" and not row.required and not row.is_list:
        schema = {"min_length": 1, **schema}
    if row.is_list:
        schema = {"type": "list", "items_schema": schema, "strict": True}
        if row.card == base.SOME:
            schema["min_length"] = 1
    return schema if row.required else {"type": "nullable", "schema": schema}


def _type(kind: base.Type, version: str) -> Any:
    if isinstance(kind, base.Model):
        return _object(kind, version)
    if isinstance(kind, base.Enum):
        return {"type": "literal", "expected": sorted(kind.tolerated)}
    if isinstance(kind, base.DateTime):
        return {"type": "str", "strict": True, "pattern": _DATETIME}
    if isinstance(kind, base.Int):
        return {
            "type": "int",
            "strict": True,
            "ge": -(2**63) if kind.least is None else kind.least,
            "le": 2**63 - 1 if kind.most is None else kind.most,
        }
    if isinstance(kind, base.Number):
        return {
            "type": "union",
            "mode": "left_to_right",
            "choices": [{"type": "int", "strict": True}, {"type": "is-instance", "cls": Decimal}],
        }
    if isinstance(kind, base.Bool):
        return {"type": "bool", "strict": True}
    if isinstance(kind, base.Zone):
        return {"type": "literal", "expected": sorted(zones.KNOWN)}
    if isinstance(kind, base.Code) and kind.codes:
        return {"type": "literal", "expected": sorted(kind.codes)}
    assert isinstance(kind, base.Text)
    schema: dict[str, Any] = {"type": "str", "strict": True}
    if kind.most(version):
        schema["max_length"] = kind.most(version)
    if isinstance(kind, base.Id):
        schema["pattern"] = r"^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$"
    elif isinstance(kind, base.Degrees):
        schema["pattern"] = _degrees(kind)
    elif isinstance(kind, base.Pattern):
        schema["pattern"] = f"^(?:{kind.shape(base.V230)})$"
    elif isinstance(kind, base.Url):
        schema["pattern"] = r"^[A-Za-z][A-Za-z0-9+.-]*://[^\s]+$"
    return schema
