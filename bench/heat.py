"""The heat of a feed's counter: many writers of new objects of one owner, where writes are atomic.

Run alone, as it starts a ministack: `python -m bench heat` (`make emulator EMULATOR=ministack` installs it).
Seconds are this machine's; what carries over is how often a writer has to try, and that nobody gives up.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from chalicelib import wiring
from chalicelib.ocpi.errors import ServerError
from chalicelib.store.dynamodb import retried
from chalicelib.store.object_items import Key, Part
from chalicelib.store.objects import Objects

FEED = "NL/EXA>DE/MSP"
OBJECTS = 200
# What the inbox does at once, and how many objects a bulk `put` stores together.
INBOX, TOGETHER = 5, 20
PARTIES = [{"role": "CPO", "country_code": "NL", "party_id": "EXA", "business_details": {"name": "x"}}]


def measure() -> list[tuple[str, str, str]]:
    """Transactions per new Session of one owner for one eMSP, by how many write at once."""
    from localrun.emulator import Ministack

    emulator = Ministack()
    emulator.start()
    try:
        rows = [_row(emulator, writers, 1) for writers in (1, 10, 50)]
        return [*rows, _row(emulator, INBOX, TOGETHER)]
    finally:
        emulator.stop()


def _row(emulator: Any, writers: int, together: int) -> tuple[str, str, str]:
    platform, tried = _platform(emulator, f"heat-{writers}-{together}")
    each = OBJECTS // writers

    def write(writer: int) -> int:
        store, failed = Objects(platform), 0
        for at in range(each):
            keys = [Key("sessions", "NL", "EXA", f"{writer}-{at}-{one}") for one in range(together)]
            made = [(key, Part("", "2.3.0", "2026-01-01T00:00:00.000Z", '{"x":1}' * 40)) for key in keys]
            try:
                retried(partial(store.create_all, "sessions", FEED, made, True))
            except ServerError:
                failed += 1
        return failed

    began = time.monotonic()
    with ThreadPoolExecutor(writers) as pool:
        failed = sum(pool.map(write, range(writers)))
    took = time.monotonic() - began
    (head,) = platform.objects.feeds.heads("sessions", [FEED])
    assert head.count == (OBJECTS - failed) * together
    many = f", {together} in a transaction" if together > 1 else ""
    return (
        f"new Sessions of one owner for one eMSP, {writers} writers{many}",
        f"{tried[0] / OBJECTS:.1f} tries, {failed} gave up, {head.count / took:.0f}/s",
        "nobody gives up",
    )


def _platform(emulator: Any, stage: str) -> tuple[wiring.Platform, list[int]]:
    """A platform with tables of its own, and the number of its transactions so far."""
    from chalicelib.aws.clients import Clients
    from localrun import creation
    from localrun.template import Template

    environ: Mapping[str, str] = {
        **emulator.environ(),
        "OCPI_PARTIES": json.dumps(PARTIES),
        "OCPI_STAGE": stage,
    }
    clients = Clients(environ)
    creation.create(Template.read(stage, "000000000000"), clients)
    tried, lock = [0], threading.Lock()

    def count(**_: Any) -> None:
        with lock:
            tried[0] += 1

    clients.dynamodb.meta.events.register("provide-client-params.dynamodb.TransactWriteItems", count)
    return wiring.build(environ, clients), tried
