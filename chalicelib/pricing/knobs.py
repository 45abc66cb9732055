"""The knobs of a policy: what each may be, what it decides, and an example in figures.

`docs/money.md` is made from the table.
"""

from __future__ import annotations

from typing import NamedTuple


class Knob(NamedTuple):
    """One open question: the values it may have (none listed: a number), what it decides, an example."""

    values: tuple[str, ...]
    meaning: str
    example: str


YES_NO = ("yes", "no")

KNOBS: dict[str, Knob] = {
    "rounding": Knob(
        ("half_up", "half_even", "down", "up"),
        "how an amount is rounded where it is rounded",
        "5.125 is 5.13 half up and 5.12 half even",
    ),
    "line_decimals": Knob(
        (), "to how many decimals each segment is rounded; null: none", "3 x 0.125: 0.375 exact, 0.39 at 2"
    ),
    "currency_decimals": Knob(
        (), "to how many decimals parts and total are rounded; null: none", "5.6375 is 5.64 at 2"
    ),
    "input_decimals": Knob(
        (),
        "to how many decimals volumes are rounded as they are read; null: none",
        "1.97305 h is 1.9731 at 4",
    ),
    "tolerance": Knob(
        (), "what a cost may differ; null: one minor unit of the currency", "0.05 forgives 5.68 for 5.6375"
    ),
    "tolerance_relative": Knob(
        (), "what a cost may differ as a share of it, where that is more", "0.01 forgives 101 for 100"
    ),
    "tolerance_by_currency": Knob(
        (), "tolerances of some currencies, before `tolerance`", '{"JPY": "5"} forgives 5 yen'
    ),
    "step_volume": Knob(
        ("billable", "measured", "none"),
        "whether step_size rounds what is priced, all that was measured, or (as in OCPI 3) nothing",
        "8 of 20 minutes priced, step 900: 15 minutes, or 20 - 12 + 10 = 18",
    ),
    "step_snap": Knob(
        YES_NO,
        "whether an excess of 0.36 s per period over a multiple of the step is noise of 4 decimals",
        "three times 0.0834 h are 900.72 s: 15 minutes, or 20 by a step of 300",
    ),
    "time_step": Knob(
        ("parking_absorbs", "last_time_dimension", "both", "combined"),
        "which of TIME and PARKING_TIME is rounded where a session has both",
        "7 min parking at 2, then 21 min at 1, both step 300: 0.6833, or 0.65 by the last dimension",
    ),
    "reservation_step": Knob(
        ("own", "pooled"),
        "whether reserved time is rounded by itself or together with TIME",
        "12 min at 5 by 600 s, then 21 min at 1 by 300 s: 20 + 25 min, or 12 + 23 min",
    ),
    "zero_volume": Knob(
        ("skipped", "counts"),
        "whether a dimension with volume 0 counts as used",
        "PARKING_TIME 0 leaves TIME rounded, or leaves it exact",
    ),
    "flat": Knob(
        ("context", "session", "tariff"),
        "how often a FLAT is taken: once for charging and once for the reservation; once; once per Tariff",
        "FLAT 2.00 for reserving and 0.50 for charging: 2.50, or 2.00",
    ),
    "reservations": Knob(
        ("priced", "inactive"), "whether reservation elements price anything", "example 16: 8.75, or 5.50"
    ),
    "expired_flat": Knob(
        ("replaces", "add"),
        "whether a FLAT of RESERVATION_EXPIRES replaces that of RESERVATION or is added",
        "4.00 beside 2.00: 4.00, or 6.00",
    ),
    "equal_times": Knob(
        ("whole_day", "never"), "what `start_time` equal to `end_time` means", "08:00-08:00: always, or never"
    ),
    "only_end_midnight": Knob(
        ("whole_day", "never"), "what `end_time` 00:00 without `start_time` means", "always, or never"
    ),
    "wrap_midnight": Knob(
        YES_NO, "whether a window may wrap past midnight", "22:00-06:00 holds at 23:00, or never"
    ),
    "wrap_weekday": Knob(
        ("instant", "evening"),
        "whose weekday counts after midnight in a wrapping window",
        "FRIDAY 22:00-06:00 at Saturday 01:00: no, or yes",
    ),
    "end_date": Knob(
        ("exclusive", "inclusive"),
        "whether `end_date` is still in",
        "end_date 2026-01-02 on that day: no, or yes",
    ),
    "volume_restrictions": Knob(
        ("applied", "ignored"),
        "whether kWh, power and current restrictions count",
        "max_kwh 10 after 12 kWh: does not match, or matches",
    ),
    "electrical": Knob(
        ("strict", "any"),
        "whether a bound must hold throughout the period or at any moment of it",
        "max_current 16 with 10 to 20 A: does not match, or matches",
    ),
    "missing_power": Knob(
        ("average", "not_satisfied", "satisfied"),
        "what stands for power that a period does not state",
        "max_power 16, 5 kWh in 30 minutes: 10 kW matches",
    ),
    "missing_current": Knob(
        ("not_satisfied", "satisfied"),
        "what becomes of a current restriction where a period states no current",
        "max_current 16: does not match, or matches",
    ),
    "duration_anchor": Knob(
        ("charging", "first_period", "cdr_start"),
        "from when durations count: the first period that is not a reservation; any; the CDR's start",
        "charging begins 15 minutes after the CDR: min_duration 1800 holds at 45, or at 30 minutes",
    ),
    "period_order": Knob(
        ("sorted", "as_given"), "whether periods are put in the order of their starts", "a CDR newest first"
    ),
    "spanning": Knob(
        ("start", "pro_rata"),
        "how a period is priced in which the price changes: as at its start, or evenly cut there",
        "2 kWh over 17:00, 0.20 and 0.30: 0.40, or 0.50",
    ),
    "period_tariff_id": Knob(
        ("selects", "ignored"),
        "whether a period's `tariff_id` selects its Tariff",
        "a Tariff change in a session",
    ),
    "missing_tariff_id": Knob(
        ("choose_if_none", "choose", "unpriced"),
        "what prices a period without `tariff_id`: a chosen Tariff where no period has one; always; nothing",
        "one period of two has it: the other is free, or priced",
    ),
    "outside_validity": Knob(
        ("priced", "refused"),
        "whether a Tariff that was not valid at the start prices where there is no other",
        "a Tariff that ended a day before: priced with a finding, or UNPRICEABLE",
    ),
    "missing_time_zone": Knob(
        ("indeterminate", "utc"),
        "what is said where local times matter and no time zone is known",
        "INDETERMINATE, or judged in UTC",
    ),
    "apply_limits": Knob(YES_NO, "whether min_price and max_price count", "max_price 10: 10.00, or 12.50"),
    "limits_scope": Knob(
        ("first_tariff", "per_tariff"),
        "whose limits count where several Tariffs price a session",
        "the first one's for the whole, or each one's for its part",
    ),
    "limit_taxes": Knob(
        ("scaled", "kept"),
        "what becomes of the tax where a limit has no side with taxes",
        "net 12 + 2.40 under max 10: 10 + 2.00, or 10 + 2.40",
    ),
    "derive_time": Knob(
        YES_NO, "whether a missing TIME volume is taken from the timestamps", "30 minutes of ENERGY alone"
    ),
    "negative_energy": Knob(
        ("credited", "free"), "what energy given back is worth", "-2 kWh at 0.30: -0.60, or 0"
    ),
    "dialect": Knob(
        ("spec", "gireve"),
        "whether `price_round`, `step_round`, `exact_price_component` and SESSION_TIME are understood",
        "12 x 0.492 with ROUND_UP to hundredths: 5.904, or 5.91",
    ),
}
