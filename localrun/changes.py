"""Tells who waits for something new that something was written, so that nobody has to ask again and again."""

from __future__ import annotations

import threading

# What can put a message into a queue, or a record into a stream.
_WRITES = (
    "AmazonSQS.SendMessage",
    "AmazonSQS.ChangeMessageVisibility",
    "AWSEvents.PutEvents",
    "DynamoDB_20120810.PutItem",
    "DynamoDB_20120810.UpdateItem",
    "DynamoDB_20120810.DeleteItem",
    "DynamoDB_20120810.BatchWriteItem",
    "DynamoDB_20120810.TransactWriteItems",
    "DynamoDB_20120810.ExecuteStatement",
    "DynamoDB_20120810.ExecuteTransaction",
)


class Changes:
    """A count of writes that one can wait for to grow.

    Whoever waits takes the count first and looks then: what is written in
    between ends the wait at once.
    """

    def __init__(self) -> None:
        self.count = 0
        self._grown = threading.Condition()

    def note(self) -> None:
        """Something was written: wake everybody."""
        with self._grown:
            self.count += 1
            self._grown.notify_all()

    def wait(self, seen: int, seconds: float) -> None:
        """Until the count is another one than `seen`, or the time is up."""
        with self._grown:
            self._grown.wait_for(lambda: self.count != seen, seconds)


def is_write(target: str) -> bool:
    """Whether a request with this X-Amz-Target may have put something where somebody waits for it."""
    return target.startswith(_WRITES)
