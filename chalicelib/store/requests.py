"""Requests whose result comes later, commands and charging profiles, in DynamoDB.

One item per request, in both directions, readable in the console. An item is
only ever changed on condition that nobody else changed it since it was read,
which is what makes every conclusion happen once. While something is left to
do with a request it stands in the index `due`, so a process that dies leaves
nothing undone for longer than the next sweep.

Contract: design section 7; ARC-08.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import random
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.logs import Subject
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.messages import Party
from chalicelib.store.dynamodb import is_over

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

SENT, RECEIVED, ROUTED = "SENT", "RECEIVED", "ROUTED"
PENDING, CONCLUDED = "PENDING", "CONCLUDED"
COMMANDS, PROFILES = "commands", "chargingprofiles"

DUE = "DUE"
KEPT_DAYS = 90
RACES = 8


@dataclass(frozen=True)
class AsyncRequest:
    """A request and what became of it. Times are sortable text, `timeout` seconds.

    `todo` is the next step that is left: "expire" (await the result until
    `due_at`), "send" (post the result), "tell" (the event), "" (nothing).
    `lease` marks a step somebody is at until `due_at`. `our_party` and
    `their_party` are "NL/EXA".

    ROUTED is one that a hub passed on: `partner` sent it on behalf of `their_party`, the partner `asked`
    may deliver its result on behalf of `our_party`. `result_in`: the version whose words the result is
    in, where that is not 2.3.0. It is kept `until` then, any other for KEPT_DAYS.
    """

    id: str
    direction: str
    module: str
    command: str
    partner: str
    version: str
    our_party: str
    their_party: str
    created_at: str
    body: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    response_url: str = ""
    correlation_id: str = ""
    state: str = PENDING
    response: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    concluded_at: str = ""
    timeout: int = 0
    todo: str = ""
    due_at: str = ""
    lease: str = ""
    attempts: int = 0
    useful_until: str = ""
    delivery: str = ""
    origin: str = ""
    session: str = ""
    asked: str = ""
    result_in: str = ""
    # Why nothing is known of its response: what came was not understood, or may not have come.
    reason: str = ""
    until: str = ""
    revision: int = 1

    @property
    def kind(self) -> str:
        """The request's partition of the index `recent`."""
        return self.direction if self.module == COMMANDS else f"PROFILE_{self.direction}"

    @property
    def subject(self) -> Subject:
        """What the request is about: its session or location, else itself."""
        named = self.session or self.body.get("session_id") or self.body.get("location_id") or self.id
        return Subject(self.module, "", str(named))

    @property
    def ours(self) -> Party:
        return _party(self.our_party)

    @property
    def theirs(self) -> Party:
        return _party(self.their_party)


Change = dict[str, Any]


@dataclass(frozen=True)
class Group:
    """The members of a group under a key of the caller's, and until when, in seconds since 1970."""

    id: str
    members: tuple[str, ...] = ()
    until: int = 0


class Requests:
    """The table of requests."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._table = f"{deployment.settings.prefix}-requests"

    @property
    def _client(self) -> Any:
        return self._deployment.clients.dynamodb

    def add(self, pending: AsyncRequest) -> AsyncRequest:
        """Keep a new request."""
        item = _item(pending)
        self._client.put_item(
            TableName=self._table,
            Item=item,
            ConditionExpression="attribute_not_exists(id)"
            " OR (attribute_not_exists(due) AND expires_at <= :now)",
            ExpressionAttributeValues={":now": {"N": str(_epoch(self._deployment.clock()))}},
        )
        return pending

    def begin(self, pending: AsyncRequest) -> bool:
        """Keep a request that came in, unless it was kept already (ARC-17)."""
        try:
            self.add(pending)
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def get(self, id: str) -> AsyncRequest | None:
        """The request of this id as it is now; an id that cannot be one is unknown."""
        item = self._read(id)
        return _pending(item) if item and "direction" in item else None

    def alter(
        self, id: str, decide: Callable[[AsyncRequest], Change | None], known: AsyncRequest | None = None
    ) -> AsyncRequest | None:
        """The request after the change that `decide` makes of its present state.

        `known` is its state as the caller last saw it, which saves a read where it
        is still true. `decide` may be asked again when somebody else was faster;
        when it answers None nothing is changed, and None is the answer.
        """
        for race in range(RACES):
            pending = known if known and race == 0 else self.get(id)
            change = decide(pending) if pending else None
            if pending is None or change is None:
                return None
            changed = self._replace(pending, change)
            if changed:
                return changed
            time.sleep(random.uniform(0, 0.02 * 2**race))  # noqa: S311 - spreads out racing writers
        raise RuntimeError(f"request {id} is changed by too many at once")

    def _replace(self, pending: AsyncRequest, change: Change) -> AsyncRequest | None:
        changed = dataclasses.replace(pending, **change, revision=pending.revision + 1)
        before, after = _item(pending), _item(changed)
        setting = {name: value for name, value in after.items() if before.get(name) != value}
        removing = [name for name in before if name not in after]
        names = {f"#{name}": name for name in [*setting, *removing, "revision"]}
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in setting)
        if removing:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in removing)
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": pending.id}},
                UpdateExpression=expression,
                ConditionExpression="#revision = :was",
                ExpressionAttributeNames=names,
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in setting.items()},
                    ":was": {"N": str(pending.revision)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return None
        return changed

    def due(self, now: str, limit: int = 100) -> list[str]:
        """Ids of requests with something left to do by now, the longest due first."""
        answer = self._client.query(
            TableName=self._table,
            IndexName="due",
            KeyConditionExpression="due = :due AND due_at <= :now",
            ExpressionAttributeValues={":due": {"S": DUE}, ":now": {"S": now}},
            Limit=limit,
        )
        return [item["id"]["S"] for item in answer["Items"]]

    def recent(
        self,
        kinds: list[str],
        limit: int,
        cursor: str = "",
        matches: Callable[[AsyncRequest], bool] = lambda pending: True,
    ) -> tuple[list[AsyncRequest], str]:
        """Requests of these kinds, newest first, and a cursor for the next ones ("" after the last).

        Raises ValueError for a cursor that is not one of ours.
        """
        bound = _cursor(cursor) if cursor else ""
        found: list[AsyncRequest] = []
        for kind in kinds:
            found += self._of_kind(kind, limit + 1, bound, matches)
        found.sort(key=_place, reverse=True)
        page = found[:limit]
        more = len(found) > limit
        return page, base64.urlsafe_b64encode(_place(page[-1]).encode()).decode() if more else ""

    def _of_kind(
        self, kind: str, limit: int, bound: str, matches: Callable[[AsyncRequest], bool]
    ) -> list[AsyncRequest]:
        found: list[AsyncRequest] = []
        values = {":kind": {"S": kind}}
        condition = "kind = :kind"
        if bound:
            values[":bound"] = {"S": bound.partition(" ")[0]}
            condition += " AND created_at <= :bound"
        more: dict[str, Any] = {}
        while True:
            answer = self._client.query(
                TableName=self._table,
                IndexName="recent",
                KeyConditionExpression=condition,
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                Limit=200,
                **more,
            )
            for item in answer["Items"]:
                pending = _pending(item)
                if self._is_over(item):
                    continue
                if (not bound or _place(pending) < bound) and matches(pending):
                    found.append(pending)
            found.sort(key=_place, reverse=True)
            if "LastEvaluatedKey" not in answer or _complete(found[:limit], limit, answer["Items"]):
                return found[:limit]
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def note(self, id: str, text: str, until: str) -> None:
        """Remember a fact under a key of the caller's, until then; a newer one replaces it.

        For what a request leaves behind: a reservation's id, a session's profile sender.
        """
        self._client.put_item(
            TableName=self._table,
            Item={"id": {"S": id}, "note": {"S": text}, "expires_at": {"N": str(_epoch(until))}},
        )

    def noted(self, id: str) -> str | None:
        """The fact under that key."""
        item = self._read(id)
        return item["note"]["S"] if item and "note" in item else None

    def join(self, id: str, member: str, until: str) -> None:
        """Add a member to the group under a key of the caller's; those who join at once are all in."""
        self._client.update_item(
            TableName=self._table,
            Key={"id": {"S": id}},
            UpdateExpression="ADD members :member SET expires_at = :until",
            ExpressionAttributeValues={
                ":member": {"SS": [member]},
                ":until": {"N": str(_epoch(until))},
            },
        )

    def join_again(self, group: Group, member: str, until: str, unless_after: str) -> None:
        """Join a group as it was read, unless the member is in it and it lasts beyond that moment anyway."""
        if member not in group.members or group.until < _epoch(unless_after):
            self.join(group.id, member, until)

    def group(self, id: str) -> Group:
        """The group under that key; without members where nobody joined, or it is over."""
        item = self._read(id)
        if not item or "members" not in item:
            return Group(id)
        return Group(id, tuple(sorted(item["members"]["SS"])), int(item["expires_at"]["N"]))

    def members(self, id: str) -> tuple[str, ...]:
        """Who joined the group under that key."""
        return self.group(id).members

    def _read(self, id: str) -> dict[str, Any] | None:
        if not 0 < len(id.encode()) <= 512:
            return None
        answer = self._client.get_item(TableName=self._table, Key={"id": {"S": id}}, ConsistentRead=True)
        item: dict[str, Any] | None = answer.get("Item")
        return None if item and self._is_over(item) else item

    def _is_over(self, item: dict[str, Any]) -> bool:
        """Whether nothing is to be known of a request any more, nor to be done."""
        waits = "due" in item or item.get("until", {}).get(
            "S"
        )  # a late result of a hub's is told from a foreign one
        return not waits and is_over(item, self._deployment.clock())


def new_id() -> str:
    """An id nobody can guess: 192 random bits, safe in a URL."""
    return secrets.token_urlsafe(24)


_OBJECTS = frozenset({"body", "response", "result"})
_NUMBERS = frozenset({"timeout", "attempts", "revision"})
_FIELDS = tuple(field.name for field in dataclasses.fields(AsyncRequest))


def _item(pending: AsyncRequest) -> dict[str, Any]:
    expires_at = _epoch(pending.until) if pending.until else _epoch(pending.created_at) + KEPT_DAYS * 86400
    item: dict[str, Any] = {"kind": {"S": pending.kind}, "expires_at": {"N": str(expires_at)}}
    for name in _FIELDS:
        value = getattr(pending, name)
        if name in _NUMBERS:
            item[name] = {"N": str(value)}
        elif name in _OBJECTS:
            if value is not None:
                item[name] = {"S": jsontext.dumps(value)}
        elif value:
            item[name] = {"S": value}
    if pending.todo:
        item["due"] = {"S": DUE}
    else:
        item.pop("due_at", None)
    return item


def _pending(item: dict[str, Any]) -> AsyncRequest:
    values: dict[str, Any] = {}
    for name in _FIELDS:
        if name in item:
            value = item[name].get("S", item[name].get("N"))
            values[name] = (
                int(value) if name in _NUMBERS else jsontext.loads(value) if name in _OBJECTS else value
            )
    return AsyncRequest(**values)


def _place(pending: AsyncRequest) -> str:
    return f"{pending.created_at} {pending.id}"


def _complete(page: list[AsyncRequest], limit: int, read: list[dict[str, Any]]) -> bool:
    """Whether a page has all it should: of one moment the index gives requests in no order of ours."""
    return len(page) == limit and bool(read) and read[-1]["created_at"]["S"] < page[-1].created_at


def _cursor(cursor: str) -> str:
    try:
        place = base64.urlsafe_b64decode(cursor.encode()).decode()
        datetime.fromisoformat(place.partition(" ")[0])
    except (binascii.Error, ValueError):
        raise ValueError("not a cursor of this list") from None
    return place


def _party(text: str) -> Party:
    country, _, party = text.partition("/")
    return country, party


def _epoch(moment: str) -> int:
    return int(datetime.fromisoformat(moment).timestamp())
