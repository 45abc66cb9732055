"""Every code of the lint of a Tariff: how serious, what it means, an example.

An error is against the specification or prices nothing, or not what was meant; a warning is surely a
slip or a trap; information is worth knowing. `docs/money.md` is made from the table.
"""

from __future__ import annotations

from typing import Any

from chalicelib.pricing.codes import Finding

ERROR, WARNING, INFORMATION = "error", "warning", "information"

# code -> (severity, meaning, example)
LINT: dict[str, tuple[str, str, str]] = {
    "null_field": (WARNING, "a field is null; it should be left out", '"type": null'),
    "country_code": (ERROR, "country_code is no ISO 3166-1 alpha-2 code in capitals", '"nl", "NLD"'),
    "party_id": (ERROR, "party_id is not three letters or digits in capitals", '"EXAMPLE"'),
    "currency": (ERROR, "currency is no ISO 4217 code in capitals", '"eur"'),
    "missing_field": (ERROR, "a required field is missing", "no last_updated"),
    "unknown_field": (WARNING, "a field that OCPI does not have: a slip, or somebody's own", "dayOfWeek"),
    "malformed": (ERROR, "a value cannot be read", '"price": "much"'),
    "time_malformed": (ERROR, "a time is not HH:MM", '"25:00"'),
    "validity_reversed": (ERROR, "start_date_time is after end_date_time", "from 2030 to 2020"),
    "validity_over": (INFORMATION, "the Tariff is no longer valid", "end_date_time of last year"),
    "never_active": (
        ERROR,
        "an element's dates lie outside the Tariff's validity",
        "dates of 2025, valid in 2026",
    ),
    "limits_cross": (ERROR, "min_price is above max_price", "min 9, max 5"),
    "limit_tax": (WARNING, "a limit's two sides do not fit the only tax rate", "10.00 and 11.00 at 21 %"),
    "limit_shape": (ERROR, "a limit is written as another version writes it", "excl_vat in 2.3.0"),
    "no_elements": (ERROR, "there is no element", '"elements": []'),
    "no_components": (ERROR, "an element has no price component", '"price_components": []'),
    "empty_restrictions": (
        INFORMATION,
        "restrictions are empty; they should be left out",
        '"restrictions": {}',
    ),
    "never_matches": (ERROR, "the restrictions can never all hold", "min_kwh 10, max_kwh 10"),
    "max_zero": (ERROR, "a maximum of 0 never holds", '"max_kwh": 0'),
    "equal_times": (
        WARNING,
        "start_time equals end_time; the specification does not say what it means",
        "08:00-08:00",
    ),
    "end_time_gap": (WARNING, "end_time leaves the day's last minute out, or is no time", '"23:59", "24:00"'),
    "every_day": (INFORMATION, "day_of_week has all seven days", "MONDAY to SUNDAY"),
    "wrapping_window": (
        WARNING,
        "a window past midnight with weekdays or dates: they are those of the moment, not of the evening",
        "FRIDAY 22:00-06:00 ends at Saturday 00:00",
    ),
    "dates_on_elements": (
        INFORMATION,
        "all elements have the same dates; validity would do",
        "start_date on each",
    ),
    "redundant_component": (
        WARNING,
        "a component that never applies: earlier elements cover it",
        "ENERGY twice",
    ),
    "redundant_element": (
        WARNING,
        "an element that never applies: earlier elements cover it",
        "a second fallback",
    ),
    "duplicate_component": (ERROR, "a dimension twice in an element; the first counts", "ENERGY and ENERGY"),
    "overlapping_windows": (
        WARNING,
        "times overlap, and which element comes first depends on the weekday",
        "weekdays 08:00-18:00, then every day 12:00-20:00",
    ),
    "not_exhaustive": (
        WARNING,
        "a dimension is free in some cases: there is no fallback",
        "ENERGY below 10 kWh only",
    ),
    "daily_gap": (WARNING, "a dimension is free at some time of the day", "08:00-20:00 and 20:00-07:00"),
    "electrical_without_fallback": (
        WARNING,
        "power or current decides, and a period that does not state it is free",
        "max_power 16 alone",
    ),
    "nothing_by_use": (INFORMATION, "nothing is priced by energy or time", "a FLAT alone"),
    "several_flats": (WARNING, "several FLATs; only the first that applies is taken", "FLAT in two elements"),
    "flat_surcharge": (
        WARNING,
        "a FLAT for later in the session beside one for its start is never taken",
        "after 2 h",
    ),
    "reservation_element": (INFORMATION, "prices a reservation; many do not read it", "RESERVATION"),
    "reservation_dimension": (ERROR, "a reservation can be priced by FLAT and TIME only", "ENERGY"),
    "reservation_incomplete": (
        WARNING,
        "a reservation that is used or one that expires has no price of its own",
        "RESERVATION without RESERVATION_EXPIRES",
    ),
    "tariff_type": (
        WARNING,
        "several Tariffs of a connector are of the same type, or none is REGULAR",
        "REGULAR twice",
    ),
    "step_size": (WARNING, "a step_size above 1; the specification advises 1", '"step_size": 500'),
    "zero_step_size": (WARNING, "a step_size of 0; nothing is rounded", '"step_size": 0'),
    "flat_step_size": (WARNING, "the step_size of a FLAT means nothing", "FLAT with 60"),
    "inert_time_step": (
        WARNING,
        "a step_size of TIME that does nothing where the session has parking",
        "TIME 60 beside PARKING_TIME 300",
    ),
    "vat_not_applicable": (ERROR, "a vat although tax_included is N/A", "vat 21"),
    "tax_without_rate": (
        WARNING,
        "a price that includes taxes without their rate",
        "tax_included YES, no vat",
    ),
    "vat_range": (ERROR, "a vat below 0 or above 100", "121"),
    "negative_price": (WARNING, "a negative price", "-0.10"),
    "implausible_price": (
        WARNING,
        "more than 5 per kWh or 100 per hour (in a small currency as much more): per minute, or in cents?",
        "30 per kWh",
    ),
    "decimals": (WARNING, "more than 4 decimals", "0.12345"),
    "time_zone_unknown": (
        INFORMATION,
        "local times matter; the Location has to have a time_zone",
        "start_time",
    ),
    "alt_text_prices": (
        WARNING,
        "tariff_alt_text repeats prices that the elements give",
        "0.30 euro per kWh",
    ),
}


class Findings:
    """What was found, in the order of its pointers' discovery; each thing once."""

    def __init__(self) -> None:
        self.found: list[Finding] = []
        self._seen: set[tuple[str, str, str]] = set()

    def add(self, code: str, pointer: str, message: str) -> None:
        """Note a finding; the same words at the same place are noted once."""
        if (code, pointer, message) not in self._seen:
            self._seen.add((code, pointer, message))
            self.found.append(
                {"code": code, "severity": LINT[code][0], "pointer": pointer, "message": message}
            )


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: Any) -> list[Any]:
    """The value where it is a list, else an empty one."""
    return value if isinstance(value, list) else []
