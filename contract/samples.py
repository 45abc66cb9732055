"""Objects to copy: a Tariff, a Location, a Token, a Session and its CDR that fit together.

`docs/backend.md` shows them and `docs/openapi.json` has them as examples; the
tests put them.
"""

from __future__ import annotations

from typing import Any

TARIFF: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "EXA",
    "id": "AC-1",
    "currency": "EUR",
    "tax_included": "NO",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 0.35, "vat": 21, "step_size": 1}]}],
    "last_updated": "2026-03-01T08:00:00Z",
}
LOCATION: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "EXA",
    "id": "LOC1",
    "publish": True,
    "name": "Stationsplein",
    "address": "Stationsplein 1",
    "city": "Utrecht",
    "postal_code": "3511 ED",
    "country": "NLD",
    "coordinates": {"latitude": "52.089444", "longitude": "5.110278"},
    "time_zone": "Europe/Amsterdam",
    "operator": {"name": "Example Charging"},
    "opening_times": {"twentyfourseven": True},
    "evses": [
        {
            "uid": "3256",
            "evse_id": "NL*EXA*E3256",
            "status": "AVAILABLE",
            "capabilities": ["REMOTE_START_STOP_CAPABLE", "RFID_READER"],
            "connectors": [
                {
                    "id": "1",
                    "standard": "IEC_62196_T2",
                    "format": "SOCKET",
                    "power_type": "AC_3_PHASE",
                    "max_voltage": 230,
                    "max_amperage": 16,
                    "max_electric_power": 11000,
                    "tariff_ids": ["AC-1"],
                    "last_updated": "2026-03-01T08:00:00Z",
                }
            ],
            "last_updated": "2026-03-01T08:00:00Z",
        }
    ],
    "last_updated": "2026-03-01T08:00:00Z",
}
TOKEN: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "EXM",
    "uid": "04A2B9C1D25E80",
    "type": "RFID",
    "contract_id": "NL-EXM-C10001-4",
    "visual_number": "10001-4",
    "issuer": "Example Mobility",
    "valid": True,
    "whitelist": "ALLOWED",
    "last_updated": "2026-03-01T08:00:00Z",
}
CDR_TOKEN: dict[str, Any] = {
    "country_code": "DE",
    "party_id": "MSP",
    "uid": "04F1E2D3C4B5A6",
    "type": "RFID",
    "contract_id": "DE-MSP-C12345-1",
}
PERIOD: dict[str, Any] = {
    "start_date_time": "2026-03-02T09:30:05Z",
    "dimensions": [{"type": "ENERGY", "volume": 8.4}, {"type": "TIME", "volume": 0.835}],
    "tariff_id": "AC-1",
}
COST: dict[str, Any] = {"before_taxes": 2.94, "taxes": [{"name": "VAT", "percentage": 21, "amount": 0.6174}]}
SESSION: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "EXA",
    "id": "S-1001",
    "start_date_time": "2026-03-02T09:30:05Z",
    "end_date_time": "2026-03-02T10:20:11Z",
    "kwh": 8.4,
    "cdr_token": CDR_TOKEN,
    "auth_method": "WHITELIST",
    "location_id": "LOC1",
    "evse_uid": "3256",
    "connector_id": "1",
    "currency": "EUR",
    "charging_periods": [PERIOD],
    "total_cost": COST,
    "status": "COMPLETED",
    "last_updated": "2026-03-02T10:20:11Z",
}
CDR: dict[str, Any] = {
    "country_code": "NL",
    "party_id": "EXA",
    "id": "CDR-1001",
    "start_date_time": "2026-03-02T09:30:05Z",
    "end_date_time": "2026-03-02T10:20:11Z",
    "session_id": "S-1001",
    "cdr_token": CDR_TOKEN,
    "auth_method": "WHITELIST",
    "cdr_location": {
        "id": "LOC1",
        "name": "Stationsplein",
        "address": "Stationsplein 1",
        "city": "Utrecht",
        "postal_code": "3511 ED",
        "country": "NLD",
        "coordinates": {"latitude": "52.089444", "longitude": "5.110278"},
        "evse_uid": "3256",
        "evse_id": "NL*EXA*E3256",
        "connector_id": "1",
        "connector_standard": "IEC_62196_T2",
        "connector_format": "SOCKET",
        "connector_power_type": "AC_3_PHASE",
    },
    "currency": "EUR",
    "tariffs": [TARIFF],
    "charging_periods": [PERIOD],
    "total_cost": COST,
    "total_energy": 8.4,
    "total_energy_cost": COST,
    "total_time": 0.835,
    "last_updated": "2026-03-02T10:20:11Z",
}

# In the order in which they are put: each names those before it.
SAMPLES: dict[str, tuple[str, dict[str, Any]]] = {
    "Tariff": ("tariffs", TARIFF),
    "Location": ("locations", LOCATION),
    "Token": ("tokens", TOKEN),
    "Session": ("sessions", SESSION),
    "CDR": ("cdrs", CDR),
}

# What events tell of partners and of requests that are answered later.
A_CONNECTION: dict[str, Any] = {
    "partner": "p-7f3a",
    "name": "Example Mobility",
    "state": "REGISTERED",
    "version": "2.2.1",
    "roles": [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}],
}
A_PARTNER: dict[str, Any] = {"partner": "p-7f3a", "name": "Example Mobility", "parties": ["DE/MSP"]}
A_PROFILE: dict[str, Any] = {
    "charging_rate_unit": "W",
    "charging_profile_period": [{"start_period": 0, "limit": 7400}, {"start_period": 3600, "limit": 3700}],
}
A_RECEIVED: dict[str, Any] = {
    "direction": "RECEIVED",
    "partner": "p-7f3a",
    "party": "DE/MSP",
    "hosted_party": "NL/EXA",
    "state": "PENDING",
    "response": {"result": "ACCEPTED", "timeout": 30},
    "result": None,
    "created_at": "2026-03-02T09:30:00.120Z",
    "concluded_at": None,
    "answer_by": "2026-03-02T09:30:25.120Z",
}
A_SENT: dict[str, Any] = {
    "direction": "SENT",
    "partner": "p-19bc",
    "party": "BE/BEC",
    "hosted_party": "NL/EXM",
    "state": "CONCLUDED",
    "response": {"result": "ACCEPTED", "timeout": 30},
    "created_at": "2026-03-02T10:02:11.004Z",
    "concluded_at": "2026-03-02T10:02:12.310Z",
}
