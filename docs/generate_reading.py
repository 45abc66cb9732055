# ruff: noqa: E501
"""Writes docs/reading.md from the object tables: `python -m docs.generate_reading`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chalicelib.ocpi import models
from chalicelib.ocpi.findings import CODES
from chalicelib.ocpi.models.base import (
    NOTHING,
    REFUSED,
    V211,
    V221,
    V230,
    Enum,
    Field,
    Model,
    Otherwise,
)
from chalicelib.ocpi.quirks import QUIRKS

PAGE = Path(__file__).parent / "reading.md"

HEAD = """# How what partners send is read

Generated from `chalicelib/ocpi/models/` by `python -m docs.generate_reading`; a test keeps it current.

One rule for requests, pages, answers and results, objects and parts, in every version and at every depth:

1. What has one meaning is repaired, and noted.
2. An optional value that cannot be read is set aside, the object is kept. So is an entry of a list of things of their
   own (an EVSE, a Connector, an image) of which something below is refused; of two with one name the last counts.
3. A required value that is missing or cannot be read is read as the table below says.
4. What is refused says every fault, each with its JSON Pointer.

What its owner gets back in its own version is what it sent; `get`, events and other versions are made from what was read.
Findings are shown by `get` and in `ObjectChanged`: `pointer` in the field names of the sender's version, `code`, `message`;
those of a PATCH to what it changed (in appended `charging_periods` into its body), `""` is the body as a whole.
Beside them `incomplete` lists the pointers of the
required values that were not stated, of which something is assumed (rule 3), and is absent where nothing was; in `list` the
first step is the place in `objects`. Partners are not told: OCPI has no field for it.
"""
REPAIRS = """## What has one meaning

| sent | read as |
|---|---|
| a number or boolean in quotes, `1`, `0`, `yes` and `no` for a boolean | that |
| a number where a text or an identifier is due; blanks around an identifier | its digits; without them |
| a word of an enum, or a command's name in a path, in another case, with blanks, hyphens or underscores more or fewer | that word |
| one value where a list is due, or an object of numbers for names (`{"0": ...}`) | a list |
| a list of one where an object or another single value is due, also as the whole body | that |
| a bare word where an object is due that says no more than it: a response or result of a command or profile | its `result` |
| names in another case or with other gaps (`lastUpdated`), in an object that lacks a required one | those of the specification |
| `""`, or `[]` and `{}` for the other, in an optional field | absent; in a PATCH null, which clears it |
| a field under its name in another version; a Price in the words of another version, or as a number | that of its own |
| a day without a time, also in `date_from` and `date_to` | its midnight in UTC |
| a DateTime with an offset, blanks, more decimals, without seconds or with `+00`, `UTC` or `[UTC]` behind it | UTC |
| a language with a region: `en-GB` | the language |
| a time of day without a leading zero or with seconds of 0; `24:00` where it has no meaning | `HH:MM`; `00:00` |
| coordinates as numbers, with a decimal comma or a plus sign | text with a point |
| a country or currency in lower case, a country of two letters | capitals, three letters |
| a Tariff in a CDR that names no owner | the CDR's |
| blanks around an identifier in a path; slashes before the first (`locations//NL/...`) | without them |
| a CDR POSTed to `cdrs/{id}` or `cdrs/{country_code}/{party_id}/{id}` | POSTed to `cdrs` |
| `tokens/{country_code}/{party_id}/{uid}/authorize` | `tokens/{uid}/authorize` |
| a body that is not UTF-8 (one with U+FFFD in it lost its letters on the way: 400) | Latin-1, or UTF-16 where its first bytes say so |
"""


def page() -> str:
    """The whole page."""
    classes: dict[int, Model] = {}
    enums: dict[str, Enum] = {}
    for kind in models.KINDS:
        _collect(models.model(kind), classes, enums)
    aliases = [
        f"`{word}` for `{meant}` ({enum.name})"
        for enum in sorted(enums.values(), key=lambda each: each.name)
        for word, meant in enum.aliases.items()
    ]
    parts = [HEAD, REPAIRS, f"Other words: {', '.join(aliases)}.\n"]
    parts += [
        "## What is read where a value is missing or cannot be used\n",
        "Required fields, and optional ones that are not simply set aside. *whole*: one entry that cannot be used"
        " makes the list so.\n",
        "| class | field | versions | otherwise |\n|---|---|---|---|",
    ]
    rows = {
        _row(model, row)
        for model in classes.values()
        for row in model.rows
        if row.required or row.otherwise is not NOTHING
    }
    parts += sorted(rows)
    parts += ["\n## Findings\n", "| code | what it says |\n|---|---|"]
    parts += [f"| `{code}` | {said} |" for code, said in CODES.items()]
    parts += [
        "\n## Quirks\n",
        "Named repairs per partner (`quirks` of `invite`, `register`, `partner_options`), off by default. Those that"
        " are applied when it is read change what is stored.\n",
        "| name | when | what the partner writes, or wants |\n|---|---|---|",
    ]
    parts += [f"| `{name}` | {quirk.when} | {quirk.told} |" for name, quirk in QUIRKS.items()]
    return "\n".join(parts) + "\n"


def _collect(model: Model, classes: dict[int, Model], enums: dict[str, Enum]) -> None:
    if id(model) in classes:
        return
    classes[id(model)] = model
    for row in model.rows:
        if isinstance(row.type, Model):
            _collect(row.type, classes, enums)
        elif isinstance(row.type, Enum):
            enums[row.type.name] = row.type


def _row(model: Model, row: Field) -> str:
    versions = {
        (V211, V230): "",
        (V221, V230): "2.2.1+",
        (V230, V230): "2.3.0",
        (V221, V221): "2.2.1",
        (V211, V211): "2.1.1",
    }[(row.since, row.until)]
    whole = " (whole)" if row.whole else ""
    return f"| {model.name} | `{row.name}`{whole} | {versions} | {_otherwise(row.otherwise)} |"


def _otherwise(other: Any) -> str:
    if other is REFUSED:
        return "refused"
    if other is NOTHING:
        return "not stated: left out"
    return other.told if isinstance(other, Otherwise) else f"`{other!r}`".replace("'", '"')


if __name__ == "__main__":
    PAGE.write_text(page())
