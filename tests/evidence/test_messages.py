"""What was said: every request and answer, found by partner, object, ids, outcome and time.

Contract: design section 14; ARC-19
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.harness import OperatorRefused

PATH = "/ocpi/2.2.1/receiver/locations/BE/BEC"


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_MESSAGES": "all"}


def location(id: str = "L1", **changes: Any) -> dict[str, Any]:
    return {
        "country_code": "BE",
        "party_id": "BEC",
        "id": id,
        "publish": True,
        "address": "Kaai 1",
        "city": "Gent",
        "country": "BEL",
        "coordinates": {"latitude": "51.047599", "longitude": "3.729944"},
        "time_zone": "Europe/Brussels",
        "evses": [
            {
                "uid": "E1",
                "status": "AVAILABLE",
                "connectors": [
                    {
                        "id": "1",
                        "standard": "IEC_62196_T2",
                        "format": "SOCKET",
                        "power_type": "AC_3_PHASE",
                        "max_voltage": 230,
                        "max_amperage": 16,
                        "last_updated": "2026-01-01T00:00:00Z",
                    }
                ],
                "last_updated": "2026-01-01T00:00:00Z",
            }
        ],
        "last_updated": "2026-01-01T00:00:00Z",
    } | changes


def ours(id: str = "O1") -> dict[str, Any]:
    return location(id) | {"country_code": "NL", "party_id": "EXA"}


def test_a_request_is_found_by_its_object_its_ids_and_its_partner(
    ask: Any, operate: Any, partner: Any
) -> None:
    ask(
        "PUT",
        f"{PATH}/L1",
        token=partner.token,
        body=location(),
        headers={"X-Request-ID": "r-1", "X-Correlation-ID": "c-1"},
    )
    for filters in (
        {"id": "l1"},
        {"request_id": "r-1"},
        {"correlation_id": "c-1"},
        {"partner": partner.id, "module": "locations"},
        {"partner": "Stub Charging", "module": "locations", "outcome": "ok"},
        {"module": "locations"},
        {"request_id": "r-1", "id": "L1", "correlation_id": "c-1", "outcome": "ok", "partner": partner.id},
    ):
        (found,) = operate("messages", **filters)["messages"]
        assert found["request_id"] == "r-1" and found["correlation_id"] == "c-1", filters
    assert found["direction"] == "RECEIVED" and found["method"] == "PUT"
    assert found["path"] == f"{PATH}/L1" and found["owner"] == "BE/BEC" and found["object_id"] == "L1"
    assert found["http_status"] == 201 and found["status_code"] == 1000
    for filters in (
        {"id": "L2"},
        {"request_id": "r-1", "outcome": "refused"},
        {"id": "L1", "module": "cdrs"},
    ):
        assert operate("messages", **filters)["messages"] == [], filters


def test_a_refusal_of_a_partner_is_shown_with_its_words(
    operate: Any, drain: Any, register_partner: Any
) -> None:
    emsp = register_partner(roles=[{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}])
    emsp.answer("PUT", "/locations", status=400, code=2001, message="not on our map")
    operate("put", module="locations", object=ours())
    drain(sweep=False)
    (found,) = operate("messages", partner=emsp.id, id="O1", outcome="refused")["messages"]
    sent = next(each for each in emsp.received if each.method == "PUT")
    assert found["request_id"] == sent.headers["x-request-id"]
    assert found["direction"] == "SENT" and "not on our map" in found["reason"]
    whole = operate("message", id=found["id"])["message"]
    assert json.loads(whole["request"]["body"])["id"] == "O1"
    assert "not on our map" in whole["response"]["body"]
    assert whole["curl"].startswith("curl -i -X PUT") and "$OCPI_TOKEN" in whole["curl"]


def test_no_token_is_kept_also_where_it_is_echoed(
    ask: Any, operate: Any, drain: Any, register_partner: Any, platform: Any
) -> None:
    emsp = register_partner(roles=[{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}])
    given = emsp.own_token
    emsp.answer("PUT", "/locations", status=400, code=2001, message=f"who is {given}?")
    operate("put", module="locations", object=ours())
    drain(sweep=False)
    ask("GET", f"{PATH}/L1?t={emsp.token}", token=emsp.token)
    ask("PUT", f"{PATH}/L1", token=emsp.token, body=location(name=f"place of {emsp.token}"))
    ask("PUT", "/ocpi/2.2.1/credentials", token=emsp.token, body=emsp.credentials)
    kept = json.dumps(
        platform.clients.dynamodb.scan(TableName=platform.settings.prefix + "-messages")["Items"]
    )
    assert "who is ***" in kept and "place of ***" in kept and "credentials" in kept
    assert given not in kept and emsp.token not in kept
    newest = operate("messages", module="credentials", partner=emsp.id)["messages"][0]
    whole = operate("message", id=newest["id"])["message"]
    assert json.loads(whole["request"]["body"])["token"] == "***"
    assert json.loads(whole["response"]["body"])["data"]["token"] == "***"


def test_a_large_body_is_packed_and_one_beyond_100_kb_is_cut_and_says_so(
    ask: Any, operate: Any, partner: Any
) -> None:
    many = [location()["evses"][0] | {"uid": f"E{at}"} for at in range(8)]
    large = location(evses=many) | {"remarks": [f"remark {at}" for at in range(9000)]}
    ask("PUT", f"{PATH}/L1", token=partner.token, body=large, headers={"X-Request-ID": "big"})
    ask(
        "PUT",
        f"{PATH}/L2",
        token=partner.token,
        body=location("L2", evses=many),
        headers={"X-Request-ID": "mid"},
    )
    (big,) = operate("messages", request_id="big")["messages"]
    whole = operate("message", id=big["id"])["message"]["request"]
    assert whole["cut"] and whole["bytes"] > 100 * 1024 == len(whole["body"].encode())
    (mid,) = operate("messages", request_id="mid")["messages"]
    whole = operate("message", id=mid["id"])["message"]["request"]
    assert not whole["cut"] and len(json.loads(whole["body"])["evses"]) == 8


def test_pages_of_messages_have_each_once_newest_first(ask: Any, operate: Any, partner: Any) -> None:
    for at in range(7):
        ask("GET", f"{PATH}/L{at}", token=partner.token)
    seen: list[str] = []
    cursor = None
    while True:
        page = operate("messages", partner=partner.id, module="locations", limit=3, cursor=cursor)
        seen += [each["object_id"] for each in page["messages"]]
        cursor = page["cursor"]
        if cursor is None:
            break
    assert seen == [f"L{at}" for at in reversed(range(7))]


def test_dates_bound_what_is_listed(ask: Any, operate: Any, partner: Any, clock: Any) -> None:
    ask("GET", f"{PATH}/L1", token=partner.token)
    clock.advance(3600)
    between = clock()
    clock.advance(3600)
    ask("GET", f"{PATH}/L2", token=partner.token)
    later = operate("messages", module="locations", date_from=between)["messages"]
    earlier = operate("messages", module="locations", date_to=between)["messages"]
    assert [each["object_id"] for each in later] == ["L2"]
    assert [each["object_id"] for each in earlier] == ["L1"]
    with pytest.raises(OperatorRefused, match="date_from"):
        operate("messages", date_from="yesterday")


def test_a_stranger_is_seen_without_what_it_sent_and_not_more_than_ten_times_a_minute(
    ask: Any, operate: Any, partner: Any
) -> None:
    for _ in range(15):
        ask("PUT", f"{PATH}/L1", token="nobody-knows-this", body=location())
    found = operate("messages", partner="-")["messages"]
    assert len(found) == 10 and {each["http_status"] for each in found} == {401}
    assert operate("message", id=found[0]["id"])["message"]["request"]["body"] is None


def test_a_table_that_fails_costs_the_evidence_and_no_request(
    ask: Any, operate: Any, partner: Any, platform: Any
) -> None:
    events = platform.clients.dynamodb.meta.events

    def fail(**_: Any) -> None:
        raise ConnectionError("the table does not answer")

    events.register("before-call.dynamodb.BatchWriteItem", fail)
    try:
        assert ask("PUT", f"{PATH}/L1", token=partner.token, body=location()).code == 1000
    finally:
        events.unregister("before-call.dynamodb.BatchWriteItem", fail)
        platform.messages._silent_until = 0.0
    assert operate("messages", id="L1")["messages"] == []


class TestByDefault:
    """OCPI_MESSAGES=refused"""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {}

    def test_pages_and_statuses_that_went_well_are_not_kept_all_else_is(
        self, ask: Any, operate: Any, partner: Any
    ) -> None:
        ask("PUT", f"{PATH}/L1", token=partner.token, body=location())
        status = {"status": "CHARGING", "last_updated": "2026-01-02T00:00:00Z"}
        assert ask("PATCH", f"{PATH}/L1/E1", token=partner.token, body=status).code == 1000
        assert ask("GET", "/ocpi/2.2.1/sender/locations", token=partner.token).code == 1000
        assert ask("PATCH", f"{PATH}/L1/E1", token=partner.token, body={"status": "CHARGING"}).code == 2001
        assert ask("GET", "/ocpi/2.2.1/sender/locations?limit=x", token=partner.token).code == 2001
        found = operate("messages", partner=partner.id, module="locations")["messages"]
        assert [(each["method"], each["outcome"]) for each in found] == [
            ("GET", "refused"),
            ("PATCH", "refused"),
            ("PUT", "ok"),
        ]


class TestNone:
    """OCPI_MESSAGE_DAYS=0 is none, too."""

    @pytest.fixture
    def settings(self) -> dict[str, str]:
        return {"OCPI_MESSAGES": "all", "OCPI_MESSAGE_DAYS": "0"}

    def test_nothing_is_kept(self, ask: Any, operate: Any, partner: Any) -> None:
        ask("PUT", f"{PATH}/L1", token=partner.token, body={})
        assert operate("messages")["messages"] == []
