"""What partners send is read leniently, and refused only where it cannot be used (AMB-03, AMB-04)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi import jsontext, models
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.models import validators
from chalicelib.ocpi.patching import merge
from chalicelib.ocpi.reading import read
from tests.ocpi.samples import EMSP, NOW, OWNER, example, kind_of, names, placed, without

EVERY = [(version, name) for version in ("2.1.1", "2.2.1", "2.3.0") for name in names(version)]


def codes(reading: Any) -> dict[str, str]:
    return {finding.pointer: finding.code for finding in reading.findings}


def refused(kind: str, body: Any, version: str = "2.3.0", **more: Any) -> InvalidParameters:
    with pytest.raises(InvalidParameters) as problem:
        read(kind, body, version, **more)
    assert problem.value.status_code == 2001
    return problem.value


@pytest.mark.parametrize(("version", "name"), EVERY)
def test_every_example_is_read_without_a_finding(version: str, name: str) -> None:
    reading = read(kind_of(name), example(name, version), version, owner=OWNER, emsp=EMSP)
    assert reading.findings == ()


@pytest.mark.parametrize(("version", "name"), EVERY)
def test_every_example_takes_the_fast_way(version: str, name: str) -> None:
    assert validators.validate(models.model(kind_of(name)), version, False)(example(name, version))


@pytest.mark.parametrize("name", names("2.3.0"))
def test_a_2_3_0_object_comes_back_as_it_was_sent(name: str) -> None:
    body = example(name)
    assert jsontext.dumps(read(kind_of(name), body, "2.3.0").object) == jsontext.dumps(body)


def test_unknown_fields_survive_at_every_depth() -> None:
    body = example("location", x_own={"a": [1]})
    body = placed(body, "/evses/0/connectors/0/x_cable", "5 m")
    for version in ("2.3.0", "2.2.1"):
        canonical = read("location", body, version).object
        assert canonical["x_own"] == {"a": [1]}
        assert canonical["evses"][0]["connectors"][0]["x_cable"] == "5 m"


def test_an_unknown_word_of_an_open_enum_is_no_finding() -> None:
    # TYP-13, CNV-202
    body = placed(example("location"), "/evses/0/capabilities/0", "TELEPATHY")
    assert read("location", body, "2.3.0").findings == ()


def test_an_unknown_word_in_an_optional_closed_enum_is_set_aside_and_noted() -> None:
    # AMB-03
    reading = read("token", example("token", default_profile_type="LAZY"), "2.2.1")
    assert codes(reading) == {"/default_profile_type": "unknown_enum"}
    assert "default_profile_type" not in reading.object


def test_an_unknown_word_in_a_restriction_makes_its_element_never_apply() -> None:
    body = placed(example("tariff"), "/elements/1/restrictions/day_of_week/0", "CATURDAY")
    reading = read("tariff", body, "2.3.0")
    assert codes(reading) == {"/elements/1/restrictions/day_of_week/0": "unknown_enum"}
    limits = reading.object["elements"][1]["restrictions"]
    assert "day_of_week" not in limits
    assert limits["max_duration"] == 0


def test_a_restriction_that_nobody_knows_makes_its_element_never_apply() -> None:
    body = placed(example("tariff"), "/elements/1/restrictions/moon_phase", "FULL")
    reading = read("tariff", body, "2.3.0")
    assert codes(reading) == {"/elements/1/restrictions/moon_phase": "unknown_restriction"}
    assert reading.object["elements"][1]["restrictions"]["max_duration"] == 0


def test_an_unknown_word_in_a_required_closed_enum_is_refused_with_its_place() -> None:
    # AMB-03
    problem = refused("evse", placed(example("evse"), "/status", "ON_FIRE"))
    assert problem.pointer == "/status"
    assert "ON_FIRE" in problem.message


def test_the_reserved_of_the_flow_text_is_the_reservation_of_the_enum() -> None:
    # AMB-31
    reading = read("session", example("session", "2.2.1", status="RESERVED"), "2.2.1")
    assert reading.object["status"] == "RESERVATION"
    assert codes(reading) == {"/status": "coerced"}


def test_text_that_is_too_long_is_kept_and_noted() -> None:
    # AMB-04, AMB-54
    reading = read("cdr", placed(example("cdr"), "/cdr_location/address", "a" * 200), "2.3.0")
    assert codes(reading) == {"/cdr_location/address": "too_long"}
    assert len(reading.object["cdr_location"]["address"]) == 200


@pytest.mark.parametrize("wrong", ["x" * 37, "", " ", "a\nb", "é", {}, True])
def test_an_identifier_that_cannot_be_a_key_is_refused(wrong: Any) -> None:
    # AMB-04, TYP-01
    assert refused("session", example("session", id=wrong)).pointer == "/id"


def test_2_1_1_location_ids_may_have_39_characters_and_its_cdr_ids_36() -> None:
    # CNV-10, CNV-31, CNV-41, CNV-75, TYP-18
    long = "L" * 39
    assert read("location", example("location", "2.1.1", id=long), "2.1.1", owner=OWNER).object["id"] == long
    assert refused("location", example("location", id=long)).pointer == "/id"
    assert refused("cdr", example("cdr", "2.1.1", id="C" * 37), "2.1.1").pointer == "/id"
    assert read("cdr", example("cdr", id="C" * 39), "2.3.0").findings == ()


def test_a_number_for_a_string_is_taken_for_its_text() -> None:
    # AMB-76: a numeric physical_reference
    reading = read("evse", example("evse", physical_reference=3), "2.2.1")
    assert reading.object["physical_reference"] == "3"
    assert codes(reading) == {"/physical_reference": "coerced"}


@pytest.mark.parametrize(
    ("missing", "read_as"),
    [
        ("power_type", None),
        ("format", None),
        ("standard", None),
        ("max_voltage", 0),
        ("max_amperage", 0),
        ("last_updated", NOW),
    ],
)
def test_a_connector_that_does_not_state_everything_is_read(missing: str, read_as: Any) -> None:
    # AMB-76, LOC-45: the charge point is there, whatever is said of its power
    body = without(example("evse"), f"/connectors/0/{missing}")
    reading = read("evse", body, "2.2.1", now=NOW)
    assert codes(reading) == {f"/connectors/0/{missing}": "missing"}
    assert reading.object["connectors"][0].get(missing) == read_as


def test_null_and_absence_are_one_for_optional_fields_and_lists() -> None:
    # TYP-15, TYP-16
    assert read("location", example("location") | {"evses": None, "name": None}, "2.3.0").findings == ()


@pytest.mark.parametrize("path", ["/id", "/coordinates", "/publish", "/party_id"])
def test_null_in_a_required_field_is_refused(path: str) -> None:
    # TYP-17
    assert refused("location", placed(example("location"), path, None)).pointer == path


def test_a_list_that_needs_an_entry_has_one() -> None:
    # TYP-17, LOC-86, CDR-25, TAR-10
    assert refused("evse", placed(example("evse"), "/connectors", [])).pointer == "/connectors"
    assert refused("cdr", example("cdr", charging_periods=[])).pointer == "/charging_periods"
    assert refused("tariff", example("tariff", elements=[])).pointer == "/elements"


@pytest.mark.parametrize("status", ["PLANNED", "removed"])
def test_an_evse_that_nobody_can_use_may_lack_connectors(status: str) -> None:
    # LOC-86
    for body in (placed(example("evse"), "/connectors", []), without(example("evse"), "/connectors")):
        reading = read("evse", {**body, "status": status}, "2.3.0")
        assert "connectors" not in reading.object
        assert reading.incomplete == ("/connectors",)


def test_an_evse_without_connectors_costs_its_siblings_nothing() -> None:
    # LOC-86
    whole = example("location")
    whole["evses"] = [whole["evses"][0], {**whole["evses"][0], "uid": "E2", "connectors": []}]
    reading = read("location", whole, "2.3.0")
    assert [each["uid"] for each in reading.object["evses"]] == [whole["evses"][0]["uid"]]
    assert codes(reading) == {"/evses/1/connectors": "empty"}


@pytest.mark.parametrize("body", [None, 5, "x", [], [{}, {}], True, Decimal("1.5")])
def test_a_body_that_is_no_object_is_refused(body: Any) -> None:
    assert refused("token", body).pointer == ""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/publish", "maybe"),
        ("/coordinates", []),
        ("/coordinates", "52,5"),
        ("/coordinates/latitude", "north"),
        ("/coordinates/longitude", "180.5"),
        ("/id", {}),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_with_its_place(path: str, value: Any) -> None:
    assert refused("location", placed(example("location"), path, value)).pointer == path


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("/evses", "many"),
        ("/evses/0", 7),
        ("/evses/0/connectors/0/tariff_ids", {"a": 1}),
        ("/facilities/0", {}),
        ("/energy_mix/energy_sources/0/percentage", True),
        ("/name", {"text": "x"}),
        ("/name", "\ud800"),
        ("/opening_times/exceptional_closings/0/period_begin", "yesterday"),
        ("/opening_times/exceptional_closings/0/period_begin", "2026-02-30T00:00:00Z"),
    ],
)
def test_an_optional_value_that_cannot_be_read_is_set_aside(path: str, value: Any) -> None:
    reading = read("location", placed(example("location"), path, value), "2.3.0")
    assert list(codes(reading)) == [path]


@pytest.mark.parametrize(
    ("path", "value", "read_as"),
    [
        ("/publish", "true", True),
        ("/publish", "FALSE", False),
        ("/name", 7, "7"),
        ("/id", 4711, "4711"),
        ("/id", " LOC1 ", "LOC1"),
        ("/facilities", "HOTEL", ["HOTEL"]),
        ("/opening_times", [{"twentyfourseven": "true"}], {"twentyfourseven": True}),
        ("/evses/0/status", "out of order", "OUTOFORDER"),
        ("/evses/0/status", "Out-Of_Order", "OUTOFORDER"),
        ("/evses/0/connectors/0/max_voltage", "230", 230),
        ("/evses/0/connectors/0/standard", "iec62196t2", "IEC_62196_T2"),
        ("/evses/0/connectors/0/tariff_ids", 12, ["12"]),
        ("/coordinates/latitude", Decimal("51.5"), "51.5"),
        ("/coordinates/latitude", "51,047599", "51.047599"),
        ("/country", "be", "BEL"),
        ("/last_updated", "2026-02-03", "2026-02-03T00:00:00Z"),
        ("/time_zone", "Europe/Atlantis", "Europe/Brussels"),
        ("/city", None, ""),
        ("/address", {}, ""),
    ],
)
def test_what_has_one_meaning_is_read_and_noted(path: str, value: Any, read_as: Any) -> None:
    reading = read("location", placed(example("location"), path, value), "2.3.0")
    assert all(found.startswith(path) for found in codes(reading))
    assert codes(reading)
    found: Any = reading.object
    for each in path.strip("/").split("/"):
        found = found[int(each)] if isinstance(found, list) else found[each]
    assert found == read_as


@pytest.mark.parametrize(
    ("sent", "read_as", "code"),
    [
        ("2026-02-03T10:15:00", "2026-02-03T10:15:00Z", None),
        ("2026-02-03T10:15:00.25Z", "2026-02-03T10:15:00.250Z", None),
        ("2026-02-03T10:15:00.123456Z", "2026-02-03T10:15:00.123Z", "coerced"),
        ("2026-02-03T11:15:00+01:00", "2026-02-03T10:15:00Z", "coerced"),
    ],
)
def test_a_datetime_of_any_accepted_form_is_read(sent: str, read_as: str, code: str | None) -> None:
    # AMB-37, TYP-05, TYP-06
    reading = read("token", example("token", last_updated=sent), "2.2.1")
    assert reading.object["last_updated"] == read_as
    assert codes(reading) == ({"/last_updated": code} if code else {})


def test_the_sentinel_for_an_unknown_time_is_read() -> None:
    # AMB-53, CDR-33
    cdr = read("cdr", example("cdr", "2.2.1", start_date_time="1970-1-1T00:00:00Z"), "2.2.1").object
    assert cdr["start_date_time"] == "1970-01-01T00:00:00Z"


def test_an_offset_at_the_edge_of_time_is_refused_not_fatal() -> None:
    refused("token", example("token", last_updated="0001-01-01T00:00:00+05:00"))


def test_a_voltage_with_a_fraction_is_rounded_and_noted() -> None:
    body = placed(example("location"), "/evses/0/connectors/0/max_voltage", Decimal("229.7"))
    reading = read("location", body, "2.3.0")
    assert reading.object["evses"][0]["connectors"][0]["max_voltage"] == 230
    assert codes(reading) == {"/evses/0/connectors/0/max_voltage": "coerced"}


def test_coordinates_out_of_form_are_kept_and_noted() -> None:
    # LOC-69
    reading = read("location", placed(example("location"), "/coordinates/latitude", "51.0"), "2.3.0")
    assert codes(reading) == {"/coordinates/latitude": "malformed"}


def test_a_step_size_of_zero_is_no_harm() -> None:
    # AMB-78, AMB-49
    body = placed(example("tariff"), "/elements/0/price_components/0/step_size", 0)
    assert read("tariff", body, "2.3.0").findings == ()


@pytest.mark.parametrize("place", ["tariff", "cdr"])
def test_a_tariff_without_tax_included_excludes_taxes(place: str) -> None:
    # AMB-56, AMB-80, CNV-234
    path = "/tax_included" if place == "tariff" else "/tariffs/0/tax_included"
    reading = read(place, without(example(place), path), "2.3.0")
    tariff = reading.object if place == "tariff" else reading.object["tariffs"][0]
    assert tariff["tax_included"] == "NO"
    assert codes(reading) == {path: "missing"}


def test_a_client_info_without_last_updated_takes_the_time_of_reception() -> None:
    # AMB-29, AMB-83, HCI-16
    body = without(example("client_info"), "/last_updated")
    reading = read("client_info", body, "2.2.1", now=NOW)
    assert reading.object["last_updated"] == NOW
    refused("client_info", body, "2.2.1")


def test_the_role_hub_of_older_partners_is_other() -> None:
    # CNV-203
    assert read("client_info", example("client_info", role="HUB"), "2.2.1").object["role"] == "OTHER"


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_prices_in_quotes_are_read(version: str) -> None:
    # CNV-86, AMB-63, TYP-08
    body = placed(example("cdr", version), "/tariffs/0/elements/0/price_components/0/price", "2.00")
    body["total_energy"] = "4.00"
    reading = read("cdr", body, version, owner=OWNER)
    assert reading.object["total_energy"] == Decimal("4.00")
    assert set(codes(reading).values()) == {"coerced"}


@pytest.mark.parametrize(
    ("version", "cost"),
    [
        ("2.3.0", {"excl_vat": Decimal("4.0"), "incl_vat": Decimal("4.84")}),
        ("2.2.1", {"before_taxes": 4, "taxes": [{"name": "VAT", "amount": Decimal("0.84")}]}),
        ("2.2.1", 4),
        ("2.3.0", "4"),
        ("2.1.1", {"excl_vat": 4}),
    ],
)
def test_a_price_in_the_words_of_another_version_is_read(version: str, cost: Any) -> None:
    # AMB-62, CNV-205
    reading = read("cdr", example("cdr", version, total_cost=cost), version, owner=OWNER)
    assert codes(reading) == {"/total_cost": "other_version"}
    assert reading.object["total_cost"]["before_taxes"] == 4
    if isinstance(cost, dict) and len(cost) > 1:
        assert reading.object["total_cost"]["taxes"][0]["amount"] == Decimal("0.84")


def test_a_field_under_its_name_in_another_version_is_read() -> None:
    body = example("session", "2.2.1")
    body["start_datetime"] = body.pop("start_date_time")
    reading = read("session", body, "2.2.1")
    assert codes(reading) == {"/start_datetime": "other_version"}
    assert reading.object["start_date_time"] == body["start_datetime"]


def test_every_fault_of_a_refused_object_is_told() -> None:
    problem = refused(
        "cdr", without(example("cdr"), "/currency", "/total_energy", "/charging_periods/0/start_date_time")
    )
    assert [each.pointer for each in problem.findings] == [
        "/charging_periods/0/start_date_time",
        "/currency",
        "/total_energy",
    ]
    assert "/currency" in problem.status_message
    assert "/total_energy" in problem.status_message


def test_of_two_evses_of_one_uid_the_last_counts() -> None:
    body = example("location")
    again = {**body["evses"][0], "status": "CHARGING"}
    reading = read("location", {**body, "evses": [*body["evses"], again]}, "2.3.0")
    assert codes(reading) == {"/evses/0/uid": "duplicate"}
    assert reading.object["evses"][-1]["status"] == "CHARGING"


@pytest.mark.parametrize("currency", ["EURO", "€", "", 978, "ABC", None])
def test_money_in_no_currency_is_refused(currency: Any) -> None:
    assert refused("tariff", placed(example("tariff"), "/currency", currency)).pointer == "/currency"


def test_a_currency_in_lower_case_is_read() -> None:
    assert read("tariff", example("tariff", currency="eur "), "2.3.0").object["currency"] == "EUR"


def test_binary_floats_of_a_lambda_payload_become_exact() -> None:
    assert read("session", example("session", kwh=0.1), "2.3.0").object["kwh"] == Decimal("0.1")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), Decimal("NaN"), Decimal("1e500"), 10**400])
def test_numbers_that_are_none_are_refused_or_kept_never_fatal(number: Any) -> None:
    try:
        read("session", example("session", kwh=number), "2.3.0")
    except InvalidParameters as problem:
        assert problem.pointer == "/kwh"


def test_a_huge_whole_number_is_not_read_where_an_int_belongs() -> None:
    body = placed(example("location"), "/evses/0/connectors/0/max_voltage", 10**30)
    assert codes(read("location", body, "2.3.0")) == {"/evses/0/connectors/0/max_voltage": "out_of_range"}


def test_a_lone_surrogate_in_an_identifier_is_refused_with_its_place() -> None:
    assert refused("location", example("location", id="\ud800")).pointer == "/id"


def test_a_pointer_escapes_what_json_pointer_escapes() -> None:
    from chalicelib.ocpi.findings import step

    assert step("/a", "b/c~d") == "/a/b~1c~0d"


def test_the_findings_of_a_hopeless_body_are_bounded() -> None:
    body = example("location", facilities=[""] * 5000)
    assert len(read("location", body, "2.3.0").findings) == 100


def test_a_field_of_a_newer_version_is_taken_if_it_is_sound() -> None:
    # AMB-03: partners run mixed minor versions
    assert (
        read("location", example("location", "2.2.1", help_phone="+32"), "2.2.1").object["help_phone"]
        == "+32"
    )


def test_a_field_of_a_newer_version_that_is_not_sound_is_set_aside() -> None:
    reading = read("location", example("location", "2.2.1", help_phone=5, parking_places="many"), "2.2.1")
    assert "parking_places" not in reading.object
    assert codes(reading)["/parking_places"] == "not_in_version"


def test_a_2_1_1_body_cannot_name_another_owner_than_its_url() -> None:
    # CNV-15, AMB-22
    body = example("token", "2.1.1", country_code="DE", party_id="XXX")
    token = read("token", body, "2.1.1", owner=EMSP).object
    assert (token["country_code"], token["party_id"]) == EMSP


def test_reading_changes_nothing_in_place() -> None:
    for version, name in EVERY:
        body = example(name, version)
        read(kind_of(name), body, version, owner=OWNER, emsp=EMSP)
        assert body == example(name, version)


# PATCH


@pytest.mark.parametrize("kind", ["location", "evse", "connector", "session", "token"])
def test_a_patch_without_last_updated_is_refused(kind: str) -> None:
    # TRA-49, LOC-48, SES-15, TOK-07
    assert refused(kind, {}, "2.2.1", partial=True).pointer == "/last_updated"


def test_a_2_1_1_patch_without_last_updated_gets_the_time_of_reception() -> None:
    # TRA-50, CNV-12
    assert read("evse", {"status": "CHARGING"}, "2.1.1", partial=True, now=NOW).object == {
        "status": "CHARGING",
        "last_updated": NOW,
    }


def test_a_patch_says_nothing_about_what_it_leaves_out() -> None:
    # TRA-47: no default of any version is filled in
    for version in ("2.1.1", "2.2.1", "2.3.0"):
        for kind in ("location", "evse", "connector", "session", "token"):
            body = {"last_updated": NOW}
            assert read(kind, body, version, partial=True, owner=OWNER, emsp=EMSP).object == body


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("location", "name", ""),
        ("location", "opening_times", []),
        ("evse", "floor_level", ""),
        ("evse", "coordinates", ""),
        ("connector", "terms_and_conditions", ""),
        ("session", "meter_id", {}),
        ("token", "visual_number", ""),
    ],
)
def test_what_says_that_there_is_none_clears_the_field_in_a_patch(
    kind: str, name: str, value: Any, version: str
) -> None:
    # TRA-50: as null does
    stored = example(kind, version) | {name: "x"}
    reading = read(kind, {name: value, "last_updated": NOW}, version, partial=True)
    assert codes(reading) == {f"/{name}": "empty"}
    assert name not in merge(kind, stored, reading.repaired, version)


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_names_spelled_otherwise_are_read_in_a_patch_by_its_time(version: str) -> None:
    # TRA-49: it is what every PATCH has
    sent = {"lastUpdated": "2026-02-03T10:00:00Z", "Status": "CHARGING", "floorLevel": "2"}
    reading = read("evse", sent, version, partial=True, now=NOW)
    assert reading.object == {
        "last_updated": "2026-02-03T10:00:00Z",
        "status": "CHARGING",
        "floor_level": "2",
    }
    assert set(codes(reading)) == {"/lastUpdated", "/Status", "/floorLevel"}


def test_null_for_a_required_field_in_a_patch_is_refused() -> None:
    # AMB-11
    assert refused("evse", {"status": None, "last_updated": NOW}, partial=True).pointer == "/status"


def test_the_evses_in_a_location_patch_may_be_partial_but_are_named() -> None:
    # AMB-10
    body = {"evses": [{"uid": "3256", "status": "CHARGING"}], "last_updated": NOW}
    assert read("location", body, "2.2.1", partial=True).object == body
    wrong = {"evses": [{"status": "CHARGING"}], "last_updated": NOW}
    assert refused("location", wrong, "2.2.1", partial=True).pointer == "/evses/0/uid"


def test_a_patch_with_a_wrong_value_is_refused_with_its_place() -> None:
    assert refused("session", {"kwh": "x", "last_updated": NOW}, partial=True).pointer == "/kwh"


# versions


def test_a_list_of_versions_is_read() -> None:
    listed = [
        {"version": "2.2", "url": "https://a.example/2.2"},
        {"version": "2.9-draft", "url": "https://a.example/"},
    ]
    assert read("versions", listed, "2.2.1").object == listed


@pytest.mark.parametrize("wrong", [[], {}, None, [5], [{"version": "2.2.1"}]])
def test_what_is_no_list_of_versions_is_refused(wrong: Any) -> None:
    refused("versions", wrong)


def test_version_details_of_another_number_are_read() -> None:
    # AMB-81
    assert read("version_details", example("version_details", version="2.2"), "2.2.1").findings == ()
