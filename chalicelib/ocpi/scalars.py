"""One value of a partner's as its type has it: itself, repaired where it has one meaning, or Unusable.

Nothing here knows of fields and objects; what becomes of a value that cannot be
used is written in the tables, and decided in `tolerance`.

Spec: 2.3.0 types; AMB-03, AMB-04, AMB-31, AMB-37, AMB-38, AMB-53, AMB-63
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.ocpi import timestamps
from chalicelib.ocpi.models.base import (
    V230,
    Bool,
    Code,
    DateTime,
    Day,
    Degrees,
    Enum,
    Id,
    Int,
    Language,
    Number,
    Pattern,
    Text,
    TimeOfDay,
    Type,
    Url,
    Zone,
)
from chalicelib.ocpi.versions import zones

# The largest integer that every JSON reader keeps.
LARGEST_INT = 2**63 - 1
# A number of an exponent beyond this is no price, energy or duration.
LARGEST_EXPONENT = 100

PRINTABLE_ASCII = re.compile(r"[\x20-\x7e]*")
ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s]+")
_NUMBER = re.compile(r"[-+]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][-+]?[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MIDNIGHT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]00:00(:00(\.0+)?)?([Zz]|\+00:?00)?")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(:00(\.0+)?)?")
_DEGREES = re.compile(r"[-+]?[0-9]{1,3}([.,][0-9]{1,30})?")
# A language with its region or script: `en-GB`, `de_CH`.
_REGION = re.compile(r"([A-Za-z]{2})[-_][A-Za-z0-9_-]{2,30}")
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")

# Told of each oddity that does not stop a value: code and message.
Note = Callable[[str, str], None]


class Unusable(Exception):
    """The value cannot be read; `code` and `message` say why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def scalar(kind: Type, value: Any, version: str, note: Note) -> Any:
    """The value in the form of its type: itself where nothing is odd about it. Raises Unusable."""
    reader = _READERS.get(type(kind)) or _reader(type(kind))
    found = reader(kind, value, version, note)
    return value if type(found) is type(value) and found == value else found


def noted(kind: Type, value: Any, version: str) -> tuple[Any, tuple[tuple[str, str], ...], bool]:
    """The value as `scalar` has it, what is odd about it, and whether it can be used; else why not.

    Who writes `"true"` writes it in every object, so what short texts are read as is remembered.
    """
    return (_remembered if type(value) is str and len(value) <= 64 else _noted)(kind, value, version)


def _noted(kind: Type, value: Any, version: str) -> tuple[Any, tuple[tuple[str, str], ...], bool]:
    notes: list[tuple[str, str]] = []
    try:
        found = scalar(kind, value, version, lambda code, message: notes.append((code, message)))
    except Unusable as problem:
        return None, ((problem.code, problem.message),), False
    return found, tuple(notes), True


_remembered = lru_cache(maxsize=4096)(_noted)


def identifier(value: Any) -> str | None:
    """The identifier that a value is read as, if it is one: a number as its digits, without blanks around."""
    try:
        name = _id(_ANY_ID, value, V230, lambda _code, _message: None)
    except Unusable:
        return None
    return str(name)


def shown(value: Any) -> str:
    """A short, printable word for a value: enough to recognise it, never all of it."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) > LARGEST_INT:
        return "a huge number"
    return ascii(value[:40]) if isinstance(value, str) else str(value)[:40]


def sound(text: str) -> bool:
    """Whether a text can be written in UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _enum(kind: Enum, value: Any, version: str, note: Note) -> Any:
    if value in kind.tolerated if type(value) is str else False:
        return value
    word = _as_text(value)
    if word is None or not sound(word):
        raise Unusable("wrong_type", f"expected a {kind.name}, got {shown(value)}")
    meant = kind.meant(word)
    if meant is not None:
        note("coerced", f"{shown(value)} read as {meant}")
        return meant
    stripped = word.strip()
    if kind.is_open and stripped and type(value) is str:
        if stripped != value:
            note("coerced", "blanks around a word")
        if version < kind.open_since:
            note("unknown_enum", f"unknown {kind.name} {shown(value)}; kept")
        return stripped
    raise Unusable("unknown_enum", f"unknown {kind.name} {shown(value)}")


def _text(kind: Text, value: Any, version: str, note: Note) -> str:
    text = _as_text(value)
    if text is None:
        raise Unusable("wrong_type", f"expected a string, got {shown(value)}")
    if type(value) is not str:
        note("coerced", "a number where a string belongs")
    if not sound(text):
        raise Unusable("malformed", "holds a lone surrogate")
    if kind.most(version) and len(text) > kind.most(version):
        note("too_long", f"{len(text)} characters, at most {kind.most(version)} allowed")
    return text


def _id(kind: Id, value: Any, version: str, note: Note) -> str:
    text = _as_text(value)
    if text is None:
        raise Unusable("wrong_type", f"expected a string, got {shown(value)}")
    name = text.strip()
    if not name or not PRINTABLE_ASCII.fullmatch(name):
        raise Unusable("malformed", "an identifier is printable ASCII and not empty")
    if kind.most(version) and len(name) > kind.most(version):
        raise Unusable("too_long", f"{len(name)} characters, at most {kind.most(version)} allowed")
    if type(value) is not str:
        note("coerced", "a number where a string belongs")
    elif name != value:
        note("coerced", "blanks around an identifier")
    return name


def _pattern(kind: Pattern, value: Any, version: str, note: Note) -> str:
    found: list[tuple[str, str]] = []
    text = _text(kind, value, version, lambda code, message: found.append((code, message)))
    if not re.fullmatch(kind.shape(V230), text, re.ASCII):
        found = [("malformed", f"{shown(value)} is not of the form {kind.shape(V230)}")]
    for code, message in found:
        note(code, message)
    return text


def _language(kind: Language, value: Any, version: str, note: Note) -> str:
    region = _REGION.fullmatch(value.strip()) if type(value) is str else None
    if region is None:
        return _pattern(kind, value, version, note)
    note("coerced", f"{shown(value)} read as {region[1]}")
    return region[1]


def _url(kind: Url, value: Any, version: str, note: Note) -> str:
    if type(value) is not str:
        raise Unusable("wrong_type", f"expected a URL, got {shown(value)}")
    text = _text(kind, value, version, note)
    if not ABSOLUTE.fullmatch(text):
        stripped = text.strip()
        if not ABSOLUTE.fullmatch(stripped):
            note("malformed", "not an absolute URL")
        else:
            note("coerced", "blanks around a URL")
            return stripped
    return text


def _degrees(kind: Degrees, value: Any, _version: str, note: Note) -> str:
    text = _as_text(value)
    if text is None or not _DEGREES.fullmatch(text.strip()):
        raise Unusable("malformed", f"{shown(value)} is no number of degrees")
    plain = text.strip().replace(",", ".").removeprefix("+")
    if abs(Decimal(plain)) > kind.most_degrees:
        raise Unusable("out_of_range", f"{shown(value)} is beyond {kind.most_degrees} degrees")
    if plain != value:
        note("coerced", f"{shown(value)} read as {plain}")
    elif not re.fullmatch(kind.shape(V230), plain, re.ASCII):
        note("malformed", f"{shown(value)} is not of the form {kind.shape(V230)}")
    return plain


def _time_of_day(kind: TimeOfDay, value: Any, _version: str, note: Note) -> str:
    found = _TIME.fullmatch(value.strip()) if type(value) is str else None
    if found is None or int(found[1]) > 24 or int(found[2]) > 59:
        raise Unusable("malformed", f"{shown(value)} is no time of day")
    text = f"{int(found[1]):02}:{found[2]}"
    if text > "24:00":
        raise Unusable("malformed", f"{shown(value)} is no time of day")
    if text == "24:00" and not kind.until_24:
        text = "00:00"
    if text != value:
        note("coerced", f"{shown(value)} read as {text}")
    return text


def _day(kind: Day, value: Any, _version: str, note: Note) -> str:
    if type(value) is str:
        text = value.strip()
        midnight = _MIDNIGHT.fullmatch(text)
        text = midnight[1] if midnight else text
        try:
            timestamps.timestamp(f"{text}T00:00:00Z")
        except ValueError:
            pass
        else:
            if _DAY.fullmatch(text):
                if text != value:
                    note("coerced", f"{shown(value)} read as {text}")
                return text
    raise Unusable("malformed", f"{shown(value)} is no date")


def _code(kind: Code, value: Any, version: str, note: Note) -> str:
    """A country is of use however it is written; money is in a currency that exists, or in none."""
    if type(value) is not str:
        raise Unusable("wrong_type", f"expected a code of {kind.limit} letters, got {shown(value)}")
    text = value.strip().upper()
    if not kind.codes:
        known = zones.alpha_3(text) if len(text) == 2 else text
        text = value if known == zones.NOWHERE else known
        if not re.fullmatch(kind.form, text):
            return _pattern(kind, value, version, note)
    elif text not in kind.codes:
        raise Unusable("malformed", f"{shown(value)} is no code of ISO 4217")
    if text != value:
        note("coerced", f"{shown(value)} read as {text}")
    return text


def _zone(kind: Zone, value: Any, version: str, note: Note) -> str:
    if type(value) is not str:
        raise Unusable("wrong_type", f"expected a time zone, got {shown(value)}")
    name = value if value in zones.KNOWN else zones.KNOWN_FOLDED.get(value.strip().upper(), value.strip())
    if name not in zones.KNOWN and not _exists(name):
        raise Unusable("unknown_zone", f"there is no time zone {shown(value)}")
    if name != value:
        note("coerced", f"{shown(value)} read as {name}")
    return name


@cache
def _zones_are_here() -> bool:
    return _exists("Europe/Amsterdam", otherwise=False)


def _exists(name: str, otherwise: bool = True) -> bool:
    """Whether the IANA database has this zone; where there is none here, what looks like one passes."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_+/-]{0,254}", name):
        return False
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return otherwise and not _zones_are_here()
    return True


def _datetime(_kind: DateTime, value: Any, _version: str, note: Note) -> str:
    if type(value) is not str:
        raise Unusable("wrong_type", f"expected a DateTime, got {shown(value)}")
    if timestamps.is_wire(value):
        return value
    try:
        wire = timestamps.readable(value)
    except ValueError:
        raise Unusable("malformed", f"{shown(value)} is not a DateTime in UTC") from None
    if not timestamps.is_permitted(value):
        note("coerced", f"{shown(value)} read as {wire}")
    return wire


def _int(kind: Int, value: Any, _version: str, note: Note) -> int:
    number = value
    if type(value) is not int:
        number = _as_number(value)
        if number is None or not number.is_finite() or abs(number) > LARGEST_INT:
            raise Unusable("wrong_type", f"expected a whole number, got {shown(value)}")
        number = int(number.to_integral_value())
        note("coerced", f"{shown(value)} read as the whole number {number}")
    if abs(number) > LARGEST_INT:
        raise Unusable("out_of_range", "number out of range")
    if (kind.least is not None and number < kind.least) or (kind.most is not None and number > kind.most):
        note("out_of_range", f"{number} is not {kind.bounds}")
    return int(number)


def _number(_kind: Number, value: Any, _version: str, note: Note) -> Any:
    if type(value) is int:
        return value
    number = value if type(value) is Decimal else _as_number(value)
    if number is None:
        raise Unusable("wrong_type", f"expected a number, got {shown(value)}")
    if not number.is_finite() or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise Unusable("out_of_range", "number out of range")
    if type(value) is str:
        note("coerced", "a string where a number belongs (CNV-86)")
    return number


def _bool(_kind: Bool, value: Any, _version: str, note: Note) -> bool:
    if type(value) is bool:
        return value
    word = (_as_text(value) or "").strip().lower()
    if word not in _TRUE and word not in _FALSE:
        raise Unusable("wrong_type", f"expected true or false, got {shown(value)}")
    note("coerced", f"{shown(value)} read as {str(word in _TRUE).lower()}")
    return word in _TRUE


def _as_text(value: Any) -> str | None:
    """A text, or a number as its digits."""
    if type(value) is str:
        return value
    if type(value) is float:
        value = Decimal(repr(value))
    if type(value) is Decimal and value.is_finite() and abs(value.adjusted()) <= LARGEST_EXPONENT:
        return f"{value:f}"
    return str(value) if type(value) is int and abs(value) <= LARGEST_INT else None


def _as_number(value: Any) -> Decimal | None:
    """A number, also in quotes; a binary float as the decimal that it was written as."""
    if type(value) is float:
        return Decimal(repr(value))
    if type(value) is str and _NUMBER.fullmatch(value.strip()):
        return Decimal(value.strip())
    return value if type(value) is Decimal else None


_ANY_ID = Id(255)
_READERS: dict[type[Type], Callable[..., Any]] = {
    Enum: _enum,
    Id: _id,
    Url: _url,
    Degrees: _degrees,
    TimeOfDay: _time_of_day,
    Day: _day,
    Code: _code,
    Language: _language,
    Zone: _zone,
    Pattern: _pattern,
    Text: _text,
    DateTime: _datetime,
    Int: _int,
    Number: _number,
    Bool: _bool,
}


def _reader(kind: type[Type]) -> Callable[..., Any]:
    """The reader of the nearest type that it is of, which is its own from now on."""
    return _READERS.setdefault(kind, next(_READERS[each] for each in kind.__mro__ if each in _READERS))
