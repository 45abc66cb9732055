"""How many requests each partner makes, so that none takes the share of all.

Each process counts by itself and adds its count to the partner's item once in
a while: a partner that asks little costs nothing.

Contract: design section 10
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chalicelib.store.dynamodb import number, text

if TYPE_CHECKING:
    from chalicelib.deployment import Deployment

# Seconds that are counted together, and how many requests one process makes before it tells the others.
WINDOW, TOLD_EVERY = 10, 20


class Rates:
    """The counts, in the table of partners."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.table = f"{deployment.settings.prefix}-partners"
        self._window: dict[str, int] = {}
        self._untold: dict[str, int] = {}
        self._known: dict[str, int] = {}

    def count(self, partner: str) -> tuple[int, int]:
        """Count a request: how many there were in this window, and the seconds it has left."""
        now = time.time()
        window = int(now) // WINDOW
        if self._window.get(partner) != window:
            self._window[partner], self._untold[partner], self._known[partner] = window, 0, 0
        self._untold[partner] += 1
        if self._untold[partner] >= TOLD_EVERY:
            self._known[partner] = self._add(partner, window, self._untold[partner])
            self._untold[partner] = 0
        left = int((window + 1) * WINDOW - now) + 1
        return self._known[partner] + self._untold[partner], left

    def _add(self, partner: str, window: int, requests: int) -> int:
        client = self._deployment.clients.dynamodb
        key = {"id": text(f"rate#{partner}")}
        values = {":w": number(window), ":n": number(requests)}
        for update, condition in (
            ("ADD requests :n", "rate_window = :w"),
            ("SET requests = :n, rate_window = :w", "attribute_not_exists(id) OR rate_window <> :w"),
            ("ADD requests :n", "rate_window = :w"),
        ):
            try:
                answer = client.update_item(
                    TableName=self.table,
                    Key=key,
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                    ReturnValues="ALL_NEW",
                )
            except client.exceptions.ConditionalCheckFailedException:
                continue
            return int(answer["Attributes"]["requests"]["N"])
        return requests
