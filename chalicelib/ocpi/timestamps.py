"""DateTime as OCPI writes it, as partners write it, and in a form that sorts.

Spec: 2.3.0 types_datetime_type (TYP-05 to TYP-07, AMB-37, AMB-53, CNV-08)
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any

_WIRE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{3})?Z", re.ASCII)
_PERMITTED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
# Also without seconds, and with a zone as databases (`+00`), Java (`Z[UTC]`) and people (` UTC`) write it.
_LENIENT = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)[Tt ] ?(\d\d?):(\d\d)(?::(\d\d)(?:[.,](\d{1,30}))?)?"
    r" ?(?:[Zz]?(?:\[(?:Etc/)?UTC\])?|UTC|GMT|([+-])(\d\d)(?::?(\d\d))?)",
    re.ASCII,
)


def timestamp(value: str) -> str:
    """Any accepted DateTime as `YYYY-MM-DDTHH:MM:SS.mmmZ`: fixed width, sorts by time.

    Accepts no designator (UTC), any number of decimals (further ones are cut) and
    numeric offsets. Raises ValueError for anything else, impossible dates included.
    """
    if not isinstance(value, str):
        raise ValueError("not a DateTime")
    if is_wire(value):
        return value if len(value) == len("2026-01-01T00:00:00.000Z") else f"{value[:19]}.000Z"
    match = _LENIENT.fullmatch(value)
    if match is None:
        raise ValueError("not a DateTime")
    year, month, day, hour, minute, second, fraction, sign, hours, minutes = match.groups("0")
    whole = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    try:
        whole = whole + offset if sign == "-" else whole - offset
    except OverflowError:
        raise ValueError("not a DateTime") from None
    milliseconds = (fraction + "000")[:3]
    return f"{whole.year:04}{whole:-%m-%dT%H:%M:%S}.{milliseconds}Z"


def wire_timestamp(value: str) -> str:
    """The DateTime as it is sent: no fraction when it is zero, else exactly three decimals, always `Z`."""
    exact = timestamp(value)
    return exact[:19] + "Z" if exact.endswith(".000Z") else exact


def later(moment: str, seconds: float) -> str:
    """The moment so many seconds after another; both sortable text."""
    then = datetime.fromisoformat(moment) + timedelta(seconds=seconds)
    return f"{then:%Y-%m-%dT%H:%M:%S}.{then.microsecond // 1000:03}Z"


def seconds_between(earlier: str, later: str) -> float:
    """Seconds from one moment to another; negative when it has passed."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


def readable(value: Any) -> str:
    """A DateTime of a partner's as it is sent: any that `timestamp` takes, blanks around, a day alone.

    A day is its midnight in UTC. Raises ValueError.
    """
    if not isinstance(value, str):
        raise ValueError("not a DateTime")
    written = value.strip()
    return wire_timestamp(f"{written}T00:00:00Z" if _DAY.fullmatch(written) else written)


def is_wire(value: str) -> bool:
    """Whether the text already is a DateTime the way it is sent, of a day that exists."""
    return len(value) <= len("2026-01-01T00:00:00.000Z") and _is_wire(value)


@lru_cache(4096)
def _is_wire(value: str) -> bool:
    """Remembered, as what belongs together often changed at one time; nothing long is."""
    if _WIRE.fullmatch(value) is None:
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_permitted(value: str) -> bool:
    """Whether the specification allows it as sent: UTC, `Z` or no designator, 25 characters (TYP-05)."""
    return len(value) <= 25 and _PERMITTED.fullmatch(value) is not None
