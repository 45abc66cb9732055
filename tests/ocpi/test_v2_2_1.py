"""2.2.1 and 2.3.0, row by row (ledger section 4.3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi.reading import read
from chalicelib.ocpi.writing import Writing, write
from tests.ocpi.samples import example, placed, without


def up(kind: str, body: Any) -> Any:
    return read(kind, body, "2.2.1").object


def down(kind: str, body: Any) -> Writing:
    return write(kind, body, "2.2.1")


def lost(writing: Writing) -> dict[str, str]:
    return {loss.pointer: loss.code for loss in writing.losses}


@pytest.mark.parametrize("name", ["token", "session_reservation", "evse", "stop_session", "command_result"])
def test_what_does_not_differ_is_not_copied(name: str) -> None:
    # CNV-239; the cheapest conversion is none
    body = example(name, "2.2.1")
    assert up(name.removesuffix("_reservation"), body) is body


def test_unknown_fields_pass_both_ways() -> None:
    # CNV-201
    body = placed(example("location", "2.2.1"), "/evses/0/x_own", 1)
    assert up("location", body)["evses"][0]["x_own"] == 1
    assert down("location", body).object["evses"][0]["x_own"] == 1


@pytest.mark.parametrize(
    ("path", "word"),
    [
        ("/evses/0/capabilities/1", "CNV202"),
        ("/evses/0/parking_restrictions/1", "TAXIS"),  # CNV-216
        ("/facilities/1", "SAUNA"),  # CNV-222
    ],
)
def test_a_word_that_2_2_1_lacks_leaves_its_list(path: str, word: str) -> None:
    # CNV-202
    writing = down("location", placed(example("location"), path, word))
    assert word not in str(writing.object)
    assert lost(writing)[path] == "unknown_enum"


def test_a_word_that_2_2_1_lacks_in_an_optional_field_takes_the_field_along() -> None:
    # CNV-202, CNV-222
    writing = down("location", example("location", parking_type="ON_ROOF"))
    assert "parking_type" not in writing.object
    assert lost(writing)["/parking_type"] == "unknown_enum"


def test_a_required_word_that_2_2_1_lacks_takes_the_smallest_list_entry_along() -> None:
    # CNV-P5, CNV-218: the Connector, then its EVSE as it has no other
    writing = down("location", example("location"))
    assert [evse["uid"] for evse in writing.object["evses"]] == ["3256", "3258"]
    assert lost(writing)["/evses/1/connectors/0/standard"] == "unknown_enum"
    assert down("connector", example("connector", standard="MCS")).object is None


def test_the_tesla_plug_goes_by_its_older_name() -> None:
    # CNV-218
    body = placed(example("location"), "/evses/0/connectors/0/standard", "SAE_J3400")
    writing = down("location", body)
    assert writing.object["evses"][0]["connectors"][0]["standard"] == "TESLA_S"
    assert lost(writing)["/evses/0/connectors/0/standard"] == "changed"


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("location", "parking_places"),  # CNV-211
        ("location", "help_phone"),  # CNV-212
        ("evse", "parking"),  # CNV-213, CNV-219
        ("evse", "accepted_service_providers"),  # CNV-214
        ("connector", "capabilities"),  # CNV-217
    ],
)
def test_what_2_2_1_has_no_field_for_is_reported(kind: str, path: str) -> None:
    body = example(kind) if kind != "connector" else example("evse")["connectors"][1]
    writing = down(kind, body)
    assert path not in writing.object
    assert lost(writing)[f"/{path}"] == "not_in_version"
    assert path not in up(kind, writing.object)


def test_what_2_2_1_has_no_field_for_is_reported_inside_a_list() -> None:
    # CNV-217; here the standard is one that both know
    body = placed(example("location"), "/evses/0/connectors/0/capabilities", ["ISO_15118_2_PLUG_AND_CHARGE"])
    body = placed(body, "/evses/2/connectors/0/capabilities", [])
    writing = down("location", body)
    connectors = [connector for evse in writing.object["evses"] for connector in evse["connectors"]]
    assert not any("capabilities" in connector for connector in connectors)
    told = {pointer: code for pointer, code in lost(writing).items() if "capabilities" in pointer}
    assert told["/evses/0/connectors/0/capabilities"] == "not_in_version"
    assert "/evses/2/connectors/0/capabilities" not in told  # there was nothing to lose


def test_a_word_that_is_none_takes_its_object_along() -> None:
    # CNV-P5; kept as a partner sent it and judged by nobody
    writing = down("evse", placed(example("evse"), "/connectors/0/standard", ["IEC_62196_T2"]))
    assert [connector["id"] for connector in writing.object["connectors"]] == ["2"]
    assert lost(writing)["/connectors/0/standard"] == "wrong_type"


def test_parking_restrictions_that_both_know_pass() -> None:
    # CNV-215
    body = example("evse", parking_restrictions=["MOTORCYCLES", "CUSTOMERS"])
    assert down("evse", body).object["parking_restrictions"] == ["MOTORCYCLES", "CUSTOMERS"]


def test_the_role_hub_becomes_a_hub_party_id_and_back() -> None:
    # CNV-203, CNV-204, CNV-210, AMB-19
    older = example("credentials_hub", "2.2.1")
    assert older["roles"][0]["role"] == "HUB"
    newer = up("credentials", older)
    assert newer["hub_party_id"] == "DEHUB"
    assert newer["roles"][0]["role"] == "OTHER"
    assert down("credentials", newer).object == older


def test_a_2_2_1_partner_sees_of_a_hub_the_hub_alone() -> None:
    # CNV-203
    hub = example("credentials_hub")
    hub["roles"].insert(0, example("credentials")["roles"][0])
    writing = down("credentials", hub)
    assert [role["role"] for role in writing.object["roles"]] == ["HUB"]
    assert writing.object["roles"][0]["party_id"] == "HUB"
    assert "hub_party_id" not in writing.object
    assert "/roles" in lost(writing)


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ({"excl_vat": Decimal("10.00")}, {"before_taxes": Decimal("10.00")}),
        (
            {"excl_vat": Decimal("10.00"), "incl_vat": Decimal("12.10")},
            {"before_taxes": Decimal("10.00"), "taxes": [{"name": "VAT", "amount": Decimal("2.10")}]},
        ),
        ({"excl_vat": 5, "incl_vat": 5}, {"before_taxes": 5, "taxes": [{"name": "VAT", "amount": 0}]}),
        (
            {"excl_vat": Decimal("0.0001"), "incl_vat": 1},
            {"before_taxes": Decimal("0.0001"), "taxes": [{"name": "VAT", "amount": Decimal("0.9999")}]},
        ),
    ],
)
def test_a_price_is_the_same_in_both_versions(older: Any, newer: Any) -> None:
    # CNV-205, CNV-206, CNV-207, TYP-11, TYP-12
    body = without(example("session", "2.2.1"), "/total_cost") | {"total_cost": older}
    assert up("session", body)["total_cost"] == newer
    assert down("session", up("session", body)).object["total_cost"] == older


@pytest.mark.parametrize("taxes", [None, []])
def test_no_taxes_listed_means_not_stated(taxes: Any) -> None:
    # AMB-57, CNV-205
    body = example("session") | {"total_cost": {"before_taxes": 4, "taxes": taxes}}
    assert down("session", body).object["total_cost"] == {"excl_vat": 4}


def test_of_several_taxes_the_sum_is_written_and_the_rest_reported() -> None:
    taxes = [
        {"name": "QST", "percentage": 9, "amount": Decimal("0.399")},
        {"name": "GST", "amount": Decimal("0.20")},
    ]
    writing = down("session", example("session") | {"total_cost": {"before_taxes": 4, "taxes": taxes}})
    assert writing.object["total_cost"] == {"excl_vat": 4, "incl_vat": Decimal("4.599")}
    assert lost(writing) == {"/total_cost/taxes": "changed"}


def test_every_price_of_a_cdr_is_converted() -> None:
    # CNV-207
    newer, older = example("cdr"), down("cdr", example("cdr")).object
    prices = [name for name in newer if name.startswith("total_") and name.endswith("cost")]
    assert len(prices) == 6
    assert all("excl_vat" in older[name] and "before_taxes" not in older[name] for name in prices)
    assert older["total_time_cost"] == {"excl_vat": 0, "incl_vat": 0}


def test_price_limits_only_change_their_names() -> None:
    # CNV-233
    older = down("tariff", example("tariff")).object
    assert older["min_price"] == {"excl_vat": Decimal("0.50"), "incl_vat": Decimal("0.605")}
    assert older["max_price"] == {"excl_vat": 30}
    assert up("tariff", older)["min_price"] == example("tariff")["min_price"]


def test_2_2_1_prices_exclude_taxes() -> None:
    # CNV-230
    older = example("tariff", "2.2.1")
    assert "tax_included" not in older
    assert up("tariff", older)["tax_included"] == "NO"
    assert down("tariff", up("tariff", older)).object == older


def test_a_2_2_1_partner_never_sees_tax_included() -> None:
    # CNV-230, CNV-234
    assert "tax_included" not in down("tariff", example("tariff")).object
    assert "tax_included" not in down("cdr", example("cdr")).object["tariffs"][0]


def test_without_taxes_no_rate_is_written() -> None:
    # CNV-230
    writing = down("tariff", example("tariff", tax_included="N/A"))
    assert "'vat'" not in str(writing.object["elements"])
    assert lost(writing)["/elements/0/price_components/0/vat"] == "changed"


def test_a_gross_price_of_known_rate_is_written_net() -> None:
    # CNV-231: 0.3025 with 21 %
    writing = down("tariff", example("tariff_gross"))
    assert writing.object["elements"][0]["price_components"][0] == {
        "type": "ENERGY",
        "price": Decimal("0.25"),
        "vat": 21,
        "step_size": 1,
    }
    assert lost(writing) == {"/elements/0/price_components/0/price": "changed"}


def test_a_net_price_has_four_decimals() -> None:
    # CNV-231
    body = placed(example("tariff_gross"), "/elements/0/price_components/0/price", 1)
    component = down("tariff", body).object["elements"][0]["price_components"][0]
    assert component["price"] == Decimal("0.8264")


@pytest.mark.parametrize("vat", [None, -100])
def test_a_gross_price_of_unknown_rate_suppresses_the_tariff(vat: Any) -> None:
    # CNV-231
    body = placed(example("tariff_gross"), "/elements/0/price_components/0/vat", vat)
    writing = down("tariff", body)
    assert writing.object is None
    assert lost(writing) == {"/elements/0/price_components/0": "net_price_unknown"}


def test_a_tariff_in_a_cdr_that_cannot_be_said_leaves_the_cdr_whole() -> None:
    # CNV-P5, CNV-234
    writing = down("cdr", example("cdr", tariffs=[example("tariff"), example("tariff_north_america")]))
    assert [tariff["id"] for tariff in writing.object["tariffs"]] == ["STD-1"]
    assert lost(writing)["/tariffs/1/elements/0/price_components/0"] == "net_price_unknown"


def test_signed_data_passes_untouched() -> None:
    # CNV-235
    assert down("cdr", example("cdr")).object["signed_data"] == example("cdr")["signed_data"]


@pytest.mark.parametrize("word", ["EMAID", "IRIS_SCAN"])
def test_a_token_type_that_2_2_1_lacks_is_other(word: str) -> None:
    # CNV-237: in Token, CdrToken and PublishToken
    assert down("token", example("token", type=word)).object["type"] == "OTHER"
    session = down("session", placed(example("session"), "/cdr_token/type", word))
    assert session.object["cdr_token"]["type"] == "OTHER"
    assert lost(session)["/cdr_token/type"] == "changed"
    location = down("location", placed(example("location_private"), "/publish_allowed_to/0/type", word))
    assert location.object["publish_allowed_to"][0]["type"] == "OTHER"


def test_a_cdr_location_keeps_its_short_limits() -> None:
    # CNV-240
    body = placed(example("cdr", "2.2.1"), "/cdr_location/state", "s" * 30)
    assert [finding.code for finding in read("cdr", body, "2.2.1").findings] == ["too_long"]


def test_modules_that_2_2_1_lacks_are_not_announced() -> None:
    # CNV-209, CNV-241
    body = example("version_details") | {"version": "2.2.1"}
    body["endpoints"].append(
        {"identifier": "invoicereconciliation", "role": "SENDER", "url": "https://a.example/i"}
    )
    identifiers = [endpoint["identifier"] for endpoint in down("version_details", body).object["endpoints"]]
    assert identifiers == ["credentials", "locations"]


def test_a_credit_cdr_is_the_same_in_both_versions() -> None:
    body = down("cdr", example("cdr_credit")).object
    assert (body["credit"], body["credit_reference_id"]) == (True, "CDR-0001")
    assert body["total_cost"] == {"excl_vat": Decimal("-4.00"), "incl_vat": Decimal("-4.84")}


@pytest.mark.parametrize("vat", [0, Decimal("0.0"), None])
def test_no_rate_and_a_rate_of_zero_stay_what_they_are(vat: Any) -> None:
    # CNV-232, TAR-24
    path = "/elements/3/price_components/1"
    component = {"type": "PARKING_TIME", "price": 2, "step_size": 900} | ({} if vat is None else {"vat": vat})
    body = placed(example("tariff", "2.2.1"), path, component)
    assert down("tariff", up("tariff", body)).object["elements"][3]["price_components"][1] == component


def test_parking_time_is_the_same_word_in_all_versions() -> None:
    # CNV-236, AMB-51
    body = placed(example("cdr"), "/charging_periods/0/dimensions/1/type", "PARKING_TIME")
    for version in ("2.2.1", "2.1.1"):
        dimensions = write("cdr", body, version).object["charging_periods"][0]["dimensions"]
        assert dimensions[1]["type"] == "PARKING_TIME"


def test_ids_of_evses_and_contracts_are_of_any_form() -> None:
    # CNV-220, TYP-19: a wording, not a rule
    assert up("evse", example("evse", "2.2.1", evse_id="whatever 1"))["evse_id"] == "whatever 1"


@pytest.mark.parametrize("number", ["2.0", "2.1.1", "2.2.1", "2.3.0", "2.9"])
def test_version_numbers_are_open(number: str) -> None:
    # CNV-208
    listed = [{"version": number, "url": "https://a.example/"}]
    assert read("versions", listed, "2.2.1").findings == ()


def test_an_old_address_limit_is_not_asked_for() -> None:
    # CNV-221: the current text of 2.2.1 has 255
    assert down("location", example("location", address="a" * 200)).object["address"] == "a" * 200
