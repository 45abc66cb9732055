"""Structured log lines: one JSON object each, on standard output, where CloudWatch Logs reads them.

No token and no personal data belongs in a field. The ids of the request in
hand are added by themselves.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.messages import now

context: ContextVar[dict[str, Any]] = ContextVar("log_context", default={})  # noqa: B039 - never mutated


def as_json(entry: dict[str, Any]) -> None:
    """A line of JSON, as CloudWatch Logs reads it."""
    sys.stdout.write(jsontext.dumps(entry) + "\n")
    sys.stdout.flush()


# Where entries go; the local platform puts lines for people in its place.
write: Callable[[dict[str, Any]], None] = as_json


def log(level: str, message: str, **fields: Any) -> None:
    """Write one line; None fields are left out."""
    entry = {"at": now(), "level": level, "message": message, **context.get(), **fields}
    write({name: value for name, value in entry.items() if value is not None})


def log_exception(message: str, problem: BaseException, **fields: Any) -> None:
    """Write an ERROR line: the exception's type and places, never its arguments, which may hold secrets."""
    places = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(problem.__traceback__)
    ]
    log("ERROR", message, exception=type(problem).__name__, trace=places[-12:], **fields)
