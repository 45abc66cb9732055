"""Sample locations, tariffs and tokens of fictional parties, put through the operator's door."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localrun.platform import LocalPlatform

UPDATED = "2026-01-15T09:00:00Z"

# id, name, address, city, postal code, latitude, longitude, parking type, EVSEs
SITES: list[tuple[str, str, str, str, str, str, str, str, list[str]]] = [
    ("LOC1", "Keizersgracht", "Keizersgracht 585", "Amsterdam", "1017DR",
     "52.364115", "4.891733", "ON_STREET", ["AC", "AC"]),
    ("LOC2", "Station Utrecht Jaarbeurszijde", "Croeselaan 1", "Utrecht", "3521BJ",
     "52.088410", "5.106290", "PARKING_GARAGE", ["AC", "AC", "AC", "AC"]),
    ("LOC3", "Markthal", "Verlengde Nieuwstraat 8", "Rotterdam", "3011GX",
     "51.920080", "4.486590", "UNDERGROUND_GARAGE", ["AC", "AC"]),
    ("LOC4", "Rastplaats De Horn", "Rijksweg A12 km 41", "Veenendaal", "3905LE",
     "52.034870", "5.531220", "ALONG_MOTORWAY", ["DC", "DC", "DC"]),
    ("LOC5", "Groot Kantoor", "Kennedyplein 10", "Eindhoven", "5611ZS",
     "51.445070", "5.481220", "PARKING_LOT", ["DC"]),
]  # fmt: skip

CONNECTORS: dict[str, dict[str, Any]] = {
    "AC": {
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "max_voltage": 230,
        "max_amperage": 32,
        "max_electric_power": 22080,
        "tariff_ids": ["AC1"],
    },
    "DC": {
        "standard": "IEC_62196_T2_COMBO",
        "format": "CABLE",
        "power_type": "DC",
        "max_voltage": 920,
        "max_amperage": 400,
        "max_electric_power": 150000,
        "tariff_ids": ["DC1"],
    },
}

# id, description, price per kWh, start fee, fee per hour of parking after charging
PRICES = [
    ("AC1", "0.35 euro per kWh", "0.35", None, None),
    ("DC1", "0.59 euro per kWh, 0.50 euro to start", "0.59", "0.50", None),
    ("STAY1", "0.30 euro per kWh, 2.40 euro per hour of parking", "0.30", None, "2.40"),
]

# uid, type, visual number, whitelist, valid
CARDS = [
    ("04E1A2B3C40001", "RFID", "EXM-0000-0001", "ALLOWED", True),
    ("04E1A2B3C40002", "RFID", "EXM-0000-0002", "ALLOWED", True),
    ("04E1A2B3C40003", "RFID", "EXM-0000-0003", "ALLOWED", True),
    ("04E1A2B3C40004", "RFID", "EXM-0000-0004", "ALLOWED_OFFLINE", True),
    ("04E1A2B3C40005", "RFID", "EXM-0000-0005", "ALWAYS", True),
    ("04E1A2B3C40006", "RFID", "EXM-0000-0006", "NEVER", True),
    ("04E1A2B3C40007", "RFID", "EXM-0000-0007", "ALLOWED", False),
    ("APP-EXM-0001", "APP_USER", None, "NEVER", True),
    ("APP-EXM-0002", "APP_USER", None, "NEVER", True),
    ("04E1A2B3C40008", "RFID", "EXM-0000-0008", "ALLOWED", True),
]


def plant(platform: LocalPlatform) -> None:
    """Put the samples of the parties hosted here, unless there is something of their kind already."""
    for module, role, make in (
        ("tariffs", "CPO", tariffs),
        ("locations", "CPO", locations),
        ("tokens", "EMSP", tokens),
    ):
        party = _hosted(platform, role)
        if party is None:
            continue
        if platform.do("list", module=module, party="/".join(party), limit=1)["objects"]:
            continue
        answer = platform.do("put", module=module, objects=make(*party))
        if answer["errors"]:
            raise RuntimeError(f"the sample {module} were refused: {answer['errors'][0]}")


def locations(country: str, party: str) -> list[dict[str, Any]]:
    """Five charging sites with twelve EVSEs."""
    return [_location(country, party, *site) for site in SITES]


def tariffs(country: str, party: str) -> list[dict[str, Any]]:
    """Three tariffs, prices without VAT."""
    made = []
    for id, text, energy, start, parking in PRICES:
        components = [_price("ENERGY", energy)]
        if start:
            components.append(_price("FLAT", start))
        if parking:
            components.append(_price("PARKING_TIME", parking))
        made.append(
            {
                "country_code": country,
                "party_id": party,
                "id": id,
                "currency": "EUR",
                "type": "REGULAR",
                "tax_included": "NO",
                "tariff_alt_text": [{"language": "en", "text": text}],
                "elements": [{"price_components": components}],
                "last_updated": UPDATED,
            }
        )
    return made


def tokens(country: str, party: str) -> list[dict[str, Any]]:
    """Ten tokens: cards and app users, allowed and blocked."""
    return [
        {
            "country_code": country,
            "party_id": party,
            "uid": uid,
            "type": kind,
            "contract_id": f"{country}-{party}-C{at:08d}-{at}",
            **({"visual_number": number} if number else {}),
            "issuer": "Example Mobility",
            "valid": valid,
            "whitelist": whitelist,
            "language": "nl",
            "last_updated": UPDATED,
        }
        for at, (uid, kind, number, whitelist, valid) in enumerate(CARDS)
    ]


def _location(
    country: str,
    party: str,
    id: str,
    name: str,
    address: str,
    city: str,
    postal_code: str,
    latitude: str,
    longitude: str,
    parking_type: str,
    evses: list[str],
) -> dict[str, Any]:
    return {
        "country_code": country,
        "party_id": party,
        "id": id,
        "publish": True,
        "name": name,
        "address": address,
        "city": city,
        "postal_code": postal_code,
        "country": "NLD",
        "coordinates": {"latitude": latitude, "longitude": longitude},
        "parking_type": parking_type,
        "time_zone": "Europe/Amsterdam",
        "opening_times": {"twentyfourseven": True},
        "operator": {"name": "Example Charging"},
        "evses": [
            _evse(f"{id}-{at}", f"{country}*{party}*E{id}*{at}", kind) for at, kind in enumerate(evses, 1)
        ],
        "last_updated": UPDATED,
    }


def _evse(uid: str, evse_id: str, kind: str) -> dict[str, Any]:
    return {
        "uid": uid,
        "evse_id": evse_id,
        "status": "AVAILABLE",
        "capabilities": ["RFID_READER", "REMOTE_START_STOP_CAPABLE", "RESERVABLE", "UNLOCK_CAPABLE"],
        "connectors": [{"id": "1", **CONNECTORS[kind], "last_updated": UPDATED}],
        "physical_reference": uid.rsplit("-", 1)[-1],
        "last_updated": UPDATED,
    }


def _price(kind: str, price: str) -> dict[str, Any]:
    return {"type": kind, "price": Decimal(price), "vat": Decimal("21.0"), "step_size": 1}


def _hosted(platform: LocalPlatform, role: str) -> tuple[str, str] | None:
    for each in platform.wiring.settings.parties:
        if each.role == role:
            return each.country_code, each.party_id
    return None
