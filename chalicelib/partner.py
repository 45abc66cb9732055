"""Partner: another platform as we know it, its parties, version, endpoints and health. Values only.

How partners come to be is in `registration`; where they are kept, in `store.partners`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from chalicelib.ocpi.messages import Party
from chalicelib.ocpi.modules import V211

INVITED, REGISTERED, SUSPENDED, UNREGISTERED = "INVITED", "REGISTERED", "SUSPENDED", "UNREGISTERED"
OK, UNREACHABLE, UNKNOWN = "OK", "UNREACHABLE", "UNKNOWN"
# An answer that takes longer, in seconds on average, makes a partner a slow one.
SLOW = 1.0
DURABLE, SPEC = "durable", "spec"
# What a partner reads; 2.1.1 promises no more than ASCII (CNV-09).
UTF_8, ASCII = "utf-8", "ascii"
# The events by which the back end hears of connections.
PARTNER_REGISTERED, PARTNER_UPDATED = "PartnerRegistered", "PartnerUpdated"
PARTNER_UNREGISTERED = "PartnerUnregistered"
# Charging profiles are delegated to this partner, or by it (CHP-01).
DELEGATED = "delegated"

# What a CPO serves in 2.1.1, which names no interface roles (CNV-04); an eMSP serves the reverse.
CPO_SIDE = {
    "locations": "SENDER",
    "sessions": "SENDER",
    "cdrs": "SENDER",
    "tariffs": "SENDER",
    "tokens": "RECEIVER",
    "commands": "RECEIVER",
}
_REVERSE = {"SENDER": "RECEIVER", "RECEIVER": "SENDER"}


@dataclass(frozen=True)
class Role:
    """One role of one party, with what it says of itself (CredentialsRole)."""

    role: str
    country_code: str
    party_id: str
    business_details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def party(self) -> Party:
        return self.country_code.upper(), self.party_id.upper()

    @property
    def claim(self) -> str:
        """What no two connections may own at once, as text: `EMSP/DE/MSP` (AMB-18)."""
        return "/".join((self.role, *self.party))


@dataclass(frozen=True)
class Endpoint:
    """Where one interface of a module is served; `role` is SENDER, RECEIVER, or "" where nobody said."""

    module: str
    role: str
    url: str


@dataclass(frozen=True)
class Hold:
    """A module of a partner that fails: so often in a row, left alone until then, for so many seconds."""

    failures: int = 0
    until: str = ""
    pause: int = 0


@dataclass(frozen=True)
class Health:
    """Whether a partner answers us.

    `failures` counts those since the last success; `seconds` is the moving average
    of how long its answers take; `turned` marks the one answer of the store whose
    call changed the state, which is when to tell about it. It asked for nothing to be sent
    before `paused_until` (its Retry-After). `held` are the modules that fail by themselves, by
    `push#<module>`; `outages` counts those shortly after one another, the last began at `outage_at`.
    """

    state: str = UNKNOWN
    last_success: str = ""
    last_failure: str = ""
    reason: str = ""
    failures: int = 0
    seconds: float = 0.0
    paused_until: str = ""
    turned: bool = False
    held: Mapping[str, Hold] = field(default_factory=dict)
    outages: int = 0
    outage_at: str = ""


@dataclass(frozen=True)
class Partner:
    """A connection with another platform.

    `invited_roles` are the only ones it may claim (empty: any, AMB-18); of a hub, which the
    operator says it is, those that it may bring. `replaces` is the connection whose parties its
    invitation lets it take over. `requires` are the modules it must offer, None for the default
    (AMB-72). `outbound` is the token we present, encrypted; `inbound` the hashes of those it presents.
    """

    id: str
    name: str
    state: str = INVITED
    version: str = ""
    roles: tuple[Role, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    policy: str = DURABLE
    charset: str = UTF_8
    smart_charging: str = ""
    quirks: str = ""
    versions_url: str = ""
    details_url: str = ""
    token_form: str = "base64"  # noqa: S105 - or "raw": how we write the token (AMB-02)
    hub: bool = False
    hub_party_id: str = ""
    replaces: str = ""
    health: Health = Health()
    invited_roles: tuple[Role, ...] = ()
    requires: tuple[str, ...] | None = None
    created_at: str = ""
    registered_at: str = ""
    suspended_from: str = ""
    revision: int = 0
    outbound: str = field(default="", repr=False)
    inbound: tuple[str, ...] = field(default=(), repr=False)

    @property
    def quirk_names(self) -> tuple[str, ...]:
        """The named repairs that are turned on for it (`ocpi.quirks`)."""
        return tuple(self.quirks.split())

    @property
    def parties(self) -> frozenset[Party]:
        """The country_code and party_id pairs it speaks for, upper-cased."""
        return frozenset(role.party for role in self.roles)

    @property
    def reads_ascii_only(self) -> bool:
        """Whether text is spelled out for it (CNV-09); newer versions are UTF-8."""
        return self.charset == ASCII and self.version == V211

    @property
    def is_hub(self) -> bool:
        """Whether other parties are reached through it: the operator's word (design section 9, rule 2)."""
        return self.hub

    @property
    def is_connected(self) -> bool:
        """Whether its parties are reached by this connection, also while it is suspended."""
        return self.state in (REGISTERED, SUSPENDED)

    def endpoint(self, module: str, role: str) -> str | None:
        """The URL of the interface of a module, or None; of `credentials` any role (AMB-17)."""
        for each in self.endpoints:
            if each.module == module and (each.role in (role, "") or module == "credentials"):
                return each.url
        return None

    def party_for(self, roles: Iterable[str]) -> Party | None:
        """The partner's first party in one of these roles; of a hub its own, which is told all (HUB-15)."""
        if self.hub:
            return self.hub_party
        wanted = tuple(roles)
        return next((role.party for role in self.roles if role.role in wanted), None)

    @property
    def hub_party(self) -> Party | None:
        """The party of the hub itself, if this is a hub (CRE-49)."""
        if not self.hub:
            return None
        if self.hub_party_id:
            return self.hub_party_id[:2].upper(), self.hub_party_id[2:].upper()
        named = [role for role in self.invited_roles if role.role == "HUB"]
        return next((role.party for role in (*named, *self.roles)), None)

    def plays(self, *roles: str) -> bool:
        """Whether any of its parties has one of these roles."""
        return any(each.role in roles for each in self.roles)

    def hosts(self) -> frozenset[str]:
        """The hosts, with their port where one is named, that it announced to us (ARC-20)."""
        urls = [self.versions_url, self.details_url, *(each.url for each in self.endpoints)]
        return frozenset(host for host in map(host_of, urls) if host)


@dataclass(frozen=True)
class Presented:
    """A request's credentials token, in clear; how it was written; A: of an invitation, C: of a partner."""

    token: str = field(repr=False)
    form: str
    kind: str


def listed(roles: Iterable[Any]) -> list[dict[str, str]]:
    """Roles as the operator and the back end see them: of partners, or of hosted parties."""
    return [
        {"role": each.role, "country_code": each.country_code, "party_id": each.party_id} for each in roles
    ]


def host_of(url: str) -> str:
    """Host of a URL in lower case, with a port that is not the scheme's own; "" where there is none."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, {"https": 443, "http": 80}.get(parts.scheme)) else f"{host}:{port}"


def side_of_2_1_1(module: str, role: str) -> str:
    """The interface that a 2.1.1 party of this role serves of a module (CNV-04)."""
    cpo = CPO_SIDE.get(module, "")
    return cpo if role in ("CPO", "NAP") or not cpo else _REVERSE[cpo]
