"""What disagrees is on the operator's page with its cause, and one click from its report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.billing.made import cdr, send


def test_the_overview_lists_what_disagrees(partner: Any, ask: Any, drain: Any, hand: Any) -> None:
    asked = {"operator": "operator", "widgetContext": {}}
    assert "Prices that disagree" not in str(hand.functions.call("widget", asked))
    send(ask, partner, cdr("C1", total_cost={"excl_vat": Decimal("500"), "incl_vat": Decimal("605")}))
    drain()
    html = str(hand.functions.call("widget", asked))
    assert "Prices that disagree" in html
    assert "BE/BEC/C1" in html
    assert "495" in html
