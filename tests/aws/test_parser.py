"""Row I17: what we take from inside botocore is proven at start, and left where it is not as it was."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import botocore.parsers
import botocore.session
import pytest

from chalicelib.aws import parser

MODEL = botocore.session.get_session().get_service_model("dynamodb")
VALUE = {"S": "x"}
# For a member of that type, something that DynamoDB answers.
SAMPLES: dict[str, Any] = {"string": "x", "integer": 3, "long": 3, "double": 1.5, "boolean": True}


def sample(shape: Any, depth: int = 0) -> Any:
    """An answer of that shape, two levels of attribute values deep; without binary attributes and times."""
    if shape.type_name == "structure":
        if shape.name == "AttributeValue":
            return {"M": {"k": VALUE}, "L": [VALUE]} if depth < 4 else VALUE
        members = {
            name: sample(member, depth + 1)
            for name, member in shape.members.items()
            if member.type_name not in ("blob", "timestamp")
        }
        return {name: value for name, value in members.items() if value is not None}
    if shape.type_name == "list":
        return [sample(shape.member, depth + 1)]
    if shape.type_name == "map":
        return {"k": sample(shape.value, depth + 1)}
    return SAMPLES[shape.type_name]


def parsed(factory: Any, shape: Any, body: bytes) -> Any:
    headers = {"x-amzn-requestid": "r", "content-type": "application/x-amz-json-1.0"}
    response = {"status_code": 200, "headers": headers, "body": body, "context": {}}
    return factory.create_parser("json").parse(response, shape)


def installed() -> Any:
    session = botocore.session.Session()
    assert parser.install(session)
    return session.get_component("response_parser_factory")


@pytest.mark.parametrize("operation", sorted(name.removesuffix("Output") for name in parser.PLAIN))
def test_every_operation_is_parsed_as_botocore_parses_it(operation: str) -> None:
    shape = MODEL.operation_model(operation).output_shape
    for body in (json.dumps(sample(shape)).encode(), b"{}"):
        stock = botocore.parsers.ResponseParserFactory()
        assert parsed(installed(), shape, body) == parsed(stock, shape, body)


@pytest.mark.parametrize("name", ["JSONParser", "ResponseParserFactory"])
def test_without_the_names_we_need_botocore_parses(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.delattr(botocore.parsers, name)
    session = SimpleNamespace(register_component=lambda *_: pytest.fail("installed"))
    assert not parser.install(session)
    assert "parsed by botocore" in capsys.readouterr().out


def test_where_botocore_parses_otherwise_its_own_parser_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(
        botocore.parsers.JSONParser,
        "_do_parse",
        lambda self, response, shape: {"ResponseMetadata": {"New": 1}},
    )
    session = SimpleNamespace(register_component=lambda *_: pytest.fail("installed"))
    assert not parser.install(session)
    assert "what is" in capsys.readouterr().out
