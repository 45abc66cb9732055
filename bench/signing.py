"""What of a call to DynamoDB is the signing of its request, and of that the key of the day.

The key is the same all day and botocore makes it for each request: what keeping it could save.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.platform import measured_platform
from bench.tape import played

ROUNDS, CALLS = 15, 200


def measure() -> list[tuple[str, str, str]]:
    """The one row of this room."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    signer = SigV4Auth(Credentials("bench", "bench" * 8), "dynamodb", "eu-central-1")
    url, headers = (
        "https://dynamodb.eu-central-1.amazonaws.com/",
        {"Content-Type": "application/x-amz-json-1.0"},
    )

    def whole() -> None:
        signer.add_auth(AWSRequest("POST", url, headers=headers, data=b"x" * 2000))

    request = AWSRequest("POST", url)
    request.context["timestamp"] = "20260301T120000Z"
    signing, key = _best(whole), _best(lambda: signer.signature("what is signed", request))
    with measured_platform() as bench:
        bench.meter.off = True
        client, name = bench.platform.clients.dynamodb, "ocpi-bench-partners"
        call, _ = played(client, lambda: client.get_item(TableName=name, Key={"id": {"S": "none"}}))
    measured = f"{signing / call:.2f} x the call, the key of it {key / call:.3f} x"
    return [("signing of a call to DynamoDB", measured, "keeping the key saves < 0.05 x")]


def _best(work: Callable[[], Any]) -> float:
    """CPU seconds of one call, at its quietest."""
    best = float("inf")
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(CALLS):
            work()
        best = min(best, time.process_time() - began)
    return best / CALLS
