"""A day of roaming on queues and streams that do all AWS may do (`tests.shuffling`), with partners
whose modules fail while their versions answer, whose totals lie and whose clocks lag."""

from __future__ import annotations

import json
import os
import random
from typing import Any

import pytest

from tests.faults.hostile import Hostile
from tests.faults.trial import PARTNERS, Truth
from tests.harness import Hand
from tests.samples import CPO_ROLES, location, tariff, their_token
from tests.stub import Canned, Received

SEEDS = range(12) if os.environ.get("OCPI_TRIALS") else (6,)
STEPS = 50
# Requests to a module that fails for half a day: some until it is held back, then one after each pause.
MOST_ASKED = 16
THEIRS = {"country_code": "BE", "party_id": "BEC"}
DECISIONS = ["ACCEPTED", "REJECTED", "EVSE_OCCUPIED"]


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600", "OCPI_RETENTION_DAYS": "tariffs=30"}


@pytest.fixture(autouse=True)
def delays_by_the_clock_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is put off comes back when the day's clock moves, and not while a slow machine works: each time
    all of it comes twice."""
    from moto.sqs import models

    real = models.unix_time_millis
    began = real()
    monkeypatch.setattr(models, "unix_time_millis", lambda moment=None: real(moment) if moment else began)


class BackEnd:
    """The back end of `Truth`: what has a time goes to the inbox, which mixes it up; the rest is asked."""

    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def do(self, action: str, **fields: Any) -> None:
        if action == "remove" or fields["module"] == "tariffs":
            self._hand.operate(action, **fields)
            return
        body = json.dumps({"action": action, **fields}, default=float)
        platform = self._hand.platform
        platform.clients.sqs.send_message(QueueUrl=platform.queues._url("inbox"), MessageBody=body)

    surely = do


class Day:
    """What happens, and what must be so in the end."""

    def __init__(self, hand: Hand, seed: int) -> None:
        self.hand, self.chance = hand, random.Random(seed)
        self.back_end = BackEnd(hand)
        self.truth: Any = Truth(self.chance)
        self.truth.create(self.back_end, 4)
        hand.drain()
        self.stubs = [
            hand.register_partner([{"role": "EMSP", "country_code": country, "party_id": party}], version)
            for version, country, party in PARTNERS
        ]
        self.hostile = {
            stub.roles[0]["party_id"]: Hostile(stub, seed + at) for at, stub in enumerate(self.stubs)
        }
        self.cpo = hand.register_partner(CPO_ROLES)
        self.cpo.page_limit = 2
        self.cpo.objects["locations"] = [location(f"B{at}", 2, **THEIRS) for at in range(5)]
        self.cpo.script(self.lie)
        self.lying = False
        self.decided: dict[str, str] = {}
        self.sent: dict[str, str] = {}

    def live(self) -> None:
        """Changes, commands and statuses from all sides, while one partner is away for a part of it."""
        for each in self.hostile.values():
            each.faulty, each.silences = 0.2, 0
        away, failing = self.stubs[-1], self.hostile[self.stubs[0].roles[0]["party_id"]]
        self.lying = True
        for step in range(STEPS):
            if step == STEPS // 4:
                away.down()
                failing.failing = "tariffs"
            elif step == STEPS * 3 // 4:
                away.up()
                failing.failing = ""
            happen = self.chance.choices(
                [self.change, self.status, self.command, self.answer, self.ask, self.pull, self.wait],
                [60, 15, 8, 8, 5, 2, 12],
            )[0]
            happen()
            if self.chance.random() < 0.4:
                self.hand.drain(sweep=self.chance.random() < 0.3)
        for each in self.hostile.values():
            each.faulty = 0
        self.lying = False
        self.pull()

    def settle(self) -> None:
        """Nobody does anything until all that was put off is done."""
        for _ in range(14):
            self.hand.drain()
            self.hand.clock.advance(900)

    def change(self) -> None:
        self.truth.change(self.back_end)

    def wait(self) -> None:
        self.hand.clock.advance(self.chance.choice([2, 20, 100]))

    def pull(self) -> None:
        self.hand.operate("pull", partner=self.cpo.id, module="locations", full=True)

    def lie(self, request: Received) -> Canned | None:
        """Pages of the CPO that fail, whose total is wrong, or whose Link is missing or leads elsewhere."""
        if not self.lying or not request.path.endswith("/sender/locations"):
            return None
        page = self.cpo._page(request, "locations")
        kind = self.chance.choice(["fine", "fails", "refuses", "total", "no total", "no link", "elsewhere"])
        if kind == "fails":
            return Canned(status=500)
        if kind == "refuses":
            return Canned(code=3000)
        if kind == "total":
            page.headers["X-Total-Count"] = str(self.chance.choice([0, 1, 3, 9]))
        elif kind == "no total":
            del page.headers["X-Total-Count"]
        elif kind == "no link":
            page.headers.pop("Link", None)
        elif kind == "elsewhere" and "Link" in page.headers:
            page.headers["Link"] = '<http://127.0.0.9:1/x?offset=2>; rel="next"'
        return page

    def status(self) -> None:
        """The CPO tells of an EVSE, and a status of before comes after it."""
        place = self.chance.choice(self.cpo.objects["locations"])
        before = self.truth.now()
        told = {"status": self.chance.choice(["CHARGING", "BLOCKED"]), "last_updated": self.truth.now()}
        place["evses"][0] |= told
        place["last_updated"] = told["last_updated"]
        url = f"/ocpi/2.2.1/receiver/locations/BE/BEC/{place['id']}/E1"
        older = {"status": "OUTOFORDER", "last_updated": before}
        for each in (older, told, told):
            answer = self.hand.ask("PATCH", url, self.cpo.token, each)
            if answer.code != 1000:  # not pulled yet
                self.hand.ask("PUT", url.removesuffix("/E1"), self.cpo.token, place)

    def command(self) -> None:
        """An eMSP starts a Session at ours; the back end decides later."""
        stub = self.stubs[0]
        body = {
            "response_url": f"{stub.base_url}/results/{len(self.decided)}",
            "token": their_token(),
            "location_id": "LOC1",
        }
        answer = self.hand.ask("POST", "/ocpi/2.2.1/receiver/commands/START_SESSION", stub.token, body)
        assert answer.data["result"] == "ACCEPTED"
        self.decided[body["response_url"]] = ""

    def answer(self) -> None:
        """The back end decides on what waits, and says so twice."""
        for each in self.hand.operate("commands", direction="RECEIVED", state="PENDING")["commands"]:
            decision = self.chance.choice(DECISIONS)
            for _ in range(2):
                self.hand.operate("answer_command", id=each["id"], result=decision)
            self.decided[each["id"]] = decision

    def ask(self) -> None:
        """We start a Session at the CPO, whose result comes twice."""
        body = {"token": their_token("NL", "EXM"), "location_id": "B1", "evse_uid": "E1"}
        record = self.hand.operate("send_command", command="START_SESSION", to="BE/BEC", body=body)
        url = self.cpo.requests("POST", "/receiver/commands/")[-1].json["response_url"]
        self.sent[record["id"]] = self.chance.choice(DECISIONS)
        for _ in range(2):
            self.hand.ask("POST", url, self.cpo.token, {"result": self.sent[record["id"]]})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_day_on_a_shuffled_doubling_queue_ends_with_the_present_state(hand: Hand, seed: int) -> None:
    """AMB-12, AMB-35, AMB-43, ARC-14 to ARC-16."""
    day = Day(hand, seed)
    hand.operate("put", module="tariffs", object=tariff("OLD"))
    hand.drain()
    hand.shuffle(seed)
    day.live()
    hand.grow_old("tariffs", "OLD")
    day.settle()
    hold_partners(day)
    hold_commands(day)
    hold_what_is_listed(day)
    hold_schedule(day)


def hold_schedule(day: Day) -> None:
    """A module that fails is asked by its own schedule, and its partner is not called unreachable for it."""
    failing = day.hostile[day.stubs[0].roles[0]["party_id"]]
    assert failing.asked <= MOST_ASKED
    away = [each["detail"]["partner"] for each in day.hand.events("PartnerUnreachable")]
    assert day.stubs[0].id not in away
    assert day.cpo.id not in away


def hold_partners(day: Day) -> None:
    """Every partner holds what is so; what grew old is not taken from anybody; nothing waits."""
    for party, partner in day.hostile.items():
        assert partner.objects["tariffs"].pop("OLD", None) is not None
        assert day.truth.differences(party, partner) == []
        assert partner.violations == []
    for stub in day.stubs:
        view = day.hand.operate("partner", partner=stub.id)
        assert (view["backlog"], view["health"]["state"]) == (0, "OK")
    failed = day.hand.operate("deliveries")["deliveries"]
    assert [each for each in failed if each["state"] in ("REFUSED", "GIVEN_UP")] == []


def hold_commands(day: Day) -> None:
    """Each is concluded once, with what was decided first, and whoever waits for it hears nothing else."""
    told: dict[str, set[str]] = {}
    for each in day.hand.events("CommandConcluded"):
        told.setdefault(each["detail"]["id"], set()).add(each["detail"]["event_id"])
    found = [
        each
        for direction in ("RECEIVED", "SENT")
        for each in day.hand.operate("commands", direction=direction, limit=100)["commands"]
    ]
    for each in found:
        assert each["state"] in ("CONCLUDED", "TIMED_OUT"), each
        assert len(told[each["id"]]) == 1
        wanted = day.decided.get(each["id"]) or day.sent.get(each["id"])
        assert wanted is None or each["result"]["result"] == wanted
    assert told.keys() == {each["id"] for each in found}
    results: dict[str, set[bytes]] = {}
    for request in day.stubs[0].requests("POST", "/results/"):
        results.setdefault(request.path, set()).add(request.body)
    assert {len(each) for each in results.values()} <= {1}
    assert len(results) == sum(each["direction"] == "RECEIVED" for each in found)


def hold_what_is_listed(day: Day) -> None:
    """The CPO's Locations are all there, none hidden, and the back end was told of the newest state."""
    listed = day.hand.operate("list", module="locations", party="BE/BEC", limit=50)["objects"]
    stored = {each["id"]: each for each in listed}
    heard: dict[tuple[str, str], str] = {}
    for each in day.hand.events("ObjectChanged"):
        at = each["detail"]
        assert at.get("hidden") is None
        moment = at["last_updated"].replace(".000Z", "Z")
        heard[at["id"], at["part"]] = max(heard.get((at["id"], at["part"]), ""), moment)
    for wanted in day.cpo.objects["locations"]:
        found = stored.pop(wanted["id"])
        theirs = {each["uid"]: (each["status"], each["last_updated"]) for each in wanted["evses"]}
        ours = {each["uid"]: (each["status"], each["last_updated"]) for each in found["evses"]}
        assert ours == theirs
        assert {uid: heard[wanted["id"], uid] for uid in theirs} == {
            uid: moment for uid, (_, moment) in theirs.items()
        }
    assert stored == {}
