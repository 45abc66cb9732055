"""Runs of the whole kit against sandboxes that break one rule each; several at a time, for they wait."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from conformance.run import Outcome, run
from conformance.trial import Options
from sandbox import Partner
from sandbox.breaking.paging import PAGING
from tests.conformance import breaks

AT_ONCE = 8
LINKS = ("limit_echoed", "limit_too_small", "order_changes", "beyond_the_end", "order_drifts")
LISTED = {*PAGING, *LINKS}  # so small pages that lists have several


@dataclass(frozen=True)
class Row:
    """A break, where it is tried, and every check that must fail (or advise, where it is no MUST) then."""

    text: str
    name: str
    box: str
    role: str
    version: str
    checks: frozenset[str]

    @property
    def tell(self) -> dict[str, Any]:
        """The fields of the verb `break`: `name@module` or `name@METHOD` where it is broken there alone."""
        name, _, only = self.name.partition("@")
        return {"name": name} | ({"method" if only.isupper() else "module": only} if only else {})


def read(text: str) -> Row:
    where, _, checks = text.partition("|")
    name, box, role, version = where.split()
    return Row(text, name, box, role, version, frozenset(checks.split()))


ROWS = [read(line) for line in breaks.TABLE.strip().splitlines()]


def groups(box: str) -> list[list[Row]]:
    """The rows of the sandboxes of that role, as many together as are run at once.

    Each row is a run of the kit, six minutes in all: with OCPI_TRIALS=1; else one of three.
    """
    rows = [each for each in ROWS if each.box == box]
    rows = rows if os.environ.get("OCPI_TRIALS") else rows[::3]
    return [rows[at : at + AT_ONCE] for at in range(0, len(rows), AT_ONCE)]


def tried(row: Row) -> frozenset[str]:
    """What the kit finds when that rule is broken."""
    page = 2 if row.tell["name"] in LISTED else 50
    with Partner(row.box, row.version, page_limit=page, pulls=row.name in breaks.PULLING) as partner:
        invited = partner.do("invite")
        partner.do("answers", **breaks.TOLD.get(row.name, {}))
        if row.name in breaks.AWAY:
            partner.do("tell", party=breaks.AWAY[row.name], status="OFFLINE")
        second = partner.do("invite")["token"] if row.name in breaks.AT_BOTH_ENDS else ""
        partner.do("break", **row.tell)
        given = Options(
            invited["versions_url"],
            invited["token"],
            role=row.role,
            version=row.version,
            second_token=second,
        )
        return found(run(breaks.allowed(given)))


def found(outcome: Outcome) -> frozenset[str]:
    return frozenset(each.check.id for each in outcome.results if each.verdict in ("fail", "warn"))


def wrong(rows: list[Row]) -> list[str]:
    """Every row that the kit sees otherwise, with what it sees; tried once more alone."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        seen = list(pool.map(tried, rows))
    odd = [row for row, checks in zip(rows, seen, strict=True) if checks != row.checks]
    again = [(row, tried(row)) for row in odd]
    return [
        f"{row.text} <- found {' '.join(sorted(checks))}" for row, checks in again if checks != row.checks
    ]
