"""What a hub passed on lately, for its operator: who asked whom for what, and how it ended; never a body.

One item per forward, written once and forgotten after some days. The items are spread
over a few partitions by the two parties, and sorted by time in each.

Contract: design section 12, "What the operator has"
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.timestamps import later

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

SHARDS = 8
KEPT_DAYS = 7
# Items read at once, and reads for one list, where few of them are what is looked for.
AT_ONCE, MOST_READS = 200, 20


@dataclass(frozen=True)
class Route:
    """One forward. `sender` and `to` are parties (`NL/EXA`), `losses` JSON Pointers of what was not said."""

    at: str
    sender: str
    to: str
    module: str
    method: str
    path: str
    request_ids: Mapping[str, str]
    correlation_id: str
    http_status: int
    status_code: int
    duration_ms: int
    versions: Mapping[str, str]
    losses: list[str] = field(default_factory=list)

    @property
    def shown(self) -> dict[str, Any]:
        """As the operator sees it."""
        view = dataclasses.asdict(self)
        return {"at": view.pop("at"), "from": view.pop("sender"), **view}


@dataclass(frozen=True)
class Wanted:
    """Which forwards are looked for; empty: any. `between` are two parties, either way."""

    sender: str = ""
    to: str = ""
    between: frozenset[str] = frozenset()
    module: str = ""

    @property
    def shards(self) -> list[str]:
        """The partitions in which routes are."""
        pair = sorted(self.between) or [each for each in (self.sender, self.to) if each]
        return [_shard(*pair)] if len(pair) == 2 else [str(at) for at in range(SHARDS)]

    def fits(self, route: Route) -> bool:
        """Whether a route is one of those asked for."""
        return (
            self.sender in ("", route.sender)
            and self.to in ("", route.to)
            and self.module in ("", route.module)
            and (not self.between or self.between == {route.sender, route.to})
        )


class Routes:
    """The table of routes."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._table = f"{deployment.settings.prefix}-routes"

    def note(self, route: Route) -> None:
        """Keep a forward for some days."""
        now = self._deployment.clock()
        expires = int(datetime.fromisoformat(now).timestamp()) + KEPT_DAYS * 86400
        self._deployment.clients.dynamodb.put_item(
            TableName=self._table,
            Item={
                "shard": {"S": _shard(route.sender, route.to)},
                "place": {"S": f"{now}#{secrets.token_hex(4)}"},
                "route": {"S": jsontext.dumps(dataclasses.asdict(route))},
                "expires_at": {"N": str(expires)},
            },
        )

    def recent(self, limit: int, cursor: str = "", wanted: Wanted | None = None) -> tuple[list[Route], str]:
        """The forwards that are wanted, the newest first, and a cursor for older ones.

        Raises ValueError for a cursor that is not one of ours.
        """
        before = _place(cursor) if cursor else ""
        wanted = wanted or Wanted()
        found: list[tuple[str, Route]] = []
        for shard in wanted.shards:
            found += self._of_shard(shard, limit + 1, before, wanted)
        found.sort(key=lambda each: each[0], reverse=True)
        page = found[:limit]
        more = base64.urlsafe_b64encode(page[-1][0].encode()).decode() if len(found) > limit else ""
        return [route for _, route in page], more

    def _of_shard(self, shard: str, limit: int, before: str, wanted: Wanted) -> list[tuple[str, Route]]:
        found: list[tuple[str, Route]] = []
        values = {":shard": {"S": shard}, **({":before": {"S": before}} if before else {})}
        more: dict[str, Any] = {}
        oldest = later(self._deployment.clock(), -KEPT_DAYS * 86400)
        for _ in range(MOST_READS):
            answer = self._deployment.clients.dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="#s = :shard" + (" AND place < :before" if before else ""),
                ExpressionAttributeNames={"#s": "shard"},  # a word that DynamoDB has for itself
                ExpressionAttributeValues=values,
                ScanIndexForward=False,
                Limit=AT_ONCE,
                **more,
            )
            for item in answer["Items"]:
                if item["place"]["S"] < oldest:
                    return found[:limit]
                route = Route(**jsontext.loads(item["route"]["S"]))
                if wanted.fits(route):
                    found.append((item["place"]["S"], route))
            if len(found) >= limit or "LastEvaluatedKey" not in answer:
                break
            more = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
        return found[:limit]


def _shard(one: str, other: str) -> str:
    return str(zlib.crc32(" ".join(sorted((one, other))).encode()) % SHARDS)


def _place(cursor: str) -> str:
    try:
        place = base64.urlsafe_b64decode(cursor.encode()).decode()
        datetime.fromisoformat(place.partition("#")[0])
    except (binascii.Error, ValueError):
        raise ValueError("not a cursor of this list") from None
    return place
