"""Cold start: what importing a function and making its first client costs, against a bare Chalice app.

CPU time of a fresh process, minimum of ten, both in one run; files are
precompiled as in the package. The bare app is Chalice with one botocore
DynamoDB client, the least any function of this kind does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RUNS = 10
CLIENT = "import botocore.session as s; s.Session().create_client('dynamodb', region_name='eu-central-1')"
BARE = f"from chalice import Chalice; app = Chalice('bare'); {CLIENT}"
API = "import app; from chalicelib import wiring; wiring.platform().clients.dynamodb"
# What a push message really imports and makes, up to the request to the partner: KMS decrypts its token.
WORKER = (
    "from chalicelib import wiring, workers; from chalicelib.partner_client import client, transport;"
    " workers._load('delivery.push:push'); platform = wiring.platform();"
    " platform.clients.dynamodb; platform.clients.kms;"
    " platform.partners; platform.deliveries; platform.objects"
)

ENVIRON = {
    "OCPI_PARTIES": '[{"role":"CPO","country_code":"NL","party_id":"EXA","business_details":{"name":"x"}}]',
    "AWS_LAMBDA_FUNCTION_NAME": "ocpi-bench",
    "AWS_DEFAULT_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "PATH": os.environ.get("PATH", ""),
    "PYTHONPATH": str(Path(__file__).parent.parent),
}


def measure() -> list[tuple[str, str, str]]:
    """Rows for the api function and a worker."""
    best: dict[str, float] = {}
    for _ in range(RUNS):
        for name, code in (("empty", "pass"), ("bare", BARE), ("api", API), ("worker", WORKER)):
            best[name] = min(best.get(name, 1e9), _cpu(code))
    bare = best["bare"] - best["empty"]
    api, worker = best["api"] - best["empty"], best["worker"] - best["empty"]
    return [
        ("bare Chalice app + DynamoDB client, import CPU", f"{bare * 1000:.0f} ms", "-"),
        (
            "cold start of the api function",
            f"{api * 1000:.0f} ms = {api / bare:.2f} x bare",
            "<= 1.25 x bare",
        ),
        (
            "cold start of a push worker",
            f"{worker * 1000:.0f} ms = {worker / bare:.2f} x bare",
            "<= 1.35 x bare",
        ),
    ]


def _cpu(code: str) -> float:
    """CPU seconds of a fresh process until it is ready; how long it takes to end is nobody's business."""
    script = f"import time; {code}; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", script], check=True, env=ENVIRON, capture_output=True)
    return float(done.stdout)
