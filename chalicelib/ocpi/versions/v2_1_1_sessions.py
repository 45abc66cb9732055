"""What 2.1.1 writes differently in Sessions and CDRs: an auth_id for the token, a Location inside.

Spec: ledger sections 4.2.3, 4.2.4 (CNV-61 to CNV-86)
"""

from __future__ import annotations

from typing import Any

from chalicelib.ocpi.versions.conversion import Inexpressible, Path, Trip, at
from chalicelib.ocpi.versions.zones import alpha_3

# A reference to nothing (SES-24, CDR-32)
NONE = "#NA"

# What stands for "there is none" in a field that 2.1.1 requires (CNV-36), and what is read so.
NO_POSTAL_CODE = "N/A"
NO_POSTAL_CODES = frozenset({NO_POSTAL_CODE, NONE, ""})

# A Connector nobody knows: any value, ignored by who reads #NA (CDR-32) or sees that it has no voltage.
_ANY_CONNECTOR = {"standard": "IEC_62196_T2", "format": "SOCKET", "power_type": "AC_3_PHASE"}

_REFERENCES = ("location_id", "evse_uid", "connector_id")
_PLACE = ("id", "name", "address", "city", "postal_code", "country", "coordinates")


def session_up(session: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-15, CNV-65, CNV-68, CNV-69, AMB-69"""
    _token_up(session, trip)
    location = session.pop("location", None)
    if location is not None:
        evse, connector = _meant(location, trip, path)
        session["location_id"] = location["id"]
        session["evse_uid"] = evse.get("uid") or NONE
        session["connector_id"] = connector.get("id") or NONE
    return _cost_up(owned(session, trip))


def session_down(session: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-65, CNV-68, CNV-69, CNV-72"""
    _token_down(session)
    if trip.partial:
        told: list[str] = [name for name in _REFERENCES if name in session]
        if "charging_periods" in session:
            told.append("charging_periods")  # a 2.1.1 PATCH replaces them (SES-20)
        if told:
            raise Inexpressible(at(path, told[0]), "not_alone", "2.1.1 needs the whole Session for this")
        return _cost_down(session)
    session["location"] = _embedded(session, trip, path)
    return _cost_down(session)


def _embedded(session: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """The Location of a Session as it is stored, with only its EVSE and Connector (AMB-69)."""
    known = _known_location(session, session.get("location_id"), trip)
    if known is None:
        trip.lose(at(path, "location_id"), "unknown_location", "unknown here; 2.1.1 is told its ids alone")
        return trip.embed("location", _bare(session), trip, whole=False)
    uid, connector_id = _folded(session.get("evse_uid")), _folded(session.get("connector_id"))
    evses = []
    for evse in known.get("evses") or ():
        if _folded(evse.get("uid")) == uid:
            connectors = [
                each for each in evse.get("connectors") or () if _folded(each.get("id")) == connector_id
            ]
            if connectors:
                evses = [{**evse, "connectors": connectors[:1]}]
            break
    # A Session may be at a Location that is not published.
    return trip.embed("location", {**known, "publish": True, "evses": evses}, trip, whole=True)


def _bare(session: dict[str, Any]) -> dict[str, Any]:
    """A Location of which only the ids are known (CNV-68): the rest says so, where 2.1.1 wants something."""
    moment = session["last_updated"]
    connector = {"id": session["connector_id"], **_ANY_CONNECTOR, "max_voltage": 0, "max_amperage": 0}
    evse = {
        "uid": session["evse_uid"],
        "status": "UNKNOWN",
        "connectors": [connector | {"last_updated": moment}],
        "last_updated": moment,
    }
    return {
        "id": session["location_id"],
        "address": NONE,
        "city": NONE,
        "postal_code": NO_POSTAL_CODE,
        "country": alpha_3(session.get("country_code")),
        "coordinates": {"latitude": "0.000000", "longitude": "0.000000"},
        "evses": [] if session["evse_uid"] == NONE else [evse],
        "last_updated": moment,
    }


def cdr_up(cdr: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-15, CNV-78, CNV-79, CNV-81, AMB-69"""
    _token_up(cdr, trip)
    location = cdr.pop("location", None)
    if location is not None:
        evse, connector = _meant(location, trip, path)
        place = {name: location[name] for name in _PLACE if location.get(name) is not None}
        if place.get("postal_code") in NO_POSTAL_CODES:
            del place["postal_code"]
        cdr["cdr_location"] = place | {
            "evse_uid": evse.get("uid") or NONE,
            "evse_id": evse.get("evse_id") or NONE,
            "connector_id": connector.get("id") or NONE,
            **{f"connector_{name}": connector.get(name) or other for name, other in _ANY_CONNECTOR.items()},
        }
    return _cost_up(owned(cdr, trip))


def cdr_down(cdr: dict[str, Any], trip: Trip, path: Path) -> dict[str, Any]:
    """CNV-78, CNV-79, CNV-80, CNV-81"""
    if cdr.get("credit"):
        raise Inexpressible(
            at(path, "credit"), "credit_cdr", "2.1.1 knows no credit CDRs; settle out of band"
        )
    _token_down(cdr)
    place = cdr.get("cdr_location")
    if place is not None:
        location = {name: place[name] for name in _PLACE if place.get(name) is not None}
        location.setdefault("postal_code", NO_POSTAL_CODE)
        location["evses"] = [] if place.get("evse_uid") == NONE else [_cdr_evse(cdr, place, trip)]
        location["last_updated"] = cdr["last_updated"]
        cdr["location"] = trip.embed("location", location, trip, whole=False)
    if cdr.get("charging_periods"):
        cdr["charging_periods"] = _timed(cdr["charging_periods"], trip, at(path, "charging_periods"))
    return _cost_down(cdr)


def _cdr_evse(cdr: dict[str, Any], place: dict[str, Any], trip: Trip) -> dict[str, Any]:
    voltage, amperage = 0, 0
    known = _known_location(cdr, place.get("id"), trip)
    if known is not None:
        uid, connector_id = _folded(place.get("evse_uid")), _folded(place.get("connector_id"))
        for evse in known.get("evses") or ():
            if _folded(evse.get("uid")) == uid:
                for each in evse.get("connectors") or ():
                    if _folded(each.get("id")) == connector_id:
                        voltage, amperage = each.get("max_voltage", 0), each.get("max_amperage", 0)
    connector = {
        "id": place["connector_id"],
        **{name: place.get(f"connector_{name}") or other for name, other in _ANY_CONNECTOR.items()},
        "max_voltage": voltage,
        "max_amperage": amperage,
        "last_updated": cdr["last_updated"],
    }
    evse = {"uid": place["evse_uid"], "status": "UNKNOWN", "connectors": [connector]}
    if place.get("evse_id") not in (None, NONE):
        evse["evse_id"] = place["evse_id"]
    return evse | {"last_updated": cdr["last_updated"]}


def period_up(period: dict[str, Any], _trip: Trip, _path: Path) -> dict[str, Any]:
    """CNV-85: FLAT is no quantity any more; a period that had nothing else has no energy."""
    dimensions = period.get("dimensions")
    if dimensions and any(each.get("type") == "FLAT" for each in dimensions):
        kept = [each for each in dimensions if each.get("type") != "FLAT"]
        period["dimensions"] = kept or [{"type": "ENERGY", "volume": 0}]
    return period


def _timed(periods: list[dict[str, Any]], trip: Trip, path: Path) -> list[dict[str, Any]]:
    """CNV-85: a period of which 2.1.1 knows no dimension; a CDR keeps it, a Session goes without it."""
    if {each["type"] for period in periods for each in period["dimensions"]} <= _DIMENSIONS:
        return periods
    kept = []
    for index, period in enumerate(periods):
        if _DIMENSIONS.isdisjoint([each["type"] for each in period["dimensions"]]):
            trip.lose(at(path, index), "changed", "no dimension that 2.1.1 has (CNV-85)")
            period = {**period, "dimensions": [{"type": "TIME", "volume": 0}]}
        kept.append(period)
    return kept


_DIMENSIONS = frozenset({"ENERGY", "MAX_CURRENT", "MIN_CURRENT", "PARKING_TIME", "TIME"})


def _token_up(body: dict[str, Any], trip: Trip) -> None:
    """CNV-65: the Token by its auth_id; of an unknown one only the contract is known."""
    auth_id = body.pop("auth_id", None)
    if auth_id is None:
        return
    token = trip.token(auth_id) if trip.token else None
    country, party = trip.emsp or (None, None)
    cdr_token: dict[str, Any] = {"country_code": country, "party_id": party, "uid": NONE, "type": "OTHER"}
    if token is not None:
        cdr_token |= {
            name: token[name] for name in ("country_code", "party_id", "uid", "type") if name in token
        }
    body["cdr_token"] = {name: value for name, value in cdr_token.items() if value} | {"contract_id": auth_id}


def _token_down(body: dict[str, Any]) -> None:
    token = body.get("cdr_token")
    if token is not None:
        body["auth_id"] = token["contract_id"]


def _cost_up(body: dict[str, Any]) -> dict[str, Any]:
    if body.get("total_cost") is not None:
        body["total_cost"] = {"excl_vat": body["total_cost"]}
    return body


def _cost_down(body: dict[str, Any]) -> dict[str, Any]:
    if isinstance(body.get("total_cost"), dict):
        body["total_cost"] = body["total_cost"]["excl_vat"]
    return body


def owned(body: dict[str, Any], trip: Trip, _path: Path = ()) -> dict[str, Any]:
    """CNV-15: 2.1.1 bodies do not name their owner."""
    if trip.owner and not trip.partial:
        body["country_code"], body["party_id"] = trip.owner
    return body


def _known_location(body: dict[str, Any], location_id: Any, trip: Trip) -> dict[str, Any] | None:
    owner = (body.get("country_code"), body.get("party_id"))
    if trip.find is None or location_id is None or owner[0] is None or owner[1] is None:
        return None
    return trip.find("location", owner[0], owner[1], location_id)


def _meant(location: dict[str, Any], trip: Trip, path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The EVSE and the Connector that an embedded Location is about: the first, told where there are more."""
    found: list[dict[str, Any]] = [location]
    place = at(path, "location")
    for name in ("evses", "connectors"):
        items = found[-1].get(name) or [{}]
        if len(items) > 1:
            trip.doubt(at(place, name, 1), "ambiguous", "only the first is taken for the one in use (AMB-69)")
        found.append(items[0])
        place = at(place, name, 0)
    return found[1], found[2]


def _folded(name: Any) -> str:
    return str(name or "").upper()
