"""What does not fit together: found once, told, and closed when it is mended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.ocpi import jsontext
from chalicelib.ocpi.timestamps import later
from tests.billing.made import cdr, credit, send, send_session, session, tariff, token
from tests.samples import CPO_ROLES, example
from tests.stub import Canned

DAY = 86_400


@pytest.fixture
def known_token(operate: Any) -> None:
    card = {
        "valid": True,
        "issuer": "Example",
        "whitelist": "ALLOWED",
        "last_updated": "2026-01-01T00:00:00Z",
    }
    operate("put", module="tokens", object={**token(), **card})


def kinds(operate: Any, **fields: Any) -> list[tuple[str, str]]:
    return sorted((each["kind"], each["object_id"]) for each in operate("reconcile", **fields)["findings"])


def test_what_fits_together_is_no_finding(
    known_token: Any, partner: Any, ask: Any, drain: Any, operate: Any
) -> None:
    send_session(ask, partner, session("S1"))
    send(ask, partner, cdr("C1", session_id="S1"))
    drain()
    assert operate("reconcile") == {"findings": [], "cursor": None}


def test_a_session_without_cdr_is_found_and_closed_by_its_cdr(
    known_token: Any, partner: Any, ask: Any, drain: Any, operate: Any, events: Any
) -> None:
    send_session(ask, partner, session("S1"))
    drain()
    for _ in range(2):
        (found,) = operate("reconcile", partner="Stub Charging")["findings"]
    assert (found["kind"], found["owner"], found["object_id"]) == ("SESSION_WITHOUT_CDR", "BE/BEC", "S1")
    assert (found["partner"], found["state"]) == (partner.id, "OPEN")
    assert [each["detail"]["state"] for each in events("ReconciliationFinding")] == ["OPEN"]
    send(ask, partner, cdr("C1", session_id="S1"))
    drain()
    assert operate("reconcile")["findings"] == []
    assert [each["detail"]["state"] for each in events("ReconciliationFinding")] == ["OPEN", "CLOSED"]
    (closed,) = operate("reconcile", state="CLOSED")["findings"]
    assert (closed["id"], closed["state"]) == (found["id"], "CLOSED")


def test_a_session_has_48_hours(
    known_token: Any, partner: Any, ask: Any, drain: Any, operate: Any, clock: Any
) -> None:
    end = clock()
    send_session(ask, partner, session("S1", end_date_time=end, last_updated=end))
    drain()
    clock.advance(1.9 * DAY)
    assert kinds(operate) == []
    clock.advance(0.2 * DAY)
    assert kinds(operate) == [("SESSION_WITHOUT_CDR", "S1")]


def test_a_cdr_of_2_1_1_belongs_to_the_session_that_began_with_it(
    known_token: Any, partner: Any, ask: Any, drain: Any, operate: Any
) -> None:
    send_session(ask, partner, session("S1"))
    send(ask, partner, cdr("C1", session_id=None))
    drain()
    assert kinds(operate) == []


def test_a_cdr_whose_session_token_and_tariff_nobody_knows(
    partner: Any, ask: Any, drain: Any, operate: Any, events: Any
) -> None:
    sent = cdr("C1", session_id="S1", tariffs=None)
    sent["charging_periods"][0]["tariff_id"] = "T1"
    send(ask, partner, sent)
    drain()
    assert kinds(operate) == [
        ("CDR_WITHOUT_SESSION", "C1"),
        ("UNKNOWN_TARIFF", "C1"),
        ("UNKNOWN_TOKEN", "C1"),
    ]
    send_session(ask, partner, session("S1"))
    card = {
        "valid": True,
        "issuer": "Example",
        "whitelist": "ALLOWED",
        "last_updated": "2026-01-01T00:00:00Z",
    }
    operate("put", module="tokens", object={**token(), **card})
    ask("PUT", "/ocpi/2.2.1/receiver/tariffs/BE/BEC/T1", token=partner.token, body=tariff())
    drain()
    assert kinds(operate) == []
    assert operate("audits")["audits"][0]["verdict"] == "AGREE", "priced again by the Tariff that came"
    told = [each["detail"]["state"] for each in events("ReconciliationFinding")]
    assert told == ["OPEN"] * 3 + ["CLOSED"] * 3


def test_a_second_cdr_of_a_session_is_found_until_one_of_them_is_credited(
    known_token: Any, partner: Any, ask: Any, drain: Any, operate: Any
) -> None:
    send_session(ask, partner, session("S1"))
    first, second = cdr("C1", session_id="S1"), cdr("C1-AGAIN", session_id="S1")
    for each in (first, second):
        send(ask, partner, each)
        drain()
    (found,) = operate("reconcile")["findings"]
    assert (found["kind"], found["object_id"]) == ("SECOND_CDR", "C1-AGAIN")
    assert "C1 " in found["message"]
    send(ask, partner, credit(first))
    drain()
    assert kinds(operate) == []


def test_a_second_cdr_of_a_charge_that_names_no_session_is_found(
    known_token: Any, register_partner: Any, ask: Any, drain: Any, operate: Any
) -> None:
    """2.1.1 has no session_id: the same times, Token and EVSE under another id are billed twice."""
    old = register_partner(roles=CPO_ROLES, version="2.1.1")
    first = example("cdr", "2.1.1", auth_id=token()["contract_id"])
    second = {**first, "id": "AGAIN"}
    behind = {**first, "id": "BEHIND", "start_date_time": "2026-02-03T09:00:01Z"}
    for each in (first, second, behind, {**first, "id": "FRIEND", "auth_id": "NL-EXM-FRIEND"}):
        send(ask, old, each, "2.1.1")
        drain()
    found = [each for each in operate("reconcile")["findings"] if each["kind"] == "SECOND_CDR"]
    assert [each["object_id"] for each in found] == ["AGAIN"]
    assert first["id"] in found[0]["message"]
    back = {**first, "id": "BACK", "total_cost": -first["total_cost"]}
    send(ask, old, back, "2.1.1")
    drain()
    kinds_left = [kind for kind, _ in kinds(operate)]
    assert "SECOND_CDR" not in kinds_left, (
        "2.1.1 has no credit; it takes a CDR back by one of less than nothing"
    )


def test_a_cdr_that_replaces_a_credited_one_is_no_second_one(
    known_token: Any, partner: Any, ask: Any, drain: Any, operate: Any
) -> None:
    """Whatever comes first, the new one or the Credit CDR; a reservation's CDR names no Session."""
    send_session(ask, partner, session("S1"))
    first = cdr("C1", session_id="S1")
    for each in (first, cdr("C2", session_id="S1"), credit(first), cdr("R1", session_id=None)):
        send(ask, partner, each)
        drain()
    assert kinds(operate) == []


def test_a_credit_cdr_for_a_cdr_that_never_came_is_found_and_closed_when_it_comes(
    known_token: Any, partner: Any, ask: Any, drain: Any, operate: Any
) -> None:
    send_session(ask, partner, session("S1"))
    first = cdr("C1", session_id="S1")
    send(ask, partner, credit(first))
    drain()
    assert ("CREDIT_WITHOUT_CDR", "CREDIT1") in kinds(operate)
    send(ask, partner, first)
    drain()
    assert kinds(operate) == []


def test_energy_apart_is_said_with_both_values(
    known_token: Any, partner: Any, ask: Any, drain: Any, operate: Any
) -> None:
    send_session(ask, partner, session("S1", kwh=8))
    send(ask, partner, cdr("C1", session_id="S1"))
    drain()
    (found,) = operate("reconcile")["findings"]
    assert (found["kind"], found["message"]) == ("ENERGY_APART", "the Session says 8 kWh, the CDR 10")
    send_session(ask, partner, session("S1", kwh=10, last_updated="2026-10-06T00:00:00Z"))
    assert operate("reconcile")["findings"] == []


def test_silence_is_measured_by_a_partners_own_habit(
    known_token: Any, partner: Any, ask: Any, drain: Any, operate: Any, clock: Any
) -> None:
    for at in range(6):
        now = clock()
        send_session(ask, partner, session(f"S{at}", status="ACTIVE", end_date_time=None, last_updated=now))
        clock.advance(10 * 3600)
    drain()
    assert kinds(operate) == []
    clock.advance(DAY)
    assert ("SILENCE", "sessions") in kinds(operate)
    send_session(ask, partner, session("S9", status="ACTIVE", end_date_time=None, last_updated=clock()))
    assert kinds(operate) == []


def test_it_looks_once_a_day_by_itself(
    known_token: Any, partner: Any, ask: Any, drain: Any, events: Any, clock: Any
) -> None:
    ended = later(clock(), -3 * DAY)
    send_session(ask, partner, session("S1", end_date_time=ended, last_updated=ended))
    drain()
    assert events("ReconciliationFinding") == []
    clock.advance(DAY)
    drain()
    drain()
    (told,) = events("ReconciliationFinding")
    assert told["detail"]["kind"] == "SESSION_WITHOUT_CDR"


def test_a_list_that_counts_more_than_we_hold(
    known_token: Any, partner: Any, drain: Any, operate: Any, ask: Any
) -> None:
    def counts_three(request: Any) -> Any:
        if "/sender/cdrs" not in request.path:
            return None
        plain = json.loads(jsontext.dumps([cdr("C1")]))
        return Canned(
            data=[] if request.query.get("offset", "0") != "0" else plain, headers={"X-Total-Count": "3"}
        )

    partner.script(counts_three)
    operate("pull", partner=partner.id, module="cdrs", full=True)
    drain()
    (found,) = [each for each in operate("reconcile")["findings"] if each["kind"] == "TOTAL_APART"]
    assert (found["object_id"], found["message"]) == ("cdrs", "the partner counts 3 cdrs, we hold 1")
    send(ask, partner, cdr("C2"))
    send(ask, partner, cdr("C3"))
    assert "TOTAL_APART" not in {each["kind"] for each in operate("reconcile")["findings"]}
