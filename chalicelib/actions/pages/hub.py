"""The view of a hub: who is there, what was passed on between whom, and who may roam with whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages.markup import Markup, dim, join, lines, nothing, pill, section, table, tag
from chalicelib.actions.pages.page import Page, Rows
from chalicelib.ocpi.timestamps import later

HOUR = 3600


def view(page: Page) -> tuple[str, Markup]:
    """Parties against parties in the last hour, the newest forwards, and agreements."""
    between = [each for each in page["between"].split(",") if each]
    routes = page.rows("routes", "routes", limit=500, parties=between or None)
    if between:
        title = f"Between {' and '.join(between)}"
        return title, join([_routes(page, routes), tag("p", page.frame.link("Everybody", "hub"))])
    parts: list[Any] = [section("The last hour", _matrix(page, routes))]
    if page.knows("routes"):
        parts.append(section("Passed on lately", _routes(page, routes[:50])))
    if page.knows("agreements"):
        parts.append(section("Agreements", _agreements(page)))
    return "Hub", join(parts)


def _matrix(page: Page, routes: Rows) -> Markup:
    """Connected, messages and failures, by who asked and who was asked."""
    since = later(page.now, -HOUR)
    lately = [each for each in routes if str(each.get("at") or "") >= since]
    asked = Counter((str(each.get("from")), str(each.get("to"))) for each in lately)
    failed = Counter((str(each.get("from")), str(each.get("to"))) for each in lately if _failed(each))
    parties = {
        f"{role.get('country_code')}/{role.get('party_id')}": partner
        for partner in page.partners
        for role in partner.get("roles") or []
        if partner.get("state") in ("REGISTERED", "SUSPENDED")
    }
    names = sorted({*parties, *(name for pair in asked for name in pair)})
    if not names:
        return nothing("Nobody is connected.")
    rows = [
        [
            lines(page.partner(parties[row].get("id")), dim(row)) if row in parties else row,
            pill(_connection(parties.get(row))),
            *(_between(page, row, column, asked[row, column], failed[row, column]) for column in names),
        ]
        for row in names
    ]
    heads = ["Asked by", "", *(f"of {each}" for each in names)]
    told = nothing("Requests that were passed on: by whom in the rows, to whom in the columns.")
    return join([told, table("Who asked whom in the last hour", heads, rows)])


def _connection(partner: Mapping[str, Any] | None) -> str:
    """As ClientInfo says it."""
    if partner is None:
        return "behind a hub"
    if partner.get("state") == "SUSPENDED":
        return "SUSPENDED"
    away = (partner.get("health") or {}).get("state") == "UNREACHABLE"
    return "OFFLINE" if away else "CONNECTED"


def _between(page: Page, row: str, column: str, many: int, bad: int) -> Markup:
    if row == column:
        return Markup("")
    if not many:
        return dim("none")
    shown = page.frame.link(str(many), "hub", between=f"{row},{column}")
    return lines(shown, tag("span", f"{bad} failed", class_="bad") if bad else "")


def _routes(page: Page, routes: Rows) -> Markup:
    if not routes:
        return nothing("Nothing was passed on lately.")
    rows = [
        [
            page.moment(each.get("at")),
            f"{each.get('from')} → {each.get('to')}",
            f"{each.get('method')} {each.get('module')}",
            lines(pill("failed" if _failed(each) else "ok"), dim(f"OCPI {each.get('status_code') or '–'}")),
            f"{each.get('duration_ms')} ms",
            lines(*(str(one) for one in each.get("losses") or [])),
        ]
        for each in routes
    ]
    return table("Passed on", ["When", "Between", "Request", "Outcome", "Took", "Not said"], rows)


def _agreements(page: Page) -> Markup:
    rows = [
        [
            " ↔ ".join(str(party) for party in each.get("parties") or []),
            "may roam" if each.get("allowed") else "may not roam",
            each.get("modules") or "all modules",
        ]
        for each in page.rows("agreements", "agreements")
    ]
    policy = page.platform.settings.hub_policy
    usual = "everybody roams with everybody" if policy == "open" else "only by agreement"
    shown = (
        table("Agreements", ["Parties", "", "Modules"], rows) if rows else nothing("No agreement is kept.")
    )
    return join([nothing(f"Without one: {usual} (OCPI_HUB_POLICY={policy})."), shown])


def _failed(each: dict[str, Any]) -> bool:
    return int(each.get("status_code") or 0) >= 2000 or int(each.get("http_status") or 0) >= 400
