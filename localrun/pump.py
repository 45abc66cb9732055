"""Feeds queues and schedules to the functions, by the rules of Lambda's event sources, and keeps all feeding.

A function that raises gets its batch again; one that answers which items
failed gets those again; an answer that makes no sense fails the whole batch.
Whether a message has failed too often is left to its queue.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from localrun.emulator import PAUSE, Emulator
from localrun.functions import FunctionFailed, Functions
from localrun.sources import failed_items, schedule_event, sqs_event
from localrun.streams import StreamFeed
from localrun.template import Source

LOOK = 5.0
"""Seconds, at most, between two looks at what tells by itself when there is something new."""

RARELY = 4
"""Times a schedule's interval that it waits longer, at most, while nobody writes anything."""

LEASE = 20
"""Seconds, at most, after which a message comes back that failed or whose platform was killed.

The deployed queues hide a message for six times the function's timeout, as
Lambda asks for; nobody on a laptop waits twelve minutes. While a function
works on it a message is kept hidden, however long that takes.
"""

log = logging.getLogger(__name__)


class QueueFeed:
    """One queue and the function that hears it."""

    def __init__(self, source: Source, functions: Functions, clients: Any, emulator: Emulator) -> None:
        self.source = source
        self._functions, self._clients, self._emulator = functions, clients, emulator
        self._url = clients.sqs.get_queue_url(QueueName=source.name)["QueueUrl"]
        found = clients.sqs.get_queue_attributes(
            QueueUrl=self._url, AttributeNames=["QueueArn", "VisibilityTimeout"]
        )["Attributes"]
        self._arn = found["QueueArn"]
        self.lease = min(LEASE, int(found["VisibilityTimeout"]))
        self._under_way: dict[str, str] = {}

    def idle(self) -> bool:
        return self._emulator.idle(self.source.name)

    def keep(self) -> None:
        """Go on hiding the messages that are being worked on."""
        for handle in list(self._under_way.values()):
            try:
                self._clients.sqs.change_message_visibility(
                    QueueUrl=self._url, ReceiptHandle=handle, VisibilityTimeout=self.lease
                )
            except self._clients.sqs.exceptions.ClientError:
                continue  # done with in the meantime

    def feed(self, wait: int = 0) -> int:
        """Take one batch through the function; how many messages it had."""
        messages = self.take(wait)
        if messages:
            self.work(messages)
        return len(messages)

    def take(self, wait: int) -> list[dict[str, Any]]:
        """The next messages, hidden from others until they are deleted or their lease ends."""
        messages: list[dict[str, Any]] = self._clients.sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=min(10, self.source.batch_size),
            WaitTimeSeconds=wait,
            VisibilityTimeout=self.lease,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        self._under_way.update((each["MessageId"], each["ReceiptHandle"]) for each in messages)
        return messages

    def work(self, messages: list[dict[str, Any]]) -> None:
        """Take these messages through the function and delete those that are done."""
        ids = [each["MessageId"] for each in messages]
        try:
            answer = self._functions.call(self.source.function, sqs_event(messages, self._arn))
            failed = failed_items(answer, ids, self.source.partial)
        except FunctionFailed as problem:
            log.error("%s failed: %s", self.source.function, problem)
            return
        finally:
            for each in ids:
                self._under_way.pop(each, None)
        done = [each for each in messages if each["MessageId"] not in failed]
        if done:
            self._clients.sqs.delete_message_batch(
                QueueUrl=self._url,
                Entries=[
                    {"Id": str(at), "ReceiptHandle": each["ReceiptHandle"]} for at, each in enumerate(done)
                ],
            )


class Pump:
    """The threads that feed a platform's functions until it stops."""

    WORKERS = 3
    """Batches of one queue under way at once."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._under_way: set[threading.Thread] = set()

    def queue(self, feed: QueueFeed) -> None:
        """Feed this queue, a few batches at once."""
        free = threading.Semaphore(self.WORKERS)

        def work(messages: list[dict[str, Any]]) -> None:
            try:
                feed.work(messages)
            except Exception as problem:
                if not self._stopping.is_set():
                    log.error("%s: %s", feed.source.function, problem)
            finally:
                self._under_way.discard(threading.current_thread())
                free.release()

        def turn() -> float:
            if feed.idle():
                return self._emulator.soonest(feed.source.name, LOOK)
            if not free.acquire(timeout=0.5):
                return PAUSE
            messages: list[dict[str, Any]] = []
            try:
                messages = feed.take(self._emulator.poll_seconds)
            finally:
                if not messages:
                    free.release()
            if not messages:
                return PAUSE
            thread = threading.Thread(target=work, args=(messages,), name=feed.source.function, daemon=True)
            self._under_way.add(thread)
            thread.start()
            return 0.0

        def keep() -> float:
            feed.keep()
            return feed.lease / 3

        self._run(feed.source.function, turn)
        self._run(f"{feed.source.function}-keep", keep, told=False)

    def stream(self, feed: StreamFeed) -> None:
        """Feed this stream, in order and one batch at a time."""

        def turn() -> float:
            if feed.idle():
                feed.remember()
                told = self._emulator.changes is not None
                return (LOOK if feed.remembered else feed.SETTLE) if told else PAUSE
            if feed.feed():
                return 0
            if feed.failing:
                return float(min(5.0, 0.1 * 2 ** min(feed.failing, 6)))
            return 0.25 if self._emulator.poll_seconds else PAUSE

        self._run(f"{feed.source.function}-{feed.source.name}", turn)

    def schedule(self, function: str, functions: Functions, seconds: float) -> None:
        """Call this function every so many seconds, more rarely while nobody writes anything."""
        changes, seen, idle = self._emulator.changes, -1, 0.0

        def turn() -> float:
            nonlocal seen, idle
            if changes is not None:
                idle = min(idle + seconds, RARELY * seconds) if changes.count == seen else 0.0
                changes.wait(seen, idle)
                if self._stopping.is_set():
                    return seconds
            try:
                functions.call(function, schedule_event(function))
            except FunctionFailed as problem:
                log.error("%s failed: %s", function, problem)
            seen = changes.count if changes is not None else -1
            return seconds

        self._run(function, turn, told=False)

    def repeat(self, name: str, turn: Callable[[], float], told: bool = True) -> None:
        """Do something again and again; it answers how many seconds to wait before the next time.

        Less where something is written meanwhile, unless it is not `told` of that.
        """
        self._run(name, turn, told)

    def stop(self, seconds: float = 0.7) -> None:
        """Take no more; what is under way has these seconds to finish, and is else taken again later."""
        self._stopping.set()
        if self._emulator.changes is not None:
            self._emulator.changes.note()  # whoever waits for something new wakes and sees that we stop
        until = time.monotonic() + seconds
        for each in [*self._threads, *self._under_way]:
            each.join(max(0.0, until - time.monotonic()))

    def _run(self, name: str, turn: Callable[[], float], told: bool = True) -> None:
        """Take turns; a pause is over when something was written, where one is `told` of that."""
        changes = self._emulator.changes if told else None

        def loop() -> None:
            while not self._stopping.is_set():
                seen = changes.count if changes is not None else 0
                try:
                    pause = turn()
                except Exception as problem:
                    if self._stopping.is_set():
                        return
                    log.error("%s: %s", name, problem)
                    pause = 1.0
                if pause and changes is not None:
                    changes.wait(seen, pause)
                elif pause:
                    self._stopping.wait(pause)

        thread = threading.Thread(target=loop, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()
