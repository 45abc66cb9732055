"""A partner's share of the workers: what is slow, or a flood, keeps nobody else waiting."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.aws.queues import PUSH, PUSH_SLOW
from chalicelib.delivery import push
from chalicelib.partner import SLOW
from chalicelib.store.delivery_items import Target
from chalicelib.store.object_items import Key
from chalicelib.store.pulls import Pulls
from chalicelib.tasks import PushObject
from localrun.platform import LocalPlatform, eventually
from tests.samples import CPO_ROLES, EMSP_ROLES, tariff
from tests.stub import Canned, PartnerStub

OTHER_EMSP = [{"role": "EMSP", "country_code": "FR", "party_id": "ABC"}]
OTHER_CPO = [{"role": "CPO", "country_code": "BE", "party_id": "OTH"}]


@pytest.fixture
def local() -> Iterator[LocalPlatform]:
    with LocalPlatform({"OCPI_PULL_INTERVAL": "0", "OCPI_RETRY_SCHEDULE": "60,600,3600"}) as platform:
        yield platform


def join(platform: LocalPlatform, roles: list[dict[str, str]]) -> PartnerStub:
    """A partner that registered with a whole platform."""
    stub = PartnerStub(roles, own_token=f"token-of-{roles[0]['party_id']}")
    invited = platform.do("invite", name=roles[0]["party_id"])
    request = urllib.request.Request(
        f"{platform.base_url}/ocpi/2.2.1/credentials",
        json.dumps(stub.credentials).encode(),
        {"Authorization": f"Token {invited['token']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found = json.load(answer)
    stub.id, stub.token = invited["partner"], found["data"]["token"]
    eventually(lambda: _settled(platform, stub), 60)
    stub.forget()
    return stub


def _settled(platform: LocalPlatform, stub: PartnerStub) -> bool:
    pulls = platform.do("pulls", partner=stub.id)["pulls"]
    return bool(pulls) and all(each["state"] != "RUNNING" for each in pulls)


def test_i11_a_pull_begins_while_all_lists_of_another_partner_hang(local: LocalPlatform) -> None:
    """Row I11: five lists that answer a page after 25 s, or never in time."""
    slow, other = join(local, CPO_ROLES), join(local, OTHER_CPO)
    free = threading.Event()

    def hang(request: Any) -> Canned | None:
        if "/sender/" in request.path and request.method == "GET":
            free.wait(25)
        return None

    slow.script(hang)
    try:
        for module in ("locations", "tariffs", "sessions", "cdrs"):
            local.do("pull", partner=slow.id, module=module, full=True)
        eventually(lambda: slow.requests("GET", "/sender/"), 30)
        local.do("pull", partner=other.id, module="tariffs", full=True)
        eventually(lambda: other.requests("GET", "/sender/tariffs"), 30)
        assert not free.is_set()
        assert len(slow.requests("GET", "/sender/")) <= 4
    finally:
        free.set()
        slow.down()
        other.down()


def test_a_slow_receiver_keeps_no_push_to_another_waiting(local: LocalPlatform) -> None:
    """Thirty Tariffs for each: one has them all before the other, which takes 2 s for each, has ten."""
    slow, other = join(local, EMSP_ROLES), join(local, OTHER_EMSP)
    waits = threading.Event()

    def linger(request: Any) -> Canned | None:
        if request.method == "PUT":
            waits.wait(2)
        return None

    slow.script(linger)
    try:
        local.do("put", module="tariffs", objects=json.loads(json.dumps(_tariffs(30), default=float)))
        eventually(lambda: len({each.path for each in other.requests("PUT", "/tariffs/")}) == 30, 90)
        assert len(slow.requests("PUT", "/tariffs/")) < 15
    finally:
        waits.set()
        slow.down()
        other.down()


def _tariffs(many: int) -> list[dict[str, Any]]:
    return [tariff(f"T{at}") for at in range(many)]


@pytest.fixture
def slow(register_partner: Any, operate: Any, drain: Any, platform: Any) -> Any:
    """An eMSP that was slow lately."""
    stub = register_partner(roles=EMSP_ROLES)
    drain()
    platform.partners.health.succeeded(stub.id, SLOW * 2)
    stub.forget()
    return stub


def test_a_push_waits_its_turn_where_others_of_a_slow_partner_are_under_way(
    platform: Any, operate: Any, drain: Any, clock: Any, slow: Any
) -> None:
    """Two at once; the next comes again after seconds that double, and none is lost."""
    taken = [Pulls(platform).take_slot(slow.id, "push", push.SLOTS, 60) for _ in range(3)]
    assert taken == ["slot#push0", "slot#push1", ""]
    operate("put", module="tariffs", objects=_tariffs(3))
    for _ in range(3):
        drain()
        clock.advance(5)
    assert slow.requests("PUT", "/tariffs/") == []
    Pulls(platform).forget(slow.id, "slot#push0")
    clock.advance(30)
    drain()
    assert len(slow.requests("PUT", "/tariffs/")) == 3
    assert Pulls(platform).take_slot(slow.id, "push", push.SLOTS, 60) == "slot#push0"


def test_places_of_workers_that_died_are_free_again(
    platform: Any, operate: Any, drain: Any, clock: Any, slow: Any
) -> None:
    for _ in range(push.SLOTS):
        Pulls(platform).take_slot(slow.id, "push", push.SLOTS, push.SLOT_SECONDS)
    operate("put", module="tariffs", object=tariff())
    drain()
    clock.advance(push.SLOT_SECONDS + 1)
    drain()
    assert len(slow.requests("PUT", "/tariffs/")) == 1


def test_one_slow_answer_makes_a_partner_a_slow_one_for_every_process(platform: Any, slow: Any) -> None:
    """The pace is written down when it crosses the line, not once a minute."""
    store = platform.partners
    for _ in range(12):
        store.health.succeeded(slow.id, 0.01)
    assert store.get(slow.id, fresh=True).health.seconds < SLOW
    store.health.succeeded(slow.id, SLOW * 3)
    assert store.get(slow.id, fresh=True).health.seconds > SLOW


def test_each_message_says_whose_work_it_is(platform: Any, partner: Any) -> None:
    """AWS shares a standard queue fairly among message groups."""
    task = PushObject.to(Target(partner.id, Key("tariffs", "NL", "EXA", "T1")))
    for queue in (PUSH, PUSH_SLOW):
        platform.queues.send([task], queue)
        (message,) = platform.clients.sqs.receive_message(
            QueueUrl=platform.queues._url(queue), AttributeNames=["All"]
        )["Messages"]
        assert message["Attributes"]["MessageGroupId"] == partner.id
