"""A list request's query, and the headers and next link of its answer.

Spec: 2.2.1 transport_and_format_pagination (TRA-20 to TRA-37, AMB-07, AMB-08)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.patching import timestamp

LARGEST_OFFSET = 10**12


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
        return timestamp(text.replace(" ", "+") if " " in text and "T" in text else text)
    except ValueError:
        raise InvalidParameters("an RFC 3339 date-time is required", f"?{name}") from None
