"""The five commands, the answer to one and its later result.

Spec: 2.3.0 mod_commands (CMD-03 to CMD-48, CNV-111 to CNV-119)
"""

from __future__ import annotations

from chalicelib.ocpi.models.base import (
    DATETIME,
    INT,
    MANY,
    MAYBE,
    REFUSED,
    URL,
    V211,
    V221,
    Enum,
    Field,
    Model,
)
from chalicelib.ocpi.models.tokens import TokenOfConnection
from chalicelib.ocpi.models.types import ID, LONG_ID, SECONDS, DisplayText

# How long a partner that does not say may take for a result (CNV-112). Seconds.
ASSUMED_TIMEOUT = 30

CommandResponse = Model(
    "CommandResponse",
    Field(
        "result",
        Enum("CommandResponseType", "NOT_SUPPORTED REJECTED ACCEPTED UNKNOWN_SESSION", until_211="TIMEOUT"),
    ),
    Field("timeout", SECONDS, note="seconds", since=V221, otherwise=ASSUMED_TIMEOUT),
    Field("message", DisplayText, MANY, since=V221),
)

CommandResult = Model(
    "CommandResult",
    Field(
        "result",
        Enum(
            "CommandResultType",
            "ACCEPTED NOT_SUPPORTED REJECTED TIMEOUT",
            since_221="CANCELED_RESERVATION EVSE_OCCUPIED EVSE_INOPERATIVE FAILED UNKNOWN_RESERVATION",
            until_211="UNKNOWN_SESSION",
        ),
    ),
    Field("message", DisplayText, MANY, since=V221),
)

StartSession = Model(
    "StartSession",
    Field("response_url", URL),
    Field("token", TokenOfConnection),
    Field("location_id", LONG_ID),
    Field("evse_uid", LONG_ID, MAYBE, "required with connector_id", otherwise=REFUSED),
    Field("connector_id", ID, MAYBE, "required by capability", since=V221, otherwise=REFUSED),
    Field("authorization_reference", ID, MAYBE, since=V221),
)

StopSession = Model("StopSession", Field("response_url", URL), Field("session_id", ID))

ReserveNow = Model(
    "ReserveNow",
    Field("response_url", URL, note="stays valid for CANCELED_RESERVATION"),
    Field("token", TokenOfConnection),
    Field("expiry_date", DATETIME, note="UTC"),
    Field("reservation_id", INT, until=V211),
    Field("reservation_id", ID, since=V221),
    Field("location_id", LONG_ID),
    Field("evse_uid", LONG_ID, MAYBE, otherwise=REFUSED),
    Field("authorization_reference", ID, MAYBE, since=V221),
)

CancelReservation = Model(
    "CancelReservation",
    Field("response_url", URL),
    Field("reservation_id", ID, note="that of the ReserveNow"),
)

UnlockConnector = Model(
    "UnlockConnector",
    Field("response_url", URL),
    Field("location_id", LONG_ID),
    Field("evse_uid", LONG_ID),
    Field("connector_id", ID),
)
