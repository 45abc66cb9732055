"""What a partner hears of our objects, request by request (design section 8)."""

from __future__ import annotations

from typing import Any

import pytest

from tests import samples
from tests.samples import AT, CPO_ROLES, EMSP_ROLES, later


@pytest.fixture
def settings() -> dict[str, str]:
    return {"OCPI_RETRY_SCHEDULE": "5,30,120,600,3600", "OCPI_ALLOW_PRIVATE_URLS": "1"}


@pytest.fixture
def emsp(register_partner: Any, drain: Any) -> Any:
    stub = register_partner(roles=EMSP_ROLES, version="2.2.1")
    drain()
    stub.forget()
    return stub


def lines(stub: Any) -> list[str]:
    return [f"{each.method} {each.path.split('/receiver/')[-1]}" for each in stub.received]


def test_a_new_location_is_put_to_partners_that_receive_locations(
    operate: Any, drain: Any, emsp: Any, register_partner: Any
) -> None:
    """LOC-01, TRA-52, TRA-53: PUT below the endpoint, under the owner's party, with routing headers."""
    cpo = register_partner(roles=CPO_ROLES)
    drain()
    cpo.forget()
    operate("put", module="locations", object=samples.location())
    drain()
    assert lines(emsp) == ["PUT locations/NL/EXA/LOC1"]
    sent = emsp.received[0]
    assert [each["uid"] for each in sent.json["evses"]] == ["E1", "E2"]
    assert sent.token == emsp.own_token
    assert (sent.headers["ocpi-from-party-id"], sent.headers["ocpi-to-party-id"]) == ("EXA", "MSP")
    assert cpo.received == []


def test_an_evse_status_is_the_smallest_request(operate: Any, drain: Any, emsp: Any) -> None:
    """LOC-51, LOC-48: PATCH of {status, last_updated}, one request."""
    operate("put", module="locations", object=samples.location())
    drain()
    emsp.forget()
    changes = {"status": "CHARGING", "last_updated": later(1)}
    operate("patch", module="locations", id="LOC1", evse_uid="E1", changes=changes)
    drain()
    assert lines(emsp) == ["PATCH locations/NL/EXA/LOC1/E1"]
    assert emsp.received[0].json == changes


def test_a_state_that_changed_back_unsent_is_sent_whole(operate: Any, drain: Any, emsp: Any) -> None:
    """LOC-02, AMB-12: a pull may have shown the partner the state in between, and it would stay there."""
    operate("put", module="locations", object=samples.location())
    drain()
    before = emsp.received[-1].json["evses"][0]["status"]
    emsp.forget()
    for at, status in ((1, "BLOCKED"), (2, before)):
        changes = {"status": status, "last_updated": later(at)}
        operate("patch", module="locations", id="LOC1", evse_uid="E1", changes=changes)
    drain()
    assert lines(emsp) == ["PUT locations/NL/EXA/LOC1/E1"]
    assert (emsp.received[0].json["status"], emsp.received[0].json["uid"]) == (before, "E1")


def test_a_name_is_patched_and_a_vanished_field_is_put(operate: Any, drain: Any, emsp: Any) -> None:
    """LOC-02: only what changed; LOC-50: a PATCH cannot remove, so the whole is sent."""
    operate("put", module="locations", object=samples.location(evses=0))
    drain()
    emsp.forget()
    named = samples.location(evses=0, name="Elsewhere", last_updated=later(1))
    operate("put", module="locations", object=named)
    drain()
    del named["name"]
    operate("put", module="locations", object={**named, "last_updated": later(2)})
    drain()
    assert lines(emsp) == ["PATCH locations/NL/EXA/LOC1", "PUT locations/NL/EXA/LOC1"]
    assert emsp.received[0].json == {"name": "Elsewhere", "last_updated": later(1)}


def test_an_unchanged_object_is_not_sent_again(operate: Any, drain: Any, emsp: Any) -> None:
    operate("put", module="locations", object=samples.location())
    drain()
    emsp.forget()
    operate("put", module="locations", object=samples.location())
    drain()
    assert lines(emsp) == []


def test_a_patch_of_an_unknown_object_becomes_a_put(operate: Any, drain: Any, emsp: Any) -> None:
    """TRA-51, AMB-05: in the same attempt, and with its whole Location for an EVSE."""
    operate("put", module="locations", object=samples.location())
    drain()
    emsp.forget()
    emsp.answer("PATCH", "/locations/", status=404, code=2003, message="unknown location")
    operate("patch", module="locations", id="LOC1", evse_uid="E1", changes={"status": "CHARGING"})
    drain()
    assert lines(emsp) == ["PATCH locations/NL/EXA/LOC1/E1", "PUT locations/NL/EXA/LOC1"]
    assert emsp.received[1].json["evses"][0]["status"] == "CHARGING"
    assert operate("deliveries")["deliveries"] == []


def test_an_older_partner_hears_in_its_version(operate: Any, drain: Any, register_partner: Any) -> None:
    """CNV-P7: 2.1.1 Locations have no party ids and no publish."""
    old = register_partner(roles=EMSP_ROLES, version="2.1.1")
    drain()
    old.forget()
    operate("put", module="locations", object=samples.location())
    drain()
    assert lines(old) == ["PUT locations/NL/EXA/LOC1"]
    assert "publish" not in old.received[0].json
    assert old.received[0].json["type"]
    assert "ocpi-from-party-id" not in old.received[0].headers


def test_a_session_goes_to_the_emsp_of_its_token_only(
    operate: Any, drain: Any, emsp: Any, register_partner: Any
) -> None:
    """SES-01."""
    other = register_partner(roles=[{"role": "EMSP", "country_code": "FR", "party_id": "ABC"}])
    drain()
    other.forget()
    operate("put", module="locations", object=samples.location())
    operate("put", module="sessions", object=samples.session())
    drain()
    assert "PUT sessions/NL/EXA/S1" in lines(emsp)
    assert lines(other) == ["PUT locations/NL/EXA/LOC1"]


def test_a_session_patch_appends_only_new_periods(operate: Any, drain: Any, emsp: Any) -> None:
    """SES-15 to SES-17."""
    operate("put", module="sessions", object=samples.session())
    drain()
    emsp.forget()
    operate("put", module="sessions", object=samples.session(periods=3, kwh=3, last_updated=later(3)))
    drain()
    assert lines(emsp) == ["PATCH sessions/NL/EXA/S1"]
    body = emsp.received[0].json
    assert set(body) == {"kwh", "charging_periods", "last_updated"}
    assert [each["start_date_time"] for each in body["charging_periods"]] == [later(1), later(2)]


def test_appended_periods_are_never_sent_twice(operate: Any, drain: Any, clock: Any, emsp: Any) -> None:
    """AMB-86: after an unknown outcome the whole Session is PUT."""
    operate("put", module="sessions", object=samples.session())
    drain()
    emsp.forget()
    emsp.answer("PATCH", "/sessions/", times=1, status=500)
    operate("put", module="sessions", object=samples.session(periods=2, last_updated=later(2)))
    drain()
    clock.advance(60)
    drain()
    assert lines(emsp) == ["PATCH sessions/NL/EXA/S1", "PUT sessions/NL/EXA/S1"]
    assert len(emsp.received[1].json["charging_periods"]) == 2


def test_a_2_1_1_session_patch_carries_all_periods(operate: Any, drain: Any, register_partner: Any) -> None:
    """CNV-72, SES-20: there a PATCH replaces."""
    old = register_partner(roles=EMSP_ROLES, version="2.1.1")
    operate("put", module="locations", object=samples.location())
    operate("put", module="sessions", object=samples.session())
    drain()
    old.forget()
    operate("put", module="sessions", object=samples.session(periods=2, last_updated=later(2)))
    drain()
    (sent,) = [each for each in old.received if "sessions" in each.path]
    assert len(sent.json["charging_periods"]) == 2


def test_a_tariff_is_put_and_deleted(operate: Any, drain: Any, emsp: Any) -> None:
    """TAR-01, TAR-02, CNV-13: never patched."""
    operate("put", module="tariffs", object=samples.tariff())
    drain()
    operate("put", module="tariffs", object=samples.tariff(currency="DKK", last_updated=later(1)))
    drain()
    operate("remove", module="tariffs", id="T1")
    drain()
    assert lines(emsp) == ["PUT tariffs/NL/EXA/T1", "PUT tariffs/NL/EXA/T1", "DELETE tariffs/NL/EXA/T1"]


def test_tokens_go_to_cpos_with_their_type(operate: Any, drain: Any, register_partner: Any) -> None:
    """TOK-01, TOK-02, TOK-04: invalidation is a PATCH of valid."""
    cpo = register_partner(roles=CPO_ROLES)
    drain()
    cpo.forget()
    app = samples.token("APP1", type="APP_USER", whitelist="NEVER")
    operate("put", module="tokens", objects=[samples.token(), app])
    drain()
    operate("put", module="tokens", object=samples.token(valid=False, last_updated=later(1)))
    drain()
    assert sorted(lines(cpo)) == [
        "PATCH tokens/NL/EXM/CARD1",
        "PUT tokens/NL/EXM/APP1",
        "PUT tokens/NL/EXM/CARD1",
    ]
    assert cpo.requests("PUT", "APP1")[0].query == {"type": "APP_USER"}
    assert cpo.requests("PATCH")[0].json == {"valid": False, "last_updated": later(1)}


def test_a_cdr_is_posted_once(operate: Any, drain: Any, emsp: Any) -> None:
    """CDR-01, CDR-11: to the bare endpoint, and not again by a full announcement."""
    operate("put", module="cdrs", object=samples.cdr())
    drain()
    operate("push", partner=emsp.id)
    drain()
    assert lines(emsp) == ["POST cdrs"]


def test_a_cdr_whose_answer_was_lost_is_posted_again_under_its_id(
    operate: Any, drain: Any, clock: Any, emsp: Any
) -> None:
    """AMB-35; a partner that says it has it already is believed."""
    emsp.answer("POST", "/cdrs", times=1, status=502)
    operate("put", module="cdrs", object=samples.cdr())
    drain()
    emsp.answer("POST", "/cdrs", times=1, code=2001, message="CDR already exists")
    clock.advance(60)
    drain()
    assert [each.json["id"] for each in emsp.requests("POST", "/cdrs")] == ["C1", "C1"]
    assert operate("deliveries")["deliveries"] == []


def test_a_private_location_is_not_sent_to_everybody(operate: Any, drain: Any, emsp: Any) -> None:
    """LOC-13 to LOC-15."""
    private = samples.location(publish=False, publish_allowed_to=[{"uid": "X", "type": "RFID"}])
    operate("put", module="locations", object=private)
    drain()
    assert lines(emsp) == []


def test_a_refusal_is_final_recorded_and_told(operate: Any, drain: Any, events: Any, emsp: Any) -> None:
    """Design section 8: with the partner's words, never blocking others; a newer state is tried afresh."""
    emsp.answer("PUT", "LOC1", times=1, code=2001, message="we do not like it")
    operate("put", module="locations", objects=[samples.location(), samples.location("LOC2")])
    drain()
    drain()
    assert sorted(lines(emsp)) == ["PUT locations/NL/EXA/LOC1", "PUT locations/NL/EXA/LOC2"]
    (delivery,) = operate("deliveries", partner=emsp.id)["deliveries"]
    assert delivery["state"] == "REFUSED"
    assert "we do not like it" in delivery["reason"]
    assert (delivery["owner"], delivery["object_id"], delivery["part"]) == ("NL/EXA", "LOC1", "")
    assert [each["detail"]["object_id"] for each in events("DeliveryFailed")] == ["LOC1"]
    operate("put", module="locations", object=samples.location(name="Better", last_updated=later(1)))
    drain()
    assert operate("deliveries")["deliveries"] == []
    assert lines(emsp)[-1] == "PUT locations/NL/EXA/LOC1"


def test_who_registered_a_moment_ago_may_not_know_our_token_yet(
    operate: Any, drain: Any, clock: Any, register_partner: Any
) -> None:
    """Design section 8: it takes our token when our answer has come."""
    operate("put", module="locations", object=samples.location())
    drain()
    both = [*EMSP_ROLES, {"role": "CPO", "country_code": "DE", "party_id": "MSP"}]
    stub = register_partner(roles=both, version="2.2.1")
    stub.answer("PUT", "/locations", times=1, status=401, code=2000)
    stub.answer("GET", "/tokens", times=1, status=401, code=2000)
    drain()
    clock.advance(100)
    drain()
    assert [each.method for each in stub.requests("PUT", "/locations")] == ["PUT", "PUT"]
    assert operate("deliveries")["deliveries"] == []
    assert [each["state"] for each in operate("pulls", module="tokens")["pulls"]] == ["COMPLETED"]
    stub.answer("PUT", "/locations", status=401, code=2000)
    operate("put", module="locations", object=samples.location("LOC2"))
    drain()
    (delivery,) = operate("deliveries")["deliveries"]
    assert delivery["state"] == "REFUSED"  # by now it has had the time


def test_redeliver_sends_a_refused_one_again(operate: Any, drain: Any, emsp: Any) -> None:
    emsp.answer("PUT", "LOC1", times=1, code=2001)
    operate("put", module="locations", object=samples.location())
    drain()
    (delivery,) = operate("deliveries")["deliveries"]
    assert operate("redeliver", id=delivery["id"]) == {"sent": 1}
    drain()
    assert lines(emsp) == ["PUT locations/NL/EXA/LOC1"] * 2
    assert operate("deliveries")["deliveries"] == []


def test_push_announces_everything_again(operate: Any, drain: Any, emsp: Any) -> None:
    operate("put", module="locations", objects=[samples.location(f"L{at}", 1) for at in range(3)])
    operate("put", module="tariffs", object=samples.tariff())
    drain()
    emsp.forget()
    answer = operate("push", partner=emsp.id)
    drain()
    assert set(answer["modules"]) >= {"locations", "tariffs"}
    expected = [f"PUT locations/NL/EXA/L{at}" for at in range(3)] + ["PUT tariffs/NL/EXA/T1"]
    assert sorted(lines(emsp)) == expected


def test_registration_brings_a_partner_up_to_date(
    operate: Any, drain: Any, register_partner: Any, monkeypatch: Any
) -> None:
    """LOC-01: page by page, through the queue."""
    monkeypatch.setattr("chalicelib.delivery.catch_up.PAGE", 10)
    operate("put", module="locations", objects=[samples.location(f"L{at}", 1) for at in range(24)])
    drain()
    stub = register_partner(roles=EMSP_ROLES)
    drain()
    assert len(stub.requests("PUT", "/receiver/locations/")) == 24


def test_a_partners_change_is_told_to_the_back_end(
    ask: Any, drain: Any, events: Any, register_partner: Any
) -> None:
    """ObjectChanged, once per change, with the object."""
    cpo = register_partner(roles=CPO_ROLES)
    body = samples.location(country_code="BE", party_id="BEC")
    url = "/ocpi/2.2.1/receiver/locations/BE/BEC/LOC1"
    assert ask("PUT", url, token=cpo.token, body=body).code == 1000
    drain()
    status = {"status": "CHARGING", "last_updated": later(1)}
    assert ask("PATCH", f"{url}/E1", token=cpo.token, body=status).code == 1000
    drain()
    told = [each["detail"] for each in events("ObjectChanged")]
    assert {(each["module"], each["owner"], each["id"]) for each in told} == {("locations", "BE/BEC", "LOC1")}
    assert told[-1]["part"] == "E1"
    assert told[-1]["object"]["status"] == "CHARGING"
    assert len({each["event_id"] for each in told}) == len(told)


def test_what_cannot_be_said_in_a_version_is_recorded_and_not_tried(
    operate: Any, drain: Any, register_partner: Any
) -> None:
    """CNV: a credit CDR has no 2.1.1 form."""
    old = register_partner(roles=EMSP_ROLES, version="2.1.1")
    drain()
    old.forget()
    credit = samples.cdr("C1-C", credit=True, credit_reference_id="C1")
    operate("put", module="cdrs", object=credit)
    drain()
    assert lines(old) == []
    (delivery,) = operate("deliveries")["deliveries"]
    assert delivery["state"] == "REFUSED"
    assert delivery["reason"].startswith("not expressible in 2.1.1")


def test_ids_with_odd_characters_reach_their_url(operate: Any, drain: Any, emsp: Any) -> None:
    """AMB-39: percent-encoded once."""
    operate("put", module="locations", object=samples.location("A/B #1%", 1))
    drain()
    operate("patch", module="locations", id="A/B #1%", evse_uid="E1", changes={"status": "BLOCKED"})
    drain()
    assert lines(emsp) == ["PUT locations/NL/EXA/A/B #1%", "PATCH locations/NL/EXA/A/B #1%/E1"]


def test_an_unfinished_delivery_counts_as_unsure(platform: Any, operate: Any, drain: Any, emsp: Any) -> None:
    """A worker that died in the middle: the next sends the whole, not a difference (AMB-86)."""
    from chalicelib.store.delivery_items import Target
    from chalicelib.store.object_items import Key

    operate("put", module="sessions", object=samples.session())
    drain()
    emsp.forget()
    target = Target(emsp.id, Key("sessions", "NL", "EXA", "S1"))
    real = platform.clock
    platform.clock = lambda: AT
    assert platform.deliveries.take(target) is not None
    platform.clock = real
    operate("put", module="sessions", object=samples.session(periods=2, last_updated=later(2)))
    drain()
    assert lines(emsp) == ["PUT sessions/NL/EXA/S1"]


def test_a_partner_that_registers_anew_is_told_everything_anew(
    ask: Any, operate: Any, drain: Any, emsp: Any
) -> None:
    """It may have lost what it knew; a CDR that was delivered stays delivered."""
    operate("put", module="locations", object=samples.location())
    operate("put", module="cdrs", object=samples.cdr())
    drain()
    assert ask("DELETE", "/ocpi/2.2.1/credentials", token=emsp.token).code == 1000
    drain()
    emsp.forget()
    token = operate("invite", partner=emsp.id)["token"]
    assert ask("POST", "/ocpi/2.2.1/credentials", token=token, body=emsp.credentials).code == 1000
    drain()
    assert [each for each in lines(emsp) if "/sender/" not in each and "versions" not in each][-1:] == [
        "PUT locations/NL/EXA/LOC1"
    ]
    assert not emsp.requests("POST", "/cdrs")
