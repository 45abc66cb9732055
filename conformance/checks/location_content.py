"""What holds of every Location that is listed: its parts, its hours, its parking, whom it is published to."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from functools import cache
from typing import Any

from conformance.check import NEWER
from conformance.checks.content import each_object
from conformance.shapes import earlier


def evses(location: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in location.get("evses") or [] if isinstance(each, dict)]


def connectors(evse: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in evse.get("connectors") or [] if isinstance(each, dict)]


@each_object(
    "LOC-87",
    "A Location is as new as its newest part",
    "locations",
    "last_updated of Location >= EVSE >= Connector",
)
def parents_are_as_new(location: dict[str, Any]) -> Iterator[str]:
    for evse in evses(location):
        if earlier(location.get("last_updated"), evse.get("last_updated")):
            yield f"EVSE {evse.get('uid')} is newer than its Location"
        for connector in connectors(evse):
            if earlier(evse.get("last_updated"), connector.get("last_updated")):
                yield f"Connector {evse.get('uid')}/{connector.get('id')} is newer than its EVSE"


@each_object("LOC-60", "EVSE uids are unique in a Location", "locations", "no uid twice")
def uids_are_unique(location: dict[str, Any]) -> Iterator[str]:
    uids = [str(each.get("uid")).upper() for each in evses(location)]
    yield from (f"EVSE {uid} twice" for uid in sorted({u for u in uids if uids.count(u) > 1}))


@each_object("LOC-62", "Connector ids are unique in an EVSE", "locations", "no id twice")
def connector_ids_are_unique(location: dict[str, Any]) -> Iterator[str]:
    for evse in evses(location):
        ids = [str(each.get("id")).upper() for each in connectors(evse)]
        yield from (
            f"Connector {id} of {evse.get('uid')} twice" for id in {i for i in ids if ids.count(i) > 1}
        )


@each_object(
    "LOC-64", "time_zone is a name of the IANA database", "locations", "like Europe/Oslo", versions=NEWER
)
def time_zone_is_known(location: dict[str, Any]) -> Iterator[str]:
    if location.get("time_zone") and location["time_zone"] not in _zones():
        yield f"time_zone {location.get('time_zone')!r} is unknown"


@cache
def _zones() -> set[str]:
    return zoneinfo.available_timezones()


@each_object(
    "LOC-78",
    "Opening hours are given, or it is open around the clock",
    "locations",
    "regular_hours exactly where twentyfourseven is false",
    versions=NEWER,
)
def hours_are_either(location: dict[str, Any]) -> Iterator[str]:
    hours = location.get("opening_times")
    if isinstance(hours, dict) and bool(hours.get("regular_hours")) == bool(hours.get("twentyfourseven")):
        yield "opening_times: regular_hours must be there exactly where twentyfourseven is false"


@each_object(
    "LOC-81",
    "Regular hours are of a weekday and do not end before they begin",
    "locations",
    "weekday 1 to 7, period_end later than period_begin",
)
def hours_have_an_order(location: dict[str, Any]) -> Iterator[str]:
    for each in (location.get("opening_times") or {}).get("regular_hours") or []:
        if each.get("weekday") not in range(1, 8):
            yield f"weekday {each.get('weekday')!r}"
        if str(each.get("period_end")) <= str(each.get("period_begin")) and each.get("period_end") != "24:00":
            yield f"{each.get('period_begin')} to {each.get('period_end')}"


@each_object("LOC-83", "Energy sources add up to 100 percent", "locations", "a sum of 100")
def sources_add_up(location: dict[str, Any]) -> Iterator[str]:
    sources = (location.get("energy_mix") or {}).get("energy_sources") or []
    total = sum(float(each.get("percentage") or 0) for each in sources)
    if sources and abs(total - 100) > 0.5:
        yield f"energy_sources add up to {total:g}"


@each_object(
    "LOC-17",
    "publish_allowed_to is for Locations that are not published",
    "locations",
    "only where publish is false",
    versions=NEWER,
)
def allowed_to_needs_unpublished(location: dict[str, Any]) -> Iterator[str]:
    if location.get("publish") is True and location.get("publish_allowed_to"):
        yield "publish is true and publish_allowed_to is set"


@each_object(
    "LOC-19",
    "A PublishToken names a token",
    "locations",
    "uid with type, or visual_number with issuer, or group_id",
    versions=NEWER,
)
def publish_tokens_name_one(location: dict[str, Any]) -> Iterator[str]:
    for each in location.get("publish_allowed_to") or []:
        if not (each.get("uid") or each.get("visual_number") or each.get("group_id")):
            yield "publish_allowed_to: none of uid, visual_number, group_id"
        if (each.get("uid") and not each.get("type")) or (
            each.get("visual_number") and not each.get("issuer")
        ):
            yield "publish_allowed_to: uid needs type, visual_number needs issuer"


@each_object(
    "LOC-91",
    "The parking of an EVSE is one of its Location",
    "locations",
    "parking_id is the id of a Parking in parking_places, ids unique",
    versions=("2.3.0",),
)
def parking_is_known(location: dict[str, Any]) -> Iterator[str]:
    ids = [str(each.get("id")) for each in location.get("parking_places") or []]
    yield from (f"Parking {id} twice" for id in sorted({i for i in ids if ids.count(i) > 1}))
    for evse in evses(location):
        for each in evse.get("parking") or []:
            if each.get("parking_id") not in ids:
                yield f"EVSE {evse.get('uid')}: unknown parking_id {each.get('parking_id')}"
