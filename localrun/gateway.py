"""Makes the events that API Gateway's REST API makes, from a request and the app's routes.

Path variables stay percent-encoded, a literal segment wins over a variable and
a variable over `{proxy+}`, and `%2F` is no separator: as measured of the real one.
"""

from __future__ import annotations

import base64
import time
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from localrun.functions import LARGEST_ANSWER as LARGEST_PAYLOAD

__all__ = ["LARGEST_PAYLOAD", "Routes", "proxy_event"]


class Routes:
    """The app's paths as a tree of segments."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._tree: dict[str, Any] = {}
        for path in paths:
            node = self._tree
            for segment in _segments(path):
                node = node.setdefault(segment, {})
            node[""] = path

    def find(self, path: str) -> tuple[str, dict[str, str]] | None:
        """The route and its variables for a path without query; one trailing slash is of no meaning."""
        return _find(self._tree, _segments(path))


def proxy_event(
    routes: Routes,
    method: str,
    target: str,
    headers: list[tuple[str, str]],
    body: bytes,
    source_ip: str = "127.0.0.1",
) -> dict[str, Any] | None:
    """The event for a request as it came in, or None where the app has no route for its path."""
    path, _, query = target.partition("?")
    found = routes.find(path)
    if found is None:
        return None
    resource, variables = found
    many: dict[str, list[str]] = {}
    for name, value in headers:
        many.setdefault(name, []).append(value)
    queries: dict[str, list[str]] = {}
    for name, value in parse_qsl(query, keep_blank_values=True):
        queries.setdefault(name, []).append(value)
    host = next((value for name, value in headers if name.lower() == "host"), "localhost")
    moment = datetime.now(UTC)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {name: values[-1] for name, values in many.items()},
        "multiValueHeaders": many,
        "queryStringParameters": {name: values[-1] for name, values in queries.items()} or None,
        "multiValueQueryStringParameters": queries or None,
        "pathParameters": variables or None,
        "stageVariables": None,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": host.partition(":")[0],
            "domainPrefix": host.partition(".")[0],
            "extendedRequestId": uuid.uuid4().hex,
            "requestId": str(uuid.uuid4()),
            "resourceId": "local",
            "resourcePath": resource,
            "httpMethod": method,
            "path": path,
            "protocol": "HTTP/1.1",
            "stage": "local",
            "requestTime": moment.strftime("%d/%b/%Y:%H:%M:%S +0000"),
            "requestTimeEpoch": round(time.time() * 1000),
            "identity": {
                "sourceIp": source_ip,
                "userAgent": next((v for name, v in headers if name.lower() == "user-agent"), None),
                "caller": None,
                "user": None,
                "userArn": None,
                "accountId": None,
            },
        },
        # The API hands on bytes as they came (`stack.gateway.BINARY`).
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").removesuffix("/").split("/") if path.strip("/") else []


def _find(node: dict[str, Any], segments: list[str]) -> tuple[str, dict[str, str]] | None:
    if not segments:
        return (node[""], {}) if "" in node else None
    head, rest = segments[0], segments[1:]
    if head and head in node and (found := _find(node[head], rest)):
        return found
    for name, below in node.items():
        if name.startswith("{") and not name.endswith("+}") and head and (found := _find(below, rest)):
            return found[0], {name[1:-1]: head, **found[1]}
    for name, below in node.items():
        if name.endswith("+}"):
            return below[""], {name[1:-2]: "/".join(segments)}
    return None
