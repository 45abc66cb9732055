"""What we send is checked strictly: nothing that the specification forbids gets out."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi import jsontext, models
from chalicelib.ocpi.models.base import Enum, Model
from chalicelib.ocpi.writing import check, fits, within, write
from tests.ocpi.samples import NOW, example, kind_of, names, placed, without

EVERY = [(version, name) for version in ("2.1.1", "2.2.1", "2.3.0") for name in names(version)]


def found(kind: str, obj: Any, version: str = "2.3.0", **more: Any) -> dict[str, str]:
    return {finding.pointer: finding.code for finding in check(kind, obj, version, **more)}


@pytest.mark.parametrize(("version", "name"), EVERY)
def test_every_example_is_fine(version: str, name: str) -> None:
    assert check(kind_of(name), example(name, version), version) == ()


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("/id", "x" * 37, "too_long"),
        ("/id", "é", "malformed"),
        ("/id", 5, "wrong_type"),
        ("/name", "x" * 256, "too_long"),
        ("/name", "a\tb", "malformed"),
        ("/address", "a" * 256, "too_long"),
        ("/help_phone", "0" * 26, "too_long"),
        ("/country", "be", "malformed"),  # LOC-68
        ("/country", "NL", "malformed"),
        ("/coordinates/latitude", "51.0", "malformed"),  # LOC-69
        ("/directions/0/language", "nld", "too_long"),  # TYP-10
        ("/operator/website", "www.example.com", "malformed"),  # TYP-09
        ("/operator/website", "https://e.com/" + "x" * 255, "too_long"),
        ("/last_updated", "2026-02-03T10:15:00+00:00", "malformed"),  # TYP-06
        ("/last_updated", "2026-02-03T10:15:00.123456Z", "malformed"),  # AMB-37
        ("/last_updated", "2026-02-30T10:15:00Z", "malformed"),
        ("/evses/0/status", "BROKEN", "unknown_enum"),
        ("/evses/0/connectors/0/power_type", "ac", "unknown_enum"),
        ("/evses/0/connectors/0/max_voltage", Decimal("230.0"), "wrong_type"),
        ("/evses/0/connectors/0/max_voltage", -1, "out_of_range"),
        ("/energy_mix/environ_impact/0/amount", Decimal("1.00001"), "too_long"),  # AMB-38
        ("/energy_mix/environ_impact/0/amount", "1", "wrong_type"),  # TYP-08
        ("/energy_mix/environ_impact/0/amount", 0.5, "wrong_type"),
        ("/opening_times/regular_hours/0/weekday", 8, "out_of_range"),  # LOC-81
        ("/opening_times/regular_hours/0/period_begin", "6:00", "malformed"),
        ("/images/0/type", "jpegs", "too_long"),
        ("/images/0/width", 100_000, "out_of_range"),
        ("/evses/0/connectors", [], "empty"),
        ("/city", None, "missing"),
    ],
)
def test_a_value_out_of_bounds_is_found_at_its_place(path: str, value: Any, code: str) -> None:
    assert found("location", placed(example("location"), path, value)) == {path: code}


def test_everything_wrong_is_found_at_once() -> None:
    assert found("token", {"uid": "x" * 40, "type": 5}).keys() == {
        *("/uid", "/type", "/country_code", "/party_id", "/contract_id", "/issuer", "/valid", "/whitelist"),
        "/last_updated",
    }


@pytest.mark.parametrize("body", [None, [], "x", 5])
def test_what_is_no_object_is_found(body: Any) -> None:
    assert found("token", body) == {"": "wrong_type"}


def test_open_enums_are_open_in_2_3_0_only() -> None:
    # TYP-13, CNV-202
    body = placed(example("location", "2.2.1"), "/facilities/0", "SAUNA")
    assert found("location", body, "2.2.1") == {"/facilities/0": "unknown_enum"}
    assert found("location", body) == {}


def test_words_and_limits_are_those_of_the_version() -> None:
    assert found("credentials", example("credentials_hub", "2.2.1"), "2.2.1") == {}
    assert found("credentials", example("credentials_hub", "2.2.1")) == {"/roles/0/role": "unknown_enum"}
    assert found("location", example("location", "2.1.1", address="a" * 46), "2.1.1") == {
        "/address": "too_long"
    }
    assert found("cdr", example("cdr", "2.1.1", id="C" * 37), "2.1.1") == {"/id": "too_long"}
    coordinates = placed(example("location", "2.1.1"), "/coordinates/latitude", "51.04760")
    assert found("location", coordinates, "2.1.1") == {"/coordinates/latitude": "malformed"}


def test_our_patches_have_no_nulls() -> None:
    # AMB-11, LOC-50
    assert found("evse", {"status": "CHARGING", "last_updated": NOW}, partial=True) == {}
    assert found("evse", {"evse_id": None, "last_updated": NOW}, partial=True) == {"/evse_id": "null"}


def test_unknown_fields_are_ours_to_send() -> None:
    # CNV-201
    assert found("token", example("token", x_own=1)) == {}


# One field against another


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("/evses/1/uid", "3256", "/evses/1/uid"),  # LOC-60
        ("/evses/0/connectors/1/id", "1", "/evses/0/connectors/1/id"),  # LOC-62
        ("/evses/0/parking/0/parking_id", "P9", "/evses/0/parking/0/parking_id"),  # LOC-91
        ("/evses/0/last_updated", "2026-02-03T10:15:00.001Z", "/evses/0/last_updated"),  # LOC-87
        ("/opening_times/twentyfourseven", True, "/opening_times/regular_hours"),  # LOC-78
        ("/opening_times/regular_hours", [], "/opening_times/regular_hours"),
        (
            "/opening_times/regular_hours/0/period_end",
            "05:00",
            "/opening_times/regular_hours/0/period_end",
        ),  # LOC-81
        ("/energy_mix/energy_sources/0/percentage", 70, "/energy_mix/energy_sources"),  # LOC-83
    ],
)
def test_the_parts_of_a_location_fit_together(path: str, value: Any, where: str) -> None:
    assert list(found("location", placed(example("location"), path, value))) == [where]


def test_parkings_are_named_once() -> None:
    # LOC-90
    body = example("location")
    assert list(found("location", body | {"parking_places": body["parking_places"] * 2})) == [
        "/parking_places/1/id"
    ]


def test_a_publish_token_has_what_its_fields_need() -> None:
    body = example("location_private", publish_allowed_to=[{"uid": "1"}, {"visual_number": "2"}])
    assert found("location", body).keys() == {"/publish_allowed_to/0/type", "/publish_allowed_to/1/issuer"}


@pytest.mark.parametrize("word", ["CURRENT", "ENERGY_EXPORT", "ENERGY_IMPORT", "POWER", "STATE_OF_CHARGE"])
def test_dimensions_of_sessions_are_not_in_cdrs(word: str) -> None:
    # CDR-34
    path = "/charging_periods/0/dimensions/0/type"
    assert found("cdr", placed(example("cdr"), path, word)) == {path: "not_in_cdrs"}
    assert found("session", placed(example("session"), path, word)) == {}


def test_a_credit_cdr_names_the_one_it_credits_and_only_it_does() -> None:
    # CDR-06, CDR-08, CDR-21
    assert found("cdr", without(example("cdr_credit"), "/credit_reference_id")) == {
        "/credit_reference_id": "missing"
    }
    assert found("cdr", example("cdr_credit", id="cdr-0001")) == {"/id": "inconsistent"}
    assert found("cdr", example("cdr", credit_reference_id="X")) == {"/credit_reference_id": "inconsistent"}
    assert found("cdr", example("cdr", id="C" * 37)) == {"/id": "too_long"}
    assert found("cdr", example("cdr_credit", id="C" * 39)) == {}


def test_an_element_prices_a_dimension_once() -> None:
    # TAR-12
    path = "/elements/2/price_components/1/type"
    assert found("tariff", placed(example("tariff"), path, "ENERGY")) == {path: "duplicate"}
    inside = "/tariffs/0" + path
    assert found("cdr", placed(example("cdr"), inside, "ENERGY")) == {inside: "duplicate"}


def test_a_connector_is_named_within_its_evse() -> None:
    # CMD-38
    assert found("start_session", without(example("start_session"), "/evse_uid")) == {"/evse_uid": "missing"}


def test_a_profile_comes_exactly_with_acceptance() -> None:
    # CHP-17
    body = example("active_charging_profile_result")
    assert found("active_charging_profile_result", body | {"result": "REJECTED"}) == {
        "/profile": "inconsistent"
    }
    assert found("active_charging_profile_result", {"result": "ACCEPTED"}) == {"/profile": "inconsistent"}


def test_limits_of_profiles_have_one_decimal() -> None:
    # CHP-45
    path = "/charging_profile/charging_profile_period/0/limit"
    assert found("set_charging_profile", placed(example("set_charging_profile"), path, Decimal("7.25"))) == {
        path: "too_long"
    }


def test_credentials_name_a_role_of_a_party_once() -> None:
    body = example("credentials")
    assert list(found("credentials", body | {"roles": body["roles"][:1] * 2})) == ["/roles/1"]


@pytest.mark.parametrize("token", ["with space", "", "é", "x" * 65])
def test_a_credentials_token_is_printable_ascii_without_white_space(token: str) -> None:
    # CRE-54
    assert list(found("credentials", example("credentials", token=token))) == ["/token"]


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0"])
def test_the_address_of_a_cdr_is_cut_when_it_is_sent_and_not_refused(version: str) -> None:
    # AMB-54, CNV-240: a refused CDR costs money
    place = example("cdr", version)["cdr_location"] | {"address": "a" * 255, "state": "s" * 45}
    body = example("cdr", version, cdr_location=place)
    assert check("cdr", body, version) == ()
    assert not fits("cdr", jsontext.dumps(body))
    writing = within("cdr", body, version)
    assert writing.object["cdr_location"] == place | {"address": "a" * 45, "state": "s" * 20}
    assert {loss.pointer for loss in writing.losses} == {"/cdr_location/address", "/cdr_location/state"}
    longer = placed(body, "/cdr_location/address", "a" * 256)
    assert found("cdr", longer, version) == {"/cdr_location/address": "too_long"}


def test_a_cdr_whose_address_is_short_enough_is_sent_as_it_is() -> None:
    # AMB-54
    body = example("cdr")
    assert fits("cdr", jsontext.dumps(body))
    assert within("cdr", body, "2.3.0").object is body
    quoted = placed(body, "/cdr_location/address", '"' + "a" * 45)
    assert not fits("cdr", jsontext.dumps(quoted))
    older = write("cdr", placed(body, "/cdr_location/address", "a" * 60), "2.2.1")
    assert older.object["cdr_location"]["address"] == "a" * 45


def test_words_and_texts_are_told_apart_by_case() -> None:
    # TYP-04, TYP-02
    assert found("evse", example("evse", status="available")) == {"/status": "unknown_enum"}
    assert found("token", example("token", whitelist="Always")) == {"/whitelist": "unknown_enum"}


@pytest.mark.parametrize(
    ("version", "text", "codes"),
    [
        ("2.2.1", "Zürich 漢", {}),
        ("2.3.0", "Zürich 漢", {}),
        ("2.3.0", "two\nlines", {"/city": "malformed"}),
        ("2.2.1", "a\x07bell", {"/city": "malformed"}),
        ("2.1.1", "a\x7fdelete", {"/city": "malformed"}),
    ],
)
def test_a_string_is_printable(version: str, text: str, codes: dict[str, str]) -> None:
    # TYP-02; in 2.1.1 it is ASCII for partners that take no more (TYP-03, CNV-09: tests/partners)
    assert found("location", example("location", version, city=text), version) == codes


def test_words_of_our_own_making_are_named_as_rfc_6648_has_it() -> None:
    # TYP-14: no X- for what is new; we add no words to an open enum
    for kind in models.KINDS:
        for enum in _enums(models.model(kind)):
            assert not [word for word in enum.newest if word.upper().startswith(("X-", "X_"))]


def _enums(model: Model) -> Iterator[Enum]:
    for row in model.rows:
        if isinstance(row.type, Enum):
            yield row.type
        elif isinstance(row.type, Model):
            yield from _enums(row.type)
