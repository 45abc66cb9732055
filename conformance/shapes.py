"""What an OCPI object must look like in one version: fields, types, lengths, enumerations.

The facts stand in `objects.txt`. `faults` names every departure with a JSON
Pointer; it judges what a sender must write, so it is strict where a receiver
would be lenient. Fields that the specification does not know are no fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from conformance import VERSIONS

NUMBER = (int, float)
DATE_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?$")
LATITUDE = {"2.1.1": r"-?\d{1,2}\.\d{6}$"}
LONGITUDE = {"2.1.1": r"-?\d{1,3}\.\d{6}$"}
PATTERNS = {
    ("RegularHours", "period_begin"): r"([01]\d|2[0-3]):[0-5]\d$",
    ("RegularHours", "period_end"): r"([01]\d|2[0-3]):[0-5]\d$",
    ("TariffRestrictions", "start_time"): r"([01]\d|2[0-3]):[0-5]\d$",
    ("TariffRestrictions", "end_time"): r"([01]\d|2[0-3]):[0-5]\d$",
    ("TariffRestrictions", "start_date"): r"\d{4}-\d\d-\d\d$",
    ("TariffRestrictions", "end_date"): r"\d{4}-\d\d-\d\d$",
    ("Location", "country"): r"[A-Za-z]{3}$",
    ("Tariff", "currency"): r"[A-Z]{3}$",
    ("Session", "currency"): r"[A-Z]{3}$",
    ("CDR", "currency"): r"[A-Z]{3}$",
}


@dataclass(frozen=True)
class Field:
    """One line of an object table."""

    name: str
    type: str
    cardinality: str

    @property
    def required(self) -> bool:
        return self.cardinality in "1+"

    @property
    def is_list(self) -> bool:
        return self.cardinality in "*+"


@dataclass(frozen=True)
class Enumeration:
    """The values of one enumeration; an open one allows others."""

    values: frozenset[str]
    is_open: bool


@cache
def tables(version: str) -> dict[str, tuple[Field, ...] | Enumeration]:
    """Every object and enumeration of a version."""
    found: dict[str, Any] = {}
    text = (Path(__file__).parent / "objects.txt").read_text()
    for block in re.split(r"\n{2,}", re.sub(r"^#.*\n", "", text, flags=re.M).strip()):
        head, *lines = block.splitlines()
        if head.startswith("enum "):
            _, name, *opens = head.split()
            values = [line.partition(": ") for line in lines]
            known = {
                v for versions, _, given in values if version in _spread(versions) for v in given.split()
            }
            found[name] = Enumeration(frozenset(known), any(version in _spread(v) for v in opens[1:]))
        else:
            fields = [line.split(None, 3) for line in lines]
            found[head] = tuple(
                Field(n, t, c) for n, t, c, versions in fields if version in _spread(versions)
            )
    return found


def _spread(versions: str) -> tuple[str, ...]:
    if versions.strip() == "all":
        return VERSIONS
    return VERSIONS[1:] if versions.strip() == "2.2.1+" else tuple(versions.split())


def faults(kind: str, value: Any, version: str) -> list[str]:
    """Every departure of a value from its object table, as `/pointer: what is wrong`."""
    found: list[str] = []
    _object(kind, value, version, "", found)
    return found


def _object(kind: str, value: Any, version: str, at: str, found: list[str]) -> None:
    if not isinstance(value, dict):
        found.append(f"{at or '/'}: is {_named(value)}, must be an object ({kind})")
        return
    for field in tables(version)[kind]:  # type: ignore[union-attr]
        given, here = value.get(field.name), f"{at}/{field.name}"
        if given is None:
            if field.required:
                found.append(f"{here}: required, but {'null' if field.name in value else 'absent'}")
        elif not field.is_list:
            _value(kind, field, given, version, here, found)
        elif not isinstance(given, list):
            found.append(f"{here}: is {_named(given)}, must be a list")
        elif not given and field.cardinality == "+":
            found.append(f"{here}: must have at least one entry")
        else:
            for number, each in enumerate(given):
                _value(kind, field, each, version, f"{here}/{number}", found)


def _value(owner: str, field: Field, value: Any, version: str, at: str, found: list[str]) -> None:
    base, _, limit = field.type.rstrip(")").partition("(")
    table = tables(version).get(base)
    if isinstance(table, tuple):
        _object(base, value, version, at, found)
        return
    if fault := _simple(owner, field, base, value, version):
        found.append(f"{at}: {fault}")
    elif isinstance(value, str) and limit.isdigit() and len(value) > int(limit):
        found.append(f"{at}: {len(value)} characters, at most {limit} allowed")


def _simple(owner: str, field: Field, base: str, value: Any, version: str) -> str:
    if base in ("number", "int"):
        if isinstance(value, bool) or not isinstance(value, NUMBER):
            return f"is {_named(value)}, must be a JSON number"
        return "must be a whole number" if base == "int" and value != int(value) else ""
    if base == "boolean":
        return "" if isinstance(value, bool) else f"is {_named(value)}, must be true or false"
    if not isinstance(value, str):
        return f"is {_named(value)}, must be a string"
    enumeration = tables(version).get(base)
    if isinstance(enumeration, Enumeration):
        known = enumeration.is_open or value in enumeration.values
        return "" if known else f"{value!r} is no {base} of {version}"
    if base == "DateTime":
        return date_fault(value)
    if base == "URL":
        return url_fault(value)
    if base == "CiString" and not re.fullmatch(r"[\x20-\x7e]*", value):
        return "may have printable ASCII characters only (CiString)"
    return _pattern(owner, field.name, value, version)


def _pattern(owner: str, name: str, value: str, version: str) -> str:
    if name in ("latitude", "longitude"):
        digits = "2" if name == "latitude" else "3"
        pattern = (LATITUDE if name == "latitude" else LONGITUDE).get(
            version, rf"-?\d{{1,{digits}}}\.\d{{5,7}}$"
        )
    else:
        pattern = PATTERNS.get((owner, name), "")
    return "" if not pattern or re.match(pattern, value) else f"{value!r} does not have the form {pattern}"


def date_fault(value: Any) -> str:
    """What is wrong with a DateTime: UTC, with Z or nothing, at most 25 characters."""
    if not isinstance(value, str):
        return f"is {_named(value)}, must be a DateTime"
    if not DATE_TIME.match(value):
        return f"{value!r} is no DateTime (UTC, written with Z or nothing)"
    return f"{value!r} has more than 25 characters" if len(value) > 25 else ""


def moment(value: Any) -> datetime | None:
    """The instant that a DateTime names, with or without fractions and Z; None where it names none."""
    try:
        read = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return read if read is None or read.tzinfo else read.replace(tzinfo=UTC)


def earlier(one: Any, other: Any) -> bool:
    """Whether the first DateTime is before the second; False where either is none: others judge that."""
    first, second = moment(one), moment(other)
    return first is not None and second is not None and first < second


def url_fault(value: Any) -> str:
    """What is wrong with a URL: absolute, at most 255 characters."""
    if not isinstance(value, str) or not re.match(r"https?://[^/\s]+", value, re.I):
        return f"{value!r} is no absolute URL"
    return "has more than 255 characters" if len(value) > 255 else ""


def _named(value: Any) -> str:
    names = {bool: "a boolean", str: "a string", list: "a list", dict: "an object", type(None): "null"}
    return names.get(type(value), "a number")
