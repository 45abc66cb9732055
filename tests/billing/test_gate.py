"""CDRs of ours that their Tariff does not explain: said, held, released, put right."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.billing.made import cdr
from tests.harness import OperatorRefused

EMSP = [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}]
OURS = {"country_code": "NL", "party_id": "EXA"}
THEIRS = {"country_code": "DE", "party_id": "MSP", "uid": "U1", "type": "RFID", "contract_id": "C1"}
WRONG = {"before_taxes": Decimal("6"), "taxes": [{"name": "VAT", "amount": Decimal("1.26")}]}
RIGHT = {"before_taxes": Decimal("5"), "taxes": [{"name": "VAT", "amount": Decimal("1.05")}]}
CDRS = "/ocpi/2.3.0/sender/cdrs"


def ours(id: str = "C1", cost: Any = WRONG, **more: Any) -> dict[str, Any]:
    made = cdr(id, **OURS, cdr_token=THEIRS, total_cost=cost, **more)
    made["tariffs"] = [{**made["tariffs"][0], **OURS, "tax_included": "NO"}]
    return made


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    stub = register_partner(roles=EMSP, version="2.3.0")
    drain()
    stub.forget()
    return stub


def listed(ask: Any, emsp: Any) -> list[str]:
    return [each["id"] for each in ask("GET", CDRS, token=emsp.token).data]


class TestWarn:
    def test_a_cdr_that_disagrees_is_announced_and_said(self, operate: Any, drain: Any, emsp: Any) -> None:
        (warning,) = [
            each
            for each in operate("put", module="cdrs", object=ours())["warnings"]
            if "comes to" in each["message"]
        ]
        assert warning["pointer"] == "/total_cost"
        assert "total_cost.before_taxes is 6 and comes to 5" in warning["message"]
        drain()
        assert len(emsp.requests("POST", "/receiver/cdrs")) == 1
        (row,) = operate("audits", direction="own")["audits"]
        assert (row["owner"], row["verdict"], row["held"]) == ("NL/EXA", "DISAGREE", False)

    def test_check_says_the_same(self, operate: Any, emsp: Any) -> None:
        said = operate("check", module="cdrs", object=ours())["warnings"]
        assert any("comes to" in each["message"] for each in said)

    def test_a_cdr_that_agrees_has_no_warning(self, operate: Any, emsp: Any) -> None:
        said = operate("put", module="cdrs", object=ours(cost=RIGHT))["warnings"]
        assert not any("comes to" in each["message"] for each in said)


class TestHold:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"OCPI_CDR_GATE": "hold"}

    @pytest.mark.parametrize("many", [False, True])
    def test_a_cdr_that_disagrees_is_neither_pushed_nor_listed(
        self, operate: Any, drain: Any, emsp: Any, ask: Any, many: bool
    ) -> None:
        if many:
            operate("put", module="cdrs", objects=[ours("C1"), ours("C2", RIGHT)])
        else:
            operate("put", module="cdrs", object=ours("C1"))
            operate("put", module="cdrs", object=ours("C2", RIGHT))
        drain()
        assert [each.json["id"] for each in emsp.requests("POST", "/receiver/cdrs")] == ["C2"]
        assert listed(ask, emsp) == ["C2"]
        assert {each["id"]: each["held"] for each in operate("audits")["audits"]} == {"C1": True, "C2": False}

    def test_release_announces_it(self, operate: Any, drain: Any, emsp: Any, ask: Any) -> None:
        operate("put", module="cdrs", object=ours())
        drain()
        operate("release", party="NL/EXA", id="C1")
        drain()
        assert [each.json["id"] for each in emsp.requests("POST", "/receiver/cdrs")] == ["C1"]
        assert listed(ask, emsp) == ["C1"]
        (row,) = operate("audits")["audits"]
        assert row["held"] is False
        with pytest.raises(OperatorRefused) as refused:
            operate("release", party="NL/EXA", id="C1")
        assert refused.value.code == "not_held"

    def test_what_is_put_right_goes_out_and_is_never_changed_again(
        self, operate: Any, drain: Any, emsp: Any, ask: Any
    ) -> None:
        operate("put", module="cdrs", object=ours())
        drain()
        assert operate("put", module="cdrs", object=ours(cost=RIGHT))["stored"] == 1
        drain()
        (sent,) = emsp.requests("POST", "/receiver/cdrs")
        assert sent.json["total_cost"]["before_taxes"] == 5
        (row,) = operate("audits")["audits"]
        assert (row["verdict"], row["held"]) == ("AGREE", False)
        with pytest.raises(OperatorRefused):
            operate("put", module="cdrs", object=ours())

    def test_a_full_announcement_leaves_it_out(self, operate: Any, drain: Any, emsp: Any) -> None:
        operate("put", module="cdrs", object=ours())
        drain()
        operate("push", partner=emsp.id, module="cdrs")
        drain()
        assert emsp.requests("POST", "/receiver/cdrs") == []


class TestOff:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"OCPI_CDR_GATE": "off"}

    def test_nothing_is_said(self, operate: Any, drain: Any, emsp: Any) -> None:
        said = operate("put", module="cdrs", object=ours())["warnings"]
        assert not any("comes to" in each["message"] for each in said)
        drain()
        assert len(emsp.requests("POST", "/receiver/cdrs")) == 1
