"""`make bench`: every measurement of the design beside its target, as one table.

Each sibling module with a `measure()` contributes rows (what, measured, target).
Run one alone with `python -m bench NAME`. Each run is kept as JSON in `build/bench/<commit>.json`;
`python -m bench compare A.json B.json` prints what differs in two of them, worst first.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback

from bench import kept

ROOMS = (
    "core",
    "pricing",
    "imports",
    "storage",
    "growth",
    "parts",
    "bridge",
    "signing",
    "doors",
    "partners",
    "delivery",
    "localrun",
    "hub",
    "trust",
    "package",
)
# With PEERS=1: the libraries beside ours are installed for it.
PEERS = ("peers",)


def main(names: list[str]) -> int:
    """Print the table; 1 if a measurement could not be made."""
    if names[:1] == ["compare"]:
        if len(names) != 3:
            print("usage: python -m bench compare A.json B.json", file=sys.stderr)
            return 2
        return kept.compare(*names[1:])
    failed = False
    found: dict[str, list[kept.Row]] = {}
    print(f"{'what':<72} {'measured':<34} target")
    for name in names or [*ROOMS, *(PEERS if os.environ.get("PEERS") == "1" else ())]:
        try:
            rows = importlib.import_module(f"bench.{name}").measure()
        except Exception:
            traceback.print_exc()
            failed = True
            continue
        found[name] = list(rows)
        print(f"-- {name}")
        for what, measured, target in found[name]:
            print(f"{what:<72} {measured:<34} {target}")
    kept.keep(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
