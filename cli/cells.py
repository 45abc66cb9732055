"""One value of an answer as a person reads it in one cell; nothing a partner wrote moves the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal, DecimalException
from typing import Any

from rich.text import Text

from chalicelib.ocpi import jsontext
from chalicelib.pricing.currencies import minor_decimals


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GOOD = _words(
    "OK REGISTERED CONNECTED ACCEPTED AGREE AGREE_ROUNDING COMPLETED CONCLUDED AVAILABLE ALLOWED ok pass"
)
BAD = _words(
    "UNREACHABLE SUSPENDED OFFLINE REFUSED GIVEN_UP FAILED REJECTED DISAGREE UNPRICEABLE OUTOFORDER "
    "INOPERATIVE BLOCKED EXPIRED NOT_ALLOWED TIMEOUT error refused failed fail"
)
ODD = _words(
    "WAITING INVITED PENDING PLANNED RUNNING OPEN UNKNOWN INDETERMINATE WITHIN_TOLERANCE CHARGING RESERVED "
    "warning warn"
)

Row = Mapping[str, Any]


def printable(text: str) -> str:
    """Text of partners without what would move the terminal."""
    return "".join(each if each.isprintable() else " " for each in text)


def plain(value: Any, widest: int = 0) -> str:
    """A value in one line; `widest` 0: all of it."""
    if value is None or value == {} or value == []:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        text = _thing(value)
    elif isinstance(value, list):
        text = ", ".join(plain(each) for each in value)
        if widest and len(text) > widest and any(isinstance(each, dict) for each in value):
            text = f"{len(value)} entries"
    elif isinstance(value, Decimal):
        text = f"{value:f}"
    else:
        text = str(value)
    text = printable(text)
    return text if not widest or len(text) <= widest else text[: widest - 1] + "…"


def coloured(text: str) -> Text:
    """The text, in the colour of the state it names."""
    for words, style in ((GOOD, "green"), (BAD, "bold red"), (ODD, "yellow")):
        if text in words:
            return Text(text, style=style)
    return Text(text)


def at(row: Any, path: str) -> Any:
    """What stands at `a.b.c` of a row; None where it has no such thing."""
    for name in path.split("."):
        row = row.get(name) if isinstance(row, Mapping) else None
    return row


def age(value: Any, now: datetime | None = None) -> str:
    """An RFC 3339 time as how long ago, or how soon, it is."""
    try:
        then = datetime.fromisoformat(str(value))
    except ValueError:
        return plain(value)
    then = then if then.tzinfo else then.replace(tzinfo=UTC)
    seconds = ((now or datetime.now(UTC)) - then).total_seconds()
    length = abs(seconds)
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if length >= size:
            word = f"{length // size:.0f} {unit}"
            break
    else:
        word = f"{length:.0f} s"
    return f"{word} ago" if seconds >= 0 else f"in {word}"


def moment(value: Any) -> str:
    """An RFC 3339 time to the second."""
    text = plain(value)
    return f"{text[:10]} {text[11:19]}" if len(text) > 18 and text[10:11] == "T" else text


def clock(value: Any, now: datetime | None = None) -> str:
    """An RFC 3339 time of today to the second, of another day to the minute, in UTC."""
    try:
        then = datetime.fromisoformat(str(value)).astimezone(UTC)
    except ValueError:
        return plain(value)
    today = (now or datetime.now(UTC)).date()
    return f"{then:%H:%M:%S}" if then.date() == today else f"{then:%m-%d %H:%M}"


def aged(value: Any) -> Any:
    """A value, and of times in it how long ago they were: `9 min ago (2026-11-29 01:55:23)`."""
    if isinstance(value, Mapping):
        return {name: aged(each) for name, each in value.items()}
    if isinstance(value, str) and len(value) > 18 and moment(value) != value:
        return f"{age(value)} ({moment(value)})"
    return value


def money(value: Any, currency: str = "") -> str:
    """An amount rounded to the currency's smallest unit; a Price shows what is without taxes first."""
    if isinstance(value, Mapping):
        sides = [value.get(each) for each in ("before_taxes", "after_taxes")]
        if sides == [None, None]:
            sides = [value.get(each) for each in ("excl_vat", "incl_vat")]
        shown = [money(each, currency) for each in sides]
        return " / ".join(dict.fromkeys(each for each in shown if each))
    if value is None or isinstance(value, bool):
        return ""
    try:
        digits = minor_decimals(currency.upper())
        amount = Decimal(str(value))
        return f"{amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,f}"
    except (DecimalException, ValueError):
        return plain(value)


def number(value: Any) -> str:
    """A number without the zeros at its end."""
    try:
        return f"{Decimal(str(value)).normalize():f}"
    except DecimalException:
        return plain(value)


def until(value: Any, like: Any) -> str:
    """A time in the zone that another one is written in."""
    try:
        zone = datetime.fromisoformat(str(like)).tzinfo
        return moment(datetime.fromisoformat(str(value)).astimezone(zone).isoformat())
    except ValueError:
        return moment(value)


def party(row: Row) -> str:
    """The party an object belongs to, `NL/EXA`."""
    return plain(row.get("owner")) or "/".join(
        plain(row.get(each)) for each in ("country_code", "party_id") if row.get(each)
    )


def _object(row: Row) -> str:
    """The object that a row is about, with its owner and part."""
    name = plain(
        row.get("object_id") or row.get("object") or (row.get("id") if "object_id" not in row else "")
    )
    part = row.get("part")
    shown = "/".join(each for each in (party(row), name) if each) if name else ""
    return f"{shown} {plain(part)}" if part else shown


def _evses(row: Row) -> str:
    """How many EVSEs of which status."""
    counts: dict[str, int] = {}
    for each in row.get("evses") or []:
        status = plain(each.get("status")) if isinstance(each, Mapping) else ""
        counts[status] = counts.get(status, 0) + 1
    return ", ".join(f"{many} {status}" for status, many in sorted(counts.items()))


def _prices(row: Row) -> str:
    """What the first element of a Tariff asks for."""
    elements = row.get("elements") or [{}]
    components = elements[0].get("price_components") or [] if isinstance(elements[0], Mapping) else []
    units = {"ENERGY": "/kWh", "TIME": "/h", "PARKING_TIME": "/h parking", "FLAT": " flat"}
    words = [
        f"{plain(each.get('price'))}{units.get(str(each.get('type')), '')}"
        for each in components
        if isinstance(each, Mapping)
    ]
    more = f" (+{len(elements) - 1})" if len(elements) > 1 else ""
    return ", ".join(words) + more


def _token(row: Row) -> str:
    found = row.get("cdr_token") or row.get("token")
    return plain(found.get("uid")) if isinstance(found, Mapping) else plain(found or row.get("auth_id"))


def _address(row: Row) -> str:
    return ", ".join(plain(row.get(each)) for each in ("address", "city") if row.get(each))


def _place(row: Row) -> str:
    inside = row.get("cdr_location")
    found = inside.get("id") if isinstance(inside, Mapping) else row.get("location_id")
    uid = inside.get("evse_uid") if isinstance(inside, Mapping) else row.get("evse_uid")
    return " ".join(plain(each) for each in (found, uid) if each)


def _answered(row: Row) -> str:
    """The HTTP status and the OCPI code of an answer."""
    return " ".join(plain(row.get(each)) for each in ("http_status", "status_code") if row.get(each))


def _agreed(row: Row) -> str:
    return " and ".join(plain(each) for each in row.get("parties") or [])


def _faults(row: Row) -> str:
    """What is wrong with an object, fault by fault."""
    found = row.get("findings")
    if not isinstance(found, list):
        return plain(found)
    said = (each for each in found if isinstance(each, Mapping))
    return "; ".join(f"{plain(each.get('pointer'))} {plain(each.get('message'))}".strip() for each in said)


def _said(row: Row) -> str:
    """Why a request was refused or failed; of one that went well where it went."""
    return plain(row.get("reason") or row.get("path"))


def _way(row: Row) -> str:
    return {"SENT": "to", "RECEIVED": "from"}.get(str(row.get("direction")), plain(row.get("direction")))


def _request(row: Row) -> str:
    return " ".join(plain(row.get(each)) for each in ("method", "module") if row.get(each))


COMPOSED: Mapping[str, Callable[[Row], str]] = {
    "party": party,
    "object": _object,
    "evses": _evses,
    "faults": _faults,
    "said": _said,
    "way": _way,
    "request": _request,
    "prices": _prices,
    "token": _token,
    "address": _address,
    "place": _place,
    "answer": _answered,
    "agreed": _agreed,
    "cost": lambda row: money(row.get("total_cost"), plain(row.get("currency"))),
    "claimed": lambda row: money(row.get("claimed"), plain(row.get("currency"))),
    "computed": lambda row: money(row.get("computed"), plain(row.get("currency"))),
    "difference": lambda row: money(row.get("difference"), plain(row.get("currency"))),
    "disputed": lambda row: money(row.get("disputed"), plain(row.get("currency"))),
}


def flat(row: Row, before: str = "") -> dict[str, Any]:
    """A row as columns of a spreadsheet: objects by dotted names, lists as JSON text."""
    cells: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict) and value:
            cells |= flat(value, f"{before}{name}.")
        elif isinstance(value, list | dict):
            cells[before + name] = jsontext.dumps(value) if value else ""
        elif isinstance(value, str):
            # A spreadsheet would run what a partner wrote, were it to begin like a formula.
            cells[before + name] = (
                f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") and not _number(value) else value
            )
        else:
            cells[before + name] = plain(value) if not isinstance(value, bool) else str(value).lower()
    return cells


def columns_of(rows: Iterable[Row]) -> list[str]:
    """Every name that any of the rows has, in the order they appear."""
    return list(dict.fromkeys(name for row in rows for name in row))


def _number(text: str) -> bool:
    try:
        Decimal(text)
    except DecimalException:
        return False
    return True


def _thing(value: Mapping[str, Any]) -> str:
    """An object in one line: a role and a state by their word, others as JSON."""
    if {"role", "country_code", "party_id"} <= value.keys():
        return f"{value['role']} {value['country_code']}/{value['party_id']}"
    if {"country_code", "party_id"} == value.keys():
        return f"{value['country_code']}/{value['party_id']}"
    for name in ("state", "result"):
        if isinstance(value.get(name), str):
            return str(value[name])
    return jsontext.dumps(value)
