"""Marks: what objects are looked for by, as attributes of their items and sparse indexes over them.

The token and the state of a Session, the token and the Session of a CDR, the
place of a Location cost a write unit when they change, and nothing else. The
status of an EVSE stands in the entry that every change of it writes anyway,
in the index `changes`: it costs no unit to write, and a page of them reads on
from where the one before ended, over the EVSEs that have another.

Contract: design sections 5 and 7
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.store.dynamodb import Item, text

Marks = tuple[tuple[str, str], ...]
TOKEN, SESSION, STATE, CELL, SPOT, STATUS = "token", "session", "state", "cell", "spot", "status"
NAMES = (TOKEN, SESSION, STATE, CELL, SPOT, STATUS)
# The indexes of each module: their names and keys.
INDEXES: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "sessions": {TOKEN: (TOKEN, "object"), STATE: (STATE, "object")},
    "cdrs": {TOKEN: (TOKEN, "object"), SESSION: (SESSION, "object")},
    "locations": {"near": (CELL, SPOT)},
}
# Entries that a page looks at for those of a status: it may need few, or all there are.
FIRST_STEP, LARGEST_STEP = 100, 6_400
FARTHEST_KM = 300
MOST_CELLS = 500
_KM_A_DEGREE = 111.195  # of a sphere with the earth's mean radius
_BEHIND = "\U0010ffff"


@dataclass(frozen=True)
class Circle:
    """All places within so many kilometres of one."""

    latitude: float
    longitude: float
    km: float

    @classmethod
    def parse(cls, said: str) -> Circle:
        """`lat,lon,km`. Raises InvalidParameters."""
        try:
            latitude, longitude, km = (float(each) for each in said.split(","))
        except ValueError:
            raise InvalidParameters("lat,lon,km is required, for example 52.1,5.2,10", "/near") from None
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180 and 0 < km <= FARTHEST_KM):
            raise InvalidParameters(f"lat,lon,km with at most {FARTHEST_KM} km is required", "/near")
        return cls(latitude, longitude, km)

    def distance(self, latitude: float, longitude: float) -> float:
        """Kilometres to a place, along the sphere."""
        one, other = math.radians(self.latitude), math.radians(latitude)
        across = math.radians(longitude - self.longitude)
        half = math.sin((other - one) / 2) ** 2 + math.cos(one) * math.cos(other) * math.sin(across / 2) ** 2
        return math.degrees(2 * math.asin(min(1.0, math.sqrt(half)))) * _KM_A_DEGREE

    def cells(self) -> Iterator[tuple[str, str, str]]:
        """The cells of one degree it touches, with the range of spots in each. Raises InvalidParameters."""
        high = self.km / _KM_A_DEGREE
        south, north = max(-90.0, self.latitude - high), min(90.0, self.latitude + high)
        widest = math.cos(math.radians(min(89.9, max(abs(south), abs(north)))))
        wide = min(180.0, high / widest)
        rows = range(math.floor(south), math.floor(north) + 1)
        columns = {(math.floor(self.longitude + at) + 180) % 360 - 180 for at in _steps(-wide, wide)}
        if len(rows) * len(columns) > MOST_CELLS:
            raise InvalidParameters("too near a pole for so many kilometres", "/near")
        for row in rows:
            for column in sorted(columns):
                yield f"{row},{column}", _spot(south), _spot(north) + _BEHIND


def place_marks(coordinates: Any) -> Marks:
    """The marks of a Location at these coordinates; none where they are none."""
    try:
        latitude, longitude = float(coordinates["latitude"]), float(coordinates["longitude"])
    except (KeyError, TypeError, ValueError):
        return ()
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return ()
    cell = f"{math.floor(latitude)},{(math.floor(longitude) + 180) % 360 - 180}"
    return (CELL, cell), (SPOT, f"{_spot(latitude)}/{longitude + 180:010.6f}")


def marked(client: Any, table: str, index: str, value: str, owner: str, after: str) -> Iterator[str]:
    """The partitions of the objects with a mark, of one owner ("": all), behind one, in order."""
    first = max(f"{owner}/" if owner else "", f"{after}\x01" if after else "") or "\x01"
    last = f"{owner}/{_BEHIND}" if owner else _BEHIND
    condition = "#h = :h AND #o BETWEEN :first AND :last"
    values = {":h": text(value), ":first": text(first), ":last": text(last)}
    names = {"#h": index, "#o": "object"}
    for item in _query(client, table, index, condition, names, values, "#o"):
        yield item["object"]["S"]


def near(client: Any, table: str, circle: Circle) -> list[tuple[float, str]]:
    """The partitions of the Locations in a circle with their distance, the nearest first."""
    found = []
    for cell, first, last in circle.cells():
        condition = "#h = :h AND #s BETWEEN :first AND :last"
        values = {":h": text(cell), ":first": text(first), ":last": text(last)}
        names = {"#h": CELL, "#s": SPOT, "#o": "object"}
        for item in _query(client, table, "near", condition, names, values, "#o, #s"):
            latitude, _, longitude = item[SPOT]["S"].partition("/")
            km = circle.distance(float(latitude) - 90, float(longitude) - 180)
            if km <= circle.km:
                found.append((km, item["object"]["S"]))
    return sorted(found)


class Entry(NamedTuple):
    """An EVSE in the index `changes`: whose feed, when it changed, its Location's partition, its part."""

    feed: str
    last_updated: str
    partition: str
    part: str


def with_status(
    client: Any, table: str, feeds: list[str], status: str, after: Entry | None
) -> Iterator[Entry]:
    """The EVSEs of these feeds with this status, feed by feed, the longest unchanged first, behind one.

    Raises InvalidParameters where the feed of `after` is none of these.
    """
    if after is not None and after.feed not in feeds:
        raise InvalidParameters("what it names is no longer there; begin again", "/cursor")
    names = {"#h": "feed", "#o": "object", "#p": "part", "#c": "last_updated", "#s": STATUS}
    for feed in feeds[feeds.index(after.feed) if after is not None else 0 :]:
        values = {":h": text(feed), ":s": text(status)}
        start = _entry_key(after) if after is not None and after.feed == feed else None
        items = _query(
            client, table, "changes", "#h = :h", names, values, "#o, #p, #c", "#s = :s", start, FIRST_STEP
        )
        for item in items:
            yield Entry(feed, item["last_updated"]["S"], item["object"]["S"], item["part"]["S"])


def _entry_key(entry: Entry) -> Item:
    keys = {"feed": entry.feed, "last_updated": entry.last_updated}
    keys |= {"object": entry.partition, "part": entry.part}
    return {name: text(value) for name, value in keys.items()}


def _query(
    client: Any,
    table: str,
    index: str,
    condition: str,
    names: dict[str, str],
    values: Item,
    shown: str,
    only: str = "",
    start: Item | None = None,
    step: int = 0,
) -> Iterator[Item]:
    """Items of an index behind `start`; `step`: how many to look at first, then twice as many each time."""
    request: dict[str, Any] = {
        "TableName": table,
        "IndexName": index,
        "KeyConditionExpression": condition,
        "ProjectionExpression": shown,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        **({"FilterExpression": only} if only else {}),
        **({"ExclusiveStartKey": start} if start else {}),
    }
    while True:
        answer = client.query(**request, **({"Limit": step} if step else {}))
        step = min(2 * step, LARGEST_STEP)
        yield from answer["Items"]
        if not answer.get("LastEvaluatedKey"):
            return
        request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _spot(latitude: float) -> str:
    return f"{latitude + 90:010.6f}"


def _steps(first: float, last: float) -> list[float]:
    """From one number to another, no two further apart than half."""
    many = math.ceil((last - first) * 2)
    return [first + (last - first) * at / many for at in range(many + 1)] if many else [first]
