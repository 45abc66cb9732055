"""Everything that can go wrong in an OCPI request, with both of its statuses.

Raise where the problem is seen; `endpoint` turns it into an envelope, once.

Spec: 2.2.1 status_codes (STA-01 to STA-21); AMB-05, AMB-40
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.messages import Party

# Faults that a status_message spells out.
MOST_TOLD = 20


class OcpiError(Exception):
    """A problem with one HTTP status and one OCPI status code.

    `findings` are all faults of an object that was refused, the first of which is
    `pointer` and `message`; `noted` what else was odd about it. After `retry_after` seconds, where they
    are known, it is worth asking again. `said_by`: the party that says so, where the request names none.
    """

    http_status = 200
    status_code = 2000
    retry_after: int | None = None
    said_by: Party | None = None

    def __init__(self, message: str, pointer: str = "", *, data: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.pointer = pointer
        self.data = data
        self.findings: tuple[Finding, ...] = ()
        self.noted: tuple[Finding, ...] = ()

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Every fault, each with its JSON Pointer; one at least."""
        return self.findings or (Finding(self.pointer, "refused", self.message),)

    @property
    def status_message(self) -> str:
        """The message, led by the JSON Pointer of the field it is about; of several faults the first ones."""
        told = [f"{each.pointer}: {each.message}" if each.pointer else each.message for each in self.faults]
        more = len(told) - MOST_TOLD
        return "; ".join(told[:MOST_TOLD]) + (f"; and {more} more" if more > 0 else "")


class ClientError(OcpiError):
    """2000: the client's mistake, no closer word for it (STA-13)."""


class InvalidParameters(OcpiError):
    """2001: invalid or missing parameters; `pointer` names the field (STA-14)."""

    status_code = 2001

    @classmethod
    def of(cls, faults: Sequence[Finding], noted: Sequence[Finding] = ()) -> Self:
        """The refusal of an object for these faults."""
        problem = cls(faults[0].message, faults[0].pointer)
        problem.findings, problem.noted = tuple(faults), tuple(noted)
        return problem


class NotEnoughInformation(OcpiError):
    """2002: real-time authorization without the LocationReferences it needs (STA-15)."""

    status_code = 2002


class UnknownLocation(OcpiError):
    """2003 with HTTP 200: a command that addresses an unknown location (STA-16)."""

    status_code = 2003


class MalformedBody(OcpiError):
    """HTTP 400: the body is not JSON (STA-02)."""

    http_status = 400
    status_code = 2001


class TooLarge(OcpiError):
    """HTTP 413: the body is larger than any OCPI object may be."""

    http_status = 413
    status_code = 2001


class TooManyRequests(OcpiError):
    """HTTP 429: this partner asks more than its share; after `retry_after` seconds it may again."""

    http_status = 429
    status_code = 2000

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unauthorized(OcpiError):
    """HTTP 401: no credentials token, an unknown one, or token A on a module (TRA-08, TRA-09)."""

    http_status = 401
    status_code = 2000


class UnknownObject(OcpiError):
    """HTTP 404; the OCPI code depends on what is unknown (STA-05, AMB-05)."""

    http_status = 404
    status_code = 2001

    CODES = {"locations": 2003, "tokens": 2004}

    def __init__(self, message: str, module: str = "", pointer: str = "") -> None:
        super().__init__(message, pointer)
        self.status_code = self.CODES.get(module, 2001)


class UnknownPath(OcpiError):
    """HTTP 404: no such path here (AMB-40)."""

    http_status = 404
    status_code = 2000


class MethodNotAllowed(OcpiError):
    """HTTP 405: the path exists, the method does not (AMB-40, CRE-20, CRE-24)."""

    http_status = 405
    status_code = 2000

    def __init__(self, message: str, allow: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.allow = allow


class ServerError(OcpiError):
    """3000: our own failure after the request was understood (STA-18)."""

    status_code = 3000


class HubError(OcpiError):
    """4000: a hub cannot pass this on, no closer word for it (STA-22)."""

    status_code = 4000


class UnknownReceiver(HubError):
    """4001: nobody is known by the address that a request to a hub names, or is for (STA-23)."""

    status_code = 4001


class ReceiverTimeout(HubError):
    """4002: a hub passed it on and heard nothing in time (STA-24)."""

    status_code = 4002


class NotConnected(HubError):
    """4003: the receiving party is not connected to the hub (STA-25)."""

    status_code = 4003


class UnusableApi(OcpiError):
    """3001: the client's versions or details cannot be used (STA-19, CRE-30)."""

    status_code = 3001


class UnsupportedVersion(OcpiError):
    """3002: the client does not offer the version of this endpoint (STA-20, AMB-16)."""

    status_code = 3002


class MissingEndpoints(OcpiError):
    """3003: endpoints that this party needs are missing at the other (STA-21, CRE-32)."""

    status_code = 3003
