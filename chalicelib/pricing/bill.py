"""A report as a bill that a person can follow, period by period.

What people are shown is rounded to the currency's minor unit; prices and volumes are as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chalicelib.pricing.currencies import minor_decimals
from chalicelib.pricing.exact import computing, number, rounded

_UNITS = {"ENERGY": "kWh", "FLAT": ""}
_WIDTH = 78


def bill(report: Mapping[str, Any]) -> str:
    """The text of a report: verdict, periods with what applied and why, steps, taxes, claims, findings."""
    with computing():
        return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    currency = str(report.get("currency") or "")
    yield f"{report['verdict']}   {_both(report['total'], currency)}"
    zone = report["time_zone"]
    if zone["origin"] != "not_needed":
        yield f"Time zone: {zone['name'] or 'unknown'} ({zone['origin'] or 'missing'})"
    for each in report.get("tariffs", ()):
        yield f"Tariff {each['id']} ({each['origin']}): {each['reason']}"
    for period in report["periods"]:
        yield ""
        yield from _period(period, currency)
    yield from _section("Steps", [_group(each) for each in report.get("groups", ()) if each["note"]])
    yield from _section(
        "Limits",
        [
            f"{each['limit']} {each['side']}: {each['bound']} instead of {_money(each['was'], currency)}"
            for each in report.get("limits", ())
        ],
    )
    yield from _section(
        "Taxes",
        [
            f"{each['percentage'] or '?'} % of {_money(each['base'], currency)}:"
            f" {_money(each['amount'], currency)}"
            for each in report.get("taxes", ())
        ],
    )
    yield from _section("Bounds", list(_bounds(report.get("bounds"), currency)))
    yield from _section(
        "Claims", [_claim(each) for each in report["claims"] if each["verdict"] != "NOT_CLAIMED"]
    )
    yield from _section(
        "Explained by",
        [f"{each['reading']}: {_both(each['computed'], currency)}" for each in report["diagnosis"]],
    )
    yield from _section(
        "Findings",
        [
            f"{each['code']} ({each['severity']}) {each['pointer']}: {each['message']}"
            for each in report["findings"]
        ],
    )


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{title}"
        for line in lines:
            yield f"  {line}"


def _period(period: Mapping[str, Any], currency: str) -> Iterator[str]:
    begins = period["local_start"] or period["start"]
    yield f"Period {period['index']}: {begins} to {period['end']}, after {period['kwh_before']} kWh"
    if not period["segments"]:
        yield "  nothing was used"
    for each in period["segments"]:
        yield f"  {_segment(each, currency)}"
        for held in each["matched"]:
            yield f"      because {held['message']}"
        for failed in each["not_applied"]:
            yield f"      not element {failed['element']}: {failed['message']}"


def _segment(segment: Mapping[str, Any], currency: str) -> str:
    unit = _UNITS.get(segment["dimension"], "h")
    what = f"{segment['dimension']} ({segment['context']})"
    if segment["applied"] is None:
        return f"{what} {segment['volume']} {unit}: free, nothing prices it"
    quantity = f"{segment['billed']} {unit} x " if unit else ""
    if unit and segment["billed"] != segment["volume"]:
        quantity = f"{segment['volume']} {unit}, billed {segment['billed']} {unit} x "
    vat = "" if segment["vat"] is None else f", VAT {segment['vat']} %"
    applied = segment["applied"]
    line = f"{what} {quantity}{segment['price']}{vat}"
    cost = _both(segment, currency)
    where = f"[{applied['tariff_id']}, element {applied['element']}]"
    return f"{line:<{_WIDTH}} {cost} {where}"


def _group(group: Mapping[str, Any]) -> str:
    unit = "kWh" if group["dimension"] == "ENERGY" else "h"
    step = "" if group["step_size"] is None else f" by a step of {group['step_size']}"
    where = "" if group["period"] is None or group["difference"] == "0" else f", in period {group['period']}"
    what = f"{group['dimension']} {group['total']} {unit}{step}"
    return f"{what}: {group['billed']} {unit}{where} ({group['note']})"


def _claim(claim: Mapping[str, Any]) -> str:
    rule = f" ({claim['rule']})" if claim["rule"] and claim["verdict"] != "AGREE" else ""
    computed = "unknown" if claim["computed"] is None else claim["computed"]
    amounts = f"{claim['claimed']:>14} claimed {computed:>14} computed"
    return f"{claim['claim']:<40} {amounts}  {claim['verdict']}{rule}"


def _bounds(bounds: Mapping[str, Any] | None, currency: str) -> Iterator[str]:
    if bounds is not None:
        periods = ", ".join(str(each) for each in bounds["periods"])
        yield f"periods {periods} span a change of price"
        yield f"at least {_both(bounds['lowest'], currency)}, at most {_both(bounds['highest'], currency)}"


def _both(sides: Mapping[str, Any], currency: str) -> str:
    before, after = _money(sides["before_taxes"], currency), _money(sides["after_taxes"], currency)
    return f"{before} {currency}, {after} with taxes".replace(" ,", ",")


def _money(amount: str | None, currency: str) -> str:
    value = number(amount)
    return "unknown" if value is None else f"{rounded(value, minor_decimals(currency)):f}"
