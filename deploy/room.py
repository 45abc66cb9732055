"""Where the rehearsal takes place: an emulated AWS with IAM enforced, and tools that are its own.

`python -m deploy.room` installs the tools into `.tools/`, each set in an environment of its own.
"""

from __future__ import annotations

import os
import platform as machine
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TOOLS = ROOT / ".tools"
PINNED = {
    "rehearsal": (
        "ministack==1.5.33",
        "boto3==1.43.106",
        "aws-sam-translator==1.115.0",
        "cryptography==50.0.2",
    ),
    "awscli": ("awscli==1.45.11",),
}


class NotAsItShouldBe(Exception):
    """What the rehearsal found wrong."""


def install() -> None:
    """The tools, made on first use and when their pins change. Raises NotAsItShouldBe."""
    for name, packages in PINNED.items():
        _environment(name, packages)


@contextmanager
def emulator() -> Iterator[dict[str, str]]:
    """The environment in which everything talks to a fresh emulator; its log is kept in build/."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (ROOT / "build").mkdir(exist_ok=True)
    own = os.environ | {
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    with (ROOT / "build" / "rehearsal.log").open("wb") as log:
        process = subprocess.Popen(
            [str(TOOLS / "rehearsal" / "bin" / "python"), str(ROOT / "deploy" / "emulated.py")],
            env=own,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            until(lambda: _open(port), "the emulator did not start")
            yield _environ(port)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _environ(port: int) -> dict[str, str]:
    """Nothing of the developer's own AWS settings or of an outer make reaches the rehearsal."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "OCPI_", "MAKE", "MFLAGS"))
    }
    return kept | {
        "PATH": f"{TOOLS / 'awscli' / 'bin'}:{os.environ.get('PATH', '')}",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "ARCH": "arm64" if machine.machine() == "aarch64" else "x86_64",
        "OCPI_ALLOW_PRIVATE_URLS": "1",
    }


def _open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _environment(name: str, packages: tuple[str, ...]) -> None:
    """A virtual environment with exactly these, made on first use and when the pins change."""
    home = TOOLS / name
    mark = home / ".installed"
    if mark.exists() and mark.read_text() == " ".join(packages):
        return
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(home)],
        [str(home / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", *packages],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        expect(done.returncode == 0, f"{' '.join(command)}:\n{done.stderr[-2000:]}")
    mark.write_text(" ".join(packages))


def expect(holds: Any, otherwise: str) -> None:
    if not holds:
        raise NotAsItShouldBe(otherwise)


def until(holds: Callable[[], bool], otherwise: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise NotAsItShouldBe(f"{otherwise} within {seconds:.0f} s")
        time.sleep(0.2)


if __name__ == "__main__":
    install()
