"""Who hears of a change where there are very many partners, and calls that are made side by side."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import Any

import pytest

from bench.partners import a_partner
from chalicelib.aws.queues import NotSent
from chalicelib.delivery import audience
from chalicelib.partners import parties
from chalicelib.threads import side_by_side
from tests.known import Known

pytest_plugins = ["tests.known"]


@pytest.fixture
def many(platform: Any, known: Known, monkeypatch: pytest.MonkeyPatch) -> Known:
    """500 eMSPs more, in a directory that stays the same."""
    for at in range(500):
        known.add(a_partner(at))
    directory = known.directory()
    monkeypatch.setattr(known, "directory", lambda: directory)
    return known


def test_the_one_reader_of_a_session_is_found_without_looking_at_all(
    platform: Any, many: Known, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Design section 8: what is for one party costs one partner, however many there are."""
    feed = "NL/EXA>DE/AAC"
    assert [each.id for each in audience.of(platform, "sessions", [feed])] == ["many-0002"]
    looked_at: list[str] = []
    real = parties.spoken_for

    def counted(platform: Any, partner: Any, *more: Any) -> Any:
        looked_at.append(partner.id)
        return real(platform, partner, *more)

    monkeypatch.setattr(parties, "spoken_for", counted)
    assert [each.id for each in audience.of(platform, "sessions", [feed, "NL/EXA>DE/AAD"])] == [
        "many-0002",
        "many-0003",
    ]
    assert looked_at == []


def test_what_is_for_everyone_is_for_all_that_receive_it_and_once(platform: Any, many: Known) -> None:
    """AMB-05; a private Location is for those it names, of 2.1.1 for nobody (LOC-14)."""
    everybody = [each.id for each in audience.of(platform, "locations", ["NL/EXA>*", "NL/EXA>DE/AAC"])]
    assert everybody == [f"many-{at:04}" for at in range(500)]
    assert [each.id for each in audience.of(platform, "locations", ["NL/EXA>DE/AAC"])] == ["many-0002"]
    assert list(audience.of(platform, "locations", ["NL/EXA>-"])) == []
    assert list(audience.of(platform, "tokens", ["NL/EXA>*"])) == []


def test_calls_side_by_side_keep_their_order_and_what_their_caller_is() -> None:
    inside: ContextVar[str] = ContextVar("inside", default="")
    inside.set("announce")
    together = threading.Barrier(8, timeout=10)

    def work(at: int) -> tuple[int, str]:
        together.wait()
        return at, inside.get()

    assert side_by_side(work, range(16)) == [(at, "announce") for at in range(16)]


def test_a_call_that_fails_beside_others_is_told_of(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever announced is repeated: nothing of a change is lost (ARC-14)."""
    sent: list[int] = []

    def put(name: str, messages: list[tuple[str, str]], delay: int) -> None:
        sent.append(len(messages))
        if "row-55" in "".join(text for text, _ in messages):
            raise NotSent("not taken")

    monkeypatch.setattr(platform.queues, "_put", put)
    tasks = [Task(f"row-{at}") for at in range(95)]
    with pytest.raises(NotSent):
        platform.queues.send(tasks)
    assert sum(sent) == 95


class Task:
    """Any task."""

    queue = "push"
    group = ""

    def __init__(self, name: str) -> None:
        self.body = {"task": name}
