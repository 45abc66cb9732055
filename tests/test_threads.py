"""Work beside other work: begun at once, done when the block ends, by threads that stay."""

from __future__ import annotations

import threading
from contextvars import ContextVar

from chalicelib.threads import BESIDE, beside, joined

WHO: ContextVar[str] = ContextVar("who", default="")


def test_work_beside_is_begun_in_the_block_and_done_at_its_end() -> None:
    goes_on, done = threading.Event(), []

    def work() -> None:
        assert goes_on.wait(60)
        done.append(WHO.get())

    reset = WHO.set("authorize")
    with joined():
        beside(work)
        WHO.reset(reset)
        assert done == []
        goes_on.set()
    assert done == ["authorize"], "it knows for whom it was begun"


def test_threads_for_work_beside_stay() -> None:
    used = set()
    for _ in range(4 * BESIDE):
        with joined():
            beside(lambda: used.add(threading.get_ident()))
    assert 0 < len(used) <= BESIDE
    assert threading.get_ident() not in used


def test_nobody_to_join_it_has_work_done_at_once() -> None:
    used: list[int] = []
    beside(lambda: used.append(threading.get_ident()))
    assert used == [threading.get_ident()]


def test_what_fails_beside_other_work_does_not_spoil_it() -> None:
    done: list[str] = []

    def fails() -> None:
        raise ValueError("no")

    with joined():
        beside(fails)
        beside(lambda: done.append("the other"))
    assert done == ["the other"]
