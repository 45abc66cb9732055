"""Messages that their queue gave up are written down as due deliveries, so that nothing is lost.

A push message that failed too often, and one that never reached a function
because throttled receives count as receives, end in the queue's dead letters.
The sweep takes them from there: the delivery waits and is due, in the table
where operators and the sweep see it.

Contract: design section 8
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib import logs, tasks
from chalicelib.aws import queues
from chalicelib.tasks import PushObject

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Dead letters that one sweep takes up of each queue, at most; a sweep has less than a minute.
MOST_LETTERS = 200
REASON = "the message about it failed too often; the log has the details"
# Seconds until a message that is no delivery is tried again.
PAUSE = 60


def keep(platform: Platform, task: PushObject) -> None:
    """Write down that the delivery which a message asked for is due."""
    platform.deliveries.lost(task.target, REASON, whole=task.whole, gone=task.gone)


def take_up(platform: Platform) -> None:
    """Take the dead letters of the push queues up again; their alarm counts the lines this writes."""
    for queue in (queues.PUSH, queues.PUSH_SLOW):
        taken = 0
        while taken < MOST_LETTERS:
            letters = platform.queues.take(queues.dead(queue))
            if not letters:
                break
            done = [handle for handle, text in letters if _taken_up(platform, queue, text)]
            platform.queues.done(queues.dead(queue), done)
            taken += len(letters)


def _taken_up(platform: Platform, queue: str, text: str) -> bool:
    try:
        task = tasks.read(queue, text)
        if isinstance(task, PushObject):
            keep(platform, task)
        elif task is not None:
            platform.queues.send([task], queue, PAUSE)
    except Exception as problem:
        logs.log_exception("dead letter not taken up", problem, queue=queue)
        return False
    body = task.body if task else {}
    logs.log(
        "ERROR",
        "dead letter",
        queue=queue,
        task=body.get("task"),
        partner=body.get("partner"),
        module=body.get("module"),
        object_id=body.get("id"),
    )
    return True
