"""Partners that join a hub, and what they were told since."""

from __future__ import annotations

from typing import Any

from tests.harness import Hand
from tests.stub import PartnerStub, Received


def role(text: str) -> dict[str, str]:
    """A role from `CPO/NL/CPO`."""
    role, country, party = text.split("/")
    return {"role": role, "country_code": country, "party_id": party}


def join(hub: Hand, *roles: str, version: str = "2.2.1", **more: Any) -> PartnerStub:
    """A partner with these roles (`CPO/NL/CPO`)."""
    found = hub.register_partner([role(each) for each in roles], version, **more)
    hub.drain()
    found.received.clear()
    return found


def routed(sender: str, receiver: str = "") -> dict[str, str]:
    """Routing headers from one party (`NL/CPO`) and, if named, to another."""
    headers = dict(zip(("OCPI-from-country-code", "OCPI-from-party-id"), sender.split("/"), strict=True))
    if receiver:
        headers |= dict(zip(("OCPI-to-country-code", "OCPI-to-party-id"), receiver.split("/"), strict=True))
    return headers


def told(stub: PartnerStub, module: str) -> list[Received]:
    """What a partner was sent of a module, and not what it was asked."""
    return [each for each in stub.received if f"/{module}" in each.path and each.method != "GET"]


def statuses(stub: PartnerStub) -> dict[str, str]:
    """The latest ClientInfo that a partner was sent of each party, by role."""
    return {
        f"{each.json['role']}/{each.json['country_code']}/{each.json['party_id']}": each.json["status"]
        for each in told(stub, "hubclientinfo")
    }
