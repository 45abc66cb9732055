"""Webhooks: what a back end that speaks only HTTPS is told, how it is signed, what happens when it is away.

Contract: design section 5, Events; Standard Webhooks.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chalicelib.store.webhook import signature
from simulator.heard import Heard as Simulated
from tests.harness import Hand, OperatorRefused
from tests.hearing import Ear, Heard

DAY = 24 * 3600
EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture
def ear() -> Iterator[Ear]:
    with Ear() as ear:
        yield ear


@pytest.fixture
def settings(ear: Ear) -> dict[str, str]:
    return {"OCPI_BACKEND_URL": ear.url, "OCPI_RETRY_SCHEDULE": "5,30,120,600,3600"}


def verified(request: Heard, *secrets: str) -> list[bool]:
    """Per secret: is there a signature of it on this request? Written from the specification, by hand."""
    signed = b".".join(
        [request.headers["webhook-id"].encode(), request.headers["webhook-timestamp"].encode(), request.body]
    )
    given = [each.partition(",") for each in request.headers["webhook-signature"].split(" ")]
    assert {version for version, _, _ in given} == {"v1"}
    found = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix("whsec_"))
        digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        found.append(digest in [digest for _, _, digest in given])
    return found


def test_the_signature_is_that_of_the_published_example() -> None:
    body = '{"event_type":"ping","data":{"success":true}}'
    found = signature(["whsec_plJ3nmyCDGBKInavdOK15jsl"], "msg_loFOjxBNrRLzqYUf", 1731705121, body)
    assert found == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_every_event_of_the_bus_is_posted_signed(hand: Hand, ear: Ear) -> None:
    secret = hand.operate("webhook_secret")["secret"]
    hand.register_partner()
    hand.drain()
    hand.clock.advance(5)
    hand.drain()  # where a busy machine took long to answer
    told = {each["id"]: each for each in hand.events()}
    assert [each["detail-type"] for each in told.values()].count("PartnerRegistered") == 1
    assert {each.headers["webhook-id"] for each in ear.heard} == set(told)
    for request in ear.heard:
        envelope = json.loads(request.body)
        assert envelope == told[envelope["id"]]
        assert request.headers["content-type"] == "application/json"
        assert verified(request, secret) == [True]


def test_a_secret_is_shown_once(hand: Hand) -> None:
    first = hand.operate("webhook_secret")
    assert first["secret"].startswith("whsec_")
    assert len(base64.b64decode(first["secret"].removeprefix("whsec_"))) == 32
    assert hand.operate("webhook_secret") == {**first, "secret": None}
    assert "secret" not in hand.operate("webhook")


def test_events_are_signed_before_anybody_asked_for_the_secret(hand: Hand, ear: Ear) -> None:
    hand.register_partner()
    hand.drain()
    secret = hand.operate("webhook_secret")["secret"]
    assert ear.heard
    assert all(verified(each, secret) == [True] for each in ear.heard)


def test_both_secrets_sign_while_one_is_rotated(hand: Hand, ear: Ear) -> None:
    old = hand.operate("webhook_secret")["secret"]
    rotated = hand.operate("webhook_secret", rotate=True, overlap=3600)
    new = rotated["secret"]
    assert new != old
    assert rotated["previous_until"] > rotated["made_at"]
    hand.register_partner()
    hand.drain()
    assert verified(ear.heard[-1], old, new) == [True, True]
    hand.clock.advance(3601)
    hand.platform.backend.emit("PartnerRecovered", {"partner": "p", "name": "n", "parties": []})
    hand.drain()
    assert verified(ear.heard[-1], old, new) == [False, True]
    assert hand.operate("webhook")["previous_until"] is None


def test_a_secret_rotated_without_overlap_is_worth_nothing_at_once(hand: Hand, ear: Ear) -> None:
    old = hand.operate("webhook_secret")["secret"]
    new = hand.operate("webhook_secret", rotate=True, overlap=0)["secret"]
    say(hand)
    assert verified(ear.heard[-1], old, new) == [False, True]


def test_what_is_not_taken_comes_back_by_the_schedule_under_the_same_id(hand: Hand, ear: Ear) -> None:
    ear.answer(503, 500, 404, 302, 204)
    say(hand)
    assert len(ear.heard) == 1
    for pause, attempts in ((4, 1), (1, 2), (29, 2), (1, 3), (120, 4), (599, 4), (1, 5)):
        hand.clock.advance(pause)
        hand.drain()
        assert len(ear.heard) == attempts, f"after {pause} s"
    hand.clock.advance(DAY)
    hand.drain()
    assert len(ear.heard) == 5
    assert len({each.headers["webhook-id"] for each in ear.heard}) == 1
    assert len({each.headers["webhook-timestamp"] for each in ear.heard}) > 1
    assert len({each.body for each in ear.heard}) == 1


def test_a_back_end_that_asks_for_time_gets_it(hand: Hand, ear: Ear) -> None:
    ear.answer((429, {"Retry-After": "60"}), 200)
    say(hand)
    hand.clock.advance(59)
    hand.drain()
    assert len(ear.heard) == 1
    hand.clock.advance(1)
    hand.drain()
    assert len(ear.heard) == 2


def test_one_that_refuses_one_event_is_told_the_others(hand: Hand, ear: Ear) -> None:
    ear.answer(400)
    say(hand, "one", "two", "three")
    assert len(ear.heard) == 3


def test_one_that_is_away_is_not_asked_for_each_event(hand: Hand, ear: Ear) -> None:
    ear.answer(503)
    say(hand, "one", "two", "three")
    assert len(ear.heard) == 1
    hand.clock.advance(5)
    hand.drain()
    assert {each.detail["partner"] for each in ear.heard} == {"one", "two", "three"}


def test_a_day_later_it_is_given_up_and_kept_with_the_dead_letters(hand: Hand, ear: Ear) -> None:
    ear.otherwise = 503
    say(hand)
    for _ in range(5):
        hand.clock.advance(DAY / 5 - 10)
        hand.drain()
    attempts = len(ear.heard)
    assert attempts == 6
    assert dead(hand) == []
    hand.clock.advance(900)
    hand.drain()
    assert len(ear.heard) == attempts + 1, "the last attempt"
    (letter,) = dead(hand)
    assert letter["detail"]["partner"] == "p"
    hand.clock.advance(DAY)
    hand.drain()
    assert len(ear.heard) == attempts + 1


def test_410_stops_until_the_operator_says_go_on_and_nothing_is_lost(hand: Hand, ear: Ear) -> None:
    ear.answer(410)
    say(hand, "one")
    assert hand.operate("webhook")["state"] == "GONE"
    say(hand, "two")
    hand.clock.advance(900)
    hand.drain()
    assert len(ear.heard) == 1
    assert hand.operate("webhook", resume=True)["state"] == "ACTIVE"
    hand.clock.advance(900)
    hand.drain()
    assert {each.detail["partner"] for each in ear.heard[1:]} == {"one", "two"}


def test_the_overview_tells_whether_events_reach_the_back_end(hand: Hand, ear: Ear) -> None:
    """On the command line, on the page and in the widget, whose function only looks."""
    nothing = {"url": ear.url, "state": "ACTIVE", "waiting": 0, "given_up": 0}
    assert hand.operate("status")["webhook"] == nothing
    ear.answer(410)
    say(hand, "one")
    found = hand.operate("status")["webhook"]
    assert (found["state"], found["waiting"], found["given_up"]) == ("GONE", 1, 0)
    event = {"requestContext": {"http": {"method": "GET"}}}
    page = hand.functions.call("operator", event)["body"]
    widget = hand.functions.call("widget", {"operator": "arn", "widgetContext": {}})
    for shown in (page, widget):
        assert ear.url in shown and "gone" in shown and "It answered 410" in shown
    hand.clock.advance(DAY + 900)
    hand.drain()
    assert hand.operate("status")["webhook"]["given_up"] == 1


def test_a_back_end_that_starts_again_gets_a_secret_although_one_was_shown(make_platform: Any) -> None:
    with Simulated() as heard:
        hand = make_platform({"OCPI_BACKEND_URL": heard.url})

        def operator(payload: dict[str, Any]) -> dict[str, Any]:
            answer: dict[str, Any] = hand.functions.call("operator", payload)
            return answer

        say(hand, "refused: nobody knows the secret yet")
        assert heard.events() == []
        heard.know(operator)
        heard.know(operator)
        hand.clock.advance(5)
        hand.drain()
        (first,) = heard.events()
        say(hand, "later")
        assert [each["detail"]["partner"] for each in heard.events(first["id"])] == ["later"]


def test_without_a_url_there_is_no_webhook(make_platform: Any) -> None:
    hand = make_platform({})
    with pytest.raises(OperatorRefused, match="OCPI_BACKEND_URL is not set") as refused:
        hand.operate("webhook_secret")
    assert refused.value.code == "no_webhook"


def test_a_private_address_is_not_posted_to(make_platform: Any, ear: Ear) -> None:
    hand = make_platform(
        {"OCPI_BACKEND_URL": ear.url.replace("http:", "https:"), "OCPI_ALLOW_PRIVATE_URLS": "0"}
    )
    say(hand)
    assert ear.connections == 0


@pytest.mark.parametrize("module", ["locations", "tariffs", "sessions"])
def test_events_come_again_as_they_came_first(hand: Hand, ear: Ear, module: str) -> None:
    """Design section 5: objects in events are 2.3.0, what the owner sent beside it where it differs."""
    partner = hand.register_partner()
    hand.drain()
    kind = module.removesuffix("s")
    sent = json.loads((EXAMPLES / "2.2.1" / f"{kind}.json").read_text())
    sent |= {"country_code": "BE", "party_id": "BEC", "id": "X9"}
    answer = hand.ask("PUT", f"/ocpi/2.2.1/receiver/{module}/BE/BEC/X9", token=partner.token, body=sent)
    assert answer.code == 1000, answer.text
    hand.drain()
    first = [without_id(each) for each in ear.heard if "owner" in each.detail]
    assert first
    ear.heard.clear()
    hand.operate("tell_again", module=module, since="2015-01-01T00:00:00Z")
    hand.drain()
    again = [without_id(each) for each in ear.heard]
    assert sorted(again, key=str) == sorted(first, key=str)


def without_id(request: Heard) -> dict[str, Any]:
    return {name: value for name, value in request.detail.items() if name != "event_id"}


def say(hand: Hand, *partners: str) -> None:
    """Events, and what comes of them now."""
    hand.platform.backend.emit_all(
        ("PartnerRecovered", {"partner": each, "name": "n", "parties": []}) for each in partners or ("p",)
    )
    hand.drain()


def dead(hand: Hand) -> list[dict[str, Any]]:
    return [json.loads(text) for _, text in hand.platform.queues.take("webhook-dead")]
