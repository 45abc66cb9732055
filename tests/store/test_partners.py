"""Partners in DynamoDB and the operator's actions on them."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from chalicelib.errors import PartnerUnreachable
from chalicelib.partners import health, parties
from chalicelib.store.partner_items import hashed
from chalicelib.store.partners import CACHE_SECONDS
from tests.harness import OperatorRefused

EMSP = [{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}]
SHOWN = {"id", "name", "state", "version", "roles", "endpoints", "policy", "health", "backlog"}


def items(hand: Any) -> list[Any]:
    table = f"{hand.platform.settings.prefix}-partners"
    return list(hand.platform.clients.dynamodb.scan(TableName=table)["Items"])


class Counted:
    """Counts the calls to DynamoDB and KMS."""

    def __init__(self, hand: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[str] = []
        for service in ("dynamodb", "kms"):
            client = getattr(hand.platform.clients, service)
            made = client._make_api_call

            def call(name: str, parameters: Any, made: Any = made) -> Any:
                if name != "BatchWriteItem":  # what was said is kept beside the work
                    self.calls.append(name)
                return made(name, parameters)

            monkeypatch.setattr(client, "_make_api_call", call)


# Secrets.


def test_no_token_is_stored_in_clear(hand, partner):
    """ARC-19, AMB-13: inbound as hash, outbound encrypted"""
    waiting = hand.operate("invite", name="Waiting")["token"]
    text = str(items(hand))
    for token in (partner.token, partner.own_token, waiting):
        assert token not in text
    assert hashed(partner.token) in text and hashed(waiting) in text


def test_an_encrypted_token_is_of_use_for_its_partner_only(hand):
    """ARC-19: KMS encryption context"""
    cpo = [{"role": "CPO", "country_code": "BE", "party_id": "BEC"}]
    one, two = hand.register_partner(roles=EMSP), hand.register_partner(roles=cpo)
    store = hand.platform.partners
    stolen = dataclasses.replace(store.get(two.id), outbound=store.get(one.id).outbound)
    assert store.outbound_token(store.get(one.id)) == one.own_token
    store._outbound.clear()
    with pytest.raises(Exception, match="InvalidCiphertext"):
        store.outbound_token(stolen)


def test_no_log_line_and_no_answer_of_an_action_holds_a_secret(hand, capsys):
    """ARC-19; design section 5"""
    invited = hand.operate("invite", name="x")
    partner = hand.register_partner()
    hand.ask("PUT", "/ocpi/2.2.1/credentials", token=partner.token, body=partner.credentials)
    hand.operate("update_registration", partner=partner.id)
    answers = str([hand.operate(each) for each in ("partners", "status")])
    answers += str(hand.operate("partner", partner=partner.id))
    secrets = [invited["token"], partner.token, partner.own_token, partner.requests("PUT")[0].json["token"]]
    written = capsys.readouterr().out
    for secret in secrets:
        assert secret not in written and secret not in answers
    assert "inbound" not in answers and "outbound" not in answers
    assert partner.own_token not in repr(hand.platform.partners.get(partner.id))


# Reading.


def test_authentication_costs_one_round_trip_per_item_and_none_when_warm(hand, partner, monkeypatch):
    """Design section 11; TRA-07"""
    from chalicelib.store import partners

    hand._wire(hand.platform.clients)
    hand.functions.platform = hand.platform
    monkeypatch.setattr(partners, "SEEN_WITHIN", 60.0)
    counted = Counted(hand, monkeypatch)
    hand.ask("GET", "/ocpi/versions", token=partner.token)
    assert counted.calls == ["BatchGetItem", "GetItem"]
    hand.ask("GET", "/ocpi/versions", token=partner.token)
    assert len(counted.calls) == 2
    monkeypatch.setattr(partners, "SEEN_WITHIN", 0.0)  # whether it was changed is asked again
    hand.ask("GET", "/ocpi/versions", token=partner.token)
    counted.calls.clear()
    hand.ask("GET", "/ocpi/versions", token=partner.token)
    assert counted.calls == ["GetItem"]


@pytest.mark.parametrize("authorization", ["Token x", "Token eA==", "Token " + "a" * 500])
def test_every_unknown_token_costs_the_same(hand, monkeypatch, authorization):
    """Design section 10: constant work"""
    counted = Counted(hand, monkeypatch)
    assert hand.ask("GET", "/ocpi/versions", authorization=authorization).status == 401
    assert counted.calls == ["BatchGetItem"]


def test_what_another_process_changed_is_noticed_within_seconds(hand, partner, monkeypatch):
    import time as clock

    from chalicelib import wiring

    other = wiring.build(hand._environ, hand.platform.clients)
    assert hand.ask("GET", "/ocpi/versions", token=partner.token).code == 1000
    before = other.partners.get(partner.id)
    other.partners.change(before, dataclasses.replace(before, state="SUSPENDED", suspended_from="REGISTERED"))
    now = clock.monotonic()
    monkeypatch.setattr(clock, "monotonic", lambda: now + CACHE_SECONDS + 0.1)
    assert hand.ask("GET", "/ocpi/versions", token=partner.token).status == 403


def test_a_partner_is_found_by_its_party(hand, partner):
    """AMB-36: without case"""
    store = hand.platform.partners
    platform = hand.platform
    assert parties.reached(platform, ("be", "bec"), "CPO").id == partner.id
    assert parties.reached(platform, ("BE", "BEC")).id == partner.id
    assert parties.reached(platform, ("BE", "BEC"), "EMSP") is None
    assert parties.reached(platform, ("BE", "XXX"), "CPO") is None
    found = store.get(partner.id)
    assert found.parties == {("BE", "BEC"), ("DE", "MSP")}
    assert found.party_for(["EMSP"]) == ("DE", "MSP") and found.party_for(["NSP"]) is None
    assert found.plays("CPO") and not found.plays("HUB")
    assert found.endpoint("locations", "SENDER") == partner.url("SENDER", "locations")
    assert found.hosts() == {partner.base_url.removeprefix("http://")}
    assert [each.id for each in store.registered()] == [partner.id]


# Health.


def fail(hand, partner, times=1):
    """So many requests to a partner in a row that nobody answers."""
    for _ in range(times):
        health.note_outcome(hand.platform, partner.id, PartnerUnreachable("no answer in time"), 5.0)


def test_a_partner_is_unreachable_after_three_failures_when_its_versions_do_not_answer_either(hand, partner):
    """Design section 8; told once"""
    store = hand.platform.partners
    fail(hand, partner, 3)
    assert store.get(partner.id).health.state == "OK"
    partner.down()
    fail(hand, partner, 6)
    seen = store.get(partner.id).health
    assert seen.state == "UNREACHABLE" and seen.reason == "no answer in time"
    assert len(hand.events("PartnerUnreachable")) == 1
    assert hand.operate("status")["unreachable"][0]["partner"] == partner.id
    recovered = store.health.succeeded(partner.id).health
    assert (recovered.state, recovered.turned, recovered.failures, recovered.reason) == ("OK", True, 0, "")
    assert store.health.succeeded(partner.id).health.turned is False


def test_two_processes_tell_of_the_turn_once(hand, partner):
    from chalicelib import wiring

    other = wiring.build(hand._environ, hand.platform.clients).partners
    store = hand.platform.partners
    turned = [each.health.down(partner.id, 0) for each in (store, other, store, other, other)]
    assert len([each for each in turned if each is not None]) == 1


def test_success_is_written_once_a_minute_at_most(hand, partner, monkeypatch):
    from chalicelib.store import partners

    store = hand.platform.partners
    store.health.succeeded(partner.id, 2.0)
    monkeypatch.setattr(partners, "SEEN_WITHIN", 60.0)
    counted = Counted(hand, monkeypatch)
    for _ in range(20):
        assert store.health.succeeded(partner.id, 3.0).health.state == "OK"
    assert counted.calls == []
    assert 2.0 < store.get(partner.id).health.seconds <= 3.0


def test_health_survives_a_change_of_the_registration_and_the_reverse(hand, partner):
    store = hand.platform.partners
    store.health.down(partner.id, 0)
    hand.operate("suspend", partner=partner.id)
    assert hand.operate("partner", partner=partner.id)["health"]["state"] == "UNREACHABLE"
    store.health.succeeded(partner.id)
    assert hand.operate("partner", partner=partner.id)["state"] == "SUSPENDED"


def test_health_of_nobody_is_nothing(hand):
    assert hand.platform.partners.health.failed("nobody", "x") is None
    assert hand.platform.partners.health.succeeded("nobody") is None
    assert items(hand) == []


# Actions.


def test_a_partner_is_shown_as_the_contract_says(hand, partner):
    """Design section 5"""
    found = hand.operate("partner", partner=partner.id)
    assert found.keys() >= SHOWN
    assert found["health"].keys() == {"state", "last_success", "last_failure", "reason"}
    assert hand.operate("partners") == {"partners": [found]}
    for action in ("suspend", "resume"):
        assert hand.operate(action, partner=partner.id).keys() >= SHOWN


def test_an_invitation_is_shown_once(hand):
    invited = hand.operate("invite", name="Example", roles=EMSP, expires_in=3600)
    assert invited.keys() == {"partner", "token", "versions_url"}
    assert isinstance(invited["partner"], str) and invited["partner"].startswith("example-")
    assert len(invited["token"]) >= 40
    found = hand.operate("partner", partner=invited["partner"])
    assert (found["state"], found["version"], found["invited_roles"]) == ("INVITED", None, EMSP)


def test_inviting_the_same_partner_again_voids_the_older_invitation(hand):
    first = hand.operate("invite", name="Example")
    second = hand.operate("invite", partner=first["partner"])
    assert second["partner"] == first["partner"]
    assert hand.ask("GET", "/ocpi/versions", token=first["token"]).status == 401
    assert hand.ask("GET", "/ocpi/versions", token=second["token"]).code == 1000


def test_what_roles_of_the_settings_look_like_is_taken_for_an_invitation(hand):
    """Design section 5: `roles` of invite has the form of OCPI_PARTIES"""
    role = {**EMSP[0], "country_code": "de", "business_details": {"name": "x"}}
    invited = hand.operate("invite", name="Example", roles=[role])
    assert hand.operate("partner", partner=invited["partner"])["invited_roles"] == EMSP


@pytest.mark.parametrize(
    ("action", "fields", "pointer"),
    [
        ("invite", {}, "/name"),
        ("invite", {"name": ""}, "/name"),
        ("invite", {"name": "x" * 200}, "/name"),
        ("invite", {"name": "x", "roles": [{"role": "KING"}]}, "/roles/0/role"),
        ("invite", {"name": "x", "expires_in": 0}, "/expires_in"),
        ("invite", {"name": "x", "expires": 1}, "/expires"),
        ("invite", {"partner": "nobody"}, "/partner"),
        ("partner", {}, "/partner"),
        ("partner", {"partner": "nobody"}, "/partner"),
        ("partner", {"partner": ""}, "/partner"),
        ("suspend", {"partner": "nobody"}, "/partner"),
        ("register", {"token": "x"}, "/versions_url"),
        ("register", {"versions_url": "https://example.com/", "token": "x", "version": "2.0"}, "/version"),
    ],
)
def test_a_wrong_field_is_named(hand, action, fields, pointer):
    """Design section 5"""
    with pytest.raises(OperatorRefused) as refused:
        hand.operate(action, **fields)
    assert refused.value.pointer == pointer


def test_suspend_and_resume_return_to_the_state_before(hand, partner):
    for id, state in ((partner.id, "REGISTERED"), (hand.operate("invite", name="x")["partner"], "INVITED")):
        assert hand.operate("suspend", partner=id)["state"] == "SUSPENDED"
        assert hand.operate("suspend", partner=id)["state"] == "SUSPENDED"
        assert hand.operate("resume", partner=id)["state"] == state
        with pytest.raises(OperatorRefused):
            hand.operate("resume", partner=id)


def test_a_suspended_invitation_does_not_register(hand):
    invited = hand.operate("invite", name="x")
    hand.operate("suspend", partner=invited["partner"])
    answer = hand.ask("POST", "/ocpi/2.2.1/credentials", token=invited["token"], body={})
    assert (answer.status, answer.code) == (403, 2000)


def test_status_is_the_overview(hand, partner):
    """Design section 5"""
    hand.operate("invite", name="x")
    found = hand.operate("status")
    assert found["partners"] == {"REGISTERED": 1, "INVITED": 1}
    assert found["health"] == {"OK": 1}
    assert found["platform"]["versions_url"].endswith("/ocpi/versions")
    assert found.keys() >= {"backlog", "oldest_undelivered", "unreachable", "errors"}


def test_a_registration_asks_for_everything_to_be_exchanged(hand, partner):
    """LOC-01, TRA-13; design section 8: the partner is brought up to date"""
    from tests.stub import PartnerStub

    assert isinstance(partner, PartnerStub)
    sqs = hand.platform.clients.sqs
    bodies = ""
    for queue in ("push", "pull"):
        url = sqs.get_queue_url(QueueName=f"{hand.platform.settings.prefix}-{queue}")["QueueUrl"]
        bodies += str(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"))
    assert "announce_all" in bodies and '"start"' in bodies and partner.id in bodies


def test_a_queue_or_bus_that_is_down_does_not_undo_a_registration(hand, monkeypatch):
    """ARC-06"""

    def broken(*given: Any, **more: Any) -> None:
        raise OSError("down")

    monkeypatch.setattr(hand.platform.queues, "send", broken)
    monkeypatch.setattr(hand.platform.backend, "emit", broken)
    partner = hand.register_partner()
    assert hand.operate("partner", partner=partner.id)["state"] == "REGISTERED"
