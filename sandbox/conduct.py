"""How a sandbox behaves at the moment: the breaks and faults it was told, and which request each concerns.

A well-behaved sandbox has none. Each `Misconduct` acts at one point of a request's way:

`request`   before anything is looked at: an Answer instead of the right one, or None
`answer`    on the right Answer, before its envelope is made
`reply`     on what goes onto the wire: status, headers, envelope
`object`    on an object of ours, before it is listed or sent
`call`      on a request of our own before it leaves
`rule`      nowhere by itself: whoever keeps that rule asks `breaks` whether to keep it
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.messages import Request
from sandbox.peers import Peer


@dataclass
class Asked:
    """A request and what it asks: version, module, interface and the rest of the path."""

    request: Request
    version: str = ""
    module: str = ""
    side: str = ""
    rest: list[str] = field(default_factory=list)
    peer: Peer | None = None
    token: str = ""

    @property
    def method(self) -> str:
        return self.request.method

    @property
    def lists(self) -> bool:
        """Whether it asks for a paged list."""
        return self.method == "GET" and self.side == "SENDER" and not self.rest


@dataclass
class Reply:
    """What goes onto the wire; a `body` that is no dict is sent as it is."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass
class Call:
    """A request of our own."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any
    module: str
    side: str
    peer: Peer


@dataclass
class Misconduct:
    """Something it was told to do wrong; with `module` or `method` only there, with `left` so many times."""

    name: str
    point: str
    do: Callable[..., Any]
    module: str = ""
    method: str = ""
    left: int = 1 << 30

    def concerns(self, module: str, method: str) -> bool:
        return self.left > 0 and self.module in ("", module) and self.method in ("", method)

    def shown(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "name": self.name,
            "module": self.module or "all",
            "method": self.method or "all",
        }
        return made if self.left > 1 << 20 else {**made, "left": self.left}


class Conduct:
    """All that it was told to do wrong, in the order of being told. Safe from several threads."""

    def __init__(self) -> None:
        self._told: list[Misconduct] = []
        self._lock = threading.Lock()
        self._mended = threading.Condition(self._lock)

    def tell(self, misconduct: Misconduct) -> None:
        with self._lock:
            self._told.append(misconduct)

    def mend(self, name: str = "") -> list[str]:
        """Behave again in that respect, or in all; the names of what ended."""
        with self._lock:
            ended = [each.name for each in self._told if name in ("", each.name)]
            self._told = [each for each in self._told if each.name not in ended]
            self._mended.notify_all()
        return ended

    def wait(self, name: str, seconds: float) -> None:
        """So long, or until that is mended."""
        with self._mended:
            self._mended.wait_for(lambda: name not in [each.name for each in self._told], seconds)

    def at(self, point: str, module: str, method: str) -> Iterator[Misconduct]:
        """What applies here, each counted as used."""
        with self._lock:
            found = [each for each in self._told if each.point == point and each.concerns(module, method)]
            for each in found:
                each.left -= 1
        yield from found

    def breaks(self, name: str, module: str = "", method: str = "") -> bool:
        """Whether that rule is broken here."""
        with self._lock:
            return any(
                each.name == name and each.concerns(module or each.module, method or each.method)
                for each in self._told
            )

    def shown(self) -> list[dict[str, Any]]:
        with self._lock:
            return [each.shown() for each in self._told if each.left > 0]
