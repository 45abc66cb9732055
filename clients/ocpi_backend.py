"""A client of the OCPI platform for back ends: copy this file, or `pip install ./clients`.

Made by `python -m contract.generate`; do not edit. docs/backend.md says what
each action and event means, docs/webhooks.md how to listen.

    from ocpi_backend import BackEnd, Listener, Operator, Webhook, over_http

    operator = Operator(over_http("http://127.0.0.1:8000"))

    class Mine(BackEnd):
        def command_received(self, detail, event):
            operator.answer_command(id=detail["id"], result="ACCEPTED")

    secret = operator.webhook_secret()["secret"]
    with Listener(Webhook(secret), Mine().hear, port=9000):
        ...
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, NotRequired, TypedDict

TOLERANCE = 300
"""Seconds that a webhook's timestamp may be off."""

DECISION = "Decision"
"""The kind of an event that is a question."""

LARGEST_BODY = 2 * 1024 * 1024


class NotVerified(Exception):
    """A POST that was not signed with a secret of ours, or long ago."""


class ActionRefused(Exception):
    """The platform refused an action: a code for machines, a message for people, a JSON Pointer."""

    def __init__(self, code: str, message: str, pointer: str) -> None:
        super().__init__(f"{code} {pointer}: {message}".replace(" :", ":"))
        self.code, self.message, self.pointer = code, message, pointer


@dataclass(frozen=True)
class Event:
    """One event. `event_id` is the same when it is told again; `id` only when it is posted again."""

    id: str
    time: str
    kind: str
    detail: dict[str, Any]

    @property
    def event_id(self) -> str:
        return str(self.detail["event_id"])


def read(body: bytes | str) -> Event:
    """The event in a webhook's body, or in a message of an SQS queue behind a rule. Raises ValueError."""
    envelope = json.loads(body, parse_float=Decimal)
    if not isinstance(envelope, dict) or envelope.get("source") != "ocpi":
        raise ValueError("not an event of an OCPI platform")
    try:
        return Event(envelope["id"], envelope["time"], envelope["detail-type"], envelope["detail"])
    except KeyError as missing:
        raise ValueError(f"an event without {missing}") from None


class Webhook:
    """Checks and reads what is POSTed to `OCPI_BACKEND_URL` (Standard Webhooks).

    `secrets` are those of the action `webhook_secret`, `whsec_...`; one of them has to have signed.
    """

    def __init__(self, *secrets: str, tolerance: int = TOLERANCE) -> None:
        self.secrets = list(secrets)
        self._tolerance = tolerance

    def receive(self, headers: Mapping[str, str], body: bytes) -> Event:
        """The event. Raises NotVerified, and ValueError for a body that is none."""
        named = {name.lower(): value for name, value in headers.items()}
        try:
            id, timestamp = named["webhook-id"], named["webhook-timestamp"]
            given = named["webhook-signature"].split()
        except KeyError as missing:
            raise NotVerified(f"no header {missing}") from None
        if not timestamp.isascii() or not timestamp.isdigit():
            raise NotVerified("webhook-timestamp: seconds are required")
        if abs(time.time() - int(timestamp)) > self._tolerance:
            raise NotVerified("webhook-timestamp: too far from now")
        signed = f"{id}.{timestamp}.".encode() + body
        for secret in self.secrets:
            key = base64.b64decode(secret.removeprefix("whsec_"))
            right = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
            if any(hmac.compare_digest(right.encode(), each.encode()) for each in given):
                return read(body)
        raise NotVerified("webhook-signature: none is of a secret we know")


class Listener:
    """A small HTTP server for webhooks: what `hear` takes without raising is answered 204.

    `decide` answers what the platform asks where `OCPI_BACKEND_DECIDES` is 1: the detail of a question in,
    the answer out, None where the stored data shall decide. For tries and small back ends; with `tls` it
    speaks HTTPS, else it stands behind something that does, where it is reached from outside.
    """

    def __init__(
        self,
        webhook: Webhook,
        hear: Callable[[Event], object],
        host: str = "127.0.0.1",
        port: int = 0,
        decide: Callable[[dict[str, Any]], Mapping[str, Any] | None] | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_POST(self) -> None:
                length = self.headers.get("Content-Length", "")
                if not length.isascii() or not length.isdigit() or int(length) > LARGEST_BODY:
                    self.close_connection = True
                    return self._answer(413)
                body = self.rfile.read(int(length))
                try:
                    event = webhook.receive(dict(self.headers.items()), body)
                except NotVerified:
                    return self._answer(401)
                except ValueError:
                    return self._answer(400)
                try:
                    if event.kind != DECISION:
                        hear(event)
                        return self._answer(204)
                    found = decide(event.detail) if decide else None
                except Exception:
                    return self._answer(500)  # an event is posted again, a question is not
                text = b"" if found is None else json.dumps(found, default=_number).encode()
                return self._answer(200 if text else 404, text)

            def _answer(self, status: int, body: bytes = b"") -> None:
                self.send_response(status)
                if status != 204:
                    self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing is logged; `hear` is the place for that."""

        self._server = ThreadingHTTPServer((host, port), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_port

    def __enter__(self) -> Listener:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()
        return self

    def __exit__(self, *problem: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Door:
    """The operator's door: asks the platform for actions. `invoke` takes and answers JSON text."""

    def __init__(self, invoke: Callable[[bytes], bytes]) -> None:
        self._invoke = invoke

    def ask(self, action: str, **fields: Any) -> Any:
        """The data of an action's answer, numbers with a fraction as Decimals. Raises ActionRefused."""
        given = {name: value for name, value in fields.items() if value is not None}
        text = json.dumps({"action": action, **given}, default=_number).encode()
        answer = json.loads(self._invoke(text), parse_float=Decimal)
        if not isinstance(answer, dict) or "ok" not in answer:
            raise RuntimeError(f"no answer of an operator function: {str(answer)[:200]}")
        if not answer["ok"]:
            error = answer["error"]
            raise ActionRefused(error["code"], error["message"], error["pointer"])
        return answer["data"]


def over_http(url: str = "http://127.0.0.1:8000", timeout: float = 30) -> Callable[[bytes], bytes]:
    """The door of a platform on this machine (`make run`)."""
    path = f"{url.rstrip('/')}/2015-03-31/functions/operator/invocations"

    def invoke(text: bytes) -> bytes:
        with urllib.request.urlopen(path, text, timeout=timeout) as answer:
            found: bytes = answer.read()
            return found

    return invoke


def over_lambda(stage: str = "dev", client: Any = None) -> Callable[[bytes], bytes]:
    """The door of a platform on AWS; `client` is a boto3 client of Lambda, made here where there is none."""
    if client is None:
        import boto3

        client = boto3.client("lambda")
    function = f"ocpi-{stage}-operator"

    def invoke(text: bytes) -> bytes:
        answer = client.invoke(FunctionName=function, Payload=text)
        found: bytes = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise RuntimeError(f"{function} failed: {found[:500]!r}")
        return found

    return invoke


def to_inbox(stage: str = "dev", client: Any = None) -> Callable[[Iterable[Mapping[str, Any]]], None]:
    """What puts actions on the inbox queue, ten a call, for high volume; nobody answers them."""
    if client is None:
        import boto3

        client = boto3.client("sqs")
    url = client.get_queue_url(QueueName=f"ocpi-{stage}-inbox")["QueueUrl"]

    def send(actions: Iterable[Mapping[str, Any]]) -> None:
        texts = [json.dumps(each, default=_number) for each in actions]
        for at in range(0, len(texts), 10):
            entries = [{"Id": str(n), "MessageBody": text} for n, text in enumerate(texts[at : at + 10])]
            answer = client.send_message_batch(QueueUrl=url, Entries=entries)
            if answer.get("Failed"):
                raise RuntimeError(f"the inbox did not take {len(answer['Failed'])} actions")

    return send


def _number(value: Any) -> float:
    """The operator function reads floats back as the Decimals they were written as."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


class CommandReceived(TypedDict):
    """Detail of an event: a partner's command was accepted and awaits your answer."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    id: str
    direction: Literal["RECEIVED"]
    module: Literal["commands"]
    command: Literal["START_SESSION", "STOP_SESSION", "RESERVE_NOW", "CANCEL_RESERVATION", "UNLOCK_CONNECTOR"]
    partner: str
    party: str
    hosted_party: str
    state: Literal["PENDING"]
    response: NotRequired[dict[str, Any]]
    result: NotRequired[None]
    created_at: str
    concluded_at: None
    answer_by: str
    body: NotRequired[dict[str, Any]]
    reservation_id: NotRequired[str]
    reserve_now: NotRequired[str]
    location_id: NotRequired[str | None]
    evse_uid: NotRequired[str | None]
    connector_id: NotRequired[str | None]


class CommandConcluded(TypedDict):
    """Detail of an event: a command is over: the result of one you sent is here, or the one you gave"""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    id: str
    direction: Literal["SENT", "RECEIVED"]
    module: Literal["commands"]
    command: Literal["START_SESSION", "STOP_SESSION", "RESERVE_NOW", "CANCEL_RESERVATION", "UNLOCK_CONNECTOR"]
    partner: str
    party: str
    hosted_party: str
    state: Literal["CONCLUDED"]
    response: NotRequired[dict[str, Any] | None]
    result: NotRequired[dict[str, Any] | None]
    created_at: str
    concluded_at: str
    body: NotRequired[dict[str, Any]]
    reason: NotRequired[str]
    delivery: NotRequired[str]


class ProfileRequested(TypedDict):
    """Detail of an event: a partner asks to set, clear or report a charging profile."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    id: str
    direction: Literal["RECEIVED"]
    module: Literal["chargingprofiles"]
    command: Literal["SET_PROFILE", "CLEAR_PROFILE", "ACTIVE_PROFILE"]
    partner: str
    party: str
    hosted_party: str
    state: Literal["PENDING"]
    response: NotRequired[dict[str, Any]]
    result: NotRequired[None]
    created_at: str
    concluded_at: None
    answer_by: str
    body: NotRequired[dict[str, Any]]
    session_id: str


class ProfileConcluded(TypedDict):
    """Detail of an event: the same end for charging profiles."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    id: str
    direction: Literal["SENT", "RECEIVED"]
    module: Literal["chargingprofiles"]
    command: Literal["SET_PROFILE", "CLEAR_PROFILE", "ACTIVE_PROFILE"]
    partner: str
    party: str
    hosted_party: str
    state: Literal["CONCLUDED"]
    response: NotRequired[dict[str, Any] | None]
    result: NotRequired[dict[str, Any] | None]
    created_at: str
    concluded_at: str
    body: NotRequired[dict[str, Any]]
    session_id: str
    reason: NotRequired[str]
    delivery: NotRequired[str]


class ObjectChanged(TypedDict):
    """Detail of an event: a partner's object was created, changed or removed."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    module: Literal["locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo", "chargingprofiles"]
    owner: str
    id: str
    part: str
    last_updated: str
    version: str
    object: NotRequired[dict[str, Any]]
    sent: NotRequired[dict[str, Any]]
    findings: NotRequired[list[dict[str, Any]]]
    incomplete: NotRequired[list[str]]
    removed: NotRequired[Literal[True]]
    hidden: NotRequired[Literal[True]]
    partner: NotRequired[str]


class TokenAuthorized(TypedDict):
    """Detail of an event: a partner asked whether a token of yours may charge."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    party: str | None
    owner: str
    uid: str
    type: str
    contract_id: str | None
    location: dict[str, Any] | None
    allowed: Literal["ALLOWED", "BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"]
    authorization_reference: str | None


class ChargingPreferencesSet(TypedDict):
    """Detail of an event: an eMSP set the preferences of a session of yours."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    session_id: str
    owner: str
    partner: str
    preferences: dict[str, Any]
    response: NotRequired[str]


class PartnerRegistered(TypedDict):
    """Detail of an event: a connection came to be."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    name: str
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str
    roles: list[dict[str, Any]]


class PartnerUpdated(TypedDict):
    """Detail of an event: a connection was renewed."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    name: str
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str
    roles: list[dict[str, Any]]


class PartnerUnregistered(TypedDict):
    """Detail of an event: a connection ended."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    name: str
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str
    roles: list[dict[str, Any]]


class RegistrationRefused(TypedDict):
    """Detail of an event: a partner's credentials were refused, and nothing changed; often it needs"""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    name: str
    reason: str


class PartnerUnreachable(TypedDict):
    """Detail of an event: a partner failed several times."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    name: str
    parties: list[str]
    reason: str


class PartnerRecovered(TypedDict):
    """Detail of an event: an unreachable partner answers again."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    name: str
    parties: list[str]


class DeliveryFailed(TypedDict):
    """Detail of an event: an object could not be given to a partner; only a newer state of it is tri"""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    module: Literal["locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo", "chargingprofiles"]
    owner: str
    object_id: str
    part: str
    state: Literal["REFUSED", "GIVEN_UP"]
    attempts: int
    reason: str
    delivery: str


class DeliveriesFailed(TypedDict):
    """Detail of an event: deliveries to a partner failed for good; once for many of them, at most on"""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    failed: int
    since: str
    example: str
    reason: str


class CdrAudited(TypedDict):
    """Detail of an event: a CDR that came was priced again, or its verdict changed."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    owner: str
    id: str
    partner: str | None
    verdict: Literal[
        "AGREE", "AGREE_ROUNDING", "WITHIN_TOLERANCE", "INDETERMINATE", "DISAGREE", "UNPRICEABLE"
    ]
    claimed: dict[str, Any]
    computed: dict[str, Any]
    difference: dict[str, Any]
    currency: str | None
    cause: str | None


class ReconciliationFinding(TypedDict):
    """Detail of an event: something does not fit together, or does so again."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    id: str
    kind: Literal[
        "SESSION_WITHOUT_CDR",
        "CDR_WITHOUT_SESSION",
        "ENERGY_APART",
        "SECOND_CDR",
        "CREDIT_WITHOUT_CDR",
        "TOTAL_APART",
        "SILENCE",
        "UNKNOWN_TOKEN",
        "UNKNOWN_TARIFF",
    ]
    partner: str | None
    owner: str
    object_id: str
    message: str
    state: Literal["OPEN", "CLOSED"]
    since: str


class PullCompleted(TypedDict):
    """Detail of an event: a pull ended."""

    event_id: str
    left_out: NotRequired[list[Literal["body", "object", "response", "result"]]]
    partner: str
    module: Literal["locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo", "chargingprofiles"]
    state: Literal["COMPLETED", "FAILED"]
    pages: int
    objects: int
    set_aside: int
    stale: int
    hidden: int
    total: NotRequired[int]
    date_from: NotRequired[str]
    reason: NotRequired[str]


class AgreeData(TypedDict):
    """What `agree` answers."""

    parties: list[str]
    allowed: bool
    modules: list[str] | None


class AgreementsData(TypedDict):
    """What `agreements` answers."""

    policy: Literal["open", "closed"]
    agreements: list[dict[str, Any]]


class AnswerCommandData(TypedDict):
    """What `answer_command` answers."""

    id: str
    direction: Literal["SENT", "RECEIVED"]
    module: Literal["commands", "chargingprofiles"]
    command: str
    partner: str
    party: str
    hosted_party: str
    state: Literal["PENDING", "CONCLUDED"]
    response: dict[str, Any] | None
    result: dict[str, Any] | None
    created_at: str
    concluded_at: str | None
    body: dict[str, Any]
    answer_by: NotRequired[str]
    session_id: NotRequired[str]
    reason: NotRequired[str]
    delivery: NotRequired[str]
    repeated: NotRequired[Literal[True]]


class AnswerProfileData(TypedDict):
    """What `answer_profile` answers."""

    id: str
    direction: Literal["SENT", "RECEIVED"]
    module: Literal["commands", "chargingprofiles"]
    command: str
    partner: str
    party: str
    hosted_party: str
    state: Literal["PENDING", "CONCLUDED"]
    response: dict[str, Any] | None
    result: dict[str, Any] | None
    created_at: str
    concluded_at: str | None
    body: dict[str, Any]
    answer_by: NotRequired[str]
    session_id: NotRequired[str]
    reason: NotRequired[str]
    delivery: NotRequired[str]
    repeated: NotRequired[Literal[True]]


class AuditsData(TypedDict):
    """What `audits` answers."""

    audits: list[dict[str, Any]]
    cursor: NotRequired[str | None]


class AuthorizeData(TypedDict):
    """What `authorize` answers."""

    allowed: str
    token: NotRequired[Any]
    by: NotRequired[str]
    partner: NotRequired[str]


class ChargingPreferencesData(TypedDict):
    """What `charging_preferences` answers."""

    response: Any


class ClearProfileData(TypedDict):
    """What `clear_profile` answers."""

    id: str
    direction: Literal["SENT", "RECEIVED"]
    module: Literal["commands", "chargingprofiles"]
    command: str
    partner: str
    party: str
    hosted_party: str
    state: Literal["PENDING", "CONCLUDED"]
    response: dict[str, Any] | None
    result: dict[str, Any] | None
    created_at: str
    concluded_at: str | None
    body: dict[str, Any]
    answer_by: NotRequired[str]
    session_id: NotRequired[str]
    reason: NotRequired[str]
    delivery: NotRequired[str]


class CommandData(TypedDict):
    """What `command` answers."""

    id: str
    direction: Literal["SENT", "RECEIVED"]
    module: Literal["commands", "chargingprofiles"]
    command: str
    partner: str
    party: str
    hosted_party: str
    state: Literal["PENDING", "CONCLUDED"]
    response: dict[str, Any] | None
    result: dict[str, Any] | None
    created_at: str
    concluded_at: str | None
    body: dict[str, Any]
    answer_by: NotRequired[str]
    session_id: NotRequired[str]
    reason: NotRequired[str]
    delivery: NotRequired[str]


class CommandsData(TypedDict):
    """What `commands` answers."""

    commands: list[dict[str, Any]]
    cursor: NotRequired[str | None]


class DeliveriesData(TypedDict):
    """What `deliveries` answers."""

    deliveries: list[dict[str, Any]]
    cursor: NotRequired[str | None]


class DisputeData(TypedDict):
    """What `dispute` answers."""

    owner: str
    id: str
    reason: str
    state: Literal["OPEN", "SETTLED"]
    outcome: Literal["CREDITED", "ACCEPTED", "WITHDRAWN", "None"]
    opened_at: str
    settled_at: str | None


class DisputesData(TypedDict):
    """What `disputes` answers."""

    disputes: list[dict[str, Any]]
    cursor: NotRequired[str | None]


class GetData(TypedDict):
    """What `get` answers."""

    object: dict[str, Any]
    findings: NotRequired[list[dict[str, Any]]]
    incomplete: NotRequired[list[str]]


class HeldData(TypedDict):
    """What `held` answers."""

    url: str
    object: Any
    differs: Any
    differences: list[dict[str, Any]]


class HelpData(TypedDict):
    """What `help` answers."""

    actions: dict[str, Any]


class InviteData(TypedDict):
    """What `invite` answers."""

    partner: str
    token: str
    versions_url: str


class LintData(TypedDict):
    """What `lint` answers."""

    findings: list[dict[str, Any]]


class ListData(TypedDict):
    """What `list` answers."""

    objects: list[dict[str, Any]]
    cursor: NotRequired[str | None]
    incomplete: NotRequired[list[str]]


class MessagesData(TypedDict):
    """What `messages` answers."""

    messages: list[dict[str, Any]]
    cursor: NotRequired[str | None]


class PartnerData(TypedDict):
    """What `partner` answers."""

    id: str
    name: str
    hub: bool
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str | None
    roles: list[dict[str, Any]]
    health: dict[str, Any]
    backlog: int
    endpoints: NotRequired[list[dict[str, Any]]]
    policy: NotRequired[Any]


class PartnerOptionsData(TypedDict):
    """What `partner_options` answers."""

    id: str
    name: str
    hub: bool
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str | None
    roles: list[dict[str, Any]]
    health: dict[str, Any]
    backlog: int
    endpoints: NotRequired[list[dict[str, Any]]]
    policy: NotRequired[Any]


class PartnersData(TypedDict):
    """What `partners` answers."""

    partners: list[dict[str, Any]]


class PatchData(TypedDict):
    """What `patch` answers."""

    stored: int
    unchanged: int
    older: int
    errors: list[dict[str, Any]]
    warnings: list[dict[str, Any]]


class PullsData(TypedDict):
    """What `pulls` answers."""

    pulls: list[dict[str, Any]]


class PushData(TypedDict):
    """What `push` answers."""

    partner: str
    modules: list[str]


class PutData(TypedDict):
    """What `put` answers."""

    stored: int
    unchanged: int
    older: int
    errors: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    queued: NotRequired[int]
    job: NotRequired[str]


class PutsData(TypedDict):
    """What `puts` answers."""

    puts: list[dict[str, Any]]


class ReconcileData(TypedDict):
    """What `reconcile` answers."""

    findings: list[dict[str, Any]]
    cursor: NotRequired[str | None]


class RedeliverData(TypedDict):
    """What `redeliver` answers."""

    sent: int


class RegisterData(TypedDict):
    """What `register` answers."""

    id: str
    name: str
    hub: bool
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str | None
    roles: list[dict[str, Any]]
    health: dict[str, Any]
    backlog: int
    endpoints: NotRequired[list[dict[str, Any]]]
    policy: NotRequired[Any]


class RemoveData(TypedDict):
    """What `remove` answers."""

    removed: int
    still_named_by: NotRequired[list[Any]]


class ResumeData(TypedDict):
    """What `resume` answers."""

    id: str
    name: str
    hub: bool
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str | None
    roles: list[dict[str, Any]]
    health: dict[str, Any]
    backlog: int
    endpoints: NotRequired[list[dict[str, Any]]]
    policy: NotRequired[Any]


class RoutesData(TypedDict):
    """What `routes` answers."""

    routes: list[dict[str, Any]]
    cursor: NotRequired[str | None]


class SendCommandData(TypedDict):
    """What `send_command` answers."""

    id: str
    direction: Literal["SENT", "RECEIVED"]
    module: Literal["commands", "chargingprofiles"]
    command: str
    partner: str
    party: str
    hosted_party: str
    state: Literal["PENDING", "CONCLUDED"]
    response: dict[str, Any] | None
    result: dict[str, Any] | None
    created_at: str
    concluded_at: str | None
    body: dict[str, Any]
    answer_by: NotRequired[str]
    session_id: NotRequired[str]
    reason: NotRequired[str]
    delivery: NotRequired[str]
    warnings: NotRequired[list[dict[str, Any]]]


class SetProfileData(TypedDict):
    """What `set_profile` answers."""

    id: str
    direction: Literal["SENT", "RECEIVED"]
    module: Literal["commands", "chargingprofiles"]
    command: str
    partner: str
    party: str
    hosted_party: str
    state: Literal["PENDING", "CONCLUDED"]
    response: dict[str, Any] | None
    result: dict[str, Any] | None
    created_at: str
    concluded_at: str | None
    body: dict[str, Any]
    answer_by: NotRequired[str]
    session_id: NotRequired[str]
    reason: NotRequired[str]
    delivery: NotRequired[str]
    warnings: NotRequired[list[dict[str, Any]]]


class SettleData(TypedDict):
    """What `settle` answers."""

    owner: str
    id: str
    reason: str
    state: Literal["OPEN", "SETTLED"]
    outcome: Literal["CREDITED", "ACCEPTED", "WITHDRAWN", "None"]
    opened_at: str
    settled_at: str | None


class StatementData(TypedDict):
    """What `statement` answers."""

    partner: str | None
    party: str | None
    month: str
    currencies: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    sessions_without_cdr: list[dict[str, Any]]
    cursor: str | None
    csv: NotRequired[str]


class SuspendData(TypedDict):
    """What `suspend` answers."""

    id: str
    name: str
    hub: bool
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str | None
    roles: list[dict[str, Any]]
    health: dict[str, Any]
    backlog: int
    endpoints: NotRequired[list[dict[str, Any]]]
    policy: NotRequired[Any]


class TellAgainData(TypedDict):
    """What `tell_again` answers."""

    told: int
    more: bool


class UnregisterData(TypedDict):
    """What `unregister` answers."""

    id: str
    name: str
    hub: bool
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str | None
    roles: list[dict[str, Any]]
    health: dict[str, Any]
    backlog: int
    endpoints: NotRequired[list[dict[str, Any]]]
    policy: NotRequired[Any]


class UpdateRegistrationData(TypedDict):
    """What `update_registration` answers."""

    id: str
    name: str
    hub: bool
    state: Literal["INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"]
    version: str | None
    roles: list[dict[str, Any]]
    health: dict[str, Any]
    backlog: int
    endpoints: NotRequired[list[dict[str, Any]]]
    policy: NotRequired[Any]


class WebhookData(TypedDict):
    """What `webhook` answers."""

    url: str
    state: Literal["ACTIVE", "GONE"]
    made_at: str
    previous_until: str | None
    gone_at: NotRequired[str]


class WebhookSecretData(TypedDict):
    """What `webhook_secret` answers."""

    secret: str | None
    made_at: str
    previous_until: str | None


class BackEnd:
    """Hears events: override what concerns you; what raises is told again."""

    def hear(self, event: Event) -> None:
        """Hand an event to its method; one of a kind this client does not know goes to `other`."""
        hears: Mapping[str, Callable[[Any, Event], None]] = {
            "CommandReceived": self.command_received,
            "CommandConcluded": self.command_concluded,
            "ProfileRequested": self.profile_requested,
            "ProfileConcluded": self.profile_concluded,
            "ObjectChanged": self.object_changed,
            "TokenAuthorized": self.token_authorized,
            "ChargingPreferencesSet": self.charging_preferences_set,
            "PartnerRegistered": self.partner_registered,
            "PartnerUpdated": self.partner_updated,
            "PartnerUnregistered": self.partner_unregistered,
            "RegistrationRefused": self.registration_refused,
            "PartnerUnreachable": self.partner_unreachable,
            "PartnerRecovered": self.partner_recovered,
            "DeliveryFailed": self.delivery_failed,
            "DeliveriesFailed": self.deliveries_failed,
            "CdrAudited": self.cdr_audited,
            "ReconciliationFinding": self.reconciliation_finding,
            "PullCompleted": self.pull_completed,
        }
        heard: Callable[[Any, Event], None] = hears.get(event.kind, self.other)
        heard(event.detail, event)

    def other(self, detail: dict[str, Any], event: Event) -> None:
        """An event that a newer platform tells."""

    def command_received(self, detail: CommandReceived, event: Event) -> None:
        """A partner's command was accepted and awaits your answer."""

    def command_concluded(self, detail: CommandConcluded, event: Event) -> None:
        """A command is over: the result of one you sent is here, or the one you gave was delivered."""

    def profile_requested(self, detail: ProfileRequested, event: Event) -> None:
        """A partner asks to set, clear or report a charging profile."""

    def profile_concluded(self, detail: ProfileConcluded, event: Event) -> None:
        """The same end for charging profiles."""

    def object_changed(self, detail: ObjectChanged, event: Event) -> None:
        """A partner's object was created, changed or removed."""

    def token_authorized(self, detail: TokenAuthorized, event: Event) -> None:
        """A partner asked whether a token of yours may charge."""

    def charging_preferences_set(self, detail: ChargingPreferencesSet, event: Event) -> None:
        """An eMSP set the preferences of a session of yours."""

    def partner_registered(self, detail: PartnerRegistered, event: Event) -> None:
        """A connection came to be."""

    def partner_updated(self, detail: PartnerUpdated, event: Event) -> None:
        """A connection was renewed."""

    def partner_unregistered(self, detail: PartnerUnregistered, event: Event) -> None:
        """A connection ended."""

    def registration_refused(self, detail: RegistrationRefused, event: Event) -> None:
        """A partner's credentials were refused, and nothing changed; often it needs another invitation."""

    def partner_unreachable(self, detail: PartnerUnreachable, event: Event) -> None:
        """A partner failed several times."""

    def partner_recovered(self, detail: PartnerRecovered, event: Event) -> None:
        """An unreachable partner answers again."""

    def delivery_failed(self, detail: DeliveryFailed, event: Event) -> None:
        """An object could not be given to a partner; only a newer state of it is tried again."""

    def deliveries_failed(self, detail: DeliveriesFailed, event: Event) -> None:
        """Deliveries to a partner failed for good; once for many of them, at most once an hour."""

    def cdr_audited(self, detail: CdrAudited, event: Event) -> None:
        """A CDR that came was priced again, or its verdict changed."""

    def reconciliation_finding(self, detail: ReconciliationFinding, event: Event) -> None:
        """Something does not fit together, or does so again."""

    def pull_completed(self, detail: PullCompleted, event: Event) -> None:
        """A pull ended."""


class Operator(Door):
    """Every action, typed; what is None is left out."""

    def active_profile(
        self,
        *,
        session_id: str,
        party: str | dict[str, Any] | None = None,
        from_: str | dict[str, Any] | None = None,
        duration: int | None = None,
        profile: dict[str, Any] | None = None,
    ) -> Any:
        """Ask which profile is in force, or as the CPO tell of a change."""
        fields: dict[str, Any] = {
            "session_id": session_id,
            "party": party,
            "from": from_,
            "duration": duration,
            "profile": profile,
        }
        answer: Any = self.ask("active_profile", **fields)
        return answer

    def agree(
        self,
        *,
        parties: list[str],
        allowed: bool,
        modules: list[str] | None = None,
    ) -> AgreeData:
        """At a hub: let two parties roam with each other, or not."""
        fields: dict[str, Any] = {
            "parties": parties,
            "allowed": allowed,
            "modules": modules,
        }
        answer: AgreeData = self.ask("agree", **fields)
        return answer

    def agreements(
        self,
        *,
        party: str | None = None,
    ) -> AgreementsData:
        """At a hub: what was agreed between parties."""
        fields: dict[str, Any] = {
            "party": party,
        }
        answer: AgreementsData = self.ask("agreements", **fields)
        return answer

    def answer_command(
        self,
        *,
        id: str,
        result: str,
        message: str | list[dict[str, Any]] | None = None,
    ) -> AnswerCommandData:
        """Answer a command received."""
        fields: dict[str, Any] = {
            "id": id,
            "result": result,
            "message": message,
        }
        answer: AnswerCommandData = self.ask("answer_command", **fields)
        return answer

    def answer_profile(
        self,
        *,
        id: str,
        result: str,
        profile: dict[str, Any] | None = None,
    ) -> AnswerProfileData:
        """Answer a profile request received."""
        fields: dict[str, Any] = {
            "id": id,
            "result": result,
            "profile": profile,
        }
        answer: AnswerProfileData = self.ask("answer_profile", **fields)
        return answer

    def audit(
        self,
        *,
        party: str | None = None,
        id: str | None = None,
        cdr: dict[str, Any] | None = None,
        tariffs: list[dict[str, Any]] | None = None,
        time_zone: str | None = None,
        policy: str | dict[str, Any] | None = None,
        tolerance: Any = None,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
    ) -> Any:
        """Price a CDR again: every claim, every period, every difference."""
        fields: dict[str, Any] = {
            "party": party,
            "id": id,
            "cdr": cdr,
            "tariffs": tariffs,
            "time_zone": time_zone,
            "policy": policy,
            "tolerance": tolerance,
            "version": version,
        }
        answer: Any = self.ask("audit", **fields)
        return answer

    def audits(
        self,
        *,
        verdict: Literal[
            "AGREE", "AGREE_ROUNDING", "WITHIN_TOLERANCE", "DISAGREE", "INDETERMINATE", "UNPRICEABLE"
        ]
        | None = None,
        partner: str | None = None,
        party: str | None = None,
        direction: Literal["received", "own"] | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> AuditsData:
        """The verdicts on CDRs, newest first."""
        fields: dict[str, Any] = {
            "verdict": verdict,
            "partner": partner,
            "party": party,
            "direction": direction,
            "date_from": date_from,
            "date_to": date_to,
            "limit": limit,
            "cursor": cursor,
        }
        answer: AuditsData = self.ask("audits", **fields)
        return answer

    def authorize(
        self,
        *,
        uid: str,
        type: str | None = None,
        location: dict[str, Any] | None = None,
        party: str | None = None,
    ) -> AuthorizeData:
        """Ask a token's eMSP whether it may charge here."""
        fields: dict[str, Any] = {
            "uid": uid,
            "type": type,
            "location": location,
            "party": party,
        }
        answer: AuthorizeData = self.ask("authorize", **fields)
        return answer

    def charging_preferences(
        self,
        *,
        session_id: str,
        preferences: dict[str, Any],
        party: str | None = None,
    ) -> ChargingPreferencesData:
        """Set a driver's preferences at the CPO of a session."""
        fields: dict[str, Any] = {
            "session_id": session_id,
            "preferences": preferences,
            "party": party,
        }
        answer: ChargingPreferencesData = self.ask("charging_preferences", **fields)
        return answer

    def check(
        self,
        *,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens"],
        object: dict[str, Any] | None = None,
        objects: list[Any] | None = None,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
    ) -> Any:
        """What put would refuse of an object, and what is recommended of it."""
        fields: dict[str, Any] = {
            "module": module,
            "object": object,
            "objects": objects,
            "version": version,
        }
        answer: Any = self.ask("check", **fields)
        return answer

    def clear_profile(
        self,
        *,
        session_id: str,
        party: str | dict[str, Any] | None = None,
        from_: str | dict[str, Any] | None = None,
    ) -> ClearProfileData:
        """Clear the charging profile of a session."""
        fields: dict[str, Any] = {
            "session_id": session_id,
            "party": party,
            "from": from_,
        }
        answer: ClearProfileData = self.ask("clear_profile", **fields)
        return answer

    def command(
        self,
        *,
        id: str,
    ) -> CommandData:
        """One command or profile request."""
        fields: dict[str, Any] = {
            "id": id,
        }
        answer: CommandData = self.ask("command", **fields)
        return answer

    def commands(
        self,
        *,
        direction: Literal["SENT", "RECEIVED"] | None = None,
        partner: str | None = None,
        state: Literal["PENDING", "CONCLUDED"] | None = None,
        command: str | None = None,
        module: Literal["commands", "chargingprofiles"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> CommandsData:
        """Commands sent and received, newest first."""
        fields: dict[str, Any] = {
            "direction": direction,
            "partner": partner,
            "state": state,
            "command": command,
            "module": module,
            "limit": limit,
            "cursor": cursor,
        }
        answer: CommandsData = self.ask("commands", **fields)
        return answer

    def deliveries(
        self,
        *,
        id: str | None = None,
        partner: str | None = None,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"] | None = None,
        state: Literal["WAITING", "REFUSED", "GIVEN_UP"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> DeliveriesData:
        """What is not delivered, with reasons."""
        fields: dict[str, Any] = {
            "id": id,
            "partner": partner,
            "module": module,
            "state": state,
            "limit": limit,
            "cursor": cursor,
        }
        answer: DeliveriesData = self.ask("deliveries", **fields)
        return answer

    def dispute(
        self,
        *,
        party: str,
        id: str,
        reason: str,
    ) -> DisputeData:
        """Put a CDR under dispute."""
        fields: dict[str, Any] = {
            "party": party,
            "id": id,
            "reason": reason,
        }
        answer: DisputeData = self.ask("dispute", **fields)
        return answer

    def disputes(
        self,
        *,
        state: Literal["OPEN", "SETTLED"] | None = None,
        partner: str | None = None,
        party: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> DisputesData:
        """CDRs under dispute, and how they were settled."""
        fields: dict[str, Any] = {
            "state": state,
            "partner": partner,
            "party": party,
            "limit": limit,
            "cursor": cursor,
        }
        answer: DisputesData = self.ask("disputes", **fields)
        return answer

    def get(
        self,
        *,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"],
        id: str,
        party: str | None = None,
        type: str | None = None,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
    ) -> GetData:
        """One object, ours or a partner's."""
        fields: dict[str, Any] = {
            "module": module,
            "id": id,
            "party": party,
            "type": type,
            "version": version,
        }
        answer: GetData = self.ask("get", **fields)
        return answer

    def held(
        self,
        *,
        partner: str,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens"],
        id: str,
        evse_uid: str | None = None,
        party: str | None = None,
        type: str | None = None,
    ) -> HeldData:
        """Ask a partner what it holds of an object of ours."""
        fields: dict[str, Any] = {
            "partner": partner,
            "module": module,
            "id": id,
            "evse_uid": evse_uid,
            "party": party,
            "type": type,
        }
        answer: HeldData = self.ask("held", **fields)
        return answer

    def help(
        self,
    ) -> HelpData:
        """Every action with its JSON Schema."""
        fields: dict[str, Any] = {}
        answer: HelpData = self.ask("help", **fields)
        return answer

    def invite(
        self,
        *,
        roles: list[dict[str, Any]] | None = None,
        hub: bool | None = None,
        replaces: str | None = None,
        policy: Literal["durable", "spec"] | None = None,
        charset: Literal["utf-8", "ascii"] | None = None,
        smart_charging: Literal["none", "delegated"] | None = None,
        requires: list[str] | None = None,
        quirks: list[
            Literal[
                "address_45",
                "day_of_week_numbers",
                "days_as_numbers",
                "directions_as_text",
                "kw_for_w",
                "latitude_for_longitude",
                "local_times_without_zone",
                "website_and_logo_always",
                "wh_for_kwh",
            ]
        ]
        | None = None,
        name: str | None = None,
        partner: str | None = None,
        expires_in: int | None = None,
    ) -> InviteData:
        """A partner and its credentials token A, shown once."""
        fields: dict[str, Any] = {
            "roles": roles,
            "hub": hub,
            "replaces": replaces,
            "policy": policy,
            "charset": charset,
            "smart_charging": smart_charging,
            "requires": requires,
            "quirks": quirks,
            "name": name,
            "partner": partner,
            "expires_in": expires_in,
        }
        answer: InviteData = self.ask("invite", **fields)
        return answer

    def lint(
        self,
        *,
        tariff: dict[str, Any] | None = None,
        party: str | None = None,
        id: str | None = None,
        time_zone: str | None = None,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
    ) -> LintData:
        """What is wrong with a Tariff."""
        fields: dict[str, Any] = {
            "tariff": tariff,
            "party": party,
            "id": id,
            "time_zone": time_zone,
            "version": version,
        }
        answer: LintData = self.ask("lint", **fields)
        return answer

    def list_(
        self,
        *,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"],
        party: str | None = None,
        session_id: str | None = None,
        token: str | None = None,
        status: str | None = None,
        near: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        limit: int | None = None,
        offset: int | None = None,
        cursor: str | None = None,
        id: str | None = None,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
    ) -> ListData:
        """Objects, ours or a partner's, oldest first."""
        fields: dict[str, Any] = {
            "module": module,
            "party": party,
            "session_id": session_id,
            "token": token,
            "status": status,
            "near": near,
            "date_from": date_from,
            "date_to": date_to,
            "limit": limit,
            "offset": offset,
            "cursor": cursor,
            "id": id,
            "version": version,
        }
        answer: ListData = self.ask("list", **fields)
        return answer

    def message(
        self,
        *,
        id: str,
    ) -> Any:
        """One message whole, with its bodies, and as a curl line."""
        fields: dict[str, Any] = {
            "id": id,
        }
        answer: Any = self.ask("message", **fields)
        return answer

    def messages(
        self,
        *,
        partner: str | None = None,
        module: Literal[
            "locations",
            "tariffs",
            "sessions",
            "cdrs",
            "tokens",
            "commands",
            "chargingprofiles",
            "hubclientinfo",
            "credentials",
            "versions",
            "other",
        ]
        | None = None,
        id: str | None = None,
        correlation_id: str | None = None,
        request_id: str | None = None,
        outcome: Literal["ok", "refused", "failed"] | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> MessagesData:
        """What was said to and by partners, with what answer."""
        fields: dict[str, Any] = {
            "partner": partner,
            "module": module,
            "id": id,
            "correlation_id": correlation_id,
            "request_id": request_id,
            "outcome": outcome,
            "date_from": date_from,
            "date_to": date_to,
            "limit": limit,
            "cursor": cursor,
        }
        answer: MessagesData = self.ask("messages", **fields)
        return answer

    def money_policy(
        self,
        *,
        partner: str,
        policy: str | dict[str, Any] | None = None,
        tolerance: Any = None,
    ) -> Any:
        """How a partner's CDRs are priced."""
        fields: dict[str, Any] = {
            "partner": partner,
            "policy": policy,
            "tolerance": tolerance,
        }
        answer: Any = self.ask("money_policy", **fields)
        return answer

    def partner(
        self,
        *,
        partner: str,
    ) -> PartnerData:
        """One partner."""
        fields: dict[str, Any] = {
            "partner": partner,
        }
        answer: PartnerData = self.ask("partner", **fields)
        return answer

    def partner_options(
        self,
        *,
        partner: str,
        policy: Literal["durable", "spec"] | None = None,
        charset: Literal["utf-8", "ascii"] | None = None,
        smart_charging: Literal["none", "delegated"] | None = None,
        quirks: list[
            Literal[
                "address_45",
                "day_of_week_numbers",
                "days_as_numbers",
                "directions_as_text",
                "kw_for_w",
                "latitude_for_longitude",
                "local_times_without_zone",
                "website_and_logo_always",
                "wh_for_kwh",
            ]
        ]
        | None = None,
    ) -> PartnerOptionsData:
        """Change a partner's policy, charset, smart_charging or quirks."""
        fields: dict[str, Any] = {
            "partner": partner,
            "policy": policy,
            "charset": charset,
            "smart_charging": smart_charging,
            "quirks": quirks,
        }
        answer: PartnerOptionsData = self.ask("partner_options", **fields)
        return answer

    def partners(
        self,
    ) -> PartnersData:
        """Every partner: state, parties, health, backlog."""
        fields: dict[str, Any] = {}
        answer: PartnersData = self.ask("partners", **fields)
        return answer

    def patch(
        self,
        *,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens"],
        id: str,
        changes: dict[str, Any],
        evse_uid: str | None = None,
        connector_id: str | None = None,
        party: str | None = None,
        type: str | None = None,
        force: bool | None = None,
    ) -> PatchData:
        """Change some fields of an object of ours, or of a part of it."""
        fields: dict[str, Any] = {
            "module": module,
            "id": id,
            "changes": changes,
            "evse_uid": evse_uid,
            "connector_id": connector_id,
            "party": party,
            "type": type,
            "force": force,
        }
        answer: PatchData = self.ask("patch", **fields)
        return answer

    def price(
        self,
        *,
        session: dict[str, Any] | str | None = None,
        cdr: dict[str, Any] | None = None,
        tariffs: list[dict[str, Any]] | None = None,
        time_zone: str | None = None,
        policy: str | dict[str, Any] | None = None,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
    ) -> Any:
        """The totals of a Session, ready for its CDR."""
        fields: dict[str, Any] = {
            "session": session,
            "cdr": cdr,
            "tariffs": tariffs,
            "time_zone": time_zone,
            "policy": policy,
            "version": version,
        }
        answer: Any = self.ask("price", **fields)
        return answer

    def pull(
        self,
        *,
        partner: str,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"] | None = None,
        full: bool | None = None,
        date_from: str | None = None,
    ) -> Any:
        """Fetch a partner's objects."""
        fields: dict[str, Any] = {
            "partner": partner,
            "module": module,
            "full": full,
            "date_from": date_from,
        }
        answer: Any = self.ask("pull", **fields)
        return answer

    def pulls(
        self,
        *,
        partner: str | None = None,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"] | None = None,
    ) -> PullsData:
        """How far pulls came."""
        fields: dict[str, Any] = {
            "partner": partner,
            "module": module,
        }
        answer: PullsData = self.ask("pulls", **fields)
        return answer

    def push(
        self,
        *,
        partner: str,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"] | None = None,
    ) -> PushData:
        """Announce everything a partner is entitled to."""
        fields: dict[str, Any] = {
            "partner": partner,
            "module": module,
        }
        answer: PushData = self.ask("push", **fields)
        return answer

    def put(
        self,
        *,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens"],
        object: dict[str, Any] | None = None,
        objects: list[Any] | None = None,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
        force: bool | None = None,
        keep_status: bool | None = None,
        first: int | None = None,
        job: str | None = None,
        total: int | None = None,
    ) -> PutData:
        """Store our objects, checked and announced."""
        fields: dict[str, Any] = {
            "module": module,
            "object": object,
            "objects": objects,
            "version": version,
            "force": force,
            "keep_status": keep_status,
            "first": first,
            "job": job,
            "total": total,
        }
        answer: PutData = self.ask("put", **fields)
        return answer

    def puts(
        self,
        *,
        job: str | None = None,
        limit: int | None = None,
    ) -> PutsData:
        """How far puts of many objects came."""
        fields: dict[str, Any] = {
            "job": job,
            "limit": limit,
        }
        answer: PutsData = self.ask("puts", **fields)
        return answer

    def quote(
        self,
        *,
        start: str,
        profile: list[dict[str, Any]],
        tariff: dict[str, Any] | None = None,
        party: str | None = None,
        tariff_id: str | None = None,
        time_zone: str | None = None,
        policy: str | dict[str, Any] | None = None,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
    ) -> Any:
        """What a charge would cost by a Tariff."""
        fields: dict[str, Any] = {
            "start": start,
            "profile": profile,
            "tariff": tariff,
            "party": party,
            "tariff_id": tariff_id,
            "time_zone": time_zone,
            "policy": policy,
            "version": version,
        }
        answer: Any = self.ask("quote", **fields)
        return answer

    def readmit(
        self,
        *,
        id: str | None = None,
        partner: str | None = None,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"] | None = None,
        code: str | None = None,
    ) -> Any:
        """Try refused objects again, as after turning on a quirk."""
        fields: dict[str, Any] = {
            "id": id,
            "partner": partner,
            "module": module,
            "code": code,
        }
        answer: Any = self.ask("readmit", **fields)
        return answer

    def reconcile(
        self,
        *,
        partner: str | None = None,
        state: Literal["OPEN", "CLOSED", "ALL"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> ReconcileData:
        """What does not fit together with partners."""
        fields: dict[str, Any] = {
            "partner": partner,
            "state": state,
            "limit": limit,
            "cursor": cursor,
        }
        answer: ReconcileData = self.ask("reconcile", **fields)
        return answer

    def redeliver(
        self,
        *,
        id: str | None = None,
        partner: str | None = None,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"] | None = None,
        cause: str | None = None,
    ) -> RedeliverData:
        """Send undelivered objects again."""
        fields: dict[str, Any] = {
            "id": id,
            "partner": partner,
            "module": module,
            "cause": cause,
        }
        answer: RedeliverData = self.ask("redeliver", **fields)
        return answer

    def refusal(
        self,
        *,
        id: str,
    ) -> Any:
        """One refused object as it came, with all its faults."""
        fields: dict[str, Any] = {
            "id": id,
        }
        answer: Any = self.ask("refusal", **fields)
        return answer

    def refusals(
        self,
        *,
        partner: str | None = None,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"] | None = None,
        code: str | None = None,
        date_from: str | None = None,
        date_to: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Any:
        """What partners sent that was refused or set aside, and why."""
        fields: dict[str, Any] = {
            "partner": partner,
            "module": module,
            "code": code,
            "date_from": date_from,
            "date_to": date_to,
            "limit": limit,
            "cursor": cursor,
        }
        answer: Any = self.ask("refusals", **fields)
        return answer

    def register(
        self,
        *,
        versions_url: str,
        token: str,
        roles: list[dict[str, Any]] | None = None,
        hub: bool | None = None,
        replaces: str | None = None,
        policy: Literal["durable", "spec"] | None = None,
        charset: Literal["utf-8", "ascii"] | None = None,
        smart_charging: Literal["none", "delegated"] | None = None,
        requires: list[str] | None = None,
        quirks: list[
            Literal[
                "address_45",
                "day_of_week_numbers",
                "days_as_numbers",
                "directions_as_text",
                "kw_for_w",
                "latitude_for_longitude",
                "local_times_without_zone",
                "website_and_logo_always",
                "wh_for_kwh",
            ]
        ]
        | None = None,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
        name: str | None = None,
    ) -> RegisterData:
        """Register with a partner that invited us."""
        fields: dict[str, Any] = {
            "versions_url": versions_url,
            "token": token,
            "roles": roles,
            "hub": hub,
            "replaces": replaces,
            "policy": policy,
            "charset": charset,
            "smart_charging": smart_charging,
            "requires": requires,
            "quirks": quirks,
            "version": version,
            "name": name,
        }
        answer: RegisterData = self.ask("register", **fields)
        return answer

    def release(
        self,
        *,
        party: str,
        id: str,
    ) -> Any:
        """Announce a CDR of ours that was held."""
        fields: dict[str, Any] = {
            "party": party,
            "id": id,
        }
        answer: Any = self.ask("release", **fields)
        return answer

    def remove(
        self,
        *,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"],
        id: str,
        party: str | None = None,
        force: bool | None = None,
    ) -> RemoveData:
        """Delete a tariff of ours."""
        fields: dict[str, Any] = {
            "module": module,
            "id": id,
            "party": party,
            "force": force,
        }
        answer: RemoveData = self.ask("remove", **fields)
        return answer

    def resume(
        self,
        *,
        partner: str,
    ) -> ResumeData:
        """Let traffic flow again."""
        fields: dict[str, Any] = {
            "partner": partner,
        }
        answer: ResumeData = self.ask("resume", **fields)
        return answer

    def routes(
        self,
        *,
        from_: str | None = None,
        to: str | None = None,
        parties: list[str] | None = None,
        module: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> RoutesData:
        """What a hub passed on between parties, newest first."""
        fields: dict[str, Any] = {
            "from": from_,
            "to": to,
            "parties": parties,
            "module": module,
            "limit": limit,
            "cursor": cursor,
        }
        answer: RoutesData = self.ask("routes", **fields)
        return answer

    def scorecard(
        self,
        *,
        partner: str,
        days: int | None = None,
        format: Literal["json", "html"] | None = None,
    ) -> Any:
        """How a partner does: requests, refusals and why, latency, agreement."""
        fields: dict[str, Any] = {
            "partner": partner,
            "days": days,
            "format": format,
        }
        answer: Any = self.ask("scorecard", **fields)
        return answer

    def send_command(
        self,
        *,
        command: str,
        to: str | dict[str, Any],
        body: dict[str, Any],
        from_: str | dict[str, Any] | None = None,
    ) -> SendCommandData:
        """Send a command to a CPO; its result follows."""
        fields: dict[str, Any] = {
            "command": command,
            "to": to,
            "body": body,
            "from": from_,
        }
        answer: SendCommandData = self.ask("send_command", **fields)
        return answer

    def set_profile(
        self,
        *,
        session_id: str,
        charging_profile: dict[str, Any],
        party: str | dict[str, Any] | None = None,
        from_: str | dict[str, Any] | None = None,
    ) -> SetProfileData:
        """Set a charging profile at the CPO of a session."""
        fields: dict[str, Any] = {
            "session_id": session_id,
            "charging_profile": charging_profile,
            "party": party,
            "from": from_,
        }
        answer: SetProfileData = self.ask("set_profile", **fields)
        return answer

    def settle(
        self,
        *,
        party: str,
        id: str,
        outcome: Literal["CREDITED", "ACCEPTED", "WITHDRAWN"],
    ) -> SettleData:
        """End a dispute."""
        fields: dict[str, Any] = {
            "party": party,
            "id": id,
            "outcome": outcome,
        }
        answer: SettleData = self.ask("settle", **fields)
        return answer

    def statement(
        self,
        *,
        month: str,
        partner: str | None = None,
        party: str | None = None,
        format: Literal["json", "csv"] | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> StatementData:
        """A month's CDRs and their sums."""
        fields: dict[str, Any] = {
            "month": month,
            "partner": partner,
            "party": party,
            "format": format,
            "limit": limit,
            "cursor": cursor,
        }
        answer: StatementData = self.ask("statement", **fields)
        return answer

    def status(
        self,
    ) -> Any:
        """Partners, health, backlog, oldest undelivered, errors."""
        fields: dict[str, Any] = {}
        answer: Any = self.ask("status", **fields)
        return answer

    def suspend(
        self,
        *,
        partner: str,
    ) -> SuspendData:
        """Stop all traffic with a partner, both directions."""
        fields: dict[str, Any] = {
            "partner": partner,
        }
        answer: SuspendData = self.ask("suspend", **fields)
        return answer

    def tell_again(
        self,
        *,
        module: Literal["locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo"],
        since: str,
        cursor: str | None = None,
    ) -> TellAgainData:
        """Tell the back end again what partners changed."""
        fields: dict[str, Any] = {
            "module": module,
            "since": since,
            "cursor": cursor,
        }
        answer: TellAgainData = self.ask("tell_again", **fields)
        return answer

    def unregister(
        self,
        *,
        partner: str,
    ) -> UnregisterData:
        """End a connection, at both sides."""
        fields: dict[str, Any] = {
            "partner": partner,
        }
        answer: UnregisterData = self.ask("unregister", **fields)
        return answer

    def update_registration(
        self,
        *,
        partner: str,
        version: Literal["2.1.1", "2.2.1", "2.3.0"] | None = None,
    ) -> UpdateRegistrationData:
        """Exchange tokens and fetch endpoints again."""
        fields: dict[str, Any] = {
            "partner": partner,
            "version": version,
        }
        answer: UpdateRegistrationData = self.ask("update_registration", **fields)
        return answer

    def webhook(
        self,
        *,
        resume: bool | None = None,
    ) -> WebhookData:
        """Where events are posted to, and whether they are."""
        fields: dict[str, Any] = {
            "resume": resume,
        }
        answer: WebhookData = self.ask("webhook", **fields)
        return answer

    def webhook_secret(
        self,
        *,
        rotate: bool | None = None,
        overlap: int | None = None,
    ) -> WebhookSecretData:
        """The secret that signs webhooks, shown once."""
        fields: dict[str, Any] = {
            "rotate": rotate,
            "overlap": overlap,
        }
        answer: WebhookSecretData = self.ask("webhook_secret", **fields)
        return answer
