"""`make bench`: every measurement of the design beside its target, as one table.

Each sibling module with a `measure()` contributes rows (what, measured, target).
Run one alone with `python -m bench NAME`.
"""

from __future__ import annotations

import importlib
import sys
import traceback

ROOMS = ("core", "pricing", "imports", "storage", "partners", "delivery", "package")


def main(names: list[str]) -> int:
    """Print the table; 1 if a measurement could not be made."""
    failed = False
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
            print(f"{what:<72} {measured:<34} {target}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
