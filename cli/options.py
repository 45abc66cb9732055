"""The options that several commands share: which platform is meant, and how its answer is wanted."""

from __future__ import annotations

import os
from typing import Any

import click

from cli import ask
from cli.run import How

URL = "http://127.0.0.1:8000"

# The options that say which platform is meant.
PLACES = ("--url", "--function")

JSON, CSV, WIDE, WATCH, FOLLOW, EVERY, ALL, WAIT = (
    click.Option(["--json", "__json"], is_flag=True, help="the answer as JSON, for machines"),
    click.Option(["--csv", "__csv"], is_flag=True, help="the answer as CSV, for a spreadsheet"),
    click.Option(["--wide", "__wide"], is_flag=True, help="every column, nothing cut"),
    click.Option(["--watch", "__watch"], is_flag=True, help="ask again and again, until Ctrl-C"),
    click.Option(["--follow", "__follow"], is_flag=True, help="what is new, as it comes, until Ctrl-C"),
    click.Option(["--every", "__every"], type=float, metavar="SECONDS", help="between them; default 2"),
    click.Option(["--all", "__all"], is_flag=True, help="all pages"),
    click.Option(["--wait", "__wait"], is_flag=True, help="wait until it has ended"),
)


def places(read: bool = False) -> list[click.Option]:
    """The options that say which platform is meant; a command only names them, the group has `read` them."""
    described = (f"of a platform; OCPI_URL, or {URL}", "a deployed operator function; OCPI_FUNCTION")
    metavars = ("URL", "NAME")
    return [
        click.Option([name], metavar=metavar, help=text, expose_value=read)
        for name, metavar, text in zip(PLACES, metavars, described, strict=True)
    ]


def places_first(arguments: list[str]) -> list[str]:
    """The arguments with the platform before the action: which actions there are is asked of it."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    first: list[str] = []
    rest: list[str] = []
    words = arguments[:end]
    while words:
        word = words.pop(0)
        name, sign, _ = word.partition("=")
        if name in PLACES and (sign or words):
            first += [word] if sign else [word, words.pop(0)]
        else:
            rest.append(word)
    return [*first, *rest, *arguments[end:]]


def how(ctx: click.Context) -> How:
    """How the answer is wanted, as said before or after the action."""
    said: dict[str, Any] = {}
    for params in (ctx.find_root().params, ctx.params):
        said |= {name[2:]: value for name, value in params.items() if name.startswith("__") and value}
    named = {
        name: said[name]
        for name in ("json", "csv", "wide", "watch", "follow", "every", "all", "wait")
        if name in said
    }
    found = How(**named)
    if found.json and found.csv:
        raise click.UsageError("either --json or --csv", ctx)
    if found.watch and found.follow:
        raise click.UsageError("either --watch or --follow", ctx)
    return found


def platform(ctx: click.Context) -> ask.Platform:
    """The platform that the options name."""
    root = ctx.find_root()
    if "platform" not in root.meta:
        seconds = 2.0 if root.resilient_parsing else ask.SECONDS
        function, url = place(root)
        invoke = ask.by_function(function, seconds) if function else ask.by_url(url, seconds)
        root.meta["platform"] = ask.Platform(invoke)
    found: ask.Platform = root.meta["platform"]
    return found


def where(ctx: click.Context) -> str:
    """The platform that is meant in one word, by which answers are remembered."""
    return " ".join(place(ctx.find_root()))


def place(root: click.Context) -> tuple[str, str]:
    """The function, or "" and the URL; what the arguments say goes before the environment."""
    function, url = root.params.get("function"), root.params.get("url")
    if function and url:
        raise click.UsageError("either --url or --function", root)
    if not function and not url:
        function, url = os.environ.get("OCPI_FUNCTION"), os.environ.get("OCPI_URL")
    return function or "", url or URL
