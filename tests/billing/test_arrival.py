"""CDRs that come are priced after they are stored; verdicts are listed, told once, and told again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.tasks import AuditCdr
from tests.billing.made import cdr, send, tariff
from tests.harness import OperatorRefused


def test_a_received_cdr_is_priced_and_told(
    partner: Any, ask: Any, drain: Any, operate: Any, events: Any
) -> None:
    send(ask, partner, cdr("C1"))
    assert operate("audits")["audits"] == [], "nothing is priced in the partner's request"
    drain()
    (row,) = operate("audits")["audits"]
    assert (row["owner"], row["id"], row["verdict"], row["currency"]) == ("BE/BEC", "C1", "AGREE", "EUR")
    assert row["claimed"]["before_taxes"] == row["computed"]["before_taxes"] == "5"
    assert row["difference"]["before_taxes"] == "0"
    (event,) = events("CdrAudited")
    told = event["detail"]
    assert (told["owner"], told["id"], told["verdict"], told["cause"]) == ("BE/BEC", "C1", "AGREE", None)


def test_a_wrong_price_is_named_with_its_cause(partner: Any, ask: Any, drain: Any, operate: Any) -> None:
    send(ask, partner, cdr("C1", total_cost={"excl_vat": Decimal("500"), "incl_vat": Decimal("605")}))
    drain()
    (row,) = operate("audits", verdict="DISAGREE", partner=partner.id, direction="received")["audits"]
    assert row["difference"] == {"before_taxes": "495", "after_taxes": "598.95"}
    assert row["cause"] == "cents_for_units"
    assert operate("audits", verdict="AGREE")["audits"] == []
    assert operate("audits", direction="own")["audits"] == []
    report = operate("audit", party="BE/BEC", id="C1")
    assert report["verdict"] == "DISAGREE"
    assert report["diagnosis"][0]["reading"] == "cents_for_units"


def test_a_cdr_told_twice_is_audited_once(
    partner: Any, ask: Any, drain: Any, operate: Any, events: Any, platform: Any
) -> None:
    send(ask, partner, cdr("C1"))
    drain()
    platform.queues.send([AuditCdr("BE", "BEC", "C1")] * 2)
    drain()
    assert len(events("CdrAudited")) == 1
    assert len(operate("audits")["audits"]) == 1


def test_a_verdict_that_changes_is_kept_and_told_again(
    partner: Any, ask: Any, drain: Any, operate: Any, events: Any
) -> None:
    named = cdr("C1", tariffs=None)
    named["charging_periods"][0]["tariff_id"] = "T1"
    send(ask, partner, named)
    drain()
    (row,) = operate("audits")["audits"]
    assert row["verdict"] == "UNPRICEABLE"
    ask("PUT", "/ocpi/2.2.1/receiver/tariffs/BE/BEC/T1", token=partner.token, body=tariff())
    assert operate("audit", party="BE/BEC", id="C1")["verdict"] == "AGREE"
    (row,) = operate("audits")["audits"]
    assert row["verdict"] == "AGREE"
    first, second = events("CdrAudited")
    assert second["detail"]["verdict"] == "AGREE"
    assert first["detail"]["event_id"] != second["detail"]["event_id"]


def test_audits_come_newest_first_in_pages(partner: Any, ask: Any, drain: Any, operate: Any) -> None:
    for at in range(5):
        send(ask, partner, cdr(f"C{at}"))
        drain(sweep=False)
    ids, cursor = [], None
    while True:
        page = operate("audits", limit=2, cursor=cursor)
        ids += [each["id"] for each in page["audits"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert ids == ["C4", "C3", "C2", "C1", "C0"]
    with pytest.raises(OperatorRefused) as refused:
        operate("audits", cursor="nonsense")
    assert refused.value.pointer == "/cursor"


def test_a_cdr_of_10000_periods_is_audited(partner: Any, ask: Any, drain: Any, operate: Any) -> None:
    one = cdr("C1")["charging_periods"][0]
    send(ask, partner, cdr("C1", charging_periods=[one] * 4000))
    drain()
    (row,) = operate("audits")["audits"]
    assert row["verdict"] != "UNPRICEABLE"


def test_a_policy_of_a_partner_decides(partner: Any, ask: Any, drain: Any, operate: Any) -> None:
    off = {"excl_vat": Decimal("5.3"), "incl_vat": Decimal("6.41")}
    operate("money_policy", partner="Stub Charging", policy="TD_COMPAT", tolerance="1")
    send(ask, partner, cdr("C1", total_cost=off))
    drain()
    report = operate("audit", party="BE/BEC", id="C1")
    assert (report["verdict"], report["policy"]["step_volume"]) == ("WITHIN_TOLERANCE", "measured")
    assert operate("audit", party="BE/BEC", id="C1", tolerance="0.1")["verdict"] == "DISAGREE"
    operate("money_policy", partner=partner.id)
    assert operate("audit", party="BE/BEC", id="C1")["policy"]["step_volume"] == "billable"


@pytest.mark.parametrize(
    "policy", ["NO_SUCH", {"no_such_knob": 1}, {"preset": "SPEC_2_2_1", "flat": "never"}]
)
def test_an_unknown_preset_or_knob_is_named(partner: Any, operate: Any, policy: Any) -> None:
    for fields in ({"action": "money_policy", "partner": partner.id}, {"action": "audit", "cdr": cdr("C1")}):
        with pytest.raises(OperatorRefused) as refused:
            operate(policy=policy, **fields)
        assert refused.value.pointer == "/policy"
        assert any(word in refused.value.message.lower() for word in ("no_such", "flat"))
