"""What a back end needs beside its types: a signature checked, an event read, an action asked for.

The first part of `clients/ocpi_backend.py`, which is made of this file and of
the schemas. Standard library only; boto3 where actions are asked for on AWS.
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
from typing import Any

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
