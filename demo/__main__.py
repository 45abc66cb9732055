"""`make demo`: a CPO and an eMSP, two deployments, live through a roaming day on each version of OCPI.

Exits 0 only if every step was really seen on the other side.
`python -m demo 2.2.1` plays that version's day alone, `python -m demo hub` the one through a hub.
"""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from demo import extras, hub_day, money, objects
from demo.day import (
    CPO,
    EMSP,
    SPEED,
    Day,
    NotSeen,
    authorize,
    charge,
    outage,
    publish,
    register,
    rotate,
    unregister,
)

STEPS = (
    register,
    publish,
    authorize,
    charge,
    money.bill,
    extras.reserve,
    extras.hub_notice,
    rotate,
    outage,
    unregister,
)
VERSIONS = ("2.1.1", "2.2.1", "2.3.0")


def main(versions: list[str]) -> int:
    """Play the days; 1 when something was not seen."""
    from localrun.platform import LocalPlatform
    from simulator.charge_point import BackEnd
    from simulator.heard import Heard

    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        logs = stack.enter_context(open(os.environ.get("DEMO_LOG", os.devnull), "w"))
        stack.enter_context(contextlib.redirect_stdout(logs))
        tls = stack.enter_context(_https())
        heard, asked = Heard(tls=tls), Heard(tls=tls)
        cpo = LocalPlatform(_settings("CPO", CPO, "Example Charging") | _by_url(heard))
        emsp = LocalPlatform(_settings("EMSP", EMSP, "Example Mobility") | _by_url(asked))
        with heard, asked, cpo, emsp, BackEnd(cpo.operator, heard.events, speed=SPEED, tick=0.3):
            heard.know(cpo.operator)
            asked.know(emsp.operator)
            say(f"The CPO's charge points hear and decide by webhook, signed, at {heard.url}")
            say(f"The eMSP's back end at {asked.url}")
            say(f"A CPO at {cpo.versions_url}")
            say(f"An eMSP at {emsp.versions_url}")
            try:
                for version in versions or VERSIONS:
                    say(f"\nA roaming day on OCPI {version}")
                    day = Day(cpo, emsp, version, say)
                    day.while_charging = (extras.smart_charging,)
                    for step in STEPS:
                        step(day)
                if not versions:
                    extras.two_versions(cpo, say, _settings, _status_arrived)
                _decided(heard, "command")
                _decided(asked, "authorize")
            except NotSeen as problem:
                say(f"  FAILED: {problem}")
                return 1
    say(f"\nEvery step was seen on the other side, in {time.monotonic() - started:.0f} s.")
    return 0


def through_a_hub() -> int:
    """Play the day through a hub; 1 when something was not seen."""
    from localrun.platform import LocalPlatform
    from simulator.charge_point import BackEnd
    from simulator.heard import Heard

    started = time.monotonic()
    with contextlib.ExitStack() as stack:
        logs = stack.enter_context(open(os.environ.get("DEMO_LOG", os.devnull), "w"))
        stack.enter_context(contextlib.redirect_stdout(logs))

        def deployed(role: str, party: str, name: str, more: dict[str, str] | None = None) -> LocalPlatform:
            return stack.enter_context(LocalPlatform(_settings(role, party, name) | (more or {})))

        hub = deployed("HUB", hub_day.HUB, "Example Hub")
        emsp = deployed("EMSP", EMSP, "Example Mobility")
        say(f"A hub at {hub.versions_url}, an eMSP at {emsp.versions_url}")
        tls = stack.enter_context(_https())
        days, ears = [], []
        for party in hub_day.VERSIONS:
            ears.append(heard := stack.enter_context(Heard(tls=tls)))
            cpo = deployed("CPO", party, f"Charging {party}", _by_url(heard))
            heard.know(cpo.operator)
            stack.enter_context(BackEnd(cpo.operator, heard.events, speed=SPEED, tick=0.3))
            say(f"A CPO, {party}, at {cpo.versions_url}, whose back end hears and decides at {heard.url}")
            token = objects.token(hub_day.VERSION_OF_EMSP)
            days.append(hub_day.HubDay(cpo, emsp, hub, party, say, token))
        try:
            hub_day.play(days, say)
            for heard in ears:
                _decided(heard, "command")
        except NotSeen as problem:
            say(f"  FAILED: {problem}")
            return 1
    say(f"\nEvery step through the hub was seen on the other side, in {time.monotonic() - started:.0f} s.")
    return 0


@contextlib.contextmanager
def _https() -> Iterator[ssl.SSLContext]:
    """What back ends speak that have nothing but HTTPS; platforms of this process trust it meanwhile."""
    from simulator import certificate

    before = os.environ.get("SSL_CERT_FILE")
    with tempfile.TemporaryDirectory() as folder:
        file = certificate.make(Path(folder))
        os.environ["SSL_CERT_FILE"] = str(file)
        try:
            yield certificate.served(file)
        finally:
            del os.environ["SSL_CERT_FILE"]
            if before is not None:
                os.environ["SSL_CERT_FILE"] = before


def _by_url(heard: Any) -> dict[str, str]:
    """A back end that has nothing but a URL: it hears there, and is asked there."""
    return {"OCPI_BACKEND_URL": heard.url, "OCPI_BACKEND_DECIDES": "1"}


def _decided(heard: Any, decision: str) -> None:
    many = heard.decided.count(decision)
    if not many:
        raise NotSeen(f"nobody asked {heard.url} to decide: {decision}")
    say(f"  {heard.url} decided {many} times: {decision}")


def say(text: str) -> None:
    """To the audience; the platforms' own logs go to the file named by DEMO_LOG."""
    print(text, file=sys.__stdout__, flush=True)


def _status_arrived(day: Day, location_id: str) -> None:
    def arrived() -> bool:
        found = day.at_emsp("locations", location_id) or {"evses": []}
        return any(evse["status"] == "CHARGING" for evse in found["evses"])

    day.see(f"the EVSE's new status on {day.version}", arrived)


def _settings(role: str, party: str, name: str) -> dict[str, str]:
    country, id = party.split("/")
    parties: list[dict[str, Any]] = [
        {"role": role, "country_code": country, "party_id": id, "business_details": {"name": name}}
    ]
    return {"OCPI_PARTIES": json.dumps(parties), "OCPI_RETRY_SCHEDULE": "1,2,5,10,30"}


if __name__ == "__main__":
    chosen = sys.argv[1:]
    done = 0 if chosen == ["hub"] else main(chosen)
    sys.exit(done or (through_a_hub() if chosen in ([], ["hub"]) else 0))
