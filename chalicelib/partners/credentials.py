"""Credentials objects: ours, and what we make of a partner's.

Spec: credentials (CRE-40 to CRE-54); AMB-18, AMB-19, AMB-72; CNV-06, CNV-203
"""

from __future__ import annotations

import dataclasses
import re
import secrets
from typing import TYPE_CHECKING, Any

from chalicelib.ocpi import modules, quirks, reading, writing
from chalicelib.ocpi.errors import InvalidParameters
from chalicelib.partner import Partner, Role
from chalicelib.partners import discovery, parties
from chalicelib.settings import HUB

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

LONGEST_TOKEN = 255
MOST_ROLES = 50
MOST_HUB_ROLES = 1000

# What a CPO and an eMSP need of each other (AMB-72).
NEEDED_OF_EMSP = {"locations": "RECEIVER", "sessions": "RECEIVER", "cdrs": "RECEIVER", "tokens": "SENDER"}
NEEDED_OF_CPO = {"locations": "SENDER", "sessions": "SENDER", "cdrs": "SENDER", "tokens": "RECEIVER"}


@dataclasses.dataclass(frozen=True)
class Theirs:
    """What a partner's credentials object says."""

    token: str = dataclasses.field(repr=False)
    url: str
    roles: tuple[Role, ...]
    hub_party_id: str


def new_token() -> str:
    """A credentials token: 256 random bits in 43 printable characters (CRE-54)."""
    return secrets.token_urlsafe(32)


def usable_token(token: str) -> bool:
    """Whether a text can be a token in a header: printable, no white space, nothing that ends the line."""
    return 0 < len(token) <= LONGEST_TOKEN and all("\x21" <= each <= "\x7e" for each in token)


def ours(
    platform: Platform, partner: Partner, version: str, token: str, base_url: str = ""
) -> dict[str, Any]:
    """Our credentials object with this token, for this partner, in that version and as it can take it."""
    hosted: list[Any] = list(platform.settings.parties)
    hub = platform.settings.hub
    if version == modules.V211:
        side = discovery.our_side(platform, partner)
        hosted.sort(key=lambda each: (each.role in discovery.CPO_LIKE) != (side == "CPO"))
        hosted.sort(key=lambda each: each.party != hub)
    if hub and version == modules.V230:
        hosted = _known_through_us(platform, partner)
    obj = {
        "token": token,
        "url": f"{base_url or platform.base_url}/ocpi/versions",
        "roles": [
            {
                "role": each.role,
                "business_details": dict(each.business_details) or {"name": "/".join(each.party)},
                "party_id": each.party_id,
                "country_code": each.country_code,
            }
            for each in hosted
        ],
        **({"hub_party_id": "".join(hub)} if hub and version == modules.V230 else {}),
    }
    taken, _ = quirks.written(partner.quirk_names, writing.write("credentials", obj, version).object)
    return dict(taken)


def _known_through_us(platform: Platform, partner: Partner) -> list[Any]:
    """Who is reached through this hub; nobody yet: the hub's own party, as OTHER (AMB-19)."""
    hosted = [each for each in platform.settings.parties if each.role != HUB]
    found = [*hosted, *parties.reachable(platform, partner)]
    own = next(each for each in platform.settings.parties if each.role == HUB)
    return found or [Role("OTHER", *own.party, own.business_details)]


def read(platform: Platform, body: Any, version: str) -> Theirs:
    """A partner's credentials object; of 2.1.1 the role is still unknown: OTHER. Raises InvalidParameters."""
    found = reading.read("credentials", body, version).object
    token, url = found["token"].strip(), found["url"]
    if not usable_token(token):
        raise InvalidParameters(
            f"1 to {LONGEST_TOKEN} printable ASCII characters without white space are required", "/token"
        )
    platform_guard(platform, url)
    hub = found.get("hub_party_id") or ""
    roles = []
    for at, entry in enumerate(found["roles"]):
        pointer = "" if version == modules.V211 else f"/roles/{at}"
        country, party = str(entry["country_code"]), str(entry["party_id"])
        if not re.fullmatch("[A-Za-z]{2}", country):
            raise InvalidParameters("two letters are required", f"{pointer}/country_code")
        if not re.fullmatch("[A-Za-z0-9]{3}", party):
            raise InvalidParameters("three letters or digits are required", f"{pointer}/party_id")
        name = str(entry["role"])
        if name == "HUB":  # sloppy in 2.3.0, where there is no such role (AMB-19)
            name, hub = "OTHER", hub or f"{country}{party}"
        roles.append(Role(name, country.upper(), party.upper(), entry.get("business_details") or {}))
    if hub and not re.fullmatch("[A-Za-z]{2}[A-Za-z0-9]{3}", hub):
        raise InvalidParameters("a country code and a party id are required", "/hub_party_id")
    if len(roles) > (MOST_HUB_ROLES if hub else MOST_ROLES):
        raise InvalidParameters("more roles than one connection can have here", "/roles")
    return Theirs(token, url, tuple(roles), hub.upper())


def platform_guard(platform: Platform, url: str) -> None:
    """Refuse a versions URL that leads where no partner is. Raises InvalidParameters."""
    try:
        platform.partner_client.guard(url, None)
    except InvalidParameters as problem:
        raise InvalidParameters(problem.message, "/url") from None


def check_roles(platform: Platform, partner: Partner) -> None:
    """Refuse roles that were not invited, are named twice, or are ours. Raises InvalidParameters (AMB-18).

    What a hub lists beyond what it may bring is not refused: it lists the same to everybody.
    """
    check_hub(partner)
    if partner.is_hub:
        return
    invited = {each.claim for each in partner.invited_roles}
    seen = set()
    for at, role in enumerate(partner.roles):
        pointer = "" if partner.version == modules.V211 else f"/roles/{at}"
        if role.claim in seen:
            raise InvalidParameters(f"{role.claim} is named twice (CRE-43)", pointer)
        seen.add(role.claim)
        if platform.settings.hosts(role.party):
            raise InvalidParameters(f"{'/'.join(role.party)} is a party of this platform", pointer)
        if invited and role.claim not in invited:
            raise InvalidParameters(f"{role.claim} is not among the roles you were invited with", pointer)


def check_hub(partner: Partner) -> None:
    """Refuse a hub that the operator did not make one, or another than was invited.

    Raises InvalidParameters (AMB-19).
    """
    if partner.hub_party_id and not partner.is_hub:
        raise InvalidParameters(
            "this connection was not made a hub's; ask the operator for an invitation as a hub",
            "/hub_party_id" if partner.version == modules.V230 else "/roles",
        )
    named = {role.party for role in partner.invited_roles if role.role == "HUB"}
    if partner.is_hub and named and partner.hub_party not in named:
        raise InvalidParameters("you were invited as another hub", "/hub_party_id")


def missing(platform: Platform, partner: Partner) -> list[str]:
    """What we need of a partner and do not find among its endpoints, as `locations RECEIVER` (AMB-72)."""
    if partner.requires is not None:
        present = {each.module for each in partner.endpoints}
        return [module for module in partner.requires if module not in present]
    if partner.is_hub:
        return []
    needed: list[tuple[str, str]] = []
    if "CPO" in platform.settings.roles and partner.plays("EMSP"):
        needed += NEEDED_OF_EMSP.items()
    if "EMSP" in platform.settings.roles and partner.plays("CPO"):
        needed += NEEDED_OF_CPO.items()
    return [f"{module} {role}" for module, role in needed if partner.endpoint(module, role) is None]


def hopeless(platform: Platform, partner: Partner) -> list[str]:
    """What is missing whatever role the partner turns out to have: then it is not worth asking (CRE-31)."""
    if partner.roles or partner.requires is not None:
        return missing(platform, partner)
    guesses = [
        missing(platform, dataclasses.replace(partner, roles=(Role(role, "", ""),)))
        for role in ("CPO", "EMSP")
    ]
    return [] if not all(guesses) else guesses[0]


def resolved(platform: Platform, partner: Partner) -> Partner:
    """A 2.1.1 partner with the role that its credentials do not name, and its interfaces by that."""
    if partner.version != modules.V211:
        return partner
    role = discovery.role_in_2_1_1(platform, partner)
    roles = tuple(dataclasses.replace(each, role=role) for each in partner.roles)
    return discovery.with_sides(dataclasses.replace(partner, roles=roles), role)
