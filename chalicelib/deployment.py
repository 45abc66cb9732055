"""A Deployment: the settings, AWS clients and clock of one platform, which what lies below the rooms takes.

Stores, queues, the back end and the partner client take a Deployment; rooms take
the Platform, which is one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from chalicelib.ocpi.messages import now
from chalicelib.settings import Settings

# Which function works here, so that its calls can be compared with its role; "" outside of all.
function_name: ContextVar[str] = ContextVar("function_name", default="")
# When the request or message that is worked on began, by time.monotonic: what was read since is true for it.
asked_at: ContextVar[float] = ContextVar("asked_at", default=0.0)


Value = TypeVar("Value")
Owner = TypeVar("Owner", bound="Deployment")


class Deployment:
    """What one platform is made of before it has rooms."""

    def __init__(self, settings: Settings, clients: Any, clock: Callable[[], str] = now) -> None:
        self.settings = settings
        self.clients = clients
        self.clock = clock
        self._base_url = settings.base_url

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


class Remembered(Generic[Value]):
    """A value of each deployment that is good for some seconds; of one that is gone nothing is kept."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._values: WeakKeyDictionary[Deployment, tuple[float, Value]] = WeakKeyDictionary()

    def get(self, deployment: Owner, make: Callable[[Owner], Value]) -> Value:
        """The value, made anew where it is too old."""
        until, value = self._values.get(deployment, (0.0, None))
        if value is None or until <= time.monotonic():
            value = make(deployment)
            self._values[deployment] = time.monotonic() + self._seconds, value
        return value

    def forget(self, deployment: Deployment) -> None:
        """Make it anew the next time."""
        self._values.pop(deployment, None)
