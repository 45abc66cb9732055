"""Answers on the screen: tables, lines, JSON and CSV; colours on a terminal only.

A table has the columns that its row of `rows` names, all of them at any width:
what is too long is cut; the last column is wrapped, or stands below its row. `--wide` shows
every column whole. Where the output is no terminal and nobody says how wide it
is (COLUMNS), nothing is cut.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chalicelib.ocpi import jsontext
from cli import cells

ENDLESS = 20_000
# Where one column of a table that nobody described is cut.
WIDEST = 60
# The room below which the last column, the one that wraps, stands below its row.
LAST = 32


@dataclass(frozen=True)
class Column:
    """One column: its heading, where its value stands, and as what it is shown."""

    name: str
    path: str
    kind: str = ""

    @classmethod
    def parse(cls, text: str) -> Column:
        """`name`, `name=path.to.it`, `name=@composed`, each with `:kind`."""
        text, _, kind = text.partition(":")
        name, _, path = text.partition("=")
        return cls(name, path or name, kind)

    def value(self, row: Mapping[str, Any], wide: bool = False) -> str:
        if self.path.startswith("@"):
            return cells.printable(cells.COMPOSED[self.path[1:]](row))
        found = cells.at(row, self.path)
        if found is None:
            return ""
        if self.kind == "age" and not wide:
            return cells.age(found)
        if self.kind == "time" and not wide:
            return cells.moment(found)
        if self.kind == "clock" and not wide:
            return cells.clock(found)
        return cells.plain(found)

    def known(self, names: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> bool:
        """Whether the rows have such a thing at all: an older platform may not know it."""
        if self.path.startswith("@"):
            return any(self.value(row) for row in rows)
        return self.path.partition(".")[0] in names

    @property
    def title(self) -> str:
        return self.name.upper().replace("_", " ")

    @property
    def least(self) -> int:
        """The width below which it says nothing: a time or a number is never cut."""
        return ENDLESS if self.kind in ("n", "age", "time", "clock", "whole") else max(8, len(self.name))

    @property
    def stands_below(self) -> bool:
        """Whether a cell stands below its row where not everything has room in it."""
        return self.kind == "below"

    @property
    def right(self) -> bool:
        return self.kind == "n" or self.path in ("@cost", "@claimed", "@computed", "@difference", "@disputed")


def columns(text: str) -> tuple[Column, ...]:
    """The columns that a line names."""
    return tuple(Column.parse(each) for each in text.split())


@dataclass(frozen=True)
class Screen:
    """Where answers go, and how wide it is."""

    wide: bool = False

    def console(self, stderr: bool = False) -> Console:
        stream = sys.stderr if stderr else sys.stdout
        endless = self.wide or (not stream.isatty() and not os.environ.get("COLUMNS", "").isdigit())
        return Console(
            file=stream, width=ENDLESS if endless else None, highlight=False, markup=False, emoji=False
        )

    @property
    def width(self) -> int:
        return self.console().width

    def print(self, *parts: RenderableType) -> None:
        """Print without the blanks that fill a table's last column."""
        console = self.console()
        with console.capture() as captured:
            for part in parts:
                console.print(part)
        write("\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n")

    def note(self, text: str) -> None:
        """Tell people something beside the answer, on standard error."""
        console = self.console(stderr=True)
        console.print(Text(text, style="dim"), soft_wrap=True)

    def table(
        self, rows: Sequence[Mapping[str, Any]], chosen: Sequence[Column] = (), headings: bool = True
    ) -> RenderableType:
        """Rows below each other; the chosen columns, with `wide` those of the data behind them."""
        if not chosen:
            return self._found(rows)
        names = cells.columns_of(rows)
        shown = [each for each in chosen if not rows or each.known(names, rows)]
        if self.wide:
            begun = {each.path.partition(".")[0] for each in chosen}
            shown += [Column(name, name) for name in names if name not in begun]
        texts = [[each.value(row, self.wide) for each in shown] for row in rows]
        titles = [each.title for each in shown]
        natural = [max(map(cell_len, column)) for column in zip(titles, *texts, strict=True)]
        least = [each.least for each in shown]
        if len(shown) > 1 and sum(natural[:-1]) + 2 * len(natural[:-1]) + min(natural[-1], LAST) > self.width:
            inside = [at for at, each in enumerate(shown) if not each.stands_below]
            if not inside or sum(natural[at] for at in inside) + 2 * (len(inside) - 1) > self.width:
                inside = [at for at in inside if at < len(shown) - 1]
            below = [at for at in range(len(shown)) if at not in inside]
            order = [*inside, *below]
            widths = fit([natural[at] for at in inside], [least[at] for at in inside], self.width)
            under = [natural[at] for at in below]
            if 2 + sum(under) + 2 * (len(under) - 1) <= self.width:
                widths += under
            return self._below(
                [shown[at] for at in order],
                [titles[at] for at in order],
                [[line[at] for at in order] for line in texts],
                widths,
                len(inside),
                headings,
            )
        widths = [*natural[:-1], self.width - sum(natural[:-1]) - 2 * len(natural[:-1])]
        table = _table(headings)
        for at, column in enumerate(shown):
            last = at == len(shown) - 1
            table.add_column(
                titles[at],
                no_wrap=not last,
                overflow="fold" if last else "ellipsis",
                justify="right" if column.right else "left",
                width=min(widths[at], natural[at]),
            )
        for line in texts:
            table.add_row(*map(cells.coloured, line))
        return table

    def _below(
        self,
        shown: Sequence[Column],
        titles: Sequence[str],
        texts: Sequence[Sequence[str]],
        widths: Sequence[int],
        many: int,
        headings: bool,
    ) -> RenderableType:
        """A table without room for all its columns: those after so many stand below each row.

        On one line where they have widths, for then they have room there, else each on its own.
        """

        def line(begin: int, found: Sequence[str], style: str) -> RenderableType:
            grid = Table.grid(padding=(0, 2, 0, 0))
            for column, width in zip(shown[begin:], widths[begin : begin + len(found)], strict=False):
                justify: Literal["left", "right"] = "right" if column.right else "left"
                grid.add_column(no_wrap=True, overflow="ellipsis", width=width, justify=justify, style=style)
            grid.add_row(*map(cells.coloured, found))
            return grid

        def part(texts: Sequence[str], style: str) -> Iterator[RenderableType]:
            if any(texts[:many]):
                yield line(0, texts[:many], style)
            if len(widths) > many:
                if any(texts[many:]):
                    yield Padding(line(many, texts[many:], style), (0, 0, 0, 2))
                return
            for each in filter(None, texts[many:]):
                yield Padding(Text(each, style=style, overflow="fold"), (0, 0, 0, 2))

        lines = [*part(titles, "bold")] if headings else []
        return Group(*lines, *(each for found in texts for each in part(found, "")))

    def _found(self, rows: Sequence[Mapping[str, Any]]) -> RenderableType:
        """A table of whatever the rows have; where that has no room, each row as lines of its own."""
        names = [name for name in cells.columns_of(rows) if any(cells.plain(row.get(name)) for row in rows)]
        widest = 0 if self.wide else WIDEST
        texts = [[cells.plain(row.get(name), widest) for name in names] for row in rows]
        widths = [max(map(len, [names[at], *(line[at] for line in texts)])) for at in range(len(names))]
        if sum(widths) + 2 * len(widths) > self.width:
            blocks = [self.fields({name: row.get(name) for name in names if name in row}) for row in rows]
            return Group(*(Padding(each, (0, 0, 1, 0)) for each in blocks))
        table = _table(True)
        for name in names:
            table.add_column(name.upper().replace("_", " "), no_wrap=True)
        for line in texts:
            table.add_row(*map(cells.coloured, line))
        return table

    def fields(self, values: Mapping[str, Any]) -> RenderableType:
        """Names and values beside each other; what has parts is a block of its own."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column(overflow="fold")
        for name, value in values.items():
            if value is not None:
                grid.add_row(cells.printable(str(name)), self._value(value))
        return grid

    def _value(self, value: Any) -> RenderableType:
        if isinstance(value, dict) and value and "party_id" not in value:
            return self.fields(value)
        if isinstance(value, list):
            lines = [cells.plain(each) for each in value]
            together = ", ".join(lines)
            return cells.coloured(together if len(together) <= 100 else "\n".join(lines)) if lines else "none"
        return cells.coloured(cells.plain(value) or "none")

    def heading(self, text: str) -> RenderableType:
        return Text(f"\n{text}", style="bold")


def fit(natural: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Widths of columns that together have room, the widest cut first."""
    widths = list(natural)
    gaps = 2 * (len(widths) - 1)
    floors = [min(width, floor) for width, floor in zip(natural, least, strict=True)]
    for lowest in (floors, [min(each, 3) for each in natural]):
        while sum(widths) + gaps > room:
            at = max(range(len(widths)), key=lambda each: (widths[each] > lowest[each], widths[each]))
            if widths[at] <= lowest[at]:
                break
            widths[at] -= 1
    return widths


def outline(value: Any, depth: int = 0) -> str:
    """All of an object, a line per value, indented by where it stands."""
    pad = "  " * depth
    if isinstance(value, dict) and value:
        lines = []
        for name, each in value.items():
            inside = isinstance(each, dict | list) and bool(each)
            text = f"\n{outline(each, depth + 1)}" if inside else f" {_leaf(each)}"
            lines.append(f"{pad}{cells.printable(str(name))}:{text}")
        return "\n".join(lines)
    if isinstance(value, list) and value:
        return "\n".join(f"{pad}- {outline(each, depth + 1).lstrip()}" for each in value)
    return f"{pad}{_leaf(value)}"


def write(text: str) -> None:
    """To standard output; where its reader has enough, nowhere, also when the interpreter ends."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def as_json(data: Any) -> str:
    """The data as the action gave it, every number with the digits it came with."""
    compact = jsontext.dumps(data)
    import msgspec

    return msgspec.json.format(compact, indent=2)


def as_line(data: Any) -> str:
    return jsontext.dumps(data)


def as_csv(rows: Iterable[Mapping[str, Any]], names: Sequence[str] = ()) -> str:
    """Rows for a spreadsheet, objects by dotted names; `names` are the headings where there are no rows."""
    lines = [cells.flat(row) for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, cells.columns_of(lines) or list(names), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def _leaf(value: Any) -> str:
    if isinstance(value, dict | list):
        return "none"
    return json.dumps(value) if value is None or isinstance(value, bool) else cells.plain(value)


def _table(headings: bool) -> Table:
    return Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=headings, header_style="bold")
