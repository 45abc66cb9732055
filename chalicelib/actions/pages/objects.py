"""The view of objects: a module's list, and one with its deliveries, its price, its messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from chalicelib.actions.pages import contents, deliveries, messages, money
from chalicelib.actions.pages.frame import Entry
from chalicelib.actions.pages.markup import Markup, join, nothing, section, source, table, tag
from chalicelib.actions.pages.page import OBJECTS, Page

MODULES = OBJECTS
IDS = {"tokens": "uid"}
# What is worth a column beside the id.
TOLD = {
    "locations": ("name", "city", "publish"),
    "tariffs": ("currency", "type"),
    "tokens": ("type", "contract_id", "valid"),
    "sessions": ("status", "start_date_time", "kwh"),
    "cdrs": ("start_date_time", "total_energy", "total_cost"),
    "hubclientinfo": ("role", "status"),
}
# What a module is looked for by, and the words its `status` may have.
FILTERS = {
    "locations": ("near", "status"),
    "sessions": ("token", "session_id", "status"),
    "cdrs": ("token", "session_id"),
}
STATUSES = {
    "sessions": ("ACTIVE", "PENDING", "RESERVATION", "COMPLETED", "INVALID"),
    "locations": (
        "AVAILABLE",
        "CHARGING",
        "RESERVED",
        "BLOCKED",
        "INOPERATIVE",
        "OUTOFORDER",
        "PLANNED",
        "UNKNOWN",
    ),
}
LABELS = {
    "near": Entry("near", "Near", hint="latitude,longitude,kilometres, such as 51.05,3.73,10"),
    "token": Entry("token", "Token", hint="the uid of the card"),
    "session_id": Entry("session_id", "Session"),
}


def every(page: Page) -> tuple[str, Markup]:
    """A page of a module's objects, all or those looked for."""
    module = page["module"] if page["module"] in MODULES else "locations"
    ways = join(
        (
            tag("b", each) if each == module else page.frame.link(each, "objects", module=each)
            for each in MODULES
        ),
        " · ",
    )
    party = page["party"] or "all"
    asked = {name: page[name] for name in FILTERS.get(module, ()) if page[name]}
    data = page.ask("list", module=module, party=party, limit=50, cursor=page["cursor"], **asked)
    found = [each for each in data.get("objects") or [] if isinstance(each, Mapping)]
    shown = rows_of(page, module, found) if found else nothing(f"No {module} here.")
    more = ""
    if data.get("cursor"):
        more = tag(
            "p",
            page.frame.link("More", "objects", module=module, party=party, cursor=data["cursor"], **asked),
        )
    total = tag("p", f"{data.get('total')} in all", class_="dim") if data.get("total") else ""
    return module.capitalize(), join([tag("p", ways), _looked_for(page, module), total, shown, more])


def _looked_for(page: Page, module: str) -> Markup:
    names = FILTERS.get(module, ())
    entries = [replace(LABELS[name], value=page[name]) for name in names if name in LABELS]
    if "status" in names:
        options = tuple((each, each.lower() or "any") for each in ("", *STATUSES[module]))
        label = "An EVSE is" if module == "locations" else "Status"
        entries.append(Entry("status", label, "choice", options=options, value=page["status"]))
    return page.frame.form("objects", "Find", entries, module=module) if entries else Markup("")


def rows_of(page: Page, module: str, found: Iterable[Mapping[str, Any]]) -> Markup:
    """Objects of a module, each leading to it."""
    rows = [
        [
            owner_of(each),
            page.frame.link(
                id_of(module, each), "object", module=module, party=owner_of(each), id=id_of(module, each)
            ),
            *(contents.cell(page, each, name, each.get(name)) for name in TOLD[module]),
            page.moment(each.get("last_updated")),
        ]
        for each in found
    ]
    heads = ["Owner", "Id", *(each.replace("_", " ").capitalize() for each in TOLD[module]), "Last updated"]
    return table(module, heads, rows)


def one(page: Page) -> tuple[str, Markup]:
    """One object: the fields for people, then everything that is known about it."""
    module, id = page["module"], page["id"]
    answer = page.answer("get", module=module, id=id, party=page["party"], type=page["type"])
    found = answer["data"].get("object") if answer["ok"] else None
    title = f"{'CDR' if module == 'cdrs' else module.rstrip('s').capitalize()} {id}"
    if not isinstance(found, Mapping):
        said = "It is not stored here."
        return title, join([nothing(said), messages.about(page, id=id)])
    owner = owner_of(found)
    parts: list[Any] = [
        contents.fields(page, found),
        tag("p", _links(page, module, found)),
        contents.parts(page, module, found),
        deliveries.of_object(page, module, owner, id, found),
    ]
    if module == "sessions":
        cdrs = page.rows("list", "objects", module="cdrs", party="all", session_id=id)
        parts.append(section("CDRs", rows_of(page, "cdrs", cdrs) if cdrs else nothing("None came yet.")))
    if module == "cdrs":
        parts.append(money.of_cdr(page, owner, id))
    parts.append(messages.about(page, id=id))
    findings = answer["data"].get("findings")
    if findings:
        told = [tag("li", f"{each.get('pointer', '')} {each.get('message', '')}") for each in findings]
        parts.append(section("Read with repairs", tag("ul", *told)))
    return title, join([*parts, source(found, "As it is stored, in 2.3.0")])


def owner_of(each: Mapping[str, Any]) -> str:
    """`NL/EXA`."""
    return f"{each.get('country_code', '')}/{each.get('party_id', '')}"


def id_of(module: str, each: Mapping[str, Any]) -> str:
    """What the object is called in its module."""
    return str(each.get(IDS.get(module, "id")) or "")


def _links(page: Page, module: str, found: Mapping[str, Any]) -> Markup:
    """Where to go from here: what the object names."""
    owner, links = owner_of(found), []
    names = {"location_id": "locations", "session_id": "sessions"}
    for name, other in names.items():
        if found.get(name):
            links.append(
                page.frame.link(
                    f"{other.rstrip('s')} {found[name]}", "object", module=other, party=owner, id=found[name]
                )
            )
    token = found.get("cdr_token")
    if isinstance(token, Mapping) and token.get("uid"):
        links.append(
            page.frame.link(
                f"token {token['uid']}", "object", module="tokens", party=owner_of(token), id=token["uid"]
            )
        )
    return join(links, " · ")
