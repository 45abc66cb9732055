"""What the rehearsal deployed, used from outside: its functions and its queues."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from deploy.room import expect


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


@contextmanager
def step(name: str) -> Iterator[None]:
    """A part of the rehearsal, its time printed."""
    begun = time.monotonic()
    yield
    print(f"{name}: {time.monotonic() - begun:.1f} s", flush=True)
