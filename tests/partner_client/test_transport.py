"""Rules of transport and types that hold for every module alike, through the doors."""

from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib.ocpi import models, modules
from tests import samples
from tests.known import Known, known
from tests.samples import example
from tests.stub import Canned

__all__ = ["known"]


def day(number: int) -> str:
    return f"2026-01-{number:02d}T00:00:00Z"


@pytest.fixture
def three(operate: Any, known: Known) -> None:
    for number in (3, 1, 2):  # by creation; each was updated in another order
        operate(
            "put",
            module="tariffs",
            object=samples.tariff(f"T{number}", last_updated=day(number)),
        )


@pytest.mark.parametrize(("version", "token"), [("2.1.1", "old_emsp"), ("2.2.1", "emsp"), ("2.3.0", "emsp2")])
def test_a_list_is_paged_oldest_creation_first(ask: Any, three: None, version: str, token: str) -> None:
    """TRA-20, TRA-21, TRA-22, TRA-29, TRA-33, TRA-35, TRA-36: the page size is named, whoever chose it."""
    url = f"/ocpi/{version}/sender/tariffs"
    answer = ask("GET", url, token=token)
    assert [each["id"] for each in answer.data] == ["T3", "T1", "T2"]
    assert (answer.headers["x-limit"], answer.headers["x-total-count"]) == ("100", "3")
    answer = ask("GET", f"{url}?offset=1&limit=1&date_from={day(1)}&date_to={day(3)}", token=token)
    assert [each["id"] for each in answer.data] == ["T2"]
    assert (answer.headers["x-limit"], answer.headers["x-total-count"]) == ("1", "2")


def test_windows_that_are_chained_neither_overlap_nor_leave_a_gap(ask: Any, three: None) -> None:
    """TRA-25: the next date_from is the last date_to."""
    seen = [
        each["id"]
        for begin, end in ((1, 2), (2, 3), (3, 4))
        for each in ask(
            "GET", f"/ocpi/2.2.1/sender/tariffs?date_from={day(begin)}&date_to={day(end)}", token="emsp"
        ).data
    ]
    assert seen == ["T1", "T2", "T3"]


def test_every_module_of_data_can_be_pulled(ask: Any, three: None) -> None:
    """TRA-12, TRA-17: each data exchange module has a list; it shows what concerns the one who asks."""
    for module in ("locations", "tariffs", "sessions", "cdrs"):
        answer = ask("GET", f"/ocpi/2.2.1/sender/{module}", token="emsp")
        assert (answer.code, isinstance(answer.data, list)) == (1000, True)
    assert ask("GET", "/ocpi/2.2.1/sender/tokens", token="cpo").code == 1000


def test_objects_in_lists_have_what_is_required(ask: Any, three: None) -> None:
    """TRA-42: every required field; what is optional and missing means null."""
    for each in ask("GET", "/ocpi/2.3.0/sender/tariffs", token="emsp2").data:
        required = {name for name, row in models.model("tariff").fields("2.3.0").items() if row.required}
        assert required <= each.keys()


def test_a_field_nobody_specified_and_na_are_no_reason_to_refuse(ask: Any, known: Known) -> None:
    """TRA-75, TRA-76, TRA-77, CRE-46: kept and shown again; EVSE ids of another operator are fine, too."""
    body = example("location")
    body |= {"charging_music": "jazz", "address": "#NA"}
    body["evses"][0]["evse_id"] = "FR*XYZ*E1"
    url = f"/ocpi/2.2.1/receiver/locations/BE/BEC/{body['id']}"
    assert ask("PUT", url, token="cpo", body=body).code == 1000
    found = ask("GET", url, token="cpo").data
    assert (found["charging_music"], found["address"]) == ("jazz", "#NA")
    assert found["evses"][0]["evse_id"] == "FR*XYZ*E1"


def test_a_client_uses_the_parties_of_its_roles(ask: Any, known: Known) -> None:
    """TRA-54, TRA-55: another party in the URL is not found."""
    body = example("tariff", "2.2.1", "BE/OTH")
    url = f"/ocpi/2.2.1/receiver/tariffs/BE/OTH/{body['id']}"
    assert ask("PUT", url, token="cpo", body=body).status == 404


def test_each_module_of_data_has_one_kind_of_owner() -> None:
    """TRA-60: locations, sessions, cdrs and tariffs are the CPO's, tokens the eMSP's."""
    owners = {row.id: row.owner for row in modules.MODULES if row.owner}
    assert owners == {
        "locations": "CPO",
        "tariffs": "CPO",
        "sessions": "CPO",
        "cdrs": "CPO",
        "tokens": "EMSP",
        "hubclientinfo": "HUB",
    }


def test_field_names_are_lower_snake_case() -> None:
    """TRA-98."""
    kinds = [row.kind for row in modules.MODULES if row.kind]
    names = [name for kind in kinds for version in modules.ALL for name in models.model(kind).fields(version)]
    assert names
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)


@pytest.mark.parametrize("body", [{}, {"location_id": "NOWHERE"}])
def test_an_unknown_command_location_is_2003(ask: Any, known: Known, body: dict[str, str]) -> None:
    """STA-16, STA-03: content is judged with HTTP 200."""
    sent = {
        "response_url": "https://emsp.example.com/results/1",
        "location_id": "NOWHERE",
        "evse_uid": "E1",
        "connector_id": "1",
        **body,
    }
    answer = ask("POST", "/ocpi/2.2.1/receiver/commands/UNLOCK_CONNECTOR", token="emsp", body=sent)
    assert (answer.status, answer.code in (2001, 2003)) == (200, True)


@pytest.mark.parametrize("data", [None, {}, [], "x", {"id": 1}])
def test_whatever_data_a_partner_answers_a_push_with_is_accepted(
    operate: Any, drain: Any, partner: Any, data: Any
) -> None:
    """TRA-70, TRA-71: absent, null, or any value."""
    partner.script(lambda request: Canned(data=data))
    operate("put", module="tariffs", object=samples.tariff())
    drain()
    assert [each.method for each in partner.received if "tariffs" in each.path and each.body] == ["PUT"]
    assert operate("deliveries", partner=partner.id)["deliveries"] == []
