"""Slips in an object of ours are found by other objects and its prices, and told; nothing is refused.

Contract: design section 5 (`warnings` of put, `check`); LOC-73, CDR-27, TAR-14
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from chalicelib.objects import tokens
from chalicelib.objects.stored_object import Finder
from chalicelib.ocpi import modules, slips
from chalicelib.ocpi.findings import Finding
from chalicelib.ocpi.models.types import NONE
from chalicelib.pricing import lint
from chalicelib.store.object_items import Key, folded

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

# Changes that say something only beside what they leave as it is.
BESIDE = {
    "locations": {"time_zone", "coordinates"},
    "sessions": {"start_date_time", "end_date_time", "charging_periods"},
    "tariffs": {"elements", "start_date_time", "end_date_time", "min_price", "max_price", "tax_included"},
}
# What of a Tariff's lint is told with every put; the rest is for who asks for it (`lint`).
TOLD = ("error", "warning")


def found(
    platform: Platform,
    finder: Finder,
    key: Key,
    data: dict[str, Any],
    canonical: dict[str, Any],
    version: str,
) -> tuple[Finding, ...]:
    """Every slip in an object of ours that may be stored; `data` is what the operator wrote."""
    told = list(slips.found(modules.BY_ID[key.module].kind, data, version))
    told += _priced(key, data, version)
    told += _nowhere(finder, key, canonical)
    if key.module == "cdrs":
        told += _second(platform, key, canonical)
    return tuple(told)


def _priced(key: Key, data: dict[str, Any], version: str) -> Iterator[Finding]:
    """What a Tariff's prices make of it."""
    for each in lint(data, version=version) if key.module == "tariffs" else ():
        if each["severity"] in TOLD:
            yield Finding(each["pointer"], each["code"], each["message"])


def in_changes(
    finder: Finder, key: Key, changes: dict[str, Any], of_evse: bool, of_connector: bool
) -> tuple[Finding, ...]:
    """Every slip in a PATCH, in 2.3.0, of an object of ours, or of an EVSE or Connector in it."""
    kind = "connector" if of_connector else "evse" if of_evse else modules.BY_ID[key.module].kind
    around = {"connector": ({"evses": [{"connectors": [changes]}]}, "/evses/0/connectors/0")}
    around |= {"evse": ({"evses": [changes]}, "/evses/0")}
    whole, before = around.get(kind, (changes, ""))
    told = [*slips.in_changes(kind, changes, modules.V230)]
    nowhere = _nowhere(finder, key, whole)
    return (*told, *(each._replace(pointer=each.pointer.removeprefix(before)) for each in nowhere))


def with_the_rest(key: Key, changes: dict[str, Any], whole: dict[str, Any]) -> tuple[Finding, ...]:
    """Slips that show when changes stand beside what was there: in what was changed, of the `whole` now."""
    told = [*slips.found(modules.BY_ID[key.module].kind, whole, modules.V230)]
    told += _priced(key, whole, modules.V230)
    changed = changes.keys() | ({"kwh"} if "charging_periods" in changes else set())
    return tuple(each for each in told if each.pointer[1:].split("/")[0] in changed)


def among(module: str, canonicals: Iterable[tuple[int, dict[str, Any]]]) -> dict[int, tuple[Finding, ...]]:
    """Slips of objects beside each other in one list, by their places: CDRs of one Session."""
    first: dict[str, str] = {}
    told: dict[int, tuple[Finding, ...]] = {}
    for at, cdr in canonicals if module == "cdrs" else ():
        session = folded(str(cdr.get("session_id") or ""))
        if session and not cdr.get("credit") and first.setdefault(session, cdr["id"]) != cdr["id"]:
            told[at] = (_billed_again(first[session]),)
    return told


def _nowhere(finder: Finder, key: Key, canonical: dict[str, Any]) -> Iterator[Finding]:
    """Tariffs and Locations that are named and that nobody has put."""
    owner = key.country_code, key.party_id
    embedded = {folded(str(each.get("id"))) for each in canonical.get("tariffs") or ()}
    missing: dict[tuple[str, str], bool] = {}
    for kind, id, at in _named(key.module, canonical):
        if kind == "tariff" and folded(id) in embedded:
            continue
        if (kind, folded(id)) not in missing:
            missing[kind, folded(id)] = finder(kind, *owner, id) is None
        if missing[kind, folded(id)]:
            yield Finding(at, "dangling", f"there is no {kind} {id} of {key.owner}")
        elif kind == "location":
            place = canonical if key.module == "sessions" else canonical["cdr_location"]
            yield from _not_there(finder(kind, *owner, id) or {}, place, at.rpartition("/")[0])


def _not_there(location: dict[str, Any], place: dict[str, Any], at: str) -> Iterator[Finding]:
    """The EVSE and Connector of a Session or CDR that its Location does not have."""
    uid, id = (str(place.get(name) or NONE) for name in ("evse_uid", "connector_id"))
    evses = {folded(str(each.get("uid"))): each for each in location.get("evses") or ()}
    if uid == NONE:
        return
    if folded(uid) not in evses:
        why = f"there is no EVSE {uid} in Location {location.get('id')}"
        yield Finding(f"{at}/evse_uid", "dangling", why)
    elif id != NONE:
        ids = {folded(str(each.get("id"))) for each in evses[folded(uid)].get("connectors") or ()}
        if folded(id) not in ids:
            yield Finding(f"{at}/connector_id", "dangling", f"there is no Connector {id} at EVSE {uid}")


def _named(module: str, canonical: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    for at, evse in enumerate(canonical.get("evses") or ()) if module == "locations" else ():
        for number, connector in enumerate(evse.get("connectors") or ()):
            for index, id in enumerate(connector.get("tariff_ids") or ()):
                yield "tariff", str(id), f"/evses/{at}/connectors/{number}/tariff_ids/{index}"
    if module in ("sessions", "cdrs"):
        for at, period in enumerate(canonical.get("charging_periods") or ()):
            if period.get("tariff_id"):
                yield "tariff", str(period["tariff_id"]), f"/charging_periods/{at}/tariff_id"
    if module == "sessions" and canonical.get("location_id") not in (None, NONE):
        yield "location", str(canonical["location_id"]), "/location_id"
    place = canonical.get("cdr_location") or {}
    if module == "cdrs" and place.get("id") not in (None, NONE):
        yield "location", str(place["id"]), "/cdr_location/id"
    if module == "cdrs" and canonical.get("credit_reference_id"):
        yield "cdr", str(canonical["credit_reference_id"]), "/credit_reference_id"


def _second(platform: Platform, key: Key, cdr: dict[str, Any]) -> Iterator[Finding]:
    """A CDR of a Session that has one already, unless one of them is a credit for the other."""
    if not cdr.get("session_id") or cdr.get("credit"):
        return
    entry = tokens.session(key.party, str(cdr["session_id"]))
    others = [each for each in tokens.entered(platform, entry, "cdrs") if each.partition != key.partition]
    finder = Finder(platform)
    known = [finder("cdr", each.country_code, each.party_id, each.id) for each in others]
    credited = {folded(str(each.get("credit_reference_id"))) for each in known if each and each.get("credit")}
    for each in known:
        if each and not each.get("credit") and folded(str(each.get("id"))) not in credited:
            yield _billed_again(each["id"])
            return


def _billed_again(cdr: str) -> Finding:
    why = f"CDR {cdr} is for this Session; a second one bills it again"
    return Finding("/session_id", "duplicate", why)
