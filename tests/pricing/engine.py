"""What the engine's report says, in the words of the naive one, so that the two can be held together."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from chalicelib import pricing

DECIMALS = 10  # to which the report writes exact amounts


def report(
    cdr: Mapping[str, Any], version: str, time_zone: str | None = "UTC", **more: Any
) -> dict[str, Any]:
    """The engine's report on a CDR, as JSON has it."""
    return pricing.audit(cdr, version=version, time_zone=time_zone, **more)


def computed(found: Mapping[str, Any], claim: str) -> str | None:
    """What the engine computed for a claim, claimed or not."""
    return next((each["computed"] for each in found["claims"] if each["claim"] == claim), None)


def sides(found: Mapping[str, Any], claim: str) -> tuple[str | None, str | None]:
    return computed(found, f"{claim}.before_taxes"), computed(found, f"{claim}.after_taxes")


def total(found: Mapping[str, Any]) -> tuple[str | None, str | None]:
    return found["total"]["before_taxes"], found["total"]["after_taxes"]


def segments(found: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Every priced or unpriced use: period, context, dimension, volume, billed, where, net and gross."""
    return [
        (
            at,
            each["context"],
            each["dimension"],
            each["volume"],
            each["billed"] if each.get("applied") else "0",
            _where(each.get("applied")),
            each["before_taxes"],
            each["after_taxes"],
        )
        for at, period in enumerate(found["periods"])
        for each in period["segments"]
    ]


def codes(found: Mapping[str, Any]) -> set[str]:
    return {each["code"] for each in found["findings"]}


def written(amount: Fraction | Decimal | None) -> str | None:
    """An exact amount as the report writes it."""
    if amount is None:
        return None
    exact = Fraction(amount)
    whole = int(abs(exact) * 10**DECIMALS + Fraction(1, 2))
    found = Decimal(whole if exact >= 0 else -whole).scaleb(-DECIMALS)
    return format(found.normalize() + 0, "f")


def _where(applied: Mapping[str, Any] | None) -> tuple[str, int, int] | None:
    return (applied["tariff_id"], applied["element"], applied["component"]) if applied else None
