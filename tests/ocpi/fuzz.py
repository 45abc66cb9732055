"""Bodies that nobody should send: no exception but the two promised ones leaves the core.

`python -m tests.ocpi.fuzz 100000` for the long run; a part of it is in the suite.
"""

from __future__ import annotations

import copy
import json
import sys
import time
from collections import Counter
from decimal import Decimal
from random import Random
from typing import Any

from chalicelib.ocpi import jsontext, models
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.jsontext import MalformedJson
from chalicelib.ocpi.models import KINDS, validators
from chalicelib.ocpi.patching import merge
from chalicelib.ocpi.reading import PATCHED, read
from chalicelib.ocpi.tolerance import Known, Tolerance
from chalicelib.ocpi.writing import check, write
from tests.ocpi.generate import make
from tests.ocpi.samples import EMSP, NOW, OWNER, find, token

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
JUNK: list[Any] = [
    *(None, True, False, 0, -1, 10**30, Decimal("1E+90"), Decimal("1E-90"), Decimal("-0.0"), Decimal("5.5")),
    *("", " ", "#NA", "x" * 300, "\ud800", "\x00", "é", "N/A", "1e5", "12.5", "YES", "HUB", "FLAT", "OTHER"),
    *("2026-02-30T00:00:00Z", "2026-02-03T10:15:00+25:99", "0001-01-01T00:00:00+01:00", "1970-1-1T00:00:00Z"),
    *([], [None], [[]], [{}], [5], ["x"], {}, {"": {}}, {"a": {"b": []}}, float("nan"), 0.1),
]
TEXTS = [
    b"NaN",
    b"1e999",
    b"-",
    b'"\\ud800"',
    b"\xff",
    b"[" * 50,
    b'{"a":' * 50,
    b"\x00",
    b"'",
    b"9" * 400,
    b",",
]


def body(random: Random) -> tuple[str, str, Any]:
    """A kind, a version, and an object of it (often of another version) with some things broken."""
    kind = random.choice(sorted(KINDS.keys() - {"versions"}))
    made = make(kind, random.choice(VERSIONS), random)
    for _ in range(random.choice([0, 1, 1, 2, 5])):
        _break(made, random)
    return kind, random.choice(VERSIONS), made


def _break(place: Any, random: Random) -> None:
    """Walk some steps down and put, take away, repeat or rename something there."""
    while True:
        steps = list(place) if isinstance(place, dict) else range(len(place))
        deeper = [step for step in steps if isinstance(place[step], dict | list) and place[step]]
        if not deeper or random.random() < 0.3:
            break
        place = place[random.choice(deeper)]
    if not steps:
        return
    step = random.choice(list(steps))
    what = random.randrange(5)
    if what <= 1:
        place[step] = copy.deepcopy(random.choice(JUNK))
    elif what == 2:
        del place[step]
    elif isinstance(place, list):
        place.append(copy.deepcopy(place[step]))
    else:
        kind = random.choice(sorted(KINDS))
        row = random.choice(models.model(kind).rows)
        place[random.choice([row.name, row.was or row.name])] = copy.deepcopy(
            random.choice([place[step], *JUNK])
        )


def try_one(random: Random) -> str:
    """One broken body through every door; says how it went. Anything raised is a defect."""
    kind, version, broken = body(random)
    partial = kind in PATCHED and random.random() < 0.3
    if random.random() < 0.2:
        text = bytearray(json.dumps(broken, default=str).encode())
        at = random.randrange(len(text))
        text[at : at + random.randrange(4)] = random.choice(TEXTS)
        try:
            broken = jsontext.loads(bytes(text))
        except MalformedJson:
            return "malformed"
    check(kind, broken, version, partial=partial)
    try:
        merge(kind, make(kind, version, random), broken, version)
    except InvalidParameters as problem:
        _named(problem)
    model = models.model(kind)
    fine = validators.validate(model, version, partial)(broken)
    fine = fine and not validators.repeats(model, broken, version)
    tolerance = Tolerance(version, Known(now=NOW))
    try:
        repaired = tolerance.read(models.model(kind), broken, partial=partial)
    except InvalidParameters as problem:
        assert not fine, f"the fast way takes what is refused: {problem.status_message}"
    else:
        assert not fine or (repaired is broken and not tolerance.findings), tolerance.findings
    try:
        reading = read(
            kind, broken, version, partial=partial, owner=OWNER, emsp=EMSP, token=lambda _: token(""), now=NOW
        )
    except InvalidParameters as problem:
        _named(problem)
        return "refused"
    for target in VERSIONS:
        writing = write(kind, reading.object, target, find=find, partial=partial, now=NOW)
        assert writing.object is not None or writing.losses
        try:
            jsontext.dumps(writing.object)
        except UnicodeEncodeError:
            assert "\\ud800" in json.dumps(broken, default=str)  # not from JSON text: `loads` refuses it
    check(kind, reading.object, partial=partial)
    return "noted" if reading.findings else "clean"


def _named(problem: InvalidParameters) -> None:
    assert problem.pointer == "" or problem.pointer.startswith("/")
    assert len(problem.message) < 300


def run(count: int, seed: int = 0) -> Counter[str]:
    """That many bodies; raises at the first defect, naming the seed that shows it."""
    outcomes: Counter[str] = Counter()
    for number in range(seed, seed + count):
        try:
            outcomes[try_one(Random(number))] += 1
        except Exception as problem:
            raise AssertionError(f"seed {number}: {problem!r}") from problem
    return outcomes


if __name__ == "__main__":
    start = time.process_time()
    tried = int(sys.argv[1])
    print(dict(run(tried, int(sys.argv[2]) if len(sys.argv) > 2 else 0)))
    print(f"{tried} bodies, no defect, {time.process_time() - start:.0f} s CPU")
