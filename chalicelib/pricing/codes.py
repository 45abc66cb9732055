"""Every code of a finding: how serious it is, and what it means. `docs/money.md` is made from it.

A report tells defects of the CDR and of the Tariff from assumptions that were made and from plain
information; the verdict is not in the findings.
"""

from __future__ import annotations

from typing import Any

CDR, TARIFF, ASSUMPTION, INFORMATION = "cdr_defect", "tariff_defect", "assumption", "information"

Finding = dict[str, Any]

# code -> (severity, meaning)
CODES: dict[str, tuple[str, str]] = {
    "too_large": (CDR, "more periods, elements or both than are priced: 10,000, 2,000, 1,000,000 together"),
    "malformed_value": (CDR, "a time, number or list that money hangs on cannot be read"),
    "malformed_tariff": (TARIFF, "a price, a step or a restriction of a Tariff that is used cannot be read"),
    "number_as_text": (INFORMATION, "a number is written as text"),
    "no_tariff": (CDR, "there is no Tariff to price by"),
    "no_component": (INFORMATION, "nothing prices a volume at its time, so it is free"),
    "period_spans_price_change": (CDR, "a price changes within a period; it should have been split there"),
    "explained_by_unsplit_period": (
        INFORMATION,
        "some way to split the spanning periods costs what is claimed",
    ),
    "periods_unordered": (CDR, "the periods are not in the order of their starts"),
    "periods_overlap": (CDR, "two periods start at the same moment"),
    "periods_outside_session": (CDR, "a period starts before the session or after its end"),
    "period_gap": (CDR, "the first period starts after the session does"),
    "volume_vs_duration": (CDR, "a time and the length of its period differ by more than 0.36 s"),
    "time_sum_exceeds_session": (CDR, "the times of all periods are longer than the session"),
    "missing_time_volume": (CDR, "the Tariff prices TIME and no period states one"),
    "energy_not_in_periods": (
        INFORMATION,
        "total_energy is stated and no period has ENERGY to hold it against",
    ),
    "duplicate_dimension": (CDR, "a dimension twice in a period: volumes are added, the widest bounds count"),
    "session_only_dimension": (CDR, "a dimension that only Sessions may have"),
    "unknown_dimension": (INFORMATION, "a dimension that nothing prices"),
    "zero_periods": (CDR, "there is no period to price"),
    "tariff_not_valid_at_start": (
        CDR,
        "the Tariff was not valid when the session started; it prices all the same",
    ),
    "tariff_id_unknown": (CDR, "a period names a Tariff that nobody has"),
    "tariff_id_partly_missing": (CDR, "some periods name a Tariff; the others are not priced"),
    "tariff_type_fallback": (ASSUMPTION, "no Tariff is of the type of this session; another one prices it"),
    "several_tariffs": (INFORMATION, "several Tariffs price the session; the limits are those of the first"),
    "currency_mismatch": (CDR, "the CDR and its Tariff are not in the same currency"),
    "timezone_guessed": (ASSUMPTION, "the time zone is that of the country"),
    "timezone_missing": (ASSUMPTION, "local times matter and the time zone is not known; UTC stands for it"),
    "electrical_data_missing": (CDR, "a power or current restriction, and the period states none"),
    "electrical_straddle": (CDR, "power or current of a period lies on both sides of a restriction"),
    "power_derived": (ASSUMPTION, "the power is the average: energy by the length of the period"),
    "step_snap": (
        INFORMATION,
        "a time is over a multiple of the step by no more than its decimals leave open",
    ),
    "limit_applied": (INFORMATION, "min_price or max_price moved the total"),
    "limits_cross": (TARIFF, "min_price is above max_price, or a limit leaves less with taxes than without"),
    "tax_unsplittable": (INFORMATION, "a price has no tax rate, so one side of the cost is not known"),
    "tax_rate_ignored": (TARIFF, "a tax rate where tax_included says that none applies"),
    "tax_included_missing": (TARIFF, "tax_included is missing; it is read as NO"),
    "mixed_tax_basis": (INFORMATION, "prices with and without taxes in the same session"),
    "reservation_assumed_expired": (ASSUMPTION, "nothing but reserved time: the reservation expired"),
    "flat_attribution_unclear": (INFORMATION, "fixed and parking cost differ, and their sum agrees"),
    "duplicate_component": (TARIFF, "a dimension twice in an element; the first counts"),
    "negative_volume": (CDR, "a negative volume; energy given back is credited at the price that holds"),
    "credit_without_reference": (CDR, "a Credit CDR that does not say which CDR it credits"),
    "credit_sign": (CDR, "the sign of a Credit CDR's amounts: total_cost is negative, its parts are not"),
    "home_charging": (INFORMATION, "home charging compensation: only the energy is judged"),
    "coarse_claim": (INFORMATION, "an amount agrees only because it is written with few decimals"),
    "parts_not_total": (CDR, "the parts that the CDR states do not add up to its total"),
    "tax_not_rate": (CDR, "a tax is more than its percentage of the amount"),
    "trace_cut": (INFORMATION, "the trace is too long to say all that did not apply"),
    "bounds_cut": (INFORMATION, "the price may change at too many places in periods to look at all of them"),
    "extension_field": (
        INFORMATION,
        "a pricing field that OCPI does not have; the policy decides whether it counts",
    ),
}


def finding(code: str, pointer: str, message: str) -> Finding:
    """One finding of a report."""
    return {"code": code, "severity": CODES[code][0], "pointer": pointer, "message": message}
