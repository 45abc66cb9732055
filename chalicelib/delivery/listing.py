"""A partner's list: where it begins, what a page of it holds, and whether a link to the next is usable.

Spec: TRA-38 to TRA-41, SES-10, CDR-22, AMB-09
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from chalicelib.ocpi import paging
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.reading import listed
from chalicelib.ocpi.timestamps import wire_timestamp
from chalicelib.partner import host_of
from chalicelib.partner_client import url_guard

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.partner_client.answer import Answer

# Objects asked for per page.
PAGE = 100
# Before every OCPI platform, for lists that must be asked for by date.
BEGINNING = "2010-01-01T00:00:00.000Z"


class Unusable(Exception):
    """A page that is none; it may be better later."""


def first_url(base: str, module: str, date_from: str) -> str:
    """Where a list begins. Sessions and CDRs are always asked for by date (SES-10, CDR-22, AMB-09)."""
    date_from = date_from or (BEGINNING if module in ("sessions", "cdrs") else "")
    query = {"date_from": wire_timestamp(date_from)} if date_from else {}
    return f"{base}{'&' if '?' in base else '?'}{urlencode({**query, 'offset': 0, 'limit': PAGE})}"


def objects(answer: Answer) -> list[Any]:
    """The objects of a page. Raises Unusable when there is no list."""
    if answer.data is None:
        return []
    if not isinstance(answer.data, list | dict) or answer.data == {}:
        raise Unusable("the data of a page is no list")
    return listed(answer.data)


def size(answer: Answer) -> int:
    """How many objects a full page has: what we asked for, or the partner's own limit."""
    own = paging.total_count(answer.headers.get("x-limit", ""))
    return min(PAGE, own) if own > 0 else PAGE


def unusable(partner: Partner, url: str, link: str, allow_private: bool) -> str:
    """Why the link from a page to the next is none that we follow, or nothing."""
    try:
        scheme = url_guard.check_form(link, allow_private).scheme
    except InvalidParameters as problem:
        return f"the next page is at {problem.message}"
    if host_of(link) not in partner.hosts():
        return f"the next page is at {host_of(link)[:100]}, a host that the partner did not announce"
    if scheme != url.partition(":")[0]:
        return f"the next page is at {scheme}, which is not how the list is served"
    return ""
