"""What Locations say, and what we and partners do by it: the rows of requirements 1.5 that are content."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ocpi import jsontext, writing
from tests import samples
from tests.harness import OperatorRefused
from tests.known import Known
from tests.samples import CPO_ROLES, EMSP_ROLES, NEWER, example, later, own

pytest_plugins = ["tests.known"]

URL = "/ocpi/2.2.1/receiver/locations/BE/BEC/GENT-01"
READERS = [("2.1.1", "old_emsp"), ("2.2.1", "emsp"), ("2.3.0", "emsp2")]
TWO_CARDS = {"uid": "CARD1", "type": "RFID"}


def data(answer: Any) -> Any:
    assert answer.code == 1000, answer.text
    return jsontext.loads(answer.text)["data"]


def theirs(version: str = "2.3.0", owner: str = "BE/OTH", **changes: Any) -> dict[str, Any]:
    return example("location", version, owner, **changes)


def kept(ask: Any, body: dict[str, Any]) -> dict[str, Any]:
    """A partner's Location in 2.3.0, as it comes back."""
    url = f"/ocpi/2.3.0/receiver/locations/BE/OTH/{body['id']}"
    assert ask("PUT", url, token="cpo2", body=body).code == 1000
    return dict(data(ask("GET", url, token="cpo2")))


def ours(ask: Any, version: str = "2.3.0", token: str = "emsp2") -> list[dict[str, Any]]:
    return list(data(ask("GET", f"/ocpi/{version}/sender/locations", token=token)))


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    """A 2.3.0 eMSP that was told everything there is."""
    stub = register_partner(roles=EMSP_ROLES, version="2.3.0")
    drain()
    stub.forget()
    return stub


def lines(stub: Any) -> list[str]:
    return [f"{each.method} {each.path.split('/receiver/')[-1]}" for each in stub.received]


# flow and visibility


def test_a_location_whose_evses_are_all_removed_is_expired_and_still_told(
    ask: Any, known: Known, operate: Any
) -> None:
    """LOC-05, AMB-33: in every list, so that whoever shows it learns that there is nothing left to show."""
    whole = own("location", id="L1")
    for evse in whole["evses"]:
        evse["status"] = "REMOVED"
    operate("put", module="locations", object=whole)
    for version, token in READERS:
        (found,) = ours(ask, version, token)
        assert {each["status"] for each in found["evses"]} == {"REMOVED"}
    back = kept(ask, theirs(evses=[{**each, "status": "REMOVED"} for each in theirs()["evses"]]))
    assert {each["status"] for each in back["evses"]} == {"REMOVED"}
    assert [e["id"] for e in operate("list", module="locations", party="BE/OTH")["objects"]] == ["GENT-01"]


def test_what_a_receiver_holds_is_there_to_be_compared_and_repaired(ask: Any, known: Known) -> None:
    """LOC-06: GET by its CPO shows a part that is off, and a PATCH puts it right."""
    body = theirs()
    assert kept(ask, body) == body
    url = "/ocpi/2.3.0/receiver/locations/BE/OTH/GENT-01/3257"
    assert ask("PATCH", url, token="cpo2", body={"status": "BLOCKED", "last_updated": NEWER}).code == 1000
    assert data(ask("GET", url, token="cpo2"))["status"] == "BLOCKED"
    repair = {"status": "CHARGING", "last_updated": NEWER}
    assert ask("PATCH", url, token="cpo2", body=repair).code == 1000
    assert data(ask("GET", url, token="cpo2")) == {**body["evses"][1], "last_updated": NEWER}


def test_a_private_location_that_names_nobody_reaches_nobody(
    ask: Any, known: Known, operate: Any, drain: Any
) -> None:
    """LOC-07, LOC-08: `publish` false without `publish_allowed_to` is for no partner of any role."""
    operate("put", module="locations", object=own("location", id="P1", publish=False))
    for token in known.by_id:
        version = known.by_id[token].version
        answer = ask("GET", f"/ocpi/{version}/sender/locations", token=token)
        assert (answer.data, answer.headers["x-total-count"]) == ([], "0"), token
        assert ask("GET", f"/ocpi/{version}/sender/locations/P1", token=token).status == 404


def test_a_private_location_that_names_nobody_is_pushed_to_nobody(
    operate: Any, drain: Any, emsp: Any
) -> None:
    """LOC-07, LOC-08."""
    operate("put", module="locations", object=samples.location("P1", publish=False))
    operate("put", module="locations", object=samples.location("L1"))
    drain()
    assert lines(emsp) == ["PUT locations/NL/EXA/L1"]


def test_one_site_is_one_location_of_many_evses(ask: Any, known: Known, operate: Any) -> None:
    """LOC-09, LOC-10: virtual EVSEs of one piece of hardware share evse_id and reference, and each has its
    own status, also where all of them are set at once.
    """
    base = own("location")["evses"][0]
    evses = [
        {**base, "uid": f"V{at}", "connectors": [connector]}
        for at, connector in enumerate(base["connectors"])
    ]
    assert len({each["evse_id"] for each in evses}) == 1
    operate("put", module="locations", object=own("location", id="L1", evses=evses))
    for each in evses:
        changes = {"status": "INOPERATIVE"}
        operate("patch", module="locations", id="L1", evse_uid=each["uid"], changes=changes)
    (found,) = ours(ask)
    assert [(each["uid"], each["status"]) for each in found["evses"]] == [
        ("V0", "INOPERATIVE"),
        ("V1", "INOPERATIVE"),
    ]


def test_a_published_location_comes_with_its_flag(ask: Any, known: Known, operate: Any) -> None:
    """LOC-12: whoever shows it sees that it may be shown."""
    operate("put", module="locations", object=own("location", id="L1"))
    for version, token in READERS[1:]:
        assert [each["publish"] for each in ours(ask, version, token)] == [True]
    assert kept(ask, theirs())["publish"] is True


def test_no_session_is_started_with_another_emsps_token(operate: Any, register_partner: Any) -> None:
    """LOC-16: showing a Location for somebody's Token is not commanding with it."""
    cpo = register_partner(roles=CPO_ROLES)
    for owner in (("DE", "MSP"), ("NL", "EXA")):
        token = {**samples.token(), "country_code": owner[0], "party_id": owner[1]}
        body = {"location_id": "L1", "token": token}
        with pytest.raises(OperatorRefused) as refused:
            operate("send_command", command="START_SESSION", to="BE/BEC", body=body)
        assert refused.value.code == "not_hosted"
    assert cpo.requests("POST", "/commands") == []


def test_one_site_of_two_kinds_is_two_locations(ask: Any, known: Known, operate: Any) -> None:
    """LOC-18: same place, one for all and one for the owners of its tokens."""
    card = example("token", "2.2.1", "DE/MSP", **TWO_CARDS)
    assert ask("PUT", "/ocpi/2.2.1/receiver/tokens/DE/MSP/CARD1", token="emsp", body=card).status == 201
    operate("put", module="locations", object=own("location", id="OPEN"))
    fleet = own("location", id="FLEET", publish=False, publish_allowed_to=[TWO_CARDS])
    operate("put", module="locations", object=fleet)
    assert [each["id"] for each in ours(ask, "2.2.1", "emsp")] == ["OPEN", "FLEET"]
    assert [each["id"] for each in ours(ask)] == ["OPEN"]


@pytest.mark.parametrize(
    ("entry", "pointer"),
    [
        ({}, "/publish_allowed_to/1"),
        ({"type": "RFID"}, "/publish_allowed_to/1"),
        ({"issuer": "Acme"}, "/publish_allowed_to/1"),
        ({"uid": "CARD1"}, "/publish_allowed_to/1/type"),
        ({"visual_number": "V1"}, "/publish_allowed_to/1/issuer"),
    ],
)
def test_a_publish_token_names_a_token(
    operate: Any, known: Known, entry: dict[str, str], pointer: str
) -> None:
    """LOC-19."""
    private = own("location", id="P1", publish=False, publish_allowed_to=[{"group_id": "G1"}, entry])
    with pytest.raises(OperatorRefused) as refused:
        operate("put", module="locations", object=private)
    assert refused.value.pointer == pointer
    private["publish_allowed_to"][1] = {"visual_number": "V1", "issuer": "Acme"}
    assert operate("put", module="locations", object=private)["stored"] == 1


# the sender interface


@pytest.mark.parametrize("written_in", ["2.1.1", "2.2.1", "2.3.0"])
def test_whatever_is_listed_has_all_required_fields(
    ask: Any, known: Known, operate: Any, written_in: str
) -> None:
    """LOC-29: in each version, from whichever version; what is absent is not there as null either."""
    bodies = [
        example("location", written_in, "NL/EXA", id="FULL"),
        example("location", written_in, "NL/EXA", id="BARE", evses=[], images=None, opening_times=None),
    ]
    for body in bodies:
        if written_in != "2.1.1":
            body.pop("publish_allowed_to", None)
        operate("put", module="locations", object=body, version=written_in)
    for version, token in READERS:
        found = ours(ask, version, token)
        assert [each["id"] for each in found] == ["FULL", "BARE"]
        for each in found:
            assert writing.check("location", each, version) == (), (version, each["id"])
            assert None not in each.values()


def test_the_pages_of_a_whole_crawl_are_the_truth(
    operate: Any, drain: Any, clock: Any, events: Any, register_partner: Any
) -> None:
    """LOC-30, TRA-41: what is in none of them is invalid; hidden, and not lost (AMB-33)."""
    cpo = register_partner(roles=CPO_ROLES, version="2.3.0")
    listed = [{**samples.location(f"L{at}"), "country_code": "BE", "party_id": "BEC"} for at in range(5)]
    cpo.page_limit, cpo.objects["locations"] = 2, jsontext.loads(jsontext.dumps(listed))
    drain()
    del cpo.objects["locations"][3]
    clock.advance(60)
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    (pull,) = operate("pulls", partner=cpo.id, module="locations")["pulls"]
    assert (pull["state"], pull["objects"]) == ("COMPLETED", 4)
    heard = [each["detail"] for each in events("ObjectChanged")]
    assert {each["id"] for each in heard if each.get("hidden")} == {"L3"}
    assert operate("get", module="locations", party="BE/BEC", id="L3")["object"]["id"] == "L3"


# what objects say


def test_an_evse_id_may_be_given_to_another_evse(operate: Any, drain: Any, emsp: Any) -> None:
    """LOC-63: it is taken off the REMOVED one, whose uid stays; gone from it at the partner, too (LOC-50)."""
    first = samples.evse("E1", evse_id="NL*EXA*E1")
    operate("put", module="locations", object=samples.location(evses=0) | {"evses": [first]})
    drain()
    emsp.forget()
    gone = {**samples.evse("E1"), "status": "REMOVED", "last_updated": later(1)}
    new = samples.evse("E2", evse_id="NL*EXA*E1")
    body = {**samples.location(evses=0), "evses": [gone, new], "last_updated": later(1)}
    operate("put", module="locations", object=body)
    drain()
    (sent,) = emsp.received
    assert (sent.method, [each.get("evse_id") for each in sent.json["evses"]]) == ("PUT", [None, "NL*EXA*E1"])


def test_a_place_without_postal_code_has_none(ask: Any, known: Known, operate: Any) -> None:
    """LOC-65, CNV-39: 2.1.1 requires the field."""
    operate("put", module="locations", object=own("location", id="L1", postal_code=None))
    for version, token in READERS:
        (found,) = ours(ask, version, token)
        assert ("postal_code" in found) == (version == "2.1.1")
        assert writing.check("location", found, version) == ()
    assert "postal_code" not in kept(ask, theirs(postal_code=None))


def test_absent_operator_and_opening_flag_stay_absent(ask: Any, known: Known, operate: Any) -> None:
    """LOC-66, LOC-67: nobody invents what absence says: true, and the party of the credentials role."""
    body = theirs(operator=None, charging_when_closed=None)
    assert not {"operator", "charging_when_closed"} & kept(ask, body).keys()
    operate(
        "put", module="locations", object=own("location", id="L1", operator=None, charging_when_closed=None)
    )
    for version, token in READERS:
        assert not {"operator", "charging_when_closed"} & ours(ask, version, token)[0].keys()


def test_the_operator_of_a_location_is_found_at_the_partner(operate: Any, register_partner: Any) -> None:
    """LOC-66: the business_details of the credentials role with the Location's party."""
    roles = [{"role": "CPO", "country_code": "BE", "party_id": party} for party in ("BEC", "BED")]
    stub = register_partner(roles=roles, name="Two Brands")
    found = operate("partner", partner=stub.id)["business_details"]
    assert found == {"CPO/BE/BEC": {"name": "Two Brands"}, "CPO/BE/BED": {"name": "Two Brands"}}


@pytest.fixture
def dated(operate: Any, known: Known) -> None:
    """Two REGULAR tariffs, one for each half of the year, one of all the year, and a green one."""
    for id_, type_, start, end in (
        ("A", "REGULAR", "2026-01-01T00:00:00Z", "2026-07-01T00:00:00Z"),
        ("B", "REGULAR", "2026-07-01T00:00:00Z", None),
        ("C", "REGULAR", None, None),
        ("G", "PROFILE_GREEN", None, None),
    ):
        tariff = own("tariff", id=id_, type=type_, start_date_time=start, end_date_time=end)
        operate("put", module="tariffs", object=tariff)


def with_tariffs(*ids: str) -> dict[str, Any]:
    whole = own("location", id="L1")
    whole["evses"][0]["connectors"][1]["tariff_ids"] = list(ids)
    return whole


@pytest.mark.parametrize("ids", ["A B", "A B G", "A X C2", "G", ""])
def test_tariffs_of_one_type_one_after_the_other_are_fine(
    operate: Any, known: Known, dated: None, ids: str
) -> None:
    """LOC-71; of Tariffs that are not known nothing can be said."""
    assert operate("put", module="locations", object=with_tariffs(*ids.split()))["stored"] == 1


@pytest.mark.parametrize(("ids", "at"), [("A C", 1), ("C B", 1), ("G A B c", 3)])
def test_two_active_tariffs_of_one_type_are_refused(
    operate: Any, known: Known, dated: None, ids: str, at: int
) -> None:
    """LOC-71: at a Location, an EVSE or a Connector, put or patched."""
    with pytest.raises(OperatorRefused, match="LOC-71") as refused:
        operate("put", module="locations", object=with_tariffs(*ids.split()))
    assert refused.value.pointer == f"/evses/0/connectors/1/tariff_ids/{at}"
    operate("put", module="locations", object=with_tariffs("A"))
    with pytest.raises(OperatorRefused, match="LOC-71") as refused:
        operate(
            "patch",
            module="locations",
            id="L1",
            evse_uid="3256",
            connector_id="2",
            changes={"tariff_ids": ids.split()},
        )
    assert refused.value.pointer == f"/tariff_ids/{at}"


def test_a_free_connector_has_a_tariff_that_says_so(ask: Any, known: Known, operate: Any) -> None:
    """LOC-73, TAR-16: FLAT 0.00, in every version."""
    free = {"price_components": [{"type": "FLAT", "price": 0, "step_size": 0}]}
    operate("put", module="tariffs", object=own("tariff", id="FREE", elements=[free]))
    operate("put", module="locations", object=with_tariffs("FREE"))
    for version, token in READERS:
        connector = ours(ask, version, token)[0]["evses"][0]["connectors"][1]
        named = connector["tariff_id"] if version == "2.1.1" else connector["tariff_ids"][0]
        (tariff,) = data(ask("GET", f"/ocpi/{version}/sender/tariffs", token=token))
        (component,) = tariff["elements"][0]["price_components"]
        assert (named, component["type"], component["price"]) == ("FREE", "FLAT", 0)


def test_the_real_limit_of_a_connector_is_told(ask: Any, known: Known, operate: Any) -> None:
    """LOC-74: where it is lower than voltage and amperage suggest."""
    operate("put", module="locations", object=own("location", id="L1"))
    for version, token in READERS[1:]:
        assert ours(ask, version, token)[0]["evses"][0]["connectors"][0]["max_electric_power"] == 22000


def test_payment_terminals_and_plug_and_charge_are_told(ask: Any, known: Known, operate: Any) -> None:
    """LOC-77: any combination of capabilities; LOC-97: connector capabilities are for 2.3.0 only."""
    words = ["CHIP_CARD_SUPPORT", "CONTACTLESS_CARD_SUPPORT", "DEBIT_CARD_PAYABLE", "PED_TERMINAL"]
    whole = own("location", id="L1")
    whole["evses"][0]["capabilities"] = [*words, "CREDIT_CARD_PAYABLE"]
    operate("put", module="locations", object=whole)
    for version, token in READERS:
        evse = ours(ask, version, token)[0]["evses"][0]
        expected = ["CREDIT_CARD_PAYABLE"] if version == "2.1.1" else [*words, "CREDIT_CARD_PAYABLE"]
        assert evse["capabilities"] == expected
        told = [each.get("capabilities") for each in evse["connectors"]]
        assert told == ([None, ["ISO_15118_2_PLUG_AND_CHARGE"]] if version == "2.3.0" else [None, None])


def test_openings_and_closings_reach_whoever_works_them_out(ask: Any, known: Known, operate: Any) -> None:
    """LOC-80: regular hours, exceptional openings and closings, apart and in every version."""
    operate("put", module="locations", object=own("location", id="L1"))
    expected = own("location")["opening_times"]
    for version, token in READERS:
        found = ours(ask, version, token)[0]["opening_times"]
        for name in ("regular_hours", "exceptional_openings", "exceptional_closings"):
            assert found[name] == expected[name], (version, name)


def test_a_scheduled_status_changes_nothing_by_itself(
    operate: Any, drain: Any, clock: Any, emsp: Any
) -> None:
    """LOC-82: the schedule is told, open end included; the change is pushed when it happens."""
    schedule = [{"period_begin": later(5), "status": "OUTOFORDER"}]
    whole = samples.location(evses=0) | {"evses": [samples.evse("E1", status_schedule=schedule)]}
    operate("put", module="locations", object=whole)
    drain()
    assert emsp.received[0].json["evses"][0]["status_schedule"] == schedule
    emsp.forget()
    clock.advance(600)
    drain()
    assert emsp.received == []
    changes = {"status": "OUTOFORDER", "last_updated": later(5)}
    operate("patch", module="locations", id="LOC1", evse_uid="E1", changes=changes)
    drain()
    assert [(each.method, each.json) for each in emsp.received] == [("PATCH", changes)]


def test_all_images_of_a_type_are_kept(ask: Any, known: Known, operate: Any) -> None:
    """LOC-84, LOC-85: several of one category, of any size, in their order and in every version."""
    images = [
        {"url": f"https://img.example.com/{at}.jpg", "category": "CHARGER", "type": "jpeg", "width": 800 + at}
        for at in range(4)
    ]
    assert kept(ask, theirs(images=images))["images"] == images
    operate("put", module="locations", object=own("location", id="L1", images=images))
    for version, token in READERS:
        assert ours(ask, version, token)[0]["images"] == images


# 2.3.0


def test_parking_is_told_to_2_3_0_partners_and_may_be_left_out(ask: Any, known: Known, operate: Any) -> None:
    """LOC-92 to LOC-96, LOC-98: all its fields as they were given; absent from older versions."""
    whole = own("location", id="L1")
    evse = whole["evses"][0]
    whole["parking_places"][0]["vehicle_types"] += ["DISABLED"]
    bare = own("location", id="L2", parking_places=None)
    for each in bare["evses"]:
        for name in ("parking", "accepted_service_providers", "parking_restrictions"):
            each.pop(name, None)
    for body in (whole, bare):
        operate("put", module="locations", object=body)
    for version, token in READERS:
        first, second = ours(ask, version, token)
        assert writing.check("location", second, version) == ()
        if version == "2.3.0":
            assert first["parking_places"] == whole["parking_places"]
            for name in ("parking", "accepted_service_providers", "parking_restrictions"):
                assert first["evses"][0][name] == evse[name]
        else:
            assert "parking_places" not in first
            assert not {"parking", "accepted_service_providers"} & first["evses"][0].keys()
            assert first["evses"][0]["parking_restrictions"] == ["EV_ONLY"]
    assert kept(ask, theirs(parking_places=None))["id"] == "GENT-01"


def test_a_change_of_parking_is_a_change_of_the_location(operate: Any, drain: Any, emsp: Any) -> None:
    """LOC-99, AMB-70: `last_updated` moves, and the Location is what is sent."""
    place = {
        "id": "P1",
        "vehicle_types": ["PERSONAL_VEHICLE"],
        "restricted_to_type": False,
        "reservation_required": False,
    }
    operate("put", module="locations", object=samples.location(parking_places=[place]))
    drain()
    emsp.forget()
    changes = {"parking_places": [{**place, "roofed": True}], "last_updated": later(3)}
    operate("patch", module="locations", id="LOC1", changes=changes)
    drain()
    assert lines(emsp) == ["PUT locations/NL/EXA/LOC1"]
    sent = emsp.received[0].json
    assert {name: sent[name] for name in changes} == changes


def test_parking_has_no_path_of_its_own(ask: Any, known: Known, operate: Any) -> None:
    """LOC-99."""
    operate("put", module="locations", object=own("location", id="L1"))
    kept(ask, theirs())
    for path in ("L1/P1", "L1/parking_places/P1", "L1/parking_places"):
        assert ask("GET", f"/ocpi/2.3.0/sender/locations/{path}", token="emsp2").status == 404
    url = "/ocpi/2.3.0/receiver/locations/BE/OTH/GENT-01/P1"
    assert ask("GET", url, token="cpo2").status == 404
    assert ask("PATCH", url, token="cpo2", body={"roofed": True, "last_updated": NEWER}).status == 404
