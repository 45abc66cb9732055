"""Builds the Platform: settings, AWS clients, stores, outbox, partner client, clock.

Everything is made on first use, so that a function pays only for what it
touches. `using` lets several platforms live in one process (local runs, tests).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cached_property
from typing import TYPE_CHECKING, Any

from chalicelib import settings as _settings
from chalicelib.ocpi.messages import now

if TYPE_CHECKING:
    from chalicelib.aws.backend import Backend
    from chalicelib.aws.queues import Outbox
    from chalicelib.partner_client.client import PartnerClient
    from chalicelib.store.deliveries import Deliveries
    from chalicelib.store.objects import Objects
    from chalicelib.store.partners import Partners
    from chalicelib.store.requests import Requests

# Which function works here, so that its calls can be compared with its role; "" outside of all.
function_name: ContextVar[str] = ContextVar("function_name", default="")
_current: ContextVar[Platform | None] = ContextVar("platform", default=None)
_process: list[Platform] = []
_lock = threading.Lock()


class Clients:
    """AWS clients, one per service, made on first use.

    botocore's sessions rather than boto3's: the same calls, about 60 ms less
    import in a cold start.
    """

    def __init__(self, environ: Mapping[str, str], **made: Any) -> None:
        self._environ = environ
        self._made: dict[str, Any] = dict(made)
        self._lock = threading.Lock()

    def __getattr__(self, service: str) -> Any:
        if service.startswith("__"):
            raise AttributeError(service)
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:
        from botocore.config import Config

        name = {"awslambda": "lambda"}.get(service, service)
        config = Config(
            user_agent="ocpi",
            connect_timeout=3,
            read_timeout=30,
            retries={"mode": "standard", "total_max_attempts": 5},
            max_pool_connections=32,
        )
        if service == "awslambda":  # the back end is asked a decision once, and not waited for long
            config = config.merge(Config(read_timeout=10, retries={"total_max_attempts": 1}))
        environ = self._environ
        return self._session.create_client(
            name,
            region_name=environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION") or "eu-central-1",
            endpoint_url=environ.get("AWS_ENDPOINT_URL") or None,
            aws_access_key_id=environ.get("AWS_ACCESS_KEY_ID") or None,
            aws_secret_access_key=environ.get("AWS_SECRET_ACCESS_KEY") or None,
            aws_session_token=environ.get("AWS_SESSION_TOKEN") or None,
            config=config,
        )

    @cached_property
    def _session(self) -> Any:
        import botocore.session

        from chalicelib.aws import parser

        session = botocore.session.Session()
        parser.install(session)
        return session


class Platform:
    """Our side of every connection, and everything a room may need."""

    def __init__(self, settings: _settings.Settings, clients: Any, clock: Callable[[], str] = now) -> None:
        self.settings = settings
        self.clients = clients
        self.clock = clock
        self._base_url = settings.base_url

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
    def deliveries(self) -> Deliveries:
        from chalicelib.store.deliveries import Deliveries

        return Deliveries(self)

    @cached_property
    def outbox(self) -> Outbox:
        from chalicelib.aws.queues import Outbox

        return Outbox(self)

    @cached_property
    def backend(self) -> Backend:
        from chalicelib.aws.backend import Backend

        return Backend(self)

    @cached_property
    def partner_client(self) -> PartnerClient:
        from chalicelib.partner_client.client import PartnerClient

        return PartnerClient(self)

    @property
    def base_url(self) -> str:
        """The public base URL: the setting, what a request showed, or what the stack wrote down."""
        if not self._base_url:
            name = f"/ocpi/{self.settings.stage}/base_url"
            self._base_url = self.clients.ssm.get_parameter(Name=name)["Parameter"]["Value"].rstrip("/")
        return self._base_url

    def seen_at(self, base_url: str) -> None:
        """Remember where a request reached us, unless a setting says it."""
        if not self._base_url:
            self._base_url = base_url

    @property
    def versions_url(self) -> str:
        return f"{self.base_url}/ocpi/versions"

    def endpoint_url(self, version: str, interface: str, module: str) -> str:
        """Where we serve one interface of a module."""
        if module == "credentials":
            return f"{self.base_url}/ocpi/{version}/credentials"
        return f"{self.base_url}/ocpi/{version}/{interface.lower()}/{module}"


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
