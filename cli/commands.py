"""The commands themselves: one per action, made when it is asked for, and a few of our own."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem
from rich.table import Table
from rich.text import Text

from cli import ask, bulk, complete, console, fields, files, rows
from cli.export import export
from cli.run import How, Request
from cli.show import Screen, as_json, write

URL = "http://127.0.0.1:8000"
ENTRY = Path(__file__).resolve().parent.parent / "manage.py"

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


class Manage(click.Group):
    """All commands: the platform's actions, `help`, `export` and `completion`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        known = (
            complete.actions(platform(ctx), _where(ctx)) if ctx.resilient_parsing else platform(ctx).actions()
        )
        return [*known, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        name = cmd_name.replace("-", "_")
        known = (
            complete.actions(platform(ctx), _where(ctx)) if ctx.resilient_parsing else platform(ctx).actions()
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


class Command(click.Command):
    """The command of one action."""

    def __init__(self, name: str, action: Mapping[str, Any]) -> None:
        self.row = rows.row(name)
        self.schema = action["schema"]
        self.fields = fields.of(self.schema, self.row.secret)
        self.takes_files = bool(self.row.file) and any(
            each.name in (self.row.file, f"{self.row.file}s") for each in self.fields
        )
        known = {each.name for each in self.fields}
        params: list[click.Parameter] = [_option(each) for each in self.fields]
        if self.row.file == "object":
            params.append(
                click.Option(
                    ["--map", "__map"], metavar="FILE", help="which columns of a CSV file are which fields"
                )
            )
        params += [each for each in self._outputs() if (each.name or "")[2:] not in known]
        params.append(
            click.Argument(
                ["__rest"],
                nargs=-1,
                type=click.UNPROCESSED,
                metavar=self._usage(),
                shell_complete=self._complete_place,
            )
        )
        super().__init__(
            name,
            params=params,
            help=action.get("summary", ""),
            callback=None,
            context_settings={"max_content_width": 120},
        )

    def _outputs(self) -> list[click.Option]:
        """The options of how the answer is wanted that make sense here."""
        row, known = self.row, self.schema.get("properties", {})
        lists = "limit" in known or (bool(row.columns) and not self.takes_files and not row.wait)
        found = [JSON, CSV, WIDE]
        found += [WATCH, EVERY] if lists or row.watch else []
        found += [FOLLOW] if lists else []
        found += [ALL] if "cursor" in known else []
        found += [WAIT] if row.wait else []
        return found

    def _usage(self) -> str:
        words = [each.upper() for each in self._places(required=True)]
        words += [f"[{each.upper()}]" for each in self._places(required=False)]
        words += ["[FILE|FOLDER|-]..."] if self.takes_files else []
        words += ["[FIELD=VALUE]..."] if self.row.pairs else []
        return " ".join(words)

    def _places(self, required: bool) -> list[str]:
        """The fields that are given by their place."""
        if required:
            plain = ("text", "either", "integer", "time")
            return [each.name for each in self.fields if each.required and each.kind in plain]
        names = {each.name for each in self.fields if not each.required or each.kind == "list"}
        return [each for each in self.row.positional if each in names]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.obj = ctx.find_root()
        return super().parse_args(ctx, fields.spread(args))

    def invoke(self, ctx: click.Context) -> int:
        given = dict(ctx.params)
        how = _how(ctx)
        allowed = {(each.name or "")[2:] for each in self._outputs()}
        for name in ("watch", "follow", "all", "wait"):
            if getattr(how, name) and name not in allowed:
                raise click.UsageError(f"{self.name} does not go with --{name}", ctx)
        values, rest = self._values(given)
        values |= self._pairs(rest, values)
        named = self._named_files(rest, values)
        self._require(values, named, ctx)
        try:
            found = files.objects(named, given.get("__map") or "")
        except files.Unreadable as problem:
            raise click.UsageError(str(problem), ctx) from None
        request = Request(platform(ctx), str(self.name), self.row, values, how)
        if named and self.row.file == "object":
            return bulk.put(request, found, self.schema)
        if len(found) > 1:
            return bulk.each(request, found)
        if found:
            request = Request(
                request.platform, request.action, self.row, {**values, self.row.file: found[0].value}, how
            )
        return request.perform()

    def _values(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
        """The fields given by name and by place, and the arguments that are neither."""
        by_name = {each.name: each for each in self.fields}
        values = {
            name: fields.convert(field, given[name])
            for name, field in by_name.items()
            if field.kind != "secret" and given.get(name) not in (None, ())
        }
        rest = list(given["__rest"])
        for required in (True, False):
            for name in self._places(required):
                if name in values or not rest:
                    continue
                if not required and self.takes_files and files.looks_like_file(rest[0]):
                    continue
                if by_name[name].kind == "list":
                    values[name], rest = fields.convert(by_name[name], tuple(rest)), []
                else:
                    values[name] = _chosen(by_name[name], rest.pop(0))
        return values, rest

    def _pairs(self, rest: list[str], values: Mapping[str, Any]) -> dict[str, Any]:
        """`status=REMOVED` as the field of the row that holds such pairs."""
        pairs = [each for each in rest if self.row.pairs and "=" in each and not files.looks_like_file(each)]
        rest[:] = [each for each in rest if each not in pairs]
        if not pairs:
            return {}
        changes = dict(values.get(self.row.pairs) or {})
        for each in pairs:
            name, _, text = each.partition("=")
            try:
                changes[name] = files.value(text)
            except (ValueError, files.Unreadable):
                changes[name] = text
        return {self.row.pairs: changes}

    def _named_files(self, rest: list[str], values: Mapping[str, Any]) -> list[str]:
        if rest and not self.takes_files:
            secret = next((each for each in self.fields if each.kind == "secret"), None)
            if secret is not None:
                fields.secret(secret, "given")
            raise click.UsageError(
                f"one argument too many: {rest[0]!r}; this takes {self._usage() or 'none'}"
            )
        return rest

    def _require(self, values: dict[str, Any], named: Sequence[str], ctx: click.Context) -> None:
        """Ask for what is secret; refuse where something that is required is missing."""
        missing = [
            each
            for each in self.fields
            if each.required
            and each.kind != "secret"
            and each.name not in values
            and not (named and each.name in (self.row.file, f"{self.row.file}s"))
        ]
        given = named or {"object", "objects"} & set(values)
        if not missing and self.takes_files and self.row.file == "object" and not given:
            raise click.UsageError("a FILE, a folder or - is required", ctx)
        if missing:
            names = ", ".join(each.name for each in missing)
            raise click.UsageError(f"{names} {'is' if len(missing) == 1 else 'are'} required", ctx)
        for each in self.fields:
            if each.kind == "secret" and (each.required or ctx.params.get(each.name) is not None):
                values[each.name] = fields.secret(each, ctx.params.get(each.name))

    def _complete_place(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """What may stand in the place where the cursor is."""
        places = self._places(True) + self._places(False)
        at = len(ctx.params.get("__rest") or ())
        field = next((each for each in self.fields if at < len(places) and each.name == places[at]), None)
        if field is None:
            return [CompletionItem(incomplete, type="file")] if self.takes_files else []
        if field.name == "partner":
            return complete.partners(platform(ctx), incomplete)
        return _begun(field, incomplete)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        if self.row.examples:
            with formatter.section("Examples"):
                formatter.write("".join(f"  manage.py {each}\n" for each in self.row.examples))


def _option(field: fields.Field) -> click.Option:
    """One field as an option."""
    if field.kind == "boolean":
        names = [f"{field.option}/--no-{field.option[2:]}", field.name]
        return click.Option(names, default=None, help=field.described or None)
    more: dict[str, Any] = {"multiple": field.kind in ("roles", "list")}
    if field.choices:
        more["type"] = click.Choice(field.choices, case_sensitive=False)
        more["shell_complete"] = lambda ctx, param, begun: _begun(field, begun)
    metavar = {
        "json": "JSON|FILE|-",
        "roles": "ROLE/CC/PID",
        "secret": "-",
        "time": "TIME",
        "either": "TEXT",
        "integer": "NUMBER",
    }
    if field.kind in metavar:
        more["metavar"] = metavar[field.kind]
    if field.name == "partner":
        more["shell_complete"] = lambda ctx, param, incomplete: complete.partners(platform(ctx), incomplete)
    return click.Option([field.option, field.name], help=field.described or None, **more)


def _begun(field: fields.Field, text: str) -> list[CompletionItem]:
    """The choices that begin so, in any case."""
    return [CompletionItem(each) for each in field.choices if each.lower().startswith(text.lower())]


def _chosen(field: fields.Field, text: str) -> Any:
    """A value given by its place; one of a choice is checked as its option would be."""
    if field.choices:
        text = str(click.Choice(field.choices, case_sensitive=False).convert(text, None, None))
    return fields.convert(field, text)


def _how(ctx: click.Context) -> How:
    """How the answer is wanted, as said before or after the action."""
    said: dict[str, Any] = {}
    for params in (ctx.find_root().params, ctx.params):
        said |= {name[2:]: value for name, value in params.items() if name.startswith("__") and value}
    named = {
        name: said[name]
        for name in ("json", "csv", "wide", "watch", "follow", "every", "all", "wait")
        if name in said
    }
    how = How(**named)
    if how.json and how.csv:
        raise click.UsageError("either --json or --csv", ctx)
    if how.watch and how.follow:
        raise click.UsageError("either --watch or --follow", ctx)
    return how


def platform(ctx: click.Context) -> ask.Platform:
    """The platform that the options name."""
    root = ctx.find_root()
    if "platform" not in root.meta:
        seconds = 2.0 if root.resilient_parsing else ask.SECONDS
        function, url = _place(root)
        invoke = ask.by_function(function, seconds) if function else ask.by_url(url, seconds)
        root.meta["platform"] = ask.Platform(invoke)
    found: ask.Platform = root.meta["platform"]
    return found


def _where(ctx: click.Context) -> str:
    return " ".join(_place(ctx.find_root()))


def _place(root: click.Context) -> tuple[str, str]:
    """The function, or "" and the URL; what the arguments say goes before the environment."""
    function, url = root.params.get("function"), root.params.get("url")
    if function and url:
        raise click.UsageError("either --url or --function", root)
    if not function and not url:
        function, url = os.environ.get("OCPI_FUNCTION"), os.environ.get("OCPI_URL")
    return function or "", url or URL


def _help(ctx: click.Context, action: str | None) -> int:
    """The actions by topic, or one of them."""
    group = ctx.find_root()
    how = _how(ctx)
    if action:
        assert isinstance(group.command, Manage)
        _, found, _ = group.command.resolve_command(group, [action])
        assert found is not None
        write(found.get_help(click.Context(found, group, action)) + "\n")
        return 0
    known = platform(ctx).actions()
    if how.json:
        write(as_json({"actions": known}) + "\n")
        return 0
    own = {name: command.get_short_help_str(200) for name, command in group.command.commands.items()}  # type: ignore[attr-defined]
    summaries = {**{name: action["summary"] for name, action in known.items()}, **own}
    topics = {**{name: rows.row(name).topic for name in summaries}, "export": "Objects"}
    widest = max(map(len, summaries))
    screen = Screen(how.wide)
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
            click.Option(["--url"], help=f"of a platform; OCPI_URL, or {URL}"),
            click.Option(["--function"], help="a deployed operator function; OCPI_FUNCTION"),
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
            params=[click.Argument(["action"], required=False), JSON, WIDE],
            callback=click.pass_context(lambda ctx, action, **more: _help(ctx, action)),
        )
    )
    made.add_command(_export())
    made.add_command(console.command(_place))
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
        request = Request(platform(ctx), "export", rows.row("list"), {"module": module, **named}, _how(ctx))
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
        ],
        callback=callback,
    )
