"""What a partner is told of a module is what it may list of it, whatever version it speaks."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.ocpi import modules
from tests import samples
from tests.harness import Hand
from tests.hub.joining import join, routed, told
from tests.stub import PartnerStub

OBJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "locations": ("NL/CPO", samples.location(country_code="NL", party_id="CPO")),
    "tariffs": ("NL/CPO", samples.tariff(country_code="NL", party_id="CPO")),
    "tokens": ("DE/MSP", samples.token(country_code="DE", party_id="MSP")),
}


@pytest.mark.parametrize("version", modules.ALL)
def test_what_other_is_told_of_is_what_it_may_list(
    hub: Hand, cpo: PartnerStub, emsp: PartnerStub, version: str
) -> None:
    """HUB-19, AMB-68: also in 2.1.1, which has no such role, where it was invited as that."""
    other = join(hub, "OTHER/FR/OTH", version=version, as_invited=True)
    for module, (owner, body) in OBJECTS.items():
        by = emsp if module == "tokens" else cpo
        path = f"/ocpi/2.2.1/receiver/{module}/{owner}/{body.get('id') or body['uid']}"
        assert hub.ask("PUT", path, by.token, body, routed(owner, "NL/HUB")).code == 1000
    hub.drain()
    for module, count in (("locations", 1), ("tariffs", 1), ("tokens", 0)):
        listed = hub.ask("GET", f"/ocpi/{version}/sender/{module}", other.token)
        assert (len(told(other, module)), len(listed.data or ())) == (count, count), module
