"""`price`: the totals of a CDR, ready to be put into it."""

from __future__ import annotations

import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chalicelib import pricing
from chalicelib.ocpi.versions import zones
from chalicelib.pricing import countries
from docs import generate_money
from tests.pricing.building import V211, V221, V230, component, element, in_version, tariff
from tests.pricing.test_trace import cdr, codes

ROOT = Path(__file__).parents[2]
BY = tariff(
    element(
        component("FLAT", "0.50", "20"),
        component("ENERGY", "0.3333", "10"),
        component("PARKING_TIME", "2", "20", 900),
    )
)


def totals(version: str, by: dict[str, Any] = BY, **more: Any) -> dict[str, Any]:
    given = cdr(in_version(by, version), (60, {"ENERGY": "10.123"}), (20, {"PARKING_TIME": "0.3333"}), **more)
    found = pricing.price(given, version=version)["totals"]
    assert isinstance(found, dict)
    return found


def test_totals_of_2_3_0_have_their_taxes_by_rate_and_add_up() -> None:
    """0.50 + 10.123 x 0.3333 + 30 minutes at 2."""
    found = totals(V230)
    assert found["total_cost"] == {
        "before_taxes": Decimal("4.874"),
        "taxes": [
            {"name": "VAT", "percentage": Decimal(10), "amount": Decimal("0.3374")},
            {"name": "VAT", "percentage": Decimal(20), "amount": Decimal("0.3")},
        ],
    }
    assert found["total_fixed_cost"]["before_taxes"] == Decimal("0.5")
    assert (found["total_energy"], found["total_time"]) == (Decimal("10.123"), Decimal("1.3333"))
    assert found["total_parking_time"] == Decimal("0.3333")


def test_totals_of_older_versions_are_in_their_words() -> None:
    assert totals(V221)["total_cost"] == {"excl_vat": Decimal("4.874"), "incl_vat": Decimal("5.5114")}
    found = totals(V211)
    assert found["total_cost"] == Decimal("4.874")
    assert "total_fixed_cost" not in found


@pytest.mark.parametrize("version", [V211, V221, V230])
def test_a_cdr_with_its_totals_agrees_with_itself(version: str) -> None:
    given = cdr(in_version(BY, version), (60, {"ENERGY": "10.123"}), (20, {"PARKING_TIME": "0.3333"}))
    report = pricing.audit({**given, **totals(version)}, version=version)
    assert report["verdict"] == "AGREE"
    assert not {"parts_not_total", "tax_not_rate"} & set(codes(report))


def test_a_tariff_that_was_priced_before_is_read_again_when_a_word_of_it_changed() -> None:
    by = in_version(BY, V230)
    given = cdr(by, (60, {"ENERGY": "10"}))
    before = pricing.audit(given, version=V230)["total"]
    assert pricing.audit(given, version=V230)["total"] == before
    by["elements"][0]["price_components"][0]["price"] += 1
    assert pricing.audit(given, version=V230)["total"] != before


def test_a_limit_is_in_the_totals_with_its_tax() -> None:
    limited = {**BY, "max_price": ("4.00", "4.50")}
    assert totals(V221, limited)["total_cost"] == {"excl_vat": Decimal(4), "incl_vat": Decimal("4.5")}
    taxes = totals(V230, limited)["total_cost"]["taxes"]
    assert sum(each["amount"] for each in taxes) == Decimal("0.5")


def test_a_tax_that_is_not_known_is_left_out() -> None:
    by = tariff(element(component("ENERGY", "0.30")))
    found = pricing.price(cdr(by, (60, {"ENERGY": "10"})))["totals"]
    assert found["total_cost"] == {"before_taxes": Decimal(3)}


def test_what_cannot_be_priced_has_no_totals() -> None:
    report = pricing.price({**cdr(BY, (60, {"ENERGY": "10"})), "tariffs": []})
    assert (report["verdict"], report["totals"]) == ("UNPRICEABLE", None)


def test_a_session_that_goes_on_is_priced_so_far() -> None:
    session = {**cdr({}, (60, {"ENERGY": "10"})), "kwh": Decimal(10), "tariffs": None}
    session.pop("end_date_time")
    report = pricing.price(session, [BY])
    assert report["totals"]["total_energy_cost"]["before_taxes"] == Decimal("3.333")


def test_a_report_is_json() -> None:
    report = pricing.audit(cdr(BY, (60, {"ENERGY": "10"})))
    assert json.loads(json.dumps(report)) == report


def test_an_unknown_preset_knob_or_value_is_named() -> None:
    given = cdr(BY, (60, {"ENERGY": "10"}))
    for policy, word in (("TDC", "TDC"), ({"flats": "session"}, "flats"), ({"flat": "twice"}, "twice")):
        with pytest.raises(pricing.PolicyError, match=word):
            pricing.audit(given, policy=policy)


def test_the_page_on_money_is_made_from_the_tables() -> None:
    assert generate_money.PAGE.read_text() == generate_money.page(), "run python -m docs.generate_money"


def test_the_engine_is_the_standard_library_alone() -> None:
    code = (
        "import sys; before = set(sys.modules); import chalicelib.pricing\n"
        "found = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "found = {name for name in found if not name.startswith('_sysconfigdata')}\n"
        "print(sorted(found - set(sys.stdlib_module_names)),"
        " [name for name in sys.modules if name.startswith('chalicelib.') and 'pricing' not in name])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['chalicelib'] []"


def test_local_time_is_known_where_the_system_has_no_zones() -> None:
    """As in a Lambda function: the package deployed with it has them."""
    code = (
        "import sys, zoneinfo; from chalicelib.pricing.countries import ZONES; "
        "from chalicelib.pricing.moments import zone; "
        "sys.exit(str([each for each in {*ZONES.values(), 'Europe/Amsterdam', 'America/New_York'} "
        "if zone(each) is None] or zoneinfo.TZPATH or ''))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONTZPATH": ""}, capture_output=True, text=True, cwd=ROOT
    )
    assert ran.stderr.strip() == ""
    deployed = (ROOT / "requirements.txt").read_text()
    assert "\ntzdata==" in deployed


def test_zones_of_countries_are_those_of_the_core() -> None:
    for country, zone in countries.ZONES.items():
        assert zones._BY_CODE[country][2] == zone
