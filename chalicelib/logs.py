"""Structured log lines: one JSON object each, on standard output, where CloudWatch Logs reads them.

No token and no personal data belongs in a field. The ids of the request in
hand are added by themselves.
"""

from __future__ import annotations

import sys
import traceback
from contextvars import ContextVar
from typing import Any

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.messages import now

context: ContextVar[dict[str, Any]] = ContextVar("log_context", default={})  # noqa: B039 - never mutated


def log(level: str, message: str, **fields: Any) -> None:
    """Write one line; None fields are left out."""
    entry = {"at": now(), "level": level, "message": message, **context.get(), **fields}
    line = jsontext.dumps({name: value for name, value in entry.items() if value is not None})
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def log_exception(message: str, problem: BaseException, **fields: Any) -> None:
    """Write an ERROR line: the exception's type and places, never its arguments, which may hold secrets."""
    places = [
        f"{frame.filename}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(problem.__traceback__)
    ]
    log("ERROR", message, exception=type(problem).__name__, trace=places[-12:], **fields)
