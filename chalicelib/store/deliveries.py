"""What each partner knows of each object, and what it does not know yet, in DynamoDB.

Whoever sends holds the record's lease, so that a partner never hears of one
object from two workers at once.

Contract: design section 8; AMB-12, ARC-14, ARC-15
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi.timestamps import later
from chalicelib.store import packs
from chalicelib.store.delivery_items import (
    DUE,
    UNSURE,
    WAITING,
    Delivery,
    Target,
    delivery,
    delivery_of,
    key_of,
    writing,
)
from chalicelib.store.dynamodb import Item

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

# Longer than a PATCH and the PUT after it may take, so that nobody takes over while one is on its way.
LEASE_SECONDS = 30


class LostLease(Exception):
    """Somebody else took over since; what this worker found out counts for nothing."""


class Deliveries:
    """The table of deliveries and pulls."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.table = f"{deployment.settings.prefix}-deliveries"

    @property
    def client(self) -> Any:
        return self._deployment.clients.dynamodb

    # One delivery at a time

    def take(self, target: Target, *, gone: bool = False) -> Delivery | None:
        """Take the lease of a delivery and see what is known; None when somebody else has it.

        A lease left behind by a worker that died makes everything UNSURE: its
        request may have arrived. Whoever has the lease is told to look again. That
        the object is `gone` is written down, until the partner is told.
        """
        more, removed = (", gone = :gone", {":gone": {"S": "yes"}}) if gone else ("", {})
        for _ in range(6):
            now = self._deployment.clock()
            mine, until = uuid.uuid4().hex, later(now, LEASE_SECONDS)
            key = target.key
            try:
                answer = self.client.update_item(
                    TableName=self.table,
                    Key=key_of(target),
                    UpdateExpression=(
                        "SET #lease = :until, lease_id = :mine, #module = :module,"
                        f" #owner = :owner, object_id = :id, part_id = :part{more} REMOVE wanted"
                    ),
                    ConditionExpression="attribute_not_exists(#lease) OR #lease < :now",
                    ExpressionAttributeNames={"#lease": "lease", "#module": "module", "#owner": "owner"},
                    ExpressionAttributeValues={
                        ":until": {"S": until},
                        ":mine": {"S": mine},
                        ":now": {"S": now},
                        ":module": {"S": key.module},
                        ":owner": {"S": f"{key.country_code}/{key.party_id}"},
                        ":id": {"S": key.id},
                        ":part": {"S": target.part},
                        **removed,
                    },
                    ReturnValues="ALL_OLD",
                )
            except self.client.exceptions.ConditionalCheckFailedException:
                if self._want(target, more, removed):
                    return None
                continue
            found = delivery(target, answer.get("Attributes", {}), is_new="Attributes" not in answer)
            if target.part and not found.known:
                found = self._packed(found)
            if found.lease:  # its worker died
                found = replace(found, known=dict.fromkeys(found.known, UNSURE) or {"id": UNSURE})
            return replace(found, lease=until, lease_id=mine, gone=found.gone or gone)
        return None

    def _want(self, target: Target, more: str, removed: Item) -> bool:
        """Ask whoever has the lease to look again before letting go; False when it just let go."""
        try:
            self.client.update_item(
                TableName=self.table,
                Key=key_of(target),
                UpdateExpression="SET wanted = :yes, due = :due, due_at = #lease" + more,
                ConditionExpression="attribute_exists(#lease)",
                ExpressionAttributeNames={"#lease": "lease"},
                # due: found by the sweep, should that worker have died
                ExpressionAttributeValues={":yes": {"BOOL": True}, ":due": {"S": DUE}, **removed},
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def read(self, target: Target) -> Delivery:
        """The record as it is now, an empty one where there is none."""
        answer = self.client.get_item(TableName=self.table, Key=key_of(target), ConsistentRead=True)
        return delivery(target, answer.get("Item", {}))

    def find(self, partner: str, sort_key: str) -> Delivery | None:
        """The record of this name, if it is one of a delivery."""
        key = {"partner": {"S": partner}, "object": {"S": sort_key}}
        item = self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        return delivery_of(item) if item and "object_id" in item else None

    def release(self, found: Delivery, *, look_again: bool = True) -> bool:
        """Write down what `found` says and let go; False: it changed meanwhile, and the lease is still ours.

        Raises LostLease when it had run out and somebody else went on.
        """
        sets, names, values, removes = writing(found)
        condition = "lease_id = :mine"
        if found.gone and look_again and not found.state:
            removes.append("gone")  # the partner was told, or it is there again
        try:
            self.client.update_item(
                TableName=self.table,
                Key=key_of(found.target),
                UpdateExpression=f"{sets} REMOVE {', '.join(['#lease', 'lease_id', 'wanted', *removes])}",
                ConditionExpression=condition + (" AND attribute_not_exists(wanted)" if look_again else ""),
                ExpressionAttributeNames={"#lease": "lease", **names},
                ExpressionAttributeValues={":mine": {"S": found.lease_id}, **values},
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return self._keep(found)
        return True

    def _keep(self, found: Delivery) -> bool:
        """Write down what `found` says and hold on to the lease."""
        sets, names, values, removes = writing(found)
        try:
            self.client.update_item(
                TableName=self.table,
                Key=key_of(found.target),
                UpdateExpression=(f"{sets}, #lease = :until REMOVE {', '.join(['wanted', *removes])}"),
                ConditionExpression="lease_id = :mine",
                ExpressionAttributeNames={"#lease": "lease", **names},
                ExpressionAttributeValues={
                    ":mine": {"S": found.lease_id},
                    ":until": {"S": later(self._deployment.clock(), LEASE_SECONDS)},
                    **values,
                },
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            raise LostLease(found.id) from None
        return False

    def lost(self, target: Target, reason: str, *, whole: bool = False, gone: bool = False) -> None:
        """Note that nobody came to look at a delivery: it is due now, unless it was refused or given up."""
        key, now = target.key, {"S": self._deployment.clock()}
        also = [name for name, is_so in (("whole", whole), ("gone", gone)) if is_so]
        sets = [
            "#s = :waiting, due = :due, due_at = :now, next_attempt_at = :now, reason = :reason",
            "since = if_not_exists(since, :now), attempts = if_not_exists(attempts, :none)",
            "#m = :module, #o = :owner, object_id = :id, part_id = :part",
        ]
        try:
            self.client.update_item(
                TableName=self.table,
                Key=key_of(target),
                UpdateExpression="SET " + ", ".join([*sets, *(f"{each} = :yes" for each in also)]),
                ConditionExpression="attribute_not_exists(#s) OR #s = :waiting",
                ExpressionAttributeNames={"#s": "state", "#m": "module", "#o": "owner"},
                ExpressionAttributeValues={
                    ":waiting": {"S": f"{WAITING} {target.partner}"},
                    ":due": {"S": DUE},
                    ":now": now,
                    ":none": {"N": "0"},
                    ":reason": {"S": reason[:300]},
                    ":module": {"S": key.module},
                    ":owner": {"S": f"{key.country_code}/{key.party_id}"},
                    ":id": {"S": key.id},
                    ":part": {"S": target.part},
                    **({":yes": {"S": "yes"}} if also else {}),
                },
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return

    def told(self, found: Delivery) -> None:
        """Note that the back end was told of this failure."""
        try:
            self.client.update_item(
                TableName=self.table,
                Key=key_of(found.target),
                UpdateExpression="REMOVE untold, due",
                ConditionExpression="untold = :yes AND since = :since",
                ExpressionAttributeValues={":yes": {"S": "yes"}, ":since": {"S": found.since}},
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return

    # A Location and its EVSEs

    def parts(self, target: Target) -> list[Delivery]:
        """What is written down of all EVSEs of a Location for a partner."""
        prefix = target.sort_key.rpartition("#")[0] + "#"
        items = list(
            self._query(
                KeyConditionExpression="#p = :p AND begins_with(#o, :o)",
                ExpressionAttributeNames={"#p": "partner", "#o": "object"},
                ExpressionAttributeValues={":p": {"S": target.partner}, ":o": {"S": prefix}},
                ConsistentRead=True,
            )
        )
        packed = {each.target.sort_key: each for item in items for each in packs.unpacked(target, item)}
        own = [delivery_of(item) for item in items if item.get("part_id", {}).get("S")]
        own = [packs.known_from(packed.pop(each.target.sort_key, None), each) for each in own]
        return [*own, *packed.values()]

    def _packed(self, found: Delivery) -> Delivery:
        """The record of an EVSE of which nothing is known by itself, with what was sent with its Location."""
        item = self.client.get_item(
            TableName=self.table, Key=packs.key_of(found.target), ConsistentRead=True
        ).get("Item")
        wanted = found.target.sort_key
        known = (each for each in packs.unpacked(found.target, item or {}) if each.target.sort_key == wanted)
        return packs.known_from(next(known, None), found)

    def know_parts(
        self,
        target: Target,
        agreement: str,
        evses: Mapping[str, Mapping[str, str]],
        revisions: Mapping[str, int],
        apart: Collection[str],
    ) -> None:
        """Write down that a partner was sent these EVSEs, by uid, as parts of their Location.

        Those that have a record, as `apart` tells by sort key, in that; few others in one item.
        """
        together = [uid for uid in evses if Target(target.partner, target.key, uid).sort_key not in apart]
        if len(together) > packs.MOST:
            together = []
        now = self._deployment.clock()
        items = [
            packs.apart(Target(target.partner, target.key, uid), agreement, known, revisions.get(uid, 0), now)
            for uid, known in evses.items()
            if uid not in together
        ]
        pack = {uid: (revisions.get(uid, 0), evses[uid]) for uid in together}
        items.append(packs.packed(target, agreement, pack, now))
        self._write([{"PutRequest": {"Item": item}} for item in items])

    def forget(self, partner: str, after: str = "", limit: int = 500) -> str:
        """Delete what a partner knew and what waits for it, but for CDRs it has; where to go on, or ""."""
        key = {"partner": {"S": partner}, "object": {"S": after}}
        answer = self.client.query(
            TableName=self.table,
            KeyConditionExpression="#p = :p",
            ProjectionExpression="#p, #o, #m, #s",
            ExpressionAttributeNames={"#p": "partner", "#o": "object", "#m": "module", "#s": "state"},
            ExpressionAttributeValues={":p": {"S": partner}},
            Limit=limit,
            **({"ExclusiveStartKey": key} if after else {}),
        )
        self._write(
            [
                {"DeleteRequest": {"Key": {name: item[name] for name in key}}}
                for item in answer["Items"]
                if ("module" in item and (item["module"]["S"] != "cdrs" or "state" in item))
                or item["object"]["S"].startswith(("schedule#", "probe#"))
            ]
        )
        return str(answer["LastEvaluatedKey"]["object"]["S"]) if "LastEvaluatedKey" in answer else ""

    def _write(self, requests: list[dict[str, Any]]) -> None:
        while requests:
            batch, requests = requests[:25], requests[25:]
            answer = self.client.batch_write_item(RequestItems={self.table: batch})
            left = answer.get("UnprocessedItems", {}).get(self.table, [])
            if left:
                time.sleep(random.random() * 0.05)  # noqa: S311
                requests = left + requests

    # What operators and the sweep ask

    def due(self, limit: int = 200) -> list[tuple[str, str]]:
        """Deliveries and pulls whose time has come, the oldest first: (partner, sort key)."""
        answer = self.client.query(
            TableName=self.table,
            IndexName="due",
            KeyConditionExpression="due = :due AND due_at <= :now",
            ExpressionAttributeValues={":due": {"S": DUE}, ":now": {"S": self._deployment.clock()}},
            Limit=limit,
        )
        return [(item["partner"]["S"], item["object"]["S"]) for item in answer["Items"]]

    def postpone(self, partner: str, sort_key: str, seconds: float) -> Item | None:
        """Make a due record due again only after so many seconds; the record, None when it is no longer due.

        Of several sweeps at once only one gets it.
        """
        now = self._deployment.clock()
        try:
            answer = self.client.update_item(
                TableName=self.table,
                Key={"partner": {"S": partner}, "object": {"S": sort_key}},
                UpdateExpression="SET due_at = :later",
                ConditionExpression="due = :due AND due_at <= :now",
                ExpressionAttributeValues={
                    ":later": {"S": later(now, seconds)},
                    ":due": {"S": DUE},
                    ":now": {"S": now},
                },
                ReturnValues="ALL_NEW",
            )
        except self.client.exceptions.ConditionalCheckFailedException:
            return None
        found: Item = answer["Attributes"]
        return found

    def undelivered(
        self, partner: str, state: str, module: str = "", limit: int = 100, after: Item | None = None
    ) -> tuple[list[Delivery], Item | None]:
        """Some deliveries of a partner in a state, those due first, and where to go on."""
        request: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": "state",
            "KeyConditionExpression": "#s = :s",
            "ExpressionAttributeNames": {"#s": "state"},
            "ExpressionAttributeValues": {":s": {"S": f"{state} {partner}"}},
            "Limit": limit,
        }
        if module:
            request["FilterExpression"] = "#m = :m"
            request["ExpressionAttributeNames"]["#m"] = "module"
            request["ExpressionAttributeValues"][":m"] = {"S": module}
        if after:
            request["ExclusiveStartKey"] = after
        answer = self.client.query(**request)
        return [delivery_of(item) for item in answer["Items"]], answer.get("LastEvaluatedKey")

    def waiting(self, partner: str) -> tuple[int, str | None]:
        """How many deliveries wait for a partner, and since when the first of them does."""
        count, oldest = 0, None
        request = self._waiting(partner, ProjectionExpression="since, due_at")
        while True:
            answer = self.client.query(**request)
            count += len(answer["Items"])
            for each in answer["Items"]:
                since = str((each.get("since") or each["due_at"])["S"])
                oldest = since if oldest is None else min(oldest, since)
            if not answer.get("LastEvaluatedKey"):
                return count, oldest
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def _waiting(self, partner: str, **more: Any) -> dict[str, Any]:
        return {
            "TableName": self.table,
            "IndexName": "state",
            "KeyConditionExpression": "#s = :s",
            "ExpressionAttributeNames": {"#s": "state"},
            "ExpressionAttributeValues": {":s": {"S": f"{WAITING} {partner}"}},
            **more,
        }

    def _query(self, **request: Any) -> Iterator[Item]:
        request["TableName"] = self.table
        while True:
            answer = self.client.query(**request)
            yield from answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
