"""The view of one partner: who it is, how it is, what waits for it, and what it and we said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages import deliveries, forms, home, messages, requests
from chalicelib.actions.pages.markup import (
    Markup,
    facts,
    join,
    nothing,
    pill,
    section,
    table,
    tag,
    words,
)
from chalicelib.actions.pages.page import Page, Rows


def view(page: Page) -> tuple[str, Markup]:
    """The partner of this id."""
    data = page.ask("partner", partner=page["id"])
    if not data:
        return "Partner", nothing("There is no such partner.")
    id, name = str(data.get("id")), str(data.get("name") or data.get("id"))
    found = deliveries.failed(page, limit=200, partner=id)
    parts: list[Any] = [
        _facts(page, data),
        tag("p", home.actions(page, data), _further(page, data)),
        section("Refused and given up", deliveries.grouped(page, found)),
        section("Pulls", _pulls(page, page.rows("pulls", "pulls", partner=id))),
    ]
    if page.knows("refusals"):
        parts.append(section("Refused of what it sent", messages.refusals(page, partner=id)))
    commands = page.rows("commands", "commands", partner=id, limit=10)
    if commands:
        parts.append(section("Commands", requests.table_of(page, commands)))
    parts.append(messages.about(page, partner=id))
    parts.append(section("Endpoints", _endpoints(data)))
    return name, join(parts)


def _facts(page: Page, data: Mapping[str, Any]) -> Markup:
    until = data.get("invited_until")
    waiting = page.frame.link(
        str(data.get("backlog") or 0), "deliveries", partner=data.get("id"), state="WAITING"
    )
    return facts(
        [
            ("Id", data.get("id")),
            ("State", pill(data.get("state"))),
            ("Invitation expires", page.moment(until) if until else None),
            ("Roles", home.roles_told(data.get("roles") or data.get("invited_roles"))),
            ("Hub", "yes" if data.get("hub") else None),
            ("OCPI", data.get("version")),
            ("Health", home.health_told(page, data)),
            ("Waiting", waiting),
            (
                "Oldest waiting",
                page.moment(data["oldest_undelivered"]) if data.get("oldest_undelivered") else None,
            ),
            ("Policy", data.get("policy")),
            ("Quirks", words(data["quirks"]) if data.get("quirks") else None),
            ("Registered", page.moment(data["registered_at"]) if data.get("registered_at") else None),
            ("Versions URL", data.get("versions_url")),
        ]
    )


def _further(page: Page, data: Mapping[str, Any]) -> Markup:
    id, name = data.get("id"), data.get("name") or data.get("id")
    found: list[Markup] = []
    if data.get("state") == "REGISTERED":
        fetch = {"action": "pull", "partner": id, "full": True}
        rotate = {"action": "update_registration", "partner": id}
        leave = {"action": "unregister", "partner": id}
        compare = {"action": "reconcile", "partner": id}
        found += [
            page.frame.button("Compare", compare, f"Look now at what does not fit together with {name}?"),
            page.frame.button("Fetch everything", fetch, f"Fetch everything {name} has?"),
            page.frame.button("Renew registration", rotate, f"Exchange tokens with {name} anew?"),
            page.frame.button("Unregister", leave, f"End the connection with {name}, both sides?"),
        ]
    if data.get("state") in ("INVITED", "UNREGISTERED"):
        found.append(forms.invite_again(page, str(id), str(name)))
    if page.knows("scorecard") and data.get("state") != "INVITED":
        found.append(page.frame.link("Scorecard", "scorecard", partner=id))
    if page.knows("audits") and data.get("state") != "INVITED":
        found.append(page.frame.link("Prices of its CDRs", "audits", partner=id))
        found.append(page.frame.link("Statement", "statement", partner=id))
    return join(found, " ")


def _pulls(page: Page, found: Rows) -> Markup:
    if not found:
        return nothing("Nothing was fetched yet.")
    rows = [
        [
            each.get("module"),
            pill(each.get("state")),
            f"{each.get('objects')} of {each['total']}"
            if each.get("total") is not None
            else each.get("objects"),
            each.get("set_aside"),
            page.moment(each.get("ended_at") or each.get("started_at")),
            str(each.get("reason") or "")[:200],
        ]
        for each in found
    ]
    return table("Pulls", ["Module", "State", "Objects", "Set aside", "When", "Reason"], rows)


def _endpoints(data: Mapping[str, Any]) -> Markup:
    rows = [
        [each.get("identifier"), each.get("role"), tag("code", each.get("url"))]
        for each in data.get("endpoints") or []
    ]
    if not rows:
        return nothing("None known: it is not registered.")
    return table("Endpoints", ["Module", "Interface", "URL"], rows)
