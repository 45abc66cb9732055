"""A finding says what was noticed about an object: where, what kind of thing, and in words."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

# What is noted with an object: more helps nobody.
MOST_KEPT = 30


class Finding(NamedTuple):
    """One thing that is not as the specification has it, or could not be carried over.

    `pointer` is a JSON Pointer (RFC 6901) in the field names of the version at
    hand; `code` is a word for machines, `message` one for people.
    """

    pointer: str
    code: str
    message: str


def step(pointer: str, name: str | int) -> str:
    """The pointer one level deeper."""
    if isinstance(name, int):
        return f"{pointer}/{name}"
    if "~" in name or "/" in name:
        name = name.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{name}"


# What is noted of an object that came as the only one of a list.
LIST_OF_ONE = Finding("", "shape", "a list of one where an object belongs")

# What is noted of an object whose parts are stored under their names, which it spelled otherwise.
RESPELLED = Finding("", "coerced", "names in another case; kept as the specification spells them")


# What is noted of a Location that did not say when it was updated: its own time is kept beside its text.
UNDATED = Finding("/last_updated", "missing", "required, but not stated; read as the time of arrival")


def text(found: Iterable[Finding]) -> str:
    """Findings as JSON text, "" for none; of many the first."""
    listed = [[each.pointer, each.code, each.message] for each in islice(found, MOST_KEPT)]
    return json.dumps(listed, ensure_ascii=False, separators=(",", ":")) if listed else ""


def of_text(kept: str) -> tuple[Finding, ...]:
    """The findings in such a text."""
    return tuple(Finding(*each) for each in json.loads(kept)) if kept else ()


def dateless(kept: str) -> str:
    """Such a text of a Location that did not say when it was updated."""
    return text((UNDATED, *of_text(kept)))


def joined(old: str, new: str, changed: Iterable[str] | None, at: str = "") -> str:
    """What is noted after a change of these fields (None: all) of what stands at a place.

    What was noted of a field that was changed is gone. `new` was found in the change, which says
    when it was made.
    """
    gone = (f"{at}/",) if changed is None else tuple(f"{step(at, each)}/" for each in changed)
    stays = (each for each in of_text(old) if each != UNDATED and not f"{each.pointer}/".startswith(gone))
    return text({each.pointer: each for each in (*stays, *below(at, of_text(new)))}.values())


def below(at: str, found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings of what stands at a place."""
    return tuple(each._replace(pointer=f"{at}{each.pointer}") for each in found)


# Each code of what is read leniently, for docs/reading.md: what was found, and what became of it.
CODES = {
    "coerced": "a value of another form with one meaning: a number or boolean in quotes, an identifier as a"
    " number, a word in another case or with other gaps, a date without a time; read as that",
    "shape": "one value where a list is due, or a list of one where an object is due; read as the other",
    "empty": "an empty text (or list) in an optional field; read as absent",
    "other_version": "a name or an amount in the words of another version; read as that of its own",
    "missing": "a required value is missing or null; read as the message says",
    "wrong_type": "a value of another kind that means nothing here; set aside, or read as the message says",
    "malformed": "a text that is not of the form of its type; kept where people can use it, else set aside",
    "too_long": "a text longer than its type allows; kept",
    "out_of_range": "a number beyond its bounds; kept where it can be, else set aside",
    "unknown_enum": "a word that its type does not have; set aside, or read as the message says",
    "unknown_zone": "a time zone that does not exist; that of the country is used",
    "unknown_restriction": "a restriction of a Tariff that is not known; its element never applies",
    "duplicate": "two things of one name in a list; the last counts",
    "not_in_version": "a field of a newer version that is not sound there either; set aside",
    "ambiguous": "several where one is meant; the first is taken",
    "charset": "a body that is not UTF-8; read as Latin-1, or as UTF-16 where it begins so",
    "quirk": "a quirk that is turned on for this partner was repaired; the message is its name",
}
