"""What GIREVE's 2.1.1 partners put beside a price: how the cost of a component is rounded.

Only with the dialect `gireve`. `price_round` has `round_granularity` (UNIT, TENTH, HUNDREDTH,
THOUSANDTH) and `round_rule` (ROUND_UP, ROUND_DOWN, ROUND_NEAR); `exact_price_component` true means that
nothing is rounded.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from chalicelib.pricing.exact import ZERO
from chalicelib.pricing.segments import Segment
from chalicelib.pricing.tariff import Component

_UNITS = {
    "UNIT": Decimal(1),
    "TENTH": Decimal("0.1"),
    "HUNDREDTH": Decimal("0.01"),
    "THOUSANDTH": Decimal("0.001"),
}
_RULES = {"ROUND_UP": ROUND_CEILING, "ROUND_DOWN": ROUND_FLOOR, "ROUND_NEAR": ROUND_HALF_UP}


def round_prices(segments: list[Segment]) -> None:
    """Round what each component costs in the whole session; the last of its segments takes the rest."""
    by_component: dict[int, list[Segment]] = {}
    for each in segments:
        if each.component is not None and _rule(each.component) is not None:
            by_component.setdefault(id(each.component), []).append(each)
    for group in by_component.values():
        component = group[-1].component
        rule = None if component is None else _rule(component)
        if rule is None:
            continue
        unit, mode = rule
        for side in ("net", "gross"):
            amounts = [getattr(each, side) for each in group]
            if any(each is None for each in amounts):
                continue
            total = sum(amounts, ZERO)
            more = (total / unit).to_integral_value(mode) * unit - total
            setattr(group[-1], side, amounts[-1] + more)


def _rule(component: Component) -> tuple[Decimal, str] | None:
    asked = component.extra.get("price_round")
    if not isinstance(asked, dict) or component.extra.get("exact_price_component") is True:
        return None
    unit, mode = _UNITS.get(str(asked.get("round_granularity"))), _RULES.get(str(asked.get("round_rule")))
    return None if unit is None or mode is None else (unit, mode)
