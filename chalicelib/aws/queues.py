"""The queues, and sending tasks to them.

Sending is repeated until the queue has everything, or it raises, so that whoever
wanted it sent is repeated. Each message says whose it is, so that AWS lets nobody's
backlog keep the others' waiting (fair queues).

Contract: design section 8
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import logs
from chalicelib.ocpi import jsontext
from chalicelib.schedule import LONGEST_DELAY
from chalicelib.threads import side_by_side

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

PUSH, PUSH_SLOW, PULL, RESULTS, INBOX, AUDIT = "push", "push-slow", "pull", "results", "inbox", "audit"
# Filled by a rule of the bus.
WEBHOOK = "webhook"
# What SQS takes in one call.
MOST_MESSAGES = 10
LARGEST_CALL = 240 * 1024
ATTEMPTS = 4
TAKEN_SECONDS = 60
# The text of a message, and whose it is.
Message = tuple[str, str]
# Receives after which a queue gives a push message up to its dead letters.
MOST_RECEIVES = 5


def dead(queue: str) -> str:
    """The queue of another one's dead letters."""
    return f"{queue}-dead"


class NotSent(Exception):
    """The queue did not take every message; sending all of them again does no harm."""


class Asked(Protocol):
    """A task: the queue it usually goes to, the partner it is about ("": nobody's), and its message."""

    @property
    def queue(self) -> str: ...

    @property
    def group(self) -> str: ...

    @property
    def body(self) -> Any: ...


class Queues:
    """Sends tasks to this deployment's own queues."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._urls: dict[str, str] = {}

    def send(self, tasks: Iterable[Asked], queue: str = "", delay: float = 0) -> None:
        """Put tasks on their queues, or on this one, to be seen after `delay` seconds (at most 900).

        Raises NotSent.
        """
        seconds = max(0, min(LONGEST_DELAY, round(delay)))
        lanes: dict[str, list[Message]] = {}
        for task in tasks:
            lanes.setdefault(queue or task.queue, []).append((jsontext.dumps(task.body), task.group))
        for name, messages in lanes.items():
            self._url(name)  # found once, before several want it
            side_by_side(partial(self._put, name, delay=seconds), list(_batches(messages)))

    def take(self, queue: str) -> list[tuple[str, str]]:
        """Some messages, hidden from others for a while: what each is done with by, and its text."""
        answer = self._deployment.clients.sqs.receive_message(
            QueueUrl=self._url(queue), MaxNumberOfMessages=MOST_MESSAGES, VisibilityTimeout=TAKEN_SECONDS
        )
        return [(each["ReceiptHandle"], each["Body"]) for each in answer.get("Messages", ())]

    def done(self, queue: str, handles: list[str]) -> None:
        """Messages that were taken are no more; what is not deleted is only taken again."""
        entries = [{"Id": str(at), "ReceiptHandle": each} for at, each in enumerate(handles)]
        if entries:
            self._deployment.clients.sqs.delete_message_batch(QueueUrl=self._url(queue), Entries=entries)

    def come_back(self, queue: str, handle: str, seconds: int) -> None:
        """Let a message that failed be seen again after so many seconds."""
        self._deployment.clients.sqs.change_message_visibility(
            QueueUrl=self._url(queue), ReceiptHandle=handle, VisibilityTimeout=seconds
        )

    def length(self, *names: str) -> int | None:
        """About how many messages queues have, hidden and delayed ones too; None where SQS does not say.

        Raises nothing: it is shown beside other figures, which shall not fail for it.
        """
        kinds = ("", "NotVisible", "Delayed")
        wanted = [f"ApproximateNumberOfMessages{each}" for each in kinds]
        try:
            answers = [
                self._deployment.clients.sqs.get_queue_attributes(
                    QueueUrl=self._url(each), AttributeNames=wanted
                )
                for each in names
            ]
        except (BotoCoreError, ClientError) as problem:
            logs.log("WARNING", "queues not counted", error=type(problem).__name__)
            return None
        return sum(int(number) for each in answers for number in each["Attributes"].values())

    def _put(self, queue: str, messages: list[Message], delay: int) -> None:
        late = {"DelaySeconds": delay} if delay else {}
        entries = [
            {"Id": str(at), "MessageBody": body, **late, **({"MessageGroupId": group} if group else {})}
            for at, (body, group) in enumerate(messages)
        ]
        for attempt in range(ATTEMPTS):
            answer = self._deployment.clients.sqs.send_message_batch(
                QueueUrl=self._url(queue), Entries=entries
            )
            failed = {each["Id"] for each in answer.get("Failed", ())}
            if not failed:
                return
            entries = [entry for entry in entries if entry["Id"] in failed]
            time.sleep(0.05 * 2**attempt)
        raise NotSent(f"{len(entries)} messages were not taken by the queue {queue}")

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            name = f"{self._deployment.settings.prefix}-{queue}"
            self._urls[queue] = self._deployment.clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[queue]


def _batches(messages: Iterable[Message]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    size = 0
    for each in messages:
        length = len(each[0].encode())
        if batch and (len(batch) == MOST_MESSAGES or size + length > LARGEST_CALL):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += length
    if batch:
        yield batch
