"""What a request costs here and with the Python libraries one would pick instead: `make bench PEERS=1`.

Each library is installed on first use into an environment of its own in `.tools/`, where `bench.peer` drives
it in a process of its own. It keeps objects in a dict; ours is the whole request as it is deployed, from API
Gateway's event through Chalice to the answer, DynamoDB's and EventBridge's answers played back behind
botocore. CPU milliseconds; all take turns, ratios are medians. Both get the same bodies, in 2.2.1.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from bench import samples
from bench.doors import CPO, EMSP, SETTINGS, by_hand, seen
from bench.storage import a_location, a_status, a_token, as_json
from bench.tape import Tape, recorded
from chalicelib import wiring
from chalicelib.ocpi import writing
from localrun import ROOT
from localrun.emulator import refuse_reserved
from localrun.functions import Context

Row = tuple[str, str, str]
PEERS = ("py-ocpi==0.3.1", "extrawest-ocpi==2025.7.16")
TURNS, TIMES, PLACES = 9, 4, 50
TOOLS = ROOT / ".tools"
API = "ocpi-bench-api-handler"
# Deployed, botocore checks no parameters: so here.
DEPLOYED = {**SETTINGS, "AWS_LAMBDA_FUNCTION_NAME": API}
TOKEN, LIMIT = "tokens/BE/EMS/KNOWN", f"?limit={PLACES}"


@dataclass(frozen=True)
class Asked:
    """One request: who makes it, where it goes here and at a peer, and what was said before it here."""

    what: str
    method: str
    role: str
    ours: str
    theirs: str
    body: bytes = b""
    before: bytes = b""


def measure() -> list[Row]:
    """Rows of (what, measured, target). Peers that cannot be installed have a row that says so."""
    with ExitStack() as stack:
        peers, missing = {}, []
        for requirement in PEERS:
            if (python := _installed(requirement)) is None:
                missing.append((requirement, "cannot be installed here", "-"))
            else:
                peers[requirement] = stack.enter_context(_driven(python))
        ours = _Ours(stack.enter_context(by_hand(DEPLOYED)))
        return [row for asked in _requests() for row in _beside(asked, ours, peers)] + missing


def _requests() -> list[Asked]:
    known = a_token("KNOWN")
    status = "PATCH of an EVSE status, Location of 10"
    authorize, page = "tokens/KNOWN/authorize", f"page of {PLACES} Locations of 10 EVSEs"
    sent = {"body": _body("token", known), "before": _body("token", {**known, "issuer": "Other"})}
    return [
        *(_put(many) for many in (10, 100)),
        Asked(status, "PATCH", "CPO", *_at("L10/3256"), a_status("CHARGING", 2), a_status("BLOCKED", 1)),
        Asked("PUT of a Token", "PUT", "EMSP", f"receiver/{TOKEN}", f"cpo/2.2.1/{TOKEN}", **sent),
        Asked("real-time authorization", "POST", "CPO", f"sender/{authorize}", f"emsp/2.2.1/{authorize}"),
        Asked(page, "GET", "EMSP", f"sender/locations{LIMIT}", f"cpo/2.2.1/locations/{LIMIT}"),
    ]


def _put(evses: int) -> Asked:
    place = a_location(f"L{evses}", evses)
    body, before = _place(place), _place({**place, "name": "Other"})
    return Asked(f"PUT of a Location of {evses} EVSEs", "PUT", "CPO", *_at(f"L{evses}"), body, before)


def _at(place: str) -> tuple[str, str]:
    return f"receiver/locations/BE/BEC/{place}", f"emsp/2.2.1/locations/BE/BEC/{place}"


def _place(whole: dict[str, Any]) -> bytes:
    """Without energy_mix, of which both peers have other shapes than OCPI has."""
    return _body("location", {name: value for name, value in whole.items() if name != "energy_mix"})


def _body(kind: str, whole: dict[str, Any]) -> bytes:
    return as_json(writing.write(kind, whole, "2.2.1").object)


def _beside(asked: Asked, ours: _Ours, peers: dict[str, _Peer]) -> Iterator[Row]:
    """The request here, and by each peer what it takes there."""
    for peer in peers.values():
        peer.seconds(asked, 1)
    with ours.playing(asked) as here:
        turns = [[*here(), *(peer.seconds(asked, TIMES) for peer in peers.values())] for _ in range(TURNS)]
    own, sdk, *others = (list(column) for column in zip(*turns, strict=True))
    yield asked.what, f"{median(own) * 1e3:.2f} ms ({median(sdk) * 1e3:.2f} SDK)", "below every peer"
    for name, column in zip(peers, others, strict=True):
        ratio = median(mine / each for mine, each in zip(own, column, strict=True))
        yield f"  {name}", f"{median(column) * 1e3:.2f} ms, ours {ratio:.2f} x", "ours < 1 x"


class _Ours:
    """Our functions by hand, with a CPO, an eMSP and objects of ours."""

    def __init__(self, hand: Any) -> None:
        self._hand = hand
        self._partners = {"CPO": hand.register_partner(CPO), "EMSP": hand.register_partner(EMSP)}
        hand.operate("put", module="locations", objects=_places("NL", "EXA"), version="2.2.1")
        known = {**samples.token(), "uid": "KNOWN", "party_id": "EXM"}
        hand.operate("put", module="tokens", object=known, version="2.2.1")
        # What tests alone look at, call by call.
        dynamodb = hand.platform.clients.dynamodb.meta.events
        dynamodb.unregister("provide-client-params.dynamodb", refuse_reserved)

    @contextmanager
    def playing(self, asked: Asked) -> Iterator[Callable[[], tuple[float, float]]]:
        """CPU seconds of this request, and the SDK's of them, whenever it is called; it says what is new."""
        from moto.core.models import botocore_stubber

        token, clients = self._partners[asked.role].token, self._hand.platform.clients
        path = f"/ocpi/2.2.1/{asked.ours}"

        def ask(body: bytes = asked.body) -> None:
            answer = self._hand.ask(asked.method, path, token, body or None)
            assert answer.code == 1000, answer.text

        ask()
        event, _ = seen(self._hand, ask)
        if asked.before:
            ask(asked.before.replace(b"2026-03-02", b"2026-03-03"))
        clock = time.thread_time  # some calls are made beside the others
        with recorded(clients.dynamodb, clock) as stored, recorded(clients.events, clock) as told:
            self._answer(event)
            stored.playing = told.playing = True
            botocore_stubber.enabled = False  # botocore asks every handler, also when one has answered
            try:
                yield lambda: self._seconds(event, stored, told)
            finally:
                botocore_stubber.enabled = True

    def _seconds(self, event: Any, *tapes: Tape) -> tuple[float, float]:
        gc.freeze()  # what the emulator holds is none of a request's garbage
        try:
            spent, began = sum(tape.spent for tape in tapes), time.process_time()
            for _ in range(TIMES):
                for tape in tapes:
                    tape.at = 0
                self._answer(event)
            whole = time.process_time() - began
            return whole / TIMES, (sum(tape.spent for tape in tapes) - spent) / TIMES
        finally:
            gc.unfreeze()

    def _answer(self, event: Any) -> None:
        with wiring.using(self._hand.platform):
            answer = self._hand.functions.app(event, Context(API))
        assert '"status_code":1000' in answer["body"], answer


def _places(country_code: str, party_id: str) -> list[dict[str, Any]]:
    owner = {"country_code": country_code, "party_id": party_id}
    return [json.loads(_place({**a_location(f"O{at}", 10), **owner})) for at in range(PLACES)]


class _Peer:
    """A library in its own process, which answers a line for a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        for place in _places("BE", "BEC"):
            body = as_json(place)
            self.seconds(Asked("", "PUT", "", *_at(place["id"]), body), 1)

    def seconds(self, asked: Asked, times: int) -> float:
        """CPU seconds of one of so many such requests."""
        assert self._process.stdin and self._process.stdout
        path = f"/ocpi/{asked.theirs}"
        line = {"method": asked.method, "path": path, "body": asked.body.decode(), "times": times}
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        assert answer["status"] == 200 and '"status_code":1000' in answer["text"], answer
        return float(answer["seconds"])


@contextmanager
def _driven(python: Path) -> Iterator[_Peer]:
    # -P: this folder has a module of the same name as one of the standard library.
    command = [str(python), "-P", str(ROOT / "bench" / "peer.py")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            yield _Peer(process)
        finally:
            process.kill()


def _installed(requirement: str) -> Path | None:
    """The Python that has this library, installed where it is missing; None where it cannot be."""
    home = TOOLS / requirement.replace("==", "-")
    python = home / "bin" / "python"
    if not (home / ".ready").exists():
        print(f"installing {requirement} into {home.relative_to(ROOT)} (first use only)", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        if subprocess.run([*pip, requirement], check=False).returncode:
            return None
        (home / ".ready").touch()
    return python
