"""What was noticed about an object: where, what kind of thing, and in words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
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
