"""Each lint rule has a Tariff that shows it and one, as near as can be, that does not."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from chalicelib import pricing
from chalicelib.pricing.lint_codes import LINT
from tests.pricing.building import V221, V230, component, element, in_version, tariff
from tests.pricing.examples import COMPLEX, EXAMPLES, EXPIRY_FEE, HOURLY, STEPS, WEEKDAYS

ENERGY = component("ENERGY", "0.30", "21")
TIME = component("TIME", "1.20", "21")
PARKING = component("PARKING_TIME", "3.00", "21")
FLAT = component("FLAT", "0.50", "21")
PLAIN = tariff(element(ENERGY))
DAYS = [*WEEKDAYS, "SATURDAY", "SUNDAY"]


def but(given: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(dict(given)), **changes}


def without(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in given.items() if key != name}


def with_rules(*components: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    """A restricted element before one that prices the same always."""
    always = [but(each, price=Decimal("0.11")) for each in components]
    return tariff(element(*components, **restrictions), element(*always))


def priced(price: Any, kind: str = "ENERGY") -> dict[str, Any]:
    return tariff(element(but(component(kind, "1", "21"), price=price)))


def limits(low: tuple[str, ...] | None = None, high: tuple[str, ...] | None = None) -> dict[str, Any]:
    return but(PLAIN, **{k: v for k, v in (("min_price", low), ("max_price", high)) if v})


BEFORE, AFTER = "2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"
NOW = "2026-06-01T12:00:00Z"

# code: (number in the list of rules, Tariffs that show it, Tariffs that do not)
RULES: dict[str, tuple[str, list[dict[str, Any]], list[dict[str, Any]]]] = {
    "null_field": ("1", [but(PLAIN, type=None)], [PLAIN]),
    "country_code": ("2", [but(PLAIN, country_code="nl"), but(PLAIN, country_code="NLD")], [PLAIN]),
    "party_id": ("3", [but(PLAIN, party_id="EXAMPLE"), but(PLAIN, party_id="E!")], [PLAIN]),
    "currency": (
        "4",
        [but(PLAIN, currency="eur"), but(PLAIN, currency="EURO")],
        [but(PLAIN, currency="SEK")],
    ),
    "missing_field": ("5", [without(PLAIN, "currency"), without(PLAIN, "last_updated")], [PLAIN]),
    "unknown_field": (
        "5, 37",
        [with_rules(ENERGY, dayOfWeek=["MONDAY"]), but(PLAIN, price_round={"round_rule": "ROUND_UP"})],
        [with_rules(ENERGY, day_of_week=["MONDAY"])],
    ),
    "malformed": (
        "6",
        [but(PLAIN, last_updated="yesterday"), with_rules(ENERGY, start_date="01-02-2026"), priced("much")],
        [PLAIN, with_rules(ENERGY, start_date="2026-02-01")],
    ),
    "validity_reversed": (
        "7",
        [but(PLAIN, start_date_time=AFTER, end_date_time=BEFORE)],
        [but(PLAIN, start_date_time=AFTER, end_date_time=AFTER), but(PLAIN, end_date_time=AFTER)],
    ),
    "limits_cross": ("8", [limits(("9", "10"), ("5", "6"))], [limits(("5", "6"), ("9", "10"))]),
    "no_elements": ("9", [but(PLAIN, elements=[])], [PLAIN]),
    "no_components": ("9", [tariff(element(), element(ENERGY))], [PLAIN]),
    "never_active": (
        "kit",
        [but(with_rules(ENERGY, start_date="2026-03-01"), end_date_time="2026-02-01T00:00:00Z")],
        [but(with_rules(ENERGY, start_date="2026-01-01"), end_date_time="2026-02-01T00:00:00Z")],
    ),
    "reservation_element": ("18", [HOURLY], [PLAIN]),
    "never_matches": (
        "10",
        [
            with_rules(ENERGY, min_kwh=10, max_kwh=10),
            with_rules(ENERGY, min_duration=600, max_duration=60),
            with_rules(ENERGY, start_date="2026-03-01", end_date="2026-02-01"),
            with_rules(ENERGY, start_date="2026-03-02", end_date="2026-03-04", day_of_week=["THURSDAY"]),
            with_rules(ENERGY, max_power=-1),
            with_rules(TIME, reservation="RESERVATION", min_kwh=1),
        ],
        [
            with_rules(ENERGY, min_kwh=10, max_kwh=11),
            with_rules(ENERGY, start_date="2026-03-02", end_date="2026-03-04", day_of_week=["TUESDAY"]),
            with_rules(ENERGY, start_date="2026-03-02", end_date="2026-03-09", day_of_week=["SUNDAY"]),
            with_rules(TIME, reservation="RESERVATION", min_kwh=0),
        ],
    ),
    "max_zero": (
        "11",
        [with_rules(ENERGY, max_kwh=0), with_rules(ENERGY, max_duration=0)],
        [with_rules(ENERGY, max_kwh=1)],
    ),
    "time_malformed": (
        "12",
        [with_rules(ENERGY, start_time="25:00"), with_rules(ENERGY, end_time="7:00")],
        [with_rules(ENERGY, start_time="07:00")],
    ),
    "every_day": (
        "13",
        [with_rules(ENERGY, day_of_week=DAYS)],
        [with_rules(ENERGY, day_of_week=DAYS[:6])],
    ),
    "redundant_component": (
        "14",
        [tariff(element(ENERGY), element(ENERGY, TIME))],
        [tariff(element(ENERGY, max_kwh=5), element(ENERGY, TIME))],
    ),
    "redundant_element": (
        "15",
        [tariff(element(ENERGY), element(ENERGY)), tariff(element(ENERGY), element(ENERGY, min_kwh=10))],
        [tariff(element(ENERGY, max_kwh=5), element(ENERGY))],
    ),
    "not_exhaustive": (
        "16",
        [tariff(element(ENERGY, max_kwh=10)), STEPS],
        [with_rules(ENERGY, max_kwh=10), tariff(element(ENERGY, max_kwh=9), element(ENERGY, min_kwh=9))],
    ),
    "dates_on_elements": (
        "17",
        [tariff(element(ENERGY, start_date="2026-01-01", end_date="2027-01-01"))],
        [with_rules(ENERGY, start_date="2026-01-01", end_date="2027-01-01")],
    ),
    "duplicate_component": (
        "kit",
        [tariff(element(ENERGY, but(ENERGY, price=Decimal(1))))],
        [tariff(element(ENERGY, TIME))],
    ),
    "empty_restrictions": ("kit", [but(PLAIN, elements=[but(element(ENERGY), restrictions={})])], [PLAIN]),
    "equal_times": (
        "kit",
        [with_rules(ENERGY, start_time="08:00", end_time="08:00")],
        [with_rules(ENERGY, start_time="08:00", end_time="09:00")],
    ),
    "zero_step_size": ("kit", [tariff(element(component("ENERGY", "1", "21", 0)))], [PLAIN]),
    "flat_step_size": ("kit", [tariff(element(component("FLAT", "1", "21", 60)))], [tariff(element(FLAT))]),
    "inert_time_step": (
        "kit",
        [EXAMPLES["C9"].tariff],
        [tariff(element(component("TIME", "3", "10", 60))), tariff(element(TIME, PARKING))],
    ),
    "reservation_dimension": (
        "kit",
        [tariff(element(ENERGY, reservation="RESERVATION"), element(ENERGY))],
        [HOURLY],
    ),
    "nothing_by_use": ("kit", [tariff(element(FLAT))], [tariff(element(FLAT, ENERGY))]),
    "vat_not_applicable": (
        "kit",
        [but(PLAIN, tax_included="N/A")],
        [but(tariff(element(component("ENERGY", "1"))), tax_included="N/A")],
    ),
    "tax_without_rate": (
        "kit",
        [EXAMPLES["C28"].tariff],
        [but(PLAIN, tax_included="YES"), EXAMPLES["C27"].tariff],
    ),
    "vat_range": (
        "kit",
        [tariff(element(component("ENERGY", "1", "121"))), tariff(element(component("ENERGY", "1", "-1")))],
        [tariff(element(component("ENERGY", "1", "100"))), tariff(element(component("ENERGY", "1", "0")))],
    ),
    "step_size": ("19", [tariff(element(component("ENERGY", "1", "21", 500)))], [PLAIN]),
    "end_time_gap": (
        "20",
        [with_rules(ENERGY, start_time="18:00", end_time="23:59"), with_rules(ENERGY, end_time="24:00")],
        [with_rules(ENERGY, start_time="18:00", end_time="00:00")],
    ),
    "overlapping_windows": (
        "21",
        [
            tariff(
                element(ENERGY, start_time="08:00", end_time="18:00", day_of_week=WEEKDAYS),
                element(component("ENERGY", "0.2", "21"), start_time="12:00", end_time="20:00"),
                element(component("ENERGY", "0.1", "21")),
            )
        ],
        [
            tariff(
                element(ENERGY, start_time="08:00", end_time="18:00"),
                element(component("ENERGY", "0.2", "21"), start_time="18:00", end_time="20:00"),
                element(component("ENERGY", "0.1", "21")),
            )
        ],
    ),
    "daily_gap": (
        "22",
        [
            tariff(
                element(ENERGY, start_time="08:00", end_time="20:00"),
                element(component("ENERGY", "0.1", "21"), start_time="20:00", end_time="07:00"),
            )
        ],
        [
            tariff(
                element(ENERGY, start_time="08:00", end_time="20:00"),
                element(component("ENERGY", "0.1", "21"), start_time="20:00", end_time="08:00"),
            )
        ],
    ),
    "wrapping_window": (
        "23",
        [
            with_rules(ENERGY, start_time="22:00", end_time="06:00", day_of_week=["FRIDAY"]),
            with_rules(ENERGY, start_time="22:00", end_time="06:00", start_date="2026-01-01"),
        ],
        [
            with_rules(ENERGY, start_time="22:00", end_time="06:00"),
            with_rules(ENERGY, start_time="06:00", end_time="22:00", day_of_week=["FRIDAY"]),
        ],
    ),
    "electrical_without_fallback": (
        "24",
        [tariff(element(ENERGY, max_power=16)), tariff(element(ENERGY, max_current=16))],
        [with_rules(ENERGY, max_power=16)],
    ),
    "flat_surcharge": (
        "25",
        [tariff(element(FLAT), element(component("FLAT", "5", "21"), min_duration=7200))],
        [tariff(element(component("FLAT", "5", "21"), min_duration=7200), element(ENERGY))],
    ),
    "several_flats": (
        "26",
        [tariff(element(FLAT, max_kwh=5), element(FLAT))],
        [tariff(element(FLAT), element(FLAT, reservation="RESERVATION"))],
    ),
    "reservation_incomplete": (
        "27",
        [HOURLY, tariff(element(FLAT, reservation="RESERVATION_EXPIRES"), element(ENERGY))],
        [EXPIRY_FEE, PLAIN],
    ),
    "limit_tax": ("28", [limits(high=("10.00", "11.00"))], [limits(high=("10.00", "12.10"))]),
    "limit_shape": (
        "29",
        [but(PLAIN, max_price={"excl_vat": 10})],
        [but(PLAIN, max_price={"before_taxes": 10})],
    ),
    "negative_price": ("31", [priced(Decimal("-0.10"))], [priced(Decimal("0.10"))]),
    "implausible_price": (
        "32",
        [priced(Decimal("5.01")), priced(Decimal("100.01"), "TIME")],
        [priced(Decimal("5")), priced(Decimal("100"), "TIME"), but(priced(Decimal("40")), currency="JPY")],
    ),
    "decimals": ("33", [priced(Decimal("0.12345"))], [priced(Decimal("0.1234"))]),
    "time_zone_unknown": (
        "34",
        [with_rules(ENERGY, start_time="08:00", end_time="20:00")],
        [with_rules(ENERGY, min_kwh=8)],
    ),
    "alt_text_prices": (
        "35",
        [but(PLAIN, tariff_alt_text=[{"language": "en", "text": "0.30 euro per kWh"}])],
        [but(PLAIN, tariff_alt_text=[{"language": "en", "text": "Free coffee in the shop"}])],
    ),
    "validity_over": ("36", [but(PLAIN, end_date_time=BEFORE)], [but(PLAIN, end_date_time=AFTER)]),
}


def codes(given: Mapping[str, Any], version: str = V230, **more: Any) -> set[str]:
    return {each["code"] for each in findings(given, version, **more)}


def findings(given: Mapping[str, Any], version: str = V230, **more: Any) -> list[dict[str, Any]]:
    return pricing.lint(in_version(given, version), version=version, now=NOW, **more)


@pytest.mark.parametrize("code", RULES)
def test_a_tariff_that_shows_it_is_told(code: str) -> None:
    for each in RULES[code][1]:
        assert code in codes(each), each


@pytest.mark.parametrize("code", RULES)
def test_a_tariff_that_does_not_is_left_in_peace(code: str) -> None:
    for each in RULES[code][2]:
        assert code not in codes(each), each


def test_each_code_has_a_tariff_that_shows_it() -> None:
    assert set(RULES) | {"tariff_type"} == set(LINT)


@pytest.mark.parametrize(
    ("mine", "others", "told"),
    [
        ("REGULAR", ["REGULAR"], True),
        (None, [None], True),
        ("PROFILE_FAST", ["PROFILE_CHEAP"], True),
        ("PROFILE_FAST", ["REGULAR"], False),
        ("AD_HOC_PAYMENT", [None], False),
        ("PROFILE_FAST", [], False),
    ],
)
def test_a_connector_has_one_tariff_of_each_type_and_a_regular_one(
    mine: str | None, others: list[str | None], told: bool
) -> None:
    beside = [but(PLAIN, id=f"T{at}", type=each) for at, each in enumerate(others, 2)]
    assert ("tariff_type" in codes(but(PLAIN, type=mine), others=beside)) is told


def test_a_plain_tariff_has_nothing_to_be_said_about_it() -> None:
    assert findings(PLAIN) == []
    assert findings(PLAIN, V221) == []


@pytest.mark.parametrize("code", RULES)
def test_a_finding_says_where_and_how_grave(code: str) -> None:
    """A pointer to what is there, or to where something is missing; words for people."""
    for given in RULES[code][1]:
        for each in findings(given):
            assert set(each) >= {"code", "severity", "pointer", "message"}
            assert each["message"] and each["severity"]
            assert each["pointer"] == "" or each["pointer"].startswith("/")


def test_every_dimension_that_is_not_always_priced_is_told() -> None:
    found = findings(tariff(element(ENERGY, TIME, start_time="08:00", end_time="20:00")))
    words = {each["message"].split()[0] for each in found if each["code"] == "daily_gap"}
    assert words == {"ENERGY", "TIME"}


def test_of_a_tariff_too_intricate_to_be_worked_out_nothing_is_said_that_may_be_wrong() -> None:
    """A fallback covers all that hundreds of restrictions leave; without one nobody can say so shortly."""
    intricate = [
        element(
            ENERGY,
            start_time=f"{at % 24:02d}:{at % 59:02d}",
            end_time=f"{(at + 7) % 24:02d}:{at % 53:02d}",
            min_kwh=at % 37,
            max_duration=60 * (at % 41 + 1),
            day_of_week=DAYS[at % 7 : at % 7 + 2],
            min_power=at % 29,
        )
        for at in range(300)
    ]
    assert not {"not_exhaustive", "daily_gap"} & codes(tariff(*intricate, element(ENERGY)))


def test_a_pointer_leads_to_the_component() -> None:
    found = findings(tariff(element(ENERGY), element(TIME, but(ENERGY, price=Decimal(-1)))))
    assert any(
        each["code"] == "negative_price" and each["pointer"].startswith("/elements/1/price_components/1")
        for each in found
    )


EXPECTED: dict[str, tuple[dict[str, Any], set[str]]] = {
    "tariff_13": (EXAMPLES["C9"].tariff, {"inert_time_step"}),
    "tariff_20": (EXAMPLES["C28"].tariff, {"tax_without_rate"}),
    "tariff_14": (STEPS, {"not_exhaustive"}),
    "tariff_4": (COMPLEX, {"not_exhaustive"}),
    "tariff_5": (EXAMPLES["C15"].tariff, {"zero_step_size", "nothing_by_use"}),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_specifications_own_tariffs_show_what_is_known_of_them(name: str) -> None:
    given, expected = EXPECTED[name]
    assert expected <= codes(given)


JUNK: list[Callable[[dict[str, Any]], Any]] = [
    lambda given: None,
    lambda given: [],
    lambda given: "tariff",
    lambda given: {},
    lambda given: but(given, elements=None),
    lambda given: but(given, elements={"0": 1}),
    lambda given: but(given, elements=[None, 1, "x", {}]),
    lambda given: but(given, elements=[{"price_components": {"type": "FLAT"}}]),
    lambda given: but(given, elements=[{"price_components": [None, {"type": 1, "price": {}}]}]),
    lambda given: but(given, elements=[{"price_components": [ENERGY], "restrictions": [1]}]),
    lambda given: but(given, elements=[element(ENERGY, start_time=8, day_of_week="MONDAY", min_kwh="x")]),
    lambda given: but(given, min_price=[], max_price=3, tariff_alt_text={}, start_date_time=7),
    lambda given: but(given, country_code=1, party_id=None, currency=[], id={}),
]


@pytest.mark.parametrize("number", range(len(JUNK)))
def test_nonsense_ends_as_findings(number: int) -> None:
    for version in ("2.1.1", V221, V230):
        assert pricing.lint(JUNK[number](PLAIN), version=version, now=NOW)
