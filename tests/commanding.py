"""What the tests of commands and charging profiles share: objects, and dying at a chosen call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

WHEN = "2026-01-01T00:00:00Z"


def location(**more: Any) -> dict[str, Any]:
    """An own Location with one EVSE of all capabilities."""
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "id": "LOC1",
        "publish": True,
        "address": "Market 1",
        "city": "Utrecht",
        "country": "NLD",
        "coordinates": {"latitude": "52.090737", "longitude": "5.121420"},
        "time_zone": "Europe/Amsterdam",
        "evses": [evse()],
        "last_updated": WHEN,
        **more,
    }


def evse(uid: str = "E1", **more: Any) -> dict[str, Any]:
    return {
        "uid": uid,
        "evse_id": f"NL*EXA*{uid}",
        "status": "AVAILABLE",
        "capabilities": [
            "REMOTE_START_STOP_CAPABLE",
            "RESERVABLE",
            "UNLOCK_CAPABLE",
            "CHARGING_PROFILE_CAPABLE",
        ],
        "connectors": [
            {
                "id": "1",
                "standard": "IEC_62196_T2",
                "format": "SOCKET",
                "power_type": "AC_3_PHASE",
                "max_voltage": 230,
                "max_amperage": 16,
                "last_updated": WHEN,
            }
        ],
        "last_updated": WHEN,
        **more,
    }


def token(country: str = "DE", party: str = "MSP", uid: str = "CARD1") -> dict[str, Any]:
    return {
        "country_code": country,
        "party_id": party,
        "uid": uid,
        "type": "RFID",
        "contract_id": f"{country}-{party}-C1-1",
        "issuer": "Stub Mobility",
        "valid": True,
        "whitelist": "NEVER",
        "last_updated": WHEN,
    }


def session(
    id: str = "S1", owner: str = "NL/EXA", emsp: str = "DE/MSP", status: str = "ACTIVE"
) -> dict[str, Any]:
    country, party = owner.split("/")
    its_country, its_party = emsp.split("/")
    return {
        "country_code": country,
        "party_id": party,
        "id": id,
        "start_date_time": WHEN,
        "kwh": 1,
        "cdr_token": {
            "country_code": its_country,
            "party_id": its_party,
            "uid": "CARD1",
            "type": "RFID",
            "contract_id": f"{its_country}-{its_party}-C1-1",
        },
        "auth_method": "COMMAND",
        "location_id": "LOC1",
        "evse_uid": "E1",
        "connector_id": "1",
        "currency": "EUR",
        "status": status,
        "last_updated": WHEN,
    }


def go_away(hand: Any, partner: Any) -> None:
    """Take a partner down, the connections that were kept with it too."""
    partner.down()
    hand.platform.partner_client.__dict__.pop("_exchange", None)


class Killed(BaseException):
    """The process died: nothing in it catches this."""


@contextmanager
def dying_before(call: int) -> Iterator[list[str]]:
    """Die before the AWS or partner call of this number (from 0); gives the calls that were made."""
    from botocore.client import BaseClient

    from chalicelib.partner_client.client import PartnerClient

    made: list[str] = []
    api, partner = BaseClient._make_api_call, PartnerClient.call

    def counted(name: str) -> None:
        if len(made) == call:
            raise Killed(name)
        made.append(name)

    def api_call(self: Any, operation: str, parameters: Any) -> Any:
        counted(operation)
        return api(self, operation, parameters)

    def partner_call(self: Any, *arguments: Any, **more: Any) -> Any:
        counted("PARTNER")
        return partner(self, *arguments, **more)

    setattr(BaseClient, "_make_api_call", api_call)
    setattr(PartnerClient, "call", partner_call)
    try:
        yield made
    finally:
        setattr(BaseClient, "_make_api_call", api)
        setattr(PartnerClient, "call", partner)


def die_everywhere(
    scenario: Callable[[], Any], before: Callable[[], Any], after: Callable[[str], None]
) -> int:
    """Run a scenario dying before its first call, its second, and so on, until it lives.

    `before` prepares each run; `after` is told the last call that was made. Answers
    how many deaths there were.
    """
    call = 0
    while True:
        before()
        try:
            with dying_before(call) as made:
                scenario()
        except Killed:
            after(made[-1] if made else "")
            call += 1
            assert call < 200, "it never lives"
            continue
        after("")
        return call
