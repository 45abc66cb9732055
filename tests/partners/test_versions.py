"""What partners of several versions are told of the same things (ledger section 4), over the real doors."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ocpi.surrogates import shortest
from tests import samples
from tests.samples import AT, EMSP_ROLES, example, later

# two CPOs, one of each version
CPO_ROLES = {
    version: [{"role": "CPO", "country_code": "BE", "party_id": party}]
    for version, party in (("2.1.1", "OLD"), ("2.2.1", "BEC"))
}

EMSPS = {
    version: [{"role": "EMSP", "country_code": "DE", "party_id": party}]
    for version, party in (("2.1.1", "OLD"), ("2.2.1", "MSP"), ("2.3.0", "NEW"))
}


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600", "OCPI_ALLOW_PRIVATE_URLS": "1"}


@pytest.mark.parametrize(
    ("charset", "version", "city"),
    [
        ("ascii", "2.1.1", "Malmoe"),
        ("utf-8", "2.1.1", "Malmö"),
        ("ascii", "2.2.1", "Malmö"),
    ],
)
def test_text_is_spelled_out_for_a_partner_that_reads_ascii(
    charset: str, version: str, city: str, operate: Any, drain: Any, ask: Any, register_partner: Any
) -> None:
    """CNV-09, TYP-02, TYP-03: 2.1.1 text is ASCII, newer text UTF-8; what is stored stays as it is."""
    emsp = register_partner(roles=EMSP_ROLES, version=version, charset=charset)
    drain()
    emsp.forget()
    operate("put", module="locations", object=samples.location(city="Malmö"))
    drain()
    assert [each.json["city"] for each in emsp.received] == [city]
    listed = ask("GET", f"/ocpi/{version}/sender/locations", token=emsp.token).data
    assert [each["city"] for each in listed] == [city]
    assert operate("get", module="locations", id="LOC1")["object"]["city"] == "Malmö"


def test_a_type_is_no_part_of_a_2_1_1_token_url(
    operate: Any, drain: Any, ask: Any, register_partner: Any
) -> None:
    """CNV-106: inbound the body's type counts, RFID where nothing says it; outbound there is no parameter."""
    old, new = (register_partner(roles=CPO_ROLES[at], version=at) for at in ("2.1.1", "2.2.1"))
    drain()
    old.forget()
    new.forget()
    operate("put", module="tokens", object=samples.token("APP-1", type="APP_USER"))
    drain()
    assert [(each.path.split("/")[-1], each.query, each.json["type"]) for each in old.received] == [
        ("APP-1", {}, "OTHER")
    ]
    assert [each.query for each in new.received] == [{"type": "APP_USER"}]

    emsp = register_partner(roles=EMSP_ROLES, version="2.1.1")
    url = "/ocpi/2.1.1/receiver/tokens/DE/MSP/CARD9"
    body = {
        "uid": "CARD9",
        "type": "OTHER",
        "auth_id": "DE-MSP-C9",
        "issuer": "Stub",
        "valid": True,
        "whitelist": "NEVER",
        "last_updated": AT,
    }
    assert ask("PUT", url, token=emsp.token, body=body).code == 1000
    assert ask("GET", url, token=emsp.token).data == body
    assert ask("PUT", url, token=emsp.token, body=body | {"type": "RFID", "issuer": "Card"}).code == 1000
    assert ask("GET", url, token=emsp.token).data["issuer"] == "Card"
    listed = operate("list", module="tokens", party="DE/MSP")["objects"]
    assert sorted(each["type"] for each in listed) == ["OTHER", "RFID"]


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_window_has_its_beginning_and_not_its_end(
    version: str, operate: Any, ask: Any, register_partner: Any
) -> None:
    """CNV-11, TRA-23, TRA-24: also where 2.1.1 says no more than after and before."""
    emsp = register_partner(roles=EMSP_ROLES, version=version)
    for at in range(3):
        operate("put", module="tariffs", object=samples.tariff(f"T{at}", last_updated=later(at)))
    listed = ask(
        "GET",
        f"/ocpi/{version}/sender/tariffs?date_from={later(0)}&date_to={later(2)}",
        token=emsp.token,
    )
    assert [each["id"] for each in listed.data] == ["T0", "T1"]
    assert listed.headers["x-total-count"] == "2"


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_what_the_versions_have_in_common_is_the_same(
    version: str, operate: Any, ask: Any, register_partner: Any
) -> None:
    """CNV-14, CNV-16, CNV-17: envelope, paging headers, 404 for the unknown, HTTP 200 with a 2xxx code."""
    emsp = register_partner(roles=EMSP_ROLES, version=version)
    for at in range(3):
        operate("put", module="locations", object=samples.location(f"L{at}", evses=0))
    url = f"/ocpi/{version}/sender/locations"
    page = ask("GET", f"{url}?limit=2", token=emsp.token)
    assert (page.status, page.json.keys()) == (200, {"data", "status_code", "status_message", "timestamp"})
    assert (page.headers["x-limit"], page.headers["x-total-count"], len(page.data)) == ("2", "3", 2)
    assert 'rel="next"' in page.headers["link"]
    assert ask("GET", f"{url}/NONE", token=emsp.token).status == 404
    refused = ask("GET", f"{url}?limit=many", token=emsp.token)
    assert (refused.status, refused.code) == (200, 2001)
    mine = f"/ocpi/{version}/receiver/tokens/DE/MSP/CARD1"
    refused = ask("PUT", mine, token=emsp.token, body={"uid": "CARD1"})
    assert (refused.status, refused.code) == (200, 2001)


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_body_we_send_says_that_it_is_json(
    version: str, operate: Any, drain: Any, register_partner: Any
) -> None:
    """CNV-18, TRA-15"""
    emsp = register_partner(roles=EMSP_ROLES, version=version)
    drain()
    emsp.forget()
    operate("put", module="tariffs", object=samples.tariff())
    drain()
    (sent,) = emsp.received
    assert sent.headers["content-type"].partition(";")[0] == "application/json"


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_command_of_a_later_version_is_not_supported(version: str, ask: Any, register_partner: Any) -> None:
    """CNV-238: CommandType is open in 2.3.0, and an unknown one is answered rather than an error."""
    emsp = register_partner(roles=EMSP_ROLES, version=version)
    body = {"response_url": f"{emsp.base_url}/r"}
    answer = ask("POST", f"/ocpi/{version}/receiver/commands/SHOW_MESSAGE", token=emsp.token, body=body)
    assert (answer.status, answer.code, answer.data["result"]) == (200, 1000, "NOT_SUPPORTED")


def test_a_session_at_a_location_nobody_knows_is_told_with_its_ids(
    operate: Any, drain: Any, ask: Any, register_partner: Any
) -> None:
    """CNV-68: 2.1.1 embeds a Location, so it gets one in which only the ids mean anything."""
    emsp = register_partner(roles=EMSP_ROLES, version="2.1.1")
    drain()
    emsp.forget()
    operate("put", module="sessions", object=samples.session(location_id="GONE", evse_uid="E7"))
    drain()
    (sent,) = emsp.received
    place = sent.json["location"]
    assert (place["id"], place["type"], place["address"], place["country"]) == (
        "GONE",
        "UNKNOWN",
        "#NA",
        "NLD",
    )
    assert [each["uid"] for each in place["evses"]] == ["E7"]


def test_a_name_that_only_2_1_1_can_say_leads_to_its_location_in_every_version(
    operate: Any, drain: Any, ask: Any, register_partner: Any
) -> None:
    """CNV-10, CNV-115: 39 characters in 2.1.1, a surrogate of 36 elsewhere, and both are understood."""
    place, uid = "*EXAMPLE*CHARGING*NL*UTRECHT*0000000001", "*EXAMPLE*CHARGING*NL*UTRECHT*0000000002"
    body = {
        **example("location", "2.1.1"),
        "id": place,
        "evses": [example("evse", "2.1.1", uid=uid, capabilities=None, last_updated=AT)],
        "last_updated": AT,
    }
    partners = {at: register_partner(roles=EMSPS[at], version=at) for at in EMSPS}
    drain()
    for each in partners.values():
        each.forget()
    operate("put", module="locations", object=body, version="2.1.1")
    drain()
    names = {at: each.received[0].path.split("/")[-1] for at, each in partners.items()}
    assert (names["2.1.1"], len(names["2.2.1"]), names["2.3.0"]) == (place, 36, names["2.2.1"])
    for at, emsp in partners.items():
        assert emsp.received[0].json["id"] == names[at]
        emsp.forget()
        found = ask("GET", f"/ocpi/{at}/sender/locations/{names[at]}", token=emsp.token).data
        assert found == ask("GET", f"/ocpi/{at}/sender/locations/{place}", token=emsp.token).data
        part = f"/ocpi/{at}/sender/locations/{names[at]}/{found['evses'][0]['uid']}"
        assert ask("GET", part, token=emsp.token).data == found["evses"][0]
    operate("patch", module="locations", id=place, evse_uid=uid, changes={"status": "CHARGING"})
    drain()
    told = {at: [each.path.split("/")[-2:] for each in emsp.received] for at, emsp in partners.items()}
    assert (told["2.1.1"], told["2.2.1"]) == ([[place, uid]], [[names["2.2.1"], shortest(uid)]])
    for at, emsp in partners.items():
        found = ask("GET", f"/ocpi/{at}/sender/locations", token=emsp.token).data
        assert [(each["id"], each["evses"][0]["status"]) for each in found] == [(names[at], "CHARGING")]
    start = {
        "response_url": f"{partners['2.2.1'].base_url}/r",
        "token": samples.their_token(),
        "location_id": names["2.2.1"],
        "evse_uid": shortest(uid),
    }
    emsp = partners["2.2.1"]
    answer = ask("POST", "/ocpi/2.2.1/receiver/commands/START_SESSION", token=emsp.token, body=start)
    assert answer.data["result"] == "ACCEPTED", answer.text


def test_the_address_of_our_cdr_is_cut_for_partners_of_its_own_version_too(
    operate: Any, drain: Any, ask: Any, register_partner: Any
) -> None:
    """AMB-54: 45 characters go out, the whole is kept."""
    emsp = register_partner(roles=EMSP_ROLES, version="2.3.0")
    drain()
    emsp.forget()
    body = samples.cdr()
    body["cdr_location"]["address"] = "Street " * 10
    operate("put", module="cdrs", object=body)
    drain()
    told = [emsp.received[0].json, *ask("GET", "/ocpi/2.3.0/sender/cdrs", token=emsp.token).data]
    assert [each["cdr_location"]["address"] for each in told] == [("Street " * 10)[:45]] * 2
    assert operate("put", module="cdrs", object=body)["unchanged"] == 1


def test_what_only_2_1_1_can_say_comes_back_to_it_whatever_is_changed_elsewhere(
    operate: Any, ask: Any, register_partner: Any
) -> None:
    """CNV-P3, CNV-P4: and what was derived for the others does not."""
    partners = {at: register_partner(roles=EMSPS[at], version=at) for at in EMSPS}
    evse = example("evse", "2.1.1", uid="E1", last_updated=AT)
    body = {**example("location", "2.1.1"), "id": "L1", "type": "OTHER", "evses": [evse], "last_updated": AT}
    del body["time_zone"]
    operate("put", module="locations", object=body, version="2.1.1")

    def told(version: str) -> Any:
        return ask("GET", f"/ocpi/{version}/sender/locations/L1", token=partners[version].token).data

    for changes, part in (
        ({"name": "Elsewhere"}, {}),
        ({"floor_level": "-1"}, {"evse_uid": "E1"}),
        ({"accepted_service_providers": ["Some"]}, {"evse_uid": "E1"}),
    ):
        operate("patch", module="locations", id="L1", changes=changes, **part)
        old, new = told("2.1.1"), told("2.3.0")
        assert (old["type"], "time_zone" in old, "parking_type" in new) == ("OTHER", False, False)
        assert new["time_zone"] == "Europe/Brussels"
        assert (old["last_updated"] > AT) and old["last_updated"] == new["last_updated"]
    assert (old["name"], old["evses"][0]["floor_level"]) == ("Elsewhere", "-1")
    assert "accepted_service_providers" not in old["evses"][0]
    assert new["evses"][0]["accepted_service_providers"] == ["Some"]
