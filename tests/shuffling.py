"""Queues and streams as AWS promises them and no better: twice, in any order, interrupted, throttled.

Chance decides, by a seed: the same seed is the same day again, as far as clocks allow.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

from tests.dying import Killed, dying_before

POOL = 50
"""Messages that lie about at once, out of which batches are drawn."""

INTERRUPTED, THROTTLED = 0.06, 0.05
"""How often a function's time is over in the middle of its work, and how often Lambda lets no batch in."""

AGE = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


class ShuffledQueue:
    """A queue whose messages come in any order, each once more after it was done with.

    Hidden for as long as the deployed queue hides them: what an interrupted
    function had, or what was never let in, comes back that much later.
    """

    def __init__(self, feed: Any, chance: random.Random) -> None:
        self._feed, self._chance = copy.copy(feed), chance
        self._feed._under_way = {}
        attributes = feed._clients.sqs.get_queue_attributes(
            QueueUrl=feed._url, AttributeNames=["VisibilityTimeout"]
        )["Attributes"]
        self._feed.lease = int(attributes["VisibilityTimeout"])
        self.source = feed.source
        self._doubles: list[dict[str, Any]] = []
        self._seen: set[str] = set()

    def idle(self) -> bool:
        return not self._doubles and bool(self._feed.idle())

    def feed(self) -> int:
        """Whatever is there, through the function in batches drawn by chance; how many messages it was."""
        pool: list[dict[str, Any]] = []
        while len(pool) < POOL and (more := self._feed.take(0)):
            pool += more
        held = [each for each in self._doubles if pool and self._chance.random() < 0.5]
        pool += [each for each in self._doubles if each not in held]
        self._doubles = held
        self._chance.shuffle(pool)
        many = len(pool)
        while pool:
            size = self._chance.randint(1, max(1, min(10, self.source.batch_size)))
            batch, pool = pool[:size], pool[size:]
            self._work(batch)
        return many

    def _work(self, batch: list[dict[str, Any]]) -> None:
        if self._chance.random() < THROTTLED:
            return
        fresh = [each for each in batch if each["MessageId"] not in self._seen]
        self._seen.update(each["MessageId"] for each in fresh)
        self._doubles += fresh
        _interrupted(self._chance, lambda: self._feed.work(batch))


class RepeatedStream:
    """A stream of which every batch is handed over twice, and again where its function was interrupted.

    Its records are in order, as DynamoDB's are for one item. `aged` are keys of
    items that were removed because of their age, which their records say.
    """

    def __init__(self, feed: Any, chance: random.Random, aged: set[tuple[str, str]]) -> None:
        self._feed, self._chance, self._aged = copy.copy(feed), chance, aged
        self.source = feed.source
        self._call = feed._call
        self._feed._call = self._twice
        self.idle, self.rewind = self._feed.idle, feed.rewind

    def feed(self) -> int:
        """One batch of a size by chance; how many records there were, done with or to be repeated."""
        self._feed._sizes.update(dict.fromkeys(self._feed._shards(), self._chance.randint(1, 20)))
        done = int(self._feed.feed())
        return done or bool(self._feed.failing and not self._feed.idle())

    def _twice(self, records: list[dict[str, Any]], numbers: list[str]) -> str:
        told = [self._with_identity(each) for each in records]
        if not _interrupted(self._chance, lambda: self._call(told, numbers)):
            return numbers[0]
        return str(self._call(told, numbers))

    def _with_identity(self, record: dict[str, Any]) -> dict[str, Any]:
        keys = record["dynamodb"]["Keys"]
        if record["eventName"] != "REMOVE" or tuple(each["S"] for each in keys.values()) not in self._aged:
            return record
        return {**record, "userIdentity": AGE}


def worse(feeds: list[Any], seed: int, aged: set[tuple[str, str]]) -> list[Any]:
    """The same feeds, shuffled, doubled and interrupted."""
    chance = random.Random(seed)
    return [
        ShuffledQueue(each, chance) if hasattr(each, "lease") else RepeatedStream(each, chance, aged)
        for each in feeds
    ]


def _interrupted(chance: random.Random, work: Callable[[], Any]) -> bool:
    """Do this, or a part of it; whether it came to its end."""
    if chance.random() >= INTERRUPTED:
        work()
        return True
    try:
        with dying_before(chance.randrange(12)):
            work()
    except Killed:
        return False
    return True
