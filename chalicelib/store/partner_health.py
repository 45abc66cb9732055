"""Which partners answer: noted beside what they are, as seldom as it takes.

Contract: design section 8; ARC-16
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from chalicelib.partner import OK, UNREACHABLE, Health, Partner
from chalicelib.store.dynamodb import text
from chalicelib.store.partner_items import PARTNER, partner_of

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

# Seconds between two notes of the same news.
WRITTEN_EVERY = 60.0
FAILURES_UNTIL_UNREACHABLE = 3


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

    def succeeded(self, id: str, seconds: float | None = None) -> Partner | None:
        """Note that a partner answered, in so many seconds. Writes at most once a minute while all is well.

        `health.turned` of the result: it was unreachable until now.
        """
        partner = self._partners.get(id)
        if partner is None:
            return None
        pace = partner.health.seconds
        if seconds is not None:
            pace = seconds if not pace else 0.8 * pace + 0.2 * seconds
            partner = _adjust(partner, seconds=pace)
            self._partners.remember(partner)
        well = partner.health.state == OK and not partner.health.failures
        if well and time.monotonic() - self._written.get(id, -WRITTEN_EVERY) < WRITTEN_EVERY:
            return partner
        before = self._note(
            id,
            "SET health = :ok, last_success = :now, failures = :none, answer_ms = :pace REMOVE health_reason",
            {":ok": text(OK), ":none": {"N": "0"}, ":pace": {"N": str(round(pace * 1000))}},
            "ALL_OLD",
        )
        if before is None:
            return None
        turned = before.health.state == UNREACHABLE
        health = Health(
            OK,
            self._deployment.clock(),
            before.health.last_failure,
            seconds=pace,
            paused_until=before.health.paused_until,
        )
        partner = replace(before, health=health)
        self._partners.remember(partner)
        return replace(partner, health=replace(health, turned=turned))

    def failed(self, id: str, reason: str, seconds: float | None = None) -> Partner | None:
        """Note that a partner did not answer; the third time in a row it is unreachable.

        `health.turned` of the result: it became unreachable by this.
        """
        partner = self._partners.get(id)
        if partner is None:
            return None
        recently = time.monotonic() - self._written.get(id, -WRITTEN_EVERY) < WRITTEN_EVERY
        if partner.health.state == UNREACHABLE and recently:
            return partner
        pace = partner.health.seconds if seconds is None else 0.8 * partner.health.seconds + 0.2 * seconds
        after = self._note(
            id,
            "SET last_failure = :now, health_reason = :reason, answer_ms = :pace ADD failures :one",
            {":reason": text(reason[:300]), ":one": {"N": "1"}, ":pace": {"N": str(round(pace * 1000))}},
            "ALL_NEW",
        )
        if after is None:
            return None
        turned = False
        if after.health.failures >= FAILURES_UNTIL_UNREACHABLE and after.health.state != UNREACHABLE:
            later = self._note(
                id, "SET health = :down", {":down": text(UNREACHABLE)}, "ALL_NEW", "health <> :down"
            )
            turned = later is not None
            after = later or _adjust(after, state=UNREACHABLE)
        self._partners.remember(after)
        return _adjust(after, turned=True) if turned else after

    def pause(self, id: str, until: str) -> None:
        """Note that a partner asked for nothing to be sent to it before a moment."""
        after = self._note(id, "SET paused_until = :until", {":until": text(until)}, "ALL_NEW")
        if after is not None:
            self._partners.remember(after)

    def _note(
        self, id: str, update: str, values: dict[str, Any], give: str, condition: str = ""
    ) -> Partner | None:
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
                ReturnValues=give,
            )
        except client.exceptions.ConditionalCheckFailedException:
            return None
        return partner_of(answer["Attributes"])


def _adjust(partner: Partner, **health: Any) -> Partner:
    return replace(partner, health=replace(partner.health, **health))
