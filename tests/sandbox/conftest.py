"""A real platform of ours on loopback, for all tests of a module, and sandboxes that register with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from localrun import seed
from localrun.platform import LocalPlatform
from sandbox import Partner
from tests.harness import CPO, EMSP


@pytest.fixture(scope="module")
def running() -> Iterator[LocalPlatform]:
    """CPO NL/EXA and EMSP NL/EXM, with one Location, its Tariff and three Tokens: little to announce."""
    parties = json.dumps([CPO, EMSP])
    with LocalPlatform({"OCPI_PARTIES": parties}) as platform:
        platform.do("put", module="tariffs", objects=seed.tariffs("NL", "EXA")[:1])
        platform.do("put", module="locations", objects=seed.locations("NL", "EXA")[:1])
        platform.do("put", module="tokens", objects=seed.tokens("NL", "EXM")[:3])
        yield platform


@pytest.fixture
def sandbox(running: LocalPlatform) -> Iterator[Callable[..., Partner]]:
    """A factory of sandboxes that are registered; they unregister at the end."""
    with ExitStack() as stack:

        def make(role: str = "CPO", version: str = "2.2.1", **more: Any) -> Partner:
            partner = stack.enter_context(Partner(role, version, **more))
            roles = [each.credentials_role for each in partner.parties]
            invited = running.do(
                "invite", name=partner.base_url, roles=roles, hub=any(each["role"] == "HUB" for each in roles)
            )
            stack.callback(leave, running, invited["partner"])
            partner.do("register", versions_url=invited["versions_url"], token=invited["token"])
            return partner

        yield make


def known_as(platform: LocalPlatform, partner: Partner) -> str:
    """The platform's id of this sandbox."""
    found = platform.do("partners")["partners"]
    return str(next(each["id"] for each in found if each["name"] == partner.base_url))


def leave(platform: LocalPlatform, name: str) -> None:
    """Its parties are free for the next test."""
    if platform.do("partner", partner=name)["state"] in ("REGISTERED", "SUSPENDED"):
        platform.do("unregister", partner=name)
