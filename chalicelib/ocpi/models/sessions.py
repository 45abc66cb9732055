"""Session and ChargingPreferences.

Spec: 2.3.0 mod_sessions (SES-21 to SES-35, CNV-61 to CNV-73)
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
    UNSTATED,
    V211,
    V221,
    WHILE_PENDING,
    Enum,
    Field,
    Model,
    Text,
)
from chalicelib.ocpi.models.locations import PlaceOfCharging
from chalicelib.ocpi.models.types import (
    COUNTRY_CODE,
    CURRENCY,
    ID,
    LONG_ID,
    NONE,
    PARTY_ID,
    AuthMethod,
    CdrToken,
    ChargingPeriod,
    Price,
    ProfileType,
)

# Flow text says RESERVED where the enum says RESERVATION (AMB-31).
SessionStatus = Enum(
    "SessionStatus",
    "ACTIVE COMPLETED INVALID PENDING",
    since_221="RESERVATION",
    aliases={"RESERVED": "RESERVATION", "COMPLETE": "COMPLETED"},
)

Session = Model(
    "Session",
    Field("country_code", COUNTRY_CODE, note="CPO", since=V221),
    Field("party_id", PARTY_ID, note="CPO", since=V221),
    Field("id", ID),
    Field(
        "start_date_time",
        DATETIME,
        note="creation while PENDING, activation later",
        was="start_datetime",
        otherwise=WHILE_PENDING,
    ),
    Field("end_date_time", DATETIME, MAYBE, was="end_datetime"),
    Field("kwh", NUMBER, note="energy so far", otherwise=WHILE_PENDING),
    Field("auth_id", ID, until=V211),
    Field("cdr_token", CdrToken, since=V221),
    Field("auth_method", AuthMethod, note="may change during the session", otherwise=NOTHING),
    Field("authorization_reference", ID, MAYBE, "last one given by the eMSP", since=V221),
    Field(
        "location",
        PlaceOfCharging,
        until=V211,
        note="with the relevant EVSE and Connector only",
        otherwise=UNSTATED,
    ),
    Field("location_id", LONG_ID, since=V221, otherwise=NONE),
    Field("evse_uid", LONG_ID, note="#NA for an unassigned reservation", since=V221, otherwise=NONE),
    Field("connector_id", ID, note="#NA for an unassigned reservation", since=V221, otherwise=NONE),
    Field("meter_id", Text(255), MAYBE),
    Field("currency", CURRENCY, note="ISO 4217"),
    Field("charging_periods", ChargingPeriod, MANY, "a PATCH appends", whole=True),
    Field("total_cost", NUMBER, MAYBE, "without VAT", until=V211),
    Field("total_cost", Price, MAYBE, "absent is not free", since=V221),
    Field("status", SessionStatus),
    Field("last_updated", DATETIME, otherwise=ARRIVAL),
)

ChargingPreferences = Model(
    "ChargingPreferences",
    Field("profile_type", ProfileType),
    Field("departure_time", DATETIME, MAYBE, "estimate"),
    Field("energy_need", NUMBER, MAYBE, "kWh"),
    Field("discharge_allowed", BOOL, MAYBE, "default false"),
)
