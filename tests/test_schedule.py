"""When something is tried again, by figures."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from chalicelib import schedule
from chalicelib.ocpi.timestamps import later, seconds_between

STEPS = (5, 30, 120, 600, 3600, 21600)
NOW = "2026-01-01T00:00:00.000Z"


def test_the_schedule_repeats_its_last_step_until_the_limit() -> None:
    """Design section 8: statuses give up within the hour, CDRs are tried for 7 days."""
    assert schedule.delays(STEPS, schedule.HOUR) == (5, 30, 120, 600)
    week = schedule.delays(STEPS, schedule.WEEK)
    assert week[:6] == STEPS
    assert 6.5 * 24 * 3600 < sum(week) <= schedule.WEEK


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
