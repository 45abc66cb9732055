"""Doing what a command says: ask once, page by page, again and again, or until something has ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.text import Text

from cli import answers
from cli.ask import Platform, Refused, Unreachable
from cli.progress import Progress
from cli.rows import Row
from cli.show import Screen, as_csv, as_json, as_line, write

# What an answer says of a page beside its list.
OF_A_PAGE = {"cursor", "total", "incomplete"}
ENDED = ("COMPLETED", "FAILED", "CONCLUDED", "TIMEOUT")


@dataclass(frozen=True)
class How:
    """How the answer is wanted."""

    json: bool = False
    csv: bool = False
    wide: bool = False
    watch: bool = False
    follow: bool = False
    every: float = 2.0
    all: bool = False
    wait: bool = False

    @property
    def screen(self) -> Screen:
        return Screen(self.wide)


@dataclass(frozen=True)
class Request:
    """One action with its fields, to be asked of a platform and shown."""

    platform: Platform
    action: str
    row: Row
    fields: Mapping[str, Any]
    how: How

    def perform(self) -> int:
        """Ask and show; 1 where something was refused, else 0."""
        if self.how.follow:
            return self._again(self._followed())
        if self.how.watch:
            return self._again(self._watched())
        data = self._everything() if self.how.all else self.platform.ask(self.action, self.fields)
        failed = self.row.failed(data)
        if self.how.wait and self.row.wait and not failed:
            data = _WAITS[self.row.wait](self, data)
            failed = failed or _ended_badly(data)
        self.show(data)
        return int(failed)

    def show(self, data: Any) -> None:
        """The answer as it is wanted."""
        if self.how.json:
            write(as_json(data) + "\n")
            return
        if self.how.csv:
            write(self._spreadsheet(data))
        else:
            screen, show = self.how.screen, self.row.show
            module = str(self.fields.get("module") or "")
            screen.print(
                *(show(screen, data) if show else answers.people(screen, data, self.row.columns, module))
            )
        self._more(data)

    def _spreadsheet(self, data: Any) -> str:
        ready = data.get("csv") if isinstance(data, Mapping) else None
        if isinstance(ready, str):
            return ready if ready.endswith("\n") else ready + "\n"
        lists = dict(answers.named(data))
        wanted = [name.partition("/")[0] for name in self.row.columns if name.partition("/")[0] in lists]
        of_one = bool(data.keys() - lists.keys() - OF_A_PAGE) if isinstance(data, Mapping) else True
        if wanted or (lists and not of_one):
            name = (wanted or list(lists))[0]
            module = self.fields.get("module")
            chosen = self.row.columns.get(f"{name}/{module}") or self.row.columns.get(name, ())
            return as_csv(lists[name], [each.path for each in chosen if not each.path.startswith("@")])
        return as_csv([data if isinstance(data, dict) else {"answer": data}])

    def _more(self, data: Any) -> None:
        """Say that there is more than was shown, and how to see it."""
        if not isinstance(data, Mapping) or not data.get("cursor"):
            return
        shown = sum(len(rows) for _, rows in answers.named(data))
        total = data.get("total")
        of = f"{shown} of {total:,}" if isinstance(total, int) else f"the first {shown}"
        self.how.screen.note(f"{of}; the next: --cursor {data['cursor']} (or --all)")

    def _everything(self) -> Any:
        """All pages of a list as one answer."""
        pages = list(self.pages())
        whole = dict(pages[0])
        for page in pages[1:]:
            for name, rows in answers.named(page):
                whole[name] = [*whole.get(name, []), *rows]
        return {name: value for name, value in whole.items() if name != "cursor"}

    def pages(self) -> Iterator[Any]:
        """The answers page by page, with a bar where that takes long."""
        fields, seen = dict(self.fields), 0
        with Progress(f"{self.action} {self.fields.get('module') or ''}".strip()) as progress:
            while True:
                page = self.platform.ask(self.action, fields)
                yield page
                seen += sum(len(rows) for _, rows in answers.named(page))
                progress.show(seen, page.get("total") if isinstance(page, Mapping) else None)
                cursor = page.get("cursor") if isinstance(page, Mapping) else None
                if not cursor or cursor == fields.get("cursor"):
                    return
                fields["cursor"] = cursor

    def _again(self, rounds: Iterator[None]) -> int:
        """Go on until Ctrl-C, also over a platform that is away for a while."""
        try:
            for _ in rounds:
                time.sleep(max(0.1, self.how.every))
        except KeyboardInterrupt:
            pass
        return 0

    def _watched(self) -> Iterator[None]:
        """The answer, anew on a cleared screen each time."""
        console = self.how.screen.console()
        while True:
            try:
                data = self.platform.ask(self.action, self.fields)
            except Unreachable as problem:
                self.how.screen.note(str(problem))
                yield
                continue
            if console.is_terminal:
                console.clear()
                now = time.strftime("%H:%M:%S")
                console.print(Text(f"{self.action}, every {self.how.every:g} s, at {now}\n", style="dim"))
            self.show(data)
            yield

    def _followed(self) -> Iterator[None]:
        """What the list did not have the last time, as it comes; a row that changes comes again."""
        seen: dict[str, None] = {}
        headings = True
        while True:
            try:
                data = self.platform.ask(self.action, self.fields)
            except Unreachable as problem:
                self.how.screen.note(str(problem))
                yield
                continue
            lists = [(name, rows) for name, rows in answers.named(data) if rows]
            for name, rows in lists[:1]:
                fresh = [each for each in rows if as_line(each) not in seen]
                seen = {as_line(each): None for each in rows}
                if self.row.newest_first:
                    fresh.reverse()
                if fresh:
                    self._new(name, fresh, headings)
                    headings = False
            yield

    def _new(self, name: str, rows: list[dict[str, Any]], headings: bool) -> None:
        if self.how.json:
            write("\n".join(map(as_line, rows)) + "\n")
        elif self.how.csv:
            write(as_csv(rows) if headings else as_csv(rows).partition("\n")[2])
        else:
            chosen = self.row.columns.get(f"{name}/{self.fields.get('module')}") or self.row.columns.get(
                name, ()
            )
            self.how.screen.print(self.how.screen.table(rows, chosen, headings))


def _pulled(request: Request, data: Any) -> Any:
    """The pulls that were begun, when they have ended."""
    begun = data.get("pulls", [data])
    ids = {each["id"] for each in begun}
    with Progress("pull") as progress:
        while True:
            now = request.platform.ask("pulls", {"partner": request.fields["partner"]})["pulls"]
            mine = [each for each in now if each["id"] in ids]
            totals = [each.get("total") for each in mine]
            progress.show(
                sum(each.get("objects") or 0 for each in mine),
                sum(each for each in totals if each is not None) if None not in totals else None,
            )
            if all(each.get("state") in ENDED for each in mine):
                return {"pulls": mine}
            time.sleep(request.how.every / 4)


def _concluded(request: Request, data: Any) -> Any:
    """The command or profile request, when its result is there."""
    found = data
    with Progress(f"{request.action} awaits its result") as progress:
        while isinstance(found, Mapping) and found.get("id") and found.get("state") not in ENDED:
            progress.show(0, None)
            time.sleep(request.how.every / 4)
            found = request.platform.ask("command", {"id": data["id"]})
            found = found.get("command", found) if isinstance(found.get("command"), dict) else found
    return found


_WAITS: Mapping[str, Callable[[Request, Any], Any]] = {"pull": _pulled, "command": _concluded}


def _ended_badly(data: Any) -> bool:
    if not isinstance(data, Mapping):
        return False
    if any(each.get("state") == "FAILED" for each in data.get("pulls") or []):
        return True
    result = data.get("result")
    word = result.get("result") if isinstance(result, Mapping) else result
    return isinstance(word, str) and word != "ACCEPTED"


__all__ = ["How", "Refused", "Request"]
