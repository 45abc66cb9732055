"""What grows within one object or one feed: the periods of a Session, and the numbers nobody has any more.

Counted on moto, as in `bench.growth`: what is looked for is that the rows are the same.
"""

from __future__ import annotations

from statistics import mean
from typing import Any

from bench.platform import Bench, measured_platform
from bench.storage import as_json
from tests import samples

Row = tuple[str, str, str]
PERIODS, PATCHES = (10, 1_000, 10_000), 32
HOLES, AT_ONCE = (10, 1_000, 100_000), 20_000
FEED, HEAD = "BE/BEC>*", {"part": {"S": "-"}}
OWNER = {"country_code": "BE", "party_id": "BEC"}


def measure() -> list[Row]:
    """Rows of (what, measured, target)."""
    rows = []
    for many in PERIODS:
        with measured_platform() as bench:
            rows.append(_appended(bench, many))
    for many in HOLES:
        with measured_platform() as bench:
            rows.append(_among_holes(bench, many))
    return rows


def _appended(bench: Bench, many: int) -> Row:
    """A PATCH that adds a period: the mean of some, as every so many of them fill a part."""
    token = {**samples.CARD, "country_code": "NL", "party_id": "EXM"}
    whole = samples.session("S1", charging_periods=[_period(at) for at in range(many)])
    url = ("sessions", ("BE", "BEC", "S1"))
    bench.ask("PUT", *url, "cpo-2.2.1", as_json({**whole, **OWNER, "cdr_token": token}))
    written, read, most = [], [], 0.0
    for at in range(many, many + PATCHES):
        change = {"charging_periods": [_period(at)], "last_updated": samples.later(at - many + 5)}
        usage = bench.units("PATCH", *url, "cpo-2.2.1", as_json(change))
        written.append(usage.write)
        read.append(usage.read)
        most = max(most, usage.write)
    measured = f"{mean(written):.1f} WU, {most:g} at most, {mean(read):.1f} RU"
    return f"PATCH that adds a period to a Session of {many:,}", measured, "<= 4 WU, flat"


def _period(at: int) -> dict[str, Any]:
    return samples.period(at % 60) | {
        "start_date_time": f"2026-03-{1 + at // 1440:02}T{at // 60 % 24:02}:{at % 60:02}:00Z"
    }


def _among_holes(bench: Bench, many: int) -> Row:
    """A new Tariff where so many others were deleted between those that stay."""
    _put(bench, "FIRST")
    feeds, table = bench.platform.objects.feeds, bench.platform.objects.table("tariffs")
    for begin in range(3, 2 * many + 3, 2 * AT_ONCE):
        holes = range(begin, min(begin + 2 * AT_ONCE, 2 * many + 3), 2)
        bench.platform.clients.dynamodb.update_item(
            TableName=table,
            Key={"object": {"S": f"feed#{FEED}"}, **HEAD},
            UpdateExpression="SET #c = :count, holes = :holes",
            ExpressionAttributeNames={"#c": "count"},
            ExpressionAttributeValues={
                ":count": {"N": str(2 * many + 3)},
                ":holes": {"L": [{"N": str(at)} for at in holes]},
            },
        )
        feeds.compact("tariffs", FEED)
    (head,) = feeds.heads("tariffs", [FEED])
    assert head.total == many + 3, head
    _put(bench, "SECOND")
    usage = _put(bench, "THIRD")
    page = bench.units("GET", "tariffs", ("BE", "BEC", "THIRD"), "cpo-2.2.1")
    measured = f"{usage}; GET {page.read:g} RU"
    return f"PUT of a new Tariff, {many:,} holes before it", measured, "flat"


def _put(bench: Bench, id: str) -> Any:
    whole = samples.example("tariff", "2.2.1", **OWNER) | {"id": id}
    return bench.units("PUT", "tariffs", ("BE", "BEC", id), "cpo-2.2.1", as_json(whole))
