"""What tests of the command line are written with.

`url` is a platform worked by hand behind a real port, `canned` a function behind
one that answers what it is told to; `run` is a command line in this process,
`shell` in a process of its own.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from localrun.functions import Functions

ROOT = Path(__file__).resolve().parent.parent.parent


class Canned:
    """An operator function with actions of the test's own: `schemas`, `answers`, and what it was `asked`."""

    def __init__(self) -> None:
        self.schemas: dict[str, Any] = {}
        self.answers: dict[str, Any] = {}
        self.asked: list[dict[str, Any]] = []
        self.bodies: list[str] = []

    def answer(self, body: bytes) -> dict[str, Any]:
        event = json.loads(body)
        name = event["action"]
        if name == "help":
            known = {
                each: {"summary": each, "schema": self.schemas.get(each, {"properties": {}})}
                for each in ["help", *self.answers]
            }
            return {"ok": True, "data": {"actions": known}}
        self.asked.append(event)
        self.bodies.append(body.decode())
        found = self.answers[name]
        if isinstance(found, list):  # one after the other, the last one for good
            found = found.pop(0) if len(found) > 1 else found[0]
        return found if "ok" in found else {"ok": True, "data": found}


@pytest.fixture
def canned(monkeypatch: pytest.MonkeyPatch) -> Iterator[Canned]:
    made = Canned()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            text = json.dumps(made.answer(body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    monkeypatch.delenv("OCPI_FUNCTION", raising=False)
    monkeypatch.setenv("OCPI_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("COLUMNS", "160")
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def url(hand: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The invoke API of the platform of `hand`, on loopback."""
    from localrun.front import Front

    functions: Functions = hand.functions
    front = Front(functions, lambda after: [])
    port = front.start(0)
    monkeypatch.delenv("OCPI_FUNCTION", raising=False)
    monkeypatch.setenv("OCPI_URL", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("COLUMNS", "160")
    yield f"http://127.0.0.1:{port}"
    front.stop()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Exit status, standard output and standard error of a command line."""

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, "".join(line for line in out.splitlines(True) if not line.startswith('{"at"')), err

    return run


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def shell(*arguments: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """manage.py as a process of its own."""
    environ = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={name: value for name, value in (environ | more.pop("env", {})).items() if value is not None},
        **more,
    )
