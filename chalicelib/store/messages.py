"""Messages: every OCPI request and its answer, both ways, as it was said; kept for some days.

What is noted while a request or message is worked on is written in one batch
when that is done. A write that fails costs the evidence and nothing else: it
is logged, and for a minute nothing more is tried. The body of a message is
text: as it is up to 1 KB, gzip in Base64 beyond, cut at 100 KB.

An operator looks for messages by request id (the table's own key), by
correlation id, by object, by partner, or by module and outcome. Each is one
range of an index, or one for each module and outcome, ordered by time.

Contract: design section 14
"""

from __future__ import annotations

import heapq
import secrets
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.ocpi import modules
from chalicelib.ocpi.timestamps import later
from chalicelib.store.bodies import packed, unpacked
from chalicelib.store.dynamodb import Item, is_over, number, text
from chalicelib.store.object_items import folded

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

OK, REFUSED, FAILED = "ok", "refused", "failed"
OUTCOMES = (OK, REFUSED, FAILED)
RECEIVED, SENT = "RECEIVED", "SENT"
# What is kept by OCPI_MESSAGES.
ALL, NONE = "all", "none"
# The items beside the messages that count repaired quirks, kept for so many days.
REPAIRS, COUNTED_DAYS = "repairs#", 60
# The partner of a request whose token nobody knows, and the module of a path that is none.
STRANGER, OTHER = "-", "other"
MODULES = ("versions", "credentials", *modules.BY_ID, OTHER)

# Characters of `at` that are the moment; what follows tells messages of one moment apart.
MOMENT = len("2026-01-01T00:00:00.000Z")
LARGEST_BODY = 100 * 1024
LONGEST_KEY = 255
AT_ONCE = 25  # as many as one BatchWriteItem takes
PAUSE = 60.0
# Of what anybody can send us without end, a few are kept by each process: strangers (without bodies), floods.
FEW_A_MINUTE = 10


@dataclass(frozen=True, eq=False, repr=False)  # what is not made does not slow the first request
class Message:
    """One request and its answer. `at` is when it was made, `duration_ms` until it was answered.

    `origin` and `path` are the URL. `http_status` and `status_code` are 0 where none came. `breaks`
    are the rules of the specification that the partner's answer breaks; `lag_s` how many seconds old
    the object was when it came. `request` and `response` are the bodies, without credentials tokens.
    """

    at: str
    direction: str
    partner: str
    module: str
    method: str
    path: str
    outcome: str
    origin: str = ""
    version: str = ""
    owner: str = ""
    object_id: str = ""
    part: str = ""
    from_party: str = ""
    to_party: str = ""
    http_status: int = 0
    status_code: int = 0
    reason: str = ""
    duration_ms: int = 0
    request_id: str = ""
    correlation_id: str = ""
    breaks: str = ""
    lag_s: int = -1
    request: str = ""
    response: str = ""
    request_bytes: int = 0
    response_bytes: int = 0

    @property
    def id(self) -> str:
        return f"{self.at}~{self.request_id}"

    @property
    def moment(self) -> str:
        return self.at[:MOMENT]


@dataclass(frozen=True)
class Wanted:
    """Which messages are looked for; "" is any. `object_id` is compared without case."""

    partner: str = ""
    module: str = ""
    object_id: str = ""
    correlation_id: str = ""
    request_id: str = ""
    outcome: str = ""
    date_from: str = ""
    date_to: str = ""


_NUMBERS = frozenset(
    {"http_status", "status_code", "duration_ms", "lag_s", "request_bytes", "response_bytes"}
)
_BODIES = ("request", "response")
_NAMES = tuple(each.name for each in fields(Message) if each.name not in _BODIES)
# The attributes that indexes show beside their keys: all but the bodies.
SHOWN = _NAMES


@dataclass
class _Collected:
    """What was noted in the work at hand: messages, and repairs by partner and quirk."""

    items: list[Item] = field(default_factory=list)
    repairs: Counter[tuple[str, str]] = field(default_factory=Counter)


_collected: ContextVar[_Collected | None] = ContextVar("messages", default=None)


def count_repairs(partner: str, quirks: Mapping[str, int]) -> None:
    """Count how often quirks of a partner were repaired, when the work at hand is done."""
    collected = _collected.get()
    if collected is not None:
        collected.repairs.update({(partner, name): many for name, many in quirks.items()})


class Messages:
    """The table of messages."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._table = f"{deployment.settings.prefix}-messages"
        settings = deployment.settings
        self._mode = settings.messages if settings.message_days else NONE
        self._silent_until = 0.0
        self._few = (0, 0)

    @property
    def _client(self) -> Any:
        return self._deployment.clients.dynamodb

    def keeps(self, outcome: str, *, is_plain: bool) -> bool:
        """Whether a message of this outcome is kept; `is_plain`: it is a page, or the status of an EVSE."""
        if self._mode == ALL:
            return True
        return self._mode != NONE and not (is_plain and outcome == OK)

    def keeps_one_more(self) -> bool:
        """Whether one more is kept in this minute of those that may come without end."""
        minute = int(time.monotonic() // 60)
        before, many = self._few
        many = many + 1 if before == minute else 1
        self._few = minute, many
        return self._mode != NONE and many <= FEW_A_MINUTE

    # Writing

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is noted within the block is written at its end, whatever comes of it."""
        found = _Collected()
        reset = _collected.set(found)
        try:
            yield
        finally:
            _collected.reset(reset)
            self._write(found.items)
            self._count(found.repairs)

    def note(self, message: Message) -> None:
        """Have a message written. Never raises."""
        try:
            item = self._item(message)
        except Exception as problem:
            logs.log_exception("message not kept", problem)
            return
        collected = _collected.get()
        if collected is None:
            self._write([item])
            return
        collected.items.append(item)
        if len(collected.items) >= AT_ONCE:
            together = collected.items[:AT_ONCE]
            del collected.items[:AT_ONCE]
            self._write(together)

    def _write(self, items: list[Item]) -> None:
        while items:
            group, items = items[:AT_ONCE], items[AT_ONCE:]
            if time.monotonic() < self._silent_until:
                return
            try:
                asked = {self._table: [{"PutRequest": {"Item": item}} for item in group]}
                answer = self._client.batch_write_item(RequestItems=asked)
                left = len(answer.get("UnprocessedItems", {}).get(self._table, ()))
                if left:
                    logs.log("WARNING", "messages not kept", count=left, reason="the table is too busy")
            except Exception as problem:
                self._silent_until = time.monotonic() + PAUSE
                logs.log_exception("messages not kept", problem, count=len(group))

    def _count(self, repairs: Counter[tuple[str, str]]) -> None:
        """Add to the day's counts, an item of each partner."""
        if not repairs:
            return
        now = self._deployment.clock()
        until = int(datetime.fromisoformat(now).timestamp()) + COUNTED_DAYS * 86400
        for partner in sorted({each for each, _ in repairs}):
            names = [name for each, name in repairs if each == partner]
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"request_id": text(f"{REPAIRS}{partner}"), "at": text(now[:10])},
                    UpdateExpression="ADD "
                    + ", ".join(f"#{each} :{each}" for each in names)
                    + " SET #until = :until",
                    ExpressionAttributeNames={"#until": "expires_at", **{f"#{each}": each for each in names}},
                    ExpressionAttributeValues={
                        ":until": number(until),
                        **{f":{each}": number(repairs[partner, each]) for each in names},
                    },
                )
            except Exception as problem:
                logs.log_exception("repairs not counted", problem, partner=partner)

    def repairs(self, partner: str, since: str) -> dict[str, int]:
        """How often each quirk of a partner was repaired since a day."""
        answer = self._client.query(
            TableName=self._table,
            KeyConditionExpression="#id = :id AND #at >= :since",
            ExpressionAttributeNames={"#id": "request_id", "#at": "at"},
            ExpressionAttributeValues={":id": text(f"{REPAIRS}{partner}"), ":since": text(since[:10])},
        )
        found: Counter[str] = Counter()
        for item in answer["Items"]:
            found.update({name: int(value["N"]) for name, value in item.items() if "N" in value})
        del found["expires_at"]
        return dict(found)

    def _item(self, message: Message) -> Item:
        at = f"{message.at}-{secrets.token_hex(3)}"
        module = message.module if message.module in MODULES else OTHER
        kind = f"{module}/{message.outcome}"
        moment = datetime.fromisoformat(message.at)
        item: Item = {}
        for name in _NAMES:
            value = getattr(message, name)
            if name in _NUMBERS:
                if value > (-1 if name == "lag_s" else 0):
                    item[name] = number(value)
            elif value:
                item[name] = text(value)
        item |= {
            "request_id": text(message.request_id[:LONGEST_KEY] or "-"),
            "at": text(at),
            "kind": text(kind),
            "thread": text(f"{message.partner}/{kind}"),
            "expires_at": number(int(moment.timestamp()) + self._deployment.settings.message_days * 86400),
        }
        if message.correlation_id:
            item["correlation_id"] = text(message.correlation_id[:LONGEST_KEY])
        if message.object_id:
            item["object"] = text(folded(message.object_id[:LONGEST_KEY]))
        for name in _BODIES:
            body = getattr(message, name)
            if body:
                kept, size = packed(body, LARGEST_BODY)
                item |= {name: text(kept), f"{name}_bytes": number(size)}
        return item

    # Reading

    def get(self, id: str) -> Message | None:
        """One message whole."""
        at, _, request_id = id.partition("~")
        if not at or not request_id or len(request_id.encode()) > 2048:
            return None
        key = {"request_id": text(request_id), "at": text(at)}
        item = self._client.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item")
        return _message(item) if item and not is_over(item, self._deployment.clock()) else None

    def find(self, wanted: Wanted, limit: int, cursor: str = "") -> tuple[list[Message], str]:
        """Messages without their bodies, newest first, and the cursor of the next ones ("": no more)."""
        found = list(islice(self.newest(wanted, limit + 1, cursor), limit + 1))
        return found[:limit], found[limit - 1].at if len(found) > limit else ""

    def newest(self, wanted: Wanted, step: int = 500, cursor: str = "") -> Iterator[Message]:
        """All such messages without their bodies, newest first, read so many at a time."""
        index, hash_name, values = _ranges(wanted)
        ranges = [self._range(wanted, index, hash_name, value, step, cursor) for value in values]
        items = heapq.merge(*ranges, key=lambda item: str(item["at"]["S"]), reverse=True)
        return (_message(item) for item in items)

    def _range(
        self, wanted: Wanted, index: str, hash_name: str, value: str, step: int, cursor: str
    ) -> Iterator[Item]:
        """One range of the table or an index, newest first."""
        oldest = later(self._deployment.clock(), -self._deployment.settings.message_days * 86400)
        asked = {":h": text(value), ":from": text(max(wanted.date_from, oldest))}
        # `at` has a random end: what stands before a moment ends before "-", what ends with it before "."
        asked[":to"] = text(cursor or wanted.date_to or "9")
        if asked[":to"]["S"] < asked[":from"]["S"]:
            return
        names = {"#h": hash_name, "#at": "at", **{f"#{name}": name for name in SHOWN if name != "at"}}
        shown = ", ".join(["#at", *(f"#{name}" for name in SHOWN if name != "at")])
        filters = []
        for name, given in (
            ("partner", wanted.partner),
            ("module", wanted.module),
            ("outcome", wanted.outcome),
        ):
            if given and hash_name in ("request_id", "correlation_id", "object"):
                filters.append(f"#{name} = :{name}")
                asked[f":{name}"] = text(given)
        for name, given in (
            ("object_id", wanted.object_id if hash_name in ("request_id", "correlation_id") else ""),
            ("correlation_id", wanted.correlation_id if hash_name == "request_id" else ""),
        ):
            if given:
                filters.append(f"#{name} = :{name}")
                asked[f":{name}"] = text(given)
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "#h = :h AND #at BETWEEN :from AND :to",
            "ProjectionExpression": shown,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": asked,
            "ScanIndexForward": False,
            "Limit": step,
        }
        if index:
            request["IndexName"] = index
        if filters:
            request["FilterExpression"] = " AND ".join(filters)
        while True:
            answer = self._client.query(**request)
            yield from (item for item in answer["Items"] if item["at"]["S"] != cursor)
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _ranges(wanted: Wanted) -> tuple[str, str, list[str]]:
    """The index that answers, its key attribute, and the values of it that are asked for."""
    if wanted.request_id:
        return "", "request_id", [wanted.request_id[:LONGEST_KEY]]
    if wanted.correlation_id:
        return "correlation", "correlation_id", [wanted.correlation_id[:LONGEST_KEY]]
    if wanted.object_id:
        return "object", "object", [folded(wanted.object_id[:LONGEST_KEY])]
    names = [wanted.module if wanted.module in MODULES else OTHER] if wanted.module else MODULES
    kinds = [
        f"{module}/{each}" for module in names for each in ([wanted.outcome] if wanted.outcome else OUTCOMES)
    ]
    if wanted.partner:
        return "partner", "thread", [f"{wanted.partner}/{kind}" for kind in kinds]
    return "recent", "kind", kinds


def _message(item: Item) -> Message:
    values: dict[str, Any] = {}
    for name in _NAMES:
        if name in item:
            values[name] = int(item[name]["N"]) if name in _NUMBERS else item[name]["S"]
    for name in _BODIES:
        if name in item:
            values[name] = unpacked(item[name]["S"])
    return Message(**values)
