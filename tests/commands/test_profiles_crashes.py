"""Charging profile requests when processes die, and when there are many: one result each, the right one."""

from __future__ import annotations

import json
import os
import random
from typing import Any

from tests.commands.test_profiles import (
    ACTIVE,
    PROFILE,
    SCSP,
    URL,
    charging,
    received,
    results,
    setting,
    theirs,
)
from tests.dying import die_everywhere
from tests.samples import capable_location, their_session
from tests.stub import PartnerStub, Received

__all__ = ["charging"]

CPO_ACCEPTS = {"result": "ACCEPTED", "timeout": 30}


def asked(partner: PartnerStub) -> list[Received]:
    return partner.requests("PUT", "/receiver/chargingprofiles/")


def test_dying_anywhere_after_the_answer_neither_loses_nor_changes_the_result(
    ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub, charging: None
) -> None:
    """ARC-08, CHP-21: between any two calls. Only a death while the result is posted may post it again."""
    state: dict[str, Any] = {}

    def before() -> None:
        partner.received.clear()
        ask("PUT", URL + "S1", partner.token, setting(partner))
        state["id"] = received(operate)[0]["id"]

    def scenario() -> None:
        operate("answer_profile", id=state["id"], result="ACCEPTED")
        drain(sweep=False)

    def after(last: str) -> None:
        clock.advance(2)
        if operate("command", id=state["id"])["state"] == "PENDING":  # the back end asks again
            operate("answer_profile", id=state["id"], result="ACCEPTED")
        for _ in range(2):
            clock.advance(61)
            drain()
        assert {json.dumps(each) for each in results(partner)} == {'{"result": "ACCEPTED"}'}
        assert len(results(partner)) == 1 or (last == "PARTNER" and len(results(partner)) == 2)
        told = [each for each in events("ProfileConcluded") if each["detail"]["id"] == state["id"]]
        assert len({each["detail"]["event_id"] for each in told}) == 1
        assert operate("command", id=state["id"])["delivery"] == "DELIVERED"

    assert die_everywhere(scenario, before, after) > 5


def test_dying_anywhere_while_accepting_ends_in_one_result_at_most(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, charging: None
) -> None:
    """A request whose acceptance died is either unknown, or ends in the one REJECTED (CHP-16)."""

    def after(last: str) -> None:
        for _ in range(2):
            clock.advance(90)
            drain()
        assert [each for each in received(operate) if each["state"] == "PENDING"] == []
        assert results(partner) in ([], [{"result": "REJECTED"}])

    def scenario() -> None:
        ask("PUT", URL + "S1", partner.token, setting(partner))

    assert die_everywhere(scenario, partner.received.clear, after) > 3


def test_dying_anywhere_while_we_ask_ends_in_one_conclusion_and_one_request(
    ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub
) -> None:
    """ARC-08, CHP-19: a request is sent once at most, whatever dies."""
    theirs(ask, partner)

    def scenario() -> None:
        operate("set_profile", session_id="S9", charging_profile=PROFILE)
        ask("POST", asked(partner)[-1].json["response_url"], partner.token, {"result": "ACCEPTED"})

    def after(last: str) -> None:
        for _ in range(2):
            clock.advance(70)
            drain()
        assert len(asked(partner)) <= 1
        entries = operate("commands", module="chargingprofiles")["commands"]
        assert {each["state"] for each in entries} <= {"CONCLUDED"}
        told = events("ProfileConcluded")
        for entry in entries[:1]:
            mine = {each["detail"]["event_id"] for each in told if each["detail"]["id"] == entry["id"]}
            assert len(mine) == 1

    assert die_everywhere(scenario, partner.received.clear, after) > 6


def test_dying_anywhere_between_a_provider_and_a_cpo_passes_one_result_on(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """ARC-08, CHP-40: the provider hears what the CPO said, or that nothing came of it, and never both."""
    theirs(ask, partner)
    provider = register_partner(SCSP, smart_charging="delegated")
    partner.answer("PUT", "/receiver/chargingprofiles/", data=CPO_ACCEPTS)
    answered: list[str] = []

    def before() -> None:
        partner.received.clear()
        provider.received.clear()
        answered.clear()

    def scenario() -> None:
        ask("PUT", URL + "S9", provider.token, setting(provider))
        url = asked(partner)[-1].json["response_url"]
        answered.append(str(ask("POST", url, partner.token, {"result": "ACCEPTED"}).code))
        drain(sweep=False)

    def after(last: str) -> None:
        for _ in range(3):
            clock.advance(70)
            drain()
        assert len(asked(partner)) <= 1
        heard = {each["result"] for each in results(provider)}
        assert len(heard) <= 1
        assert len(results(provider)) <= (2 if last == "PARTNER" else 1)
        if answered:  # the CPO's word was taken: it is the one that is passed on
            assert heard == {"ACCEPTED"}
        entries = operate("commands", module="chargingprofiles")["commands"]
        assert {each["state"] for each in entries} <= {"CONCLUDED"}

    assert die_everywhere(scenario, before, after) > 12


def test_dying_anywhere_while_a_change_is_told_tells_it(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, charging: None
) -> None:
    """CHP-30: once its telling was written down, who set a profile hears of a change."""
    ask("PUT", URL + "S1", partner.token, setting(partner))
    operate("answer_profile", id=received(operate)[0]["id"], result="ACCEPTED")
    drain()
    told: list[str] = []

    def before() -> None:
        partner.received.clear()
        told.clear()

    def scenario() -> None:
        told.extend(operate("active_profile", session_id="S1", profile=ACTIVE)["told"])
        drain(sweep=False)

    def after(last: str) -> None:
        for _ in range(2):
            clock.advance(61)
            drain()
        pushes = [each.json for each in partner.requests("PUT", "/sender/chargingprofiles/")]
        assert all(each == ACTIVE for each in pushes)
        assert len(pushes) <= (2 if last == "PARTNER" else 1)
        assert pushes or not told

    assert die_everywhere(scenario, before, after) > 5


MANY = int(os.environ.get("MANY_COMMANDS", "30"))
WORDS = ["ACCEPTED", "REJECTED"]


def test_many_requests_at_once_each_get_the_one_right_result(
    ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub, charging: None
) -> None:
    """In flight at once, answered in random order, a third unanswered; MANY_COMMANDS=1000 for more."""
    for number in range(MANY):
        assert ask("PUT", URL + "S1", partner.token, setting(partner, str(number))).data["timeout"] == 30
    # ids in the order of the requests, since that is how the back end hears them
    ids = [each["detail"]["id"] for each in events("ProfileRequested")]
    assert len(ids) == MANY
    chance = random.Random(6)
    expected = ["REJECTED" if at % 3 == 0 else chance.choice(WORDS) for at in range(MANY)]
    order = [at for at in range(MANY) if at % 3]
    chance.shuffle(order)
    for at in order:
        operate("answer_profile", id=ids[at], result=expected[at])
    drain(most=10 * MANY)
    clock.advance(31)
    drain(most=10 * MANY)
    got = [(int(each.path.rsplit("/", 1)[1]), each.json) for each in partner.requests("POST", "/results/")]
    assert len(got) == MANY
    assert dict(got) == {at: {"result": word} for at, word in enumerate(expected)}


def test_many_requests_of_ours_at_once_each_conclude_once_and_rightly(
    ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub
) -> None:
    """Results in random order, a third never; MANY_COMMANDS=1000 for more."""
    theirs(ask, partner)
    ids = [operate("set_profile", session_id="S9", charging_profile=PROFILE)["id"] for _ in range(MANY)]
    chance = random.Random(6)
    expected = {id: "TIMEOUT" if at % 3 == 0 else chance.choice(WORDS) for at, id in enumerate(ids)}
    order = [at for at in range(MANY) if at % 3]
    chance.shuffle(order)
    sent = asked(partner)
    for at in order:
        url = sent[at].json["response_url"]
        assert ask("POST", url, partner.token, {"result": expected[ids[at]]}).code == 1000
    clock.advance(36)
    drain(most=10 * MANY)
    got = [(each["detail"]["id"], each["detail"]["result"]["result"]) for each in events("ProfileConcluded")]
    assert len(got) == MANY
    assert dict(got) == expected


def test_a_cpo_that_takes_its_time_is_waited_for(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """CHP-13, CHP-40: the provider is told the CPO's timeout, and gets no REJECTED of ours before it."""
    theirs(ask, partner)
    provider = register_partner(SCSP, smart_charging="delegated")
    partner.answer("PUT", "/receiver/chargingprofiles/", data={"result": "ACCEPTED", "timeout": 300})
    assert ask("PUT", URL + "S9", provider.token, setting(provider)).data["timeout"] == 300
    clock.advance(200)
    drain()
    assert results(provider) == []
    ask("POST", asked(partner)[0].json["response_url"], partner.token, {"result": "ACCEPTED"})
    drain()
    assert results(provider) == [{"result": "ACCEPTED"}]


def test_a_provider_whose_request_nobody_answered_hears_so(
    ask: Any, drain: Any, clock: Any, operate: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """CHP-16, CHP-40."""
    operate("put", module="locations", object=capable_location())
    assert (
        ask(
            "PUT",
            "/ocpi/2.2.1/receiver/sessions/BE/BEC/S9",
            partner.token,
            their_session("S9", "BE/BEC", "NL/EXM"),
        ).code
        == 1000
    )
    provider = register_partner(SCSP, smart_charging="delegated")
    partner.answer("PUT", "/receiver/chargingprofiles/", data=CPO_ACCEPTS)
    ask("PUT", URL + "S9", provider.token, setting(provider))
    for _ in range(3):
        clock.advance(36)
        drain()
    assert results(provider) == [{"result": "REJECTED"}]
