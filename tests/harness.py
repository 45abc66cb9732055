"""The harness of the tests: a platform in this process, run by hand; two whole ones that talk to each other.

`tests/conftest.py` says how tests are given them.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from chalicelib.aws.clients import Clients
from localrun.emulator import Emulator
from tests import told
from tests.stub import PartnerStub

HOST = "ocpi.example.com"
CPO = {
    "role": "CPO",
    "country_code": "NL",
    "party_id": "EXA",
    "business_details": {"name": "Example Charging"},
}
EMSP = {
    "role": "EMSP",
    "country_code": "NL",
    "party_id": "EXM",
    "business_details": {"name": "Example Mobility"},
}
_numbers = itertools.count(1)
# Platforms that nobody uses now, by their settings.
_idle: dict[str, list[Hand]] = {}


@dataclass(frozen=True)
class Answer:
    """What came back through the doors."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> int:
        return int(self.json["status_code"])

    @property
    def data(self) -> Any:
        return self.json.get("data")


class OperatorRefused(Exception):
    """The error of an operator action."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']} {error['pointer']}: {error['message']}")
        self.code, self.message, self.pointer = error["code"], error["message"], error["pointer"]


class Clock:
    """The platform's clock, and what the queues hide for a time."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._ahead = timedelta()

    def __call__(self) -> str:
        from chalicelib.ocpi.messages import instant

        return instant(datetime.now(UTC) + self._ahead)

    def advance(self, seconds: float) -> None:
        """Be so much later."""
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.sqs.models import sqs_backends

        self._ahead += timedelta(seconds=seconds)
        for backend in sqs_backends[DEFAULT_ACCOUNT_ID].values():
            for name, queue in backend.queues.items():
                if name.startswith(f"{self._prefix}-"):
                    for message in queue._messages:
                        message.delayed_until -= seconds * 1000
                        if message.visible_at:
                            message.visible_at -= seconds * 1000


class Unseen(Emulator):
    """An emulator that nobody can look inside; its messages are taken at once."""

    def __init__(self) -> None:
        super().__init__("")

    @property
    def poll_seconds(self) -> int:
        return 0


def on_dynamodb_local(environ: Mapping[str, str]) -> Clients:
    """Clients whose tables are in DynamoDB Local (`tests.dynamodb_local`), and everything else moto's."""
    import botocore.session

    from chalicelib.aws import parser

    session = botocore.session.Session()
    parser.install(session)
    endpoint = os.environ["OCPI_TEST_DYNAMODB"]
    made = {
        name: session.create_client(
            name,
            region_name=environ["AWS_REGION"],
            endpoint_url=endpoint,
            aws_access_key_id="local",
            aws_secret_access_key="local",
        )
        for name in ("dynamodb", "dynamodbstreams")
    }
    return Clients(environ, **made)


class Hand:
    """A platform in this process, worked by hand."""

    def __init__(self, settings: Mapping[str, str], emulator: Any = None) -> None:
        from app import app
        from chalicelib import workers as doors
        from localrun import creation
        from localrun.emulator import Moto, mocked_clients
        from localrun.events import EventLog
        from localrun.front import keep_requests_apart
        from localrun.functions import Functions
        from localrun.gateway import Routes
        from localrun.pump import QueueFeed
        from localrun.streams import StreamFeed
        from localrun.template import Template

        self._environ = {"AWS_REGION": "eu-central-1", **settings}
        if emulator is None and os.environ.get("OCPI_TEST_DYNAMODB"):
            emulator, clients = Unseen(), on_dynamodb_local(self._environ)
        elif emulator is None:
            emulator = Moto()
            clients = mocked_clients(self._environ)
        else:
            self._environ |= emulator.environ({})
            clients = Clients(self._environ)
        self._wire(clients)
        self.stage = self.platform.settings.stage
        template = Template.read(self.stage, creation.account(clients), settings=settings)
        creation.create(template, clients)
        self.event_log = EventLog(clients, creation.capture_events(self.stage, clients), emulator)
        name = f"/ocpi/{self.stage}/base_url"
        clients.ssm.put_parameter(Name=name, Value=f"https://{HOST}", Type="String", Overwrite=True)
        keep_requests_apart(app)
        self.functions = Functions(app, doors, self.platform)
        self._routes = Routes(app.routes)
        self._feeds: list[Any] = []
        for source in template.sources():
            if source.kind == "SQS":
                self._feeds.append(QueueFeed(source, self.functions, clients, emulator))
            elif source.kind == "DynamoDB":
                self._feeds.append(StreamFeed(source, self.functions, clients, emulator, self.stage))
        self._kind = self._feeds
        self._stubs: list[PartnerStub] = []
        self.shape = ""
        self._aged: set[tuple[str, str]] = set()

    def beside(self) -> Clients:
        """Clients of their own on the same tables, for who looks on."""
        where = os.environ.get("OCPI_TEST_DYNAMODB")
        return on_dynamodb_local(self._environ) if where else Clients(self._environ)

    def _wire(self, clients: Any) -> None:
        """A platform that remembers nothing."""
        from chalicelib import wiring

        self.platform = wiring.build(self._environ, clients)
        self.clock = Clock(self.platform.settings.prefix)
        self.platform.clock = self.clock

    def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        authorization: str | None = None,
    ) -> Answer:
        """A request through the doors; see the module's docstring."""
        import msgspec

        from localrun.gateway import proxy_event

        if path.startswith(("http://", "https://")):
            parts = urlsplit(path)
            path = parts.path + (f"?{parts.query}" if parts.query else "")
        sent = {"Host": HOST, "X-Forwarded-Proto": "https"}
        if token is not None:
            sent["Authorization"] = "Token " + base64.b64encode(token.encode()).decode()
        if authorization is not None:
            sent["Authorization"] = authorization
        if body is not None and not isinstance(body, str | bytes):
            body = msgspec.json.Encoder(decimal_format="number").encode(body)
            sent["Content-Type"] = "application/json"
        if isinstance(body, str):
            body = body.encode()
        sent |= headers or {}
        event = proxy_event(self._routes, method, path, list(sent.items()), body or b"")
        assert event is not None, f"no route, not even a catch-all, for {path}"
        found = self.functions.call("api_handler", event)
        many = {name.lower(): ", ".join(values) for name, values in found["multiValueHeaders"].items()}
        one = {name.lower(): value for name, value in found["headers"].items()}
        return Answer(found["statusCode"], one | many, found.get("body") or "")

    def operate(self, action: str, **fields: Any) -> Any:
        """The data of an operator action. Raises OperatorRefused."""
        answer = self.functions.call("operator", {"action": action, **fields})
        if not answer["ok"]:
            raise OperatorRefused(answer["error"])
        assert told.wrong_answer(action, answer) == []
        return answer["data"]

    def drain(self, sweep: bool = True, most: int = 500) -> int:
        """Work until nothing is left that is due; how many batches there were."""
        from localrun.sources import schedule_event

        batches, swept = 0, not sweep
        while True:
            found = self._round(most - batches)
            batches += found
            if found:
                swept = not sweep
            elif swept:
                return batches
            else:
                self.functions.call("sweep", schedule_event("sweep"))
                swept = True

    def shuffle(self, seed: int) -> None:
        """From now on every message and change comes twice, out of order, interrupted (`tests.shuffling`)."""
        from tests.shuffling import worse

        self._feeds = worse(self._kind, seed, self._aged)

    def grow_old(self, module: str, id: str) -> None:
        """Have DynamoDB remove an object of ours because of its age."""
        table, client = self.platform.objects.table(module), self.platform.clients.dynamodb
        for item in client.scan(TableName=table)["Items"]:
            if item.get("id", {}).get("S") == id and "body" in item and item["own"]["BOOL"]:
                keys = {name: item[name] for name in ("object", "part")}
                self._aged.add((item["object"]["S"], item["part"]["S"]))
                client.delete_item(TableName=table, Key=keys)

    def _round(self, most: int) -> int:
        """Every stream and queue once until empty; how many batches there were."""
        batches = 0
        for feed in self._feeds:
            while not feed.idle() and feed.feed():
                batches += 1
                assert batches < most, "there is no end to it: something feeds itself"
        return batches

    def events(self, kind: str = "") -> list[dict[str, Any]]:
        """What the back end heard so far, of one detail-type or all."""
        while self.event_log.collect():
            """Ten at a time."""
        return [each for each in self.event_log.after() if kind in ("", each["detail-type"])]

    def register_partner(
        self,
        roles: list[dict[str, str]] | None = None,
        version: str = "2.2.1",
        name: str = "Stub Charging",
        as_invited: bool = False,
        **more: Any,
    ) -> PartnerStub:
        """A partner that was invited, with its roles if `as_invited`, and registered from its side."""
        stub = PartnerStub(roles, version, name, own_token=f"stub-token-{next(_numbers)}")
        self._stubs.append(stub)
        named = {"roles": roles} if as_invited else {}
        invited = self.operate("invite", name=name, **named, **more)
        answer = self.ask(
            "POST", f"/ocpi/{version}/credentials", token=invited["token"], body=stub.credentials
        )
        assert answer.code == 1000, answer.text
        stub.id, stub.token = invited["partner"], answer.data["token"]
        if isinstance(stub.id, dict):
            stub.id = stub.id["id"]
        stub.received.clear()
        return stub

    def empty(self) -> None:
        """Tables, queues and events as they were in the beginning."""
        from moto.core.models import DEFAULT_ACCOUNT_ID
        from moto.dynamodb.models import dynamodb_backends
        from moto.sqs.models import sqs_backends

        prefix = f"{self.platform.settings.prefix}-"
        for backend in dynamodb_backends[DEFAULT_ACCOUNT_ID].values():
            for name, table in backend.tables.items():
                if name.startswith(prefix):
                    table.items.clear()
                    if table.stream_shard:
                        table.stream_shard.items.clear()
        for queues in sqs_backends[DEFAULT_ACCOUNT_ID].values():
            for name, queue in queues.queues.items():
                if name.startswith(prefix):
                    queue._messages.clear()
                    queue.pending_messages.clear()
                    queue.deleted_messages.clear()
        self.event_log.forget()
        for feed in self._feeds:
            if hasattr(feed, "rewind"):
                feed.rewind()
        self._wire(self.platform.clients)
        self.functions.platform = self.platform

    def close(self) -> None:
        """End its partners; fails where the back end was told what docs/backend.md does not tell."""
        for stub in self._stubs:
            stub.down()
        self._stubs.clear()
        self._feeds = self._kind
        self._aged.clear()
        assert told.wrong(self.events()) == []


class Pair:
    """A CPO and an eMSP, whole platforms that speak HTTP with each other."""

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        from localrun.emulator import Moto
        from localrun.platform import LocalPlatform

        emsp = {**EMSP, "country_code": "DE"}
        self._emulator = Moto()
        self._emulator.start()
        more = {"OCPI_RETRY_SCHEDULE": "1,2,5,10,30", **(settings or {})}
        self.cpo = LocalPlatform({"OCPI_PARTIES": json.dumps([CPO]), **more}, emulator=self._emulator)
        self.emsp = LocalPlatform({"OCPI_PARTIES": json.dumps([emsp]), **more}, emulator=self._emulator)
        self.cpo.start()
        self.emsp.start()
        self.version = ""

    def register(self, version: str = "2.2.1") -> dict[str, Any]:
        """Register them with each other, the eMSP as the one that asks; the CPO as the eMSP sees it.

        Does nothing when they are, in this version.
        """
        if self.version == version:
            return self.registered()[0]
        if self.version:
            self.unregister()
        invited = self.cpo.do("invite", name="Example Mobility")
        found = self.emsp.do(
            "register", versions_url=invited["versions_url"], token=invited["token"], version=version
        )
        self.version = version
        return dict(found)

    def unregister(self) -> None:
        for each in self.registered():
            self.emsp.do("unregister", partner=each["id"])
        self.version = ""

    def registered(self) -> list[dict[str, Any]]:
        """The eMSP's partners that are registered."""
        return [each for each in self.emsp.do("partners")["partners"] if each["state"] == "REGISTERED"]

    def __enter__(self) -> Pair:
        return self

    def __exit__(self, *_: object) -> None:
        assert told.wrong([*self.cpo.events(), *self.emsp.events()]) == []
        self.cpo.stop()
        self.emsp.stop()
        self._emulator.stop()


def borrow(settings: dict[str, str], emulator: Any) -> Hand:
    """A platform of these settings: one an earlier test is done with, emptied, or a new one."""
    shape = "" if os.environ.get("OCPI_TEST_DYNAMODB") else json.dumps(settings, sort_keys=True)
    if emulator is None and _idle.get(shape):
        hand = _idle[shape].pop()
        hand.empty()
        return hand
    made = Hand({"OCPI_STAGE": f"t{os.getpid() % 10000}-{next(_numbers)}", **settings}, emulator)
    made.shape = "" if emulator else shape
    return made


def give_back(hand: Hand) -> None:
    """Close a platform; the next test of the same settings may have it."""
    hand.close()
    if hand.shape:
        _idle.setdefault(hand.shape, []).append(hand)


def defaults() -> dict[str, str]:
    return {
        "OCPI_PARTIES": json.dumps([CPO, EMSP]),
        "OCPI_ALLOW_PRIVATE_URLS": "1",
        "OCPI_BASE_URL": f"https://{HOST}",
        "OCPI_RETRY_SCHEDULE": "5,30,120,600",
    }
