"""hubclientinfo as its Sender: who is told of whom, what, and when."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.harness import Hand
from tests.hub.conftest import HUB
from tests.hub.joining import join, role, statuses, told
from tests.stub import PartnerStub

LIST = "/ocpi/2.2.1/sender/hubclientinfo"


def listed(hub: Hand, partner: PartnerStub, query: str = "") -> dict[str, str]:
    answer = hub.ask("GET", LIST + query, partner.token)
    assert answer.code == 1000, answer.text
    assert not [name for name in answer.headers if name.startswith("ocpi-")]  # HUB-02, HCI-15
    found = {f"{each['role']}/{each['country_code']}/{each['party_id']}": each for each in answer.data}
    assert all(each["last_updated"].endswith("Z") for each in found.values())  # HCI-16
    return {claim: each["status"] for claim, each in found.items()}


def test_everybody_is_told_of_everybody_else(hub: Hand, cpo: PartnerStub) -> None:
    """HCI-01, HCI-04, HCI-06, CRE-48."""
    emsp = hub.register_partner([role("EMSP/DE/MSP")])
    hub.drain()
    assert statuses(cpo) == listed(hub, cpo) == {"EMSP/DE/MSP": "CONNECTED"}
    assert statuses(emsp) == listed(hub, emsp) == {"CPO/NL/CPO": "CONNECTED"}
    (sent,) = told(cpo, "hubclientinfo")
    assert (sent.method, sent.path.endswith("/hubclientinfo/DE/MSP")) == ("PUT", True)
    assert not [name for name in sent.headers if name.startswith("ocpi-")]


def test_the_operator_of_a_hub_sees_of_one_party_what_it_tells_of_it(hub: Hand, cpo: PartnerStub) -> None:
    """By role: our own word, and that of another hub behind which it is."""
    other = hub.register_partner([role("HUB/SE/OTH")], hub=True)
    behind = {**role("EMSP/SE/HIE"), "status": "OFFLINE", "last_updated": "2026-01-01T00:00:00Z"}
    other.objects["hubclientinfo"] = [behind]
    hub.drain()
    for party, said in (("NL/CPO", {"CPO CONNECTED"}), ("SE/HIE", {"EMSP OFFLINE"}), ("FR/NOB", set())):
        found = hub.operate("list", module="hubclientinfo", party=party)
        assert {f"{each['role']} {each['status']}" for each in found["objects"]} == said, party


def test_who_is_invited_is_planned(hub: Hand, cpo: PartnerStub) -> None:
    """HCI-07."""
    hub.operate("invite", name="Later", roles=[role("EMSP/FR/EMP")])
    hub.drain()
    assert statuses(cpo) == listed(hub, cpo) == {"EMSP/FR/EMP": "PLANNED"}


def test_who_does_not_answer_is_offline_and_back_when_it_does(
    hub: Hand, cpo: PartnerStub, emsp: PartnerStub
) -> None:
    """HCI-14: asked for its versions after five minutes of silence, one call for all partners."""
    hub.drain()
    cpo.received.clear()
    hub.clock.advance(301)
    hub.drain()
    assert len([each for each in cpo.received if each.path.endswith("/versions")]) == 1
    emsp.down()
    hub.clock.advance(301)
    hub.drain()
    assert statuses(cpo) == listed(hub, cpo) == {"EMSP/DE/MSP": "OFFLINE"}
    emsp.up()
    hub.clock.advance(600)
    hub.drain()
    assert statuses(cpo) == listed(hub, cpo) == {"EMSP/DE/MSP": "CONNECTED"}


@pytest.mark.parametrize("action", ["suspend", "unregister"])
def test_who_is_suspended_or_gone_is_suspended(
    hub: Hand, cpo: PartnerStub, emsp: PartnerStub, action: str
) -> None:
    """HCI-02: never deleted."""
    hub.operate(action, partner=emsp.id)
    hub.drain()
    assert statuses(cpo) == listed(hub, cpo) == {"EMSP/DE/MSP": "SUSPENDED"}
    if action == "suspend":
        hub.operate("resume", partner=emsp.id)
        hub.drain()
        assert statuses(cpo) == listed(hub, cpo) == {"EMSP/DE/MSP": "CONNECTED"}


def test_the_list_has_pages_and_date_filters(hub: Hand, cpo: PartnerStub) -> None:
    for number in range(5):
        hub.operate("invite", name=f"Later {number}", roles=[role(f"EMSP/FR/EM{number}")])
    hub.drain()
    answer = hub.ask("GET", f"{LIST}?limit=2&offset=1", cpo.token)
    assert (len(answer.data), answer.headers["x-total-count"], "link" in answer.headers) == (2, "5", True)
    hub.clock.advance(60)
    before = hub.clock()[:19] + "Z"
    hub.clock.advance(60)
    join(hub, "EMSP/FR/EM3")
    assert listed(hub, cpo, f"?date_from={before}") == {"EMSP/FR/EM3": "CONNECTED"}
    assert hub.ask("PUT", LIST, cpo.token, {}).status == 405


def test_a_party_of_two_roles_is_told_by_role(hub: Hand, cpo: PartnerStub) -> None:
    """AMB-30."""
    join(hub, "CPO/FR/TWO", "EMSP/FR/TWO")
    assert statuses(cpo) == {"CPO/FR/TWO": "CONNECTED", "EMSP/FR/TWO": "CONNECTED"}


def test_hosted_parties_are_told_like_any(make_platform: Callable[..., Hand]) -> None:
    hosted = {**role("CPO/NL/OWN"), "business_details": {"name": "Own"}}
    hub = make_platform({"OCPI_PARTIES": json.dumps([HUB, hosted])})
    emsp = hub.register_partner([role("EMSP/DE/MSP")])
    hub.drain()
    assert statuses(emsp) == {"CPO/NL/OWN": "CONNECTED"}


def test_silence_is_nothing_where_it_is_not_asked_for(make_platform: Callable[..., Hand]) -> None:
    hub = make_platform({"OCPI_PARTIES": json.dumps([HUB]), "OCPI_HUB_ALIVE_SECONDS": "0"})
    cpo: Any = join(hub, "CPO/NL/CPO")
    hub.clock.advance(3000)
    hub.drain()
    assert not [each for each in cpo.received if each.path.endswith("/versions")]
