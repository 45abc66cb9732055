"""2.1.1 and 2.2.1, row by row: Sessions and CDRs (ledger sections 4.2.3 and 4.2.4)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi.reading import read
from chalicelib.ocpi.writing import Writing, check, write
from tests.ocpi.samples import EMSP, NOW, OWNER, example, find, placed, token, without


def up(kind: str, body: Any, **more: Any) -> Any:
    return read(kind, body, "2.1.1", owner=OWNER, emsp=EMSP, **more).object


def down(kind: str, body: Any, **more: Any) -> Writing:
    return write(kind, body, "2.1.1", find=more.pop("find", find), now=NOW, **more)


def lost(writing: Writing) -> dict[str, str]:
    return {loss.pointer: loss.code for loss in writing.losses}


def test_the_times_of_a_session_are_renamed() -> None:
    # CNV-63, CNV-64
    older = down("session", example("session")).object
    assert older["start_datetime"] == "2026-02-03T09:00:00Z"
    assert "end_date_time" not in older
    assert up("session", older)["start_date_time"] == "2026-02-03T09:00:00Z"


@pytest.mark.parametrize("kind", ["session", "cdr"])
def test_an_auth_id_finds_its_token(kind: str) -> None:
    # CNV-65, CNV-78
    assert up(kind, example(kind, "2.1.1"), token=token)["cdr_token"] == example(kind)["cdr_token"]
    assert down(kind, example(kind)).object["auth_id"] == example("token")["contract_id"]


def test_of_an_unknown_auth_id_only_the_contract_is_known() -> None:
    # CNV-65: the token is the eMSP's whose connection it is
    assert up("session", example("session", "2.1.1"))["cdr_token"] == {
        "country_code": "NL",
        "party_id": "EXA",
        "uid": "#NA",
        "type": "OTHER",
        "contract_id": "NL-EXA-C0012345-7",
    }


def test_a_session_by_command_was_a_request() -> None:
    # CNV-66
    writing = down("session", example("session"))
    assert writing.object["auth_method"] == "AUTH_REQUEST"
    assert lost(writing)["/auth_method"] == "changed"


def test_the_authorization_reference_is_dropped() -> None:
    # CNV-67, CNV-83
    assert lost(down("session", example("session")))["/authorization_reference"] == "not_in_version"


def test_a_session_embeds_its_location_with_the_relevant_evse_and_connector() -> None:
    # CNV-68, AMB-69
    location = down("session", example("session")).object["location"]
    assert location["id"] == "GENT-01"
    assert [evse["uid"] for evse in location["evses"]] == ["3256"]
    assert [connector["id"] for connector in location["evses"][0]["connectors"]] == ["1"]
    assert check("location", location, "2.1.1") == ()


def test_what_the_embedded_location_loses_is_no_loss_of_the_session() -> None:
    # CNV-68
    known = lost(down("session", example("session")))
    assert "/location_id" not in known
    assert not known.keys() & {"/state", "/help_phone", "/parking_places", "/evses/0/parking"}


def test_an_embedded_location_becomes_references() -> None:
    # CNV-68
    newer = up("session", example("session", "2.1.1"))
    assert (newer["location_id"], newer["evse_uid"], newer["connector_id"]) == ("GENT-01", "3256", "1")
    assert "location" not in newer


def test_of_several_evses_and_connectors_the_first_is_taken_and_told() -> None:
    # AMB-69
    for kind in ("session", "cdr"):
        older = example(kind, "2.1.1")
        evse = older["location"]["evses"][0]
        evse["connectors"] = [evse["connectors"][0], {**evse["connectors"][0], "id": "2"}]
        older["location"]["evses"] = [evse, {**evse, "uid": "OTHER"}]
        reading = read(kind, older, "2.1.1", owner=("NL", "EXA"))
        told = [each.pointer for each in reading.findings if each.code == "ambiguous"]
        assert told == ["/location/evses/1", "/location/evses/0/connectors/1"]
        place = reading.object if kind == "session" else reading.object["cdr_location"]
        assert (place["evse_uid"], place["connector_id"]) == ("3256", "1")


def test_no_evse_is_na() -> None:
    # CNV-68, SES-24
    older = down("session", example("session_reservation")).object
    assert older["location"]["evses"] == []
    newer = up("session", older)
    assert (newer["evse_uid"], newer["connector_id"]) == ("#NA", "#NA")


def test_a_session_at_an_unknown_location_is_told_with_its_ids_alone() -> None:
    # CNV-68: the partner may know the Location from elsewhere
    writing = down("session", example("session"), find=lambda *_: None)
    assert check("session", writing.object, "2.1.1") == ()
    assert lost(writing)["/location_id"] == "unknown_location"
    place = writing.object["location"]
    assert (place["id"], place["type"], place["address"], place["country"]) == (
        "GENT-01",
        "UNKNOWN",
        "#NA",
        "BEL",
    )
    (evse,) = place["evses"]
    (connector,) = evse["connectors"]
    assert (evse["uid"], evse["status"], connector["id"], connector["voltage"]) == ("3256", "UNKNOWN", "1", 0)
    newer = up("session", writing.object)
    assert (newer["location_id"], newer["evse_uid"], newer["connector_id"]) == ("GENT-01", "3256", "1")
    reserved = down("session", example("session_reservation"), find=None).object
    assert reserved["location"]["evses"] == []


def test_a_session_at_an_unpublished_location_is_told_to_its_emsp() -> None:
    body = example("session", location_id="HOME-7", evse_uid="#NA", connector_id="#NA")
    private = example("location_private")
    assert down("session", body, find=lambda *_: private).object["location"]["id"] == "HOME-7"


@pytest.mark.parametrize("kind", ["session", "cdr"])
def test_a_cost_is_a_number_without_taxes(kind: str) -> None:
    # CNV-69, CNV-81
    assert down(kind, example(kind)).object["total_cost"] == Decimal("4.00")
    assert up(kind, example(kind, "2.1.1"))["total_cost"] == {"before_taxes": Decimal("4.00")}


def test_a_reservation_is_pending() -> None:
    # CNV-70
    assert down("session", example("session_reservation")).object["status"] == "PENDING"


def test_periods_lose_their_tariff_and_empty_ones_leave_a_session() -> None:
    # CNV-71, CNV-85
    writing = down("session", example("session"))
    assert writing.object["charging_periods"] == [
        {
            "start_date_time": "2026-02-03T09:00:00Z",
            "dimensions": [{"type": "ENERGY", "volume": Decimal("10.10")}],
        }
    ]
    assert lost(writing)["/charging_periods/0/tariff_id"] == "not_in_version"


def test_a_patch_of_periods_or_references_is_sent_as_a_whole_session() -> None:
    # CNV-72, CNV-P7
    for name in ("charging_periods", "location_id", "evse_uid"):
        patch = {name: example("session")[name], "last_updated": NOW}
        writing = down("session", patch, partial=True)
        assert writing.object is None
        assert lost(writing) == {f"/{name}": "not_alone"}


def test_a_patch_of_what_maps_one_to_one_is_a_patch() -> None:
    # CNV-P7, CNV-73
    patch = {"kwh": 5, "status": "COMPLETED", "total_cost": {"before_taxes": 2}, "last_updated": NOW}
    assert down("session", patch, partial=True).object == {
        "kwh": 5,
        "status": "COMPLETED",
        "total_cost": 2,
        "last_updated": NOW,
    }
    older = {"end_datetime": NOW, "total_cost": 2, "last_updated": NOW}
    assert up("session", older, partial=True) == {
        "end_date_time": NOW,
        "total_cost": {"before_taxes": 2},
        "last_updated": NOW,
    }


def test_a_cdr_ends_with_a_stop() -> None:
    # CNV-76
    older = down("cdr", example("cdr")).object
    assert older["stop_date_time"] == "2026-02-03T10:15:00Z"
    assert "end_date_time" not in older


def test_the_location_of_a_cdr_is_built_from_its_snapshot() -> None:
    # CNV-79; voltage and amperage are those of the stored Location
    location = down("cdr", example("cdr")).object["location"]
    assert check("location", location, "2.1.1") == ()
    assert location["type"] == "UNKNOWN"
    connector = location["evses"][0]["connectors"][0]
    assert (connector["voltage"], connector["amperage"]) == (230, 32)
    assert location["last_updated"] == example("cdr")["last_updated"]


def test_the_voltage_in_a_cdr_is_that_of_the_connector_in_use() -> None:
    # CNV-79
    location = placed(example("location"), "/evses/0/connectors/0/max_voltage", 400)
    for uid, connector_id, voltage in (("3256", "1", 400), ("3256", "2", 230), ("3257", "1", 1250)):
        body = placed(example("cdr"), "/cdr_location/evse_uid", uid)
        body = placed(body, "/cdr_location/connector_id", connector_id)
        older = down("cdr", body, find=lambda *_: location).object
        assert older["location"]["evses"][0]["connectors"][0]["voltage"] == voltage


def test_the_location_of_a_cdr_needs_no_store() -> None:
    # CNV-79, CDR-04
    location = down("cdr", example("cdr"), find=None).object["location"]
    assert check("location", location, "2.1.1") == ()
    assert location["evses"][0]["connectors"][0]["voltage"] == 0


def test_a_cdr_of_a_reservation_has_no_evse() -> None:
    # CNV-79, CDR-32
    body = example("cdr")
    body["cdr_location"] |= {"evse_uid": "#NA", "evse_id": "#NA", "connector_id": "#NA"}
    assert down("cdr", body).object["location"]["evses"] == []
    place = up("cdr", down("cdr", body).object)["cdr_location"]
    assert (place["evse_uid"], place["evse_id"], place["connector_id"]) == ("#NA", "#NA", "#NA")


def test_a_cdr_location_is_taken_from_the_embedded_one() -> None:
    # CNV-79
    assert (
        up("cdr", example("cdr", "2.1.1"))["cdr_location"]
        == without(example("cdr"), "/cdr_location/state")["cdr_location"]
    )


def test_an_evse_without_public_id_is_na() -> None:
    # CNV-79
    body = without(example("cdr", "2.1.1"), "/location/evses/0/evse_id")
    assert up("cdr", body)["cdr_location"]["evse_id"] == "#NA"


def test_a_credit_cdr_is_not_sent() -> None:
    # CNV-80
    writing = down("cdr", example("cdr_credit"))
    assert writing.object is None
    assert lost(writing) == {"/credit": "credit_cdr"}


@pytest.mark.parametrize(
    "field",
    [
        "session_id",  # CNV-77
        *("total_fixed_cost", "total_energy_cost", "total_time_cost", "total_parking_cost"),  # CNV-82
        *("total_reservation_cost", "signed_data", "invoice_reference_id"),  # CNV-83
        "home_charging_compensation",
    ],
)
def test_what_a_2_1_1_cdr_lacks_is_reported(field: str) -> None:
    writing = down("cdr", example("cdr"))
    assert field not in writing.object
    assert lost(writing)[f"/{field}"] == "not_in_version"


def test_what_both_know_of_a_cdr_passes() -> None:
    # CNV-84
    newer, older = example("cdr"), down("cdr", example("cdr")).object
    for name in (
        "start_date_time",
        "meter_id",
        "currency",
        "total_energy",
        "total_time",
        "total_parking_time",
        "remark",
    ):
        assert older[name] == newer[name] == up("cdr", older)[name]


def test_a_period_of_a_cdr_without_a_dimension_of_2_1_1_has_no_time() -> None:
    # CNV-85
    periods = down("cdr", example("cdr")).object["charging_periods"]
    assert [dimension["type"] for dimension in periods[0]["dimensions"]] == ["ENERGY", "TIME"]
    assert periods[1]["dimensions"] == [{"type": "TIME", "volume": 0}]


def test_flat_is_no_quantity_any_more() -> None:
    # CNV-85
    flat = {"type": "FLAT", "volume": 1}
    body = placed(example("cdr", "2.1.1"), "/charging_periods/0/dimensions/1", flat)
    body = placed(body, "/charging_periods/1/dimensions", [flat])
    periods = up("cdr", body)["charging_periods"]
    assert [dimension["type"] for dimension in periods[0]["dimensions"]] == ["ENERGY"]
    assert periods[1]["dimensions"] == [{"type": "ENERGY", "volume": 0}]


def test_tariffs_in_a_cdr_are_history_whatever_they_were() -> None:
    # CNV-84, CNV-92, CNV-94 are about tariffs that are offered
    old = example("tariff", type="PROFILE_GREEN", end_date_time="2026-02-03T11:00:00Z")
    assert down("cdr", example("cdr", tariffs=[old])).object["tariffs"][0]["id"] == "STD-1"
