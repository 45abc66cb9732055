"""What design section 5 says of `put`, `patch`, `remove` and of errors, sentence by sentence.

Contract: design section 5
"""

from __future__ import annotations

from typing import Any

import pytest

from tests import samples
from tests.harness import OperatorRefused
from tests.samples import later


def evse_of(operate: Any, uid: str = "E1") -> dict[str, Any]:
    evses = operate("get", module="locations", id="LOC1")["object"]["evses"]
    return next(each for each in evses if each["uid"] == uid)


def charging(operate: Any) -> None:
    operate("put", module="locations", object=samples.location())
    now = {"status": "CHARGING", "last_updated": later(9)}
    operate("patch", module="locations", id="LOC1", evse_uid="E1", changes=now)


def master_data(**more: Any) -> dict[str, Any]:
    """A nightly file: everything in it has the file's time, its statuses mean nothing."""
    whole = samples.location(name="From the file", last_updated=later(5), **more)
    for evse in whole["evses"]:
        evse |= {"status": "AVAILABLE", "last_updated": later(5)}
        for connector in evse["connectors"]:
            connector["last_updated"] = later(5)
    return whole


@pytest.mark.parametrize("many", [False, True])
def test_master_data_of_before_a_status_is_taken_and_the_status_and_its_time_kept(
    operate: Any, many: bool
) -> None:
    charging(operate)
    given = {"objects": [master_data()]} if many else {"object": master_data()}
    answer = operate("put", module="locations", keep_status=True, **given)
    assert (answer["stored"], answer["older"], answer["errors"]) == (1, 0, [])
    assert (evse_of(operate)["status"], evse_of(operate)["last_updated"]) == ("CHARGING", later(9))
    found = operate("get", module="locations", id="LOC1")["object"]
    assert (found["name"], found["last_updated"]) == ("From the file", later(9))


def test_master_data_of_after_a_status_keeps_the_status_and_its_time(operate: Any) -> None:
    """Connectors that did not change say no newer time than the EVSE around them."""
    charging(operate)
    whole = master_data()
    whole["last_updated"] = later(20)
    for evse in whole["evses"]:
        evse["last_updated"] = later(20)
        for connector in evse["connectors"]:
            connector["last_updated"] = later(20)
    assert operate("put", module="locations", object=whole, keep_status=True)["stored"] == 1
    kept = evse_of(operate)
    assert (kept["status"], kept["last_updated"]) == ("CHARGING", later(9))
    assert all(each["last_updated"] <= later(9) for each in kept["connectors"])


def test_a_connector_that_changed_in_master_data_takes_the_time_of_its_evse_along(operate: Any) -> None:
    """LOC-43"""
    charging(operate)
    whole = master_data()
    whole["last_updated"] = later(20)
    whole["evses"][0]["last_updated"] = later(20)
    whole["evses"][0]["connectors"][0] |= {"max_amperage": 63, "last_updated": later(20)}
    operate("put", module="locations", object=whole, keep_status=True)
    kept = evse_of(operate)
    assert (kept["status"], kept["last_updated"]) == ("CHARGING", later(20))
    assert kept["connectors"][0]["max_amperage"] == 63


def test_a_status_of_after_master_data_is_taken(operate: Any) -> None:
    charging(operate)
    operate("put", module="locations", object=master_data(), keep_status=True)
    after = {"status": "BLOCKED", "last_updated": later(10)}
    answer = operate("patch", module="locations", id="LOC1", evse_uid="E1", changes=after)
    assert answer["stored"] == 1 and evse_of(operate)["status"] == "BLOCKED"


def test_patch_answers_the_same_way_as_put(operate: Any) -> None:
    operate("put", module="locations", object=samples.location())
    answer = operate("patch", module="locations", id="LOC1", changes={"name": "New"})
    assert answer == {"stored": 1, "unchanged": 0, "older": 0, "errors": [], "warnings": []}


SLIPS = (
    ({}, {"opening_tims": {"twentyfourseven": True}}, "/opening_tims"),
    ({"evse_uid": "E1"}, {"floor_levl": "2"}, "/floor_levl"),
    ({"evse_uid": "E1", "connector_id": "1"}, {"tariff_ids": ["NONE"]}, "/tariff_ids/0"),
)


@pytest.mark.parametrize(("part", "changes", "pointer"), SLIPS)
def test_a_slip_in_a_patch_is_a_warning_where_it_stands(
    operate: Any, part: dict[str, str], changes: dict[str, Any], pointer: str
) -> None:
    operate("put", module="locations", object=samples.location())
    answer = operate("patch", module="locations", id="LOC1", changes=changes, **part)
    assert answer["stored"] == 1
    assert [(each["id"], each["pointer"]) for each in answer["warnings"]] == [("LOC1", pointer)]


def test_the_error_of_a_single_wrong_object_tells_every_fault(hand: Any) -> None:
    wrong = samples.location()
    del wrong["country"], wrong["coordinates"]
    answer = hand.functions.call("operator", {"action": "put", "module": "locations", "object": wrong})
    assert (answer["ok"], answer["error"]["pointer"]) == (False, "/country")
    assert {each["pointer"] for each in answer["error"]["errors"]} == {"/country", "/coordinates"}


@pytest.mark.parametrize(
    ("owner", "told"),
    [
        ({}, {"/country_code", "/party_id"}),
        ({"country_code": "NL"}, {"/party_id"}),
        ({"country_code": "NL", "party_id": "ZZZ"}, {"/party_id"}),
        ({"country_code": "XX", "party_id": "EXA"}, {"/country_code"}),
    ],
)
def test_faults_beside_the_owner_are_told_with_it(hand: Any, owner: dict[str, str], told: set[str]) -> None:
    wrong = {name: value for name, value in samples.location().items() if name not in ("city", "party_id")}
    del wrong["country_code"]
    wrong |= owner
    answer = hand.functions.call("operator", {"action": "put", "module": "locations", "object": wrong})
    assert {each["pointer"] for each in answer["error"]["errors"]} == {"/city", *told}
    listed = hand.functions.call("operator", {"action": "check", "module": "locations", "objects": [wrong]})
    assert {each["pointer"] for each in listed["data"]["errors"]} == {"/city", *told}


WRONG = (
    ({"action": "put", "module": "locations", "objekt": {}}, "/objekt", "object is meant"),
    ({"action": "get", "id": "LOC1"}, "/module", "required, but missing"),
    ({"action": "routes", "frm": "NL/EXA"}, "/frm", "from is meant"),
    ({"action": "list", "module": "locations", "date_from": "soon"}, "/date_from", "RFC 3339"),
    ({"action": "register", "versions_url": "nonsense", "token": "abc"}, "/versions_url", "https"),
    ({"action": "deliveries", "partner": "nobody"}, "/partner", "nobody"),
    ({"action": "commands", "partner": "nobody"}, "/partner", "nobody"),
)


@pytest.mark.parametrize(("payload", "pointer", "words"), WRONG)
def test_an_error_names_the_field_of_the_action_and_what_is_wrong_with_it(
    hand: Any, payload: dict[str, Any], pointer: str, words: str
) -> None:
    error = hand.functions.call("operator", payload)["error"]
    assert error["pointer"] == pointer and words in error["message"], error


def test_the_last_page_of_every_list_has_no_cursor(operate: Any) -> None:
    for action in ("commands", "deliveries", "messages", "refusals", "audits", "disputes", "routes"):
        assert operate(action)["cursor"] is None, action
    assert operate("list", module="locations")["cursor"] is None


def test_what_ocpi_never_deletes_names_the_way(operate: Any) -> None:
    operate("put", module="tokens", object=samples.token())
    for module, way in (("locations", "REMOVED"), ("tokens", "valid"), ("cdrs", "credit")):
        with pytest.raises(OperatorRefused) as refused:
            operate("remove", module=module, id="CARD1", force=True)
        assert way in refused.value.message
