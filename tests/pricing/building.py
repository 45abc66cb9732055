"""Short words for Tariffs, ChargingPeriods and CDRs, written once and rendered for a version.

A Tariff is written without a version (`vat` on components, limits as `("10.00", "11.00")` before and after
taxes) and becomes one by `in_version`. Volumes of time are hours with four decimals, as OCPI writes them.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

V211, V221, V230 = "2.1.1", "2.2.1", "2.3.0"
MONDAY, SATURDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC), datetime(2026, 3, 7, 13, 30, tzinfo=UTC)
UNKNOWN_TO_2_1_1 = ("country_code", "party_id", "type", "min_price", "max_price", "tax_included")


def component(kind: str, price: str, vat: str | None = None, step: int = 1) -> dict[str, Any]:
    found: dict[str, Any] = {"type": kind, "price": Decimal(price), "step_size": step}
    return found if vat is None else {**found, "vat": Decimal(vat)}


def element(*components: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"price_components": list(components)}
    return {**found, "restrictions": restrictions} if restrictions else found


def tariff(*elements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "id": "T1",
        "currency": "EUR",
        "elements": list(elements),
        "tax_included": "NO",
        "last_updated": "2026-01-01T00:00:00Z",
        **more,
    }


def in_version(written: Mapping[str, Any], version: str) -> dict[str, Any]:
    """The Tariff as this version writes it."""
    found = copy.deepcopy(dict(written))
    names = ("excl_vat", "incl_vat") if version == V221 else ("before_taxes", "after_taxes")
    for limit in ("min_price", "max_price"):
        if isinstance(found.get(limit), tuple):
            found[limit] = {name: Decimal(side) for name, side in zip(names, found[limit], strict=False)}
    if version != V230:
        found.pop("tax_included", None)
    if version == V211:
        for name in UNKNOWN_TO_2_1_1:
            found.pop(name, None)
        for part in found["elements"]:
            for each in part["price_components"]:
                each.pop("vat", None)
    return found


@dataclass(frozen=True)
class Use:
    """A ChargingPeriod to be: so many minutes in which these volumes were used."""

    minutes: float
    volumes: Mapping[str, Decimal] = field(default_factory=dict)


def hours(minutes: float) -> Decimal:
    return (Decimal(str(minutes)) / 60).quantize(Decimal("0.0001")).normalize() + 0


def charge(minutes: float, kwh: str | None = None, **bounds: str) -> Use:
    """Time charging, with or without its energy; bounds as `MAX_POWER="16"`."""
    energy = {} if kwh is None else {"ENERGY": Decimal(kwh)}
    return Use(minutes, {**energy, "TIME": hours(minutes), **_decimals(bounds)})


def energy(kwh: str, minutes: float = 30, **bounds: str) -> Use:
    return Use(minutes, {"ENERGY": Decimal(kwh), **_decimals(bounds)})


def park(minutes: float) -> Use:
    return Use(minutes, {"PARKING_TIME": hours(minutes)})


def reserve(minutes: float) -> Use:
    return Use(minutes, {"RESERVATION_TIME": hours(minutes)})


def _decimals(bounds: Mapping[str, str]) -> dict[str, Decimal]:
    return {name: Decimal(value) for name, value in bounds.items()}


def cdr(
    by: Mapping[str, Any],
    *uses: Use,
    version: str = V230,
    start: datetime = MONDAY,
    claimed: tuple[str | None, str | None] = ("0", None),
    named: bool = True,
    **more: Any,
) -> dict[str, Any]:
    """A CDR of these uses, one after the other, with its Tariff embedded and its total cost claimed."""
    periods, now = [], start
    for use in uses:
        dimensions = [{"type": name, "volume": volume} for name, volume in use.volumes.items()]
        period = {"start_date_time": wire(now), "dimensions": dimensions}
        periods.append(period if version == V211 or not named else {**period, "tariff_id": by["id"]})
        now += timedelta(minutes=use.minutes)
    found = {
        "country_code": by.get("country_code", "NL"),
        "party_id": by.get("party_id", "EXA"),
        "id": "CDR1",
        "start_date_time": wire(start),
        "end_date_time": wire(now),
        "session_id": "S1",
        "currency": by["currency"],
        "tariffs": [in_version(by, version)],
        "charging_periods": periods,
        "total_cost": price(claimed, version),
        "total_energy": sum((use.volumes.get("ENERGY", Decimal(0)) for use in uses), Decimal(0)),
        "total_time": hours((now - start).total_seconds() / 60),
        "last_updated": wire(now),
        **more,
    }
    if version == V211:
        found["stop_date_time"] = found.pop("end_date_time")
        for name in ("country_code", "party_id", "session_id"):
            found.pop(name)
    return found


def price(claimed: tuple[str | None, str | None], version: str) -> Any:
    """A Price of this version; the gross of 2.3.0 is written as one line of VAT."""
    net, gross = (None if each is None else Decimal(each) for each in claimed)
    if version == V211:
        return net
    if version == V221:
        return {name: side for name, side in (("excl_vat", net), ("incl_vat", gross)) if side is not None}
    found: dict[str, Any] = {"before_taxes": net}
    if net is not None and gross is not None:
        found["taxes"] = [{"name": "VAT", "amount": gross - net}]
    return found


def wire(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
