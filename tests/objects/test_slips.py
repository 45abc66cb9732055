"""Slips in our own objects are told wherever one is put, changed or checked; nothing is refused for one."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.objects import bulk
from tests.harness import OperatorRefused
from tests.known import Known
from tests.samples import for_emsp, own

pytest_plugins = ["tests.known"]

HOURS = {"weekday": 1, "period_begin": "08:00", "period_end": "12:00"}
LATER, EARLIER = "2026-06-21T12:00:00Z", "2026-06-21T09:00:00Z"


def hours(*regular: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"twentyfourseven": False, "regular_hours": list(regular), **more}


def span(begin: str, end: str) -> list[dict[str, str]]:
    return [{"period_begin": begin, "period_end": end}]


PERIOD = {"start_date_time": "2026-02-03T09:10:00Z", "dimensions": [{"type": "ENERGY", "volume": 1}]}
BEFORE = {**PERIOD, "start_date_time": "2026-02-03T09:05:00Z"}
TWICE = {**PERIOD, "dimensions": PERIOD["dimensions"] * 2}

# What is changed in an object of ours, and where it is told.
SLIPS: list[tuple[str, dict[str, Any], str]] = [
    ("location", {"adress": "Street 1"}, "/adress"),
    (
        "location",
        {"opening_times": hours(HOURS, {**HOURS, "period_begin": "11:00"})},
        "/opening_times/regular_hours/1",
    ),
    ("location", {"opening_times": hours(HOURS, HOURS)}, "/opening_times/regular_hours/1"),
    (
        "location",
        {"opening_times": hours(HOURS, exceptional_openings=span(LATER, EARLIER))},
        "/opening_times/exceptional_openings/0/period_end",
    ),
    (
        "location",
        {"opening_times": hours(HOURS, exceptional_closings=span(LATER, LATER))},
        "/opening_times/exceptional_closings/0/period_end",
    ),
    ("location", {"time_zone": "Europe/Amsterdamm"}, "/time_zone"),
    ("location", {"time_zone": "America/New_York"}, "/time_zone"),
    ("location", {"time_zone": "Asia/Tokyo"}, "/time_zone"),
    ("session", {"end_date_time": "2026-02-03T08:00:00Z", "charging_periods": None}, "/end_date_time"),
    ("session", {"charging_periods": [PERIOD, BEFORE]}, "/charging_periods/1/start_date_time"),
    (
        "session",
        {"charging_periods": [{**PERIOD, "start_date_time": EARLIER}]},
        "/charging_periods/0/start_date_time",
    ),
    ("session", {"charging_periods": [TWICE]}, "/charging_periods/0/dimensions/1/type"),
    ("session", {"charging_periods": [PERIOD], "kwh": 40}, "/kwh"),
    ("session", {"charging_periods": [{**PERIOD, "tariff_id": "NOBODY"}]}, "/charging_periods/0/tariff_id"),
    ("session", {"location_id": "NOWHERE"}, "/location_id"),
    ("tariff", {"start_date_time": LATER, "end_date_time": EARLIER}, "/end_date_time"),
    (
        "tariff",
        {
            "elements": [
                {
                    "price_components": [{"type": "ENERGY", "price": 1, "step_size": 1}],
                    "restrictions": {"min_kwh": 5, "max_kwh": 5},
                }
            ]
        },
        "/elements/0",
    ),
    ("token", {"visual_numbr": "X"}, "/visual_numbr"),
]
CDR_SLIPS: list[tuple[dict[str, Any], str]] = [
    ({"end_date_time": "2026-02-03T08:00:00Z"}, "/end_date_time"),
    ({"total_energy": 99}, "/total_energy"),
    ({"total_time": 99}, "/total_time"),
    ({"total_parking_time": 99}, "/total_parking_time"),
    ({"charging_periods": [PERIOD, BEFORE]}, "/charging_periods/1/start_date_time"),
    ({"charging_periods": [TWICE]}, "/charging_periods/0/dimensions/1/type"),
    ({"currencey": "EUR"}, "/currencey"),
    ({"cdr_location.id": "NOWHERE"}, "/cdr_location/id"),
]


def made(kind: str, changes: dict[str, Any]) -> dict[str, Any]:
    body = own(kind) if kind in ("location", "tariff", "token") else own(kind, cdr_token=for_emsp())
    for name, value in changes.items():
        place, _, last = name.rpartition(".")
        (body[place] if place else body)[last] = value
    return {name: value for name, value in body.items() if value is not None}


def told(warnings: list[dict[str, Any]]) -> set[str]:
    return {each["pointer"] for each in warnings}


@pytest.mark.parametrize(("kind", "changes", "pointer"), [*SLIPS, *(("cdr", *each) for each in CDR_SLIPS)])
def test_a_slip_is_told_by_put_check_and_a_list(
    operate: Any, known: Known, kind: str, changes: dict[str, Any], pointer: str
) -> None:
    module, body = f"{kind}s", made(kind, changes)
    before = operate("check", module=module, object=made(kind, {}))["warnings"]
    found = operate("check", module=module, object=body)
    new = [each for each in found["warnings"] if each not in before]
    assert (found["errors"], pointer in _under(told(new), pointer)) == ([], True), found
    if kind != "cdr":
        listed = operate("put", module=module, objects=[copy.deepcopy(body)])
        assert pointer in _under(told(listed["warnings"]), pointer)
        assert listed["stored"] == 1
    again = {**body, "last_updated": "2026-10-02T00:00:00Z"} if kind == "location" else body
    single = operate("put", module=module, object=again, force=True)
    assert pointer in _under(told(single["warnings"]), pointer)


def _under(found: set[str], pointer: str) -> set[str]:
    """The pointer itself where something at or below it is told."""
    return {pointer} if any(each == pointer or each.startswith(f"{pointer}/") for each in found) else found


@pytest.mark.parametrize(
    ("kind", "changes", "pointer"), [each for each in SLIPS if None not in each[1].values()]
)
def test_a_slip_is_told_by_patch(
    operate: Any, known: Known, kind: str, changes: dict[str, Any], pointer: str
) -> None:
    body = made(kind, {})
    operate("put", module=f"{kind}s", object=body)
    id = body["uid" if kind == "token" else "id"]
    if "charging_periods" in changes:
        changes = {**changes, "charging_periods": changes["charging_periods"]}
        pointer = pointer.partition("/charging_periods/")[0] or "/charging_periods"
    answer = operate("patch", module=f"{kind}s", id=id, changes=changes)
    assert pointer in _under(told(answer["warnings"]), pointer), answer


def test_slips_of_a_bulk_job_are_kept_and_counted(
    operate: Any, known: Known, drain: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "SECONDS", -1)
    monkeypatch.setattr(bulk, "MOST_IN_MESSAGE", 8000)
    objects = [own("token", uid=f"U{at:03}") for at in range(30)]
    objects[3]["visual_numbr"] = objects[27]["visual_numbr"] = "X"
    objects[5]["language"] = "toolong"
    job = operate("put", module="tokens", objects=objects)["job"]
    monkeypatch.setattr(bulk, "SECONDS", 20)
    drain(sweep=False)
    (found,) = operate("puts", job=job)["puts"]
    assert (found["stored"], found["refused"], found["warned"]) == (29, 1, 2)
    assert sorted((each["index"], each["id"], each["pointer"]) for each in found["warnings"]) == [
        (3, "U003", "/visual_numbr"),
        (27, "U027", "/visual_numbr"),
    ]
    assert [each["index"] for each in found["errors"]] == [5]


def test_an_evse_connector_or_cdr_that_is_not_there_is_told(operate: Any, known: Known) -> None:
    """The EVSE and Connector of a Session and CDR are those of their Location."""
    location = made("location", {})
    evse = location["evses"][0]
    operate("put", module="locations", object=location)
    there = {"evse_uid": evse["uid"], "connector_id": evse["connectors"][0]["id"]}

    def dangling(kind: str, changes: dict[str, Any]) -> set[str]:
        place = {"location_id" if kind == "session" else "id": location["id"], **there, **changes}
        body = made(kind, place if kind == "session" else {})
        if kind == "cdr":
            body["cdr_location"] = {**body["cdr_location"], **place}
        found = operate("check", module=f"{kind}s", object=body)
        return {each["pointer"] for each in found["warnings"] if "there is no" in each["message"]}

    for kind, at in (("session", ""), ("cdr", "/cdr_location")):
        before = dangling(kind, {})
        assert not any("evse_uid" in each or "connector_id" in each for each in before)
        assert dangling(kind, {"evse_uid": "NOBODY"}) - before == {f"{at}/evse_uid"}
        assert dangling(kind, {"connector_id": "77"}) - before == {f"{at}/connector_id"}
        assert dangling(kind, {"evse_uid": "#NA", "connector_id": "#NA"}) == before
    credit = made("cdr", {"credit": True, "credit_reference_id": "NOBODY", "id": "CREDIT1"})
    found = operate("check", module="cdrs", object=credit)["warnings"]
    assert "/credit_reference_id" in told(found)


def test_two_cdrs_of_one_session_in_one_list_are_told(operate: Any, known: Known) -> None:
    body = made("cdr", {})
    listed = [{**body, "id": "C1"}, {**body, "id": "C2"}]
    answer = operate("put", module="cdrs", objects=listed)
    assert answer["stored"] == 2
    about = [(each["id"], each["pointer"]) for each in answer["warnings"] if each["pointer"] == "/session_id"]
    assert about == [("C2", "/session_id")]
    more = operate("put", module="cdrs", object={**body, "id": "C3"})
    assert "/session_id" in told(more["warnings"])


@pytest.mark.parametrize(
    ("kind", "changes", "pointer"),
    [
        ("session", {"kwh": Decimal("-1")}, "/kwh"),
        ("cdr", {"total_energy": -5}, "/total_energy"),
        (
            "location",
            {"coordinates": {"latitude": "52.37000", "longitude": "194.89000"}},
            "/coordinates/longitude",
        ),
        (
            "location",
            {"opening_times": hours({**HOURS, "period_end": "07:00"})},
            "/opening_times/regular_hours/0/period_end",
        ),
        (
            "location",
            {"opening_times": hours({**HOURS, "period_end": "08:00"})},
            "/opening_times/regular_hours/0/period_end",
        ),
    ],
)
def test_what_contradicts_the_specification_is_an_error(
    operate: Any, known: Known, kind: str, changes: dict[str, Any], pointer: str
) -> None:
    with pytest.raises(OperatorRefused) as problem:
        operate("put", module=f"{kind}s", object=made(kind, changes))
    assert problem.value.pointer == pointer
