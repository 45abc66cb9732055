"""What happens to deliveries in rare moments, in functions that else have no part in it.

Their roles must allow it all the same: `deploy.recording` compares what is called here with them.
"""

from __future__ import annotations

from typing import Any

from chalicelib.errors import PartnerUnreachable
from chalicelib.partners import health
from tests import samples
from tests.samples import NEWER

HUB = [{"role": "HUB", "country_code": "NL", "party_id": "HUB"}]
EMSP = {"country_code": "SE", "party_id": "EMO", "role": "EMSP", "status": "CONNECTED"}


def test_who_is_behind_a_hub_is_looked_up_when_something_is_announced(
    ask: Any, operate: Any, drain: Any, register_partner: Any
) -> None:
    """AMB-19: by the announce function itself, when it knows nothing yet."""
    hub = register_partner(roles=HUB, name="Hub", hub=True)
    told = {**EMSP, "last_updated": NEWER}
    path = "/ocpi/2.2.1/receiver/hubclientinfo/SE/EMO"
    assert ask("PUT", path, token=hub.token, body=told).code == 1000
    drain()
    hub.forget()
    operate("put", module="locations", object=samples.location("L1", 1))
    drain(sweep=False)
    assert [each.path.rpartition("/")[2] for each in hub.requests("PUT")] == ["L1"]


def test_an_operator_sends_again_to_a_partner_that_failed(operate: Any, drain: Any, partner: Any) -> None:
    """Design section 5, `redeliver`: in the lane of those that fail, where nobody waits for it."""
    drain()
    partner.down()
    operate("put", module="locations", object=samples.location("L1", 1))
    drain()
    partner.up()
    partner.forget()
    assert operate("redeliver", partner=partner.id)
    drain(sweep=False)
    assert len(partner.requests("PUT")) == 1
    assert operate("deliveries", partner=partner.id)["deliveries"] == []


def test_a_partner_that_answers_a_pull_is_caught_up(
    hand: Any, operate: Any, drain: Any, events: Any, partner: Any, monkeypatch: Any
) -> None:
    """ARC-16: also when others found it unreachable while the page was on its way."""
    drain()
    monkeypatch.setattr(health, "answers", lambda *_: False)
    operate("put", module="locations", object=samples.location("L1", 1))

    def others_fail(request: Any) -> None:
        if "/sender/" in request.path and not events("PartnerUnreachable"):
            for _ in range(3):
                health.note_outcome(hand.platform, partner.id, PartnerUnreachable("timed out"), 10.0)

    partner.script(others_fail)
    operate("pull", partner=partner.id, module="tariffs", full=True)
    drain(sweep=False)
    assert len(events("PartnerUnreachable")) == len(events("PartnerRecovered")) == 1
    assert operate("partner", partner=partner.id)["health"]["state"] == "OK"
    assert len(partner.requests("PUT")) == 1


def test_a_partner_that_nobody_probes_is_probed_again(
    hand: Any, operate: Any, drain: Any, clock: Any, partner: Any
) -> None:
    """ARC-16: who noticed that it is unreachable may have died before writing down when to ask."""
    drain()
    partner.down()
    for at in range(3):
        operate("put", module="locations", object=samples.location(f"L{at}", 1))
        drain(sweep=False)
    assert operate("partner", partner=partner.id)["health"]["state"] == "UNREACHABLE"
    hand.platform.clients.dynamodb.delete_item(
        TableName=hand.platform.deliveries.table,
        Key={"partner": {"S": partner.id}, "object": {"S": health.PROBE}},
    )
    partner.up()
    partner.forget()
    drain()
    clock.advance(health.LONGEST_PROBE_PAUSE + 1)
    drain()
    assert operate("partner", partner=partner.id)["health"]["state"] == "OK"
    assert len(partner.requests("PUT")) == 3
