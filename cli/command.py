"""The command of one action: its options and arguments from the action's schema, its answer shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from cli import bulk, complete, fields, files, options, rows
from cli.options import ALL, CSV, EVERY, FOLLOW, JSON, WAIT, WATCH, WIDE, platform
from cli.run import Request


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
        return found + options.places()

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
        wanted = options.how(ctx)
        allowed = {(each.name or "")[2:] for each in self._outputs()}
        for name in ("watch", "follow", "all", "wait"):
            if getattr(wanted, name) and name not in allowed:
                raise click.UsageError(f"{self.name} does not go with --{name}", ctx)
        values, rest = self._values(given)
        values |= self._pairs(rest, values)
        named = self._named_files(rest, values)
        self._require(values, named, ctx)
        try:
            found = files.objects(named, given.get("__map") or "")
        except files.Unreadable as problem:
            raise click.UsageError(str(problem), ctx) from None
        request = Request(platform(ctx), str(self.name), self.row, values, wanted)
        if named and self.row.file == "object":
            return bulk.put(request, found, self.schema)
        if len(found) > 1:
            return bulk.each(request, found)
        if found:
            request = Request(
                request.platform, request.action, self.row, {**values, self.row.file: found[0].value}, wanted
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
