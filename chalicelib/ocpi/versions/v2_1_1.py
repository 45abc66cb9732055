"""What 2.1.1 writes differently from 2.2.1: its owners, Locations, Tariffs, Tokens and commands.

Sessions and CDRs, which embed a Location there, are in `v2_1_1_sessions`.

Spec: ledger section 4.2 (CNV-01 to CNV-119)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.ocpi.models.base import V211, V221
from chalicelib.ocpi.versions import v2_1_1_sessions as sessions
from chalicelib.ocpi.versions.conversion import Inexpressible, Path, Trip, at
from chalicelib.ocpi.versions.delta import Delta
from chalicelib.ocpi.versions.zones import time_zone

# How long a 2.1.1 partner may take for a result; it does not say (CNV-112). Seconds.
ASSUMED_TIMEOUT = 30


def _location_up(location: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-15, CNV-32, CNV-34, CNV-36, CNV-38; hours that say neither are none (CNV-51)"""
    hours = location.get("opening_times")
    if isinstance(hours, dict) and hours.get("twentyfourseven") is None and not hours.get("regular_hours"):
        del location["opening_times"]
    kind = location.pop("type", None)
    if kind is not None and kind not in ("OTHER", "UNKNOWN"):
        location["parking_type"] = kind
    if location.get("postal_code") in sessions.NO_POSTAL_CODES:
        del location["postal_code"]
    if not trip.partial:
        location.setdefault("publish", True)
        if not location.get("time_zone"):
            location["time_zone"] = time_zone(location.get("country"), location.get("coordinates"))
    return sessions.owned(location, trip, path)


def _location_down(location: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-32, CNV-34, CNV-36"""
    if location.get("publish") is False:
        raise Inexpressible(at(path, "publish"), "not_published", "2.1.1 knows no unpublished Locations")
    kind = location.pop("parking_type", None)
    if kind is not None:
        location["type"] = kind if kind in _PARKING_TYPES else "OTHER"
        if location["type"] != kind:
            trip.lose(at(path, "parking_type"), "changed", f"2.1.1 has no LocationType {kind!r:.40}")
    elif not trip.partial:
        location["type"] = "UNKNOWN"
    if not trip.partial and not location.get("postal_code"):
        location["postal_code"] = sessions.NO_POSTAL_CODE
    return location


_PARKING_TYPES = ("ON_STREET", "PARKING_GARAGE", "UNDERGROUND_GARAGE", "PARKING_LOT")


def _hours_up(hours: dict[str, Any], _trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-51: regular hours alone mean not around the clock."""
    if hours.get("twentyfourseven") is None:
        hours["twentyfourseven"] = False
    return hours


def _hours_down(hours: dict[str, Any], _trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-51, LOC-79: around the clock excludes regular hours."""
    if hours.get("twentyfourseven") is True:
        hours.pop("regular_hours", None)
    return hours


def _connector_up(connector: dict[str, Any], _trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-48"""
    tariff = connector.pop("tariff_id", None)
    if tariff is not None:
        connector["tariff_ids"] = [tariff]
    return connector


def _connector_down(connector: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-48: one tariff, the regular one that is active now if that can be found out."""
    tariffs = connector.pop("tariff_ids", None)
    if not tariffs:
        if tariffs is not None and trip.partial and not path:
            raise Inexpressible(at(path, "tariff_ids"), "not_alone", "a 2.1.1 PATCH cannot remove the tariff")
        return connector
    chosen = tariffs[0]
    if len(tariffs) > 1:
        chosen = next((each for each in tariffs if _is_regular(each, trip)), chosen)
        trip.lose(at(path, "tariff_ids"), "changed", f"2.1.1 has one tariff; written {chosen!r:.40}")
    connector["tariff_id"] = chosen
    return connector


def _is_regular(tariff_id: str, trip: Trip) -> bool:
    tariff = trip.find("tariff", *trip.owner, tariff_id) if trip.find and trip.owner else None
    return tariff is not None and tariff.get("type") in (None, "REGULAR") and is_valid(tariff, trip.now)


def is_valid(tariff: Mapping[str, Any], now: str) -> bool:
    """Whether a tariff applies now by its start and end (CNV-94)."""
    start, end = tariff.get("start_date_time"), tariff.get("end_date_time")
    return not ((start and start[:19] > now[:19]) or (end and end[:19] <= now[:19]))


def _tariff_down(tariff: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-92 to CNV-97: what 2.1.1 cannot mark or restrict is not sent, rather than misunderstood."""
    if not path:  # inside a CDR it is history, whatever its kind
        if tariff.get("type") not in (None, "REGULAR"):
            raise Inexpressible(
                at((), "type"), "not_marked", "2.1.1 cannot tell this tariff from a regular one"
            )
        if not is_valid(tariff, trip.now):
            raise Inexpressible(at((), "end_date_time"), "not_valid_now", "2.1.1 tariffs have no validity")
    if (tariff.get("min_price") or tariff.get("max_price")) and not tariff.get("tariff_alt_text"):
        limits = [
            f"{word} {price['excl_vat']} {tariff.get('currency', '')}".strip()
            for name, word in (("min_price", "at least"), ("max_price", "at most"))
            if isinstance(price := tariff.get(name), dict) and "excl_vat" in price
        ]
        if limits:
            text = f"A session costs {' and '.join(limits)}, without taxes."
            tariff["tariff_alt_text"] = [{"language": "en", "text": text}]
    if tariff.get("elements"):
        tariff["elements"] = _elements_down(tariff["elements"], trip, path)
    return tariff


def _elements_down(elements: list[dict[str, Any]], trip: Trip, path: Path) -> list[dict[str, Any]]:
    """CNV-96, CNV-97, TAR-15: in 2.1.1 the first element that matches counts for every dimension."""
    kept: list[dict[str, Any]] = []
    by_current: list[tuple[Path, dict[str, Any]]] = []
    for number, element in enumerate(elements):
        limits = element.get("restrictions")
        if not limits:
            kept.append(element)
        elif limits.get("reservation"):
            where = at(path, "elements", number)
            trip.lose(where, "not_in_version", "2.1.1 prices no reservations")
        elif limits.get("min_current") is not None or limits.get("max_current") is not None:
            where = at(path, "elements", number)
            by_current.append((where, element))
            trip.lose(where, "not_in_version", "2.1.1 has no restriction by current")
        else:
            kept.append(element)
    if not kept:
        raise Inexpressible(at(path, "elements"), "empty", "no element of the tariff can be expressed")
    default: set[str] = set()
    for element in kept if by_current else ():
        if _unrestricted(element):
            default |= _dimensions(element)
    for where, element in by_current:
        if not _dimensions(element) <= default:
            raise Inexpressible(where, "not_in_version", "no default price remains without this element")
    if len(kept) == 1:
        return kept
    if all(map(_unrestricted, kept)):
        first: dict[str, Any] = {}
        for element in kept:
            for component in element["price_components"]:
                first.setdefault(component["type"], component)
        return [{**kept[0], "price_components": list(first.values())}]
    dimensions = _dimensions(kept[0])
    if any(_dimensions(element) != dimensions for element in kept[1:]):
        trip.lose(at(path, "elements"), "changed", "2.1.1 chooses one element for all dimensions (CNV-97)")
    return kept


def _dimensions(element: Mapping[str, Any]) -> set[str]:
    return {each["type"] for each in element["price_components"]}


def _unrestricted(element: Mapping[str, Any]) -> bool:
    for limit in (element.get("restrictions") or {}).values():
        if limit is not None and limit != []:
            return False
    return True


def _authorization_up(info: dict[str, Any], trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-107: 2.1.1 answers without the Token; the one that was asked about is put in."""
    token = trip.token("") if trip.token else None
    if token is not None:
        info.setdefault("token", dict(token))
    return info


def _response_up(response: dict[str, Any], trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-112"""
    if not trip.partial:
        response.setdefault("timeout", ASSUMED_TIMEOUT)
    return response


def _result_down(result: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-113: a cancelled reservation has no word in 2.1.1 and is not sent."""
    if result.get("result") == "CANCELED_RESERVATION":
        raise Inexpressible(
            at(path, "result"), "unknown_enum", "2.1.1 cannot tell of a cancelled reservation"
        )
    return result


def _reservation_up(command: dict[str, Any], _trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-114"""
    if "reservation_id" in command:
        command["reservation_id"] = str(command["reservation_id"])
    return command


def _reservation_down(command: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-114: 2.1.1 counts reservations. A name becomes the same number every time.

    Numbers of up to nine digits stay, others are above them: nothing keeps two names
    of one partner apart but chance, and no answer ever names the number again.
    """
    name = command.get("reservation_id")
    if isinstance(name, str):
        if _COUNTED.fullmatch(name):
            command["reservation_id"] = int(name)
        else:
            digest = hashlib.sha256(name.upper().encode(errors="replace")).digest()
            number = _NAMED_FROM + int.from_bytes(digest[:8]) % (_LARGEST - _NAMED_FROM)
            command["reservation_id"] = number
            trip.lose(at(path, "reservation_id"), "changed", f"written as the number {number}")
    return command


_COUNTED = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)
# What charge points keep a reservation's number in has 31 bits.
_NAMED_FROM, _LARGEST = 10**9, 2**31


def _credentials_up(credentials: dict[str, Any], trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-06: one party per connection; its role is known from elsewhere."""
    names = ("business_details", "party_id", "country_code")
    role = {name: credentials.pop(name) for name in names if name in credentials}
    credentials["roles"] = [{"role": trip.role, **role}]
    return credentials


def _credentials_down(credentials: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-06: the first role; a connection is made for one."""
    roles = credentials.pop("roles", None)
    if roles:
        if len(roles) > 1:
            trip.lose(at(path, "roles"), "changed", "2.1.1 credentials name one party")
        names = ("business_details", "party_id", "country_code")
        credentials |= {name: roles[0][name] for name in names if name in roles[0]}
    return credentials


_OWNER = frozenset({"country_code", "party_id"})

DELTA = Delta(
    older=V211,
    newer=V221,
    words={
        "PowerType": {"AC_2_PHASE": "AC_1_PHASE", "AC_2_PHASE_SPLIT": "AC_1_PHASE"},
        "AuthMethod": {"COMMAND": "AUTH_REQUEST"},
        "SessionStatus": {"RESERVATION": "PENDING"},
        "TokenType": {"*": "OTHER"},
        "CommandResultType": {"*": "REJECTED"},
    },
    words_up={
        "CommandResponseType": {"TIMEOUT": "REJECTED"},
        "CommandResultType": {"UNKNOWN_SESSION": "FAILED"},
    },
    up={
        "Location": _location_up,
        "Hours": _hours_up,
        "Connector": _connector_up,
        "Tariff": sessions.owned,
        "Token": sessions.owned,
        "Session": sessions.session_up,
        "CDR": sessions.cdr_up,
        "ChargingPeriod": sessions.period_up,
        "AuthorizationInfo": _authorization_up,
        "CommandResponse": _response_up,
        "ReserveNow": _reservation_up,
        "Credentials": _credentials_up,
    },
    down={
        "Location": _location_down,
        "Hours": _hours_down,
        "Connector": _connector_down,
        "Tariff": _tariff_down,
        "Session": sessions.session_down,
        "CDR": sessions.cdr_down,
        "CommandResult": _result_down,
        "ReserveNow": _reservation_down,
        "Credentials": _credentials_down,
    },
    quiet={
        "Location": _OWNER | {"publish", "publish_allowed_to"},
        "Session": _OWNER | {"cdr_token", "location_id", "evse_uid", "connector_id"},
        "CDR": _OWNER | {"cdr_token", "cdr_location"},
        "Tariff": _OWNER | {"type"},
        "Token": _OWNER,
        "AuthorizationInfo": frozenset({"token"}),
        "CommandResponse": frozenset({"timeout"}),
        "LocationReferences": frozenset({"connector_ids"}),
    },
)
