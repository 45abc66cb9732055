"""How far puts of very many objects came: one item per job, in the table of requests.

A step is counted once, however often its message is repeated.

Contract: design section 5 (`put`)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi import jsontext
from chalicelib.store.dynamodb import is_over

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

RUNNING, COMPLETED = "RUNNING", "COMPLETED"
KIND = "PUT"
KEPT_DAYS = 30
# Refusals, and slips, that are kept to be shown; all are counted.
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
    warned: int = 0
    warnings: tuple[dict[str, Any], ...] = ()

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
        warnings: list[dict[str, Any]],
    ) -> None:
        """Add a step, the range of its objects in the whole list, unless it was counted before.

        Where a list has enough kept, the others are, or none.
        """
        most = MOST_ERRORS // 2
        told = {"refused": ("errors", errors[:most]), "warned": ("warnings", warnings[:most])}
        counts = done | {"refused": len(errors), "warned": len(warnings), "seen": len(step)}
        for names in (("refused", "warned"), ("refused",), ("warned",), ()):
            kept = {name: told[name] for name in names if told[name][1]}
            if self._count(id, module, total, step, counts, kept):
                return

    def _count(
        self,
        id: str,
        module: str,
        total: int,
        step: range,
        counts: dict[str, int],
        kept: dict[str, tuple[str, list[dict[str, Any]]]],
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
        values |= {f":{name}": {"N": str(many)} for name, many in counts.items()}
        values |= {
            ":updated_at": {"S": now},
            ":step": {"S": f"{step.start}-{step.stop}"},
            ":steps": {"SS": [f"{step.start}-{step.stop}"]},
        }
        condition = "NOT contains(#steps, :step)"
        for count, (name, listed) in kept.items():
            verbs.append(f"#{name} = list_append(if_not_exists(#{name}, :none), :{name})")
            values |= {
                ":none": {"L": []},
                f":{name}": {"L": [{"S": jsontext.dumps(each)} for each in listed]},
                ":most": {"N": str(MOST_ERRORS // 2)},
            }
            condition += f" AND (attribute_not_exists(#{count}) OR #{count} <= :most)"
        names = [*sets, *counts, "updated_at", "steps", *(name for name, _ in kept.values())]
        try:
            self._client.update_item(
                TableName=self._table,
                Key=_key(id),
                UpdateExpression=f"SET {', '.join(verbs)} "
                f"ADD {', '.join(f'#{name} :{name}' for name in counts)}, #steps :steps",
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
        item = answer.get("Item")
        return _put(item) if item and not is_over(item, self._deployment.clock()) else None

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
        now = self._deployment.clock()
        return [_put(item) for item in answer["Items"] if not is_over(item, now)]


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
        errors=_listed(item, "errors"),
        warned=int(item.get("warned", {}).get("N", "0")),
        warnings=_listed(item, "warnings"),
    )


def _listed(item: dict[str, dict[str, Any]], name: str) -> tuple[dict[str, Any], ...]:
    return tuple(jsontext.loads(each["S"]) for each in item.get(name, {}).get("L", ()))
