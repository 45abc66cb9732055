"""What the operator does with the webhook: its secret, its state.

Contract: design section 5, Events; docs/webhooks.md
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from chalicelib.actions.action import Action, Fields
from chalicelib.errors import ActionError
from chalicelib.ocpi.timestamps import wire_timestamp
from chalicelib.store.webhook import Endpoint

if TYPE_CHECKING:
    from chalicelib.wiring import Platform


class WebhookFields(Fields):
    """Looks; with `resume`, an endpoint that answered 410 is sent to again."""

    resume: bool = False


class WebhookSecretFields(Fields):
    """The secret that signs; with `rotate` a new one, the old one signing too for `overlap` seconds."""

    rotate: bool = False
    overlap: int = Field(24 * 3600, ge=0, le=7 * 24 * 3600)


def webhook(platform: Platform, fields: WebhookFields) -> dict[str, Any]:
    """Where events are posted to, and whether they are."""
    url = _required_url(platform)
    endpoint = platform.webhooks.resume() if fields.resume else platform.webhooks.endpoint()
    gone = endpoint.is_gone(url)
    shown = {"url": url, "state": "GONE" if gone else "ACTIVE", **_secret(platform, endpoint)}
    return shown | ({"gone_at": wire_timestamp(endpoint.gone_at)} if gone else {})


def webhook_secret(platform: Platform, fields: WebhookSecretFields) -> dict[str, Any]:
    """The secret: shown when it is first asked for, never again; a lost one is rotated."""
    _required_url(platform)
    if fields.rotate:
        endpoint, clear = platform.webhooks.rotate(fields.overlap)
    else:
        endpoint, clear = platform.webhooks.show()
    return {"secret": clear or None, **_secret(platform, endpoint)}


def _required_url(platform: Platform) -> str:
    url = platform.settings.backend_url
    if not url:
        raise ActionError("no_webhook", "OCPI_BACKEND_URL is not set: events go to the bus alone")
    return url


def _secret(platform: Platform, endpoint: Endpoint) -> dict[str, Any]:
    both = endpoint.previous and endpoint.previous_until > platform.clock()
    return {
        "made_at": wire_timestamp(endpoint.made_at),
        "previous_until": wire_timestamp(endpoint.previous_until) if both else None,
    }


ACTIONS = {
    "webhook": Action(webhook, WebhookFields, "where events are posted to, and whether they are"),
    "webhook_secret": Action(
        webhook_secret, WebhookSecretFields, "the secret that signs webhooks, shown once"
    ),
}
