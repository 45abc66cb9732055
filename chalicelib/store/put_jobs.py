"""How far puts of very many objects came: one item per job, in the table of requests.

A step is counted once, however often its message is repeated.

Contract: design section 5 (`put`)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi import jsontext

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

RUNNING, COMPLETED = "RUNNING", "COMPLETED"
KIND = "PUT"
KEPT_DAYS = 30
# Refusals that are kept to be shown; all are counted.
MOST_ERRORS = 100


@dataclass(frozen=True)
class Put:
    """A put of many objects: what became of those that were looked at; `total` -1 where nobody said."""

    id: str
    module: str
    started_at: str
    updated_at: str
    total: int = -1
    stored: int = 0
    unchanged: int = 0
    older: int = 0
    refused: int = 0
    seen: int = 0
    errors: tuple[dict[str, Any], ...] = ()

    @property
    def state(self) -> str:
        return COMPLETED if 0 <= self.total <= self.seen else RUNNING


class Puts:
    """The jobs in the table of requests."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._table = f"{deployment.settings.prefix}-requests"

    @property
    def _client(self) -> Any:
        return self._deployment.clients.dynamodb

    def count(
        self,
        id: str,
        module: str,
        total: int,
        step: range,
        done: dict[str, int],
        errors: list[dict[str, Any]],
    ) -> None:
        """Add a step, the range of its objects in the whole list, unless it was counted before."""
        kept = errors[: MOST_ERRORS // 2]
        if not self._count(id, module, total, step, done, len(errors), kept) and kept:
            self._count(id, module, total, step, done, len(errors), [])

    def _count(
        self,
        id: str,
        module: str,
        total: int,
        step: range,
        done: dict[str, int],
        refused: int,
        errors: list[dict[str, Any]],
    ) -> bool:
        now = self._deployment.clock()
        sets = {
            "kind": {"S": KIND},
            "created_at": {"S": now},
            "module": {"S": module},
            "total": {"N": str(total)},
            "expires_at": {"N": str(int(datetime.fromisoformat(now).timestamp()) + KEPT_DAYS * 86400)},
        }
        verbs = [f"#{name} = if_not_exists(#{name}, :{name})" for name in sets]
        verbs.append("#updated_at = :updated_at")
        values: dict[str, dict[str, Any]] = {f":{name}": value for name, value in sets.items()}
        values |= {
            ":updated_at": {"S": now},
            ":stored": {"N": str(done["stored"])},
            ":unchanged": {"N": str(done["unchanged"])},
            ":older": {"N": str(done["older"])},
            ":seen": {"N": str(len(step))},
            ":refused": {"N": str(refused)},
            ":step": {"S": f"{step.start}-{step.stop}"},
            ":steps": {"SS": [f"{step.start}-{step.stop}"]},
        }
        condition = "NOT contains(#steps, :step)"
        if errors:
            verbs.append("#errors = list_append(if_not_exists(#errors, :none), :errors)")
            values |= {
                ":none": {"L": []},
                ":errors": {"L": [{"S": jsontext.dumps(each)} for each in errors]},
                ":most": {"N": str(MOST_ERRORS // 2)},
            }
            condition += " AND (attribute_not_exists(#refused) OR #refused <= :most)"
        names = [*sets, "updated_at", "stored", "unchanged", "older", "seen", "refused", "steps"] + [
            "errors"
        ] * bool(errors)
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(id),
                UpdateExpression=f"SET {', '.join(verbs)} "
                "ADD #stored :stored, #unchanged :unchanged, #older :older, #seen :seen, "
                "#refused :refused, #steps :steps",
                ConditionExpression=condition,
                ExpressionAttributeNames={f"#{name}": name for name in names},
                ExpressionAttributeValues=values,
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def get(self, id: str) -> Put | None:
        """The job of this id as it is now."""
        answer = self._client.get_item(TableName=self._table, Key=_key(id), ConsistentRead=True)
        return _put(answer["Item"]) if answer.get("Item") else None

    def recent(self, limit: int) -> list[Put]:
        """The jobs that were begun last, newest first."""
        answer = self._client.query(
            TableName=self._table,
            IndexName="recent",
            KeyConditionExpression="kind = :kind",
            ExpressionAttributeValues={":kind": {"S": KIND}},
            ScanIndexForward=False,
            Limit=limit,
        )
        return [_put(item) for item in answer["Items"]]


def _key(id: str) -> dict[str, dict[str, str]]:
    return {"id": {"S": f"put#{id}"}}


def _put(item: dict[str, dict[str, Any]]) -> Put:
    return Put(
        id=item["id"]["S"].removeprefix("put#"),
        module=item["module"]["S"],
        started_at=item["created_at"]["S"],
        updated_at=item["updated_at"]["S"],
        total=int(item["total"]["N"]),
        stored=int(item["stored"]["N"]),
        unchanged=int(item["unchanged"]["N"]),
        older=int(item.get("older", {}).get("N", "0")),
        seen=int(item["seen"]["N"]),
        refused=int(item["refused"]["N"]),
        errors=tuple(jsontext.loads(each["S"]) for each in item.get("errors", {}).get("L", ())),
    )
