"""What a sandbox holds: objects of its own, what it was sent, and every message it heard or sent."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox import network
from sandbox.messages import loads
from sandbox.parties import Party, serves

Object = dict[str, Any]
MODULES = ("locations", "tariffs", "sessions", "cdrs", "tokens", "hubclientinfo")
KEPT = 2000
HIDDEN = "***"


def id_name(module: str) -> str:
    """The field that names an object within its owner and module."""
    return {"tokens": "uid", "hubclientinfo": "party_id"}.get(module, "id")


@dataclass(frozen=True)
class Exchange:
    """One request and what was answered; `direction` is `heard` or `sent`."""

    direction: str
    at: str
    method: str
    url: str
    headers: dict[str, str]  # names in lower case
    body: str
    status: int  # 0: no answer
    answer_headers: dict[str, str]
    answer: str
    took: float  # seconds

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.url).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        """The request's body; None where it has none. Raises ValueError where it is no JSON."""
        return loads(self.body) if self.body else None

    @property
    def data(self) -> Any:
        """`data` of the answer; None where there is none."""
        try:
            found = loads(self.answer)
        except ValueError:
            return None
        return found.get("data") if isinstance(found, dict) else None


@dataclass
class Holdings:
    """Own objects and received ones, in the order of their coming; not what was heard."""

    own: dict[str, dict[str, Object]] = field(default_factory=dict)
    received: dict[str, dict[tuple[str, str, str], Object]] = field(default_factory=dict)
    cdr_keys: dict[str, tuple[str, str, str]] = field(default_factory=dict)  # Location path -> key

    def __post_init__(self) -> None:
        self.empty()

    def empty(self) -> None:
        """Hold nothing of anybody."""
        self.own = {module: {} for module in MODULES}
        self.received = {module: {} for module in MODULES}
        self.cdr_keys = {}

    def plant(self, parties: Iterable[Party], now: datetime) -> None:
        """The small network, as far as these parties own it."""
        for party in parties:
            made: dict[str, list[Object]] = {}
            if party.role in ("CPO", "NAP"):
                made = {"locations": network.locations(party, now), "tariffs": network.tariffs(party, now)}
            elif serves(party.role, "tokens", "SENDER") and party.role != "HUB":
                made = {"tokens": network.tokens(party, now)}
            for module, things in made.items():
                for thing in things:
                    self.keep_own(module, thing)

    def keep_own(self, module: str, thing: Object) -> None:
        self.own[module][own_key(module, thing)] = thing

    def find_own(self, module: str, key: str) -> Object | None:
        """One of ours by its id, in whichever case."""
        for thing in self.own[module].values():
            if str(thing[id_name(module)]).upper() == key.upper():
                return thing
        return None


def own_key(module: str, thing: Object) -> str:
    return f"{thing['country_code']}/{thing['party_id']}/{thing[id_name(module)]}"


class Log:
    """The last messages, both directions. Safe from several threads."""

    def __init__(self) -> None:
        self._kept: deque[Exchange] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def add(self, exchange: Exchange) -> None:
        with self._lock:
            self._kept.append(exchange)

    def find(self, method: str = "", containing: str = "", direction: str = "") -> list[Exchange]:
        with self._lock:
            kept = list(self._kept)
        return [
            each
            for each in kept
            if method in ("", each.method) and containing in each.url and direction in ("", each.direction)
        ]

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
