"""The view of messages of both directions, and of what partners sent that was refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages.frame import Entry
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
from chalicelib.ocpi import jsontext

MODULES = (
    "locations",
    "tariffs",
    "sessions",
    "cdrs",
    "tokens",
    "commands",
    "chargingprofiles",
    "hubclientinfo",
    "credentials",
    "versions",
)
FILTERS = ("partner", "module", "id", "correlation_id", "request_id", "outcome", "date_from", "date_to")


def about(page: Page, title: str = "What was said", **filters: Any) -> Markup:
    """The newest messages about something, where messages are kept."""
    if not page.knows("messages"):
        return Markup("")
    data = page.ask("messages", limit=25, **filters)
    rows: Rows = list(data.get("messages") or [])
    kept = page.platform.settings.messages
    empty = "Nothing is on record."
    if kept != "all":
        empty += f" OCPI_MESSAGES={kept}: not everything is kept."
    return section(title, table_of(page, rows) if rows else nothing(empty), _more(page, data, filters))


def every(page: Page) -> tuple[str, Markup]:
    """Messages by partner, module, object, request, correlation, outcome and time."""
    filters = {name: page[name] for name in FILTERS if page[name]}
    times = {name: _day(filters[name]) for name in ("date_from", "date_to") if name in filters}
    data = page.ask("messages", limit=100, cursor=page["cursor"], **(filters | times))
    rows: Rows = list(data.get("messages") or [])
    shown = table_of(page, rows) if rows else nothing("Nothing of the kind is on record.")
    narrowed = {
        name: value for name, value in filters.items() if name in ("id", "correlation_id", "request_id")
    }
    form = page.frame.form("messages", "Find", _looked_for(page), **narrowed)
    return "Messages", join([form, _filtered(narrowed), shown, _more(page, data, filters)])


def _looked_for(page: Page) -> list[Entry]:
    partners = (("", "all"), *page.names.items())
    modules = (("", "all"), *((each, each) for each in MODULES))
    outcomes = tuple((each, each or "any") for each in ("", "ok", "refused", "failed"))
    return [
        Entry("partner", "Partner", "choice", options=partners, value=page["partner"]),
        Entry("module", "Module", "choice", options=modules, value=page["module"]),
        Entry("outcome", "Outcome", "choice", options=outcomes, value=page["outcome"]),
        Entry("date_from", "Since", "date", value=page["date_from"][:10]),
    ]


def _day(said: str) -> str:
    """A date as the moment it begins, in UTC; anything else as it is."""
    return f"{said}T00:00:00Z" if len(said) == 10 else said


def table_of(page: Page, rows: Rows) -> Markup:
    """Messages, each leading to the whole."""
    heads = ["When", "Partner", "Request", "Object", "Outcome", "Took"]
    return table("Messages", heads, [_row(page, each) for each in rows])


def _row(page: Page, each: Mapping[str, Any]) -> list[Any]:
    way = "to" if each.get("direction") == "SENT" else "from"
    code = each.get("status_code")
    status = " ".join(
        words for words in (f"HTTP {each.get('http_status') or '–'}", f"OCPI {code}" if code else "") if words
    )
    module, reason = each.get("module"), str(each.get("reason") or "")
    status = "" if reason.startswith(status) else status
    return [
        page.moment(each.get("at")),
        join([f"{way} ", page.partner(each.get("partner"))]),
        page.frame.link(f"{each.get('method')} {module}", "message", id=each.get("id")),
        page.object(module, each.get("owner"), each.get("object_id"), each.get("part")),
        lines(pill(each.get("outcome")), dim(status) if status else "", dim(reason[:200]) if reason else ""),
        tag("time", f"{each.get('duration_ms')} ms") if each.get("duration_ms") is not None else None,
    ]


def one(page: Page) -> tuple[str, Markup]:
    """One message whole: request, answer, ids, and the line that says it again."""
    data = page.ask("message", id=page["id"])
    each = data.get("message") if isinstance(data.get("message"), Mapping) else data
    if not each:
        return "Message", nothing("It is not kept, or no longer.")
    way = "to" if each.get("direction") == "SENT" else "from"
    told = facts(
        [
            ("When", page.moment(each.get("at"))),
            ("Partner", join([f"{way} ", page.partner(each.get("partner"))])),
            ("Request", f"{each.get('method')} {each.get('path')}"),
            ("Outcome", lines(pill(each.get("outcome")), each.get("reason"))),
            ("HTTP", each.get("http_status")),
            ("OCPI", each.get("status_code")),
            ("Took", f"{each.get('duration_ms')} ms"),
            (
                "Object",
                page.object(each.get("module"), each.get("owner"), each["object_id"], each.get("part"))
                if each.get("object_id")
                else None,
            ),
            ("From party", each.get("from")),
            ("To party", each.get("to")),
            ("X-Request-ID", each.get("request_id")),
            (
                "X-Correlation-ID",
                page.frame.link(each["correlation_id"], "messages", correlation_id=each["correlation_id"])
                if each.get("correlation_id")
                else None,
            ),
            ("Breaks the specification", each.get("breaks") or None),
        ]
    )
    bodies = [
        _body(each.get(name), title) for name, title in (("request", "Request"), ("response", "Answer"))
    ]
    curl = source(each["curl"], "As a curl line") if each.get("curl") else ""
    return "Message", join([told, *bodies, curl])


def _body(body: Any, title: str) -> Markup:
    cut = ""
    if isinstance(body, Mapping) and "body" in body:
        cut = f", cut: it had {body.get('bytes')} bytes" if body.get("cut") else ""
        body = body["body"]
    try:
        body = jsontext.indented(body) if isinstance(body, str) else body
    except jsontext.MalformedJson:
        pass  # cut, or no JSON: as it came
    return source(body, f"{title}{cut}", opened=True) if body else tag("p", f"{title}: no body", class_="dim")


def refusals(page: Page, **filters: Any) -> Markup:
    """What of a partner's was refused or set aside, in equal kinds."""
    rows = page.rows("refusals", "refusals", limit=200, **filters)
    kinds: dict[tuple[str, str, str, str], Rows] = {}
    for each in rows:
        names = (str(each.get("partner") or ""), str(each.get("module") or ""))
        kinds.setdefault((*names, *_finding(each)), []).append(each)
    shown = [
        _kind(page, *kind, members) for kind, members in sorted(kinds.items(), key=lambda item: -len(item[1]))
    ]
    if not shown:
        return nothing("Nothing was refused or set aside.")
    return table("Refused of what partners sent", ["Partner", "What", "Why", "Newest", ""], shown)


def _kind(page: Page, partner: str, module: str, code: str, why: str, members: Rows) -> list[Any]:
    fields = {"partner": partner, "module": module, "code": code}
    one = members[0].get("id")
    way = ("refusal", {"id": one}) if len(members) == 1 else ("refusals", {**fields, "each": "1"})
    payload = {"action": "readmit", **fields} if partner and code else {"action": "readmit", "id": one}
    label = "Try again" if len(members) == 1 else "Try all again"
    return [
        page.partner(partner),
        page.frame.link(f"{len(members)} × {module}", way[0], **way[1]),
        why,
        page.moment(max(str(each.get("at") or "") for each in members)),
        page.frame.button(label, payload, f"Read {module} with this fault again, as they came?")
        if page.knows("readmit")
        else "",
    ]


def refused(page: Page) -> tuple[str, Markup]:
    """Everything refused of what partners sent: in kinds, or each of one kind."""
    title = "Refused of what partners sent"
    filters = {name: page[name] for name in ("partner", "module", "code")}
    if not page["each"]:
        return title, refusals(page, **filters)
    rows = [
        [
            page.moment(each.get("at")),
            page.partner(each.get("partner")),
            page.frame.link(each.get("object_id") or each.get("module"), "refusal", id=each.get("id")),
            _finding(each)[1],
        ]
        for each in page.rows("refusals", "refusals", limit=200, **filters)
    ]
    return title, table(title, ["When", "Partner", "Object", "Why"], rows) if rows else nothing(
        "None is left."
    )


def refusal(page: Page) -> tuple[str, Markup]:
    """One object as it came, why it was refused, and a way to try it again."""
    data = page.ask("refusal", id=page["id"])
    each = data.get("refusal") if isinstance(data.get("refusal"), Mapping) else data
    if not each:
        return "Refused object", nothing("It is no longer kept.")
    faults = [one for one in each.get("findings") or [] if isinstance(one, Mapping)]
    told = facts(
        [
            ("Partner", page.partner(each.get("partner"))),
            ("Module", each.get("module")),
            ("Object", each.get("object_id")),
            ("When", page.moment(each.get("at"))),
            ("Why", lines(*(f"{one.get('pointer', '')} {one.get('message', '')}" for one in faults))),
        ]
    )
    id = each.get("id") or page["id"]
    again = (
        page.frame.button("Try again", {"action": "readmit", "id": id}, "Read it again as it came?")
        if page.knows("readmit")
        else ""
    )
    body = each.get("object") or each.get("body")
    return "Refused object", join([told, again, source(body, "As it came", opened=True) if body else ""])


def _finding(each: Mapping[str, Any]) -> tuple[str, str]:
    """The first finding: its code, and what it says without the place in a list."""
    found = each.get("findings") or [{}]
    first = found[0] if isinstance(found, list) and isinstance(found[0], Mapping) else {}
    pointer = re.sub(r"/\d+(?=/|$)", "/*", str(first.get("pointer") or ""))
    return str(first.get("code") or ""), f"{pointer} {first.get('message') or ''}".strip()


def _filtered(filters: Mapping[str, Any]) -> Markup:
    return tag("p", ", ".join(f"{name} {value}" for name, value in filters.items()), class_="dim")


def _more(page: Page, data: Mapping[str, Any], filters: Mapping[str, Any]) -> Markup:
    if not data.get("cursor"):
        return Markup("")
    return tag("p", page.frame.link("More", "messages", **filters, cursor=data["cursor"]))
