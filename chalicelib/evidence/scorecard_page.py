"""A scorecard as one HTML file that is mailed to a partner: no script, nothing loaded from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

_STYLE = """
:root{color-scheme:light dark}body{font:15px/1.45 system-ui,sans-serif;max-width:72rem;margin:2rem auto;
padding:0 1rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}th,td{text-align:left;padding:.3rem .6rem;
border-bottom:1px solid #8886;vertical-align:top;overflow-wrap:anywhere}
td.n{text-align:right;white-space:nowrap}
h1{margin-bottom:0}h2{margin-top:2rem}.dim{opacity:.7}
"""
_TRAFFIC = {
    "module": "Module",
    "direction": "Direction",
    "requests": "Requests",
    "refused": "Refused",
    "failed": "Failed",
    "p50_ms": "Median ms",
    "p95_ms": "95 % ms",
    "lag_p50_s": "Median lag s",
    "last_at": "Last",
}
_REASONS = {
    "module": "Module",
    "direction": "Direction",
    "outcome": "",
    "reason": "Why",
    "count": "Times",
    "example": "Example",
}
_OBJECTS = {
    "module": "Module",
    "pointer": "Where",
    "message": "What",
    "code": "Code",
    "count": "Times",
    "example": "Example",
}
_BREAKS = {"message": "Rule", "count": "Answers", "of": "Of", "example": "Example"}
_AGREEMENT = {
    "module": "Module",
    "theirs": "Listed",
    "ours": "Held",
    "set_aside": "Unusable",
    "came_since": "Came since",
    "agrees": "Equal",
    "at": "When",
}
_QUIRKS = {"name": "Quirk", "told": "What is repaired", "count": "Times"}
_TARIFFS = {"tariff": "Tariff", "severity": "", "pointer": "Where", "message": "What"}


def page(card: Mapping[str, Any]) -> str:
    """The card for people."""
    direction = {"SENT": "to you", "RECEIVED": "from you"}
    traffic = [{**each, "direction": direction[each["direction"]]} for each in card["traffic"]]
    reasons = [
        {"module": each["module"], "direction": each["direction"], **why}
        for each in traffic
        for why in each["reasons"]
    ]
    left = card["undelivered"]
    parts = [
        f"<h1>{escape(card['name'])}</h1>",
        f"<p class=dim>OCPI {escape(card['version'] or '-')} · {_when(card['since'])} to "
        f"{_when(card['until'])} · counted: {escape(card['counted'])}"
        f" · last heard {_when(card['last_heard'])}</p>",
        *_section("Requests", _TRAFFIC, traffic, "No request was counted."),
        *_section("Refusals and failures", _REASONS, reasons, "Nothing was refused and nothing failed."),
        *_section(
            "Objects that could not be used", _OBJECTS, card["refused_objects"], "Every object could be used."
        ),
        *_section(
            "Answers that break the specification",
            _BREAKS,
            card["breaks"],
            "No answer breaks a rule looked at.",
        ),
        *_section("Lists and what is held of them", _AGREEMENT, card["agreement"], "Nothing was listed yet."),
        *_section("Tariffs", _TARIFFS, card.get("tariffs", ()), "No Tariff has a finding."),
        *_section("Quirks in use", _QUIRKS, card["quirks"], "None."),
        f"<h2>Not delivered</h2><p>{left['waiting']} waiting since {_when(left['oldest_since'])}, "
        f"{left['refused']} refused, {left['given_up']} given up.</p>",
    ]
    title = escape(f"OCPI scorecard of {card['name']}")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    body = f"<head>{head}<style>{_STYLE}</style></head><body>{''.join(parts)}</body>"
    return f'<!doctype html><html lang="en">{body}</html>'


def _section(
    title: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]], none: str
) -> list[str]:
    rows = list(rows)
    if not rows:
        return [f"<h2>{escape(title)}</h2><p class=dim>{escape(none)}</p>"]
    head = "".join(f"<th scope=col>{escape(each)}</th>" for each in columns.values())
    body = "".join(f"<tr>{''.join(_cell(row.get(name)) for name in columns)}</tr>" for row in rows)
    return [f"<h2>{escape(title)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"]


def _cell(value: Any) -> str:
    if value is None:
        return "<td>-</td>"
    if isinstance(value, bool):
        return f"<td>{'yes' if value else 'no'}</td>"
    if isinstance(value, int):
        return f"<td class=n>{value:,}</td>"
    return f"<td>{escape(str(value))}</td>"


def _when(moment: str | None) -> str:
    return escape(moment[:16].replace("T", " ") + " UTC") if moment else "-"
