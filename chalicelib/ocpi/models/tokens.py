"""Token, AuthorizationInfo and LocationReferences.

Spec: 2.3.0 mod_tokens (TOK-06 to TOK-41, CNV-100 to CNV-109, CNV-237)
"""

from __future__ import annotations

from chalicelib.ocpi.models.base import (
    ALWAYS_ASK,
    ARRIVAL,
    ASKED,
    BOOL,
    DATETIME,
    MANY,
    MAYBE,
    REFUSED,
    V211,
    V221,
    Enum,
    Field,
    Model,
    Text,
)
from chalicelib.ocpi.models.types import (
    COUNTRY_CODE,
    ID,
    LANGUAGE,
    LONG_ID,
    NONE,
    PARTY_ID,
    DisplayText,
    ProfileType,
    TokenType,
)

EnergyContract = Model(
    "EnergyContract",
    Field("supplier_name", Text(64), otherwise=""),
    Field("contract_id", Text(64), MAYBE),
)

Token = Model(
    "Token",
    Field("country_code", COUNTRY_CODE, note="eMSP", since=V221),
    Field("party_id", PARTY_ID, note="eMSP", since=V221),
    Field("uid", ID, note="unique with type"),
    Field("type", TokenType, otherwise="RFID"),
    Field("contract_id", ID, was="auth_id", otherwise=NONE),
    Field("visual_number", Text(64), MAYBE),
    Field("issuer", Text(64), otherwise=""),
    Field("group_id", ID, MAYBE, "20 at most advised for OCPP 1.x", since=V221),
    Field("valid", BOOL),
    Field("whitelist", Enum("WhitelistType", "ALWAYS ALLOWED ALLOWED_OFFLINE NEVER"), otherwise=ALWAYS_ASK),
    Field("language", LANGUAGE, MAYBE, "ISO 639-1"),
    Field("default_profile_type", ProfileType, MAYBE, since=V221),
    Field("energy_contract", EnergyContract, MAYBE, since=V221),
    Field("last_updated", DATETIME, otherwise=ARRIVAL),
)

# The Token in a command or an answer, of which the connection says whose it is.
TokenOfConnection = Token.owned_around()

LocationReferences = Model(
    "LocationReferences",
    Field("location_id", LONG_ID),
    Field("evse_uids", LONG_ID, MANY, otherwise=REFUSED),
    Field("connector_ids", ID, MANY, until=V211),
)

AuthorizationInfo = Model(
    "AuthorizationInfo",
    Field("allowed", Enum("AllowedType", "ALLOWED BLOCKED EXPIRED NO_CREDIT NOT_ALLOWED")),
    Field("token", TokenOfConnection, note="complete", since=V221, otherwise=ASKED),
    Field("location", LocationReferences, MAYBE, "only if asked for and allowed"),
    Field("authorization_reference", ID, MAYBE, since=V221),
    Field("info", DisplayText, MAYBE),
)
