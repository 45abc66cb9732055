"""Deliveries that fail: tried again, given up, or waiting for an unreachable partner (design section 8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests import samples
from tests.samples import EMSP_ROLES, later
from tests.store.test_feeds import as_announce


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600"}


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES, version="2.2.1")
    drain()
    stub.forget()
    return stub


def puts(stub: Any) -> list[str]:
    return [each.path.split("/")[-1] for each in stub.requests("PUT")]


@pytest.mark.parametrize("canned", [{"status": 500}, {"status": 200, "code": 3000}, {"body": b"<html>"}])
def test_a_failure_is_tried_again_with_what_is_true_then(
    operate: Any, drain: Any, clock: Any, emsp: Any, canned: dict[str, Any]
) -> None:
    """TRA-92 to TRA-94, AMB-34: what waits is not a message."""
    emsp.answer("PUT", times=1, **canned)
    operate("put", module="locations", object=samples.location())
    drain()
    (delivery,) = operate("deliveries", partner=emsp.id)["deliveries"]
    assert (delivery["state"], delivery["attempts"]) == ("WAITING", 1)
    assert delivery["next_attempt_at"]
    emsp.down()
    operate("put", module="locations", object=samples.location(name="Newer", last_updated=later(1)))
    emsp.up()
    clock.advance(10)
    drain()
    assert emsp.requests("PUT")[-1].json["name"] == "Newer"
    assert operate("deliveries")["deliveries"] == []
    assert len(puts(emsp)) == 2


@pytest.mark.parametrize(
    ("state", "canned"),
    [
        ("WAITING", {"status": 404, "body": b"<html>no such page</html>"}),
        ("WAITING", {"status": 400, "code": 1000}),
        ("WAITING", {"status": 400, "code": 4003}),
        ("REFUSED", {"status": 404, "code": 2003}),
    ],
)
def test_only_a_refusal_of_its_own_is_final_for_what_money_hangs_on(
    operate: Any, drain: Any, emsp: Any, state: str, canned: dict[str, Any]
) -> None:
    """Design section 8: no proxy's word, no token's, and none that says success or a failure of its own."""
    emsp.answer("PUT", **canned)
    operate("put", module="tariffs", object=samples.tariff())
    drain()
    assert [each["state"] for each in operate("deliveries", partner=emsp.id)["deliveries"]] == [state]


def test_retry_after_is_honoured(operate: Any, drain: Any, clock: Any, emsp: Any) -> None:
    """Design section 8."""
    emsp.answer("PUT", times=1, status=429, headers={"Retry-After": "300"})
    operate("put", module="locations", object=samples.location())
    drain()
    clock.advance(200)
    drain()
    assert len(puts(emsp)) == 1
    clock.advance(101)
    drain()
    assert len(puts(emsp)) == 2


def test_a_wait_beyond_what_a_queue_can_delay_is_swept(
    operate: Any, drain: Any, clock: Any, emsp: Any
) -> None:
    emsp.answer("PUT", times=1, status=503, headers={"Retry-After": "2000"})
    operate("put", module="locations", object=samples.location())
    drain()
    clock.advance(1900)
    drain()
    assert len(puts(emsp)) == 1
    clock.advance(101)
    drain()
    assert len(puts(emsp)) == 2


def test_a_status_is_given_up_within_the_hour(
    operate: Any, drain: Any, clock: Any, events: Any, emsp: Any
) -> None:
    emsp.answer("PUT", status=429)
    operate("put", module="locations", object=samples.location())
    for _ in range(8):
        drain()
        clock.advance(800)
    (delivery,) = operate("deliveries")["deliveries"]
    assert delivery["state"] == "GIVEN_UP"
    assert len(puts(emsp)) == 5
    assert [each["detail"]["state"] for each in events("DeliveryFailed")] == ["GIVEN_UP"]


def test_a_cdr_is_tried_for_days(operate: Any, drain: Any, clock: Any, emsp: Any) -> None:
    emsp.answer("POST", "/cdrs", status=429)
    operate("put", module="cdrs", object=samples.cdr())
    for _ in range(12):
        drain()
        clock.advance(5000)
    (delivery,) = operate("deliveries")["deliveries"]
    assert delivery["state"] == "WAITING"
    assert delivery["attempts"] > 8


def test_a_spec_partner_gets_one_attempt(operate: Any, drain: Any, clock: Any, register_partner: Any) -> None:
    """Policy `spec`: TRA-92, TRA-93 to the letter."""
    stub = register_partner(roles=EMSP_ROLES, policy="spec")
    drain()
    stub.forget()
    stub.answer("PUT", status=500)
    operate("put", module="locations", object=samples.location())
    drain()
    clock.advance(4000)
    drain()
    assert len(puts(stub)) == 1
    assert operate("deliveries")["deliveries"][0]["state"] == "GIVEN_UP"


def test_an_unreachable_partner_is_probed_and_caught_up(
    operate: Any, drain: Any, clock: Any, events: Any, emsp: Any
) -> None:
    """ARC-16: everything waits, one probe at a time, and then only what is true is sent."""
    names = [f"L{at}" for at in range(5)]
    operate("put", module="locations", objects=[samples.location(each, 1) for each in names])
    drain()
    emsp.forget()
    emsp.down()
    for at in range(4):
        for each in names:
            changes = {"status": ["AVAILABLE", "CHARGING"][at % 2], "last_updated": later(at)}
            operate("patch", module="locations", id=each, evse_uid="E1", changes=changes)
        drain()
    assert operate("partner", partner=emsp.id)["health"]["state"] == "UNREACHABLE"
    assert operate("partner", partner=emsp.id)["backlog"] == 5
    assert [each["detail"]["partner"] for each in events("PartnerUnreachable")] == [emsp.id]
    emsp.forget()
    emsp.up()
    changes = {"status": "BLOCKED", "last_updated": later(9)}
    operate("patch", module="locations", id="L0", evse_uid="E1", changes=changes)
    clock.advance(3600)
    drain()
    probes = [each for each in emsp.received if each.path == "/versions"]
    pushes = emsp.requests("PATCH") + emsp.requests("PUT")
    assert probes == []  # something that waited was the probe
    assert len(pushes) == 5
    told = {each.path.split("/")[-2]: each.json["status"] for each in pushes}
    assert told == {"L0": "BLOCKED"} | dict.fromkeys(names[1:], "CHARGING")
    assert operate("partner", partner=emsp.id)["backlog"] == 0
    assert len(events("PartnerRecovered")) == 1


def test_deliveries_wait_while_a_partner_is_suspended(operate: Any, drain: Any, emsp: Any) -> None:
    operate("suspend", partner=emsp.id)
    operate("put", module="locations", object=samples.location())
    drain()
    assert puts(emsp) == []
    operate("resume", partner=emsp.id)
    drain()
    assert puts(emsp) == ["LOC1"]


def test_deliveries_are_listed_page_by_page(operate: Any, drain: Any, emsp: Any) -> None:
    emsp.answer("PUT", code=2000, message="no")
    operate("put", module="locations", objects=[samples.location(f"L{at}", 0) for at in range(5)])
    drain()
    seen: list[str] = []
    cursor = None
    for _ in range(10):
        answer = operate("deliveries", limit=2, **({"cursor": cursor} if cursor else {}))
        seen += [each["object_id"] for each in answer["deliveries"]]
        cursor = answer["cursor"]
        if cursor is None:
            break
    assert sorted(seen) == [f"L{at}" for at in range(5)]
    assert operate("redeliver", partner=emsp.id) == {"sent": 5}


def test_a_record_that_cannot_be_read_is_set_aside_and_the_ones_behind_it_go_on(
    platform: Any, operate: Any, drain: Any, emsp: Any
) -> None:
    """Row I7: a stream repeats until its records expire, and would stand still at it for a day."""
    from chalicelib.delivery import announce

    poison = {
        "eventSourceARN": f"arn:aws:dynamodb:x:0:table/{platform.settings.prefix}-locations/stream/1",
        "dynamodb": {"SequenceNumber": "7", "NewImage": {"object": {"S": "NL/EXA/X"}, "body": {"S": "{}"}}},
    }
    seen: list[Any] = []
    real = announce.announce
    operate("put", module="locations", object=samples.location())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(announce, "announce", lambda *args: seen.append(args[1]) or real(*args))
        drain()
    records = [each for batch in seen for each in batch]
    emsp.forget()
    operate("redeliver", partner=emsp.id)
    assert as_announce(platform, [poison, *records]) == {"batchItemFailures": []}
    sqs = platform.clients.sqs
    url = sqs.get_queue_url(QueueName=f"{platform.settings.prefix}-announce-dead")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    assert '"sequence_number":"7"' in message["Body"]
    (waiting,) = sqs.receive_message(QueueUrl=platform.queues._url("push"))["Messages"]
    assert '"LOC1"' in waiting["Body"]


def test_our_own_mistake_is_shown_and_told_once(
    operate: Any, drain: Any, clock: Any, events: Any, emsp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it is mended, `redeliver` sends it; its dead letter makes nothing wait for ever."""
    from chalicelib.delivery import diff

    def mistaken(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(diff, "plan", mistaken)
        operate("put", module="locations", object=samples.location())
        for _ in range(7):
            drain()
            clock.advance(900)
    (delivery,) = operate("deliveries")["deliveries"]
    assert (delivery["state"], delivery["object_id"]) == ("REFUSED", "LOC1")
    assert "ZeroDivisionError" in delivery["reason"]
    assert len({each["detail"]["event_id"] for each in events("DeliveryFailed")}) == 1
    operate("redeliver", id=delivery["id"])
    drain()
    assert puts(emsp) == ["LOC1"]


def test_a_partner_that_asks_to_wait_is_left_alone_by_everything(
    operate: Any, drain: Any, clock: Any, emsp: Any
) -> None:
    """Design section 8: Retry-After is about the partner, not about the one object it answered."""
    emsp.answer("PUT", times=1, status=429, headers={"Retry-After": "300"})
    operate("put", module="locations", object=samples.location())
    drain()
    operate("put", module="locations", object=samples.location("LOC2"))
    operate("put", module="locations", object=samples.location(name="Newer", last_updated=later(1)))
    drain()
    assert puts(emsp) == ["LOC1"]
    assert {each["state"] for each in operate("deliveries")["deliveries"]} == {"WAITING"}
    clock.advance(320)
    drain()
    assert sorted(puts(emsp)[1:]) == ["LOC1", "LOC2"]
    assert operate("deliveries")["deliveries"] == []
