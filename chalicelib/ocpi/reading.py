"""What a partner sent, as a 2.3.0 object: read leniently, refused only where it cannot be used.

The object keeps every field and word that is not known here. It may be the very
dict that came in; neither this nor any caller changes it in place.

Spec: ledger sections 4 and 5 (AMB-03, AMB-04, AMB-37; CNV rows)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.ocpi import models, versions
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.models.base import V211, V230
from chalicelib.ocpi.versions.conversion import Trip

__all__ = ["Finding", "Reading", "read"]

# What a PATCH may address; its body says when the change was made (TRA-48, TRA-49).
PATCHED = frozenset({"location", "evse", "connector", "session", "token", "tariff"})


@dataclass(frozen=True)
class Reading:
    """An object in canonical 2.3.0 form, and what was odd about it as it came in.

    The pointers of the findings are in the field names of the sender's version.
    """

    object: Any
    findings: tuple[Finding, ...]


def read(
    kind: str,
    data: Any,
    version: str,
    *,
    owner: tuple[str, str] | None = None,
    partial: bool = False,
    now: str | None = None,
    token: Callable[[str], Mapping[str, Any] | None] | None = None,
    emsp: tuple[str, str] | None = None,
    role: str = "OTHER",
) -> Reading:
    """The object in a body of that version.

    `owner` is put where 2.1.1 names none. `partial`: a PATCH, in which only what
    is given is looked at. `now`: time of reception, for bodies that may lack it.
    2.1.1 leaves more unsaid: `token` finds the canonical Token of an auth_id ("" asks
    for the one an authorization is about), `emsp` is the eMSP party of the
    connection, `role` that of the party in credentials.

    Raises InvalidParameters (2001) with a JSON Pointer in the sender's field names.
    """
    findings: tuple[Finding, ...]
    if kind == "versions":
        data, findings = _versions(data, version)
    else:
        data, findings = _judged(kind, data, version, partial, now)
    if partial and kind in PATCHED and data.get("last_updated") is None:
        if version != V211:
            raise InvalidParameters("a PATCH says when the change was made (TRA-49)", "/last_updated")
        if now is not None:
            data = {**data, "last_updated": now}
    if version != V230 and kind != "versions":
        trip = Trip(partial=partial, owner=owner, token=token, emsp=emsp, role=role)
        data = versions.upgrade(kind, data, version, trip)
        findings += tuple(trip.doubts)
    return Reading(data, findings)


def _judged(
    kind: str, data: Any, version: str, partial: bool, now: str | None
) -> tuple[Any, tuple[Finding, ...]]:
    from chalicelib.ocpi.models import validators

    model = models.model(kind)
    if validators.validate(model, version, partial)(data):
        return data, ()
    from chalicelib.ocpi.validation import Validator

    validator = Validator(version, now=now)
    return validator.validate(model, data, partial=partial), tuple(validator.findings)


def _versions(data: Any, version: str) -> tuple[list[Any], tuple[Finding, ...]]:
    """The list that a versions endpoint answers with."""
    if type(data) is not list or not data:
        raise InvalidParameters("expected a list of at least one version")
    from chalicelib.ocpi.validation import Validator

    validator = Validator(version)
    row = models.model("versions")
    return [validator.validate(row, item, f"/{index}") for index, item in enumerate(data)], tuple(
        validator.findings
    )
