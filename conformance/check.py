"""A check as data: a rule of the ledger, what is asked, what must come, and the function that tries it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance import VERSIONS

if TYPE_CHECKING:
    from conformance.trial import Trial

MUST, SHOULD, READING = "MUST", "SHOULD", "READ"
Try = Callable[["Trial"], None]
# When a check is tried: before the registration, after it, when all was asked, and at the very end.
STAGES = ("invited", "registering", "registered", "heard", "last", "ending", "observed")


@dataclass(frozen=True)
class Check:
    """One row. A check that is only advice (SHOULD, READ) warns where another fails."""

    id: str
    title: str
    asks: str
    expects: str
    tried_by: Try
    module: str = ""
    interface: str = ""
    force: str = MUST
    roles: tuple[str, ...] = ()
    versions: tuple[str, ...] = VERSIONS
    writes: bool = False
    stage: str = "registered"

    def applies(self, role: str, version: str) -> bool:
        return version in self.versions and (not self.roles or role in self.roles)

    @property
    def line(self) -> str:
        """The ID first: what `--list` prints."""
        where = f"{self.module} {self.interface}".strip() or "everywhere"
        versions = "all" if self.versions == VERSIONS else ",".join(self.versions)
        roles = ",".join(self.roles) or "all"
        write = " [--write]" if self.writes else ""
        return f"{self.id:10} {self.force:6} {versions:12} {roles:9} {where:27} {self.title}{write}"


REGISTRY: list[Check] = []
NEWER = VERSIONS[1:]
OLD = VERSIONS[:1]


def check(id: str, title: str, asks: str, expects: str, **more: object) -> Callable[[Try], Try]:
    """Declare the decorated function to be what tries this row."""

    def declare(tried_by: Try) -> Try:
        REGISTRY.append(Check(id, title, asks, expects, tried_by, **more))  # type: ignore[arg-type]
        return tried_by

    return declare


def letter(index: int) -> str:
    """The a, b, c of checks that prove one row of the ledger."""
    return chr(ord("a") + index)
