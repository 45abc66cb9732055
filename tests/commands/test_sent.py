"""Commands that we send, as the eMSP (CMD, AMB-43, CNV-111 to CNV-119)."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from chalicelib.ocpi.surrogates import shortest
from tests.dying import die_everywhere, go_away
from tests.harness import OperatorRefused
from tests.samples import example, their_session, their_token
from tests.stub import Canned, PartnerStub, Received

CPO = [{"role": "CPO", "country_code": "BE", "party_id": "BEC"}]


def start(**more: Any) -> dict[str, Any]:
    return {"token": their_token("NL", "EXM"), "location_id": "LOC9", "evse_uid": "E9", **more}


def send(operate: Any, command: str = "START_SESSION", body: Any = None, **more: Any) -> dict[str, Any]:
    return operate("send_command", command=command, to="BE/BEC", body=body or start(), **more)


def posted(partner: PartnerStub) -> list[Received]:
    return partner.requests("POST", "/receiver/commands/")


def back(partner: PartnerStub, at: int = -1) -> str:
    return posted(partner)[at].json["response_url"]


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_command_and_its_result(
    version: str, ask: Any, operate: Any, events: Any, register_partner: Any
) -> None:
    """CMD-03, CMD-04, CMD-11 to CMD-13, AMB-45: the result comes to our response_url."""
    partner = register_partner(CPO, version)
    answer = Canned(
        data={"result": "ACCEPTED"} if version == "2.1.1" else {"result": "ACCEPTED", "timeout": 20}
    )
    partner.script(lambda request: answer if "commands" in request.path else None)
    record = send(operate)
    assert record["state"] == "PENDING"
    assert record["direction"] == "SENT"
    assert record["response"]["result"] == "ACCEPTED"
    (request,) = posted(partner)
    assert request.path.endswith("/commands/START_SESSION")
    assert ("auth_id" in request.json["token"]) == (version == "2.1.1")
    assert ("ocpi-to-party-id" in request.headers) == (version != "2.1.1")
    url = back(partner)
    assert url == f"https://ocpi.example.com/ocpi/{version}/sender/commands/START_SESSION/{record['id']}"
    assert len(record["id"]) >= 22
    result = ask("POST", url, partner.token, {"result": "ACCEPTED"})
    assert (result.status, result.code) == (200, 1000)
    assert "data" not in result.json
    record = operate("command", id=record["id"])
    assert record["state"] == "CONCLUDED"
    assert record["result"] == {"result": "ACCEPTED"}
    assert record["concluded_at"]
    (event,) = events("CommandConcluded")
    assert event["detail"]["id"] == record["id"]
    assert event["detail"]["result"] == {"result": "ACCEPTED"}


def test_a_cpo_of_2_1_1_hears_the_long_names_it_gave(ask: Any, operate: Any, register_partner: Any) -> None:
    """CNV-10, CNV-115: whether the operator writes the 39 characters or what stands for them."""
    place, uid = "*EXAMPLE*CHARGING*BE*GHENT*000000000001", "*EXAMPLE*CHARGING*BE*GHENT*000000000002"
    partner = register_partner(CPO, "2.1.1")
    known = {
        **example("location", "2.1.1"),
        "id": place,
        "evses": [example("evse", "2.1.1", uid=uid, capabilities=None)],
    }
    url = f"/ocpi/2.1.1/receiver/locations/BE/BEC/{place}"
    assert ask("PUT", url, partner.token, known).code == 1000
    for location_id, evse_uid in ((place, uid), (shortest(place), shortest(uid))):
        send(operate, body={**start(), "location_id": location_id, "evse_uid": evse_uid})
        sent = posted(partner)[-1].json
        assert (sent["location_id"], sent["evse_uid"]) == (place, uid)
    unknown = "*EXAMPLE*CHARGING*BE*GHENT*000000000009"
    send(operate, body={**start(), "location_id": unknown})
    assert posted(partner)[-1].json["location_id"] == unknown
    with pytest.raises(OperatorRefused, match="/body/location_id"):
        send(operate, body={**start(), "location_id": unknown + "0"})


def test_results_for_unknown_ids_or_by_another_partner_change_nothing(
    ask: Any, operate: Any, events: Any, partner: PartnerStub, register_partner: Any
) -> None:
    """Bad input; the answer is the same whether or not the id exists."""
    other = register_partner([{"role": "CPO", "country_code": "FR", "party_id": "ABC"}])
    record = send(operate)
    url = back(partner)
    own = [ask("POST", url, other.token, {"result": "REJECTED"})]
    for wrong in ("x", "0" * 32, "reservation#1", "a" * 600, "%00", record["id"].swapcase()):
        own.append(
            ask(
                "POST",
                url.rsplit("/", 1)[0] + "/" + wrong.replace("#", "%23"),
                partner.token,
                {"result": "ACCEPTED"},
            )
        )
    own.append(
        ask("POST", url.replace("START_SESSION", "STOP_SESSION"), partner.token, {"result": "ACCEPTED"})
    )
    assert {(each.status, each.code) for each in own} == {(404, 2001)}
    assert len({each.json["status_message"] for each in own[:-1]}) == 1
    assert operate("command", id=record["id"])["state"] == "PENDING"
    assert events("CommandConcluded") == []


@pytest.mark.parametrize(
    "body",
    [{}, [], {"result": 1}, {"result": None}, "x", {"message": []}],
    ids=str,
)
def test_a_result_that_is_none_is_refused(body: Any, ask: Any, operate: Any, partner: PartnerStub) -> None:
    record = send(operate)
    answer = ask("POST", back(partner), partner.token, body)
    assert answer.code == 2001
    assert operate("command", id=record["id"])["state"] == "PENDING"


def test_an_enveloped_result_is_understood(ask: Any, operate: Any, partner: PartnerStub) -> None:
    """AMB-25."""
    record = send(operate)
    body = {"data": {"result": "ACCEPTED"}, "status_code": 1000, "timestamp": "2026-01-01T00:00:00Z"}
    assert ask("POST", back(partner), partner.token, body).code == 1000
    assert operate("command", id=record["id"])["result"]["result"] == "ACCEPTED"


def test_a_bare_word_is_a_response(ask: Any, operate: Any, partner: PartnerStub) -> None:
    """Design section 6, rule 1: it can mean nothing else."""
    partner.answer("POST", "commands", data="Accepted")
    record = send(operate)
    assert record["response"] == {"result": "ACCEPTED", "timeout": 30}
    assert ask("POST", back(partner), partner.token, {"result": "FAILED"}).code == 1000
    assert operate("command", id=record["id"])["result"]["result"] == "FAILED"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"result": "PERHAPS"}, "/result: unknown CommandResponseType 'PERHAPS'"),
        ({"timeout": 30}, "/result: required, but missing"),
        ("ACCEPTED!", "got 'ACCEPTED!'"),
    ],
)
def test_a_response_that_nobody_understands_is_told_to_the_operator_and_the_result_awaited(
    said: Any, why: str, ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub
) -> None:
    partner.answer("POST", "commands", data=said)
    records = [send(operate) for _ in range(2)]
    for record in records:
        assert (record["state"], record["response"]) == ("PENDING", None)
        assert why in record["reason"]
        assert operate("command", id=record["id"])["reason"] == record["reason"]
    url = partner.requests("POST", "commands")[0].json["response_url"]
    assert ask("POST", url, partner.token, {"result": "ACCEPTED"}).code == 1000
    assert operate("command", id=records[0]["id"])["result"]["result"] == "ACCEPTED"
    clock.advance(120)
    drain()
    late = operate("command", id=records[1]["id"])
    assert (late["result"], why in late["reason"]) == ({"result": "TIMEOUT"}, True)
    assert [why in each["detail"]["reason"] for each in events("CommandConcluded")] == [True, True]


def test_without_a_result_it_times_out_and_a_late_one_changes_nothing(
    ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub
) -> None:
    """CMD-06, AMB-43."""
    record = send(operate)
    clock.advance(15)
    drain()
    assert operate("command", id=record["id"])["state"] == "PENDING"
    clock.advance(21)
    drain()
    assert operate("command", id=record["id"])["result"] == {"result": "TIMEOUT"}
    late = ask("POST", back(partner), partner.token, {"result": "ACCEPTED"})
    assert (late.status, late.code) == (200, 1000)
    assert operate("command", id=record["id"])["result"] == {"result": "TIMEOUT"}
    assert len(events("CommandConcluded")) == 1


def test_a_second_result_changes_nothing_but_a_cancelled_reservation(
    ask: Any, operate: Any, events: Any, partner: PartnerStub
) -> None:
    """CMD-20, AMB-43."""
    body = {**start(), "reservation_id": "R1", "expiry_date": "2036-01-01T00:00:00Z"}
    record = send(operate, "RESERVE_NOW", body)
    for result in ("ACCEPTED", "FAILED", "CANCELED_RESERVATION", "CANCELED_RESERVATION"):
        assert ask("POST", back(partner), partner.token, {"result": result}).code == 1000
    assert operate("command", id=record["id"])["result"] == {"result": "CANCELED_RESERVATION"}
    told = [each["detail"]["result"]["result"] for each in events("CommandConcluded")]
    assert told == ["ACCEPTED", "CANCELED_RESERVATION"]


def test_a_command_of_unknown_outcome_is_never_sent_again(
    ask: Any, operate: Any, drain: Any, clock: Any, partner: PartnerStub
) -> None:
    """Design section 8: it stays pending, and its result may still come."""
    partner.answer("POST", "/commands/", status=500)
    record = send(operate)
    assert record["state"] == "PENDING"
    assert record["response"] is None
    drain()
    assert ask("POST", back(partner), partner.token, {"result": "ACCEPTED"}).code == 1000
    assert operate("command", id=record["id"])["result"]["result"] == "ACCEPTED"
    second = send(operate)
    clock.advance(60)
    drain()
    assert operate("command", id=second["id"])["result"] == {"result": "TIMEOUT"}
    assert len(posted(partner)) == 2


def test_a_refused_command_ends_with_the_cpos_words(operate: Any, events: Any, partner: PartnerStub) -> None:
    """CMD-07, CMD-17."""
    partner.answer(
        "POST", "/commands/", code=2003, message="unknown location", data={"result": "REJECTED", "timeout": 1}
    )
    record = send(operate)
    assert record["state"] == "CONCLUDED"
    assert record["response"]["result"] == "REJECTED"
    assert "2003 unknown location" in record["response"]["message"][0]["text"]
    assert record["result"] is None
    assert len(events("CommandConcluded")) == 1


def test_a_cpo_that_is_away_fails_the_command_at_once(
    hand: Any, operate: Any, drain: Any, events: Any, partner: PartnerStub
) -> None:
    go_away(hand, partner)
    record = send(operate)
    assert record["state"] == "CONCLUDED"
    assert record["result"]["result"] == "FAILED"
    partner.up()
    drain()
    assert posted(partner) == []
    assert len(events("CommandConcluded")) == 1


def test_a_result_faster_than_the_response_counts(
    hand: Any, ask: Any, operate: Any, partner: PartnerStub
) -> None:
    def answer(request: Received) -> Canned | None:
        if "/receiver/commands/" in request.path:
            assert (
                ask("POST", request.json["response_url"], partner.token, {"result": "EVSE_OCCUPIED"}).code
                == 1000
            )
            return Canned(data={"result": "ACCEPTED", "timeout": 30})
        return None

    partner.script(answer)
    record = send(operate)
    assert record["state"] == "CONCLUDED"
    assert record["response"]["result"] == "ACCEPTED"
    assert record["result"] == {"result": "EVSE_OCCUPIED"}


def test_2_1_1_cannot_cancel_a_reservation(operate: Any, register_partner: Any) -> None:
    """CNV-111: answered here, nothing is sent."""
    partner = register_partner(CPO, "2.1.1")
    record = send(operate, "CANCEL_RESERVATION", {"reservation_id": "R1"})
    assert record["state"] == "CONCLUDED"
    assert record["response"]["result"] == "NOT_SUPPORTED"
    assert posted(partner) == []


def test_2_1_1_reservations_are_numbers(operate: Any, register_partner: Any) -> None:
    """CNV-114, CNV-116: the same number for the same name."""
    partner = register_partner(CPO, "2.1.1")
    body = {
        **start(),
        "reservation_id": "R1",
        "expiry_date": "2036-01-01T00:00:00Z",
        "authorization_reference": "A",
    }
    send(operate, "RESERVE_NOW", body)
    send(operate, "RESERVE_NOW", body)
    first, second = (each.json for each in posted(partner))
    assert isinstance(first["reservation_id"], int)
    assert first["reservation_id"] == second["reservation_id"]
    assert "authorization_reference" not in first


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "unknown command": ({"command": "DANCE"}, "/command"),
    "no such partner": ({"to": "XX/YYY"}, "/to"),
    "not a party": ({"to": "BEC"}, "/to"),
    "token of another": ({"body": start(token=their_token("DE", "MSP"))}, "/from"),
    "no location": ({"body": {"token": their_token("NL", "EXM")}}, "/body/location_id"),
    "connector alone": (
        {"body": {"token": their_token("NL", "EXM"), "location_id": "L", "connector_id": "1"}},
        "/body/evse_uid",
    ),
    "unknown field": ({"colour": "red"}, "/colour"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_command_is_refused_before_it_is_sent(case: str, operate: Any, partner: PartnerStub) -> None:
    """CMD-34, CMD-38."""
    wrong, pointer = WRONG[case]
    fields = {"command": "START_SESSION", "to": "BE/BEC", "body": start(), **wrong}
    with pytest.raises(OperatorRefused) as refused:
        operate("send_command", **fields)
    assert refused.value.pointer == pointer
    assert posted(partner) == []
    assert operate("commands")["commands"] == []


def test_a_stored_token_may_be_named_by_its_uid(operate: Any, partner: PartnerStub) -> None:
    """CMD-34; a party may be given as two fields, too."""
    operate("put", module="tokens", object=their_token("NL", "EXM", "CARD7"))
    body = start(token={"uid": "CARD7"})
    operate("send_command", command="START_SESSION", to={"country_code": "BE", "party_id": "BEC"}, body=body)
    assert posted(partner)[0].json["token"]["contract_id"] == "NL-EXM-C1-1"


def test_a_stop_speaks_for_the_emsp_of_the_session(ask: Any, operate: Any, partner: PartnerStub) -> None:
    path = "/ocpi/2.2.1/receiver/sessions/BE/BEC/S9"
    body = their_session("S9", "BE/BEC", "NL/EXM")
    assert ask("PUT", path, partner.token, body).code == 1000
    record = send(operate, "STOP_SESSION", {"session_id": "S9"})
    assert record["hosted_party"] == "NL/EXM"
    assert posted(partner)[0].headers["ocpi-from-party-id"] == "EXM"


def test_dying_anywhere_ends_in_one_conclusion_and_one_post(
    ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub
) -> None:
    """ARC-08, design section 8: a command is sent once at most, whatever dies."""

    def before() -> None:
        partner.received.clear()

    def scenario() -> None:
        send(operate)
        ask("POST", back(partner), partner.token, {"result": "ACCEPTED"})

    def after(last: str) -> None:
        for _ in range(3):
            clock.advance(70)
            drain()
        assert len(posted(partner)) <= 1
        newest = operate("commands")["commands"][:1]
        told = events("CommandConcluded")
        for record in newest:
            assert record["state"] == "CONCLUDED"
            mine = {each["detail"]["event_id"] for each in told if each["detail"]["id"] == record["id"]}
            assert len(mine) == 1
        assert {each["state"] for each in operate("commands")["commands"]} <= {"CONCLUDED"}

    assert die_everywhere(scenario, before, after) > 6


def test_many_commands_at_once_each_conclude_once_and_rightly(
    ask: Any, operate: Any, drain: Any, clock: Any, events: Any, partner: PartnerStub
) -> None:
    """In flight at once, results in random order, a third timing out; MANY_COMMANDS=1000 for more."""
    many = int(os.environ.get("MANY_COMMANDS", "30"))
    ids = [send(operate)["id"] for _ in range(many)]
    chance = random.Random(6)
    words = ["ACCEPTED", "EVSE_OCCUPIED", "FAILED", "REJECTED"]
    expected = {id: "TIMEOUT" if at % 3 == 0 else chance.choice(words) for at, id in enumerate(ids)}
    order = [at for at in range(many) if at % 3]
    chance.shuffle(order)
    for at in order:
        assert ask("POST", back(partner, at), partner.token, {"result": expected[ids[at]]}).code == 1000
    clock.advance(36)
    drain(most=10 * many)
    got = [(each["detail"]["id"], each["detail"]["result"]["result"]) for each in events("CommandConcluded")]
    assert len(got) == many
    assert dict(got) == expected


def test_a_reservation_that_expired_already_is_sent_with_a_warning(
    operate: Any, partner: PartnerStub, clock: Any
) -> None:
    """What is surely a slip though OCPI allows it."""
    body = {**start(), "reservation_id": "R1", "expiry_date": "2020-01-01T00:00:00Z"}
    (warning,) = operate("send_command", command="RESERVE_NOW", to="BE/BEC", body=body)["warnings"]
    assert warning["pointer"] == "/body/expiry_date"
    in_time = {**body, "reservation_id": "R2", "expiry_date": "2036-01-01T00:00:00Z"}
    assert "warnings" not in operate("send_command", command="RESERVE_NOW", to="BE/BEC", body=in_time)


def test_a_refusal_without_a_code_is_told_without_one(operate: Any, partner: PartnerStub) -> None:
    partner.answer("POST", "/receiver/commands/", status=404, body=b"<html>not here</html>")
    (said,) = send(operate)["response"]["message"]
    assert not said["text"].startswith("0 ")
    assert "not here" in said["text"]
