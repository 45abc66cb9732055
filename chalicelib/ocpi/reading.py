"""What a partner sent, as a 2.3.0 object: read leniently, refused only where it cannot be used.

What is repaired, set aside, assumed and refused is written in the tables of `models`,
per field and type; `docs/reading.md` is made from them. The object keeps every field
and word that is not known here. It may be the very dict that came in; neither this
nor any caller changes it in place.

Spec: ledger sections 4 and 5 (AMB-03, AMB-04, AMB-37; CNV rows); design section 6
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from chalicelib.ocpi import models, spelling, versions
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.models.base import V211, V230
from chalicelib.ocpi.versions.conversion import Trip

__all__ = ["Finding", "Reading", "listed", "read"]

Party = tuple[str, str]
Holder = Callable[[Mapping[str, Any]], Party | None]

# What a PATCH may address; its body says when the change was made (TRA-48, TRA-49).
PATCHED = frozenset({"location", "evse", "connector", "session", "token", "tariff"})


@dataclass(frozen=True)
class Reading:
    """An object in canonical 2.3.0 form, and what was odd about it as it came in.

    `repaired` is the same in the words of the sender's version. The pointers of the
    findings are in the field names of that version. `spelled` is what came with its names
    as the specification spells them, where they were not; else None. `incomplete` are
    pointers of required values that were not stated: something was assumed, or nothing is there.
    """

    object: Any
    findings: tuple[Finding, ...]
    repaired: Any = None
    spelled: Any = None
    incomplete: tuple[str, ...] = ()


def read(
    kind: str,
    data: Any,
    version: str,
    *,
    owner: Party | None = None,
    partial: bool = False,
    now: str | None = None,
    token: Callable[[str], Mapping[str, Any] | None] | None = None,
    emsp: Party | None = None,
    holder: Holder | None = None,
    role: str = "OTHER",
) -> Reading:
    """The object in a body of that version.

    `owner` is put where 2.1.1 names none, and in a Token of a command or answer that names
    none. `partial`: a PATCH, in which only what is given is looked at. `now`: time of
    reception, for bodies that lack it. `token` finds the canonical Token of an auth_id
    ("" asks for the one an authorization is about), `holder` the eMSP of a CdrToken that
    names none (default: `emsp`, the eMSP party of the connection), `role` is that of the
    party in credentials of 2.1.1.

    Raises InvalidParameters (2001) with every fault, JSON Pointers in the sender's field names.
    """
    if kind == "versions":
        listed, findings = _versions(data, version)
        return Reading(listed, findings, listed)
    repaired, findings, spelled, incomplete = _repaired(
        kind, data, version, partial, now, owner, holder, emsp, token
    )
    if partial and kind in PATCHED and repaired.get("last_updated") is None:
        if version != V211:
            raise InvalidParameters("a PATCH says when the change was made (TRA-49)", "/last_updated")
        if now is not None:
            repaired = {**repaired, "last_updated": now}
    found = repaired
    if version != V230:
        trip = Trip(partial=partial, owner=owner, token=token, emsp=emsp, role=role)
        found = versions.upgrade(kind, repaired, version, trip)
        findings += tuple(trip.doubts)
    return Reading(found, findings, repaired, spelled, incomplete)


def _repaired(
    kind: str,
    data: Any,
    version: str,
    partial: bool,
    now: str | None,
    owner: Party | None,
    holder: Holder | None,
    emsp: Party | None,
    token: Callable[[str], Mapping[str, Any] | None] | None,
) -> tuple[Any, tuple[Finding, ...], Any, tuple[str, ...]]:
    from chalicelib.ocpi.models import validators

    model = models.model(kind)
    is_clean = validators.validate(model, version, partial)(data)
    if is_clean and partial:
        is_clean = data.get("last_updated") is not None  # it may be there under another name
    if is_clean and not validators.repeats(model, data, version):
        return data, (), None, ()
    room = _tolerance()
    asked = (lambda: token("")) if token else None
    known = room.Known(now, owner, holder or (lambda _: emsp), asked)
    tolerance = room.Tolerance(version, known)
    repaired = tolerance.read(model, data, partial=partial)
    spelled = None
    if tolerance.respelled and type(data) is dict:
        spelled, _ = spelling.respelled(model, data, version, "")
    return repaired, tuple(tolerance.findings), spelled, tuple(tolerance.incomplete[: room.MOST_FINDINGS])


def listed(data: Any) -> list[Any]:
    """The things in a list, also where one stands alone, or they are numbered as PHP does it."""
    if type(data) is dict and data and all(name.isascii() and name.isdigit() for name in data):
        return list(data.values())
    return data if type(data) is list else [data] if type(data) is dict else []


@cache
def _tolerance() -> Any:
    """The room that reads what is odd: loaded when the first such object comes."""
    from chalicelib.ocpi import tolerance

    return tolerance


def _versions(data: Any, version: str) -> tuple[list[Any], tuple[Finding, ...]]:
    """The list that a versions endpoint answers with; what cannot be read is passed over (VER-19)."""
    tolerance = _tolerance().Tolerance(version)
    row = models.model("versions")
    found: list[Any] = []
    refused: list[Finding] = []
    for index, item in enumerate(listed(data)):
        tolerance.faults.clear()
        try:
            found.append(tolerance.read(row, item, at=f"/{index}"))
        except InvalidParameters as problem:
            refused += problem.findings
    if not found:
        raise InvalidParameters.of(
            refused or [Finding("", "empty", "expected a list of at least one version")]
        )
    return found, (*tolerance.findings, *refused)
