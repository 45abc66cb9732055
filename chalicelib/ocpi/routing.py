"""A path to an operation, and an object to its URL: both from the module table.

Spec: 2.2.1 transport_and_format_interface_endpoints; AMB-39, AMB-40
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, unquote

from chalicelib.ocpi.errors import InvalidParameters, MethodNotAllowed, UnknownPath
from chalicelib.ocpi.modules import BY_ID, Interface, Operation

# Steps of a path that lead up, or nowhere, whoever resolves them: they are no part of an identifier.
_STEPS = re.compile(r"(^|[/\\])\.{1,2}($|[/\\])")


def climbs(segment: str) -> bool:
    """Whether a URL with this identifier leads elsewhere: `..`, or `../credentials`, encoded or not."""
    if "." not in segment and "%" not in segment:  # nearly all of them
        return False
    return bool(_STEPS.search(segment) or _STEPS.search(unquote(segment)))


def check_segments(segments: Iterable[str]) -> None:
    """Refuse a path that leads elsewhere once it stands in another URL. Raises InvalidParameters."""
    for segment in segments:
        if climbs(segment):
            raise InvalidParameters("'.' and '..' are steps of a path, and no identifiers")


def resolve(
    module: str, interface: str, version: str, method: str, segments: tuple[str, ...]
) -> tuple[Operation, dict[str, str]]:
    """The operation a request asks for and its path variables.

    Raises UnknownPath (404) or MethodNotAllowed (405, naming what is allowed).
    """
    row = BY_ID.get(module)
    side = row.interface(interface) if row and version in row.versions else None
    if side is None:
        raise UnknownPath(f"{version} has no {interface.lower()} interface of {module} here")
    also = [operation for operation in side.tolerated if operation.method == method]
    return match((*side.operations, *also), version, method, segments)


def match(
    operations: Iterable[Operation], version: str, method: str, segments: tuple[str, ...]
) -> tuple[Operation, dict[str, str]]:
    """The operation among these that fits method and segments, literal segments before variables."""
    fitting = [
        (operation, variables)
        for operation in operations
        if len(operation.names) == len(segments)
        and version in operation.versions
        and (variables := _variables(operation, segments)) is not None
    ]
    if not fitting:
        raise UnknownPath("no such path")
    fewest = min(len(variables) for _, variables in fitting)
    fitting = [(operation, variables) for operation, variables in fitting if len(variables) == fewest]
    for operation, variables in fitting:
        if operation.method == method:
            return operation, variables
    allow = tuple(operation.method for operation, _ in fitting)
    raise MethodNotAllowed(f"{method} is not offered here; allowed: {', '.join(allow)}", allow)


def shapes(interface: Interface) -> list[str]:
    """The distinct path shapes of an interface, shortest first."""
    return sorted({operation.shape for operation in interface.operations}, key=lambda s: (s.count("/"), s))


def join(base: str, *segments: str) -> str:
    """A URL below `base`, each segment percent-encoded, a query of `base` kept at the end (AMB-39).

    Raises InvalidParameters for a segment that would lead out of `base`.
    """
    check_segments(segments)
    path, question, query = base.partition("?")
    url = "/".join([path.rstrip("/"), *(quote(segment, safe="") for segment in segments)])
    return url + question + query


def _variables(operation: Operation, segments: tuple[str, ...]) -> dict[str, str] | None:
    variables = {}
    for name, value in zip(operation.names, segments, strict=True):
        if name.startswith("{"):
            value = value.strip()  # as identifiers in a body are read
            if not value:
                return None
            variables[name[1:-1]] = value
        elif name != value:
            return None
    return variables
