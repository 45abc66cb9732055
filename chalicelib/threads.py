"""Calls that do not wait for each other, made side by side, or beside other work."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar

# Calls under way at once; as few as this are not worth the threads.
AT_ONCE = 8
FEW = 4
# Threads for work beside others', in all requests of a process: a function has one request at a time.
BESIDE = 32

T = TypeVar("T")
R = TypeVar("R")

_under_way: ContextVar[list[Future[None]] | None] = ContextVar("under_way", default=None)
# They stay, once there are any: a new thread takes more CPU than most of what is done beside other work.
_kept = ThreadPoolExecutor(BESIDE, "beside")


def side_by_side(work: Callable[[T], R], several: Sequence[T]) -> list[R]:
    """What `work` answers for each, in their order. Raises what the first that failed raised."""
    if len(several) <= FEW:
        return [work(each) for each in several]
    with ThreadPoolExecutor(min(AT_ONCE, len(several))) as pool:
        return [made.result() for made in [pool.submit(copy_context().run, work, each) for each in several]]


@contextmanager
def joined() -> Iterator[None]:
    """What is begun `beside` other work within this block is done at its end."""
    begun: list[Future[None]] = []
    reset = _under_way.set(begun)
    try:
        yield
    finally:
        _under_way.reset(reset)
        if begun:
            wait(begun)


def beside(work: Callable[[], None]) -> None:
    """Begin work that what follows need not wait for; at once where nobody joins it. It must not raise."""
    begun = _under_way.get()
    if begun is None:
        work()
        return
    begun.append(_kept.submit(copy_context().run, work))
