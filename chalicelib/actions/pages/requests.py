"""The view of commands and charging profiles: what was asked of whom, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages import messages
from chalicelib.actions.pages.markup import (
    Markup,
    facts,
    join,
    lines,
    nothing,
    pill,
    section,
    source,
    table,
)
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
    states = page.choices("commands", "state", ("PENDING", "CONCLUDED"), filters)
    kinds = page.choices("commands", "module", ("chargingprofiles",), filters)
    shown = table_of(page, page.rows("commands", "commands", limit=100, **filters))
    return "Commands", join([states, kinds, shown])


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
            ("Response", _answer(each.get("response")) or each.get("reason")),
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
    given = each.get("body")
    body: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
    about = body.get("session_id") or body.get("location_id") or each.get("session_id")
    said = messages.about(page, partner=each.get("partner"), module=each.get("module"), id=about)
    asked = section("What was asked", _asked(page, body)) if body else ""
    whole = source(body, "The request as it is") if body else ""
    return str(each.get("command") or "Command"), join([told, asked, whole, said])


def _asked(page: Page, body: Mapping[str, Any]) -> Markup:
    """The fields of a request; the Location, Session and Token lead to theirs."""
    pairs: list[tuple[str, Any]] = []
    for name, value in body.items():
        label = name.replace("_", " ").capitalize()
        if name in ("location_id", "session_id") and value:
            pairs.append((label, page.frame.link(value, "search", q=value)))
        elif name == "token" and isinstance(value, Mapping):
            pairs.append((label, page.frame.link(value.get("uid"), "search", q=value.get("uid"))))
        elif name.endswith(("_date", "_date_time")):
            pairs.append((label, page.moment(value)))
        else:
            pairs.append((label, value))
    return facts(pairs)


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
