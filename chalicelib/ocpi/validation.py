"""One object of ours held against its table, field by field, with a place for everything that is wrong.

Strict: what we send is as the specification has it, so nothing is repaired or forgiven.
What partners send is read in `tolerance`. The compiled validators answer the common
case, "nothing to note", faster. It converts nothing between versions.

Spec: 2.3.0 types, terminology_cardinality
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from chalicelib.ocpi import timestamps
from chalicelib.ocpi.findings import Finding, step
from chalicelib.ocpi.models.base import (
    PARTIAL_PARTS,
    V230,
    Ascii,
    Code,
    DateTime,
    Enum,
    Field,
    Id,
    Int,
    Model,
    Number,
    Pattern,
    Text,
    Type,
    Url,
)
from chalicelib.ocpi.scalars import (
    ABSOLUTE,
    LARGEST_EXPONENT,
    LARGEST_INT,
    PRINTABLE_ASCII,
    shown,
    sound,
)
from chalicelib.ocpi.tolerance import MOST_FINDINGS

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class Validator:
    """Holds objects of one version against their tables and collects what it finds."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.findings: list[Finding] = []

    def note(self, pointer: str, code: str, message: str) -> None:
        """Remember one thing that is wrong."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(pointer, code, message))

    def validate(
        self, model: Model, value: Any, pointer: str = "", *, partial: bool = False, named_by: str = ""
    ) -> None:
        """Note what is wrong with an object; a `partial` one may lack all but the field it is `named_by`."""
        if type(value) is not dict:
            self.note(pointer, "wrong_type", f"expected an object ({model.name}), got {shown(value)}")
            return
        for name, row in model.fields(self.version).items():
            if name in value:
                self._field(row, value[name], step(pointer, name), partial)
            elif name == named_by or (row.required and not partial):
                self.note(step(pointer, name), "missing", "required, but missing")
        foreign = model.foreign(self.version)
        for name in foreign.keys() & value.keys():
            if value[name] is not None:
                row, version = foreign[name]
                inner = Validator(version)
                inner._field(row, value[name], step(pointer, name), False)
                self.findings += inner.findings[: MOST_FINDINGS - len(self.findings)]

    def _field(self, row: Field, value: Any, pointer: str, partial: bool) -> None:
        if value is None:
            if row.required:
                self.note(pointer, "missing", "required, must not be null")
            elif partial:
                self.note(pointer, "null", "a PATCH removes nothing; null is not sent in one")
            return
        if not row.is_list:
            self._value(row.type, value, pointer)
            return
        if type(value) is not list:
            self.note(pointer, "wrong_type", f"expected a list, got {shown(value)}")
            return
        if not value and row.required:
            self.note(pointer, "empty", "needs at least one entry")
        named_by = PARTIAL_PARTS.get(row.name, "") if partial else ""
        for index, item in enumerate(value):
            where = step(pointer, index)
            if named_by and isinstance(row.type, Model):
                self.validate(row.type, item, where, partial=True, named_by=named_by)
            else:
                self._value(row.type, item, where)

    def _value(self, kind: Type, value: Any, pointer: str) -> None:
        if isinstance(kind, Model):
            self.validate(kind, value, pointer)
        elif isinstance(kind, Enum):
            self._enum(kind, value, pointer)
        elif isinstance(kind, Text):
            self._text(kind, value, pointer)
        elif isinstance(kind, DateTime):
            self._datetime(value, pointer)
        elif isinstance(kind, Int):
            self._int(kind, value, pointer)
        elif isinstance(kind, Number):
            self._number(kind, value, pointer)
        elif type(value) is not bool:
            self.note(pointer, "wrong_type", f"expected true or false, got {shown(value)}")

    def _enum(self, kind: Enum, value: Any, pointer: str) -> None:
        if type(value) is not str:
            self.note(pointer, "wrong_type", f"expected a {kind.name}, got {shown(value)}")
        elif value not in kind.by_version[self.version] and not (
            kind.is_open and self.version == V230 and value
        ):
            self.note(pointer, "unknown_enum", f"unknown {kind.name} {shown(value)}")

    def _text(self, kind: Text, value: Any, pointer: str) -> None:
        if type(value) is not str:
            self.note(pointer, "wrong_type", f"expected a string, got {shown(value)}")
            return
        if not sound(value):
            self.note(pointer, "malformed", "holds a lone surrogate")
            return
        if isinstance(kind, Id):
            if not value or not PRINTABLE_ASCII.fullmatch(value):
                self.note(pointer, "malformed", "an identifier is printable ASCII and not empty")
        elif not PRINTABLE_ASCII.fullmatch(value) if isinstance(kind, Ascii) else _CONTROL.search(value):
            self.note(pointer, "malformed", "holds characters that this type does not allow")
        most = kind.taken or kind.most(self.version)
        if most and len(value) > most:
            self.note(pointer, "too_long", f"{len(value)} characters, at most {most} allowed")
        elif isinstance(kind, Pattern):
            shape = kind.shape(self.version)
            if not re.fullmatch(shape, value, re.ASCII):
                self.note(pointer, "malformed", f"{shown(value)} is not of the form {shape}")
            elif isinstance(kind, Code) and kind.codes and value not in kind.codes:
                self.note(pointer, "malformed", f"{shown(value)} is no code of ISO 4217")
        elif isinstance(kind, Url) and not ABSOLUTE.fullmatch(value):
            self.note(pointer, "malformed", "not an absolute URL")

    def _datetime(self, value: Any, pointer: str) -> None:
        if type(value) is not str:
            self.note(pointer, "wrong_type", f"expected a DateTime, got {shown(value)}")
        elif not timestamps.is_wire(value):
            try:
                wire = timestamps.wire_timestamp(value)
            except ValueError:
                self.note(pointer, "malformed", f"{shown(value)} is not a DateTime in UTC")
                return
            if not timestamps.is_permitted(value):
                self.note(pointer, "malformed", f"{shown(value)} read as {wire}")

    def _int(self, kind: Int, value: Any, pointer: str) -> None:
        if type(value) is not int:
            self.note(pointer, "wrong_type", f"expected a whole number, got {shown(value)}")
        elif abs(value) > LARGEST_INT:
            self.note(pointer, "out_of_range", "number out of range")
        elif (kind.least is not None and value < kind.least) or (kind.most is not None and value > kind.most):
            self.note(pointer, "out_of_range", f"{value} is not {kind.bounds}")

    def _number(self, kind: Number, value: Any, pointer: str) -> None:
        if type(value) is not int and type(value) is not Decimal:
            self.note(pointer, "wrong_type", f"expected a number, got {shown(value)}")
        elif type(value) is Decimal:
            if not value.is_finite() or abs(value.adjusted()) > LARGEST_EXPONENT:
                self.note(pointer, "out_of_range", "number out of range")
            elif _decimals(value) > kind.decimals:
                self.note(pointer, "too_long", f"more than {kind.decimals} decimals")


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
