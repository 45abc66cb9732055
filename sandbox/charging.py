"""A charge at one of our EVSEs, as it goes on: its Session, and at its end its CDR.

The sandbox tells how time passes (`advance`); nothing here waits or sends.
"""

from __future__ import annotations

import uuid
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox import pricing
from sandbox.messages import date_time
from sandbox.network import watts
from sandbox.parties import Party
from sandbox.pricing import Stretch
from sandbox.versions import tax

Object = dict[str, Any]


@dataclass
class Charge:
    """One car at one Connector, by one Token."""

    owner: Party
    id: str
    location: Object
    evse: Object
    connector: Object
    token: Object  # a CdrToken
    tariff: Object
    started: datetime
    auth_method: str = "WHITELIST"
    authorization_reference: str = ""
    status: str = "ACTIVE"
    stretches: list[Stretch] = field(default_factory=list)

    def advance(self, seconds: int, parking: bool = False) -> None:
        """Let so much time pass, charging or parked."""
        self.stretches.append(Stretch(seconds, Decimal(0) if parking else watts(self.connector), parking))

    @property
    def ended(self) -> datetime:
        return self.started + timedelta(seconds=sum(each.seconds for each in self.stretches))

    def session(self, now: datetime) -> Object:
        """The Session as it stands, a 2.3.0 object."""
        periods = self._periods()
        made = {
            **self._common(),
            "id": self.id,
            "start_date_time": date_time(self.started),
            "kwh": sum((each.kwh for each in periods), Decimal(0)),
            "location_id": self.location["id"],
            "evse_uid": self.evse["uid"],
            "connector_id": self.connector["id"],
            "charging_periods": self._written(periods),
            "total_cost": tax(*pricing.bill(self.tariff, periods).total)
            if periods
            else tax(Decimal(0), Decimal(0)),
            "status": self.status,
            "last_updated": date_time(now),
        }
        if self.status == "COMPLETED":
            made["end_date_time"] = date_time(self.ended)
        return made

    def cdr(self, now: datetime) -> Object:
        """The CDR, whose totals are what its periods cost by its Tariff."""
        if not self.stretches:
            self.advance(60)
        periods = self._periods()
        bill = pricing.bill(self.tariff, periods)
        costs = {
            "total_fixed_cost": bill.parts["FLAT"],
            "total_energy_cost": bill.parts["ENERGY"],
            "total_time_cost": bill.parts["TIME"],
            "total_parking_cost": bill.parts["PARKING_TIME"],
        }
        parked = sum((each.hours for each in periods if each.parking), Decimal(0))
        return {
            **self._common(),
            "id": f"CDR-{self.id}",
            "start_date_time": date_time(self.started),
            "end_date_time": date_time(self.ended),
            "session_id": self.id,
            "cdr_location": self._cdr_location(),
            "tariffs": [deepcopy(self.tariff)],
            "charging_periods": self._written(periods),
            "total_cost": tax(*bill.total),
            **{name: tax(*cost) for name, cost in costs.items() if cost[0]},
            "total_energy": sum((each.kwh for each in periods), Decimal(0)),
            "total_time": sum((each.hours for each in periods), Decimal(0)),
            **({"total_parking_time": parked} if parked else {}),
            "last_updated": date_time(now),
        }

    def _common(self) -> Object:
        made = {
            "country_code": self.owner.country_code,
            "party_id": self.owner.party_id,
            "cdr_token": dict(self.token),
            "auth_method": self.auth_method,
            "currency": self.tariff["currency"],
        }
        if self.authorization_reference:
            made["authorization_reference"] = self.authorization_reference
        return made

    def _periods(self) -> list[pricing.Period]:
        return pricing.periods(self.tariff, self.location["time_zone"], self.started, self.stretches)

    def _written(self, periods: list[pricing.Period]) -> list[Object]:
        return [
            {
                "start_date_time": date_time(each.start),
                "dimensions": each.dimensions(),
                "tariff_id": self.tariff["id"],
            }
            for each in periods
        ]

    def _cdr_location(self) -> Object:
        names = ("id", "name", "address", "city", "postal_code", "country", "coordinates")
        return {
            **{name: self.location[name] for name in names},
            "evse_uid": self.evse["uid"],
            "evse_id": self.evse["evse_id"],
            "connector_id": self.connector["id"],
            "connector_standard": self.connector["standard"],
            "connector_format": self.connector["format"],
            "connector_power_type": self.connector["power_type"],
        }


def credit(cdr: Object, now: datetime) -> Object:
    """The Credit CDR of this one. Spec: 2.2.1 mod_cdrs_credit_cdrs"""
    total = deepcopy(cdr["total_cost"])
    total["before_taxes"] = -total["before_taxes"]
    for each in total.get("taxes", ()):
        each["amount"] = -each["amount"]
    return {
        **deepcopy(cdr),
        "id": f"{cdr['id']}-C",
        "credit": True,
        "credit_reference_id": cdr["id"],
        "total_cost": total,
        "last_updated": date_time(now),
    }


def next_id() -> str:
    """An id that no charge had, also not one of an earlier sandbox."""
    return f"SBX-{uuid.uuid4().hex[:12]}"
