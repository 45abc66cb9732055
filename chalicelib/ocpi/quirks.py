"""Named repairs for one partner: what it writes wrongly, and what it cannot take though it is right.

Off unless the operator turns one on for a partner (`quirks`). What is safe for everybody is
`tolerance` and needs no name. Each is a function on the JSON before it is read, or before it
is sent; it changes the copy it is given, object by object, and says how often it did. What is
read is stored as repaired: the name of the quirk is in its findings, the letter of it is not kept.

Contract: design section 14 (Quirks), issue of peers that cannot take what is right
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi import timestamps
from chalicelib.ocpi.findings import Finding, step

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Body = dict[str, Any]
# Changes one object inside a body, given the whole and the country_code of its partner, if it has one;
# answers the fields that it changed.
Repair = Callable[[Body, Body, str], list[str]]

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
# No charge point has less than 1 kW, or 1 MW and more at one Connector, so the number tells the unit.
LEAST_W = 1000
ENERGIES = ("ENERGY", "ENERGY_EXPORT", "ENERGY_IMPORT")
_NAIVE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?", re.ASCII)
_LANGUAGE = "en"
ADDRESS_LENGTH = 45
# What stands where a partner wants something and there is nothing (RFC 2606).
NOWHERE = "https://ocpi.invalid/"


@dataclass(frozen=True)
class Quirk:
    """One row of the table: when it is applied, and what it does."""

    when: str
    told: str
    repair: Repair


def kw_for_w(obj: Body, _whole: Body, _home: str) -> list[str]:
    """max_electric_power in kW."""
    power = obj.get("max_electric_power")
    if isinstance(power, int | Decimal | float) and power is not True and 0 < power < LEAST_W:
        obj["max_electric_power"] = int(Decimal(str(power)) * 1000)
        return ["max_electric_power"]
    return []


def directions_as_text(obj: Body, _whole: Body, _home: str) -> list[str]:
    """directions as a text and not as DisplayTexts."""
    said = obj.get("directions")
    if isinstance(said, str) and said:
        obj["directions"] = [{"language": _LANGUAGE, "text": said}]
        return ["directions"]
    if isinstance(said, list) and any(isinstance(each, str) for each in said):
        obj["directions"] = [
            {"language": _LANGUAGE, "text": each} if isinstance(each, str) else each for each in said
        ]
        return ["directions"]
    return []


def local_times_without_zone(obj: Body, whole: Body, home: str) -> list[str]:
    """DateTimes without a designator are of the place's zone, else the owner's country's, not UTC."""
    named = [name for name, value in obj.items() if isinstance(value, str) and _NAIVE.fullmatch(value)]
    for name in named:
        moment = datetime.fromisoformat(obj[name]).replace(tzinfo=_zone(whole, home))
        obj[name] = timestamps.wire_timestamp(moment.isoformat(timespec="milliseconds"))
    return named


def wh_for_kwh(obj: Body, _whole: Body, _home: str) -> list[str]:
    """Energy in Wh."""
    changed = [name for name in ("kwh", "total_energy") if type(obj.get(name)) in (int, Decimal)]
    if obj.get("type") in ENERGIES and type(obj.get("volume")) in (int, Decimal):
        changed.append("volume")
    for name in changed:
        obj[name] = Decimal(obj[name]) / 1000
    return changed


def latitude_for_longitude(obj: Body, _whole: Body, _home: str) -> list[str]:
    """Latitude and longitude in each other's place."""
    if "latitude" in obj and "longitude" in obj:
        obj["latitude"], obj["longitude"] = obj["longitude"], obj["latitude"]
        return ["latitude", "longitude"]
    return []


def days_as_numbers(obj: Body, _whole: Body, _home: str) -> list[str]:
    """day_of_week as numbers, 1 for Monday."""
    days = obj.get("day_of_week")
    if isinstance(days, list) and any(str(each) in "1234567" for each in days):
        obj["day_of_week"] = [
            DAYS[int(str(each)) - 1] if str(each) in tuple("1234567") else each for each in days
        ]
        return ["day_of_week"]
    return []


def address_45(obj: Body, _whole: Body, _home: str) -> list[str]:
    """Addresses of 45 characters at most."""
    address = obj.get("address")
    if isinstance(address, str) and len(address) > ADDRESS_LENGTH:
        obj["address"] = address[:ADDRESS_LENGTH]
        return ["address"]
    return []


def website_and_logo_always(obj: Body, _whole: Body, _home: str) -> list[str]:
    """BusinessDetails with a website and a logo, always."""
    changed = []
    for name in ("operator", "suboperator", "owner", "business_details"):
        details = obj.get(name)
        if isinstance(details, dict) and not (details.get("website") and details.get("logo")):
            logo = {"url": f"{NOWHERE}logo.png", "category": "OPERATOR", "type": "png"}
            obj[name] = {"website": NOWHERE, "logo": logo, **details}
            changed.append(name)
    return changed


def day_of_week_numbers(obj: Body, _whole: Body, _home: str) -> list[str]:
    """day_of_week as numbers, 1 for Monday."""
    days = obj.get("day_of_week")
    if isinstance(days, list) and any(each in DAYS for each in days):
        obj["day_of_week"] = [DAYS.index(each) + 1 if each in DAYS else each for each in days]
        return ["day_of_week"]
    return []


READ, WRITE = "read", "write"
QUIRKS: dict[str, Quirk] = {
    repair.__name__: Quirk(when, (repair.__doc__ or "").rstrip("."), repair)
    for when, repairs in (
        (
            READ,
            (
                kw_for_w,
                directions_as_text,
                local_times_without_zone,
                wh_for_kwh,
                latitude_for_longitude,
                days_as_numbers,
            ),
        ),
        (WRITE, (address_45, website_and_logo_always, day_of_week_numbers)),
    )
    for repair in repairs
}


def read(names: tuple[str, ...], body: Any, home: str = "") -> tuple[Any, tuple[Finding, ...]]:
    """A body as its partner meant it, and each field that was changed; itself where none is turned on.

    `home` is the partner's country_code, for what names no place: a part, a change, a Session.
    """
    return _applied(names, READ, body, home)


def written(names: tuple[str, ...], body: Any) -> tuple[Any, tuple[Finding, ...]]:
    """A body as its partner can take it, and each field that was changed; itself where none is turned on."""
    return _applied(names, WRITE, body)


def writes(names: tuple[str, ...]) -> bool:
    """Whether any of these changes what is sent."""
    return any(QUIRKS[name].when == WRITE for name in names if name in QUIRKS)


def _applied(names: tuple[str, ...], when: str, body: Any, home: str = "") -> tuple[Any, tuple[Finding, ...]]:
    chosen = [(name, QUIRKS[name].repair) for name in names if name in QUIRKS and QUIRKS[name].when == when]
    if not chosen or not isinstance(body, dict):
        return body, ()
    body = copy.deepcopy(body)
    found = [
        Finding(step(at, field), "quirk", name)
        for name, repair in chosen
        for at, obj in list(_objects(body, ""))
        for field in repair(obj, body, home)
    ]
    return body, tuple(found)


def _objects(value: Any, at: str) -> Iterator[tuple[str, Body]]:
    if isinstance(value, dict):
        yield at, value
        for name, inner in value.items():
            yield from _objects(inner, step(at, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _objects(inner, step(at, index))


def _zone(whole: Body, home: str) -> ZoneInfo:
    """The zone of the place that an object is about, else of its owner's country, else UTC."""
    from zoneinfo import ZoneInfo

    from chalicelib.ocpi.versions import zones

    place = whole.get("cdr_location") or whole.get("location") or whole
    place = place if isinstance(place, dict) else {}
    country = place.get("country") or whole.get("country_code") or home
    name = place.get("time_zone") or zones.time_zone(country, place.get("coordinates"))
    try:
        return ZoneInfo(str(name))
    except (ValueError, OSError, LookupError):
        return ZoneInfo("UTC")
