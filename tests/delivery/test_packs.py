"""What a partner knows of EVSEs that it was sent with their Location: one item, as good as a record each."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.store import packs
from chalicelib.store.delivery_items import Target
from chalicelib.store.object_items import Key
from tests import samples
from tests.samples import EMSP_ROLES, later

LOCATION = Key("locations", "NL", "EXA", "Loc1")


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600", "OCPI_ALLOW_PRIVATE_URLS": "1"}


def lines(stub: Any) -> list[str]:
    return [f"{each.method} {each.path.split('/receiver/')[-1]}" for each in stub.received]


def caught_up(operate: Any, drain: Any, register_partner: Any, evses: int) -> Any:
    """A partner that registered after a Location was there, and was sent it."""
    operate("put", module="locations", object=samples.location("Loc1", evses))
    drain()
    stub = register_partner(roles=EMSP_ROLES)
    drain()
    assert [each for each in lines(stub) if "/Loc1" in each] == ["PUT locations/NL/EXA/Loc1"]
    stub.forget()
    return stub


def status(operate: Any, drain: Any, stub: Any, uid: str, minute: int, status: str) -> None:
    """Change the status of an EVSE: the partner hears just that."""
    changes = {"status": status, "last_updated": later(minute)}
    operate("patch", module="locations", id="loc1", evse_uid=uid, changes=changes)
    drain()
    assert [(each.method, each.path.rpartition("/")[2], each.json) for each in stub.received] == [
        ("PATCH", uid, changes)
    ]
    stub.forget()


@pytest.mark.parametrize("evses", [3, packs.MOST, packs.MOST + 1])
def test_an_evse_that_came_with_its_location_is_told_of_by_its_status_alone(
    operate: Any, drain: Any, register_partner: Any, platform: Any, evses: int
) -> None:
    """LOC-51, in few items or many; the path has the id as it was spelled, whoever named it how."""
    stub = caught_up(operate, drain, register_partner, evses)
    known = platform.deliveries.parts(Target(stub.id, LOCATION))
    assert len(known) == evses and all(each.known["status"] for each in known)
    assert sum(each.is_packed for each in known) == (evses if evses <= packs.MOST else 0)
    for minute, said in ((1, "CHARGING"), (2, "AVAILABLE")):
        status(operate, drain, stub, "E1", minute, said)
    status(operate, drain, stub, f"E{evses}", 3, "BLOCKED")
    known = platform.deliveries.parts(Target(stub.id, LOCATION))
    assert len(known) == evses and all(each.known["status"] for each in known)


def test_an_evse_with_a_record_and_one_without_both_follow_a_new_whole(
    operate: Any, drain: Any, register_partner: Any
) -> None:
    """What its own record says of an EVSE is never older than what was sent with the Location."""
    stub = caught_up(operate, drain, register_partner, 3)
    status(operate, drain, stub, "E1", 1, "CHARGING")
    whole = samples.location("Loc1", 3, name="Other", last_updated=later(2))
    for each in whole["evses"]:
        each |= {"status": "INOPERATIVE", "last_updated": later(2)}
    operate("put", module="locations", object=whole)
    drain()
    assert lines(stub) == ["PUT locations/NL/EXA/Loc1"]
    stub.forget()
    status(operate, drain, stub, "E1", 3, "AVAILABLE")
    status(operate, drain, stub, "E2", 4, "CHARGING")
    status(operate, drain, stub, "E1", 5, "CHARGING")
    drain()
    assert lines(stub) == []


def test_who_knows_all_is_sent_nothing_when_all_is_announced(
    operate: Any, drain: Any, register_partner: Any
) -> None:
    """A suspension that is over: of what did not change meanwhile nothing is said."""
    stub = caught_up(operate, drain, register_partner, 3)
    status(operate, drain, stub, "E1", 1, "CHARGING")
    operate("suspend", partner=stub.id)
    operate("resume", partner=stub.id)
    drain()
    assert [each for each in lines(stub) if "/Loc1" in each] == []
    operate("suspend", partner=stub.id)
    changes = {"status": "BLOCKED", "last_updated": later(2)}
    operate("patch", module="locations", id="loc1", evse_uid="E2", changes=changes)
    drain()
    operate("resume", partner=stub.id)
    drain()
    sent = [each for each in stub.received if "/Loc1" in each.path]
    told = {uid: each for one in sent for uid, each in _evses(one).items()}
    assert told["E2"]["status"] == "BLOCKED"


def _evses(request: Any) -> dict[str, Any]:
    if "evses" in request.json:
        return {each["uid"]: each for each in request.json["evses"]}
    return {request.path.rpartition("/")[2]: request.json}


def test_a_refused_patch_of_a_packed_evse_is_followed_by_the_whole(
    operate: Any, drain: Any, register_partner: Any
) -> None:
    """TRA-51: the partner forgot its Location."""
    stub = caught_up(operate, drain, register_partner, 2)
    stub.answer("PATCH", "E1", times=1, status=404, code=2003)
    changes = {"status": "CHARGING", "last_updated": later(1)}
    operate("patch", module="locations", id="Loc1", evse_uid="E1", changes=changes)
    drain()
    assert lines(stub) == ["PATCH locations/NL/EXA/Loc1/E1", "PUT locations/NL/EXA/Loc1"]
    stub.forget()
    status(operate, drain, stub, "E1", 2, "AVAILABLE")
    status(operate, drain, stub, "E2", 3, "CHARGING")


def test_a_pack_comes_back_as_it_was_written() -> None:
    """Fields that one EVSE has and another has not, and names with blanks."""
    known = {
        "E1": {"uid": "aaaaaaaa", "status": "bbbbbbbb"},
        "E 2": {"uid": "cccccccc", "my own": "dddddddd"},
    }
    target = Target("p", LOCATION)
    item = packs.packed(target, "2.2.1 x", {uid: (7, each) for uid, each in known.items()}, "now")
    found = list(packs.unpacked(target, item))
    assert {each.target.part: dict(each.known) for each in found} == known
    assert {(each.revision, each.agreement, each.is_packed) for each in found} == {(7, "2.2.1 x", True)}
