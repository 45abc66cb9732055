"""The pricing engine is given what is stored: the Tariffs a CDR names, its time zone, the policies.

What prices is `chalicelib.pricing`; here is only what it is given. An object is priced in the sense
of the version its owner wrote it in, also where it is stored as 2.3.0.

Contract: design section 13
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib import pricing
from chalicelib.errors import ActionError
from chalicelib.objects.stored_object import StoredObject, load
from chalicelib.ocpi import jsontext, modules
from chalicelib.ocpi.messages import Party
from chalicelib.store.audits import Audits
from chalicelib.store.object_items import Key, check_id, folded, party_of

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

Report = dict[str, Any]
# Tariffs of one CDR that are looked up at most.
MOST_TARIFFS = 50


@dataclass(frozen=True)
class Terms:
    """How CDRs are priced: a preset's name or knobs, and a tolerance; None: the defaults."""

    policy: Any = None
    tolerance: Any = None


def terms_of(platform: Platform, partner_id: str) -> Terms:
    """What the operator set for a partner by `money_policy`."""
    name = policy_id(partner_id)
    found = Audits(platform).read([name]).get(name) if partner_id else None
    return Terms(found.get("policy"), found.get("tolerance") or None) if found else Terms()


def policy_id(partner_id: str) -> str:
    return f"policy#{partner_id}"


def check_terms(terms: Terms) -> None:
    """Refuse a preset or knob that there is not. Raises ActionError, which names it."""
    _asked(lambda: pricing.audit({}, policy=terms.policy, tolerance=terms.tolerance), "/policy")


def audit(
    platform: Platform,
    cdr: Mapping[str, Any],
    version: str,
    terms: Terms,
    *,
    given: Sequence[Any] = (),
    time_zone: str | None = None,
) -> Report:
    """The report on a CDR with the Tariffs and the Location that are stored. Raises ActionError."""
    asked = _around(platform, cdr, version, terms, given, time_zone)
    return _asked(lambda: pricing.audit(cdr, given, **asked), "/policy")


def price(
    platform: Platform,
    session: Mapping[str, Any],
    version: str,
    terms: Terms,
    *,
    given: Sequence[Any] = (),
    time_zone: str | None = None,
) -> Report:
    """The report on a Session or CDR, with its `totals`. Raises ActionError."""
    asked = _around(platform, session, version, terms, given, time_zone)
    return _asked(lambda: pricing.price(session, given, **asked), "/policy")


def quote(
    tariff: Mapping[str, Any],
    start: str,
    profile: Sequence[Mapping[str, Any]],
    version: str,
    terms: Terms,
    time_zone: str | None = None,
) -> Report:
    """What a charge would cost by a Tariff. Raises ActionError."""
    return _asked(
        lambda: pricing.quote(
            tariff, start, profile, version=version, time_zone=time_zone, policy=terms.policy
        ),
        "/policy",
    )


def priced_form(found: StoredObject) -> dict[str, Any]:
    """A stored CDR or Session as it is priced: put right, in 2.3.0, with the time zone that 2.1.1 states."""
    place = found.source.get("location") if found.version == modules.V211 else None
    zone = place.get("time_zone") if isinstance(place, dict) else None
    return {**found.canonical, "location": {"time_zone": zone}} if zone else found.canonical


def stored_tariff(platform: Platform, party: Party, id: str) -> StoredObject | None:
    """A Tariff of anybody's; an id that cannot be one is unknown."""
    try:
        return load(platform, Key("tariffs", *party, check_id(id, "/id")))
    except ValueError:
        return None


def named_tariffs(cdr: Mapping[str, Any]) -> list[str]:
    """The ids of the Tariffs that periods name and the CDR does not bring along, each once."""
    embedded = {folded(str(each.get("id"))) for each in _dicts(cdr.get("tariffs"))}
    named = {
        folded(str(each["tariff_id"])): str(each["tariff_id"])
        for each in _dicts(cdr.get("charging_periods"))
        if each.get("tariff_id")
    }
    return [id for name, id in named.items() if name not in embedded][:MOST_TARIFFS]


def _around(
    platform: Platform,
    cdr: Mapping[str, Any],
    version: str,
    terms: Terms,
    given: Sequence[Any],
    time_zone: str | None,
) -> dict[str, Any]:
    owner = party_of(cdr)
    stored = list(_stored(platform, owner, cdr, bool(given))) if owner else []
    versions = {each.version for each in stored}
    zone: Any = time_zone
    if not zone and owner and (name := _zone(platform, owner, cdr)):
        zone = (name, "location")
    return {
        "version": version,
        "tariff_version": versions.pop() if len(versions) == 1 and not given else None,
        "stored": [each.canonical for each in stored],
        "time_zone": zone,
        "policy": terms.policy,
        "tolerance": terms.tolerance,
    }


def _stored(
    platform: Platform, owner: Party, cdr: Mapping[str, Any], has_given: bool
) -> Iterator[StoredObject]:
    """The Tariffs that a CDR names; where it neither names nor brings one, those of its Connector."""
    ids = named_tariffs(cdr)
    embedded = _dicts(cdr.get("tariffs"))
    names_any = any(each.get("tariff_id") for each in _dicts(cdr.get("charging_periods")))
    if not ids and not embedded and not names_any and not has_given:
        ids = _connector_tariffs(platform, owner, cdr)
    for id in ids:
        if found := stored_tariff(platform, owner, id):
            yield found


def _connector_tariffs(platform: Platform, owner: Party, cdr: Mapping[str, Any]) -> list[str]:
    location, evse_uid, connector_id = _place(cdr)
    if not location or not evse_uid:
        return []
    part = platform.objects.part(Key("locations", *owner, location), evse_uid)
    evse = jsontext.loads(part.body) if part else {}
    for each in _dicts(evse.get("connectors") if isinstance(evse, dict) else None):
        if folded(str(each.get("id"))) == folded(connector_id):
            ids = each.get("tariff_ids") or [each.get("tariff_id")]
            return [id for id in ids if isinstance(id, str)][:MOST_TARIFFS]
    return []


def _zone(platform: Platform, owner: Party, cdr: Mapping[str, Any]) -> str | None:
    location, _, _ = _place(cdr)
    part = platform.objects.part(Key("locations", *owner, location)) if location else None
    body = jsontext.loads(part.body) if part else {}
    zone = body.get("time_zone") if isinstance(body, dict) else None
    return zone if isinstance(zone, str) else None


def _place(cdr: Mapping[str, Any]) -> tuple[str, str, str]:
    """Location, EVSE and Connector of a CDR or Session; "" where an id cannot be one."""
    place = cdr.get("cdr_location")
    if isinstance(place, dict):
        found = place.get("id"), place.get("evse_uid"), place.get("connector_id")
    else:
        found = cdr.get("location_id"), cdr.get("evse_uid"), cdr.get("connector_id")
    words = [each if isinstance(each, str) and len(each.encode()) < 256 else "" for each in found]
    return words[0], words[1], words[2]


def _dicts(values: Any) -> list[dict[str, Any]]:
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _asked(make: Any, pointer: str) -> Report:
    try:
        found: Report = make()
    except pricing.PolicyError as problem:
        raise ActionError("invalid", str(problem), pointer) from None
    return found
