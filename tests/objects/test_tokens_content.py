"""What Tokens say and how eMSPs answer for them: the rows of requirements 1.9 that are content."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.commands import authorization
from chalicelib.ocpi import jsontext
from tests import samples
from tests.known import Known
from tests.samples import CPO_ROLES, NEWER, example, own

pytest_plugins = ["tests.known"]

CPOS = [("2.1.1", "old_cpo"), ("2.2.1", "cpo"), ("2.3.0", "cpo2")]
TYPES = ("AD_HOC_USER", "APP_USER", "EMAID", "OTHER", "RFID")


def data(answer: Any) -> Any:
    assert answer.code == 1000, answer.text
    return jsontext.loads(answer.text)["data"]


def listed(ask: Any, version: str, token: str) -> list[dict[str, Any]]:
    return list(data(ask("GET", f"/ocpi/{version}/sender/tokens", token=token)))


def kept(ask: Any, **changes: Any) -> dict[str, Any]:
    """A partner's Token as it comes back to it, in 2.3.0."""
    body = example("token", "2.3.0", "FR/ABC", **changes)
    url = f"/ocpi/2.3.0/receiver/tokens/FR/ABC/{body['uid']}?type={body['type']}"
    assert ask("PUT", url, token="emsp2", body=body).code == 1000
    found = data(ask("GET", url, token="emsp2"))
    assert found == body
    return dict(found)


def authorize(ask: Any, uid: str, version: str = "2.2.1", token: str = "cpo", body: Any = None) -> Any:
    return ask("POST", f"/ocpi/{version}/sender/tokens/{uid}/authorize", token=token, body=body)


def test_emaids_are_not_pushed(operate: Any, drain: Any, register_partner: Any) -> None:
    """TOK-11: also not when everything is announced; asked about in real time they are known."""
    cpo = register_partner(roles=CPO_ROLES, version="2.3.0")
    drain()
    for type_ in TYPES:
        operate("put", module="tokens", object=samples.token(f"U-{type_}", type=type_))
    drain()
    operate("push", partner=cpo.id, module="tokens")
    drain()
    sent = {each.path.rsplit("/", 1)[-1] for each in cpo.requests("PUT", "/receiver/tokens")}
    assert sent == {f"U-{each}" for each in TYPES if each != "EMAID"}
    assert operate("deliveries", partner=cpo.id)["deliveries"] == []


def test_an_emaid_is_authorized_in_real_time(ask: Any, known: Known, operate: Any) -> None:
    """TOK-11."""
    operate("put", module="tokens", object=own("token", uid="NLEXM1", type="EMAID", whitelist="NEVER"))
    found = data(authorize(ask, "NLEXM1"))
    assert found["allowed"] == "ALLOWED"


def test_users_of_apps_are_always_asked_about(ask: Any, known: Known, operate: Any) -> None:
    """TOK-10: `whitelist` NEVER is told as it is, in every version."""
    for type_ in ("AD_HOC_USER", "APP_USER"):
        operate("put", module="tokens", object=own("token", uid=type_, type=type_, whitelist="NEVER"))
    for version, token in CPOS:
        assert [each["whitelist"] for each in listed(ask, version, token)] == ["NEVER", "NEVER"]


@pytest.mark.parametrize("length", [20, 36])
def test_group_ids_of_any_allowed_length_are_kept(ask: Any, known: Known, operate: Any, length: int) -> None:
    """TOK-12: shorter than 21 for the sake of OCPP 1.x is advice."""
    operate("put", module="tokens", object=own("token", group_id="G" * length))
    assert [each["group_id"] for each in listed(ask, "2.2.1", "cpo")] == ["G" * length]
    kept(ask, group_id="G" * length)


def test_language_and_profile_type_may_be_absent_or_anything(ask: Any, known: Known, operate: Any) -> None:
    """TOK-13, TOK-14: nobody fills them in; a language that nobody speaks is no reason to refuse."""
    absent = kept(ask, uid="A", language=None, default_profile_type=None)
    assert not {"language", "default_profile_type"} & absent.keys()
    kept(ask, uid="B", language="xx", default_profile_type="GREEN")
    operate("put", module="tokens", object=own("token", uid="C", language=None, default_profile_type="FAST"))
    for version, token in CPOS:
        (found,) = listed(ask, version, token)
        assert "language" not in found
        assert found.get("default_profile_type") == (None if version == "2.1.1" else "FAST")


@pytest.mark.parametrize(("version", "token"), CPOS)
def test_an_emsp_answers_for_its_tokens(
    ask: Any, known: Known, operate: Any, version: str, token: str
) -> None:
    """TOK-25: the interface is announced, and a Token with NEVER is decided by it."""
    operate("put", module="tokens", object=own("token", uid="ASK", whitelist="NEVER"))
    details = data(ask("GET", f"/ocpi/{version}", token=token))
    (url,) = [
        each["url"]
        for each in details["endpoints"]
        if each["identifier"] == "tokens" and each.get("role") in (None, "SENDER")
    ]
    answer = ask("POST", f"{url}/ASK/authorize", token=token)
    assert data(answer)["allowed"] == "ALLOWED"


@pytest.mark.parametrize("status", ["INOPERATIVE", "REMOVED", "CHARGING", "BLOCKED", "PLANNED"])
def test_the_state_of_the_place_is_no_reason(ask: Any, known: Known, status: str, operate: Any) -> None:
    """TOK-27: closed for good and out of order, and the Token is ALLOWED there; the CPO knows its place."""
    place = example("location", "2.2.1", "BE/BEC")
    never = {
        "twentyfourseven": False,
        "regular_hours": [{"weekday": 1, "period_begin": "00:00", "period_end": "00:01"}],
    }
    place["opening_times"] = never
    for evse in place["evses"]:
        evse["status"] = status
    url = f"/ocpi/2.2.1/receiver/locations/BE/BEC/{place['id']}"
    assert ask("PUT", url, token="cpo", body=place).status == 201
    operate("put", module="tokens", object=own("token", uid="U1"))
    asked = {"location_id": place["id"], "evse_uids": [place["evses"][0]["uid"]]}
    found = data(authorize(ask, "U1", body=asked))
    assert (found["allowed"], found["location"]) == ("ALLOWED", asked)


def test_a_driver_does_not_wait_for_a_back_end_that_does_not_answer(
    ask: Any, known: Known, operate: Any, platform: Any
) -> None:
    """TOK-28: it has some seconds, less than a CPO waits; then what is stored decides."""
    operate("put", module="tokens", object=own("token", uid="U1"))
    given = []

    class Slow:
        def ask(self, decision: str, payload: Any, timeout: float) -> None:
            given.append(timeout)

        def emit(self, *_: Any, **__: Any) -> None:
            """Nobody listens."""

    platform.__dict__["backend"] = Slow()
    assert data(authorize(ask, "U1"))["allowed"] == "ALLOWED"
    del platform.__dict__["backend"]
    assert 0 < given[0] <= 3 < authorization.ASKING_TIME


@pytest.mark.parametrize(
    ("info", "told"),
    [
        ({"language": "en", "text": "Hello"}, {"language": "en", "text": "Hello"}),
        ([{"language": "en", "text": "Hello"}], None),
        ("Hello", None),
        ({"language": "en", "text": "x" * 513}, None),
    ],
)
def test_a_driver_is_told_one_text(
    ask: Any, known: Known, operate: Any, platform: Any, info: Any, told: Any
) -> None:
    """TOK-39: one DisplayText; anything else of the back end is not passed on, its verdict is."""
    operate("put", module="tokens", object=own("token", uid="U1"))

    class Says:
        def ask(self, *_: Any) -> dict[str, Any]:
            return {"allowed": "NO_CREDIT", "info": info}

        def emit(self, *_: Any, **__: Any) -> None:
            """Nobody listens."""

    platform.__dict__["backend"] = Says()
    for version, token in CPOS:
        found = data(authorize(ask, "U1", version, token))
        assert (found["allowed"], found.get("info")) == ("NO_CREDIT", told)
    del platform.__dict__["backend"]


@pytest.mark.parametrize("type_", [*TYPES, "PALM_VEIN"])
def test_every_type_of_token_is_told_in_the_words_of_the_version(
    ask: Any, known: Known, operate: Any, type_: str
) -> None:
    """TOK-41: EMAID since 2.3.0, where any further word may come; two words in 2.1.1."""
    operate("put", module="tokens", object=own("token", uid="U1", type=type_))
    words = {
        "2.1.1": type_ if type_ in ("RFID", "OTHER") else "OTHER",
        "2.2.1": "OTHER" if type_ in ("EMAID", "PALM_VEIN") else type_,
        "2.3.0": type_,
    }
    for version, token in CPOS:
        assert [each["type"] for each in listed(ask, version, token)] == [words[version]]
    assert kept(ask, type=type_)["type"] == type_


def test_the_reference_of_an_authorization_is_that_of_session_and_cdr(
    ask: Any, operate: Any, drain: Any, register_partner: Any
) -> None:
    """TOK-38: `authorize` hands it to the back end; put with a Session and a CDR it reaches the eMSP."""
    emsp = register_partner(
        roles=[{"role": "EMSP", "country_code": "DE", "party_id": "MSP"}], version="2.2.1"
    )
    drain()
    token = {**samples.token("DECARD1"), "country_code": "DE", "party_id": "MSP", "whitelist": "NEVER"}
    url = "/ocpi/2.2.1/receiver/tokens/DE/MSP/DECARD1"
    assert ask("PUT", url, token=emsp.token, body=token).status == 201
    answer = {"allowed": "ALLOWED", "authorization_reference": "REF-1", "token": token}
    emsp.answer("POST", "/authorize", data=answer)
    reference = operate("authorize", uid="DECARD1")["authorization_reference"]
    assert reference == "REF-1"
    more = {"authorization_reference": reference, "auth_method": "AUTH_REQUEST"}
    operate("put", module="sessions", object=samples.session(**more))
    operate("put", module="cdrs", object=samples.cdr(**more))
    drain()
    sent = [*emsp.requests("PUT", "/sessions"), *emsp.requests("POST", "/receiver/cdrs")]
    assert [each.json["authorization_reference"] for each in sent] == ["REF-1", "REF-1"]


def test_a_changed_token_is_told_with_its_time(ask: Any, known: Known) -> None:
    """TOK-07, TOK-02: invalid by a PATCH with `last_updated`."""
    kept(ask, uid="U9", type="RFID")
    url = "/ocpi/2.3.0/receiver/tokens/FR/ABC/U9"
    assert ask("PATCH", url, token="emsp2", body={"valid": False}).code == 2001
    assert ask("PATCH", url, token="emsp2", body={"valid": False, "last_updated": NEWER}).code == 1000
    assert data(ask("GET", url, token="emsp2"))["valid"] is False


@pytest.mark.parametrize("version", ["2.1.1", "2.2.1", "2.3.0"])
def test_a_token_whose_whitelist_nobody_understands_is_asked_about(
    version: str, ask: Any, known: Any, operate: Any
) -> None:
    """Also where it was another before: what its owner meant to allow is not known."""
    token, owner = {
        "2.1.1": ("old_emsp", "FR/OLD"),
        "2.2.1": ("emsp", "DE/MSP"),
        "2.3.0": ("emsp2", "FR/ABC"),
    }[version]
    path = f"/ocpi/{version}/receiver/tokens/{owner}/U1"
    body = example("token", version, owner, uid="U1", whitelist="ALWAYS")
    assert ask("PUT", path, token=token, body=body).status == 201
    changes = {"whitelist": "SOMETIMES", "last_updated": samples.later(90)}
    assert ask("PATCH", path, token=token, body=changes).code == 1000
    told = operate("get", module="tokens", party=owner, id="U1")
    assert told["object"]["whitelist"] == "NEVER"
    assert [(each["pointer"], each["code"]) for each in told["findings"]] == [("/whitelist", "unknown_enum")]
