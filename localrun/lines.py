"""Log entries as lines for people: one per request, in or out; `OCPI_LOG=json` leaves them as they are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

_COLOURS = {"ERROR": "31", "WARNING": "33"}
# Said elsewhere in the line, or of use to machines only.
_UNSAID = frozenset(("at", "level", "message", "outcome", "trace", "request_id", "correlation_id"))


def for_people(out: Any = None) -> Callable[[dict[str, Any]], None]:
    """A writer of entries, in colours on a terminal."""
    stream = out or sys.stdout
    coloured = stream.isatty()

    def write(entry: dict[str, Any]) -> None:
        text = line(entry)
        colour = _COLOURS.get(_tone(entry)) if coloured else None
        stream.write(f"\x1b[{colour}m{text}\x1b[0m\n" if colour else f"{text}\n")
        stream.flush()

    return write


def line(entry: Mapping[str, Any]) -> str:
    """What one entry says, in one line; an error has its places below."""
    message = str(entry.get("message", ""))
    shown = {"request": _request, "partner call": _call, "operator action": _action}.get(message, _other)(
        entry
    )
    text = f"{str(entry.get('at', ''))[11:19]} {_printable(shown)}"
    places = entry.get("trace") or []
    return "\n".join([text, *(f"         {_printable(str(each))}" for each in places)])


def _tone(entry: Mapping[str, Any]) -> str:
    if entry.get("level") in _COLOURS:
        return str(entry["level"])
    return "WARNING" if entry.get("outcome") in ("refused", "failed", "error") else ""


def _request(entry: Mapping[str, Any]) -> str:
    """What a partner asked of us, and what it got."""
    who = entry.get("partner") or "?"
    return f"<- {who}  {entry.get('method')} {entry.get('path_template')}  {_answer(entry)}"


def _call(entry: Mapping[str, Any]) -> str:
    """What we asked of a partner, and what we got."""
    asked = f"{entry.get('method')} {entry.get('module') or ''}".strip()
    return f"-> {entry.get('partner') or entry.get('host')}  {asked}  {_answer(entry)}"


def _action(entry: Mapping[str, Any]) -> str:
    partner = f"  {entry['partner']}" if entry.get("partner") else ""
    return f"** operator  {entry.get('action')}{partner}"


def _other(entry: Mapping[str, Any]) -> str:
    level = str(entry.get("level", ""))
    said = "  ".join(f"{name}={value}" for name, value in entry.items() if name not in _UNSAID)
    return f"{'--' if level == 'INFO' else level} {entry.get('message')}  {said}".rstrip()


def _answer(entry: Mapping[str, Any]) -> str:
    """HTTP and OCPI status, how long it took, and why it did not go."""
    statuses = " ".join(str(entry[name]) for name in ("status", "ocpi_status") if entry.get(name) is not None)
    took = f"{entry['duration_ms']} ms" if entry.get("duration_ms") is not None else ""
    why = entry.get("reason") or entry.get("exception") or ""
    return "  ".join(str(each) for each in (statuses or entry.get("outcome"), took, why) if each)


def _printable(text: str) -> str:
    """Text of partners without what would move the terminal."""
    return "".join(each if each.isprintable() else " " for each in text)
