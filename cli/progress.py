"""How far long work is, on standard error and only where somebody watches a terminal."""

from __future__ import annotations

import sys
from types import TracebackType

from rich import progress as bars
from rich.console import Console


class Progress:
    """A bar with a name; without a known total it only shows that something goes on."""

    def __init__(self, name: str, total: int | None = None) -> None:
        self._bar = bars.Progress(
            bars.TextColumn("{task.description}", markup=False),
            bars.BarColumn(),
            bars.MofNCompleteColumn(),
            bars.TimeElapsedColumn(),
            console=Console(file=sys.stderr, markup=False, highlight=False),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task(name, total=total)

    def show(self, done: int, total: int | None) -> None:
        self._bar.update(self._task, completed=done, total=total)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
