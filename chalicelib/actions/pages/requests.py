"""Commands, charging profiles: what was asked of whom, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages import messages
from chalicelib.actions.pages.markup import Markup, facts, join, lines, nothing, pill, source, table
from chalicelib.actions.pages.page import Page, Rows


def table_of(page: Page, found: Rows) -> Markup:
    """Commands, the newest first."""
    if not found:
        return nothing("No commands yet.")
    rows = [
        [
            page.moment(each.get("created_at")),
            _other(page, each),
            page.frame.link(each.get("command") or "request", "command", id=each.get("id")),
            pill(outcome(each.get("response")) or "–"),
            pill(outcome(each.get("result")) or each.get("state")),
        ]
        for each in found
    ]
    return table("Commands", ["When", "Partner", "Command", "Response", "Result"], rows)


def every(page: Page) -> tuple[str, Markup]:
    """The commands of a partner, or all."""
    filters = {name: page[name] for name in ("partner", "module", "state")}
    return "Commands", table_of(page, page.rows("commands", "commands", limit=100, **filters))


def one(page: Page) -> tuple[str, Markup]:
    """One command with its response, its result, and what was said about it."""
    data = page.ask("command", id=page["id"])
    each = data.get("command") if isinstance(data.get("command"), dict) else data
    if not each:
        return "Command", nothing("It is not kept, or no longer.")
    told = facts(
        [
            ("Command", each.get("command")),
            ("Partner", _other(page, each)),
            ("For party", each.get("party")),
            ("State", pill(each.get("state"))),
            ("Asked", page.moment(each.get("created_at"))),
            ("Answer by", page.moment(each["answer_by"]) if each.get("answer_by") else None),
            ("Response", _answer(each.get("response"))),
            ("Result", _answer(each.get("result"))),
            ("Concluded", page.moment(each["concluded_at"]) if each.get("concluded_at") else None),
            (
                "Session",
                page.frame.link(each["session_id"], "object", module="sessions", id=each["session_id"])
                if each.get("session_id")
                else None,
            ),
            ("Delivery of the result", each.get("delivery")),
        ]
    )
    said = messages.about(page, partner=each.get("partner"), module=each.get("module"))
    return str(each.get("command") or "Command"), join([told, source(each.get("body"), "Request"), said])


def outcome(answer: Any) -> str:
    """ACCEPTED of `{"result": "ACCEPTED"}` or of the bare word."""
    return str(answer.get("result") or "") if isinstance(answer, dict) else str(answer or "")


def _answer(answer: Any) -> Markup | None:
    if not answer:
        return None
    message = answer.get("message") if isinstance(answer, dict) else None
    texts = [str(each.get("text", "")) for each in message if isinstance(each, dict)] if message else []
    return lines(pill(outcome(answer)), *texts)


def _other(page: Page, each: Mapping[str, Any]) -> Markup:
    way = "to" if each.get("direction") == "SENT" else "from"
    return join([f"{way} ", page.partner(each.get("partner"))])
