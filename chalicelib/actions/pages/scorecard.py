"""A partner's scorecard: what was asked, refused and why, how long it took, and whether lists agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages.markup import (
    Markup,
    dim,
    facts,
    join,
    lines,
    nothing,
    pill,
    section,
    table,
    tag,
)
from chalicelib.actions.pages.page import Page, Rows

WAYS = {"SENT": "to them", "RECEIVED": "from them"}


def view(page: Page) -> tuple[str, Markup]:
    """The partner's last days in figures."""
    id = page["partner"]
    name = page.names.get(id, id)
    card = page.ask("scorecard", partner=id).get("scorecard")
    if not isinstance(card, Mapping):
        return f"Scorecard of {name}", nothing("Nothing is known of it.")
    parts = [
        _facts(page, card),
        section("Requests", _traffic(page, _rows(card, "traffic"))),
        section("Why not", _reasons(page, _rows(card, "traffic"))),
        section("Objects of theirs that were refused", _refused(page, _rows(card, "refused_objects"))),
        section("What their answers break", _breaks(page, _rows(card, "breaks"))),
        section("Their lists and what is held here", _agreement(page, _rows(card, "agreement"))),
    ]
    if _rows(card, "quirks"):
        parts.append(section("Repairs", _quirks(_rows(card, "quirks"))))
    if _rows(card, "tariffs"):
        parts.append(section("Their Tariffs", _tariffs(_rows(card, "tariffs"))))
    hint = f"As one file to be mailed: manage.py scorecard {id} --format html > scorecard.html"
    return f"Scorecard of {name}", join([*parts, tag("p", tag("code", hint), class_="dim")])


def _facts(page: Page, card: Mapping[str, Any]) -> Markup:
    waits = card.get("undelivered")
    waits = waits if isinstance(waits, Mapping) else {}
    more = "+" if waits.get("more") else ""
    oldest = waits.get("oldest_since")
    return facts(
        [
            ("Partner", page.partner(card.get("partner"))),
            ("OCPI", card.get("version")),
            ("From", page.moment(card.get("since"))),
            ("Until", page.moment(card.get("until"))),
            ("Counted", card.get("counted")),
            ("Health", pill(card.get("health"))),
            ("Last heard", page.moment(card["last_heard"]) if card.get("last_heard") else None),
            ("Waiting for them", f"{waits.get('waiting') or 0}{more}"),
            ("Oldest waiting", page.moment(oldest) if oldest else None),
            ("They refused", waits.get("refused")),
            ("Given up", waits.get("given_up")),
        ]
    )


def _traffic(page: Page, rows: Rows) -> Markup:
    if not rows:
        return nothing("Nothing was asked in these days.")
    told = [
        [
            page.frame.link(
                each.get("module"), "messages", partner=page["partner"], module=each.get("module")
            ),
            WAYS.get(str(each.get("direction")), each.get("direction")),
            str(each.get("requests") or 0),
            _bad(each.get("refused")),
            _bad(each.get("failed")),
            f"{each.get('p50_ms')} ms, {each.get('p95_ms')} ms",
            _seconds(each.get("lag_p50_s"), each.get("lag_p95_s")),
            page.moment(each.get("last_at")),
        ]
        for each in rows
    ]
    heads = ["Module", "Way", "Requests", "Refused", "Failed", "Took: half, 95 %", "Late: half, 95 %", "Last"]
    return table("Requests", heads, told)


def _reasons(page: Page, rows: Rows) -> Markup:
    told = [
        [
            f"{each.get('module')} {WAYS.get(str(each.get('direction')), '')}",
            pill(why.get("outcome")),
            why.get("reason"),
            f"{why.get('count')} times",
            page.frame.link("one of them", "message", id=why.get("example")) if why.get("example") else "",
        ]
        for each in rows
        for why in each.get("reasons") or []
        if isinstance(why, Mapping)
    ]
    heads = ["What", "Outcome", "Reason", "How often", "Example"]
    return table("Reasons", heads, told) if told else nothing("Nothing was refused and nothing failed.")


def _refused(page: Page, rows: Rows) -> Markup:
    told = [
        [
            each.get("module"),
            lines(each.get("message"), dim(each.get("pointer")) if each.get("pointer") else ""),
            f"{each.get('count')} times",
            page.frame.link("one of them", "refusal", id=each.get("example")) if each.get("example") else "",
        ]
        for each in rows
    ]
    heads = ["Module", "Why", "How often", "Example"]
    return table("Refused objects", heads, told) if told else nothing("None.")


def _breaks(page: Page, rows: Rows) -> Markup:
    told = [
        [
            each.get("message"),
            f"{each.get('count')} of {each.get('of')} answers",
            page.frame.link("one of them", "message", id=each.get("example")) if each.get("example") else "",
        ]
        for each in rows
    ]
    heads = ["Rule", "How often", "Example"]
    return table("Rules that are broken", heads, told) if told else nothing("No rule that is looked for.")


def _agreement(page: Page, rows: Rows) -> Markup:
    told = [
        [
            each.get("module"),
            each.get("theirs"),
            each.get("ours"),
            each.get("set_aside"),
            each.get("came_since"),
            _agrees(each.get("agrees"), each.get("theirs")),
            page.moment(each.get("at")),
        ]
        for each in rows
    ]
    heads = ["Module", "Listed there", "Held here", "Unusable", "Came since", "Agree", "When"]
    return table("Lists", heads, told) if told else nothing("Nothing was fetched yet.")


def _quirks(rows: Rows) -> Markup:
    told = [[each.get("name"), each.get("told"), f"{each.get('count')} times"] for each in rows]
    return table("Repairs", ["Quirk", "What is repaired", "How often"], told)


def _tariffs(rows: Rows) -> Markup:
    told = [
        [each.get("tariff"), pill(each.get("severity")), each.get("message"), each.get("pointer")]
        for each in rows
    ]
    return table("Their Tariffs", ["Tariff", "", "What", "Where"], told)


def _rows(card: Mapping[str, Any], name: str) -> Rows:
    found = card.get(name)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _agrees(value: Any, theirs: Any) -> Markup:
    if value is None:
        return dim("no whole list yet" if theirs is None else "not known: fetch the list again")
    return tag("span", "yes", class_="good") if value else tag("span", "no", class_="bad")


def _bad(many: Any) -> Markup:
    return tag("span", str(many or 0), class_="bad" if many else None)


def _seconds(*figures: Any) -> str | None:
    told = [f"{each} s" for each in figures if each is not None]
    return ", ".join(told) or None
