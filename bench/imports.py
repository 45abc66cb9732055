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
# What a first request or message imports and makes beyond its function: what works, the clients it calls, the
# validator of what a partner sent; KMS decrypts the token of who is called.
_STORES = " platform.clients.dynamodb; platform.partners; platform.objects; platform.messages;"
_VALIDATOR = (
    " from chalicelib.ocpi import models; from chalicelib.ocpi.models import validators;"
    " validators.validate(models.model('location'), '2.2.1', False)({});"
)
_WORKERS = "from chalicelib import wiring, workers; platform = wiring.platform();" + _STORES
_CALLS = (
    " from chalicelib.partner_client import client, transport; platform.clients.kms; platform.deliveries;"
)
_ASKED = "import app; from chalicelib import wiring; platform = wiring.platform();" + _STORES
FIRST = {
    "list": (_ASKED + " import chalicelib.objects.sender", "request of the api function, a list", 1.5),
    "put": (
        _ASKED + _VALIDATOR + " import chalicelib.objects.receiver; platform.clients.events",
        "request of the api function, a PUT",
        1.5,
    ),
    "push": (_WORKERS + " workers._load('delivery.push:push');" + _CALLS, "message of push", 1.35),
    "announce": (
        _WORKERS
        + " workers._load('delivery.announce:announce'); platform.clients.sqs; platform.clients.events",
        "message of announce",
        1.35,
    ),
    "pull": (
        _WORKERS + " workers._load('delivery.pull:page');" + _CALLS + _VALIDATOR,
        "message of pull",
        1.35,
    ),
}

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
    """Rows for the api function as it is loaded, and for what is asked of each function first."""
    codes = {
        "empty": "pass",
        "bare": BARE,
        "api": API,
        **{name: code for name, (code, _, _) in FIRST.items()},
    }
    best: dict[str, float] = {}
    for _ in range(RUNS):
        for name, code in codes.items():
            best[name] = min(best.get(name, 1e9), _cpu(code))
    bare = best["bare"] - best["empty"]

    def row(name: str, what: str, most: float) -> tuple[str, str, str]:
        seconds = best[name] - best["empty"]
        return what, f"{seconds * 1000:.0f} ms = {seconds / bare:.2f} x bare", f"<= {most:g} x bare"

    return [
        ("bare Chalice app + DynamoDB client, import CPU", f"{bare * 1000:.0f} ms", "-"),
        row("api", "the api function, loaded", 1.25),
        *(row(name, f"first {what}", most) for name, (_, what, most) in FIRST.items()),
    ]


def _cpu(code: str) -> float:
    """CPU seconds of a fresh process until it is ready; how long it takes to end is nobody's business."""
    script = f"import time; {code.rstrip(';')}; print(time.process_time())"
    done = subprocess.run([sys.executable, "-c", script], check=True, env=ENVIRON, capture_output=True)
    return float(done.stdout)
