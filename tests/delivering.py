"""Objects of ours, small and valid, for the tests of deliveries."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

AT = "2026-03-01T10:00:00Z"
EMSP_ROLES = [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}]
CPO_ROLES = [{"role": "CPO", "country_code": "BE", "party_id": "BEC"}]


def later(minutes: int) -> str:
    return f"2026-03-01T{10 + minutes // 60:02d}:{minutes % 60:02d}:00Z"


def evse(uid: str = "E1", **more: Any) -> dict[str, Any]:
    connector = {
        "id": "1",
        "standard": "IEC_62196_T2",
        "format": "SOCKET",
        "power_type": "AC_3_PHASE",
        "max_voltage": 230,
        "max_amperage": 32,
        "last_updated": AT,
    }
    return {"uid": uid, "status": "AVAILABLE", "connectors": [connector], "last_updated": AT, **more}


def location(id: str = "LOC1", evses: int | list[dict[str, Any]] = 2, **more: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "id": id,
        "publish": True,
        "name": "Somewhere",
        "address": "Street 1",
        "city": "Utrecht",
        "postal_code": "3500AA",
        "country": "NLD",
        "coordinates": {"latitude": "52.100000", "longitude": "5.100000"},
        "time_zone": "Europe/Amsterdam",
        "evses": [evse(f"E{at + 1}") for at in range(evses)] if isinstance(evses, int) else evses,
        "last_updated": AT,
        **more,
    }


def token(uid: str = "CARD1", **more: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "EXM",
        "uid": uid,
        "type": "RFID",
        "contract_id": "NL-EXM-C1",
        "issuer": "Example Mobility",
        "valid": True,
        "whitelist": "ALLOWED",
        "last_updated": AT,
        **more,
    }


def tariff(id: str = "T1", **more: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "id": id,
        "currency": "EUR",
        "tax_included": "NO",
        "elements": [{"price_components": [{"type": "ENERGY", "price": Decimal("0.35"), "step_size": 1}]}],
        "last_updated": AT,
        **more,
    }


def period(minute: int) -> dict[str, Any]:
    return {
        "start_date_time": later(minute),
        "dimensions": [{"type": "ENERGY", "volume": Decimal(f"{minute}.5")}],
    }


CARD = {
    "country_code": "DE",
    "party_id": "MSP",
    "uid": "DECARD1",
    "type": "RFID",
    "contract_id": "DE-MSP-C1",
}


def session(id: str = "S1", periods: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "id": id,
        "start_date_time": AT,
        "kwh": Decimal("1.5"),
        "cdr_token": CARD,
        "auth_method": "WHITELIST",
        "location_id": "LOC1",
        "evse_uid": "E1",
        "connector_id": "1",
        "currency": "EUR",
        "charging_periods": [period(at) for at in range(periods)],
        "status": "ACTIVE",
        "last_updated": AT,
        **more,
    }


def cdr(id: str = "C1", **more: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "id": id,
        "start_date_time": AT,
        "end_date_time": later(60),
        "cdr_token": CARD,
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": "LOC1",
            "address": "Street 1",
            "city": "Utrecht",
            "country": "NLD",
            "coordinates": {"latitude": "52.100000", "longitude": "5.100000"},
            "evse_uid": "E1",
            "evse_id": "NL*EXA*E1",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "currency": "EUR",
        "charging_periods": [period(1)],
        "total_cost": {"before_taxes": Decimal("4.20")},
        "total_energy": Decimal("12.5"),
        "total_time": Decimal("1.0"),
        "last_updated": later(61),
        **more,
    }
