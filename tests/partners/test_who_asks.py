"""Whom an answer is for where a request over a connection of several parties does not say who asks."""

from __future__ import annotations

import pytest

from tests import samples
from tests.harness import Hand
from tests.hub.conftest import routing_of

ROLES = [
    {"role": "EMSP", "country_code": "DE", "party_id": "AAA"},
    {"role": "EMSP", "country_code": "DE", "party_id": "BBB"},
    {"role": "CPO", "country_code": "DE", "party_id": "CCC"},
]
TOKEN = samples.their_token("DE", "BBB")
START = {"response_url": "https://ocpi.example.com/r", "location_id": "L1", "token": TOKEN}


@pytest.mark.parametrize(
    ("method", "path", "body", "asks"),
    [
        ("GET", "receiver/tokens/DE/BBB/U1", None, "DE/BBB"),
        ("PUT", f"receiver/tokens/DE/BBB/{TOKEN['uid']}", TOKEN, "DE/BBB"),
        ("POST", "receiver/commands/START_SESSION", START, "DE/BBB"),
        ("POST", "sender/tokens/U1/authorize", None, "DE/CCC"),
        ("GET", "sender/tokens", None, "DE/CCC"),
        ("GET", "sender/locations", None, "DE/AAA"),
    ],
)
def test_an_answer_is_to_the_owner_or_the_only_party_that_asks_such_things(
    hand: Hand, method: str, path: str, body: object, asks: str
) -> None:
    """HUB-05, AMB-21: of several that can have asked, to the first."""
    partner = hand.register_partner(ROLES)
    answer = hand.ask(method, f"/ocpi/2.2.1/{path}", partner.token, body)
    assert routing_of(answer.headers)["to"] == asks, answer.text
