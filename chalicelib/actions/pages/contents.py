"""What is in an object, for people: its fields with their units, its EVSEs, prices and periods."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.actions.pages.markup import Markup, dim, facts, join, lines, pill, section, table, tag, words
from chalicelib.actions.pages.page import Page

TIMES = ("last_updated", "start_date_time", "end_date_time")
UNITS = {"kwh": "kWh", "total_energy": "kWh", "total_time": "h", "total_parking_time": "h"}
# What a price of a component is per, and what its steps count.
PER = {"ENERGY": ("kWh", "Wh"), "TIME": ("h", "s"), "PARKING_TIME": ("h", "s"), "FLAT": ("session", "")}
MOST = 200


def price(value: Any, currency: Any) -> str | None:
    """`1.25 EUR (1.51 with taxes)`; the digits as they are."""
    if not isinstance(value, Mapping):
        return str(value) if value not in (None, "") else None
    net, gross = value.get("before_taxes"), value.get("after_taxes")
    if net is None and gross is None:
        return None
    if net is None or gross in (None, net):
        return f"{net if net is not None else gross} {currency or ''}".strip()
    return f"{net} {currency or ''} ({gross} with taxes)"


def fields(page: Page, found: Mapping[str, Any]) -> Markup:
    """The plain fields: times as times, amounts in their currency, volumes in their unit."""
    told: list[tuple[str, Any]] = [("Owner", f"{found.get('country_code')}/{found.get('party_id')}")]
    for name, value in found.items():
        if name in ("country_code", "party_id"):
            continue
        shown = cell(page, found, name, value)
        if shown is not None:
            told.append((name.replace("_", " ").capitalize(), shown))
    return facts(told)


def cell(page: Page, found: Mapping[str, Any], name: str, value: Any) -> Any:
    """One field for people; None where it is no plain one."""
    if value in (None, ""):
        return None
    if name in TIMES:
        return page.moment(value)
    if name == "status":
        return pill(value)
    if name.endswith("_cost"):
        return price(value, found.get("currency"))
    if name in UNITS:
        return f"{value} {UNITS[name]}"
    if name == "coordinates" and isinstance(value, Mapping):
        return f"{value.get('latitude')}, {value.get('longitude')}"
    return None if isinstance(value, list | Mapping) else value


def parts(page: Page, module: str, found: Mapping[str, Any]) -> Markup:
    """The lists in it as tables."""
    if module == "locations":
        return _evses(page, found)
    if module == "tariffs":
        return _prices(found)
    return _periods(page, found) if module in ("sessions", "cdrs") else Markup("")


def _listed(found: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return [each for each in found.get(name) or [] if isinstance(each, Mapping)]


def _more(many: int) -> Markup:
    return tag("p", f"{many - MOST} more", class_="dim") if many > MOST else Markup("")


def _evses(page: Page, found: Mapping[str, Any]) -> Markup:
    evses = _listed(found, "evses")
    if not evses:
        return Markup("")
    rows = [
        [
            each.get("uid"),
            each.get("evse_id"),
            pill(each.get("status")),
            page.moment(each.get("last_updated")),
            lines(*(_connector(page, found, one) for one in _listed(each, "connectors"))),
        ]
        for each in evses[:MOST]
    ]
    heads = ["Uid", "EVSE id", "Status", "Last updated", "Connectors"]
    return section("EVSEs", table("EVSEs", heads, rows), _more(len(evses)))


def _connector(page: Page, location: Mapping[str, Any], each: Mapping[str, Any]) -> Markup:
    """`1: IEC_62196_T2, 230 V, 32 A, AC1`."""
    owner = f"{location.get('country_code')}/{location.get('party_id')}"
    tariffs = [
        page.frame.link(id, "object", module="tariffs", party=owner, id=id)
        for id in each.get("tariff_ids") or []
    ]
    volt, ampere = each.get("max_voltage"), each.get("max_amperage")
    plain = [each.get("standard"), f"{volt} V" if volt else "", f"{ampere} A" if ampere else ""]
    return join([f"{each.get('id')}: ", join([*(one for one in plain if one), *tariffs], ", ")])


def _prices(found: Mapping[str, Any]) -> Markup:
    rows = [row for each in _listed(found, "elements") for row in _element(each, found.get("currency"))]
    heads = ["For", "Price before taxes", "VAT", "In steps of", "Only"]
    return section("Prices", table("Prices", heads, rows[:MOST]), _more(len(rows))) if rows else Markup("")


def _element(element: Mapping[str, Any], currency: Any) -> Iterator[list[Any]]:
    restrictions = element.get("restrictions")
    only = [
        f"{name.replace('_', ' ')} {words(value)}"
        for name, value in (restrictions.items() if isinstance(restrictions, Mapping) else ())
    ]
    for each in _listed(element, "price_components"):
        kind = str(each.get("type") or "")
        per, step = PER.get(kind, ("", ""))
        vat = each.get("vat")
        yield [
            kind.replace("_", " ").lower(),
            f"{each.get('price')} {currency or ''}" + (f" per {per}" if per else ""),
            f"{vat} %" if vat is not None else "not said",
            f"{each.get('step_size')} {step}" if step else "",
            lines(*only) or "always",
        ]


def _periods(page: Page, found: Mapping[str, Any]) -> Markup:
    periods = _listed(found, "charging_periods")
    if not periods:
        return Markup("")
    rows = [
        [
            page.moment(each.get("start_date_time")),
            lines(*(_dimension(one) for one in _listed(each, "dimensions"))),
            each.get("tariff_id"),
        ]
        for each in periods[:MOST]
    ]
    shown = table("Charging periods", ["From", "Volumes", "Tariff"], rows)
    title = f"{len(periods)} charging period{'s' if len(periods) != 1 else ''}"
    return tag("details", tag("summary", title), shown, _more(len(periods)))


def _dimension(each: Mapping[str, Any]) -> Markup:
    kind = str(each.get("type") or "")
    unit = {"ENERGY": "kWh", "TIME": "h", "PARKING_TIME": "h", "RESERVATION_TIME": "h", "POWER": "kW"}.get(
        kind.rpartition("_")[2] if kind.startswith(("MAX_", "MIN_")) else kind, ""
    )
    return join([f"{each.get('volume')} {unit} ", dim(kind.replace("_", " ").lower())])
