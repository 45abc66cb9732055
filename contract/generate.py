"""Writes what back ends are promised as files: `python -m contract.generate`; `--check` only compares.

`docs/schemas/` has a JSON Schema for each action's request and answer and for
each event, `docs/openapi.json` all of them as one OpenAPI document, and
`clients/ocpi_backend.py` a typed client. They are made from the models of the
actions, `contract/answers.py` and `contract/events.py`; a new action or event
needs nothing else.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from chalicelib.actions import dispatch
from contract import client
from contract.answers import answer
from contract.events import EVENTS, EventKind
from contract.samples import SAMPLES
from contract.schemas import MOMENT, TEXT, Schema

ROOT = Path(__file__).parent.parent
DRAFT = "https://json-schema.org/draft/2020-12/schema"


def request(name: str) -> Schema:
    """What an action is asked with."""
    action = dispatch.actions()[name]
    fields = _plain(action.fields.model_json_schema())
    notes = [action.summary[:1].upper() + action.summary[1:] + ".", fields.get("description", "")]
    if action.fields.__name__ == "Fields":
        notes = notes[:1]
    return {
        "description": "\n\n".join(filter(None, notes)),
        "type": "object",
        "properties": {"action": {"const": name}, **fields.get("properties", {})},
        "required": ["action", *fields.get("required", ())],
        "additionalProperties": False,
    }


def envelope(name: str, kind: EventKind) -> Schema:
    """An event as the bus, a queue behind it and the webhook carry it."""
    return {
        "description": f"{kind.when[:1].upper()}{kind.when[1:]}.",
        "type": "object",
        "properties": {
            "id": {**TEXT, "description": "of this telling; `detail.event_id` is the same when told again"},
            "time": MOMENT,
            "source": {"const": "ocpi"},
            "detail-type": {"const": name},
            "detail": kind.schema,
        },
        "required": ["id", "time", "source", "detail-type", "detail"],
    }


def schemas() -> dict[str, Schema]:
    """Every schema by its name."""
    found = {}
    for name in sorted(dispatch.actions()):
        found[f"{name}.request"] = request(name)
        found[f"{name}.answer"] = answer(name)
    for name, kind in EVENTS.items():
        found[f"{name}.event"] = envelope(name, kind)
    return found


def openapi() -> dict[str, Any]:
    """The operator's door as an operation, and the events as webhooks."""
    named = schemas()
    actions = sorted(dispatch.actions())
    references = {name: {"$ref": f"#/components/schemas/{name}"} for name in named}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "OCPI platform: back end",
            "version": "1",
            "description": "What a back end asks for, and what it is told: docs/backend.md.",
        },
        "servers": [
            {"url": "http://127.0.0.1:8000", "description": "make run"},
            {
                "url": "https://lambda.{region}.amazonaws.com",
                "description": "AWS; the function is ocpi-<stage>-operator, requests are signed (SigV4)",
                "variables": {"region": {"default": "eu-central-1"}},
            },
        ],
        "security": [{}, {"sigv4": []}],
        "paths": {
            "/2015-03-31/functions/{function}/invocations": {
                "post": {
                    "operationId": "operate",
                    "summary": "Ask for an action",
                    "parameters": [
                        {
                            "name": "function",
                            "in": "path",
                            "required": True,
                            "schema": {"type": "string", "default": "operator"},
                        }
                    ],
                    "requestBody": {
                        "required": True,
                        "content": {
                            "application/json": {
                                "schema": {
                                    "oneOf": [references[f"{each}.request"] for each in actions],
                                    "discriminator": {
                                        "propertyName": "action",
                                        "mapping": {
                                            each: references[f"{each}.request"]["$ref"] for each in actions
                                        },
                                    },
                                },
                                "examples": {
                                    f"put{name}": {
                                        "value": {"action": "put", "module": module, "object": value}
                                    }
                                    for name, (module, value) in SAMPLES.items()
                                },
                            }
                        },
                    },
                    "responses": {
                        "200": {
                            "description": "The action's answer, also where it is an error",
                            "content": {
                                "application/json": {
                                    "schema": {"anyOf": [references[f"{each}.answer"] for each in actions]}
                                }
                            },
                        }
                    },
                }
            }
        },
        "webhooks": {name: {"post": _webhook(name, references[f"{name}.event"])} for name in EVENTS},
        "components": {
            "schemas": named,
            "securitySchemes": {
                "sigv4": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4; `lambda:InvokeFunction` on the function",
                }
            },
        },
    }


def _webhook(name: str, body: Schema) -> dict[str, Any]:
    headers = {
        "webhook-id": "the id of the envelope, the same at each attempt",
        "webhook-timestamp": "seconds since 1970 of this attempt",
        "webhook-signature": "`v1,` and the Base64 HMAC-SHA256 of `id.timestamp.body`; two while rotating",
    }
    return {
        "operationId": f"hear{name}",
        "summary": EVENTS[name].when,
        "parameters": [
            {"name": each, "in": "header", "required": True, "schema": TEXT, "description": meaning}
            for each, meaning in headers.items()
        ],
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body, "examples": {"one": {"value": _told(name)}}}},
        },
        "responses": {
            "2XX": {"description": "Taken; it is not posted again"},
            "410": {"description": "Gone: nothing more is posted until the action `webhook` with `resume`"},
            "default": {"description": "Not taken: posted again for 24 hours"},
        },
    }


def _told(name: str) -> dict[str, Any]:
    """An example of an envelope."""
    return {
        "version": "0",
        "id": "7bf73129-1428-4cd3-a780-95db273d1602",
        "detail-type": name,
        "source": "ocpi",
        "account": "123456789012",
        "time": "2026-03-02T09:31:03Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": EVENTS[name].example,
    }


def _plain(schema: Any, known: Schema | None = None) -> Any:
    """A schema of pydantic's without references, and without titles, which only repeat names."""
    if isinstance(schema, list):
        return [_plain(each, known) for each in schema]
    if not isinstance(schema, dict):
        return schema
    known = schema.get("$defs", known) or {}
    if "$ref" in schema:
        found = _plain(known[schema["$ref"].rpartition("/")[2]], known)
        return {**found, **{name: each for name, each in schema.items() if name != "$ref"}}
    found = {}
    for name, each in schema.items():
        if name == "properties":
            found[name] = {field: _plain(of, known) for field, of in each.items()}
        elif name not in ("$defs", "title"):
            found[name] = _plain(each, known)
    return found


def files() -> dict[Path, str]:
    """Every file and what it should hold."""
    named = schemas()
    found = {
        ROOT / "docs" / "schemas" / f"{name}.json": _json({"$schema": DRAFT, "title": name, **schema})
        for name, schema in named.items()
    }
    found[ROOT / "docs" / "openapi.json"] = _json(openapi())
    requests = {name: request(name) for name in sorted(dispatch.actions())}
    found[ROOT / "clients" / "ocpi_backend.py"] = client.source(requests)
    return found


def stale() -> list[str]:
    """The files that are not as they should be, those that should not be there with them."""
    wanted = files()
    there = set((ROOT / "docs" / "schemas").glob("*.json"))
    wrong = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    return sorted(str(path.relative_to(ROOT)) for path in {*wrong, *(there - set(wanted))})


def write() -> None:
    """Write what is stale, remove what is no more."""
    wanted = files()
    for path in set((ROOT / "docs" / "schemas").glob("*.json")) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit("\n".join([*stale(), "run python -m contract.generate"]) if stale() else 0)
    write()
