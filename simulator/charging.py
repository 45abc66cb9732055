"""One simulated charging session: what its meter says, and the Session and CDR it becomes.

Spec: 2.3.0 mod_sessions (SES-05 to SES-07, SES-21 to SES-24), mod_cdrs (CDR-20 to CDR-32)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from chalicelib import pricing

NOT_ASSIGNED = "#NA"
FREE: dict[str, Any] = {
    "id": "FREE",
    "currency": "EUR",
    "elements": [{"price_components": [{"type": "FLAT", "price": Decimal(0), "step_size": 1}]}],
    "tax_included": "N/A",
}
LEAST = Decimal("0.0001")  # of an hour: what OCPI's four decimals can tell


@dataclass(frozen=True)
class Stretch:
    """A part of a session in which nothing but time and energy changes; power in kW."""

    start: datetime
    end: datetime
    kwh: Decimal = Decimal(0)
    power: Decimal | None = None


@dataclass(frozen=True)
class Reservation:
    """A reservation before, or instead of, a session; `outcome` is used, expired or cancelled."""

    start: datetime
    end: datetime
    outcome: str = "used"


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
        stretch = Stretch(since, until, kwh, power)
        self.stretches.append(stretch)
        return self._period(stretch)

    def totals(self) -> dict[str, Any]:
        """What it costs so far, and the other `total_*` fields of a CDR."""
        periods = self._periods()
        if not periods:
            return {"total_cost": {"before_taxes": Decimal(0)}}
        report = pricing.price(
            self._draft(periods),
            time_zone=self._time_zone,
            reservation=self.reservation.outcome if self.reservation else None,
        )
        totals: dict[str, Any] = report["totals"] or {}
        if "total_cost" not in totals:  # taxes are included at a rate that nobody knows: it is what is paid
            totals["total_cost"] = {"before_taxes": decimal(Decimal(report["total"]["after_taxes"] or 0))}
        return totals

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
            "charging_periods": self._split([self._period(each) for each in self._merged()]),
            "total_cost": self.totals()["total_cost"],
            "status": self.status,
        }
        if self.reference:
            session["authorization_reference"] = self.reference
        if self.ended:
            session["end_date_time"] = wire(self.ended)
        return session

    def cdr(self, now: datetime) -> dict[str, Any]:
        """The CDR of the ended session, with its totals (CDR-30, CDR-31)."""
        assert self.ended is not None
        cdr: dict[str, Any] = {
            **self._owner(),
            "id": f"CDR-{self.id}"[:36],
            "start_date_time": wire(self._begin),
            "end_date_time": wire(self.ended),
            "session_id": self.id,
            "cdr_token": self._cdr_token(),
            "auth_method": "COMMAND",
            "cdr_location": self._cdr_location(),
            "currency": self._currency(),
            "charging_periods": self._periods(),
            **self.totals(),
            "last_updated": wire(now),
        }
        if self.tariff:
            cdr["tariffs"] = [self.tariff]
        if self.reference:
            cdr["authorization_reference"] = self.reference
        return cdr

    @property
    def _begin(self) -> datetime:
        return self.reservation.start if self.reservation else self.started or self.created

    @property
    def _time_zone(self) -> str:
        return self.location.get("time_zone") or "UTC"

    def _periods(self) -> list[dict[str, Any]]:
        """The ChargingPeriods, a new one wherever another price may begin to count (CDR-22)."""
        reserved = [self._reserved(self.reservation)] if self.reservation else []
        return self._split(reserved + [self._period(each) for each in self._merged()])

    def _split(self, periods: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return pricing.split(self._draft(periods), time_zone=self._time_zone)

    def _draft(self, periods: list[dict[str, Any]]) -> dict[str, Any]:
        """As much of a CDR as prices it."""
        end = self.ended or (self.stretches[-1].end if self.stretches else self._begin)
        return {
            "start_date_time": wire(self._begin),
            "end_date_time": wire(end),
            "currency": self._currency(),
            "tariffs": [self.tariff or FREE],
            "charging_periods": periods,
        }

    def _merged(self) -> list[Stretch]:
        """The stretches, those together that nothing in the Tariff can tell apart."""
        merged: list[Stretch] = []
        for each in self.stretches:
            last = merged[-1] if merged else None
            if last and (last.power == each.power or not self._by_power):
                merged[-1] = Stretch(last.start, each.end, last.kwh + each.kwh, last.power)
            else:
                merged.append(each)
        return merged

    @property
    def _by_power(self) -> bool:
        """Whether the Tariff asks for the power."""
        elements = (self.tariff or FREE)["elements"]
        return any({"min_power", "max_power"} & set(each.get("restrictions") or {}) for each in elements)

    def _period(self, stretch: Stretch) -> dict[str, Any]:
        hours = decimal(_hours(stretch.end - stretch.start))
        dimensions = [{"type": "ENERGY", "volume": stretch.kwh}] if stretch.kwh else []
        dimensions.append({"type": "TIME", "volume": hours})
        if self._by_power and stretch.power is not None:
            dimensions += [{"type": kind, "volume": stretch.power} for kind in ("MIN_POWER", "MAX_POWER")]
        return self._named({"start_date_time": wire(stretch.start), "dimensions": dimensions})

    def _reserved(self, reservation: Reservation) -> dict[str, Any]:
        hours = max(LEAST, decimal(_hours(reservation.end - reservation.start)))
        dimensions = [{"type": "RESERVATION_TIME", "volume": hours}]
        return self._named({"start_date_time": wire(reservation.start), "dimensions": dimensions})

    def _named(self, period: dict[str, Any]) -> dict[str, Any]:
        return {**period, "tariff_id": self.tariff["id"]} if self.tariff else period

    def _owner(self) -> dict[str, str]:
        return {"country_code": self.party[0], "party_id": self.party[1]}

    def _cdr_token(self) -> dict[str, Any]:
        """The command's Token goes into Session and CDR (CMD-37)."""
        names = ("country_code", "party_id", "uid", "type", "contract_id")
        return {name: self.token[name] for name in names}

    def _currency(self) -> str:
        return str(self.tariff["currency"]) if self.tariff else "EUR"

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


def decimal(value: Decimal) -> Decimal:
    """A number as OCPI writes it: at most four decimals (TYP-08)."""
    found = value.quantize(LEAST, ROUND_HALF_UP).normalize()
    return found.quantize(Decimal(1)) if found == found.to_integral_value() else found


def _hours(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(microseconds=1)) / 3_600_000_000
