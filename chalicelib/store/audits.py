"""What became of the pricing of each CDR, disputes and findings: one table, an item each.

An item is small: the report behind a verdict is made anew when somebody asks. `cdr#NL/EXA/C1` is
the verdict on a CDR; `finding#...` what does not fit together; `tariff#...` what is wrong with a
partner's Tariff; `policy#<partner>` how a partner's CDRs are priced. Three indexes answer every list
without a scan: `verdict` by direction and verdict in the order of judging, `ledger` by the other
party in the order in which charging ended, `state` by what is open. An item stands only in those
whose attributes it has.

Contract: design section 13
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.ocpi import jsontext
from chalicelib.store import dynamodb
from chalicelib.store.dynamodb import Conflict, Item, Writer

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

RECEIVED, OWN = "received", "own"
VERDICTS = ("DISAGREE", "UNPRICEABLE", "INDETERMINATE", "WITHIN_TOLERANCE", "AGREE_ROUNDING", "AGREE")
OPEN, SETTLED, CLOSED, PENDING = "OPEN", "SETTLED", "CLOSED", "PENDING"
DISPUTE, FINDING, TARIFF = "dispute", "finding", "tariff"
# Pages of one index that a single list reads before it answers with a cursor.
MOST_PAGES = 20

Sides = Mapping[str, str | None]


@dataclass(frozen=True)
class Audit:
    """The verdict on one CDR, and what lists and statements say of it.

    `owner` is its CPO, `counterparty` the other side of the roaming, `hosted` ours; `credits` names the
    CDR that a Credit CDR credits, `credited_by` the other way round. `turn` counts the verdicts that were
    told. `opened_at`, `reason`, `outcome` and `settled_at` are those of a dispute.
    """

    owner: str
    id: str
    direction: str
    verdict: str
    at: str
    end: str
    start: str = ""
    currency: str = ""
    claimed: Sides = dataclasses.field(default_factory=dict)
    computed: Sides = dataclasses.field(default_factory=dict)
    difference: Sides = dataclasses.field(default_factory=dict)
    cause: str = ""
    kwh: str = ""
    partner: str = ""
    counterparty: str = ""
    hosted: str = ""
    session: str = ""
    token: str = ""
    is_credit: bool = False
    credits: str = ""
    is_held: bool = False
    turn: int = 0
    credited_by: str = ""
    state: str = ""
    since: str = ""
    reason: str = ""
    outcome: str = ""
    opened_at: str = ""
    settled_at: str = ""

    @property
    def dispute(self) -> str:
        """OPEN, SETTLED, or "" where it is not disputed."""
        return self.state.removeprefix(f"{DISPUTE} ")


# What a new verdict replaces; the rest of an item belongs to disputes.
JUDGED = tuple(each.name for each in dataclasses.fields(Audit) if each.name != "id")[:21]


class Page(NamedTuple):
    """Items of an index in its order, and where the next ones begin (None: there are none)."""

    items: list[dict[str, Any]]
    after: Item | None


class Audits:
    """The table of audits."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.table = f"{deployment.settings.prefix}-audits"

    @property
    def _client(self) -> Any:
        return self._deployment.clients.dynamodb

    # one item

    def read(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The items of these ids that there are, as they are now."""
        wanted, found = list(dict.fromkeys(ids)), {}
        while wanted:
            keys = [{"id": {"S": each}} for each in wanted[:100]]
            answer = self._client.batch_get_item(
                RequestItems={self.table: {"Keys": keys, "ConsistentRead": True}}
            )
            for item in answer["Responses"].get(self.table, ()):
                found[item["id"]["S"]] = plain(item)
            left = answer.get("UnprocessedKeys", {}).get(self.table, {}).get("Keys", [])
            wanted = [each["id"]["S"] for each in left] + wanted[100:]
        return found

    def audit(self, partition: str) -> Audit | None:
        """The verdict on the CDR of this owner and id."""
        return audit_of(self.read([cdr_id(partition)]).get(cdr_id(partition)))

    def keep(self, partition: str, audit: Audit, before: Audit | None) -> None:
        """Write a verdict, unless another was written since `before`. Raises Conflict."""
        values = _item_values(audit)
        sets = {name: values[name] for name in (*JUDGED, "cdr", "judged") if name in values}
        gone = [name for name in JUDGED if name not in values]
        turn = {"N": str(before.turn)} if before else None
        self._update(
            cdr_id(partition),
            sets,
            gone,
            ("#turn = :before" if turn else "attribute_not_exists(#turn)"),
            {":before": turn} if turn else {},
            {"#turn": "turn"},
        )

    def change(self, id: str, sets: Mapping[str, Any], state: str | None = None) -> bool:
        """Set attributes of an item, on condition that its `state` is this one; whether it was."""
        condition = "" if state is None else "#state = :is"
        try:
            self._update(
                id,
                _values(sets),
                [],
                condition,
                {":is": {"S": state}} if state is not None else {},
                {"#state": "state"} if state is not None else {},
            )
        except Conflict:
            return False
        return True

    def put(self, id: str, values: Mapping[str, Any]) -> None:
        """Write an item whole."""
        item = {"id": {"S": id}, **_values(values)}
        Writer(self._client).one({"Put": {"TableName": self.table, "Item": item}})

    def delete(self, id: str) -> None:
        self._client.delete_item(TableName=self.table, Key={"id": {"S": id}})

    def _update(
        self,
        id: str,
        sets: Mapping[str, Any],
        gone: list[str],
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str],
    ) -> None:
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
        if gone:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in gone)
        request: dict[str, Any] = {
            "TableName": self.table,
            "Key": {"id": {"S": id}},
            "UpdateExpression": expression,
            "ExpressionAttributeNames": {**{f"#{name}": name for name in (*sets, *gone)}, **names},
            "ExpressionAttributeValues": {**{f":{name}": each for name, each in sets.items()}, **values},
        }
        if condition:
            request["ConditionExpression"] = condition
        Writer(self._client).one({"Update": request})

    # lists

    def page(
        self,
        index: str,
        name: str,
        low: str = "",
        high: str = "",
        *,
        only: Mapping[str, str] | None = None,
        limit: int = 0,
        newest_first: bool = False,
        after: Item | None = None,
        needed: Iterable[str] = (),
    ) -> Page:
        """What stands under a name in an index, from `low` on and before `high`, one read of it."""
        hash_name, range_name = INDEXES[index]
        names = {"#h": hash_name}
        values: dict[str, Any] = {":h": {"S": name}}
        condition = "#h = :h"
        if high:
            condition += " AND #r BETWEEN :low AND :high"
            values[":high"] = {"S": high}
        elif low:
            condition += " AND #r >= :low"
        if low or high:
            names["#r"], values[":low"] = range_name, {"S": low or "0"}
        request: dict[str, Any] = {
            "TableName": self.table,
            "IndexName": index,
            "KeyConditionExpression": condition,
            "ScanIndexForward": not newest_first,
        }
        if only:
            request["FilterExpression"] = " AND ".join(f"#f{at} = :f{at}" for at, _ in enumerate(only))
            for at, (attribute, value) in enumerate(only.items()):
                names[f"#f{at}"], values[f":f{at}"] = attribute, {"S": value}
        if needed := list(needed):
            request["ProjectionExpression"] = ", ".join(f"#n{at}" for at, _ in enumerate(needed))
            names |= {f"#n{at}": attribute for at, attribute in enumerate(needed)}
        if limit:
            request["Limit"] = limit
        if after:
            request["ExclusiveStartKey"] = after
        request |= {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
        answer = self._client.query(**request)
        return Page([plain(each) for each in answer["Items"]], answer.get("LastEvaluatedKey"))

    def all(
        self, index: str, name: str, low: str = "", high: str = "", **more: Any
    ) -> Iterator[dict[str, Any]]:
        """Everything under a name in an index, read as it is taken."""
        found = self.page(index, name, low, high, **more)
        yield from found.items
        while found.after:
            found = self.page(index, name, low, high, after=found.after, **more)
            yield from found.items

    def newest(
        self,
        index: str,
        names: Iterable[str],
        limit: int,
        *,
        low: str = "",
        high: str = "",
        only: Mapping[str, str] | None = None,
        matches: Callable[[dict[str, Any]], bool] = lambda item: True,
        bound: tuple[str, str] | None = None,
    ) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
        """Items under several names, the newest first, and the place behind which the next begin.

        `bound` is such a place. What few of very many match is read in several answers.
        """
        range_name = INDEXES[index][1]
        found: list[dict[str, Any]] = []
        cut = ("", "")
        high = min(filter(None, (high, bound[0] if bound else "")), default="")
        for name in names:
            mine: list[dict[str, Any]] = []
            after, pages = None, 0
            while True:
                page = self.page(
                    index,
                    name,
                    low,
                    high,
                    only=only,
                    newest_first=True,
                    after=after,
                    limit=0 if only else limit + 20,
                )
                after, pages = page.after, pages + 1
                for each in page.items:
                    place = (each[range_name], each["id"])
                    if (bound is None or place < bound) and matches(each):
                        mine.append(each)
                if not after or (
                    len(mine) > limit and page.items and page.items[-1][range_name] < mine[limit][range_name]
                ):
                    break
                if pages == MOST_PAGES:
                    # What is older than this was not looked at here, so the list ends there.
                    cut = max(cut, (after[range_name]["S"], ""))
                    break
            found += mine
        found = [each for each in found if (each[range_name], each["id"]) > cut]
        found.sort(key=lambda each: (each[range_name], each["id"]), reverse=True)
        if len(found) > limit:
            last = found[limit - 1]
            return found[:limit], (last[range_name], last["id"])
        return found, cut if cut[0] else None


# index -> its attributes
INDEXES = {"verdict": ("judged", "at"), "ledger": ("counterparty", "end"), "state": ("state", "since")}
_JSON = frozenset({"claimed", "computed", "difference", "policy", "findings"})


def cdr_id(partition: str) -> str:
    """The id of the item of a CDR, by its `Key.partition`."""
    return f"cdr#{partition}"


def judged(direction: str, verdict: str) -> str:
    """Where a verdict stands in the index `verdict`."""
    return f"{direction} {verdict}"


def audit_of(item: Mapping[str, Any] | None) -> Audit | None:
    """The verdict in an item; None where there is none yet."""
    if not item or "verdict" not in item:
        return None
    values = {name: item[name] for name in _FIELDS if name in item}
    return Audit(**{**values, "id": item["cdr"]})


def plain(item: Item) -> dict[str, Any]:
    """An item as Python has it."""
    found: dict[str, Any] = {}
    for name, value in item.items():
        ((kind, content),) = value.items()
        found[name] = int(content) if kind == "N" else jsontext.loads(content) if name in _JSON else content
    return found


def _values(values: Mapping[str, Any]) -> Item:
    item: Item = {}
    for name, value in values.items():
        if name in _JSON:
            item[name] = dynamodb.text(jsontext.dumps(value))
        elif isinstance(value, bool):
            item[name] = {"BOOL": value}
        elif isinstance(value, int):
            item[name] = dynamodb.number(value)
        else:
            item[name] = dynamodb.text(value)
    return item


def _item_values(audit: Audit) -> Item:
    values = {name: getattr(audit, name) for name in _FIELDS if name != "id"}
    kept = {name: value for name, value in values.items() if value not in ("", False, {})}
    return _values({**kept, "cdr": audit.id, "judged": judged(audit.direction, audit.verdict)})


_FIELDS = tuple(each.name for each in dataclasses.fields(Audit))
