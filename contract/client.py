"""Writes the typed client: `contract/base.py`, then a type per event and answer, and a method per action."""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contract.answers import ANSWERS
from contract.events import EVENTS
from contract.schemas import Schema

ROOT = Path(__file__).parent.parent
BASE = Path(__file__).parent / "base.py"
WIDTH = 110
INTRODUCTION = '''"""A client of the OCPI platform for back ends: copy this file, or `pip install ./clients`.

Made by `python -m contract.generate`; do not edit. docs/backend.md says what
each action and event means, docs/webhooks.md how to listen.

    from ocpi_backend import BackEnd, Listener, Operator, Webhook, over_http

    operator = Operator(over_http("http://127.0.0.1:8000"))

    class Mine(BackEnd):
        def command_received(self, detail, event):
            operator.answer_command(id=detail["id"], result="ACCEPTED")

    secret = operator.webhook_secret()["secret"]
    with Listener(Webhook(secret), Mine().hear, port=9000):
        ...
"""
'''
PRIMITIVES = {
    "string": "str",
    "integer": "int",
    "number": "Decimal | int",
    "boolean": "bool",
    "null": "None",
    "object": "dict[str, Any]",
    "array": "list[Any]",
}


def source(requests: Mapping[str, Schema]) -> str:
    """The whole file; `requests` are the schemas of the actions by name."""
    base = re.sub(r'\A""".*?"""\n', "", BASE.read_text(), count=1, flags=re.DOTALL)
    base = base.replace(
        "from typing import Any\n", "from typing import Any, Literal, NotRequired, TypedDict\n"
    )
    parts = [INTRODUCTION + base.rstrip("\n")]
    parts += [_typed(name, kind.schema, f"Detail of an event: {kind.when}.") for name, kind in EVENTS.items()]
    parts += [
        _typed(f"{_camel(name)}Data", schema, f"What `{name}` answers.")
        for name, schema in sorted(ANSWERS.items())
        if name in requests
    ]
    parts.append(_back_end())
    parts.append(_operator(requests))
    return _formatted("\n\n\n".join(parts) + "\n")


def _formatted(text: str) -> str:
    """As the project's formatter has it."""
    command = [sys.executable, "-m", "ruff", "format", "--config", str(ROOT / "pyproject.toml"), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def _typed(name: str, schema: Schema, words: str) -> str:
    """A TypedDict of an object."""
    required = set(schema.get("required", ()))
    lines = [f"class {name}(TypedDict):", f'    """{_sentence(words)}"""', ""]
    for field, of in schema["properties"].items():
        kind = annotation(of)
        lines.append(f"    {field}: {kind if field in required else f'NotRequired[{kind}]'}")
    return "\n".join(lines)


def _back_end() -> str:
    lines = [
        "class BackEnd:",
        '    """Hears events: override what concerns you; what raises is told again."""',
        "",
        "    def hear(self, event: Event) -> None:",
        '        """Hand an event to its method; one of a kind this client does not know goes to `other`."""',
        "        hears: Mapping[str, Callable[[Any, Event], None]] = {",
        *(f'            "{name}": self.{_snake(name)},' for name in EVENTS),
        "        }",
        "        heard: Callable[[Any, Event], None] = hears.get(event.kind, self.other)",
        "        heard(event.detail, event)",
        "",
        "    def other(self, detail: dict[str, Any], event: Event) -> None:",
        '        """An event that a newer platform tells."""',
    ]
    for name, kind in EVENTS.items():
        lines += [
            "",
            f"    def {_snake(name)}(self, detail: {name}, event: Event) -> None:",
            f'        """{_sentence(kind.when)}"""',
        ]
    return "\n".join(lines)


def _operator(requests: Mapping[str, Schema]) -> str:
    lines = ["class Operator(Door):", '    """Every action, typed; what is None is left out."""']
    for name, schema in requests.items():
        lines += ["", *_method(name, schema)]
    return "\n".join(lines)


def _method(name: str, schema: Schema) -> Iterator[str]:
    required = set(schema["required"]) - {"action"}
    fields = {field: of for field, of in schema["properties"].items() if field != "action"}
    ordered = [
        *(each for each in fields if each in required),
        *(each for each in fields if each not in required),
    ]
    answer = f"{_camel(name)}Data" if name in ANSWERS else "Any"
    yield f"    def {_safe(name)}("
    yield "        self,"
    if ordered:
        yield "        *,"
    for field in ordered:
        kind = annotation(fields[field])
        if field in required:
            yield f"        {_safe(field)}: {kind},"
        else:
            kind = kind if "None" in kind.split(" | ") or kind == "Any" else f"{kind} | None"
            yield f"        {_safe(field)}: {kind} = None,"
    yield f"    ) -> {answer}:"
    yield f'        """{_sentence(schema["description"].partition(chr(10))[0])}"""'
    yield "        fields: dict[str, Any] = {"
    for field in ordered:
        yield f'            "{field}": {_safe(field)},'
    yield "        }"
    yield f'        answer: {answer} = self.ask("{name}", **fields)'
    yield "        return answer"


def annotation(schema: Schema) -> str:
    """The Python type of what a schema describes, as far as it pays."""
    if "const" in schema:
        return f"Literal[{_literal(schema['const'])}]"
    if "enum" in schema:
        return f"Literal[{', '.join(_literal(each) for each in schema['enum'])}]"
    for word in ("anyOf", "oneOf"):
        if word in schema and "type" not in schema:
            found = list(dict.fromkeys(annotation(each) for each in schema[word]))
            return "Any" if "Any" in found else " | ".join(found)
    kind = schema.get("type")
    if isinstance(kind, list):
        return " | ".join(annotation({**schema, "type": each}) for each in kind)
    if kind == "array" and schema.get("items"):
        return f"list[{annotation(schema['items'])}]"
    return PRIMITIVES.get(str(kind), "Any")


def _literal(value: Any) -> str:
    return "True" if value is True else "False" if value is False else '"' + str(value) + '"'


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    text = text if text.endswith(".") else text + "."
    return text.replace('"', "'")[: WIDTH - 16]


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _safe(name: str) -> str:
    """A name that Python takes: `from` is `from_`, `list` stays out of the way of the type."""
    return f"{name}_" if keyword.iskeyword(name) or name in ("list", "ask") else name
