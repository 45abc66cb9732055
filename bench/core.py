"""What the protocol core costs: reading and writing objects, and importing it.

`measure()` gives rows of (what, measured, target); times are CPU time, the best of several
rounds, as ratios to `json.loads` + `json.dumps` of the same bytes in the same process.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bench import samples
from chalicelib.ocpi import jsontext
from chalicelib.ocpi.reading import read
from chalicelib.ocpi.writing import write

OBJECTS: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "10-EVSE Location": ("location", samples.location),
    "50-period CDR": ("cdr", samples.cdr),
    "Token": ("token", samples.token),
}
VERSIONS = ("2.3.0", "2.2.1", "2.1.1")
ROUNDS, CALLS = 200, 10


def measure() -> list[tuple[str, str, str]]:
    """The rows of this bench."""
    rows = []
    for name, (kind, make) in OBJECTS.items():
        canonical = make()
        size = len(jsontext.dumps(canonical)) / 1000
        written = {version: write(kind, canonical, version, now=samples.TIME).object for version in VERSIONS}
        texts = {version: jsontext.dumps(body).encode() for version, body in written.items()}
        works = [partial(_json_both_ways, texts["2.3.0"])]
        works += [partial(_through, kind, texts[version], version) for version in VERSIONS]
        works += [partial(_out, kind, canonical, version) for version in VERSIONS]
        works.append(partial(_through, kind, jsontext.dumps(_odd(make())).encode(), "2.3.0"))
        base, *took, odd = _best(works)
        came, went = took[: len(VERSIONS)], took[len(VERSIONS) :]
        what = f"parse + validate + serialize, {name} ({size:.1f} KB)"
        rows.append((what, f"{came[0] / base:.2f} x json", "<= 2 x"))
        for at, version in enumerate(VERSIONS[1:], 1):
            for way, costs in (("from", came), ("to", went)):
                more = (costs[at] - costs[0]) / base
                rows.append((f"the same {way} {version}, more", f"{more:+.2f} x json", "<= 0.3 x"))
        rows.append(("the same, odd in two places, to a clean one", f"{odd / came[0]:.2f} x", "<= 3 x"))
    rows += _imports()
    return rows


def _odd(body: dict[str, Any]) -> dict[str, Any]:
    """The object with two things that are repaired when it is read."""
    if "evses" in body:
        body["evses"][3]["connectors"][0]["format"] = "socket"
        body["evses"][5]["status"] = "available"
    elif "total_energy" in body:
        body |= {"total_energy": str(body["total_energy"]), "remark": ""}
    else:
        body |= {"valid": "true", "whitelist": str(body["whitelist"]).lower()}
    return body


def _through(kind: str, text: bytes, version: str) -> str:
    """What happens to a body that is stored as it came and answered as it is."""
    body = jsontext.loads(text)
    read(kind, body, version, owner=("NL", "EXA"), emsp=("NL", "EXA"))
    return jsontext.dumps(body)


def _out(kind: str, canonical: dict[str, Any], version: str) -> str:
    return jsontext.dumps(write(kind, canonical, version, now=samples.TIME).object)


def _json_both_ways(text: bytes) -> str:
    return json.dumps(json.loads(text))


def _best(works: list[Callable[[], Any]]) -> list[float]:
    """CPU seconds of one call of each, at its quietest: this machine may be busy with other things.

    They take turns, so that a slow moment is nobody's alone.
    """
    best = [float("inf")] * len(works)
    gc.disable()
    try:
        for _ in range(ROUNDS):
            for at, work in enumerate(works):
                work()
                start = time.process_time()
                for _ in range(CALLS):
                    work()
                best[at] = min(best[at], time.process_time() - start)
            gc.collect()
    finally:
        gc.enable()
    return [each / CALLS for each in best]


def _imports() -> list[tuple[str, str, str]]:
    rows = []
    for what, code in (
        ("import of reading, without a read", "import chalicelib.ocpi.reading"),
        (
            "import and first read of a Location",
            "from chalicelib.ocpi.reading import read; from bench import samples;"
            " read('location', samples.location(1), '2.3.0')",
        ),
        ("import of pydantic alone, to compare", "import pydantic; pydantic.BaseModel"),
    ):
        rows.append((what, f"{_import_time(code) * 1000:.0f} ms CPU", "-"))
    return rows


def _import_time(code: str) -> float:
    script = f"import time; start = time.process_time(); {code}; print(time.process_time() - start)"
    best = float("inf")
    for _ in range(5):
        ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
        best = min(best, float(ran.stdout))
    return best


if __name__ == "__main__":
    for what, measured, target in measure():
        print(f"{what:70} {measured:>16}   {target}")
