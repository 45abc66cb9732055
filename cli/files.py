"""Objects out of files, folders and standard input, each with where it was found."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.ocpi import jsontext
from cli import tabular

LINES = (".jsonl", ".ndjson")
TYPES = (".json", ".csv", *LINES)


class Unreadable(Exception):
    """A file that cannot be read, or is not what it should be; the message names it."""


@dataclass(frozen=True)
class Found:
    """One object: the file, and its place in the file where that holds several (-1: alone)."""

    value: Any
    file: str
    index: int = -1

    @property
    def place(self) -> str:
        return self.file if self.index < 0 else f"{self.file}[{self.index}]"


def looks_like_file(word: str) -> bool:
    """Whether an argument means a file: there is one, or its name says so."""
    return word == "-" or Path(word).suffix.lower() in TYPES or (bool(word) and Path(word).exists())


def objects(names: Sequence[str], mapping: str = "") -> list[Found]:
    """Every object of the files; of a folder, those of the files in it, in the order of their names."""
    return [found for name in names for found in _objects(name, mapping)]


def value(given: str) -> Any:
    """JSON as it stands, in a file (`@name` or its name) or on standard input (`-`). Raises Unreadable."""
    if given == "-":
        return parse(standard_input(), "standard input")
    if given.startswith("@"):
        return parse(text(given[1:]), given[1:])
    try:
        return jsontext.loads(given)
    except ValueError:
        if given.lstrip()[:1] not in ("{", "[") and looks_like_file(given):
            return parse(text(given), given)
        raise


def parse(content: str, name: str) -> Any:
    """The value of a JSON text. Raises Unreadable, naming the file."""
    try:
        return jsontext.loads(content)
    except ValueError as problem:
        raise Unreadable(f"{name}: not JSON: {problem}") from None


def standard_input() -> str:
    try:
        return sys.stdin.read()
    except (OSError, UnicodeDecodeError) as problem:
        raise Unreadable(f"standard input: {problem}") from None


def _objects(name: str, mapping: str) -> Iterator[Found]:
    if name != "-" and Path(name).is_dir():
        inside = sorted(
            each for each in Path(name).rglob("*") if each.suffix.lower() in TYPES and each.is_file()
        )
        if not inside:
            raise Unreadable(f"{name}: no file in it ends with {', '.join(TYPES)}")
        for each in inside:
            yield from _objects(str(each), mapping)
        return
    content = standard_input() if name == "-" else text(name)
    shown = "standard input" if name == "-" else name
    suffix = Path(name).suffix.lower()
    try:
        if suffix == ".csv" or (name == "-" and mapping):
            many: Any = tabular.objects(content, _mapping(mapping))
        elif suffix in LINES:
            many = [
                parse(line, f"{shown}, line {at}")
                for at, line in enumerate(content.splitlines(), 1)
                if line.strip()
            ]
        else:
            many = parse(content, shown)
    except tabular.Unfitting as problem:
        raise Unreadable(f"{shown}: {problem}") from None
    if isinstance(many, dict):  # what `list --json` and `get --json` wrote
        many = many["objects"] if isinstance(many.get("objects"), list) else many.get("object", many)
    if not isinstance(many, list):
        yield Found(many, shown)
        return
    yield from (Found(each, shown, at) for at, each in enumerate(many))


def _mapping(name: str) -> dict[str, Any]:
    if not name:
        return {}
    found = value(name if name.startswith(("@", "{", "-")) else f"@{name}")
    if not isinstance(found, dict):
        raise Unreadable(f"{name}: a JSON object of fields and columns is required")
    return found


def text(name: str) -> str:
    """All of a file. Raises Unreadable, naming it."""
    path = Path(name)
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        raise Unreadable(f"{path}: {problem.strerror or problem}") from None
    except UnicodeDecodeError:
        raise Unreadable(f"{path}: no UTF-8 text") from None
