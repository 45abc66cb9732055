"""Reading a CDR or a Session for pricing: every version's shape, and what is odd in its periods.

Spec: 2.3.0 mod_cdrs_cdr_object, mod_cdrs_chargingperiod_class (CDR-20 to CDR-40)
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from chalicelib.pricing.codes import finding
from chalicelib.pricing.exact import HOUR, ZERO, number, rounded, text
from chalicelib.pricing.moments import instant, seconds, shown
from chalicelib.pricing.policy import Policy
from chalicelib.pricing.session import NOISE, Period, Session, is_all_reserved
from chalicelib.pricing.tariff import ENERGY, PARKING, RESERVED, TIME, V211

SESSION_ONLY = frozenset({"CURRENT", "POWER", "ENERGY_EXPORT", "ENERGY_IMPORT", "STATE_OF_CHARGE"})
EXPIRES, OVERTIME = "RESERVATION_EXPIRES", "RESERVATION_OVERTIME"

_VOLUMES = {ENERGY: "energy", TIME: "time", PARKING: "parking", RESERVED: "reserved", EXPIRES: "reserved"}
_BOUNDS = {
    "MIN_POWER": ("min_power", min),
    "MAX_POWER": ("max_power", max),
    "MIN_CURRENT": ("min_current", min),
    "MAX_CURRENT": ("max_current", max),
}
_KNOWN = frozenset({*_VOLUMES, *_BOUNDS, "FLAT"})


def read_session(cdr: Mapping[str, Any], version: str, policy: Policy, outcome: str | None) -> Session:
    """A CDR or a Session as it is priced."""
    starts = instant(cdr.get("start_date_time") or cdr.get("start_datetime"))
    ends = instant(cdr.get("end_date_time") or cdr.get("stop_date_time") or cdr.get("end_datetime"))
    token = cdr.get("cdr_token")
    found = Session(
        start=starts or ends or _NOWHEN,
        end=ends or starts or _NOWHEN,
        currency=str(cdr.get("currency", "")).upper(),
        credit=cdr.get("credit") is True,
        home=cdr.get("home_charging_compensation") is True,
        is_ad_hoc=isinstance(token, dict) and token.get("type") == "AD_HOC_USER",
    )
    if starts is None:
        _wrong(found, "/start_date_time", "start_date_time is missing or cannot be read")
    if found.credit and not cdr.get("credit_reference_id"):
        found.findings.append(
            finding("credit_without_reference", "/credit_reference_id", "credits no CDR that it names")
        )
    _periods(found, cdr.get("charging_periods"), version, policy)
    if ends is None:
        if cdr.get("end_date_time") or cdr.get("stop_date_time") or "kwh" not in cdr:
            _wrong(found, "/end_date_time", "end_date_time is missing or cannot be read")
        if found.periods:  # a Session goes on
            found.end = max(found.start, found.periods[-1].start)
    _put_in_order(found, policy)
    _read_outcome(found, outcome)
    if policy.derive_time == "yes":
        _derive_time(found)
    _check_times(found)
    return found


_NOWHEN = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def _wrong(found: Session, pointer: str, message: str) -> None:
    problem = finding("malformed_value", pointer, message)
    found.findings.append(problem)
    found.wrong.append(problem)


def _periods(found: Session, periods: Any, version: str, policy: Policy) -> None:
    if not isinstance(periods, list) or not periods:
        problem = finding("zero_periods", "/charging_periods", "there is no charging period")
        found.findings.append(problem)
        found.wrong.append(problem)
        return
    for index, period in enumerate(periods):
        pointer = f"/charging_periods/{index}"
        starts = instant(period.get("start_date_time")) if isinstance(period, dict) else None
        if not isinstance(period, dict) or starts is None:
            _wrong(found, f"{pointer}/start_date_time", "start_date_time is missing or cannot be read")
            continue
        named = period.get("tariff_id")
        tariff_id = named.lower() if isinstance(named, str) and named and version != V211 else None
        made = Period(index, starts, starts, tariff_id)
        _dimensions(found, made, period.get("dimensions"), policy)
        found.periods.append(made)


def _dimensions(found: Session, period: Period, dimensions: Any, policy: Policy) -> None:
    if not isinstance(dimensions, list):
        _wrong(found, f"{period.pointer}/dimensions", "dimensions is no list")
        return
    seen = set()
    for at, dimension in enumerate(dimensions):
        pointer = f"{period.pointer}/dimensions/{at}"
        kind = dimension.get("type") if isinstance(dimension, dict) else None
        if not isinstance(dimension, dict) or not isinstance(kind, str):
            _wrong(found, f"{pointer}/type", "the dimension has no type")
            continue
        if kind not in _KNOWN:
            code = "session_only_dimension" if kind in SESSION_ONLY else "unknown_dimension"
            found.findings.append(finding(code, f"{pointer}/type", f"{kind} is not priced"))
            continue
        volume = number(dimension.get("volume"))
        if volume is None:
            _wrong(found, f"{pointer}/volume", f"the volume of {kind} cannot be read")
            continue
        if isinstance(dimension["volume"], str):
            found.findings.append(finding("number_as_text", f"{pointer}/volume", "a number is due"))
        if kind in seen:
            found.findings.append(
                finding("duplicate_dimension", pointer, f"{kind} twice in period {period.index}")
            )
        seen.add(kind)
        if kind in _BOUNDS:
            name, widest = _BOUNDS[kind]
            before = getattr(period, name)
            setattr(period, name, volume if before is None else widest(before, volume))
        elif kind in _VOLUMES:
            _add(found, period, kind, volume, f"{pointer}/volume", policy)
    period.present = frozenset(RESERVED if kind == EXPIRES else kind for kind in seen)
    if EXPIRES in seen:
        found.outcome = "expired"


def _add(found: Session, period: Period, kind: str, volume: Decimal, pointer: str, policy: Policy) -> None:
    if volume < 0:
        found.findings.append(finding("negative_volume", pointer, f"{text(volume)} of {kind}"))
    if policy.input_decimals is not None:
        volume = rounded(volume, policy.input_decimals)
    name = _VOLUMES[kind]
    setattr(period, name, getattr(period, name) + (volume if kind == ENERGY else volume * HOUR))


def _put_in_order(found: Session, policy: Policy) -> None:
    periods = found.periods
    starts = [each.start for each in periods]
    if any(later < earlier for earlier, later in pairwise(starts)):
        found.findings.append(
            finding(
                "periods_unordered", "/charging_periods", "the periods are not in the order of their starts"
            )
        )
        if policy.period_order == "sorted":
            periods.sort(key=lambda each: each.start)
    for period, following in pairwise(periods):
        period.end = max(period.start, following.start)
        if period.start == following.start:
            found.findings.append(
                finding("periods_overlap", following.pointer, f"starts as period {period.index} does")
            )
    if periods:
        periods[-1].end = max(periods[-1].start, found.end)


def _read_outcome(found: Session, asked: str | None) -> None:
    found.only_reserved = is_all_reserved(found.periods)
    if asked in ("used", "expired", "cancelled"):
        found.outcome = "expired" if asked == "expired" else "used"
    elif found.outcome is None:
        found.outcome = "expired" if found.only_reserved else "used"
        if found.only_reserved:
            found.findings.append(
                finding("reservation_assumed_expired", "/charging_periods", "nothing but reserved time")
            )


def _derive_time(found: Session) -> None:
    for period in found.periods:
        if not period.present & {TIME, PARKING, RESERVED}:
            period.time = period.length
            period.present |= {TIME}


def _check_times(found: Session) -> None:
    if not found.periods:
        return
    if found.periods[0].start > found.start:
        found.findings.append(
            finding("period_gap", found.periods[0].pointer, f"nothing from {shown(found.start)} to its start")
        )
    spent = ZERO
    for period in found.periods:
        if period.start < found.start or period.start > found.end:
            found.findings.append(
                finding("periods_outside_session", period.pointer, f"starts at {shown(period.start)}")
            )
        stated = period.time + period.parking + period.reserved
        spent += stated
        if period.present & {TIME, PARKING, RESERVED} and abs(stated - period.length) > NOISE:
            found.findings.append(
                finding(
                    "volume_vs_duration",
                    period.pointer,
                    f"{text(stated)} s are stated, the period is {text(period.length)} s long",
                )
            )
    if spent - seconds(found.end - found.start) > NOISE * len(found.periods):
        found.findings.append(
            finding("time_sum_exceeds_session", "/charging_periods", f"{text(spent)} s in all periods")
        )
