"""One simulated charging session: what its meter says, and the Session and CDR it becomes.

Spec: 2.3.0 mod_sessions (SES-05 to SES-07, SES-21 to SES-24), mod_cdrs (CDR-20 to CDR-32)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from simulator import costs
from simulator.costs import Amount, Bill, Reservation, Slice, Stretch, decimal

NOT_ASSIGNED = "#NA"
FREE: dict[str, Any] = {"elements": [{"price_components": [{"type": "FLAT", "price": Decimal(0)}]}]}


@dataclass
class Charging:
    """A session from plugging in, or from its reservation, to its CDR.

    `location`, `evse`, `connector`, `tariff` and `token` are as they were in the
    beginning (CDR-20). `evse` is None for a reservation that has none yet.
    """

    id: str
    party: tuple[str, str]
    location: Mapping[str, Any]
    evse: Mapping[str, Any] | None
    connector: Mapping[str, Any] | None
    tariff: Mapping[str, Any] | None
    token: Mapping[str, Any]
    created: datetime
    reference: str = ""
    reserved_until: datetime | None = None
    reservation: Reservation | None = None
    started: datetime | None = None
    ended: datetime | None = None
    stretches: list[Stretch] = field(default_factory=list)
    limit_kw: Decimal | None = None

    @property
    def kwh(self) -> Decimal:
        return sum((each.kwh for each in self.stretches), Decimal(0))

    @property
    def status(self) -> str:
        if self.ended:
            return "COMPLETED"
        if self.started:
            return "ACTIVE"
        return "RESERVATION" if self.reserved_until else "PENDING"

    def meter(self, until: datetime, kwh: Decimal, power: Decimal) -> dict[str, Any] | None:
        """Go on to this moment with so much more energy; the new ChargingPeriod, if time passed."""
        since = self.stretches[-1].end if self.stretches else self.started
        if since is None or until <= since:
            return None
        self.stretches.append(Stretch(since, until, kwh, power=power))
        period = {
            "start_date_time": wire(since),
            "dimensions": _dimensions(since, until, Fraction(kwh), False),
        }
        return {**period, "tariff_id": self.tariff["id"]} if self.tariff else period

    def bill(self) -> Bill:
        """What it costs so far."""
        tariff = self.tariff or FREE
        return costs.bill(tariff, self.stretches, self.location.get("time_zone") or "UTC", self.reservation)

    def session(self) -> dict[str, Any]:
        """The Session object as it is now."""
        session: dict[str, Any] = {
            **self._owner(),
            "id": self.id,
            "start_date_time": wire(self.started or self.created),
            "kwh": self.kwh,
            "cdr_token": self._cdr_token(),
            "auth_method": "COMMAND",
            "location_id": self.location["id"],
            "evse_uid": self.evse["uid"] if self.evse else NOT_ASSIGNED,
            "connector_id": self.connector["id"] if self.connector else NOT_ASSIGNED,
            "currency": self._currency(),
            "charging_periods": _periods(self.bill().slices, self.tariff),
            "total_cost": self.bill().total.price(),
            "status": self.status,
        }
        if self.reference:
            session["authorization_reference"] = self.reference
        if self.ended:
            session["end_date_time"] = wire(self.ended)
        return session

    def cdr(self, now: datetime) -> dict[str, Any]:
        """The CDR of the ended session; its totals add up to the digit (CDR-30, CDR-31)."""
        assert self.ended is not None
        bill = self.bill()
        start = self.reservation.start if self.reservation else self.started or self.created
        hours = sum((each.hours for each in bill.slices), Fraction(0))
        parked = sum((each.hours for each in bill.slices if each.parking), Fraction(0))
        cdr: dict[str, Any] = {
            **self._owner(),
            "id": f"CDR-{self.id}"[:36],
            "start_date_time": wire(start),
            "end_date_time": wire(self.ended),
            "session_id": self.id,
            "cdr_token": self._cdr_token(),
            "auth_method": "COMMAND",
            "cdr_location": self._cdr_location(),
            "currency": self._currency(),
            "charging_periods": _periods(bill.slices, self.tariff) or [self._reserved_period()],
            "total_cost": bill.total.price(),
            "total_energy": self.kwh,
            "total_time": decimal(hours),
            "last_updated": wire(now),
        }
        if self.tariff:
            cdr["tariffs"] = [self.tariff]
        if parked:
            cdr["total_parking_time"] = decimal(parked)
        if self.reference:
            cdr["authorization_reference"] = self.reference
        parts: dict[str, Amount] = {
            "total_fixed_cost": bill.fixed,
            "total_energy_cost": bill.energy,
            "total_time_cost": bill.time,
            "total_parking_cost": bill.parking,
            "total_reservation_cost": bill.reservation,
        }
        return cdr | {name: part.price() for name, part in parts.items() if part.before}

    def _owner(self) -> dict[str, str]:
        return {"country_code": self.party[0], "party_id": self.party[1]}

    def _cdr_token(self) -> dict[str, Any]:
        """The command's Token goes into Session and CDR (CMD-37)."""
        names = ("country_code", "party_id", "uid", "type", "contract_id")
        return {name: self.token[name] for name in names}

    def _currency(self) -> str:
        return str(self.tariff["currency"]) if self.tariff else "EUR"

    def _reserved_period(self) -> dict[str, Any]:
        """The one period of a reservation that nobody used."""
        start, end = self.created, self.ended or self.created
        dimension = {"type": "RESERVATION_TIME", "volume": decimal(costs.hours(end - start))}
        period = {"start_date_time": wire(start), "dimensions": [dimension]}
        return {**period, "tariff_id": self.tariff["id"]} if self.tariff else period

    def _cdr_location(self) -> dict[str, Any]:
        place, evse, connector = self.location, self.evse or {}, self.connector or {}
        kept = ("id", "name", "address", "city", "postal_code", "state", "country", "coordinates")
        found = {name: place[name] for name in kept if place.get(name) is not None}
        found["address"] = found["address"][:45]
        return found | {
            "evse_uid": evse.get("uid", NOT_ASSIGNED),
            "evse_id": evse.get("evse_id", NOT_ASSIGNED),
            "connector_id": connector.get("id", NOT_ASSIGNED),
            "connector_standard": connector.get("standard", "IEC_62196_T2"),
            "connector_format": connector.get("format", "SOCKET"),
            "connector_power_type": connector.get("power_type", "AC_3_PHASE"),
        }


def wire(moment: datetime) -> str:
    """A DateTime as OCPI writes it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _periods(slices: Iterable[Slice], tariff: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """A ChargingPeriod wherever another price component begins to count (CDR-22)."""
    merged: list[Slice] = []
    for each in slices:
        last = merged[-1] if merged else None
        if last and last.active == each.active and last.parking == each.parking:
            merged[-1] = Slice(last.start, each.end, last.kwh + each.kwh, last.parking, last.active)
        else:
            merged.append(each)
    periods = []
    for each in merged:
        period: dict[str, Any] = {
            "start_date_time": wire(each.start),
            "dimensions": _dimensions(each.start, each.end, each.kwh, each.parking),
        }
        periods.append({**period, "tariff_id": tariff["id"]} if tariff else period)
    return periods


def _dimensions(start: datetime, end: datetime, kwh: Fraction, parking: bool) -> list[dict[str, Any]]:
    time = {"type": "PARKING_TIME" if parking else "TIME", "volume": decimal(costs.hours(end - start))}
    return [{"type": "ENERGY", "volume": decimal(kwh)}, time] if kwh else [time]
