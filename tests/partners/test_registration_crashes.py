"""The process ends between any two steps of a handshake: the old state works, and it can be repeated.

A step is a call to AWS or to the partner. At the n-th step everything stops as
if the process were gone: no further call succeeds, no clean-up runs. Then the
platform starts anew, on the same tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.partner_client.exchange import Exchange
from tests.harness import Hand, OperatorRefused
from tests.stub import PartnerStub

EMSP = [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}]
MOST_STEPS = 40


class Killed(BaseException):
    """The process is gone."""


class Steps:
    """Counts calls, and lets none through from the `fatal`-th on."""

    def __init__(self, fatal: int) -> None:
        self.fatal, self.taken = fatal, 0

    def step(self) -> None:
        self.taken += 1
        if self.taken >= self.fatal:
            raise Killed


@contextmanager
def dying(hand: Hand, fatal: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[Steps]:
    """The process dies at the fatal-th step; afterwards a new one runs."""
    steps = Steps(fatal)
    with monkeypatch.context() as patched:
        for service in ("dynamodb", "kms", "sqs", "events"):
            client = getattr(hand.platform.clients, service)
            made = client._make_api_call

            def call(name: str, parameters: Any, made: Any = made) -> Any:
                steps.step()
                return made(name, parameters)

            patched.setattr(client, "_make_api_call", call)
        sent = Exchange.perform

        def exchange(self: Any, *arguments: Any) -> Any:
            steps.step()
            return sent(self, *arguments)

        patched.setattr(Exchange, "perform", exchange)
        yield steps
    hand._wire(hand.platform.clients)
    hand.functions.platform = hand.platform


def every_step(hand: Hand, monkeypatch: pytest.MonkeyPatch, work: Callable[[], Any]) -> Iterator[bool]:
    """Do the work again and again, dying one step later each time; whether it was finished."""
    for fatal in range(1, MOST_STEPS):
        with dying(hand, fatal, monkeypatch) as steps:
            try:
                work()
                finished = True
            except Killed:
                finished = False
        yield finished
        if finished and steps.taken < fatal:
            return
    raise AssertionError(f"more than {MOST_STEPS} steps")


@pytest.fixture
def stub() -> Iterator[PartnerStub]:
    made = PartnerStub(EMSP)
    yield made
    made.down()


def test_receiving_a_post(hand, stub, monkeypatch):
    """CRE-33, ARC-06: until the one write the invitation stands; after it the token is as good as lost"""
    invited = hand.operate("invite", name="x")
    path, kills = "/ocpi/2.2.1/credentials", 0
    for finished in every_step(
        hand, monkeypatch, lambda: hand.ask("POST", path, token=invited["token"], body=stub.credentials)
    ):
        kills += not finished
        found = hand.operate("partner", partner=invited["partner"])
        if found["state"] == "INVITED":
            assert hand.ask("GET", path, token=invited["token"]).code == 1000
            continue
        # Registered, and nobody has heard our token: a new invitation repairs it (AMB-15).
        assert (found["state"], found["roles"]) == ("REGISTERED", EMSP)
        assert hand.ask("GET", path, token=invited["token"]).status == 401
        if not finished:
            invited = hand.operate("invite", name="x", replaces=invited["partner"])
            continue
    assert kills > 5
    again = hand.operate("invite", name="x", replaces=invited["partner"])
    assert hand.ask("POST", path, token=again["token"], body=stub.credentials).code == 1000


def test_receiving_a_put(hand, monkeypatch):
    """CRE-33, AMB-15: at every step the partner's token still works, and it can ask again"""
    partner = hand.register_partner(roles=EMSP)
    path = "/ocpi/2.2.1/credentials"
    for round, finished in enumerate(
        every_step(
            hand,
            monkeypatch,
            lambda: hand.ask("PUT", path, token=partner.token, body=partner.credentials),
        )
    ):
        assert hand.ask("GET", path, token=partner.token).code == 1000
        store = hand.platform.partners
        assert store.outbound_token(store.get(partner.id)).startswith("stub-token")
        assert finished or round < MOST_STEPS
    last = hand.ask("PUT", path, token=partner.token, body=partner.credentials)
    assert hand.ask("GET", path, token=last.data["token"]).code == 1000


def test_receiving_a_delete(hand, monkeypatch):
    """CRE-28: either still registered, or gone"""
    partner = hand.register_partner(roles=EMSP)
    path = "/ocpi/2.2.1/credentials"
    for _ in every_step(hand, monkeypatch, lambda: hand.ask("DELETE", path, token=partner.token)):
        state = hand.operate("partner", partner=partner.id)["state"]
        status = hand.ask("GET", path, token=partner.token).status
        assert (state, status) in (("REGISTERED", 200), ("UNREGISTERED", 401))
    assert state == "UNREGISTERED"


def test_sending_a_post(hand, stub, monkeypatch):
    """CRE-33, ARC-05: nothing of an unfinished handshake is seen, and it can be repeated"""

    def work() -> Any:
        return hand.operate("register", versions_url=stub.versions_url, token="token-a")

    for finished in every_step(hand, monkeypatch, work):
        found = hand.operate("partners")["partners"]
        if finished:
            assert [each["state"] for each in found] == ["REGISTERED"]
        elif found:  # stored, but nobody was told: repeated by unregister, or left as it is
            assert [each["state"] for each in found] == ["REGISTERED"]
            with pytest.raises(OperatorRefused, match="is registered"):
                work()
            hand.operate("unregister", partner=found[0]["id"])
            _forget_ended(hand)
        else:
            for sent in stub.requests("POST"):
                status = hand.ask("GET", "/ocpi/2.2.1/sender/cdrs", token=sent.json["token"]).status
                assert status == 401
    hand.clock.advance(3600)
    given = [each.json["token"] for each in stub.requests("POST")]
    alive = [token for token in given if hand.ask("GET", "/ocpi/versions", token=token).status == 200]
    assert alive == given[-1:]  # those of dead handshakes end by themselves


def test_sending_a_put(hand, stub, monkeypatch):
    """CRE-33, AMB-15: whichever of our tokens the partner goes on with, it is accepted"""
    id = hand.operate("register", versions_url=stub.versions_url, token="token-a")["id"]
    first = stub.requests("POST")[0].json["token"]
    for finished in every_step(hand, monkeypatch, lambda: hand.operate("update_registration", partner=id)):
        assert hand.operate("partner", partner=id)["state"] == "REGISTERED"
        if not finished:
            for token in [first, *(each.json["token"] for each in stub.requests("PUT")[-1:])]:
                assert hand.ask("GET", "/ocpi/2.2.1/credentials", token=token).code == 1000
            if stub.requests("PUT"):
                first = stub.requests("PUT")[-1].json["token"]
    last = stub.requests("PUT")[-1].json["token"]
    assert hand.ask("GET", "/ocpi/2.2.1/credentials", token=last).code == 1000


def test_sending_a_delete(hand, stub, monkeypatch):
    """CRE-28: what was cut off is done by repeating it"""
    id = hand.operate("register", versions_url=stub.versions_url, token="token-a")["id"]
    for finished in every_step(hand, monkeypatch, lambda: hand.operate("unregister", partner=id)):
        state = hand.operate("partner", partner=id)["state"]
        assert state == "UNREGISTERED" or not finished
    assert state == "UNREGISTERED"


def _forget_ended(hand: Hand) -> None:
    """Take ended connections out of the table, so that a list shows the present one alone."""
    table = f"{hand.platform.settings.prefix}-partners"
    client = hand.platform.clients.dynamodb
    for item in client.scan(TableName=table)["Items"]:
        if item.get("state", {}).get("S") == "UNREGISTERED":
            client.delete_item(TableName=table, Key={"id": item["id"]})
    hand._wire(hand.platform.clients)
    hand.functions.platform = hand.platform
