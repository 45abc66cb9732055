"""Lists over all parties, by Session, token, state, place and EVSE status, each from an index.

Contract: design section 5
"""

from __future__ import annotations

import shlex
from typing import Any

import pytest

from tests.evidence.test_messages import PATH, location, ours
from tests.harness import OperatorRefused
from tests.samples import evse

CARD = {"country_code": "NL", "party_id": "EXM", "uid": "Card-1", "type": "RFID", "contract_id": "C-1"}


def session(id: str, **changes: Any) -> dict[str, Any]:
    return {
        "country_code": "BE",
        "party_id": "BEC",
        "id": id,
        "start_date_time": "2026-01-01T00:00:00Z",
        "kwh": 1,
        "cdr_token": CARD,
        "auth_method": "WHITELIST",
        "location_id": "L1",
        "evse_uid": "E1",
        "connector_id": "1",
        "currency": "EUR",
        "status": "ACTIVE",
        "last_updated": "2026-01-01T01:00:00Z",
    } | changes


def cdr(id: str, **changes: Any) -> dict[str, Any]:
    return {
        "country_code": "BE",
        "party_id": "BEC",
        "id": id,
        "start_date_time": "2026-01-01T00:00:00Z",
        "end_date_time": "2026-01-01T01:00:00Z",
        "cdr_token": CARD,
        "auth_method": "WHITELIST",
        "cdr_location": {
            "id": "L1",
            "address": "Kaai 1",
            "city": "Gent",
            "country": "BEL",
            "coordinates": {"latitude": "51.047599", "longitude": "3.729944"},
            "evse_uid": "E1",
            "evse_id": "BE*BEC*E1",
            "connector_id": "1",
            "connector_standard": "IEC_62196_T2",
            "connector_format": "SOCKET",
            "connector_power_type": "AC_3_PHASE",
        },
        "currency": "EUR",
        "charging_periods": [
            {"start_date_time": "2026-01-01T00:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 1}]}
        ],
        "total_cost": {"excl_vat": 1},
        "total_energy": 1,
        "total_time": 1,
        "last_updated": "2026-01-01T02:00:00Z",
    } | changes


@pytest.fixture
def send(ask: Any, partner: Any) -> Any:
    """Has the partner send an object."""

    def sent(module: str, body: dict[str, Any], method: str = "PUT") -> None:
        path = f"/ocpi/2.2.1/receiver/{module}"
        if method == "PUT":
            path += f"/{body['country_code']}/{body['party_id']}/{body['id']}"
        answer = ask(method, path, token=partner.token, body=body)
        assert answer.code == 1000, answer.text

    return sent


def ids(answer: dict[str, Any]) -> list[str]:
    assert all(each["country_code"] and each["party_id"] for each in answer["objects"])
    return [each["id"] for each in answer["objects"]]


def test_sessions_and_cdrs_are_found_by_session_and_token(send: Any, operate: Any) -> None:
    other = CARD | {"uid": "card-2"}
    send("sessions", session("S1"))
    send("sessions", session("S2", cdr_token=other))
    send("cdrs", cdr("D1", session_id="S1"), "POST")
    send("cdrs", cdr("D2", session_id="S2", cdr_token=other), "POST")
    for module, first, second in (("sessions", "S1", "S2"), ("cdrs", "D1", "D2")):
        for party in ("all", "BE/BEC"):
            assert ids(operate("list", module=module, party=party, session_id="s1")) == [first]
            assert ids(operate("list", module=module, party=party, token="CARD-2")) == [second]
            assert ids(operate("list", module=module, party=party, token="CARD-2", session_id="S1")) == []
        assert operate("list", module=module, party="own", token="card-2")["objects"] == []
        assert ids(operate("list", module=module, party="all")) == [first, second]
        assert operate("get", module=module, party="all", id=first.lower())["object"]["id"] == first


def test_the_state_of_a_session_is_found_as_it_is_now(send: Any, operate: Any) -> None:
    for at in range(5):
        send("sessions", session(f"S{at}"))
    for at in (1, 3):
        send("sessions", session(f"S{at}", status="COMPLETED", last_updated="2026-01-01T03:00:00Z"))
    assert ids(operate("list", module="sessions", party="all", status="ACTIVE")) == ["S0", "S2", "S4"]
    assert ids(operate("list", module="sessions", party="all", status="completed")) == ["S1", "S3"]
    late = operate("list", module="sessions", party="all", token="card-1", date_from="2026-01-01T02:00:00Z")
    assert ids(late) == ["S1", "S3"]
    seen, cursor = [], ""
    while True:
        page = operate("list", module="sessions", party="all", status="ACTIVE", limit=1, cursor=cursor)
        seen += ids(page)
        if not page["cursor"]:
            break
        cursor = page["cursor"]
    assert seen == ["S0", "S2", "S4"]


def test_cdrs_are_found_by_the_status_of_their_session(send: Any, operate: Any) -> None:
    """Contract: design section 5, `list` of sessions and cdrs by status"""
    for at in range(4):
        status = "COMPLETED" if at != 2 else "ACTIVE"
        send("sessions", session(f"S{at}", status=status))
    for id, of in (("D0", "S0"), ("D1A", "S1"), ("D1B", "S1"), ("D2", "S2"), ("D3", "S3")):
        send("cdrs", cdr(id, session_id=of), "POST")
    completed = ["D0", "D1A", "D1B", "D3"]
    for party in ("all", "BE/BEC"):
        assert ids(operate("list", module="cdrs", party=party, status="completed")) == completed
        assert ids(operate("list", module="cdrs", party=party, status="ACTIVE")) == ["D2"]
        assert ids(operate("list", module="cdrs", party=party, status="INVALID")) == []
    assert ids(operate("list", module="cdrs", party="all", status="ACTIVE", session_id="S2")) == ["D2"]
    assert ids(operate("list", module="cdrs", party="all", status="ACTIVE", session_id="S1")) == []
    seen, cursor = [], ""
    while cursor is not None:
        page = operate("list", module="cdrs", party="all", status="COMPLETED", limit=1, cursor=cursor)
        seen += ids(page)
        cursor = page["cursor"]
    assert seen == completed
    with pytest.raises(OperatorRefused, match="/cursor"):
        operate("list", module="cdrs", party="all", status="ACTIVE", cursor="nonsense")


@pytest.mark.parametrize(
    ("module", "said", "told"),
    [
        ("sessions", "ACTIV", "no SessionStatus; ACTIVE is meant? one of ACTIVE, "),
        ("cdrs", "NOSUCH", "no SessionStatus; one of ACTIVE, COMPLETED, INVALID, PENDING, RESERVATION"),
        ("locations", "CHARGNG", "no Status; CHARGING is meant?"),
    ],
)
def test_a_status_that_there_is_not_is_refused_with_those_there_are(
    operate: Any, module: str, said: str, told: str
) -> None:
    """Nothing is stored with another: both types are closed (TYP-13)."""
    with pytest.raises(OperatorRefused) as refused:
        operate("list", module=module, party="all", status=said)
    assert refused.value.pointer == "/status" and told in refused.value.message


def test_a_status_is_asked_for_as_partners_spell_it(send: Any, operate: Any) -> None:
    send("sessions", session("S1", status="RESERVED"))
    for said in ("RESERVATION", "reserved"):
        assert ids(operate("list", module="sessions", party="all", status=said)) == ["S1"]
    assert ids(operate("list", module="locations", party="all", status="out of order")) == []


def test_a_session_of_a_2_1_1_partner_is_found_and_named(
    register_partner: Any, ask: Any, operate: Any
) -> None:
    old = register_partner(version="2.1.1", roles=[{"role": "CPO", "country_code": "FR", "party_id": "OLD"}])
    place = location("L7")
    for name in ("country_code", "party_id", "publish", "time_zone"):
        del place[name]
    place |= {"type": "ON_STREET", "postal_code": "1"}
    place["evses"][0]["connectors"][0] |= {"voltage": 230, "amperage": 16}
    url = "/ocpi/2.1.1/receiver/locations/FR/OLD/L7"
    assert ask("PUT", url, token=old.token, body=place).code == 1000
    (found,) = operate("list", module="locations", party="all", version="2.1.1")["objects"]
    assert (found["country_code"], found["party_id"], found["id"]) == ("FR", "OLD", "L7")
    assert (
        operate("get", module="locations", party="all", id="L7", version="2.1.1")["object"]["party_id"]
        == "OLD"
    )


def test_locations_are_found_by_place_the_nearest_first(send: Any, operate: Any) -> None:
    places = {
        "Gent": ("51.050000", "3.730000"),
        "Aalst": ("50.940000", "4.040000"),
        "Brugge": ("51.210000", "3.220000"),
        "Suva": ("-18.10000", "178.40000"),
    }
    for id, (latitude, longitude) in places.items():
        send("locations", location(id, coordinates={"latitude": latitude, "longitude": longitude}))
    operate(
        "put",
        module="locations",
        object=ours() | {"coordinates": {"latitude": "51.060000", "longitude": "3.730000"}},
    )
    assert ids(operate("list", module="locations", party="all", near="51.05,3.73,10")) == ["Gent", "O1"]
    assert ids(operate("list", module="locations", party="all", near="51.05,3.73,30")) == [
        "Gent",
        "O1",
        "Aalst",
    ]
    assert ids(operate("list", module="locations", party="BE/BEC", near="51.05,3.73,45"))[1:] == [
        "Aalst",
        "Brugge",
    ]
    assert ids(operate("list", module="locations", near="51.05,3.73,45")) == ["O1"]
    assert ids(operate("list", module="locations", party="all", near="-18,-178.5,300")) == []
    assert ids(operate("list", module="locations", party="all", near="-18.1,179.9,200")) == ["Suva"]
    assert ids(operate("list", module="locations", party="all", near="-18.1,-179.9,200")) == ["Suva"]
    page = operate("list", module="locations", party="all", near="51.05,3.73,45", limit=2)
    assert ids(page) == ["Gent", "O1"]
    rest = operate("list", module="locations", party="all", near="51.05,3.73,45", cursor=page["cursor"])
    assert ids(rest) == ["Aalst", "Brugge"]
    send("locations", location("Gent", coordinates={"latitude": "10.00000", "longitude": "10.00000"}))
    assert ids(operate("list", module="locations", party="all", near="51.05,3.73,10")) == ["O1"]
    for wrong in ("here", "1,2", "91,0,1", "0,0,5000"):
        with pytest.raises(OperatorRefused, match="/near"):
            operate("list", module="locations", party="all", near=wrong)


def test_locations_are_found_by_the_status_of_an_evse(
    ask: Any, send: Any, operate: Any, partner: Any
) -> None:
    for id in ("L1", "L2", "L3"):
        send("locations", location(id))
    change = {"status": "CHARGING", "last_updated": "2026-01-02T00:00:00Z"}
    assert ask("PATCH", f"{PATH}/L2/E1", token=partner.token, body=change).code == 1000
    assert ids(operate("list", module="locations", party="all", status="CHARGING")) == ["L2"]
    assert ids(operate("list", module="locations", party="BE/BEC", status="available")) == ["L1", "L3"]
    near = {"near": "51.05,3.73,10"}
    assert ids(operate("list", module="locations", party="all", status="CHARGING", **near)) == ["L2"]
    connector = location()["evses"][0]["connectors"][0] | {"id": "2"}
    assert ask("PUT", f"{PATH}/L2/E1/2", token=partner.token, body=connector).code == 1000
    assert ids(operate("list", module="locations", party="all", status="CHARGING")) == ["L2"]


def test_what_a_module_has_no_index_for_is_refused_and_names_the_field(operate: Any) -> None:
    for module, name in (
        ("tariffs", "status"),
        ("tokens", "token"),
        ("sessions", "near"),
    ):
        with pytest.raises(OperatorRefused, match=f"/{name}"):
            operate("list", module=module, party="all", **{name: "1,1,1"})


def test_an_id_that_several_parties_have_asks_for_the_party(send: Any, operate: Any) -> None:
    send("locations", location("O1"))
    operate("put", module="locations", object=ours("O1"))
    with pytest.raises(OperatorRefused, match="/party"):
        operate("get", module="locations", party="all", id="O1")
    assert operate("get", module="locations", id="O1")["object"]["party_id"] == "EXA"


class TestAnEmspAlone:
    @pytest.fixture
    def settings(self) -> dict[str, str]:
        from tests.harness import EMSP, json

        return {"OCPI_PARTIES": json.dumps([EMSP])}

    def test_lists_what_everybody_sent_where_it_owns_nothing_of_a_module(
        self, send: Any, operate: Any
    ) -> None:
        send("locations", location("L1"))
        assert ids(operate("list", module="locations")) == ["L1"]
        assert operate("get", module="locations", id="l1")["object"]["id"] == "L1"
        assert operate("list", module="tokens")["objects"] == []


def test_pages_by_status_show_each_location_once_and_read_on_from_the_page_before(
    send: Any, operate: Any, platform: Any
) -> None:
    """Contract: design section 5, `list` of locations by status"""
    for at in range(6):
        evses = [
            evse(f"E{number}", last_updated=f"2026-01-0{1 + number}T00:0{at}:00Z") for number in range(5)
        ]
        send("locations", location(f"L{at}", evses=evses))
    asked: list[dict[str, Any]] = []
    client = platform.objects.client
    client.meta.events.register(
        "provide-client-params.dynamodb.Query", lambda params, **_: asked.append(params), "asked"
    )
    seen: list[str] = []
    begins = []
    query = {"module": "locations", "party": "BE/BEC", "status": "AVAILABLE", "limit": 2}
    cursor = ""
    while cursor is not None:
        asked.clear()
        page = operate("list", **query, cursor=cursor)
        begins += ["ExclusiveStartKey" in each for each in asked if each.get("IndexName") == "changes"][:1]
        seen += ids(page)
        cursor = page["cursor"]
    client.meta.events.unregister("provide-client-params.dynamodb.Query", unique_id="asked")
    assert seen == [f"L{at}" for at in range(6)]
    assert begins[0] is False and all(begins[1:]) and len(begins) >= 3


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ({"status": "AVAILABLE", "party": "all"}, {"status": "CHARGING", "party": "all"}),
        ({"status": "AVAILABLE", "party": "all"}, {"status": "AVAILABLE", "party": "FR/OTH"}),
        ({"party": "all"}, {"party": "FR/OTH"}),
        ({"party": "all"}, {"party": "all", "date_from": "2026-01-01T00:00:00Z"}),
        ({"near": "51.05,3.73,10", "party": "all"}, {"near": "51.05,3.73,11", "party": "all"}),
        ({"party": "all"}, {"party": "all", "module": "tariffs"}),
    ],
)
def test_a_cursor_of_another_query_is_refused(
    send: Any, operate: Any, first: dict[str, Any], then: dict[str, Any]
) -> None:
    """Contract: design section 5, `list`"""
    for at in range(3):
        send("locations", location(f"L{at}"))
    cursor = operate("list", **{"module": "locations", "limit": 1, **first})["cursor"]
    assert (
        len(operate("list", **{"module": "locations", "limit": 9, "cursor": cursor, **first})["objects"]) == 2
    )
    assert shlex.quote(cursor) == cursor  # it is pasted into a command line
    with pytest.raises(OperatorRefused, match="/cursor"):
        operate("list", **{"module": "locations", "limit": 1, "cursor": cursor, **then})
    for broken in ("nonsense", cursor[:-1] + "~", cursor.partition(".")[0] + "."):
        with pytest.raises(OperatorRefused, match="/cursor"):
            operate("list", **{"module": "locations", "limit": 1, "cursor": broken, **first})


@pytest.mark.parametrize("action", ["messages", "refusals", "deliveries", "audits", "disputes", "commands"])
def test_no_list_takes_a_cursor_that_it_did_not_give(operate: Any, action: str) -> None:
    """Contract: design section 5"""
    with pytest.raises(OperatorRefused, match="/cursor"):
        operate(action, cursor="zzzz")
