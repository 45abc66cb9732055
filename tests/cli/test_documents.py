"""Every command line that the documents show is one the command line takes: its action, its options.

Those of the tickets, of webhooks and of the README's first minutes are also run (`test_tickets`,
`test_backend_examples`, `test_run`); `make deploy` and `aws ...` need an account.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from chalicelib.actions import dispatch
from cli.commands import Command, group

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
LINE = re.compile(r"(?:(?:python |`)manage\.py|(?<=\$ )ocpi) ([^`\n|#>)&]+)")
# Options that may stand before the action.
PLACES = ("--url", "--function")


def lines() -> list[Any]:
    found = []
    for document in DOCUMENTS:
        for said in LINE.findall(document.read_text()):
            words = _words(said)
            while words and words[0] in PLACES:
                words = words[2:]
            if words and re.fullmatch("[a-z_]+", words[0]):
                found.append(pytest.param(words, id=f"{document.name}: {' '.join(words)[:60]}"))
    return found


def _words(said: str) -> list[str]:
    try:
        return shlex.split(said.strip().rstrip(".,;:\"'"))
    except ValueError:  # cut within a quote
        return said.split()


@pytest.mark.parametrize("words", lines())
def test_a_command_line_of_the_documents_is_one_that_there_is(words: list[str]) -> None:
    name, *rest = words
    actions = dispatch.actions()
    own = group().commands
    assert name in actions or name in own, f"there is no action {name}"
    if name in own:
        command = own[name]
    else:
        action = actions[name]
        command = Command(name, {"summary": action.summary, "schema": action.fields.model_json_schema()})
    known = {each for one in command.params for each in (*one.opts, *one.secondary_opts)}
    known |= {each for one in group().params for each in one.opts} | {"--help"}
    for word in rest:
        if word.startswith("--"):
            assert word.partition("=")[0] in known, f"{name} takes no {word}"
