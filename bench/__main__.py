"""`make bench`: every measurement of the design beside its target, as one table.

Each sibling module with a `measure()` contributes rows (what, measured, target).
Run one alone with `python -m bench NAME`. Each run is kept as JSON in `build/bench/<commit>.json`,
so that two commits compare.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import traceback
from pathlib import Path

ROOMS = ("core", "pricing", "imports", "storage", "partners", "delivery", "hub", "trust", "package")


def main(names: list[str]) -> int:
    """Print the table; 1 if a measurement could not be made."""
    failed = False
    kept: dict[str, dict[str, str]] = {}
    print(f"{'what':<72} {'measured':<34} target")
    for name in names or ROOMS:
        try:
            rows = importlib.import_module(f"bench.{name}").measure()
        except Exception:
            traceback.print_exc()
            failed = True
            continue
        print(f"-- {name}")
        for what, measured, target in rows:
            kept.setdefault(name, {})[what] = measured
            print(f"{what:<72} {measured:<34} {target}")
    _keep(kept)
    return int(failed)


def _keep(found: dict[str, dict[str, str]]) -> None:
    """What was measured of this commit, beside what was measured of it before."""
    asked = ("git", "rev-parse", "--short", "HEAD")
    commit = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    file = Path("build/bench") / f"{commit}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    known = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps(known | found, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
