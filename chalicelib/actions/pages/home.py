"""The first view of the page: who is connected, what waits, what was refused, what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages import deliveries, forms, money, requests
from chalicelib.actions.pages.markup import (
    Markup,
    age,
    dim,
    facts,
    join,
    lines,
    nothing,
    pill,
    section,
    table,
    tag,
    text,
)
from chalicelib.actions.pages.page import Page, Rows

MANY = 200


def view(page: Page) -> tuple[str, Markup]:
    """The overview."""
    status = page.ask("status")
    failed = deliveries.failed(page, limit=MANY)
    invited = [each for each in page.partners if each.get("state") == "INVITED"]
    living = [each for each in page.partners if each not in invited and each.get("state") != "UNREGISTERED"]
    parts: list[Any] = [
        _tiles(page, status, living, failed),
        section("Partners", _partners(page, living), forms.openers(page)),
    ]
    if invited:
        parts.append(section("Invited", _invited(page, invited)))
    wrong = page.rows("audits", "audits", verdict="DISAGREE", limit=5)
    if wrong:
        every = tag("p", page.frame.link("All that disagree", "audits", verdict="DISAGREE"))
        parts.append(section("Prices that disagree", money.table_of(page, wrong), every))
    parts.append(section("Refused and given up", deliveries.grouped(page, failed)))
    if page.platform.settings.roles & {"HUB"}:
        parts.append(section("Hub", tag("p", page.frame.link("Who roams with whom", "hub"))))
    webhook = status.get("webhook")
    if isinstance(webhook, Mapping):
        parts.append(section("Back end", _webhook(page, webhook)))
    commands = page.rows("commands", "commands", limit=10)
    parts.append(section("Commands", requests.table_of(page, commands)))
    versions = tag("code", page.platform.versions_url)
    return "Overview", join([*parts, tag("p", "Versions URL for partners: ", versions, class_="dim")])


def _webhook(page: Page, webhook: Mapping[str, Any]) -> Markup:
    """Where events are posted to, whether they are taken, and what waits."""
    gone = webhook.get("state") == "GONE"
    resume = {"action": "webhook", "resume": True}
    waits, given_up = webhook.get("waiting"), webhook.get("given_up")
    told = facts(
        [
            ("Events go to", tag("code", webhook.get("url"))),
            ("State", pill(webhook.get("state"))),
            ("Events that wait", tag("span", _number(waits), class_="warn" if waits else None)),
            ("Given up after a day", tag("span", _number(given_up), class_="bad" if given_up else None)),
        ]
    )
    sentence = "It answered 410: nothing more is sent until you say so."
    press = page.frame.button("Send again", resume, "Send events to this address again?")
    return join([told, tag("p", sentence, " ", press) if gone else ""])


def _number(value: Any) -> str:
    return "not known" if value is None else str(value)


def health(partner: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is known of whether a partner can be reached."""
    found = partner.get("health")
    return found if isinstance(found, Mapping) else {}


def health_told(page: Page, partner: Mapping[str, Any]) -> Markup:
    """Whether a partner can be reached, since when not, why, and which modules fail by themselves."""
    found = health(partner)
    state = found.get("state") or "UNKNOWN"
    away = state == "UNREACHABLE"
    seen = found.get("last_success")
    failing = "" if away else ", ".join(partner.get("failing") or {})
    return lines(
        pill(state),
        dim("last reached ", page.moment(seen)) if seen else "",
        dim(str(found.get("reason") or "")[:120]) if away and found.get("reason") else "",
        tag("span", f"failing: {failing}", class_="warn") if failing else "",
    )


def roles_told(roles: Any) -> Markup:
    """`CPO NL/EXA`, one a line."""
    return lines(*(_role(each) for each in roles or [])) or text(None)


def actions(page: Page, partner: Mapping[str, Any]) -> Markup:
    """What may be done with a partner in its state."""
    id, label = str(partner.get("id", "")), str(partner.get("name") or partner.get("id"))
    choices: list[tuple[str, str, str]] = []
    match partner.get("state"):
        case "REGISTERED":
            choices = [
                ("Send all", "push", f"Announce everything {label} is entitled to?"),
                ("Fetch", "pull", f"Fetch what changed at {label}?"),
                ("Send again", "redeliver", f"Send again everything {label} refused or did not get?"),
                ("Suspend", "suspend", f"Stop all traffic with {label}, both directions?"),
            ]
        case "SUSPENDED":
            choices = [("Resume", "resume", f"Resume traffic with {label}?")]
        case "INVITED":
            choices = [("Withdraw", "unregister", f"Withdraw the invitation of {label}?")]
    return join(
        page.frame.button(words, {"action": action, "partner": id}, question)
        for words, action, question in choices
    )


def _tiles(page: Page, status: Mapping[str, Any], living: Rows, failed: Rows) -> Markup:
    registered = [each for each in living if each.get("state") == "REGISTERED"]
    away = sum(1 for each in registered if health(each).get("state") == "UNREACHABLE")
    backlog = sum(int(each.get("backlog") or 0) for each in living)
    oldest = status.get("oldest_undelivered")
    waits = age(oldest, page.now) if oldest else ""
    tiles = [
        (str(len(registered)), "registered", ""),
        (str(away), "unreachable", "bad" if away else "good"),
        (str(backlog), "waiting", "warn" if backlog else "good"),
        (waits or "none", "oldest waiting", "warn" if waits else "good"),
        (
            f"{len(failed)}{'+' if len(failed) >= MANY else ''}",
            "refused or given up",
            "bad" if failed else "good",
        ),
    ]
    cells = [
        tag("li", tag("b", number, class_=tone or None), tag("span", label), class_="tile")
        for number, label, tone in tiles
    ]
    return tag("ul", *cells, class_="tiles")


def _partners(page: Page, partners: Rows) -> Markup:
    if not partners:
        return nothing("No partner yet: invite one, or register with what a partner gave you.")
    rows = [
        [
            lines(tag("b", page.partner(each.get("id"))), dim(each.get("id"))),
            roles_told(each.get("roles")),
            each.get("version"),
            pill(each.get("state")),
            health_told(page, each),
            _waiting(page, each),
            actions(page, each),
        ]
        for each in partners
    ]
    return table("Partners", ["Partner", "Roles", "OCPI", "State", "Health", "Waiting", ""], rows)


def _waiting(page: Page, partner: Mapping[str, Any]) -> Markup:
    if not partner.get("backlog"):
        return text("0")
    many = page.frame.link(str(partner["backlog"]), "deliveries", partner=partner.get("id"), state="WAITING")
    return lines(many, dim("since ", page.moment(partner.get("oldest_undelivered"))))


def _invited(page: Page, invited: Rows) -> Markup:
    rows = [
        [
            tag("b", page.partner(each.get("id"))),
            roles_told(each.get("invited_roles")),
            page.moment(each.get("created_at")),
            page.moment(each["invited_until"]) if each.get("invited_until") else pill("expired"),
            actions(page, each),
        ]
        for each in invited
    ]
    return table("Invited", ["Partner", "May claim", "Invited", "Expires", ""], rows)


def _role(role: Any) -> str:
    if not isinstance(role, Mapping):
        return str(role)
    return f"{role.get('role', '')} {role.get('country_code', '')}/{role.get('party_id', '')}"
