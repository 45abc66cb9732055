"""What each request costs in DynamoDB: units and round trips, none of which may grow unseen."""

from __future__ import annotations

import json
import re
from pathlib import Path

from bench import storage
from bench.platform import measured_platform
from tests.apart import apart

COUNTED = Path(storage.__file__).parent / "counted.json"


def counted() -> dict[str, list[float]]:
    """Write units, read units and round trips by what is asked."""
    with measured_platform() as bench:
        rows = storage._units(bench)
    return {what: [float(each) for each in re.findall(r"[\d.]+", measured)] for what, measured, _ in rows}


def test_no_request_costs_more_units_or_round_trips_than_before() -> None:
    """Design section 11. What is meant to cost more, or has come to cost less, is written down anew:
    `python -m tests.test_units`.
    """
    known, found = json.loads(COUNTED.read_text()), apart("tests.test_units", "counted")
    assert set(found) == set(known)
    grown = {
        what: f"{now}, it was {known[what]} (WU, RU, round trips)"
        for what, now in found.items()
        if any(more > before for more, before in zip(now, known[what], strict=True))
    }
    assert grown == {}


def test_a_token_costs_the_same_among_few_private_locations_and_many() -> None:
    """LOC-14; design section 7: by index. What is written down is what the test above measures."""
    known = json.loads(COUNTED.read_text())
    few, many = (f"PUT of a new Token that opens 1 of {each} private Locations" for each in (10, 100))
    assert known[few] == known[many]


if __name__ == "__main__":
    COUNTED.write_text(json.dumps(counted(), indent=1) + "\n")
