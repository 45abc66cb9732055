"""A CDR, or a Session, in one form for all versions: periods with volumes, in the order of time.

Energy is in kWh and time in seconds. What is odd is a finding; what makes pricing impossible is also in
`wrong`. `normalize` makes it from an object; amounts that the CDR claims are read in `claims`.

Spec: 2.3.0 mod_cdrs_cdr_object, mod_cdrs_chargingperiod_class (CDR-20 to CDR-40)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from chalicelib.pricing.codes import Finding
from chalicelib.pricing.exact import ZERO
from chalicelib.pricing.moments import seconds
from chalicelib.pricing.tariff import CHARGING, ENERGY, PARKING, RESERVATION, RESERVED, TIME

NOISE = Decimal("0.36")  # seconds: the fourth decimal of an hour


@dataclass(slots=True, eq=False, repr=False)
class Period:
    """One charging period; `present` are the dimensions that it states."""

    index: int
    start: datetime
    end: datetime
    tariff_id: str | None = None
    energy: Decimal = ZERO
    time: Decimal = ZERO
    parking: Decimal = ZERO
    reserved: Decimal = ZERO
    present: frozenset[str] = frozenset()
    min_power: Decimal | None = None
    max_power: Decimal | None = None
    min_current: Decimal | None = None
    max_current: Decimal | None = None

    @property
    def length(self) -> Decimal:
        return seconds(self.end - self.start)

    @property
    def pointer(self) -> str:
        return f"/charging_periods/{self.index}"

    @property
    def contexts(self) -> tuple[str, ...]:
        """Whether a session reserves, charges, or both; nothing but a `RESERVATION_TIME` of 0 is neither."""
        charges = bool(self.energy or self.time or self.parking)
        if self.reserved:
            return (RESERVATION, CHARGING) if charges else (RESERVATION,)
        states_only_reserved = RESERVED in self.present and not self.present & {ENERGY, TIME, PARKING}
        return () if states_only_reserved else (CHARGING,)


@dataclass(slots=True, eq=False, repr=False)
class Session:
    """What is priced."""

    start: datetime
    end: datetime
    currency: str
    credit: bool
    home: bool
    is_ad_hoc: bool
    periods: list[Period] = field(default_factory=list)
    outcome: str | None = None
    only_reserved: bool = False
    findings: list[Finding] = field(default_factory=list)
    wrong: list[Finding] = field(default_factory=list)

    @property
    def anchor(self) -> datetime:
        """Where charging begins: the first period that is not a reservation alone."""
        return next((each.start for each in self.periods if CHARGING in each.contexts), self.start)

    def total(self, name: str) -> Decimal:
        """The sum of a volume over all periods."""
        return sum((getattr(each, name) for each in self.periods), ZERO)


def is_all_reserved(periods: list[Period]) -> bool:
    """Whether nothing but reserving happened."""
    if not any(RESERVED in each.present for each in periods):
        return False
    return all(each.contexts in ((RESERVATION,), ()) for each in periods)
