"""A 2.3.0 object as a partner of an older version gets it, and the check of what we are about to send.

Spec: ledger section 4 (CNV-P1 to CNV-P7)
"""

from __future__ import annotations

import re
from typing import Any

from chalicelib.ocpi import models, versions
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.models.base import V230
from chalicelib.ocpi.reading import read
from chalicelib.ocpi.versions.conversion import Find, Inexpressible, Trip

__all__ = ["Finding", "Writing", "check", "fits", "within", "write"]


class Writing:
    """What a partner is sent, or None where its version has no way to say it; and what it does not hear of.

    The pointers of the losses are in 2.3.0 or 2.2.1 field names, those the lost part had.
    """

    __slots__ = ("_found", "_trip", "object")

    def __init__(self, obj: Any, trip: Trip | None = None, found: tuple[Finding, ...] = ()) -> None:
        self.object = obj
        self._trip = trip
        self._found = found

    @property
    def losses(self) -> tuple[Finding, ...]:
        """What the partner does not hear of, or hears differently."""
        return self._found + (self._trip.losses if self._trip else ())


def write(
    kind: str,
    obj: dict[str, Any],
    version: str,
    *,
    find: Find | None = None,
    partial: bool = False,
    now: str | None = None,
) -> Writing:
    """The canonical object in that version. Never changes `obj`; hands it back itself where nothing differs.

    `find(kind, country_code, party_id, id)` hands canonical objects that 2.1.1
    embeds or chooses among. `now` decides which tariffs 2.1.1 partners see
    (default: the clock). `partial`: a PATCH; None then also means "send the whole instead".
    """
    owner = obj.get("country_code"), obj.get("party_id")
    trip = Trip(
        partial=partial,
        find=find,
        owner=(owner[0], owner[1]) if owner[0] and owner[1] else None,
        now=now or "",
    )
    try:
        return Writing(versions.downgrade(kind, obj, version, trip), trip)
    except Inexpressible as problem:
        trip.lose(problem.path, problem.code, problem.message)
    except (TypeError, LookupError, AttributeError, ValueError, ArithmeticError):
        # Kept as a partner sent it and upgraded unread: read it now.
        trip.lost.clear()
        try:
            sound = read(kind, obj, V230, partial=partial).object
            return Writing(versions.downgrade(kind, sound, version, trip), trip)
        except Inexpressible as problem:
            trip.lose(problem.path, problem.code, problem.message)
        except InvalidParameters as problem:
            trip.lose((), "unsound", f"{problem.pointer}: {problem.message}")
    return Writing(None, trip)


def within(kind: str, obj: dict[str, Any], version: str) -> Writing:
    """An object of ours that is in that version already, as it is sent: some texts are cut (AMB-54)."""
    trip = Trip()
    return Writing(versions.within(kind, obj, version, trip), trip)


def fits(kind: str, text: str) -> bool:
    """Whether the JSON text of an object of ours is sent as it is; else it goes `within` its version."""
    return kind != "cdr" or _CUT.search(text) is None


# What CdrLocation has shorter than Location; a false alarm costs a closer look.
_CUT = re.compile(r'"(?:address":\s*"(?:[^"\\]|\\.){46}|state":\s*"(?:[^"\\]|\\.){21})')


def check(kind: str, obj: Any, version: str = V230, *, partial: bool = False) -> tuple[Finding, ...]:
    """Everything in an object of that version that the specification forbids us to send; empty: fine."""
    from chalicelib.ocpi import rules
    from chalicelib.ocpi.validation import Validator

    validator = Validator(version)
    validator.validate(models.model(kind), obj, partial=partial)
    if not validator.findings and not partial:
        rules.apply(kind, obj, version, validator.note)
    return tuple(validator.findings)
