"""What `make run` takes of a machine: idle, and from a bulk `put` until a partner was told of all of it.

The platform is a process of its own, so that its CPU is its own; the partner is here. Seconds are those of
this machine, CPU seconds nearly so on one that is busy with other things.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.delivery import SETTINGS, heard, join
from localrun import ROOT
from localrun.platform import eventually
from tests import samples
from tests.stub import PartnerStub

Row = tuple[str, str, str]
IDLE_SECONDS = 20.0
MANY = int(os.environ.get("OCPI_BENCH_LOCAL", "1000"))
TICKS = os.sysconf("SC_CLK_TCK")


class Process:
    """A platform as `make run` starts it."""

    def __init__(self, port: int) -> None:
        self.base_url = f"http://127.0.0.1:{port}"
        environ = {
            **os.environ,
            **SETTINGS,
            "PORT": str(port),
            "OCPI_SEED": "0",
            "OCPI_BASE_URL": self.base_url,
        }
        self._process = subprocess.Popen(
            [sys.executable, "local.py"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL
        )

    def do(self, action: str, **fields: Any) -> Any:
        """The data of an operator action, asked for as `manage.py` does."""
        url = f"{self.base_url}/2015-03-31/functions/operator/invocations"
        with urllib.request.urlopen(url, json.dumps({"action": action, **fields}).encode(), 600) as answer:
            found = json.load(answer)
        assert found["ok"], found
        return found["data"]

    @property
    def cpu(self) -> float:
        """CPU seconds so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    @property
    def threads(self) -> int:
        return len(list(Path(f"/proc/{self._process.pid}/task").iterdir()))

    def is_up(self) -> bool:
        """Whether it answers; fails where it has ended."""
        assert self._process.poll() is None, "the platform ended"
        try:
            self.do("status")
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """End it as Ctrl-C does."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(60)


def measure() -> list[Row]:
    """Rows of (what, measured, target); none where there is no /proc to read CPU times from."""
    if not Path("/proc/self/stat").exists():
        return [("make run", "not measured: no /proc", "-")]
    with _running() as platform:
        return [*_idle(platform), *_busy(platform)]


@contextmanager
def _running() -> Iterator[Process]:
    platform = Process(_free_port())
    try:
        eventually(platform.is_up, 300, 0.2)
        yield platform
    finally:
        platform.stop()


def _idle(platform: Process) -> Iterator[Row]:
    time.sleep(5)  # what its start left to do
    before, began = platform.cpu, time.monotonic()
    time.sleep(IDLE_SECONDS)
    share = (platform.cpu - before) / (time.monotonic() - began)
    yield f"make run, idle for {IDLE_SECONDS:.0f} s", f"{share:.1%} of a core", "< 1 %"
    yield "  threads", str(platform.threads), "-"


def _busy(platform: Process) -> Iterator[Row]:
    """So many Locations put by one action, and until the one partner has them all."""
    stub = PartnerStub(
        [{"role": "EMSP", "country_code": "DE", "party_id": "AAA"}], name="AAA", own_token="AAA"
    )
    try:
        join(platform, stub)
        places = [samples.location(f"LOC{at}", 2) for at in range(MANY)]
        cpu, began = platform.cpu, time.monotonic()
        platform.do("put", module="locations", objects=places)
        took, spent = time.monotonic() - began, platform.cpu - cpu
        yield f"put of {MANY:,} Locations of 2 EVSEs", f"{took:.1f} s, {spent:.1f} s CPU", "seconds"
        eventually(lambda: len({each.path for each in heard(stub)}) == MANY, 3600, 0.2)
        took, spent = time.monotonic() - began, platform.cpu - cpu
        yield "  until one partner was told of all", f"{took:.1f} s, {spent:.1f} s CPU", "seconds"
        yield "  requests to it for each", f"{len(heard(stub)) / MANY:.2f}", "1"
    finally:
        stub.down()


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
