"""Trip: one object on its way through the deltas, and where in it something was lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from chalicelib.ocpi.findings import Finding, step

# Where in the object: () or (path of the parent, name). Read only when something is lost.
Path = tuple[Any, ...]
Find = Callable[[str, str, str, str], "dict[str, Any] | None"]


def at(path: Path, *names: str | int) -> Path:
    """The path that many steps deeper."""
    for name in names:
        path = (path, name)
    return path


def pointer(path: Path) -> str:
    """The path as a JSON Pointer."""
    names: list[str | int] = []
    while path:
        path, name = path
        names.append(name)
    text = ""
    for name in reversed(names):
        text = step(text, name)
    return text


class Inexpressible(Exception):
    """The target version cannot say this; the smallest enclosing list entry goes (CNV-P5)."""

    def __init__(self, path: Path, code: str, message: str) -> None:
        super().__init__(message)
        self.path, self.code, self.message = path, code, message


class Embed(Protocol):
    """`versions.embed`: an object inside a 2.1.1 object."""

    def __call__(self, kind: str, body: dict[str, Any], trip: Trip, *, whole: bool) -> dict[str, Any]: ...


class Trip:
    """One object on its way through the deltas, with what they may need to know about it."""

    __slots__ = ("_now", "doubts", "embed", "emsp", "find", "lost", "owner", "partial", "role", "token")

    def __init__(
        self,
        *,
        partial: bool = False,
        owner: tuple[str, str] | None = None,
        find: Find | None = None,
        token: Callable[[str], Mapping[str, Any] | None] | None = None,
        emsp: tuple[str, str] | None = None,
        role: str = "OTHER",
        now: str = "",
    ) -> None:
        self.partial = partial
        # (country_code, party_id) of bodies that do not name their owner (CNV-15)
        self.owner = owner
        # canonical objects by kind, country_code, party_id and id
        self.find = find
        # the canonical Token behind a 2.1.1 auth_id (CNV-65, CNV-107)
        self.token = token
        # the eMSP party of the connection, owner of Tokens nobody knows (CNV-65)
        self.emsp = emsp
        # the role of a 2.1.1 platform, which its credentials do not tell (CNV-06)
        self.role = role
        self._now = now
        # a path, further steps, and at last the code and the message
        self.lost: list[tuple[Any, ...]] = []
        # how an object inside another is written, which a downgrade knows
        self.embed: Embed
        # what its sender left open, and how it was read
        self.doubts: list[Finding] = []

    @property
    def now(self) -> str:
        """The time that decides what is valid now; the clock's where none is given."""
        if not self._now:
            self._now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return self._now

    def lose(self, path: Path, code: str, message: str) -> None:
        """Remember what the target version cannot carry."""
        self.lost.append((path, (code, message)))

    def doubt(self, path: Path, code: str, message: str) -> None:
        """Remember how something was read that can be read in several ways."""
        self.doubts.append(Finding(pointer(path), code, message))

    @property
    def losses(self) -> tuple[Finding, ...]:
        """What was lost, in the order it was."""
        return tuple(
            Finding(pointer(at(path, *steps)), code, message) for path, *steps, (code, message) in self.lost
        )


# A hook is given a copy that it may change, still in the names of the version it comes from.
Hook = Callable[[dict[str, Any], Trip, Path], dict[str, Any]]
# What becomes of one value; raises Inexpressible.
Change = Callable[[Any, Trip, Path], Any]
