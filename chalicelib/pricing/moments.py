"""Instants as partners write them, and what the clock on the wall of a Location shows.

An instant is read as UTC where it names no offset. A zone is looked up in the system's time zone data
or in the package `tzdata`; where neither has it, local time is not known.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
DAY = 1440  # minutes

Localize = Callable[[datetime], datetime]

_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}", re.ASCII)
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(:\d\d)?", re.ASCII)
_DATE = re.compile(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", re.ASCII)
_MILLION = Decimal(1_000_000)


def instant(value: Any) -> datetime | None:
    """The instant in UTC; None if it cannot be read."""
    if not isinstance(value, str) or not 10 <= len(value) <= 40:
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def shown(moment: datetime) -> str:
    """An instant as OCPI writes it."""
    return moment.isoformat(timespec="auto").replace("+00:00", "Z")


def seconds(span: timedelta) -> Decimal:
    """The length of a span, exactly."""
    if not span.microseconds:
        return Decimal(span.days * 86400 + span.seconds)
    return Decimal(span // timedelta(microseconds=1)) / _MILLION


def clock_minutes(value: Any) -> int | None:
    """`HH:MM` as minutes since midnight."""
    found = _CLOCK.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) * 60 + int(found[2]) if found else None


def is_date(value: Any) -> bool:
    """Whether a text is a date, `YYYY-MM-DD`, that exists."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def zone(name: Any) -> ZoneInfo | None:
    """A time zone by its IANA name; None if nobody here knows it."""
    if not isinstance(name, str) or not _ZONE.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def in_zone(place: ZoneInfo) -> Localize:
    """Local time at a place."""

    def localize(moment: datetime) -> datetime:
        try:
            return moment.astimezone(place)
        except (OverflowError, ValueError):  # the first and the last day of the calendar
            return moment

    return localize


def in_standard_time(place: ZoneInfo) -> Localize:
    """Local time of somebody who does not know daylight saving."""
    localize = in_zone(place)

    def without_saving(moment: datetime) -> datetime:
        local = localize(moment)
        saving = local.dst() or timedelta()
        return local - saving

    return without_saving


def in_utc(moment: datetime) -> datetime:
    """No local time at all."""
    return moment
