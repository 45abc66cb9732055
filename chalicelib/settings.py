"""The environment, read once and validated: the only place that knows the settings' names.

Raises SettingsError, whose message names the setting, for a wrong value and
for a name that begins with OCPI_ and means nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from chalicelib.ocpi import jsontext

VERSIONS = ("2.1.1", "2.2.1", "2.3.0")
HUB = "HUB"
ROLES = ("CPO", "EMSP", HUB, "NAP", "NSP", "OTHER", "SCSP")
WEEK = 7 * 24 * 3600
# Locations are never forgotten: sessions and CDRs refer to them (LOC-04).
FORGETTABLE = ("tariffs", "tokens", "sessions", "cdrs", "hubclientinfo")
HUB_POLICIES = ("open", "closed")
CDR_GATES = ("warn", "hold", "off")
MESSAGES = ("refused", "all", "none")

NAMES = (
    "OCPI_PARTIES",
    "OCPI_VERSIONS",
    "OCPI_BASE_URL",
    "OCPI_PAGE_LIMIT",
    "OCPI_RETRY_SCHEDULE",
    "OCPI_ALLOW_PRIVATE_URLS",
    "OCPI_BACKEND_DECIDES",
    "OCPI_BACKEND_FUNCTION",
    "OCPI_BACKEND_URL",
    "OCPI_RETENTION_DAYS",
    "OCPI_COMMAND_TIMEOUT",
    "OCPI_PULL_INTERVAL",
    "OCPI_HUB_POLICY",
    "OCPI_HUB_ALIVE_SECONDS",
    "OCPI_CDR_GATE",
    "OCPI_MESSAGES",
    "OCPI_MESSAGE_DAYS",
    "OCPI_STAGE",
)
# What programs around the functions read from the same environment: make run, manage.py, tests.
TOOLS = (
    "OCPI_SEED",
    "OCPI_LOG",
    "OCPI_LOCAL_SWEEP",
    "OCPI_URL",
    "OCPI_FUNCTION",
    "OCPI_TOKEN",
    "OCPI_TRIALS",
    "OCPI_CRAWL",
    "OCPI_RECORD_CALLS",
)


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it."""


@dataclass(frozen=True)
class HostedParty:
    """A party this platform hosts: one role of one country_code + party_id."""

    role: str
    country_code: str
    party_id: str
    business_details: dict[str, Any]

    @property
    def party(self) -> tuple[str, str]:
        return self.country_code, self.party_id


@dataclass(frozen=True)
class Settings:
    """What the operator configured. Times are seconds."""

    parties: tuple[HostedParty, ...]
    versions: tuple[str, ...] = VERSIONS
    base_url: str = ""
    page_limit: int = 100
    retry_schedule: tuple[int, ...] = (5, 30, 120, 600, 3600, 21600)
    allow_private_urls: bool = False
    backend_function: str = ""
    stage: str = "local"
    retention: Mapping[str, int] = field(default_factory=dict)
    command_timeout: int = 30
    pull_interval: int = 6 * 3600
    backend_url: str = ""
    backend_decides: bool = False
    hub_policy: str = "open"
    hub_alive_seconds: int = 300
    cdr_gate: str = "warn"
    messages: str = "refused"
    message_days: int = 14

    @cached_property
    def prefix(self) -> str:
        """What the names of all tables, queues and the bus begin with."""
        return f"ocpi-{self.stage}"

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset(each.role for each in self.parties)

    @cached_property
    def hub(self) -> tuple[str, str] | None:
        """The party of role HUB, which makes this deployment a hub."""
        return next((each.party for each in self.parties if each.role == HUB), None)

    @cached_property
    def serves(self) -> frozenset[str]:
        """The roles whose interfaces are offered: those hosted; by a hub all, for those behind it."""
        return frozenset(ROLES) if self.hub else self.roles

    def hosted(self, *roles: str) -> list[tuple[str, str]]:
        """The hosted parties in these roles, each once, in the order in which they are set."""
        return list(dict.fromkeys(each.party for each in self.parties if each.role in roles))

    def hosts(self, party: tuple[str, str]) -> bool:
        return any(each.party == party for each in self.parties)


def read(environ: Mapping[str, str]) -> Settings:
    """The settings in this environment. Raises SettingsError."""
    check_names(environ)
    private = _flag("OCPI_ALLOW_PRIVATE_URLS", environ.get("OCPI_ALLOW_PRIVATE_URLS", ""))
    return Settings(
        parties=_parties(environ.get("OCPI_PARTIES", "")),
        versions=_versions(environ.get("OCPI_VERSIONS", "")),
        base_url=_url("OCPI_BASE_URL", environ.get("OCPI_BASE_URL", "")),
        page_limit=_number("OCPI_PAGE_LIMIT", environ.get("OCPI_PAGE_LIMIT"), 100, 1, 1000),
        retry_schedule=_schedule(environ.get("OCPI_RETRY_SCHEDULE", "")),
        allow_private_urls=private,
        backend_function=environ.get("OCPI_BACKEND_FUNCTION", ""),
        stage=_stage(environ.get("OCPI_STAGE", "local")),
        retention=_retention(environ.get("OCPI_RETENTION_DAYS", "")),
        command_timeout=_number("OCPI_COMMAND_TIMEOUT", environ.get("OCPI_COMMAND_TIMEOUT"), 30, 1, 900),
        pull_interval=_number("OCPI_PULL_INTERVAL", environ.get("OCPI_PULL_INTERVAL"), 6 * 3600, 0, WEEK),
        backend_url=_backend_url(environ.get("OCPI_BACKEND_URL", ""), private),
        backend_decides=_backend_decides(environ),
        hub_policy=_word("OCPI_HUB_POLICY", environ.get("OCPI_HUB_POLICY"), HUB_POLICIES),
        hub_alive_seconds=_number(
            "OCPI_HUB_ALIVE_SECONDS", environ.get("OCPI_HUB_ALIVE_SECONDS"), 300, 0, WEEK
        ),
        cdr_gate=_word("OCPI_CDR_GATE", environ.get("OCPI_CDR_GATE"), CDR_GATES),
        messages=_word("OCPI_MESSAGES", environ.get("OCPI_MESSAGES"), MESSAGES),
        message_days=_number("OCPI_MESSAGE_DAYS", environ.get("OCPI_MESSAGE_DAYS"), 14, 0, 3650),
    )


def check_names(environ: Mapping[str, str]) -> None:
    """Refuse a name that begins with OCPI_ and means nothing: misspelt, it would be taken for not set.

    Raises SettingsError, which names the nearest one.
    """
    for name in environ:
        known = name in NAMES or name in TOOLS or name.startswith("OCPI_BENCH_")
        if name.startswith("OCPI_") and not known:
            import difflib  # only a start that fails has to wait for it

            near = difflib.get_close_matches(name, (*NAMES, *TOOLS), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(NAMES)}"
            raise SettingsError(f"{name}: no such setting; {hint}")


def _parties(text: str) -> tuple[HostedParty, ...]:
    name = "OCPI_PARTIES"
    if text.startswith("@"):
        text = _packaged(name, text[1:].strip())
    if not text.strip():
        raise SettingsError(f"{name}: missing; a JSON list of the parties this platform hosts is required")
    try:
        entries = jsontext.loads(text)
    except jsontext.MalformedJson as problem:
        raise SettingsError(f"{name}: not JSON: {problem}") from None
    if not isinstance(entries, list) or not entries:
        raise SettingsError(f"{name}: a non-empty JSON list is required")
    parties = tuple(_party(entry, f"{name}/{at}") for at, entry in enumerate(entries))
    seen = set()
    for each in parties:
        if (each.role, each.party) in seen:
            raise SettingsError(f"{name}: {each.role} {each.country_code}/{each.party_id} is listed twice")
        seen.add((each.role, each.party))
    if sum(each.role == HUB for each in parties) > 1:
        raise SettingsError(f"{name}: a deployment is one hub; a second party of role {HUB} is listed")
    return parties


def _packaged(name: str, file: str) -> str:
    """What a file beside this one holds: parties that need more room than an environment has."""
    if not file.endswith(".json") or "/" in file or "\\" in file:
        raise SettingsError(f"{name}: after @ the name of a .json file in chalicelib/ is required")
    try:
        return (Path(__file__).parent / file).read_text(encoding="utf-8")
    except OSError:
        raise SettingsError(f"{name}: there is no chalicelib/{file}") from None


def _party(entry: Any, where: str) -> HostedParty:
    if not isinstance(entry, dict):
        raise SettingsError(f"{where}: an object is required")
    role, country, party = (str(entry.get(key, "")).upper() for key in ("role", "country_code", "party_id"))
    if role not in ROLES:
        raise SettingsError(f"{where}/role: {role or 'missing'!r} is none of {', '.join(ROLES)}")
    if len(country) != 2 or not country.isascii() or not country.isalpha():
        raise SettingsError(f"{where}/country_code: two letters are required")
    if len(party) != 3 or not party.isascii() or not party.isalnum():
        raise SettingsError(f"{where}/party_id: three letters or digits are required")
    details = entry.get("business_details")
    if not isinstance(details, dict) or not str(details.get("name", "")).strip():
        raise SettingsError(f"{where}/business_details/name: missing")
    return HostedParty(role, country, party, details)


def _versions(text: str) -> tuple[str, ...]:
    versions = tuple(part.strip() for part in text.split(",") if part.strip()) or VERSIONS
    for version in versions:
        if version not in VERSIONS:
            raise SettingsError(f"OCPI_VERSIONS: {version!r} is none of {', '.join(VERSIONS)}")
    return tuple(sorted(set(versions)))


def _url(name: str, text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(f"{name}: an absolute http(s) URL without query is required")
    return text.rstrip("/")


def _backend_decides(environ: Mapping[str, str]) -> bool:
    """Whether the URL that hears events is asked for decisions, too."""
    name = "OCPI_BACKEND_DECIDES"
    decides = _flag(name, environ.get("OCPI_BACKEND_DECIDES", ""))
    if decides and not environ.get("OCPI_BACKEND_URL"):
        raise SettingsError(f"{name}: needs OCPI_BACKEND_URL, which is asked")
    if decides and environ.get("OCPI_BACKEND_FUNCTION"):
        raise SettingsError(f"{name}: either this or OCPI_BACKEND_FUNCTION decides")
    return decides


def _backend_url(text: str, private: bool) -> str:
    """Where events are POSTed; plain http is for local runs."""
    name = "OCPI_BACKEND_URL"
    if not text:
        return ""
    parts = urlsplit(text)
    if (
        not parts.hostname
        or parts.fragment
        or parts.scheme not in (("https", "http") if private else ("https",))
    ):
        raise SettingsError(f"{name}: an absolute https URL is required")
    if parts.username or parts.password:
        raise SettingsError(f"{name}: a URL without a name and password is required")
    return text


def _word(name: str, text: str | None, words: tuple[str, ...]) -> str:
    """One of the words; the first where the setting is absent."""
    if not text:
        return words[0]
    if text not in words:
        raise SettingsError(f"{name}: one of {', '.join(words)} is required, not {text!r}")
    return text


def _number(name: str, text: str | None, default: int, least: int, most: int) -> int:
    if text is None or text == "":
        return default
    if not text.isascii() or not text.isdigit() or not least <= int(text) <= most:
        raise SettingsError(f"{name}: a whole number from {least} to {most} is required, not {text!r}")
    return int(text)


def _flag(name: str, text: str) -> bool:
    if text not in ("", "0", "1"):
        raise SettingsError(f"{name}: 0 or 1 is required, not {text!r}")
    return text == "1"


def _schedule(text: str) -> tuple[int, ...]:
    if not text:
        return Settings.retry_schedule
    steps = [part.strip() for part in text.split(",") if part.strip() and part.strip() != "..."]
    if not steps or not all(step.isascii() and step.isdigit() and 0 < int(step) <= WEEK for step in steps):
        raise SettingsError(f"OCPI_RETRY_SCHEDULE: seconds separated by commas are required, not {text!r}")
    return tuple(int(step) for step in steps)


def _stage(text: str) -> str:
    if not text or not text.isascii() or not text.replace("-", "").isalnum() or len(text) > 20:
        raise SettingsError(f"OCPI_STAGE: up to 20 letters, digits and dashes are required, not {text!r}")
    return text


def _retention(text: str) -> dict[str, int]:
    """`sessions=400,locations=0`: days after which an object of a module is forgotten; absent or 0: never."""
    days: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        module, _, number = part.partition("=")
        if not number.isascii() or not number.isdigit():
            raise SettingsError(f"OCPI_RETENTION_DAYS: module=days is required, not {part!r}")
        if module.strip() not in FORGETTABLE:
            raise SettingsError(f"OCPI_RETENTION_DAYS: {module!r} is none of {', '.join(FORGETTABLE)}")
        if int(number):
            days[module.strip()] = int(number)
    return days
