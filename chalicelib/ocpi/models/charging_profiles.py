"""ChargingProfile, how it is set, and what comes back. Not in 2.1.1.

Spec: 2.3.0 mod_charging_profiles (CHP-11 to CHP-46)
"""

from __future__ import annotations

from chalicelib.ocpi.models.base import (
    ARRIVAL,
    DATETIME,
    INT,
    MANY,
    MAYBE,
    REFUSED,
    URL,
    Enum,
    Field,
    Model,
    Number,
)
from chalicelib.ocpi.models.commands import ASSUMED_TIMEOUT
from chalicelib.ocpi.models.types import SECONDS

ResultType = Enum("ChargingProfileResultType", "ACCEPTED REJECTED UNKNOWN")

ChargingProfilePeriod = Model(
    "ChargingProfilePeriod",
    Field("start_period", INT, note="seconds from the start of the profile"),
    Field("limit", Number(decimals=1), note="in the unit of the profile, one decimal"),
)

ChargingProfile = Model(
    "ChargingProfile",
    Field("start_date_time", DATETIME, MAYBE, "absent: relative to the start of charging"),
    Field("duration", SECONDS, MAYBE, "seconds; absent: open end"),
    Field("charging_rate_unit", Enum("ChargingRateUnit", "W A")),
    Field("min_charging_rate", Number(decimals=1), MAYBE, "one decimal"),
    Field("charging_profile_period", ChargingProfilePeriod, MANY, otherwise=REFUSED, whole=True),
)

SetChargingProfile = Model(
    "SetChargingProfile", Field("charging_profile", ChargingProfile), Field("response_url", URL)
)

ActiveChargingProfile = Model(
    "ActiveChargingProfile",
    Field("start_date_time", DATETIME, note="time of calculation, zero of the profile", otherwise=ARRIVAL),
    Field("charging_profile", ChargingProfile),
)

ChargingProfileResponse = Model(
    "ChargingProfileResponse",
    Field(
        "result",
        Enum("ChargingProfileResponseType", "ACCEPTED NOT_SUPPORTED REJECTED TOO_OFTEN UNKNOWN_SESSION"),
    ),
    Field("timeout", SECONDS, note="seconds", otherwise=ASSUMED_TIMEOUT),
)

ChargingProfileResult = Model("ChargingProfileResult", Field("result", ResultType))

ClearProfileResult = Model("ClearProfileResult", Field("result", ResultType))

ActiveChargingProfileResult = Model(
    "ActiveChargingProfileResult",
    Field("result", ResultType),
    Field("profile", ActiveChargingProfile, MAYBE, "exactly if ACCEPTED"),
)
