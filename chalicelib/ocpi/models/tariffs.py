"""Tariff and its classes.

Spec: 2.3.0 mod_tariffs (TAR-09 to TAR-42, CNV-90 to CNV-99, CNV-230 to CNV-233)
"""

from __future__ import annotations

from chalicelib.ocpi.models.base import (
    ARRIVAL,
    DATETIME,
    MANY,
    MAYBE,
    NEVER,
    NUMBER,
    SOME,
    UNMET,
    URL,
    V221,
    V230,
    Enum,
    Field,
    Int,
    Model,
)
from chalicelib.ocpi.models.types import (
    COUNTRY_CODE,
    CURRENCY,
    DATE,
    ID,
    PARTY_ID,
    SECONDS,
    TIME_OF_DAY,
    DisplayText,
    EnergyMix,
    PriceLimit,
)

TariffType = Enum("TariffType", "AD_HOC_PAYMENT PROFILE_CHEAP PROFILE_FAST PROFILE_GREEN REGULAR")
TaxIncluded = Enum("TaxIncluded", "YES NO N/A")

PriceComponent = Model(
    "PriceComponent",
    Field("type", Enum("TariffDimensionType", "ENERGY FLAT PARKING_TIME TIME")),
    Field("price", NUMBER, note="per kWh, hour or session; taxes by Tariff.tax_included"),
    Field("vat", NUMBER, MAYBE, "percent; absent: none applicable", since=V221),
    Field("step_size", Int(0), note="Wh or s", otherwise=1),
)

TariffRestrictions = Model(
    "TariffRestrictions",
    Field("start_time", TIME_OF_DAY, MAYBE, "local, inclusive", otherwise=NEVER),
    Field("end_time", TIME_OF_DAY, MAYBE, "local; wraps; 00:00 is the end of the day", otherwise=NEVER),
    Field("start_date", DATE, MAYBE, "inclusive", otherwise=NEVER),
    Field("end_date", DATE, MAYBE, "exclusive", otherwise=NEVER),
    Field("min_kwh", NUMBER, MAYBE, "inclusive", otherwise=NEVER),
    Field("max_kwh", NUMBER, MAYBE, "exclusive", otherwise=NEVER),
    Field("min_current", NUMBER, MAYBE, "A over all phases, at or above", since=V221, otherwise=NEVER),
    Field("max_current", NUMBER, MAYBE, "below", since=V221, otherwise=NEVER),
    Field("min_power", NUMBER, MAYBE, "kW, at or above", otherwise=NEVER),
    Field("max_power", NUMBER, MAYBE, "below", otherwise=NEVER),
    Field("min_duration", SECONDS, MAYBE, "s, inclusive", otherwise=NEVER),
    Field("max_duration", SECONDS, MAYBE, "s, exclusive", otherwise=NEVER),
    Field(
        "day_of_week",
        Enum("DayOfWeek", "MONDAY TUESDAY WEDNESDAY THURSDAY FRIDAY SATURDAY SUNDAY"),
        MANY,
        otherwise=NEVER,
        whole=True,
    ),
    Field(
        "reservation",
        Enum("ReservationRestrictionType", "RESERVATION RESERVATION_EXPIRES"),
        MAYBE,
        since=V221,
        otherwise=NEVER,
    ),
    closed=True,
)

TariffElement = Model(
    "TariffElement",
    Field("price_components", PriceComponent, SOME, whole=True),
    Field("restrictions", TariffRestrictions, MAYBE, "absent: always", otherwise=UNMET),
)

Tariff = Model(
    "Tariff",
    Field("country_code", COUNTRY_CODE, note="CPO", since=V221),
    Field("party_id", PARTY_ID, note="CPO", since=V221),
    Field("id", ID),
    Field("currency", CURRENCY, note="ISO 4217"),
    Field("type", TariffType, MAYBE, "absent: all sessions", since=V221),
    Field("tariff_alt_text", DisplayText, MANY, "no prices that elements already give"),
    Field("tariff_alt_url", URL, MAYBE),
    Field("min_price", PriceLimit, MAYBE, since=V221),
    Field("max_price", PriceLimit, MAYBE, since=V221),
    Field("elements", TariffElement, SOME, whole=True),
    Field("tax_included", TaxIncluded, note="missing is read as NO (AMB-56)", since=V230, otherwise="NO"),
    Field("start_date_time", DATETIME, MAYBE, "UTC", since=V221),
    Field("end_date_time", DATETIME, MAYBE, "UTC", since=V221),
    Field("energy_mix", EnergyMix, MAYBE),
    Field("last_updated", DATETIME, otherwise=ARRIVAL),
)

# The Tariff in a CDR, which says whose both are.
TariffOfCdr = Tariff.owned_around()
