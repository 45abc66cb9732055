"""The messages on the queues: read back as they were written, and those of an older deployment, too."""

from __future__ import annotations

import pytest

from chalicelib import tasks
from chalicelib.ocpi import jsontext
from chalicelib.store.delivery_items import Target
from chalicelib.store.object_items import Key
from chalicelib.workers import WORK

LOCATION = Key("locations", "BE", "BEC", "LOC#1")
MESSAGES = [
    (
        tasks.PushObject.to(Target("p", LOCATION, "E1"), attempt=0),
        '{"task":"push","partner":"p","module":"locations","owner":"BE/BEC","id":"LOC#1","part":"E1","attempt":0}',
    ),
    (
        tasks.AnnounceAll("p", "cdrs", whole=True),
        '{"task":"announce_all","partner":"p","module":"cdrs","whole":true}',
    ),
    (
        tasks.AnnounceLate("p", "cdrs", "NL/EXA>*", 7, 9, turn=1),
        '{"task":"announce_late","partner":"p","module":"cdrs","feed":"NL/EXA>*","first":7,"last":9,"turn":1}',
    ),
    (tasks.Probe("p"), '{"task":"probe","partner":"p"}'),
    (
        tasks.Recover("p", cursor={"a": {"S": "b"}}),
        '{"task":"recover","partner":"p","cursor":{"a":{"S":"b"}}}',
    ),
    (tasks.Forget("p"), '{"task":"forget","partner":"p"}'),
    (
        tasks.StartPull("p", without="hubclientinfo"),
        '{"task":"start","partner":"p","without":"hubclientinfo"}',
    ),
    (
        tasks.PullPage("p", "tokens", "j", probe=True),
        '{"task":"page","partner":"p","module":"tokens","job":"j","probe":true}',
    ),
    (tasks.AdvanceRequest("r", "send_result"), '{"task":"send_result","id":"r"}'),
    (tasks.AuditCdr("NL", "EXA", "C"), '{"task":"audit","country_code":"NL","party_id":"EXA","id":"C"}'),
    (tasks.LintTariff("NL", "EXA", "T"), '{"task":"lint","country_code":"NL","party_id":"EXA","id":"T"}'),
    (tasks.TellWhoIsThere(), '{"task":"client_info"}'),
    (tasks.AskWhoIsThere(["p", "q"]), '{"task":"alive","partners":["p","q"]}'),
    (tasks.Reconcile("p", back=2), '{"task":"reconcile","partner":"p","back":2}'),
    (tasks.PerformAction({"action": "partners"}), '{"action":"partners"}'),
]


@pytest.mark.parametrize(("task", "text"), MESSAGES)
def test_a_message_says_what_is_asked_for_and_nothing_that_is_as_usual(task: tasks.Task, text: str) -> None:
    assert jsontext.dumps(task.body) == text
    assert tasks.read(task.queue.removesuffix("-slow"), text) == task


def test_every_task_has_somebody_who_does_it() -> None:
    """And its message is in the table above."""
    assert (
        {type(task) for task, _ in MESSAGES}
        == set(WORK)
        == set(tasks.Task.__subclasses__()) - {tasks.SeeChange}
    )


def test_what_a_newer_deployment_asks_for_is_logged_and_left(capsys: pytest.CaptureFixture[str]) -> None:
    assert tasks.read("push", '{"task":"dance"}') is None
    assert "dance" in capsys.readouterr().out
    assert tasks.read("push", '{"task":"probe","partner":"p","softly":true}') == tasks.Probe("p")


@pytest.mark.parametrize("text", ["", "[]", '{"task":"push"}', '{"task":"probe","partner":7}'])
def test_what_is_no_message_fails_and_comes_back(text: str) -> None:
    with pytest.raises((ValueError, AttributeError)):
        tasks.read("push", text)
