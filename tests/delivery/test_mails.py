"""A day of mails: partners that flap, refuse and work, and what the operator is mailed about them."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any

from stack import watching
from tests import samples
from tests.harness import Hand
from tests.samples import EMSP_ROLES

TICK = 15 * 60
DAY = 24 * 3600
# Hours in which the one that flaps is down.
DOWN = ((2, 3), (5, 6), (9, 13), (20, 21))


def mail(event: dict[str, Any]) -> str:
    """The text that EventBridge makes of an event by our rule."""
    rule = watching.resources()[f"{event['detail-type']}Rule"]["Properties"]
    assert rule["EventPattern"] == {"source": ["ocpi"], "detail-type": [event["detail-type"]]}
    made = rule["Targets"][0]["InputTransformer"]
    values = {
        name: str(event["time"] if path == "$.time" else event["detail"][path.rpartition(".")[2]])
        for name, path in made["InputPathsMap"].items()
    }
    lines = [json.loads(line) for line in made["InputTemplate"]["Fn::Sub"].splitlines()]
    return "\n".join(re.sub(r"<(\w+)>", lambda found: values[found[1]], line) for line in lines)


def test_a_day_of_flapping_and_refusing_partners_is_a_mail_per_outage_and_end_and_one_an_hour(
    hand: Hand,
) -> None:
    """Design section 8: one outage is one event and one mail, refusals a digest"""
    stubs = {}
    for name, party in (("Flapping", "FLA"), ("Refusing", "REF"), ("Working", "WOR")):
        roles = [{**EMSP_ROLES[0], "party_id": party}]
        stubs[name] = hand.register_partner(roles=roles, name=name)
    hand.operate("put", module="locations", objects=[samples.location(f"L{at}", 1) for at in range(2)])
    hand.drain()
    for method in ("PUT", "PATCH"):
        stubs["Refusing"].answer(method, "/locations", status=400, code=2001, message="not on our map")
    seen = len(hand.events())
    mails: list[tuple[int, dict[str, Any]]] = []
    down = False
    for at in range(0, DAY, TICK):
        now_down = any(first * 3600 <= at < last * 3600 for first, last in DOWN)
        if now_down != down:
            stubs["Flapping"].forget()
            if now_down:
                stubs["Flapping"].answer(status=503, code=3000, message="maintenance")
            down = now_down
        for number in range(2):
            status = "CHARGING" if (at // TICK + number) % 2 else "AVAILABLE"
            changes = {"status": status}
            hand.operate("patch", module="locations", id=f"L{number}", evse_uid="E1", changes=changes)
        hand.drain()
        hand.clock.advance(TICK)
        told = hand.events()
        mails += [(at, each) for each in told[seen:] if each["detail-type"] in watching.MAILS]
        seen = len(told)
    for _, each in mails:
        text, partner = mail(each), each["detail"]["partner"]
        assert partner != stubs["Working"].id, text
        assert partner in text.splitlines()[0] and re.search(r"since 2\d{3}-\d\d-\d\dT", text), text
        assert re.search(rf"manage.py --function \S+ \w+ .*{partner}", text), text
        assert "To do: " in text or "There is nothing to do." in text, text
    kinds = [each["detail-type"] for _, each in mails if each["detail"]["partner"] == stubs["Flapping"].id]
    outages = [each for each in kinds if each != "DeliveriesFailed"]
    assert outages == ["PartnerUnreachable", "PartnerRecovered"] * len(DOWN)
    refusals = [at for at, each in mails if each["detail"]["partner"] == stubs["Refusing"].id]
    assert 20 <= len(refusals) <= 24
    assert all(later - earlier >= 3600 for earlier, later in itertools.pairwise(refusals))
    assert len(mails) <= 2 * len(DOWN) + 24 + len(DOWN)
