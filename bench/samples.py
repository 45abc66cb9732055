"""The objects that are measured: of the size that partners send every day."""

from __future__ import annotations

from typing import Any

TIME = "2026-03-01T12:00:00Z"


def location(evses: int = 10) -> dict[str, Any]:
    """A 2.3.0 Location; ten EVSEs with two Connectors each make 12.5 KB."""
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "id": "LOC-0001",
        "publish": True,
        "name": "Parkeergarage Centrum",
        "address": "Stationsplein 12",
        "city": "Utrecht",
        "postal_code": "3511 ED",
        "country": "NLD",
        "coordinates": {"latitude": "52.089180", "longitude": "5.109810"},
        "parking_type": "PARKING_GARAGE",
        "evses": [evse(number) for number in range(evses)],
        "directions": [{"language": "nl", "text": "Niveau -2, volg de groene lijn naar de laadpunten."}],
        "operator": {"name": "Example Charging", "website": "https://www.example.com/charging"},
        "facilities": ["TRAIN_STATION", "WIFI", "RESTAURANT"],
        "time_zone": "Europe/Amsterdam",
        "opening_times": {
            "twentyfourseven": False,
            "regular_hours": [
                {"weekday": day, "period_begin": "06:00", "period_end": "23:30"} for day in range(1, 8)
            ],
        },
        "charging_when_closed": True,
        "images": [
            {
                "url": f"https://images.example.com/loc-0001/{number}.jpg",
                "thumbnail": f"https://images.example.com/loc-0001/{number}-small.jpg",
                "category": "LOCATION",
                "type": "jpeg",
                "width": 1024,
                "height": 768,
            }
            for number in range(2)
        ],
        "energy_mix": {
            "is_green_energy": True,
            "energy_sources": [{"source": "WIND", "percentage": 60}, {"source": "SOLAR", "percentage": 40}],
            "environ_impact": [{"category": "CARBON_DIOXIDE", "amount": 0}],
            "supplier_name": "Example Energy",
        },
        "last_updated": TIME,
    }


def evse(number: int) -> dict[str, Any]:
    """One EVSE with two Connectors."""
    return {
        "uid": f"{3256 + number}",
        "evse_id": f"NL*EXA*E{4500 + number}",
        "status": "AVAILABLE",
        "capabilities": ["RFID_READER", "REMOTE_START_STOP_CAPABLE", "RESERVABLE", "UNLOCK_CAPABLE"],
        "connectors": [
            {
                "id": f"{connector}",
                "standard": "IEC_62196_T2_COMBO" if connector == 2 else "IEC_62196_T2",
                "format": "CABLE" if connector == 2 else "SOCKET",
                "power_type": "DC" if connector == 2 else "AC_3_PHASE",
                "max_voltage": 400,
                "max_amperage": 125 if connector == 2 else 32,
                "max_electric_power": 50000 if connector == 2 else 22000,
                "tariff_ids": ["TARIFF-0001"],
                "terms_and_conditions": "https://www.example.com/terms",
                "last_updated": TIME,
            }
            for connector in (1, 2)
        ],
        "floor_level": "-2",
        "coordinates": {"latitude": "52.089180", "longitude": "5.109810"},
        "physical_reference": f"{number + 1}",
        "directions": [{"language": "nl", "text": "Achter de slagboom links."}],
        "parking_restrictions": ["EV_ONLY", "PLUGGED"],
        "last_updated": TIME,
    }


def cdr(periods: int = 50) -> dict[str, Any]:
    """A 2.3.0 CDR of a long session with its tariff."""
    from decimal import Decimal

    return {
        "country_code": "BE",
        "party_id": "BEC",
        "id": "CDR-0001",
        "start_date_time": "2026-03-01T08:00:00Z",
        "end_date_time": "2026-03-01T12:00:00Z",
        "session_id": "SES-0001",
        "cdr_token": {
            "country_code": "NL",
            "party_id": "EXA",
            "uid": "012345678",
            "type": "RFID",
            "contract_id": "NL-EXA-C12345678-9",
        },
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": "LOC-1",
            "name": "Gent Zuid",
            "address": "Gustaaf Callierlaan 4",
            "city": "Gent",
            "postal_code": "9000",
            "country": "BEL",
            "coordinates": {"latitude": "51.037000", "longitude": "3.736000"},
            "evse_uid": "3256",
            "evse_id": "BE*BEC*E041503003",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "currency": "EUR",
        "tariffs": [tariff()],
        "charging_periods": [
            {
                "start_date_time": f"2026-03-01T{8 + number // 15:02}:{number % 15 * 4:02}:00Z",
                "dimensions": [
                    {"type": "ENERGY", "volume": Decimal("1.4667")},
                    {"type": "TIME", "volume": Decimal("0.0667")},
                ],
                "tariff_id": "TARIFF-0001",
            }
            for number in range(periods)
        ],
        "total_cost": {
            "before_taxes": Decimal("18.50"),
            "taxes": [{"name": "VAT", "percentage": 21, "amount": Decimal("3.885")}],
        },
        "total_energy": Decimal("73.335"),
        "total_energy_cost": {"before_taxes": Decimal("18.00")},
        "total_time": 4,
        "remark": "charged at night",
        "last_updated": TIME,
    }


def tariff() -> dict[str, Any]:
    """A 2.3.0 Tariff of two elements."""
    from decimal import Decimal

    return {
        "country_code": "BE",
        "party_id": "BEC",
        "id": "TARIFF-0001",
        "currency": "EUR",
        "type": "REGULAR",
        "tax_included": "NO",
        "elements": [
            {
                "price_components": [
                    {"type": "ENERGY", "price": Decimal("0.25"), "vat": Decimal("21.0"), "step_size": 1},
                    {"type": "FLAT", "price": Decimal("0.50"), "vat": Decimal("21.0"), "step_size": 1},
                ]
            },
            {
                "price_components": [{"type": "PARKING_TIME", "price": 2, "vat": 21, "step_size": 900}],
                "restrictions": {"start_time": "09:00", "end_time": "18:00", "day_of_week": ["MONDAY"]},
            },
        ],
        "last_updated": TIME,
    }


def token() -> dict[str, Any]:
    """A 2.3.0 Token with everything a Token has."""
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "uid": "012345678",
        "type": "RFID",
        "contract_id": "NL-EXA-C12345678-9",
        "visual_number": "NL-EXA-C12345678-9",
        "issuer": "Example",
        "group_id": "FLEET-7",
        "valid": True,
        "whitelist": "ALLOWED",
        "language": "nl",
        "default_profile_type": "GREEN",
        "energy_contract": {"supplier_name": "Example Energy", "contract_id": "EC-1"},
        "last_updated": TIME,
    }
