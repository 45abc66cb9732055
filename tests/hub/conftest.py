"""A hub, NL/HUB, worked by hand, and parties of every version that register with it as stubs.

`hub` is the platform (a `Hand`); `party("cpo221")` a registered stub of PARTIES, made when it is first
asked for, with `.party` (`("BE", "BEC")`). `send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", to=emsp)`
sends a request of a party's through the hub, with routing headers where its version has them.
`cpo` and `emsp` are CPO NL/CPO and EMSP DE/MSP, 2.2.1, told all there was to be told (`joining`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.harness import Answer, Hand
from tests.hub.joining import join
from tests.stub import PartnerStub

HUB = {"role": "HUB", "country_code": "NL", "party_id": "HUB", "business_details": {"name": "Example Hub"}}
# name -> version, role, country_code, party_id
PARTIES = {
    "cpo211": ("2.1.1", "CPO", "BE", "OLD"),
    "cpo221": ("2.2.1", "CPO", "BE", "BEC"),
    "cpo230": ("2.3.0", "CPO", "BE", "NEW"),
    "emsp211": ("2.1.1", "EMSP", "DE", "OLM"),
    "emsp221": ("2.2.1", "EMSP", "DE", "MSP"),
    "emsp230": ("2.3.0", "EMSP", "DE", "NWM"),
    "third": ("2.2.1", "EMSP", "FR", "THI"),
}


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_PARTIES": json.dumps([HUB])}


@pytest.fixture
def hub(hand: Hand) -> Hand:
    return hand


@pytest.fixture
def party(hub: Hand) -> Iterator[Callable[[str], PartnerStub]]:
    made: dict[str, PartnerStub] = {}

    def one(name: str) -> PartnerStub:
        if name not in made:
            version, role, country, id = PARTIES[name]
            roles = [{"role": role, "country_code": country, "party_id": id}]
            made[name] = hub.register_partner(roles=roles, version=version, name=name, as_invited=True)
            made[name].party = (country, id)  # type: ignore[attr-defined]
        return made[name]

    yield one


def party_of(stub: PartnerStub) -> tuple[str, str]:
    return stub.roles[0]["country_code"], stub.roles[0]["party_id"]


@pytest.fixture
def send(hub: Hand) -> Callable[..., Answer]:
    def ask(
        sender: PartnerStub,
        method: str,
        path: str,
        body: Any = None,
        to: PartnerStub | tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        named: dict[str, str] = {"X-Request-ID": "request-1", "X-Correlation-ID": "correlation-1"}
        if sender.version != "2.1.1":
            country, party = party_of(sender)
            named |= {"OCPI-from-country-code": country, "OCPI-from-party-id": party}
            if to is not None:
                country, party = party_of(to) if isinstance(to, PartnerStub) else to
                named |= {"OCPI-to-country-code": country, "OCPI-to-party-id": party}
        url = path if path.startswith("http") else f"/ocpi/{sender.version}/{path}"
        return hub.ask(method, url, token=sender.token, body=body, headers=named | (headers or {}))

    return ask


def routing_of(headers: Any) -> dict[str, str]:
    """TO and FROM as `NL/EXA`, of a request or an answer."""
    found = {}
    for word in ("to", "from"):
        country, party = headers.get(f"ocpi-{word}-country-code"), headers.get(f"ocpi-{word}-party-id")
        found[word] = f"{country}/{party}"
    return found


@pytest.fixture
def cpo(hub: Hand) -> PartnerStub:
    return join(hub, "CPO/NL/CPO")


@pytest.fixture
def emsp(hub: Hand) -> PartnerStub:
    return join(hub, "EMSP/DE/MSP")
