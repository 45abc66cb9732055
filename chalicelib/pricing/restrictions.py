"""What a restriction asks of the start of a period, made ready to be asked quickly.

Power and current come last: whether they could hold matters only where all else does.

Spec: 2.3.0 mod_tariffs_tariffrestrictions_class (TAR-30 to TAR-39)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from chalicelib.pricing.checks import CLOCKS, Check, Moment
from chalicelib.pricing.exact import number, text
from chalicelib.pricing.moments import DAY, DAYS, clock_minutes, is_date
from chalicelib.pricing.policy import Policy

_DAY_NUMBERS = {day: at for at, day in enumerate(DAYS)}
_ELECTRICAL = frozenset({"min_power", "max_power", "min_current", "max_current"})
RESERVATIONS = ("RESERVATION", "RESERVATION_EXPIRES")


@dataclass(eq=False, repr=False)
class Restrictions:
    """The restrictions of one element, and where its answer may change within a period."""

    checks: tuple[Check, ...] = ()
    electrical: tuple[Check, ...] = ()
    reservation: str | None = None
    needs_local: bool = False
    by_day: bool = False
    minutes: list[int] = field(default_factory=list)
    kwh: list[Decimal] = field(default_factory=list)
    seconds: list[Decimal] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


def compiled(rules: Mapping[str, Any], policy: Policy) -> Restrictions:
    """Restrictions ready to be asked; `wrong` names those that cannot be read."""
    found = Restrictions()
    checks: list[Check] = []
    _times(rules, policy, found, checks)
    _dates(rules, policy, found, checks)
    _days(rules, policy, found, checks)
    names = rules.keys()
    if policy.volume_restrictions == "applied":
        _range(rules, ("min_kwh", "max_kwh"), found, checks, found.kwh)
    _range(rules, ("min_duration", "max_duration"), found, checks, found.seconds)
    electrical: list[Check] = []
    if policy.volume_restrictions == "applied" and not names.isdisjoint(_ELECTRICAL):
        for what, missing in (("power", policy.missing_power), ("current", policy.missing_current)):
            _electrical(rules, what, missing == "satisfied", found, electrical)
    reservation = rules.get("reservation")
    if reservation is not None:
        if reservation in RESERVATIONS:
            found.reservation = reservation
        else:
            found.wrong.append("reservation")
    found.checks, found.electrical = tuple(checks), tuple(electrical)
    return found


def _times(rules: Mapping[str, Any], policy: Policy, found: Restrictions, checks: list[Check]) -> None:
    start, end = rules.get("start_time"), rules.get("end_time")
    if start is None and end is None:
        return
    begins, ends = clock_minutes(start), clock_minutes(end)
    if start is not None and begins is None:
        found.wrong.append("start_time")
    if end is not None and ends is None:
        found.wrong.append("end_time")
    if found.wrong:
        return
    found.needs_local = True
    if begins is None and ends == 0 and policy.only_end_midnight == "never":
        checks.append(_never("end_time", "end_time 00:00 alone never holds"))
        return
    if begins is not None and begins == ends:
        if policy.equal_times == "never":
            checks.append(_never("start_time", f"start_time {start} = end_time never holds"))
        return
    first, last = begins or 0, ends or DAY
    found.minutes += [each for each in (first, last % DAY) if each or begins is not None]
    if last < first:
        if policy.wrap_midnight == "no":
            checks.append(_never("start_time", f"start_time {start} is after end_time {end}"))
        else:
            checks.append(_wrapping(first, last))
        return
    if first:
        checks.append(_starting(first))
    if last < DAY:
        checks.append(_ending(last))


def _never(name: str, words: str) -> Check:
    return Check(name, lambda moment: False, lambda moment, held: words)


def _starting(first: int) -> Check:
    head = f"start_time {first // 60:02d}:{first % 60:02d} "

    def say(moment: Moment, held: bool) -> str:
        return f"{head}{'≤' if held else '>'} {CLOCKS[moment.minute]}"

    return Check("start_time", lambda moment: moment.minute >= first, say)


def _ending(last: int) -> Check:
    head = f"end_time {last // 60:02d}:{last % 60:02d} "

    def say(moment: Moment, held: bool) -> str:
        return f"{head}{'>' if held else '≤'} {CLOCKS[moment.minute]}"

    return Check("end_time", lambda moment: moment.minute < last, say)


def _wrapping(first: int, last: int) -> Check:
    begins, ends = (f"{each // 60:02d}:{each % 60:02d}" for each in (first, last))

    def say(moment: Moment, held: bool) -> str:
        if not held:
            return f"start_time {begins} > {CLOCKS[moment.minute]} ≥ end_time {ends}"
        if moment.minute >= first:
            return f"start_time {begins} ≤ {CLOCKS[moment.minute]}"
        return f"end_time {ends} > {CLOCKS[moment.minute]}"

    return Check("start_time", lambda moment: moment.minute >= first or moment.minute < last, say)


def _dates(rules: Mapping[str, Any], policy: Policy, found: Restrictions, checks: list[Check]) -> None:
    for name in ("start_date", "end_date"):
        day = rules.get(name)
        if day is None:
            continue
        if not is_date(day):
            found.wrong.append(name)
            continue
        found.needs_local = found.by_day = True
        checks.append(_date(name, day, policy.end_date == "inclusive"))


def _date(name: str, day: str, inclusive: bool) -> Check:
    if name == "start_date":
        return Check(
            name,
            lambda moment: moment.date >= day,
            lambda moment, held: f"start_date {day} {'≤' if held else '>'} {moment.date} local",
        )
    return Check(
        name,
        (lambda moment: moment.date <= day) if inclusive else (lambda moment: moment.date < day),
        lambda moment, held: f"end_date {day} {'>' if held else '≤'} {moment.date} local",
    )


def _days(rules: Mapping[str, Any], policy: Policy, found: Restrictions, checks: list[Check]) -> None:
    days = rules.get("day_of_week")
    if days is None or days == []:
        return
    if isinstance(days, str):
        days = [days]
    if not isinstance(days, list) or not all(isinstance(each, str) and each in _DAY_NUMBERS for each in days):
        found.wrong.append("day_of_week")
        return
    found.needs_local = found.by_day = True
    allowed = {_DAY_NUMBERS[each] for each in days}
    words = "day_of_week " + ", ".join(days)
    first, last = clock_minutes(rules.get("start_time")), clock_minutes(rules.get("end_time"))
    evening = policy.wrap_weekday == "evening" and first is not None and last is not None and 0 < last < first

    def holds(moment: Moment) -> bool:
        if evening and last is not None and moment.minute < last:
            return (moment.weekday - 1) % 7 in allowed
        return moment.weekday in allowed

    checks.append(
        Check(
            "day_of_week",
            holds if evening else lambda moment: moment.weekday in allowed,
            lambda moment, held: f"{words}: it {'is' if held else 'was'} {DAYS[moment.weekday]} local",
        )
    )


def _range(
    rules: Mapping[str, Any],
    names: tuple[str, str],
    found: Restrictions,
    checks: list[Check],
    edges: list[Decimal],
) -> None:
    for name in names:
        value = rules.get(name)
        if value is None:
            continue
        bound = number(value)
        if bound is None:
            found.wrong.append(name)
            continue
        edges.append(bound)
        checks.append(_measured(name, bound, is_least=name == names[0], is_energy=edges is found.kwh))


def _measured(name: str, bound: Decimal, is_least: bool, is_energy: bool) -> Check:
    head = f"{name} {text(bound)} "

    def say(moment: Moment, held: bool) -> str:
        measured = moment.kwh_text() if is_energy else f"{text(moment.seconds)} s"
        return f"{head}{'≤' if held is is_least else '>'} {measured}"

    holds: Callable[[Moment], bool]
    if is_energy:
        holds = (lambda moment: moment.kwh >= bound) if is_least else (lambda moment: moment.kwh < bound)
    else:
        holds = (
            (lambda moment: moment.seconds >= bound) if is_least else lambda moment: moment.seconds < bound
        )
    return Check(name, holds, say)


def _electrical(
    rules: Mapping[str, Any], what: str, unknown_holds: bool, found: Restrictions, checks: list[Check]
) -> None:
    unit = "kW" if what == "power" else "A"
    for side in ("min", "max"):
        name = f"{side}_{what}"
        if rules.get(name) is None:
            continue
        bound = number(rules[name])
        if bound is None:
            found.wrong.append(name)
            continue
        checks.append(_of_power(name, bound, side == "min", unknown_holds, unit))


def _of_power(name: str, bound: Decimal, is_least: bool, unknown_holds: bool, unit: str) -> Check:
    def holds(moment: Moment) -> bool:
        measured: Decimal | None = getattr(moment, name)
        if measured is None:
            return unknown_holds
        return measured >= bound if is_least else measured < bound

    def say(moment: Moment, held: bool) -> str:
        measured: Decimal | None = getattr(moment, name)
        if measured is None:
            return f"{name} {text(bound)}: the period does not state it"
        return f"{name} {text(bound)} {'≤' if held is is_least else '>'} {text(measured)} {unit}"

    return Check(name, holds, say)
