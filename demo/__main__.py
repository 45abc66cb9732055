"""`make demo`: a CPO and an eMSP, two deployments, live through a roaming day on each version of OCPI.

Exits 0 only if every step was really seen on the other side.
`python -m demo 2.2.1` plays that version's day alone.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import Any

from demo.day import CPO, EMSP, SPEED, STEPS, Day, NotSeen

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")


def main(versions: list[str]) -> int:
    """Play the days; 1 when something was not seen."""
    from localrun.platform import LocalPlatform
    from simulator.charge_point import BackEnd

    started = time.monotonic()
    with open(os.environ.get("DEMO_LOG", os.devnull), "w") as logs, contextlib.redirect_stdout(logs):
        cpo = LocalPlatform(_settings("CPO", CPO, "Example Charging"))
        emsp = LocalPlatform(_settings("EMSP", EMSP, "Example Mobility"))
        with cpo, emsp, BackEnd(cpo.operator, cpo.events, speed=SPEED, tick=0.3):
            say(f"A CPO at {cpo.versions_url}")
            say(f"An eMSP at {emsp.versions_url}")
            try:
                for version in versions or VERSIONS:
                    say(f"\nA roaming day on OCPI {version}")
                    day = Day(cpo, emsp, version, say)
                    for step in STEPS:
                        step(day)
            except NotSeen as problem:
                say(f"  FAILED: {problem}")
                return 1
    say(f"\nEvery step was seen on the other side, in {time.monotonic() - started:.0f} s.")
    return 0


def say(text: str) -> None:
    """To the audience; the platforms' own logs go to the file named by DEMO_LOG."""
    print(text, file=sys.__stdout__, flush=True)


def _settings(role: str, party: str, name: str) -> dict[str, str]:
    country, id = party.split("/")
    parties: list[dict[str, Any]] = [
        {"role": role, "country_code": country, "party_id": id, "business_details": {"name": name}}
    ]
    return {"OCPI_PARTIES": json.dumps(parties)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
