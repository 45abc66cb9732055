"""Writes docs/requirements.md: the rows of the ledger of requirements that this project cites.

The ledger itself lies beside the project; `python -m docs.generate_requirements LEDGER.md` takes from it
what tests, code and documents cite, so that whoever meets an ID can look it up here.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = Path(__file__).with_name("requirements.md")
CHAPTERS = "TRA|STA|VER|CRE|LOC|SES|CDR|TAR|TOK|CMD|CHP|HCI|HUB|TYP|INV|CNV|AMB|ARC"
WHOLE = ("AMB", "ARC")
ID = re.compile(r"\b(" + CHAPTERS + r")-(P\d|\d{2,3})\b")
RANGE = re.compile(rf"\b({CHAPTERS})-(\d+) to (?:\1-)?(\d+)\b")
HEAD = """# Requirements

What the IDs in tests, code and documents mean: the rows of our ledger of OCPI's requirements that they
cite, and our readings of what the specification leaves open (`AMB`) or to the implementation (`ARC`),
whole. The prefix names the chapter: `TRA` transport, `STA` status codes, `VER` versions, `CRE`
credentials, `LOC` locations, `SES` sessions, `CDR` cdrs, `TAR` tariffs, `TOK` tokens, `CMD` commands,
`CHP` chargingprofiles, `HCI` hubclientinfo, `HUB` routing, `TYP` types, `CNV` conversion between
versions. Made by `python -m docs.generate_requirements`.
"""


def cited(*, ranges: bool = True) -> set[str]:
    """The IDs that files of this project name; with what lies between where they name the ends of a range."""
    files = subprocess.check_output(["git", "ls-files", "*.py", "*.md"], cwd=ROOT, text=True).split()
    found: set[str] = set()
    for name in files:
        if name == "docs/requirements.md":
            continue
        text = (ROOT / name).read_text()
        found |= {"-".join(match) for match in ID.findall(text)}
        for prefix, first, last in RANGE.findall(text) if ranges else ():
            found |= {f"{prefix}-{number:0{len(first)}}" for number in range(int(first), int(last) + 1)}
    return found


def known(text: str) -> set[str]:
    """The IDs that have a row in a ledger or in the page."""
    return set(re.findall(rf"^\| ((?:{CHAPTERS})-P?\d+) \|", text, re.MULTILINE))


def page(ledger: str) -> str:
    """The page, from the text of the ledger."""
    wanted = cited()
    lines: list[str] = []
    heading, table, shown = "", [], False
    for line in ledger.splitlines():
        if line.startswith("#"):
            heading, table, shown = re.sub(r"^#+\s*([\d.]+\s*)?", "", line), [], False
        elif line.startswith("|"):
            row = re.match(rf"\| (({CHAPTERS})-P?\d+) \|", line)
            if row is None:
                table = [line] if not table or len(table) > 1 else [*table, line]
            elif row[1] in wanted or row[2] in WHOLE:
                if not shown:
                    lines += ["", f"## {heading}", "", *table]
                    shown = True
                lines.append(line)
        else:
            table = []
            shown = shown and bool(line.strip())
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(Path(sys.argv[1]).read_text()))
