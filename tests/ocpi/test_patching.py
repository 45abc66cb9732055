"""A PATCH merged into what is stored (TRA-46, TRA-47, TRA-50; AMB-10, AMB-11, AMB-86)."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.patching import merge
from tests.ocpi.samples import NOW, example

PERIOD = {"start_date_time": NOW, "dimensions": [{"type": "ENERGY", "volume": 2}]}


def test_only_the_given_fields_change() -> None:
    stored = example("token")
    merged = merge("token", stored, {"valid": False, "last_updated": NOW}, "2.3.0")
    assert merged == stored | {"valid": False, "last_updated": NOW}


def test_a_nested_object_or_list_is_replaced_completely() -> None:
    # AMB-10
    changes = {"operator": {"name": "New"}, "facilities": ["WIFI"]}
    merged = merge("location", example("location"), changes, "2.3.0")
    assert merged["operator"] == {"name": "New"}
    assert merged["facilities"] == ["WIFI"]


def test_null_clears_an_optional_field() -> None:
    # AMB-11
    assert "name" not in merge("location", example("location"), {"name": None}, "2.3.0")


@pytest.mark.parametrize(
    ("kind", "field"), [("location", "city"), ("session", "status"), ("connector", "format")]
)
def test_null_for_a_required_field_is_refused(kind: str, field: str) -> None:
    # AMB-11
    with pytest.raises(InvalidParameters) as problem:
        merge(kind, example(kind), {field: None}, "2.3.0")
    assert problem.value.pointer == f"/{field}"


def test_null_for_what_only_that_version_requires_is_refused() -> None:
    assert "postal_code" not in merge("location", example("location"), {"postal_code": None}, "2.2.1")
    with pytest.raises(InvalidParameters):
        merge("location", example("location", "2.1.1"), {"postal_code": None}, "2.1.1")


def test_charging_periods_are_appended() -> None:
    # SES-17
    stored = example("session")
    merged = merge("session", stored, {"charging_periods": [PERIOD]}, "2.2.1")
    assert merged["charging_periods"] == [*stored["charging_periods"], PERIOD]


@pytest.mark.parametrize("changes", [{}, {"charging_periods": []}, {"charging_periods": None}])
def test_no_charging_periods_leave_the_stored_ones(changes: dict[str, Any]) -> None:
    # SES-18
    stored = example("session")
    assert merge("session", stored, changes, "2.2.1")["charging_periods"] == stored["charging_periods"]


def test_a_repeated_period_is_not_appended_again() -> None:
    # AMB-86
    once = merge("session", example("session"), {"charging_periods": [PERIOD]}, "2.2.1")
    assert merge("session", once, {"charging_periods": [PERIOD]}, "2.2.1") == once


def test_a_2_1_1_patch_replaces_the_charging_periods() -> None:
    # SES-20, CNV-72
    merged = merge("session", example("session", "2.1.1"), {"charging_periods": [PERIOD]}, "2.1.1")
    assert merged["charging_periods"] == [PERIOD]


@pytest.mark.parametrize(
    ("name", "sent_in", "stored_in"),
    [("time_zone", "2.1.1", "2.3.0"), ("postal_code", "2.2.1", "2.1.1"), ("postal_code", "2.3.0", "2.1.1")],
)
def test_null_clears_what_is_optional_for_its_sender(name: str, sent_in: str, stored_in: str) -> None:
    # AMB-11, CNV-P3: what came in another version is merged in that one
    stored = example("location", stored_in)
    assert name not in merge("location", stored, {name: None}, stored_in, sent_in)
    with pytest.raises(InvalidParameters):
        merge("location", stored, {name: None}, stored_in)


def test_evses_are_merged_by_uid_and_none_is_removed() -> None:
    # AMB-10, LOC-47; uids are compared without case (AMB-36)
    stored = example("location")
    stored["evses"][0]["uid"] = "abc"
    new = example("evse", uid="new")
    changes = {"evses": [{"uid": "ABC", "status": "BLOCKED"}, new]}
    merged = merge("location", stored, changes, "2.3.0")
    assert [evse["uid"] for evse in merged["evses"]] == ["ABC", "3257", "3258", "new"]
    assert merged["evses"][0]["status"] == "BLOCKED"
    assert merged["evses"][0]["connectors"] == stored["evses"][0]["connectors"]
    assert merged["evses"][3] == new


@pytest.mark.parametrize(
    "evses", [5, [5], [{}], [{"uid": 7}], [{"uid": "3256", "status": None}], {"uid": "3256"}]
)
def test_evses_that_cannot_be_merged_are_refused(evses: Any) -> None:
    with pytest.raises(InvalidParameters) as problem:
        merge("location", example("location"), {"evses": evses}, "2.3.0")
    assert problem.value.pointer.startswith("/evses")


def test_a_patch_that_is_no_object_is_refused() -> None:
    with pytest.raises(InvalidParameters):
        merge("location", example("location"), [], "2.3.0")  # type: ignore[arg-type]


def test_unknown_fields_are_merged_too() -> None:
    merged = merge("token", example("token", x_own=1), {"x_other": {"a": 2}}, "2.3.0")
    assert (merged["x_own"], merged["x_other"]) == (1, {"a": 2})


def test_merging_changes_nothing_in_place() -> None:
    stored = example("location")
    changes = {"evses": [{"uid": "3256", "status": "BLOCKED"}], "name": None}
    merge("location", stored, changes, "2.3.0")
    assert stored == example("location")
    assert changes == {"evses": [{"uid": "3256", "status": "BLOCKED"}], "name": None}
