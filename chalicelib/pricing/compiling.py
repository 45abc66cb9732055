"""A Tariff compiled for one policy, in the sense of one version.

What cannot be read is kept in `wrong`: a Tariff with anything there prices nothing.

Spec: 2.3.0 mod_tariffs_tariff_object (TAR-09 to TAR-42)
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chalicelib.pricing.codes import finding
from chalicelib.pricing.exact import HUNDRED, ONE, THOUSAND, number
from chalicelib.pricing.moments import instant
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.restrictions import Restrictions, compiled
from chalicelib.pricing.tariff import (
    DIMENSIONS,
    ENERGY,
    GROSS,
    GROSS_ONLY,
    NET,
    NET_ONLY,
    SESSION_TIME,
    UNTAXED,
    V211,
    V221,
    V230,
    Compiled,
    Component,
    Element,
    Limit,
)

DIALECT_FIELDS = ("price_round", "step_round", "exact_price_component")

# Tariffs compiled lately, by every word of theirs: the CDRs of a partner name the same few again and again.
MOST_KEPT, MOST_TEXT_KEPT = 32, 50_000
_KEPT: dict[tuple[Any, ...], Compiled | None] = {}

_NOTHING: Mapping[str, Any] = {}
_THOUSANDTH = Decimal("0.001")


def element_count(tariff: Any) -> int:
    """How many elements a Tariff has, whatever it is."""
    elements = tariff.get("elements") if isinstance(tariff, dict) else None
    return len(elements) if isinstance(elements, list) else 0


def compile_tariff(
    tariff: Any, version: str, policy: Policy, *, origin: str = "given", pointer: str = ""
) -> Compiled | None:
    """A Tariff ready to price; None for what is none at all. What is asked again is not compiled again."""
    try:
        words = repr(tariff)
    except (RecursionError, ValueError):  # nested beyond telling, or a number of thousands of digits
        words = None
    if words is None or len(words) > MOST_TEXT_KEPT:
        return _compiled(tariff, version, policy, origin, pointer)
    key = (version, policy, origin, pointer, words)
    if (kept := _KEPT.get(key)) is not None:
        return kept
    if len(_KEPT) >= MOST_KEPT:
        _KEPT.clear()
    made = _KEPT[key] = _compiled(tariff, version, policy, origin, pointer)
    return made


def _compiled(tariff: Any, version: str, policy: Policy, origin: str, pointer: str) -> Compiled | None:
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
