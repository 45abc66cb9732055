"""Completion in the shell: `eval "$(python manage.py completion bash)"` makes the command `ocpi`, with Tab.

What a platform offers is remembered for completion, so that Tab does not ask it each time.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import sys
import time
from pathlib import Path
from typing import Any

import click
from click import shell_completion

from cli.ask import Platform, Refused, Unreachable

SHELLS = ("bash", "zsh", "fish")
NAME = "ocpi"
VARIABLE = "_OCPI_COMPLETE"
SECONDS = 600


def script(shell: str, command: click.Command, entry: Path) -> str:
    """What the shell has to evaluate: the command `ocpi`, and how its words are completed."""
    kind = shell_completion.get_completion_class(shell)
    assert kind is not None
    made = kind(command, {}, NAME, VARIABLE)
    source = made.source_template % made.source_vars()
    run = f"{shlex.quote(sys.executable)} {shlex.quote(str(entry))}"
    asks = (f"={shell}_complete $1", f"={shell}_complete {NAME}", f"COMP_CWORD=(commandline -t) {NAME}")
    for each in asks:
        source = source.replace(each, f"{each.rpartition(' ')[0]} {run}")
    source = source.replace(f"(( ! $+commands[{NAME}] )) && return 1", "")
    begin = f"function {NAME}; {run} $argv; end\n" if shell == "fish" else f'{NAME}() {{ {run} "$@"; }}\n'
    return begin + source


def actions(platform: Platform, where: str) -> dict[str, Any]:
    """The actions with their schemas, as they were some minutes ago; none where the platform is away."""
    remembered = _file(where)
    try:
        if time.time() - remembered.stat().st_mtime < SECONDS:
            return dict(json.loads(remembered.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        pass
    try:
        found = platform.actions()
    except (Unreachable, Refused):
        return {}
    remember(where, found)
    return found


def remember(where: str, found: dict[str, Any]) -> None:
    """Keep what the platform offers for the next completion; where that cannot be, it is asked again."""
    try:
        file = _file(where)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(found), encoding="utf-8")
    except OSError:
        pass


def partners(platform: Platform, begun: str) -> list[shell_completion.CompletionItem]:
    """Names and ids of partners that begin so."""
    try:
        found = platform.partners()
    except (Unreachable, Refused):
        return []
    return [
        shell_completion.CompletionItem(str(each["id"]), help=str(each.get("name") or ""))
        for each in found
        if any(str(each.get(name) or "").casefold().startswith(begun.casefold()) for name in ("id", "name"))
    ]


def _file(where: str) -> Path:
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return home / "ocpi" / f"{hashlib.sha256(where.encode()).hexdigest()[:16]}.json"
