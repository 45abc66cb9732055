"""Paging, both ways: a list request's query and the headers of its page, as we write and as we read them.

Each character of a partner's Link header is looked at once, so that no header
costs more than its length; nothing here matches a pattern that could go back.

Spec: 2.2.1 transport_and_format_pagination (TRA-20 to TRA-40, AMB-07, AMB-08)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.timestamps import readable, timestamp

LARGEST_OFFSET = 10**12
_QUOTES = "\"'"
_BLANKS = " \t"


@dataclass(frozen=True)
class PageQuery:
    """What a client asks of a list; `limit` is already the page size in effect (AMB-07).

    `date_from` is inclusive, `date_to` exclusive (TRA-23, TRA-24), both sortable
    timestamps. `cursor` is our own addition to a next link: it finds the place
    and the total again without counting.
    """

    offset: int = 0
    limit: int = 100
    date_from: str = ""
    date_to: str = ""
    cursor: str = ""

    @property
    def filtered(self) -> bool:
        return bool(self.date_from or self.date_to)


@dataclass(frozen=True)
class Page:
    """One page: its objects as JSON texts, the total that match, where the next begins.

    `cursor` and `offset` both name that place; no cursor: this is the last page.
    """

    objects: list[str]
    total: int
    cursor: str | None = None
    offset: int = 0


def parse(query: Mapping[str, str], largest: int) -> PageQuery:
    """The page asked for, its limit capped at `largest`. Raises InvalidParameters naming the parameter."""
    return PageQuery(
        offset=_whole(query, "offset", 0, 0),
        limit=min(_whole(query, "limit", largest, 1), largest),
        date_from=_moment(query, "date_from"),
        date_to=_moment(query, "date_to"),
        cursor=query.get("cursor", "")[:512],
    )


def headers(query: PageQuery, page: Page, url: str, extra: Mapping[str, str]) -> dict[str, str]:
    """Link, X-Total-Count and X-Limit; `extra` are other parameters of the request to repeat (TRA-31)."""
    result = {"X-Total-Count": str(page.total), "X-Limit": str(query.limit)}
    if page.cursor is not None:
        after = replace(query, offset=page.offset, cursor=page.cursor)
        result["Link"] = f'<{url}?{_encoded(after, extra)}>; rel="next"'
    return result


def _encoded(query: PageQuery, extra: Mapping[str, str]) -> str:
    named = {"date_from": query.date_from, "date_to": query.date_to}
    return urlencode(
        {
            **{name: value for name, value in extra.items() if name not in ("offset", "limit", "cursor")},
            **{name: value for name, value in named.items() if value},
            "offset": query.offset,
            "limit": query.limit,
            **({"cursor": query.cursor} if query.cursor else {}),
        }
    )


def _whole(query: Mapping[str, str], name: str, default: int, least: int) -> int:
    text = query.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 13 or not least <= int(text) <= LARGEST_OFFSET:
        raise InvalidParameters(f"a whole number of at least {least} is required", f"?{name}")
    return int(text)


def _moment(query: Mapping[str, str], name: str) -> str:
    text = query.get(name, "").strip()
    if not text:
        return ""
    try:
        return timestamp(readable(text.replace(" ", "+") if " " in text and "T" in text else text))
    except ValueError:
        raise InvalidParameters("an RFC 3339 date-time is required", f"?{name}") from None


def next_link(header: str) -> str:
    """The target that is the next page, as it was written; "" where the header names none.

    `<url>; rel="next"`, single quotes or none, other parameters and links beside
    it, no rel at all, a bare URL.
    """
    unnamed = ""
    for target, relations in _links(header):
        if relations is None:
            unnamed = unnamed or target
        elif "next" in relations:
            return target
    return unnamed


def absolute(base: str, reference: str) -> str:
    """Where a link of a partner's leads that stands in an answer from `base`; "" where it is no URL."""
    try:
        return urljoin(base, reference) if reference else ""
    except ValueError:
        return ""


def total_count(header: str) -> int:
    """The number that X-Total-Count says, -1 where it says none."""
    text = header.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else -1


def offset_of(url: str) -> int | None:
    """The offset that a page's URL names, None where it names none."""
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        if name == "offset" and value.isascii() and value.isdigit() and len(value) < 13:
            return int(value)
    return None


def leads_back(url: str, link: str) -> bool:
    """Whether the link from a page leads to one before it, where nothing but offsets tells pages apart."""
    base, _, query = link.partition("?")
    named = {name for name, _ in parse_qsl(query, keep_blank_values=True)}
    if base != url.partition("?")[0] or named - {"offset", "limit", "date_from", "date_to"}:
        return False
    return (offset_of(link) or 0) <= (offset_of(url) or 0)


def at_offset(url: str, offset: int) -> str:
    """The URL of a list from another offset, any cursor left out."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(name, value) for name, value in query if name not in ("offset", "cursor")]
    return urlunsplit(parts._replace(query=urlencode([*kept, ("offset", str(offset))])))


def _links(header: str) -> Iterator[tuple[str, list[str] | None]]:
    """Each link's target and its relations in lower case, None where it names none."""
    at, end = 0, len(header)
    while at < end:
        if header[at] in " \t,;":
            at += 1
            continue
        target, at = _target(header, at)
        relations: list[str] | None = None
        while at < end and header[at] in " \t;":
            at += 1
            if header[at - 1] == ";":
                name, value, at = _parameter(header, at)
                if name == "rel" and relations is None:
                    relations = value.lower().split()
        if target:
            yield target, relations


def _target(header: str, at: int) -> tuple[str, int]:
    """What is between brackets, or a bare URL, and where it ends."""
    if header[at] == "<":
        close = header.find(">", at)
        if close >= 0:
            return header[at + 1 : close].strip(), close + 1
        return header[at + 1 :].strip(), len(header)
    start = at
    while at < len(header) and header[at] not in " \t;<":
        if header[at] == "," and (at + 1 == len(header) or header[at + 1] in " \t<"):
            break
        at += 1
    return header[start:at], at if at > start else at + 1


def _parameter(header: str, at: int) -> tuple[str, str, int]:
    """One `name=value` in any kind of quotes, and where it ends."""
    start = at
    while at < len(header) and header[at] not in "=;,":
        at += 1
    name = header[start:at].strip().lower()
    if at == len(header) or header[at] != "=":
        return name, "", at
    at += 1
    while at < len(header) and header[at] in _BLANKS:
        at += 1
    if at < len(header) and header[at] in _QUOTES:
        close = header.find(header[at], at + 1)
        close = close if close >= 0 else len(header)
        return name, header[at + 1 : close], close + 1
    start = at
    while at < len(header) and header[at] not in ";,":
        at += 1
    return name, header[start:at].strip(), at
