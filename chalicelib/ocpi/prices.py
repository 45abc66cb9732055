"""A Price or PriceLimit in the words of another version than its own, read in those of its own.

Spec: CNV-205, CNV-233, AMB-62
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import Any

from chalicelib.ocpi.models.base import V211, V230, Number
from chalicelib.ocpi.scalars import Unusable, scalar

_AMOUNTS = frozenset({"excl_vat", "incl_vat", "before_taxes", "after_taxes", "taxes"})
_NUMBER = Number()
# Enough digits that no sum of accepted amounts is rounded.
_EXACT = Context(prec=210)


def _price(price: dict[str, Any], version: str) -> tuple[dict[str, Any], str]:
    """A Price or PriceLimit in the words of the other of 2.2.1 and 2.3.0 (CNV-205, CNV-233, AMB-62)."""
    here, there = ("excl_vat", "before_taxes") if version != V230 else ("before_taxes", "excl_vat")
    if version == V211 or price.get(here) is not None or price.get(there) is None:
        return price, ""
    rest = {name: value for name, value in price.items() if name not in _AMOUNTS}
    net = price[there]
    gross = price.get("incl_vat" if version == V230 else "after_taxes")
    new = {**rest, here: net}
    if version == V230 and gross is not None:
        tax = _sum(gross, net, -1)
        if tax is not None:
            new["taxes"] = [{"name": "VAT", "amount": tax}]
    elif version != V230:
        if gross is None and isinstance(price.get("taxes"), list) and price["taxes"]:
            gross = net
            for each in price["taxes"]:
                gross = _sum(gross, each.get("amount") if isinstance(each, dict) else None, 1)
        if gross is not None:
            new["incl_vat"] = gross
    return new, f"in the words of another version; read as {here}"


def _limit(price: dict[str, Any], version: str) -> tuple[dict[str, Any], str]:
    words = {"excl_vat": "before_taxes", "incl_vat": "after_taxes"}
    if version != V230:
        words = {other: word for word, other in words.items()}
    if not words.keys() & price.keys() or any(price.get(name) is not None for name in words.values()):
        return price, ""
    new = {words.get(name, name): value for name, value in price.items()}
    return new, f"in the words of another version; read as {', '.join(words.values())}"


def amount(value: Any) -> Any:
    """The amount that a value is, also one in quotes; None where it is none."""
    try:
        return scalar(_NUMBER, value, V230, lambda _code, _message: None)
    except Unusable:
        return None


def _sum(one: Any, other: Any, sign: int) -> Any:
    """The exact sum or difference of two amounts, also in quotes; None where either is none."""
    first, second = amount(one), amount(other)
    if first is None or second is None:
        return None
    found = (_EXACT.add if sign > 0 else _EXACT.subtract)(Decimal(first), Decimal(second))
    return int(found) if found == found.to_integral_value() else found


# The classes whose words differ: the object as `version` has it, and how it was read ("": as it came).
REWORDED = {"Price": _price, "PriceLimit": _limit}
