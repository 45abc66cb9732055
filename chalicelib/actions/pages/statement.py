"""The view of a month with a partner: the sums, each CDR, and the Sessions that no CDR came for."""

from __future__ import annotations

from chalicelib.actions.pages.contents import price
from chalicelib.actions.pages.frame import Entry
from chalicelib.actions.pages.markup import Markup, join, nothing, pill, section, table, tag
from chalicelib.actions.pages.page import Page, Rows

MANY = 200


def view(page: Page) -> tuple[str, Markup]:
    """A month, this one where none was asked for."""
    month, partner = page["month"] or page.now[:7], page["partner"]
    name = page.names.get(partner, partner)
    data = page.ask("statement", partner=partner, month=month, limit=MANY)
    entry = Entry("month", "Month", hint="such as 2026-10", value=month)
    rows = [each for each in data.get("rows") or [] if isinstance(each, dict)]
    parts: list[Markup] = [
        page.frame.form("statement", "Find", [entry], partner=partner),
        section("Sums", _sums(data.get("currencies") or [])),
        section("CDRs", _cdrs(page, rows)),
    ]
    if data.get("cursor"):
        line = f"manage.py statement --partner {partner} --month {month} --csv --all"
        parts.append(tag("p", f"The first {len(rows)}. All of them: ", tag("code", line), class_="dim"))
    lacking = data.get("sessions_without_cdr") or []
    if lacking:
        parts.append(section("Sessions without a CDR", _sessions(page, lacking)))
    return f"{name}, {month}", join(parts)


def _sums(found: Rows) -> Markup:
    rows = [
        [
            each.get("currency"),
            each.get("cdrs"),
            each.get("credits"),
            each.get("kwh"),
            price(each.get("claimed"), each.get("currency")),
            price(each.get("computed"), each.get("currency")),
            price(each.get("difference"), each.get("currency")),
            price(each.get("disputed"), each.get("currency")),
        ]
        for each in found
    ]
    heads = ["Currency", "CDRs", "Credits", "kWh", "Claimed", "Computed", "Difference", "Disputed"]
    return table("Sums", heads, rows) if rows else nothing("No CDR ended in this month.")


def _cdrs(page: Page, found: Rows) -> Markup:
    rows = [
        [
            page.moment(each.get("end_date_time")),
            page.audit(each),
            each.get("kwh"),
            price(each.get("claimed"), each.get("currency")),
            price(each.get("difference"), each.get("currency")),
            pill(each.get("verdict")),
            each.get("dispute"),
        ]
        for each in found
    ]
    heads = ["Ended", "CDR", "kWh", "Claimed", "Difference", "Verdict", "Dispute"]
    return table("CDRs", heads, rows) if rows else nothing("None.")


def _sessions(page: Page, found: Rows) -> Markup:
    rows = [
        [
            page.object("sessions", each.get("owner"), each.get("id")),
            page.moment(each.get("start_date_time")),
            each.get("kwh"),
            pill(each.get("status")),
        ]
        for each in found
    ]
    return table("Sessions without a CDR", ["Session", "Begun", "kWh", "Status"], rows)
