"""What an operator wants first: who is connected, what waits and since when, what fails, what was refused.

Contract: design section 5 (`status`)
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from chalicelib.actions import dispatch, partners
from chalicelib.actions.action import Action, Fields
from chalicelib.aws import queues
from chalicelib.partner import REGISTERED, UNREACHABLE, UNREGISTERED, listed

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


def status(platform: Platform, fields: Fields) -> dict[str, Any]:
    """The overview an operator wants first."""
    everyone = platform.partners.all(fresh=True)
    views = [partners.shown(platform, each) for each in everyone]
    living = [each for each in views if each["state"] != UNREGISTERED]
    oldest = [each["oldest_undelivered"] for each in living if each["oldest_undelivered"]]
    return {
        "platform": {
            "versions_url": platform.versions_url,
            "versions": list(platform.settings.versions),
            "parties": listed(platform.settings.parties),
        },
        "partners": dict(Counter(each["state"] for each in views)),
        "health": dict(Counter(each["health"]["state"] for each in living if each["state"] == REGISTERED)),
        "backlog": sum(each["backlog"] for each in living),
        # Announced and not yet taken up: a message per partner and change that no delivery tells of yet.
        "queued": platform.queues.length(queues.PUSH, queues.PUSH_SLOW),
        "oldest_undelivered": min(oldest, default=None),
        "unreachable": [
            {"partner": each["id"], **each["health"]}
            for each in living
            if each["health"]["state"] == UNREACHABLE
        ],
        # Modules that fail by themselves, of partners that can be reached.
        "failing": [
            {"partner": each["id"], "module": module, "next_attempt_at": until}
            for each in living
            if each["health"]["state"] != UNREACHABLE
            for module, until in each["failing"].items()
        ],
        "webhook": _webhook(platform),
        "errors": _errors(platform),
    }


def _webhook(platform: Platform) -> dict[str, Any] | None:
    """Whether events reach the back end's URL, and how many wait or were given up; None without a URL."""
    url = platform.settings.backend_url
    if not url:
        return None
    known = platform.webhooks.known()
    gone = known is not None and known.is_gone(url)
    return {
        "url": url,
        "state": "GONE" if gone else "ACTIVE",
        "waiting": platform.queues.length(queues.WEBHOOK),
        "given_up": platform.queues.length(queues.dead(queues.WEBHOOK)),
    }


def _errors(platform: Platform) -> list[dict[str, Any]]:
    """The newest deliveries that were refused or given up."""
    found: list[dict[str, Any]] = []
    for state in ("REFUSED", "GIVEN_UP"):
        answer = dispatch.perform(
            platform, {"action": "deliveries", "state": state, "limit": 10}, noted=False
        )
        if answer["ok"]:
            found += answer["data"]["deliveries"]
    return found[:20]


ACTIONS = {"status": Action(status, Fields, "partners, health, backlog, oldest undelivered, errors")}
