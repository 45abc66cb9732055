"""The measurements of a commit as JSON in `build/bench/<commit>.json`, so that two commits compare.

A file has the rows of each room: name, measured, target, and the numbers of what was measured, each with
its unit. What was measured of a commit before stays beside what is measured of it now; a tree with
changes is no commit, its file ends in `-dirty`.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Row = tuple[str, str, str]
_NUMBER = re.compile(r"(?<![\w.])([-+]?\d+(?:,\d{3})*(?:\.\d+)?)(?![\w.]*\.\d) *([^\d,;()]*)")


def keep(found: Mapping[str, Iterable[Row]]) -> Path:
    """Keep the rows that were measured of this commit, by room; where."""
    asked = ("git", "describe", "--always", "--dirty", "--exclude=*")
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    file = Path("build/bench") / f"{commit}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(file.read_text()) if file.exists() else {}
    rooms = {room: list(_written(rows)) for room, rows in found.items()}
    file.write_text(json.dumps(known | rooms, indent=1) + "\n")
    return file


def numbers(measured: str) -> list[dict[str, Any]]:
    """The numbers in what was measured, in their order, with what stands behind each as its unit."""
    return [
        {"value": float(value.replace(",", "")), "unit": unit.strip()}
        for value, unit in _NUMBER.findall(measured)
    ]


@dataclass(frozen=True)
class Difference:
    """A row that is not the same in two files. `worse`: the most that one of its numbers grew by, as a
    factor (shrank by, where the target is `>=`); None where the numbers are not of the same kind.
    """

    name: str
    before: str
    after: str
    worse: float | None


def compared(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """The rows of both files that differ, worst first; then those that only one of them has."""
    one, other = _by_name(before), _by_name(after)
    both = [
        Difference(name, row["measured"], other[name]["measured"], _worse(row, other[name]))
        for name, row in one.items()
        if name in other and row["measured"] != other[name]["measured"]
    ]
    both.sort(key=lambda each: -1.0 if each.worse is None else each.worse, reverse=True)
    gone = [Difference(name, row["measured"], "-", None) for name, row in one.items() if name not in other]
    new = [Difference(name, "-", row["measured"], None) for name, row in other.items() if name not in one]
    return [*both, *gone, *new]


def compare(before: str, after: str) -> int:
    """Print the rows of two files that differ."""
    found = compared(*(json.loads(Path(each).read_text()) for each in (before, after)))
    print(f"{'worse':>8}  {'what':<82} {Path(before).stem:<34} {Path(after).stem}")
    for each in found:
        worse = "" if each.worse is None else f"{each.worse:.2f} x"
        print(f"{worse:>8}  {each.name:<82} {each.before:<34} {each.after}")
    return 0


def _written(rows: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """The rows; one that is indented, or about the same, has the name of its row before its own."""
    above = ""
    for what, measured, target in rows:
        if not what.startswith((" ", "the same")) or not above:
            above = what
        name = what if what == above else f"{above}: {what.strip()}"
        yield {"name": name, "measured": measured, "target": target, "numbers": numbers(measured)}


def _by_name(rooms: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {f"{room}: {row['name']}": row for room, rows in rooms.items() for row in rows}


def _worse(before: Mapping[str, Any], after: Mapping[str, Any]) -> float | None:
    pairs = list(zip(before["numbers"], after["numbers"], strict=False))
    same_kind = len(before["numbers"]) == len(after["numbers"])
    if not pairs or not same_kind or any(one["unit"] != other["unit"] for one, other in pairs):
        return None
    values = [(one["value"], other["value"]) for one, other in pairs]
    if after["target"].startswith(">"):
        values = [(more, less) for less, more in values]
    return max(_factor(less, more) for less, more in values)


def _factor(less: float, more: float) -> float:
    if less == more:
        return 1.0
    if less > 0 and more > 0:
        return more / less
    return float("inf") if more > less else 0.0
