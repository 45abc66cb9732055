"""Lets the simulated charge points of a running local platform work: `python -m simulator --url ...`."""

from __future__ import annotations

import argparse
import contextlib
import json
import time
import urllib.parse
import urllib.request
from decimal import Decimal
from typing import Any

from simulator.charge_point import ACCEPT, REFUSE, SILENT, BackEnd
from simulator.heard import Heard


def main() -> None:
    """Until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="simulator", description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="the local platform")
    parser.add_argument("--speed", type=float, default=600, help="how much faster meters run")
    parser.add_argument(
        "--behaviour",
        action="append",
        default=[],
        metavar="WHO=HOW",
        help=f"a command or an EVSE's uid, and {ACCEPT}, {REFUSE} or {SILENT}",
    )
    parser.add_argument(
        "--webhook",
        type=int,
        metavar="PORT",
        help="hear by webhook: the platform runs with OCPI_BACKEND_URL=http://127.0.0.1:PORT/",
    )
    options = parser.parse_args()
    url = options.url.rstrip("/")

    def operator(payload: dict[str, Any]) -> dict[str, Any]:
        path = f"{url}/2015-03-31/functions/operator/invocations"
        answer: dict[str, Any] = _request(path, json.dumps(payload, default=_number).encode())
        return answer

    def events(after: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = _request(f"{url}/local/events?after={urllib.parse.quote(after)}")
        return found

    with contextlib.ExitStack() as open_while_running:
        if options.webhook:
            heard = open_while_running.enter_context(Heard(options.webhook))
            heard.know(operator)
            events = heard.events
        back_end = BackEnd(operator, events, speed=options.speed)
        for each in options.behaviour:
            who, _, how = each.partition("=")
            back_end.behave(who, how)
        open_while_running.enter_context(back_end)
        print(f"simulating the charge points of {url}; Ctrl-C ends it")
        try:
            while True:
                time.sleep(1)
        except KeyboardInterrupt:
            pass


def _request(url: str, body: bytes | None = None) -> Any:
    with urllib.request.urlopen(url, body, timeout=30) as answer:
        return json.loads(answer.read(), parse_float=Decimal)


def _number(value: Any) -> float:
    """The operator function reads floats back as the Decimals they were written as."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    main()
