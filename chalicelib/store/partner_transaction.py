"""The parts of a transaction on partners: what is written, on which condition, and who was faster.

Spec: AMB-18; ARC-06
"""

from __future__ import annotations

import random
import time
from typing import Any

from chalicelib.partner import Partner
from chalicelib.store.dynamodb import Item, text
from chalicelib.store.partner_items import CLAIM, PARTNER, fields

RACES = 6

Action = dict[str, Any]


class Raced(Exception):
    """Somebody else changed this connection meanwhile; nothing was written."""


class Claimed(Exception):
    """A party belongs to another connection; nothing was written. `claim` is `EMSP/DE/MSP`."""

    def __init__(self, claim: str) -> None:
        super().__init__(claim)
        self.claim = claim


def update(table: str, partner: Partner, revision: int, answered: bool = False) -> Action:
    """Everything but its health, if nobody changed it since that revision (0: it is new).

    One that has just `answered` our calls is well.
    """
    values = fields(partner)
    if answered:
        values |= {
            "health": text(partner.health.state),
            "last_success": text(partner.health.last_success),
            "failures": {"N": "0"},
        }
    names = {f"#{number}": name for number, name in enumerate(values)}
    assigned = ", ".join(f"{short} = :{short[1:]}" for short in names)
    condition = "revision = :before" if revision else "attribute_not_exists(id)"
    before = {":before": {"N": str(revision)}} if revision else {}
    return {
        "Update": {
            "TableName": table,
            "Key": {"id": text(PARTNER + partner.id)},
            "UpdateExpression": f"SET {assigned}",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                **{f":{short[1:]}": values[name] for short, name in names.items()},
                **before,
            },
        }
    }


def claim(table: str, name: str, id: str, mine: set[str]) -> Action:
    """A party becomes this connection's, unless it belongs to one that is none of `mine`."""
    holders = {f":h{number}": text(each) for number, each in enumerate(sorted(mine))}
    return {
        "Put": {
            "TableName": table,
            "Item": {"id": text(CLAIM + name), "partner": text(id)},
            "ConditionExpression": f"attribute_not_exists(id) OR partner IN ({', '.join(holders)})",
            "ExpressionAttributeValues": holders,
        }
    }


def put(table: str, item: Item) -> Action:
    """An item, whatever was there."""
    return {"Put": {"TableName": table, "Item": item}}


def delete(table: str, id: str, **more: Any) -> Action:
    """No item of this id any more."""
    return {"Delete": {"TableName": table, "Key": {"id": text(id)}, **more}}


def transact(client: Any, actions: list[Action]) -> None:
    """All of them or none. Raises Raced and Claimed."""
    from botocore.exceptions import ClientError

    for turn in range(RACES):
        try:
            client.transact_write_items(TransactItems=actions)
            return
        except ClientError as problem:
            if problem.response["Error"]["Code"] != "TransactionCanceledException":
                raise
            reasons = problem.response.get("CancellationReasons", [])
            for action, reason in zip(actions, reasons, strict=False):
                if reason.get("Code") != "ConditionalCheckFailed":
                    continue
                claimed = str(action.get("Put", {}).get("Item", {}).get("id", {}).get("S", ""))
                if claimed.startswith(CLAIM):
                    raise Claimed(claimed.removeprefix(CLAIM)) from None
                raise Raced("changed by somebody else meanwhile") from None
        time.sleep(random.random() * 0.05 * 2**turn)  # noqa: S311 - no secret
    raise Raced("changed by too many at once")
