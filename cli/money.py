"""The report of `audit`, `quote` and `price` as a bill that one can follow line by line.

Amounts are rounded to the currency's smallest unit for people; `--json` has
them exact. What was not applied and why stands below its line.

Contract: design section 13, the report
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from cli import answers, cells
from cli.show import Screen, columns, outline

UNITS = {"ENERGY": "kWh", "TIME": "h", "PARKING_TIME": "h", "RESERVATION_TIME": "h", "FLAT": ""}
CLAIMS = columns("claim:whole claimed=shown_claimed:n computed=shown_computed:n verdict:whole rule")
LINES = columns("what:whole volume:n billed:n price:n net:n gross:n because")
FINDINGS = columns("severity code:whole pointer message")
READINGS = columns("reading:whole computed=shown:n")


def bill(screen: Screen, data: Any) -> Iterator[RenderableType]:
    """The report; an answer of another shape is shown as what it is."""
    report = data.get("report", data) if isinstance(data, Mapping) else data
    if not isinstance(report, Mapping) or "periods" not in report:
        yield from answers.people(screen, data, {"findings": FINDINGS})
        return
    currency = cells.plain(report.get("currency"))
    claims = [each for each in report.get("claims") or [] if isinstance(each, Mapping)]
    said = any(each.get("claimed") is not None for each in claims)
    if not said and report.get("verdict") == "AGREE":  # a quote: with what nobody said
        claims, report = [], {**report, "verdict": None}
    yield from _head(screen, data, report, currency)
    yield from _periods(screen, report, currency)
    if claims:
        yield screen.heading("claimed and computed")
        yield screen.table([_claim(each, currency) for each in claims], CLAIMS)
    yield from _reasons(screen, report, currency)
    if data.get("totals"):
        yield screen.heading("totals, ready for the CDR")
        yield Text(outline(data["totals"], 1))


def _head(
    screen: Screen, data: Mapping[str, Any], report: Mapping[str, Any], currency: str
) -> Iterator[RenderableType]:
    total = report.get("total") or {}
    zone = report.get("time_zone") or {}
    yield screen.fields(
        {
            "cdr": "/".join(filter(None, (cells.party(data), cells.plain(data.get("id"))))) or None,
            "verdict": report.get("verdict"),
            "total": f"{_net_gross(total, currency)} {currency}".strip() or None,
            "tariff": _tariffs(report),
            "time zone": None
            if zone.get("origin") == "not_needed"
            else " from the ".join(filter(None, map(cells.plain, (zone.get("name"), zone.get("origin")))))
            or None,
        }
    )


def _net_gross(amount: Any, currency: str) -> str:
    if not isinstance(amount, Mapping):
        return cells.money(amount, currency)
    sides = (("before_taxes", "before taxes"), ("after_taxes", "after taxes"))
    return ", ".join(
        f"{cells.money(amount[name], currency)} {word}"
        for name, word in sides
        if amount.get(name) is not None
    )


def _tariffs(report: Mapping[str, Any]) -> str | None:
    found = report.get("tariffs")
    if not isinstance(found, list) or not found:
        return None
    words = [
        " ".join(
            cells.plain(each.get(name)) for name in ("id", "tariff_id", "why", "reason") if each.get(name)
        )
        if isinstance(each, Mapping)
        else cells.plain(each)
        for each in found
    ]
    return "; ".join(words)


def _periods(screen: Screen, report: Mapping[str, Any], currency: str) -> Iterator[RenderableType]:
    for number, period in enumerate(report.get("periods") or [], 1):
        begun = period.get("local_start") or period.get("start")
        end = cells.until(period.get("end"), begun)
        yield screen.heading(f"{number}. from {cells.moment(begun)} until {end}")
        lines = []
        for segment in period.get("segments") or []:
            lines.append(_line(segment, currency))
            lines += [
                {"what": "", "because": f"not {_component(each)}"}
                for each in segment.get("not_applied") or []
            ]
        yield screen.table(lines, LINES) if lines else Text("nothing is measured", style="dim")


def _line(segment: Mapping[str, Any], currency: str) -> dict[str, Any]:
    dimension = cells.plain(segment.get("dimension"))
    unit = UNITS.get(dimension, "")
    context = cells.plain(segment.get("context"))
    vat = segment.get("vat")
    price = cells.number(segment.get("price")) if segment.get("price") is not None else ""
    applied = segment.get("applied")
    return {
        "what": dimension if context in ("", "charging") else f"{dimension} ({context})",
        "volume": f"{cells.plain(segment.get('volume'))} {unit}".strip(),
        "billed": f"{cells.plain(segment.get('billed'))} {unit}".strip(),
        "price": f"{price} + {cells.number(vat)} %" if vat not in (None, "") else price,
        "net": cells.money(segment.get("before_taxes"), currency),
        "gross": cells.money(segment.get("after_taxes"), currency),
        "because": _component(applied) if applied else "nothing prices it",
    }


def _component(found: Any) -> str:
    """Which element it is, and why it is not where it is not."""
    if not isinstance(found, Mapping):
        return cells.plain(found)
    words = [cells.plain(found.get("tariff_id"))]
    words += [
        f"{name} {cells.plain(found[name])}"
        for name in ("element", "component")
        if found.get(name) is not None
    ]
    why = ": ".join(cells.plain(found.get(name)) for name in ("restriction", "message") if found.get(name))
    return " ".join(filter(None, words)) + (f" ({why})" if why else "")


def _claim(claim: Mapping[str, Any], currency: str) -> dict[str, Any]:
    amounts = "cost" in str(claim.get("claim"))
    return {
        **claim,
        "shown_claimed": _shown(claim.get("claimed"), amounts, currency),
        "shown_computed": _shown(claim.get("computed"), amounts, currency),
    }


def _shown(value: Any, amount: bool, currency: str) -> str:
    return (cells.money(value, currency) if amount else cells.plain(value)) or "-"


def _reasons(screen: Screen, report: Mapping[str, Any], currency: str) -> Iterator[RenderableType]:
    readings = [each for each in report.get("diagnosis") or [] if isinstance(each, Mapping)]
    if readings:
        yield screen.heading("what would make the claim right")
        yield screen.table(
            [{**each, "shown": _net_gross(each.get("computed"), currency)} for each in readings], READINGS
        )
    for name in ("groups", "taxes", "limits", "bounds"):
        if report.get(name):
            yield screen.heading(name)
            yield (
                screen.table(report[name])
                if answers.is_table(report[name])
                else Text(outline(report[name], 1))
            )
    if report.get("findings"):
        yield screen.heading("findings")
        yield screen.table(report["findings"], FINDINGS)
