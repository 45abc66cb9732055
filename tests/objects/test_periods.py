"""Sessions and CDRs of many charging periods are stored in parts and served whole (SES-17, SES-18)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests import samples

PATH = "/ocpi/2.2.1/receiver/sessions/BE/BEC/S1"
THEIRS = {
    "country_code": "BE",
    "party_id": "BEC",
    "cdr_token": {**samples.CARD, "country_code": "NL", "party_id": "EXM"},
}


def period(at: int) -> dict[str, Any]:
    return {
        "start_date_time": f"2026-03-{1 + at // 1440:02}T{at // 60 % 24:02}:{at % 60:02}:00Z",
        "dimensions": [{"type": "ENERGY", "volume": Decimal("0.125")}],
    }


def session(many: int, **more: Any) -> dict[str, Any]:
    return samples.session("S1", charging_periods=[period(at) for at in range(many)]) | THEIRS | more


def stored(ask: Any, partner: Any) -> list[dict[str, Any]]:
    return ask("GET", PATH, partner.token).data["charging_periods"]


@pytest.mark.parametrize("many", [8, 16, 17, 400])
def test_a_session_comes_back_as_it_was_sent(many: int, ask: Any, partner: Any) -> None:
    assert ask("PUT", PATH, partner.token, session(many)).code == 1000
    assert ask("GET", PATH, partner.token).json["data"]["charging_periods"] == [
        {**each, "dimensions": [{"type": "ENERGY", "volume": 0.125}]}
        for each in session(many)["charging_periods"]
    ]


def test_periods_are_added_one_by_one_and_none_twice(ask: Any, partner: Any) -> None:
    """SES-18, AMB-86: a PATCH that comes again adds nothing, also when its period has left the head."""
    ask("PUT", PATH, partner.token, session(15))
    for at in range(15, 60):
        for _ in range(2):
            change = {
                "charging_periods": [period(at)],
                "kwh": Decimal(at),
                "last_updated": samples.later(at),
            }
            assert ask("PATCH", PATH, partner.token, change).code == 1000
    again = {"charging_periods": [period(3)], "last_updated": samples.later(61)}
    assert ask("PATCH", PATH, partner.token, again).code == 1000
    assert [each["start_date_time"] for each in stored(ask, partner)] == [
        period(at)["start_date_time"] for at in range(60)
    ]


def test_a_put_rewrites_only_what_differs(ask: Any, partner: Any, platform: Any) -> None:
    ask("PUT", PATH, partner.token, session(300))
    written: list[str] = []
    client = platform.clients.dynamodb

    def note(params: Any, **_: Any) -> None:
        for action in params["TransactItems"]:
            written.append(action.get("Put", {}).get("Item", {}).get("part", {}).get("S", ""))

    client.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", note)
    ask("PUT", PATH, partner.token, session(310, kwh=Decimal(7)))
    client.meta.events.unregister("provide-client-params.dynamodb.TransactWriteItems", note)
    assert sorted(written) == ["-", "~000299"]
    assert len(stored(ask, partner)) == 310
    fewer = session(40)
    assert ask("PUT", PATH, partner.token, fewer).code == 1000
    assert len(stored(ask, partner)) == 40


def test_a_patch_of_one_period_writes_the_head_alone_however_many_there_are(
    ask: Any, partner: Any, platform: Any
) -> None:
    sizes = []
    for many in (20, 2000):
        ask("PUT", PATH, partner.token, session(many))
        bodies: list[int] = []
        client = platform.clients.dynamodb

        def note(params: Any, bodies: list[int] = bodies, **_: Any) -> None:
            bodies.append(len(str(params["Item"])))

        client.meta.events.register("provide-client-params.dynamodb.PutItem", note)
        change = {"charging_periods": [period(many)], "last_updated": samples.later(5)}
        assert ask("PATCH", PATH, partner.token, change).code == 1000
        client.meta.events.unregister("provide-client-params.dynamodb.PutItem", note)
        sizes.append(bodies)
    assert len(sizes[0]) == len(sizes[1]) == 1
    assert abs(sizes[0][0] - sizes[1][0]) < 100


def test_a_cdr_of_ten_thousand_periods_is_stored_listed_and_pushed(
    ask: Any, operate: Any, drain: Any, register_partner: Any
) -> None:
    emsp = register_partner(roles=samples.EMSP_ROLES)
    cdr = samples.cdr(charging_periods=[period(at) for at in range(10_000)])
    assert operate("put", module="cdrs", object=cdr)["stored"] == 1
    assert operate("put", module="cdrs", object=cdr)["unchanged"] == 1
    drain()
    (posted,) = emsp.requests("POST", "/cdrs")
    assert len(posted.json["charging_periods"]) == 10_000
    (listed,) = ask("GET", "/ocpi/2.2.1/sender/cdrs", emsp.token).data
    assert listed["charging_periods"] == posted.json["charging_periods"]


def test_the_event_of_a_long_session_has_all_of_its_periods(
    ask: Any, partner: Any, drain: Any, events: Any
) -> None:
    ask("PUT", PATH, partner.token, session(40))
    drain()
    (heard,) = events("ObjectChanged")
    assert len(heard["detail"]["object"]["charging_periods"]) == 40
