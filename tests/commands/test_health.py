"""Commands and results show whether a partner can be reached (design section 8), whoever sends them."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from tests.commands.test_profiles import SCSP, setting, theirs
from tests.commands.test_profiles import URL as PROFILES
from tests.commands.test_received import URL, received, start
from tests.commands.test_sent import send
from tests.dying import go_away
from tests.samples import capable_location
from tests.stub import PartnerStub


def health(operate: Any, partner: PartnerStub) -> str:
    return str(operate("partner", partner=partner.id)["health"]["state"])


def heard(events: Any) -> list[int]:
    """How often the back end heard of a partner gone, and of one back."""
    return [len(events("PartnerUnreachable")), len(events("PartnerRecovered"))]


def test_a_cpo_that_takes_no_commands_is_unreachable_until_it_takes_one(
    hand: Any, operate: Any, events: Any, partner: PartnerStub
) -> None:
    """ARC-16: nobody else has to find out."""
    go_away(hand, partner)
    for _ in range(3):
        assert send(operate)["result"]["result"] == "FAILED"
    assert health(operate, partner) == "UNREACHABLE"
    partner.up()
    assert send(operate)["response"]["result"] == "ACCEPTED"
    assert health(operate, partner) == "OK"
    assert heard(events) == [1, 1]


def test_an_emsp_that_takes_no_results_is_unreachable_until_it_takes_one(
    hand: Any, ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub
) -> None:
    """ARC-16."""
    operate("put", module="locations", object=capable_location())
    drain()
    go_away(hand, partner)
    for _ in range(3):
        ask("POST", URL + "START_SESSION", partner.token, start(partner))
        operate("answer_command", id=received(operate)[0]["id"], result="ACCEPTED")
        drain(sweep=False)
    assert health(operate, partner) == "UNREACHABLE"
    partner.up()
    ask("POST", URL + "START_SESSION", partner.token, start(partner))
    operate("answer_command", id=received(operate)[0]["id"], result="ACCEPTED")
    drain(sweep=False)
    assert health(operate, partner) == "OK"
    assert heard(events) == [1, 1]


def test_a_cpo_that_takes_no_passed_on_profile_is_unreachable_until_it_takes_one(
    hand: Any, ask: Any, operate: Any, events: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """ARC-16, CHP-40."""
    theirs(ask, partner)
    provider = register_partner(SCSP, smart_charging="delegated")
    go_away(hand, partner)
    for _ in range(3):
        answer = ask("PUT", PROFILES + "S9", provider.token, setting(provider))
        assert answer.data["result"] == "REJECTED"
    assert health(operate, partner) == "UNREACHABLE"
    assert health(operate, provider) != "UNREACHABLE"
    partner.up()
    assert ask("PUT", PROFILES + "S9", provider.token, setting(provider)).data["result"] == "ACCEPTED"
    assert health(operate, partner) == "OK"
    assert heard(events) == [1, 1]


def test_a_refusal_is_no_failure(operate: Any, partner: PartnerStub) -> None:
    """A partner that says no can be reached."""
    partner.answer("POST", "/commands/", status=404, code=2003, message="unknown location")
    for _ in range(3):
        send(operate)
    assert health(operate, partner) == "OK"


def test_requests_of_one_moment_are_all_listed(
    hand: Any, ask: Any, operate: Any, partner: PartnerStub
) -> None:
    """Each request is on one page, and once, whatever order the index has for those of one millisecond."""
    operate("put", module="locations", object=capable_location())
    moment = hand.clock()
    hand.platform.clock = lambda: moment
    for _ in range(9):
        ask("POST", URL + "START_SESSION", partner.token, start(partner))
    client = hand.platform.clients.dynamodb
    query = client.query
    seen: list[str] = []
    cursor = ""

    def in_no_order(**asked: Any) -> Any:
        """An index of its own order, read three at a time."""
        first = asked.pop("ExclusiveStartKey", {"at": 0})["at"]
        items = query(**{name: value for name, value in asked.items() if name != "Limit"})["Items"]
        items.sort(key=lambda item: sha256(item["id"]["S"].encode()).digest())
        more = {"LastEvaluatedKey": {"at": first + 3}} if first + 3 < len(items) else {}
        return {"Items": items[first : first + 3], **more}

    client.query = in_no_order
    try:
        while cursor or not seen:
            page = operate("commands", limit=2, cursor=cursor)
            seen += [each["id"] for each in page["commands"]]
            cursor = page["cursor"]
    finally:
        del client.query
    assert len(seen) == len(set(seen)) == 9
