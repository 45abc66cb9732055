"""Writes docs/objects.md from the object tables: `python -m docs.generate_objects`."""

from __future__ import annotations

from pathlib import Path

from chalicelib.ocpi import models
from chalicelib.ocpi.models.base import V211, V221, V230, Enum, Field, Model, Text

PAGE = Path(__file__).parent / "objects.md"

HEAD = """# Objects

Generated from `chalicelib/ocpi/models/` by `python -m docs.generate_objects`; a test keeps it current.

Names and types are those of OCPI 2.3.0. *Versions* says where a field exists or is called otherwise;
nothing there means in all three versions. Cardinality: `1` required, `?` optional, `*` list, `+` list of at
least one.
Open enums may carry further words in 2.3.0. Words marked 2.2.1+ or 2.3.0+ are not in older versions.
"""


def page() -> str:
    """The whole page."""
    classes: dict[str, Model] = {}
    enums: dict[str, Enum] = {}
    for kind in models.KINDS:
        _collect(models.model(kind), classes, enums)
    kinds = {models.model(kind).name: kind for kind in models.KINDS}
    parts = [HEAD, "## Classes\n"]
    parts += [
        _class(each, kinds.get(each.name)) for each in sorted(classes.values(), key=lambda each: each.name)
    ]
    parts += ["## Enums\n", "| enum | kind | words |\n|---|---|---|"]
    parts += [_enum(each) for each in sorted(enums.values(), key=lambda each: each.name)]
    return "\n".join(parts) + "\n"


def _collect(model: Model, classes: dict[str, Model], enums: dict[str, Enum]) -> None:
    if model.name in classes:
        return
    classes[model.name] = model
    for row in model.rows:
        if isinstance(row.type, Model):
            _collect(row.type, classes, enums)
        elif isinstance(row.type, Enum):
            enums[row.type.name] = row.type


def _class(model: Model, kind: str | None) -> str:
    rows = "\n".join(_row(row) for row in model.rows)
    title = f"### {model.name}\n" + (f"\nKind `{kind}`.\n" if kind else "")
    return f"{title}\n| field | type | card. | versions | meaning |\n|---|---|---|---|---|\n{rows}\n"


def _row(row: Field) -> str:
    name = row.type.name
    if isinstance(row.type, Enum | Model):
        name = f"[{name}](#{name.lower()})" if isinstance(row.type, Model) else name
    versions = {
        (V211, V230): "",
        (V221, V230): "2.2.1+",
        (V230, V230): "2.3.0",
        (V221, V221): "2.2.1 only",
        (V211, V211): "2.1.1 only",
    }[(row.since, row.until)]
    if row.was:
        versions = f"2.1.1: `{row.was}`"
    if isinstance(row.type, Text) and row.type.in_211 and row.since == V211:
        versions = f"2.1.1: ({row.type.in_211})"
    return f"| `{row.name}` | {name} | `{row.card}` | {versions} | {row.note} |"


def _enum(enum: Enum) -> str:
    in_211, in_221, in_230 = (enum.by_version[version] for version in (V211, V221, V230))
    words = []
    for word in enum.newest:
        mark = "" if word in in_211 else " (2.2.1+)" if word in in_221 else " (2.3.0+)"
        words.append(f"`{word}`{mark}")
    words += [f"`{word}` (2.1.1 only)" for word in sorted(in_211 - in_230 - in_221)]
    words += [f"`{word}` (until 2.2.1)" for word in sorted(in_221 - in_230)]
    return f"| {enum.name} | {'open' if enum.is_open else 'closed'} | {', '.join(words)} |"


if __name__ == "__main__":
    PAGE.write_text(page())
