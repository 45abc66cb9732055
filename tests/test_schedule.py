"""When something is tried again, by figures."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from chalicelib import schedule
from chalicelib.ocpi.timestamps import later, seconds_between

STEPS = (5, 30, 120, 600, 3600, 21600)
NOW = "2026-01-01T00:00:00.000Z"


def delays(steps: tuple[int, ...], limit: int) -> list[int]:
    """Those between attempts, one by one."""
    numbers = iter(range(1, 10**6))
    return list(iter(lambda: schedule.within(steps, next(numbers), limit), None))


def test_the_schedule_repeats_its_last_step_until_the_limit() -> None:
    """Design section 8: statuses give up within the hour, CDRs are tried for 7 days."""
    assert delays(STEPS, schedule.HOUR) == [5, 30, 120, 600]
    week = delays(STEPS, schedule.WEEK)
    assert week[:6] == list(STEPS)
    assert 6.5 * 24 * 3600 < sum(week) <= schedule.WEEK
    assert delays((), schedule.HOUR) == []


@given(some.lists(some.integers(1, 700), min_size=1, max_size=6), some.integers(0, 4_000))
def test_a_schedule_of_any_steps_ends_with_its_limit(steps: list[int], limit: int) -> None:
    found = delays(tuple(steps), limit)
    assert found == [*steps, *[steps[-1]] * len(found)][: len(found)]
    following = steps[len(found)] if len(found) < len(steps) else steps[-1]
    assert sum(found) <= limit < sum(found) + following


def test_the_delay_of_a_cdr_is_found_at_once_in_a_schedule_of_seconds() -> None:
    """A week of them is 200,000: adding up each for the next took minutes, in which nothing else was sent."""
    assert schedule.within((1, 2, 3), 1, schedule.WEEK) == 1
    assert schedule.within((1, 2, 3), 201_601, schedule.WEEK) == 3
    assert schedule.within((1, 2, 3), 201_602, schedule.WEEK) is None


@given(some.floats(1, 1e5), some.none() | some.integers(0, 10**5), some.floats(0, 0.5))
def test_an_attempt_is_never_before_the_partner_said_and_the_sweep_never_before_the_queue(
    delay: float, retry_after: int | None, jitter: float
) -> None:
    following = schedule.attempt(NOW, delay, retry_after, jitter)
    assert following.delay >= (retry_after or 0)
    assert following.delay == retry_after or abs(following.delay - delay) <= delay * jitter + 1e-6
    assert abs(seconds_between(NOW, following.at) - following.delay) < 0.01
    assert following.due_at == (later(following.at, schedule.SLACK) if following.by_queue else following.at)


def test_a_message_comes_back_after_seconds_that_double() -> None:
    assert [schedule.doubled(each) for each in (0, 1, 2, 3, 20)] == [5, 5, 10, 20, 900]


def test_a_pause_grows_along_the_schedule() -> None:
    pauses = [0]
    for _ in range(8):
        pauses.append(schedule.longer(STEPS, pauses[-1]))
    assert pauses[1:] == [*STEPS, 21600, 21600]
