"""Prices that the operator asks for: quotes, totals of a Session, lint; who loads the engine."""

from __future__ import annotations

import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.actions import prices
from chalicelib.ocpi import jsontext
from tests.billing.made import START, cdr, send_session, session, tariff
from tests.harness import OperatorRefused

PROFILE = [{"minutes": 60, "kwh": 10}]


def test_a_quote_by_a_tariff_that_is_given_or_stored(partner: Any, ask: Any, operate: Any) -> None:
    ask("PUT", "/ocpi/2.2.1/receiver/tariffs/BE/BEC/T1", token=partner.token, body=tariff())
    given = operate("quote", tariff=tariff(), version="2.2.1", start=START, profile=PROFILE)
    stored = operate("quote", party="BE/BEC", tariff_id="T1", start=START, profile=PROFILE)
    assert given["total"] == stored["total"] == {"before_taxes": "5", "after_taxes": "6.05"}
    with pytest.raises(OperatorRefused) as refused:
        operate("quote", tariff=tariff(), start="noon", profile=PROFILE)
    assert refused.value.pointer == "/start"


def test_a_quote_is_by_what_a_stored_tariff_means(partner: Any, ask: Any, operate: Any) -> None:
    odd = tariff()
    odd["elements"][0]["price_components"][0] |= {"type": "energy", "price": "0.5", "step_size": "1"}
    ask("PUT", "/ocpi/2.2.1/receiver/tariffs/BE/BEC/T1", token=partner.token, body=odd)
    found = operate("quote", party="BE/BEC", tariff_id="T1", start=START, profile=PROFILE)
    assert found["total"] == {"before_taxes": "5", "after_taxes": "6.05"}


def test_a_report_that_lambda_cannot_answer_is_cut_and_says_so(operate: Any, monkeypatch: Any) -> None:
    by = tariff()
    by["elements"] = [{**by["elements"][0], "restrictions": {"min_kwh": 9000}}, *by["elements"]]
    given = cdr(tariffs=[by])
    given["charging_periods"] *= 600
    whole = operate("audit", cdr=given, version="2.2.1")
    size = len(jsontext.dumps(whole).encode())
    for most, has_all in ((size * 19 // 20, True), (size // 4, False)):
        monkeypatch.setattr(prices, "MOST_BYTES", most)
        found = operate("audit", cdr=given, version="2.2.1")
        assert found["findings"][-1]["code"] == "trace_cut"
        assert (found["verdict"], found["claims"]) == (whole["verdict"], whole["claims"])
        assert len(jsontext.dumps(found).encode()) < most + 30_000
        assert (len(found["periods"]) == 600) is has_all and found["periods"]


def test_the_totals_of_a_cdr_and_of_a_session(partner: Any, ask: Any, drain: Any, operate: Any) -> None:
    bare = cdr("C1", total_cost=None)
    found = operate("price", cdr=bare, version="2.2.1")["totals"]
    assert Decimal(str(found["total_cost"]["excl_vat"])) == 5
    assert Decimal(str(found["total_cost"]["incl_vat"])) == Decimal("6.05")
    sent = session("S1", charging_periods=cdr()["charging_periods"])
    send_session(ask, partner, sent)
    by_session = operate(
        "price", session={"party": "BE/BEC", "id": "S1"}, tariffs=[tariff()], version="2.2.1"
    )
    assert Decimal(str(by_session["totals"]["total_cost"]["excl_vat"])) == 5


def test_lint_of_ours_is_said_and_of_a_partners_is_on_its_scorecard(
    partner: Any, ask: Any, drain: Any, operate: Any, platform: Any
) -> None:
    odd = tariff(max_price={"excl_vat": 1, "incl_vat": 1}, min_price={"excl_vat": 9, "incl_vat": 10})
    codes = {each["code"] for each in operate("lint", tariff=odd, version="2.2.1")["findings"]}
    assert "limits_cross" in codes
    where = "/ocpi/2.2.1/receiver/tariffs/BE/BEC/T1"
    ask("PUT", where, token=partner.token, body=odd)
    drain()

    def kept() -> set[tuple[str, str]]:
        card = operate("scorecard", partner=partner.id)["scorecard"]
        return {(each["tariff"], each["code"]) for each in card["tariffs"]}

    assert ("T1", "limits_cross") in kept()
    stored = operate("lint", party="BE/BEC", id="T1")["findings"]
    assert "limits_cross" in {each["code"] for each in stored}
    ask("PUT", where, token=partner.token, body=tariff(last_updated="2026-10-06T00:00:00Z"))
    drain()
    assert kept() == set()
    ask("PUT", where, token=partner.token, body=odd | {"last_updated": "2026-10-07T00:00:00Z"})
    drain()
    assert kept() != set()
    ask("DELETE", where, token=partner.token)
    drain()
    assert kept() == set()


@pytest.mark.parametrize(
    "room", ["app", "endpoint", "delivery.announce", "delivery.push", "delivery.pull", "delivery.sweep"]
)
def test_functions_that_price_nothing_do_not_load_the_engine(room: str) -> None:
    name = room if room == "app" else f"chalicelib.{room}"
    code = f"import sys, {name}; sys.exit(any(each.startswith('chalicelib.pricing') for each in sys.modules))"
    environ = {"OCPI_PARTIES": "[]", "PATH": "", "AWS_DEFAULT_REGION": "eu-central-1"}
    ran = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()[-500:]
