"""What crosses the wire: requests, answers, the envelope around them, tokens in headers, exact JSON.

Nothing here knows a module. Numbers are read as Decimal and written as they were read.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

NOTHING: Any = object()  # no `data` at all, which is not `null`


@dataclass(frozen=True)
class Request:
    """One request as it came; `path` as it stood in the request line, `parts` decoded once."""

    method: str
    target: str
    headers: dict[str, str]  # names in lower case
    body: bytes = b""
    names: tuple[str, ...] = ()  # of the headers, as they were written

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def parts(self) -> list[str]:
        return [unquote(each) for each in self.path.strip("/").split("/")]

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @property
    def json(self) -> Any:
        """The body. Raises ValueError where it is no JSON."""
        return loads(self.body)


@dataclass
class Answer:
    """What is said to a request; the envelope is made from it, and misconduct changes it."""

    data: Any = NOTHING
    status: int = 200
    code: int = 1000
    message: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def envelope(self, now: str) -> dict[str, Any]:
        """Spec: 2.2.1 transport_and_format_response_format"""
        made: dict[str, Any] = {} if self.data is NOTHING else {"data": self.data}
        made["status_code"] = self.code
        if self.message:
            made["status_message"] = self.message
        return {**made, "timestamp": now}


class Refused(Exception):
    """A request that is not done as asked: HTTP status, OCPI code and why."""

    def __init__(self, message: str, code: int = 2001, status: int = 200, data: Any = NOTHING) -> None:
        super().__init__(message)
        self.answer = Answer(data, status, code, message)


def loads(text: bytes | str) -> Any:
    """Raises ValueError, also where it is nested beyond reason."""
    try:
        return json.loads(text, parse_float=Decimal)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def dumps(value: Any) -> str:
    """JSON in which a Decimal keeps its digits."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(k))}:{dumps(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(dumps, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    return json.dumps(value)


def token_header(token: str, version: str) -> str:
    """Spec: 2.2.1 transport_and_format_authorization_header; 2.1.1 sends the token as it is."""
    if version == "2.1.1":
        return f"Token {token}"
    return "Token " + base64.b64encode(token.encode()).decode()


def tokens_in(header: str) -> tuple[str, ...]:
    """What a header may mean: the token as it stands, and decoded."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "token" or not value:
        return ()
    value = value.strip()
    try:
        return (value, base64.b64decode(value, validate=True).decode().rstrip("\n"))
    except (binascii.Error, UnicodeDecodeError):
        return (value,)


def in_any_scheme(header: str) -> str:
    """The same Authorization as if its scheme were Token."""
    return f"Token {header.partition(' ')[2]}"


def date_time(moment: datetime) -> str:
    """As every version writes it: UTC, whole seconds, Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(text: str) -> datetime:
    """A DateTime as partners write them; without a zone it is UTC. Raises ValueError."""
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
