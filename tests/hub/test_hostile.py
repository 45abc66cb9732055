"""Parties that try what they may not: paths that climb, halves of owners, agreements of others, circles."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.ocpi import routing
from chalicelib.ocpi.errors import InvalidParameters
from tests import samples
from tests.harness import Hand
from tests.hub.conftest import party_of, routing_of
from tests.hub.joining import join, role, routed, told
from tests.hub.test_forward import SESSION
from tests.hub.test_open import TOKEN, location, plain
from tests.samples import example

CLIMBING = ["%2E%2E", "%2e", "..%2F..%2Fcredentials", "%2e%2e%5Ccredentials", "%252e%252e", "a%2F..%2Fb"]


@pytest.mark.parametrize("segment", CLIMBING)
def test_a_path_that_leads_elsewhere_is_refused_and_not_passed_on(
    party: Any, send: Any, segment: str
) -> None:
    """A party must not reach the credentials or another module of the far side with the hub's own token."""
    cpo, emsp = party("cpo221"), party("emsp221")
    for sender, to, method, path in (
        (cpo, emsp, "PUT", f"receiver/sessions/BE/BEC/{segment}"),
        (cpo, emsp, "PUT", f"receiver/locations/BE/BEC/{segment}/{segment}/x"),
        (cpo, emsp, "POST", f"sender/tokens/{segment}/authorize"),
        (emsp, cpo, "GET", f"sender/locations/{segment}/{segment}/credentials"),
        (emsp, cpo, "DELETE", f"receiver/chargingprofiles/{segment}?response_url={emsp.base_url}/r"),
        (cpo, emsp, "DELETE", f"sender/parking/{segment}/{segment}/credentials"),
    ):
        for receiver in (to, None):
            answer = send(sender, method, path, SESSION if method == "PUT" else None, to=receiver)
            assert (answer.status, answer.code) == (200, 2001), (path, answer.text)
    assert cpo.received == emsp.received == []


@pytest.mark.parametrize("id", ["..", ".", "a/../b", "..\\x", "%2e%2e"])
def test_an_identifier_that_is_a_step_of_a_path_is_in_no_url(id: str) -> None:
    with pytest.raises(InvalidParameters):
        routing.join("https://x.example/ocpi/2.2.1/receiver/locations", "BE", "BEC", id)


def test_identifiers_with_dots_and_slashes_pass(party: Any, send: Any) -> None:
    """AMB-39: what is in an id is percent-encoded, and nothing that is no step of a path is refused."""
    cpo, emsp = party("cpo221"), party("emsp221")
    for id in ("a.b", "...", "..a", "a/b", "1.0/2", "%2e1"):
        url = routing.join("receiver/sessions/BE/BEC", id)
        assert send(cpo, "PUT", url, {**SESSION, "id": id}, to=emsp).code == 1000, id
    assert [each.path.rpartition("/BEC/")[2] for each in emsp.received] == [
        "a.b",
        "...",
        "..a",
        "a/b",
        "1.0/2",
        "%2e1",
    ]


def test_a_header_that_holds_no_url_is_left_out(party: Any, send: Any) -> None:
    cpo, emsp = party("cpo221"), party("emsp221")
    cpo.answer("GET", "tariffs", data=[], headers={"Link": '<http://[::1/x>; rel="next"'})
    answer = send(emsp, "GET", "sender/tariffs", to=cpo)
    assert (answer.code, "link" in answer.headers) == (1000, False)
    emsp.answer("POST", "cdrs", headers={"Location": "http://[bad"})
    cdr = plain(example("cdr", "2.2.1", "BE/BEC", id="C1", cdr_token=SESSION["cdr_token"]))
    answer = send(cpo, "POST", "receiver/cdrs", cdr, to=emsp)
    assert answer.code == 1000, answer.text
    assert answer.headers["location"].startswith("https://ocpi.example.com/")


HALVES: list[tuple[dict[str, Any], str]] = [
    ({"country_code": None, "party_id": "XYZ"}, "/party_id"),
    ({"country_code": "FR", "party_id": None}, "/country_code"),
    ({"party_id": ["BEC"]}, "/party_id"),
    ({"party_id": 123}, "/party_id"),
    ({"party_id": ""}, "/party_id"),
]


@pytest.mark.parametrize(("change", "field"), HALVES)
def test_half_an_owner_in_a_body_that_is_not_the_senders_is_2001(
    party: Any, send: Any, change: dict[str, Any], field: str
) -> None:
    cpo, emsp = party("cpo221"), party("emsp221")
    cdr = plain(example("cdr", "2.2.1", "BE/BEC", id="C1", cdr_token=SESSION["cdr_token"]))
    for method, path, body in (
        ("POST", "receiver/cdrs", cdr),
        ("PUT", "receiver/sessions/BE/BEC/S1", SESSION),
        ("PATCH", "receiver/sessions/BE/BEC/S1", {"kwh": 1, "country_code": "BE", "party_id": "BEC"}),
        ("PUT", "receiver/locations/BE/BEC/LOC1", location()),
    ):
        changed = {name: value for name, value in {**body, **change}.items() if value is not None}
        for to in (emsp, None, ("NL", "HUB")):
            answer = send(cpo, method, path, changed, to=to)
            assert answer.code == 2001, answer.text
            assert field in answer.json["status_message"]
    assert emsp.received == []


def test_the_only_object_of_a_list_is_read_as_what_it_is(party: Any, send: Any, hub: Hand) -> None:
    """Design section 6, rule 1; and passed on as it came."""
    cpo, emsp = party("cpo221"), party("emsp221")
    assert send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", [SESSION], to=emsp).code == 1000
    assert emsp.received[-1].json == [SESSION]
    assert send(cpo, "PUT", "receiver/locations/BE/BEC/LOC1", [location()], to=("NL", "HUB")).code == 1000
    assert hub.operate("get", module="locations", party="BE/BEC", id="LOC1")["object"]["id"] == "LOC1"
    other = {**SESSION, "party_id": "XYZ"}
    assert send(cpo, "PUT", "receiver/sessions/BE/BEC/S1", [other], to=emsp).code == 2001


def test_an_agreement_is_between_the_owner_and_the_receiver_whoever_of_the_platform_sends(hub: Hand) -> None:
    """Two parties on one connection, one of which has no agreement: FROM the one does not open the other."""
    cpo = hub.register_partner([role("CPO/BE/AAA"), role("CPO/BE/BBB")])
    emsp = join(hub, "EMSP/DE/MSP")
    hub.operate("agree", parties=["BE/BBB", "DE/MSP"], allowed=False)
    hub.drain()
    emsp.forget()
    theirs = {"country_code": "BE", "party_id": "BBB"}
    place = samples.location("L1", **theirs)
    cdr = plain(example("cdr", "2.2.1", "BE/BBB", id="C1", cdr_token=SESSION["cdr_token"]))
    for receiver in ("DE/MSP", ""):
        for method, path, body in (
            ("PUT", "sessions/BE/BBB/S1", {**SESSION, **theirs}),
            ("PATCH", "sessions/BE/BBB/S1", {"kwh": 1, "cdr_token": SESSION["cdr_token"]}),
            ("POST", "cdrs", cdr),
            *([("PUT", "locations/BE/BBB/L1", place)] if receiver else []),
        ):
            url = f"/ocpi/2.2.1/receiver/{path}"
            answer = hub.ask(method, url, cpo.token, body, routed("BE/AAA", receiver))
            assert answer.code == 4001, (path, answer.text)
    assert [each for each in emsp.received if each.method != "GET"] == []
    cpo.objects["locations"] = [place, {**place, "party_id": "AAA"}]
    listed = hub.ask(
        "GET", "/ocpi/2.2.1/sender/locations", emsp.token, headers=routed("DE/MSP", "BE/AAA")
    ).data
    assert [each["party_id"] for each in listed] == ["AAA"]
    cpo.answer("GET", "locations/L1", data=place)
    answer = hub.ask("GET", "/ocpi/2.2.1/sender/locations/L1", emsp.token, headers=routed("DE/MSP", "BE/AAA"))
    assert (answer.code, answer.json.get("data")) == (4000, None)


def test_a_party_without_agreement_is_refused_like_one_that_does_not_exist(
    party: Any, send: Any, hub: Hand
) -> None:
    """Design section 12: they do not exist for each other, so no words tell one from the other."""
    cpo, emsp = party("cpo221"), party("emsp221")
    hub.operate("agree", parties=["BE/BEC", "DE/MSP"], allowed=False)
    cpo.forget()
    unknown = ("BE", "XYZ")

    def said(method: str, path: str, owner: tuple[str, str], to: Any, body: Any = None) -> Any:
        answer = send(emsp, method, path.format("/".join(owner)), body, to=to)
        text = str(answer.json["status_message"]).replace("/".join(owner), "?")
        return answer.status, answer.code, text, routing_of(answer.headers)

    start = {"response_url": f"{emsp.base_url}/r", "token": TOKEN, "location_id": "LOC1"}
    for method, path, body in (
        ("GET", "receiver/locations/{}/LOC1", None),
        ("GET", "receiver/sessions/{}/S1", None),
        ("GET", "receiver/cdrs/{}/C1", None),
        ("GET", "sender/locations", None),
        ("GET", "sender/locations/LOC1", None),
        ("GET", "sender/sessions", None),
        ("POST", "receiver/commands/START_SESSION", start),
        ("PUT", "receiver/tokens/DE/MSP/U1", TOKEN),
        ("GET", "sender/parking", None),
    ):
        named = "{}" in path
        pairs = [(party_of(cpo), party_of(cpo)), (unknown, unknown)]
        answers = [said(method, path, owner, to, body) for owner, to in pairs]
        if named:
            answers += [said(method, path, owner, None, body) for owner, _ in pairs]
            assert answers[2] == answers[3]
            assert answers[2][1] == 4001
        assert answers[0] == answers[1]
        assert answers[0][1] in ((2001, 4001) if named else (4001,)), (path, answers[0])
    assert cpo.received == []


def test_a_request_that_comes_back_is_4000_and_passed_on_no_more(hub: Hand, cpo: Any) -> None:
    """Loops of hubs: while it is on its way, and when the other hub sends it later."""
    other = hub.register_partner([role("HUB/SE/OTH")], hub=True)
    behind = {**role("EMSP/SE/HIE"), "status": "CONNECTED", "last_updated": samples.AT}
    other.objects["hubclientinfo"] = [behind]
    hub.drain()
    other.forget()
    headers = {**routed("NL/CPO", "SE/HIE"), "X-Correlation-ID": "circle-1"}
    card = {**SESSION["cdr_token"], "country_code": "SE", "party_id": "HIE"}
    session = {**SESSION, "country_code": "NL", "party_id": "CPO", "cdr_token": card}
    url = "/ocpi/2.2.1/receiver/sessions/NL/CPO/S1"
    back = []

    def round_again(request: Any) -> None:
        if "/sessions/" in request.path and len(back) < 3:
            back.append(hub.ask("PUT", url, other.token, session, headers))

    other.script(round_again)
    assert hub.ask("PUT", url, cpo.token, session, headers).code == 1000
    assert [(each.status, each.code) for each in back] == [(200, 4000)]
    assert len(told(other, "sessions")) == 1
    assert hub.ask("PUT", url, other.token, session, headers).code == 4000
    # Another update of the same Session is none of it, nor the same once more from its own sender.
    assert hub.ask("PUT", url, cpo.token, session, {**headers, "X-Correlation-ID": "2"}).code == 1000
    assert hub.ask("PUT", url, cpo.token, session, headers).code == 1000


def test_a_result_at_the_place_of_another_command_is_4001(party: Any, send: Any, hub: Hand) -> None:
    emsp, cpo = party("emsp221"), party("cpo221")
    body = {"response_url": f"{emsp.base_url}/mine/1", "token": TOKEN, "location_id": "LOC1"}
    send(emsp, "POST", "receiver/commands/START_SESSION", body, to=cpo)
    id = json.loads(cpo.requests("POST")[0].body)["response_url"].rpartition("/")[2]
    for place in (
        f"commands/STOP_SESSION/{id}",
        f"chargingprofiles/results/{id}",
        "commands/START_SESSION/x",
    ):
        answer = send(cpo, "POST", f"sender/{place}", {"result": "ACCEPTED"}, to=emsp)
        assert (answer.status, answer.code) == (200, 4001), answer.text
    hub.drain()
    assert emsp.requests("POST", "/mine/1") == []
