"""What EVSEs are capable of, as their CPO tells it: asked before we accept something, and before we send it.

A CPO that tells no capabilities of an EVSE is taken to leave them out, not to
have none. Charging preferences alone need theirs told (SES-42).

Spec: 2.2.1 mod_locations_capability_enum; LOC-75, LOC-76, SES-33, SES-42
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from chalicelib.objects.stored_object import load
from chalicelib.store.object_items import Key

if TYPE_CHECKING:
    from chalicelib.ocpi.messages import Party
    from chalicelib.wiring import Platform

PROFILES, PREFERENCES = "CHARGING_PROFILE_CAPABLE", "CHARGING_PREFERENCES_CAPABLE"
CONNECTOR_REQUIRED = "START_SESSION_CONNECTOR_REQUIRED"
NEEDED = {
    "START_SESSION": "REMOTE_START_STOP_CAPABLE",
    "RESERVE_NOW": "RESERVABLE",
    "UNLOCK_CONNECTOR": "UNLOCK_CAPABLE",
}

Evse = Mapping[str, Any]


def lacking(evses: Sequence[Evse], capability: str) -> bool:
    """Whether each of these EVSEs tells what it is capable of, and none this."""
    told = [each.get("capabilities") for each in evses]
    return bool(evses) and all(told) and not any(capability in (each or ()) for each in told)


def refusal(command: str, body: Mapping[str, Any], evses: Sequence[Evse]) -> tuple[str, str] | None:
    """The result and the reason of a command that these EVSEs, those it can mean, are not made for."""
    needed = NEEDED.get(command)
    if needed and lacking(evses, needed):
        return "NOT_SUPPORTED", f"not {needed} there"
    unclear = command == "START_SESSION" and body.get("evse_uid") and not body.get("connector_id")
    if unclear and any(CONNECTOR_REQUIRED in (each.get("capabilities") or ()) for each in evses):
        return "REJECTED", "connector_id is required at this EVSE"
    return None


def meant(platform: Platform, cpo: Party, location_id: Any, evse_uid: Any = None) -> list[dict[str, Any]]:
    """The EVSE of a CPO's Location, or all in service where none is named; none if it is not known here."""

    if not isinstance(location_id, str) or not location_id:
        return []
    found = load(platform, Key("locations", *cpo, location_id), str(evse_uid or ""))
    if found is None:
        return []
    evses = [found.canonical] if evse_uid else found.canonical.get("evses") or []
    return [each for each in evses if each.get("status") != "REMOVED"]
