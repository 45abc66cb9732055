"""The simulated CPO against two whole platforms: what docs/backend.md tells, lived."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from localrun.platform import eventually
from simulator.charge_point import REFUSE, SILENT, BackEnd, exact
from tests.harness import Pair
from tests.samples import capable_evse, capable_location, their_token

TARIFF = {
    "country_code": "NL",
    "party_id": "EXA",
    "id": "T1",
    "currency": "EUR",
    "tax_included": "NO",
    "elements": [
        {
            "price_components": [
                {"type": "FLAT", "price": 0.50, "vat": 21, "step_size": 1},
                {"type": "ENERGY", "price": 0.35, "vat": 21, "step_size": 1},
            ],
        },
        {
            "price_components": [{"type": "FLAT", "price": 2, "vat": 21, "step_size": 1}],
            "restrictions": {"reservation": "RESERVATION"},
        },
    ],
    "last_updated": "2026-01-01T00:00:00Z",
}
CARD = their_token("DE", "EXM")


class Place:
    """One Location of the CPO's, as the eMSP sees it."""

    def __init__(self, pair: Pair, back_end: BackEnd, id: str) -> None:
        self.pair, self.back_end, self.id = pair, back_end, id
        evses = [capable_evse(f"{id}-{number}") for number in (1, 2, 3)]
        for each in evses:
            each["connectors"][0]["tariff_ids"] = ["T1"]
        pair.cpo.do("put", module="locations", object=capable_location(id=id, evses=evses))
        eventually(lambda: self.location, 20)

    @property
    def location(self) -> Any:
        answer = self.pair.emsp.operator(
            {"action": "get", "module": "locations", "party": "NL/EXA", "id": self.id}
        )
        return answer["data"]["object"] if answer["ok"] else None

    def status(self, number: int) -> str:
        return next(each["status"] for each in self.location["evses"] if each["uid"] == f"{self.id}-{number}")

    def sessions(self, *statuses: str) -> list[Any]:
        found = self.pair.emsp.do("list", module="sessions", party="NL/EXA", limit=100)["objects"]
        return [each for each in found if each["status"] in statuses and each["location_id"] == self.id]

    def cdrs(self) -> list[Any]:
        found = self.pair.emsp.do("list", module="cdrs", party="NL/EXA", limit=100)["objects"]
        return [each for each in found if each["cdr_location"]["id"] == self.id]

    def send(self, command: str, **body: Any) -> str:
        return self.pair.emsp.do("send_command", command=command, to="NL/EXA", body=body)["id"]

    def start(self, number: int, **more: Any) -> str:
        uid = f"{self.id}-{number}"
        return self.send("START_SESSION", token=CARD, location_id=self.id, evse_uid=uid, **more)

    def result(self, id: str) -> Any:
        """The word of the result, once it is there."""
        emsp = self.pair.emsp
        record = eventually(lambda: (r := emsp.do("command", id=id))["state"] == "CONCLUDED" and r, 45)
        return record["result"]["result"]


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[Pair, BackEnd]]:
    """Registered, a tariff, and the simulator at work."""
    with Pair({"OCPI_COMMAND_TIMEOUT": "10"}) as pair:
        pair.register("2.2.1")
        pair.cpo.do("put", module="tariffs", object=TARIFF)
        with BackEnd(pair.cpo.operator, pair.cpo.events, tick=0.3) as back_end:
            yield pair, back_end


@pytest.fixture
def place(world: Any, request: Any) -> Place:
    """A Location for this test alone."""
    return Place(*world, f"LOC{abs(hash(request.node.name)) % 10**6}")


def test_a_session_from_start_to_cdr(place: Place) -> None:
    """CMD-37, SES-15, SES-22, CDR-20, CDR-22, CDR-28 to CDR-31: totals agree to the digit."""
    assert place.result(place.start(1, authorization_reference="REF1")) == "ACCEPTED"
    (active,) = eventually(lambda: place.sessions("ACTIVE"))
    assert active["authorization_reference"] == "REF1"
    assert active["auth_method"] == "COMMAND"
    eventually(lambda: place.status(1) == "CHARGING")
    eventually(lambda: place.sessions("ACTIVE")[0]["kwh"] > active["kwh"])
    assert place.result(place.start(1)) == "EVSE_OCCUPIED"
    assert place.result(place.send("STOP_SESSION", session_id=active["id"])) == "ACCEPTED"
    (over,) = eventually(lambda: place.sessions("COMPLETED"))
    eventually(lambda: place.status(1) == "AVAILABLE")
    cdrs = eventually(lambda: place.cdrs())
    cdr = exact(cdrs[0])
    assert cdr["session_id"] == active["id"]
    assert cdr["authorization_reference"] == "REF1"
    assert cdr["cdr_token"]["uid"] == CARD["uid"]
    assert cdr["cdr_location"]["evse_uid"] == f"{place.id}-1"
    periods = [each["dimensions"] for each in cdr["charging_periods"]]
    energy = sum((Decimal(d["volume"]) for p in periods for d in p if d["type"] == "ENERGY"), Decimal(0))
    assert energy == Decimal(cdr["total_energy"]) == Decimal(str(over["kwh"]))
    before = {name: Decimal(cdr[name]["before_taxes"]) for name in cdr if name.endswith("_cost")}
    assert abs(before["total_energy_cost"] - energy * Decimal("0.35")) <= Decimal("0.00005")
    assert before["total_fixed_cost"] == Decimal("0.5")
    assert before["total_cost"] == before["total_energy_cost"] + before["total_fixed_cost"]
    eventually(
        lambda: any(
            each["detail-type"] == "CommandConcluded" and each["detail"]["command"] == "STOP_SESSION"
            for each in place.pair.emsp.events()
        )
    )


def test_charge_points_refuse_and_stay_silent_on_demand(place: Place) -> None:
    """CMD-10, CMD-15."""
    place.back_end.behave(f"{place.id}-1", REFUSE)
    place.back_end.behave(f"{place.id}-2", SILENT)
    silent, refused = place.start(2), place.start(1)
    assert place.result(refused) == "FAILED"
    assert place.result(place.start(3)) == "ACCEPTED"
    assert place.result(silent) == "TIMEOUT"


def test_reservations_are_kept_used_cancelled_and_taken_back(place: Place) -> None:
    """CMD-20, CMD-41 to CMD-45, SES-05 to SES-07, TAR-37."""
    until = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"

    def reserve(id: str, number: int) -> str:
        there = {"token": CARD, "location_id": place.id, "evse_uid": f"{place.id}-{number}"}
        sent = place.send("RESERVE_NOW", reservation_id=id, expiry_date=until, **there)
        assert place.result(sent) == "ACCEPTED"
        return sent

    reserve("R1", 1)
    (reserved,) = eventually(lambda: place.sessions("RESERVATION"))
    eventually(lambda: place.status(1) == "RESERVED")
    assert place.result(place.start(1)) == "ACCEPTED"
    eventually(lambda: [each["id"] for each in place.sessions("ACTIVE")] == [reserved["id"]])

    reserve("R2", 2)
    assert place.result(place.send("CANCEL_RESERVATION", reservation_id="R2")) == "ACCEPTED"
    cdr = eventually(lambda: place.cdrs())[0]
    assert Decimal(str(cdr["total_reservation_cost"]["before_taxes"])) == 2

    granted = reserve("R3", 3)
    (id,) = place.back_end._reserve_requests
    place.back_end.cancel_reservation(id)
    eventually(
        lambda: place.pair.emsp.do("command", id=granted)["result"]["result"] == "CANCELED_RESERVATION"
    )
    eventually(lambda: place.status(3) == "AVAILABLE")


def test_a_reservation_without_an_evse_keeps_one_free_for_its_token(place: Place) -> None:
    """CMD-40."""
    until = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    there = {"token": CARD, "location_id": place.id, "reservation_id": "R9", "expiry_date": until}
    assert place.result(place.send("RESERVE_NOW", **there)) == "ACCEPTED"
    eventually(lambda: sorted(place.status(each) for each in (1, 2, 3)).count("RESERVED") == 1)
    (kept,) = (each for each in (1, 2, 3) if place.status(each) == "RESERVED")
    assert place.sessions("RESERVATION")[0]["evse_uid"] == f"{place.id}-{kept}"


def test_a_profile_limits_a_session_and_clearing_it_gives_all_back(place: Place) -> None:
    """CHP-03, CHP-34, CHP-44: a limit, not a target; without one what is told is the most there is."""
    assert place.result(place.start(1)) == "ACCEPTED"
    (session,) = eventually(lambda: place.sessions("ACTIVE"))
    emsp = place.pair.emsp

    def told() -> list[Any]:
        return [
            each["detail"]["object"]["charging_profile"]
            for each in emsp.events()
            if each["detail-type"] == "ObjectChanged"
            and each["detail"]["module"] == "chargingprofiles"
            and each["detail"]["id"] == session["id"]
        ]

    limit = {"charging_rate_unit": "A", "charging_profile_period": [{"start_period": 0, "limit": 6}]}
    asked = emsp.do("set_profile", session_id=session["id"], charging_profile=limit)["id"]
    assert place.result(asked) == "ACCEPTED"
    assert eventually(told)[-1] == limit
    charging = place.back_end.running[session["id"]]
    eventually(lambda: charging.limit_kw == Decimal("4.14"))  # 6 A on each of three phases
    assert place.result(emsp.do("clear_profile", session_id=session["id"])["id"]) == "ACCEPTED"
    eventually(lambda: told()[-1] != limit)
    assert told()[-1]["charging_profile_period"][0]["limit"] > 4140
    eventually(lambda: charging.limit_kw is None)
