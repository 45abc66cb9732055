"""`python -m deploy.costs`: what a month costs, from counted units; `--write` puts it into docs/.

`--count` counts anew with `bench.events` what the events of a month use, into
`deploy/counted.json`. What cannot be counted on one machine (how long Lambda
runs, how large Lambda's and API Gateway's own log lines are) is assumed, in
`ASSUMED`. Prices are list prices of eu-central-1 in USD as known in 2025,
without free tiers except where said. Taxes are not in it.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

DOCUMENT = Path(__file__).parent.parent / "docs" / "deploying.md"
SCALE = DOCUMENT.with_name("scale.md")
COUNTED = Path(__file__).parent / "counted.json"
BEGIN, END = "<!-- costs: made by python -m deploy.costs --write -->", "<!-- end of costs -->"
MILLION = 1e6

# USD per unit, eu-central-1.
WRITE_UNIT, READ_UNIT = 0.7625 / MILLION, 0.1525 / MILLION
STORED_GB, BACKED_UP_GB = 0.306, 0.2448
API_REQUEST = 3.70 / MILLION
INVOCATION, GB_SECOND = 0.20 / MILLION, 0.0000133334  # arm64
QUEUE_CALL = 0.40 / MILLION
EVENT = 1.00 / MILLION
LOG_GB = 0.63 + 0.0324  # written, and stored for a month
TRAFFIC_GB = 0.09
KEY_MONTH, ALARM_MONTH = 1.00, 0.10
FREE_ALARMS, FREE_QUEUE_CALLS = 10, 1e6
ALARMS = 15
SECONDS = 30 * 24 * 3600
MINUTES = SECONDS / 60
# Lambda keeps five long polls of 20 s open per queue, also when nothing comes.
IDLE_POLLS = 5 * 6 * 3 * MINUTES
BATCH, BUSY = 10, 5

ASSUMED = {
    "api_gb_s": 0.025,  # 1 GB for 25 ms
    "inbox_gb_s": 0.0125,  # 0.5 GB for 25 ms
    "announce_gb_s": 0.0075,  # 0.5 GB for 15 ms, a batch
    "partner_answers_ms": 250,  # waited for, one delivery after another, in 0.5 GB
    "delivery_own_ms": 20,
    "audit_gb_s": 0.01,  # 0.5 GB for 20 ms: a CDR priced, its verdict written
    "sweep_gb_s": 0.03,
    "forward_gb_s": 0.275,  # 1 GB for 25 ms, and for 250 ms in which the far side answers
    "invocation_log_kb": 0.35,  # START, END and REPORT
    "access_log_kb": 0.35,
    "call_kb": 1.2,  # a delivery as it leaves AWS, with its headers
    "answer_kb": 1.5,  # one of the API's
    "stored_kb_a_session": 15,  # with its CDR and indexes
    "months_kept": 12,  # unless OCPI_RETENTION_DAYS says otherwise
}
SESSION_UPDATES = 8
# Of the partners that a hub asks whether they are there, twenty wait at the same time.
SIDE_BY_SIDE = 1 / 20
# Of a verdict: the item and its entries in two indexes; itself, policy, Location and a Tariff read.
AUDIT_WRITES, AUDIT_READS = 3, 4
SESSION_REQUESTS = 4  # assumed: authorization, a command and its result, a look at it


@dataclass(frozen=True)
class Load:
    """A month of one platform.

    `ours`: a CPO's changes come from its back end by the inbox and are told
    to `hearing` partners each; else an eMSP's partners send them.
    """

    name: str
    partners: int
    charge_points: int
    status_changes: float
    sessions: float
    hearing: float = 1.0
    ours: bool = True


def counted() -> dict[str, float]:
    """What `bench.events` counted last, by name."""
    found: dict[str, float] = json.loads(COUNTED.read_text())
    return found


def month(load: Load, units: Mapping[str, float]) -> dict[str, float]:
    """USD by service. `units` are those of `counted`."""
    changes, sessions = load.status_changes, load.sessions
    records = sessions * (SESSION_UPDATES + 1)
    kind = "our" if load.ours else "their"
    deliveries = changes * load.hearing + records if load.ours else 0.0
    requests = sessions * SESSION_REQUESTS + (0.0 if load.ours else changes + records)
    commanded = changes + records if load.ours else 0.0
    events = sessions * (3 if load.ours else 4) + (0.0 if load.ours else changes + records)

    # Batches fill at the rate of busy hours; announcing and pushing wait a second for more.
    together = max(1.0, BUSY * changes / SECONDS)
    per_push = min(BATCH, max(1.0, together * load.hearing))
    announced = changes / together + records
    pushed = changes * load.hearing / per_push + records if load.ours else 0.0
    inboxed = changes / min(BATCH, together) + records if load.ours else 0.0

    writes = (
        changes * units[f"{kind}_status_writes"]
        + sessions * (units["session_writes"] + AUDIT_WRITES)
        + deliveries * units["delivery_writes"]
    )
    reads = (
        changes * units[f"{kind}_status_reads"]
        + sessions * (units["session_reads"] + AUDIT_READS)
        + deliveries * units["delivery_reads"]
        + load.partners * load.charge_points * 30  # every partner reads everything once a day
        + MINUTES * 4
    )
    gb_s = (
        requests * ASSUMED["api_gb_s"]
        + commanded * ASSUMED["inbox_gb_s"]
        + announced * ASSUMED["announce_gb_s"]
        + deliveries * delivery_gb_s()
        + sessions * ASSUMED["audit_gb_s"]
        + MINUTES * ASSUMED["sweep_gb_s"]
    )
    invocations = requests + inboxed + announced + pushed + sessions + MINUTES
    logs = (
        commanded * units["our_status_log_kb"]
        + requests * (units["their_status_log_kb"] + ASSUMED["access_log_kb"])
        + deliveries * units["delivery_log_kb"]
        + invocations * ASSUMED["invocation_log_kb"]
    )
    # A call sends, receives or deletes up to ten; the back end sends its changes one by one.
    queue_calls = 3 * (pushed + sessions) + commanded + 2 * inboxed + IDLE_POLLS
    kept = sessions * ASSUMED["months_kept"] * ASSUMED["stored_kb_a_session"]
    stored = (load.charge_points * 30 + kept + load.partners * 100) / MILLION
    return {
        "API Gateway": requests * API_REQUEST,
        "Lambda": invocations * INVOCATION + gb_s * GB_SECOND,
        "DynamoDB": writes * WRITE_UNIT + reads * READ_UNIT + stored * (STORED_GB + BACKED_UP_GB),
        "SQS": max(0.0, queue_calls - FREE_QUEUE_CALLS) * QUEUE_CALL,
        "EventBridge": events * EVENT,
        "Logs": logs / MILLION * LOG_GB,
        "Traffic": (deliveries * ASSUMED["call_kb"] + requests * ASSUMED["answer_kb"]) / MILLION * TRAFFIC_GB,
        "Key, alarms": KEY_MONTH + max(0, ALARMS - FREE_ALARMS) * ALARM_MONTH,
    }


def delivery_gb_s() -> float:
    """What a delivery takes of Lambda: most of it waits for the partner."""
    return 0.5 * (ASSUMED["partner_answers_ms"] + ASSUMED["delivery_own_ms"]) / 1000


@dataclass(frozen=True)
class HubLoad:
    """A month of a hub: half of its parties are CPOs with 100 charge points each, half are eMSPs.

    Every status change is broadcast to every eMSP; a session's updates, its CDR and what is asked
    beside are forwarded.
    """

    parties: int
    changes_a_cpo: float = 200_000
    sessions_a_cpo: float = 10_000

    @property
    def name(self) -> str:
        return f"hub, {self.parties} parties"

    @property
    def status_changes(self) -> float:
        return self.parties / 2 * self.changes_a_cpo

    @property
    def sessions(self) -> float:
        return self.parties / 2 * self.sessions_a_cpo


def month_of_a_hub(load: HubLoad, units: Mapping[str, float]) -> dict[str, float]:
    """USD by service."""
    changes, readers = load.status_changes, load.parties / 2
    deliveries = changes * readers
    forwards = load.sessions * (SESSION_UPDATES + 1 + SESSION_REQUESTS)
    alive = load.parties * MINUTES / 5  # silence looked into, were everybody silent
    requests = changes + forwards
    together = max(1.0, BUSY * changes / SECONDS)
    announced, pushed = changes / together, deliveries / min(BATCH, max(1.0, together * readers))
    writes = (
        changes * units["their_status_writes"]
        + deliveries * units["delivery_writes"]
        + forwards * units["forward_writes"]
    )
    reads = (
        changes * units["their_status_reads"]
        + deliveries * units["delivery_reads"]
        + forwards * units["forward_reads"]
        + MINUTES * (4 + load.parties * 2)
    )
    gb_s = (
        changes * ASSUMED["api_gb_s"]
        + forwards * ASSUMED["forward_gb_s"]
        + announced * ASSUMED["announce_gb_s"]
        + deliveries * delivery_gb_s()
        + alive * SIDE_BY_SIDE * delivery_gb_s()
        + MINUTES * ASSUMED["sweep_gb_s"]
    )
    invocations = requests + announced + pushed + 2 * MINUTES
    logs = (
        changes * units["their_status_log_kb"]
        + forwards * units["forward_log_kb"]
        + requests * ASSUMED["access_log_kb"]
        + (deliveries + alive) * units["delivery_log_kb"]
        + invocations * ASSUMED["invocation_log_kb"]
    )
    calls = deliveries + forwards
    traffic = calls * ASSUMED["call_kb"] + requests * ASSUMED["answer_kb"]
    stored = (load.parties / 2 * 100 * 30 * (1 + readers * 0.3) + forwards * 0.5) / MILLION
    return {
        "API Gateway": requests * API_REQUEST,
        "Lambda": invocations * INVOCATION + gb_s * GB_SECOND,
        "DynamoDB": writes * WRITE_UNIT + reads * READ_UNIT + stored * (STORED_GB + BACKED_UP_GB),
        "SQS": max(0.0, 3 * pushed + IDLE_POLLS - FREE_QUEUE_CALLS) * QUEUE_CALL,
        "EventBridge": changes * EVENT,
        "Logs": logs / MILLION * LOG_GB,
        "Traffic": traffic / MILLION * TRAFFIC_GB,
        "Key, alarms": KEY_MONTH + max(0, ALARMS - FREE_ALARMS) * ALARM_MONTH,
    }


LOADS = (
    Load("idle", 0, 0, 0, 0),
    Load("CPO, 1 partner, 100 charge points", 1, 100, 200_000, 10_000),
    Load("CPO, 10 partners, 1,000 charge points", 10, 1_000, 2_000_000, 100_000),
    Load("the same, each change told to 5", 10, 1_000, 2_000_000, 100_000, hearing=5),
    Load("the same, each change told to all 10", 10, 1_000, 2_000_000, 100_000, hearing=10),
    Load("eMSP, 10 partners with 1,000 charge points", 10, 1_000, 2_000_000, 100_000, ours=False),
    Load("CPO, 100 partners, 10,000 charge points", 100, 10_000, 20_000_000, 1_000_000),
)
HUBS = (HubLoad(10), HubLoad(50), HubLoad(200))


def table(units: Mapping[str, float]) -> str:
    """The table for the documentation."""
    services = list(month(LOADS[0], units))
    lines = [
        "| a month of | status changes | sessions | " + " | ".join(services) + " | USD |",
        "|---|---|---|" + "---|" * (len(services) + 1),
    ]
    months: list[tuple[Load | HubLoad, dict[str, float]]] = [(load, month(load, units)) for load in LOADS]
    months += [(load, month_of_a_hub(load, units)) for load in HUBS]
    for load, costs in months:
        lines.append(
            f"| {load.name} | {load.status_changes:,.0f} | {load.sessions:,.0f} | "
            + " | ".join(f"{costs[each]:.2f}" for each in services)
            + f" | **{sum(costs.values()):.2f}** |"
        )
    writes = units["delivery_writes"] * WRITE_UNIT
    one = (
        writes
        + units["delivery_reads"] * READ_UNIT
        + delivery_gb_s() * GB_SECOND
        + units["delivery_log_kb"] / MILLION * LOG_GB
    )
    return (
        "\n".join(lines) + "\n\nA status change is told to one partner where not said otherwise, a session's "
        f"{SESSION_UPDATES} updates and its CDR to one. Every further partner that hears of a million "
        f"changes costs {one * MILLION:.2f} USD, {writes * MILLION:.2f} of it for "
        "the lease on the delivery and for what the partner knows then."
        "\n\nHalf of a hub's parties are CPOs with 100 charge points, half eMSPs; every status change is "
        "broadcast to every eMSP, which is what a large hub pays for; a forward costs "
        f"{_forward(units) * MILLION:.2f} USD a million, the message of it kept."
        f"\n\nCounted (`python -m deploy.costs --count`), per event: {_listed(units)}."
        f"\n\nAssumed: {_listed(ASSUMED)}, {SESSION_REQUESTS} further requests per session, busy hours of "
        f"{BUSY} times the average."
    )


def at_scale(units: Mapping[str, float]) -> str:
    """What docs/scale.md says of a thousand million status changes a month."""
    changes = 1_000 * MILLION
    nobody, one, ten = (
        month(Load("", 1_000, 100_000, changes, 0, hearing=many), units) for many in (0.0, 1.0, 10.0)
    )
    lines = ["| a month of 1,000 million status changes | " + " | ".join(ten) + " | USD |"]
    lines.append("|---|" + "---|" * (len(ten) + 1))
    for name, costs in (("heard by nobody", nobody), ("by one partner", one), ("by ten", ten)):
        each = " | ".join(f"{usd:,.0f}" for usd in costs.values())
        lines.append(f"| {name} | {each} | **{sum(costs.values()):,.0f}** |")
    told = sum(ten.values()) - sum(nobody.values())
    each_million = told / 10 / changes * MILLION
    lines += ["", f"Of the last, {told:,.0f} USD are deliveries: {each_million:.2f} USD per million of them."]
    return "\n".join(lines)


def _forward(units: Mapping[str, float]) -> float:
    """USD for one request that a hub passes on."""
    log = units["forward_log_kb"] + ASSUMED["access_log_kb"] + ASSUMED["invocation_log_kb"]
    return (
        API_REQUEST
        + INVOCATION
        + ASSUMED["forward_gb_s"] * GB_SECOND
        + units["forward_writes"] * WRITE_UNIT
        + units["forward_reads"] * READ_UNIT
        + log / MILLION * LOG_GB
    )


def _listed(figures: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in figures.items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", action="store_true", help="count what the events of a month use")
    parser.add_argument("--write", action="store_true", help="put the figures into docs/*.md")
    asked = parser.parse_args()
    if asked.count:
        from bench import events

        COUNTED.write_text(json.dumps(events.count(), indent=1) + "\n")
    units = counted()
    for document, made in ((DOCUMENT, table(units)), (SCALE, at_scale(units))):
        if asked.write:
            document.write_text(written(document.read_text(), made))
        else:
            print(made, end="\n\n")


def written(text: str, made: str) -> str:
    """A document with what was made in its place."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{made}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    main()
