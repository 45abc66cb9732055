"""What platforms say of themselves and of each other: versions, credentials, ClientInfo.

Spec: 2.3.0 version_information_endpoint, credentials, mod_hub_client_info (CNV-06, CNV-203, CNV-204)
"""

from __future__ import annotations

from chalicelib.ocpi.models.base import (
    ARRIVAL,
    DATETIME,
    MAYBE,
    NOTHING,
    REFUSED,
    SOME,
    UNSTATED,
    URL,
    V211,
    V221,
    V230,
    Enum,
    Field,
    Id,
    Model,
    Pattern,
)
from chalicelib.ocpi.models.types import COUNTRY_CODE, PARTY_ID, BusinessDetails, Role

# Tags of releases begin with a v; there is one 2.3, as a number has it.
_TAGS = {f"v{number}": number for number in (V211, V221, V230)}
VersionNumber = Enum(
    "VersionNumber",
    "2.0 2.1 2.1.1",
    since_221="2.2 2.2.1",
    since_230="2.3.0",
    is_open=True,
    open_since=V211,
    aliases={**_TAGS, "2.3": V230, "v2.3": V230},
)
ModuleID = Enum(
    "ModuleID",
    "cdrs commands credentials locations sessions tariffs tokens",
    since_221="chargingprofiles hubclientinfo",
    since_230="invoicereconciliation",
    is_open=True,
    open_since=V211,
    aliases={
        "cdr": "cdrs",
        "command": "commands",
        "credential": "credentials",
        "location": "locations",
        "session": "sessions",
        "tariff": "tariffs",
        "token": "tokens",
        "chargingprofile": "chargingprofiles",
        "hubclientinfos": "hubclientinfo",
    },
)
# The credentials token: printable, no white space (CRE-54)
CREDENTIALS_TOKEN = Pattern(64, r"[\x21-\x7e]+")

Version = Model("Version", Field("version", VersionNumber), Field("url", URL))

Endpoint = Model(
    "Endpoint",
    Field("identifier", ModuleID),
    Field("role", Enum("InterfaceRole", "SENDER RECEIVER"), since=V221, otherwise=NOTHING),
    Field("url", URL),
)

VersionDetails = Model(
    "VersionDetails",
    Field("version", VersionNumber, otherwise=NOTHING),
    Field("endpoints", Endpoint, SOME),
)

CredentialsRole = Model(
    "CredentialsRole",
    Field("role", Role),
    Field("business_details", BusinessDetails, otherwise=UNSTATED),
    Field("party_id", PARTY_ID),
    Field("country_code", COUNTRY_CODE, note="ISO 3166-1 alpha-2"),
)

Credentials = Model(
    "Credentials",
    Field("token", CREDENTIALS_TOKEN, note="what the other party presents to the issuer"),
    Field("url", URL, note="versions endpoint of the issuer"),
    Field("business_details", BusinessDetails, until=V211, otherwise=UNSTATED),
    Field("party_id", PARTY_ID, until=V211),
    Field("country_code", COUNTRY_CODE, until=V211),
    Field(
        "hub_party_id", Id(5), MAYBE, "country code and party id of the hub", since=V230, otherwise=REFUSED
    ),
    Field("roles", CredentialsRole, SOME, since=V221, whole=True),
)

ClientInfo = Model(
    "ClientInfo",
    Field("party_id", PARTY_ID),
    Field("country_code", COUNTRY_CODE),
    Field("role", Role),
    Field("status", Enum("ConnectionStatus", "CONNECTED OFFLINE PLANNED SUSPENDED")),
    Field(
        "last_updated",
        DATETIME,
        note="missing is read as the time of reception (AMB-29)",
        otherwise=ARRIVAL,
    ),
)
