"""Writes the events of `docs/backend.md` from their table; `--check` only compares.

Run as `python -m docs.generate_events`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from contract.events import EVENTS, EventKind
from contract.samples import SAMPLES
from contract.schemas import REQUEST

DOCUMENT = Path(__file__).parent / "backend.md"
WIDTH = 110


def section() -> str:
    """All events in a table, what a request is, then each event by an example and its schema."""
    lines = ["| event | when | its detail has, beside `event_id` |", "|---|---|---|"]
    lines += [f"| `{name}` | {kind.when} | {_fields(kind)} |" for name, kind in EVENTS.items()]
    lines += ["", "### Requests", ""]
    lines += [
        "Commands and charging profile requests have one form, in events and in the answers of actions."
    ]
    lines += ["", "| field | | |", "|---|---|---|"]
    lines += [
        f"| `{name}` | {_type(schema)} | {schema.get('description', '')} |"
        for name, schema in REQUEST.items()
    ]
    told: list[dict[str, Any]] = []
    for name, kind in EVENTS.items():
        lines += ["", f"### {name}", "", "```json", *_block(kind.example), "```"]
        if kind.schema not in told:
            same = [each for each, other in EVENTS.items() if other.schema == kind.schema]
            told.append(kind.schema)
            lines += ["", f"<details><summary>JSON Schema of {', '.join(same)}</summary>", ""]
            lines += ["```json", *_block(kind.schema), "```", "", "</details>"]
    return "\n".join(lines)


def current() -> tuple[str, str]:
    """The document as it is and as it should be."""
    text = DOCUMENT.read_text()
    return text, _between(_between(text, "events", section()), "objects", samples())


def samples() -> str:
    """The objects to copy."""
    lines = []
    for name, (module, value) in SAMPLES.items():
        lines += ["", f"A {name} (module `{module}`):", "", "```json", *_block(value), "```"]
    return "\n".join(lines)


def _between(text: str, name: str, inside: str) -> str:
    """The text with what stands between its marks of this name replaced."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, rest = text.split(begin)
    after = rest.split(end)[1]
    return f"{before}{begin}\n{inside}\n{end}{after}"


def _fields(kind: EventKind) -> str:
    if "direction" in kind.fields:
        more = [name for name in kind.fields if name not in REQUEST]
        return "a [request](#requests)" + (f"; {_names(more)}, where they apply" if more else "")
    always = [name for name in kind.fields if name not in kind.optional]
    sometimes = [name for name in kind.fields if name in kind.optional]
    return _names(always) + (f"; {_names(sometimes)}, where they apply" if sometimes else "")


def _names(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return _names(schema["enum"])
    if "pattern" in schema and "T" in schema["pattern"]:
        return "DateTime"
    kinds = schema["type"]
    return kinds if isinstance(kinds, str) else " or ".join(kinds)


def _block(value: Any, indent: int = 0) -> Iterator[str]:
    """JSON in few lines: each as full as it gets."""
    yield from _lines("", value, indent, "")


def _lines(lead: str, value: Any, indent: int, tail: str) -> Iterator[str]:
    pad, flat = " " * indent, json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(pad + lead + flat + tail) <= WIDTH:
        yield f"{pad}{lead}{flat}{tail}"
        return
    opening, closing = ("{", "}") if isinstance(value, dict) else ("[", "]")
    yield f"{pad}{lead}{opening}"
    members = (
        [(f"{json.dumps(name)}: ", each) for name, each in value.items()]
        if isinstance(value, dict)
        else [("", each) for each in value]
    )
    row, room = "", WIDTH - indent - 2
    for at, (name, each) in enumerate(members):
        comma = "," if at < len(members) - 1 else ""
        piece = f"{name}{json.dumps(each, ensure_ascii=False)}{comma}"
        if row and len(row) + 1 + len(piece) > room:
            yield f"{pad}  {row}"
            row = ""
        if len(piece) <= room:
            row = f"{row} {piece}".lstrip()
        else:
            yield from _lines(name, each, indent + 2, comma)
    if row:
        yield f"{pad}  {row}"
    yield f"{pad}{closing}{tail}"


if __name__ == "__main__":
    is_now, should_be = current()
    if "--check" in sys.argv:
        sys.exit(0 if is_now == should_be else "docs/backend.md: run python -m docs.generate_events")
    DOCUMENT.write_text(should_be)
