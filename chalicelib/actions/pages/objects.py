"""Objects: a list of a module's, and one with its deliveries, its price and what was said about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.actions.pages import deliveries, messages, money
from chalicelib.actions.pages.markup import Markup, facts, join, nothing, pill, section, source, table, tag
from chalicelib.actions.pages.page import Page

MODULES = ("locations", "tariffs", "tokens", "sessions", "cdrs", "hubclientinfo")
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


def every(page: Page) -> tuple[str, Markup]:
    """A page of a module's objects."""
    module = page["module"] if page["module"] in MODULES else "locations"
    ways = join(
        (
            tag("b", each) if each == module else page.frame.link(each, "objects", module=each)
            for each in MODULES
        ),
        " · ",
    )
    party = page["party"] or "all"
    data = page.ask("list", module=module, party=party, limit=50, cursor=page["cursor"])
    found = [each for each in data.get("objects") or [] if isinstance(each, Mapping)]
    heads = ["Owner", "Id", *(each.replace("_", " ") for each in TOLD[module]), "Last updated"]
    rows = [
        [
            owner_of(each),
            page.frame.link(
                id_of(module, each), "object", module=module, party=owner_of(each), id=id_of(module, each)
            ),
            *(_cell(page, name, each.get(name)) for name in TOLD[module]),
            page.moment(each.get("last_updated")),
        ]
        for each in found
    ]
    shown = table(module, heads, rows) if rows else nothing(f"No {module} here.")
    more = ""
    if data.get("cursor"):
        more = tag(
            "p",
            page.frame.link("More", "objects", module=module, party=party, cursor=data["cursor"]),
        )
    total = tag("p", f"{data.get('total')} in all", class_="dim") if data.get("total") else ""
    return module.capitalize(), join([tag("p", ways), total, shown, more])


def one(page: Page) -> tuple[str, Markup]:
    """One object: the fields for people, then everything that is known about it."""
    module, id = page["module"], page["id"]
    answer = page.answer("get", module=module, id=id, party=page["party"], type=page["type"])
    found = answer["data"].get("object") if answer["ok"] else None
    title = f"{module.rstrip('s').capitalize()} {id}"
    if not isinstance(found, Mapping):
        said = "It is not stored here."
        return title, join([nothing(said), messages.about(page, id=id)])
    owner = owner_of(found)
    parts: list[Any] = [
        facts(_told(page, found)),
        tag("p", _links(page, module, found)),
        _parts(page, found),
        deliveries.of_object(page, module, owner, id),
    ]
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


def _told(page: Page, found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """The plain fields, times as times."""
    told = []
    for name, value in found.items():
        if isinstance(value, list | Mapping) and name not in ("total_cost", "coordinates"):
            continue
        told.append((name.replace("_", " "), _cell(page, name, value)))
    return told


def _cell(page: Page, name: str, value: Any) -> Any:
    if name in ("last_updated", "start_date_time", "end_date_time"):
        return page.moment(value) if value else None
    if name == "status":
        return pill(value) if value else None
    return value


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


def _parts(page: Page, found: Mapping[str, Any]) -> Markup:
    evses = [each for each in found.get("evses") or [] if isinstance(each, Mapping)]
    if not evses:
        return Markup("")
    rows = [
        [
            each.get("uid"),
            each.get("evse_id"),
            pill(each.get("status")),
            page.moment(each.get("last_updated")),
        ]
        for each in evses[:200]
    ]
    more = tag("p", f"{len(evses) - 200} more", class_="dim") if len(evses) > 200 else ""
    return section("EVSEs", table("EVSEs", ["Uid", "EVSE id", "Status", "Last updated"], rows), more)
