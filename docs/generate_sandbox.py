"""Writes the tables of docs/sandbox.md from the sandbox's own: verbs, breaks, oddities; `--check` compares.

Run as `python -m docs.generate_sandbox`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sandbox.breaks import BREAKS
from sandbox.oddities import ODDITIES
from sandbox.parties import VERSIONS
from sandbox.verbs import described

PAGE = Path(__file__).parent / "sandbox.md"


def verbs() -> str:
    lines = ["| verb | fields | what it does |", "|---|---|---|"]
    for each in described():
        fields = ", ".join(f"`{name.partition('=')[0]}`" for name in each["fields"] if name != "peer=''")
        lines.append(f"| `{each['verb']}` | {fields} | {each['does']} |")
    return "\n".join(lines)


def breaks() -> str:
    return _rows(BREAKS)


def oddities() -> str:
    return _rows(ODDITIES)


def current() -> tuple[str, str]:
    """The page as it is and as it should be."""
    text = made = PAGE.read_text()
    for name, table in (("verbs", verbs), ("breaks", breaks), ("oddities", oddities)):
        begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
        before, rest = made.split(begin)
        made = f"{before}{begin}\n{table()}\n{end}{rest.split(end)[1]}"
    return text, made


def _rows(table: dict[str, object]) -> str:
    lines = ["| name | what it does then | rule | versions |", "|---|---|---|---|"]
    for each in table.values():
        versions = "all" if each.versions == VERSIONS else ", ".join(each.versions)  # type: ignore[attr-defined]
        lines.append(f"| `{each.name}` | {each.does} | {each.rules} | {versions} |")  # type: ignore[attr-defined]
    return "\n".join(lines)


if __name__ == "__main__":
    is_now, should_be = current()
    if "--check" in sys.argv:
        sys.exit(0 if is_now == should_be else "docs/sandbox.md: run python -m docs.generate_sandbox")
    PAGE.write_text(should_be)
