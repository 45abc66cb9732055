"""The operator's command line, over the operator function: `python manage.py help`.

Every action of the platform is a command; its options are made from the
action's own schema, which the platform is asked for. Talks to a platform on
this machine (--url, OCPI_URL) or to a deployed function (--function,
OCPI_FUNCTION). Needs nothing but Python, and botocore for a deployed function.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

URL = "http://127.0.0.1:8000"
WIDEST = 48

Invoke = Callable[[dict[str, Any]], dict[str, Any]]


class Unanswered(Exception):
    """The platform could not be asked, or its function failed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the arguments say; 0 where the platform did it, 1 where it refused, 2 for a wrong usage."""
    outer = _outer()
    options, rest = outer.parse_known_args(arguments)
    if not options.action:
        outer.print_help()
        return 2
    invoke = by_function(options.function) if options.function else by_url(options.url)
    try:
        known = _data(invoke({"action": "help"}))["actions"]
        if options.action == "help" and not rest:
            print(_as_json({"actions": known}) if options.json else _help(known))
            return 0
        name = options.action if options.action != "help" else rest[0]
        if name not in known:
            outer.error(f"unknown action {name!r}; `manage.py help` lists them")
        parser = command(name, known[name])
        if options.action == "help":
            parser.print_help()
            return 0
        fields = payload(parser, known[name]["schema"], rest)
        as_json = options.json or fields.pop("json", False)
        data = _data(invoke({"action": name, **fields}))
    except Unanswered as problem:
        print(problem, file=sys.stderr)
        return 1
    print(_as_json(data) if as_json else for_people(data))
    return 0


def by_url(url: str) -> Invoke:
    """Ask a platform on this machine, by the Lambda Invoke API that it serves."""

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        where = f"{url.rstrip('/')}/2015-03-31/functions/operator/invocations"
        if not where.startswith(("http://", "https://")):
            raise Unanswered(f"{url}: a URL that begins with http:// or https:// is required")
        request = urllib.request.Request(where, json.dumps(event).encode())  # noqa: S310 - http(s) only
        try:
            with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
                return _answer(response.read(), response.headers.get("X-Amz-Function-Error"))
        except urllib.error.HTTPError as problem:
            raise Unanswered(f"{url}: HTTP {problem.code}; is this a platform's URL?") from None
        except OSError as problem:
            reason = getattr(problem, "reason", problem)
            raise Unanswered(f"{url}: {reason}; is the platform running? (`make run`)") from None

    return invoke


def by_function(name: str) -> Invoke:
    """Ask a deployed function, with the AWS credentials and region of the environment."""

    def invoke(event: dict[str, Any]) -> dict[str, Any]:
        import botocore.session
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError, ClientError

        config = Config(read_timeout=120, retries={"total_max_attempts": 1})
        try:
            region = os.environ.get("AWS_REGION")  # every other SDK reads it, botocore does not
            client = botocore.session.Session().create_client("lambda", region, config=config)
            response = client.invoke(FunctionName=name, Payload=json.dumps(event).encode())
        except (BotoCoreError, ClientError) as problem:
            raise Unanswered(f"{name}: {problem}") from None
        return _answer(response["Payload"].read(), response.get("FunctionError"))

    return invoke


def command(name: str, action: dict[str, Any]) -> argparse.ArgumentParser:
    """The command of one action: what it requires by position, everything else as options."""
    parser = argparse.ArgumentParser(prog=f"manage.py {name}", description=action["summary"])
    schema = action["schema"]
    required = schema.get("required", [])
    for field, spec in schema.get("properties", {}).items():
        kind = _kind(spec)
        more: dict[str, Any] = {"help": _described(spec), "default": argparse.SUPPRESS}
        if kind == "boolean":
            parser.add_argument(f"--{field}", dest=field, action=argparse.BooleanOptionalAction, **more)
            continue
        if kind == "roles":
            more["nargs"] = "+"
        elif kind == "json":
            more["metavar"] = "JSON|@FILE|-"
        if field in required and kind == "text":
            parser.add_argument(f"__{field}", metavar=field, nargs="?", **more)
            more = {**more, "help": argparse.SUPPRESS}
        spellings = dict.fromkeys((f"--{field.replace('_', '-')}", f"--{field}"))
        parser.add_argument(*spellings, dest=field, **more)
    if {"object", "objects"} <= set(schema.get("properties", {})):
        parser.add_argument(
            "__file", metavar="FILE", nargs="?", help="the object or a list; -: standard input"
        )
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="answer as JSON")
    return parser


def payload(parser: argparse.ArgumentParser, schema: dict[str, Any], given: list[str]) -> dict[str, Any]:
    """The fields of the action as the arguments give them; ends the program for what is none."""
    fields: dict[str, Any] = {}
    for name, value in vars(parser.parse_args(given)).items():
        if name == "__file":
            if value is not None:
                content = _json(parser, value if value == "-" else f"@{value}")
                fields["objects" if isinstance(content, list) else "object"] = content
            continue
        field = name.removeprefix("__")
        spec = schema["properties"].get(field, {})
        if value is None or (name.startswith("__") and field in fields):
            continue
        fields[field] = _value(parser, _kind(spec), spec, value)
    for field in schema.get("required", []):
        if field not in fields:
            parser.error(f"{field} is required")
    return fields


def for_people(data: Any) -> str:
    """An answer as tables and lines."""
    if not isinstance(data, dict):
        return _short(data)
    parts, lines = [], []
    for name, value in data.items():
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):
            parts.append(f"{name}:\n{table(value)}" if len(data) > 1 else table(value))
        elif isinstance(value, list) and not value and len(data) <= 2:
            lines.append((name, "none"))
        elif value is not None:
            lines.append((name, value))
    width = max((len(name) for name, _ in lines), default=0)
    text = [f"{name:<{width}}  {_long(value, width + 2)}" for name, value in lines]
    return "\n\n".join(["\n".join(text), *parts] if text else parts)


def table(rows: list[dict[str, Any]], widest: int = WIDEST) -> str:
    """Rows below each other, as many columns as the terminal has room for."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_short(row.get(name), widest) for name in names] for row in rows]
    room = shutil.get_terminal_size((160, 24)).columns
    lines = [""] * (len(rows) + 1)
    for at, name in enumerate(names):
        column = [name.upper(), *(row[at] for row in cells)]
        if not any(column[1:]):
            continue
        width = max(map(len, column))
        if lines[0] and len(lines[0]) + 2 + width > room:
            continue
        gap = "  " if lines[0] else ""
        lines = [f"{line}{gap}{cell:<{width}}" for line, cell in zip(lines, column, strict=True)]
    return "\n".join(line.rstrip() for line in lines)


def _outer() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="manage.py",
        description="Operate an OCPI platform. `manage.py help` lists the actions, "
        "`manage.py help ACTION` the fields of one.",
        allow_abbrev=False,
        add_help=False,
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--url", default=os.environ.get("OCPI_URL", URL), help=f"of a platform; default {URL}")
    where.add_argument(
        "--function", default=os.environ.get("OCPI_FUNCTION"), help="the deployed operator function"
    )
    parser.add_argument("--json", action="store_true", help="answer as JSON, for machines")
    parser.add_argument("action", nargs="?", help="what to do")
    return parser


def _answer(text: bytes, failed: str | None) -> dict[str, Any]:
    try:
        answer = json.loads(text)
    except ValueError:
        raise Unanswered("the answer is no JSON; is this an operator function?") from None
    if failed or not isinstance(answer, dict) or "ok" not in answer:
        reason = answer.get("errorMessage", "") if isinstance(answer, dict) else ""
        raise Unanswered(f"the function failed: {reason}"[:500])
    return answer


def _data(answer: dict[str, Any]) -> Any:
    if answer["ok"]:
        return answer["data"]
    error = answer["error"]
    where = f"{error['pointer']}: " if error.get("pointer") else ""
    raise Unanswered(f"{error['code']}: {where}{error['message']}")


def _spec(spec: dict[str, Any]) -> dict[str, Any]:
    """The schema of a field that may be null, without the null."""
    choices = [each for each in spec.get("anyOf", []) if each.get("type") != "null"]
    return {**spec, **choices[0]} if len(choices) == 1 else spec


def _kind(spec: dict[str, Any]) -> str:
    plain = _spec(spec)
    kind = plain.get("type")
    if kind == "boolean":
        return "boolean"
    if kind == "array" and "RoleField" in str(plain.get("items", {}).get("$ref", "")):
        return "roles"
    return "text" if kind in ("string", "integer", "number") or "enum" in plain else "json"


def _described(spec: dict[str, Any]) -> str:
    plain = _spec(spec)
    words = [str(plain.get("description", ""))]
    if "enum" in plain:
        words.append("one of " + ", ".join(map(str, plain["enum"])))
    if plain.get("default") not in (None, "", []):
        words.append(f"default {plain['default']}")
    return "; ".join(word for word in words if word).replace("%", "%%")


def _value(parser: argparse.ArgumentParser, kind: str, spec: dict[str, Any], value: Any) -> Any:
    if kind == "roles":
        return [_role(parser, each) for each in value]
    if kind == "json":
        return _json(parser, value)
    if kind == "text" and _spec(spec).get("type") == "integer":
        try:
            return int(value)
        except ValueError:
            parser.error(f"{value!r} is not a whole number")
    return value


def _role(parser: argparse.ArgumentParser, value: str) -> Any:
    """`EMSP/DE/MSP`, or JSON."""
    parts = value.split("/")
    if len(parts) == 3:
        return dict(zip(("role", "country_code", "party_id"), parts, strict=True))
    return _json(parser, value)


def _json(parser: argparse.ArgumentParser, value: str) -> Any:
    """JSON in the argument, in a file (@name) or on standard input (-); other text is itself."""
    try:
        if value == "-":
            return json.load(sys.stdin)
        if value.startswith("@"):
            return json.loads(Path(value[1:]).read_text(encoding="utf-8"))
        return json.loads(value)
    except OSError as problem:
        parser.error(f"{value}: {problem.strerror}")
    except ValueError as problem:
        if value == "-" or value.startswith(("@", "{", "[")):
            parser.error(f"{value[:60]}: not JSON: {problem}")
        return value


def _help(known: dict[str, Any]) -> str:
    return table([{"action": name, "does": action["summary"]} for name, action in known.items()], 120)


def _short(value: Any, widest: int = WIDEST) -> str:
    """A value in one cell."""
    if value is None or value == {}:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        if {"role", "country_code", "party_id"} <= value.keys():
            return f"{value['role']} {value['country_code']}/{value['party_id']}"
        if "state" in value:
            return str(value["state"])
        if "result" in value:
            return str(value["result"])
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, list):
        named = [_short(each) for each in value]
        text = ", ".join(named) if len(", ".join(named)) <= widest else f"{len(value)} entries"
    else:
        text = str(value)
    text = _printable(text)
    return text if len(text) <= widest else text[: widest - 1] + "…"


def _long(value: Any, indent: int) -> str:
    """A value beside its name, over several lines if it has parts."""
    if isinstance(value, dict):
        width = max(map(len, value), default=0)
        parts = [
            f"{name:<{width}}  {_long(each, indent + width + 2)}"
            for name, each in value.items()
            if each is not None
        ]
        return ("\n" + " " * indent).join(parts) or "none"
    if isinstance(value, list):
        named = [_short(each, 120) for each in value]
        if len(", ".join(named)) <= 100:
            return ", ".join(named) or "none"
        return ("\n" + " " * indent).join(named)
    return ("yes" if value else "no") if isinstance(value, bool) else _printable(str(value))


def _printable(text: str) -> str:
    """Text of partners without what would move the terminal."""
    return "".join(each if each.isprintable() else " " for each in text)


def _as_json(data: Any) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
