"""Location, EVSE, Connector and their classes.

Spec: 2.3.0 mod_locations (LOC-60 to LOC-99, CNV-30 to CNV-60, CNV-211 to CNV-222)
"""

from __future__ import annotations

from chalicelib.ocpi.models.base import (
    ARRIVAL,
    BOOL,
    DATETIME,
    MANY,
    MAYBE,
    NOTHING,
    NUMBER,
    REFUSED,
    SOME,
    UNUSED,
    URL,
    V211,
    V221,
    V230,
    ZONE,
    Ascii,
    Enum,
    Field,
    Int,
    Model,
    Text,
    TimeOfDay,
)
from chalicelib.ocpi.models.types import (
    COUNTRY,
    COUNTRY_CODE,
    ID,
    LATITUDE,
    LONG_ID,
    LONGITUDE,
    NONE,
    PARTY_ID,
    TIME_OF_DAY,
    TIME_ZONE,
    BusinessDetails,
    ConnectorFormat,
    ConnectorType,
    DisplayText,
    EnergyMix,
    GeoLocation,
    Image,
    PowerType,
    TokenType,
)

Status = Enum("Status", "AVAILABLE BLOCKED CHARGING INOPERATIVE OUTOFORDER PLANNED REMOVED RESERVED UNKNOWN")
Capability = Enum(
    "Capability",
    "CHARGING_PROFILE_CAPABLE CREDIT_CARD_PAYABLE REMOTE_START_STOP_CAPABLE RESERVABLE RFID_READER"
    " UNLOCK_CAPABLE",
    since_221="CHARGING_PREFERENCES_CAPABLE CHIP_CARD_SUPPORT CONTACTLESS_CARD_SUPPORT DEBIT_CARD_PAYABLE"
    " PED_TERMINAL START_SESSION_CONNECTOR_REQUIRED TOKEN_GROUP_CAPABLE",
    is_open=True,
)
Facility = Enum(
    "Facility",
    "HOTEL RESTAURANT CAFE MALL SUPERMARKET SPORT RECREATION_AREA NATURE MUSEUM BUS_STOP TAXI_STAND"
    " TRAIN_STATION AIRPORT CARPOOL_PARKING FUEL_STATION WIFI",
    since_221="BIKE_SHARING TRAM_STOP METRO_STATION PARKING_LOT",
    is_open=True,
)
ParkingRestriction = Enum(
    "ParkingRestriction",
    "EV_ONLY PLUGGED DISABLED CUSTOMERS MOTORCYCLES",
    since_230="EMPLOYEES TAXIS TENANTS",
    is_open=True,
)
ParkingType = Enum(
    "ParkingType",
    "PARKING_GARAGE PARKING_LOT ON_STREET UNDERGROUND_GARAGE",
    since_221="ALONG_MOTORWAY ON_DRIVEWAY",
    is_open=True,
)
LocationType = Enum(
    "LocationType",
    "PARKING_GARAGE PARKING_LOT ON_STREET UNDERGROUND_GARAGE",
    until_211="OTHER UNKNOWN",
    is_open=True,
)
ConnectorCapability = Enum(
    "ConnectorCapability", "ISO_15118_2_PLUG_AND_CHARGE ISO_15118_20_PLUG_AND_CHARGE", is_open=True
)
VehicleType = Enum(
    "VehicleType",
    "MOTORCYCLE PERSONAL_VEHICLE PERSONAL_VEHICLE_WITH_TRAILER VAN SEMI_TRACTOR RIGID TRUCK_WITH_TRAILER"
    " BUS DISABLED",
    is_open=True,
)

AdditionalGeoLocation = Model(
    "AdditionalGeoLocation",
    Field("latitude", LATITUDE),
    Field("longitude", LONGITUDE),
    Field("name", DisplayText, MAYBE),
)

ExceptionalPeriod = Model(
    "ExceptionalPeriod",
    Field("period_begin", DATETIME, note="UTC"),
    Field("period_end", DATETIME, note="UTC"),
)

RegularHours = Model(
    "RegularHours",
    Field("weekday", Int(1, 7), note="1 Monday to 7 Sunday"),
    Field("period_begin", TIME_OF_DAY, note="local time"),
    Field(
        "period_end",
        TimeOfDay(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", until_24=True),
        note="local, later than begin",
    ),
)

Hours = Model(
    "Hours",
    Field("twentyfourseven", BOOL, MAYBE, until=V211, note="or regular_hours"),
    Field("twentyfourseven", BOOL, since=V221, otherwise=False),
    Field("regular_hours", RegularHours, MANY, note="at least one exactly if twentyfourseven is false"),
    Field("exceptional_openings", ExceptionalPeriod, MANY, note="added to the regular hours"),
    Field("exceptional_closings", ExceptionalPeriod, MANY, note="override everything"),
)

StatusSchedule = Model(
    "StatusSchedule",
    Field("period_begin", DATETIME),
    Field("period_end", DATETIME, MAYBE, note="absent: open end"),
    Field("status", Status),
)

PublishTokenType = Model(
    "PublishTokenType",
    Field("uid", ID, MAYBE, note="needs type", otherwise=REFUSED),
    Field("type", TokenType, MAYBE, otherwise=REFUSED),
    Field("visual_number", Text(64), MAYBE, note="needs issuer", otherwise=REFUSED),
    Field("issuer", Text(64), MAYBE, otherwise=REFUSED),
    Field("group_id", ID, MAYBE, otherwise=REFUSED),
)

Parking = Model(
    "Parking",
    Field("id", ID, note="unique within the Location"),
    Field("physical_reference", Text(12), MAYBE),
    Field("vehicle_types", VehicleType, SOME, otherwise=NOTHING),
    Field("max_vehicle_weight", NUMBER, MAYBE, note="kg"),
    Field("max_vehicle_height", NUMBER, MAYBE, note="cm"),
    Field("max_vehicle_length", NUMBER, MAYBE, note="cm"),
    Field("max_vehicle_width", NUMBER, MAYBE, note="cm"),
    Field("parking_space_length", NUMBER, MAYBE, note="cm"),
    Field("parking_space_width", NUMBER, MAYBE, note="cm"),
    Field("dangerous_goods_allowed", BOOL, MAYBE),
    Field("direction", Enum("ParkingDirection", "PARALLEL PERPENDICULAR ANGLE"), MAYBE),
    Field("drive_through", BOOL, MAYBE),
    Field("restricted_to_type", BOOL, note="others may not park", otherwise=NOTHING),
    Field("reservation_required", BOOL, otherwise=NOTHING),
    Field("time_limit", NUMBER, MAYBE, note="minutes"),
    Field("roofed", BOOL, MAYBE),
    Field("images", Image, MANY),
    Field("lighting", BOOL, MAYBE),
    Field("refrigeration_outlet", BOOL, MAYBE),
    Field("standards", Ascii(36), MANY, note="e.g. PAS 1899"),
    Field("apds_reference", Ascii(), MAYBE),
    key="id",
)

EVSEParking = Model(
    "EVSEParking",
    Field("parking_id", ID, note="refers to Location.parking_places"),
    Field("evse_position", Enum("EVSEPosition", "LEFT RIGHT CENTER"), MAYBE),
)

Connector = Model(
    "Connector",
    Field("id", ID, note="unique within the EVSE"),
    Field("standard", ConnectorType, otherwise=NOTHING),
    Field("format", ConnectorFormat, otherwise=NOTHING),
    Field("power_type", PowerType, otherwise=NOTHING),
    Field("max_voltage", Int(0), note="V, line to neutral for AC_3_PHASE", was="voltage", otherwise=0),
    Field("max_amperage", Int(0), note="A", was="amperage", otherwise=0),
    Field("max_electric_power", Int(0), MAYBE, "W, when lower than V x A suggests", since=V221),
    Field("tariff_id", ID, MAYBE, until=V211),
    Field("tariff_ids", ID, MANY, "one active per Tariff.type", since=V221, also="tariff_id"),
    Field("terms_and_conditions", URL, MAYBE),
    Field("capabilities", ConnectorCapability, MANY, since=V230),
    Field("last_updated", DATETIME, otherwise=ARRIVAL),
    key="id",
)

EVSE = Model(
    "EVSE",
    Field("uid", LONG_ID, note="technical id, never changes"),
    Field("evse_id", Ascii(48), MAYBE, "public EVSE id (eMI3, IDACS)"),
    Field("status", Status),
    Field("status_schedule", StatusSchedule, MANY, "informational"),
    Field("capabilities", Capability, MANY),
    Field("connectors", Connector, SOME, otherwise=UNUSED),
    Field("floor_level", Text(4), MAYBE),
    Field("coordinates", GeoLocation, MAYBE),
    Field("physical_reference", Text(16), MAYBE),
    Field("directions", DisplayText, MANY),
    Field("parking_restrictions", ParkingRestriction, MANY),
    Field("parking", EVSEParking, MANY, since=V230),
    Field("images", Image, MANY),
    Field("accepted_service_providers", Text(50), MANY, "eMSP names", since=V230),
    Field("last_updated", DATETIME, note="also moves when a Connector changes", otherwise=ARRIVAL),
    key="uid",
)

Location = Model(
    "Location",
    Field("country_code", COUNTRY_CODE, note="owner", since=V221),
    Field("party_id", PARTY_ID, note="owner", since=V221),
    Field("id", LONG_ID, note="never changes"),
    Field("type", LocationType, until=V211, otherwise="UNKNOWN"),
    Field("publish", BOOL, note="false: visible only through publish_allowed_to", since=V221),
    Field("publish_allowed_to", PublishTokenType, MANY, "only with publish=false", since=V221),
    Field("name", Text(255), MAYBE),
    Field("address", Text(255, in_211=45), otherwise=""),
    Field("city", Text(45), otherwise=""),
    Field("postal_code", Text(10), until=V211, otherwise=""),
    Field("postal_code", Text(10), MAYBE, "absent only if the place has none", since=V221),
    Field("state", Text(45), MAYBE, since=V221),
    Field("country", COUNTRY, note="ISO 3166-1 alpha-3", otherwise=""),
    Field("coordinates", GeoLocation, note="WGS 84"),
    Field("related_locations", AdditionalGeoLocation, MANY),
    Field("parking_type", ParkingType, MAYBE, since=V221),
    Field("evses", EVSE, MANY),
    Field("parking_places", Parking, MANY, since=V230),
    Field("directions", DisplayText, MANY),
    Field("operator", BusinessDetails, MAYBE, "absent: that of the owner's credentials role"),
    Field("suboperator", BusinessDetails, MAYBE),
    Field("owner", BusinessDetails, MAYBE),
    Field("facilities", Facility, MANY),
    Field("time_zone", TIME_ZONE, MAYBE, until=V211),
    Field("time_zone", TIME_ZONE, note="IANA name", since=V221, otherwise=ZONE),
    Field("opening_times", Hours, MAYBE),
    Field("charging_when_closed", BOOL, MAYBE, "default true"),
    Field("images", Image, MANY),
    Field("energy_mix", EnergyMix, MAYBE),
    Field("help_phone", Ascii(25), MAYBE, since=V230),
    Field("last_updated", DATETIME, note="also moves when an EVSE or Connector changes", otherwise=ARRIVAL),
)


def _only_named(model: Model, *parts: tuple[str, Model]) -> Model:
    """The table for one that 2.1.1 puts into a Session or CDR, which are of use without it."""
    types = dict(parts)
    instead = {
        "id": NONE,
        "uid": NONE,
        "status": "UNKNOWN",
        "coordinates": NOTHING,
        "connectors": NOTHING,
    }
    return Model(
        model.name,
        *(
            row.read_as(
                instead.get(row.name, row.otherwise),
                types.get(row.name),
                MANY if row.name == "connectors" else "",
            )
            for row in model.rows
        ),
        key=model.key,
    )


# The Location of a Session or CDR of 2.1.1
PlaceOfCharging = _only_named(Location, ("evses", _only_named(EVSE)))
