"""What shows only from within: moments of AWS and of partners, each brought about on purpose."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.aws.backend import EventsNotTaken
from chalicelib.ocpi import paging
from tests import samples
from tests.samples import EMSP_ROLES, later
from tests.stub import Canned

TRIALS = bool(os.environ.get("OCPI_TRIALS"))
# Tariffs in one page, and of how many a message does; refusals in a wave: the row's sizes in trials.
LISTED, AT_ONCE, REFUSALS = (2_100, 2_000, 200) if TRIALS else (70, 30, 20)
THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "GetItem")


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600"}


@pytest.fixture
def emsp(register_partner: Any, operate: Any, drain: Any, clock: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES, version="2.2.1")
    operate("put", module="locations", object=samples.location())
    drain()
    clock.advance(60)
    drain()
    stub.forget()
    return stub


def charge(operate: Any, minute: int = 1) -> None:
    changes = {"status": "CHARGING", "last_updated": later(minute)}
    operate("patch", module="locations", id="LOC1", evse_uid="E1", changes=changes)


def dead_letters(platform: Any, queue: str = "push-dead") -> int:
    url = platform.queues._url(queue)
    answer = platform.clients.sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])


def test_i2_a_push_message_that_fails_five_times_leaves_a_delivery_that_is_due(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row I2: no attempt vanishes."""

    def throttled(*_: Any, **__: Any) -> None:
        raise THROTTLED

    with monkeypatch.context() as patch:
        patch.setattr(platform.deliveries, "take", throttled)
        charge(operate)
        for _ in range(6):
            drain(sweep=False)
            clock.advance(100)
        assert dead_letters(platform) == 1
        (delivery,) = operate("deliveries", partner=emsp.id)["deliveries"]
        assert (delivery["state"], delivery["part"]) == ("WAITING", "E1")
        assert delivery["next_attempt_at"]
        assert operate("partner", partner=emsp.id)["oldest_undelivered"] == delivery["since"]
    for _ in range(6):
        drain()
        clock.advance(600)
    assert emsp.requests("PATCH")[-1].json["status"] == "CHARGING"
    assert operate("partner", partner=emsp.id)["backlog"] == 0
    assert dead_letters(platform) == 0


def test_i2_a_push_message_that_was_never_let_in_is_found(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any
) -> None:
    """Row I2: throttled receives count as receives: the function never saw it."""
    charge(operate)
    drain_streams = [feed for feed in _feeds(drain) if not hasattr(feed, "lease")]
    for feed in drain_streams:
        feed.feed()
    sqs, url = platform.clients.sqs, platform.queues._url("push")
    for _ in range(6):
        sqs.receive_message(QueueUrl=url, VisibilityTimeout=0)
    assert dead_letters(platform) == 1
    assert emsp.requests("PATCH") == []
    drain()
    clock.advance(200)
    drain()
    assert emsp.requests("PATCH")[-1].json["status"] == "CHARGING"


def _feeds(drain: Any) -> list[Any]:
    found: list[Any] = drain.__self__._feeds
    return found


def test_i3_a_failed_message_comes_back_after_seconds_that_double(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row I3: with a visibility of twelve minutes; the innocent ones of the batch are done at once."""
    for feed in _feeds(drain):
        if hasattr(feed, "lease"):
            feed.lease = 720
    real, failed = platform.deliveries.take, []

    def once(target: Any, **more: Any) -> Any:
        if target.key.id == "LOC3" and not failed:
            failed.append(target)
            raise THROTTLED
        return real(target, **more)

    monkeypatch.setattr(platform.deliveries, "take", once)
    for at in range(2, 8):
        operate("put", module="locations", object=samples.location(f"LOC{at}", 0))
    drain(sweep=False)
    arrived = {each.path.split("/")[-1] for each in emsp.requests("PUT")}
    assert arrived == {"LOC2", "LOC4", "LOC5", "LOC6", "LOC7"}
    clock.advance(6)
    drain(sweep=False)
    assert emsp.requests("PUT")[-1].path.endswith("LOC3")


def test_i6_what_was_decided_is_told(
    platform: Any, operate: Any, drain: Any, clock: Any, events: Any, emsp: Any, monkeypatch: Any
) -> None:
    """Row I6: the bus refuses while deliveries are refused; each failure is told once it takes them again."""
    real = platform.backend.emit

    def refusing(detail_type: str, *args: Any, **more: Any) -> None:
        if detail_type in ("DeliveryFailed", "PullCompleted"):
            raise EventsNotTaken("no")
        real(detail_type, *args, **more)

    emsp.answer("PUT", "/tariffs", status=400, code=2001, message="no such thing")
    monkeypatch.setattr(platform.backend, "emit", refusing)
    operate("put", module="tariffs", object=samples.tariff())
    for _ in range(7):
        drain(sweep=False)
        clock.advance(100)
    assert events("DeliveryFailed") == []
    monkeypatch.undo()
    for _ in range(3):
        drain()
        clock.advance(200)
    told = [each["detail"] for each in events("DeliveryFailed")]
    assert len({each["event_id"] for each in told}) == 1
    assert told[0]["state"] == "REFUSED"


def test_i6_the_end_of_a_pull_is_told(
    platform: Any, operate: Any, drain: Any, clock: Any, events: Any, cpo: Any, monkeypatch: Any
) -> None:
    """Row I6: PullCompleted, though whoever ended it was killed before saying so."""
    real = platform.backend.emit

    def refusing(detail_type: str, *args: Any, **more: Any) -> None:
        if detail_type == "PullCompleted":
            raise EventsNotTaken("no")
        real(detail_type, *args, **more)

    before = len(events("PullCompleted"))
    monkeypatch.setattr(platform.backend, "emit", refusing)
    operate("pull", partner=cpo.id, module="tariffs", full=True)
    drain(sweep=False)
    monkeypatch.undo()
    clock.advance(400)
    drain()
    assert len(events("PullCompleted")) == before + 1


def test_i7_an_outage_of_the_bus_longer_than_twenty_attempts_loses_no_event(
    platform: Any, ask: Any, drain: Any, events: Any, cpo: Any, monkeypatch: Any
) -> None:
    """Row I7: EventBridge."""
    left = [25]
    real = platform.backend.emit_all

    def away(told: Any) -> None:
        if left[0]:
            left[0] -= 1
            raise EventsNotTaken("away")
        real(told)

    monkeypatch.setattr(platform.backend, "emit_all", away)
    body = {**samples.tariff(), "country_code": "BE", "party_id": "BEC"}
    del body["tax_included"]
    assert ask("PUT", "/ocpi/2.2.1/receiver/tariffs/BE/BEC/T1", token=cpo.token, body=body).code == 1000
    for _ in range(40):
        drain(sweep=False)
    assert left == [0]
    assert [each["detail"]["id"] for each in events("ObjectChanged")] == ["T1"]


def test_i10_a_network_in_one_page_is_stored_whole(
    operate: Any, drain: Any, cpo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row I10: the limit is ignored and no total told; a page too large for a message is done in several."""
    from chalicelib.delivery import crawl

    monkeypatch.setattr(crawl, "AT_ONCE", AT_ONCE)
    owner = {"country_code": "BE", "party_id": "BEC"}
    prices = [{**samples.tariff(f"T{at}"), **owner} for at in range(LISTED)]
    for each in prices:
        del each["tax_included"]
        each["elements"] = [{"price_components": [{"type": "ENERGY", "price": 0.25, "step_size": 1}]}]
    cpo.answer("GET", "/sender/tariffs", data=json.loads(json.dumps(prices)))
    operate("pull", partner=cpo.id, module="tariffs", full=True)
    drain(most=500 + LISTED)
    (pull,) = operate("pulls", partner=cpo.id, module="tariffs")["pulls"]
    assert (pull["state"], pull["objects"], pull["set_aside"]) == ("COMPLETED", LISTED, 0)
    found = operate("list", module="tariffs", party="BE/BEC", limit=100)
    assert found["total"] == LISTED
    ids = [each["id"] for each in found["objects"]]
    while found["cursor"]:
        found = operate("list", module="tariffs", party="BE/BEC", limit=100, cursor=found["cursor"])
        ids += [each["id"] for each in found["objects"]]
    assert ids == [f"T{at}" for at in range(LISTED)]


def test_i11_one_partner_does_not_use_up_the_pull_workers(
    platform: Any, operate: Any, drain: Any, clock: Any, cpo: Any
) -> None:
    """Row I11: two pages of a partner at once; the next asks again shortly and gives its worker back."""
    from chalicelib.delivery import crawl
    from chalicelib.store.pulls import Pulls

    slots = [Pulls(platform).take_slot(cpo.id, "", crawl.SLOTS, 130) for _ in range(3)]
    assert slots == ["slot#0", "slot#1", ""]
    operate("pull", partner=cpo.id, module="tariffs", full=True)
    drain(sweep=False)
    assert cpo.requests("GET", "/sender/tariffs") == []
    Pulls(platform).forget(cpo.id, "slot#0")
    clock.advance(5)
    drain(sweep=False)
    assert len(cpo.requests("GET", "/sender/tariffs")) == 1
    assert Pulls(platform).take_slot(cpo.id, "", crawl.SLOTS, 130) == "slot#0"


def test_i11_a_flood_of_one_partner_is_not_everybodys_429(
    platform: Any, ask: Any, emsp: Any, cpo: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row I11: 429 with Retry-After for the one, counted over all processes; the other is served."""
    from chalicelib import endpoint, wiring
    from chalicelib.store import rates

    monkeypatch.setattr(endpoint, "MOST_REQUESTS", 30)
    monkeypatch.setattr(rates.time, "time", lambda: 1_800_000_005.0)
    other = wiring.build(
        {"AWS_REGION": "eu-central-1", "OCPI_PARTIES": "[]"} | _environ(ask), platform.clients
    )
    for _ in range(20):
        other.rates.count(emsp.id)
    answers = [ask("GET", "/ocpi/versions", token=emsp.token) for _ in range(25)]
    assert [each.status for each in answers[:19]] == [200] * 19
    refused = answers[-1]
    assert (refused.status, refused.code) == (429, 2000)
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert ask("GET", "/ocpi/versions", token=cpo.token).status == 200


def _environ(ask: Any) -> dict[str, str]:
    found: dict[str, str] = ask.__self__._environ
    return found


def _refused_with(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no such iterator"}}, "GetRecords")


@pytest.mark.parametrize(
    "problem",
    [
        None,
        KeyError("iterator"),
        *map(_refused_with, ("500", "ResourceNotFoundException", "ExpiredIteratorException")),
    ],
    ids=repr,
)
def test_i12_a_stream_iterator_that_the_emulator_dropped_is_sought_again(
    operate: Any, drain: Any, emsp: Any, monkeypatch: pytest.MonkeyPatch, problem: Exception | None
) -> None:
    """Row I12: from the last sequence that was reached, whatever is answered; None: what moto does."""
    operate("put", module="tariffs", object=samples.tariff("T0"))
    drain()
    emsp.forget()
    (feed,) = [each for each in _feeds(drain) if each.source.name.endswith("-tariffs")]
    streams = feed._clients.dynamodbstreams
    feed._iterators = dict.fromkeys(feed._shards(), "dropped")
    real, refused = streams.get_records, []

    def get_records(**asked: Any) -> Any:
        if asked["ShardIterator"] == "dropped":
            refused.append(asked)
            if problem is not None:
                raise problem
        return real(**asked)

    monkeypatch.setattr(streams, "get_records", get_records)
    operate("put", module="tariffs", object=samples.tariff())
    drain()
    assert len(refused) == 1
    assert [each.path.split("/")[-1] for each in emsp.requests("PUT", "/tariffs")] == ["T1"]


def test_i13_a_wave_of_refusals_is_one_digest(
    operate: Any, drain: Any, clock: Any, events: Any, emsp: Any
) -> None:
    """Row I13: one mail that counts them and shows an example; a second wave within the hour adds none."""
    emsp.answer("PUT", "/tariffs", status=400, code=2001, message="too many")
    for wave, many in enumerate((REFUSALS, REFUSALS)):
        operate("put", module="tariffs", objects=[samples.tariff(f"T{wave}-{at}") for at in range(many)])
        drain()
        clock.advance(310)
        drain()
    (told,) = [each["detail"] for each in events("DeliveriesFailed")]
    assert told["failed"] == REFUSALS
    assert "too many" in told["reason"]
    clock.advance(3600)
    drain()
    assert [each["detail"]["failed"] for each in events("DeliveriesFailed")] == [REFUSALS, REFUSALS]


def test_i18_our_token_is_blanked_in_logs_and_all_that_is_kept(
    operate: Any, drain: Any, events: Any, emsp: Any, cpo: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row I18: in clear and in Base64, from refusals of a push and of a pull."""
    for stub in (emsp, cpo):
        token = stub.own_token
        coded = base64.b64encode(token.encode()).decode()
        words = f"token {token} or {coded} may not"
        stub.answer("PUT", "/locations", status=400, code=2001, message=words)
        stub.answer("GET", "/sender/", status=422, body=words.encode())
    capsys.readouterr()
    operate("put", module="locations", object=samples.location(name="Other", last_updated=later(5)))
    operate("pull", partner=cpo.id, module="tariffs", full=True)
    drain()
    shown = [operate("deliveries"), operate("pulls", partner=cpo.id), events(), capsys.readouterr().out]
    assert "may not" in json.dumps(shown)
    for stub in (emsp, cpo):
        for secret in (stub.own_token, base64.b64encode(stub.own_token.encode()).decode()):
            assert secret not in json.dumps(shown)


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<http://a/x?offset=2>; rel="next"', "http://a/x?offset=2"),
        ("<http://a/x>; rel='next'", "http://a/x"),
        ("<http://a/x>;rel=next", "http://a/x"),
        ("<http://a/x>", "http://a/x"),
        ("http://a/x?a=1,2", "http://a/x?a=1,2"),
        ("http://a/x; rel=next", "http://a/x"),
        ('<http://a/p>; rel="prev", <http://a/n>; title="a, b"; rel="last next"', "http://a/n"),
        ('<http://a/p>; rel="prev"', ""),
        ("", ""),
    ],
)
def test_a_link_is_read_in_every_form_that_peers_write(header: str, target: str) -> None:
    """TRA-27, TRA-29."""
    assert paging.next_link(header) == target


@pytest.mark.parametrize("piece", ["<", ">", "<a>", ";", ",", '"', "'", "<a>;rel=", '<a>;x="', " ", "=", "a"])
def test_a_link_header_costs_no_more_than_its_length(piece: str) -> None:
    """A hundred thousand characters in a fraction of a second, whatever they are."""
    import time

    started = time.process_time()
    paging.next_link(piece * (100_000 // len(piece)))
    assert time.process_time() - started < 1.0


def test_events_are_told_again_that_came_since_a_time(
    operate: Any, drain: Any, events: Any, ask: Any, cpo: Any, clock: Any
) -> None:
    """Design section 8: for a back end that lost some; what is old was lost as well, if it came then."""
    since = ""
    for at in (1, 0, 2):
        body = {**samples.tariff(f"T{at}", last_updated=later(at)), "country_code": "BE", "party_id": "BEC"}
        del body["tax_included"]
        url = f"/ocpi/2.2.1/receiver/tariffs/BE/BEC/T{at}"
        assert ask("PUT", url, token=cpo.token, body=body).code == 1000
        if not since:
            clock.advance(60)
            since = clock()
    drain()
    before = len(events("ObjectChanged"))
    assert operate("tell_again", module="tariffs", since=since) == {"told": 2, "more": False}
    again = events("ObjectChanged")[before:]
    assert {each["detail"]["id"] for each in again} == {"T0", "T2"}
    operate("tell_again", module="tariffs", since=since)
    ids = {each["detail"]["event_id"] for each in events("ObjectChanged")[before:]}
    assert len(ids) == 2  # of the same state the same event


def test_what_an_owner_no_longer_lists_is_told_again_as_hidden(
    operate: Any, drain: Any, events: Any, cpo: Any, clock: Any
) -> None:
    """AMB-33"""
    owner = {"country_code": "BE", "party_id": "BEC"}
    cpo.objects["locations"] = [samples.location(f"L{at}", **owner) for at in range(2)]
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    clock.advance(60)
    since = clock()
    cpo.objects["locations"] = cpo.objects["locations"][:1]
    operate("pull", partner=cpo.id, module="locations", full=True)
    drain()
    before = len(events("ObjectChanged"))
    assert operate("tell_again", module="locations", since=since)["told"] == 1
    (again,) = events("ObjectChanged")[before:]
    assert (again["detail"]["id"], again["detail"]["hidden"]) == ("L1", True)


def test_a_link_that_leads_nowhere_is_no_end(operate: Any, drain: Any, cpo: Any) -> None:
    """Design section 8: 404, another host, another scheme; the crawl goes on by offset."""
    owner = {"country_code": "BE", "party_id": "BEC"}
    prices = [{**samples.tariff(f"T{at}", elements=[]), **owner} for at in range(6)]
    for each in prices:
        del each["tax_included"]
        each["elements"] = [{"price_components": [{"type": "ENERGY", "price": 0.25, "step_size": 1}]}]
    bad = iter([f"{cpo.base_url}/gone", "https://evil.example/x", f"ftp://{cpo.base_url[7:]}/x"] * 5)

    def decide(request: Any) -> Canned | None:
        if request.path == "/gone":
            return Canned(status=404, code=2003, message="gone")
        if not request.path.endswith("/sender/tariffs"):
            return None
        at = int(request.query["offset"])
        headers = {"X-Total-Count": "6", "Link": f"<{next(bad)}>; rel=next"}
        return Canned(data=prices[at : at + 2], headers=headers)

    cpo.script(decide)
    operate("pull", partner=cpo.id, module="tariffs", full=True)
    drain()
    (pull,) = operate("pulls", partner=cpo.id, module="tariffs")["pulls"]
    assert (pull["state"], pull["objects"], pull["total"]) == ("COMPLETED", 6, 6)
