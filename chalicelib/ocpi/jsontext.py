"""JSON text to objects and back, exactly: `0.10` comes in as a Decimal and goes out as `0.10`.

Nothing here knows OCPI. What cannot be read exactly, or nests or counts further
than any OCPI object does, is `MalformedJson`; no other exception leaves `loads`.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, DecimalException
from typing import Any, TypeVar

import msgspec

from chalicelib.ocpi.findings import step

# No OCPI object nests deeper than 12; partners' own fields may add some.
DEEPEST = 32

# A number beyond 10^100 is no price, energy or duration; its digits could fill the memory.
LARGEST_EXPONENT = 100


T = TypeVar("T")


class MalformedJson(ValueError):
    """The text is not JSON, or not JSON that can be kept exactly; the message says why."""


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except DecimalException:
        raise ValueError("number out of range") from None
    if not -LARGEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT and number:
        raise ValueError("number out of range")
    return number


_decoder = msgspec.json.Decoder(float_hook=_number)
_encoder = msgspec.json.Encoder(decimal_format="number")
# An escape that is half of a character, and what is left of one that has no other half.
_SURROGATE, _LONE = re.compile(rb"\\u[dD][89a-fA-F]"), re.compile("[\ud800-\udfff]")
# Bytes of a text that is looked through for one, and letters of the pointer to it.
LONGEST_LOOK, LONGEST_POINTER = 500_000, 200
_HALF = "holds a lone surrogate, which is half of a character"
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def loads(text: bytes | str) -> Any:
    """The value of a JSON text: dict, list, str, int, Decimal, bool or None.

    Numbers with a fraction or an exponent are Decimals with all their digits.
    Of duplicate keys the last one counts.
    """
    raw = b""
    try:
        raw = text.encode() if isinstance(text, str) else text
        if raw.startswith(b"\xef\xbb\xbf"):
            raw = raw[3:]
        value = _decoder.decode(raw)
    except RecursionError:
        raise MalformedJson(f"nested deeper than {DEEPEST} levels") from None
    except ValueError as problem:  # DecodeError, ValidationError and the Unicode errors are ValueErrors
        raise MalformedJson(_half(raw) or str(problem)) from None
    if not _flat_enough(raw):
        _measure(value)
    return value


def kept(text: str) -> Any:
    """The value of a text that `loads` took or `dumps` made before it was stored: not measured again."""
    return _decoder.decode(text)


def part(text: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """What a decoder picks from a JSON text, the rest passed over. Raises MalformedJson as `loads` does."""
    try:
        text.decode()
        found = decoder.decode(text.removeprefix(b"\xef\xbb\xbf"))
    except RecursionError:
        raise MalformedJson(f"nested deeper than {DEEPEST} levels") from None
    except ValueError as problem:
        raise MalformedJson(_half(text) or str(problem)) from None
    if not _flat_enough(text):
        loads(text)
    return found


def dumps(value: Any) -> str:
    """Compact JSON text of a value; a Decimal becomes a JSON number with the digits it has."""
    return _encoder.encode(value).decode()


def indented(text: str) -> str:
    """A JSON text in lines for people, its numbers with the digits they have. Raises MalformedJson."""
    try:
        return msgspec.json.format(text, indent=2)
    except ValueError as problem:
        raise MalformedJson(str(problem)) from None


def exact(value: Any) -> Any:
    """The value with binary floats replaced by the Decimals they are written as.

    For objects that were parsed by somebody else's JSON reader, such as a Lambda payload.
    """
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    return value


def _half(raw: bytes) -> str:
    """Where a text that cannot be read holds half of a character, which the decoder calls a truncated text;
    "" where it holds none, is no JSON besides, or is too long to be looked at.
    """
    if len(raw) > LONGEST_LOOK or not _SURROGATE.search(raw):
        return ""
    try:
        return _lone(json.loads(raw.decode().removeprefix("\ufeff")), "").removeprefix(": ")
    except (ValueError, RecursionError):
        return ""


def _lone(value: Any, pointer: str) -> str:
    if isinstance(value, str):
        return f"{pointer[:LONGEST_POINTER]}: {_HALF}" if _LONE.search(value) else ""
    if not isinstance(value, dict | list):
        return ""
    if isinstance(value, dict) and any(map(_LONE.search, value)):
        return f"{pointer[:LONGEST_POINTER]}: a name in it {_HALF}" if pointer else f"a name {_HALF}"
    inside = value.items() if isinstance(value, dict) else enumerate(value)
    return next(filter(None, (_lone(each, step(pointer, name)) for name, each in inside)), "")


def _flat_enough(raw: bytes) -> bool:
    """Whether peeling the innermost brackets off, level by level, ends in time.

    Brackets inside strings can only make the answer no, which is then looked at closely.
    """
    brackets = raw.translate(None, _NOT_BRACKETS)
    for _ in range(DEEPEST):
        if not brackets:
            return True
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return not brackets


def _measure(value: Any) -> None:
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(DEEPEST):
        level = [
            item
            for outer in level
            for item in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(item, dict | list)
        ]
        if not level:
            return
    raise MalformedJson(f"nested deeper than {DEEPEST} levels")
