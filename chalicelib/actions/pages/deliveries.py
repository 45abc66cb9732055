"""The view of deliveries: equal refusals in one row, and one delivery with its attempts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages import messages
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
    text,
)
from chalicelib.actions.pages.page import Page, Rows

FAILED = ("REFUSED", "GIVEN_UP")
HELD = ("locations", "tariffs", "sessions", "cdrs", "tokens")
ROWS = 50
ENDS = {
    "WAITING": "It is sent by itself when its next attempt is due, with what is true then.",
    "REFUSED": "The partner said no to this state. The next change is sent by itself, this one when you ask.",
    "GIVEN_UP": "It was tried as long as the schedule allows. It is sent again when you ask or it changes.",
}


def failed(page: Page, limit: int, **filters: Any) -> Rows:
    """What was refused or given up."""
    return [
        each
        for state in FAILED
        for each in page.rows("deliveries", "deliveries", state=state, limit=limit, **filters)
    ]


def grouped(page: Page, found: Rows) -> Markup:
    """Equal reasons of one partner and module in a row: how many, one of them, and a button for all."""
    if not found:
        return nothing("Nothing was refused or given up.")
    groups: dict[tuple[str, str, str, str], Rows] = {}
    for each in found:
        names = ("partner", "module", "state", "cause")
        groups.setdefault(tuple(str(each.get(name) or "") for name in names), []).append(each)  # type: ignore[arg-type]
    largest = sorted(groups.items(), key=lambda item: -len(item[1]))
    rows = [_group(page, *key, members) for key, members in largest[:ROWS]]
    return table("Refused and given up", ["Partner", "What", "State", "What the partner said", ""], rows)


def _group(page: Page, partner: str, module: str, state: str, cause: str, members: Rows) -> list[Any]:
    many, name = len(members), page.names.get(partner, partner)
    if many == 1:
        one = members[0]
        payload = {"action": "redeliver", "id": one.get("id")}
        what = lines(page.frame.link(module, "delivery", id=one.get("id")), dim(_object(page, one)))
        label, question = "Send again", f"Send {one.get('object_id')} to {name} again?"
    else:
        payload = {"action": "redeliver", "partner": partner, "module": module, "cause": cause}
        every = page.frame.link(
            f"{many} × {module}", "deliveries", partner=partner, module=module, state=state, cause=cause
        )
        what = lines(every, dim("one of them: ", _object(page, members[0])))
        label, question = "Send all again", f"Send all {module} to {name} again that it answered so?"
    newest = max((str(each.get("since") or "") for each in members), default="")
    told = lines(pill(state), dim(page.moment(newest)) if newest else "")
    return [
        page.partner(partner),
        what,
        told,
        cause[:300] or None,
        page.frame.button(label, payload, question),
    ]


def every(page: Page) -> tuple[str, Markup]:
    """A list of deliveries by partner, module, state and cause."""
    filters = {name: page[name] for name in ("partner", "module", "state")}
    states = page.choices("deliveries", "state", ("WAITING", *FAILED), filters)
    data = page.ask("deliveries", limit=500, cursor=page["cursor"], **filters)
    found = [each for each in data.get("deliveries") or [] if page["cause"] in ("", each.get("cause"))]
    rows = [
        [
            page.partner(each.get("partner")),
            page.frame.link(each.get("module"), "delivery", id=each.get("id")),
            _object(page, each),
            pill(each.get("state")),
            each.get("attempts"),
            page.moment(each.get("since")),
            page.moment(each.get("next_attempt_at")),
            str(each.get("reason") or "")[:200],
        ]
        for each in found
    ]
    heads = ["Partner", "Delivery", "Object", "State", "Attempts", "Since", "Next attempt", "Reason"]
    shown = table("Deliveries", heads, rows) if rows else nothing("No such delivery: all of it arrived.")
    more = data.get("cursor")
    further = page.frame.link("More", "deliveries", **{**filters, "cause": page["cause"], "cursor": more})
    return "Deliveries", join([states, shown, tag("p", further) if more else ""])


def one(page: Page) -> tuple[str, Markup]:
    """One delivery: what, to whom, why not, what comes next, and every attempt that is on record."""
    found = page.rows("deliveries", "deliveries", id=page["id"])
    if not found:
        return "Delivery", nothing("It is not there: deliveries are forgotten with their partner.")
    each = found[0]
    name = page.names.get(str(each.get("partner")), "")
    state = str(each.get("state") or "")
    arrived = state not in ENDS
    told = facts(
        [
            ("Partner", page.partner(each.get("partner"))),
            ("Object", _object(page, each)),
            ("Module", each.get("module")),
            ("State", pill("delivered" if arrived else state)),
            ("Attempts", str(each.get("attempts") or 0)),
            ("Since", page.moment(each["since"]) if each.get("since") else None),
            ("Next attempt", page.moment(each["next_attempt_at"]) if each.get("next_attempt_at") else None),
            ("What the partner said", each.get("reason")),
        ]
    )
    again = page.frame.button(
        "Send again", {"action": "redeliver", "id": each.get("id")}, f"Send it to {name} again?"
    )
    attempts = messages.about(
        page, partner=each.get("partner"), module=each.get("module"), id=each.get("object_id")
    )
    return f"Delivery to {name}", join(
        [told, tag("p", ENDS.get(state, "The partner has the present state.")), again, attempts]
    )


def of_object(page: Page, module: str, owner: str, id: str, found: Mapping[str, Any]) -> Markup:
    """Who may have an object, what of it they do not have, and of ours a way to ask what they hold."""
    mine = [
        each
        for each in page.rows("deliveries", "deliveries", module=module, limit=500)
        if str(each.get("object_id", "")).lower() == id.lower() and str(each.get("owner")) == owner
    ]
    asked = _receivers(page, module, owner, found)
    rows = [
        [
            page.partner(each.get("partner")),
            page.frame.link(each.get("part") or "whole", "delivery", id=each.get("id")),
            pill(each.get("state")),
            page.moment(each.get("since")),
            text(str(each.get("reason") or "")[:200]),
            _held(page, each.get("partner"), module, id, owner) if each.get("partner") in asked else "",
        ]
        for each in mine
    ]
    named = {each.get("partner") for each in mine}
    rows += [
        [page.partner(each), "", dim("nothing waits"), "", "", _held(page, each, module, id, owner)]
        for each in asked
        if each not in named
    ]
    if not rows:
        return section("Deliveries", nothing("Nothing of it waits or was refused."))
    heads = ["Partner", "What", "State", "Since", "Reason", ""]
    return section("Deliveries", table("Deliveries", heads, rows))


def _receivers(page: Page, module: str, owner: str, found: Mapping[str, Any]) -> list[str]:
    """The partners that have an object of ours, as far as their endpoints and its token tell."""
    country, _, party_id = owner.upper().partition("/")
    if module not in HELD or not page.platform.settings.hosts((country, party_id)):
        return []
    card = found.get("cdr_token")
    of = f"{card.get('country_code')}/{card.get('party_id')}".lower() if isinstance(card, Mapping) else ""
    able = []
    for partner in page.partners:
        roles = partner.get("roles") or []
        names = {f"{each.get('country_code')}/{each.get('party_id')}".lower() for each in roles}
        offers = any(
            each.get("identifier") == module and each.get("role") in (None, "RECEIVER")
            for each in partner.get("endpoints") or []
        )
        if partner.get("state") == "REGISTERED" and offers and (not of or of in names or partner.get("hub")):
            able.append(str(partner.get("id")))
    return able[:ROWS]


def _held(page: Page, partner: Any, module: str, id: str, owner: str) -> Markup:
    payload = {"action": "held", "partner": partner, "module": module, "id": id, "party": owner}
    return page.frame.button("What do they hold?", payload, "")


def _object(page: Page, each: Mapping[str, Any]) -> Markup:
    return page.object(each.get("module"), each.get("owner"), each.get("object_id"), each.get("part"))
