"""The time zone of a country, for Locations of 2.1.1 partners that name none (CNV-38).

A country with several zones has its most populous one here. Canonical objects
need some zone, for opening hours and tariffs; the sender's own text stays without.
"""

from __future__ import annotations

from typing import Any

OTHERWISE = "Etc/UTC"

_ZONES = {
    "ALB": "Europe/Tirane",
    "AND": "Europe/Andorra",
    "ARE": "Asia/Dubai",
    "AUS": "Australia/Sydney",
    "AUT": "Europe/Vienna",
    "BEL": "Europe/Brussels",
    "BGR": "Europe/Sofia",
    "BIH": "Europe/Sarajevo",
    "BRA": "America/Sao_Paulo",
    "CAN": "America/Toronto",
    "CHE": "Europe/Zurich",
    "CHL": "America/Santiago",
    "CHN": "Asia/Shanghai",
    "CYP": "Asia/Nicosia",
    "CZE": "Europe/Prague",
    "DEU": "Europe/Berlin",
    "DNK": "Europe/Copenhagen",
    "ESP": "Europe/Madrid",
    "EST": "Europe/Tallinn",
    "FIN": "Europe/Helsinki",
    "FRA": "Europe/Paris",
    "GBR": "Europe/London",
    "GRC": "Europe/Athens",
    "HRV": "Europe/Zagreb",
    "HUN": "Europe/Budapest",
    "IND": "Asia/Kolkata",
    "IRL": "Europe/Dublin",
    "ISL": "Atlantic/Reykjavik",
    "ISR": "Asia/Jerusalem",
    "ITA": "Europe/Rome",
    "JPN": "Asia/Tokyo",
    "KOR": "Asia/Seoul",
    "LIE": "Europe/Vaduz",
    "LTU": "Europe/Vilnius",
    "LUX": "Europe/Luxembourg",
    "LVA": "Europe/Riga",
    "MCO": "Europe/Monaco",
    "MDA": "Europe/Chisinau",
    "MEX": "America/Mexico_City",
    "MKD": "Europe/Skopje",
    "MLT": "Europe/Malta",
    "MNE": "Europe/Podgorica",
    "NLD": "Europe/Amsterdam",
    "NOR": "Europe/Oslo",
    "NZL": "Pacific/Auckland",
    "POL": "Europe/Warsaw",
    "PRT": "Europe/Lisbon",
    "ROU": "Europe/Bucharest",
    "SMR": "Europe/San_Marino",
    "SRB": "Europe/Belgrade",
    "SVK": "Europe/Bratislava",
    "SVN": "Europe/Ljubljana",
    "SWE": "Europe/Stockholm",
    "TUR": "Europe/Istanbul",
    "UKR": "Europe/Kyiv",
    "USA": "America/New_York",
    "ZAF": "Africa/Johannesburg",
}


def time_zone(country: Any) -> str:
    """The IANA name for an alpha-3 country, UTC where none is known."""
    return _ZONES.get(country, OTHERWISE) if isinstance(country, str) else OTHERWISE
