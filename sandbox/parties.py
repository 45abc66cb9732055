"""Who speaks: parties, what each role offers in which version, and whom it is about in the other's list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
ROLES = ("CPO", "EMSP", "NSP", "NAP", "SCSP", "HUB")
SENDER, RECEIVER = "SENDER", "RECEIVER"
OTHER_SIDE = {SENDER: RECEIVER, RECEIVER: SENDER}

# Configuration modules speak platform to platform: no routing headers.
CONFIGURATION = ("versions", "credentials", "hubclientinfo")
# What a hub does not pass on to everybody: without a receiver it finds out for whom it is.
FOR_ONE = ("sessions", "cdrs", "commands", "chargingprofiles")

# S: it serves the Sender interface, R: the Receiver. Spec: 2.2.1 terminology "typical implementations".
_OFFERED = {
    "CPO": "locations:S tariffs:S sessions:S cdrs:S tokens:R commands:R chargingprofiles:R hubclientinfo:R",
    "EMSP": "locations:R tariffs:R sessions:R cdrs:R tokens:S commands:S chargingprofiles:SR hubclientinfo:R",
    "NSP": "locations:R tariffs:R hubclientinfo:R",
    "NAP": "locations:SR tariffs:SR hubclientinfo:R",
    "SCSP": "sessions:R chargingprofiles:S hubclientinfo:R",
    "HUB": "locations:SR tariffs:SR sessions:SR cdrs:SR tokens:SR commands:SR chargingprofiles:SR "
    "hubclientinfo:S",
}
_SINCE_221 = ("chargingprofiles", "hubclientinfo")


@dataclass(frozen=True)
class Party:
    """country_code and party_id in one role."""

    role: str
    country_code: str
    party_id: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        return (self.country_code, self.party_id)

    @property
    def credentials_role(self) -> dict[str, Any]:
        return {
            "role": self.role,
            "country_code": self.country_code,
            "party_id": self.party_id,
            "business_details": {"name": self.name},
        }


PARTIES = {
    "CPO": Party("CPO", "BE", "SBC", "Sandbox Charging"),
    "EMSP": Party("EMSP", "DE", "SBM", "Sandbox Mobility"),
    "NSP": Party("NSP", "FR", "SBN", "Sandbox Navigation"),
    "NAP": Party("NAP", "FI", "SBA", "Sandbox Access Point"),
    "SCSP": Party("SCSP", "SE", "SBP", "Sandbox Smart Charging"),
    "HUB": Party("HUB", "LU", "SBH", "Sandbox Hub"),
}
BEHIND_THE_HUB = (
    Party("CPO", "AT", "HBC", "Charging behind the Hub"),
    Party("EMSP", "AT", "HBM", "Mobility behind the Hub"),
    Party("NSP", "AT", "HBN", "Navigation behind the Hub"),
)


def offers(parties: Iterable[Party], version: str) -> list[tuple[str, str]]:
    """(module, interface) that these parties serve; in 2.1.1 those of the first one's role."""
    parties = list(parties)
    if version == "2.1.1":
        # It knows no hub, and one interface per module: a hub is an eMSP there, who has both receives.
        sides = _sides("EMSP" if parties[0].role == "HUB" else parties[0].role)
        owns = parties[0].role == "NAP"  # of a hub's two sides it has the one that receives
        return [
            (module, SENDER if "R" not in found or (owns and "S" in found) else RECEIVER)
            for module, found in sides.items()
            if module not in _SINCE_221
        ]
    found: dict[tuple[str, str], None] = {}
    for party in parties:
        for module, sides_of in _sides(party.role).items():
            for letter in sides_of:
                found[module, SENDER if letter == "S" else RECEIVER] = None
    return list(found)


def serves(role: str, module: str, side: str) -> bool:
    """Whether a party of this role typically serves that interface; OTHER is like an EMSP."""
    return side[0] in _sides("EMSP" if role == "OTHER" else role).get(module, "")


def _sides(role: str) -> dict[str, str]:
    return dict(each.split(":") for each in _OFFERED.get(role, "").split())


def fitting(roles: Iterable[Mapping[str, Any]], module: str, side: str) -> Mapping[str, Any] | None:
    """Of a peer's roles the one that serves this interface, else its first; None where it has none."""
    roles = list(roles)
    for each in roles:
        if serves(str(each.get("role")), module, side):
            return each
    return roles[0] if roles else None
