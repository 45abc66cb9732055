"""CDR and its classes, signed data and credit CDRs included.

Spec: 2.3.0 mod_cdrs (CDR-20 to CDR-40, CNV-74 to CNV-86)
"""

from __future__ import annotations

from chalicelib.ocpi.models.base import (
    ARRIVAL,
    BOOL,
    DATETIME,
    INT,
    MANY,
    MAYBE,
    NOTHING,
    NUMBER,
    SOME,
    UNSTATED,
    V211,
    V221,
    Ascii,
    Field,
    Id,
    Model,
    Text,
    Url,
)
from chalicelib.ocpi.models.locations import PlaceOfCharging
from chalicelib.ocpi.models.tariffs import TariffOfCdr
from chalicelib.ocpi.models.types import (
    CDR_ID,
    COUNTRY,
    COUNTRY_CODE,
    CURRENCY,
    ID,
    LONG_ID,
    NONE,
    PARTY_ID,
    AuthMethod,
    CdrToken,
    ChargingPeriod,
    ConnectorFormat,
    ConnectorType,
    GeoLocation,
    PowerType,
    Price,
)

CdrLocation = Model(
    "CdrLocation",
    Field("id", LONG_ID, otherwise=NONE),
    Field("name", Text(255), MAYBE),
    Field("address", Text(45, taken=255), note="cut to 45 when sent (AMB-54)", otherwise=""),
    Field("city", Text(45), otherwise=""),
    Field("postal_code", Text(10), MAYBE),
    Field("state", Text(20, taken=45), MAYBE, "cut to 20 when sent (AMB-54)"),
    Field("country", COUNTRY, note="alpha-3", otherwise=""),
    Field("coordinates", GeoLocation, otherwise=NOTHING),
    Field("evse_uid", LONG_ID, note="#NA allowed (CDR-32)", otherwise=NONE),
    Field("evse_id", Ascii(48), note="#NA allowed", otherwise=NONE),
    Field("connector_id", ID, note="#NA allowed", otherwise=NONE),
    Field("connector_standard", ConnectorType, otherwise=NOTHING),
    Field("connector_format", ConnectorFormat, otherwise=NOTHING),
    Field("connector_power_type", PowerType, otherwise=NOTHING),
)

SignedValue = Model(
    "SignedValue",
    Field("nature", Ascii(32), note="Start, End, Intermediate", otherwise=""),
    Field("plain_data", Text(5000), otherwise=""),
    Field("signed_data", Text(5000), note="Base64"),
)

SignedData = Model(
    "SignedData",
    Field("encoding_method", Ascii(36), note="OCMF, Alfen Eichrecht, EDL40", otherwise=""),
    Field("encoding_method_version", INT, MAYBE),
    Field("public_key", Text(512), MAYBE, "Base64"),
    Field("signed_values", SignedValue, SOME, whole=True),
    Field("url", Url(512), MAYBE, "for the driver"),
)

CDR = Model(
    "CDR",
    Field("country_code", COUNTRY_CODE, note="CPO", since=V221),
    Field("party_id", PARTY_ID, note="CPO", since=V221),
    Field("id", Id(39, in_211=36), note="36 for normal CDRs; unique per owner"),
    Field("start_date_time", DATETIME, note="start of the reservation if there was one"),
    Field("end_date_time", DATETIME, was="stop_date_time"),
    Field("session_id", ID, MAYBE, "see CDR-27", since=V221),
    Field("auth_id", ID, until=V211),
    Field("cdr_token", CdrToken, since=V221),
    Field("auth_method", AuthMethod, note="last used", otherwise=NOTHING),
    Field("authorization_reference", ID, MAYBE, since=V221),
    Field(
        "location",
        PlaceOfCharging,
        until=V211,
        note="with the relevant EVSE and Connector only",
        otherwise=UNSTATED,
    ),
    Field("cdr_location", CdrLocation, since=V221, otherwise=UNSTATED),
    Field("meter_id", Text(255), MAYBE),
    Field("currency", CURRENCY, note="ISO 4217"),
    Field("tariffs", TariffOfCdr, MANY, "as they were at the start"),
    Field("charging_periods", ChargingPeriod, SOME, whole=True),
    Field("signed_data", SignedData, MAYBE, since=V221),
    Field("total_cost", NUMBER, note="without VAT", until=V211),
    Field("total_cost", Price, note="negated in credit CDRs", since=V221),
    Field("total_fixed_cost", Price, MAYBE, "without parking and reservation parts", since=V221),
    Field("total_energy", NUMBER, note="kWh"),
    Field("total_energy_cost", Price, MAYBE, since=V221),
    Field("total_time", NUMBER, note="h, charging and not charging"),
    Field("total_time_cost", Price, MAYBE, since=V221),
    Field("total_parking_time", NUMBER, MAYBE, "h"),
    Field("total_parking_cost", Price, MAYBE, "with fixed parts", since=V221),
    Field("total_reservation_cost", Price, MAYBE, "with fixed parts", since=V221),
    Field("remark", Text(255), MAYBE),
    Field("invoice_reference_id", CDR_ID, MAYBE, since=V221),
    Field("credit", BOOL, MAYBE, "true for a credit CDR", since=V221),
    Field("credit_reference_id", CDR_ID, MAYBE, "the credited CDR", since=V221),
    Field("home_charging_compensation", BOOL, MAYBE, since=V221),
    Field("last_updated", DATETIME, note="creation time", otherwise=ARRIVAL),
)
