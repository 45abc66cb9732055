"""The kinds of object that a request and its answer carry, where they are to be said in another version.

Spec: design section 12; CNV rows
"""

from __future__ import annotations

from chalicelib.ocpi import models, modules

_ASKED = {
    ("tokens", modules.SENDER, "POST"): "location_references",
    ("sessions", modules.SENDER, "PUT"): "charging_preferences",
    ("chargingprofiles", modules.RECEIVER, "PUT"): "set_charging_profile",
    ("chargingprofiles", modules.SENDER, "PUT"): "active_charging_profile",
}
_ANSWERED = {
    ("tokens", modules.SENDER, "POST"): "authorization_info",
    ("commands", modules.RECEIVER, "POST"): "command_response",
    ("chargingprofiles", modules.RECEIVER, "GET"): "charging_profile_response",
    ("chargingprofiles", modules.RECEIVER, "PUT"): "charging_profile_response",
    ("chargingprofiles", modules.RECEIVER, "DELETE"): "charging_profile_response",
}


def asked(module: str, interface: str, method: str, shape: str, command: str = "") -> str:
    """The kind of object in the body of a request, "" where it has none that is known."""
    if module == "commands":
        return command.lower() if command.lower() in models.KINDS else ""
    found = _ASKED.get((module, interface, method))
    return found or (of_path(module, shape) if method in ("PUT", "PATCH", "POST") else "")


def answered(module: str, interface: str, method: str, shape: str) -> str:
    """The kind of object, or of those in the list, that a request is answered with."""
    found = _ANSWERED.get((module, interface, method))
    return found or (of_path(module, shape) if method == "GET" else "")


def of_path(module: str, shape: str) -> str:
    """The kind of object at a path of a module."""
    row = modules.BY_ID.get(module)
    if row is None:
        return ""
    if shape.endswith("{connector_id}"):
        return "connector"
    return "evse" if shape.endswith("{evse_uid}") else row.kind
