"""What pricing costs: CPU of an audit with its whole report, and of the import, beside the design's targets.

CPU time in this process, the quietest of many calls; the import is of precompiled files in a process of its
own, as in the package, beside an empty one.
"""

from __future__ import annotations

import compileall
import gc
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from chalicelib import pricing

ROOT = Path(__file__).parent.parent
ZONE = "Europe/Amsterdam"
START = datetime(2026, 3, 1, 23, tzinfo=UTC)  # midnight there
QUARTER = timedelta(minutes=15)


def measure() -> list[tuple[str, str, str]]:
    """The rows of this bench."""
    usual, large, larger = cdr(5, usual_tariff()), cdr(200, quarters()), cdr(400, quarters())
    small, big, double = best(usual, 400), best(large, 20), best(larger, 10)
    wrong = {**large, "total_cost": {"before_taxes": Decimal("1.23")}}
    return [
        ("audit, 5 periods x 10 elements, whole report", f"{small * 1000:.2f} ms CPU", "<= 0.5 ms"),
        ("audit, 200 periods x 96 elements", f"{big * 1000:.1f} ms CPU", "<= 15 ms"),
        ("audit, 400 periods x 96 elements", f"{double / big:.2f} x the same of 200", "linear: 2 x"),
        ("audit of one that disagrees, 200 x 96, with diagnosis", f"{best(wrong, 3) * 1000:.0f} ms CPU", "-"),
        ("hostile CDR, 10,000 periods x 2,000 elements", hostile(), "a finding, <= 1 s"),
        ("import of the pricing engine", f"{imported() * 1000:.0f} ms CPU", "<= 50 ms"),
    ]


def usual_tariff(elements: int = 10) -> dict[str, Any]:
    """Restrictions of every common kind, and a fallback."""
    restricted = [
        element(start_time=f"{at:02}:00", end_time=f"{at + 1:02}:00", day_of_week=["SUNDAY"], max_kwh=50)
        for at in range(elements - 1)
    ]
    return tariff([*restricted, element()])


def quarters() -> dict[str, Any]:
    """A price for every quarter of an hour."""
    clock = [f"{at // 4:02}:{at % 4 * 15:02}" for at in range(97)]
    clock[96] = "00:00"
    return tariff([element(start_time=clock[at], end_time=clock[at + 1]) for at in range(96)])


def element(**restrictions: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "price_components": [
            {"type": "ENERGY", "price": Decimal("0.30"), "vat": Decimal(21), "step_size": 1},
            {"type": "TIME", "price": Decimal("1.20"), "vat": Decimal(21), "step_size": 60},
        ]
    }
    return {**found, "restrictions": restrictions} if restrictions else found


def tariff(elements: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "country_code": "NL",
        "party_id": "EXA",
        "id": "TARIFF-0001",
        "currency": "EUR",
        "elements": elements,
        "tax_included": "NO",
        "last_updated": "2026-01-01T00:00:00Z",
    }


def cdr(periods: int, by: dict[str, Any]) -> dict[str, Any]:
    """A CDR whose totals are what they cost."""
    volumes = [{"type": "ENERGY", "volume": Decimal("1.25")}, {"type": "TIME", "volume": Decimal("0.25")}]
    found: dict[str, Any] = {
        "country_code": "NL",
        "party_id": "EXA",
        "id": "CDR-0001",
        "start_date_time": wire(START),
        "end_date_time": wire(START + periods * QUARTER),
        "currency": "EUR",
        "tariffs": [by],
        "charging_periods": [
            {"start_date_time": wire(START + at * QUARTER), "dimensions": volumes, "tariff_id": by["id"]}
            for at in range(periods)
        ],
    }
    return {**found, **pricing.price(found, time_zone=ZONE)["totals"]}


def wire(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def best(given: dict[str, Any], calls: int) -> float:
    """CPU seconds of one audit at its quietest."""
    found = float("inf")
    gc.disable()
    try:
        for _ in range(calls):
            start = time.process_time()
            pricing.audit(given, time_zone=ZONE)
            found = min(found, time.process_time() - start)
    finally:
        gc.enable()
    return found


def hostile() -> str:
    """How a CDR ends that nobody charges."""
    given = cdr(1, usual_tariff())
    given = {**given, "charging_periods": given["charging_periods"] * 10_000}
    given["tariffs"] = [tariff([element(min_kwh=1)] * 2_000)]
    start = time.process_time()
    report = pricing.audit(given, time_zone=ZONE)
    took = time.process_time() - start
    return f"{report['findings'][0]['code']}, {took * 1000:.0f} ms CPU"


def imported() -> float:
    """CPU seconds of the import, the standard library's part included."""
    compileall.compile_dir(ROOT / "chalicelib" / "pricing", quiet=2)
    code = "import time; start = time.process_time(); {}; print(time.process_time() - start)"
    took = []
    for what in ("import chalicelib.pricing",) * 7:
        ran = subprocess.run(
            [sys.executable, "-c", code.format(what)], capture_output=True, text=True, check=True, cwd=ROOT
        )
        took.append(float(ran.stdout))
    return min(took)
