"""Rules of what our objects say, wherever we write them."""

from __future__ import annotations

from datetime import UTC, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sandbox.breaking import tools as by
from sandbox.breaking.table import ONLY_230, SINCE_221, rows
from sandbox.messages import date_time, moment

if TYPE_CHECKING:
    pass


def _later(thing: dict[str, Any]) -> None:
    """The last EVSE is newer than its Location."""
    updated = date_time(moment(thing["last_updated"]) + timedelta(hours=1))
    for each in thing.get("evses", [])[-1:]:
        each["last_updated"] = updated


def _dearer(thing: dict[str, Any]) -> None:
    cost = thing["total_cost"]
    if isinstance(cost, dict):
        name = "before_taxes" if "before_taxes" in cost else "excl_vat"
        cost[name] += Decimal("1.00")
    else:
        thing["total_cost"] = cost + Decimal("1.00")


def _backwards(thing: dict[str, Any]) -> None:
    ended = "end_date_time" if "end_date_time" in thing else "stop_date_time"
    if ended in thing:
        thing[ended] = date_time(moment(thing["start_date_time"]) - timedelta(hours=1))


def _other_names(module: str, version: str, thing: dict[str, Any]) -> None:
    """2.2.1 names in 2.1.1, and the other way round."""
    pairs = [("auth_id", "contract_id"), ("start_datetime", "start_date_time"), ("type", "parking_type")]
    pairs += [("excl_vat", "before_taxes"), ("stop_date_time", "end_date_time")]
    for old, new in pairs:
        before, after = (old, new) if version == "2.1.1" else (new, old)
        for each in (thing, thing.get("total_cost")):
            if isinstance(each, dict) and before in each and not (module == "tokens" and before == "type"):
                each[after] = each.pop(before)


def _foreign(module: str, version: str, thing: dict[str, Any]) -> None:
    if "party_id" in thing:
        thing["country_code"], thing["party_id"] = "XX", "XXX"


def _dated(name: str) -> bool:
    return name.endswith(("_date_time", "_datetime", "last_updated", "period_begin", "period_end"))


def _offset(name: str, value: Any) -> Any:
    if not isinstance(value, str) or not _dated(name):
        return value
    return f"{moment(value).astimezone(UTC) + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00"


OBJECTS = rows(
    "object",
    ("foreign_owner", "our objects belong to XX/XXX", "TRA-58", _foreign, SINCE_221),
    (
        "no_owner",
        "our objects have no country_code",
        "TRA-58",
        lambda module, version, thing: thing.pop("country_code", None),
        SINCE_221,
    ),
    ("names_of_another_version", "fields are named as in another version", "TRA-42", _other_names),
    (
        "no_last_updated",
        "our objects have no last_updated",
        "TRA-42",
        lambda module, version, thing: thing.pop("last_updated", None),
    ),
    ("dates_with_offset", "DateTimes are local, with an offset", "TYP-05", by.everywhere(_offset)),
    (
        "location_without_coordinates",
        "Locations have no coordinates",
        "LOC-29",
        by.without("locations", "coordinates"),
    ),
    ("location_without_country", "Locations have no country", "LOC-29", by.without("locations", "country")),
    (
        "location_without_time_zone",
        "Locations have no time_zone",
        "LOC-64",
        by.without("locations", "time_zone"),
        SINCE_221,
    ),
    (
        "location_bad_time_zone",
        "time_zone is UTC+1",
        "LOC-64",
        by.fields("locations", by.say("time_zone", "UTC+1")),
    ),
    (
        "location_country_of_two",
        "country has two letters",
        "LOC-68",
        by.fields("locations", by.say("country", "BE")),
    ),
    (
        "coordinates_too_short",
        "coordinates have two decimals",
        "LOC-69",
        by.inside("locations", "coordinates", by.say("latitude", "50.86")),
    ),
    (
        "last_updated_not_lifted",
        "an EVSE is newer than its Location",
        "LOC-26",
        by.fields("locations", _later),
    ),
    (
        "evse_without_connectors",
        "EVSEs have no connectors",
        "LOC-86",
        by.inside("locations", "evses", by.leave_out("connectors")),
    ),
    (
        "evse_without_status",
        "EVSEs have no status",
        "LOC-29",
        by.inside("locations", "evses", by.leave_out("status")),
    ),
    (
        "evse_unknown_status",
        "EVSEs have a status nobody knows",
        "LOC-29",
        by.inside("locations", "evses", by.say("status", "FREE")),
    ),
    (
        "evses_of_one_uid",
        "all EVSEs have the same uid",
        "LOC-60",
        by.inside("locations", "evses", by.say("uid", "SAME")),
    ),
    (
        "connector_without_standard",
        "Connectors have no standard",
        "LOC-29",
        by.inside("locations", "evses/connectors", by.leave_out("standard")),
    ),
    (
        "energy_mix_not_whole",
        "energy sources add up to less than 100 %",
        "LOC-83",
        by.inside("locations", "energy_mix/energy_sources", by.say("percentage", 20)),
    ),
    ("tariff_without_elements", "Tariffs have no elements", "TAR-10", by.without("tariffs", "elements")),
    ("tariff_without_currency", "Tariffs have no currency", "TYP-17", by.without("tariffs", "currency")),
    (
        "tariff_unknown_dimension",
        "price components have a type nobody knows",
        "TAR-28",
        by.inside("tariffs", "elements/price_components", by.say("type", "KWH")),
    ),
    (
        "tariff_without_tax_included",
        "Tariffs do not say tax_included",
        "TAR-25",
        by.without("tariffs", "tax_included"),
        ONLY_230,
    ),
    ("session_without_currency", "Sessions have no currency", "TYP-17", by.without("sessions", "currency")),
    ("session_without_status", "Sessions have no status", "TYP-17", by.without("sessions", "status")),
    (
        "session_without_token",
        "Sessions do not say whose they are",
        "SES-26",
        by.without("sessions", "cdr_token", "auth_id"),
    ),
    ("cdr_without_total_cost", "CDRs have no total_cost", "CDR-31", by.without("cdrs", "total_cost")),
    ("cdr_total_wrong", "total_cost is 1.00 more than its parts", "CDR-31", by.fields("cdrs", _dearer)),
    (
        "cdr_without_periods",
        "CDRs have no charging_periods",
        "CDR-25",
        by.without("cdrs", "charging_periods"),
    ),
    ("cdr_backwards", "CDRs end before they begin", "CDR-25", by.fields("cdrs", _backwards)),
    (
        "cdr_session_dimension",
        "CDRs have a dimension of Sessions only",
        "CDR-34",
        by.inside("cdrs", "charging_periods/dimensions", by.say("type", "STATE_OF_CHARGE")),
        SINCE_221,
    ),
    (
        "token_without_valid",
        "Tokens do not say whether they are valid",
        "TOK-06",
        by.without("tokens", "valid"),
    ),
    (
        "token_without_contract",
        "Tokens have no contract_id (auth_id)",
        "TOK-06",
        by.without("tokens", "contract_id", "auth_id"),
    ),
    (
        "token_unknown_whitelist",
        "Tokens have a whitelist nobody knows",
        "TOK-21",
        by.fields("tokens", by.say("whitelist", "MAYBE")),
    ),
)
