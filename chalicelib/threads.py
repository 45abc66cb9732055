"""Calls that do not wait for each other, made side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

# Calls under way at once; as few as this are not worth the threads.
AT_ONCE = 8
FEW = 4

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(work: Callable[[T], R], several: Sequence[T]) -> list[R]:
    """What `work` answers for each, in their order. Raises what the first that failed raised."""
    if len(several) <= FEW:
        return [work(each) for each in several]
    with ThreadPoolExecutor(min(AT_ONCE, len(several))) as pool:
        return [made.result() for made in [pool.submit(copy_context().run, work, each) for each in several]]
