"""Exact numbers: reading them from what partners send, rounding them, writing them.

Everything is computed with 100 digits and no binary float. What a division leaves behind the 25th
decimal is noise, and `settled` removes it before anything is rounded or compared.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager
from decimal import (
    ROUND_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    localcontext,
)
from typing import Any

CONTEXT = Context(prec=100, rounding=ROUND_HALF_EVEN)
ZERO, ONE, HUNDRED, HOUR, THOUSAND = Decimal(0), Decimal(1), Decimal(100), Decimal(3600), Decimal(1000)

# Beyond these a number is no quantity of a charge but an attack, or a slip.
MOST_DIGITS, MOST_BEFORE_POINT, MOST_DECIMALS = 40, 18, 40

MODES = {
    "half_up": ROUND_HALF_UP,
    "half_even": ROUND_HALF_EVEN,
    "down": ROUND_DOWN,
    "up": ROUND_UP,
}

_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_TENTH_DECIMAL = Decimal("1e-10")
_MOST_INT = 10**MOST_BEFORE_POINT
_SETTLED = Decimal("1e-25")
_UNITS = tuple(Decimal(1).scaleb(-decimals) for decimals in range(MOST_DECIMALS + 1))


def computing() -> AbstractContextManager[Context]:
    """Compute with 100 digits, whatever the caller's own context is."""
    return localcontext(CONTEXT)


def number(value: Any) -> Decimal | None:
    """A finite number of at most 40 digits; None for anything else."""
    if value is None:
        return None
    if type(value) is Decimal:
        written = str(value)
        if len(written) < MOST_BEFORE_POINT and "E" not in written and value.is_finite():
            return value
        return value if _is_sane(value) else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value) if -_MOST_INT < value < _MOST_INT else None
    if isinstance(value, float):
        value = repr(value)
    if isinstance(value, str) and len(value) <= 2 * MOST_DIGITS and _NUMBER.fullmatch(value.strip()):
        found = Decimal(value.strip())
        return found if _is_sane(found) else None
    if isinstance(value, Decimal):
        return value if _is_sane(value) else None
    return None


def _is_sane(value: Decimal) -> bool:
    if not value.is_finite():
        return False
    _sign, digits, exponent = value.as_tuple()
    return (
        len(digits) <= MOST_DIGITS
        and isinstance(exponent, int)
        and exponent >= -MOST_DECIMALS
        and len(digits) + exponent <= MOST_BEFORE_POINT
    )


def decimals(value: Decimal) -> int:
    """With how many decimals a number was written."""
    exponent = value.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def rounded(value: Decimal, places: int, mode: str = "half_up") -> Decimal:
    """The value at so many decimals."""
    return value.quantize(_UNITS[min(places, MOST_DECIMALS)], MODES[mode])


def settled(value: Decimal) -> Decimal:
    """The value without what a division left behind the 25th decimal."""
    return value.quantize(_SETTLED)


def unit(places: int) -> Decimal:
    """One unit of the last of so many decimals."""
    return _UNITS[min(places, MOST_DECIMALS)]


def text(value: Decimal) -> str:
    """A number as it is shown: at most 10 decimals, no exponent, no trailing zeros."""
    shown = str(value)
    if "." not in shown and "E" not in shown:
        return "0" if shown == "-0" else shown
    if "E" in shown or len(shown) - shown.index(".") > 11:
        shown = f"{value.quantize(_TENTH_DECIMAL, ROUND_HALF_UP):f}"
    shown = shown.rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def text_or_none(value: Decimal | None) -> str | None:
    """A number that may be unknown as it is shown."""
    return None if value is None else text(value)
