"""Time never goes back: what is older than the state of that very thing does not replace it (design 7).

By `put`, `patch`, messages of the inbox, and pulls; only `force` and a partner's own push do (AMB-12).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from chalicelib.actions import dispatch
from chalicelib.objects import order
from chalicelib.objects.stored_object import connectors_of
from chalicelib.ocpi import jsontext
from chalicelib.store.object_items import Part
from chalicelib.tasks import PerformAction
from tests import samples
from tests.samples import later

NONE = {"stored": 0, "unchanged": 0, "older": 1}


def counts(answer: dict[str, Any]) -> dict[str, int]:
    return {name: answer[name] for name in ("stored", "unchanged", "older")}


def evses(operate: Any, party: str | None = None) -> dict[str, tuple[str, str]]:
    found = operate("get", module="locations", id="LOC1", **({"party": party} if party else {}))["object"]
    return {each["uid"]: (each["status"], each["last_updated"]) for each in found["evses"]}


def test_a_put_of_yesterdays_file_leaves_the_evse_that_charges(operate: Any) -> None:
    """Row I1: head with head, EVSE with EVSE."""
    operate("put", module="locations", object=samples.location())
    charging = {"status": "CHARGING", "last_updated": later(5)}
    operate("patch", module="locations", id="LOC1", evse_uid="E1", changes=charging)
    file = samples.location(
        name="Renamed",
        last_updated=later(2),
        evses=[samples.evse("E1"), samples.evse("E2", status="BLOCKED", last_updated=later(2))],
    )
    answer = operate("put", module="locations", object=file)
    assert counts(answer) == {"stored": 1, "unchanged": 0, "older": 1}
    assert evses(operate) == {"E1": ("CHARGING", later(5)), "E2": ("BLOCKED", later(2))}
    assert operate("get", module="locations", id="LOC1")["object"]["name"] == "Renamed"
    assert counts(operate("put", module="locations", object=file)) == NONE


def test_a_connector_is_compared_with_itself(operate: Any) -> None:
    operate("put", module="locations", object=samples.location(evses=1))
    operate(
        "patch",
        module="locations",
        id="LOC1",
        evse_uid="E1",
        connector_id="1",
        changes={"max_amperage": 63, "last_updated": later(9)},
    )
    blocked = samples.evse("E1", status="BLOCKED", last_updated=later(10))
    whole = samples.location(evses=[blocked], last_updated=later(10))
    assert counts(operate("put", module="locations", object=whole))["older"] == 1
    (evse,) = operate("get", module="locations", id="LOC1")["object"]["evses"]
    assert (evse["status"], evse["connectors"][0]["max_amperage"]) == ("BLOCKED", 63)
    late = {"max_amperage": 16, "last_updated": later(8)}
    answer = operate("patch", module="locations", id="LOC1", evse_uid="E1", connector_id="1", changes=late)
    assert counts(answer) == NONE


def test_a_put_takes_what_is_newer_than_the_thing_around_it(operate: Any) -> None:
    """LOC-87: a file whose Locations lag is put right, not refused; each thing is compared with itself."""
    operate("put", module="locations", object=samples.location(last_updated=later(4)))
    file = samples.location(name="Then", last_updated=later(1))
    file["evses"] = [samples.evse("E1", status="BLOCKED", last_updated=later(6)), samples.evse("E2")]
    file["evses"][1]["connectors"][0] |= {"max_amperage": 63, "last_updated": later(7)}
    answer = operate("put", module="locations", object=file)
    assert (counts(answer), answer["errors"]) == ({"stored": 1, "unchanged": 0, "older": 1}, [])
    found = operate("get", module="locations", id="LOC1")["object"]
    assert (found["name"], found["last_updated"]) == ("Somewhere", later(7))
    assert evses(operate) == {"E1": ("BLOCKED", later(6)), "E2": ("AVAILABLE", later(7))}
    assert found["evses"][1]["connectors"][0]["max_amperage"] == 63
    assert counts(operate("put", module="locations", object=file)) == NONE


STATES = {
    "sessions": (samples.session, "S1", {"kwh": Decimal("9.5")}, {"kwh": Decimal("2.5")}),
    "tokens": (samples.token, "CARD1", {"valid": False}, {"valid": True}),
    "tariffs": (samples.tariff, "T1", {"currency": "SEK"}, {"currency": "DKK"}),
}


@pytest.mark.parametrize("module", sorted(STATES))
def test_an_older_state_of_an_object_is_counted_and_not_stored(module: str, operate: Any) -> None:
    make, id_, newer, older = STATES[module]
    operate("put", module=module, object=make() | newer | {"last_updated": later(20)})
    before = operate("get", module=module, id=id_)
    late = make() | older | {"last_updated": later(10)}
    assert counts(operate("put", module=module, object=late)) == NONE
    assert counts(operate("put", module=module, objects=[late])) == NONE
    changes = older | {"last_updated": later(10)}
    assert counts(operate("patch", module=module, id=id_, changes=changes)) == NONE
    assert operate("get", module=module, id=id_) == before
    forced = operate("patch", module=module, id=id_, changes=changes, force=True)
    assert counts(forced) == {"stored": 1, "unchanged": 0, "older": 0}
    assert counts(operate("put", module=module, object=late, force=True))["older"] == 0


@pytest.mark.parametrize("module", sorted(STATES))
def test_an_equal_time_with_other_content_is_taken(module: str, operate: Any) -> None:
    make, _, newer, older = STATES[module]
    operate("put", module=module, object=make() | newer)
    assert counts(operate("put", module=module, object=make() | older))["stored"] == 1


def test_i1_a_late_inbox_message_does_not_bring_the_older_status_back(
    platform: Any, operate: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row I1: an attempt that failed and came back after the queue's visibility."""
    operate("put", module="locations", object=samples.location())
    for status, minute in (("AVAILABLE", 2), ("CHARGING", 1)):
        changes = {"status": status, "last_updated": later(minute)}
        payload = {
            "action": "patch",
            "module": "locations",
            "id": "LOC1",
            "evse_uid": "E1",
            "changes": changes,
        }
        dispatch.receive(platform, PerformAction(payload))
    assert evses(operate)["E1"] == ("AVAILABLE", later(2))
    assert "stale" in capsys.readouterr().out


@pytest.mark.parametrize("module", sorted(STATES))
def test_i1_a_late_inbox_message_does_not_bring_an_older_object_back(
    module: str, platform: Any, operate: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row I1: `put` of a Session, a Token, a Tariff; the late one is logged as stale."""
    make, id_, newer, older = STATES[module]
    for state, minute in ((newer, 20), (older, 10)):
        capsys.readouterr()
        state = make() | state | {"last_updated": later(minute)}
        dispatch.receive(platform, PerformAction({"action": "put", "module": module, "object": state}))
    found = operate("get", module=module, id=id_)["object"]
    assert {name: found[name] for name in newer} == newer
    assert found["last_updated"] == later(20)
    assert "stale" in capsys.readouterr().out


def test_master_data_keeps_the_status_that_is_known(operate: Any) -> None:
    operate("put", module="locations", object=samples.location())
    changes = {"status": "CHARGING", "last_updated": later(5)}
    operate("patch", module="locations", id="LOC1", evse_uid="E1", changes=changes)
    named = [
        samples.evse(uid, physical_reference=f"Bay {uid}", last_updated=later(9))
        for uid in ("E1", "E2", "E3")
    ]
    operate(
        "put",
        module="locations",
        object=samples.location(evses=named, last_updated=later(9)),
        keep_status=True,
    )
    found = operate("get", module="locations", id="LOC1")["object"]["evses"]
    assert [(each["status"], each["physical_reference"]) for each in found] == [
        ("CHARGING", "Bay E1"),
        ("AVAILABLE", "Bay E2"),
        ("AVAILABLE", "Bay E3"),
    ]
    assert found[0]["last_updated"] == later(5)


def test_a_time_far_ahead_does_not_block_what_comes_after_it(operate: Any) -> None:
    operate("put", module="tokens", object=samples.token(last_updated="2099-01-01T00:00:00Z"))
    answer = operate("patch", module="tokens", id="CARD1", changes={"valid": False})
    assert counts(answer)["stored"] == 1


def test_the_time_of_a_connector_far_ahead_does_not_block_what_comes_after_it() -> None:
    """Design section 7: as that of an object or an EVSE, which are stored with the time of arrival."""

    def part(moment: str, amperage: int) -> Part:
        evse = samples.evse(last_updated=moment)
        evse["connectors"][0] |= {"last_updated": moment, "max_amperage": amperage}
        return Part("E1", "2.3.0", later(3), jsontext.dumps(evse))

    now = "2026-03-01T10:05:00.000Z"
    for known, taken in (("2099-01-01T00:00:00Z", 16), (later(4), 32)):
        head, new = part(later(3), 16)._replace(uid=""), part(later(3), 16)
        (_, chosen), _ = order.newest([head, part(known, 32)], [head, new], now)
        assert connectors_of(jsontext.loads(chosen.body))[0]["max_amperage"] == taken
    ahead = {"last_updated": "2099-01-01T00:00:00Z"}
    assert not order.is_older(ahead, {"last_updated": later(4)}, now)
    assert order.is_older({"last_updated": later(5)}, {"last_updated": later(4)}, now)
    assert order.believed(ahead, now) == ""


def test_a_pull_takes_an_evse_that_is_newer_than_its_location(
    operate: Any, drain: Any, register_partner: Any
) -> None:
    """Design 8: a Location whose own clock lags brings its EVSEs all the same."""
    cpo = register_partner(roles=samples.CPO_ROLES)
    theirs = samples.location(country_code="BE", party_id="BEC", last_updated=later(3))
    cpo.objects["locations"] = [theirs]
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    lagging = theirs | {"name": "Then", "last_updated": later(1)}
    lagging["evses"] = [samples.evse("E1", status="BLOCKED", last_updated=later(4)), theirs["evses"][1]]
    cpo.objects["locations"] = [lagging]
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    assert evses(operate, "BE/BEC")["E1"] == ("BLOCKED", later(4))
    assert operate("get", module="locations", id="LOC1", party="BE/BEC")["object"]["name"] == "Somewhere"


def test_a_partners_push_of_its_own_object_overrules(ask: Any, operate: Any, partner: Any) -> None:
    """AMB-12."""
    path = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    theirs = samples.location(country_code="BE", party_id="BEC")
    ask("PUT", path, partner.token, theirs | {"last_updated": later(9)})
    ask("PUT", path, partner.token, theirs | {"name": "Earlier", "last_updated": later(1)})
    assert operate("get", module="locations", id="LOC1", party="BE/BEC")["object"]["name"] == "Earlier"
