"""One run of the kit: who we are, what the other side offers, and the checks one after the other."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from conformance import VERSIONS, entrance
from conformance.lists import Crawl
from conformance.partner import Partner
from conformance.peer import Exchange, Peer
from conformance.samples import Samples
from conformance.verdict import Skipped, Verdict

DATA = ("locations", "sessions", "cdrs", "tariffs")
# What a partner of this role asks of the other side: (module, the other side's interface).
WANTED: dict[str, tuple[tuple[str, str], ...]] = {
    "EMSP": (
        *((module, "SENDER") for module in (*DATA, "hubclientinfo")),
        *((module, "RECEIVER") for module in ("tokens", "commands", "chargingprofiles")),
    ),
    "CPO": (
        *((module, "RECEIVER") for module in DATA),
        *((module, "SENDER") for module in ("tokens", "commands", "chargingprofiles", "hubclientinfo")),
    ),
    "NSP": (("locations", "SENDER"), ("tariffs", "SENDER"), ("hubclientinfo", "SENDER")),
    "NAP": (("locations", "SENDER"), ("tariffs", "SENDER"), ("hubclientinfo", "SENDER")),
    "SCSP": (("sessions", "SENDER"), ("chargingprofiles", "RECEIVER"), ("hubclientinfo", "SENDER")),
    "OTHER": (("locations", "SENDER"), ("tariffs", "SENDER"), ("hubclientinfo", "SENDER")),
    "HUB": (
        ("hubclientinfo", "RECEIVER"),
        ("locations", "SENDER"),
        ("tariffs", "SENDER"),
        ("tokens", "SENDER"),
    ),
}
OLDEST_ROLES = ("CPO", "EMSP")
ONE_TO_ONE = ("sessions", "cdrs", "commands", "chargingprofiles")
CONFIGURATION = ("versions", "credentials", "hubclientinfo")


@dataclass(frozen=True)
class Options:
    """What the command line decided."""

    url: str
    token: str
    role: str = "EMSP"
    version: str = ""
    write: bool = False
    token_in_use: bool = False
    party: str = "NL/KIT"
    listen: str = "127.0.0.1:0"
    public_url: str = ""
    patience: float = 20.0
    timeout: float = 15.0
    at: str = ""
    only: tuple[str, ...] = ()
    keep: str = ""
    second_token: str = ""
    second_party: str = "NL/KIU"


@dataclass
class Trial:
    """What a check gets: the other side (`peer`), our own (`partner`), and what is known so far."""

    options: Options
    peer: Peer
    partner: Partner | None
    version: str = ""
    versions: list[dict[str, Any]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)
    roles: list[dict[str, str]] = field(default_factory=list)
    hub_party: str = ""
    registered: bool = False
    ended: bool = False
    stopped: str = ""
    secrets: set[str] = field(default_factory=set)
    proofs: list[Exchange] = field(default_factory=list)
    blamed: list[Exchange] = field(default_factory=list)
    known: dict[str, Any] = field(default_factory=dict)
    started_at: str = field(default_factory=lambda: datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def __post_init__(self) -> None:
        country, _, party = self.options.party.partition("/")
        self.country, self.party = country, party
        self.samples = Samples(self.version or "2.2.1", country, party)

    # Who and where.

    @property
    def newer(self) -> bool:
        """2.2.1 and later: routing headers, message ids, owners inside objects."""
        return self.version != "2.1.1"

    @property
    def credentials_url(self) -> str:
        return self.find("credentials", "")

    def find(self, module: str, interface: str) -> str:
        """Where the other side serves an interface; empty where it does not."""
        endpoints = self.details.get("endpoints")
        for each in endpoints if isinstance(endpoints, list) else []:
            if not isinstance(each, dict) or str(each.get("identifier")).lower() != module:
                continue
            if not interface or not self.newer or each.get("role") == interface:
                return self.absolute(str(each.get("url") or ""))
        return ""

    def absolute(self, url: str) -> str:
        """A URL of theirs, also where they write it relative: which is judged by VER-03 and VER-07 alone."""
        return urljoin(self.options.url, url) if url else ""

    @property
    def hosts(self) -> set[str]:
        """The hosts that their versions and endpoints name: our token goes to these alone."""
        endpoints = self.details.get("endpoints")
        listed = [*self.versions, *(endpoints if isinstance(endpoints, list) else [])]
        urls = [self.absolute(str(each.get("url") or "")) for each in listed if isinstance(each, dict)]
        return {urlsplit(each).netloc for each in (self.options.url, *urls)}

    def serves(self, module: str, interface: str) -> bool:
        return (module, interface) in WANTED[self.options.role] and bool(self.find(module, interface))

    @property
    def heard_of(self) -> bool:
        """Whether the versions URL answered us at all, were it with nonsense."""
        return "versions" in self.known and entrance.is_endpoint(self.known["versions"])

    def endpoint(self, module: str, interface: str) -> str:
        """The same for a check that needs it. Raises Skipped."""
        if (module, interface) not in WANTED[self.options.role]:
            raise Skipped(
                f"a partner of role {self.options.role} has nothing to do with {module} {interface}"
            )
        if not (url := self.find(module, interface)):
            raise Skipped(f"the other side does not offer {module} {interface if self.newer else ''}".strip())
        return url

    @property
    def is_hub(self) -> bool:
        """Whether it stands for others; 2.1.1 has no word for a hub, so its newest version says it."""
        if not self.newer:
            return bool(self.known.get("hub in a newer version"))
        if self.version == "2.2.1" and self.roles:
            return bool(self.hub_party)
        return bool(self.hub_party) or bool(self.find("hubclientinfo", "SENDER"))

    def unknown_to_hub(self, answer: Exchange) -> bool:
        """Whether a hub said that it finds nobody for what names an unknown thing (2.1.1: CNV-07)."""
        return self.is_hub and answer.code == (4001 if self.newer else 2000)

    def receiver_for(self, module: str, interface: str) -> dict[str, str]:
        """The party of the other side that such a request is meant for; empty where none is known."""
        owner = {"tokens": "EMSP", "commands": "EMSP", "chargingprofiles": "SCSP"}.get(module, "CPO")
        receiver = {"CPO": "EMSP", "EMSP": "CPO", "SCSP": "CPO"}[owner]
        wanted = owner if interface == "SENDER" else receiver
        fitting = [each for each in self.roles if each.get("role") == wanted] or self.roles
        return fitting[0] if fitting else {}

    def routing(self, module: str, interface: str, for_one: bool = False) -> dict[str, str | None]:
        """The OCPI-to and OCPI-from headers of a request on a functional module.

        What is for one party is not for everybody behind a hub: it finds out for whom (open routing).
        """
        if not self.newer or module in CONFIGURATION:
            return {}
        to = self.receiver_for(module, interface)
        found: dict[str, str | None] = {
            "OCPI-from-country-code": self.country,
            "OCPI-from-party-id": self.party,
        }
        if to and not (for_one and self.is_hub and module in ONE_TO_ONE):
            found["OCPI-to-country-code"] = to.get("country_code")
            found["OCPI-to-party-id"] = to.get("party_id")
        return found

    # Asking.

    def ask(
        self, method: str, module: str, interface: str, path: str = "", body: Any = None, **how: Any
    ) -> Exchange:
        """A request on an interface of the other side, below its endpoint; proves the check that asks it."""
        url = self.endpoint(module, interface)
        url = url.rstrip("/") + path if path else url
        for_one = bool(path) or method != "GET"
        headers = {**self.routing(module, interface, for_one), **how.pop("headers", {})}
        return self.prove(self.peer.ask(method, url, body, headers=headers, module=module, **how))

    def config(self, method: str, url: str, body: Any = None, **how: Any) -> Exchange:
        """A request on versions or credentials: without routing headers."""
        how.setdefault("module", "credentials" if url == self.credentials_url else "versions")
        return self.prove(self.peer.ask(method, url, body, **how))

    def prove(self, exchange: Exchange) -> Exchange:
        """Make an exchange evidence of the check under way."""
        if all(exchange is not each for each in self.proofs):
            self.proofs.append(exchange)
        return exchange

    def crawl(self, module: str, judged: bool = False) -> Crawl:
        """The whole list of a module, asked once.

        Where it cannot be had, that is the fault of the check that judges it (Failed), and leaves all
        others nothing to try (Skipped).
        """
        key = f"crawl/{module}"
        if key not in self.known:
            self.known[key] = Crawl(self, module)
        found: Crawl = self.known[key]
        self.known.setdefault(f"first/{module}", found)
        try:
            found.walk()
        except Verdict as verdict:
            found.verdict = found.verdict or verdict
        for each in found.exchanges[:3]:
            self.prove(each)
        if found.verdict:
            if judged or isinstance(found.verdict, Skipped):
                raise found.verdict
            raise Skipped(f"the list cannot be walked: {found.verdict.reason}")
        return found

    def moved(self, module: str) -> bool:
        """Whether an object came, went or changed since a list was walked: then it is judged anew.

        A fault that shows between two walks which find the same objects, each as new as before, is one of
        the server. An order or a total that differs between them is no change, but what may be judged.
        """
        before = self.crawl(module)
        after = self.known[f"crawl/{module}"] = Crawl(self, module)
        after.walk()
        return before.state != after.state

    # Our own side.

    def server(self) -> Partner:
        """Our own platform. Raises Skipped where the other side cannot reach it."""
        if self.partner is None or (self.options.token_in_use and not self.options.public_url):
            raise Skipped("needs an address of ours that the other side calls: run with an invitation")
        if self.unreachable:
            raise Skipped(self.unreachable)
        return self.partner

    @property
    def unreachable(self) -> str:
        """Why they cannot call us, where that is plain from the addresses."""
        ours = self.partner.base_url if self.partner else ""
        if self.options.public_url or not ours or not entrance.cannot_reach_us(self.options.url, ours):
            return ""
        return (
            f"they cannot reach the kit at {ours}: give it an address that they reach "
            "(--listen 0.0.0.0:9010 --public-url https://...), or take a token in use (--token-in-use)"
        )

    def new_token(self) -> str:
        """A credentials token of ours, at once accepted and never reported."""
        token = f"kit-{uuid.uuid4()}"
        self.secrets.add(token)
        if self.partner:
            self.partner.tokens.add(token)
        return token

    def credentials(self, token: str, **changes: Any) -> dict[str, Any]:
        """Our Credentials object in the version of this run."""
        details = {"name": "OCPI conformance kit"}
        url = self.partner.versions_url if self.partner else "https://example.com/versions"
        base: dict[str, Any] = {"token": token, "url": url}
        owner = {"country_code": self.country, "party_id": self.party}
        if not self.newer:
            return {**base, "business_details": details, **owner, **changes}
        role = self.options.role
        if role == "HUB" and self.version == "2.3.0":
            base["hub_party_id"] = self.country + self.party
            role = "OTHER"
        return {**base, "roles": [{"role": role, "business_details": details, **owner}], **changes}

    def took(self, credentials: Any) -> None:
        """Remember the other side's Credentials: the token we use from now on, and its parties."""
        self.peer.token = str(credentials["token"])
        self.secrets.add(self.peer.token)
        self.knows(credentials)

    def knows(self, credentials: dict[str, Any]) -> None:
        """Remember whose platform it is."""
        roles = credentials.get("roles") if self.newer else [{**credentials, "role": self._opposite()}]
        names = ("role", "country_code", "party_id")
        self.roles = [{n: str(each.get(n)) for n in names} for each in roles or [] if isinstance(each, dict)]
        hub = [each for each in self.roles if each["role"] == "HUB"]
        self.hub_party = str(credentials.get("hub_party_id") or "")
        if hub:
            self.hub_party = hub[0]["country_code"] + hub[0]["party_id"]

    def _opposite(self) -> str:
        return "CPO" if self.options.role == "EMSP" else "EMSP"

    def eventually(self, check: Callable[[], Any], seconds: float | None = None) -> Any:
        """The first truthy answer within our patience; else the last one."""
        until = time.monotonic() + (self.options.patience if seconds is None else seconds)
        while not (found := check()) and time.monotonic() < until:
            time.sleep(0.1)
        return found

    # Beginning.

    def begin(self) -> str:
        """Find the versions and the details with the token given; the reason where that cannot be done."""
        self.secrets.add(self.options.token)
        self.peer.token = self.options.token
        for encode in (True, False):
            self.peer.encode = encode
            answer = self.config("GET", self.options.url)
            if answer.status != 401:
                break
        if answer.status in (400, 406, 415):  # TRA-16 says so; with the header the rest can be tried
            self.peer.always["Content-Type"] = "application/json"
            answer = self.config("GET", self.options.url)
        self.known["versions"] = answer
        if isinstance(answer.data, list):
            self.versions = [each for each in answer.data if isinstance(each, dict)]
        self.version = self.samples.version = self.options.version or VERSIONS[1]
        if not answer.ok or not isinstance(answer.data, list):
            return f"GET {self.options.url}: {entrance.reason(answer)}"
        listed = {str(e.get("version")): self.absolute(str(e.get("url") or "")) for e in self.versions}
        mutual = [version for version in VERSIONS if version in listed]
        if self.options.version and self.options.version not in listed:
            return f"the other side does not offer {self.options.version}: it lists {sorted(listed)}"
        if not mutual:
            return f"no version in common: it lists {sorted(listed)}"
        self.version = self.samples.version = self.options.version or mutual[-1]
        if not self.newer and self.options.role not in OLDEST_ROLES:
            return f"2.1.1 knows no role {self.options.role}"
        self._choose_form()
        if not self.newer and mutual[-1] != self.version:
            newest = self.config("GET", listed[mutual[-1]]).data
            offered = newest.get("endpoints") if isinstance(newest, dict) else None
            self.known["hub in a newer version"] = any(
                isinstance(each, dict)
                and (each.get("identifier"), each.get("role")) == ("hubclientinfo", "SENDER")
                for each in offered or []
            )
        self.known["details"] = details = self.config("GET", listed[self.version])
        if not details.ok or not isinstance(details.data, dict):
            return f"GET {listed[self.version]}: {entrance.reason(details)}"
        self.details = details.data
        return ""

    def _choose_form(self) -> None:
        """A 2.1.1 partner sends its token bare, unless the other side only takes Base64."""
        if not self.newer and self.peer.encode:
            self.peer.encode = False
            bare = self.config("GET", self.options.url)
            self.known["bare"] = bare
            self.peer.encode = bare.status == 401
