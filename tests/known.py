"""Partners that are simply there, and objects of any version and owner: what the tests of objects share.

`known` registers, without a handshake, whoever a test asks through: see PARTNERS. `example`
gives the object of a kind as a version writes it.
"""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.ocpi.errors import Unauthorized
from chalicelib.partner import Endpoint, Partner, Presented, Role
from chalicelib.store.directory import Directory, Told


def a_partner(id: str, version: str, *roles: str, **more: Any) -> Partner:
    """A registered partner; a role is written "CPO/BE/BEC"."""
    parsed = tuple(Role(*role.split("/")) for role in roles)
    return Partner(id=id, name=id, state="REGISTERED", version=version, roles=parsed, **more)


PARTNERS = [
    a_partner("cpo", "2.2.1", "CPO/BE/BEC"),
    a_partner("cpo2", "2.3.0", "CPO/BE/OTH"),
    a_partner("old_cpo", "2.1.1", "CPO/BE/OLD"),
    a_partner(
        "emsp", "2.2.1", "EMSP/DE/MSP", endpoints=(Endpoint("tokens", "SENDER", "https://x.example/t"),)
    ),
    a_partner("emsp2", "2.3.0", "EMSP/FR/ABC"),
    a_partner("old_emsp", "2.1.1", "EMSP/FR/OLD"),
    a_partner("nsp", "2.2.1", "NSP/GB/NSP"),
    a_partner("nap", "2.3.0", "NAP/IT/NAP"),
    a_partner("scsp", "2.2.1", "SCSP/SE/SMA"),
    a_partner(
        "hub",
        "2.3.0",
        "OTHER/NL/HUB",
        hub=True,
        hub_party_id="NLHUB",
        endpoints=(Endpoint("hubclientinfo", "SENDER", "https://x.example/h"),),
    ),
]


class Known:
    """Stands in for the store of partners."""

    def __init__(self) -> None:
        self.by_id = {partner.id: partner for partner in PARTNERS}
        self.directories = self
        self.told: dict[str, set[str]] = defaultdict(set)
        self.complete = {"hub"}

    def authenticate(self, authorization: str) -> tuple[Partner, Presented]:
        token = base64.b64decode(authorization.removeprefix("Token ")).decode()
        if token not in self.by_id:
            raise Unauthorized("unknown token")
        return self.by_id[token], Presented(token, "base64", "C")

    def directory(self, fresh: bool = False) -> Directory:
        hubs = {id: (1, Told(frozenset(self.told[id]), id in self.complete)) for id in self.by_id}
        return Directory(1, self.by_id, hubs)

    def tell(self, hub: str, status: dict[str, bool]) -> bool:
        for party, there in status.items():
            (self.told[hub].add if there else self.told[hub].discard)(party)
        return True

    def registered(self) -> list[Partner]:
        return list(self.by_id.values())

    def all(self) -> list[Partner]:
        return list(self.by_id.values())

    def get(self, id: str, fresh: bool = False) -> Partner | None:
        return self.by_id.get(id)

    def add(self, partner: Partner) -> None:
        self.by_id[partner.id] = partner


@pytest.fixture
def known(platform: Any) -> Iterator[Known]:
    """PARTNERS, registered; the token of each is its id."""
    found = Known()
    platform.__dict__["partners"] = found
    yield found
    del platform.__dict__["partners"]
