"""An object of ours is checked against others of ours before it is stored.

`ocpi.rules` looks at one object; here stands what only the store can tell.
Objects that are not known yet are no reason to refuse: the operator may put
them in any order.

Contract: LOC-71, SES-28, CDR-07, TAR-03, AMB-52, AMB-66
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.objects.sessions import ENDED
from chalicelib.objects.stored_object import StoredObject
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.paging import PageQuery
from chalicelib.ocpi.timestamps import timestamp
from chalicelib.store import feeds, pages
from chalicelib.store.object_items import Key, Part, folded

if TYPE_CHECKING:
    from chalicelib.objects.stored_object import Finder
    from chalicelib.wiring import Platform

# What a credit CDR has of its own; all else is that of the CDR it credits.
OF_THE_CREDIT = frozenset(
    {"id", "credit", "credit_reference_id", "total_cost", "last_updated", "remark", "invoice_reference_id"}
)
# Connectors that are told of a Tariff to be removed, and how long Locations are looked through for them.
MOST_NAMED, SECONDS = 5, 20


def check(find: Finder, owner: Party, kind: str, canonical: dict[str, Any]) -> None:
    """Refuse a whole object of ours, in 2.3.0, that contradicts another one. Raises InvalidParameters."""
    if kind == "cdr" and canonical.get("credit"):
        _repeats_what_it_credits(find, owner, canonical)
    for connector, at in _connectors(kind, canonical):
        _one_tariff_of_a_type(find, owner, connector, at)


def not_ended(old: Part, new: Part) -> None:
    """Refuse to change a Session that is over (SES-28, AMB-66). Raises InvalidParameters."""
    before = jsontext.loads(old.body)
    if before.get("status") in ENDED and before != jsontext.loads(new.body):
        raise InvalidParameters(
            f"the session is {before['status']} and not changed any more (SES-28); its CDR can be credited",
            "/status",
        )


def _repeats_what_it_credits(find: Finder, owner: Party, credit: dict[str, Any]) -> None:
    """CDR-07: all data of the original, with its total_cost negated (AMB-52)."""
    original = find("cdr", *owner, str(credit.get("credit_reference_id")))
    if original is None:
        return
    for name in sorted((original.keys() | credit.keys()) - OF_THE_CREDIT):
        if original.get(name) != credit.get(name):
            raise InvalidParameters("a credit CDR repeats the CDR it credits (CDR-07)", f"/{name}")
    if credit.get("total_cost") != _negated(original.get("total_cost")):
        raise InvalidParameters("is not that of the credited CDR, negated (CDR-07)", "/total_cost")


def _negated(value: Any, name: str = "") -> Any:
    """A Price with its amounts, and not the percentages, the other way round."""
    if isinstance(value, dict):
        return {each: _negated(inner, each) for each, inner in value.items()}
    if isinstance(value, list):
        return [_negated(each, name) for each in value]
    return -value if name in ("before_taxes", "amount") and isinstance(value, int | Decimal) else value


def _connectors(kind: str, canonical: dict[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    if kind == "location":
        for at, evse in enumerate(canonical.get("evses") or ()):
            for connector, where in _connectors("evse", evse):
                yield connector, f"/evses/{at}{where}"
    elif kind == "evse":
        for at, connector in enumerate(canonical.get("connectors") or ()):
            yield connector, f"/connectors/{at}"
    elif kind == "connector":
        yield canonical, ""


def _one_tariff_of_a_type(find: Finder, owner: Party, connector: dict[str, Any], at: str) -> None:
    """LOC-71: Tariffs of one type are never active at the same time."""
    ids = connector.get("tariff_ids") or ()
    if len(ids) < 2:
        return
    known = [(index, found) for index, id in enumerate(ids) if (found := find("tariff", *owner, str(id)))]
    for place, (index, later) in enumerate(known):
        for _, earlier in known[:place]:
            if later.get("type") == earlier.get("type") and _overlap(earlier, later):
                raise InvalidParameters(
                    f"{later['id']} and {earlier['id']} are of one type and active at the same time (LOC-71)",
                    f"{at}/tariff_ids/{index}",
                )


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return _begins(one) < _ends(other) and _begins(other) < _ends(one)


def _begins(tariff: dict[str, Any]) -> str:
    value = tariff.get("start_date_time")
    return timestamp(value) if value else ""


def _ends(tariff: dict[str, Any]) -> str:
    value = tariff.get("end_date_time")
    return timestamp(value) if value else "~"


def referring(platform: Platform, tariff: Key) -> tuple[list[str], bool]:
    """The first Connectors of ours that name a Tariff, as `LOC1/evses/0/connectors/1` (TAR-03).

    And whether all Locations were looked at: it ends with the first few, and when its time is over.
    """
    audiences = platform.objects.feeds.audiences("locations", [tariff.owner])[tariff.owner]
    names = [feeds.name(tariff.owner, each) for each in audiences]
    heads = platform.objects.feeds.heads("locations", names)
    spelled = jsontext.dumps(tariff.id).casefold()
    found: list[str] = []
    cursor: str | None = "" if names else None
    until = time.monotonic() + SECONDS
    while cursor is not None and len(found) < MOST_NAMED and time.monotonic() < until:
        page = pages.page(platform.objects, "locations", heads, PageQuery(limit=200, cursor=cursor))
        cursor = page.cursor
        for each in page.objects:
            # Most Locations do not hold its id at all, and are not read any closer.
            if not any(spelled in part.body.casefold() for part in each.parts):
                continue
            for connector, at in _connectors("location", StoredObject(each.key, each.parts).canonical):
                if folded(tariff.id) in {folded(str(id)) for id in connector.get("tariff_ids") or ()}:
                    found.append(f"{each.key.id}{at}")
    return found[:MOST_NAMED], cursor is None
