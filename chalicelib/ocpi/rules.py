"""Rules hold one field of an object against another, which no table can say; they are for what we send.

Asked only about objects that their table accepts.

Spec: the rows named beside each rule
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from chalicelib.ocpi import timestamps
from chalicelib.ocpi.models.base import V211

Note = Callable[[str, str, str], None]

# Session-only dimensions (CDR-34)
_NOT_IN_CDRS = frozenset({"CURRENT", "ENERGY_EXPORT", "ENERGY_IMPORT", "POWER", "STATE_OF_CHARGE"})


def apply(kind: str, obj: dict[str, Any], version: str, note: Note) -> None:
    """Note every rule that the object breaks."""
    rule = _RULES.get(kind)
    if rule is not None:
        rule(obj, "", version, note)


def _location(location: dict[str, Any], at: str, version: str, note: Note) -> None:
    evses = location.get("evses") or []
    _unique(evses, "uid", f"{at}/evses", note)
    parkings = location.get("parking_places") or []
    _unique(parkings, "id", f"{at}/parking_places", note)  # LOC-90
    known = {parking["id"].upper() for parking in parkings}
    for number, evse in enumerate(evses):
        _evse(evse, f"{at}/evses/{number}", version, note)
        for index, parking in enumerate(evse.get("parking") or ()):
            if parking["parking_id"].upper() not in known:  # LOC-91
                where = f"{at}/evses/{number}/parking/{index}/parking_id"
                note(where, "dangling", "no such entry in parking_places")
        _not_later(evse, location, f"{at}/evses/{number}/last_updated", note)
    _hours(location.get("opening_times"), f"{at}/opening_times", version, note)
    _mix(location.get("energy_mix"), f"{at}/energy_mix", note)
    for index, allowed in enumerate(location.get("publish_allowed_to") or ()):
        where = f"{at}/publish_allowed_to/{index}"
        if not any(allowed.get(name) is not None for name in ("uid", "visual_number", "group_id")):
            note(where, "missing", "names no token: uid, visual_number or group_id")  # LOC-19
        if allowed.get("uid") is not None and allowed.get("type") is None:
            note(f"{where}/type", "missing", "a uid needs its type")
        if allowed.get("visual_number") is not None and allowed.get("issuer") is None:
            note(f"{where}/issuer", "missing", "a visual_number needs its issuer")


def _evse(evse: dict[str, Any], at: str, version: str, note: Note) -> None:
    connectors = evse.get("connectors") or []
    _unique(connectors, "id", f"{at}/connectors", note)  # LOC-62
    for index, connector in enumerate(connectors):
        _not_later(connector, evse, f"{at}/connectors/{index}/last_updated", note)


def _not_later(part: dict[str, Any], whole: dict[str, Any], at: str, note: Note) -> None:
    """LOC-87: what holds something is at least as new as it."""
    inner, outer = part.get("last_updated"), whole.get("last_updated")
    if inner and outer and timestamps.timestamp(inner) > timestamps.timestamp(outer):
        note(at, "inconsistent", "later than last_updated of the object around it")


def _hours(hours: dict[str, Any] | None, at: str, version: str, note: Note) -> None:
    """LOC-78, LOC-79, LOC-81"""
    if hours is None:
        return
    around, regular = hours.get("twentyfourseven"), hours.get("regular_hours") or []
    if around and regular:
        note(f"{at}/regular_hours", "inconsistent", "not used when twentyfourseven is true")
    if not around and not regular and (version != V211 or around is None):
        note(f"{at}/regular_hours", "missing", "needed when twentyfourseven is not true")
    for index, period in enumerate(regular):
        if period["period_end"] <= period["period_begin"]:
            note(f"{at}/regular_hours/{index}/period_end", "inconsistent", "not later than period_begin")


def _mix(mix: dict[str, Any] | None, at: str, note: Note) -> None:
    sources = (mix or {}).get("energy_sources") or []
    if sources and sum(source["percentage"] for source in sources) != 100:  # LOC-83
        note(f"{at}/energy_sources", "inconsistent", "percentages do not add up to 100")


def _session(session: dict[str, Any], at: str, _version: str, note: Note) -> None:
    _not_negative(session, ("kwh",), at, note)


def _not_negative(obj: dict[str, Any], names: tuple[str, ...], at: str, note: Note) -> None:
    """Nobody charges less than nothing in all, or for less than no time; in a period it may be (CDR-35)."""
    for name in names:
        if obj.get(name) is not None and obj[name] < 0:
            note(f"{at}/{name}", "out_of_range", f"{obj[name]} is less than nothing")
    for number, period in enumerate(obj.get("charging_periods") or ()):
        for index, dimension in enumerate(period["dimensions"]):
            if dimension["volume"] < 0 and dimension["type"] in _AMOUNTS:
                where = f"{at}/charging_periods/{number}/dimensions/{index}/volume"
                note(where, "out_of_range", f"{dimension['volume']} is less than nothing")


_AMOUNTS = frozenset({"PARKING_TIME", "RESERVATION_TIME", "TIME"})


def _cdr(cdr: dict[str, Any], at: str, version: str, note: Note) -> None:
    _not_negative(cdr, ("total_energy", "total_time", "total_parking_time"), at, note)
    for number, period in enumerate(cdr["charging_periods"]):
        for index, dimension in enumerate(period["dimensions"]):
            if dimension["type"] in _NOT_IN_CDRS:  # CDR-34
                where = f"{at}/charging_periods/{number}/dimensions/{index}/type"
                note(where, "not_in_cdrs", f"{dimension['type']} is for Sessions only")
    if cdr.get("credit") and not cdr.get("credit_reference_id"):  # CDR-06
        note(f"{at}/credit_reference_id", "missing", "a credit CDR names the CDR it credits")
    if not cdr.get("credit"):
        if cdr.get("credit_reference_id"):  # CDR-08
            note(f"{at}/credit_reference_id", "inconsistent", "only credit CDRs name another")
        if len(cdr["id"]) > 36:  # CDR-21
            note(f"{at}/id", "too_long", "at most 36 characters in a CDR that is no credit CDR")
    elif str(cdr.get("credit_reference_id")).upper() == cdr["id"].upper():
        note(f"{at}/id", "inconsistent", "a credit CDR has an id of its own (CDR-06)")
    for index, tariff in enumerate(cdr.get("tariffs") or ()):
        _tariff(tariff, f"{at}/tariffs/{index}", version, note)


def _tariff(tariff: dict[str, Any], at: str, _version: str, note: Note) -> None:
    for number, element in enumerate(tariff["elements"]):
        seen: set[str] = set()
        for index, component in enumerate(element["price_components"]):
            where = f"{at}/elements/{number}/price_components/{index}"
            if component["type"] in seen:  # TAR-12
                note(f"{where}/type", "duplicate", "one component per dimension in an element")
            seen.add(component["type"])
    _mix(tariff.get("energy_mix"), f"{at}/energy_mix", note)


def _start_session(command: dict[str, Any], at: str, _version: str, note: Note) -> None:
    if command.get("connector_id") is not None and command.get("evse_uid") is None:  # CMD-38
        note(f"{at}/evse_uid", "missing", "required with connector_id")


def _active_result(result: dict[str, Any], at: str, _version: str, note: Note) -> None:
    if (result["result"] == "ACCEPTED") != (result.get("profile") is not None):  # CHP-17
        note(f"{at}/profile", "inconsistent", "present exactly if the result is ACCEPTED")


def _credentials(credentials: dict[str, Any], at: str, _version: str, note: Note) -> None:
    seen = set()
    for index, role in enumerate(credentials.get("roles") or ()):
        key = (role["role"], role["country_code"].upper(), role["party_id"].upper())
        if key in seen:
            note(f"{at}/roles/{index}", "duplicate", "role and party named twice")
        seen.add(key)


def _unique(items: Iterable[dict[str, Any]], name: str, at: str, note: Note) -> None:
    seen: set[str] = set()
    for index, item in enumerate(items):
        key = item[name].upper()
        if key in seen:
            note(f"{at}/{index}/{name}", "duplicate", "used before in this list")
        seen.add(key)


_RULES: dict[str, Callable[[dict[str, Any], str, str, Note], None]] = {
    "location": _location,
    "evse": _evse,
    "session": _session,
    "cdr": _cdr,
    "tariff": _tariff,
    "start_session": _start_session,
    "active_charging_profile_result": _active_result,
    "credentials": _credentials,
}
