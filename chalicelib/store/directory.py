"""The directory: which partners there are and who is behind their hubs, known at once in every process.

The partners of a deployment are read together and remembered. One small item, the
head, counts their changes, those of each hub's parties and of agreements; it is read once for each
request or message that asks, and what it says has changed is read again. So no
process answers by what another one changed before the request came, nobody scans the
table, and it costs one read unit however many partners there are.

Example: hub `h1` tells of CPO SE/HID. `tell` adds `CPO/SE/HID` to the item `hub#h1` and
one to the attribute `hub#h1` of the head; the next request anywhere sees that number
and reads `hub#h1`.

Contract: design section 9, rule 3; HUB-33
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from chalicelib import partner as _partners
from chalicelib.deployment import asked_at
from chalicelib.ocpi.messages import Party
from chalicelib.partner import Partner
from chalicelib.store import partner_transaction as changes
from chalicelib.store.agreements import Agreement, Agreements, agreements_of, pair_of
from chalicelib.store.dynamodb import Item, text
from chalicelib.store.partner_items import PARTNER, partner_of

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

HEAD, MEMBERS, HUB = "directory", "directory#members", "hub#"
AGREEMENTS, AGREED = "agreements", "agreements#"
# Seconds after which all partners are read again although none changed: their health is not counted. Of
# many partners more seldom, so that a process that is busy reads ten a second, however many there are.
READ_AGAIN, READ_A_SECOND = 10.0, 10
# Keys of one BatchGetItem, parties of one write.
AT_ONCE = 100


@dataclass(frozen=True)
class Told:
    """What a hub's hubclientinfo told: parties by role (`CPO/SE/HID`), and whether that is all of them."""

    parties: frozenset[str] = frozenset()
    complete: bool = False


@dataclass
class Directory:
    """The partners and the parties behind hubs at one moment.

    `derived` keeps what rooms work out from it, for as long as it is true.
    """

    version: int
    partners: dict[str, Partner]
    hubs: dict[str, tuple[int, Told]]
    read_at: float = 0.0
    looked_at: float = 0.0
    agreements: tuple[int, Agreements] = (0, Agreements())
    derived: dict[Any, Any] = field(default_factory=dict)

    @property
    def good_until(self) -> float:
        """When all are read again although none changed."""
        return self.read_at + max(READ_AGAIN, len(self.partners) / READ_A_SECOND)

    def told(self, id: str) -> Told:
        """What this hub told."""
        return self.hubs.get(id, (0, Told()))[1]

    def living(self) -> list[Partner]:
        """The partners that are connected, also those that are suspended; hubs last, else oldest first."""
        if "living" not in self.derived:
            living = [each for each in self.partners.values() if each.is_connected]
            living.sort(key=lambda each: (each.is_hub, each.created_at, each.id))
            self.derived["living"] = [each.id for each in living]
        return [self.partners[id] for id in self.derived["living"]]

    def remember(self, partner: Partner) -> None:
        """Take a partner's newer health."""
        known = self.partners.get(partner.id)
        if known is not None and known.revision == partner.revision:
            self.partners[partner.id] = partner


class Directories:
    """The directory as it is read from, and written to, the table of partners."""

    def __init__(self, deployment: Deployment, table: str) -> None:
        self._deployment, self.table = deployment, table
        self.known: Directory | None = None
        # What the head said last, and when; -1: it was not read yet.
        self.last_version, self._looked_at = -1, 0.0
        self._last_head: Item = {}

    def forget(self) -> None:
        """Go by nothing that was read before."""
        self.known, self._looked_at = None, 0.0

    def version(self, within: float) -> int:
        """The number of changes of partners there were so many seconds ago, or later."""
        if self.last_version < 0 or self._looked_at + within < time.monotonic():
            self._head()
        return self.last_version

    def _head(self) -> Item:
        moment, head = time.monotonic(), self._item(HEAD)
        self.last_version = int(head.get("version", {}).get("N", "0"))
        self._last_head, self._looked_at = head, moment
        return head

    def now(self, fresh: bool = False) -> Directory:
        """The directory as it was when this request began, or later; `fresh`: health, too."""
        known, asked, moment = self.known, asked_at.get(), time.monotonic()
        if known is not None and not fresh and asked and known.looked_at >= asked:
            return known
        read = not fresh and asked and self._looked_at >= asked
        head, version = self._last_head if read else self._head(), self.last_version
        counts = {name: int(value["N"]) for name, value in head.items() if name.startswith(HUB)}
        same = known is not None and known.version == version
        if known is None or fresh or not same or known.good_until <= moment:
            hubs, agreements = (dict(known.hubs), known.agreements) if known else ({}, (0, Agreements()))
            known = Directory(version, self._partners(), hubs, read_at=moment, agreements=agreements)
        news = {
            name.removeprefix(HUB): count
            for name, count in counts.items()
            if known.hubs.get(name.removeprefix(HUB), (0,))[0] != count
        }
        if news:
            hubs = known.hubs | {id: (count, self._told(id)) for id, count in news.items()}
            known = Directory(known.version, known.partners, hubs, known.read_at, 0.0, known.agreements)
        agreed = int(head.get(AGREEMENTS, {}).get("N", "0"))
        if agreed != known.agreements[0]:
            known = replace(known, agreements=(agreed, self._agreements()), derived={})
        known.looked_at = moment
        self.known = known
        return known

    def tell(self, hub: str, status: Mapping[str, bool]) -> bool:
        """Note which parties (`CPO/SE/HID`) are behind a hub, and which no longer; whether any came new."""
        told = self.now().told(hub).parties
        come = sorted(each for each, there in status.items() if there and each not in told)
        gone = sorted(each for each, there in status.items() if not there and each in told)
        for verb, parties in (("ADD", come), ("DELETE", gone)):
            for at in range(0, len(parties), AT_ONCE):
                self._write(hub, f"{verb} parties :some", {":some": {"SS": parties[at : at + AT_ONCE]}})
        return bool(come)

    def agree(self, one: Party, other: Party, said: Agreement) -> None:
        """Enter what the operator said of two parties, for every process to see."""
        first, second = pair_of(one, other)
        changes.transact(
            self._deployment.clients.dynamodb,
            [
                _update(
                    self.table, AGREED + first, "SET #o = :said", {":said": text(said.text)}, {"#o": second}
                ),
                _update(self.table, MEMBERS, "ADD agreed :one", {":one": {"SS": [first]}}),
                _count(self.table, AGREEMENTS),
            ],
        )
        self.forget()

    def _agreements(self) -> Agreements:
        first = self._item(MEMBERS).get("agreed", {}).get("SS", [])
        keys = [{"id": text(AGREED + party)} for party in sorted(first)]
        read = batches(self._deployment, self.table)
        items = [item for at in range(0, len(keys), AT_ONCE) for item in read(keys[at : at + AT_ONCE])]
        return agreements_of(
            (
                item["id"]["S"].removeprefix(AGREED),
                {name: value["S"] for name, value in item.items() if name != "id"},
            )
            for item in items
        )

    def complete(self, hub: str) -> bool:
        """Note that a hub has told of all its parties; whether that is news."""
        if self.now().told(hub).complete:
            return False
        self._write(hub, "SET complete = :yes", {":yes": {"BOOL": True}})
        return True

    def counted(self, partner: Partner, new: bool) -> list[changes.Action]:
        """The writes by which a change of a partner is seen by every process."""
        left = not new and partner.state == _partners.UNREGISTERED and partner.is_hub
        # One write for all counts: a transaction may touch an item once.
        actions = [_count(self.table, "version", *([HUB + partner.id] if left else []))]
        if new:
            actions.append(_update(self.table, MEMBERS, "ADD ids :id", {":id": {"SS": [partner.id]}}))
        elif left:
            actions.append(changes.delete(self.table, HUB + partner.id))
        return actions

    def _write(self, hub: str, update: str, values: Item) -> None:
        changes.transact(
            self._deployment.clients.dynamodb,
            [_update(self.table, HUB + hub, update, values), _count(self.table, HUB + hub)],
        )

    def _told(self, id: str) -> Told:
        item = self._item(HUB + id)
        parties = frozenset(item.get("parties", {}).get("SS", ()))
        return Told(parties, item.get("complete", {}).get("BOOL", False))

    def _partners(self) -> dict[str, Partner]:
        ids = self._item(MEMBERS).get("ids", {}).get("SS", [])
        keys = [{"id": text(PARTNER + id)} for id in sorted(ids)]
        read = batches(self._deployment, self.table)
        items = [item for at in range(0, len(keys), AT_ONCE) for item in read(keys[at : at + AT_ONCE])]
        return {found.id: found for found in map(partner_of, items)}

    def _item(self, id: str) -> Item:
        client = self._deployment.clients.dynamodb
        answer = client.get_item(TableName=self.table, Key={"id": text(id)}, ConsistentRead=True)
        found: Item = answer.get("Item", {})
        return found


def batches(deployment: Deployment, table: str) -> Callable[[list[Item]], list[Item]]:
    """What reads up to a hundred items together, and what DynamoDB left out once more."""

    def read(keys: list[Item]) -> list[Item]:
        items: list[Item] = []
        for turn in range(changes.RACES):
            request = {table: {"Keys": keys, "ConsistentRead": True}}
            answer = deployment.clients.dynamodb.batch_get_item(RequestItems=request)
            items += answer["Responses"].get(table, [])
            keys = answer.get("UnprocessedKeys", {}).get(table, {}).get("Keys", [])
            if not keys:
                return items
            time.sleep(random.random() * 0.05 * 2**turn)  # noqa: S311 - no secret
        raise RuntimeError("DynamoDB left keys unprocessed")

    return read


def claims_of(roles: Iterable[_partners.Role]) -> frozenset[str]:
    """Roles of parties as text: `CPO/SE/HID`."""
    return frozenset(each.claim for each in roles)


def _update(table: str, id: str, update: str, values: Item, names: Mapping[str, str] | None = None) -> Any:
    given = {"ExpressionAttributeNames": dict(names)} if names else {}
    return {
        "Update": {
            "TableName": table,
            "Key": {"id": text(id)},
            "UpdateExpression": update,
            "ExpressionAttributeValues": values,
            **given,
        }
    }


def _count(table: str, *names: str) -> Any:
    """One more of each of these, by which every process sees that something changed."""
    given = {f"#n{at}": name for at, name in enumerate(names)}
    return _update(
        table, HEAD, "ADD " + ", ".join(f"{each} :one" for each in given), {":one": {"N": "1"}}, given
    )
