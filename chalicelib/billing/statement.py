"""The statement of a month: every CDR with a partner or party, and the sums by currency.

The ledger of the other party is read in the order in which charging ended, never the table. The
sums are of the whole month: they are made with the first page and go along in the cursor.

Contract: design section 13 (`statement`)
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from chalicelib.billing import findings, matching, verdicts
from chalicelib.billing.findings import SESSION_WITHOUT_CDR
from chalicelib.ocpi.timestamps import later, timestamp
from chalicelib.store.audits import OPEN, Audit, Audits, audit_of

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

DAY = 86_400
# Pages of Sessions that a statement looks at itself; what is older, reconciliation found.
LIVE_PAGES = 5
SUMMED = (
    "cdr",
    "owner",
    "direction",
    "verdict",
    "at",
    "end",
    "currency",
    "kwh",
    "is_credit",
    "is_held",
    "state",
    "claimed",
    "computed",
    "difference",
)
COLUMNS = (
    "owner",
    "id",
    "session_id",
    "start_date_time",
    "end_date_time",
    "kwh",
    "credit",
    "credit_reference_id",
    "currency",
    "claimed.before_taxes",
    "claimed.after_taxes",
    "computed.before_taxes",
    "computed.after_taxes",
    "difference.before_taxes",
    "difference.after_taxes",
    "verdict",
    "cause",
    "dispute",
)


@dataclass(frozen=True)
class Asked:
    """Which ledgers, those of the other parties; `hosted`: only what is with this party of ours."""

    month: str
    counterparties: Sequence[str]
    partner: str = ""
    hosted: str = ""

    @property
    def window(self) -> tuple[str, str]:
        """From the first moment of the month to its last, as text that sorts."""
        return f"{self.month}-01T00:00:00.000Z", f"{self.month}-31T23:59:59.999Z"

    @property
    def only(self) -> dict[str, str] | None:
        return {"hosted": self.hosted} if self.hosted else None


def page(platform: Platform, asked: Asked, limit: int, place: dict[str, Any] | None) -> dict[str, Any]:
    """A page of the rows, the sums of all of them, Sessions without CDR, and where the next page begins."""
    sums = place["sums"] if place else _sums(platform, asked)
    rows, after = _rows(platform, asked, limit, place)
    return {
        "currencies": sums,
        "rows": rows,
        "sessions_without_cdr": [] if place else list(_sessions(platform, asked)),
        "cursor": {**after, "sums": sums} if after else None,
    }


def as_csv(rows: Sequence[Mapping[str, Any]], heads: bool) -> str:
    """Rows as CSV, what a spreadsheet would take for a formula quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if heads:
        writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row, name) for name in COLUMNS])
    return out.getvalue()


def _rows(
    platform: Platform, asked: Asked, limit: int, place: Mapping[str, Any] | None
) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """So many rows from a place on, and the place behind them if there may be more."""
    names = list(asked.counterparties)
    at = names.index(place["party"]) if place and place["party"] in names else 0
    after = place["after"] if place else None
    rows: list[dict[str, Any]] = []
    while at < len(names):
        found = Audits(platform).page(
            "ledger", names[at], *asked.window, only=asked.only, limit=limit - len(rows), after=after
        )
        rows += [row(each) for each in map(audit_of, found.items) if each and not each.is_held]
        after = found.after
        if not after:
            at += 1
        if len(rows) >= limit and at < len(names):
            return rows, {"party": names[at], "after": after}
    return rows, None


def row(audit: Audit) -> dict[str, Any]:
    """One CDR of a statement; what a Credit CDR gives back is negative, its energy, too."""
    return {
        "owner": audit.owner,
        "id": audit.id,
        "direction": audit.direction,
        "partner": audit.partner or None,
        "session_id": audit.session or None,
        "start_date_time": audit.start or None,
        "end_date_time": audit.end,
        "kwh": verdicts.exact(_energy(audit)),
        "credit": audit.is_credit,
        "credit_reference_id": audit.credits or None,
        "currency": audit.currency or None,
        "claimed": audit.claimed,
        "computed": audit.computed,
        "difference": audit.difference,
        "verdict": audit.verdict,
        "cause": audit.cause or None,
        "dispute": audit.dispute or None,
    }


def _sums(platform: Platform, asked: Asked) -> list[dict[str, Any]]:
    """The sums of all rows, by currency."""
    sums: dict[str, _Sum] = {}
    for name in asked.counterparties:
        items = Audits(platform).all("ledger", name, *asked.window, only=asked.only, needed=SUMMED)
        for audit in map(audit_of, items):
            if audit is not None and not audit.is_held:
                sums.setdefault(audit.currency, _Sum()).add(audit)
    return [{"currency": currency or None, **sums[currency].shown} for currency in sorted(sums)]


class _Sum:
    """What adds up in one currency; a side that is not known of a row adds nothing."""

    def __init__(self) -> None:
        self.cdrs = self.credits = self.disputes = self.unpriced = 0
        self.kwh = Decimal(0)
        self.amounts = {
            (name, side): Decimal(0)
            for name in ("claimed", "computed", "difference", "disputed")
            for side in verdicts.SIDES
        }

    def add(self, audit: Audit) -> None:
        self.credits += audit.is_credit
        self.cdrs += not audit.is_credit
        self.kwh += _energy(audit)
        self.unpriced += not any(audit.computed.values())
        for name in ("claimed", "computed", "difference"):
            self._add(name, getattr(audit, name))
        if audit.dispute == OPEN:
            self.disputes += 1
            self._add("disputed", audit.claimed)

    def _add(self, name: str, sides: Mapping[str, str | None]) -> None:
        for side in verdicts.SIDES:
            self.amounts[name, side] += Decimal(sides.get(side) or 0)

    @property
    def shown(self) -> dict[str, Any]:
        amounts = {
            name: {side: verdicts.exact(self.amounts[name, side]) for side in verdicts.SIDES}
            for name in ("claimed", "computed", "difference", "disputed")
        }
        counts = {"cdrs": self.cdrs, "credits": self.credits, "kwh": verdicts.exact(self.kwh)}
        return {**counts, **amounts, "disputes": self.disputes, "unpriced": self.unpriced}


def _sessions(platform: Platform, asked: Asked) -> Iterator[dict[str, Any]]:
    """Sessions that ended in the month, are over for 48 hours and have no CDR."""
    told: set[str] = set()
    until = timestamp(later(platform.clock(), -2 * DAY))
    for name in asked.counterparties:
        cursor, billed = "", matching.Billed(platform, name)
        for _ in range(LIVE_PAGES):
            found, cursor = matching.missing_cdrs(platform, billed, asked.window[0], until, cursor)
            for each in found:
                if asked.window[0] <= each.end <= asked.window[1]:
                    told.add(each.key.partition)
                    yield _session(each.key.owner, each.key.id, each.start, each.end, each.kwh)
            if not cursor:
                break
    for item in findings.listed(platform, OPEN, asked.partner):
        if item["kind"] != SESSION_WITHOUT_CDR or item["counterparty_of"] not in asked.counterparties:
            continue
        partition = f"{item['owner']}/{item['object_id'].upper()}"
        if asked.window[0] <= item["ended"] <= asked.window[1] and partition not in told:
            yield _session(item["owner"], item["object_id"], item["started"], item["ended"], item["kwh"])


def _session(owner: str, id: str, start: str, end: str, kwh: str) -> dict[str, Any]:
    times = {"start_date_time": start, "end_date_time": end}
    return {"owner": owner, "id": id, **times, "kwh": kwh, "status": "COMPLETED"}


def _energy(audit: Audit) -> Decimal:
    amount = Decimal(audit.kwh or 0)
    return -abs(amount) if audit.is_credit else amount


def _cell(row: Mapping[str, Any], name: str) -> str:
    outer, _, inner = name.partition(".")
    value = row[outer][inner] if inner else row[outer]
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = str(value)
    is_amount = inner or name == "kwh"
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not is_amount else text


def is_place(found: Any) -> bool:
    """Whether a cursor's content is where a page ended."""
    return isinstance(found, dict) and {"party", "after", "sums"} <= found.keys()
