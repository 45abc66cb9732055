"""One use of one dimension in one period, and what it costs before and after taxes.

Quantities are kWh and seconds; a FLAT is a quantity of 1. A side of a cost that cannot be known, because
the price says nothing of its tax, is None.

Spec: 2.3.0 mod_tariffs_pricecomponent_class, mod_tariffs_tariff_object (tax_included: TAR-25)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from chalicelib.pricing.exact import HOUR, HUNDRED, ONE, ZERO, rounded
from chalicelib.pricing.lookup import Failure, Lookup
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.tariff import (
    CHARGING,
    ENERGY,
    FLAT,
    GROSS,
    GROSS_ONLY,
    NET,
    NET_ONLY,
    PARKING,
    UNTAXED,
    Component,
)

Sides = tuple[Decimal | None, Decimal | None]

# The names of the parts of the cost, in the order of a bill.
FIXED_COST, ENERGY_COST, TIME_COST = "total_fixed_cost", "total_energy_cost", "total_time_cost"
PARKING_COST, RESERVATION_COST = "total_parking_cost", "total_reservation_cost"
PARTS = (FIXED_COST, ENERGY_COST, TIME_COST, PARKING_COST, RESERVATION_COST)


class Segment:
    """One line of the bill. Without a component it is free."""

    __slots__ = ("at", "billed", "component", "context", "dimension", "failures", "gross", "lookup", "net",
                 "volume")  # fmt: skip

    def __init__(
        self,
        at: int,
        context: str,
        dimension: str,
        volume: Decimal,
        component: Component | None,
        failures: list[Failure],
        lookup: Lookup | None,
    ) -> None:
        self.at, self.context, self.dimension, self.volume = at, context, dimension, volume
        self.component, self.failures, self.lookup = component, failures, lookup
        self.billed = volume if component is not None else ZERO
        self.net: Decimal | None = ZERO
        self.gross: Decimal | None = ZERO

    @property
    def part(self) -> str:
        """Which part of the CDR's cost it belongs to."""
        if self.context != CHARGING:
            return RESERVATION_COST
        if self.dimension == FLAT:
            return FIXED_COST
        if self.dimension == ENERGY:
            return ENERGY_COST
        return PARKING_COST if self.dimension == PARKING else TIME_COST

    @property
    def taxed_at(self) -> Decimal | None:
        """The percentage of its tax; None where no rate is stated or none applies."""
        return None if self.component is None else self.component.vat


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Tax:
    """How taxes are read: as stated, or as a mistake would have it."""

    sense: str = "stated"  # ignored, twice, twice_in_net, highest, price_as_net, price_as_gross
    highest: Decimal | None = None


STATED = Tax()


def put_price(segment: Segment, policy: Policy, tax: Tax = STATED, scale: Decimal = ONE) -> None:
    """Give a segment its cost by what is billed of it."""
    component = segment.component
    if component is None:
        return
    amount = component.price * segment.billed
    if segment.dimension not in (ENERGY, FLAT):
        amount /= HOUR
    if scale is not ONE:
        amount *= scale
    if not amount:
        segment.net = segment.gross = ZERO
        return
    basis, rate, reach = component.basis, component.rate, component.reach
    if tax is not STATED:
        basis, rate, reach, amount = _mistaken(component, amount, tax)
    if basis == NET:
        segment.net, segment.gross = amount, amount * reach if rate else amount
    elif basis == GROSS:
        segment.net, segment.gross = amount / reach, amount
    elif basis == UNTAXED:
        segment.net = segment.gross = amount
    else:
        segment.net = amount if basis == NET_ONLY else None
        segment.gross = amount if basis == GROSS_ONLY else None
    if policy.line_decimals is not None:
        _round_line(segment, policy.line_decimals, policy.rounding)


def _mistaken(component: Component, amount: Decimal, tax: Tax) -> tuple[str, Decimal, Decimal, Decimal]:
    """The basis and rate of somebody who reads taxes otherwise."""
    basis, rate, reach = component.basis, component.rate, component.reach
    if tax.sense == "ignored":
        return UNTAXED, ZERO, ONE, amount
    if tax.sense == "twice":
        return basis, reach * reach - ONE, reach * reach, amount
    if tax.sense == "twice_in_net":
        return basis, rate, reach, amount * reach if basis == NET else amount
    if tax.sense == "highest" and tax.highest is not None:
        rate = tax.highest / HUNDRED
        return basis, rate, ONE + rate, amount
    if tax.sense == "price_as_net" and basis == GROSS:
        return NET, rate, reach, amount
    if tax.sense == "price_as_gross" and basis == NET:
        return GROSS, rate, reach, amount
    return basis, rate, reach, amount


def _round_line(segment: Segment, places: int, mode: str) -> None:
    net, gross = segment.net, segment.gross
    if net is not None and gross is not None:
        tax = rounded(gross - net, places, mode)
        segment.net = rounded(net, places, mode)
        segment.gross = segment.net + tax
    else:
        segment.net = None if net is None else rounded(net, places, mode)
        segment.gross = None if gross is None else rounded(gross, places, mode)


def added(segments: Iterable[Segment]) -> Sides:
    """The sum of both sides; one unknown amount makes a side unknown."""
    net: Decimal | None = ZERO
    gross: Decimal | None = ZERO
    for each in segments:
        net = None if net is None or each.net is None else net + each.net
        gross = None if gross is None or each.gross is None else gross + each.gross
    return net, gross
