"""What the two fictional companies of the demo own: one location, tariff and token for each version's day."""

from __future__ import annotations

from typing import Any

WHEN = "2026-01-01T00:00:00Z"


def _name(version: str) -> str:
    return version.replace(".", "")


def tariff(version: str, owner: str = "NL/EXA") -> dict[str, Any]:
    return {
        "country_code": owner[:2],
        "party_id": owner[3:],
        "id": f"TARIFF-{_name(version)}",
        "currency": "EUR",
        "tax_included": "NO",
        "elements": [
            {
                "price_components": [
                    {"type": "FLAT", "price": 0.50, "vat": 21, "step_size": 1},
                    {"type": "ENERGY", "price": 0.35, "vat": 21, "step_size": 1},
                ]
            }
        ],
        "last_updated": WHEN,
    }


def location(version: str, owner: str = "NL/EXA") -> dict[str, Any]:
    return {
        "country_code": owner[:2],
        "party_id": owner[3:],
        "id": f"LOC-{_name(version)}",
        "publish": True,
        "name": f"Market square ({version})",
        "address": "Market 1",
        "city": "Utrecht",
        "postal_code": "3511 AA",
        "country": "NLD",
        "coordinates": {"latitude": "52.090737", "longitude": "5.121420"},
        "parking_type": "ON_STREET",
        "time_zone": "Europe/Amsterdam",
        "evses": [_evse(version, number, owner) for number in (1, 2)],
        "last_updated": WHEN,
    }


def _evse(version: str, number: int, owner: str) -> dict[str, Any]:
    return {
        "uid": f"{_name(version)}-{number}",
        "evse_id": f"{owner[:2]}*{owner[3:]}*E{_name(version)}{number}",
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
                "standard": "IEC_62196_T2",
                "format": "SOCKET",
                "power_type": "AC_3_PHASE",
                "max_voltage": 230,
                "max_amperage": 32,
                "tariff_ids": [f"TARIFF-{_name(version)}"],
                "last_updated": WHEN,
            }
        ],
        "last_updated": WHEN,
    }


def token(version: str) -> dict[str, Any]:
    return {
        "country_code": "DE",
        "party_id": "EXM",
        "uid": f"CARD{_name(version)}",
        "type": "RFID",
        "contract_id": f"DE-EXM-C{_name(version)}-1",
        "issuer": "Example Mobility",
        "valid": True,
        "whitelist": "NEVER",
        "last_updated": WHEN,
    }
