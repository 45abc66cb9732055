"""Checks read an object before it is stored: strictly where it is ours, leniently where a partner's.

Spec: "read leniently, write strictly"; requirements section 0
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib import logs
from chalicelib.objects import consistency
from chalicelib.objects.stored_object import Finder
from chalicelib.ocpi import quirks, reading, writing
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.patching import wire_timestamp
from chalicelib.ocpi.reading import Reading
from chalicelib.store.messages import count_repairs

if TYPE_CHECKING:
    from chalicelib.partner import Partner
    from chalicelib.wiring import Platform

# Reads an object of a kind, sent in a version, whole or in part. Raises InvalidParameters.
Check = Callable[[str, dict[str, Any], str, bool], Reading]


def as_theirs(platform: Platform, owner: Party | None) -> Check:
    """What reads what a partner sent, leniently; `owner` is whose it is where it does not say.

    Every object of a partner's that is refused is refused here, with all its faults.
    """
    finder = Finder(platform)

    def check(kind: str, data: dict[str, Any], version: str, partial: bool) -> Reading:
        return reading.read(
            kind,
            data,
            version,
            owner=owner,
            partial=partial,
            now=wire_timestamp(finder.now),
            token=finder.token,
            emsp=finder.emsp,
            holder=finder.holder,
        )

    return check


def mended(partner: Partner, data: Any) -> tuple[Any, tuple[Finding, ...]]:
    """A body of a partner's with the quirks repaired that are turned on for it, and which they were."""
    if not partner.quirks:
        return data, ()
    countries = {country for country, _ in partner.parties}
    meant, found = quirks.read(partner.quirk_names, data, countries.pop() if len(countries) == 1 else "")
    if found:
        logs.log("INFO", "quirks repaired", partner=partner.id, quirks=_counted(partner, found))
    return meant, found


def bent(partner: Partner, data: Any) -> Any:
    """A body of ours as this partner can take it, by the quirks that are turned on for it."""
    if not quirks.writes(partner.quirk_names):
        return data
    taken, found = quirks.written(partner.quirk_names, data)
    _counted(partner, found)
    return taken


def _counted(partner: Partner, found: tuple[Finding, ...]) -> dict[str, int]:
    counts = Counter(each.message for each in found)
    count_repairs(partner.id, counts)
    return dict(counts)


def strict(kind: str, data: dict[str, Any], version: str, partial: bool = False) -> None:
    """Refuse what OCPI does not allow us to say. Raises InvalidParameters."""
    found = faults(kind, data, version, partial)
    if found:
        raise InvalidParameters.of(found)


def faults(kind: str, data: dict[str, Any], version: str, partial: bool = False) -> list[Finding]:
    """Everything in an object that OCPI does not allow us to say.

    A part newer than what is around it is put right instead: a Location is of its latest part (LOC-87).
    """
    return [each for each in writing.check(kind, data, version, partial=partial) if not _lags(each)]


def _lags(found: Finding) -> bool:
    return found.code == "inconsistent" and found.pointer.endswith("/last_updated")


def as_ours(platform: Platform, owner: Party) -> Check:
    """What reads what the operator puts: strictly, and in the light of others of ours."""
    finder = Finder(platform)

    def check(kind: str, data: dict[str, Any], version: str, partial: bool) -> Reading:
        strict(kind, data, version, partial)
        found = read_ours(finder, owner, kind, data, version, partial)
        if not partial:
            consistency.check(finder, owner, kind, found.object)
        return found

    return check


def read_ours(
    finder: Finder, owner: Party, kind: str, data: dict[str, Any], version: str, partial: bool = False
) -> Reading:
    """What an object of ours says in 2.3.0, whether or not we may say it."""
    return reading.read(
        kind,
        data,
        version,
        owner=owner,
        partial=partial,
        now=wire_timestamp(finder.now),
        token=finder.token,
    )
