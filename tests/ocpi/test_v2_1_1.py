"""2.1.1 and 2.2.1, row by row: Locations, Tariffs, Tokens, commands (ledger section 4.2)."""

from __future__ import annotations

import zoneinfo
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.ocpi import charset, jsontext, surrogates
from chalicelib.ocpi.reading import read
from chalicelib.ocpi.versions import zones
from chalicelib.ocpi.writing import Writing, check, write
from tests.ocpi.samples import EMSP, NOW, OWNER, example, find, placed, token, without


def up(kind: str, body: Any, **more: Any) -> Any:
    return read(kind, body, "2.1.1", owner=more.pop("owner", OWNER), **more).object


def down(kind: str, body: Any, **more: Any) -> Writing:
    return write(kind, body, "2.1.1", find=find, now=NOW, **more)


def lost(writing: Writing) -> dict[str, str]:
    return {loss.pointer: loss.code for loss in writing.losses}


OLD = example("location", "2.1.1")


# Credentials, types


def test_2_1_1_credentials_are_those_of_one_party() -> None:
    # CNV-06, CRE-51
    older = example("credentials", "2.1.1")
    assert "roles" not in older
    newer = read("credentials", older, "2.1.1", role="CPO").object
    assert newer["roles"] == example("credentials")["roles"][:1]
    writing = down("credentials", example("credentials"))
    assert writing.object == older
    assert lost(writing) == {"/roles": "changed"}


def test_times_are_floored_to_seconds() -> None:
    # CNV-08, CNV-P6, TYP-07
    older = down("token", example("token_app_user")).object
    assert older["last_updated"] == "2026-02-03T10:15:00Z"
    assert down("session", example("session")).object["end_datetime"] == "2026-02-03T10:14:30Z"


def test_text_stays_utf_8() -> None:
    # CNV-09: most partners take it
    assert down("location", example("location", city="Liège")).object["city"] == "Liège"


def test_text_is_spelled_out_in_ascii_and_json_stays_json() -> None:
    # CNV-09, TYP-03; the switch that asks for it is proved in tests/partners/test_versions.py
    spelled = {
        "Liège, Ærø, Łódź": "Liege, AEro, Lodz",
        "Weiß über 5 €": "Weiss ueber 5 EUR",
        "漢": "?",
        "“say” ″＂＼": "'say' ???",
        "e\u0301": "e",
    }
    for text, ascii_ in spelled.items():
        assert jsontext.loads(charset.plain(jsontext.dumps({"name": text}))) == {"name": ascii_}


LONG = "*EXAMPLE*CHARGING*DE*BERLIN*00000012345"


def test_a_name_that_only_2_1_1_can_say_has_a_surrogate_elsewhere() -> None:
    # CNV-10, CNV-31, CNV-41: 39 characters stay inside and in 2.1.1, and are the same 36 for everybody else
    body = placed(OLD | {"id": LONG}, "/evses/0/uid", LONG)
    inside = up("location", body)
    assert inside["id"] == inside["evses"][0]["uid"] == LONG
    assert write("location", inside, "2.1.1", now=NOW).object["id"] == LONG
    for version in ("2.2.1", "2.3.0"):
        writing = write("location", inside, version)
        assert check("location", writing.object, version) == ()
        name = writing.object["id"]
        assert name == writing.object["evses"][0]["uid"] == surrogates.shortest(LONG)
        assert lost(writing) == {"/id": "changed", "/evses/0/uid": "changed"}
    assert (len(name), name[:23]) == (36, LONG[:23])
    assert surrogates.shortest(name) == name
    assert surrogates.shortest(LONG.lower()).upper() == name.upper()  # one name (AMB-36)
    others = {surrogates.shortest(f"{LONG[:35]}{at:04}") for at in range(10_000)}
    assert len(others) == 10_000


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("session", "/location_id"),
        ("cdr", "/cdr_location/id"),
        ("start_session", "/location_id"),
        ("reserve_now", "/evse_uid"),
        ("unlock_connector", "/location_id"),
        ("authorization_info", "/location/location_id"),
        ("location_references", "/evse_uids/0"),
    ],
)
def test_what_refers_to_such_a_name_has_the_same_surrogate(kind: str, path: str) -> None:
    # CNV-10, CNV-115
    body = placed(example(kind), path, LONG)
    for version in ("2.2.1", "2.3.0"):
        found: Any = write(kind, body, version).object
        for step in path.strip("/").split("/"):
            found = found[int(step)] if isinstance(found, list) else found[step]
        assert found == surrogates.shortest(LONG)


def test_cdr_ids_beyond_36_characters_do_not_pass_down() -> None:
    # CNV-10, CNV-44, CNV-62, CNV-75, CNV-91, CNV-101
    assert down("session", example("session", id="S" * 36)).object["id"] == "S" * 36
    writing = down("cdr", example("cdr", id="C" * 39))
    assert writing.object is None
    assert lost(writing)["/id"] == "too_long"


@pytest.mark.parametrize("kind", ["location", "session", "cdr", "tariff", "token"])
def test_the_owner_is_put_in_and_taken_out(kind: str) -> None:
    # CNV-15, CNV-30, CNV-61, CNV-74, CNV-90, CNV-100
    older = example(kind, "2.1.1")
    assert "party_id" not in older
    newer = up(kind, older, emsp=EMSP)
    assert (newer["country_code"], newer["party_id"]) == OWNER
    assert "party_id" not in down(kind, example(kind)).object


# Locations


def test_a_2_1_1_location_is_public() -> None:
    # CNV-32
    assert up("location", OLD)["publish"] is True
    assert "publish" not in down("location", example("location")).object


def test_an_unpublished_location_is_not_sent() -> None:
    # CNV-32, CNV-33
    writing = down("location", example("location_private"))
    assert writing.object is None
    assert lost(writing) == {"/publish": "not_published"}
    assert down("location", {"publish": False, "last_updated": NOW}, partial=True).object is None


@pytest.mark.parametrize("word", ["ON_STREET", "PARKING_GARAGE", "UNDERGROUND_GARAGE", "PARKING_LOT"])
def test_parking_types_that_both_know_pass(word: str) -> None:
    # CNV-34, CNV-57
    assert up("location", OLD | {"type": word})["parking_type"] == word
    assert down("location", example("location", parking_type=word)).object["type"] == word


@pytest.mark.parametrize("word", ["OTHER", "UNKNOWN"])
def test_a_parking_type_that_says_nothing_is_absent(word: str) -> None:
    # CNV-34
    newer = up("location", OLD | {"type": word})
    assert "parking_type" not in newer
    assert "type" not in newer


@pytest.mark.parametrize(
    ("word", "older"), [("ON_DRIVEWAY", "OTHER"), ("ALONG_MOTORWAY", "OTHER"), (None, "UNKNOWN")]
)
def test_a_parking_type_that_2_1_1_lacks_is_other_and_none_is_unknown(word: str | None, older: str) -> None:
    # CNV-34
    assert down("location", example("location", parking_type=word)).object["type"] == older


def test_an_address_is_cut_to_45_characters() -> None:
    # CNV-35
    writing = down("location", example("location", address="a" * 80))
    assert writing.object["address"] == "a" * 45
    assert lost(writing)["/address"] == "shortened"


@pytest.mark.parametrize("code", ["N/A", "#NA", ""])
def test_a_postal_code_that_stands_for_none_is_absent(code: str) -> None:
    # CNV-36
    assert "postal_code" not in up("location", OLD | {"postal_code": code})
    assert down("location", example("location", postal_code=None)).object["postal_code"] == "N/A"


def test_the_state_is_dropped() -> None:
    # CNV-37
    assert lost(down("location", example("location")))["/state"] == "not_in_version"


@pytest.mark.parametrize(
    ("country", "place", "zone"),
    [
        ("NLD", ("52.370216", "4.895168"), "Europe/Amsterdam"),
        ("BE", ("51.037000", "3.736000"), "Europe/Brussels"),  # AMB-63
        ("ESP", ("28.123500", "-15.436300"), "Atlantic/Canary"),
        ("ESP", ("40.416775", "-3.703790"), "Europe/Madrid"),
        ("USA", ("34.052235", "-118.243683"), "America/Los_Angeles"),
        ("USA", ("36.162664", "-86.781602"), "America/Chicago"),
        ("USA", ("40.712776", "-74.005974"), "America/New_York"),
        ("AUS", ("-31.950527", "115.860457"), "Australia/Perth"),
        ("XXX", ("-18.141600", "178.441900"), "Etc/GMT-12"),
        ("XXX", ("5.603717", "-0.186964"), "Etc/UTC"),
    ],
)
def test_a_missing_time_zone_is_that_of_the_place(country: str, place: tuple[str, str], zone: str) -> None:
    # CNV-38, LOC-64
    coordinates = dict(zip(("latitude", "longitude"), place, strict=True))
    body = without(OLD, "/time_zone") | {"country": country, "coordinates": coordinates}
    assert up("location", body)["time_zone"] == zone


def test_a_time_zone_that_is_given_stays() -> None:
    # CNV-38
    assert up("location", OLD | {"time_zone": "Europe/Paris"})["time_zone"] == "Europe/Paris"


def test_every_zone_of_the_table_is_one() -> None:
    # CNV-38
    rows = [zone for _three, _two, zone in zones._BY_CODE.values()]
    rows += [part[4] for parts in zones._PARTS.values() for part in parts]
    rows += [zones.time_zone("", {"latitude": "0", "longitude": str(at)}) for at in range(-180, 181, 5)]
    assert [row for row in rows if row not in zoneinfo.available_timezones()] == []


def test_what_both_know_of_a_location_passes() -> None:
    # CNV-39, CNV-40, CNV-42, CNV-43, CNV-58, CNV-59, CNV-60
    newer = example("location")
    older = down("location", newer).object
    same = ("name", "city", "country", "related_locations", "directions", "operator", "suboperator", "owner")
    more = ("opening_times", "charging_when_closed", "images", "last_updated", "coordinates")
    assert {name: older[name] for name in same + more} == {name: newer[name] for name in same + more}
    again = up("location", older)
    assert {name: again[name] for name in same + more} == {name: newer[name] for name in same + more}
    assert older["evses"][0]["status_schedule"] == newer["evses"][0]["status_schedule"]


def test_voltage_and_amperage_are_renamed() -> None:
    # CNV-45, CNV-46
    older = down("connector", example("connector")).object
    assert (older["voltage"], older["amperage"]) == (230, 32)
    assert "max_voltage" not in older
    newer = up("connector", older)
    assert (newer["max_voltage"], newer["max_amperage"]) == (230, 32)
    assert "voltage" not in newer


def test_a_patch_renames_what_it_has() -> None:
    # CNV-P7
    patch = {"max_amperage": 16, "last_updated": NOW}
    older = {"amperage": 16, "last_updated": NOW}
    assert down("connector", patch, partial=True).object == older
    assert read("connector", older, "2.1.1", partial=True).object == patch


def test_a_field_under_its_newer_name_does_not_hide_the_older_one() -> None:
    body = example("connector", "2.1.1") | {"max_voltage": 1}
    assert up("connector", body)["max_voltage"] == 230


def test_what_both_know_of_a_connector_passes() -> None:
    # CNV-49
    newer = example("evse")["connectors"][0]
    older = down("connector", newer).object
    for name in ("id", "standard", "format", "power_type", "terms_and_conditions", "last_updated"):
        assert older[name] == newer[name] == up("connector", older)[name]


def test_what_was_made_up_on_the_way_up_is_taken_out_on_the_way_down() -> None:
    # CNV-P4; the time zone stays: 2.1.1 has that field, and the sender gets its own text back anyway
    hours = {"twentyfourseven": True}
    older = without(OLD, "/time_zone") | {"type": "UNKNOWN", "postal_code": "N/A", "opening_times": hours}
    assert without(down("location", up("location", older)).object, "/time_zone") == older


def test_max_electric_power_is_dropped() -> None:
    # CNV-47
    assert lost(down("connector", example("connector"))) == {"/max_electric_power": "not_in_version"}


def test_one_tariff_becomes_a_list_and_back() -> None:
    # CNV-48
    assert up("connector", example("connector", "2.1.1"))["tariff_ids"] == ["STD-1"]
    assert "tariff_ids" not in up("connector", without(example("connector", "2.1.1"), "/tariff_id"))
    assert down("connector", example("connector")).object["tariff_id"] == "STD-1"
    assert "tariff_id" not in down("connector", example("connector", tariff_ids=[])).object


def test_of_several_tariffs_the_regular_active_one_is_written() -> None:
    # CNV-48
    location = placed(example("location"), "/evses/0/connectors/1/tariff_ids", ["GREEN-1", "STD-1"])
    writing = down("location", location)
    assert writing.object["evses"][0]["connectors"][1]["tariff_id"] == "STD-1"
    assert lost(writing)["/evses/0/connectors/1/tariff_ids"] == "changed"
    unknown = placed(location, "/evses/0/connectors/1/tariff_ids", ["A", "B"])
    assert down("location", unknown).object["evses"][0]["connectors"][1]["tariff_id"] == "A"


def test_a_patch_that_removes_the_tariffs_is_sent_as_a_whole() -> None:
    # CNV-P7
    assert down("connector", {"tariff_ids": [], "last_updated": NOW}, partial=True).object is None


@pytest.mark.parametrize(
    ("newer", "older"), [("51.04760", "51.047600"), ("3.7299441", "3.729944"), ("-3.7299445", "-3.729944")]
)
def test_coordinates_get_exactly_six_decimals(newer: str, older: str) -> None:
    # CNV-50, LOC-70
    assert (
        down("location", placed(example("location"), "/coordinates/longitude", newer)).object["coordinates"][
            "longitude"
        ]
        == older
    )


def test_regular_hours_alone_are_not_around_the_clock() -> None:
    # CNV-51, LOC-79
    hours = {"regular_hours": [{"weekday": 1, "period_begin": "08:00", "period_end": "20:00"}]}
    assert up("location", OLD | {"opening_times": hours})["opening_times"] == hours | {
        "twentyfourseven": False
    }
    assert up("location", OLD | {"opening_times": {"twentyfourseven": True}})["opening_times"] == {
        "twentyfourseven": True
    }
    assert "opening_times" not in up("location", OLD | {"opening_times": {"exceptional_closings": []}})


def test_around_the_clock_is_written_without_hours() -> None:
    # CNV-51
    hours = {"twentyfourseven": True, "regular_hours": []}
    assert down("location", example("location", opening_times=hours)).object["opening_times"] == {
        "twentyfourseven": True
    }
    assert down("location", example("location")).object["opening_times"]["twentyfourseven"] is False


def test_the_environmental_impact_has_a_source() -> None:
    # CNV-52
    older = down("location", example("location")).object
    assert older["energy_mix"]["environ_impact"] == [{"source": "CARBON_DIOXIDE", "amount": Decimal("12.5")}]
    assert up("location", older)["energy_mix"] == example("location")["energy_mix"]


def test_connectors_of_newer_kinds_are_left_out() -> None:
    # CNV-53, CNV-P5
    body = placed(example("evse"), "/connectors/0/standard", "CHAOJI")
    writing = down("evse", body)
    assert [connector["id"] for connector in writing.object["connectors"]] == ["2"]
    assert lost(writing)["/connectors/0/standard"] == "unknown_enum"


@pytest.mark.parametrize("word", ["AC_2_PHASE", "AC_2_PHASE_SPLIT"])
def test_two_phases_are_written_as_one(word: str) -> None:
    # CNV-54
    assert down("connector", example("connector", power_type=word)).object["power_type"] == "AC_1_PHASE"


def test_newer_capabilities_and_facilities_are_left_out() -> None:
    # CNV-55, CNV-56
    older = down("location", example("location")).object
    assert older["evses"][0]["capabilities"] == ["RFID_READER", "RESERVABLE"]
    assert older["facilities"] == ["WIFI"]


# Tariffs


def test_a_2_1_1_tariff_becomes_one_of_today() -> None:
    # CNV-90 to CNV-95, CNV-98, CNV-99, CNV-230
    newer = up("tariff", example("tariff", "2.1.1"))
    assert newer["tax_included"] == "NO"
    assert {"type", "min_price", "start_date_time"}.isdisjoint(newer)
    assert newer["elements"] == example("tariff", "2.1.1")["elements"]


@pytest.mark.parametrize("word", ["PROFILE_CHEAP", "PROFILE_FAST", "PROFILE_GREEN", "AD_HOC_PAYMENT"])
def test_tariffs_that_2_1_1_cannot_mark_are_not_sent(word: str) -> None:
    # CNV-92
    writing = down("tariff", example("tariff", type=word))
    assert writing.object is None
    assert lost(writing) == {"/type": "not_marked"}


def test_a_minimum_price_is_told_in_words() -> None:
    # CNV-93
    writing = down("tariff", example("tariff"))
    assert "at least 0.50 EUR and at most 30 EUR" in writing.object["tariff_alt_text"][0]["text"]
    assert lost(writing)["/min_price"] == "not_in_version"
    mine = [{"language": "en", "text": "mine"}]
    assert down("tariff", example("tariff", tariff_alt_text=mine)).object["tariff_alt_text"] == mine


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"start_date_time": "2030-01-01T00:00:00Z"}, False),
        ({"end_date_time": "2026-02-03T12:00:00Z"}, False),
        ({"end_date_time": "2026-02-03T12:00:01Z"}, True),
        ({"start_date_time": NOW, "end_date_time": None}, True),
    ],
)
def test_only_tariffs_valid_now_are_sent(changes: dict[str, Any], sent: bool) -> None:
    # CNV-94
    assert (down("tariff", example("tariff", **changes)).object is not None) is sent


def test_rates_are_dropped() -> None:
    # CNV-95
    assert "'vat'" not in str(down("tariff", example("tariff")).object)


def test_reservation_prices_are_left_out() -> None:
    # CNV-96
    writing = down("tariff", example("tariff"))
    assert len(writing.object["elements"]) == 2
    assert lost(writing)["/elements/0"] == "not_in_version"


def element(price: int, *types: str, **restrictions: Any) -> dict[str, Any]:
    components = [{"type": each, "price": price, "step_size": 1} for each in types]
    return {"price_components": components} | ({"restrictions": restrictions} if restrictions else {})


def test_a_price_by_current_is_left_out_if_a_default_remains_else_the_tariff_is() -> None:
    # CNV-96
    limited, default = element(1, "TIME", min_current=32), element(2, "TIME")
    writing = down("tariff", example("tariff", elements=[limited, default]))
    assert writing.object["elements"] == [default]
    assert lost(writing)["/elements/0"] == "not_in_version"
    assert down("tariff", example("tariff", elements=[limited, element(3, "FLAT")])).object is None
    assert down("tariff", example("tariff", elements=[limited])).object is None
    by_day = element(2, "TIME", day_of_week=["MONDAY"])
    assert down("tariff", example("tariff", elements=[limited, by_day])).object is None


def test_unrestricted_elements_are_combined_as_2_1_1_takes_one_for_all() -> None:
    # CNV-97, TAR-15
    body = example("tariff", elements=[element(1, "FLAT"), element(2, "ENERGY", "FLAT", day_of_week=[])])
    prices = down("tariff", body).object["elements"]
    assert [[each["type"], each["price"]] for each in prices[0]["price_components"]] == [
        ["FLAT", 1],
        ["ENERGY", 2],
    ]
    assert len(prices) == 1


def test_a_choice_per_dimension_that_2_1_1_cannot_make_is_reported() -> None:
    # CNV-97
    body = example(
        "tariff", elements=[element(1, "ENERGY", day_of_week=["MONDAY"]), element(2, "ENERGY", "TIME")]
    )
    assert lost(down("tariff", body))["/elements"] == "changed"


# Tokens, authorization


def test_a_contract_is_an_auth_id() -> None:
    # CNV-102, CNV-105
    older = down("token", example("token")).object
    assert older["auth_id"] == example("token")["contract_id"]
    assert "contract_id" not in older
    newer = up("token", older, owner=EMSP)
    kept = example("token").keys() - {"group_id", "default_profile_type", "energy_contract"}
    assert newer == {name: example("token")[name] for name in kept}


@pytest.mark.parametrize("word", ["APP_USER", "AD_HOC_USER", "EMAID"])
def test_newer_token_types_are_other(word: str) -> None:
    # CNV-103
    writing = down("token", example("token", type=word))
    assert writing.object["type"] == "OTHER"
    assert lost(writing)["/type"] == "changed"


@pytest.mark.parametrize("field", ["group_id", "default_profile_type", "energy_contract"])
def test_newer_token_fields_are_dropped(field: str) -> None:
    # CNV-104
    assert lost(down("token", example("token")))[f"/{field}"] == "not_in_version"


def test_an_authorization_gets_the_token_it_is_about() -> None:
    # CNV-107, CNV-109, TOK-40
    older = example("authorization_info", "2.1.1")
    assert older.keys() == {"allowed", "location", "info"}
    newer = up("authorization_info", older, token=token)
    assert newer == without(example("authorization_info"), "/authorization_reference")
    assert "token" not in up("authorization_info", older)


def test_connector_ids_of_location_references_are_dropped() -> None:
    # CNV-108
    older = example("location_references", "2.1.1") | {"connector_ids": ["1"]}
    assert up("location_references", older) == example("location_references")


# Commands


def test_a_command_response_gets_a_timeout() -> None:
    # CNV-112, CMD-11
    assert up("command_response", {"result": "ACCEPTED"}) == {"result": "ACCEPTED", "timeout": 30}
    assert up("command_response", {"result": "TIMEOUT"})["result"] == "REJECTED"
    assert down("command_response", example("command_response")).object == {"result": "ACCEPTED"}


@pytest.mark.parametrize(
    ("result", "older"),
    [
        *((word, word) for word in ("ACCEPTED", "REJECTED", "NOT_SUPPORTED", "TIMEOUT")),
        *(
            (word, "REJECTED")
            for word in ("FAILED", "EVSE_OCCUPIED", "EVSE_INOPERATIVE", "UNKNOWN_RESERVATION")
        ),
    ],
)
def test_command_results_have_fewer_words(result: str, older: str) -> None:
    # CNV-113
    assert down("command_result", {"result": result, "message": []}).object == {"result": older}


def test_a_cancelled_reservation_is_not_told() -> None:
    # CNV-113
    assert down("command_result", {"result": "CANCELED_RESERVATION"}).object is None


def test_an_unknown_session_is_a_failure() -> None:
    # CNV-113
    assert up("command_result", {"result": "UNKNOWN_SESSION"}) == {"result": "FAILED"}


def test_a_reservation_is_numbered() -> None:
    # CNV-114
    assert up("reserve_now", example("reserve_now", "2.1.1"))["reservation_id"] == "1234"
    assert down("reserve_now", example("reserve_now")).object["reservation_id"] == 1234


@pytest.mark.parametrize("name", ["RES-1", "007", "99999999999", "-5"])
def test_a_reservation_with_a_name_has_always_the_same_number(name: str) -> None:
    # CNV-114
    first, second = (down("reserve_now", example("reserve_now", reservation_id=name)) for _ in range(2))
    assert first.object["reservation_id"] == second.object["reservation_id"]
    # no number that somebody else's reservation may be called by
    assert 10**9 <= first.object["reservation_id"] < 2**31
    assert lost(first)["/reservation_id"] == "changed"


@pytest.mark.parametrize("kind", ["start_session", "reserve_now"])
def test_commands_drop_what_2_1_1_lacks_and_convert_their_token(kind: str) -> None:
    # CNV-116, CNV-118
    older = down(kind, example(kind)).object
    assert {"authorization_reference", "connector_id"}.isdisjoint(older)
    assert "auth_id" in older["token"]
    assert up(kind, older, owner=EMSP)["token"]["party_id"] == "EXA"


@pytest.mark.parametrize("kind", ["stop_session", "unlock_connector"])
def test_commands_that_do_not_differ_pass(kind: str) -> None:
    # CNV-117
    assert down(kind, example(kind)).object == example(kind)
    assert up(kind, example(kind)) == example(kind)


def test_what_was_stored_unread_is_read_before_it_is_written() -> None:
    # a field of a newer version in a 2.1.1 body, which nobody judged
    unread = example("tariff") | {"start_date_time": Decimal("5.5")}
    writing = down("tariff", unread)
    assert writing.object is not None
    assert "start_date_time" not in writing.object
