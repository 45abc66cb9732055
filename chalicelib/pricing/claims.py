"""What a CDR claims, held against what was computed: a verdict for each amount and volume.

The exact value is rounded to the decimals that the claim was written with. Equal half up: AGREE; equal by
another rule, or by rounding its lines first: AGREE_ROUNDING with the rule; within the tolerance of the
exact value: WITHIN_TOLERANCE; else DISAGREE. Of a Credit CDR the total is negative and the parts are not.

Spec: 2.3.0 mod_cdrs_cdr_object, mod_cdrs_credit_cdrs
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chalicelib.pricing.currencies import minor_decimals
from chalicelib.pricing.engine import Outcome
from chalicelib.pricing.exact import HUNDRED, ZERO, decimals, number, rounded, settled, unit
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.segments import FIXED_COST, PARKING_COST, PARTS, Segment, Sides, added
from chalicelib.pricing.tariff import Compiled
from chalicelib.pricing.totals import limited

AGREE, AGREE_ROUNDING, WITHIN = "AGREE", "AGREE_ROUNDING", "WITHIN_TOLERANCE"
INDETERMINATE, DISAGREE, UNPRICEABLE = "INDETERMINATE", "DISAGREE", "UNPRICEABLE"
NOT_CLAIMED, ATTRIBUTION_ONLY = "NOT_CLAIMED", "ATTRIBUTION_ONLY"
RANK = (AGREE, AGREE_ROUNDING, WITHIN, INDETERMINATE, DISAGREE, UNPRICEABLE)

TOTAL_COST = "total_cost"
COSTS = (TOTAL_COST, *PARTS)
BEFORE, AFTER = "before_taxes", "after_taxes"


_CENT = Decimal("0.01")


@dataclass(slots=True, eq=False, repr=False)
class Claim:
    """One amount or volume: what the CDR says, what was computed (its sign included), and the verdict."""

    name: str
    claimed: Decimal | None
    computed: Decimal | None
    verdict: str = NOT_CLAIMED
    rule: str | None = None
    part: str | None = None
    side: int = 0

    @property
    def coarse(self) -> bool:
        """Whether the claim agrees only because of how few decimals it has."""
        return (
            self.verdict == AGREE
            and self.claimed is not None
            and self.computed is not None
            and abs(self.claimed - self.computed) > _CENT
        )


def claimed_sides(value: Any) -> Sides:
    """Both sides of a price as any version writes it; a side that is not stated is None."""
    if not isinstance(value, dict):
        return number(value), None
    before = number(value["before_taxes"] if value.get("before_taxes") is not None else value.get("excl_vat"))
    after = (
        number(value["incl_vat"]) if value.get("incl_vat") is not None else number(value.get("after_taxes"))
    )
    taxes = value.get("taxes")
    if after is None and before is not None and isinstance(taxes, list) and taxes:
        amounts = [number(each.get("amount")) if isinstance(each, dict) else None for each in taxes]
        if all(each is not None for each in amounts):
            after = sum((each for each in amounts if each is not None), before)
    return before, after


class Judge:
    """Judges the claims on costs by one outcome."""

    def __init__(
        self,
        outcome: Outcome | None,
        policy: Policy,
        currency: str,
        limits: tuple[Compiled | None, bool] = (None, False),
        unsure: frozenset[str] = frozenset(),
    ) -> None:
        self.outcome, self.policy, self.unsure = outcome, policy, unsure
        self.minor = minor_decimals(currency)
        self.first, self.only_reserved = limits
        own = dict(policy.tolerance_by_currency).get(currency)
        self.tolerance = next(
            (each for each in (own, policy.tolerance) if each is not None), unit(self.minor)
        )

    def costs(self, cdr: Mapping[str, Any], credit: bool) -> list[Claim]:
        """Every cost, claimed or not, both sides."""
        found = []
        for name in COSTS:
            stated = claimed_sides(cdr.get(name))
            for side, word in enumerate((BEFORE, AFTER)):
                negative = credit and (name == TOTAL_COST or self._is_turned(name, side, stated[side]))
                found.append(self.cost(name, side, word, stated[side], negative))
        _attribute(found)
        return found

    def _is_turned(self, name: str, side: int, claimed: Decimal | None) -> bool:
        """Whether a part is claimed with the other sign; energy given back has a negative one of its own."""
        exact = self.exact(name, side)
        return claimed is not None and exact is not None and claimed * exact < 0

    def cost(self, name: str, side: int, word: str, claimed: Decimal | None, negative: bool) -> Claim:
        exact = self.exact(name, side)
        signed = -exact if negative and exact is not None else exact
        found = Claim(f"{name}.{word}", claimed, signed, part=name, side=side)
        if claimed is None:
            return found
        if self.outcome is None:
            found.verdict = UNPRICEABLE
        elif signed is None or exact is None:
            found.verdict = INDETERMINATE
        else:
            found.verdict, found.rule = self._verdict(name, side, claimed, signed, negative)
            if name in self.unsure:
                found.verdict, found.rule = INDETERMINATE, None
        return found

    def exact(self, name: str, side: int) -> Decimal | None:
        """What was computed for one side of a cost."""
        if self.outcome is None:
            return None
        totals = self.outcome.totals
        return totals.total[side] if name == TOTAL_COST else totals.parts[name][side]

    def _verdict(
        self, name: str, side: int, claimed: Decimal, signed: Decimal, negative: bool
    ) -> tuple[str, str | None]:
        places, mode = decimals(claimed), self.policy.rounding
        if rounded(signed, places, mode) == claimed:
            return AGREE, mode
        for rule, value in self._otherwise(name, side, places):
            if (-value if negative else value) == claimed:
                return AGREE_ROUNDING, rule
        allowed = self.tolerance
        if self.policy.tolerance_relative is not None:
            allowed = max(allowed, abs(signed) * self.policy.tolerance_relative)
        return (WITHIN, "tolerance") if abs(claimed - signed) <= allowed else (DISAGREE, None)

    def _otherwise(self, name: str, side: int, places: int) -> Iterator[tuple[str, Decimal]]:
        """The amount by other rules of rounding, the simplest first."""
        exact = self.exact(name, side)
        if exact is None or self.outcome is None:
            return
        for rule, mode in (("half_up", "half_up"), ("half_even", "half_even")):
            if mode != self.policy.rounding:
                yield rule, rounded(exact, places, mode)
        yield "net_floored" if side == 0 else "gross_floored", rounded(exact, places, "down")
        yield "up", rounded(exact, places, "up")
        segments = [
            each for each in self.outcome.segments if each.component and name in (TOTAL_COST, each.part)
        ]
        for at in {places, self.minor}:
            for rule, value in self._by_lines(segments, side, at):
                if value is not None:
                    yield rule, rounded(self._limited(name, side, value), places)

    def _by_lines(
        self, segments: list[Segment], side: int, places: int
    ) -> Iterator[tuple[str, Decimal | None]]:
        for rule, key in (("per_dimension", "part"), ("per_period", "at")):
            yield rule, _lines(segments, side, places, key)
        yield "per_line", _lines(segments, side, places, "line")
        if side == 1:
            yield "net_first", _net_first(segments, places, "half_up")
            yield "net_floored", _net_first(segments, places, "down")

    def _limited(self, name: str, side: int, value: Decimal) -> Decimal:
        if name != TOTAL_COST or self.first is None or self.policy.apply_limits == "no":
            return value
        sides: Sides = (value, None) if side == 0 else (None, value)
        moved = limited(sides, self.first, self.policy, self.only_reserved)[side]
        return value if moved is None else moved


def _lines(segments: list[Segment], side: int, places: int, key: str) -> Decimal | None:
    lines: dict[Any, list[Segment]] = {}
    for at, each in enumerate(segments):
        lines.setdefault(at if key == "line" else getattr(each, key), []).append(each)
    total = ZERO
    for group in lines.values():
        amount = added(group)[side]
        if amount is None:
            return None
        total += rounded(settled(amount), places)
    return total


def _net_first(segments: list[Segment], places: int, mode: str) -> Decimal | None:
    """The net rounded, per rate, before tax comes on it."""
    rates: dict[Decimal | None, list[Segment]] = {}
    for each in segments:
        rates.setdefault(each.taxed_at, []).append(each)
    total = ZERO
    for rate, group in rates.items():
        net = added(group)[0]
        if net is None:
            return None
        net = rounded(settled(net), places, mode)
        total += net + rounded(net * (rate or ZERO) / HUNDRED, places)
    return total


def _attribute(claims: list[Claim]) -> None:
    """Where fixed and parking cost differ and their sum agrees, only a FLAT is elsewhere."""
    for side in (0, 1):
        pair = [each for each in claims if each.part in (FIXED_COST, PARKING_COST) and each.side == side]
        stated = [each for each in pair if each.claimed is not None]
        if not any(each.verdict == DISAGREE for each in pair) or any(each.computed is None for each in pair):
            continue
        claimed = sum((each.claimed for each in stated if each.claimed is not None), ZERO)
        computed = sum((each.computed for each in pair if each.computed is not None), ZERO)
        places = max(decimals(each.claimed) for each in stated if each.claimed is not None)
        if rounded(computed, places) == claimed:
            for each in stated:
                each.verdict, each.rule = ATTRIBUTION_ONLY, None


def worst(claims: list[Claim]) -> str:
    """The verdict of the whole: of the claims on total_cost, and of the others where that agrees."""

    def of(chosen: list[Claim]) -> str:
        verdicts = {each.verdict for each in chosen}
        return next((each for each in reversed(RANK) if each in verdicts), AGREE)

    total = of([each for each in claims if each.part == TOTAL_COST])
    return of(claims) if total in (AGREE, AGREE_ROUNDING, WITHIN) else total
