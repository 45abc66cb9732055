"""Lint of a Tariff's prices: components, steps, taxes, limits, validity, reservations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from chalicelib.pricing.currencies import units
from chalicelib.pricing.exact import HUNDRED, decimals, number, text
from chalicelib.pricing.lint_codes import Findings, items, mapping
from chalicelib.pricing.moments import instant
from chalicelib.pricing.tariff import ENERGY, FLAT, PARKING, TIME, V211, V230

_MOST_PER_KWH, _MOST_PER_HOUR = Decimal(5), Decimal(100)
_CENT = Decimal("0.01")
_SIDES = {V230: ("before_taxes", "after_taxes")}
_OLDER = ("excl_vat", "incl_vat")

Placed = tuple[str, Mapping[str, Any], Mapping[str, Any]]  # pointer, component, its element's restrictions


def components(tariff: Mapping[str, Any]) -> Iterator[Placed]:
    """Every price component with its place and its element's restrictions."""
    for at, element in enumerate(items(tariff.get("elements"))):
        rules = mapping(mapping(element).get("restrictions"))
        for index, component in enumerate(items(mapping(element).get("price_components"))):
            if isinstance(component, dict):
                yield f"/elements/{at}/price_components/{index}", component, rules


def lint_prices(tariff: Mapping[str, Any], version: str, now: datetime | None, found: Findings) -> None:
    """Everything about prices."""
    placed = list(components(tariff))
    included = tariff.get("tax_included") if version == V230 else "NO"
    worth = units(tariff.get("currency"))
    for pointer, component, _ in placed:
        _price(pointer, component, worth, found)
        _step(pointer, component, placed, found)
        if version != V211:
            _tax(pointer, component, included, found)
    _twice(tariff, found)
    _use(placed, found)
    _flats(placed, found)
    _reservations(placed, found)
    if version != V211:
        _limits(tariff, version, placed, found)
    _validity(tariff, now, found)


def _price(pointer: str, component: Mapping[str, Any], worth: int, found: Findings) -> None:
    price = number(component.get("price"))
    if price is None:
        return
    if price < 0:
        found.add("negative_price", f"{pointer}/price", f"{text(price)} is given back")
    most = worth * (_MOST_PER_KWH if component.get("type") == ENERGY else _MOST_PER_HOUR)
    if component.get("type") in (ENERGY, TIME, PARKING) and price > most:
        per = "kWh" if component["type"] == ENERGY else "hour"
        found.add("implausible_price", f"{pointer}/price", f"{text(price)} per {per}")
    for name in ("price", "vat"):
        value = number(component.get(name))
        if value is not None and decimals(value.normalize()) > 4:
            found.add("decimals", f"{pointer}/{name}", f"{name} has more than 4 decimals")


def _step(pointer: str, component: Mapping[str, Any], placed: list[Placed], found: Findings) -> None:
    step, kind = number(component.get("step_size")), component.get("type")
    if step is None:
        return
    where = f"{pointer}/step_size"
    if step == 0:
        found.add("zero_step_size", where, "nothing is rounded; 1 is meant?")
    if step > 1 and kind == FLAT:
        found.add("flat_step_size", where, "a FLAT has no step")
    elif step > 1:
        found.add("step_size", where, f"use is rounded up to {text(step)} {'Wh' if kind == ENERGY else 's'}")
    if step > 1 and kind == TIME and _prices_parking(placed):
        found.add("inert_time_step", where, "a session with parking rounds its parking instead")


def _prices_parking(placed: list[Placed]) -> bool:
    return any(
        component.get("type") == PARKING and not rules.get("reservation") for _, component, rules in placed
    )


def _tax(pointer: str, component: Mapping[str, Any], included: Any, found: Findings) -> None:
    vat, price = number(component.get("vat")), number(component.get("price"))
    if vat is not None and included == "N/A":
        found.add("vat_not_applicable", f"{pointer}/vat", "tax_included says that no tax applies")
    if vat is None and included == "YES" and price:
        found.add("tax_without_rate", pointer, "the price includes taxes of an unknown rate")
    if vat is not None and not 0 <= vat <= 100:
        found.add("vat_range", f"{pointer}/vat", f"{text(vat)} %")


def _twice(tariff: Mapping[str, Any], found: Findings) -> None:
    for at, element in enumerate(items(tariff.get("elements"))):
        seen = set()
        for index, component in enumerate(items(mapping(element).get("price_components"))):
            kind = str(mapping(component).get("type"))
            if kind in seen:
                pointer = f"/elements/{at}/price_components/{index}"
                found.add("duplicate_component", pointer, f"{kind} twice; the first counts")
            seen.add(kind)


def _use(placed: list[Placed], found: Findings) -> None:
    kinds = {str(component.get("type")) for _, component, rules in placed if not rules.get("reservation")}
    if placed and not kinds & {ENERGY, TIME, PARKING}:
        found.add("nothing_by_use", "/elements", "neither energy nor time is priced")


def _flats(placed: list[Placed], found: Findings) -> None:
    for context in (None, "RESERVATION", "RESERVATION_EXPIRES"):
        flats = [
            (pointer, rules)
            for pointer, component, rules in placed
            if component.get("type") == FLAT and rules.get("reservation") == context
        ]
        if len(flats) < 2:
            continue
        found.add("several_flats", flats[1][0], "one FLAT is taken: the first that applies")
        later = [each for each in flats if _is_later(each[1])]
        if len(later) < len(flats):
            for pointer, _ in later:
                found.add("flat_surcharge", pointer, "another FLAT was taken before this one can be")


def _is_later(rules: Mapping[str, Any]) -> bool:
    """Whether it holds only later in a session."""
    return any((number(rules.get(name)) or 0) > 0 for name in ("min_duration", "min_kwh"))


def _reservations(placed: list[Placed], found: Findings) -> None:
    kinds: dict[Any, str] = {}
    for pointer, component, rules in placed:
        kind = rules.get("reservation")
        if kind is None:
            continue
        element = pointer.rsplit("/price_components", 1)[0]
        kinds.setdefault(str(kind), element)
        found.add("reservation_element", f"{element}/restrictions/reservation", f"prices {kind}")
        if component.get("type") not in (FLAT, TIME):
            found.add("reservation_dimension", pointer, f"{component.get('type')} prices no reservation")
    for kind, other in (("RESERVATION", "RESERVATION_EXPIRES"), ("RESERVATION_EXPIRES", "RESERVATION")):
        if kind in kinds and other not in kinds:
            found.add("reservation_incomplete", kinds[kind], f"{kind} has a price and {other} has none")


def _limits(tariff: Mapping[str, Any], version: str, placed: list[Placed], found: Findings) -> None:
    due = _SIDES.get(version, _OLDER)
    other = _OLDER if due is not _OLDER else _SIDES[V230]
    rates = {number(component.get("vat")) for _, component, _ in placed}
    for name in ("min_price", "max_price"):
        limit = mapping(tariff.get(name))
        for word in other:
            if word in limit:
                found.add("limit_shape", f"/{name}/{word}", f"{version} writes {due[other.index(word)]}")
        for word in (*due, *other):
            if limit.get(word) is not None and number(limit[word]) is None:
                found.add("malformed", f"/{name}/{word}", f"{word} cannot be read")
        before, after = sides(limit)
        rate = next(iter(rates)) if len(rates) == 1 else None
        if before is not None and after is not None and rate is not None:
            fitting = before * (HUNDRED + rate) / HUNDRED
            if abs(fitting - after) > _CENT:
                found.add("limit_tax", f"/{name}", f"{text(before)} is {text(fitting)} at {text(rate)} %")
    low, high = sides(mapping(tariff.get("min_price"))), sides(mapping(tariff.get("max_price")))
    for least, most in zip(low, high, strict=True):
        if least is not None and most is not None and least > most:
            found.add("limits_cross", "/min_price", f"{text(least)} is above {text(most)}")


def sides(limit: Mapping[str, Any]) -> tuple[Decimal | None, Decimal | None]:
    """Both sides of a limit, by either version's words."""
    before = limit.get("before_taxes") if limit.get("before_taxes") is not None else limit.get("excl_vat")
    after = limit.get("after_taxes") if limit.get("after_taxes") is not None else limit.get("incl_vat")
    return number(before), number(after)


def _validity(tariff: Mapping[str, Any], now: datetime | None, found: Findings) -> None:
    start, end = instant(tariff.get("start_date_time")), instant(tariff.get("end_date_time"))
    if start is not None and end is not None and start > end:
        found.add("validity_reversed", "/start_date_time", "the Tariff ends before it starts")
    if end is not None and now is not None and end <= now:
        found.add("validity_over", "/end_date_time", "the Tariff is no longer valid")
