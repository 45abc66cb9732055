"""DynamoDB's answers without botocore's walk through every attribute value.

DynamoDB's JSON is already the shape the client hands out (`{"S": ...}`,
`{"N": ...}`), so parsing it by the service model only costs time: half of a
page's CPU. Errors are still parsed by botocore, which retries by them. We
store no binary attributes, the only ones the walk would change.

This reaches into botocore, whose version the Lambda runtime chooses. So it proves
itself at start: one answer and one error are parsed both ways. Where they differ, or a
name it needs is gone, botocore's own parser stays and the log says so.
"""

from __future__ import annotations

from typing import Any

import msgspec

from chalicelib import logs

PLAIN = frozenset(
    f"{operation}Output"
    for operation in (
        "GetItem",
        "BatchGetItem",
        "Query",
        "PutItem",
        "UpdateItem",
        "DeleteItem",
        "TransactWriteItems",
        "TransactGetItems",
        "BatchWriteItem",
        "Scan",
    )
)

# What is parsed both ways before the plain parser is trusted: an answer's shape, body and headers.
_MODEL = {
    "metadata": {"protocol": "json", "jsonVersion": "1.0"},
    "operations": {},
    "shapes": {
        "GetItemOutput": {
            "type": "structure",
            "members": {"Item": {"shape": "Map"}, "Count": {"shape": "I"}},
        },
        "Map": {"type": "map", "key": {"shape": "S"}, "value": {"shape": "Value"}},
        "Value": {
            "type": "structure",
            "members": {
                "S": {"shape": "S"},
                "N": {"shape": "S"},
                "SS": {"shape": "List"},
                "M": {"shape": "Map"},
                "NULL": {"shape": "B"},
            },
        },
        "List": {"type": "list", "member": {"shape": "S"}},
        "S": {"type": "string"},
        "I": {"type": "integer"},
        "B": {"type": "boolean"},
    },
}
_HEADERS = {"x-amzn-requestid": "r", "content-type": "application/x-amz-json-1.0"}
_ANSWER = (
    b'{"Item":{"a":{"S":"x"},"b":{"N":"1.50"},"c":{"SS":["y"]},"d":{"M":{"e":{"NULL":true}}}},"Count":1}'
)
_ERROR = b'{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"slow down"}'


def install(session: Any) -> bool:
    """Make the clients of this botocore session parse that way; False where botocore's own way stays."""
    try:
        factory = _factory()
        _prove(factory)
    except Exception as problem:
        logs.log("WARNING", "DynamoDB's answers are parsed by botocore", reason=str(problem)[:300])
        return False
    session.register_component("response_parser_factory", factory)
    return True


def _factory() -> Any:
    """A factory that hands the plain parser to clients of the json protocol."""
    from botocore import parsers

    class PlainParser(parsers.JSONParser):
        def _do_parse(self, response: Any, shape: Any) -> Any:
            if shape is not None and shape.name in PLAIN:
                parsed = msgspec.json.decode(response["body"]) if response["body"] else {}
                parsed["ResponseMetadata"] = {}
                self._inject_response_metadata(parsed, response["headers"])
                return parsed
            return super()._do_parse(response, shape)

    class Factory(parsers.ResponseParserFactory):
        def create_parser(self, protocol_name: str) -> Any:
            if protocol_name == "json":
                return PlainParser(**self._defaults)
            return super().create_parser(protocol_name)

    return Factory()


def _prove(factory: Any) -> None:
    """Raises where an answer or an error is not what botocore makes of it."""
    from botocore.model import ServiceModel
    from botocore.parsers import create_parser

    shape = ServiceModel(_MODEL, "dynamodb").shape_for("GetItemOutput")
    ours, theirs = factory.create_parser("json"), create_parser("json")
    for status, body in ((200, _ANSWER), (400, _ERROR)):
        response = {"status_code": status, "headers": _HEADERS, "body": body, "context": {}}
        found, wanted = ours.parse(dict(response), shape), theirs.parse(dict(response), shape)
        if found != wanted:
            raise ValueError(f"the plain parser makes {found} of what is {wanted}")
