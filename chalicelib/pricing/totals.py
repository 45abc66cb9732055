"""The parts and the total of a bill, its taxes by rate, and the limits of the Tariff.

min_price and max_price hold for the whole session, each side by itself. Parts are not limited, so where
a limit holds they do not add up to the total.

Spec: 2.3.0 mod_tariffs_tariff_object (min_price, max_price), mod_cdrs_cdr_object
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from chalicelib.pricing.exact import ZERO, rounded, settled
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.segments import PARTS, Segment, Sides, added
from chalicelib.pricing.tariff import Compiled, Limit


@dataclass(slots=True, eq=False, repr=False)
class TaxLine:
    """What is taxed at one rate, and the tax; a limit may have a tax of no rate."""

    rate: Decimal | None
    base: Decimal
    amount: Decimal


@dataclass(slots=True, eq=False, repr=False)
class Moved:
    """A limit that moved one side of the total."""

    limit: str
    side: str
    bound: Decimal
    was: Decimal


@dataclass(slots=True, eq=False, repr=False)
class Totals:
    """What a session comes to; a side that cannot be known is None."""

    parts: dict[str, Sides] = field(default_factory=dict)
    unlimited: Sides = (ZERO, ZERO)
    total: Sides = (ZERO, ZERO)
    taxes: list[TaxLine] = field(default_factory=list)
    moved: list[Moved] = field(default_factory=list)


def add_up(segments: list[Segment], first: Compiled | None, policy: Policy, only_reserved: bool) -> Totals:
    """The totals of priced segments, within the limits of the Tariff that prices the first period."""
    found = Totals()
    by_part: dict[str, list[Segment]] = {name: [] for name in PARTS}
    for each in segments:
        if each.component is not None:
            by_part[each.part].append(each)
    found.parts = {name: _as_policy(added(each), policy) for name, each in by_part.items()}
    whole = added(segments)
    found.unlimited = _settled(whole)
    total = found.unlimited
    if policy.apply_limits == "yes":
        if policy.limits_scope == "per_tariff":
            total = _each_by_its_own(segments, only_reserved, policy, found)
        elif first is not None:
            total = limited(total, first, policy, only_reserved, found.moved)
    found.total = _as_policy(total, policy)
    found.taxes = _limited_taxes(tax_lines(segments), found)
    return found


def _settled(sides: Sides) -> Sides:
    net, gross = sides
    return None if net is None else settled(net), None if gross is None else settled(gross)


def _as_policy(sides: Sides, policy: Policy) -> Sides:
    net, gross = _settled(sides)
    if policy.currency_decimals is not None:
        net = None if net is None else rounded(net, policy.currency_decimals, policy.rounding)
        gross = None if gross is None else rounded(gross, policy.currency_decimals, policy.rounding)
    return net, gross


def _each_by_its_own(segments: list[Segment], only_reserved: bool, policy: Policy, found: Totals) -> Sides:
    by_tariff: dict[int, list[Segment]] = {}
    for each in segments:
        if each.lookup is not None:
            by_tariff.setdefault(id(each.lookup.tariff), []).append(each)
    net: Decimal | None = ZERO
    gross: Decimal | None = ZERO
    for group in by_tariff.values():
        lookup = group[0].lookup
        assert lookup is not None
        own = limited(_settled(added(group)), lookup.tariff, policy, only_reserved, found.moved)
        net = None if net is None or own[0] is None else net + own[0]
        gross = None if gross is None or own[1] is None else gross + own[1]
    return net, gross


def limited(
    sides: Sides, tariff: Compiled, policy: Policy, only_reserved: bool, moved: list[Moved] | None = None
) -> Sides:
    """A total within min_price and max_price. A reservation alone is no session, so it has no minimum."""
    if tariff.least and not only_reserved:
        sides = _clamped(sides, "min_price", tariff.least, max, policy, moved)
    if tariff.most:
        sides = _clamped(sides, "max_price", tariff.most, min, policy, moved)
    return sides


def _clamped(
    sides: Sides,
    name: str,
    limit: Limit,
    choose: Callable[[Decimal, Decimal], Decimal],
    policy: Policy,
    moved: list[Moved] | None,
) -> Sides:
    net, gross = sides
    new_net, new_gross = net, gross
    if net is not None and limit.before is not None:
        new_net = choose(net, limit.before)
    if gross is not None and limit.after is not None:
        new_gross = choose(gross, limit.after)
    elif gross is not None and limit.after is None and net is not None and new_net != net:
        new_gross = _with_tax_moved(net, gross, new_net, policy)
    if moved is not None:
        if net is not None and new_net != net and limit.before is not None:
            moved.append(Moved(name, "before_taxes", limit.before, net))
        if gross is not None and new_gross != gross and limit.after is not None:
            moved.append(Moved(name, "after_taxes", limit.after, gross))
    return new_net, new_gross


def _with_tax_moved(net: Decimal, gross: Decimal, new_net: Decimal | None, policy: Policy) -> Decimal | None:
    if new_net is None:
        return None
    if policy.limit_taxes == "kept" or not net:
        return new_net + (gross - net)
    return settled(new_net + (gross - net) * new_net / net)


def tax_lines(segments: Iterable[Segment]) -> list[TaxLine]:
    """What is taxed at each rate, in the order of the rates."""
    lines: dict[Decimal, TaxLine] = {}
    for each in segments:
        if each.component is None or each.component.vat is None or each.net is None or each.gross is None:
            continue
        line = lines.setdefault(each.component.vat, TaxLine(each.component.vat, ZERO, ZERO))
        line.base += each.net
        line.amount += each.gross - each.net
    return [lines[rate] for rate in sorted(lines)]


def _limited_taxes(lines: list[TaxLine], found: Totals) -> list[TaxLine]:
    """After a limit the tax by rate in proportion, so that the lines add up to the total's tax."""
    net, gross = found.total
    if found.total == found.unlimited or net is None or gross is None:
        return lines
    total = sum((line.amount for line in lines), ZERO)
    if not total:
        return lines if gross == net else [TaxLine(None, net, gross - net)]
    for line in lines:
        line.amount = settled(line.amount * (gross - net) / total)
        if found.unlimited[0]:
            line.base = settled(line.base * net / found.unlimited[0])
    return lines
