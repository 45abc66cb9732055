"""`export`: every object of a module into a file, a page at a time.

Of a month, CDRs and Sessions are those that ended in it (UTC), as a statement
has them; others those that were updated in it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import click

from cli.run import Request
from cli.show import as_csv, as_line

PAGE = 1000
BY_END = ("cdrs", "sessions")


@dataclass(frozen=True)
class Span:
    """From a time, to a time that does not belong to it any more; "" is open."""

    begin: str = ""
    end: str = ""

    @classmethod
    def month(cls, text: str) -> Span:
        """`2026-10`. Raises click.BadParameter."""
        if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", text):
            raise click.BadParameter(f"{text!r} is no month, such as 2026-10", param_hint="--month")
        begin = datetime.fromisoformat(f"{text}-01")
        after = (begin + timedelta(days=32)).replace(day=1)
        return cls(f"{begin:%Y-%m-%dT%H:%M:%SZ}", f"{after:%Y-%m-%dT%H:%M:%SZ}")

    def has(self, row: Mapping[str, Any]) -> bool:
        """Whether a CDR or Session ended in it; one that goes on counts by its last change."""
        ended = _in_utc(str(row.get("end_date_time") or row.get("last_updated") or ""))
        return _in_utc(self.begin) <= ended and (not self.end or ended < _in_utc(self.end))


def _in_utc(moment: str) -> str:
    """A time as text that sorts, whatever its fractions and its offset; what is no time stays as it is."""
    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        return moment
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return f"{found:%Y-%m-%dT%H:%M:%S.%f}"


def export(request: Request, month: str, output: str) -> int:
    """Write them all; always 0, since what cannot be read raises."""
    span = Span.month(month) if month else Span()
    module = str(request.fields["module"])
    fields = {"limit": PAGE, **request.fields}
    by_end = bool(month) and module in BY_END
    if span.begin:
        # An end is never later than the change that told of it, clocks apart.
        early = datetime.fromisoformat(span.begin) - timedelta(days=1 if by_end else 0)
        fields["date_from"] = f"{early:%Y-%m-%dT%H:%M:%SZ}"
    if span.end and not by_end:
        fields["date_to"] = span.end
    asked = replace(request, action="list", fields=fields)
    rows = (row for page in asked.pages() for row in page.get("objects", []) if not by_end or span.has(row))
    count = 0
    with _opened(output) as file:
        kind = _kind(request, output)
        if kind == "csv":
            found = list(rows)
            count = len(found)
            file.write(as_csv(found, ("country_code", "party_id", "id", "last_updated")))
        else:
            for row in rows:
                text = as_line(row)
                file.write(f"{',' if count else '['}\n{text}" if kind == "json" else f"{text}\n")
                count += 1
            file.write(("\n" if count else "[") + "]\n" if kind == "json" else "")
    if output and output != "-":
        request.how.screen.note(f"{count} {module} in {output}")
    return 0


def _kind(request: Request, output: str) -> str:
    """json, jsonl or csv, by the option or the file's name; csv otherwise."""
    if request.how.json:
        return "json"
    suffix = Path(output).suffix.lower()
    return (
        {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl"}.get(suffix, "csv")
        if not request.how.csv
        else "csv"
    )


@contextmanager
def _opened(output: str) -> Iterator[TextIO]:
    """Standard output, or a file that appears whole or not at all."""
    if not output or output == "-":
        yield sys.stdout
        sys.stdout.flush()
        return
    target = Path(output)
    part = target.with_name(target.name + ".part")
    try:
        with part.open("w", encoding="utf-8", newline="") as file:
            yield file
        part.replace(target)
    except OSError as problem:
        raise click.UsageError(f"{output}: {problem.strerror or problem}") from None
    finally:
        part.unlink(missing_ok=True)
