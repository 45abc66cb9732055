"""The objects of OCPI by kind. A file of tables is loaded when the first object of it is met."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Final

from chalicelib.ocpi.models.base import Model

# kind -> file of this folder, name in it
KINDS: Final = {
    "location": ("locations", "Location"),
    "evse": ("locations", "EVSE"),
    "connector": ("locations", "Connector"),
    "session": ("sessions", "Session"),
    "charging_preferences": ("sessions", "ChargingPreferences"),
    "cdr": ("cdrs", "CDR"),
    "tariff": ("tariffs", "Tariff"),
    "token": ("tokens", "Token"),
    "location_references": ("tokens", "LocationReferences"),
    "authorization_info": ("tokens", "AuthorizationInfo"),
    "start_session": ("commands", "StartSession"),
    "stop_session": ("commands", "StopSession"),
    "reserve_now": ("commands", "ReserveNow"),
    "cancel_reservation": ("commands", "CancelReservation"),
    "unlock_connector": ("commands", "UnlockConnector"),
    "command_response": ("commands", "CommandResponse"),
    "command_result": ("commands", "CommandResult"),
    "set_charging_profile": ("charging_profiles", "SetChargingProfile"),
    "active_charging_profile": ("charging_profiles", "ActiveChargingProfile"),
    "charging_profile_response": ("charging_profiles", "ChargingProfileResponse"),
    "charging_profile_result": ("charging_profiles", "ChargingProfileResult"),
    "clear_profile_result": ("charging_profiles", "ClearProfileResult"),
    "active_charging_profile_result": ("charging_profiles", "ActiveChargingProfileResult"),
    "client_info": ("platforms", "ClientInfo"),
    "credentials": ("platforms", "Credentials"),
    "versions": ("platforms", "Version"),
    "version_details": ("platforms", "VersionDetails"),
}


@cache
def model(kind: str) -> Model:
    """The table of a kind of object. Raises KeyError for a kind that does not exist."""
    file, name = KINDS[kind]
    found = getattr(importlib.import_module(f"chalicelib.ocpi.models.{file}"), name)
    assert isinstance(found, Model)
    return found
