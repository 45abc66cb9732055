"""Calls that do not wait for each other, made side by side, or beside other work."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import TypeVar

# Calls under way at once; as few as this are not worth the threads.
AT_ONCE = 8
FEW = 4

T = TypeVar("T")
R = TypeVar("R")

_under_way: ContextVar[list[threading.Thread] | None] = ContextVar("under_way", default=None)


def side_by_side(work: Callable[[T], R], several: Sequence[T]) -> list[R]:
    """What `work` answers for each, in their order. Raises what the first that failed raised."""
    if len(several) <= FEW:
        return [work(each) for each in several]
    with ThreadPoolExecutor(min(AT_ONCE, len(several))) as pool:
        return [made.result() for made in [pool.submit(copy_context().run, work, each) for each in several]]


@contextmanager
def joined() -> Iterator[None]:
    """What is begun `beside` other work within this block is done at its end."""
    threads: list[threading.Thread] = []
    reset = _under_way.set(threads)
    try:
        yield
    finally:
        _under_way.reset(reset)
        for each in threads:
            each.join()


def beside(work: Callable[[], None]) -> None:
    """Begin work that what follows need not wait for; at once where nobody joins it. It must not raise."""
    threads = _under_way.get()
    if threads is None:
        work()
        return
    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True)
    thread.start()
    threads.append(thread)
