"""Which partners answer: noted beside what they are, as seldom as it takes.

Contract: design section 8; ARC-16
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib import schedule
from chalicelib.ocpi.timestamps import later
from chalicelib.partner import OK, SLOW, UNREACHABLE, Hold, Partner
from chalicelib.store.dynamodb import text
from chalicelib.store.partner_items import FAILURES, PARTNER, PAUSE, UNTIL, partner_of

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

# Seconds between two notes of the same news.
WRITTEN_EVERY = 60.0
# Failures in a row from which on a module is left alone, and what its pauses are bounded by, in seconds.
FAILURES_UNTIL_HELD = 5
LONGEST_HOLD = 3600
SHORTEST_TRIAL = 15
# Seconds in which another failure after a recovery is a relapse.
RELAPSE = 3600


class Known(Protocol):
    """The partners whose health is noted."""

    table: str

    def get(self, id: str, *, fresh: bool = False) -> Partner | None: ...

    def remember(self, partner: Partner) -> None: ...


class PartnerHealth:
    """The health in the table of partners."""

    def __init__(self, deployment: Deployment, partners: Known) -> None:
        self._deployment, self._partners = deployment, partners
        self._written: dict[str, float] = {}

    def succeeded(self, id: str, seconds: float | None = None, place: str = "") -> Partner | None:
        """Note that a partner answered, in so many seconds. Writes at most once a minute while all is well.

        `place`: the module that answered, which is held back no longer. `health.turned` of the
        result: the partner was unreachable until now.
        """
        partner = self._partners.get(id)
        if partner is None:
            return None
        before = pace = partner.health.seconds
        if seconds is not None:
            pace = _pace(before, seconds)
            partner = _adjust(partner, seconds=pace)
            self._partners.remember(partner)
        failed = partner.health.held.get(place, Hold()).failures
        well = partner.health.state == OK and not partner.health.failures and not failed
        well = well and (before > SLOW) == (pace > SLOW)  # which the other processes should know
        if well and time.monotonic() - self._written.get(id, -WRITTEN_EVERY) < WRITTEN_EVERY:
            return partner
        after = self._note(
            id,
            "SET health = :ok, last_success = :now, failures = :none, answer_ms = :pace"
            + (", #f = :none, #u = :now" if failed else "")
            + " REMOVE health_reason",
            {":ok": text(OK), ":none": {"N": "0"}, ":pace": {"N": str(round(pace * 1000))}},
            names={"#f": FAILURES + place, "#u": UNTIL + place} if failed else None,
            old=True,
        )
        if after is None:
            return None
        turned = after.health.state == UNREACHABLE
        held = dict(after.health.held)
        if failed:
            held[place] = replace(held[place], failures=0, until=self._deployment.clock())
        now = self._deployment.clock()
        health = replace(
            after.health, state=OK, last_success=now, failures=0, seconds=pace, reason="", held=held
        )
        partner = replace(after, health=health)
        self._partners.remember(partner)
        return replace(partner, health=replace(health, turned=turned))

    def failed(
        self, id: str, reason: str, seconds: float | None = None, place: str = "", wait: int | None = None
    ) -> Partner | None:
        """Note that a partner failed, at a `place` of its own; it asked for a `wait` of so many seconds."""
        partner = self._partners.get(id)
        if partner is None:
            return None
        before = partner.health.seconds
        pace = before if seconds is None else _pace(before, seconds)
        after = self._note(
            id,
            "SET last_failure = :now, health_reason = :reason, answer_ms = :pace ADD failures :one"
            + (", #f :one" if place else ""),
            {":reason": text(reason[:300]), ":one": {"N": "1"}, ":pace": {"N": str(round(pace * 1000))}},
            names={"#f": FAILURES + place} if place else None,
        )
        if after is None:
            return None
        hold = after.health.held.get(place, Hold())
        if place and (wait or hold.failures >= FAILURES_UNTIL_HELD):
            after = self._hold(id, place, wait or self._longer(hold)) or after
        self._partners.remember(after)
        return after

    def _longer(self, hold: Hold) -> int:
        """The next pause: the schedule's first step, longer with each failure, relapses included."""
        lately = hold.until and later(hold.until, RELAPSE) > self._deployment.clock()
        steps = self._deployment.settings.retry_schedule
        return min(schedule.longer(steps, hold.pause if lately else 0), LONGEST_HOLD)

    def _hold(self, id: str, place: str, seconds: int) -> Partner | None:
        until = later(self._deployment.clock(), seconds)
        return self._note(
            id,
            "SET #u = :until, #p = :pause",
            {":until": text(until), ":pause": {"N": str(seconds)}},
            names={"#u": UNTIL + place, "#p": PAUSE + place},
        )

    def claim(self, id: str, place: str, hold: Hold) -> bool:
        """Whether the one request that tries a module held back is ours; of several who ask only one's is."""
        until = later(self._deployment.clock(), max(hold.pause, SHORTEST_TRIAL))
        after = self._note(
            id,
            "SET #u = :until",
            {":until": text(until), ":seen": text(hold.until)},
            condition="#u = :seen",
            names={"#u": UNTIL + place},
        )
        if after is not None:
            self._partners.remember(after)
        return after is not None

    def down(self, id: str, outages: int) -> Partner | None:
        """Note that a partner is unreachable; None where it is known already."""
        after = self._note(
            id,
            "SET health = :down, outages = :outages, outage_at = :now",
            {":down": text(UNREACHABLE), ":outages": {"N": str(outages)}},
            condition="health <> :down",
        )
        if after is not None:
            self._partners.remember(after)
        return after

    def pause(self, id: str, until: str) -> None:
        """Note that a partner asked for nothing to be sent to it before a moment."""
        after = self._note(id, "SET paused_until = :until", {":until": text(until)})
        if after is not None:
            self._partners.remember(after)

    def _note(
        self,
        id: str,
        update: str,
        values: dict[str, Any],
        *,
        condition: str = "",
        names: dict[str, str] | None = None,
        old: bool = False,
    ) -> Partner | None:
        """The partner after an update, before it with `old`; None where the condition did not hold."""
        self._written[id] = time.monotonic()
        if ":now" in update:
            values = {**values, ":now": text(self._deployment.clock())}
        client = self._deployment.clients.dynamodb
        try:
            answer = client.update_item(
                TableName=self._partners.table,
                Key={"id": text(PARTNER + id)},
                UpdateExpression=update,
                ConditionExpression="attribute_exists(id)" + (f" AND ({condition})" if condition else ""),
                ExpressionAttributeValues=values,
                ReturnValues="ALL_OLD" if old else "ALL_NEW",
                **({"ExpressionAttributeNames": names} if names else {}),
            )
        except client.exceptions.ConditionalCheckFailedException:
            return None
        return partner_of(answer["Attributes"])


def _pace(before: float, seconds: float) -> float:
    """The moving average of a partner's answers: it grows fast and shrinks slowly."""
    share = 0.5 if seconds > before else 0.2
    return (1 - share) * before + share * seconds if before else seconds


def _adjust(partner: Partner, **health: Any) -> Partner:
    return replace(partner, health=replace(partner.health, **health))
