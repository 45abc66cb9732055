"""Matching says whether Sessions and CDRs, Tokens and Tariffs belong together.

Contract: design section 13 (reconciliation)
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, DecimalException
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from chalicelib.billing import engine, verdicts
from chalicelib.billing.findings import (
    CDR_WITHOUT_SESSION,
    CREDIT_WITHOUT_CDR,
    ENERGY_APART,
    SECOND_CDR,
    UNKNOWN_TARIFF,
    UNKNOWN_TOKEN,
    Finding,
)
from chalicelib.objects import sessions
from chalicelib.objects.stored_object import Finder, StoredObject, load, load_token
from chalicelib.ocpi.paging import PageQuery
from chalicelib.ocpi.timestamps import readable, timestamp
from chalicelib.store import feeds, marks, pages
from chalicelib.store.audits import Audit, Audits, audit_of, cdr_id
from chalicelib.store.object_items import LONGEST_ID, Key, folded

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# kWh that the meter values of a Session and its CDR may differ by.
CLOSE = Decimal("0.01")
# Sessions that are looked at together, and CDRs of one Session.
PAGE, MOST_CDRS = 100, 20


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
        if other := _billed_by_another(platform, key, _of_session(platform, key, session_id)):
            said.append((SECOND_CDR, f"{other[:60]} bills its Session {session_id[:60]}, too"))
    elif cdr.get("credit") is not True and (
        other := _billed_by_another(platform, key, _of_one_charge(platform, found))
    ):
        said.append((SECOND_CDR, f"{other[:60]} has its times, Token and EVSE, too"))
    credited = cdr.get("credit_reference_id") if cdr.get("credit") is True else None
    if isinstance(credited, str) and _load(platform, Key("cdrs", *key.party, credited)) is None:
        said.append((CREDIT_WITHOUT_CDR, f"the CDR {credited[:60]} that it credits is not known"))
    said += _unknown(platform, found)
    name = partner.id if partner else ""
    return [Finding(kind, name, key.owner, key.id, message) for kind, message in said]


def _of_session(platform: Platform, key: Key, session_id: str) -> set[str]:
    """The CDRs of a Session."""
    objects, name = platform.objects, folded(session_id)
    same = marks.marked(objects.client, objects.table("cdrs"), marks.SESSION, name, key.owner, "")
    return set(islice(same, MOST_CDRS))


def _of_one_charge(platform: Platform, found: StoredObject) -> set[str]:
    """The CDRs that name no Session, as 2.1.1 has none, and began and ended with this, by its token at its
    EVSE.
    """
    audits = Audits(platform)
    mine = audits.audit(found.key.partition)
    if mine is None or not (mine.start and mine.token):
        return set()
    only = {"owner": mine.owner, "start": mine.start, "token": mine.token}
    rows = islice(audits.all("ledger", mine.counterparty, mine.end, mine.end, only=only), MOST_CDRS)
    keys = [Key("cdrs", *found.key.party, each["cdr"]) for each in rows if not each.get("session")]
    others = [_load(platform, each) for each in keys if each.partition != found.key.partition]
    wanted = _whose_and_where(found)
    return {each.key.partition for each in others if each is not None and _whose_and_where(each) == wanted}


def _whose_and_where(cdr: StoredObject) -> list[Any]:
    """The contract and the connector of a CDR: a token of 2.1.1 may be known by its contract alone."""
    named = (
        ("cdr_token", "contract_id"),
        *(("cdr_location", each) for each in ("id", "evse_uid", "connector_id")),
    )
    fields = ((cdr.canonical.get(name), field) for name, field in named)
    return [part.get(field) if isinstance(part, dict) else None for part, field in fields]


def _billed_by_another(platform: Platform, key: Key, partitions: set[str]) -> str:
    """The id of another of these CDRs, which bill one charge, where neither is credited; "" where there is
    none.
    """
    if not partitions - {key.partition}:
        return ""
    found = Audits(platform).read(cdr_id(each) for each in {*partitions, key.partition})
    told = {name: audit for name, item in found.items() if (audit := audit_of(item))}
    mine = cdr_id(key.partition)
    billing = {name for name, each in told.items() if _bills(each)} | ({mine} - set(found))
    cancelled = sum(_is_negative(each) and not each.is_credit for each in told.values())
    others = sorted(billing - {mine})
    return told[others[0]].id if mine in billing and others and len(billing) - cancelled > 1 else ""


def _bills(audit: Audit) -> bool:
    return not audit.is_credit and not audit.credited_by and not _is_negative(audit)


def _is_negative(audit: Audit) -> bool:
    """Whether less than nothing is claimed, as who cannot say `credit` in 2.1.1 takes a CDR back."""
    return (audit.claimed.get("before_taxes") or "").startswith("-")


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
    """The Sessions of a page, updated within a time, that have no CDR; the cursor of the next page.

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
