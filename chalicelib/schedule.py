"""When something is tried again: by the operator's schedule, spread out, and not before the other side said.

Example: with the schedule 5, 30, 120, 600, 3600 and an hour's time, attempts follow after 5, 30, 120 and
600 seconds. Waits of up to 15 minutes are a queue's, longer ones the sweep's; it is also the net below the
queues, so what a queue has is due a little later.

Contract: design section 8
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, NamedTuple

from chalicelib.ocpi.timestamps import later

if TYPE_CHECKING:
    from collections.abc import Sequence

HOUR, WEEK = 3600, 7 * 24 * 3600
# The longest delay of a queue, and by how much the sweep comes after it; in seconds.
LONGEST_DELAY = 900
SLACK = 30
# Seconds over which things are spread that waited for the same moment.
MOMENT_SPREAD = 10
# A message that failed comes back after so many seconds, doubled each time.
COMES_BACK, LATEST = 5, 900
# The shortest step in which a message comes back for a whole day.
SHORTEST_LAST_STEP = 120


class Attempt(NamedTuple):
    """The next one: when, after how many seconds, and when the sweep should see to it."""

    at: str
    delay: float
    due_at: str

    @property
    def by_queue(self) -> bool:
        """Whether the wait is short enough for a queue."""
        return self.delay <= LONGEST_DELAY


def attempt(now: str, delay: float, retry_after: int | None = None, jitter: float = 0) -> Attempt:
    """The attempt after this delay, more or less by this share of it, and not before `retry_after`."""
    delay = max(spread(delay, jitter), retry_after or 0)
    at = later(now, delay)
    return Attempt(at, delay, later(at, SLACK if delay <= LONGEST_DELAY else 0))


def step(schedule: Sequence[int], number: int) -> int:
    """The delay of this number; the last one stays."""
    return schedule[min(number, len(schedule) - 1)]


def longer(schedule: Sequence[int], pause: float) -> int:
    """The first delay that is longer than a pause, the last one where none is."""
    return next((each for each in schedule if each > pause), schedule[-1])


def within(schedule: Sequence[int], number: int, limit: int) -> int | None:
    """The delay after the attempt of this number, from 1 on: the schedule, its last step repeated until
    `limit` seconds passed; None from then on.
    """
    if not schedule:
        return None
    passed = sum(schedule[:number]) + max(0, number - len(schedule)) * schedule[-1]
    return step(schedule, number - 1) if passed <= limit else None


def spread(seconds: float, share: float) -> float:
    """Seconds, more or less by up to this share of them."""
    return seconds * (1 - share + 2 * share * random.random())  # noqa: S311


def after(moment: str) -> str:
    """Shortly after a moment that others may wait for, too."""
    return later(moment, random.random() * MOMENT_SPREAD)  # noqa: S311


def doubled(receives: int) -> int:
    """Seconds until a message that was received so often comes back."""
    return int(min(LATEST, COMES_BACK * 2 ** max(0, receives - 1)))


def comes_back(schedule: Sequence[int], receives: int, retry_after: int | None) -> int:
    """Seconds until a message comes back that was received so often, as its queue can have it come back.

    By the schedule, then by its last step, if that is not too short: a queue gives up after 1,000
    receives. Not before `retry_after`, where that is a wait of the queue's.
    """
    seconds = min(step(schedule, receives - 1), LONGEST_DELAY)
    if receives > len(schedule):
        seconds = max(seconds, SHORTEST_LAST_STEP)
    return max(seconds, min(retry_after or 0, LONGEST_DELAY))
