"""DynamoDB's answers without botocore's walk through every attribute value.

DynamoDB's JSON is already the shape the client hands out (`{"S": ...}`,
`{"N": ...}`), so parsing it by the service model only costs time: half of a
page's CPU. Errors are still parsed by botocore, which retries by them. We
store no binary attributes, the only ones the walk would change.
"""

from __future__ import annotations

from typing import Any

import msgspec
from botocore.parsers import JSONParser, ResponseParserFactory


class _PlainParser(JSONParser):
    """botocore's JSON parser, which takes DynamoDB's successful answers as they are."""

    def _do_parse(self, response: Any, shape: Any) -> Any:
        if shape is not None and shape.name in _PLAIN:
            parsed = msgspec.json.decode(response["body"]) if response["body"] else {}
            parsed["ResponseMetadata"] = {}
            self._inject_response_metadata(parsed, response["headers"])
            return parsed
        return super()._do_parse(response, shape)


class _Factory(ResponseParserFactory):
    """Hands the plain parser to clients of the json protocol."""

    def create_parser(self, protocol_name: str) -> Any:
        if protocol_name == "json":
            return _PlainParser(**self._defaults)
        return super().create_parser(protocol_name)


_PLAIN = frozenset(
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


def install(session: Any) -> None:
    """Make the clients of this botocore session parse that way."""
    session.register_component("response_parser_factory", _Factory())
