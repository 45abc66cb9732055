"""Refusals: objects that a partner sent and we could not use, as they came, with all that was wrong.

One record per partner and object: what it sends again takes the place of what it
sent before. A record is forgotten after 30 days, or when the object was let in.
A body too large for an item goes on in further items.

Contract: design sections 6 (rule 4) and 14
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.ocpi import jsontext, modules
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.timestamps import later
from chalicelib.store.bodies import packed, unpacked
from chalicelib.store.dynamodb import Item, is_over, number, text
from chalicelib.store.object_items import folded

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

PUSHED, PULLED = "PUSHED", "PULLED"
KEPT_DAYS = 30
MOST_FINDINGS = 50
AT_ONCE = 25
LARGEST_PIECE = 300_000
HEAD = "-"
MODULES = tuple(row.id for row in modules.MODULES if row.kind)
# The attributes that indexes show beside their keys: all but the body.
SHOWN = (
    "partner",
    "module",
    "owner",
    "object_id",
    "part",
    "origin",
    "method",
    "version",
    "at",
    "codes",
    "findings",
    "bytes",
)


@dataclass(frozen=True)
class Refusal:
    """What came: in a request (`PUSHED`) by `method` and the `segments` of its path, or in a list (`PULLED`).

    `headers` are those that say from whom to whom. `owner` is "NL/EXA", "" where it is not known.
    """

    partner: str
    module: str
    at: str
    origin: str
    version: str
    body: str = field(repr=False, default="")
    findings: tuple[Finding, ...] = ()
    owner: str = ""
    object_id: str = ""
    part: str = ""
    method: str = ""
    segments: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    bytes: int = 0

    @property
    def id(self) -> str:
        """The refusal's id, the same for whatever is sent of an object, or part of it, in the same way."""
        which = (folded(self.object_id), self.part) if self.object_id else (self.body,)
        said = jsontext.dumps([self.partner, self.module, self.owner, self.method == "PATCH", *which])
        return hashlib.sha256(said.encode()).hexdigest()[:20]


class Refusals:
    """The table of refusals."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._table = f"{deployment.settings.prefix}-refusals"

    @property
    def _client(self) -> Any:
        return self._deployment.clients.dynamodb

    def keep(self, found: Sequence[Refusal]) -> None:
        """Write down what was refused."""
        by_id = {each.id: each for each in found}
        items = [item for each in by_id.values() for item in self._items(each)]
        self._write([{"PutRequest": {"Item": item}} for item in items])

    def forget(self, refusal: Refusal, id: str) -> None:
        """Forget a refusal: the object was let in."""
        pieces = range(1, len(_pieces(packed(refusal.body)[0])))
        keys = [HEAD, *(str(at) for at in pieces)]
        self._write([{"DeleteRequest": {"Key": _key(id, each)}} for each in keys])

    def _write(self, actions: list[dict[str, Any]]) -> None:
        while actions:
            group, actions = actions[:AT_ONCE], actions[AT_ONCE:]
            answer = self._client.batch_write_item(RequestItems={self._table: group})
            left = answer.get("UnprocessedItems", {}).get(self._table, [])
            if len(left) == len(group):
                logs.log("WARNING", "refusals not kept", count=len(left), reason="the table is too busy")
            else:
                actions = left + actions

    def get(self, id: str) -> Refusal | None:
        """One whole."""
        item = self._read(id, HEAD)
        if item is None:
            return None
        body = item["body"]["S"]
        for at in range(1, int(item["pieces"]["N"])):
            body += (self._read(id, str(at)) or {"body": text("")})["body"]["S"]
        return _refusal(item, unpacked(body))

    def _read(self, id: str, piece: str) -> Item | None:
        if not 0 < len(id) <= 100:
            return None
        answer = self._client.get_item(TableName=self._table, Key=_key(id, piece), ConsistentRead=True)
        found: Item | None = answer.get("Item")
        return None if found and is_over(found, self._deployment.clock()) else found

    def find(
        self, partner: str, module: str, code: str, limit: int, cursor: str = "", since: str = ""
    ) -> tuple[list[tuple[str, Refusal]], str]:
        """Refusals with their ids, without bodies, newest first, and the cursor of the next ones."""
        found = list(islice(self.newest(partner, module, code, limit + 1, cursor, since), limit + 1))
        place = f"{found[limit - 1][1].at}~{found[limit - 1][0]}" if len(found) > limit else ""
        return found[:limit], place

    def newest(
        self,
        partner: str = "",
        module: str = "",
        code: str = "",
        step: int = 100,
        cursor: str = "",
        since: str = "",
    ) -> Iterator[tuple[str, Refusal]]:
        """All such refusals with their ids, without bodies, newest first."""
        asked = (
            [("partner", partner)]
            if partner
            else [("module", each) for each in ([module] if module else MODULES)]
        )
        ranges = [self._range(*each, cursor, module if partner else "", code, step, since) for each in asked]
        for item in heapq.merge(*ranges, key=lambda item: str(item["place"]["S"]), reverse=True):
            yield item["id"]["S"], _refusal(item, "")

    def _range(
        self, index: str, value: str, cursor: str, module: str, code: str, step: int, since: str
    ) -> Iterator[Item]:
        names = {f"#{name}": name for name in ("id", "place", *SHOWN)}
        since = max(since, later(self._deployment.clock(), -KEPT_DAYS * 86400))
        values: Item = {":h": text(value), ":to": text(cursor or "9"), ":since": text(since)}
        if cursor and cursor < since:
            return
        filters = []
        if module:
            filters.append("#module = :m")
            values[":m"] = text(module)
        if code:
            filters.append("contains(#codes, :c)")
            values[":c"] = text(code)
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": index,
            "KeyConditionExpression": f"#{index} = :h AND #place BETWEEN :since AND :to",
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
            "Limit": step,
            **({"FilterExpression": " AND ".join(filters)} if filters else {}),
        }
        while True:
            answer = self._client.query(**request)
            yield from (item for item in answer["Items"] if item["place"]["S"] != cursor)
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _items(self, refusal: Refusal) -> Iterator[Item]:
        body, size = packed(refusal.body)
        pieces = _pieces(body)
        until = int(datetime.fromisoformat(refusal.at).timestamp()) + KEPT_DAYS * 86400
        findings = [
            [each.pointer, each.code, each.message[:300]] for each in refusal.findings[:MOST_FINDINGS]
        ]
        request = {"segments": refusal.segments, "query": refusal.query, "headers": refusal.headers}
        attributes = {
            "at": refusal.at,
            "place": f"{refusal.at}~{refusal.id}",
            "partner": refusal.partner,
            "module": refusal.module,
            "origin": refusal.origin,
            "version": refusal.version,
            "owner": refusal.owner,
            "object_id": refusal.object_id,
            "part": refusal.part,
            "method": refusal.method,
            "findings": jsontext.dumps(findings),
            "request": jsontext.dumps(request),
            "body": pieces[0],
        }
        yield {
            **_key(refusal.id, HEAD),
            **{name: text(value) for name, value in attributes.items() if value or name == "body"},
            "codes": {"SS": sorted({each.code for each in refusal.findings}) or ["refused"]},
            "bytes": number(size),
            "pieces": number(len(pieces)),
            "expires_at": number(until),
        }
        for at, piece in enumerate(pieces[1:], 1):
            yield {**_key(refusal.id, str(at)), "body": text(piece), "expires_at": number(until)}


def _key(id: str, piece: str) -> Item:
    return {"id": text(id), "piece": text(piece)}


def _pieces(body: str) -> list[str]:
    return [body[at : at + LARGEST_PIECE] for at in range(0, len(body), LARGEST_PIECE)] or [""]


def _refusal(item: Item, body: str) -> Refusal:
    said = {
        name: item[name]["S"] if name in item else ""
        for name in SHOWN
        if name not in ("codes", "findings", "bytes")
    }
    request = jsontext.loads(item["request"]["S"]) if "request" in item else {}
    return Refusal(
        **said,
        body=body,
        bytes=int(item["bytes"]["N"]),
        findings=tuple(Finding(*each) for each in jsontext.loads(item["findings"]["S"])),
        segments=tuple(request.get("segments", ())),
        query=request.get("query", {}),
        headers=request.get("headers", {}),
    )
