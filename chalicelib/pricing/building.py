"""The totals of a CDR, ready to be put into it: numbers of at most 4 decimals, in a version's own words.

Spec: 2.3.0 mod_cdrs_cdr_object, types_price_class; 2.2.1 types_price_class; 2.1.1 mod_cdrs
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chalicelib.pricing.claims import TOTAL_COST
from chalicelib.pricing.engine import Outcome
from chalicelib.pricing.exact import HOUR, rounded
from chalicelib.pricing.moments import seconds
from chalicelib.pricing.segments import PARTS, Sides
from chalicelib.pricing.session import Session
from chalicelib.pricing.tariff import V211, V221
from chalicelib.pricing.totals import TaxLine, tax_lines

PLACES = 4


def build_totals(session: Session, outcome: Outcome, version: str) -> dict[str, Any]:
    """The `total_*` fields; parts that nothing priced are left out."""
    sign = -1 if session.credit else 1
    found: dict[str, Any] = {TOTAL_COST: _price(outcome.totals.total, outcome.totals.taxes, version, sign)}
    if version != V211:
        for name in PARTS:
            segments = [each for each in outcome.segments if each.component is not None and each.part == name]
            if segments:
                found[name] = _price(outcome.totals.parts[name], tax_lines(segments), version, 1)
    found["total_energy"] = _written(session.total("energy"))
    found["total_time"] = _written(seconds(session.end - session.start) / HOUR)
    if session.total("parking"):
        found["total_parking_time"] = _written(session.total("parking") / HOUR)
    return {name: value for name, value in found.items() if value is not None}


def _written(value: Decimal) -> Decimal:
    found = rounded(value, PLACES)
    plain = found.normalize()
    exponent = plain.as_tuple().exponent
    return plain.quantize(Decimal(1)) if isinstance(exponent, int) and exponent > 0 else plain


def _price(amounts: Sides, taxes: list[TaxLine], version: str, sign: int) -> Any:
    """A price as the version writes it; None where the side that it must have is not known."""
    before, after = amounts
    if before is None:
        return None
    net = _written(sign * before)
    gross = None if after is None else _written(sign * after)
    if version == V211:
        return net
    if version == V221:
        return {"excl_vat": net} if gross is None else {"excl_vat": net, "incl_vat": gross}
    found: dict[str, Any] = {"before_taxes": net}
    if gross is not None and taxes:
        found["taxes"] = _tax_amounts(taxes, gross - net, sign)
    elif gross is not None and gross != net:
        found["taxes"] = [{"name": "VAT", "amount": gross - net}]
    return found


def _tax_amounts(taxes: list[TaxLine], total: Decimal, sign: int) -> list[dict[str, Any]]:
    """Each rate's tax; the last takes what rounding leaves, so that they add up."""
    amounts = [_written(sign * line.amount) for line in taxes[:-1]]
    amounts.append(_written(total - sum(amounts)))
    return [
        {"name": "VAT", "amount": amount}
        if line.rate is None
        else {"name": "VAT", "percentage": _written(line.rate), "amount": amount}
        for line, amount in zip(taxes, amounts, strict=True)
    ]
