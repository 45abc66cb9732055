"""Our own CPO and eMSP as clients of our own hub, over HTTP: they use what a hub offers."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo import hub_day, objects
from demo.day import EMSP, authorize, charge
from localrun.platform import LocalPlatform
from simulator import certificate
from simulator.charge_point import BackEnd
from simulator.heard import Heard


def deployed(role: str, party: str, **more: str) -> LocalPlatform:
    country, id = party.split("/")
    named = {"role": role, "country_code": country, "party_id": id, "business_details": {"name": party}}
    return LocalPlatform({"OCPI_PARTIES": json.dumps([named]), "OCPI_RETRY_SCHEDULE": "1,2,5"} | more)


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Heard]:
    """A back end that has nothing but HTTPS."""
    file = certificate.make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with Heard(tls=certificate.served(file)) as heard:
        yield heard


@pytest.fixture
def day(heard: Heard) -> Iterator[hub_day.HubDay]:
    with contextlib.ExitStack() as stack:
        by_url = {"OCPI_BACKEND_URL": heard.url, "OCPI_BACKEND_DECIDES": "1"}
        hub, emsp = (stack.enter_context(deployed(*each)) for each in (("HUB", hub_day.HUB), ("EMSP", EMSP)))
        cpo = stack.enter_context(deployed("CPO", hub_day.NEW, **by_url))
        heard.know(cpo.operator)
        stack.enter_context(BackEnd(cpo.operator, heard.events, speed=1200, tick=0.3))
        yield hub_day.HubDay(cpo, emsp, hub, hub_day.NEW, print, objects.token("2.3.0"))


def test_our_platforms_broadcast_list_all_and_charge_through_our_hub(
    day: hub_day.HubDay, heard: Heard
) -> None:
    """HUB-15, HUB-26, HUB-30, HUB-33, HUB-41: each step is seen at the far side.

    The CPO's back end hears, decides and is signed to over HTTPS, and polls nothing.
    """
    day.emsp_at_hub, day.hub_at_emsp = hub_day.join(day, day.emsp, EMSP, "EMSP", "2.3.0")
    day.cpo_at_hub, day.hub_at_cpo = hub_day.join(day, day.cpo, hub_day.NEW, "CPO", "2.2.1")
    hub_day.publish([day])
    authorize(day)
    charge(day)
    held = day.ask(day.hub, "list", module="sessions", party=hub_day.NEW)["objects"]
    assert held == []
    assert heard.url.startswith("https://") and "command" in heard.decided
