"""The small network a sandbox begins with: sites in four countries, tariffs with every component, tokens.

Everything here is a 2.3.0 object; `versions` writes what older versions say instead.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox.messages import date_time
from sandbox.parties import Party

D = Decimal

# id, name, address, postal code, city, country, latitude, longitude, time zone, parking type,
# EVSEs: (connector standard, format, power type, volts, amperes, tariff)
_SITES: list[tuple[Any, ...]] = [
    ("BRU1", "Gare du Nord", "Rue du Progres 80", "1030", "Brussels", "BEL", "50.860830", "4.361110",
     "Europe/Brussels", "ON_STREET",
     [("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, 16, "PLAIN"),
      ("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, 32, "NIGHT")]),
    ("AMS1", "Stationsplein", "Stationsplein 9", "1012 AB", "Amsterdam", "NLD", "52.378900", "4.900580",
     "Europe/Amsterdam", "PARKING_GARAGE",
     [("IEC_62196_T2", "CABLE", "AC_3_PHASE", 230, 32, "TIERED"),
      ("IEC_62196_T2", "CABLE", "AC_3_PHASE", 230, 32, "SERVICE")]),
    ("CGN1", "A4 Rastplatz Frechen", "Bundesautobahn 4", "50226", "Frechen", "DEU", "50.905300", "6.797500",
     "Europe/Berlin", "PARKING_LOT",
     [("IEC_62196_T2_COMBO", "CABLE", "DC", 920, 500, "FAST"),
      ("CHADEMO", "CABLE", "DC", 500, 125, "FAST")]),
    ("LIL1", "Euralille", "Avenue Le Corbusier 1", "59777", "Lille", "FRA", "50.637200", "3.075600",
     "Europe/Paris", "UNDERGROUND_GARAGE",
     [("IEC_62196_T2", "SOCKET", "AC_3_PHASE", 230, 32, "WEEKEND"),
      ("DOMESTIC_E", "SOCKET", "AC_1_PHASE", 230, 16, "RESERVE")]),
]  # fmt: skip


def _component(kind: str, price: str, vat: str = "21", step: int = 1) -> dict[str, Any]:
    return {"type": kind, "price": D(price), "vat": D(vat), "step_size": step}


def _element(*components: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    element: dict[str, Any] = {"price_components": list(components)}
    return {**element, "restrictions": restrictions} if restrictions else element


_TARIFFS: dict[str, tuple[str, dict[str, Any]]] = {
    "PLAIN": ("One price at all hours", {"elements": [_element(_component("ENERGY", "0.35"))]}),
    "NIGHT": (
        "Cheaper at night",
        {
            "elements": [
                _element(_component("ENERGY", "0.25"), start_time="23:00", end_time="07:00"),
                _element(_component("ENERGY", "0.40")),
            ]
        },
    ),
    "SERVICE": (
        "Please leave when your car is charged",
        {
            "elements": [
                _element(
                    _component("FLAT", "0.50"),
                    _component("TIME", "1.20", step=300),
                    _component("PARKING_TIME", "6.00", step=300),
                )
            ]
        },
    ),
    "TIERED": (
        "The first kilowatt-hours are on the house",
        {
            "elements": [
                _element(_component("ENERGY", "0.00"), max_kwh=D(10)),
                _element(_component("ENERGY", "0.40", step=100), min_kwh=D(30)),
                _element(_component("ENERGY", "0.45", step=100)),
            ]
        },
    ),
    "FAST": (
        "Fast charging; please make room after 45 minutes",
        {
            "elements": [
                # Both in the first: 2.1.1 takes one Element, later versions one component per dimension.
                _element(
                    _component("TIME", "6.00", "19", 60),
                    _component("ENERGY", "0.59", "19"),
                    min_duration=2700,
                ),
                _element(_component("TIME", "0.00", "19", 60), _component("ENERGY", "0.59", "19")),
            ],
            "min_price": {"before_taxes": D("2.00"), "after_taxes": D("2.38")},
            "max_price": {"before_taxes": D("60.00"), "after_taxes": D("71.40")},
        },
    ),
    "WEEKEND": (
        "Weekends are cheaper",
        {
            "elements": [
                _element(
                    _component("ENERGY", "0.20", "20"),
                    _component("TIME", "1.00", "20", 60),
                    day_of_week=["SATURDAY", "SUNDAY"],
                ),
                _element(_component("ENERGY", "0.45", "20"), _component("TIME", "0.00", "20", 60)),
            ]
        },
    ),
    "RESERVE": (
        "May be reserved",
        {
            "elements": [
                _element(
                    _component("FLAT", "1.00", "20"),
                    _component("TIME", "2.00", "20", 60),
                    reservation="RESERVATION",
                ),
                _element(_component("TIME", "4.00", "20", 60), reservation="RESERVATION_EXPIRES"),
                _element(_component("ENERGY", "0.38", "20")),
            ]
        },
    ),
}

# uid, type, valid, whitelist, what a real-time authorization says
_TOKENS = [
    ("04A1B2C3D4E580", "RFID", True, "ALLOWED", "ALLOWED"),
    ("04A1B2C3D4E581", "RFID", True, "ALWAYS", "ALLOWED"),
    ("04A1B2C3D4E582", "RFID", False, "NEVER", "BLOCKED"),
    ("04A1B2C3D4E583", "RFID", True, "NEVER", "NO_CREDIT"),
    ("04A1B2C3D4E584", "RFID", False, "ALLOWED_OFFLINE", "EXPIRED"),
    ("app-7d1c5a1e", "APP_USER", True, "NEVER", "ALLOWED"),
]
VERDICTS = {uid: verdict for uid, _, _, _, verdict in _TOKENS}


def locations(owner: Party, now: datetime) -> list[dict[str, Any]]:
    """The sites of this party, each with two EVSEs."""
    return [_location(owner, site, date_time(now - timedelta(days=9 - at))) for at, site in enumerate(_SITES)]


def _location(owner: Party, site: tuple[Any, ...], then: str) -> dict[str, Any]:
    key, name, address, postal_code, city, country, latitude, longitude, zone, parking, evses = site
    return {
        "country_code": owner.country_code,
        "party_id": owner.party_id,
        "id": key,
        "publish": True,
        "name": name,
        "address": address,
        "city": city,
        "postal_code": postal_code,
        "country": country,
        "coordinates": {"latitude": latitude, "longitude": longitude},
        "parking_type": parking,
        "evses": [_evse(owner, key, number, evse, then) for number, evse in enumerate(evses, 1)],
        "operator": {"name": owner.name},
        "facilities": ["TRAIN_STATION"] if parking == "ON_STREET" else ["SUPERMARKET", "WIFI"],
        "time_zone": zone,
        "opening_times": {"twentyfourseven": True},
        "charging_when_closed": True,
        "energy_mix": {
            "is_green_energy": True,
            "energy_sources": [
                {"source": "WIND", "percentage": D(70)},
                {"source": "SOLAR", "percentage": D(30)},
            ],
            "supplier_name": "Sandbox Power",
        },
        "help_phone": "+3225550100",
        "last_updated": then,
    }


def _evse(owner: Party, site: str, number: int, evse: tuple[Any, ...], then: str) -> dict[str, Any]:
    standard, form, power, volts, amperes, tariff = evse
    return {
        "uid": f"{site}-{number}",
        "evse_id": f"{owner.country_code}*{owner.party_id}*E{site}*{number}",
        "status": "AVAILABLE",
        "capabilities": [
            "RFID_READER",
            "REMOTE_START_STOP_CAPABLE",
            "RESERVABLE",
            "UNLOCK_CAPABLE",
            "CHARGING_PROFILE_CAPABLE",
            "CHARGING_PREFERENCES_CAPABLE",
        ],
        "connectors": [
            {
                "id": "1",
                "standard": standard,
                "format": form,
                "power_type": power,
                "max_voltage": volts,
                "max_amperage": amperes,
                "tariff_ids": [tariff],
                "last_updated": then,
            }
        ],
        "physical_reference": str(number),
        "last_updated": then,
    }


def tariffs(owner: Party, now: datetime) -> list[dict[str, Any]]:
    """A Tariff for each component and the restrictions that are met most."""
    return [
        {
            "country_code": owner.country_code,
            "party_id": owner.party_id,
            "id": key,
            "currency": "EUR",
            "type": "REGULAR",
            "tariff_alt_text": [{"language": "en", "text": text}],
            **deepcopy(content),
            "tax_included": "NO",
            "last_updated": date_time(now - timedelta(days=20 - number)),
        }
        for number, (key, (text, content)) in enumerate(_TARIFFS.items())
    ]


def tokens(owner: Party, now: datetime) -> list[dict[str, Any]]:
    """Cards and an app user: valid, blocked, without credit, expired."""
    return [
        {
            "country_code": owner.country_code,
            "party_id": owner.party_id,
            "uid": uid,
            "type": kind,
            "contract_id": f"{owner.country_code}-{owner.party_id}-C{number:08d}-X",
            "visual_number": f"{owner.country_code}-{number:04d}",
            "issuer": owner.name,
            "valid": valid,
            "whitelist": whitelist,
            "language": "en",
            "last_updated": date_time(now - timedelta(days=30 - number)),
        }
        for number, (uid, kind, valid, whitelist, _) in enumerate(_TOKENS, 1)
    ]


def watts(connector: dict[str, Any]) -> Decimal:
    """What a car takes here in the sandbox: a round number below what the connector can."""
    if connector["power_type"] == "DC":
        return D(50000)
    return D(10000) if connector["max_amperage"] <= 16 else D(20000)
