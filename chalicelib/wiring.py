"""Builds the Platform: settings, AWS clients, stores, queues, partner client, clock.

Everything is made on first use, so that a function pays only for what it
touches. `using` lets several platforms live in one process (local runs, tests).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib import settings as _settings
from chalicelib.aws.clients import Clients
from chalicelib.deployment import Deployment

if TYPE_CHECKING:
    from chalicelib.aws.backend import Backend
    from chalicelib.aws.queues import Queues
    from chalicelib.partner_client.client import PartnerClient
    from chalicelib.store.deliveries import Deliveries
    from chalicelib.store.messages import Messages
    from chalicelib.store.objects import Objects
    from chalicelib.store.partners import Partners
    from chalicelib.store.rates import Rates
    from chalicelib.store.refusals import Refusals
    from chalicelib.store.requests import Requests
    from chalicelib.store.webhook import Webhooks

_current: ContextVar[Platform | None] = ContextVar("platform", default=None)
_process: list[Platform] = []
_lock = threading.Lock()


class Platform(Deployment):
    """Our side of every connection, and everything a room may need."""

    @cached_property
    def objects(self) -> Objects:
        from chalicelib.store.objects import Objects

        return Objects(self)

    @cached_property
    def partners(self) -> Partners:
        from chalicelib.store.partners import Partners

        return Partners(self)

    @cached_property
    def requests(self) -> Requests:
        from chalicelib.store.requests import Requests

        return Requests(self)

    @cached_property
    def rates(self) -> Rates:
        from chalicelib.store.rates import Rates

        return Rates(self)

    @cached_property
    def deliveries(self) -> Deliveries:
        from chalicelib.store.deliveries import Deliveries

        return Deliveries(self)

    @cached_property
    def queues(self) -> Queues:
        from chalicelib.aws.queues import Queues

        return Queues(self)

    @cached_property
    def backend(self) -> Backend:
        from chalicelib.aws.backend import Backend

        return Backend(self, self._asked)

    def _asked(self, url: str, id: str, question: str, timeout: float) -> bytes:
        """The answer of the back end's URL to a question, signed as its webhooks are."""
        from chalicelib.store.webhook import headers

        at = int(datetime.fromisoformat(self.clock()).timestamp())
        signed = headers(self.webhooks.keys(self.webhooks.endpoint()), id, at, question)
        status, answer = self.partner_client.asked(url, question, signed, timeout)
        if status != 200:
            raise ValueError(f"HTTP {status}")
        return answer

    @cached_property
    def webhooks(self) -> Webhooks:
        from chalicelib.store.webhook import Webhooks

        return Webhooks(self)

    @cached_property
    def partner_client(self) -> PartnerClient:
        from chalicelib.partner_client.client import PartnerClient

        return PartnerClient(self, self.partners, self.messages)

    @cached_property
    def messages(self) -> Messages:
        from chalicelib.store.messages import Messages

        return Messages(self)

    @cached_property
    def refusals(self) -> Refusals:
        from chalicelib.store.refusals import Refusals

        return Refusals(self)


def build(environ: Mapping[str, str], clients: Any = None) -> Platform:
    """A platform for this environment. Raises SettingsError."""
    settings = _settings.read(environ)
    return Platform(settings, clients if clients is not None else Clients(environ))


def platform() -> Platform:
    """The platform of this context, else the one of this process."""
    current = _current.get()
    if current is not None:
        return current
    if not _process:
        with _lock:
            if not _process:
                _process.append(build(os.environ))
    return _process[0]


@contextmanager
def using(chosen: Platform) -> Iterator[Platform]:
    """Work for this platform within the block, whatever the environment says."""
    reset = _current.set(chosen)
    try:
        yield chosen
    finally:
        _current.reset(reset)
