"""Running the command line: what it answers to the shell, and how it says what went wrong.

0: done. 1: something was refused, or the platform could not be asked. 2: wrong usage.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click
from rich.text import Text

from cli import complete
from cli.ask import Refused, Unreachable
from cli.commands import group
from cli.show import Screen, as_line, write

REFUSED, WRONG, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        status = group().main(given, "manage.py", complete_var=complete.VARIABLE, standalone_mode=False)
        write("")
        return status if isinstance(status, int) else 0
    except click.exceptions.NoArgsIsHelpError as problem:
        click.echo(problem.format_message())
        return WRONG
    except click.ClickException as problem:
        problem.show()
        return WRONG
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except Refused as problem:
        _say(as_line({"error": problem.error}) if "--json" in given else str(problem))
        return REFUSED
    except Unreachable as problem:
        _say(str(problem))
        return REFUSED


def _say(text: str) -> None:
    Screen().console(stderr=True).print(Text(text, style="red"), soft_wrap=True)
