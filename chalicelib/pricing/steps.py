"""step_size: what was used is rounded up once per group, at the end of the session.

Energy is a group, TIME and PARKING_TIME are one together, reserved time is one. The difference goes to
the last period that used the group and is billed at its price; never is anything rounded where the price
changes. Where parking was priced it alone is rounded, and the time before it is exact.

Spec: 2.3.0 mod_cdrs_step_size (CDR-50 to CDR-55)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

from chalicelib.pricing.exact import ZERO, text
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.segments import Segment
from chalicelib.pricing.session import NOISE
from chalicelib.pricing.tariff import ENERGY, PARKING, RESERVED, SESSION_TIME, TIME

SESSION, PERIOD, NONE = "session", "period", "none"

_RULES = {"ROUND_DOWN": ROUND_FLOOR, "ROUND_NEAR": ROUND_HALF_UP, "ROUND_UP": ROUND_CEILING}


@dataclass(slots=True, eq=False, repr=False)
class Group:
    """What became of one group: in kWh or seconds; `at` is the period that got the difference."""

    dimension: str
    total: Decimal
    step: Decimal | None = None
    billed: Decimal = ZERO
    at: int | None = None
    snapped: bool = False
    note: str = ""


def round_up(segments: list[Segment], policy: Policy, step: str = SESSION) -> list[Group]:
    """Round what is billed of the segments, and say how."""
    by_dimension: dict[str, list[Segment]] = {}
    for each in segments:
        by_dimension.setdefault(each.dimension, []).append(each)
    energy = by_dimension.get(ENERGY, [])
    time = by_dimension.get(TIME, []) + by_dimension.get(SESSION_TIME, [])
    parking, reserved = by_dimension.get(PARKING, []), by_dimension.get(RESERVED, [])
    if policy.reservation_step == "pooled":
        time, reserved = sorted(reserved + time, key=lambda each: each.at), []
    groups = [_rounded(ENERGY, energy, policy, step)]
    groups += _times(time, parking, policy, step)
    groups.append(_rounded(RESERVED, reserved, policy, step))
    return [each for each in groups if each is not None]


def _times(time: list[Segment], parking: list[Segment], policy: Policy, step: str) -> Iterable[Group | None]:
    rule = policy.time_step if step == SESSION else "both"
    timed, parked = _used(time, policy), _used(parking, policy)
    if rule == "both" or not timed or not parked:
        return [_rounded(TIME, time, policy, step), _rounded(PARKING, parking, policy, step)]
    if rule == "combined":
        both = sorted(time + parking, key=lambda each: each.at)
        return [_rounded(f"{TIME}+{PARKING}", both, policy, step)]
    if rule == "last_time_dimension" and timed[-1].at > parked[-1].at:
        return [_rounded(TIME, time, policy, step), _exact(PARKING, parked, "exact: charging came last")]
    return [
        _exact(TIME, timed, "exact: parking is rounded instead"),
        _rounded(PARKING, parking, policy, step),
    ]


def _used(segments: list[Segment], policy: Policy) -> list[Segment]:
    """The segments that are priced and not zero."""
    counts = policy.zero_volume == "counts"
    return [each for each in segments if each.component is not None and (each.volume or counts)]


def _exact(dimension: str, used: list[Segment], note: str) -> Group:
    total = sum((each.volume for each in used), ZERO)
    return Group(dimension, total, billed=total, note=note)


def _rounded(dimension: str, segments: list[Segment], policy: Policy, step: str) -> Group | None:
    used = _used(segments, policy)
    if not used:
        return None
    if policy.step_volume == NONE or step == NONE:
        return _exact(dimension, used, "no step_size counts")
    if step == PERIOD:
        for each in used:
            _add_to(each, _up(each, each.volume, 1, policy)[0] - each.volume)
        return _exact(dimension, used, "each period by itself")
    last = used[-1]
    counted = segments if policy.step_volume == "measured" else used
    total = sum((each.volume for each in counted), ZERO)
    billed, snapped = _up(last, total, len(used), policy)
    _add_to(last, billed - total)
    component = last.component
    found = Group(dimension, total, component.step if component else None, billed, last.at, snapped)
    if billed != total:
        found.note = f"{text(billed - total)} {'kWh' if dimension == ENERGY else 's'} more in the last period"
    return found


def _add_to(segment: Segment, more: Decimal) -> None:
    if more:
        segment.billed += more


def _up(last: Segment, total: Decimal, periods: int, policy: Policy) -> tuple[Decimal, bool]:
    """What is billed of a total by the step of its last segment, and whether an excess was noise."""
    component = last.component
    if component is None or component.step <= 0 or total <= 0:
        return total, False
    step = component.step
    excess = total % step
    if not excess:
        return total, False
    if policy.step_snap == "yes" and last.dimension != ENERGY and excess <= NOISE * periods:
        return total, True
    mode = ROUND_CEILING
    if policy.dialect == "gireve" and isinstance(component.extra.get("step_round"), dict):
        mode = _RULES.get(str(component.extra["step_round"].get("round_rule")), ROUND_CEILING)
    return (total / step).to_integral_value(mode) * step, False
