"""Whether Sessions and CDRs, Tokens and Tariffs belong together.

Contract: design section 13 (reconciliation)
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, DecimalException
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.billing import engine, verdicts
from chalicelib.billing.findings import (
    CDR_WITHOUT_SESSION,
    ENERGY_APART,
    UNKNOWN_TARIFF,
    UNKNOWN_TOKEN,
    Finding,
)
from chalicelib.objects import sessions
from chalicelib.objects.stored_object import Finder, StoredObject, load, load_token
from chalicelib.ocpi.paging import PageQuery
from chalicelib.ocpi.timestamps import readable, timestamp
from chalicelib.store import feeds, pages
from chalicelib.store.audits import Audits
from chalicelib.store.object_items import LONGEST_ID, Key, folded

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# kWh that the meter values of a Session and its CDR may differ by.
CLOSE = Decimal("0.01")
# Sessions that are looked at together.
PAGE = 100


def of_cdr(platform: Platform, found: StoredObject) -> list[Finding]:
    """What does not fit together about a CDR that came, as it is now."""
    partner = verdicts.partner_of(platform, found)
    cdr, key = found.canonical, found.key
    said: list[tuple[str, str]] = []
    session_id = cdr.get("session_id")
    if isinstance(session_id, str) and session_id and cdr.get("credit") is not True:
        session = _load(platform, Key("sessions", *key.party, session_id))
        if session is None:
            said.append((CDR_WITHOUT_SESSION, f"its Session {session_id[:60]} is not known"))
        elif apart := _apart(session.canonical, cdr):
            said.append((ENERGY_APART, apart))
    said += _unknown(platform, found)
    name = partner.id if partner else ""
    return [Finding(kind, name, key.owner, key.id, message) for kind, message in said]


def _apart(session: dict[str, Any], cdr: dict[str, Any]) -> str:
    if session.get("status") != "COMPLETED":
        return ""
    try:
        told, billed = Decimal(str(session.get("kwh"))), Decimal(str(cdr.get("total_energy")))
    except DecimalException:
        return ""
    return f"the Session says {told} kWh, the CDR {billed}" if abs(told - billed) > CLOSE else ""


def _unknown(platform: Platform, found: StoredObject) -> Iterator[tuple[str, str]]:
    token, emsp = found.canonical.get("cdr_token"), sessions.emsp_of(found.canonical)
    if isinstance(token, dict) and emsp and emsp in platform.settings.hosted("EMSP"):
        uid, kind = str(token.get("uid") or ""), str(token.get("type") or "")
        if uid and len(uid.encode()) < LONGEST_ID // 2 and not load_token(platform, [emsp], uid, kind):
            yield UNKNOWN_TOKEN, f"{'/'.join(emsp)} has no {kind or 'RFID'} Token of the uid it names"
    for id in engine.named_tariffs(found.canonical):
        if engine.stored_tariff(platform, found.key.party, id) is None:
            yield UNKNOWN_TARIFF, f"nobody has the Tariff {id[:60]} that it names"
            return


class Missing(NamedTuple):
    """A Session that is over and has no CDR."""

    key: Key
    start: str
    end: str
    kwh: str


class Billed:
    """What the CDRs with another party are about: its ledger, read once and no farther back than asked."""

    def __init__(self, platform: Platform, counterparty: str) -> None:
        self._platform = platform
        self.counterparty = counterparty
        self._names: set[str] = set()
        self._since = ""

    def has(self, key: Key, start: str, uid: str) -> bool:
        """Whether a CDR names this Session, is called so, or names none and began with it and its token."""
        if not self._since or start < self._since:
            self._read(start)
        name = folded(key.id)
        return bool({f"{key.owner}/{name}", f"{key.owner}/{start}|{folded(uid)}"} & self._names)

    def _read(self, since: str) -> None:
        needed = ("owner", "session", "cdr", "start", "token")
        until, self._since = self._since, since
        for each in Audits(self._platform).all("ledger", self.counterparty, since, until, needed=needed):
            words = (each.get("session", ""), each["cdr"])
            self._names.update(f"{each['owner']}/{folded(word)}" for word in words if word)
            if not each.get("session"):
                self._names.add(f"{each['owner']}/{each.get('start', '')}|{folded(each.get('token', ''))}")


def missing_cdrs(
    platform: Platform, billed: Billed, since: str, until: str, cursor: str = ""
) -> tuple[list[Missing], str]:
    """Those of a page of Sessions, updated within a time, that have no CDR; the cursor of the next page.

    Sessions of that CPO, and ours of that eMSP's drivers.
    """
    hosted = ["/".join(party) for party in platform.settings.hosted("CPO", "NAP")]
    names = [feeds.name(billed.counterparty), *(feeds.name(owner, billed.counterparty) for owner in hosted)]
    heads = [each for each in platform.objects.feeds.heads("sessions", names) if each.total]
    if not heads:
        return [], ""
    query = PageQuery(limit=PAGE, date_from=since, date_to=until, cursor=cursor)
    page = pages.page(platform.objects, "sessions", heads, query)
    finder = Finder(platform)
    found = []
    for each in page.objects:
        stored = StoredObject(each.key, each.parts[:1], finder=finder)
        if (missing := _over(stored)) and not billed.has(stored.key, missing.start, _uid(stored)):
            found.append(missing)
    return found, page.cursor or ""


def has_cdr(platform: Platform, billed: Billed, key: Key) -> bool:
    """Whether a Session has a CDR by now, or is no longer one that needs it."""
    session = _load(platform, key)
    missing = _over(session) if session else None
    return session is None or missing is None or billed.has(key, missing.start, _uid(session))


def _over(stored: StoredObject) -> Missing | None:
    """A Session that is over and has something to bill."""
    session = stored.canonical
    if session.get("status") != "COMPLETED" or not _costs(session):
        return None
    end = _moment(session.get("end_date_time")) or stored.last_updated
    start = _moment(session.get("start_date_time")) or end
    return Missing(stored.key, start, end, str(session.get("kwh") or "0"))


def _uid(stored: StoredObject) -> str:
    token = stored.canonical.get("cdr_token")
    return str(token.get("uid") or "") if isinstance(token, dict) else ""


def _costs(session: dict[str, Any]) -> bool:
    """Whether there is anything to bill: energy, or a cost that it states."""
    cost = session.get("total_cost")
    amount = cost.get("before_taxes") if isinstance(cost, dict) else 0
    return any(isinstance(each, int | Decimal) and each > 0 for each in (session.get("kwh"), amount))


def _load(platform: Platform, key: Key) -> StoredObject | None:
    return load(platform, key) if 0 < len(key.id.encode()) <= LONGEST_ID else None


def _moment(value: Any) -> str:
    try:
        return timestamp(readable(value))
    except ValueError:
        return ""
