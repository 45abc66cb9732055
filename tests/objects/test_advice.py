"""What the specification recommends of objects: said by the action `check`, never a reason to refuse."""

from __future__ import annotations

from typing import Any

import pytest

from tests import samples
from tests.samples import own

PHOTO = {"url": "https://img.example.com/a.jpg", "category": "CHARGER", "type": "jpeg"}
LOGO = {"url": "https://img.example.com/l.png", "category": "OPERATOR", "type": "png"}


def place(**more: Any) -> dict[str, Any]:
    """A Location of which nothing could be better."""
    whole = {**samples.location(), "images": [PHOTO, LOGO], **more}
    for evse in whole["evses"]:
        evse["connectors"][0]["tariff_ids"] = ["T1"]
    return whole


def parking(**more: Any) -> dict[str, Any]:
    return {
        "id": "P1",
        "vehicle_types": ["PERSONAL_VEHICLE", "MOTORCYCLE"],
        "restricted_to_type": False,
        "reservation_required": False,
        **more,
    }


LARGE = {
    "max_vehicle_weight": 3500,
    "max_vehicle_height": 210,
    "max_vehicle_length": 600,
    "max_vehicle_width": 250,
    "parking_space_length": 700,
    "parking_space_width": 300,
    "dangerous_goods_allowed": False,
}


def price(type_: str, step_size: int = 1, **restrictions: Any) -> dict[str, Any]:
    element: dict[str, Any] = {"price_components": [{"type": type_, "price": 1, "step_size": step_size}]}
    return {**element, "restrictions": restrictions} if restrictions else element


def said(operate: Any, module: str, body: dict[str, Any]) -> list[str]:
    """Which rows are named where; the object may be put all the same."""
    found = operate("check", module=module, object=body)
    assert found["errors"] == []
    assert operate("put", module=module, object=body)["stored"] == 1
    return [f"{each['pointer']} {each['message'].rsplit('(', 1)[1][:-1]}" for each in found["advice"]]


LOCATIONS = [
    (place(), []),
    (place(evses=[{**samples.evse("E1"), "status": "REMOVED"}]), ["/evses LOC-05"]),
    (place(publish=False), ["/publish_allowed_to LOC-08"]),
    (place(publish=False, publish_allowed_to=[{"group_id": "G"}]), []),
    (place(images=[PHOTO]), ["/images LOC-84"]),
    (place(images=[PHOTO], operator={"name": "X", "logo": LOGO}), []),
    (place(images=[LOGO]), ["/images LOC-84"]),
    (place(images=[{**PHOTO, "width": 799}, LOGO]), ["/images/0 LOC-84"]),
    (place(images=[{**PHOTO, "width": 4000, "height": 3000}, LOGO]), []),
    (place(images=[PHOTO, {**LOGO, "width": 1024, "height": 1024}]), ["/images/1 LOC-84"]),
    (place(images=[PHOTO, {**LOGO, "width": 512, "height": 512}]), []),
    (place(parking_places=[parking()]), []),
    (place(parking_places=[parking(vehicle_types=["VAN"], **LARGE)]), []),
    (
        place(parking_places=[parking(vehicle_types=["BUS"])]),
        [f"/parking_places/0/{name} LOC-92" for name in LARGE],
    ),
    (
        place(parking_places=[parking(vehicle_types=["DISABLED"], **LARGE)]),
        ["/parking_places/0/images LOC-93"],
    ),
    (place(parking_places=[parking(vehicle_types=["DISABLED"], images=[PHOTO], **LARGE)]), []),
]


@pytest.mark.parametrize(("body", "expected"), LOCATIONS)
def test_locations(operate: Any, body: dict[str, Any], expected: list[str]) -> None:
    """LOC-05, LOC-08, LOC-84, LOC-92, LOC-93."""
    for evse in body["evses"]:
        evse["connectors"][0]["tariff_ids"] = ["T1"]
    assert said(operate, "locations", body) == expected


def test_a_connector_without_tariff(operate: Any) -> None:
    """LOC-73."""
    body = place()
    del body["evses"][1]["connectors"][0]["tariff_ids"]
    assert said(operate, "locations", body) == ["/evses/1/connectors/0/tariff_ids LOC-73"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"type": "APP_USER"}, ["/whitelist TOK-10"]),
        ({"type": "AD_HOC_USER", "whitelist": "ALWAYS"}, ["/whitelist TOK-10"]),
        ({"type": "APP_USER", "whitelist": "NEVER"}, []),
        ({"type": "EMAID"}, ["/type TOK-11"]),
        ({"group_id": "G" * 20}, []),
        ({"group_id": "G" * 21}, ["/group_id TOK-12"]),
    ],
)
def test_tokens(operate: Any, changes: dict[str, Any], expected: list[str]) -> None:
    """TOK-10, TOK-11, TOK-12."""
    assert said(operate, "tokens", samples.token(**changes)) == expected


@pytest.mark.parametrize(
    ("elements", "expected"),
    [
        ([price("ENERGY"), price("FLAT", 100)], []),
        ([price("ENERGY", 100)], ["/elements/0/price_components/0/step_size TAR-27"]),
        ([price("ENERGY", max_kwh=10), price("ENERGY")], []),
        ([price("ENERGY"), price("TIME", max_power=16)], ["/elements TAR-14"]),
        ([price("ENERGY"), price("TIME", reservation="RESERVATION")], []),
    ],
)
def test_tariffs(operate: Any, elements: list[dict[str, Any]], expected: list[str]) -> None:
    """TAR-14, TAR-27."""
    assert said(operate, "tariffs", samples.tariff(elements=elements)) == expected


@pytest.mark.parametrize(
    ("dimensions", "changes", "expected"),
    [
        (["ENERGY", "TIME"], {"session_id": "S1"}, []),
        (["TIME"], {"session_id": "S1"}, ["/charging_periods CDR-09"]),
        (["ENERGY"], {"session_id": "S1"}, ["/charging_periods CDR-09"]),
        (["ENERGY", "TIME"], {}, ["/session_id CDR-27"]),
        (["RESERVATION_TIME"], {"total_energy": 0}, []),
    ],
)
def test_cdrs(operate: Any, dimensions: list[str], changes: dict[str, Any], expected: list[str]) -> None:
    """CDR-09, CDR-27."""
    period = {
        "start_date_time": samples.AT,
        "dimensions": [{"type": each, "volume": 1} for each in dimensions],
    }
    assert said(operate, "cdrs", samples.cdr(charging_periods=[period], **changes)) == expected


def test_all_that_is_wrong_is_said_at_once_and_nothing_is_stored(operate: Any) -> None:
    """Design section 5: the operator need not try again for each mistake."""
    body = {**samples.tariff(currency="EURO"), "tax_included": "PERHAPS"}
    found = operate("check", module="tariffs", object=body)
    assert [each["pointer"] for each in found["errors"]] == ["/currency", "/tax_included"]
    found = operate("check", module="tariffs", object=samples.tariff(party_id="XXX"))
    assert [each["pointer"] for each in found["errors"]] == ["/party_id"]
    found = operate("check", module="tariffs", object=own("tariff", id="T9"))
    assert found["errors"] == []
    assert operate("list", module="tariffs")["objects"] == []
