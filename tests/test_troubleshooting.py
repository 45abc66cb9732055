"""The troubleshooting page names what is really said: each text of ours stands in the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# What AWS, the shell and the browser say.
OF_OTHERS = (
    "Unable to locate credentials",
    "ROLLBACK_COMPLETE",
    "already exists",
    "No changes to deploy",
    "Specified ReservedConcurrentExecutions",
    "is not authorized to perform",
    "CloudWatch Logs role ARN",
    "HTTP 4xx",
)
PLACES = ("chalicelib", "cli", "localrun", "stack", "deploy")
FILES = [
    *(path for place in PLACES for path in (ROOT / place).rglob("*") if path.suffix in (".py", ".js", ".sh")),
    ROOT / "manage.py",
    ROOT / "local.py",
    ROOT / "tests" / "browser.py",
]
ROWS = [
    row.split(" | ")[0].removeprefix("| ")
    for row in (ROOT / "docs" / "troubleshooting.md").read_text().splitlines()
    if row.startswith("| ") and not row.startswith("| it says")
]
TEXTS = [text for row in ROWS for text in re.findall(r"`([^`]+)`", row) if not text.startswith(OF_OTHERS)]


def plain(text: str) -> str:
    """Code and page in one spelling: no quotes, braces or spaces."""
    return re.sub(r"\"\n\s*f?\"|\{[\w.\[\]!:]*\}|[\s`'\"\\]+", "", text)


SAID = plain("".join(path.read_text() for path in FILES))


@pytest.mark.parametrize("text", TEXTS)
def test_what_the_page_quotes_is_said_somewhere(text: str) -> None:
    parts = [plain(part) for part in re.split(r"\.\.\.|OCPI_[A-Z_]+:?|=\w+|[\d.]{3,}|\d+|\(|\)", text)]
    missing = [part for part in parts if len(part) > 3 and part.strip(":,") not in SAID]
    assert not any(missing), missing


def test_the_page_has_something_to_look_up() -> None:
    assert len(TEXTS) > 25
