"""Countries and their time zones, for Locations of 2.1.1 partners that name no zone (CNV-38).

Canonical objects need some zone, for opening hours and tariffs; the sender's own
text stays without. A country of several zones is told apart by the coordinates,
roughly along its borders; outside the table the sun decides.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

OTHERWISE = "Etc/UTC"
# The alpha-3 code of no country (ISO 3166-1, user-assigned)
NOWHERE = "ZZZ"

# alpha-3, alpha-2, and the zone of most of its people
_COUNTRIES = """
ALA AX Europe/Mariehamn
ALB AL Europe/Tirane
AND AD Europe/Andorra
ARE AE Asia/Dubai
ARG AR America/Argentina/Buenos_Aires
ARM AM Asia/Yerevan
AUS AU Australia/Sydney
AUT AT Europe/Vienna
AZE AZ Asia/Baku
BEL BE Europe/Brussels
BGD BD Asia/Dhaka
BGR BG Europe/Sofia
BHR BH Asia/Bahrain
BIH BA Europe/Sarajevo
BLR BY Europe/Minsk
BRA BR America/Sao_Paulo
CAN CA America/Toronto
CHE CH Europe/Zurich
CHL CL America/Santiago
CHN CN Asia/Shanghai
COL CO America/Bogota
CRI CR America/Costa_Rica
CYP CY Asia/Nicosia
CZE CZ Europe/Prague
DEU DE Europe/Berlin
DNK DK Europe/Copenhagen
DOM DO America/Santo_Domingo
DZA DZ Africa/Algiers
ECU EC America/Guayaquil
EGY EG Africa/Cairo
ESP ES Europe/Madrid
EST EE Europe/Tallinn
ETH ET Africa/Addis_Ababa
FIN FI Europe/Helsinki
FRA FR Europe/Paris
FRO FO Atlantic/Faroe
GBR GB Europe/London
GEO GE Asia/Tbilisi
GGY GG Europe/Guernsey
GHA GH Africa/Accra
GIB GI Europe/Gibraltar
GLP GP America/Guadeloupe
GRC GR Europe/Athens
GTM GT America/Guatemala
GUF GF America/Cayenne
HKG HK Asia/Hong_Kong
HRV HR Europe/Zagreb
HUN HU Europe/Budapest
IDN ID Asia/Jakarta
IMN IM Europe/Isle_of_Man
IND IN Asia/Kolkata
IRL IE Europe/Dublin
ISL IS Atlantic/Reykjavik
ISR IL Asia/Jerusalem
ITA IT Europe/Rome
JEY JE Europe/Jersey
JOR JO Asia/Amman
JPN JP Asia/Tokyo
KAZ KZ Asia/Almaty
KEN KE Africa/Nairobi
KOR KR Asia/Seoul
KWT KW Asia/Kuwait
LBN LB Asia/Beirut
LIE LI Europe/Vaduz
LKA LK Asia/Colombo
LTU LT Europe/Vilnius
LUX LU Europe/Luxembourg
LVA LV Europe/Riga
MAC MO Asia/Macau
MAR MA Africa/Casablanca
MCO MC Europe/Monaco
MDA MD Europe/Chisinau
MEX MX America/Mexico_City
MKD MK Europe/Skopje
MLT MT Europe/Malta
MNE ME Europe/Podgorica
MTQ MQ America/Martinique
MUS MU Indian/Mauritius
MYS MY Asia/Kuala_Lumpur
NGA NG Africa/Lagos
NLD NL Europe/Amsterdam
NOR NO Europe/Oslo
NPL NP Asia/Kathmandu
NZL NZ Pacific/Auckland
OMN OM Asia/Muscat
PAK PK Asia/Karachi
PAN PA America/Panama
PER PE America/Lima
PHL PH Asia/Manila
POL PL Europe/Warsaw
PRI PR America/Puerto_Rico
PRT PT Europe/Lisbon
QAT QA Asia/Qatar
REU RE Indian/Reunion
ROU RO Europe/Bucharest
RUS RU Europe/Moscow
RWA RW Africa/Kigali
SAU SA Asia/Riyadh
SGP SG Asia/Singapore
SMR SM Europe/San_Marino
SRB RS Europe/Belgrade
SVK SK Europe/Bratislava
SVN SI Europe/Ljubljana
SWE SE Europe/Stockholm
THA TH Asia/Bangkok
TUN TN Africa/Tunis
TUR TR Europe/Istanbul
TWN TW Asia/Taipei
UKR UA Europe/Kyiv
URY UY America/Montevideo
USA US America/New_York
UZB UZ Asia/Tashkent
VAT VA Europe/Vatican
VNM VN Asia/Ho_Chi_Minh
XKX XK Europe/Belgrade
ZAF ZA Africa/Johannesburg
"""

_BY_CODE = {row.split()[0]: row.split() for row in _COUNTRIES.strip().splitlines()}
_BY_ALPHA_2 = {two: three for three, two, _zone in _BY_CODE.values()}

# Parts of a country that have another zone: south, west, north and east of it in degrees; the first counts.
_PARTS = {
    "AUS": (
        (-44, 143, -39, 149, "Australia/Hobart"),
        (-29, 138, -9, 154, "Australia/Brisbane"),
        (-26, 129, -10, 138, "Australia/Darwin"),
        (-39, 129, -26, 141, "Australia/Adelaide"),
        (-36, 112, -13, 129, "Australia/Perth"),
    ),
    "BRA": (
        (-11, -74, -7, -66.6, "America/Rio_Branco"),
        (-14, -74, 6, -56, "America/Manaus"),
        (-24, -62, -14, -53, "America/Cuiaba"),
    ),
    "CAN": (
        (46, -59.5, 52, -52, "America/St_Johns"),
        (43, -69, 61, -59.5, "America/Halifax"),
        (48, -102, 60, -89, "America/Winnipeg"),
        (49, -110, 60, -102, "America/Regina"),
        (49, -120, 60, -110, "America/Edmonton"),
        (48, -142, 70, -114, "America/Vancouver"),
    ),
    "CHL": ((-29, -110, -26, -105, "Pacific/Easter"), (-56, -76, -48.5, -66, "America/Punta_Arenas")),
    "ECU": ((-2, -93, 2, -89, "Pacific/Galapagos"),),
    "ESP": ((27, -19, 30, -13, "Atlantic/Canary"),),
    "IDN": ((-12, 114, 5, 125, "Asia/Makassar"), (-12, 125, 5, 142, "Asia/Jayapura")),
    "MEX": (
        (31.9, -118, 33, -112, "America/Tijuana"),
        (26, -115, 32.6, -108.5, "America/Hermosillo"),
        (20, -115, 28, -105, "America/Mazatlan"),
        (17, -90, 22, -86, "America/Cancun"),
    ),
    "NZL": ((-45, -178, -43, -175, "Pacific/Chatham"),),
    "PRT": ((36, -32, 40, -24, "Atlantic/Azores"), (32, -18, 34, -16, "Atlantic/Madeira")),
    "RUS": (
        (54, 19, 56, 23, "Europe/Kaliningrad"),
        (50, 48, 57, 54, "Europe/Samara"),
        (51, 54, 74, 74, "Asia/Yekaterinburg"),
        (49, 70, 74, 80, "Asia/Omsk"),
        (49, 80, 74, 98, "Asia/Krasnoyarsk"),
        (49, 98, 74, 117, "Asia/Irkutsk"),
        (42, 117, 74, 180, "Asia/Vladivostok"),
    ),
    "USA": (
        (18, -179, 23, -154, "Pacific/Honolulu"),
        (51, -180, 72, -129, "America/Anchorage"),
        (31, -114.8, 37, -109.05, "America/Phoenix"),
        (32, -125, 42, -114.1, "America/Los_Angeles"),
        (42, -125, 49.1, -116.9, "America/Los_Angeles"),
        (31, -117, 49.1, -102.05, "America/Denver"),
        (24, -106.7, 49.5, -87.5, "America/Chicago"),
        (30, -88, 36.7, -85.2, "America/Chicago"),
    ),
}

# The names that are met most; whether any other exists, the database of the machine says.
KNOWN = frozenset(
    [zone for _, _, zone in _BY_CODE.values()]
    + [part[4] for parts in _PARTS.values() for part in parts]
    + [OTHERWISE, "UTC"]
)
KNOWN_FOLDED = {name.upper(): name for name in KNOWN}


def time_zone(country: Any, coordinates: Any = None) -> str:
    """An IANA name for a place in a country (alpha-3, or alpha-2 as some write, AMB-63)."""
    code = _code(country)
    place = _degrees(coordinates)
    if code not in _BY_CODE:
        return OTHERWISE if place is None else _by_the_sun(place[1])
    if place is not None:
        for south, west, north, east, zone in _PARTS.get(code, ()):
            if south <= place[0] <= north and west <= place[1] <= east:
                return zone
    return _BY_CODE[code][2]


def _code(country: Any) -> str:
    written = country.strip().upper() if isinstance(country, str) else ""
    return _BY_ALPHA_2.get(written, written)


def alpha_3(country_code: Any) -> str:
    """The alpha-3 code for an alpha-2 one; that of nowhere for one that is not known."""
    return _BY_ALPHA_2.get(country_code.upper(), NOWHERE) if isinstance(country_code, str) else NOWHERE


def hours_apart(name: Any, coordinates: Any) -> float:
    """How many hours the clocks of a zone are from the sun of a place; 0 where either is not known."""
    place = _degrees(coordinates)
    try:
        offset = datetime(2026, 1, 1, tzinfo=ZoneInfo(name)).utcoffset() if place else None
    except (TypeError, ValueError, OSError, LookupError):
        return 0
    if place is None or offset is None:
        return 0
    hours = abs(offset.total_seconds() / 3600 - place[1] / 15) % 24
    return min(hours, 24 - hours)


def _by_the_sun(longitude: float) -> str:
    """The zone of the ships there. Its sign is the other way round than one expects: east is minus."""
    hours = round(longitude / 15)
    return f"Etc/GMT{-hours:+d}" if hours else OTHERWISE


def _degrees(coordinates: Any) -> tuple[float, float] | None:
    try:
        latitude, longitude = float(coordinates["latitude"]), float(coordinates["longitude"])
    except (TypeError, LookupError, ValueError):
        return None
    return (latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None
