"""What a request really does: from the event that API Gateway makes, through Chalice, to the answer.

Counted with what the other rooms leave out: messages are kept as the default has it, a new process knows no
partner and has no token of one in clear, events and queues are called. CPU is that of Chalice and the door,
beside that of the same request without them.
"""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from statistics import median
from typing import Any
from unittest import mock

from bench import samples
from bench.meter import Meter
from bench.platform import PARTIES, warm
from bench.storage import a_location, a_status, as_json
from bench.tape import played
from chalicelib import endpoint, wiring
from chalicelib.ocpi import jsontext
from localrun.functions import Context

Row = tuple[str, str, str]
SETTINGS = {
    "OCPI_PARTIES": PARTIES[:-1] + "," + PARTIES.replace("CPO", "EMSP").replace("EXA", "EXM")[1:],
    "OCPI_ALLOW_PRIVATE_URLS": "1",
    "OCPI_PULL_INTERVAL": "0",
    "OCPI_STAGE": "bench",
}
TURNS, LONG_AGO = 15, -1e9
OTHERS = {"kms": "KMS", "sqs": "SQS", "events": "EventBridge", "ssm": "SSM"}
CPO = [{"role": "CPO", "country_code": "BE", "party_id": "BEC"}]
EMSP = [{"role": "EMSP", "country_code": "BE", "party_id": "EMS"}]
PUT, PATCH, PAGE, AUTHORIZE, TOLD = (
    "PUT of a Location of 10 EVSEs with another name",
    "PATCH of an EVSE status",
    "page of 50 Locations of 1 EVSE",
    "real-time authorization",
    "our EVSE status, announced and pushed to one",
)
WANTED = {PUT: "<= 2 trips + 1 of messages", PATCH: "<= 2 trips", PAGE: "<= 3 trips"}


def measure() -> list[Row]:
    """Rows of (what, measured, target)."""
    with by_hand(SETTINGS) as hand:
        doors = _Doors(hand)
        return [*doors.counted(), *doors.timed()]


@contextmanager
def by_hand(settings: Mapping[str, str]) -> Iterator[Any]:
    """A platform on moto that is worked by hand and remembers what a warm process does."""
    from moto import mock_aws

    from localrun import large
    from localrun.lighter_moto import lighten
    from tests.harness import Hand

    lighten()
    with contextlib.redirect_stdout(io.StringIO()), mock_aws(), large.tables(), warm():
        hand = Hand(settings)
        try:
            yield hand
        finally:
            hand.close()


class _Doors:
    """A platform by hand, a CPO and an eMSP that are registered with it."""

    def __init__(self, hand: Any) -> None:
        from localrun.emulator import mocked_clients

        self._hand, clients = hand, hand.platform.clients
        self._cpo = hand.register_partner(CPO, name="cpo")
        self._emsp = hand.register_partner(EMSP, name="emsp")
        hand.operate("put", module="locations", objects=[_ours(at) for at in range(60)])
        hand.operate("put", module="tokens", object={**samples.token(), "uid": "KNOWN", "party_id": "EXM"})
        self._ask(self._cpo, "PUT", "receiver/locations/BE/BEC/L10", a_location("L10", 10))
        hand.drain(sweep=False)
        self._meter = Meter(
            clients.dynamodb, mocked_clients({"AWS_REGION": "eu-central-1", **SETTINGS}).dynamodb
        )
        self._others: Counter[str] = Counter()
        for service in OTHERS:
            getattr(clients, service).meta.events.register(f"before-call.{service}.*", self._called)
        self._turn = 0

    def _called(self, model: Any, **_: Any) -> None:
        self._others[model.service_model.endpoint_prefix] += 1

    def counted(self) -> list[Row]:
        """Each request in a process that knows its partner, that looks at it again, and that is new."""
        rows = []
        for what, work in {
            PUT: self._put,
            PATCH: self._patch,
            PAGE: self._page,
            AUTHORIZE: self._authorize,
            TOLD: self._told,
        }.items():
            for _ in range(2):  # before it is counted: a process that is new reads its partner twice
                self._used(what, work)
                self._grow_old()
            self._used(what, work)
            rows.append((f"{what}, through the door", self._used(what, work), WANTED.get(what, "-")))
            self._grow_old()
            rows.append(("  its partner looked at again", self._used(what, work), "<= +1 trip"))
            self._hand._wire(self._hand.platform.clients)
            self._hand.functions.platform = self._hand.platform
            rows.append(("  by a new process", self._used(what, work), "-"))
        return rows

    def _used(self, what: str, work: Callable[[], None]) -> str:
        if what == TOLD:
            self._change()
        self._others.clear()
        usage = self._meter.watch()
        work()
        self._meter.watch()
        others = [f"{self._others[each]} {name}" for each, name in OTHERS.items() if self._others[each]]
        return ", ".join([str(usage), *others])

    def timed(self) -> list[Row]:
        """CPU of the door: what API Gateway's event and Chalice add to the request alone."""
        rows = []
        self._hand.platform.messages._mode = "none"
        self._meter.off = True
        for what, work in {PUT: self._put, PATCH: self._patch, PAGE: self._page}.items():
            more, whole = self._beside(*seen(self._hand, work))
            measured = f"{more:+.2f} x the request without it (of {whole * 1e3:.1f} ms)"
            rows.append((f"{what}: CPU of the door and Chalice", measured, "-"))
        return rows

    def _grow_old(self) -> None:
        """What is known of partners was read a while ago: the next request asks whether any changed."""
        known = self._hand.platform.partners
        known.directories._looked_at = LONG_AGO
        known._known = {id: replace(each, read_at=LONG_AGO) for id, each in known._known.items()}

    def _beside(self, event: Any, request: Any) -> tuple[float, float]:
        """How much more CPU a request takes through the door than without it, and its seconds: medians."""
        app, platform = self._hand.functions.app, self._hand.platform
        client, context = platform.clients.dynamodb, Context("ocpi-bench-api-handler")
        with wiring.using(platform):
            turns = [
                (
                    played(client, lambda: app(event, context), 5, 1)[0],
                    played(client, lambda: endpoint.answer(request, platform), 5, 1)[0],
                )
                for _ in range(TURNS)
            ]
        more = median(through / alone for through, alone in turns) - 1
        return more, median(through for through, _ in turns)

    def _put(self) -> None:
        changed = {**a_location("L10", 10), "name": f"Name {self._later()}"}
        self._ask(self._cpo, "PUT", "receiver/locations/BE/BEC/L10", changed)

    def _patch(self) -> None:
        minute = self._later()
        body = a_status(("CHARGING", "BLOCKED")[minute % 2], minute)
        self._ask(self._cpo, "PATCH", "receiver/locations/BE/BEC/L10/3256", body)

    def _page(self) -> None:
        self._ask(self._emsp, "GET", "sender/locations?offset=10&limit=50")

    def _authorize(self) -> None:
        self._ask(self._cpo, "POST", "sender/tokens/KNOWN/authorize")

    def _change(self) -> None:
        minute = self._later()
        changes = jsontext.loads(a_status(("CHARGING", "BLOCKED")[minute % 2], minute).decode())
        self._hand.operate("patch", module="locations", id="O1", evse_uid="3256", changes=changes)

    def _told(self) -> None:
        before = len(self._emsp.received)
        self._hand.drain(sweep=False)
        assert len(self._emsp.received) == before + 1

    def _later(self) -> int:
        self._turn += 1
        return self._turn

    def _ask(self, partner: Any, method: str, path: str, body: Any = None) -> None:
        sent = body if body is None or isinstance(body, bytes) else as_json(body)
        answer = self._hand.ask(method, f"/ocpi/2.2.1/{path}", partner.token, sent)
        assert answer.code == 1000, answer.text


def seen(hand: Any, work: Callable[[], None]) -> tuple[Any, Any]:
    """The event and the Request of one request, which changes nothing when it comes again."""
    found: list[Any] = []
    call, answer = hand.functions.call, endpoint.answer

    def called(name: str, event: Any) -> Any:
        found.append(event)
        return call(name, event)

    def answered(request: Any, platform: Any) -> Any:
        found.append(request)
        return answer(request, platform)

    with (
        mock.patch.object(hand.functions, "call", called),
        mock.patch.object(endpoint, "answer", answered),
    ):
        work()
    event, request = found
    return event, request


def _ours(at: int) -> dict[str, Any]:
    return {**samples.location(1), "id": f"O{at}"}
