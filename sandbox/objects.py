"""The objects of OCPI as tables: field, type, cardinality, and the versions that have it (none: all).

Types: ci36 and str36 (text of at most so many characters), int, num, bool, date, url, time, day; a name in
capitals is a list of values below, one with small letters an object. Cardinality: 1, ?, * and +.

Spec: the object and enum tables of every module
"""

from __future__ import annotations

OBJECTS = {
    "locations": """
        country_code ci2 1 2.2.1+; party_id ci3 1 2.2.1+; id ci39 1; publish bool 1 2.2.1+
        publish_allowed_to any * 2.2.1+; type LOCATION_TYPE 1 2.1.1; name str255 ?; address str255 1
        city str45 1; postal_code str10 1 2.1.1; postal_code str10 ? 2.2.1+; state str45 ? 2.2.1+
        country str3 1; coordinates geo 1; related_locations any *; parking_type PARKING_TYPE ? 2.2.1+
        evses evses *; directions text *; operator business ?; suboperator business ?; owner business ?
        facilities FACILITY *; time_zone str255 ? 2.1.1; time_zone str255 1 2.2.1+; opening_times any ?
        charging_when_closed bool ?; images any *; energy_mix any ?; parking_places any * 2.3.0
        help_phone ci25 ? 2.3.0; last_updated date 1""",
    "evses": """
        uid ci39 1; evse_id ci48 ?; status STATUS 1; status_schedule any *; capabilities CAPABILITY *
        connectors connectors +; floor_level str4 ?; coordinates geo ?; physical_reference str16 ?
        directions text *; parking_restrictions RESTRICTION *; images any *; parking any * 2.3.0
        accepted_service_providers str50 * 2.3.0; last_updated date 1""",
    "connectors": """
        id ci36 1; standard CONNECTOR_TYPE 1; format FORMAT 1; power_type POWER_TYPE 1
        voltage int 1 2.1.1; amperage int 1 2.1.1; max_voltage int 1 2.2.1+; max_amperage int 1 2.2.1+
        max_electric_power int ? 2.2.1+; tariff_id str36 ? 2.1.1; tariff_ids ci36 * 2.2.1+
        terms_and_conditions url ?; capabilities any * 2.3.0; last_updated date 1""",
    "geo": "latitude latitude 1; longitude longitude 1",
    "text": "language str2 1; text str512 1",
    "business": "name str100 1; website url ?; logo any ?",
    "price": """
        excl_vat num 1 2.2.1; incl_vat num ? 2.2.1; before_taxes num 1 2.3.0; taxes any * 2.3.0""",
    "sessions": """
        country_code ci2 1 2.2.1+; party_id ci3 1 2.2.1+; id ci36 1; start_datetime date 1 2.1.1
        start_date_time date 1 2.2.1+; end_datetime date ? 2.1.1; end_date_time date ? 2.2.1+; kwh num 1
        auth_id str36 1 2.1.1; cdr_token cdr_token 1 2.2.1+; auth_method AUTH_METHOD 1
        authorization_reference ci36 ? 2.2.1+; location locations 1 2.1.1; location_id ci36 1 2.2.1+
        evse_uid ci36 1 2.2.1+; connector_id ci36 1 2.2.1+; meter_id str255 ?; currency str3 1
        charging_periods period *; total_cost num ? 2.1.1; total_cost price ? 2.2.1+
        status SESSION_STATUS 1; last_updated date 1""",
    "cdr_token": "country_code ci2 1; party_id ci3 1; uid ci36 1; type TOKEN_TYPE 1; contract_id ci36 1",
    "period": "start_date_time date 1; dimensions dimension +; tariff_id ci36 ? 2.2.1+",
    "dimension": "type DIMENSION 1; volume num 1",
    "cdrs": """
        country_code ci2 1 2.2.1+; party_id ci3 1 2.2.1+; id ci39 1; start_date_time date 1
        stop_date_time date 1 2.1.1; end_date_time date 1 2.2.1+; session_id ci36 ? 2.2.1+
        auth_id str36 1 2.1.1; cdr_token cdr_token 1 2.2.1+; auth_method AUTH_METHOD 1
        authorization_reference ci36 ? 2.2.1+; location locations 1 2.1.1; cdr_location place 1 2.2.1+
        meter_id str255 ?; currency str3 1; tariffs tariffs *; charging_periods period +
        signed_data any ? 2.2.1+; total_cost num 1 2.1.1; total_cost price 1 2.2.1+
        total_fixed_cost price ? 2.2.1+; total_energy num 1; total_energy_cost price ? 2.2.1+
        total_time num 1; total_time_cost price ? 2.2.1+; total_parking_time num ?
        total_parking_cost price ? 2.2.1+; total_reservation_cost price ? 2.2.1+; remark str255 ?
        invoice_reference_id ci39 ? 2.2.1+; credit bool ? 2.2.1+; credit_reference_id ci39 ? 2.2.1+
        home_charging_compensation bool ? 2.2.1+; last_updated date 1""",
    "place": """
        id ci36 1; name str255 ?; address str255 1; city str45 1; postal_code str10 ?; state str45 ?
        country str3 1; coordinates geo 1; evse_uid ci36 1; evse_id ci48 1; connector_id ci36 1
        connector_standard CONNECTOR_TYPE 1; connector_format FORMAT 1; connector_power_type POWER_TYPE 1""",
    "tariffs": """
        country_code ci2 1 2.2.1+; party_id ci3 1 2.2.1+; id ci36 1; currency str3 1
        type TARIFF_TYPE ? 2.2.1+; tariff_alt_text text *; tariff_alt_url url ?; min_price price ? 2.2.1
        max_price price ? 2.2.1; min_price limit ? 2.3.0; max_price limit ? 2.3.0; elements element +
        start_date_time date ? 2.2.1+; end_date_time date ? 2.2.1+; energy_mix any ?
        tax_included TAX_INCLUDED 1 2.3.0; last_updated date 1""",
    "limit": "before_taxes num 1; after_taxes num ?",
    "element": "price_components component +; restrictions any ?",
    "component": "type TARIFF_DIMENSION 1; price num 1; vat num ? 2.2.1+; step_size int 1",
    "tokens": """
        country_code ci2 1 2.2.1+; party_id ci3 1 2.2.1+; uid ci36 1; type TOKEN_TYPE 1
        auth_id str36 1 2.1.1; contract_id ci36 1 2.2.1+; visual_number str64 ?; issuer str64 1
        group_id ci36 ? 2.2.1+; valid bool 1; whitelist WHITELIST 1; language str2 ?
        default_profile_type PROFILE ? 2.2.1+; energy_contract any ? 2.2.1+; last_updated date 1""",
    "hubclientinfo": """
        party_id ci3 1; country_code ci2 1; role ROLE 1; status CONNECTION 1; last_updated date 1""",
    "START_SESSION": """
        response_url url 1; token tokens 1; location_id ci39 1; evse_uid ci39 ?
        connector_id ci36 ? 2.2.1+; authorization_reference ci36 ? 2.2.1+""",
    "STOP_SESSION": "response_url url 1; session_id ci36 1",
    "RESERVE_NOW": """
        response_url url 1; token tokens 1; expiry_date date 1; reservation_id int 1 2.1.1
        reservation_id ci36 1 2.2.1+; location_id ci39 1; evse_uid ci39 ?
        authorization_reference ci36 ? 2.2.1+""",
    "CANCEL_RESERVATION": "response_url url 1; reservation_id ci36 1",
    "UNLOCK_CONNECTOR": "response_url url 1; location_id ci39 1; evse_uid ci39 1; connector_id ci36 1",
    "SetChargingProfile": "charging_profile profile 1; response_url url 1",
    "ActiveChargingProfile": "start_date_time date 1; charging_profile profile 1",
    "profile": """
        start_date_time date ?; duration int ?; charging_rate_unit RATE_UNIT 1; min_charging_rate num ?
        charging_profile_period profile_period *""",
    "profile_period": "start_period int 1; limit num 1",
    "ChargingPreferences": """
        profile_type PROFILE 1; departure_time date ?; energy_need num ?; discharge_allowed bool ?""",
    "LocationReferences": "location_id ci39 1; evse_uids ci39 *; connector_ids str36 * 2.1.1",
    "ClientCredentials": "token str64 1; url url 1",
}

# Closed lists. In 2.3.0 those of OPEN may have values that nobody knows yet.
VALUES = {
    "STATUS": "AVAILABLE BLOCKED CHARGING INOPERATIVE OUTOFORDER PLANNED REMOVED RESERVED UNKNOWN",
    "FORMAT": "SOCKET CABLE",
    "POWER_TYPE": "AC_1_PHASE AC_2_PHASE AC_2_PHASE_SPLIT AC_3_PHASE DC",
    "AUTH_METHOD": "AUTH_REQUEST COMMAND WHITELIST",
    "SESSION_STATUS": "ACTIVE COMPLETED INVALID PENDING RESERVATION",
    "DIMENSION": "CURRENT ENERGY ENERGY_EXPORT ENERGY_IMPORT FLAT MAX_CURRENT MIN_CURRENT MAX_POWER "
    "MIN_POWER PARKING_TIME POWER RESERVATION_TIME STATE_OF_CHARGE TIME",
    "TARIFF_DIMENSION": "ENERGY FLAT PARKING_TIME TIME",
    "TARIFF_TYPE": "AD_HOC_PAYMENT PROFILE_CHEAP PROFILE_FAST PROFILE_GREEN REGULAR",
    "TAX_INCLUDED": "YES NO N/A",
    "TOKEN_TYPE": "AD_HOC_USER APP_USER EMAID OTHER RFID",
    "WHITELIST": "ALWAYS ALLOWED ALLOWED_OFFLINE NEVER",
    "PROFILE": "CHEAP FAST GREEN REGULAR",
    "ROLE": "CPO EMSP HUB NAP NSP OTHER SCSP",
    "CONNECTION": "CONNECTED OFFLINE PLANNED SUSPENDED",
    "RATE_UNIT": "W A",
    "LOCATION_TYPE": "ON_STREET PARKING_GARAGE UNDERGROUND_GARAGE PARKING_LOT OTHER UNKNOWN",
    "PARKING_TYPE": "ALONG_MOTORWAY PARKING_GARAGE PARKING_LOT ON_DRIVEWAY ON_STREET UNDERGROUND_GARAGE",
    "RESTRICTION": "EV_ONLY PLUGGED DISABLED CUSTOMERS MOTORCYCLES EMPLOYEES TAXIS TENANTS",
    "CAPABILITY": "CHARGING_PROFILE_CAPABLE CHARGING_PREFERENCES_CAPABLE CHIP_CARD_SUPPORT "
    "CONTACTLESS_CARD_SUPPORT CREDIT_CARD_PAYABLE DEBIT_CARD_PAYABLE PED_TERMINAL "
    "REMOTE_START_STOP_CAPABLE RESERVABLE RFID_READER START_SESSION_CONNECTOR_REQUIRED "
    "TOKEN_GROUP_CAPABLE UNLOCK_CAPABLE",
    "FACILITY": "HOTEL RESTAURANT CAFE MALL SUPERMARKET SPORT RECREATION_AREA NATURE MUSEUM "
    "BIKE_SHARING BUS_STOP TAXI_STAND TRAM_STOP METRO_STATION TRAIN_STATION AIRPORT "
    "PARKING_LOT CARPOOL_PARKING FUEL_STATION WIFI",
    "CONNECTOR_TYPE": "CHADEMO CHAOJI DOMESTIC_A DOMESTIC_B DOMESTIC_C DOMESTIC_D DOMESTIC_E DOMESTIC_F "
    "DOMESTIC_G DOMESTIC_H DOMESTIC_I DOMESTIC_J DOMESTIC_K DOMESTIC_L DOMESTIC_M "
    "DOMESTIC_N DOMESTIC_O GBT_AC GBT_DC IEC_60309_2_single_16 IEC_60309_2_three_16 "
    "IEC_60309_2_three_32 IEC_60309_2_three_64 IEC_62196_T1 IEC_62196_T1_COMBO IEC_62196_T2 "
    "IEC_62196_T2_COMBO IEC_62196_T3A IEC_62196_T3C MCS NEMA_5_20 NEMA_6_30 NEMA_6_50 "
    "NEMA_10_30 NEMA_10_50 NEMA_14_30 NEMA_14_50 PANTOGRAPH_BOTTOM_UP PANTOGRAPH_TOP_DOWN "
    "SAE_J3400 TESLA_R TESLA_S",
}
OPEN = ("CAPABILITY", "CONNECTOR_TYPE", "FACILITY", "RESTRICTION", "PARKING_TYPE", "TOKEN_TYPE")
