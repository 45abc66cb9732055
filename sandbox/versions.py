"""How each version writes an object of ours, which we hold as 2.3.0, and the names that differ.

What others sent is never converted: it is held as it came.

Spec: 2.2.1 changelog; 2.3.0 changelog
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from typing import Any

Object = dict[str, Any]
Find = Callable[[str, str], Object | None]  # (module, id): one of ours

PRICES = {
    "cdrs": (
        "total_cost",
        "total_fixed_cost",
        "total_energy_cost",
        "total_time_cost",
        "total_parking_cost",
        "total_reservation_cost",
    ),
    "sessions": ("total_cost",),
}
_ONLY_230 = {"locations": ("parking_places", "help_phone"), "tariffs": ("tax_included",)}
_OWNER = ("country_code", "party_id")
_SINCE_221 = {
    "locations": (*_OWNER, "publish", "publish_allowed_to", "state"),
    "tariffs": (*_OWNER, "type", "min_price", "max_price", "start_date_time", "end_date_time"),
    "sessions": (*_OWNER, "authorization_reference"),
    "tokens": (*_OWNER, "group_id", "default_profile_type", "energy_contract"),
    "cdrs": (*_OWNER, "session_id", "authorization_reference", *PRICES["cdrs"][1:]),
}
_CAPABILITIES_211 = {
    "CHARGING_PROFILE_CAPABLE",
    "CREDIT_CARD_PAYABLE",
    "REMOTE_START_STOP_CAPABLE",
    "RESERVABLE",
    "RFID_READER",
    "UNLOCK_CAPABLE",
}


def written(module: str, thing: Object, version: str, find: Find) -> Object:
    """One of our objects as this version writes it; `find` answers what a 2.1.1 object embeds."""
    made = deepcopy(thing)
    if version == "2.3.0":
        return made
    for name in _ONLY_230.get(module, ()):
        made.pop(name, None)
    for name in PRICES.get(module, ()):
        if name in made:
            made[name] = _price_221(made[name])
    for name in ("min_price", "max_price"):
        if module == "tariffs" and name in made:
            limit = made[name]
            made[name] = {"excl_vat": limit["before_taxes"], "incl_vat": limit["after_taxes"]}
    if module == "cdrs":
        made["tariffs"] = [written("tariffs", each, version, find) for each in made.get("tariffs", ())]
    if version == "2.1.1":
        _downgrade_211(module, made, find)
    return made


def _price_221(price: Object) -> Object:
    made = {"excl_vat": price["before_taxes"]}
    if price.get("taxes"):
        made["incl_vat"] = price["before_taxes"] + sum(each["amount"] for each in price["taxes"])
    return made


def _downgrade_211(module: str, made: Object, find: Find) -> None:
    if module == "locations":
        made["type"] = made.pop("parking_type", "UNKNOWN")
        for evse in made.get("evses", ()):
            _evse_211(evse)
    elif module == "tariffs":
        for element in made["elements"]:
            for component in element["price_components"]:
                component.pop("vat", None)
        made["elements"] = [
            each for each in made["elements"] if "reservation" not in each.get("restrictions", {})
        ]
    elif module == "tokens":
        made["auth_id"] = made.pop("contract_id")
        made["type"] = made["type"] if made["type"] == "RFID" else "OTHER"
    elif module == "sessions":
        _session_211(made, find)
    elif module == "cdrs":
        _cdr_211(made, find)
    for name in _SINCE_221.get(module, ()):
        made.pop(name, None)


def _evse_211(evse: Object) -> None:
    evse["capabilities"] = [each for each in evse.get("capabilities", ()) if each in _CAPABILITIES_211]
    for connector in evse["connectors"]:
        connector["voltage"] = connector.pop("max_voltage")
        connector["amperage"] = connector.pop("max_amperage")
        connector.pop("max_electric_power", None)
        if ids := connector.pop("tariff_ids", None):
            connector["tariff_id"] = ids[0]


def _session_211(made: Object, find: Find) -> None:
    made["start_datetime"] = made.pop("start_date_time")
    if "end_date_time" in made:
        made["end_datetime"] = made.pop("end_date_time")
    made["auth_id"] = made.pop("cdr_token")["contract_id"]
    _spent(made)
    if made["status"] == "RESERVATION":
        made["status"] = "PENDING"
    place = made.pop("location_id"), made.pop("evse_uid"), made.pop("connector_id")
    made["location"] = _visited(place, find)
    tariff = find("tariffs", made["location"]["evses"][0]["connectors"][0].get("tariff_id", "")) or {}
    if "min_price" in tariff or "max_price" in tariff:
        made.pop("total_cost", None)  # it knows no such limits, and would not come to the same
    elif "total_cost" in made:
        made["total_cost"] = made["total_cost"]["excl_vat"]
    _periods_211(made)


def _cdr_211(made: Object, find: Find) -> None:
    made["stop_date_time"] = made.pop("end_date_time")
    made["auth_id"] = made.pop("cdr_token")["contract_id"]
    _spent(made)
    parts = [made[name]["excl_vat"] for name in PRICES["cdrs"][1:] if name in made]
    # Without the limits of a Tariff, which it does not know.
    unlimited = sum(parts, Decimal(0)) if not made.get("credit") else made["total_cost"]["excl_vat"]
    made["total_cost"] = unlimited
    place = made.pop("cdr_location")
    made["location"] = _visited((place["id"], place["evse_uid"], place["connector_id"]), find)
    _periods_211(made)


def _spent(made: Object) -> None:
    """COMMAND is an auth_method since 2.2."""
    if made["auth_method"] == "COMMAND":
        made["auth_method"] = "AUTH_REQUEST"


def _periods_211(made: Object) -> None:
    for period in made.get("charging_periods", ()):
        period.pop("tariff_id", None)


def _visited(place: tuple[str, str, str], find: Find) -> Object:
    """The Location with the EVSE and the Connector that were used, and no others."""
    site, uid, connector_id = place
    location = written("locations", find("locations", site) or {}, "2.1.1", find)
    evse = next(each for each in location["evses"] if each["uid"] == uid)
    evse["connectors"] = [each for each in evse["connectors"] if each["id"] == connector_id]
    return {**location, "evses": [evse]}


def tax(before: Decimal, after: Decimal) -> Object:
    """A 2.3.0 Price with its VAT."""
    price: Object = {"before_taxes": before}
    if after != before:
        price["taxes"] = [{"name": "VAT", "amount": after - before}]
    return price
