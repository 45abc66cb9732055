"""Lint of a Tariff's fields: what is missing, unknown, null or unreadable, field by field."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from chalicelib.pricing.currencies import COUNTRIES, CURRENCIES
from chalicelib.pricing.exact import number
from chalicelib.pricing.lint_codes import Findings, items, mapping
from chalicelib.pricing.moments import DAYS, clock_minutes, instant, is_date
from chalicelib.pricing.restrictions import RESERVATIONS
from chalicelib.pricing.tariff import DIMENSIONS, V211, V230

_PARTY = re.compile(r"[A-Z0-9]{3}", re.ASCII)
_PRICES = re.compile(r"\d+[.,]\d{1,4}\b|[€$£]\s*\d|\d\s*(€|\$|£|eur|euro|cent|ct\b|usd|gbp|%)", re.IGNORECASE)
_TYPES = ("AD_HOC_PAYMENT", "PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN", "REGULAR")

_WORDS = """
country_code party_id id currency type tariff_alt_text tariff_alt_url min_price max_price preauthorize_amount
elements tax_included start_date_time end_date_time energy_mix last_updated
"""
_TARIFF = frozenset(_WORDS.split())
_NUMBERS = (
    *(f"{side}_{what}" for what in ("kwh", "current", "power", "duration") for side in ("min", "max")),
)
_RESTRICTIONS = frozenset(
    {*_NUMBERS, "start_time", "end_time", "start_date", "end_date", "day_of_week", "reservation"}
)
_ELEMENT = frozenset({"price_components", "restrictions"})
_COMPONENT = frozenset({"type", "price", "vat", "step_size"})


def lint_fields(tariff: dict[str, Any], version: str, found: Findings) -> None:
    """Everything about single fields."""
    required = ["id", "currency", "elements", "last_updated"]
    if version != V211:
        required += ["country_code", "party_id"]
    if version == V230:
        required.append("tax_included")
    _object(tariff, "", _TARIFF, required, found)
    _identity(tariff, version, found)
    for name in ("start_date_time", "end_date_time", "last_updated"):
        _readable(tariff, name, "", lambda value: instant(value) is not None, found)
    _readable(tariff, "tax_included", "", lambda value: value in ("YES", "NO", "N/A"), found)
    _readable(tariff, "type", "", lambda value: value in _TYPES, found)
    for name in ("min_price", "max_price"):
        _readable(tariff, name, "", lambda value: isinstance(value, dict), found)
    _alt_text(tariff, found)
    elements = tariff.get("elements")
    if elements is not None and not isinstance(elements, list):
        found.add("malformed", "/elements", "elements is no list")
    elif elements == []:
        found.add("no_elements", "/elements", "nothing is priced")
    for at, element in enumerate(items(elements)):
        _element(element, f"/elements/{at}", found)


def _object(
    value: dict[str, Any], pointer: str, known: frozenset[str], required: list[str], found: Findings
) -> None:
    for name in required:
        if name not in value:
            found.add("missing_field", f"{pointer}/{name}", f"{name} is required")
    by_letters = {name.replace("_", ""): name for name in known}
    for name, each in value.items():
        if name not in known:
            meant = by_letters.get(str(name).replace("_", "").replace("-", "").lower())
            words = f"{name} is not of OCPI" + (f"; {meant} is meant?" if meant else "")
            found.add("unknown_field", f"{pointer}/{name}", words)
        elif each is None:
            found.add("null_field", f"{pointer}/{name}", f"leave {name} out")


def _readable(
    value: dict[str, Any], name: str, pointer: str, is_fine: Callable[[Any], bool], found: Findings
) -> None:
    if value.get(name) is not None and not is_fine(value[name]):
        found.add("malformed", f"{pointer}/{name}", f"{name} cannot be read")


def _identity(tariff: dict[str, Any], version: str, found: Findings) -> None:
    country, party, currency = (tariff.get(name) for name in ("country_code", "party_id", "currency"))
    if country is not None and not (isinstance(country, str) and country in COUNTRIES):
        found.add("country_code", "/country_code", f"{country!r} is no country of ISO 3166-1 alpha-2")
    if party is not None and not (isinstance(party, str) and _PARTY.fullmatch(party)):
        found.add("party_id", "/party_id", f"{party!r} is not three letters or digits in capitals")
    if currency is not None and not (isinstance(currency, str) and currency in CURRENCIES):
        found.add("currency", "/currency", f"{currency!r} is no currency of ISO 4217")
    _readable(tariff, "id", "", lambda value: isinstance(value, str) and 0 < len(value) <= 36, found)


def _alt_text(tariff: dict[str, Any], found: Findings) -> None:
    texts = tariff.get("tariff_alt_text")
    if texts is not None and not isinstance(texts, list):
        found.add("malformed", "/tariff_alt_text", "tariff_alt_text is no list")
    for at, each in enumerate(items(texts)):
        words = mapping(each).get("text")
        if isinstance(words, str) and _PRICES.search(words) and items(tariff.get("elements")):
            found.add("alt_text_prices", f"/tariff_alt_text/{at}", "the elements give the prices")


def _element(element: Any, pointer: str, found: Findings) -> None:
    if not isinstance(element, dict):
        found.add("malformed", pointer, "the element is no object")
        return
    _object(element, pointer, _ELEMENT, ["price_components"], found)
    components = element.get("price_components")
    if components is not None and not isinstance(components, list):
        found.add("malformed", f"{pointer}/price_components", "price_components is no list")
    elif components == []:
        found.add("no_components", f"{pointer}/price_components", "the element prices nothing")
    for at, component in enumerate(items(components)):
        _component(component, f"{pointer}/price_components/{at}", found)
    rules = element.get("restrictions")
    if rules is not None and not isinstance(rules, dict):
        found.add("malformed", f"{pointer}/restrictions", "restrictions are no object")
    elif rules == {}:
        found.add("empty_restrictions", f"{pointer}/restrictions", "leave restrictions out")
    elif rules:
        _rules(rules, f"{pointer}/restrictions", found)


def _component(component: Any, pointer: str, found: Findings) -> None:
    if not isinstance(component, dict):
        found.add("malformed", pointer, "the component is no object")
        return
    _object(component, pointer, _COMPONENT, ["type", "price", "step_size"], found)
    _readable(component, "type", pointer, lambda value: value in DIMENSIONS, found)
    for name in ("price", "vat"):
        _readable(component, name, pointer, lambda value: number(value) is not None, found)
    _readable(component, "step_size", pointer, _is_step, found)


def _is_step(value: Any) -> bool:
    step = number(value)
    return step is not None and step >= 0 and step == step.to_integral_value()


def _rules(rules: dict[str, Any], pointer: str, found: Findings) -> None:
    _object(rules, pointer, _RESTRICTIONS, [], found)
    for name in _NUMBERS:
        _readable(rules, name, pointer, _is_amount, found)
    for name in ("start_time", "end_time"):
        value = rules.get(name)
        if value == "24:00":
            found.add("end_time_gap", f"{pointer}/{name}", "24:00 is no time; the end of the day is 00:00")
        elif value is not None and (clock_minutes(value) is None or len(value) != 5):
            found.add("time_malformed", f"{pointer}/{name}", f"{value!r} is not HH:MM")
    for name in ("start_date", "end_date"):
        _readable(rules, name, pointer, is_date, found)
    _readable(rules, "day_of_week", pointer, _is_days, found)
    _readable(rules, "reservation", pointer, lambda value: value in RESERVATIONS, found)


def _is_amount(value: Any) -> bool:
    amount = number(value)
    return amount is not None and amount >= 0


def _is_days(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) and each in DAYS for each in value)
