"""Writes docs/conformance.md's table of checks from the checks themselves; `--check` only compares.

Run as `python -m docs.generate_conformance`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from conformance import VERSIONS
from conformance.check import Check
from conformance.checks import CHECKS
from conformance.trial import WANTED

PAGE = Path(__file__).with_name("conformance.md")
BEGIN, END = "<!-- checks: begin -->", "<!-- checks: end -->"


def table() -> str:
    """Every check by module, in the order in which modules are tried first."""
    lines = [f"{len(CHECKS)} checks. `W`: sent only with `--write`.", ""]
    for module in dict.fromkeys(each.module or "transport" for each in CHECKS):
        lines += [
            f"### {module}",
            "",
            "| ID | rule | asked | must come | for whom |",
            "|---|---|---|---|---|",
        ]
        lines += [_row(each) for each in CHECKS if (each.module or "transport") == module]
        lines.append("")
    return "\n".join(lines).rstrip()


def _row(check: Check) -> str:
    cells = (f"`{check.id}`", check.title, check.asks, check.expects, _whom(check))
    return "| " + " | ".join(each.replace("|", "\\|") for each in cells) + " |"


def _whom(check: Check) -> str:
    found = [check.force]
    if check.roles and set(check.roles) != set(WANTED):
        found.append("as " + ", ".join(check.roles))
    if check.versions != VERSIONS:
        found.append(", ".join(check.versions))
    if check.interface:
        found.append(f"their {check.interface}")
    return "; ".join([*found, *(["W"] if check.writes else [])])


def current() -> tuple[str, str]:
    """The page as it is and as it should be."""
    text = PAGE.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return text, f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    is_now, should_be = current()
    if "--check" in sys.argv:
        sys.exit(0 if is_now == should_be else "docs/conformance.md: run python -m docs.generate_conformance")
    PAGE.write_text(should_be)
