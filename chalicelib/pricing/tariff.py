"""A Tariff made ready to price: components by dimension, limits, validity, and how its prices are taxed.

Compiled for one policy, in the sense of one version. What cannot be read is kept in `wrong`: a Tariff
with anything there prices nothing.

Spec: 2.3.0 mod_tariffs_tariff_object (TAR-09 to TAR-42)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.pricing.codes import Finding, finding
from chalicelib.pricing.exact import HUNDRED, ONE, THOUSAND, ZERO, number
from chalicelib.pricing.moments import instant
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.restrictions import Check, Restrictions, compiled

FLAT, ENERGY, TIME, PARKING, RESERVED = "FLAT", "ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME"
SESSION_TIME = "SESSION_TIME"  # a dialect's TIME and PARKING_TIME in one
CHARGING, RESERVATION = "charging", "reservation"
DIMENSIONS = (ENERGY, TIME, PARKING, FLAT)
USED, EXPIRED = "used", "expired"
V211, V221, V230 = "2.1.1", "2.2.1", "2.3.0"

# How a price relates to tax
NET, GROSS, UNTAXED, NET_ONLY, GROSS_ONLY = "net", "gross", "untaxed", "net_only", "gross_only"

_NOTHING: Mapping[str, Any] = {}
_HUNDREDTH, _THOUSANDTH = Decimal("0.01"), Decimal("0.001")

DIALECT_FIELDS = ("price_round", "step_round", "exact_price_component")


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
        self.rate = ZERO if vat is None else vat * _HUNDREDTH
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


def element_count(tariff: Any) -> int:
    """How many elements a Tariff has, whatever it is."""
    elements = tariff.get("elements") if isinstance(tariff, dict) else None
    return len(elements) if isinstance(elements, list) else 0


def compile_tariff(
    tariff: Any, version: str, policy: Policy, *, origin: str = "given", pointer: str = ""
) -> Compiled | None:
    """A Tariff ready to price; None for what is no Tariff at all."""
    if not isinstance(tariff, dict) or not isinstance(tariff.get("id"), str | int):
        return None
    owner = tariff.get("country_code"), tariff.get("party_id")
    tax = _tax_sense(tariff, version)
    found = Compiled(
        id=str(tariff["id"]),
        key=str(tariff["id"]).lower(),
        origin=origin,
        pointer=pointer,
        currency=str(tariff.get("currency", "")).upper(),
        type=tariff["type"] if isinstance(tariff.get("type"), str) and version != V211 else None,
        start=instant(tariff.get("start_date_time")),
        end=instant(tariff.get("end_date_time")),
        owner=(str(owner[0]).upper(), str(owner[1]).upper()) if all(owner) else None,
        least=Limit(),
        most=Limit(),
        elements=[],
    )
    if version == V230 and tariff.get("tax_included") is None:
        found.findings.append(finding("tax_included_missing", pointer, "tax_included is missing: read as NO"))
    if version != V211:
        found.least = _limit(tariff, "min_price", found)
        found.most = _limit(tariff, "max_price", found)
    elements = tariff.get("elements")
    if not isinstance(elements, list):
        _wrong(found, f"{pointer}/elements", "elements is no list")
        elements = []
    for index, element in enumerate(elements):
        _element(found, index, element, tax, policy)
    found.minutes = sorted(set(found.minutes))
    found.kwh = sorted(set(found.kwh))
    found.seconds = sorted(set(found.seconds))
    return found


def _wrong(found: Compiled, pointer: str, message: str) -> None:
    found.wrong.append(finding("malformed_tariff", pointer, message))


def _tax_sense(tariff: Mapping[str, Any], version: str) -> str:
    if version in (V211, V221):
        return version
    included = tariff.get("tax_included")
    return included if included in ("YES", "N/A") else "NO"


def _limit(tariff: Mapping[str, Any], name: str, found: Compiled) -> Limit:
    limit = tariff.get(name)
    if limit is None:
        return Limit()
    if not isinstance(limit, dict):
        _wrong(found, f"{found.pointer}/{name}", f"{name} is no object")
        return Limit()
    sides = []
    for words in (("before_taxes", "excl_vat"), ("after_taxes", "incl_vat")):
        written = next((limit[word] for word in words if limit.get(word) is not None), None)
        amount = number(written)
        if written is not None and amount is None:
            _wrong(found, f"{found.pointer}/{name}/{words[0]}", f"{name} cannot be read")
        sides.append(amount)
    return Limit(*sides)


def _element(found: Compiled, index: int, element: Any, tax: str, policy: Policy) -> None:
    pointer = f"{found.pointer}/elements/{index}"
    if not isinstance(element, dict):
        _wrong(found, pointer, "the element is no object")
        return
    rules = element.get("restrictions")
    if rules is not None and not isinstance(rules, dict):
        _wrong(found, f"{pointer}/restrictions", "restrictions are no object")
        rules = None
    ready = compiled(rules, policy) if rules else Restrictions()
    for name in ready.wrong:
        _wrong(found, f"{pointer}/restrictions/{name}", f"{name} cannot be read")
    components = element.get("price_components")
    if not isinstance(components, list):
        _wrong(found, f"{pointer}/price_components", "price_components is no list")
        components = []
    made = Element(index, ready, {}, ready.checks, ready.electrical)
    for at, component in enumerate(components):
        _component(found, made, at, component, tax, policy)
    if policy.reservations == "inactive" and ready.reservation:
        return
    found.elements.append(made)
    found.needs_local = found.needs_local or ready.needs_local
    found.needs_power = found.needs_power or bool(ready.electrical)
    found.by_day = found.by_day or ready.by_day
    found.minutes += ready.minutes
    found.kwh += ready.kwh
    found.seconds += ready.seconds


def _component(found: Compiled, element: Element, at: int, component: Any, tax: str, policy: Policy) -> None:
    pointer = f"{found.pointer}/elements/{element.index}/price_components/{at}"
    kind = component.get("type") if isinstance(component, dict) else None
    if not isinstance(component, dict) or not isinstance(kind, str):
        _wrong(found, pointer, "the component has no type")
        return
    if kind == SESSION_TIME and policy.dialect != "gireve":
        found.findings.append(finding("unknown_dimension", pointer, "SESSION_TIME is not of OCPI"))
        return
    if kind not in DIMENSIONS and kind != SESSION_TIME:
        _wrong(found, f"{pointer}/type", f"unknown dimension {kind}")
        return
    price, vat = number(component.get("price")), number(component.get("vat"))
    step = number(component.get("step_size", ONE))
    if price is None:
        _wrong(found, f"{pointer}/price", "price cannot be read")
        return
    if vat is None and component.get("vat") is not None:
        _wrong(found, f"{pointer}/vat", "vat cannot be read")
        return
    if vat is not None and not -HUNDRED < vat < THOUSAND * THOUSAND:
        _wrong(found, f"{pointer}/vat", "vat is no percentage")
        return
    if step is None:
        _wrong(found, f"{pointer}/step_size", "step_size cannot be read")
        return
    if kind in element.components:
        found.findings.append(
            finding(
                "duplicate_component", pointer, f"{kind} twice in element {element.index}; the first counts"
            )
        )
        return
    if tax == "N/A" and vat is not None:
        found.findings.append(finding("tax_rate_ignored", f"{pointer}/vat", "tax_included is N/A"))
    extra = _NOTHING
    if len(component) > 3 and (
        extra := {name: component[name] for name in DIALECT_FIELDS if name in component}
    ):
        found.findings.append(
            finding("extension_field", pointer, f"{', '.join(extra)}: counts with dialect gireve only")
        )
    basis = _basis(tax, vat)
    if basis == UNTAXED:
        vat = None
    if kind == ENERGY:
        step *= _THOUSANDTH
    element.components[kind] = Component(
        kind,
        price,
        vat,
        step,
        basis,
        (element.index, at, pointer),
        extra,
        element.checks + element.electrical,
    )


def _basis(tax: str, vat: Decimal | None) -> str:
    if tax == V211:
        return NET_ONLY
    if tax == V221:
        return NET
    if tax == "N/A":
        return UNTAXED
    if tax == "YES":
        return GROSS_ONLY if vat is None else GROSS
    return NET_ONLY if vat is None else NET


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
