"""Holds what the back end was told against the table of events."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from contract.answers import ANSWERS
from contract.events import EVENTS


def wrong(envelopes: Iterable[dict[str, Any]]) -> list[str]:
    """What is not as `contract/events.py` has it, an entry per event."""
    found = []
    for each in envelopes:
        name, detail = each["detail-type"], each["detail"]
        if name not in EVENTS:
            found.append(f"{name} is not in the table")
        else:
            found += [f"{name}: {error.json_path} {error.message}" for error in _errors(name, detail)]
    return found


def wrong_answer(action: str, answer: Any) -> list[str]:
    """What is not as `contract/answers.py` promises."""
    from jsonschema import Draft202012Validator

    if action not in ANSWERS:
        return []
    found = Draft202012Validator(ANSWERS[action]).iter_errors(answer["data"])
    return [f"{action}: {error.json_path} {error.message}" for error in found]


def _errors(name: str, detail: Any) -> Iterable[Any]:
    return _validator(name).iter_errors(detail)  # type: ignore[no-any-return]


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator

    schema = EVENTS[name].schema
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
