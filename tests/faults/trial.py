"""The trial: a platform in a process of its own, three hostile partners, changes, kills, and the verdict."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from localrun import ROOT
from localrun.emulator import Ministack
from tests import samples
from tests.faults.hostile import Hostile
from tests.stub import PartnerStub

STAGE = "faults"
PARTIES = [
    {"role": "CPO", "country_code": "NL", "party_id": "EXA", "business_details": {"name": "Example"}},
]
PARTNERS = [("2.2.1", "DE", "MSP"), ("2.1.1", "FR", "OLD"), ("2.3.0", "SE", "NEW")]
START = datetime(2026, 3, 1, 10, tzinfo=UTC)
# Seconds a message is hidden from others while one works on it; on AWS it is six times the function's limit.
VISIBILITY = 20


class Process:
    """`local.py` on a port and endpoint that outlive it."""

    def __init__(self, endpoint: str, parties: list[dict[str, Any]]) -> None:
        self._endpoint, self._parties = endpoint, parties
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OCPI_", "AWS_"))}
        self._log = open(ROOT / ".tools" / "faults.log", "a")  # noqa: SIM115
        self._process = subprocess.Popen(
            [sys.executable, "local.py"],
            cwd=ROOT,
            env={
                **kept,
                "PYTHONUNBUFFERED": "1",
                "PORT": str(self.port),
                "AWS_ENDPOINT_URL": self._endpoint,
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "OCPI_STAGE": STAGE,
                "OCPI_SEED": "0",
                "OCPI_PARTIES": json.dumps(self._parties),
                "OCPI_RETRY_SCHEDULE": "1,2,3",
                "OCPI_PULL_INTERVAL": "0",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._log.write(line)
            if found := re.search(r"OCPI platform +http://127.0.0.1:(\d+)", line):
                self.port = int(found[1])
            if "Ctrl-C" in line:
                break
        else:
            raise AssertionError(f"the platform ended with {self._process.wait()}")
        self._drain = subprocess.Popen(["cat"], stdin=self._process.stdout, stdout=self._log)

    def kill(self) -> None:
        """At once, in the middle of whatever it does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._drain.wait()
            self._process = None

    def do(self, action: str, **fields: Any) -> Any:
        """An operator action; raises OSError when the platform is not there."""
        url = f"http://127.0.0.1:{self.port}/2015-03-31/functions/operator/invocations"
        body = json.dumps({"action": action, **fields}, default=float).encode()
        with urllib.request.urlopen(urllib.request.Request(url, body), timeout=60) as answer:
            found = json.load(answer)
        if not found.get("ok"):
            raise RuntimeError(found)
        return found["data"]

    def surely(self, action: str, **fields: Any) -> Any:
        """The same, repeated until the platform is there and does it."""
        until = time.monotonic() + 60
        while True:
            try:
                return self.do(action, **fields)
            except (OSError, RuntimeError, ValueError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)


@dataclass
class Truth:
    """What was put, as the partners should come to know it."""

    random: random.Random
    tick: int = 0
    locations: dict[str, dict[str, Any]] = field(default_factory=dict)
    sessions: dict[str, dict[str, Any]] = field(default_factory=dict)
    tariffs: dict[str, dict[str, Any]] = field(default_factory=dict)
    cdrs: dict[str, str] = field(default_factory=dict)

    def now(self) -> str:
        self.tick += 1
        return f"{START + timedelta(seconds=self.tick):%Y-%m-%dT%H:%M:%SZ}"

    def create(self, process: Process, many: int) -> None:
        for at in range(many):
            id = f"LOC{at}"
            self.locations[id] = samples.location(id, 3, last_updated=self.now())
        process.surely("put", module="locations", objects=list(self.locations.values()))

    def change(self, process: Process) -> None:
        """One random change, acknowledged."""
        kind = self.random.choices(["status", "name", "session", "tariff", "cdr"], [60, 8, 20, 6, 6])[0]
        getattr(self, f"_{kind}")(process)

    def _status(self, process: Process) -> None:
        location = self.random.choice(list(self.locations.values()))
        evse = self.random.choice(location["evses"])
        evse |= {
            "status": self.random.choice(["AVAILABLE", "CHARGING", "BLOCKED", "OUTOFORDER"]),
            "last_updated": self.now(),
        }
        changes = {name: evse[name] for name in ("status", "last_updated")}
        process.surely("patch", module="locations", id=location["id"], evse_uid=evse["uid"], changes=changes)

    def _name(self, process: Process) -> None:
        location = self.random.choice(list(self.locations.values()))
        location |= {"name": f"Name {self.tick}", "last_updated": self.now()}
        process.surely("put", module="locations", object=location)

    def _session(self, process: Process) -> None:
        _, country, party = self.random.choice(PARTNERS)
        id = f"S-{party}-{self.random.randrange(8)}"
        known = self.sessions.get(id)
        periods = len(known["charging_periods"]) + 1 if known else 1
        card = {**samples.CARD, "country_code": country, "party_id": party}
        self.sessions[id] = samples.session(
            id, periods, cdr_token=card, kwh=periods, location_id="LOC1", last_updated=self.now()
        )
        process.surely("put", module="sessions", object=self.sessions[id])

    def _tariff(self, process: Process) -> None:
        id = f"T{self.random.randrange(6)}"
        if id in self.tariffs and self.random.random() < 0.3:
            del self.tariffs[id]
            try:
                process.do("remove", module="tariffs", id=id)
            except (OSError, RuntimeError):  # killed in between: it is gone or will be
                time.sleep(1)
                try:
                    process.surely("remove", module="tariffs", id=id)
                except RuntimeError as problem:
                    if "unknown" not in str(problem).lower() and "no such" not in str(problem).lower():
                        raise
            return
        currency = self.random.choice(["EUR", "DKK", "SEK"])
        self.tariffs[id] = samples.tariff(id, currency=currency, last_updated=self.now())
        process.surely("put", module="tariffs", object=self.tariffs[id])

    def _cdr(self, process: Process) -> None:
        _, country, party = self.random.choice(PARTNERS)
        id = f"C-{party}-{len(self.cdrs)}"
        card = {**samples.CARD, "country_code": country, "party_id": party}
        self.cdrs[id] = party
        process.surely("put", module="cdrs", object=samples.cdr(id, cdr_token=card, last_updated=self.now()))

    def differences(self, party: str, partner: Hostile) -> list[str]:
        """What a partner holds that is not so, or does not hold."""
        found = []
        for id, location in self.locations.items():
            held = partner.locations.get(id)
            if held is None or held["name"] != location["name"]:
                found.append(f"location {id}")
                continue
            theirs = {each["uid"]: (each["status"], each["last_updated"]) for each in held["evses"]}
            ours = {each["uid"]: (each["status"], each["last_updated"]) for each in location["evses"]}
            found += [
                f"EVSE {id}/{uid}: {theirs.get(uid)}, not {ours[uid]}"
                for uid in ours
                if theirs.get(uid) != ours[uid]
            ]
        for id, session in self.sessions.items():
            if party not in id:
                continue
            held = partner.objects["sessions"].get(id)
            if held is None or held["last_updated"] != session["last_updated"]:
                found.append(f"session {id}")
            elif len(held["charging_periods"]) != len(session["charging_periods"]):
                found.append(f"periods of session {id}: {len(held['charging_periods'])}")
        tariffs = partner.objects["tariffs"]
        found += [f"tariff {id}" for id in self.tariffs.keys() ^ tariffs.keys()]
        found += [
            f"tariff {id}: {tariffs[id]['currency']}"
            for id in self.tariffs.keys() & tariffs.keys()
            if tariffs[id]["currency"] != self.tariffs[id]["currency"]
        ]
        mine = {id for id, owner in self.cdrs.items() if owner == party}
        found += [f"CDR {id}" for id in mine ^ partner.objects["cdrs"].keys()]
        return found


@dataclass
class Verdict:
    """What the trial found out."""

    changes: int
    requests: int
    faults: int
    kills: int
    seconds_to_agree: float
    violations: list[str]
    differences: list[str]

    def __str__(self) -> str:
        return (
            f"{self.changes} changes, {self.requests} requests of which {self.faults} failed on purpose, "
            f"{self.kills} kills; agreed after {self.seconds_to_agree:.0f} s; "
            f"violations {self.violations[:5]}, differences {self.differences[:8]}"
        )


def run(seconds: float, kills: int, *, faulty: float = 0.4, patience: float = 60, seed: int = 1) -> Verdict:
    """Change things for so many seconds, then wait until all partners hold what is true."""
    chance = random.Random(seed)
    emulator = Ministack()
    emulator.start()
    stubs = [
        PartnerStub(
            [{"role": "EMSP", "country_code": country, "party_id": party}],
            version,
            name=party,
            own_token=party,
        )
        for version, country, party in PARTNERS
    ]
    process = Process(emulator.endpoint, PARTIES)
    try:
        process.start()
        shorten(emulator)
        hostile = {stub.name: Hostile(stub, seed + at) for at, stub in enumerate(stubs)}
        for stub in stubs:
            register(process, stub)
        truth = Truth(chance)
        truth.create(process, 8)
        for each in hostile.values():
            each.faulty = faulty
        changes, killed = _rage(process, truth, stubs, hostile[stubs[0].name], chance, seconds, kills)
        requests = sum(each.requests for each in hostile.values())
        faults = sum(each.faults for each in hostile.values())
        for each in hostile.values():
            each.faulty, each.silences = 0.05, 0
        ended = time.monotonic()
        differences: list[str] = ["?"]
        while differences and time.monotonic() - ended < patience:
            time.sleep(0.5)
            differences = [
                f"{name}: {each}"
                for name, partner in hostile.items()
                for each in truth.differences(name, partner)
            ]
        if differences:
            print([_waiting(process, stub) for stub in stubs])
        return Verdict(
            changes=changes,
            requests=requests,
            faults=faults,
            kills=killed,
            seconds_to_agree=time.monotonic() - ended,
            violations=[
                f"{name}: {each}" for name, partner in hostile.items() for each in partner.violations
            ],
            differences=differences,
        )
    finally:
        process.kill()
        for stub in stubs:
            stub.down()
        emulator.stop()


def _rage(
    process: Process,
    truth: Truth,
    stubs: list[PartnerStub],
    failing: Hostile,
    chance: random.Random,
    seconds: float,
    kills: int,
) -> tuple[int, int]:
    """Change things, kill the platform at random moments, let one partner be gone for a while, and a module
    of another fail while its versions answer.
    """
    began = time.monotonic()
    moments = sorted(chance.uniform(0.1, 0.9) * seconds for _ in range(kills))
    changes = killed = 0
    dead = stubs[-1]
    while (passed := time.monotonic() - began) < seconds:
        if moments and passed > moments[0]:
            moments.pop(0)
            process.kill()
            killed += 1
            process.start()
        if 0.3 * seconds < passed < 0.7 * seconds:
            dead.down()
            failing.failing = "tariffs"
        else:
            dead.up()
            failing.failing = ""
        truth.change(process)
        changes += 1
    dead.up()
    failing.failing = ""
    return changes, killed


def _waiting(process: Process, stub: PartnerStub) -> Any:
    return stub.name, process.do("deliveries", partner=stub.id, limit=5)["deliveries"]


def shorten(emulator: Ministack) -> None:
    """Let messages of workers that were killed come back soon."""
    from chalicelib.aws.clients import Clients

    sqs = Clients(emulator.environ({})).sqs
    for name in ("push", "push-slow", "pull"):
        url = sqs.get_queue_url(QueueName=f"ocpi-{STAGE}-{name}")["QueueUrl"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": str(VISIBILITY)})


def register(process: Process, stub: PartnerStub) -> None:
    """Invite a partner and let it register."""
    invited = process.surely("invite", name=stub.name, roles=stub.roles)
    request = urllib.request.Request(
        f"http://127.0.0.1:{process.port}/ocpi/{stub.version}/credentials",
        json.dumps(stub.credentials).encode(),
        {"Authorization": f"Token {invited['token']}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        found = json.load(answer)
    assert found["status_code"] == 1000, found
    stub.id, stub.token = invited["partner"], found["data"]["token"]
