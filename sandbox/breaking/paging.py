"""Rules of lists: pages, links, totals, date filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.breaking import tools as by
from sandbox.breaking.table import SINCE_221, kept, rows
from sandbox.conduct import Asked, Reply
from sandbox.messages import Answer

if TYPE_CHECKING:
    from sandbox.partner import Partner


def _loop(url: str, asked: str) -> str:
    return asked


def _forgetful(url: str, asked: str) -> str:
    kept = [each for each in url.partition("?")[2].split("&") if not each.startswith("date_")]
    return f"{url.partition('?')[0]}?{'&'.join(kept)}"


def _always_next(partner: Partner, asked: Asked, reply: Reply) -> None:
    if by.lists(asked, reply):
        reply.headers.setdefault("Link", f'<{partner.base_url}{asked.request.path}?offset=0>; rel="next"')


def _total_of_page(partner: Partner, asked: Asked, reply: Reply) -> None:
    if by.lists(asked, reply):
        reply.headers["X-Total-Count"] = str(len(reply.body["data"]))


def _total_of_all(partner: Partner, asked: Asked, reply: Reply) -> None:
    if by.lists(asked, reply):
        reply.headers["X-Total-Count"] = str(len(partner.own(asked.module)))


def _newest_first(partner: Partner, asked: Asked, answer: Answer) -> None:
    if asked.lists and isinstance(answer.data, list):
        answer.data.reverse()


def _repeats_first(partner: Partner, asked: Asked, answer: Answer) -> None:
    """The second page begins with what the first ended with."""
    offset = asked.request.query.get("offset", "0")
    if asked.lists and isinstance(answer.data, list) and offset not in ("", "0"):
        thing = partner.own(asked.module)[int(offset) - 1]
        answer.data[:1] = [partner.written(asked.module, thing, asked.version)]


PAGING = {
    **kept(
        ("ignores_limit", "a list comes whole, whatever limit was asked", "TRA-27"),
        ("exceeds_limit", "a page has one object more than was asked", "TRA-27"),
        ("ignores_offset", "every page is the first", "TRA-26"),
        ("ignores_date_from", "date_from filters nothing", "TRA-23"),
        ("ignores_date_to", "date_to filters nothing", "TRA-24"),
        ("date_from_exclusive", "what changed at date_from itself is left out", "TRA-23", SINCE_221),
        ("date_to_inclusive", "what changed at date_to itself is listed", "TRA-24", SINCE_221),
        ("ignores_bad_parameters", "a date that is none is ignored", "STA-14"),
    ),
    **rows(
        "reply",
        (
            "no_total_count",
            "lists have no X-Total-Count",
            "TRA-37",
            by.header("X-Total-Count", where=by.lists),
        ),
        ("no_limit_header", "lists have no X-Limit", "TRA-37", by.header("X-Limit", where=by.lists)),
        ("total_of_page", "X-Total-Count counts the page", "TRA-34", _total_of_page),
        ("total_ignores_dates", "X-Total-Count counts what the dates exclude", "TRA-34", _total_of_all),
        ("no_link", "no page has a link to the next", "TRA-30", by.link(lambda url, asked: None)),
        (
            "relative_link",
            "links are relative",
            "TRA-30",
            by.link(lambda url, asked: "/" + url.split("/", 3)[3]),
        ),
        ("link_forgets_dates", "links drop date_from and date_to", "TRA-31", by.link(_forgetful)),
        ("link_on_last_page", "the last page links to a next one", "TRA-30", _always_next),
        ("link_loops", "links lead to the same page again", "TRA-30", by.link(_loop)),
        (
            "link_leads_nowhere",
            "links lead to a 404",
            "TRA-30",
            by.link(lambda url, asked: url.replace("/out/", "/gone/")),
        ),
        (
            "link_on_other_host",
            "links lead to a host nobody announced",
            "TRA-30",
            by.link(lambda url, asked: "http://pages.invalid/" + url.split("/", 3)[3]),
        ),
        (
            "link_single_quoted",
            "links say rel='next'",
            "TRA-30",
            by.link(lambda url, asked: f"<{url}>; rel='next'"),
        ),
    ),
    **rows(
        "answer",
        ("newest_first", "pages come in reverse order", "TRA-29", _newest_first),
        (
            "repeats_across_pages",
            "a page begins with the last object of the page before",
            "TRA-28",
            _repeats_first,
        ),
    ),
}
