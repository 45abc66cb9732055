"""Real-time authorization, answered as an eMSP and asked as a CPO."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any

import pytest

from chalicelib.errors import PartnerRefused, PartnerUnreachable
from chalicelib.partner import Endpoint
from chalicelib.partner_client.answer import Answer
from tests.harness import OperatorRefused
from tests.known import Known, a_partner
from tests.samples import example, own

pytest_plugins = ["tests.known"]

URL = "/ocpi/2.2.1/sender/tokens/{}/authorize"
PLACE = {"location_id": "GENT-01", "evse_uids": ["3256", "3257"]}


@pytest.fixture
def tokens(operate: Any, known: Known) -> None:
    for uid, changes in (
        ("GOOD", {}),
        ("BAD", {"valid": False}),
        ("APP", {"type": "APP_USER"}),
        ("TWO", {"type": "APP_USER"}),
        ("TWO", {"type": "OTHER"}),
    ):
        operate("put", module="tokens", object=own("token", **{"uid": uid, "type": "RFID", **changes}))


def test_a_valid_token_is_allowed(ask: Any, tokens: None, events: Any) -> None:
    """TOK-30, TOK-33, TOK-36, TOK-37; TOK-29: the location need not be known."""
    answer = ask("POST", URL.format("good"), token="cpo", body=PLACE)
    assert (answer.status, answer.code) == (200, 1000), answer.text
    assert answer.data["allowed"] == "ALLOWED"
    assert answer.data["location"] == PLACE
    assert answer.data["token"]["uid"] == "GOOD"
    assert answer.data["authorization_reference"]
    heard = events("TokenAuthorized")[-1]["detail"]
    assert (heard["uid"], heard["allowed"], heard["partner"]) == ("GOOD", "ALLOWED", "cpo")


@pytest.mark.parametrize("body", [None, "", {}, "{}", "  "])
def test_the_location_may_be_left_out(ask: Any, tokens: None, body: Any) -> None:
    """TOK-30."""
    answer = ask("POST", URL.format("GOOD"), token="cpo", body=body)
    assert answer.data["allowed"] == "ALLOWED"
    assert "location" not in answer.data


def test_an_invalid_token_is_blocked(ask: Any, tokens: None) -> None:
    """TOK-33: HTTP 200 and 1000, whatever the verdict; TOK-36: no location."""
    answer = ask("POST", URL.format("BAD"), token="cpo", body=PLACE)
    assert (answer.status, answer.code, answer.data["allowed"]) == (200, 1000, "BLOCKED")
    assert "location" not in answer.data


@pytest.mark.parametrize(
    "path", ["NONE", "TWO", "GOOD?type=APP_USER", "APP?type=RFID", "GOOD?type=a|b", "x" * 200]
)
def test_an_unknown_token_is_404_and_2004_without_data(ask: Any, tokens: None, path: str) -> None:
    """TOK-31, TOK-32, AMB-06, AMB-41."""
    uid, _, query = path.partition("?")
    answer = ask("POST", f"{URL.format(uid)}?{query}", token="cpo", body=PLACE)
    assert (answer.status, answer.code) == (404, 2004), answer.text
    assert "data" not in answer.json


def test_the_only_token_of_a_uid_is_used_without_its_type(ask: Any, tokens: None) -> None:
    """AMB-41."""
    assert ask("POST", URL.format("APP"), token="cpo").data["token"]["type"] == "APP_USER"
    assert ask("POST", f"{URL.format('TWO')}?type=OTHER", token="cpo").data["token"]["type"] == "OTHER"


@pytest.mark.parametrize("token", ["emsp", "nsp", "scsp", "nap"])
def test_only_those_who_use_tokens_may_ask(ask: Any, tokens: None, token: str) -> None:
    assert ask("POST", URL.format("GOOD"), token=token).status == 404


@pytest.mark.parametrize("body", ["[]", '"x"', '{"evse_uids": []}', '{"location_id": []}'])
def test_a_wrong_location_is_refused(ask: Any, tokens: None, body: str) -> None:
    answer = ask("POST", URL.format("GOOD"), token="cpo", body=body)
    assert (answer.status, answer.code) == (200, 2001), answer.text


def test_2_1_1_has_its_own_words(ask: Any, tokens: None) -> None:
    """TOK-40, CNV-107."""
    answer = ask("POST", URL.format("GOOD").replace("2.2.1", "2.1.1"), token="old_cpo", body=PLACE)
    assert answer.data["allowed"] == "ALLOWED"
    assert not {"token", "authorization_reference"} & answer.data.keys()
    unknown = ask("POST", URL.format("NONE").replace("2.2.1", "2.1.1"), token="old_cpo")
    assert (unknown.status, unknown.code) == (404, 2000)


class Back:
    """A back end that was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked = answer, []

    def ask(self, decision: str, payload: dict[str, Any], timeout: float) -> Any:
        self.asked.append((decision, payload))
        return self.answer

    def emit(self, *_: Any, **__: Any) -> None:
        raise RuntimeError("the bus is away")


@pytest.fixture
def back(platform: Any) -> Iterator[Any]:
    def make(answer: Any) -> Back:
        platform.__dict__["backend"] = Back(answer)
        return platform.__dict__["backend"]

    yield make
    platform.__dict__.pop("backend", None)


def test_the_back_end_decides_where_there_is_one(ask: Any, tokens: None, back: Any) -> None:
    """TOK-35, TOK-36: only the EVSEs that were asked about and are allowed; a bus that is away
    does no harm.
    """
    said = back(
        {
            "allowed": "ALLOWED",
            "authorization_reference": "R1",
            "location": {**PLACE, "evse_uids": ["3257", "9"]},
        }
    )
    answer = ask("POST", URL.format("BAD"), token="cpo", body=PLACE)
    assert answer.data["allowed"] == "ALLOWED"
    assert answer.data["authorization_reference"] == "R1"
    assert answer.data["location"] == {"location_id": "GENT-01", "evse_uids": ["3257"]}
    assert said.asked[0][0] == "authorize"
    back({"allowed": "NO_CREDIT", "info": {"language": "en", "text": "top up"}})
    answer = ask("POST", URL.format("GOOD"), token="cpo", body=PLACE)
    assert (answer.data["allowed"], answer.data["info"]["text"]) == ("NO_CREDIT", "top up")


def test_the_back_end_may_need_the_location(ask: Any, tokens: None, back: Any) -> None:
    """STA-15, TOK-34."""
    back({"location_required": True})
    answer = ask("POST", URL.format("GOOD"), token="cpo")
    assert (answer.status, answer.code) == (200, 2002)


@pytest.mark.parametrize("said", [None, {}, {"allowed": "PERHAPS"}, {"allowed": "ALLOWED", "info": 7}])
def test_without_a_usable_answer_the_stored_token_decides(
    ask: Any, tokens: None, back: Any, said: Any
) -> None:
    back(said)
    assert ask("POST", URL.format("GOOD"), token="cpo").data["allowed"] == "ALLOWED"


# asked as a CPO


@pytest.fixture
def emsp(platform: Any, known: Known, ask: Any) -> Iterator[dict[str, Any]]:
    """What the eMSP DE/MSP answers, by uid; an exception is raised."""
    answers: dict[str, Any] = {"asked": []}

    class Client:
        def call(self, partner: Any, method: str, url: str, **more: Any) -> Any:
            uid = url.split("/")[-2]
            answers["asked"].append((partner.id, url, more["body"]))
            found = answers.get(uid, PartnerRefused(404, 2004, "unknown"))
            if isinstance(found, Exception):
                raise found
            return Answer(200, 1000, "", found)

    platform.__dict__["partner_client"] = Client()
    yield answers
    del platform.__dict__["partner_client"]


def give(ask: Any, uid: str, **changes: Any) -> None:
    body = example("token", owner="DE/MSP", uid=uid, **changes)
    assert ask("PUT", f"/ocpi/2.2.1/receiver/tokens/DE/MSP/{uid}", token="emsp", body=body).status == 201


def info(allowed: str, uid: str) -> dict[str, Any]:
    return {"allowed": allowed, "token": example("token", owner="DE/MSP", uid=uid)}


WHITELISTS = [
    ("ALWAYS", True, "ALLOWED", "WHITELIST"),
    ("ALWAYS", False, "BLOCKED", "WHITELIST"),
    ("ALLOWED", False, "BLOCKED", "WHITELIST"),
    ("ALLOWED", True, "NO_CREDIT", "REAL_TIME"),
    ("ALLOWED_OFFLINE", True, "NO_CREDIT", "REAL_TIME"),
    ("ALLOWED_OFFLINE", False, "NO_CREDIT", "REAL_TIME"),
    ("NEVER", True, "NO_CREDIT", "REAL_TIME"),
    ("NEVER", False, "NO_CREDIT", "REAL_TIME"),
]


@pytest.mark.parametrize(("whitelist", "valid", "allowed", "by"), WHITELISTS)
def test_the_whitelist_says_who_decides(
    ask: Any, operate: Any, emsp: dict[str, Any], whitelist: str, valid: bool, allowed: str, by: str
) -> None:
    """TOK-20 to TOK-24, AMB-42."""
    give(ask, "C1", whitelist=whitelist, valid=valid)
    emsp["C1"] = info("NO_CREDIT", "C1")
    found = operate("authorize", uid="C1", type="RFID", location=PLACE)
    assert (found["allowed"], found["by"]) == (allowed, by)
    assert bool(emsp["asked"]) == (by == "REAL_TIME")


@pytest.mark.parametrize(
    ("whitelist", "valid", "allowed"),
    [
        ("ALLOWED", True, "ALLOWED"),
        ("ALLOWED_OFFLINE", True, "ALLOWED"),
        ("ALLOWED_OFFLINE", False, "BLOCKED"),
        ("NEVER", True, None),
    ],
)
def test_offline_the_whitelist_decides_alone(
    ask: Any, operate: Any, emsp: dict[str, Any], whitelist: str, valid: bool, allowed: str | None
) -> None:
    """TOK-22, TOK-23, AMB-42."""
    give(ask, "C1", whitelist=whitelist, valid=valid)
    emsp["C1"] = PartnerUnreachable("timeout")
    if allowed is None:
        with pytest.raises(OperatorRefused):
            operate("authorize", uid="C1")
    else:
        assert operate("authorize", uid="C1")["allowed"] == allowed


def test_a_token_nobody_pushed_is_asked_about(operate: Any, emsp: dict[str, Any]) -> None:
    """TOK-26, TOK-37, AMB-73."""
    emsp["NEW"] = info("ALLOWED", "NEW")
    found = operate("authorize", uid="NEW", type="RFID", location=PLACE)
    assert (found["allowed"], found["partner"]) == ("ALLOWED", "emsp")
    assert emsp["asked"][0][1] == "https://x.example/t/NEW/authorize?type=RFID"
    with pytest.raises(OperatorRefused, match="knows this token"):
        operate("authorize", uid="NOBODYS")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"allowed": "SURE"}, "/allowed: unknown AllowedType 'SURE'"),
        ({}, "/allowed: required, but missing"),
        ({"allowed": "ALLOWED", "token": {**example("token", uid="OTHER")}}, "/token/"),
    ],
)
def test_an_answer_that_nobody_understands_is_told_to_the_operator(
    operate: Any, emsp: dict[str, Any], answer: dict[str, Any], told: str
) -> None:
    emsp["NEW"] = answer
    with pytest.raises(OperatorRefused, match="was not understood: emsp: ") as refused:
        operate("authorize", uid="NEW", type="RFID")
    assert told in str(refused.value)


def test_an_answer_in_other_letters_says_as_much(operate: Any, emsp: dict[str, Any]) -> None:
    emsp["NEW"] = {"allowed": " allowed "}
    found = operate("authorize", uid="NEW", type="RFID")
    assert (found["allowed"], found["token"]["valid"]) == ("ALLOWED", True)


def test_all_connected_emsps_are_asked_at_once(operate: Any, emsp: dict[str, Any], known: Known) -> None:
    """AMB-73."""
    endpoint = Endpoint("tokens", "SENDER", "https://y.example/tokens?v=1")
    known.add(a_partner("emsp2", "2.3.0", "EMSP/FR/ABC", endpoints=(endpoint,)))
    with pytest.raises(OperatorRefused, match="knows this token"):
        operate("authorize", uid="NOBODYS")
    assert {each[0] for each in emsp["asked"]} == {"emsp", "emsp2"}


def test_a_neighbour_behind_the_same_connection_does_not_answer_for_a_stored_token(
    ask: Any, operate: Any, emsp: dict[str, Any], known: Known
) -> None:
    """TRA-56; design section 9: the owner of a Token alone says that it may charge."""
    endpoint = Endpoint("tokens", "SENDER", "https://z.example/t")
    known.add(a_partner("both", "2.2.1", "EMSP/AT/ONE", "EMSP/AT/TWO", endpoints=(endpoint,)))
    card = example("token", owner="AT/ONE", uid="CARD", whitelist="NEVER")
    assert ask("PUT", "/ocpi/2.2.1/receiver/tokens/AT/ONE/CARD", token="both", body=card).status == 201
    emsp["CARD"] = {"allowed": "ALLOWED", "token": example("token", owner="AT/TWO", uid="CARD")}
    with pytest.raises(OperatorRefused):
        operate("authorize", uid="CARD")
    emsp["CARD"] = {"allowed": "ALLOWED", "token": card}
    assert operate("authorize", uid="CARD")["allowed"] == "ALLOWED"


def test_the_emsp_may_need_the_location(ask: Any, operate: Any, emsp: dict[str, Any]) -> None:
    """TOK-34, as the client."""
    give(ask, "C1", whitelist="NEVER")
    emsp["C1"] = PartnerRefused(200, 2002, "which location?")
    with pytest.raises(OperatorRefused) as refused:
        operate("authorize", uid="C1")
    assert refused.value.code == "2002"


def test_the_answer_does_not_wait_for_the_bus_before_its_message_is_kept(
    ask: Any, tokens: None, events: Any, platform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TOK-28: a driver is waiting. The event is told when the request is done."""
    kept, emit, write = Event(), platform.backend.emit, platform.messages._write
    beside: list[bool] = []

    def told(*event: Any, **more: Any) -> None:
        beside.append(kept.wait(60))
        emit(*event, **more)

    def written(items: Any) -> None:
        kept.set()
        write(items)

    monkeypatch.setattr(platform.backend, "emit", told)
    monkeypatch.setattr(platform.messages, "_write", written)
    assert ask("POST", URL.format("GOOD"), token="cpo").data["allowed"] == "ALLOWED"
    assert beside == [True]
    assert events("TokenAuthorized")[-1]["detail"]["uid"] == "GOOD"
