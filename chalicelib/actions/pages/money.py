"""The view of money: the verdicts on CDRs, one report in sentences, and what is under dispute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages.contents import price
from chalicelib.actions.pages.markup import (
    Markup,
    dim,
    facts,
    join,
    lines,
    nothing,
    pill,
    section,
    source,
    table,
    tag,
)
from chalicelib.actions.pages.page import Page, Rows


def every(page: Page) -> tuple[str, Markup]:
    """Verdicts, the newest first."""
    filters = {name: page[name] for name in ("partner", "verdict", "direction")}
    rows = page.rows("audits", "audits", limit=100, **filters)
    shown = table_of(page, rows) if rows else nothing("No CDR was priced yet.")
    links = tag("p", page.frame.link("Disputes", "disputes")) if page.knows("disputes") else ""
    return "Prices of CDRs", join([links, shown])


def table_of(page: Page, found: Rows) -> Markup:
    """Verdicts as a table, each with its cause and the way to its report."""
    rows = [
        [
            page.moment(each.get("at")),
            page.audit(each),
            page.partner(each.get("partner")),
            pill(each.get("verdict")),
            price(each.get("claimed"), each.get("currency")),
            price(each.get("computed"), each.get("currency")),
            price(each.get("difference"), each.get("currency")),
            lines(_cause(each.get("cause")), dim("held back") if each.get("held") else ""),
        ]
        for each in found
    ]
    heads = ["When", "CDR", "Partner", "Verdict", "Claimed", "Computed", "Difference", "Why"]
    return table("Prices", heads, rows)


def one(page: Page) -> tuple[str, Markup]:
    """The report on one CDR."""
    return f"Price of CDR {page['id']}", of_cdr(page, page["party"], page["id"])


def of_cdr(page: Page, owner: str, id: str) -> Markup:
    """What a CDR claims beside what its Tariff says."""
    if not page.knows("audit"):
        return Markup("")
    answer = page.answer("audit", party=owner, id=id)
    if not answer["ok"]:
        return section("Price", nothing(str(answer["error"]["message"])))
    report = answer["data"]
    currency = report.get("currency")
    claims = [
        [
            each.get("claim"),
            each.get("claimed"),
            each.get("computed"),
            pill(each.get("verdict")),
            _cause(each.get("rule")),
        ]
        for each in report.get("claims") or []
        if each.get("claimed") is not None or each.get("computed") not in (None, "0")
    ]
    findings = [
        tag(
            "li",
            pill(each.get("severity")),
            f" {each.get('message') or each.get('code')} ",
            dim(each.get("pointer")),
        )
        for each in report.get("findings") or []
    ]
    diagnosis = ", or ".join(str(_cause(each.get("reading"))) for each in report.get("diagnosis") or [])
    told = facts(
        [
            ("Verdict", pill(report.get("verdict"))),
            ("Computed", price(report.get("total"), currency)),
            ("The difference is explained by", diagnosis),
        ]
    )
    return section(
        "Price",
        told,
        table("Claims", ["Claim", "Claimed", "Computed", "Verdict", "Rule"], claims) if claims else "",
        _periods(page, report),
        tag("ul", *findings) if findings else "",
        source(report, "The whole report"),
    )


def _periods(page: Page, report: Mapping[str, Any]) -> Markup:
    """Which component was applied in which period."""
    rows = [
        [
            period.get("local_start") or page.moment(period.get("start")),
            f"{segment.get('dimension')} {segment.get('context') or ''}",
            segment.get("volume"),
            segment.get("price"),
            price(segment, report.get("currency")),
            (segment.get("applied") or {}).get("pointer") or "nothing prices it",
        ]
        for period in (report.get("periods") or [])[:100]
        for segment in period.get("segments") or []
    ]
    if not rows:
        return Markup("")
    heads = ["From", "What", "Volume", "Price", "Amount", "By"]
    return tag("details", tag("summary", "Period by period"), table("Periods", heads, rows))


def disputes(page: Page) -> tuple[str, Markup]:
    """What is under dispute, and how it ended."""
    rows = [
        [
            page.moment(each.get("opened_at")),
            page.audit(each),
            page.partner(each.get("partner")),
            lines(pill(each.get("state")), pill(each["outcome"]) if each.get("outcome") else ""),
            each.get("reason"),
            page.moment(each.get("settled_at")),
        ]
        for each in page.rows("disputes", "disputes", limit=100)
    ]
    heads = ["Opened", "CDR", "Partner", "State", "Reason", "Settled"]
    return "Disputes", table("Disputes", heads, rows) if rows else nothing("Nothing is under dispute.")


def _cause(cause: Any) -> str | None:
    return str(cause).replace("_", " ") if cause else None
