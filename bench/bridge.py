"""What a page costs in another version than its objects were sent in, beside the page in that version.

CPU with DynamoDB's answers played back, the SDK's work included; pages take turns, ratios are medians.
"""

from __future__ import annotations

from statistics import median
from typing import Any

from bench.platform import Bench, measured_platform
from bench.storage import a_location
from bench.tape import timed
from chalicelib.ocpi import writing

Row = tuple[str, str, str]
VERSIONS = ("2.3.0", "2.2.1", "2.1.1")
MANY, EVSES, TURNS = 50, 10, 5


def measure() -> list[Row]:
    """Rows of (what, measured, target)."""
    with measured_platform() as bench:
        for stored in VERSIONS:
            places = [_ours(f"{stored}-{at}", stored) for at in range(MANY)]
            bench.operate("put", module="locations", objects=places, version=stored)
        return [row for asked in VERSIONS for row in _pages(bench, asked)]


def _ours(id: str, version: str) -> dict[str, Any]:
    whole = {**a_location(id, EVSES), "country_code": "NL", "party_id": "EXA"}
    said: dict[str, Any] = writing.write("location", whole, version).object
    return said


def _pages(bench: Bench, asked: str) -> list[Row]:
    """The page of those that were sent in this version, and those of the others."""
    order = [asked, *(each for each in VERSIONS if each != asked)]
    turns = [[_seconds(bench, stored, asked) for stored in order] for _ in range(TURNS)]
    columns = [list(each) for each in zip(*turns, strict=True)]
    usage = bench.units(*_request(asked), **_query(asked))
    what = f"page of {MANY} Locations of {EVSES} EVSEs, sent and asked for in {asked}"
    rows = [(what, f"{median(columns[0]) * 1e3:.1f} ms, {usage.trips} trips", "<= 9 ms, <= 3 trips")]
    for stored, column in zip(order[1:], columns[1:], strict=True):
        ratio = median(each / same for each, same in zip(column, columns[0], strict=True))
        measured = f"{ratio:.2f} x ({median(column) * 1e3:.1f} ms)"
        rows.append((f"  sent in {stored}", measured, "<= 1.3 x, <= 12 ms"))
    return rows


def _seconds(bench: Bench, stored: str, asked: str) -> float:
    return timed(bench, *_request(asked), b"", 5, 1, **_query(stored))[0]


def _request(asked: str) -> tuple[str, str, tuple[str, ...], str]:
    return "GET", "locations", (), f"emsp-{asked}"


def _query(stored: str) -> dict[str, str]:
    return {"offset": str(VERSIONS.index(stored) * MANY), "limit": str(MANY)}
