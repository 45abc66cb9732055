"""Feeds a table's change stream to a function, by the rules of Lambda's event sources.

In order, and none is passed over: a batch that fails is halved until the record
is found that the function cannot digest. That one is tried as often as its
source says and then named in the source's queue for failures, as in AWS.
"""

from __future__ import annotations

import json
import logging
import time
from typing import Any

from botocore.exceptions import ClientError

from localrun.emulator import Emulator
from localrun.functions import FunctionFailed, Functions
from localrun.sources import failed_items, stream_event, stream_failure
from localrun.template import Source

log = logging.getLogger(__name__)


class StreamFeed:
    """One table's change stream and the function that hears it, in order.

    Where it got to is kept at the endpoint itself, beside the data it is
    about: a platform that was killed goes on there, repeating a batch at most.
    """

    SETTLE = 1.0

    def __init__(
        self, source: Source, functions: Functions, clients: Any, emulator: Emulator, stage: str
    ) -> None:
        self.source = source
        self._functions, self._clients, self._emulator = functions, clients, emulator
        table = clients.dynamodb.describe_table(TableName=source.name)["Table"]
        self._arn = table["LatestStreamArn"]
        self._parameter = f"/ocpi/{stage}/local/{source.name}"
        self._iterators: dict[str, str | None] = {}
        self._reached: dict[str, str] = self._checkpoint()
        self._written = dict(self._reached)
        self._written_at = time.monotonic()
        self._failures: dict[str, int] = {}
        self._sizes: dict[str, int] = {}

    def idle(self) -> bool:
        return self._emulator.quiet(self._arn, max(self._reached.values(), default=""))

    @property
    def failing(self) -> int:
        """How often the record that is next has failed already."""
        return max(self._failures.values(), default=0)

    def feed(self) -> int:
        """Take one batch of every shard through the function; how many records were done with."""
        done = 0
        for shard in self._shards():
            done += self._feed(shard)
        self.remember()
        return done

    def rewind(self) -> None:
        """Begin again at the oldest record there is."""
        self._iterators.clear()
        self._reached.clear()
        self._failures.clear()
        self._sizes.clear()

    def _feed(self, shard: str) -> int:
        whole = min(1000, self.source.batch_size)
        while True:
            size = self._sizes.get(shard, whole)
            records, following = self._read(shard, size)
            if not records:
                self._iterators[shard] = following
                return 0
            numbers = [each["dynamodb"]["SequenceNumber"] for each in records]
            failed = self._call(records, numbers)
            done = numbers.index(failed) if failed else len(records)
            if done or len(records) == 1 or not self._halves:
                break
            self._sizes[shard] = len(records) // 2
            self._iterators[shard] = None  # the same again, fewer at once
        if failed and not done:
            done = self._failed_again(shard, records)
        else:
            self._failures.clear()
        if done:
            self._reached[shard] = numbers[done - 1]
            self._sizes[shard] = min(whole, 2 * size)
        self._iterators[shard] = following if done == len(records) else None
        return done

    def _read(self, shard: str, size: int) -> tuple[list[dict[str, Any]], str | None]:
        """The next records, and where those after them are."""
        streams = self._clients.dynamodbstreams
        iterator = self._iterators.get(shard) or self._iterator(shard)
        if iterator is None:
            return [], None
        try:
            page = streams.get_records(ShardIterator=iterator, Limit=size)
        except (ClientError, LookupError) as problem:
            # Expired, trimmed, or dropped by the emulator, which says so in many ways: seek it again.
            log.warning("%s: %s; seeking on", self.source.name, type(problem).__name__)
            self._iterators[shard] = None
            return [], None
        return page["Records"], page.get("NextShardIterator")

    def _call(self, records: list[dict[str, Any]], numbers: list[str]) -> str:
        """The sequence number that failed first, or nothing."""
        try:
            answer = self._functions.call(self.source.function, stream_event(records, self._arn))
        except FunctionFailed as problem:
            log.error("%s failed: %s", self.source.function, problem)
            return numbers[0]
        failed = failed_items(answer, numbers, self.source.partial)
        return min(failed, key=numbers.index) if failed else ""

    def _failed_again(self, shard: str, records: list[dict[str, Any]]) -> int:
        """How many records are done with after another failure: all when it was one too many."""
        first = records[0]["dynamodb"]["SequenceNumber"]
        self._failures[first] = self._failures.get(first, 0) + 1
        if self._failures[first] <= self._attempts():
            return 0
        if self.source.failures:
            # Before anything is passed over: where this fails, the record is tried again.
            about = stream_failure(records, shard, self._arn, self.source.function, self._failures[first])
            url = self._clients.sqs.get_queue_url(QueueName=self.source.failures)["QueueUrl"]
            self._clients.sqs.send_message(QueueUrl=url, MessageBody=json.dumps(about))
        self._failures.clear()
        return len(records)

    @property
    def _halves(self) -> bool:
        return bool(self.source.properties.get("BisectBatchOnFunctionError"))

    def _attempts(self) -> int:
        limit = int(self.source.properties.get("MaximumRetryAttempts", -1))
        return limit if limit >= 0 else 1 << 30

    def _shards(self) -> list[str]:
        if not self._iterators:
            described = self._clients.dynamodbstreams.describe_stream(StreamArn=self._arn)
            for each in described["StreamDescription"]["Shards"]:
                self._iterators.setdefault(each["ShardId"], None)
        return list(self._iterators)

    def _iterator(self, shard: str) -> str | None:
        streams = self._clients.dynamodbstreams
        where: dict[str, str] = {"ShardIteratorType": "TRIM_HORIZON"}
        if shard in self._reached:
            where = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": self._reached[shard]}
        try:
            found = streams.get_shard_iterator(StreamArn=self._arn, ShardId=shard, **where)
        except streams.exceptions.ClientError:
            if shard not in self._reached:
                raise
            del self._reached[shard]  # trimmed away meanwhile: from the oldest there is
            return None
        self._iterators[shard] = found["ShardIterator"]
        return str(found["ShardIterator"])

    def _checkpoint(self) -> dict[str, str]:
        try:
            text = self._clients.ssm.get_parameter(Name=self._parameter)["Parameter"]["Value"]
        except self._clients.ssm.exceptions.ParameterNotFound:
            return {}
        arn, *pairs = text.split(" ")
        if arn != self._arn:
            return {}
        return dict(pair.split("=", 1) for pair in pairs if "=" in pair)

    @property
    def remembered(self) -> bool:
        """Whether where the stream got to is written down."""
        return self._reached == self._written

    def remember(self) -> None:
        """Write down where the stream got to, once in a while."""
        if self._reached == self._written or time.monotonic() - self._written_at < self.SETTLE:
            return
        text = " ".join([self._arn, *(f"{shard}={number}" for shard, number in self._reached.items())])
        self._clients.ssm.put_parameter(Name=self._parameter, Value=text, Type="String", Overwrite=True)
        self._written, self._written_at = dict(self._reached), time.monotonic()
