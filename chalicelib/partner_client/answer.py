"""The answer of a partner is judged: success, a refusal that is final, or a failure that may pass.

Spec: transport_and_format; STA-11, STA-24, STA-27; TRA-12
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import charset, envelope
from chalicelib.ocpi.findings import Finding
from chalicelib.partner_client import secrets

# Refusals that are none: the request may be right later.
_LATER = (408, 425, 429)
# The server says that it did not do it.
_NOT_DONE = (408, 425, 429, 501, 503)


@dataclass(frozen=True)
class Answer:
    """What a partner answered with success: HTTP 2xx and an OCPI code of 1xxx (STA-11).

    `noted` is what is odd about the body as it came.
    """

    http_status: int
    status_code: int
    message: str
    data: Any
    noted: tuple[Finding, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Relayed:
    """A partner's answer as it came (`status` 0: none did, for the `problem`), and the id of its request."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    text: bytes = field(repr=False, default=b"")
    problem: PartnerUnreachable | None = None
    request_id: str = ""
    seconds: float = 0.0


def judged(
    status: int, headers: Mapping[str, str], text: bytes, blanks: secrets.Forms, *, whole: bool
) -> Answer:
    """The answer in an envelope, if it is one and says success. Raises PartnerRefused, PartnerUnreachable.

    Our token, in these forms, is blanked in what the partner says, in the `whole` answer where it
    is none that hands tokens over.
    """
    if whole:
        text = secrets.blanked_body(text, blanks)
    found = envelope.read(text)
    code, message = found.status_code, _printable(secrets.blanked(found.message, blanks))
    words = message or _printable(secrets.blanked(charset.shown(text[:20_000]), blanks).strip())
    if 400 <= status < 500 and status not in _LATER:
        own = _refuses(code) and status not in (401, 403)
        raise PartnerRefused(status, code, words or f"HTTP {status}", own)
    wait = envelope.retry_after(headers.get("retry-after", ""))
    unknown = status not in _NOT_DONE
    if status >= 400:
        raise PartnerUnreachable(f"HTTP {status} {words}".strip(), wait, unknown, status)
    if not code:
        raise PartnerUnreachable(f"HTTP {status} without an OCPI envelope: {words}"[:500], wait, True, status)
    if _refuses(code):
        raise PartnerRefused(status, code, message)
    if not 1000 <= code < 2000:
        # 4002: a hub forwarded it and heard nothing in time (STA-24)
        raise PartnerUnreachable(f"{code} {message}".strip(), wait, code == 4002, status)
    return Answer(status, code, message, found.data, found.noted, headers)


def _refuses(code: int) -> bool:
    """Whether a code says that this request will not do, 4001: that a hub knows nobody it is for."""
    return 2000 <= code < 3000 or code == 4001


def _printable(text: str) -> str:
    return "".join(each if each.isprintable() else " " for each in text[:500])
