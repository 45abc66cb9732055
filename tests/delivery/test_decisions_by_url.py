"""A back end that has nothing but a URL is asked to decide there, signed as its webhooks are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import settings
from clients.ocpi_backend import Listener, Webhook
from tests import samples
from tests.harness import CPO, Hand


class Deciding:
    """Answers questions as told; `asked` holds them."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.answer: dict[str, Any] | None = None
        self.heard: list[str] = []
        self.webhook = Webhook()
        self.listener = Listener(
            self.webhook, lambda event: self.heard.append(event.kind), decide=self._decide
        )
        self.url = f"http://127.0.0.1:{self.listener.port}/"

    def _decide(self, question: dict[str, Any]) -> dict[str, Any] | None:
        self.asked.append(question)
        if self.answer == {}:
            raise RuntimeError("out of order")
        return self.answer


@pytest.fixture
def deciding() -> Iterator[Deciding]:
    found = Deciding()
    with found.listener:
        yield found


@pytest.fixture
def settings_of(deciding: Deciding) -> dict[str, str]:
    return {"OCPI_BACKEND_URL": deciding.url, "OCPI_BACKEND_DECIDES": "1"}


@pytest.fixture
def hand(make_platform: Any, settings_of: dict[str, str], deciding: Deciding) -> Hand:
    made: Hand = make_platform(settings_of)
    deciding.webhook.secrets = [made.operate("webhook_secret")["secret"]]
    return made


def allowed(hand: Hand, token: str) -> str:
    path = "/ocpi/2.2.1/sender/tokens/CARD1/authorize"
    answer = hand.ask("POST", path, token=token, body={"location_id": "L1"})
    return str(answer.json["data"]["allowed"])


def test_the_url_decides_where_it_answers_and_the_stored_data_where_it_does_not(
    hand: Hand, deciding: Deciding
) -> None:
    """Design section 3, OCPI_BACKEND_URL; docs/backend.md, Decisions"""
    cpo = hand.register_partner(roles=samples.CPO_ROLES)
    hand.operate("put", module="tokens", object=samples.token("CARD1"))
    deciding.answer = {"allowed": "NO_CREDIT"}
    assert allowed(hand, cpo.token) == "NO_CREDIT"
    (question,) = deciding.asked
    assert question["decision"] == "authorize" and question["token"]["uid"] == "CARD1"
    deciding.answer = None  # 404: it has no opinion
    assert allowed(hand, cpo.token) == "ALLOWED"
    deciding.answer = {}  # 500
    assert allowed(hand, cpo.token) == "ALLOWED"
    deciding.answer = {"allowed": "NO_CREDIT"}
    deciding.webhook.secrets = ["whsec_AAAA"]  # it does not believe us
    assert allowed(hand, cpo.token) == "ALLOWED"
    assert len(deciding.asked) == 3


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"OCPI_BACKEND_DECIDES": "1"}, "OCPI_BACKEND_URL"),
        ({"OCPI_BACKEND_DECIDES": "yes"}, "OCPI_BACKEND_DECIDES"),
        (
            {
                "OCPI_BACKEND_DECIDES": "1",
                "OCPI_BACKEND_URL": "https://charging.example.com/",
                "OCPI_BACKEND_FUNCTION": "mine",
            },
            "OCPI_BACKEND_FUNCTION",
        ),
    ],
)
def test_who_decides_is_said_once_and_whole(more: dict[str, str], words: str) -> None:
    with pytest.raises(settings.SettingsError, match=words):
        settings.read({"OCPI_PARTIES": json.dumps([CPO]), **more})
