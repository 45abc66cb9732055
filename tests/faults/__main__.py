"""The long trial: `python -m tests.faults --seconds 300 --kills 6`."""

from __future__ import annotations

import argparse
import sys

from tests.faults import hub_trial, trial


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--kills", type=int, default=6)
    parser.add_argument("--faulty", type=float, default=0.4)
    parser.add_argument("--patience", type=float, default=180, help="seconds to agree after the last change")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hub", action="store_true", help="with a hub between")
    asked = parser.parse_args()
    run = hub_trial.run if asked.hub else trial.run
    verdict = run(asked.seconds, asked.kills, faulty=asked.faulty, patience=asked.patience, seed=asked.seed)
    print(verdict)
    return 1 if verdict.violations or verdict.differences else 0


sys.exit(main())
