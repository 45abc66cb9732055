"""LocalPlatform: one whole deployment on this machine, as an object.

Several live in one process, each with its own settings, port and stage; tests
and the demo use that. `local.py` runs one in the foreground.
"""

from __future__ import annotations

import importlib
import itertools
import json
import socket
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from localrun import creation, seed
from localrun.emulator import Emulator, Moto, choose
from localrun.events import EventLog
from localrun.front import Front
from localrun.functions import Functions
from localrun.keep import Kept
from localrun.pump import LOOK, Pump, QueueFeed
from localrun.streams import StreamFeed
from localrun.template import Template

PARTIES = [
    {
        "role": "CPO",
        "country_code": "NL",
        "party_id": "EXA",
        "business_details": {"name": "Example Charging", "website": "https://charging.example.com"},
    },
    {
        "role": "EMSP",
        "country_code": "NL",
        "party_id": "EXM",
        "business_details": {"name": "Example Mobility", "website": "https://mobility.example.com"},
    },
]
DEFAULTS = {
    "OCPI_PARTIES": json.dumps(PARTIES),
    "OCPI_ALLOW_PRIVATE_URLS": "1",
    "OCPI_RETRY_SCHEDULE": "5,30,60,120",
    "OCPI_LOCAL_SWEEP": "1",
    "OCPI_SEED": "0",
}

_numbers = itertools.count(1)


class LocalPlatform:
    """A deployment of its own: emulator, tables, queues, HTTP port, workers.

    `settings` are the OCPI_ settings, over the local defaults above; the
    process's environment has no say. `emulator` is "moto", "ministack", the
    URL of an endpoint that is there, or an Emulator somebody else started and
    will stop.
    Without OCPI_STAGE, platforms on moto get a stage of their own. What moto
    holds outlives the process in the file `keep`.
    """

    def __init__(
        self,
        settings: Mapping[str, str] | None = None,
        port: int = 0,
        emulator: str | Emulator = "moto",
        host: str = "127.0.0.1",
        keep: Path | None = None,
    ) -> None:
        self.settings = {**DEFAULTS, **(settings or {})}
        self._port, self._host = port, host
        self._own_emulator = isinstance(emulator, str)
        self.emulator = choose(emulator) if isinstance(emulator, str) else emulator
        self._kept = Kept(keep, self.emulator) if keep and isinstance(self.emulator, Moto) else None
        self.base_url = ""
        self.wiring: Any = None
        self._kept_events: list[dict[str, Any]] = []
        self._front: Front | None = None
        self._pump: Pump | None = None

    def start(self, tell: Callable[[str], None] = lambda step: None) -> LocalPlatform:
        """Everything up and answering; `tell` hears what is done just now.

        Raises SettingsError, OSError for a port that is taken, Unusable for kept data that cannot be read.
        """
        from chalicelib import settings, wiring

        if isinstance(self.emulator, Moto) and "OCPI_STAGE" not in self.settings:
            self.settings["OCPI_STAGE"] = _own_stage()
        try:
            # What is wrong with the settings or the port stops us before anything was started.
            stage = settings.read(self.settings).stage
            _require_free(self._host, self._port)
            kind = type(self.emulator).__name__.lower()
            tell(f"starting the emulated AWS ({kind})" if self._own_emulator else "asking the AWS endpoint")
            if self._own_emulator:
                self.emulator.start()
            if self._kept is not None and self._kept.load():
                tell(f"went on with what was kept in {self._kept.file}")
            environ = {**self.settings, **self.emulator.environ()}
            self.wiring = wiring.build(environ)
            clients = self.wiring.clients
            template = Template.read(
                stage, creation.account(clients), environ["AWS_REGION"], settings=self.settings
            )
            tell("making tables, queues and the event bus")
            creation.create(template, clients)
            queue_url = creation.capture_events(stage, clients)
            self.event_log = EventLog(clients, queue_url, self.emulator, self._kept_events)
            app = importlib.import_module("app").app
            self.functions = Functions(app, importlib.import_module("chalicelib.workers"), self.wiring)
            self._front = Front(self.functions, self.event_log.after)
            self._port = self._front.listen(self._port, self._host)
            self.base_url = self.wiring.settings.base_url or f"http://127.0.0.1:{self._port}"
            self.wiring.seen_at(self.base_url)  # whatever Host a first request may claim
            clients.ssm.put_parameter(
                Name=f"/ocpi/{stage}/base_url", Value=self.base_url, Type="String", Overwrite=True
            )
            self._start_pump(template, stage)
            if self.settings["OCPI_SEED"] == "1":
                tell("putting sample locations, tariffs and tokens")
                seed.plant(self)
            self._front.serve()  # whoever asked meanwhile is answered with the samples in
        except BaseException:
            self.stop()
            raise
        return self

    def _start_pump(self, template: Template, stage: str) -> None:
        clients, emulator = self.wiring.clients, self.emulator
        self._pump = pump = Pump(emulator)
        for source in template.sources():
            if source.kind == "SQS":
                pump.queue(QueueFeed(source, self.functions, clients, emulator))
            elif source.kind == "DynamoDB":
                pump.stream(StreamFeed(source, self.functions, clients, emulator, stage))
            else:
                pump.schedule(source.function, self.functions, float(self.settings["OCPI_LOCAL_SWEEP"]))
        pump.repeat("events", self._collect_events)
        if self._kept is not None:
            pump.repeat("keep", self._kept.turn, told=False)

    def _collect_events(self) -> float:
        """Take what the bus carried; seconds until it is worth looking again."""
        if self.event_log.collect(self.emulator.poll_seconds):
            return 0.0
        return self.emulator.soonest(self.event_log.queue, LOOK)

    def stop(self) -> None:
        """Everything down; what was under way is taken up again by the next start on the same endpoint.

        This platform may be started again: on its port, and where its endpoint lives on (moto in
        this process does) with its data.
        """
        if self._front:
            self._front.stop()
        if self._pump:
            self._pump.stop()
            if self._kept is not None:
                self._kept.save()
        if self._own_emulator:
            self.emulator.stop()
        self._front = self._pump = None

    def operator(self, payload: Mapping[str, Any]) -> dict[str, Any]:
        """The operator function's answer."""
        answer = self.functions.call("operator", dict(payload))
        assert isinstance(answer, dict)
        return answer

    def do(self, action: str, **fields: Any) -> Any:
        """The `data` of an operator action. Raises RuntimeError with the action's error."""
        answer = self.operator({"action": action, **fields})
        if not answer["ok"]:
            raise RuntimeError(f"{action}: {answer['error']}")
        return answer["data"]

    def events(self, after: str = "") -> list[dict[str, Any]]:
        """What the back end heard so far, as EventBridge envelopes."""
        return self.event_log.after(after)

    @property
    def versions_url(self) -> str:
        return f"{self.base_url}/ocpi/versions"

    @property
    def port(self) -> int:
        return self._port

    def __enter__(self) -> LocalPlatform:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def eventually(check: Any, seconds: float = 10.0, pause: float = 0.02) -> Any:
    """The first truthy answer of `check`; fails with its last answer when time is up."""
    until = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > until:
            raise AssertionError(f"did not come true within {seconds} s: {found!r}")
        time.sleep(pause)


def _require_free(host: str, port: int) -> None:
    """Raises OSError when somebody listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _own_stage() -> str:
    """A stage that no platform of this process has or had: all its moto servers share one account."""
    at = next(_numbers)
    return "local" if at == 1 else f"local-{at}"
