"""ODDITIES: how real peers write what is no fault in their eyes; each a change of every object of ours.

`partner.do("shape", name="numbers_as_text")`; `mend` ends it. What is broken by them is TRA-42 and the types.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sandbox.breaking import tools as by
from sandbox.breaking.table import Break, rows
from sandbox.messages import moment

ENUMS = ("status", "standard", "format", "power_type", "whitelist", "auth_method", "type", "parking_type")
IDS = ("id", "uid", "physical_reference", "postal_code", "evse_uid", "connector_id")
LISTS = ("connectors", "tariff_alt_text", "tariff_ids", "charging_periods", "elements", "price_components")


def _text(name: str, value: Any) -> Any:
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


def _number(name: str, value: Any) -> Any:
    return int(value) if name in IDS and isinstance(value, str) and value.isdecimal() else value


def _small(name: str, value: Any) -> Any:
    return value.lower() if name in ENUMS and isinstance(value, str) else value


def _single(name: str, value: Any) -> Any:
    return value[0] if name in LISTS and isinstance(value, list) and len(value) == 1 else value


def _yes(name: str, value: Any) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value


def _dated(name: str, value: Any) -> bool:
    return isinstance(value, str) and name.endswith(("_date_time", "_datetime", "last_updated"))


def _fraction(name: str, value: Any) -> Any:
    return value.replace("Z", ".123456Z") if _dated(name, value) else value


def _epoch(name: str, value: Any) -> Any:
    return int(moment(value).timestamp()) if _dated(name, value) else value


def _blank(name: str, value: Any) -> Any:
    return value.replace("T", " ") if _dated(name, value) else value


def _zoneless(name: str, value: Any) -> Any:
    return value.removesuffix("Z") if _dated(name, value) else value


def _spaced(name: str, value: Any) -> Any:
    return f"{value} " if name in ("name", "city", "address", "issuer", "evse_id") and value else value


def _floats(name: str, value: Any) -> Any:
    return Decimal(value) if name in ("latitude", "longitude") else value


def _missing(texts: Any) -> by.OnObject:
    """What is optional and we do not say is said as nothing."""
    optional = {
        "locations": ("state", "directions", "suboperator", "owner", "images"),
        "tariffs": ("tariff_alt_url", "start_date_time", "end_date_time", "energy_mix"),
        "tokens": ("group_id", "default_profile_type", "energy_contract"),
        "sessions": ("end_date_time", "meter_id", "authorization_reference"),
        "cdrs": ("meter_id", "remark", "invoice_reference_id", "signed_data"),
    }

    def do(module: str, version: str, thing: dict[str, Any]) -> None:
        for name in optional.get(module, ()):
            thing.setdefault(name, texts)

    return do


def _lower_party(module: str, version: str, thing: dict[str, Any]) -> None:
    for name in ("country_code", "party_id"):
        if name in thing:
            thing[name] = thing[name].lower()


def _undated_parts(module: str, version: str, thing: dict[str, Any]) -> None:
    for evse in by.below(thing, ["evses"]):
        evse.pop("last_updated", None)
        for connector in by.below(evse, ["connectors"]):
            connector.pop("last_updated", None)


def _own_fields(module: str, version: str, thing: dict[str, Any]) -> None:
    thing["internal_reference"] = "4711"
    thing["_links"] = {"self": "/internal/4711"}


def _own_value(module: str, version: str, thing: dict[str, Any]) -> None:
    for evse in by.below(thing, ["evses"]):
        evse.setdefault("capabilities", []).append("PLUG_AND_CHARGE")


def _wh(name: str, value: Any) -> Any:
    return value * 1000 if name in ("kwh", "total_energy") and isinstance(value, int | Decimal) else value


ODDITIES: dict[str, Break] = rows(
    "object",
    ("numbers_as_text", "numbers are in quotes", "TYP-08", by.everywhere(_text)),
    ("ids_as_numbers", "ids of digits are numbers", "TYP-18", by.everywhere(_number)),
    ("small_enums", "enum values are in small letters", "TYP-04", by.everywhere(_small)),
    ("single_for_list", "a list of one is the one itself", "TYP-17", by.everywhere(_single)),
    ("booleans_as_text", "booleans are in quotes", "TYP-17", by.everywhere(_yes)),
    ("coordinates_as_numbers", "coordinates are numbers", "LOC-69", by.everywhere(_floats)),
    ("empty_text_for_nothing", "what is not said is an empty string", "TYP-15", _missing("")),
    ("null_for_nothing", "what is not said is null", "TYP-15", _missing(None)),
    ("parts_without_date", "EVSEs and Connectors have no last_updated", "LOC-29", _undated_parts),
    ("microseconds", "DateTimes have microseconds", "TYP-05", by.everywhere(_fraction)),
    ("seconds_since_1970", "DateTimes are numbers", "TYP-05", by.everywhere(_epoch)),
    ("blank_for_t", "DateTimes have a blank for the T", "TYP-05", by.everywhere(_blank)),
    ("dates_without_zone", "DateTimes have no Z", "TYP-06", by.everywhere(_zoneless)),
    ("trailing_blanks", "texts end with a blank", "TYP-02", by.everywhere(_spaced)),
    ("small_party", "country_code and party_id are in small letters", "AMB-36", _lower_party),
    ("own_fields", "objects have fields of our own", "TRA-75", _own_fields),
    ("own_values", "EVSEs have a capability that no version lists", "AMB-03", _own_value),
    ("wh_for_kwh", "energies of Sessions and CDRs are Wh", "CDR-30", by.everywhere(_wh)),
)
