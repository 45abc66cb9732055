"""Classes and enums that several modules share.

Spec: 2.3.0 types, credentials, mod_locations (ledger section 6.2, 6.5, 6.14)
"""

from __future__ import annotations

from chalicelib.ocpi.models.base import (
    BOOL,
    DATETIME,
    HOLDER,
    KEPT,
    MANY,
    MAYBE,
    NOTHING,
    NUMBER,
    SOME,
    URL,
    V221,
    V230,
    Ascii,
    Code,
    Day,
    Degrees,
    Enum,
    Field,
    Id,
    Int,
    Language,
    Model,
    Text,
    TimeOfDay,
    Zone,
)

# A reference to nothing (SES-24, CDR-32)
NONE = "#NA"

COUNTRY_CODE = Id(2)
PARTY_ID = Id(3)
ID = Id(36)
CDR_ID = Id(39)
# Location.id and EVSE.uid were longer in 2.1.1; what refers to one may be as long inside (CNV-10)
LONG_ID = Id(36, in_211=39)
LANGUAGE = Language()
# ISO 4217: what money is in, and what is none but has a code
CURRENCY = Code(
    3,
    r"[A-Z]{3}",
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD"
    " CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP"
    " GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW"
    " KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD"
    " NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE"
    " SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED"
    " VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD XCD XCG XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWG"
    " ZWL",
)
TIME_OF_DAY = TimeOfDay(r"([01][0-9]|2[0-3]):[0-5][0-9]")
DATE = Day(10, r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
COUNTRY = Code(3, r"[A-Z]{3}")
LATITUDE = Degrees(10, r"-?[0-9]{1,2}\.[0-9]{5,7}", 90, form_211=r"-?[0-9]{1,2}\.[0-9]{6}")
LONGITUDE = Degrees(11, r"-?[0-9]{1,3}\.[0-9]{5,7}", 180, form_211=r"-?[0-9]{1,3}\.[0-9]{6}")
TIME_ZONE = Zone()
SECONDS = Int(least=0)

Role = Enum("Role", "CPO EMSP NAP NSP OTHER SCSP", until_221="HUB", aliases={"PTP": "OTHER"})
TokenType = Enum("TokenType", "OTHER RFID", since_221="AD_HOC_USER APP_USER", since_230="EMAID", is_open=True)
ProfileType = Enum("ProfileType", "CHEAP FAST GREEN REGULAR")
AuthMethod = Enum("AuthMethod", "AUTH_REQUEST WHITELIST", since_221="COMMAND")
ConnectorFormat = Enum("ConnectorFormat", "SOCKET CABLE")
PowerType = Enum("PowerType", "AC_1_PHASE AC_3_PHASE DC", since_221="AC_2_PHASE AC_2_PHASE_SPLIT")
ConnectorType = Enum(
    "ConnectorType",
    "CHADEMO DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F DOMESTIC_G DOMESTIC_H"
    " DOMESTIC_I DOMESTIC_J DOMESTIC_K DOMESTIC_L IEC_60309_2_single_16 IEC_60309_2_three_16"
    " IEC_60309_2_three_32 IEC_60309_2_three_64 IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2"
    " IEC_62196_T2_COMBO IEC_62196_T3A IEC_62196_T3C TESLA_R TESLA_S",
    since_221="CHAOJI DOMESTIC_M DOMESTIC_N DOMESTIC_O GBT_AC GBT_DC NEMA_5_20 NEMA_6_30 NEMA_6_50"
    " NEMA_10_30 NEMA_10_50 NEMA_14_30 NEMA_14_50 PANTOGRAPH_BOTTOM_UP PANTOGRAPH_TOP_DOWN",
    since_230="MCS SAE_J3400",
    is_open=True,
)
ImageCategory = Enum("ImageCategory", "CHARGER ENTRANCE LOCATION NETWORK OPERATOR OTHER OWNER", is_open=True)
EnergySourceCategory = Enum(
    "EnergySourceCategory", "NUCLEAR GENERAL_FOSSIL COAL GAS GENERAL_GREEN SOLAR WIND WATER"
)
EnvironmentalImpactCategory = Enum(
    "EnvironmentalImpactCategory", "NUCLEAR_WASTE CARBON_DIOXIDE", is_open=True
)

DisplayText = Model(
    "DisplayText",
    Field("language", LANGUAGE, note="ISO 639-1", otherwise=""),
    Field("text", Text(512), note="plain text, no markup"),
)

TaxAmount = Model(
    "TaxAmount",
    Field("name", Text(), note="e.g. VAT", otherwise=""),
    Field("account_number", Text(), MAYBE),
    Field("percentage", NUMBER, MAYBE),
    Field("amount", NUMBER, note="money due"),
)

Price = Model(
    "Price",
    Field("excl_vat", NUMBER, since=V221, until=V221, note="amount without VAT"),
    Field("incl_vat", NUMBER, MAYBE, since=V221, until=V221, note="amount with VAT; absent: not stated"),
    Field("before_taxes", NUMBER, since=V230, note="amount without taxes"),
    Field("taxes", TaxAmount, MANY, "absent or empty: not stated (AMB-57)", since=V230, whole=True),
)

PriceLimit = Model(
    "PriceLimit",
    Field("excl_vat", NUMBER, since=V221, until=V221),
    Field("incl_vat", NUMBER, MAYBE, since=V221, until=V221),
    Field("before_taxes", NUMBER, since=V230),
    Field("after_taxes", NUMBER, MAYBE, since=V230),
)

Image = Model(
    "Image",
    Field("url", URL),
    Field("thumbnail", URL, MAYBE),
    Field("category", ImageCategory),
    Field("type", Ascii(4), note="gif, jpeg, png, svg", otherwise=""),
    Field("width", Int(0, 99999), MAYBE, note="pixels"),
    Field("height", Int(0, 99999), MAYBE, note="pixels"),
)

BusinessDetails = Model(
    "BusinessDetails",
    Field("name", Text(100), otherwise=""),
    Field("website", URL, MAYBE),
    Field("logo", Image, MAYBE),
)

GeoLocation = Model("GeoLocation", Field("latitude", LATITUDE), Field("longitude", LONGITUDE))

EnergySource = Model(
    "EnergySource", Field("source", EnergySourceCategory), Field("percentage", NUMBER, note="0 to 100")
)

EnvironmentalImpact = Model(
    "EnvironmentalImpact",
    Field("category", EnvironmentalImpactCategory, was="source"),
    Field("amount", NUMBER, note="g/kWh"),
)

EnergyMix = Model(
    "EnergyMix",
    Field("is_green_energy", BOOL, otherwise=NOTHING),
    Field("energy_sources", EnergySource, MANY, note="adds up to 100 %", whole=True),
    Field("environ_impact", EnvironmentalImpact, MANY),
    Field("supplier_name", Text(64), MAYBE),
    Field("energy_product_name", Text(64), MAYBE),
)

CdrToken = Model(
    "CdrToken",
    Field("country_code", COUNTRY_CODE, note="eMSP", otherwise=HOLDER),
    Field("party_id", PARTY_ID, note="eMSP", otherwise=HOLDER),
    Field("uid", ID),
    Field("type", TokenType, otherwise="RFID"),
    Field("contract_id", ID, otherwise=NONE),
)

CdrDimension = Model(
    "CdrDimension",
    Field(
        "type",
        Enum(
            "CdrDimensionType",
            "ENERGY MAX_CURRENT MIN_CURRENT PARKING_TIME TIME",
            since_221="CURRENT ENERGY_EXPORT ENERGY_IMPORT MAX_POWER MIN_POWER POWER RESERVATION_TIME"
            " STATE_OF_CHARGE",
            until_211="FLAT",
        ),
        otherwise=KEPT,
    ),
    Field("volume", NUMBER, note="unit by type"),
)

ChargingPeriod = Model(
    "ChargingPeriod",
    Field("start_date_time", DATETIME, note="ends where the next begins"),
    Field("dimensions", CdrDimension, SOME, whole=True),
    Field("tariff_id", ID, MAYBE, since=V221, note="absent: no tariff"),
)
