"""The envelope of an OCPI answer, written and read, and the Retry-After beside it.

Spec: 2.2.1 transport_and_format_response_format; TRA-12, TRA-65, TRA-66, STA-11, CNV-07, TYP-07
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from chalicelib.ocpi import charset, jsontext
from chalicelib.ocpi.findings import LIST_OF_ONE, Finding
from chalicelib.ocpi.messages import Reply
from chalicelib.ocpi.models.base import V211, Enum

# Codes of later versions as 2.1.1 is told them (CNV-07); 2004 comes with HTTP 404.
IN_2_1_1 = {2004: 2000, 4000: 3000, 4001: 2000, 4002: 3000, 4003: 3000}
# The names in an envelope as they are compared, for one that spells them otherwise.
_NAMES = {Enum.fold(name): name for name in ("status_code", "status_message", "data", "timestamp")}
# The seconds that a Retry-After may name at most.
LONGEST_WAIT = 24 * 3600


def write(answer: Reply, timestamp: str, version: str = "") -> str:
    """The body of every response (TRA-65, TRA-66); data is spliced in as it is.

    2.1.1 foresees no fractions of seconds (TYP-07).
    """
    if answer.body is not None:
        return answer.body
    if version == V211:
        timestamp = f"{timestamp[:19]}Z"
    head = f'"status_code":{answer.status_code},"status_message":{jsontext.dumps(answer.message)}'
    data = "" if answer.data is None else f'"data":{answer.data},'
    return f'{{{data}{head},"timestamp":"{timestamp}"}}'


@dataclass(frozen=True)
class Opened:
    """What stands in an envelope; a `status_code` of 0: this is none."""

    status_code: int = 0
    message: str = ""
    data: Any = None
    # What is odd about the text as it came.
    noted: tuple[Finding, ...] = ()


def read(text: bytes) -> Opened:
    """A partner's envelope in any character set, with its data as values."""
    try:
        decoded, is_utf_8 = charset.read(text)
        found = jsontext.loads(decoded)
    except ValueError:
        return Opened()
    noted = [] if is_utf_8 else [charset.NOTED]
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
        noted.append(LIST_OF_ONE)
    if not isinstance(found, dict):
        return Opened()
    if found.get("status_code") is None:
        found = {_NAMES.get(Enum.fold(name), name): value for name, value in found.items()}
    said = found.get("status_message")
    return Opened(
        _status_code(found.get("status_code")),
        said if isinstance(said, str) else "",
        found.get("data"),
        tuple(noted),
    )


class _Envelope(msgspec.Struct):
    status_code: Any = None
    status_message: Any = None
    data: msgspec.Raw = msgspec.Raw()


_decoder = msgspec.json.Decoder(_Envelope)


def opened(text: bytes) -> Opened | None:
    """A partner's envelope with its data as the JSON text that came; None where this is no envelope."""
    try:
        found = _decoder.decode(text.removeprefix(b"\xef\xbb\xbf"))
        data = bytes(found.data).decode() or None
        text.decode()
    except (ValueError, RecursionError):
        return None
    code, said = _status_code(found.status_code), found.status_message
    return Opened(code, said if isinstance(said, str) else "", data) if code else None


def retry_after(value: str) -> int | None:
    """Seconds of a Retry-After header, which names them or a date; None for anything else."""
    value = value.strip()
    if value.isascii() and value.isdigit() and len(value) < 10:
        return min(int(value), LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(value)
    except (TypeError, ValueError, IndexError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0, min(round((moment - datetime.now(UTC)).total_seconds()), LONGEST_WAIT))


def _status_code(value: Any) -> int:
    """The OCPI code that an envelope names, also in quotes or as 1000.0; 0 where it names none."""
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdigit():
        value = int(value.strip()[:5])
    if isinstance(value, int | float | Decimal) and 1000 <= value < 5000 and value == int(value):
        return int(value)
    return 0
