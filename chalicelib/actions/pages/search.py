"""Search: a partner's name, an object's id, a request's id; what is meant is found out."""

from __future__ import annotations

from typing import Any

from chalicelib.actions.pages import messages
from chalicelib.actions.pages.frame import Entry
from chalicelib.actions.pages.markup import Markup, join, nothing, section, tag
from chalicelib.actions.pages.objects import MODULES, id_of, owner_of, rows_of
from chalicelib.actions.pages.page import Page


def form(page: Page) -> Markup:
    """The field at the top of every view."""
    return page.frame.form(
        "search", "Search", [Entry("q", "Partner, object or request", "search", value=page["q"])]
    )


def view(page: Page) -> tuple[str, Markup]:
    """Everything of this name."""
    asked = page["q"].strip()
    if not asked:
        return "Search", nothing("A partner's name, an object's id, an X-Request-ID or X-Correlation-ID.")
    partners = [
        page.partner(each.get("id"))
        for each in page.partners
        if asked.lower() in f"{each.get('name')} {each.get('id')} {_parties(each)}".lower()
    ]
    found = [*_objects(page, asked), *_commands(page, asked)]
    parts: list[Any] = []
    if partners:
        parts.append(section("Partners", tag("ul", *(tag("li", each) for each in partners))))
    for module, name, title in (
        ("sessions", "token", "Sessions of this card"),
        ("cdrs", "token", "CDRs of this card"),
        ("cdrs", "session_id", "CDRs of this Session"),
    ):
        rows = page.rows("list", "objects", module=module, party="all", limit=25, **{name: asked})
        if rows:
            parts.append(section(title, rows_of(page, module, rows)))
    if found:
        parts.insert(bool(partners), section("Objects", tag("ul", *(tag("li", each) for each in found))))
    if page.knows("messages"):
        for name, title in (("request_id", "X-Request-ID"), ("correlation_id", "X-Correlation-ID")):
            rows = page.rows("messages", "messages", limit=25, **{name: asked})
            if rows:
                parts.append(section(f"Messages by {title}", messages.table_of(page, rows)))
        rows = page.rows("messages", "messages", limit=25, id=asked)
        if rows:
            parts.append(section("Messages about it", messages.table_of(page, rows)))
    return f"Search: {asked}", join(parts) or nothing("Nothing of this name is known here.")


def _objects(page: Page, id: str) -> list[Markup]:
    """The objects of this id, of whatever module and party."""
    found = []
    for module in MODULES[:-1]:
        answer = page.answer("list", module=module, party="all", id=id)
        for stored in answer["data"].get("objects") or [] if answer["ok"] else []:
            named = page.object(module, owner_of(stored), id_of(module, stored))
            found.append(join([named, f" ({module})"]))
    return found


def _commands(page: Page, id: str) -> list[Markup]:
    answer = page.answer("command", id=id)
    if not answer["ok"]:
        return []
    return [page.frame.link(f"command {answer['data'].get('command')}", "command", id=id)]


def _parties(partner: dict[str, Any]) -> str:
    return " ".join(owner_of(role) for role in partner.get("roles") or [])
