"""CDRs, Sessions and Tariffs whose price is plain: 0.50 EUR a kWh and 21 % on top."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

CPO = {"country_code": "BE", "party_id": "BEC"}
START, END = "2026-10-05T08:00:00Z", "2026-10-05T09:00:00Z"


def tariff(id: str = "T1", **more: Any) -> dict[str, Any]:
    return {
        **CPO,
        "id": id,
        "currency": "EUR",
        "elements": [
            {"price_components": [{"type": "ENERGY", "price": Decimal("0.5"), "vat": 21, "step_size": 1}]}
        ],
        "last_updated": START,
        **more,
    }


def token(uid: str = "TOKEN1") -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "EXM",
        "uid": uid,
        "type": "RFID",
        "contract_id": f"NL-EXM-{uid}",
    }


def cdr(id: str = "C1", **more: Any) -> dict[str, Any]:
    """10 kWh for 5.00 EUR, 6.05 with VAT, in 2.2.1; a change to None takes a field out."""
    made = {
        **CPO,
        "id": id,
        "start_date_time": START,
        "end_date_time": END,
        "session_id": f"S-{id}",
        "cdr_token": token(),
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": "LOC1",
            "address": "Street 1",
            "city": "Gent",
            "country": "BEL",
            "coordinates": {"latitude": "51.047599", "longitude": "3.729944"},
            "evse_uid": "E1",
            "evse_id": "BE*BEC*E1",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "currency": "EUR",
        "tariffs": [tariff()],
        "charging_periods": [
            {
                "start_date_time": START,
                "dimensions": [{"type": "ENERGY", "volume": 10}, {"type": "TIME", "volume": 1}],
            }
        ],
        "total_cost": {"excl_vat": Decimal("5"), "incl_vat": Decimal("6.05")},
        "total_energy": 10,
        "total_time": 1,
        "last_updated": END,
        **more,
    }
    return {name: value for name, value in made.items() if value is not None}


def credit(of: dict[str, Any], id: str = "CREDIT1", **more: Any) -> dict[str, Any]:
    """The Credit CDR for a CDR."""
    cost = {side: -amount for side, amount in of["total_cost"].items()}
    return {**of, "id": id, "credit": True, "credit_reference_id": of["id"], "total_cost": cost, **more}


def session(id: str = "S1", **more: Any) -> dict[str, Any]:
    return {
        **CPO,
        "id": id,
        "start_date_time": START,
        "end_date_time": END,
        "kwh": 10,
        "cdr_token": token(),
        "auth_method": "WHITELIST",
        "location_id": "LOC1",
        "evse_uid": "E1",
        "connector_id": "1",
        "currency": "EUR",
        "status": "COMPLETED",
        "last_updated": END,
        **more,
    }


def send(ask: Any, partner: Any, body: dict[str, Any], version: str = "2.2.1") -> None:
    """A partner's CDR, POSTed."""
    answer = ask("POST", f"/ocpi/{version}/receiver/cdrs", token=partner.token, body=body)
    assert answer.code == 1000, answer.text


def send_session(ask: Any, partner: Any, body: dict[str, Any]) -> None:
    where = f"/ocpi/2.2.1/receiver/sessions/BE/BEC/{body['id']}"
    answer = ask("PUT", where, token=partner.token, body=body)
    assert answer.code == 1000, answer.text
