"""Disputes: opened, listed, settled by the operator or by the Credit CDR that comes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.billing.made import cdr, credit, send
from tests.harness import OperatorRefused


@pytest.fixture
def disputed(partner: Any, ask: Any, operate: Any) -> Any:
    send(ask, partner, cdr("C1"))
    return operate("dispute", party="BE/BEC", id="C1", reason="priced in UTC")


def test_a_dispute_is_open_until_somebody_settles_it(disputed: Any, drain: Any, operate: Any) -> None:
    drain()  # the verdict that comes later changes nothing about it
    assert (disputed["state"], disputed["outcome"], disputed["settled_at"]) == ("OPEN", None, None)
    (row,) = operate("disputes", state="OPEN")["disputes"]
    assert (row["owner"], row["id"], row["reason"]) == ("BE/BEC", "C1", "priced in UTC")
    assert operate("settle", party="BE/BEC", id="C1", outcome="WITHDRAWN")["state"] == "SETTLED"
    (row,) = operate("disputes")["disputes"]
    assert (row["state"], row["outcome"]) == ("SETTLED", "WITHDRAWN")
    assert operate("disputes", state="OPEN")["disputes"] == []
    with pytest.raises(OperatorRefused) as refused:
        operate("settle", party="BE/BEC", id="C1", outcome="ACCEPTED")
    assert refused.value.code == "not_disputed"


def test_its_credit_cdr_settles_it(disputed: Any, partner: Any, ask: Any, drain: Any, operate: Any) -> None:
    send(ask, partner, credit(cdr("C1")))
    drain()
    (row,) = operate("disputes")["disputes"]
    assert (row["state"], row["outcome"]) == ("SETTLED", "CREDITED")
    assert row["settled_at"]
    with pytest.raises(OperatorRefused) as refused:
        operate("dispute", party="BE/BEC", id="C1", reason="again")
    assert refused.value.code == "credited"


def test_a_credit_cdr_of_another_cpo_settles_nothing(
    disputed: Any, register_partner: Any, ask: Any, drain: Any, operate: Any
) -> None:
    other = register_partner(roles=[{"role": "CPO", "country_code": "FR", "party_id": "OTH"}])
    send(ask, other, credit(cdr("C1", country_code="FR", party_id="OTH")))
    drain()
    (row,) = operate("disputes")["disputes"]
    assert row["state"] == "OPEN"


def test_it_is_disputed_once_and_has_to_be_known(disputed: Any, operate: Any) -> None:
    with pytest.raises(OperatorRefused) as twice:
        operate("dispute", party="BE/BEC", id="C1", reason="again")
    assert twice.value.code == "disputed"
    with pytest.raises(OperatorRefused) as unknown:
        operate("dispute", party="BE/BEC", id="C9", reason="again")
    assert (unknown.value.code, unknown.value.pointer) == ("unknown_object", "/id")
