"""One object held against its table, field by field, with a place for everything that is wrong.

Lenient (what partners send): refuses only what cannot be used, notes the rest,
and repairs what has one meaning. Strict (what we send): repairs and forgives
nothing. The compiled validators answer the common case, "nothing to note", faster;
this room is asked when they say no. It converts nothing between versions.

Spec: 2.3.0 types, terminology_cardinality; AMB-03, AMB-04, AMB-11, AMB-37, AMB-38, AMB-53, AMB-63
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from chalicelib.ocpi import timestamps
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import Finding, step
from chalicelib.ocpi.models.base import (
    PARTIAL_PARTS,
    V211,
    V230,
    Ascii,
    Bool,
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

# Fields that may be missing, and what that is read as (AMB-56, AMB-80).
ASSUMED = {("Tariff", "tax_included"): "NO"}

# Where a missing last_updated becomes the time of reception (AMB-29).
RECEPTION_TIME = {"ClientInfo"}

# A longer list of complaints helps nobody; a 10 MB body may hold a million.
MOST_FINDINGS = 100

_PRINTABLE_ASCII = re.compile(r"[\x20-\x7e]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s]+")
# The largest integer that every JSON reader keeps.
_LARGEST_INT = 2**63 - 1


class Validator:
    """Holds objects of one version against their tables and collects what it finds."""

    def __init__(self, version: str, *, strict: bool = False, now: str | None = None) -> None:
        self.version = version
        self.strict = strict
        self.now = now
        self.findings: list[Finding] = []

    def note(self, pointer: str, code: str, message: str) -> None:
        """Remember something that does not stop the object."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(pointer, code, message))

    def refuse(self, pointer: str, code: str, message: str) -> None:
        """Stop a partner's object with 2001; among what we send it is one finding of several."""
        if not self.strict:
            raise InvalidParameters(message, pointer)
        self.note(pointer, code, message)

    def validate(
        self, model: Model, value: Any, pointer: str = "", *, partial: bool = False, named_by: str = ""
    ) -> Any:
        """The object, repaired where lenient; itself where nothing had to be.

        A `partial` one may lack everything but the field that it is `named_by`.
        Raises InvalidParameters for what cannot be used, unless strict.
        """
        if type(value) is not dict:
            self.refuse(pointer, "wrong_type", f"expected an object ({model.name}), got {_shown(value)}")
            return value
        repaired: dict[str, Any] | None = None
        for name, row in model.fields(self.version).items():
            if name in value:
                old = value[name]
                new = self._field(row, old, step(pointer, name), partial)
            elif name != named_by and (partial or not row.required):
                continue
            else:
                old = None
                new = self._missing(model, name, step(pointer, name))
            if new is not old:
                if repaired is None:
                    repaired = dict(value)
                repaired[name] = new
        if self.version != V230:
            foreign = model.foreign(self.version)
            for name in foreign.keys() & value.keys():
                new = self._foreign(*foreign[name], value[name], step(pointer, name))
                if new is not value[name]:
                    repaired = dict(value) if repaired is None else repaired
                    repaired.pop(name)
                    if new is not None:
                        repaired[name] = new
        return value if repaired is None else repaired

    def _foreign(self, row: Field, version: str, value: Any, pointer: str) -> Any:
        """A field of a newer version: as that has it, or None if it is not sound (noted where strict)."""
        if value is None:
            return None
        inner = Validator(version, strict=self.strict, now=self.now)
        try:
            value = inner._field(row, value, pointer, False)
        except InvalidParameters as problem:
            message = f"not in {self.version}, and as in {version}: {problem.message}; not used"
            self.note(problem.pointer, "not_in_version", message)
            return None
        for finding in inner.findings:
            self.note(finding.pointer, finding.code, finding.message)
        return value

    def _missing(self, model: Model, name: str, pointer: str) -> Any:
        if not self.strict:
            assumed = ASSUMED.get((model.name, name))
            if name == "last_updated" and model.name in RECEPTION_TIME:
                assumed = self.now
            if assumed is not None:
                self.note(pointer, "missing", f"required, but missing; read as {assumed}")
                return assumed
        self.refuse(pointer, "missing", "required, but missing")
        return None

    def _field(self, row: Field, value: Any, pointer: str, partial: bool) -> Any:
        if value is None:
            if row.required:
                self.refuse(pointer, "missing", "required, must not be null")
            elif partial and self.strict:
                self.note(pointer, "null", "a PATCH removes nothing; null is not sent in one")
            return None
        if not row.is_list:
            return self._value(row.type, value, pointer, row.required)
        if type(value) is not list:
            self.refuse(pointer, "wrong_type", f"expected a list, got {_shown(value)}")
            return value
        if not value and row.required:
            self.refuse(pointer, "empty", "needs at least one entry")
        named_by = PARTIAL_PARTS.get(row.name, "") if partial else ""
        repaired: list[Any] | None = None
        for index, item in enumerate(value):
            where = step(pointer, index)
            if named_by and isinstance(row.type, Model):
                new = self.validate(row.type, item, where, partial=True, named_by=named_by)
            else:
                new = self._value(row.type, item, where, False)
            if new is not item:
                if repaired is None:
                    repaired = list(value)
                repaired[index] = new
        return value if repaired is None else repaired

    def _value(self, kind: Type, value: Any, pointer: str, required: bool) -> Any:
        if isinstance(kind, Model):
            return self.validate(kind, value, pointer)
        if isinstance(kind, Enum):
            return self._enum(kind, value, pointer, required)
        if isinstance(kind, Text):
            return self._text(kind, value, pointer)
        if isinstance(kind, DateTime):
            return self._datetime(value, pointer)
        if isinstance(kind, Int):
            return self._int(kind, value, pointer)
        if isinstance(kind, Number):
            return self._number(kind, value, pointer)
        assert isinstance(kind, Bool)
        if type(value) is not bool:
            self.refuse(pointer, "wrong_type", f"expected true or false, got {_shown(value)}")
        return value

    def _enum(self, kind: Enum, value: Any, pointer: str, required: bool) -> Any:
        if type(value) is not str:
            self.refuse(pointer, "wrong_type", f"expected a {kind.name}, got {_shown(value)}")
            return value
        if self.strict:
            if value not in kind.by_version[self.version] and not (
                kind.is_open and self.version == V230 and value
            ):
                self.note(pointer, "unknown_enum", f"unknown {kind.name} {_shown(value)}")
            return value
        if value in kind.tolerated:
            return value
        if value in kind.aliases:
            self.note(pointer, "coerced", f"{_shown(value)} read as {kind.aliases[value]}")
            return kind.aliases[value]
        if kind.is_open and _sound(value) and value:
            return value
        if required:
            self.refuse(pointer, "unknown_enum", f"unknown {kind.name} {_shown(value)}")
        self.note(pointer, "unknown_enum", f"unknown {kind.name} {_shown(value)}; kept, not used")
        return value

    def _text(self, kind: Text, value: Any, pointer: str) -> Any:
        if type(value) is not str:
            if self.strict or type(value) not in (int, Decimal):
                self.refuse(pointer, "wrong_type", f"expected a string, got {_shown(value)}")
                return value
            self.note(pointer, "coerced", "a number where a string belongs")
            value = str(value)
        if not _sound(value):
            self.refuse(pointer, "malformed", "holds a lone surrogate")
            return value
        if isinstance(kind, Id):
            if not value or not _PRINTABLE_ASCII.fullmatch(value):
                self.refuse(pointer, "malformed", "an identifier is printable ASCII and not empty")
        elif self.strict and (
            not _PRINTABLE_ASCII.fullmatch(value) if isinstance(kind, Ascii) else _CONTROL.search(value)
        ):
            self.note(pointer, "malformed", "holds characters that this type does not allow")
        most = (self.strict and kind.taken) or kind.most(self.version)
        if most and len(value) > most:
            message = f"{len(value)} characters, at most {most} allowed"
            if isinstance(kind, Id):
                self.refuse(pointer, "too_long", message)
            else:
                self.note(pointer, "too_long", message)
        elif isinstance(kind, Pattern):
            shape = kind.shape(self.version if self.strict else V230)
            if not re.fullmatch(shape, value, re.ASCII):
                self.note(pointer, "malformed", f"{_shown(value)} is not of the form {shape}")
        elif isinstance(kind, Url) and not _ABSOLUTE.fullmatch(value):
            self.note(pointer, "malformed", "not an absolute URL")
        return value

    def _datetime(self, value: Any, pointer: str) -> Any:
        if type(value) is not str:
            self.refuse(pointer, "wrong_type", f"expected a DateTime, got {_shown(value)}")
            return value
        if timestamps.is_wire(value):
            return value
        try:
            wire = timestamps.wire_timestamp(value)
        except ValueError:
            self.refuse(pointer, "malformed", f"{_shown(value)} is not a DateTime in UTC")
            return value
        if not timestamps.is_permitted(value):
            self.note(pointer, "malformed" if self.strict else "coerced", f"{_shown(value)} read as {wire}")
        return value if self.strict else wire

    def _int(self, kind: Int, value: Any, pointer: str) -> Any:
        if type(value) is not int and not self.strict:
            value = self._decimal(value)
            if type(value) is Decimal and value.is_finite() and abs(value) <= _LARGEST_INT:
                whole = int(value.to_integral_value())
                self.note(pointer, "coerced", f"{_shown(value)} read as the whole number {whole}")
                value = whole
        if type(value) is not int:
            self.refuse(pointer, "wrong_type", f"expected a whole number, got {_shown(value)}")
        elif abs(value) > _LARGEST_INT:
            self.refuse(pointer, "out_of_range", "number out of range")
        elif (kind.least is not None and value < kind.least) or (kind.most is not None and value > kind.most):
            self.note(pointer, "out_of_range", f"{value} is not between {kind.least} and {kind.most}")
        return value

    def _number(self, kind: Number, value: Any, pointer: str) -> Any:
        if not self.strict:
            number = self._decimal(value)
            if number is not value and type(value) is str:
                self.note(pointer, "coerced", "a string where a number belongs (CNV-86)")
            value = number
        if type(value) is int or type(value) is Decimal:
            if type(value) is Decimal and (not value.is_finite() or abs(value.adjusted()) > 100):
                self.refuse(pointer, "out_of_range", "number out of range")
            elif self.strict and type(value) is Decimal and _decimals(value) > kind.decimals:
                self.note(pointer, "too_long", f"more than {kind.decimals} decimals")
        else:
            self.refuse(pointer, "wrong_type", f"expected a number, got {_shown(value)}")
        return value

    def _decimal(self, value: Any) -> Any:
        """Binary floats as the decimals they were written as; in 2.1.1 also numbers in quotes (CNV-86)."""
        if type(value) is float:
            return Decimal(repr(value))
        if (
            type(value) is str
            and self.version == V211
            and re.fullmatch(r"-?[0-9]{1,20}(\.[0-9]{1,20})?", value)
        ):
            return Decimal(value)
        return value


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _shown(value: Any) -> str:
    """A short, printable word for a value: enough to recognise it, never all of it."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) > _LARGEST_INT:
        return "a huge number"
    return ascii(value[:40]) if isinstance(value, str) else str(value)[:40]
