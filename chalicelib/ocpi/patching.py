"""A PATCH merged into what is stored, both in one version.

Spec: 2.3.0 transport_and_format_patch (TRA-47 to TRA-50; AMB-10, AMB-11, AMB-86; SES-17 to SES-20)
"""

from __future__ import annotations

from typing import Any

from chalicelib.ocpi import models
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.ocpi.findings import step
from chalicelib.ocpi.models.base import V211, Model
from chalicelib.ocpi.timestamps import timestamp, wire_timestamp

__all__ = ["merge", "timestamp", "wire_timestamp"]


def merge(
    kind: str, stored: dict[str, Any], changes: dict[str, Any], version: str, sent_in: str = ""
) -> dict[str, Any]:
    """The stored object with the changes applied; neither is changed in place.

    A field in `changes` replaces the stored one completely, nested ones included;
    null clears a field that is optional in the version it was `sent_in`. Charging periods are
    appended (not those of 2.1.1), EVSEs of a Location merged by uid, none removed.

    Raises InvalidParameters for null on a required field, or an EVSE that cannot be merged.
    """
    if type(changes) is not dict:
        raise InvalidParameters("expected an object")
    sent_in = sent_in or version
    if sent_in == V211 and changes.get("charging_periods") is not None:
        stored = {**stored, "charging_periods": []}
    return _merge(kind, models.model(kind), stored, changes, version, "", sent_in)


def _merge(
    kind: str,
    model: Model,
    stored: dict[str, Any],
    changes: dict[str, Any],
    version: str,
    at: str,
    sent_in: str,
) -> dict[str, Any]:
    fields, theirs = model.fields(version), model.fields(sent_in)
    merged = dict(stored)
    for name, value in changes.items():
        if kind == "session" and name == "charging_periods" and version != V211:
            merged[name] = _appended(stored.get(name), value, step(at, name))
            if not merged[name] and name not in stored:
                del merged[name]
        elif value is None:
            if name in fields and fields[name].required and theirs.get(name, fields[name]).required:
                raise InvalidParameters("required, must not be null", step(at, name))
            merged.pop(name, None)
        elif kind == "location" and name == "evses":
            merged[name] = _upserted(stored.get(name), value, version, step(at, name), sent_in)
        else:
            merged[name] = value
    return merged


def _appended(stored: Any, added: Any, at: str) -> list[Any]:
    """SES-17, SES-18; a period that is there already is a repetition (AMB-86)."""
    if added is not None and type(added) is not list:
        raise InvalidParameters("expected a list", at)
    periods = list(stored or ())
    for period in added or ():
        if period not in periods:
            periods.append(period)
    return periods


def _upserted(stored: Any, given: Any, version: str, at: str, sent_in: str) -> list[Any]:
    """AMB-10: each EVSE is merged into the stored one of its uid, or added whole."""
    if type(given) is not list:
        raise InvalidParameters("expected a list", at)
    evse_model = models.model("evse")
    evses = list(stored) if type(stored) is list else [stored] if type(stored) is dict else []
    places = {
        str(evse.get("uid")).strip().upper(): index for index, evse in enumerate(evses) if type(evse) is dict
    }
    for number, evse in enumerate(given):
        where = step(at, number)
        uid = evse.get("uid") if type(evse) is dict else None
        if not isinstance(uid, str) or not uid:
            raise InvalidParameters("an EVSE in a PATCH is named by its uid", step(where, "uid"))
        place = places.get(uid.upper())
        if place is None:
            places[uid.upper()] = len(evses)
            evses.append(evse)
        else:
            evses[place] = _merge("evse", evse_model, evses[place], evse, version, where, sent_in)
    return evses
