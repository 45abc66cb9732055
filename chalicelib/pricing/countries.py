"""The time zone of countries that have exactly one, by ISO 3166-1 alpha-3.

For CDRs from 2.2.1 on, which name a country and no time zone; what is guessed so is a finding. Exclaves and
places where nobody charges are left out of account.
"""

from __future__ import annotations

_ONE_ZONE = """
ALA Europe/Mariehamn; ALB Europe/Tirane; AND Europe/Andorra; ARE Asia/Dubai; ARM Asia/Yerevan;
AUT Europe/Vienna; AZE Asia/Baku; BEL Europe/Brussels; BGD Asia/Dhaka; BGR Europe/Sofia;
BHR Asia/Bahrain; BIH Europe/Sarajevo; BLR Europe/Minsk; CHE Europe/Zurich; COL America/Bogota;
CRI America/Costa_Rica; CZE Europe/Prague; DEU Europe/Berlin; DNK Europe/Copenhagen;
DOM America/Santo_Domingo; DZA Africa/Algiers; EGY Africa/Cairo; EST Europe/Tallinn;
ETH Africa/Addis_Ababa; FIN Europe/Helsinki; FRA Europe/Paris; FRO Atlantic/Faroe; GBR Europe/London;
GEO Asia/Tbilisi; GGY Europe/Guernsey; GHA Africa/Accra; GIB Europe/Gibraltar; GLP America/Guadeloupe;
GRC Europe/Athens; GTM America/Guatemala; GUF America/Cayenne; HKG Asia/Hong_Kong; HRV Europe/Zagreb;
HUN Europe/Budapest; IMN Europe/Isle_of_Man; IND Asia/Kolkata; IRL Europe/Dublin; ISL Atlantic/Reykjavik;
ISR Asia/Jerusalem; ITA Europe/Rome; JEY Europe/Jersey; JOR Asia/Amman; JPN Asia/Tokyo;
KEN Africa/Nairobi; KOR Asia/Seoul; KWT Asia/Kuwait; LBN Asia/Beirut; LIE Europe/Vaduz; LKA Asia/Colombo;
LTU Europe/Vilnius; LUX Europe/Luxembourg; LVA Europe/Riga; MAC Asia/Macau; MAR Africa/Casablanca;
MCO Europe/Monaco; MDA Europe/Chisinau; MKD Europe/Skopje; MLT Europe/Malta; MNE Europe/Podgorica;
MTQ America/Martinique; MUS Indian/Mauritius; NGA Africa/Lagos; NLD Europe/Amsterdam; NOR Europe/Oslo;
NPL Asia/Kathmandu; OMN Asia/Muscat; PAK Asia/Karachi; PAN America/Panama; PER America/Lima;
PHL Asia/Manila; POL Europe/Warsaw; PRI America/Puerto_Rico; QAT Asia/Qatar; REU Indian/Reunion;
ROU Europe/Bucharest; RWA Africa/Kigali; SAU Asia/Riyadh; SGP Asia/Singapore; SMR Europe/San_Marino;
SRB Europe/Belgrade; SVK Europe/Bratislava; SVN Europe/Ljubljana; SWE Europe/Stockholm; THA Asia/Bangkok;
TUN Africa/Tunis; TUR Europe/Istanbul; TWN Asia/Taipei; UKR Europe/Kyiv; URY America/Montevideo;
VAT Europe/Vatican; VNM Asia/Ho_Chi_Minh; XKX Europe/Belgrade; ZAF Africa/Johannesburg
"""
ZONES: dict[str, str] = {row.split()[0]: row.split()[1] for row in _ONE_ZONE.split(";")}
