"""`python -m stack.costs`: what a month costs, from counted units; `--write` puts it into docs/deploying.md.

Units per event are those that the meter of `make bench` counts; durations and
queue calls are assumed (marked so). Prices are list prices of eu-central-1 in
USD as known in 2025, without free tiers except where said. Traffic out of AWS
and taxes are not in it.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, fields
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs" / "deploying.md"
BEGIN, END = "<!-- costs: made by python -m stack.costs --write -->", "<!-- end of costs -->"
MILLION = 1e6

# USD per unit, eu-central-1.
WRITE_UNIT, READ_UNIT = 0.7625 / MILLION, 0.1525 / MILLION
STORED_GB, BACKED_UP_GB = 0.306, 0.2448
API_REQUEST = 3.70 / MILLION
INVOCATION, GB_SECOND = 0.20 / MILLION, 0.0000133334  # arm64
QUEUE_CALL = 0.40 / MILLION
EVENT = 1.00 / MILLION
LOG_GB = 0.63
KEY_MONTH, ALARM_MONTH = 1.00, 0.10
FREE_ALARMS, FREE_QUEUE_CALLS = 10, 1e6
ALARMS = 15
MINUTES = 30 * 24 * 60
# Lambda keeps five long polls of 20 s open per queue, also when nothing comes.
IDLE_POLLS = 5 * 5 * 3 * MINUTES


@dataclass(frozen=True)
class Counted:
    """Units and calls of one event, as `make bench` prints them. GB-s are memory times duration."""

    status_writes: float = 6  # an EVSE status change: item, indexes, feed
    status_reads: float = 2
    delivery_writes: float = 2  # one change told to one partner: lease taken and given back
    delivery_reads: float = 2
    delivery_queue_calls: float = 0.4  # assumed: batches of ten, in and out
    session_writes: float = 80  # a session's life: 8 updates of 6 units and a CDR of 50 periods of 32
    session_reads: float = 30
    session_requests: float = 12  # assumed: authorization, commands, updates, CDR
    request_gb_s: float = 0.025  # assumed: 1 GB for 25 ms
    announce_gb_s: float = 0.003  # assumed: 0.5 GB for 6 ms of a batch
    delivery_gb_s: float = 0.025  # assumed: 0.5 GB for 50 ms: the partner's answer, ten at a time
    log_kb: float = 0.5  # assumed: one structured line and Lambda's own


@dataclass(frozen=True)
class Load:
    """A month of one platform."""

    name: str
    partners: int
    charge_points: int
    status_changes: float
    sessions: float
    hearing: float = 1.0  # partners told about each status change


def month(load: Load, counted: Counted) -> dict[str, float]:
    """USD by service."""
    changes = load.status_changes
    told = changes * load.hearing
    session_told = load.sessions * 9
    deliveries = told + session_told
    requests = changes + load.sessions * counted.session_requests
    writes = (
        changes * counted.status_writes
        + deliveries * counted.delivery_writes
        + load.sessions * counted.session_writes
    )
    # Every change is one page item when partners reconcile once a day.
    reads = (
        changes * counted.status_reads
        + deliveries * counted.delivery_reads
        + load.sessions * counted.session_reads
        + load.partners * load.charge_points * 30
        + MINUTES * 4
    )
    gb_s = (
        requests * counted.request_gb_s
        + (changes + session_told) * counted.announce_gb_s
        + deliveries * counted.delivery_gb_s
        + MINUTES * 0.03
    )
    invocations = requests + (changes + session_told) / 5 + deliveries / 5 + MINUTES
    stored = (load.charge_points * 30 + load.sessions * 12 * 15 + load.partners * 100) / MILLION
    logs = (requests + deliveries) * counted.log_kb / MILLION
    queue_calls = deliveries * counted.delivery_queue_calls + IDLE_POLLS
    return {
        "API Gateway": requests * API_REQUEST,
        "Lambda": invocations * INVOCATION + gb_s * GB_SECOND,
        "DynamoDB": writes * WRITE_UNIT + reads * READ_UNIT + stored * (STORED_GB + BACKED_UP_GB),
        "SQS": max(0.0, queue_calls - FREE_QUEUE_CALLS) * QUEUE_CALL,
        "EventBridge": (changes + load.sessions * 10) * EVENT,
        "Logs": logs * LOG_GB,
        "Key, alarms": KEY_MONTH + max(0, ALARMS - FREE_ALARMS) * ALARM_MONTH,
    }


LOADS = (
    Load("idle", 0, 0, 0, 0),
    Load("1 partner, 100 charge points", 1, 100, 200_000, 10_000),
    Load("10 partners, 1,000 charge points", 10, 1_000, 2_000_000, 100_000),
    Load("the same, every change told to all 10", 10, 1_000, 2_000_000, 100_000, hearing=10),
    Load("100 partners, 10,000 charge points", 100, 10_000, 20_000_000, 1_000_000),
)


def table(counted: Counted) -> str:
    """The table for the documentation."""
    services = list(month(LOADS[0], counted))
    lines = [
        "| a month of | status changes | sessions | " + " | ".join(services) + " | USD |",
        "|---|---|---|" + "---|" * (len(services) + 1),
    ]
    for load in LOADS:
        costs = month(load, counted)
        lines.append(
            f"| {load.name} | {load.status_changes:,.0f} | {load.sessions:,.0f} | "
            + " | ".join(f"{costs[each]:.2f}" for each in services)
            + f" | **{sum(costs.values()):.2f}** |"
        )
    each = ", ".join(f"{field.name} {getattr(counted, field.name):g}" for field in fields(counted))
    note = (
        "\n\nSession and CDR told to one partner each; a status change to one, where not said otherwise. "
        "Units are counted by the meter of `make bench`, durations (`gb_s`), queue calls and log sizes "
        f"assumed. Every status change is reckoned as an API request and an event, too.\n\nPer event: {each}."
    )
    return "\n".join(lines) + note


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    made = table(Counted())
    if parser.parse_args().write:
        text = DOCUMENT.read_text()
        before, rest = text.split(BEGIN)
        DOCUMENT.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.split(END)[1]}")
    else:
        print(made)


if __name__ == "__main__":
    main()
