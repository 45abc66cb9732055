"""The mistakes that somebody might make: other readings of the rules, each ready to be priced.

Every one is the same session with a changed policy, way of reading, period or Tariff.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from chalicelib.pricing.choice import Choice
from chalicelib.pricing.engine import Reading
from chalicelib.pricing.exact import THOUSAND, ZERO
from chalicelib.pricing.moments import in_standard_time, in_utc, zone
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.run import Priced
from chalicelib.pricing.segments import Tax
from chalicelib.pricing.session import Period, Session, is_all_reserved
from chalicelib.pricing.splitting import split_session
from chalicelib.pricing.tariff import GROSS, NET, PARKING, RESERVED, TIME, Compiled

FEW_PERIODS = 6


# name -> meaning, in the order in which they are tried; the page on money is made from it.
READINGS = {
    "utc_instead_of_local": "times, dates and weekdays were taken in UTC",
    "fixed_offset_instead_of_local": "daylight saving was forgotten",
    "no_step": "step_size was left out",
    "step_per_period": "each period was rounded up by itself",
    "step_for_time_too": "TIME was rounded up although parking follows",
    "step_time_and_parking_combined": "TIME and PARKING_TIME were rounded up as one",
    "step_of_measured_volume": "what was free was rounded up, too",
    "flat_per_period": "FLAT was taken in every period",
    "flat_per_element": "each element's FLAT was taken",
    "flat_once_for_all": "FLAT was taken for the reservation or for charging, not for both",
    "flat_missing": "FLAT was left out",
    "limits_ignored": "min_price and max_price were left out",
    "vat_ignored": "the amount has no tax",
    "vat_twice": "tax came on top of tax",
    "vat_highest_rate": "everything was taxed at the highest rate",
    "price_taken_as_net": "prices that include taxes were taken as without",
    "price_taken_as_gross": "prices without taxes were taken as including them",
    "parking_as_time": "parking was billed at the price of charging time",
    "time_including_parking": "parking was billed as charging time as well",
    "unpriced_billed": "what nothing prices was billed",
    "reservation_time_billed": "reserved time was billed as charging time",
    "element_level_first_match": "the first element that holds priced everything",
    "duration_from_cdr_start": "durations were counted from the CDR's start",
    "end_rate": "the price at the end of each period was taken",
    "split_pro_rata": "periods were split evenly where the price changes",
    "tariff_of_another_validity": "another Tariff was taken",
    "wh_for_kwh": "Wh were taken for kWh",
    "cents_for_units": "the amount is in the minor unit",
    "missing_period": "a period was left out",
    "duplicated_period": "a period was billed twice",
}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Attempt:
    """One reading by its name, and what it changes."""

    name: str
    reading: Reading
    policy: Policy
    session: Session
    choice: Choice


def attempts(found: Priced) -> Iterator[Attempt]:
    """Every reading that may make a difference to this CDR."""
    base = Attempt("", found.reading, found.asked.policy, found.session, found.choice)
    for make in (_of_clock, _of_steps, _of_flats, _of_taxes, _of_times, _of_lookup, _of_others):
        yield from make(found, base)


def _read(base: Attempt, name: str, **changes: Any) -> Attempt:
    return replace(base, name=name, reading=replace(base.reading, **changes))


def _ruled(base: Attempt, name: str, **changes: Any) -> Attempt:
    return replace(base, name=name, policy=replace(base.policy, **changes))


def _of_clock(found: Priced, base: Attempt) -> Iterator[Attempt]:
    if found.zone.needed and found.zone.known:
        yield _read(base, "utc_instead_of_local", localize=in_utc)
        place = zone(found.zone.name)
        if place is not None:
            yield _read(base, "fixed_offset_instead_of_local", localize=in_standard_time(place))


def _of_steps(found: Priced, base: Attempt) -> Iterator[Attempt]:
    yield _read(base, "no_step", step="none")
    yield _read(base, "step_per_period", step="period")
    dimensions = {each.dimension for each in _segments(found)}
    if {TIME, PARKING} <= dimensions:
        yield _ruled(base, "step_for_time_too", time_step="both")
        yield _ruled(base, "step_time_and_parking_combined", time_step="combined")
    if any(each.component is None for each in _segments(found)):
        yield _ruled(base, "step_of_measured_volume", step_volume="measured")


def _segments(found: Priced) -> list[Any]:
    return [] if found.outcome is None else list(found.outcome.segments)


def _of_flats(found: Priced, base: Attempt) -> Iterator[Attempt]:
    flats = [each for each in _segments(found) if each.dimension == "FLAT"]
    if flats:
        yield _read(base, "flat_per_period", flat="period")
        yield _read(base, "flat_per_element", flat="element")
        if len(flats) > 1:
            yield _read(base, "flat_once_for_all", flat="session")
        yield _read(base, "flat_missing", flat="none")
    if found.outcome is not None and found.outcome.totals.moved:
        yield _ruled(base, "limits_ignored", apply_limits="no")


def _of_taxes(found: Priced, base: Attempt) -> Iterator[Attempt]:
    components = [each.component for each in _segments(found) if each.component is not None]
    rates = [each.vat for each in components if each.vat]
    if not rates:
        return
    yield _read(base, "vat_ignored", tax=Tax("ignored"))
    yield _read(base, "vat_twice", tax=Tax("twice"))
    yield _read(base, "vat_twice", tax=Tax("twice_in_net"))
    if len({each.vat for each in components}) > 1:
        yield _read(base, "vat_highest_rate", tax=Tax("highest", max(rates)))
    bases = {each.basis for each in components}
    if GROSS in bases:
        yield _read(base, "price_taken_as_net", tax=Tax("price_as_net"))
    if NET in bases:
        yield _read(base, "price_taken_as_gross", tax=Tax("price_as_gross"))


def _of_times(found: Priced, base: Attempt) -> Iterator[Attempt]:
    session = found.session
    if session.total("parking"):
        yield _changed(base, "parking_as_time", _parking_as_time)
        yield _changed(base, "time_including_parking", _time_with_parking)
    if any(each.component is None for each in _segments(found)):
        yield _read(base, "unpriced_billed", free_is_billed=True)
    if session.total("reserved"):
        yield _changed(base, "reservation_time_billed", _reserved_as_time)


def _changed(base: Attempt, name: str, change: Callable[[Period], Period]) -> Attempt:
    periods = [change(each) for each in base.session.periods]
    session = replace(base.session, periods=periods, only_reserved=is_all_reserved(periods))
    return replace(base, name=name, session=session)


def _parking_as_time(period: Period) -> Period:
    return replace(
        period, time=period.time + period.parking, parking=ZERO, present=period.present - {PARKING} | {TIME}
    )


def _time_with_parking(period: Period) -> Period:
    return replace(period, time=period.time + period.parking)


def _reserved_as_time(period: Period) -> Period:
    present = period.present - {RESERVED} | {TIME}
    return replace(period, time=period.time + period.reserved, reserved=ZERO, present=present)


def _of_lookup(found: Priced, base: Attempt) -> Iterator[Attempt]:
    yield _read(base, "element_level_first_match", by_element=True)
    if found.session.anchor != found.session.start:
        yield _ruled(base, "duration_from_cdr_start", duration_anchor="cdr_start")
    if any(each.needs_local or each.kwh or each.seconds for each in found.choice.used):
        yield _read(base, "end_rate", at_end=True)
    if found.spans.periods:
        yield _split(found, base)


def _split(found: Priced, base: Attempt) -> Attempt:
    session, choice = split_session(
        found.session, found.choice, found.asked.policy, found.reading.localize, set(found.spans.periods)
    )
    return replace(base, name="split_pro_rata", session=session, choice=choice)


def _of_others(found: Priced, base: Attempt) -> Iterator[Attempt]:
    for other in found.choice.others[:FEW_PERIODS]:
        if other.currency == found.session.currency and not other.wrong:
            tariffs: list[Compiled | None] = [
                None if each is None else other for each in found.choice.tariffs
            ]
            choice = replace(found.choice, tariffs=tariffs)
            yield replace(base, name="tariff_of_another_validity", choice=choice)
    if found.session.total("energy"):
        yield _changed(base, "wh_for_kwh", lambda each: replace(each, energy=each.energy * THOUSAND))
    count = len(found.session.periods)
    places = list(range(count)) if count <= FEW_PERIODS else [0, 1, count - 2, count - 1]
    if count > 1:
        for at in reversed(places):
            yield _repeated(base, "missing_period", at, 0)
    for at in reversed(places):
        yield _repeated(base, "duplicated_period", at, 2)


def _repeated(base: Attempt, name: str, at: int, times: int) -> Attempt:
    periods, tariffs = base.session.periods, base.choice.tariffs
    return replace(
        base,
        name=name,
        session=replace(
            base.session, periods=periods[:at] + periods[at : at + 1] * times + periods[at + 1 :]
        ),
        choice=replace(base.choice, tariffs=tariffs[:at] + tariffs[at : at + 1] * times + tariffs[at + 1 :]),
    )
