"""Versions and details: what we offer to whom, and what a partner offers us.

Spec: version_information_endpoint (VER-01 to VER-25); CNV-04, AMB-02, AMB-16, AMB-17; ARC-04
"""

from __future__ import annotations

import dataclasses
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.ocpi import modules, reading
from chalicelib.ocpi.errors import InvalidParameters, UnsupportedVersion, UnusableApi
from chalicelib.partner import CPO_SIDE, Endpoint, Partner, side_of_2_1_1
from chalicelib.partner_client import url_guard

if TYPE_CHECKING:
    from chalicelib.wiring import Platform

CPO_LIKE = ("CPO", "NAP")
MOST_ENDPOINTS = 100
# One call back, and all of them together: below what API Gateway waits for us (ARC-04).
CALL_SECONDS = 8.0
TOTAL_SECONDS = 20.0
FORMS = ("base64", "raw")


def offered(platform: Platform, version: str, partner: Partner) -> list[tuple[str, str]]:
    """The (module, interface) pairs a partner is shown; a 2.1.1 partner those that fit its role (VER-08)."""
    found = []
    side = our_side(platform, partner)
    for module, interface in modules.offered(platform.settings.serves, version):
        if version != modules.V211 or interface.role == side_of_2_1_1(module.id, side):
            found.append((module.id, interface.role))
    return found


def our_side(platform: Platform, partner: Partner) -> str:
    """What we are to a 2.1.1 partner, CPO or EMSP: its counterpart, if we host one (CNV-04)."""
    hosted = platform.settings.roles
    roles = partner.roles or partner.invited_roles
    wanted = "EMSP" if roles and roles[0].role in CPO_LIKE else "CPO"
    if platform.settings.hub:
        return wanted
    if not hosted & set(CPO_LIKE):
        return "EMSP"
    return "CPO" if hosted <= set(CPO_LIKE) else wanted


class Budget:
    """The time that the calls of one handshake may take together."""

    def __init__(self, seconds: float = TOTAL_SECONDS) -> None:
        self._until = time.monotonic() + seconds

    def next(self) -> float:
        """Seconds for the next call. Raises UnusableApi when there are none left."""
        left = self._until - time.monotonic()
        if left <= 0.1:
            raise UnusableApi("your endpoints answer too slowly")
        return min(CALL_SECONDS, left)


def versions_of(
    platform: Platform, partner: Partner, token: str, budget: Budget
) -> tuple[dict[str, str], Partner]:
    """The URL of each version a partner offers, and the partner with the token form that it takes.

    Entries we cannot read are passed over (VER-19). Raises UnusableApi.
    """
    data, partner = _get(platform, partner, partner.versions_url, token, budget, "versions")
    found: dict[str, str] = {}
    for entry in _read("versions", data, modules.V230, "versions: not a list of versions"):
        found.setdefault(entry["version"], urljoin(partner.versions_url, entry["url"]))
    return found, partner


def details_of(
    platform: Platform, partner: Partner, versions: dict[str, str], version: str, token: str, budget: Budget
) -> Partner:
    """The partner with its endpoints of that version. Raises UnsupportedVersion and UnusableApi."""
    if version not in versions:
        raise UnsupportedVersion(f"your versions do not include {version}")
    url = versions[version]
    _usable(platform, url, f"the URL of version {version}")
    partner = dataclasses.replace(partner, version=version, details_url=url)
    data, partner = _get(platform, partner, url, token, budget, "version details")
    told = _read("version_details", data, version, f"version details: not those of {version}")
    if not version.startswith(told.get("version") or version):  # 2.2.1 is 2.2 where it is a number
        raise UnusableApi(f"version details: not those of {version}")
    endpoints: list[Endpoint] = []
    for entry in told["endpoints"][:MOST_ENDPOINTS]:
        module, role, where = entry["identifier"], entry.get("role", ""), urljoin(url, entry["url"])
        _usable(platform, where, f"the URL of {module[:40]}")
        endpoint = Endpoint(module[:64], role, where)
        if endpoint not in endpoints:
            endpoints.append(endpoint)
    return dataclasses.replace(partner, endpoints=tuple(endpoints))


def _read(kind: str, data: Any, version: str, otherwise: str) -> Any:
    """What a partner says there. Raises UnusableApi, with what is wrong with it."""
    try:
        return reading.read(kind, data, version).object
    except InvalidParameters as problem:
        raise UnusableApi(f"{otherwise} ({problem.status_message[:200]})") from None


def role_in_2_1_1(platform: Platform, partner: Partner) -> str:
    """The role of a 2.1.1 partner, which it never says: invited as, shown by its URLs, or our counterpart."""
    invited = {each.role for each in partner.invited_roles}
    if len(invited) == 1:
        return invited.pop()
    votes = 0
    for endpoint in (Endpoint("", "", partner.versions_url), *partner.endpoints):
        words = set(re.split(r"[^a-z]+", urlsplit(endpoint.url).path.lower()))
        votes += ("cpo" in words) - bool(words & {"emsp", "msp"})
        if endpoint.module in CPO_SIDE and words & {"sender", "receiver"}:
            votes += 1 if CPO_SIDE[endpoint.module].lower() in words else -1
    if votes:
        return "CPO" if votes > 0 else "EMSP"
    return "EMSP" if our_side(platform, partner) == "CPO" else "CPO"


def with_sides(partner: Partner, role: str) -> Partner:
    """A 2.1.1 partner with the interfaces that its role says its endpoints are."""
    endpoints = tuple(
        dataclasses.replace(each, role=side_of_2_1_1(each.module, role)) for each in partner.endpoints
    )
    return dataclasses.replace(partner, endpoints=endpoints)


def _get(
    platform: Platform, partner: Partner, url: str, token: str, budget: Budget, what: str
) -> tuple[Any, Partner]:
    """The data there; on a 401 the token is written the other way (AMB-02)."""
    other = next(form for form in FORMS if form != partner.token_form)
    for form in (partner.token_form, other):
        asking = dataclasses.replace(partner, token_form=form)
        try:
            answer = platform.partner_client.call(asking, "GET", url, token=token, timeout=budget.next())
        except PartnerRefused as refusal:
            if refusal.http_status != 401 or form == other:
                raise UnusableApi(f"{what}: answered {refusal}"[:300]) from None
        except PartnerUnreachable as problem:
            raise UnusableApi(f"{what}: {problem.reason}"[:300]) from None
        else:
            return answer.data, asking
    raise AssertionError("one of the two forms returned or raised")


def _usable(platform: Platform, url: str, what: str) -> None:
    try:
        url_guard.check_form(url, platform.settings.allow_private_urls)
    except InvalidParameters as problem:
        raise UnusableApi(f"{what}: {problem.message}") from None
