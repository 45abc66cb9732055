"""All commands of the command line: one per action, made when it is asked for, and a few of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from cli import complete, console, fields, rows
from cli.command import Command
from cli.export import export
from cli.options import (
    ALL,
    CSV,
    EVERY,
    FOLLOW,
    JSON,
    PLACES,
    WAIT,
    WATCH,
    WIDE,
    how,
    place,
    places,
    places_first,
    platform,
    where,
)
from cli.run import Request
from cli.show import Screen, as_json, write

ENTRY = Path(__file__).resolve().parent.parent / "manage.py"


class Manage(click.Group):
    """All commands: the platform's actions, `help`, `export` and `completion`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[-1] in PLACES and not ctx.resilient_parsing:
            raise click.BadOptionUsage(args[-1], f"Option {args[-1]!r} requires an argument.", ctx)
        return super().parse_args(ctx, places_first(args))

    def list_commands(self, ctx: click.Context) -> list[str]:
        known = (
            complete.actions(platform(ctx), where(ctx)) if ctx.resilient_parsing else platform(ctx).actions()
        )
        return [*known, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        name = cmd_name.replace("-", "_")
        known = (
            complete.actions(platform(ctx), where(ctx)) if ctx.resilient_parsing else platform(ctx).actions()
        )
        return Command(name, known[name]) if name in known and name != "help" else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        found = self.get_command(ctx, args[0])
        if found is None and not ctx.resilient_parsing and not args[0].startswith("-"):
            raise click.exceptions.NoSuchCommand(
                args[0],
                f"there is no action {args[0]!r}; `manage.py help` lists them.",
                possibilities=self.list_commands(ctx),
                ctx=ctx,
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write_paragraph()
        formatter.write_text("`manage.py help` lists the actions, `manage.py help ACTION` shows one.")


def _help(ctx: click.Context, action: str | None) -> int:
    """The actions by topic, or one of them."""
    group = ctx.find_root()
    wanted = how(ctx)
    if action:
        assert isinstance(group.command, Manage)
        _, found, _ = group.command.resolve_command(group, [action])
        assert found is not None
        write(found.get_help(click.Context(found, group, action)) + "\n")
        return 0
    known = platform(ctx).actions()
    if wanted.json:
        write(as_json({"actions": known}) + "\n")
        return 0
    own = {name: command.get_short_help_str(200) for name, command in group.command.commands.items()}  # type: ignore[attr-defined]
    summaries = {**{name: action["summary"] for name, action in known.items()}, **own}
    topics = {**{name: rows.row(name).topic for name in summaries}, "export": "Objects"}
    widest = max(map(len, summaries))
    screen = Screen(wanted.wide)
    for topic in rows.TOPICS:
        names = [name for name in summaries if topics[name] == topic]
        if not names:
            continue
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True, width=widest + 2)
        table.add_column(overflow="fold")
        for name in names:
            table.add_row(f"  {name}", summaries[name])
        screen.print(screen.heading(topic), table)
    screen.print(Text("\n`manage.py help ACTION` shows the fields of one, and examples.", style="dim"))
    return 0


def group() -> Manage:
    """All commands, with the options that say which platform is meant."""
    made = Manage(
        "manage.py",
        help="Operate an OCPI platform: every action of its operator function is a command.",
        params=[
            *places(read=True),
            JSON,
            CSV,
            WIDE,
            WATCH,
            FOLLOW,
            EVERY,
            ALL,
            WAIT,
        ],
        no_args_is_help=True,
    )
    made.add_command(
        click.Command(
            "help",
            help="every action, or the fields of one",
            params=[click.Argument(["action"], required=False), JSON, WIDE, *places()],
            callback=click.pass_context(lambda ctx, action, **more: _help(ctx, action)),
        )
    )
    made.add_command(_export())
    made.add_command(console.command(place))
    made.add_command(
        click.Command(
            "completion",
            help='eval "$(manage.py completion bash)" makes the command `ocpi`, completed with Tab',
            params=[click.Argument(["shell"], type=click.Choice(complete.SHELLS))],
            callback=lambda shell: click.echo(complete.script(shell, made, ENTRY)),
        )
    )
    return made


def _export() -> click.Command:
    @click.pass_context
    def callback(ctx: click.Context, /, module: str, month: str, output: str, **more: Any) -> int:
        named = {name: more[name] for name in ("party", "date_from", "date_to", "version") if more.get(name)}
        for name in ("date_from", "date_to"):
            if name in named:
                named[name] = fields.when(named[name])
        if month and {"date_from", "date_to"} & set(named):
            raise click.UsageError("either --month or --date-from and --date-to", ctx)
        request = Request(platform(ctx), "export", rows.row("list"), {"module": module, **named}, how(ctx))
        return export(request, month or "", output or "")

    return click.Command(
        "export",
        help="all objects of a module into a file: CSV, or JSON by the file's name",
        epilog="Example: manage.py export cdrs --month 2026-10 -o october.csv",
        params=[
            click.Argument(["module"]),
            click.Option(
                ["--month"],
                metavar="2026-10",
                help="CDRs and Sessions that ended in it, others updated in it",
            ),
            click.Option(["--party"], metavar="NL/EXA|own|all", help="whose"),
            click.Option(["--date-from"], metavar="TIME", help="updated at or after it"),
            click.Option(["--date-to"], metavar="TIME", help="updated before it"),
            click.Option(["--version"], help="the OCPI version to write them in"),
            click.Option(["-o", "--output"], metavar="FILE", help="default: standard output"),
            JSON,
            CSV,
            *places(),
        ],
        callback=callback,
    )
