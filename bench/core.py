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
ROUNDS, CALLS = 40, 12


def measure() -> list[tuple[str, str, str]]:
    """The rows of this bench."""
    rows = []
    for name, (kind, make) in OBJECTS.items():
        canonical = make()
        base = _json_both_ways(jsontext.dumps(canonical).encode())
        newest, older = 0.0, {}
        for version in ("2.3.0", "2.2.1", "2.1.1"):
            written = write(kind, canonical, version, now=samples.TIME).object
            text = jsontext.dumps(written).encode()
            took = _best(partial(_through, kind, text, version))
            back = _best(partial(_out, kind, canonical, version))
            if version == "2.3.0":
                newest, newest_out = took, back
                size = f"{len(text) / 1000:.1f} KB"
                rows.append(
                    (f"parse + validate + serialize, {name} ({size})", f"{took / base:.2f} x json", "<= 2 x")
                )
            else:
                older[version] = ((took - newest) / base, (back - newest_out) / base)
        for version, (came, went) in older.items():
            rows.append((f"the same from {version}, more", f"{came:+.2f} x json", "<= 0.3 x"))
            rows.append((f"the same to {version}, more", f"{went:+.2f} x json", "<= 0.3 x"))
    rows += _imports()
    return rows


def _through(kind: str, text: bytes, version: str) -> str:
    """What happens to a body that is stored as it came and answered as it is."""
    body = jsontext.loads(text)
    read(kind, body, version, owner=("NL", "EXA"), emsp=("NL", "EXA"))
    return jsontext.dumps(body)


def _out(kind: str, canonical: dict[str, Any], version: str) -> str:
    return jsontext.dumps(write(kind, canonical, version, now=samples.TIME).object)


def _json_both_ways(text: bytes) -> float:
    return _best(lambda: json.dumps(json.loads(text)))


def _best(work: Callable[[], Any]) -> float:
    """CPU seconds of one call, at its quietest: this machine may be busy with other things."""
    work()
    best = float("inf")
    gc.disable()
    try:
        for _ in range(ROUNDS):
            start = time.process_time()
            for _ in range(CALLS):
                work()
            best = min(best, time.process_time() - start)
            gc.collect()
    finally:
        gc.enable()
    return best / CALLS


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
