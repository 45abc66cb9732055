"""Requests and replies of OCPI apart from HTTP: parties, header names, token encoding.

No HTTP library and no AWS here; doors make a Request of what they got and
send what `envelope.write` makes of a Reply.

Spec: 2.2.1 transport_and_format
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.modules import V211

REQUEST_ID = "X-Request-ID"
CORRELATION_ID = "X-Correlation-ID"
TO_COUNTRY, TO_PARTY = "OCPI-to-country-code", "OCPI-to-party-id"
FROM_COUNTRY, FROM_PARTY = "OCPI-from-country-code", "OCPI-from-party-id"

Party = tuple[str, str]
# As the receiver: no party is named, a hub finds it (open routing, HUB-26).
OPEN: Party = ("", "")


@dataclass(frozen=True)
class Request:
    """One OCPI request as the doors hand it in.

    `headers` are lower-cased; `segments` are the percent-decoded path segments
    after the module; `interface` is "SENDER", "RECEIVER" or "" for versions and
    credentials.
    """

    method: str
    version: str
    interface: str
    module: str
    segments: tuple[str, ...] = ()
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    base_url: str = ""

    @property
    def request_id(self) -> str:
        return _echoable(self.headers.get("x-request-id", ""))

    @property
    def correlation_id(self) -> str:
        return _echoable(self.headers.get("x-correlation-id", ""))

    @cached_property
    def to_party(self) -> Party | None:
        return _party(self.headers, "ocpi-to-country-code", "ocpi-to-party-id")

    @property
    def half_named(self) -> str:
        """The routing header that lacks its other half or cannot be read, or "" (HUB-01)."""
        pairs = ((self.to_party, TO_COUNTRY, TO_PARTY), (self.from_party, FROM_COUNTRY, FROM_PARTY))
        for party, *names in pairs:
            given = [name for name in names if name.lower() in self.headers]
            if given and party is None:
                return next((name for name in names if name not in given), given[0])
        return ""

    @cached_property
    def from_party(self) -> Party | None:
        return sender_of(self.headers)


@dataclass(frozen=True)
class Reply:
    """What goes back: `data` is JSON text (already serialized) or None for no `data` at all."""

    data: str | None = None
    status_code: int = 1000
    message: str = "Success"
    http_status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    # The envelope with all that is in it, where a hub hands on an answer as it came.
    body: str | None = None


def said_by(party: Party | None, version: str) -> dict[str, str]:
    """The OCPI-from of this party; of nobody none, and none in 2.1.1."""
    return {FROM_COUNTRY: party[0], FROM_PARTY: party[1]} if party and version != V211 else {}


def sender_of(headers: Mapping[str, str]) -> Party | None:
    """The party that OCPI-from names, in headers of lower-case names."""
    return _party(headers, FROM_COUNTRY.lower(), FROM_PARTY.lower())


def reply(value: Any, **rest: Any) -> Reply:
    """A Reply whose data is this value."""
    return Reply(data=jsontext.dumps(value), **rest)


def now() -> str:
    """This moment, sortable: RFC 3339, UTC, three decimals (AMB-37)."""
    return instant(datetime.now(UTC))


def instant(moment: datetime) -> str:
    """A moment as sortable text: RFC 3339, UTC, exactly three decimals (AMB-37)."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:23] + "Z"


def encode_token(token: str, form: str) -> str:
    """The Authorization header for a credentials token; form is "base64" or "raw" (TRA-04, TRA-05)."""
    value = base64.b64encode(token.encode()).decode() if form == "base64" else token
    return f"Token {value}"


def presented_tokens(authorization: str) -> list[tuple[str, str]]:
    """The (token, form) readings of an Authorization header, likeliest first (AMB-01, AMB-02).

    Empty when the header is not of the form `Token <value>`.
    """
    scheme, _, value = authorization.strip().partition(" ")
    value = value.strip()
    if scheme.lower() != "token" or not value or len(value) > 512:
        return []
    readings = []
    try:
        padded = value + "=" * (-len(value) % 4)
        decoded = base64.b64decode(padded, validate=True).decode().rstrip("\r\n ")
    except (binascii.Error, ValueError):
        decoded = ""
    if decoded and decoded.isascii() and decoded.isprintable() and " " not in decoded:
        readings.append((decoded, "base64"))
    readings.append((value, "raw"))
    return readings


def _echoable(value: str) -> str:
    """A header value that is safe to send back, else nothing."""
    return value if len(value) <= 128 and value.isascii() and value.isprintable() else ""


def _party(headers: Mapping[str, str], country: str, party: str) -> Party | None:
    one, other = headers.get(country, "").strip().upper(), headers.get(party, "").strip().upper()
    is_named = len(one) <= 5 and len(other) <= 5 and _echoable(one) and _echoable(other)
    return (one, other) if is_named else None
