"""A Tariff made ready to price: components by dimension, limits, validity, and how its prices are taxed.

`compiling` makes it. The elements that have a dimension are asked along a `Walk`.

Spec: 2.3.0 mod_tariffs_tariff_object (TAR-09 to TAR-42)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.pricing.checks import Check
from chalicelib.pricing.codes import Finding
from chalicelib.pricing.exact import ONE, ZERO
from chalicelib.pricing.restrictions import Restrictions

FLAT, ENERGY, TIME, PARKING, RESERVED = "FLAT", "ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME"
SESSION_TIME = "SESSION_TIME"  # a dialect's TIME and PARKING_TIME in one
CHARGING, RESERVATION = "charging", "reservation"
DIMENSIONS = (ENERGY, TIME, PARKING, FLAT)
USED, EXPIRED = "used", "expired"
V211, V221, V230 = "2.1.1", "2.2.1", "2.3.0"

# How a price relates to tax
NET, GROSS, UNTAXED, NET_ONLY, GROSS_ONLY = "net", "gross", "untaxed", "net_only", "gross_only"


class Component:
    """One price: per kWh, hour or session."""

    __slots__ = ("basis", "checks", "element", "extra", "index", "pointer", "price", "rate", "reach", "step",
                 "type", "vat")  # fmt: skip

    def __init__(
        self,
        type_: str,
        price: Decimal,
        vat: Decimal | None,
        step: Decimal,
        basis: str,
        place: tuple[int, int, str],
        extra: Mapping[str, Any],
        checks: tuple[Check, ...],
    ) -> None:
        self.type, self.price, self.vat, self.step, self.basis = type_, price, vat, step, basis
        self.rate = ZERO if vat is None else vat.scaleb(-2)
        self.reach = ONE + self.rate
        self.element, self.index, self.pointer = place
        self.extra, self.checks = extra, checks


@dataclass(slots=True, eq=False, repr=False)
class Element:
    """One element: its restrictions, and the first component of each dimension."""

    index: int
    rules: Restrictions
    components: dict[str, Component]
    checks: tuple[Check, ...] = ()
    electrical: tuple[Check, ...] = ()


@dataclass(slots=True, eq=False, repr=False)
class Walk:
    """The elements that have a dimension, in the order in which they are asked, and their components.

    `barred` says why an element never prices in this context. Walks of the same elements have the same
    `key`, so what was found out for one dimension holds for the other.
    """

    elements: list[Element]
    barred: list[Check | None]
    components: list[Component]
    rows: list[tuple[int, tuple[Check, ...], tuple[Check, ...], Check | None]]
    key: int = 0

    def first(self) -> Component | None:
        """The first component that may price at all."""
        return next(
            (each for each, barred in zip(self.components, self.barred, strict=True) if barred is None), None
        )


@dataclass(slots=True, eq=False, repr=False)
class Limit:
    """min_price or max_price; a side that is not given is None."""

    before: Decimal | None = None
    after: Decimal | None = None

    def __bool__(self) -> bool:
        return self.before is not None or self.after is not None


@dataclass(slots=True, eq=False, repr=False)
class Compiled:
    """A Tariff ready to price."""

    id: str
    key: str
    origin: str
    pointer: str
    currency: str
    type: str | None
    start: datetime | None
    end: datetime | None
    owner: tuple[str, str] | None
    least: Limit
    most: Limit
    elements: list[Element]
    wrong: list[Finding] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    needs_local: bool = False
    needs_power: bool = False
    by_day: bool = False
    minutes: list[int] = field(default_factory=list)
    kwh: list[Decimal] = field(default_factory=list)
    seconds: list[Decimal] = field(default_factory=list)
    _walks: dict[tuple[str, str], Walk] = field(default_factory=dict)

    def walk(self, context: str, dimension: str) -> Walk:
        """The elements with a dimension, in the order in which they are asked.

        `context` is charging, used or expired: an expired reservation asks RESERVATION_EXPIRES first.
        """
        found = self._walks.get((context, dimension))
        if found is None:
            found = _walk(self.elements, context, dimension)
            for (other, _), walk in self._walks.items():
                if other == context and walk.elements == found.elements:
                    found.key = walk.key
                    break
            else:
                found.key = len(self._walks)
            self._walks[context, dimension] = found
        return found

    def is_valid(self, moment: datetime) -> bool:
        """Whether its validity covers a moment; the end is exclusive."""
        return (self.start is None or self.start <= moment) and (self.end is None or moment < self.end)


def _no(words: str) -> Check:
    return Check("reservation", lambda moment: False, lambda moment, held: words)


_NOT_CHARGING = _no("reservation: prices reservations only")
_NOT_RESERVED = _no("no reservation restriction: prices charging only")
_NOT_EXPIRED = _no("reservation RESERVATION_EXPIRES: this one did not expire")


def _walk(elements: list[Element], context: str, dimension: str) -> Walk:
    having = [each for each in elements if dimension in each.components]
    if context == EXPIRED:
        having.sort(key=lambda each: each.rules.reservation != "RESERVATION_EXPIRES")
    barred = [_barred(each.rules.reservation, context) for each in having]
    rows = [(each.index, each.checks, each.electrical, bar) for each, bar in zip(having, barred, strict=True)]
    return Walk(having, barred, [each.components[dimension] for each in having], rows)


def _barred(reservation: str | None, context: str) -> Check | None:
    if context == CHARGING:
        return _NOT_CHARGING if reservation else None
    if reservation is None:
        return _NOT_RESERVED
    return _NOT_EXPIRED if context == USED and reservation == "RESERVATION_EXPIRES" else None
