"""Moments at which a delivery could get lost, each brought about on purpose (design section 8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.delivery import audience, diff, sweep
from chalicelib.store.delivery_items import Target
from chalicelib.store.object_items import Key
from chalicelib.tasks import Probe, PushObject, Recover, Task
from tests import samples
from tests.samples import EMSP_ROLES, later

LOCATION = Key("locations", "NL", "EXA", "LOC1")


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600"}


@pytest.fixture
def emsp(register_partner: Any, operate: Any, drain: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES, version="2.2.1")
    operate("put", module="locations", object=samples.location())
    drain()
    stub.forget()
    return stub


def charge(operate: Any, minute: int, evse: str = "E1", status: str = "CHARGING") -> None:
    changes = {"status": status, "last_updated": later(minute)}
    operate("patch", module="locations", id="LOC1", evse_uid=evse, changes=changes)


def once(real: Callable[..., Any], meanwhile: Callable[[], None]) -> Callable[..., Any]:
    """The same call, with something happening right after the first one."""
    left = [meanwhile]

    def call(*args: Any, **more: Any) -> Any:
        found = real(*args, **more)
        if left:
            left.pop()()
        return found

    return call


def become_unreachable(operate: Any, drain: Any, stub: Any) -> None:
    stub.down()
    for at in range(3):
        operate("put", module="tariffs", object=samples.tariff(f"T{at}"))
    drain()
    assert operate("partner", partner=stub.id)["health"]["state"] == "UNREACHABLE"


def test_a_change_is_sent_that_meets_a_repetition_nobody_needs(
    platform: Any, operate: Any, drain: Any, emsp: Any, monkeypatch: Any
) -> None:
    """AMB-12: whoever has the lease was asked to look again, and does so although it has nothing to do."""

    def meanwhile() -> None:
        charge(operate, 1)
        drain(sweep=False)  # another worker hears of it, and leaves it to the one that has the lease

    monkeypatch.setattr(platform.deliveries, "take", once(platform.deliveries.take, meanwhile))
    platform.queues.send([PushObject.to(Target(emsp.id, LOCATION, "E1"), attempt=1)])
    drain(sweep=False)
    (patch,) = emsp.requests("PATCH")
    assert patch.json["status"] == "CHARGING"


def test_all_of_a_location_waits_for_an_unreachable_partner(
    operate: Any, drain: Any, clock: Any, emsp: Any
) -> None:
    """ARC-16: name and EVSE changed at once; what waits is more than the name."""
    clock.advance(60)
    drain()  # what was told after the registration is settled
    become_unreachable(operate, drain, emsp)
    location = samples.location(name="Newer", last_updated=later(1))
    location["evses"][0] |= {"status": "CHARGING", "last_updated": later(1)}
    operate("put", module="locations", object=location)
    drain()
    emsp.forget()
    emsp.up()
    clock.advance(3600)
    drain()
    put = emsp.requests("PUT", "/locations/")[-1]
    assert (put.json["name"], put.json["evses"][0]["status"]) == ("Newer", "CHARGING")


def test_a_location_is_not_sent_with_an_evse_older_than_one_sent_meanwhile(
    platform: Any, operate: Any, drain: Any, emsp: Any, monkeypatch: Any
) -> None:
    """AMB-12: the whole was read before somebody else told the partner of a newer EVSE."""
    part = Target(emsp.id, LOCATION, "E1")
    held = platform.deliveries.take(part)

    def finish(seconds: float) -> None:
        """The other worker reads the EVSE as it is by now, sends it, and lets go."""
        if charging:
            return
        charge(operate, 1)
        charging.append(seconds)
        evse = samples.location()["evses"][0] | {"status": "CHARGING", "last_updated": later(1)}
        platform.deliveries.release(replace(held, known=diff.knowledge("evse", evse)), look_again=False)

    charging: list[float] = []
    monkeypatch.setattr("chalicelib.delivery.push.time.sleep", finish)
    platform.queues.send([PushObject.to(Target(emsp.id, LOCATION), whole=True)])
    drain()
    assert charging
    for put in emsp.requests("PUT"):
        assert put.json["evses"][0]["status"] == "CHARGING"


def test_a_worker_that_lost_its_lease_has_all_of_it_sent_again(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any, monkeypatch: Any
) -> None:
    """AMB-12: which of two requests arrived last is unknown, so the present state is sent once more."""
    target = Target(emsp.id, LOCATION, "E1")

    def lose() -> None:
        """Another one, after this one's lease, told the partner what is true."""
        key = {"partner": {"S": target.partner}, "object": {"S": target.sort_key}}
        platform.clients.dynamodb.update_item(
            TableName=platform.deliveries.table, Key=key, UpdateExpression="REMOVE #l, lease_id",
            ExpressionAttributeNames={"#l": "lease"},
        )  # fmt: skip

    monkeypatch.setattr(platform.partner_client, "call", once(platform.partner_client.call, lose))
    charge(operate, 1)
    drain()
    clock.advance(10)
    drain()
    assert emsp.requests("PUT")[-1].path.endswith("/locations/NL/EXA/LOC1/E1")
    assert emsp.requests("PUT")[-1].json["status"] == "CHARGING"


def test_a_partner_is_caught_up_although_whoever_noticed_it_died(
    platform: Any, operate: Any, drain: Any, clock: Any, events: Any, emsp: Any, monkeypatch: Any
) -> None:
    """ARC-16: its health says that it is back, and nobody was told."""
    become_unreachable(operate, drain, emsp)
    charge(operate, 1)
    drain()
    emsp.up()
    real, died = platform.queues.send, []

    def send(tasks: list[Task], queue: str = "", delay: float = 0) -> None:
        if any(isinstance(each, Recover) for each in tasks) and not died:
            died.append(queue)
            raise RuntimeError("killed")
        real(tasks, queue, delay)

    monkeypatch.setattr(platform.queues, "send", send)
    for _ in range(3):
        clock.advance(600)
        drain()
    assert died
    assert operate("partner", partner=emsp.id)["backlog"] == 0
    assert emsp.requests("PATCH")[-1].json["status"] == "CHARGING"
    assert len({each["id"] for each in events("PartnerRecovered")}) == 1
    assert operate("partner", partner=emsp.id)["health"]["state"] == "OK"


def test_a_partner_is_told_what_changed_while_others_did_not_know_of_it(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any, monkeypatch: Any
) -> None:
    """LOC-01: a function may remember for some seconds who was registered before."""
    monkeypatch.setattr(audience, "of", lambda *_: iter(()))
    charge(operate, 1)
    drain(sweep=False)
    assert emsp.requests("PATCH") + emsp.requests("PUT") == []
    monkeypatch.undo()
    clock.advance(60)
    drain()
    (put,) = emsp.requests("PUT")
    assert [each["status"] for each in put.json["evses"]] == ["CHARGING", "AVAILABLE"]


def test_a_partner_is_told_everything_although_its_registration_was_interrupted(
    platform: Any, operate: Any, drain: Any, clock: Any, register_partner: Any, monkeypatch: Any
) -> None:
    """ARC-06: it is registered, and whoever did it died before announcing anything to it."""
    operate("put", module="locations", object=samples.location())
    drain()

    def killed(*args: Any, **more: Any) -> None:
        raise RuntimeError("killed")

    monkeypatch.setattr(platform.queues, "send", killed)
    stub = register_partner(roles=EMSP_ROLES)
    monkeypatch.undo()
    drain()
    assert stub.requests("PUT") == []
    clock.advance(60)
    drain()
    assert [each.path.split("/")[-1] for each in stub.requests("PUT")] == ["LOC1"]
    assert operate("pulls", partner=stub.id)["pulls"]


def test_a_change_of_a_connection_is_told_although_whoever_made_it_died(
    platform: Any, operate: Any, drain: Any, clock: Any, events: Any, register_partner: Any, monkeypatch: Any
) -> None:
    """ARC-06: the back end hears of every partner that came, changed or left; once where nobody died."""

    def killed(*args: Any, **more: Any) -> None:
        raise RuntimeError("killed")

    emit = platform.backend.emit

    def dying(detail_type: str, *args: Any, **more: Any) -> None:
        (killed if detail_type.startswith("Partner") else emit)(detail_type, *args, **more)

    monkeypatch.setattr(platform.backend, "emit", dying)
    stub = register_partner(roles=EMSP_ROLES)
    monkeypatch.undo()
    clock.advance(60)
    drain()
    drain()
    for action, told in (("suspend", True), ("resume", False), ("unregister", False)):
        monkeypatch.setattr(platform.backend, "emit", emit if told else dying)
        operate(action, partner=stub.id)
        monkeypatch.undo()
        clock.advance(60)
        drain()
    got = [
        (each["detail-type"], each["detail"]["state"])
        for each in events()
        if each["detail-type"].startswith("Partner") and each["detail"].get("partner") == stub.id
    ]
    assert got == [
        ("PartnerRegistered", "REGISTERED"),
        ("PartnerUpdated", "SUSPENDED"),
        ("PartnerUpdated", "REGISTERED"),
        ("PartnerUnregistered", "UNREGISTERED"),
    ]


def test_what_waits_is_listed_once_and_looked_at_again_at_the_end(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any, monkeypatch: Any
) -> None:
    """Design section 8: of a long backlog nothing is queued twice while it waits its turn."""
    become_unreachable(operate, drain, emsp)
    for at in range(6):
        operate("put", module="locations", object=samples.location(f"LOC{at + 2}"))
    drain()
    send, undelivered = platform.queues.send, platform.deliveries.undelivered
    sent: list[dict[str, Any]] = []

    def noted(tasks: list[Task], *more: Any, **others: Any) -> None:
        sent.extend(dict(each.body) for each in tasks)
        send(tasks, *more, **others)

    monkeypatch.setattr(sweep, "PAGES", 1)
    monkeypatch.setattr(platform.queues, "send", noted)
    monkeypatch.setattr(
        platform.deliveries, "undelivered", lambda *args, **more: undelivered(*args, **{"limit": 2, **more})
    )
    emsp.up()
    platform.queues.send([Probe(emsp.id)])
    drain(sweep=False)
    left = {each["object_id"] for each in operate("deliveries", partner=emsp.id)["deliveries"]}
    assert left <= {"T0", "T1", "T2"}  # tried just now, and not yet due
    clock.advance(60)
    drain(sweep=False)
    assert operate("partner", partner=emsp.id)["backlog"] == 0
    recovering = [each for each in sent if each.get("task") == "recover"]
    assert ["again" in each for each in recovering if "cursor" not in each] == [False, True]
    listed = [at for at, each in enumerate(sent) if each.get("task") == "push" and "attempt" in each]
    pushed = [at for at in listed if sent[at]["module"] == "locations"]
    assert len(pushed) == len({sent[at]["id"] for at in pushed})
    assert max(pushed) < next(at for at, each in enumerate(sent) if "again" in each)


def test_an_announcement_repeated_later_sends_nothing(
    operate: Any, drain: Any, clock: Any, emsp: Any
) -> None:
    """TRA-92: EVSEs that were sent by themselves made the Location younger, and nothing else."""
    charge(operate, 1)
    drain()
    assert len(emsp.requests("PATCH")) == 1
    clock.advance(60)
    drain()
    assert len(emsp.requests("PATCH")) == 1
    assert emsp.requests("PUT") == []


def test_what_waits_for_a_partner_that_leaves_is_forgotten(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any
) -> None:
    """CRE-28: nothing of it is left but which CDRs it has (AMB-35)."""
    operate("put", module="cdrs", object=samples.cdr())
    drain()
    become_unreachable(operate, drain, emsp)
    charge(operate, 1)
    drain()
    assert operate("deliveries", partner=emsp.id)["deliveries"]
    operate("unregister", partner=emsp.id)
    clock.advance(60)
    drain()
    assert operate("deliveries", partner=emsp.id)["deliveries"] == []
    assert operate("partner", partner=emsp.id)["backlog"] == 0
    assert platform.deliveries.read(Target(emsp.id, LOCATION)).known == {}
    assert platform.deliveries.read(Target(emsp.id, Key("cdrs", "NL", "EXA", "C1"))).known


def test_what_is_announced_and_not_taken_up_is_counted(
    platform: Any, operate: Any, drain: Any, emsp: Any, monkeypatch: Any
) -> None:
    """Design section 8; a queue that cannot be asked does not hide the other figures."""
    drain()
    assert operate("status")["queued"] == 0
    platform.queues.send([PushObject.to(Target(emsp.id, LOCATION, uid)) for uid in ("E1", "E2")])
    platform.queues.send([PushObject.to(Target(emsp.id, LOCATION))], "push-slow", 60)
    found = operate("status")
    assert (found["queued"], found["backlog"]) == (3, 0)

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetQueueAttributes")

    monkeypatch.setattr(platform.clients.sqs, "get_queue_attributes", refuse)
    assert operate("status")["queued"] is None


@pytest.mark.parametrize("how", ["aged", "removed"])
def test_a_late_push_of_a_tariff_deletes_it_only_where_it_was_removed(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any, how: str
) -> None:
    """TAR-02: what TTL forgets is not announced, whatever message comes after it."""
    drain.__self__.shuffle(1)
    operate("put", module="tariffs", object=samples.tariff())
    for _ in range(3):
        drain()
        clock.advance(800)
    assert emsp.requests("PUT", "/tariffs/")
    if how == "aged":
        drain.__self__.grow_old("tariffs", "T1")
    else:
        operate("remove", module="tariffs", id="T1")
    platform.queues.send([PushObject.to(Target(emsp.id, Key("tariffs", "NL", "EXA", "T1")))])
    for _ in range(3):
        drain()
        clock.advance(800)
    assert bool(emsp.requests("DELETE")) is (how == "removed")


@pytest.mark.parametrize("how", ["aged", "removed"])
def test_a_worker_that_dies_over_a_tariff_does_not_make_it_a_removed_one(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any, how: str
) -> None:
    """TAR-02: that it was removed is written down by whoever says so, and guessed by nobody."""
    operate("put", module="tariffs", object=samples.tariff())
    drain()
    target = Target(emsp.id, Key("tariffs", "NL", "EXA", "T1"))
    assert platform.deliveries.take(target)  # and dies
    if how == "aged":
        drain.__self__.shuffle(1)
        drain.__self__.grow_old("tariffs", "T1")
    else:
        operate("remove", module="tariffs", id="T1")
    platform.queues.send([PushObject.to(target)])  # finds the lease taken
    for _ in range(4):
        drain()
        clock.advance(800)
    assert bool(emsp.requests("DELETE")) is (how == "removed")
    assert operate("partner", partner=emsp.id)["backlog"] == 0
