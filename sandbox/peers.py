"""The platforms a sandbox is connected with, and the tokens between them."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.messages import tokens_in

INVITED, REGISTERED, UNREGISTERED = "INVITED", "REGISTERED", "UNREGISTERED"


@dataclass
class Peer:
    """One connection: `token_in` is what it presents to us, `token_out` what we present to it."""

    name: str
    state: str = INVITED
    token_in: str = ""
    token_out: str = ""
    older_token_in: str = ""  # valid until the new one is used
    renewing: bool = False  # while both are valid: we ask for new tokens, and this is not answered yet
    versions_url: str = ""
    version: str = ""
    endpoints: list[dict[str, str]] = field(default_factory=list)
    roles: list[dict[str, Any]] = field(default_factory=list)
    hub_party_id: str = ""
    for_others: bool = False  # a hub on 2.1.1, which has no word for it: any owner may come by it

    @property
    def hub_party(self) -> tuple[str, str] | None:
        """Country and party of the hub that it is; None where it is none."""
        if self.hub_party_id:
            return self.hub_party_id[:2], self.hub_party_id[2:]
        hubs = [each for each in self.roles if each.get("role") == "HUB"]
        return (hubs[0]["country_code"], hubs[0]["party_id"]) if hubs else None

    def url(self, module: str, side: str) -> str:
        """Where it serves this interface. Raises LookupError where it does not."""
        for each in self.endpoints:
            if each.get("identifier") == module and (
                module == "credentials" or each.get("role") in (side, None, "")
            ):
                return str(each["url"]).rstrip("/")
        raise LookupError(f"{self.name} offers no {side} interface of {module}")

    def hosts(self) -> Iterator[str]:
        """Every URL it announced."""
        yield self.versions_url
        for each in self.endpoints:
            yield str(each.get("url"))

    def shown(self) -> dict[str, Any]:
        """What may be seen of it; no token."""
        return {
            "name": self.name,
            "state": self.state,
            "version": self.version,
            "versions_url": self.versions_url,
            "roles": self.roles,
            "endpoints": self.endpoints,
        }


class Peers:
    """All of them, by name and by the token they present."""

    def __init__(self) -> None:
        self.all: list[Peer] = []

    def named(self, name: str = "") -> Peer:
        """That one; without a name the last that is registered. Raises LookupError."""
        for each in reversed(self.all):
            if name == each.name or (not name and each.state == REGISTERED):
                return each
        raise LookupError(f"no peer called {name}" if name else "not registered with anybody")

    def registered(self) -> list[Peer]:
        return [each for each in self.all if each.state == REGISTERED]

    def presenting(self, header: str, raw_only: bool = False) -> tuple[Peer, str] | None:
        """Who presents this Authorization header, and the token in it."""
        for token in tokens_in(header)[: 1 if raw_only else 2]:
            for each in self.all:
                if token and token in (each.token_in, each.older_token_in):
                    return each, token
        return None


def new_token() -> str:
    """Printable, and not to be guessed."""
    return secrets.token_urlsafe(32)
