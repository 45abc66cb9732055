"""The fields of an action: from its JSON Schema to options, from arguments to values.

Every field is an option. What the action requires, and what its row names, may
be given without the name, in the schema's order.
"""

from __future__ import annotations

import getpass
import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from cli import files

_ROLE = re.compile(r"[A-Z]{2,5}/[A-Za-z]{2}/[A-Za-z0-9]{3}")
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPANS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 604800}
TIMES = ("date_from", "date_to", "since", "until")


@dataclass(frozen=True)
class Field:
    """One field of an action, as the command line knows it."""

    name: str
    kind: str  # text, integer, boolean, time, list, roles, either (text or JSON), json or secret
    required: bool
    choices: tuple[str, ...]
    described: str

    @property
    def option(self) -> str:
        return f"--{self.name.replace('_', '-')}"


def of(schema: Mapping[str, Any], secret: frozenset[str] = frozenset()) -> list[Field]:
    """The fields of a schema in its order; unknown shapes take JSON."""
    required = schema.get("required", [])
    fields = []
    for name, spec in schema.get("properties", {}).items():
        plain = _without_null(spec)
        kind = "secret" if name in secret or plain.get("format") == "password" else _kind(name, plain)
        choices = tuple(map(str, plain.get("enum", ()))) or (
            (str(plain["const"]),) if "const" in plain else ()
        )
        fields.append(Field(name, kind, name in required, choices, _described(spec, plain, kind)))
    return fields


def convert(field: Field, given: Any) -> Any:
    """The value that the action gets for what was written. Raises click.BadParameter."""
    try:
        return _CONVERT.get(field.kind, lambda text: text)(given)
    except ValueError as problem:
        raise click.BadParameter(str(problem), param_hint=field.option) from None
    except files.Unreadable as problem:
        raise click.UsageError(str(problem)) from None


def secret(field: Field, given: str | None) -> str:
    """A token from standard input, a file, the environment or a prompt; never out of the arguments."""
    if given not in (None, "-") and not str(given).startswith("@"):
        raise click.UsageError(
            f"a {field.name} is not taken from the command line, where others on this machine can read it: "
            f"leave it out to be asked, or pipe it in with {field.option} -"
        )
    if given is not None and given.startswith("@"):
        found = files.text(given[1:])
    elif given is None and os.environ.get(f"OCPI_{field.name.upper()}"):
        found = os.environ[f"OCPI_{field.name.upper()}"]
    elif given is None and sys.stdin.isatty():
        found = getpass.getpass(f"{field.name}: ")
    else:
        found = sys.stdin.readline()
    if not found.strip():
        raise click.UsageError(f"{field.name} is required: pipe it in with {field.option} -")
    return found.strip()


def spread(arguments: list[str]) -> list[str]:
    """As click has them: `--date-from` for `--date_from`, `--roles A --roles B` for `--roles A B`."""
    found: list[str] = []
    roles = False
    for each in map(_dashed, arguments):
        if roles and found[-1] != "--roles" and _ROLE.fullmatch(each):
            found.append("--roles")
        found.append(each)
        roles = each == "--roles" or (roles and bool(_ROLE.fullmatch(each)))
    return found


def _dashed(argument: str) -> str:
    """An option with dashes where a field has underscores; its value as it is."""
    name, sign, value = argument.partition("=")
    return name.replace("_", "-") + sign + value if re.fullmatch(r"--[a-z_-]+", name) else argument


def when(text: str, now: datetime | None = None) -> str:
    """A time as OCPI writes it: of a date, `today`, `monday` or `2d` (ago); others are the platform's."""
    now = now or datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    word = text.strip().lower()
    span = re.fullmatch(r"(\d+)\s*(s|m|min|h|d|w)", word)
    if span:
        found = now - timedelta(seconds=int(span[1]) * _SPANS[span[2]])
    elif word in ("now", "today", "yesterday"):
        found = now if word == "now" else midnight - timedelta(days=word == "yesterday")
    elif word in _DAYS:
        found = midnight - timedelta(days=(now.weekday() - _DAYS.index(word)) % 7)
    elif re.fullmatch(r"\d{4}-\d\d-\d\d", word):
        return f"{word}T00:00:00Z"
    else:
        return text
    return found.strftime("%Y-%m-%dT%H:%M:%SZ")


def _boolean(given: Any) -> bool:
    return bool(given)


def _integer(text: str) -> int:
    span = re.fullmatch(r"(\d+)(s|m|min|h|d|w)", text)
    if span:
        return int(span[1]) * _SPANS[span[2]]
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a whole number") from None


def _many(given: tuple[str, ...], one: Callable[[str], Any]) -> Any:
    if len(given) == 1 and given[0].lstrip()[:1] in ("[", "@"):
        return _json(given[0])
    return [one(part) for each in given for part in each.split(",") if part]


def _role(text: str) -> Any:
    if not _ROLE.fullmatch(text):
        raise ValueError(f"{text!r} is no role, such as EMSP/DE/EXM")
    return dict(zip(("role", "country_code", "party_id"), text.split("/"), strict=True))


def _json(text: str) -> Any:
    """JSON; a word that is none is itself, as `NL/EXA` for a party."""
    try:
        return files.value(text)
    except ValueError as problem:
        if text.lstrip()[:1] in ("{", "["):
            raise ValueError(f"not JSON: {problem}") from None
        return text


_CONVERT: Mapping[str, Callable[[Any], Any]] = {
    "boolean": _boolean,
    "integer": _integer,
    "time": when,
    "list": lambda given: _many(given, str),
    "roles": lambda given: [_role(each) for each in given] if _plain_roles(given) else _many(given, _role),
    "either": lambda text: _json(text) if text.lstrip()[:1] in ("{", "[", "@") else text,
    "json": _json,
}


def _plain_roles(given: tuple[str, ...]) -> bool:
    return all(_ROLE.fullmatch(each) for each in given)


def _without_null(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a field that may be null, without the null."""
    choices = [each for each in spec.get("anyOf", []) if each.get("type") != "null"]
    return {**spec, **choices[0]} if len(choices) == 1 else dict(spec)


def _kind(name: str, plain: Mapping[str, Any]) -> str:
    kind, items = plain.get("type"), plain.get("items", {})
    if kind == "array" and "Role" in str(items.get("$ref", "")):
        return "roles"
    if kind == "array" and items.get("type") == "string":
        return "list"
    if kind == "boolean" or kind == "integer":
        return str(kind)
    if name in TIMES or plain.get("format") == "date-time":
        return "time"
    if any(each.get("type") == "string" for each in plain.get("anyOf", [])):
        return "either"
    return "text" if kind in ("string", "number") or "enum" in plain or "const" in plain else "json"


def _described(spec: Mapping[str, Any], plain: Mapping[str, Any], kind: str) -> str:
    words = [str(spec.get("description") or plain.get("description") or "")]
    if plain.get("default") not in (None, "", [], False, -1) and not str(words[0]).startswith("default"):
        words.append(f"default {plain['default']}")
    if kind == "secret":
        words.append("asked for, or - to read it from standard input")
    if kind == "time" and not words[0]:
        words.append("RFC 3339, a date, or 2d, today, monday")
    return "; ".join(word for word in words if word)
