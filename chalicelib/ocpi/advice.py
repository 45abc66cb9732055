"""Advice tells what the specification recommends of an object and does not demand.

Nothing is refused for it. Asked about 2.3.0 objects that their table and `rules` accept.

Spec: the SHOULD rows named beside each piece of advice
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from chalicelib.ocpi import timestamps
from chalicelib.ocpi.findings import Finding

Advice = Iterator[tuple[str, str]]

LOGOS = ("NETWORK", "OPERATOR", "OWNER")
LOGO_SIDE, PHOTO_WIDTH, PHOTO_HEIGHT = 512, 800, 600
# What vehicles other than cars and motorcycles need to know of a parking place.
FOR_LARGE_VEHICLES = (
    "max_vehicle_weight",
    "max_vehicle_height",
    "max_vehicle_length",
    "max_vehicle_width",
    "parking_space_length",
    "parking_space_width",
    "dangerous_goods_allowed",
)
# What charge points speaking OCPP 1.x can hold of a group_id.
OCPP_1_GROUP = 20
# Seconds that a profile which is told of should cover.
SHORTEST_PROFILE, LONGEST_PROFILE = 5 * 60, 60 * 60


def advise(kind: str, obj: dict[str, Any]) -> tuple[Finding, ...]:
    """What could be better about an object, each with its place and the row that says so."""
    give = _ADVICE.get(kind)
    return tuple(Finding(at, "advice", text) for at, text in give(obj)) if give else ()


def _location(location: dict[str, Any]) -> Advice:
    evses = location.get("evses") or []
    if not any(each.get("status") != "REMOVED" for each in evses):
        yield "/evses", "without an EVSE in service it is expired, and shown nowhere (LOC-05)"
    if location.get("publish") is False and not location.get("publish_allowed_to"):
        yield "/publish_allowed_to", "a private Location that names no token reaches nobody (LOC-08)"
    images = [
        *_images("", location),
        *(found for at, evse in _each(evses, "/evses") for found in _images(at, evse)),
    ]
    business = [location[name] for name in ("operator", "suboperator", "owner") if location.get(name)]
    if not any(image["category"] in LOGOS for _, image in images) and not any(
        "logo" in each for each in business
    ):
        yield "/images", "no logo of a network, operator or owner (LOC-84)"
    if not any(image["category"] == "CHARGER" for _, image in images):
        yield "/images", "no photo of the station (LOC-84)"
    for at, image in images:
        yield from _image(at, image)
    for at, evse in _each(evses, "/evses"):
        for where, connector in _each(evse.get("connectors"), f"{at}/connectors"):
            if not connector.get("tariff_ids"):
                yield f"{where}/tariff_ids", "no Tariff; a free Connector has one that says so (LOC-73)"
    for at, parking in _each(location.get("parking_places"), "/parking_places"):
        yield from _parking(at, parking)


def _images(at: str, holder: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(_each(holder.get("images"), f"{at}/images"))


def _image(at: str, image: dict[str, Any]) -> Advice:
    width, height = image.get("width"), image.get("height")
    if image["category"] in LOGOS:
        if (width or LOGO_SIDE) != LOGO_SIDE or (height or LOGO_SIDE) != LOGO_SIDE:
            yield at, f"a logo is {LOGO_SIDE} by {LOGO_SIDE} pixels (LOC-84)"
    elif (width or PHOTO_WIDTH) < PHOTO_WIDTH or (height or PHOTO_HEIGHT) < PHOTO_HEIGHT:
        yield at, f"a photo is at least {PHOTO_WIDTH} by {PHOTO_HEIGHT} pixels (LOC-84)"


def _parking(at: str, parking: dict[str, Any]) -> Advice:
    vehicles = set(parking["vehicle_types"])
    if vehicles - {"PERSONAL_VEHICLE", "MOTORCYCLE"}:
        for name in FOR_LARGE_VEHICLES:
            if parking.get(name) is None:
                yield f"{at}/{name}", f"to be given for {', '.join(sorted(vehicles))} (LOC-92)"
    if "DISABLED" in vehicles and not parking.get("images"):
        yield f"{at}/images", "a photo, since DISABLED may park there (LOC-93)"


def _token(token: dict[str, Any]) -> Advice:
    type_ = token["type"]
    if type_ in ("AD_HOC_USER", "APP_USER") and token["whitelist"] != "NEVER":
        yield "/whitelist", f"NEVER for {type_} (TOK-10)"
    if type_ == "EMAID":
        yield "/type", "an EMAID is authorized in real time and pushed to nobody (TOK-11)"
    if len(token.get("group_id") or "") > OCPP_1_GROUP:
        yield "/group_id", f"charge points with OCPP 1.x hold {OCPP_1_GROUP} characters (TOK-12)"


def _tariff(tariff: dict[str, Any]) -> Advice:
    priced: set[str] = set()
    always: set[str] = set()
    for at, element in _each(tariff["elements"], "/elements"):
        limits = element.get("restrictions") or {}
        for where, component in _each(element["price_components"], f"{at}/price_components"):
            if component["type"] != "FLAT" and component["step_size"] > 1:
                yield f"{where}/step_size", "1 spares the driver its effects (TAR-27)"
            if limits.get("reservation") is None:
                priced.add(component["type"])
            if not any(value is not None for value in limits.values()):
                always.add(component["type"])
    for dimension in sorted(priced - always):
        yield "/elements", f"no price of {dimension} where no restriction is met (TAR-14)"


def _cdr(cdr: dict[str, Any]) -> Advice:
    told = {each["type"] for period in cdr["charging_periods"] for each in period["dimensions"]}
    if cdr["total_energy"] and "ENERGY" not in told:
        yield "/charging_periods", "no ENERGY by which the eMSP could verify the cost (CDR-09)"
    if cdr["total_time"] and not told & {"TIME", "PARKING_TIME", "RESERVATION_TIME"}:
        yield "/charging_periods", "no TIME by which the eMSP could verify the cost (CDR-09)"
    if not cdr.get("session_id") and cdr["total_energy"]:
        yield "/session_id", "only a reservation that was never used has no Session (CDR-27)"


def _active_charging_profile(active: dict[str, Any]) -> Advice:
    seconds = active["charging_profile"].get("duration")
    if seconds is not None and not SHORTEST_PROFILE <= seconds <= LONGEST_PROFILE:
        yield "/charging_profile/duration", "5 to 60 minutes are useful to whoever controls it (CHP-33)"


def expired(command: str, body: dict[str, Any], now: str) -> Iterator[tuple[str, str]]:
    """Where a request of ours is about a time that is over already: a reservation, a charging profile."""
    if command == "RESERVE_NOW":
        ends = _moment(body.get("expiry_date"))
        if ends and ends <= now:
            yield "/body/expiry_date", "the reservation expired already"
    profile = body.get("charging_profile")
    if isinstance(profile, dict) and isinstance(profile.get("duration"), int):
        starts = _moment(profile.get("start_date_time"))
        if starts and timestamps.later(starts, profile["duration"]) <= now:
            yield "/charging_profile/duration", "the profile ended already"


def _moment(value: Any) -> str:
    try:
        return timestamps.timestamp(value)
    except ValueError:
        return ""


def _each(items: Any, at: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for index, item in enumerate(items or ()):
        yield f"{at}/{index}", item


_ADVICE: dict[str, Callable[[dict[str, Any]], Advice]] = {
    "location": _location,
    "token": _token,
    "tariff": _tariff,
    "cdr": _cdr,
    "active_charging_profile": _active_charging_profile,
}
