"""Sample objects of the tests: ours, small and valid; those of an eMSP; what each version writes."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from chalicelib.ocpi import jsontext

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


# Of commands and charging profiles: an EVSE that can do all of it, and what belongs to an eMSP.

LONG_AGO = "2026-01-01T00:00:00Z"


def capable_evse(uid: str = "E1", **more: Any) -> dict[str, Any]:
    """An EVSE that takes every command and charging profile."""
    able = ("REMOTE_START_STOP_CAPABLE", "RESERVABLE", "UNLOCK_CAPABLE", "CHARGING_PROFILE_CAPABLE")
    given = {"evse_id": f"NL*EXA*{uid}", "capabilities": list(able), **more}
    return evse(uid, **given)


def capable_location(**more: Any) -> dict[str, Any]:
    """A Location of ours with such an EVSE."""
    return location(**{"evses": [capable_evse()], **more})


def their_token(country: str = "DE", party: str = "MSP", uid: str = "CARD1") -> dict[str, Any]:
    """A Token of an eMSP that is asked each time."""
    return token(
        uid,
        country_code=country,
        party_id=party,
        contract_id=f"{country}-{party}-C1-1",
        issuer="Stub Mobility",
        whitelist="NEVER",
        last_updated=LONG_AGO,
    )


def their_session(
    id: str = "S1", owner: str = "NL/EXA", emsp: str = "DE/MSP", status: str = "ACTIVE"
) -> dict[str, Any]:
    """A Session that an eMSP began by a command."""
    country, party = owner.split("/")
    its_country, its_party = emsp.split("/")
    card = {"country_code": its_country, "party_id": its_party, "uid": "CARD1", "type": "RFID"}
    return session(
        id,
        periods=0,
        country_code=country,
        party_id=party,
        start_date_time=LONG_AGO,
        kwh=1,
        cdr_token={**card, "contract_id": f"{its_country}-{its_party}-C1-1"},
        auth_method="COMMAND",
        status=status,
        last_updated=LONG_AGO,
    )


# What the versions write, from `tests/examples`.

FOLDER = Path(__file__).parent / "examples"
KINDS = {
    "locations": "location",
    "tariffs": "tariff",
    "sessions": "session",
    "cdrs": "cdr",
    "tokens": "token",
    "hubclientinfo": "client_info",
}
NEWER = "2026-10-01T00:00:00Z"


@cache
def _text(kind: str, version: str) -> bytes:
    return (FOLDER / version / f"{kind}.json").read_bytes()


def example(kind: str, version: str = "2.2.1", owner: str = "BE/BEC", **changes: Any) -> dict[str, Any]:
    """An object of this kind, owner and version; a change to None takes a field out."""
    found: dict[str, Any] = jsontext.loads(_text(kind, version))
    if version != "2.1.1" and kind not in ("evse", "connector"):
        found["country_code"], found["party_id"] = owner.split("/")
    found |= changes
    return {name: value for name, value in found.items() if value is not None}


def own(kind: str, **changes: Any) -> dict[str, Any]:
    """An object of a hosted party, in 2.3.0: CPO NL/EXA, EMSP NL/EXM."""
    owner = "NL/EXM" if kind == "token" else "NL/EXA"
    return example(kind, "2.3.0", owner, **changes)


def for_emsp(party: str = "DE/MSP", uid: str = "CARD1") -> dict[str, Any]:
    """A CdrToken of this eMSP."""
    country, name = party.split("/")
    return {"country_code": country, "party_id": name, "uid": uid, "type": "RFID", "contract_id": "C1"}
