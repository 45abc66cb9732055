"""What is kept for some days is gone when they are over, though DynamoDB removes it days later.

Contract: design sections 8 and 14
"""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.store import refusals, requests
from tests.commands.test_sent import CPO, back, send
from tests.evidence.test_messages import PATH
from tests.evidence.test_refusals import broken
from tests.harness import OperatorRefused

DAY = 86400


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_MESSAGES": "all", "OCPI_MESSAGE_DAYS": "2"}


def test_a_refusal_whose_days_are_over_is_neither_shown_nor_let_in(
    ask: Any, operate: Any, partner: Any, clock: Any
) -> None:
    assert ask("PUT", f"{PATH}/L1", token=partner.token, body=broken()).code == 2001
    (kept,) = operate("refusals")["refusals"]
    clock.advance(refusals.KEPT_DAYS * DAY - 60)
    assert [each["id"] for each in operate("refusals")["refusals"]] == [kept["id"]]
    clock.advance(120)
    assert operate("refusals")["refusals"] == []
    for action in ("refusal", "readmit"):
        with pytest.raises(OperatorRefused):
            operate(action, id=kept["id"])


def test_a_message_whose_days_are_over_is_not_found(ask: Any, operate: Any, partner: Any, clock: Any) -> None:
    assert ask("PUT", f"{PATH}/L1", token=partner.token, body=broken()).code == 2001
    told = operate("messages", partner=partner.id)["messages"]
    assert told
    clock.advance(2 * DAY + 60)
    assert operate("messages", partner=partner.id)["messages"] == []
    with pytest.raises(OperatorRefused):
        operate("message", id=told[0]["id"])


def test_a_command_whose_days_are_over_is_not_known(
    ask: Any, operate: Any, register_partner: Any, clock: Any
) -> None:
    partner = register_partner(CPO)
    record = send(operate)
    assert ask("POST", back(partner), partner.token, {"result": "ACCEPTED"}).code == 1000
    operate("command", id=record["id"])
    clock.advance((requests.KEPT_DAYS + 1) * DAY)
    assert operate("commands")["commands"] == []
    with pytest.raises(OperatorRefused):
        operate("command", id=record["id"])
