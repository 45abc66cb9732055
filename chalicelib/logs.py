"""Structured log lines: one JSON object each, on standard output, where CloudWatch Logs reads them.

No token and no personal data belongs in a field. The ids of the request in
hand are added by themselves, and the key of the object that is worked on.
"""

from __future__ import annotations

import hashlib
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.messages import now

context: ContextVar[dict[str, Any]] = ContextVar("log_context", default={})  # noqa: B039 - never mutated


# Characters of a name in a log line; OCPI's ids have at most 39.
LONGEST_NAME = 64


@dataclass(frozen=True)
class Subject:
    """The object that is worked on: its owner ("NL/EXA", "" where unknown), its id, and the part of it."""

    module: str
    owner: str = ""
    id: str = ""
    part: str = ""

    @property
    def key(self) -> str:
        """How log lines name it; a Token, whose uid is personal, by a digest that is always the same."""
        id = self.id
        if self.module == "tokens" and id:
            id = "#" + hashlib.sha256(id.upper().encode()).hexdigest()[:12]
        return "/".join(_short(each) for each in (self.module, self.owner, id, self.part) if each)


def _short(name: str) -> str:
    """A name that a partner chose, cut where it is longer than OCPI allows: it stands in every line."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


subject: ContextVar[Subject | None] = ContextVar("subject", default=None)


@contextmanager
def about(found: Subject) -> Iterator[None]:
    """Within the block it is this object that is worked on."""
    reset = subject.set(found)
    try:
        yield
    finally:
        subject.reset(reset)


def as_json(entry: dict[str, Any]) -> None:
    """A line of JSON, as CloudWatch Logs reads it."""
    sys.stdout.write(jsontext.dumps(entry) + "\n")
    sys.stdout.flush()


# Where entries go; the local platform puts lines for people in its place.
write: Callable[[dict[str, Any]], None] = as_json


def log(level: str, message: str, **fields: Any) -> None:
    """Write one line; None fields are left out."""
    found = subject.get()
    key = {"object": found.key} if found is not None and found.id else {}
    entry = {"at": now(), "level": level, "message": message, **context.get(), **key, **fields}
    write({name: value for name, value in entry.items() if value is not None})


def log_exception(message: str, problem: BaseException, **fields: Any) -> None:
    """Write an ERROR line: the exception's type and places, never its arguments, which may hold secrets."""
    places = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(problem.__traceback__)
    ]
    log("ERROR", message, exception=type(problem).__name__, trace=places[-12:], **fields)
