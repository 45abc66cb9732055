"""More of what shows only from within: every queue's failures, every event that is decided, every echo."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib import tasks, workers
from chalicelib.aws.backend import EventsNotTaken
from localrun.functions import FunctionFailed
from tests import samples
from tests.harness import OperatorRefused
from tests.samples import EMSP_ROLES, capable_location, later, their_token

THROTTLED = ClientError({"Error": {"Code": "ThrottlingException", "Message": "slow down"}}, "GetItem")
# A queue -> a message of this number that is quickly done, and how long the deployed queue would hide it.
QUEUES: dict[str, tuple[Callable[[int], tasks.Task], int]] = {
    "push": (lambda at: tasks.PushObject(f"p{at}", "tariffs", "NL/EXA", "T1"), 720),
    "push-slow": (lambda at: tasks.PushObject(f"p{at}", "tariffs", "NL/EXA", "T1"), 1800),
    "pull": (lambda at: tasks.StartPull(f"p{at}"), 720),
    "results": (lambda at: tasks.AdvanceRequest(f"p{at}"), 360),
    "inbox": (lambda at: tasks.PerformAction({"action": "partner", "partner": f"p{at}"}), 720),
    "audit": (lambda at: tasks.LintTariff("NL", "EXA", f"p{at}"), 360),
}


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600", "OCPI_PULL_INTERVAL": "0"}


@pytest.fixture
def emsp(register_partner: Any, operate: Any, drain: Any, clock: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES)
    operate("put", module="locations", object=capable_location())
    drain()
    clock.advance(60)
    drain()
    stub.forget()
    return stub


@pytest.mark.parametrize("queue", QUEUES)
def test_i3_a_failed_message_of_any_queue_comes_back_after_seconds(
    platform: Any, drain: Any, clock: Any, monkeypatch: pytest.MonkeyPatch, queue: str
) -> None:
    """Row I3: the others of its batch are done at once; it is seen again in time for a command's deadline."""
    make, hidden = QUEUES[queue]
    for feed in drain.__self__._feeds:
        if feed.source.name.endswith(f"-{queue}"):
            monkeypatch.setattr(feed, "lease", hidden)
    sent, failed, done = [make(at) for at in range(10)], [], []
    real = workers._load

    def once(place: str) -> Any:
        work = real(place)

        def act(platform: Any, task: Any) -> Any:
            if task == sent[4] and not failed:
                failed.append(task)
                raise THROTTLED
            work(platform, task)
            done.append(task)

        return act

    monkeypatch.setattr(workers, "_load", once)
    platform.queues.send(sent, queue)
    drain(sweep=False)
    assert sorted(map(str, done)) == sorted(str(each) for each in sent if each != sent[4])
    clock.advance(6)
    drain(sweep=False)
    assert sent[4] in done and len(done) == 10


@pytest.fixture
def refuse(platform: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Have the bus refuse events of this kind, until `monkeypatch.undo`."""

    def refuse_kind(kind: str) -> None:
        real = platform.backend.emit

        def emit(detail_type: str, *args: Any, **more: Any) -> None:
            if detail_type == kind:
                raise EventsNotTaken("no")
            real(detail_type, *args, **more)

        monkeypatch.setattr(platform.backend, "emit", emit)

    return refuse_kind


def told_once(events: Any, kind: str) -> dict[str, Any]:
    found = {each["detail"]["event_id"]: each["detail"] for each in events(kind)}
    assert len(found) == 1, (kind, list(found))
    (detail,) = found.values()
    return dict(detail)


def pass_time(drain: Any, clock: Any, times: int = 4, seconds: float = 200) -> None:
    for _ in range(times):
        with suppress(FunctionFailed):  # a sweep that could not tell all says so, for its alarm
            drain()
        clock.advance(seconds)


def test_i6_an_outage_and_its_end_are_told_though_the_bus_was_away(
    operate: Any, drain: Any, clock: Any, events: Any, emsp: Any, refuse: Any, monkeypatch: Any
) -> None:
    """Row I6: PartnerUnreachable, PartnerRecovered: decided by a condition, told until the bus takes it."""
    refuse("PartnerUnreachable")
    emsp.down()
    for at in range(4):
        operate("put", module="tariffs", object=samples.tariff(f"T{at}"))
    pass_time(drain, clock, 3, 40)
    assert operate("partner", partner=emsp.id)["health"]["state"] == "UNREACHABLE"
    assert events("PartnerUnreachable") == []
    monkeypatch.undo()
    pass_time(drain, clock, 2)
    assert told_once(events, "PartnerUnreachable")["partner"] == emsp.id
    refuse("PartnerRecovered")
    emsp.up()
    pass_time(drain, clock, 3)
    assert operate("partner", partner=emsp.id)["health"]["state"] == "OK"
    assert events("PartnerRecovered") == []
    monkeypatch.undo()
    pass_time(drain, clock, 3, 400)
    assert told_once(events, "PartnerRecovered")["partner"] == emsp.id
    told_once(events, "PartnerUnreachable")


def test_i6_what_is_given_up_is_told_though_the_bus_was_away(
    operate: Any, drain: Any, clock: Any, events: Any, emsp: Any, refuse: Any, monkeypatch: Any
) -> None:
    """Row I6: GIVEN_UP, as REFUSED."""
    refuse("DeliveryFailed")
    emsp.answer("PUT", "/tariffs", status=500)
    operate("put", module="tariffs", object=samples.tariff())
    pass_time(drain, clock, 14, 700)
    (delivery,) = operate("deliveries", partner=emsp.id)["deliveries"]
    assert delivery["state"] == "GIVEN_UP"
    assert events("DeliveryFailed") == []
    monkeypatch.undo()
    pass_time(drain, clock)
    assert told_once(events, "DeliveryFailed")["state"] == "GIVEN_UP"


@pytest.mark.parametrize("direction", ["SENT", "RECEIVED"])
def test_i6_the_end_of_a_command_is_told_though_the_bus_was_away(
    ask: Any,
    operate: Any,
    drain: Any,
    clock: Any,
    events: Any,
    emsp: Any,
    cpo: Any,
    refuse: Any,
    monkeypatch: Any,
    direction: str,
) -> None:
    """Row I6: CommandConcluded, of a result that came and of one that the back end gave."""
    refuse("CommandConcluded")
    if direction == "SENT":
        body = {"token": their_token("NL", "EXM"), "location_id": "B1"}
        record = operate("send_command", command="START_SESSION", to="BE/BEC", body=body)
        url = cpo.requests("POST", "/commands/")[-1].json["response_url"]
        assert ask("POST", url, cpo.token, {"result": "ACCEPTED"}).code == 1000
    else:
        body = {"token": their_token(), "location_id": "LOC1", "response_url": f"{emsp.base_url}/results/1"}
        assert ask("POST", "/ocpi/2.2.1/receiver/commands/START_SESSION", emsp.token, body).code == 1000
        (record,) = operate("commands", direction="RECEIVED")["commands"]
        operate("answer_command", id=record["id"], result="ACCEPTED")
    drain(sweep=False)
    assert operate("command", id=record["id"])["state"] == "CONCLUDED"
    assert events("CommandConcluded") == []
    monkeypatch.undo()
    pass_time(drain, clock)
    assert told_once(events, "CommandConcluded")["result"] == {"result": "ACCEPTED"}


def test_i18_our_token_is_blanked_where_commands_authorizations_and_registrations_echo_it(
    operate: Any, drain: Any, events: Any, emsp: Any, cpo: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    """Row I18: in clear and in Base64: in no log line, record, answer of an action, kept message or event."""

    def words(stub: Any) -> str:
        coded = base64.b64encode(stub.own_token.encode()).decode()
        return f"token {stub.own_token} or {coded} may not"

    cpo.answer("POST", "/commands/", status=200, code=2001, message=words(cpo))
    emsp.answer("POST", "/authorize", status=400, code=2001, message=words(emsp))
    emsp.answer("PUT", "/credentials", status=403, code=2001, message=words(emsp))
    cpo.answer("DELETE", "/credentials", status=400, code=2001, message=words(cpo))
    capsys.readouterr()
    shown: list[Any] = []

    def say(action: str, **fields: Any) -> None:
        try:
            shown.append(operate(action, **fields))
        except OperatorRefused as refused:
            shown.append(str(refused))

    say(
        "send_command",
        command="START_SESSION",
        to="BE/BEC",
        body={"token": their_token("NL", "EXM"), "location_id": "B1"},
    )
    say("authorize", uid="UNKNOWN", type="RFID")
    say("update_registration", partner=emsp.id)
    say("unregister", partner=cpo.id)
    drain()
    for stub in (emsp, cpo):
        kept = operate("messages", partner=stub.id, limit=50)["messages"]
        shown += [kept, *(operate("message", id=each["id"]) for each in kept)]
    shown += [operate("commands"), operate("refusals"), operate("deliveries"), events()]
    text = json.dumps(shown) + capsys.readouterr().out
    assert text.count("may not") >= 3
    for stub in (emsp, cpo):
        for secret in (stub.own_token, base64.b64encode(stub.own_token.encode()).decode()):
            assert secret not in text


def test_i2_a_removal_that_its_queue_gave_up_is_told(
    platform: Any, operate: Any, drain: Any, clock: Any, emsp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row I2: that an object was removed is in the record that the dead letter becomes."""
    operate("put", module="tariffs", object=samples.tariff(last_updated=later(1)))
    drain()

    def throttled(*_: Any, **__: Any) -> None:
        raise THROTTLED

    with monkeypatch.context() as patch:
        patch.setattr(platform.deliveries, "take", throttled)
        operate("remove", module="tariffs", id="T1")
        for _ in range(6):
            drain(sweep=False)
            clock.advance(100)
    pass_time(drain, clock)
    assert len(emsp.requests("DELETE", "/tariffs/")) == 1
