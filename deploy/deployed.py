"""What the rehearsal deployed, used from outside: its functions, its queues, and the door for partners."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from deploy.room import NotAsItShouldBe, expect


def operated(environ: dict[str, str], function: str, payload: dict[str, Any]) -> Any:
    """The data of an action of the operator function."""
    answer = invoke(environ, function, payload)
    expect(isinstance(answer, dict) and answer.get("ok"), f"{payload['action']}: {answer}")
    return answer["data"]


def invoke(environ: dict[str, str], function: str, payload: dict[str, Any]) -> Any:
    """What a function answers."""
    reply = client(environ, "lambda").invoke(FunctionName=function, Payload=json.dumps(payload).encode())
    text = reply["Payload"].read().decode()
    expect("FunctionError" not in reply, f"{function} failed: {text[:1500]}")
    return json.loads(text)


def waiting(environ: dict[str, str], queue: str) -> int:
    """The messages in a queue."""
    sqs = client(environ, "sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def client(environ: dict[str, str], service: str) -> Any:
    """A client of one service of the emulator."""
    import botocore.session

    return botocore.session.Session().create_client(
        service,
        region_name=environ["AWS_DEFAULT_REGION"],
        endpoint_url=environ["AWS_ENDPOINT_URL"],
        aws_access_key_id=environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environ["AWS_SECRET_ACCESS_KEY"],
    )


def call(
    method: str, url: str, token: str, body: Any = None, routing: Mapping[str, str] | None = None
) -> Any:
    """The `data` of an OCPI answer to a partner."""
    return asked(method, url, token, body, routing)[0]


def asked(
    method: str, url: str, token: str, body: Any = None, routing: Mapping[str, str] | None = None
) -> tuple[Any, Mapping[str, str]]:
    """The `data` of an OCPI answer to a partner, and its headers."""
    headers = {
        "Authorization": f"Token {base64.b64encode(token.encode()).decode()}",
        "Content-Type": "application/json",
        "X-Request-ID": "rehearsal",
        "X-Correlation-ID": "rehearsal",
        **(routing or {}),
    }
    request = urllib.request.Request(
        url, method=method, headers=headers, data=json.dumps(body).encode() if body else None
    )
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            answer, received = json.loads(reply.read()), reply.headers
    except urllib.error.HTTPError as problem:
        raise NotAsItShouldBe(f"{method} {url}: {problem.code} {problem.read().decode()[:600]}") from None
    expect(answer["status_code"] == 1000, f"{method} {url}: {answer}")
    return answer.get("data"), received


@contextmanager
def step(name: str) -> Iterator[None]:
    """A part of the rehearsal, its time printed."""
    begun = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - begun:.1f} s", flush=True)
