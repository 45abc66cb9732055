"""What a priced session says about the CDR, the Tariff and what was assumed: findings from the outcome."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.pricing.choice import Choice
from chalicelib.pricing.codes import Finding, finding
from chalicelib.pricing.engine import Outcome
from chalicelib.pricing.exact import text
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.segments import Segment
from chalicelib.pricing.session import Session
from chalicelib.pricing.tariff import (
    CHARGING,
    ENERGY,
    GROSS,
    GROSS_ONLY,
    NET,
    NET_ONLY,
    TIME,
    V211,
    Compiled,
    Limit,
)


def remarks(
    session: Session, choice: Choice, outcome: Outcome, policy: Policy, version: str
) -> Iterator[Finding]:
    """Every finding that pricing gives rise to."""
    yield from _free(session, outcome)
    yield from _electrical(session, outcome, policy)
    yield from _taxes(outcome, version)
    for group in outcome.groups:
        if group.snapped:
            yield finding("step_snap", "/charging_periods", f"{text(group.total)} s of {group.dimension}")
    for moved in outcome.totals.moved:
        yield finding(
            "limit_applied",
            "/total_cost",
            f"{moved.limit} {text(moved.bound)} instead of {text(moved.was)}, {moved.side}",
        )
    for tariff in choice.used:
        if _cross(tariff.least, tariff.most):
            yield finding(
                "limits_cross", f"{tariff.pointer}/min_price", f"min_price is above max_price: {tariff.id}"
            )
    stated = any(TIME in each.present for each in session.periods)
    if not stated and not session.only_reserved and _prices_time(choice):
        yield finding("missing_time_volume", "/charging_periods", "TIME is priced and no period has it")


def _prices_time(choice: Choice) -> bool:
    return any(tariff.walk(CHARGING, TIME).first() is not None for tariff in choice.used)


def _cross(least: Limit, most: Limit) -> bool:
    return any(
        low is not None and high is not None and low > high
        for low, high in ((least.before, most.before), (least.after, most.after))
    )


def _free(session: Session, outcome: Outcome) -> Iterator[Finding]:
    free: dict[str, list[int]] = {}
    for each in outcome.segments:
        if each.component is None and each.volume > 0:
            free.setdefault(each.dimension, []).append(each.at)
    for dimension, places in free.items():
        yield finding(
            "no_component",
            session.periods[places[0]].pointer,
            f"{dimension} of {_many(session, places)} is free",
        )


def _many(session: Session, places: list[int]) -> str:
    shown = ", ".join(str(session.periods[at].index) for at in places[:5])
    word = "period" if len(places) == 1 else "periods"
    return f"{word} {shown}{f' and {len(places) - 5} more' if len(places) > 5 else ''}"


def straddled(outcome: Outcome) -> frozenset[str]:
    """The parts of the cost that hang on power or current that lies on both sides of a bound."""
    return frozenset(
        each.part
        for each in outcome.segments
        if each.lookup is not None and any(_is_in(each, index) for index in each.lookup.straddled)
    )


def _is_in(segment: Segment, index: int) -> bool:
    return any(element == index for element, _ in segment.failures)


def _electrical(session: Session, outcome: Outcome, policy: Policy) -> Iterator[Finding]:
    straddling: dict[str, list[int]] = {}
    unstated: dict[str, list[int]] = {}
    derived: list[int] = []
    for at, lookup in enumerate(outcome.lookups):
        if lookup is None or not lookup.tariff.needs_power:
            continue
        period = session.periods[at]
        if lookup.straddled:
            straddling.setdefault(f"element {lookup.straddled[0]}", []).append(at)
        for _, name in lookup.unstated:
            if at not in unstated.setdefault(name, []):
                unstated[name].append(at)
        stated = period.min_power is not None or period.max_power is not None
        if not stated and lookup.moment.min_power is not None and _asks_power(lookup.tariff):
            derived.append(at)
    for name, places in straddling.items():
        yield finding(
            "electrical_straddle", session.periods[places[0]].pointer, f"{name}: {_many(session, places)}"
        )
    for name, places in unstated.items():
        held = policy.missing_power if name.endswith("power") else policy.missing_current
        yield finding(
            "electrical_data_missing",
            session.periods[places[0]].pointer,
            f"{name}: {'satisfied' if held == 'satisfied' else 'not satisfied'} in {_many(session, places)}",
        )
    if derived:
        yield finding(
            "power_derived",
            session.periods[derived[0]].pointer,
            f"{ENERGY} by the length of {_many(session, derived)}",
        )


def _asks_power(tariff: Compiled) -> bool:
    return any(check.name.endswith("power") for each in tariff.elements for check in each.electrical)


def _taxes(outcome: Outcome, version: str) -> Iterator[Finding]:
    bases = {
        each.component.basis for each in outcome.segments if each.component is not None and each.net != 0
    }
    if version != V211 and bases & {NET_ONLY, GROSS_ONLY}:
        yield finding("tax_unsplittable", "/total_cost", "a price has no tax rate")
    if bases & {NET, NET_ONLY} and bases & {GROSS, GROSS_ONLY}:
        yield finding("mixed_tax_basis", "/tariffs", "one Tariff's prices include taxes, another's do not")


def needs_local(tariffs: list[Compiled]) -> bool:
    """Whether a local time matters to any of them."""
    return any(each.needs_local for each in tariffs)
