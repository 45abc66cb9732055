"""A partner that catches up while the indexes are seconds behind their tables (row I16)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.delivery import catch_up
from chalicelib.store.feeds import FeedHead
from tests import samples
from tests.lagging import behind
from tests.samples import CPO_ROLES, EMSP_ROLES, own

OBJECTS = {
    "locations": lambda id: samples.location(id, 1),
    "tariffs": samples.tariff,
    "sessions": lambda id: samples.session(id=id),
    "cdrs": lambda id: samples.cdr(id=id),
    "tokens": lambda id: own("token", uid=id),
}
HUB = {"role": "HUB", "country_code": "NL", "party_id": "HUB", "business_details": {"name": "H"}}


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600", "OCPI_ALLOW_PRIVATE_URLS": "1"}


def sent(stub: Any, module: str) -> list[str]:
    """The names of the objects of a module that a partner was sent, with how often."""
    found = [each for each in stub.received if f"/receiver/{module}" in each.path and each.json]
    return sorted(str(each.json.get("uid") or each.json.get("id") or each.path) for each in found)


@pytest.mark.parametrize("module", OBJECTS)
def test_what_was_written_just_before_a_partner_came_is_sent_to_it(
    hand: Any, operate: Any, drain: Any, register_partner: Any, clock: Any, module: str
) -> None:
    """ARC-14, row I16: its change was announced before the partner was there, the index has it later."""
    roles = CPO_ROLES if module == "tokens" else EMSP_ROLES
    operate("put", module=module, object=OBJECTS[module]("OLD"))
    drain()
    clock.advance(60)
    with behind(hand, 4):
        operate("put", module=module, objects=[OBJECTS[module](f"NEW{at}") for at in range(2)])
        drain()
        stub = register_partner(roles=roles)
        drain()
        assert sent(stub, module) == ["OLD"]
        clock.advance(6)
        drain()
    assert sent(stub, module) == ["NEW0", "NEW1", "OLD"]


def test_a_hub_tells_of_who_came_just_before(make_platform: Any) -> None:
    """HCI-07, row I16: who registers seconds after another is told that it is there."""
    hub = make_platform({"OCPI_PARTIES": json.dumps([HUB])})
    with behind(hub, 4):
        hub.register_partner(roles=CPO_ROLES)
        hub.drain()
        stub = hub.register_partner(roles=EMSP_ROLES)
        hub.drain()
        hub.clock.advance(6)
        hub.drain()
    told = {each.path.rpartition("/")[2] for each in stub.requests("PUT", "/receiver/clientinfo")}
    told |= {each.path.rpartition("/")[2] for each in stub.requests("PUT", "/receiver/hubclientinfo")}
    assert {each["party_id"] for each in CPO_ROLES} <= told


def test_a_longer_feed_is_caught_up_with_page_by_page_and_what_is_late_once(
    hand: Any,
    operate: Any,
    drain: Any,
    register_partner: Any,
    clock: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing but what the index lacked is named again, also where it stays behind for longer."""
    monkeypatch.setattr(catch_up, "PAGE", 3)
    names = [f"T{at}" for at in range(8)]
    operate("put", module="tariffs", objects=[samples.tariff(id) for id in names])
    operate("remove", module="tariffs", id="T7")
    drain()
    clock.advance(60)
    asked: list[Any] = []
    real = catch_up.announce_late
    monkeypatch.setattr(
        catch_up, "announce_late", lambda platform, task: (asked.append(task), real(platform, task))
    )
    with behind(hand, 12):
        operate("put", module="tariffs", object=samples.tariff("LATE"))
        drain()
        stub = register_partner(roles=EMSP_ROLES)
        drain()
        assert sent(stub, "tariffs") == names[:7]
        for _ in range(4):
            clock.advance(6)
            drain()
    assert sent(stub, "tariffs") == sorted([*names[:7], "LATE"])
    assert [(each.first, each.last, each.turn) for each in asked] == [(8, 9, 0), (9, 9, 1)]


def test_a_catch_up_with_an_index_that_is_at_its_place_asks_nothing_again(
    operate: Any, drain: Any, register_partner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With holes at both ends and in the middle, none of which is missing; neither is an empty feed."""
    asked: list[Any] = []
    monkeypatch.setattr(catch_up, "_later", lambda _, task: asked.append(task))
    operate("put", module="tariffs", objects=[samples.tariff(f"T{at}") for at in range(9)])
    for at in (0, 4, 8):
        operate("remove", module="tariffs", id=f"T{at}")
    operate("put", module="locations", object=samples.location("L1"))
    drain()
    stub = register_partner(roles=EMSP_ROLES)
    drain()
    assert len(sent(stub, "tariffs")) == 6 and sent(stub, "locations") == ["L1"]
    assert asked == []


@pytest.mark.parametrize(
    ("seen", "highest", "expected"),
    [(4, 7, None), (4, 8, None), (3, 6, (7, 7)), (3, 7, (1, 7)), (0, 0, (1, 7)), (5, 7, None)],
)
def test_what_is_behind_is_told_from_the_numbers(seen: int, highest: int, expected: Any) -> None:
    """Of 2, 3, 6 and 7: one that is missing at the end, or before others that are there."""
    head = FeedHead("NL/EXA>*", 8, ((4, 5), (8, 8)), 1)
    assert catch_up._behind(head, seen, highest) == expected
