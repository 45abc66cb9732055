"""A Break: one rule, and how it is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.conduct import Misconduct

SINCE_221 = ("2.2.1", "2.3.0")
ONLY_211, ONLY_221, ONLY_230 = ("2.1.1",), ("2.2.1",), ("2.3.0",)


@dataclass(frozen=True)
class Break:
    """One rule and how it is broken. `versions`: where the rule exists."""

    name: str
    does: str
    rules: str  # requirement ids
    point: str
    act: Callable[..., Any]
    versions: tuple[str, ...] = ("2.1.1", "2.2.1", "2.3.0")

    def misconduct(self, module: str = "", method: str = "", times: int = 0) -> Misconduct:
        return Misconduct(self.name, self.point, self.act, module, method, times or 1 << 30)


def rows(point: str, *rows: tuple[Any, ...]) -> dict[str, Break]:
    """(name, what it does, rules, how[, versions])"""
    return {row[0]: Break(row[0], row[1], row[2], point, row[3], *row[4:]) for row in rows}


def kept(*rows: tuple[Any, ...]) -> dict[str, Break]:
    """Rules whose keeper asks `conduct.breaks`: (name, what it does, rules[, versions])"""
    return {row[0]: Break(row[0], row[1], row[2], "rule", lambda *_: None, *row[3:]) for row in rows}
